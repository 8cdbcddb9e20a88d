"""Taking decisions down and correcting them, and putting positions on record. Nothing that was written is lost.

Whether a session sits is said by whoever knows it (`app.domain.floor`), which also tells those who listen.
"""

from uuid import UUID

from sqlalchemy import select

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession, hold
from app.core.errors import Conflict, Stale
from app.core.i18n import say
from app.domain.decisions import events, queries, rules
from app.domain.decisions.inputs import NewDecision, NewPosition, NotedPosition
from app.domain.decisions.models import Decision, DecisionCorrection, Position
from app.domain.decisions.rules import At
from app.domain.meetings.models import Meeting


def take_down(
    session: WriteSession, actor: Actor, at: At, new: NewDecision, *, during: UUID, under: UUID | None
) -> Decision:
    """Take a decision down in a session, under an item of the released agenda. It gets the meeting's next number."""
    rules.TAKE_DOWN.require(actor, at)
    session.execute(select(Meeting.id).where(Meeting.id == at.meeting.id).with_for_update())
    made = Decision(
        meeting_id=at.meeting.id,
        session_id=during,
        item_id=under,
        number=queries.last_number(session, at.meeting) + 1,
        text=new.text,
        lang=new.lang,
        how=new.how,
        taken_by=actor.person,
        taken_at=clock.now(),
        version=1,
    )
    session.add(made)
    session.flush()
    happened = events.DecisionTaken(at.meeting.id, made.id, made.number, made.how)
    journal.record(session, actor, happened, body=at.body_id)
    return made


def correct(session: WriteSession, actor: Actor, at: At, decision: Decision, new: NewDecision, *, version: int) -> None:
    """Correct a decision of the session that sits; what it said before is kept. Raises Stale."""
    rules.CORRECT.require(actor, at)
    hold(session, decision)
    if decision.version != version:
        raise Stale()
    session.add(
        DecisionCorrection(
            decision_id=decision.id,
            version=decision.version,
            text=decision.text,
            lang=decision.lang,
            how=decision.how,
            corrected_by=actor.person,
            corrected_at=clock.now(),
        )
    )
    decision.text, decision.lang, decision.how, decision.version = new.text, new.lang, new.how, version + 1
    happened = events.DecisionCorrected(decision.id, decision.version)
    journal.record(session, actor, happened, body=at.body_id)


def put(session: WriteSession, actor: Actor, at: At, decision: Decision, new: NewPosition) -> Position:
    """Put the position of the actor's own State on record; it stands in place of an earlier one of the same kind."""
    rules.PUT.require(actor, At(at.meeting, at.sits, actor.entity))
    return _put(session, actor, at, decision, actor.entity, new, own=True)


def note(session: WriteSession, actor: Actor, at: At, decision: Decision, new: NotedPosition) -> Position:
    """Note what a State said in the room. A State's own words are not written over. Raises Conflict."""
    rules.NOTE.require(actor, at)
    session.execute(select(Decision.id).where(Decision.id == decision.id).with_for_update())
    if queries.own_words(session, decision, new.entity, new.stance):
        raise Conflict(say("That State has put its position in its own words. They stand."))
    return _put(session, actor, at, decision, new.entity, new, own=False)


def _put(
    session: WriteSession, actor: Actor, at: At, decision: Decision, entity: str, new: NewPosition, *, own: bool
) -> Position:
    session.execute(select(Decision.id).where(Decision.id == decision.id).with_for_update())
    made = Position(
        decision_id=decision.id,
        entity=entity,
        stance=new.stance,
        text=new.text,
        lang=new.lang,
        own=own,
        put_by=actor.person,
        put_at=clock.now(),
    )
    session.add(made)
    session.flush()
    happened = events.PositionPut(decision.id, made.id, entity, made.stance, own)
    journal.record(session, actor, happened, body=at.body_id)
    return made
