"""The history of a document, built from its tables: editions, translations, changes, relations and its end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select

from app.core.db import ReadSession
from app.domain.documents.models import (
    ActingSide,
    Document,
    DocumentCorrection,
    DocumentRelation,
    Edition,
    EditionStep,
    LanguageVersion,
)
from app.domain.documents.queries import documents
from app.domain.documents.queries.relations import list_relations


class HistoryEntryKind(StrEnum):
    """Kind of event that a history entry reports."""

    REGISTERED = "registered"
    EDITION = "edition"
    TRANSLATED = "translated"
    TITLE = "title"
    ABSTRACT = "abstract"
    ACCESS = "access"
    TOPICS = "topics"
    MANDATES = "mandates"
    ACTION_LINES = "action_lines"
    PROPOSALS = "proposals"
    RELATED = "related"
    TAKEN_BACK = "taken-back"
    WITHDRAWN = "withdrawn"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One event in the history of a document; `symbol` is that of the edition concerned.

    For a relation, `symbol` is that of the other document, and `is_stated_here` says that this document states it; then
    `stating_document` is the document on whose behalf the relation was stated.
    """

    at: datetime
    entry_kind: HistoryEntryKind
    side: ActingSide
    symbol: str = ""
    relation_kind: str = ""
    is_stated_here: bool = True
    stating_document: Document | None = None
    language: str | None = None
    old: str = ""
    new: str = ""
    because: str = ""


def list_document_history(
    session: ReadSession, candidates: Select[Document], document: Document, *, has_seat: bool
) -> Sequence[HistoryEntry]:
    """List everything that happened to a document, the earliest first; relations only to documents among `candidates`.

    `has_seat` says that the reader has a seat in the body. Others see what happened and when, but neither reasons,
    which were given to the body, nor values that no longer apply.
    """
    editions = {edition.id: edition for edition in documents.list_editions(session, document)}
    entries = [
        *map(_registration_entry, editions.values()),
        *(
            _translation_entry(version, editions[version.edition_id])
            for version in _versions_added_later(session, document, editions)
        ),
        *(
            _correction_entry(correction, has_seat)
            for correction in documents.list_register_corrections(session, document)
        ),
        *_relation_entries(session, candidates, document, has_seat),
        *_ending_entries(document, has_seat),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _versions_added_later(
    session: ReadSession, document: Document, editions: dict[UUID, Edition]
) -> Iterator[LanguageVersion]:
    """Yield the language versions that were added after their edition was registered."""
    for version in documents.list_all_language_versions(session, document):
        if version.supplied_at > editions[version.edition_id].registered_at:
            yield version


def _registration_entry(edition: Edition) -> HistoryEntry:
    """Build the entry of a registration."""
    what = HistoryEntryKind.REGISTERED if edition.step == EditionStep.TEXT else HistoryEntryKind.EDITION
    return HistoryEntry(at=edition.registered_at, entry_kind=what, side=ActingSide.SECRETARIAT, symbol=edition.symbol)


def _translation_entry(version: LanguageVersion, edition: Edition) -> HistoryEntry:
    """Build the entry of a translation."""
    return HistoryEntry(
        at=version.supplied_at,
        entry_kind=HistoryEntryKind.TRANSLATED,
        side=ActingSide(version.side),
        symbol=edition.symbol,
        language=version.language,
    )


def _correction_entry(correction: DocumentCorrection, within: bool) -> HistoryEntry:
    """Build the entry of a change on the register."""
    return HistoryEntry(
        at=correction.corrected_at,
        entry_kind=HistoryEntryKind(correction.what),
        side=ActingSide(correction.side),
        language=correction.language,
        old=correction.old if within else "",
        new=correction.new if within else "",
        because=correction.because if within else "",
    )


def _relation_entries(
    session: ReadSession, among: Select[Document], document: Document, within: bool
) -> Iterator[HistoryEntry]:
    """Yield entries of relations that this document or another one stated, and of their revocations.

    A reason is shown only within the body that it was given to.
    """
    for relation, other, revocation in list_relations(session, among, document):
        yield _relation_entry(relation, document, other, HistoryEntryKind.RELATED, relation.made_at, relation.side)
        if revocation:
            shows_reason = within and (relation.document_id == document.id or other.body_id == document.body_id)
            yield _relation_entry(
                relation,
                document,
                other,
                HistoryEntryKind.TAKEN_BACK,
                revocation.taken_back_at,
                revocation.side,
                revocation.because if shows_reason else "",
            )


def _relation_entry(
    relation: DocumentRelation,
    document: Document,
    other: Document,
    what: HistoryEntryKind,
    at: datetime,
    side: str,
    because: str = "",
) -> HistoryEntry:
    """Build the entry of a relation or of its revocation."""
    says = relation.document_id == document.id
    by = document if says else other
    return HistoryEntry(
        at=at,
        entry_kind=what,
        side=ActingSide(side),
        symbol=other.symbol,
        relation_kind=relation.kind,
        is_stated_here=says,
        stating_document=by,
        because=because,
    )


def _ending_entries(document: Document, within: bool) -> Iterator[HistoryEntry]:
    """Yield the entry of a withdrawal or a void number, if there is one."""
    if document.ended_as and document.ended_at and document.ended_side:
        yield HistoryEntry(
            at=document.ended_at,
            entry_kind=HistoryEntryKind(document.ended_as),
            side=ActingSide(document.ended_side),
            because=(document.ended_because or "") if within else "",
        )
