"""Permissions for decisions and positions."""

from dataclasses import dataclass
from uuid import UUID

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, Rule, access_rule, all_of, any_of
from app.domain.bodies.rules import has_seat, is_delegate
from app.domain.meetings import rules as meetings
from app.domain.meetings.models import Meeting


@dataclass(frozen=True, slots=True)
class FloorRuleSubject:
    """Subject of the rules: a meeting, whether a session of it is open, and the State concerned, if any."""

    meeting: Meeting
    is_in_session: bool
    entity: str = ""

    @property
    def body_id(self) -> UUID:
        return self.meeting.body_id


def adapt_meeting_rule_to_floor(meeting_rule: Rule[Meeting]) -> Rule[FloorRuleSubject]:
    """Turn a rule about meetings into a rule about this subject."""
    return Rule(
        meeting_rule.label,
        meeting_rule.denied_because,
        lambda actor, at: meeting_rule.objection_to(actor, at.meeting) is None,
    )


@access_rule(_("a session is open"), denied_because=_("No session is open now."))
def is_in_session(actor: Actor, subject: FloorRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.is_in_session


has_chair_tools: Rule[FloorRuleSubject] = any_of(
    adapt_meeting_rule_to_floor(meetings.is_chair_not_vice_chair), adapt_meeting_rule_to_floor(meetings.is_deputy)
)
is_meeting_not_ended: Rule[FloorRuleSubject] = adapt_meeting_rule_to_floor(meetings.is_meeting_not_ended)

SEE = Permission("decision:see", _("See decisions and the positions of States on them"), has_seat)
RECORD = Permission("decision:take-down", _("Record a decision when it is taken"), has_chair_tools, is_in_session)
CORRECT = Permission(
    "decision:correct", _("Correct the text of a decision until the session closes"), has_chair_tools, is_in_session
)
PUT_POSITION = Permission(
    "position:put",
    _("Add an objection, a reservation or a statement to a decision, on behalf of one’s own State"),
    is_delegate,
    is_meeting_not_ended,
)
NOTE_POSITION = Permission(
    "position:note",
    _("Record the position of a State expressed in the room"),
    has_chair_tools,
    all_of(is_in_session, is_meeting_not_ended),
)
