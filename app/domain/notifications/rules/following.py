"""Contexts of notifications for those who follow a document, an agenda item, a topic or a State."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select, tuple_

from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.domain.agendas.models import AgendaRelease, ReleasedAgendaItem, ReleasedAllocation
from app.domain.agendas.queries import agenda_releases
from app.domain.documents.models import Document, Edition, Sponsor
from app.domain.notifications.models import FollowedKind, FollowedSubject
from app.domain.notifications.rules.contexts import build_agenda_context, get_key
from app.domain.notifications.rules.contexts_of_documents import build_document_context, build_ended_document_context
from app.domain.notifications.rules.recipients import NotificationContext

Subject = tuple[str, str]
"""Kind and key of something that people follow."""


def list_followers(session: ReadSession, subjects: Iterable[Subject]) -> frozenset[UUID]:
    """List who follows one of these."""
    column = tuple_(FollowedSubject.kind, FollowedSubject.key)
    return frozenset(session.scalars(select(FollowedSubject.person_id).where(column.in_(sorted(subjects)))))


def _list_subjects_of_document(session: ReadSession, document: Document) -> set[Subject]:
    """List what people may follow of a document: itself, its topics, the States behind it, and its agenda item."""
    sponsors = select(Sponsor.entity).join(Edition, Edition.id == Sponsor.edition_id)
    states = {document.entity, *session.scalars(sponsors.where(Edition.document_id == document.id))}
    item = agenda_releases.find_released_item_of_document(session, document)
    return {
        (FollowedKind.DOCUMENT, str(document.id)),
        *((FollowedKind.TOPIC, topic) for topic in document.topics),
        *((FollowedKind.STATE, state) for state in states),
        *([(FollowedKind.ITEM, str(item.item_id))] if item else []),
    }


def build_followed_document_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a document for those who follow it; over once it is withdrawn or void."""
    context = build_document_context(session, line)
    document = session.get_one(Document, get_key(line, "document"))
    return replace(context, followers=list_followers(session, _list_subjects_of_document(session, document)))


def build_followed_ended_document_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a document for those who follow it, whatever became of it."""
    return replace(
        build_followed_document_context(session, line),
        is_over=False,
        ended_as=build_ended_document_context(session, line).ended_as,
    )


def build_followed_agenda_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a release of an agenda for those who follow what it changed: an item, or a document that was
    allocated to another one."""
    release = session.get_one(AgendaRelease, get_key(line, "release"))
    context = build_agenda_context(session, line)
    return replace(context, followers=list_followers(session, _list_changed_subjects(session, release)))


def _list_changed_subjects(session: ReadSession, release: AgendaRelease) -> set[Subject]:
    """List the items and documents that differ between a release and the one before it."""
    earlier = session.scalar(
        select(AgendaRelease)
        .where(AgendaRelease.meeting_id == release.meeting_id, AgendaRelease.number < release.number)
        .order_by(AgendaRelease.number.desc())
        .limit(1)
    )
    before = _read_release(session, earlier) if earlier else (frozenset[object](), frozenset[tuple[UUID, UUID]]())
    now = _read_release(session, release)
    moved = before[1] ^ now[1]
    return {
        *((FollowedKind.ITEM, str(row[0])) for row in before[0] ^ now[0] if isinstance(row, tuple)),
        *((FollowedKind.DOCUMENT, str(document)) for document, _item in moved),
        *((FollowedKind.ITEM, str(item)) for _document, item in moved),
    }


def _read_release(
    session: ReadSession, release: AgendaRelease
) -> tuple[frozenset[object], frozenset[tuple[UUID, UUID]]]:
    """Return what a release says of each item, and the item of each document."""
    said = ReleasedAgendaItem.item_id, ReleasedAgendaItem.label, ReleasedAgendaItem.kind, ReleasedAgendaItem.session_id
    items = session.execute(select(*said).where(ReleasedAgendaItem.release_id == release.id))
    places = ReleasedAllocation.document_id, ReleasedAllocation.item_id
    allocations = session.execute(select(*places).where(ReleasedAllocation.release_id == release.id))
    return frozenset(tuple(row) for row in items), frozenset((row[0], row[1]) for row in allocations)
