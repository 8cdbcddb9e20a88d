"""What is said of a document of which nothing became yet: never silence."""

from enum import StrEnum

from app.domain.document_outcomes.rules.outcomes import DocumentOutcomes
from app.domain.meetings.models import MeetingLife
from app.domain.meetings.rules import ENDED_LIVES


class OutcomeState(StrEnum):
    """What is to be said of a document besides its outcomes."""

    ENDED = "ended"
    ALLOCATED = "allocated"
    UNALLOCATED = "unallocated"
    NOT_NAMED = "not_named"
    NOT_TAKEN_UP = "not_taken_up"
    MEETING_CANCELLED = "meeting_cancelled"
    NOT_SHOWN = "not_shown"


def find_outcome_state(found: DocumentOutcomes, *, is_ended: bool) -> OutcomeState | None:
    """Find what is to be said of a document; None if its outcomes say it.

    A reader who sees neither its meeting nor an agenda that it is on learns the same, whatever became of it.
    """
    if found.has_result:
        return None
    if is_ended:
        return OutcomeState.ENDED
    items = found.items
    meeting = items[-1].meeting if items else found.meeting
    if meeting is None:
        return OutcomeState.NOT_SHOWN
    if meeting.life == MeetingLife.CANCELLED:
        return OutcomeState.MEETING_CANCELLED
    if meeting.life in ENDED_LIVES:
        return OutcomeState.NOT_NAMED if items else OutcomeState.NOT_TAKEN_UP
    return OutcomeState.ALLOCATED if items else OutcomeState.UNALLOCATED
