"""What happened to a document, from the tables: editions, translations, changes, its end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select

from app.core.db import ReadSession
from app.domain.documents import queries
from app.domain.documents.models import (
    Document,
    DocumentCorrection,
    DocumentRelation,
    Edition,
    LanguageVersion,
    Side,
    Step,
)


class What(StrEnum):
    """What an entry tells of."""

    REGISTERED = "registered"
    EDITION = "edition"
    TRANSLATED = "translated"
    TITLE = "title"
    ABSTRACT = "abstract"
    ACCESS = "access"
    TOPICS = "topics"
    PROPOSALS = "proposals"
    RELATED = "related"
    TAKEN_BACK = "taken-back"
    WITHDRAWN = "withdrawn"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened, and who did it; `symbol` is that of the edition.

    Of a relation it is the symbol of the other document, `kind` what the relation is, and `says` that this document
    states it. Then `by` is the document behind which they stand who did it.
    """

    at: datetime
    what: What
    side: Side
    symbol: str = ""
    kind: str = ""
    says: bool = True
    by: Document | None = None
    language: str | None = None
    old: str = ""
    new: str = ""
    because: str = ""


def of(session: ReadSession, among: Select[Document], document: Document, *, within: bool) -> Sequence[Entry]:
    """Everything that happened, the earliest first; of relations, those to documents `among` which the reader looks.

    `within` says that the reader has a seat in the body. Others learn what happened and when, but neither the reasons,
    which were given to the body, nor the values that no longer hold.
    """
    editions = {edition.id: edition for edition in queries.editions(session, document)}
    entries = [
        *map(_registered, editions.values()),
        *(_translated(version, editions[version.edition_id]) for version in _later(session, document, editions)),
        *(_changed(each, within) for each in queries.corrections(session, document)),
        *_relations(session, among, document, within),
        *_ended(document, within),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _later(session: ReadSession, document: Document, editions: dict[UUID, Edition]) -> Iterator[LanguageVersion]:
    """The versions that were not registered with their edition."""
    for version in queries.all_versions(session, document):
        if version.supplied_at > editions[version.edition_id].registered_at:
            yield version


def _registered(edition: Edition) -> Entry:
    what = What.REGISTERED if edition.step == Step.TEXT else What.EDITION
    return Entry(at=edition.registered_at, what=what, side=Side.SECRETARIAT, symbol=edition.symbol)


def _translated(version: LanguageVersion, edition: Edition) -> Entry:
    return Entry(
        at=version.supplied_at,
        what=What.TRANSLATED,
        side=Side(version.side),
        symbol=edition.symbol,
        language=version.language,
    )


def _changed(correction: DocumentCorrection, within: bool) -> Entry:
    return Entry(
        at=correction.corrected_at,
        what=What(correction.what),
        side=Side(correction.side),
        language=correction.language,
        old=correction.old if within else "",
        new=correction.new if within else "",
        because=correction.because if within else "",
    )


def _relations(session: ReadSession, among: Select[Document], document: Document, within: bool) -> Iterator[Entry]:
    """What was stated, of this document or by it, and taken back. A reason is for the body that it was given to."""
    for relation, other, taken_back in queries.related(session, among, document):
        yield _of_relation(relation, document, other, What.RELATED, relation.made_at, relation.side)
        if taken_back:
            told = within and (relation.document_id == document.id or other.body_id == document.body_id)
            yield _of_relation(
                relation,
                document,
                other,
                What.TAKEN_BACK,
                taken_back.taken_back_at,
                taken_back.side,
                taken_back.because if told else "",
            )


def _of_relation(
    relation: DocumentRelation,
    document: Document,
    other: Document,
    what: What,
    at: datetime,
    side: str,
    because: str = "",
) -> Entry:
    says = relation.document_id == document.id
    by = document if says else other
    return Entry(
        at=at,
        what=what,
        side=Side(side),
        symbol=other.symbol,
        kind=relation.kind,
        says=says,
        by=by,
        because=because,
    )


def _ended(document: Document, within: bool) -> Iterator[Entry]:
    if document.ended_as and document.ended_at and document.ended_side:
        yield Entry(
            at=document.ended_at,
            what=What(document.ended_as),
            side=Side(document.ended_side),
            because=(document.ended_because or "") if within else "",
        )
