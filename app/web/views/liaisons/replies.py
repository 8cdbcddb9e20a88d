"""How the reply to a liaison is begun: the forms that its page leads to."""

from dataclasses import dataclass

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.contributions.rules import permissions as contributions
from app.domain.liaisons import queries, rules
from app.domain.liaisons.models import Liaison
from app.domain.outputs.rules.outputs import CREATE_DRAFT_OUTPUT, OutputRuleSubject


@dataclass(frozen=True, slots=True)
class ReplyForms:
    """Where the reader begins the reply to a liaison, filled in: the form of an output, and, for the person who
    prepares it and may draft none, that of a contribution that proposes it. None of what they cannot begin.
    `is_asked` says that the reader is that person."""

    output: str | None = None
    contribution: str | None = None
    is_asked: bool = False


def find_reply_forms(session: ReadSession, actor: Actor, liaison: Liaison) -> ReplyForms:
    """Find the forms by which the actor begins the reply to a liaison that waits for one: at the meeting at which it
    was registered, or at the next one that takes what they write."""
    if rules.is_open.objection_to(actor, rules.build_liaison_rule_subject(liaison)):
        return ReplyForms()
    meetings = queries.list_meetings_for_reply(session, actor, liaison)
    is_asked, query = liaison.holder_id == actor.person, f"in_reply_to={liaison.id}"
    for meeting in meetings:
        if CREATE_DRAFT_OUTPUT.allows(actor, OutputRuleSubject(meeting.body_id, meeting_life=meeting.life)):
            return ReplyForms(f"/meetings/{meeting.id}/outputs/new?{query}", None, is_asked)
    for meeting in meetings if is_asked else ():
        if contributions.DRAFT.allows(actor, contributions.build_new_contribution_rule_subject(meeting, actor.entity)):
            return ReplyForms(None, f"/meetings/{meeting.id}/contributions/new?{query}", is_asked)
    return ReplyForms(is_asked=is_asked)
