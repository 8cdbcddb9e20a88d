"""The pages of the editor of an agenda's draft: the tree with its tray, and the form of one item."""

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
    """The editor after something that was not done."""
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
    """The form of an item after its change was refused; the editor, if the item is gone meanwhile."""
    found = next((each for each in queries.draft(turn.session, turn.meeting) if each.id == wanted.item), None)
    if found is None:
        return editor(turn, wanted, refused, status)
    return show_item(
        turn.session, turn.actor, turn.house, turn.request, turn.meeting, found, wanted, refused, status=status
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
    """What the item says, or what somebody typed, to be changed; and where it stands."""
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
    """An item as its form says it."""
    return {f"title_{code}": item.titles.get(code, "") for code in LANGUAGES} | {
        "kind": item.kind,
        "minutes": "" if item.minutes is None else str(item.minutes),
        "responsible": item.responsible,
        "notes": item.notes,
        "restricted": "yes" if item.restricted else "",
        "session": str(item.session_id or ""),
    }


def choices(agenda: Agenda, language: str) -> list[tuple[UUID, str, str]]:
    """The items to choose one of: key, words, language of the words."""
    return [(line.id, f"{line.number} {line.title}", line.lang or language) for line in agenda.items]


def places(agenda: Agenda) -> Mapping[UUID, int]:
    """The position of each item among those under the same parent."""
    counted: dict[UUID | None, int] = {}
    at: dict[UUID, int] = {}
    for line in agenda.items:
        at[line.id] = counted.get(line.parent, 0)
        counted[line.parent] = at[line.id] + 1
    return at


def asked(session: ReadSession, meeting: Meeting, agenda: Agenda) -> Mapping[UUID, tuple[UUID, str]]:
    """Of documents in the tray: the item that their delegation asked for, and its number."""
    numbers = {line.id: line.number for line in agenda.items}
    wishes = contributions.items_asked_for(session, meeting)
    return {document: (item, numbers[item]) for document, item in wishes.items() if item in numbers}


def named_sessions(session: ReadSession, meeting: Meeting, formats: Formats) -> dict[UUID, str]:
    """The sessions of a meeting by when they begin."""
    return {each.id: formats.when(each.starts_at, meeting.zone) for each in meetings.sessions(session, meeting)}


def since(
    session: ReadSession, meeting: Meeting, agenda: Agenda, refused: Refused | None, language: str
) -> list[agenda_words.Change]:
    """What others did to the draft after the version on which somebody worked."""
    if refused is None or refused.version is None:
        return []
    return agenda_words.recent(session, meeting, agenda, refused.version, language)


def did(
    session: ReadSession, meeting: Meeting, agenda: Agenda, request: Request, language: str
) -> tuple[Text, str, str | None, str] | None:
    """The change that led here, if it is the latest one: words, title, its language, and the item's number now."""
    if request.query_params.get("did") != str(meeting.agenda_version):
        return None
    last = next(iter(agenda_words.recent(session, meeting, agenda, meeting.agenda_version - 1, language)), None)
    if last is None:
        return None
    number = next((line.number for line in agenda.items if line.id == last.item), "")
    return last.words, last.title, last.lang, number
