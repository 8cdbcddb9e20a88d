"""Check-in at the entrance of a meeting: by the code of a badge, or by name."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.i18n import lazy_gettext as _
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.participants import queries, rules
from app.domain.participants.actions import attendance
from app.domain.participants.inputs import CheckInEntry
from app.domain.participants.models import Participant
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, parse_form, parse_uuid_or_random
from app.web.views.meetings.badges import get_badge_key
from app.web.views.meetings.check_in import build_check_in_lines, count_presence, list_last_checked_in
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

GUARDS = [Depends(SignedInGuard(rules.NOTE_ATTENDANCE))]


@router.get("/meetings/{meeting}/check-in", dependencies=GUARDS)
def show_check_in(context: ReadContext, meeting: UUID, participant: str = "", again: str = "") -> Response:
    """Show the field for codes and names, and who was just checked in."""
    meeting_row = _get_meeting(context, meeting)
    registered = queries.list_participants(context.session, context.actor, meeting_row)
    shown = parse_uuid_or_random(participant)
    came = [each for each in registered if each.id == shown and each.attended]
    return _render_page(context, meeting_row, registered, came=came, is_repeated=bool(again))


@router.post("/meetings/{meeting}/check-in", dependencies=GUARDS)
def check_in_by_entry(context: WriteContext, meeting: UUID, entry: TextField = "") -> Response:
    """Check in the participant with this code; or show those with this name, to select from.

    A code with an error, one of another meeting, and a name that is not in the list get the same answer.
    """
    meeting_row = _get_meeting(context, meeting)
    registered = queries.list_participants(context.session, context.actor, meeting_row)
    parsed = parse_form(CheckInEntry, {"entry": entry})
    typed = parsed.value.entry if parsed.value else ""
    found = rules.find_participant_by_code(registered, typed, key=get_badge_key(context))
    if found is not None:
        return _check_in(context, meeting_row, found)
    named = rules.filter_participants_by_name(registered, typed)
    if not named and typed:
        problem = _("“%(entry)s” is no code of a badge of this meeting, and no participant has this name.", entry=typed)
        parsed = parsed.with_error("entry", problem)
    return _render_page(context, meeting_row, registered, named=named, entry=parsed)


@router.post("/participants/{participant}/check-in", dependencies=GUARDS)
def check_in_participant(context: WriteContext, participant: UUID) -> Response:
    """Check in a participant who was found by name."""
    row, meeting = _get_participant(context, participant)
    return _check_in(context, meeting, row)


@router.post("/participants/{participant}/check-in/undo", dependencies=GUARDS)
def undo_check_in(context: WriteContext, participant: UUID) -> Response:
    """Undo a check-in."""
    row, meeting = _get_participant(context, participant)
    attendance.undo_check_in(context.session, context.actor, meeting, row)
    return context.redirect(f"/meetings/{meeting.id}/check-in?done=check-in-undone")


def _get_meeting(context: ReadContext, meeting: UUID) -> Meeting:
    """Return a meeting whose attendance the actor may note. Raises NotFound, Forbidden, Conflict."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.NOTE_ATTENDANCE.require(context.actor, meeting_row)
    return meeting_row


def _get_participant(context: WriteContext, participant: UUID) -> tuple[Participant, Meeting]:
    """Return a participant with their meeting. Raises NotFound, Forbidden, Conflict."""
    row = queries.get_visible_participant(context.session, context.actor, participant)
    return row, _get_meeting(context, row.meeting_id)


def _check_in(context: WriteContext, meeting: Meeting, participant: Participant) -> Response:
    is_new = attendance.check_in(context.session, context.actor, meeting, participant)
    again = "" if is_new else "&again=yes"
    return context.redirect(f"/meetings/{meeting.id}/check-in?participant={participant.id}{again}")


def _render_page(
    context: ReadContext,
    meeting: Meeting,
    registered: Sequence[Participant],
    *,
    came: Sequence[Participant] = (),
    is_repeated: bool = False,
    named: Sequence[Participant] = (),
    entry: ParsedForm[CheckInEntry] | None = None,
) -> Response:
    """Render the page. A code that was refused is not typed again: the next scan would be added to it."""
    typed = str(entry.typed["entry"]) if entry else ""
    last = list_last_checked_in(registered)
    lines = build_check_in_lines(context.session, meeting, {*came, *named, *last})
    return context.render(
        "web/participants/check_in.html",
        status=get_form_http_status(entry),
        frame=build_meeting_frame(context.session, context.actor, meeting, "participants", context.language),
        counts=count_presence(registered),
        came=[lines[each.id] for each in came],
        is_repeated=is_repeated,
        named=[lines[each.id] for each in named],
        last=[lines[each.id] for each in last],
        entry="" if rules.is_meant_as_code(typed) else typed,
        errors=entry.errors if entry else {},
    )
