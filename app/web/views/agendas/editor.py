"""Pages of the agenda editor: the tree with its tray of unallocated documents, and the form of one item."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import Response

from app.core import clock
from app.core.database.combined_lists import read_together
from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, LazyText
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.queries import agenda_drafts, agenda_releases
from app.domain.agendas.rules import agendas
from app.domain.agendas.rules.merging import CITATION_FIELDS
from app.domain.agendas.rules.numbering import NUMBERING_STYLE_LABELS
from app.domain.agendas.rules.time_plan import SessionLoad, compute_session_loads, resolve_item_sessions
from app.domain.bodies.models import Body
from app.domain.contributions.queries import registered_contributions
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting, MeetingSession
from app.http.labels import ITEM_KIND_LABELS, ROLE_LABELS
from app.http.page_context import ReadContext
from app.web.views.agendas import history, items
from app.web.views.agendas.differences import list_unreleased_changes
from app.web.views.agendas.edit_conflicts import (
    MIN_KEY_LENGTH,
    AttemptedChange,
    ChangeRejection,
    get_editor_http_status,
    name_row,
)
from app.web.views.agendas.editor_query import read_editor_query
from app.web.views.agendas.items import AgendaView
from app.web.views.agendas.time_plan import label_sessions, list_session_choices
from app.web.views.contributions.status import format_meeting_name
from app.web.views.mandates.citing import name_citations, read_citation_choices
from app.web.views.meetings.meetings import build_meeting_frame

PRESENCE = timedelta(minutes=15)
"""How long a person who changed a draft is named as editing it."""

MAX_TITLED_CHOICES = 60
"""Items of the longest agenda whose titles are repeated in select boxes."""


LISTS_OF_EDITOR = (
    agenda_drafts.list_draft_items,
    agenda_drafts.list_draft_allocations,
    agenda_drafts.list_undoable_changes,
    agenda_releases.list_current_releases,
    meetings.list_sessions,
)
"""What the editor reads together."""


def render_agenda_editor(
    context: ReadContext,
    meeting: Meeting,
    attempt: AttemptedChange | None = None,
    rejection: ChangeRejection | None = None,
) -> Response:
    """Render the editor of the draft, with what was attempted and why it was not done, if anything was.

    The form of a new item is under the session that the address names, if the list has it; otherwise it is below all
    of them.
    """
    query = read_editor_query(context.request)
    language = context.language
    read_together(context.session, meeting, *LISTS_OF_EDITOR)
    agenda = items.load_draft_agenda(context, meeting)
    session_rows = meetings.list_sessions(context.session, meeting)
    sessions = label_sessions(session_rows, meeting, context.localizer)
    by_session = bool(sessions) and query.by != "list"
    numbers = {each.id: number for number, each in enumerate(session_rows, start=1)}
    keys = shorten_item_ids(agenda)
    release = agenda_releases.find_current_release(context.session, meeting)
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
        numbers={str(each): number for each, number in numbers.items()},
        session_choices=list_session_choices(session_rows, meeting, context.localizer),
        parts=items.group_items_by_session(agenda, sessions) if by_session else [(None, None, agenda.items)],
        by_session=by_session,
        planned=_plan_sessions(agenda, session_rows) if by_session else {},
        into=next((each for each, number in numbers.items() if by_session and number == query.into), None),
        sources=_list_sources(context, meeting) if not agenda.items else [],
        asked=requested_items_by_document(context.session, meeting, agenda),
        release=release,
        release_name=history.format_release_name(release) if release else None,
        differences=list_unreleased_changes(context.session, meeting, release, agenda, sessions, language),
        undoable=history.find_undoable_change(context.session, meeting, agenda, language),
        did=describe_own_change(context, meeting, agenda, numbers),
        editors=agenda_drafts.list_recent_editors(context.session, context.actor, meeting, clock.now() - PRESENCE),
        wanted=attempt,
        problems=_list_problems(attempt, keys),
        refused=rejection,
        since=list_changes_by_others(context, meeting, agenda, rejection),
        styles=list(NUMBERING_STYLE_LABELS.items()),
        kinds=list(ITEM_KIND_LABELS.items()),
        deputies=[(office, ROLE_LABELS[office]) for office in sorted(agendas.DEPUTY_OFFICES)],
        may_let_work=agendas.CHOOSE_DEPUTIES.allows(context.actor, meeting),
    )


def _list_sources(context: ReadContext, meeting: Meeting) -> list[tuple[UUID, LazyText]]:
    """List the other meetings of the body whose released agenda may be copied, the latest first."""
    body = context.session.get_one(Body, meeting.body_id)
    rows = agenda_releases.list_meetings_with_release(context.session, context.actor, meeting)
    return [(each.id, format_meeting_name(each, body)) for each in rows]


def is_listed_by_session(context: ReadContext) -> bool:
    """Whether the reader sees the items under their sessions, if there are any, and not as one list."""
    return read_editor_query(context.request).by != "list"


def _list_problems(attempt: AttemptedChange | None, keys: Mapping[str, str]) -> list[tuple[str, LazyText]]:
    """List what is wrong in an attempt, each with its field; a field of a row is named by the key of its item."""
    errors = attempt.errors if attempt else {}
    rows = {f"{name}-{key.replace('-', '')}": f"{name}-{short}" for key, short in keys.items() for name in "ms"}
    return [(rows.get(name, name), words) for name, words in errors.items()]


def rerender_item_form(
    context: ReadContext, meeting: Meeting, attempt: AttemptedChange, rejection: ChangeRejection | None = None
) -> Response:
    """Render the form of an item after a rejected attempt, or the editor if the item was removed meanwhile."""
    item = next(
        (each for each in agenda_drafts.list_draft_items(context.session, meeting) if each.id == attempt.item), None
    )
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
    saved = item_form_values(item)
    typed = _merge_typed_fields(context, meeting, item, attempt, rejection) if attempt else saved
    line = next(each for each in agenda.items if each.id == item.id)
    return context.render(
        "web/meetings/agenda_item.html",
        status=get_editor_http_status(attempt, rejection),
        frame=build_meeting_frame(context.session, context.actor, meeting, "agenda", language),
        line=line,
        row=name_row(item.id),
        position=item_positions(agenda)[item.id],
        typed=typed,
        now=saved,
        citing=read_citation_choices(context.session, context.actor, typed, language, context.actor.entity),
        cited=name_citations(context.session, item.mandates, item.action_lines, language) if rejection else None,
        codes=sorted(LANGUAGES, key=lambda code: code != language),
        titled=[code for code in LANGUAGES if item.titles.get(code)],
        kinds=list(ITEM_KIND_LABELS.items()),
        session_choices=list_session_choices(
            meetings.list_sessions(context.session, meeting), meeting, context.localizer, chosen=item.session_id
        ),
        choices=[each for each in list_item_choices(agenda, keys) if each[0] != keys[str(item.id)]],
        parent=keys.get(str(line.parent), ""),
        refused=rejection,
        errors=attempt.errors if attempt else {},
        since=list_changes_by_others(context, meeting, agenda, rejection),
    )


def item_form_values(item: AgendaItem) -> Mapping[str, object]:
    """Return the saved values of an item as form fields."""
    return list_form_values(agenda_drafts.dump_item(item))


def list_form_values(item: Mapping[str, Any]) -> Mapping[str, object]:
    """Return the values of an item of a snapshot as form fields."""
    return {f"title_{code}": item["titles"].get(code, "") for code in LANGUAGES} | {
        "kind": item["kind"],
        "minutes": "" if item["minutes"] is None else str(item["minutes"]),
        "responsible": item["responsible"],
        "notes": item["notes"],
        "restricted": "yes" if item["restricted"] else "",
        "session": item["session_id"] or "",
        "mandate_words": "",
        **{name: tuple(item.get(name, ())) for name in CITATION_FIELDS},
    }


def _merge_typed_fields(
    context: ReadContext,
    meeting: Meeting,
    item: AgendaItem,
    attempt: AttemptedChange,
    rejection: ChangeRejection | None,
) -> Mapping[str, object]:
    """Return what was typed in the form of an item; after a rejection, the fields that its author did not change have
    their current values, so that a second save does not put older ones back."""
    if rejection is None or rejection.version is None:
        return attempt.fields
    base = agenda_drafts.load_draft_at(context.session, meeting, rejection.version)
    was = next((each for each in base["items"] if each["id"] == str(item.id)), None) if base else None
    if was is None:
        return attempt.fields
    shown, now = list_form_values(was), item_form_values(item)
    return {name: now[name] if typed == shown[name] else typed for name, typed in attempt.fields.items()}


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
    requested_items = registered_contributions.requested_items_by_document(session, meeting)
    return {document: (item, numbers[item]) for document, item in requested_items.items() if item in numbers}


def _plan_sessions(agenda: AgendaView, sessions: Sequence[MeetingSession]) -> Mapping[UUID, SessionLoad]:
    """Return what is planned for each session."""
    return {load.session.id: load for load in compute_session_loads(items.list_planned_items(agenda), sessions)}


def list_changes_by_others(
    context: ReadContext, meeting: Meeting, agenda: AgendaView, rejection: ChangeRejection | None
) -> list[history.AgendaChangeLine]:
    """Return the changes others made after the version on which the rejected attempt was made."""
    if rejection is None or rejection.version is None:
        return []
    return history.list_changes_since(context.session, meeting, agenda, rejection.version, context.language)


def describe_own_change(
    context: ReadContext, meeting: Meeting, agenda: AgendaView, session_numbers: Mapping[UUID, int]
) -> tuple[LazyText, str, str | None, str, int | None] | None:
    """Return the change that led to this page, if it is the latest: description, title, language of the title, item
    number, number of the session of the item."""
    if read_editor_query(context.request).did != meeting.agenda_version:
        return None
    since = meeting.agenda_version - 1
    last = next(iter(history.list_changes_since(context.session, meeting, agenda, since, context.language)), None)
    if last is None:
        return None
    number = next((line.number for line in agenda.items if line.id == last.item), "")
    sessions = resolve_item_sessions((line.id, line.parent, line.session) for line in agenda.items)
    session = sessions.get(last.item) if last.item else None
    return last.words, last.title, last.lang, number, session_numbers[session] if session else None
