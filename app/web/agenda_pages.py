"""Pages of the agenda editor: the tree with its tray of unallocated documents, and the form of one item."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import Request, Response

from app.asgi.formats import Formats
from app.asgi.house import House
from app.asgi.words import ITEM_KINDS, ROLES
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, Text
from app.domain.agendas import queries, rules
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.numbering import STYLE_WORDS
from app.domain.contributions import queries as contributions
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web import agenda_lines, agenda_words
from app.web.agenda_lines import Agenda
from app.web.agenda_turns import Refused, Turn, Wanted
from app.web.meeting_pages import frame


def editor(turn: Turn, wanted: Wanted, refused: Refused | None, status: int) -> Response:
    """Render the editor after a rejected attempt."""
    return show_editor(turn.session, turn.actor, turn.house, turn.request, turn.meeting, wanted, refused, status)


def show_editor(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    wanted: Wanted | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> Response:
    """Render the editor of the draft, with a rejected attempt if there was one."""
    language = house.pages.language(request)
    agenda = agenda_lines.draft(session, actor, meeting, language)
    sessions = named_sessions(session, meeting, Formats(language))
    by_session = bool(sessions) and request.query_params.get("by") == "session"
    return house.pages.show(
        request,
        "web/meetings/agenda_edit.html",
        status=status,
        frame=frame(session, actor, meeting, "agenda", language),
        agenda=agenda,
        at=places(agenda),
        choices=choices(agenda, language),
        sessions=sessions,
        parts=agenda_lines.by_session(agenda, sessions) if by_session else [(None, None, agenda.items)],
        by_session=by_session,
        asked=asked(session, meeting, agenda),
        release=queries.current(session, meeting),
        undoable=agenda_words.undoable(session, meeting, agenda, language),
        did=did(session, meeting, agenda, request, language),
        wanted=wanted,
        refused=refused,
        since=since(session, meeting, agenda, refused, language),
        styles=list(STYLE_WORDS.items()),
        kinds=list(ITEM_KINDS.items()),
        deputies=[(office, ROLES[office]) for office in sorted(rules.MAY_BE_LET)],
        may_let_work=rules.LET_WORK.allows(actor, meeting),
    )


def item_form(turn: Turn, wanted: Wanted, refused: Refused | None, status: int) -> Response:
    """Render the form of an item after a rejected attempt, or the editor if the item was removed meanwhile."""
    item = next((each for each in queries.draft(turn.session, turn.meeting) if each.id == wanted.item), None)
    if item is None:
        return editor(turn, wanted, refused, status)
    return show_item(
        turn.session, turn.actor, turn.house, turn.request, turn.meeting, item, wanted, refused, status=status
    )


def show_item(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    item: AgendaItem,
    wanted: Wanted | None = None,
    refused: Refused | None = None,
    *,
    status: int = 200,
) -> Response:
    """Render the form of one item, with its saved values or those typed in a rejected attempt."""
    language = house.pages.language(request)
    agenda = agenda_lines.draft(session, actor, meeting, language)
    line = next(each for each in agenda.items if each.id == item.id)
    sessions = named_sessions(session, meeting, Formats(language))
    return house.pages.show(
        request,
        "web/meetings/agenda_item.html",
        status=status,
        frame=frame(session, actor, meeting, "agenda", language),
        line=line,
        position=places(agenda)[item.id],
        typed=wanted.fields if wanted else fields_of(item),
        now=fields_of(item),
        codes=sorted(LANGUAGES, key=lambda code: code != language),
        kinds=list(ITEM_KINDS.items()),
        sessions=sessions,
        choices=[each for each in choices(agenda, language) if each[0] != item.id],
        refused=refused,
        errors=wanted.errors if wanted else {},
        since=since(session, meeting, agenda, refused, language),
    )


def fields_of(item: AgendaItem) -> Mapping[str, str]:
    """Return the saved values of an item as form fields."""
    return {f"title_{code}": item.titles.get(code, "") for code in LANGUAGES} | {
        "kind": item.kind,
        "minutes": "" if item.minutes is None else str(item.minutes),
        "responsible": item.responsible,
        "notes": item.notes,
        "restricted": "yes" if item.restricted else "",
        "session": str(item.session_id or ""),
    }


def choices(agenda: Agenda, language: str) -> list[tuple[UUID, str, str]]:
    """Return the items as choices of a select box: id, label, language of the label."""
    return [(line.id, f"{line.number} {line.title}", line.lang or language) for line in agenda.items]


def places(agenda: Agenda) -> Mapping[UUID, int]:
    """Return the position of each item among those with the same parent, counted from 0."""
    counts: dict[UUID | None, int] = {}
    positions: dict[UUID, int] = {}
    for line in agenda.items:
        positions[line.id] = counts.get(line.parent, 0)
        counts[line.parent] = positions[line.id] + 1
    return positions


def asked(session: ReadSession, meeting: Meeting, agenda: Agenda) -> Mapping[UUID, tuple[UUID, str]]:
    """Return, for documents in the tray, the item that their delegation asked for and its number."""
    numbers = {line.id: line.number for line in agenda.items}
    requested_items = contributions.items_asked_for(session, meeting)
    return {document: (item, numbers[item]) for document, item in requested_items.items() if item in numbers}


def named_sessions(session: ReadSession, meeting: Meeting, formats: Formats) -> dict[UUID, str]:
    """Return the sessions of a meeting, labelled by their start."""
    return {each.id: formats.when(each.starts_at, meeting.zone) for each in meetings.sessions(session, meeting)}


def since(
    session: ReadSession, meeting: Meeting, agenda: Agenda, refused: Refused | None, language: str
) -> list[agenda_words.Change]:
    """Return the changes others made after the version on which the rejected attempt was made."""
    if refused is None or refused.version is None:
        return []
    return agenda_words.recent(session, meeting, agenda, refused.version, language)


def did(
    session: ReadSession, meeting: Meeting, agenda: Agenda, request: Request, language: str
) -> tuple[Text, str, str | None, str] | None:
    """Return the change that led to this page, if it is the latest: description, title, language of the title, item
    number."""
    if request.query_params.get("did") != str(meeting.agenda_version):
        return None
    last = next(iter(agenda_words.recent(session, meeting, agenda, meeting.agenda_version - 1, language)), None)
    if last is None:
        return None
    number = next((line.number for line in agenda.items if line.id == last.item), "")
    return last.words, last.title, last.lang, number
