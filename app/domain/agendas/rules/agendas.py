"""Permissions for agendas, and the rules behind them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, all_of, any_of
from app.domain.agendas.models import ItemProposalState
from app.domain.bodies.models import Office
from app.domain.bodies.rules import has_seat, is_delegate
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.meetings.rules import has_deadline_passed, is_chair_not_vice_chair, is_deputy, is_meeting_not_ended

AGENDA_CHANGED = _(
    "The agenda was changed after you opened the page. Check the current version, then make your change again."
)

SEE = Permission("agenda:see", _("See the released agenda, its history and its changes"), has_seat)
EDIT = Permission(
    "agenda:keep",
    _("See and change the draft agenda, and allocate documents to its items"),
    any_of(is_chair_not_vice_chair, is_deputy),
    is_meeting_not_ended,
)
RELEASE = Permission(
    "agenda:release",
    _("Release the agenda to all members of the group"),
    any_of(is_chair_not_vice_chair, is_deputy),
    is_meeting_not_ended,
)
ADOPT = Permission(
    "agenda:adopt",
    _("Record that the meeting adopted its agenda"),
    any_of(is_chair_not_vice_chair, is_deputy),
    is_meeting_not_ended,
    is_irreversible=True,
)
DEPUTY_OFFICES = frozenset({Office.VICE_CHAIR, Office.SECRETARY})
CHOOSE_DEPUTIES = Permission("agenda:let-work", _("Select who can use the chair’s tools"), is_chair_not_vice_chair)


@dataclass(frozen=True, slots=True)
class ItemProposalRuleSubject:
    """Subject of the rules on item proposals: body, State, life of the meeting, deadline, and state of the proposal."""

    body_id: UUID
    entity: str
    life: str
    due_at: datetime
    state: str = ItemProposalState.PROPOSED


def build_item_proposal_rule_subject(
    meeting: Meeting, entity: str, state: str = ItemProposalState.PROPOSED
) -> ItemProposalRuleSubject:
    """Build the subject of the rules for a proposal of a State for this meeting."""
    return ItemProposalRuleSubject(meeting.body_id, entity, meeting.life, meeting.proposals_due_at, state)


@access_rule(
    _("the meeting has not begun"), denied_because=_("Agenda items can be proposed only before the meeting begins.")
)
def is_before_meeting(actor: Actor, subject: ItemProposalRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.life in (MeetingLife.PLANNED, MeetingLife.CONVENED, MeetingLife.OPEN)


@access_rule(
    _("until the last day for proposals"), denied_because=_("The deadline for proposing agenda items has passed.")
)
def is_before_proposal_deadline(actor: Actor, subject: ItemProposalRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return not has_deadline_passed(subject.due_at)


@access_rule(
    _("it has not been answered"),
    denied_because=_("This proposal has already been answered, added to the agenda or withdrawn."),
)
def is_unanswered(actor: Actor, subject: ItemProposalRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == ItemProposalState.PROPOSED


PROPOSE = Permission(
    "agenda:propose",
    _("Propose an agenda item"),
    is_delegate,
    all_of(is_before_meeting, is_before_proposal_deadline),
    begins_in_body=True,
)
WITHDRAW_PROPOSAL = Permission(
    "agenda:take-back", _("Withdraw the proposal of an agenda item"), is_delegate, is_unanswered
)
