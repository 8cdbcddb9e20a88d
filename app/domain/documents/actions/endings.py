"""Withdraw a document, or void its number, which stays taken."""

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies.models import StateAct
from app.domain.bodies.queries.state_decisions import require_decision_for_state
from app.domain.documents import events, rules
from app.domain.documents.actions.changes import lock_for_change
from app.domain.documents.models import (
    ActingSide,
    Document,
    DocumentEnding,
)


def withdraw_document(
    session: WriteSession, actor: Actor, document: Document, because: ReasonInput, *, version: int
) -> None:
    """Withdraw a document. Its number stays, with a tombstone; its files are not given out any more.

    Raises Forbidden, Conflict, Stale.
    """
    lock_for_change(session, actor, document, rules.WITHDRAW, version)
    if rules.get_acting_side(actor, document) == ActingSide.SUBMITTER:
        require_decision_for_state(session, actor, document.body_id, StateAct.WITHDRAWAL)
    _set_ending(actor, document, DocumentEnding.WITHDRAWN, because)
    journal.record_event(session, actor, events.DocumentWithdrawn(document.id), body=document.body_id)


def void_document_number(
    session: WriteSession, actor: Actor, document: Document, because: ReasonInput, *, version: int
) -> None:
    """Void the number of a document that was registered in error. The number is not given again.

    Raises Forbidden, Conflict, Stale.
    """
    lock_for_change(session, actor, document, rules.VOID, version)
    _set_ending(actor, document, DocumentEnding.VOID, because)
    journal.record_event(session, actor, events.NumberVoided(document.id), body=document.body_id)


def _set_ending(actor: Actor, document: Document, how: DocumentEnding, because: ReasonInput) -> None:
    """Set how, when, by whom and why the document ended."""
    document.ended_as, document.ended_at, document.ended_by = how, clock.now(), actor.person
    document.ended_side, document.ended_because = rules.get_acting_side(actor, document), because.reason
    document.version += 1
