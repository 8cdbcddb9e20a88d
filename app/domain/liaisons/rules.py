"""Permissions and allowed moves of incoming liaisons, and whose answer one is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, Rule, access_rule, all_of, any_of
from app.domain.addressees.inputs import NewAddressee
from app.domain.addressees.models import OutputAddressee, RequestedAct
from app.domain.bodies.rules import has_seat, is_chair, is_secretary
from app.domain.liaisons.models import Liaison, LiaisonState
from app.domain.outputs.models import OutputKind, OutputStatus

Party = tuple[str | None, UUID | None]
"""An organization by its code, or a body by its id."""
IN_WORDS: Party = (None, None)
"""A party that is known in words only."""
SHOWN_TO_DELEGATIONS = (LiaisonState.REGISTERED, LiaisonState.ANSWERED, LiaisonState.CLOSED)
"""States in which everybody with a seat in the body sees a liaison."""

MOVES: Mapping[str, tuple[LiaisonState, LiaisonState]] = MappingProxyType(
    {
        "register": (LiaisonState.RECEIVED, LiaisonState.REGISTERED),
        "return": (LiaisonState.RECEIVED, LiaisonState.RETURNED),
        "answer": (LiaisonState.REGISTERED, LiaisonState.ANSWERED),
        "close": (LiaisonState.REGISTERED, LiaisonState.CLOSED),
    }
)
"""Each move with the state before and after it."""
STATES_AFTER_WITHDRAWAL: Mapping[str, LiaisonState] = MappingProxyType(
    {LiaisonState.RECEIVED: LiaisonState.RETURNED, LiaisonState.REGISTERED: LiaisonState.CLOSED}
)
"""What becomes of a liaison that its sender withdraws while something is asked of the body; else its state stays."""


@dataclass(frozen=True, slots=True)
class LiaisonRuleSubject:
    """The facts of a liaison that the rules need. `behind` are the members that sent it, or that sponsored the output
    that it replies to."""

    body_id: UUID
    state: str = LiaisonState.REGISTERED
    wants: str = RequestedAct.REPLY
    behind: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class ReplyRuleSubject:
    """The facts of an output that may be the reply to a liaison: whether the liaison waits for one, and whether the
    output is the reply to it, or to another one of the same sender."""

    body_id: UUID
    kind: str = OutputKind.LIAISON_STATEMENT
    status: str = OutputStatus.DRAFT
    is_liaison_open: bool = True
    is_reply: bool = False
    is_other_reply: bool = False


def _is_in_state(label: LazyText, denied_because: LazyText, *states: LiaisonState) -> Rule[LiaisonRuleSubject]:
    return Rule(label, denied_because, lambda _actor, subject: subject.state in states)


is_awaiting_registration = _is_in_state(
    _("it was received and is not registered"),
    _("This liaison statement has already been registered or returned."),
    LiaisonState.RECEIVED,
)


@access_rule(
    _("it is registered and asks for something that was not done"),
    denied_because=_("Nothing is asked by this liaison statement, or it was answered already."),
)
def is_open(actor: Actor, subject: LiaisonRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the liaison waits for the body."""
    return subject.state == LiaisonState.REGISTERED and subject.wants != RequestedAct.INFORMATION


@access_rule(
    _("acts for no member that is behind it"),
    denied_because=_("Your own State or organization is behind this liaison statement. Another chair must decide."),
)
def is_not_behind_liaison(actor: Actor, subject: LiaisonRuleSubject) -> bool:
    return actor.entity not in subject.behind


@access_rule(
    _("the liaison statement is registered, or the person is chair or secretary"),
    denied_because=_("This liaison statement is not registered."),
)
def is_shown_liaison(actor: Actor, subject: LiaisonRuleSubject) -> bool:
    """Whether the actor is shown a liaison of a body in which they have a seat."""
    return subject.state in SHOWN_TO_DELEGATIONS or any_of(is_chair, is_secretary).objection_to(actor, subject) is None


@access_rule(
    _("the output is a draft of a liaison statement"),
    denied_because=_("Only the draft of a liaison statement can be made the reply."),
)
def is_draft_liaison_statement(actor: Actor, subject: ReplyRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return (subject.kind, subject.status) == (OutputKind.LIAISON_STATEMENT, OutputStatus.DRAFT)


@access_rule(
    _("a reply is asked for, and the output replies to no liaison statement yet"),
    denied_because=_("Nothing is asked by this liaison statement, or the draft already replies to one."),
)
def is_reply_possible(actor: Actor, subject: ReplyRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.is_liaison_open and not (subject.is_reply or subject.is_other_reply)


@access_rule(
    _("the output replies to the liaison statement"),
    denied_because=_("This draft does not reply to this liaison statement."),
)
def is_reply_to_liaison(actor: Actor, subject: ReplyRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.is_reply


SEE: Permission[LiaisonRuleSubject] = Permission(
    "liaison:see", _("See the liaison statements that the group received"), all_of(has_seat, is_shown_liaison)
)
TAKE_IN: Permission[LiaisonRuleSubject] = Permission(
    "liaison:take-in", _("Take in a liaison statement"), is_secretary, begins_in_body=True
)
ADD_FILE: Permission[LiaisonRuleSubject] = Permission(
    "liaison:add-file",
    _("Add a language to a received liaison statement"),
    is_secretary,
    is_awaiting_registration,
)
REGISTER: Permission[LiaisonRuleSubject] = Permission(
    "liaison:register",
    _("Register a received liaison statement"),
    is_secretary,
    is_awaiting_registration,
)
RETURN: Permission[LiaisonRuleSubject] = Permission(
    "liaison:return",
    _("Return a received liaison statement to its sender"),
    is_secretary,
    is_awaiting_registration,
    is_irreversible=True,
)
HOLD: Permission[LiaisonRuleSubject] = Permission(
    "liaison:hold",
    _("Give a liaison statement to the person who prepares the reply"),
    any_of(is_chair, is_secretary),
    is_open,
)
CLOSE: Permission[LiaisonRuleSubject] = Permission(
    "liaison:close",
    _("Decide that a liaison statement needs no answer"),
    all_of(is_chair, is_not_behind_liaison),
    is_open,
    is_irreversible=True,
)
CHOOSE_REPLY: Permission[ReplyRuleSubject] = Permission(
    "liaison:reply",
    _("Make a draft output the reply to a liaison statement"),
    any_of(is_chair, is_secretary),
    all_of(is_draft_liaison_statement, is_reply_possible),
)
REMOVE_REPLY: Permission[ReplyRuleSubject] = Permission(
    "liaison:remove-reply",
    _("Let a draft output be no reply to a liaison statement any more"),
    any_of(is_chair, is_secretary),
    all_of(is_draft_liaison_statement, is_reply_to_liaison),
)


def is_from_party(addressee: OutputAddressee | NewAddressee, liaison: Liaison) -> bool:
    """Return whether an addressee is the sender of a liaison."""
    return (addressee.organization, addressee.body_id) == (liaison.organization, liaison.sender_body_id)


def is_answer_of(recipient: Party, recipients: Collection[Party], liaison: Liaison) -> bool:
    """Return whether one of the recipients of a text sent a liaison that answers it. A recipient in words has no code
    to compare: theirs is what none of the others sent."""
    sender = liaison.organization, liaison.sender_body_id
    return sender not in recipients if recipient == IN_WORDS else sender == recipient


def address_sender(liaison: Liaison, in_reply_to: UUID | None) -> NewAddressee:
    """Return the sender of a liaison as an addressee, for information, of a text that answers it or not."""
    return NewAddressee(
        organization=liaison.organization,
        body_id=liaison.sender_body_id,
        wants=RequestedAct.INFORMATION,
        in_reply_to=in_reply_to,
    )


def build_liaison_rule_subject(liaison: Liaison, sponsors: frozenset[str] = frozenset()) -> LiaisonRuleSubject:
    """Return a liaison with the facts that the rules need; `sponsors` are those of the output that it replies to."""
    sender = {liaison.organization} if liaison.organization else set[str]()
    return LiaisonRuleSubject(liaison.body_id, liaison.state, liaison.wants, sponsors | sender)


def find_due_day(liaison: Liaison) -> date | None:
    """Find the day by which something is due for a liaison that waits for the body: the earlier of the sender's and the
    holder's; None if it does not wait or no day was set."""
    days = [day for day in (liaison.reply_by, liaison.held_until) if day]
    is_waiting = liaison.state == LiaisonState.REGISTERED and liaison.wants != RequestedAct.INFORMATION
    return min(days, default=None) if is_waiting else None


def is_overdue(liaison: Liaison, today: date) -> bool:
    """Return whether the day by which something is due has passed."""
    day = find_due_day(liaison)
    return day is not None and day < today
