"""How the reply to a liaison is begun: the forms that its page leads to."""

from dataclasses import dataclass

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.liaisons import queries, rules
from app.domain.liaisons.models import Liaison
from app.domain.outputs.rules.outputs import CREATE_DRAFT_OUTPUT, OutputRuleSubject


@dataclass(frozen=True, slots=True)
class ReplyForms:
    """Where the reader begins the reply to a liaison: the form of an output, filled in; None if they may draft none."""

    output: str | None = None


def find_reply_forms(session: ReadSession, actor: Actor, liaison: Liaison) -> ReplyForms:
    """Find the forms by which the actor begins the reply to a liaison that waits for one: at the meeting at which it
    was registered, or at the next one that takes what they write."""
    if rules.is_open.objection_to(actor, rules.build_liaison_rule_subject(liaison)):
        return ReplyForms()
    for meeting in queries.list_meetings_for_reply(session, actor, liaison):
        if CREATE_DRAFT_OUTPUT.allows(actor, OutputRuleSubject(meeting.body_id, meeting_life=meeting.life)):
            return ReplyForms(f"/meetings/{meeting.id}/outputs/new?in_reply_to={liaison.id}")
    return ReplyForms()
