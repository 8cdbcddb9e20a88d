"""The contributions behind registered documents."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, false, select

from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession
from app.core.page_sessions import read_once
from app.core.permissions import Actor
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.confirmations import SecretariatAuthorship, find_secretariat_authorship
from app.domain.contributions.queries.contributions import list_visible_contributions
from app.domain.documents.models import Document, Edition, EditionStep
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting


def find_document_in_place_of(session: ReadSession, actor: Actor, contribution_id: UUID) -> Document | None:
    """Find the document under which a contribution is registered that the actor may not see, if they may see that."""
    registered_as = select(Contribution.document_id).where(Contribution.id == contribution_id)
    return session.scalar(documents.list_visible_documents(actor).where(Document.id.in_(registered_as)))


def build_follow_up_cover(session: ReadSession, actor: Actor, document: Document) -> dict[str, object]:
    """Build the initial cover of a follow-up from the present cover of its document, as values of the form."""
    cover: dict[str, object] = {"title": document.titles.get(document.original, ""), "original": document.original}
    cover |= {"abstract": document.abstract, "access": document.access}
    cover |= {"topics": document.topics, "questions": document.questions or ()}
    cover |= {"mandates": document.mandates, "action_lines": document.action_lines}
    contribution = find_contribution_in_force(session, actor, document)
    fields = ("purpose", "action", "refers_to", "contact", "regional_group")
    item = contribution.item_id if contribution else None
    return (
        cover
        | {name: (getattr(contribution, name) or "") if contribution else "" for name in fields}
        | {"item": str(item or "")}
    )


@read_once
def _list_contributions_of_document(
    session: ReadSession, actor: Actor | None, document_id: UUID
) -> Sequence[Row[Contribution, bool]]:
    """List the contributions that became texts of a registered document, each with whether the actor may see it."""
    if actor is None:
        hidden = select(Contribution, false()).where(Contribution.document_id == document_id)
        return session.execute(hidden).all()
    return session.execute(_select_contributions_of_document(actor), {"document": document_id}).all()


@keep_statement
def _select_contributions_of_document(actor: Actor) -> Select[Contribution, bool]:
    """Select the contributions that became texts of `document`, each with whether the actor may see it."""
    is_visible = list_visible_contributions(actor).whereclause
    assert is_visible is not None
    return select(Contribution, is_visible).where(Contribution.document_id == bindparam("document"))


def find_contribution_of_document(session: ReadSession, actor: Actor, document_id: UUID) -> Contribution | None:
    """Find the contribution behind the first text of a registered document, if the actor may see it."""
    rows = _list_contributions_of_document(session, actor, document_id)
    return next((row for row, is_visible in rows if is_visible and row.step == EditionStep.TEXT), None)


def find_authorship_of_edition(
    session: ReadSession, actor: Actor | None, edition: Edition
) -> SecretariatAuthorship | None:
    """Find who is behind an edition that the secretariat wrote in the name of a State; None if it did not. That the
    actor may read the edition is checked by the caller."""
    rows = _list_contributions_of_document(session, actor, edition.document_id)
    written = next((row for row, _is_visible in rows if row.edition_id == edition.id), None)
    return find_secretariat_authorship(session, written) if written else None


def find_contribution_in_force(session: ReadSession, actor: Actor, document: Document) -> Contribution | None:
    """Find the contribution behind the text in force of a registered document, if the actor may see it."""
    edition = documents.get_edition_in_force(session, document)
    return session.scalar(list_visible_contributions(actor).where(Contribution.edition_id == edition.id))


def requested_items_by_document(session: ReadSession, meeting: Meeting) -> dict[UUID, UUID]:
    """Map documents to the agenda items that their delegations asked for, of contributions to this meeting."""
    rows = select(Contribution.document_id, Contribution.item_id).where(
        Contribution.meeting_id == meeting.id, Contribution.item_id.is_not(None), Contribution.step == EditionStep.TEXT
    )
    return {document: item for document, item in session.execute(rows) if document and item}
