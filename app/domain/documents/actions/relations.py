"""Relate registered documents to each other, and have a State support one."""

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest, Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.documents import events, rules
from app.domain.documents.models import (
    Document,
    DocumentRelation,
    RelationKind,
    RelationRevocation,
    Sponsor,
)
from app.domain.documents.queries import documents
from app.domain.documents.queries.relations import has_relation


def add_relation(session: WriteSession, actor: Actor, document: Document, kind: RelationKind, other: Document) -> None:
    """Record what a document is to another one; recording it twice changes nothing. The caller checks access to both.

    The document is locked, so that two people who record the same relation create one. Raises Forbidden; BadRequest if
    both documents are the same; Conflict if the document has ended.
    """
    lock_row(session, document)
    rules.RELATE.require(actor, document)
    if document.id == other.id:
        raise BadRequest(_("A document cannot be linked to itself. Enter the symbol of another document."))
    if has_relation(session, document, kind, other):
        return
    relation = DocumentRelation(
        document_id=document.id,
        kind=kind,
        other_id=other.id,
        side=rules.get_acting_side(actor, document),
        made_by=actor.person,
        made_at=clock.now(),
    )
    session.add(relation)
    event = events.DocumentRelated(document.id, kind, other.id)
    journal.record_event(session, actor, event, body=document.body_id)


def revoke_relation(
    session: WriteSession, actor: Actor, document: Document, relation: DocumentRelation, because: ReasonInput
) -> None:
    """Revoke a relation that this document states, with a reason; the relation itself stays on record.

    Raises Forbidden; Conflict if it was revoked before or the document has ended.
    """
    lock_row(session, document)
    rules.RELATE.require(actor, document)
    if session.get(RelationRevocation, relation.id) is not None:
        raise Conflict(_("This relation has already been withdrawn."))
    revocation = RelationRevocation(
        relation_id=relation.id,
        because=because.reason,
        side=rules.get_acting_side(actor, document),
        taken_back_by=actor.person,
        taken_back_at=clock.now(),
    )
    session.add(revocation)
    event = events.RelationWithdrawn(document.id, relation.id)
    journal.record_event(session, actor, event, body=document.body_id)


def support_document(session: WriteSession, actor: Actor, document: Document) -> None:
    """Support the text in force for the actor's State. Signatures stay as they were registered.

    The document is locked, so that two delegates of one State support the text in force once. Raises Forbidden;
    Conflict, also if the State co-sponsors the text already.
    """
    lock_row(session, document)
    rules.SUPPORT.require(actor, document)
    edition = documents.get_edition_in_force(session, document)
    documents.require_not_cosponsored(session, actor, document)
    if session.get(Sponsor, (edition.id, actor.entity)) is not None:
        return
    session.add(
        Sponsor(edition_id=edition.id, entity=actor.entity, signed=False, person_id=actor.person, joined_at=clock.now())
    )
    journal.record_event(session, actor, events.DocumentSupported(document.id, edition.id), body=document.body_id)
