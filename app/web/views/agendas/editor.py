"""Pages of the agenda editor: the tree with its tray of unallocated documents, and the form of one item."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from fastapi import Response

from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, LazyText, text_direction
from app.domain.agendas import queries
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.rules import agendas
from app.domain.agendas.rules.numbering import NUMBERING_STYLE_LABELS
from app.domain.contributions.queries import contributions
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting, MeetingSession
from app.http.labels import ITEM_KIND_LABELS, ROLE_LABELS
from app.http.localization import Localizer
from app.http.page_context import ReadContext
from app.web.views.agendas import history, items
from app.web.views.agendas.edit_conflicts import AttemptedChange, ChangeRejection, get_editor_http_status
from app.web.views.agendas.items import AgendaView
from app.web.views.agendas.time_plan import PlannedSession, build_time_plan
from app.web.views.meetings.meetings import build_meeting_frame

MIN_KEY_LENGTH = 6
"""Digits of the shortest key of an item in the forms of the editor."""

MAX_TITLED_CHOICES = 60
"""Items of the longest agenda whose titles are repeated in select boxes."""


def render_agenda_editor(
    context: ReadContext,
    meeting: Meeting,
    attempt: AttemptedChange | None = None,
    rejection: ChangeRejection | None = None,
) -> Response:
    """Render the editor of the draft, with what was attempted and why it was not done, if anything was."""
    language = context.language
    agenda = items.load_draft_agenda(context, meeting)
    session_rows = meetings.list_sessions(context.session, meeting)
    sessions = label_sessions(session_rows, meeting, context.localizer)
    by_session = bool(sessions) and context.request.query_params.get("by") == "session"
    keys = shorten_item_ids(agenda)
    return context.render(
        "web/meetings/agenda_edit.html",
        status=get_editor_http_status(attempt, rejection),
        frame=build_meeting_frame(context.session, context.actor, meeting, "agenda", language),
        agenda=agenda,
        keys=keys,
        items_path="items/"
        if context.request.url.path.endswith(("/edit", "/act"))
        else f"/meetings/{meeting.id}/agenda/items/",
        choices=list_item_choices(agenda, keys),
        sessions=sessions,
        parts=items.group_items_by_session(agenda, sessions) if by_session else [(None, None, agenda.items)],
        by_session=by_session,
        planned=_plan_sessions(agenda, meeting, session_rows, language) if by_session else {},
        asked=requested_items_by_document(context.session, meeting, agenda),
        release=queries.find_current_release(context.session, meeting),
        undoable=history.find_undoable_change(context.session, meeting, agenda, language),
        did=describe_own_change(context, meeting, agenda),
        wanted=attempt,
        refused=rejection,
        since=list_changes_by_others(context, meeting, agenda, rejection),
        styles=list(NUMBERING_STYLE_LABELS.items()),
        kinds=list(ITEM_KIND_LABELS.items()),
        deputies=[(office, ROLE_LABELS[office]) for office in sorted(agendas.DEPUTY_OFFICES)],
        may_let_work=agendas.CHOOSE_DEPUTIES.allows(context.actor, meeting),
    )


def rerender_item_form(
    context: ReadContext, meeting: Meeting, attempt: AttemptedChange, rejection: ChangeRejection | None = None
) -> Response:
    """Render the form of an item after a rejected attempt, or the editor if the item was removed meanwhile."""
    item = next((each for each in queries.list_draft_items(context.session, meeting) if each.id == attempt.item), None)
    if item is None:
        return render_agenda_editor(context, meeting, attempt, rejection)
    return render_item_form(context, meeting, item, attempt, rejection)


def render_item_form(
    context: ReadContext,
    meeting: Meeting,
    item: AgendaItem,
    attempt: AttemptedChange | None = None,
    rejection: ChangeRejection | None = None,
) -> Response:
    """Render the form of one item, with its saved values or those typed in a rejected attempt."""
    language = context.language
    agenda = items.load_draft_agenda(context, meeting)
    keys = shorten_item_ids(agenda)
    line = next(each for each in agenda.items if each.id == item.id)
    sessions = list_session_labels(context.session, meeting, context.localizer)
    return context.render(
        "web/meetings/agenda_item.html",
        status=get_editor_http_status(attempt, rejection),
        frame=build_meeting_frame(context.session, context.actor, meeting, "agenda", language),
        line=line,
        position=item_positions(agenda)[item.id],
        typed=attempt.fields if attempt else item_form_values(item),
        now=item_form_values(item),
        codes=sorted(LANGUAGES, key=lambda code: code != language),
        kinds=list(ITEM_KIND_LABELS.items()),
        sessions=sessions,
        choices=[each for each in list_item_choices(agenda, keys) if each[0] != keys[str(item.id)]],
        parent=keys.get(str(line.parent), ""),
        refused=rejection,
        errors=attempt.errors if attempt else {},
        since=list_changes_by_others(context, meeting, agenda, rejection),
    )


def item_form_values(item: AgendaItem) -> Mapping[str, str]:
    """Return the saved values of an item as form fields."""
    return {f"title_{code}": item.titles.get(code, "") for code in LANGUAGES} | {
        "kind": item.kind,
        "minutes": "" if item.minutes is None else str(item.minutes),
        "responsible": item.responsible,
        "notes": item.notes,
        "restricted": "yes" if item.restricted else "",
        "session": str(item.session_id or ""),
    }


def shorten_item_ids(agenda: AgendaView) -> Mapping[str, str]:
    """Return the first digits of the identifier of each item, as many as tell the items apart, by identifier."""
    ids = [line.id for line in agenda.items]
    length = next(n for n in range(MIN_KEY_LENGTH, 33) if len({each.hex[:n] for each in ids}) == len(ids))
    return {str(each): each.hex[:length] for each in ids}


def list_item_choices(agenda: AgendaView, keys: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return the items as choices of a select box: key, label, language of the label, empty for that of the page.

    In a long agenda the label is the number alone; the titles are in the list, and each would be sent twice more.
    """
    if len(agenda.items) > MAX_TITLED_CHOICES:
        return [(keys[str(line.id)], line.number, "") for line in agenda.items]
    return [(keys[str(line.id)], f"{line.number} {line.title}", line.lang or "") for line in agenda.items]


def item_positions(agenda: AgendaView) -> Mapping[UUID, int]:
    """Return the position of each item among those with the same parent, counted from 0."""
    counts: dict[UUID | None, int] = {}
    positions: dict[UUID, int] = {}
    for line in agenda.items:
        positions[line.id] = counts.get(line.parent, 0)
        counts[line.parent] = positions[line.id] + 1
    return positions


def requested_items_by_document(
    session: ReadSession, meeting: Meeting, agenda: AgendaView
) -> Mapping[UUID, tuple[UUID, str]]:
    """Return, for documents in the tray, the item that their delegation asked for and its number."""
    numbers = {line.id: line.number for line in agenda.items}
    requested_items = contributions.requested_items_by_document(session, meeting)
    return {document: (item, numbers[item]) for document, item in requested_items.items() if item in numbers}


def list_session_labels(session: ReadSession, meeting: Meeting, formats: Localizer) -> dict[UUID, str]:
    """Return the sessions of a meeting, labelled by their start."""
    return label_sessions(meetings.list_sessions(session, meeting), meeting, formats)


def _plan_sessions(
    agenda: AgendaView, meeting: Meeting, sessions: Sequence[MeetingSession], language: str
) -> Mapping[UUID, PlannedSession]:
    """Return what is planned for each session."""
    plan = build_time_plan(agenda, meeting, sessions, text_direction(language))
    return {each.session.id: each for each in plan.sessions}


def label_sessions(sessions: Iterable[MeetingSession], meeting: Meeting, formats: Localizer) -> dict[UUID, str]:
    """Label sessions by their start."""
    return {each.id: formats.format_short_instant(each.starts_at, meeting.zone, weekday=True) for each in sessions}


def list_changes_by_others(
    context: ReadContext, meeting: Meeting, agenda: AgendaView, rejection: ChangeRejection | None
) -> list[history.AgendaChangeLine]:
    """Return the changes others made after the version on which the rejected attempt was made."""
    if rejection is None or rejection.version is None:
        return []
    return history.list_changes_since(context.session, meeting, agenda, rejection.version, context.language)


def describe_own_change(
    context: ReadContext, meeting: Meeting, agenda: AgendaView
) -> tuple[LazyText, str, str | None, str] | None:
    """Return the change that led to this page, if it is the latest: description, title, language of the title, item
    number."""
    if context.request.query_params.get("did") != str(meeting.agenda_version):
        return None
    since = meeting.agenda_version - 1
    last = next(iter(history.list_changes_since(context.session, meeting, agenda, since, context.language)), None)
    if last is None:
        return None
    number = next((line.number for line in agenda.items if line.id == last.item), "")
    return last.words, last.title, last.lang, number
