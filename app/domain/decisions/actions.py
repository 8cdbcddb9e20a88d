"""Record and correct decisions, and put positions of States on record. Earlier versions are kept.

The caller (`app.domain.floor`) says whether a session is open, and notifies listeners.
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
    """Record a decision in a session, under an item of the released agenda, with the next number of the meeting.

    Raises Forbidden; Conflict if no session is open.
    """
    rules.TAKE_DOWN.require(actor, at)
    session.execute(select(Meeting.id).where(Meeting.id == at.meeting.id).with_for_update())
    decision = Decision(
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
    session.add(decision)
    session.flush()
    event = events.DecisionTaken(at.meeting.id, decision.id, decision.number, decision.how)
    journal.record(session, actor, event, body=at.body_id)
    return decision


def correct(session: WriteSession, actor: Actor, at: At, decision: Decision, new: NewDecision, *, version: int) -> None:
    """Correct a decision of the session that is open; the text before is kept.

    Raises Forbidden; Stale if the decision is not at `version` any more; Conflict if its session is closed.
    """
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
    event = events.DecisionCorrected(decision.id, decision.version)
    journal.record(session, actor, event, body=at.body_id)


def put(session: WriteSession, actor: Actor, at: At, decision: Decision, new: NewPosition) -> Position:
    """Put the position of the actor's own State on record; it replaces an earlier one of the same stance.

    Raises Forbidden; Conflict if the meeting is over.
    """
    rules.PUT.require(actor, At(at.meeting, at.sits, actor.entity))
    return _store_position(session, actor, at, decision, actor.entity, new, own=True)


def note(session: WriteSession, actor: Actor, at: At, decision: Decision, new: NotedPosition) -> Position:
    """Record a position that a State stated in the meeting. Never replaces a position in the State's own words.

    Raises Forbidden; Conflict if the State has put one itself, or no session is open.
    """
    rules.NOTE.require(actor, at)
    session.execute(select(Decision.id).where(Decision.id == decision.id).with_for_update())
    if queries.own_words(session, decision, new.entity, new.stance):
        raise Conflict(say("That State has put its position in its own words. They stand."))
    return _store_position(session, actor, at, decision, new.entity, new, own=False)


def _store_position(
    session: WriteSession, actor: Actor, at: At, decision: Decision, entity: str, new: NewPosition, *, own: bool
) -> Position:
    """Store a position, with the decision locked."""
    session.execute(select(Decision.id).where(Decision.id == decision.id).with_for_update())
    position = Position(
        decision_id=decision.id,
        entity=entity,
        stance=new.stance,
        text=new.text,
        lang=new.lang,
        own=own,
        put_by=actor.person,
        put_at=clock.now(),
    )
    session.add(position)
    session.flush()
    event = events.PositionPut(decision.id, position.id, entity, position.stance, own)
    journal.record(session, actor, event, body=at.body_id)
    return position
