"""Record and correct decisions, and put positions of States on record. Earlier versions are kept.

The caller (`app.domain.floor`) says whether a session is open, and notifies listeners.
"""

from collections.abc import Collection
from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession, count_rows, lock_row
from app.core.errors import BadRequest, Conflict, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import StateAct
from app.domain.bodies.queries.state_decisions import require_decision_for_state
from app.domain.decisions import events, queries, rules
from app.domain.decisions.inputs import NewDecision, NewDecisionPosition, NotedDecisionPosition
from app.domain.decisions.models import (
    Decision,
    DecisionDocument,
    DecisionPosition,
    DecisionTextBeforeCorrection,
)
from app.domain.decisions.rules import FloorRuleSubject
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting


def record_decision(
    session: WriteSession,
    actor: Actor,
    context: FloorRuleSubject,
    content: NewDecision,
    *,
    session_id: UUID,
    item_id: UUID | None,
) -> Decision:
    """Record a decision in a session, under an item of the released agenda, with the next number of the meeting.

    Raises Forbidden; Conflict if no session is open; BadRequest if it names a document that is not of the meeting.
    """
    rules.RECORD.require(actor, context)
    lock_row(session, context.meeting)
    decision = Decision(
        meeting_id=context.meeting.id,
        session_id=session_id,
        item_id=item_id,
        number=queries.last_decision_number(session, context.meeting) + 1,
        text=content.text,
        lang=content.lang,
        how=content.how,
        taken_by=actor.person,
        taken_at=clock.now(),
        version=1,
    )
    session.add(decision)
    session.flush()
    _name_documents(session, actor, context.meeting, decision, content.documents)
    event = events.DecisionTaken(context.meeting.id, decision.id, decision.number, decision.how)
    journal.record_event(session, actor, event, body=context.body_id)
    return decision


def correct_decision(
    session: WriteSession,
    actor: Actor,
    context: FloorRuleSubject,
    decision: Decision,
    content: NewDecision,
    *,
    version: int,
) -> None:
    """Correct a decision of the session that is open; the text before, and which documents it named, are kept.

    Raises Forbidden; Stale if the decision is not at `version` any more; Conflict if its session is closed; BadRequest
    if it names a document that is not of the meeting.
    """
    rules.CORRECT.require(actor, context)
    lock_row(session, decision)
    require_version(decision.version, version)
    session.add(
        DecisionTextBeforeCorrection(
            decision_id=decision.id,
            version=decision.version,
            text=decision.text,
            lang=decision.lang,
            how=decision.how,
            corrected_by=actor.person,
            corrected_at=clock.now(),
        )
    )
    decision.text, decision.lang, decision.how, decision.version = content.text, content.lang, content.how, version + 1
    _name_documents(session, actor, context.meeting, decision, content.documents)
    event = events.DecisionCorrected(decision.id, decision.version)
    journal.record_event(session, actor, event, body=context.body_id)


def _name_documents(
    session: WriteSession, actor: Actor, meeting: Meeting, decision: Decision, document_ids: Collection[UUID]
) -> None:
    """Let the present version of a decision name exactly these documents. Raises BadRequest if one is not of the
    meeting."""
    named = queries.index_named_documents(session, decision)
    added = set(document_ids) - named.keys()
    among = documents.list_visible_documents(actor).where(
        Document.id.in_(added), Document.body_id == meeting.body_id, Document.scope == str(meeting.number)
    )
    if count_rows(session, among) < len(added):
        raise BadRequest(_("A document that you selected is not of this meeting. Select the documents again."))
    for document_id, row in named.items():
        if document_id not in document_ids:
            row.removed_in = decision.version
    session.add_all(
        DecisionDocument(decision_id=decision.id, document_id=each, added_in=decision.version) for each in added
    )


def put_position(
    session: WriteSession, actor: Actor, context: FloorRuleSubject, decision: Decision, content: NewDecisionPosition
) -> DecisionPosition:
    """Put the position of the actor's own State on record; it replaces an earlier one of the same stance.

    Raises Forbidden; Conflict if the meeting is over.
    """
    rules.PUT_POSITION.require(actor, FloorRuleSubject(context.meeting, context.is_in_session, actor.entity))
    require_decision_for_state(session, actor, context.body_id, StateAct.POSITION)
    return _store_position(session, actor, context, decision, actor.entity, content, own=True)


def note_position(
    session: WriteSession, actor: Actor, context: FloorRuleSubject, decision: Decision, content: NotedDecisionPosition
) -> DecisionPosition:
    """Record a position that a State stated in the meeting. Never replaces a position in the State's own words.

    Raises Forbidden; Conflict if the State has put one itself, or no session is open.
    """
    rules.NOTE_POSITION.require(actor, context)
    lock_row(session, decision)
    if queries.has_position_in_own_words(session, decision, content.entity, content.stance):
        raise Conflict(_("That State has stated its position in its own words. This text cannot be replaced."))
    return _store_position(session, actor, context, decision, content.entity, content, own=False)


def _store_position(
    session: WriteSession,
    actor: Actor,
    at: FloorRuleSubject,
    decision: Decision,
    entity: str,
    new: NewDecisionPosition,
    *,
    own: bool,
) -> DecisionPosition:
    """Store a position, with the decision locked."""
    lock_row(session, decision)
    position = DecisionPosition(
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
    event = events.PositionPut(decision.id, position.id, entity, position.stance, own, decision.meeting_id)
    journal.record_event(session, actor, event, body=at.body_id)
    return position
