"""What happened to a document, from the tables: editions, translations, changes, its end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.core.db import ReadSession
from app.domain.documents import queries
from app.domain.documents.models import Document, DocumentCorrection, Edition, LanguageVersion, Side, Step


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
    WITHDRAWN = "withdrawn"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened, and who did it; `symbol` is that of the edition."""

    at: datetime
    what: What
    side: Side
    symbol: str = ""
    language: str | None = None
    old: str = ""
    new: str = ""
    because: str = ""


def of(session: ReadSession, document: Document, *, within: bool) -> Sequence[Entry]:
    """Everything that happened, the earliest first.

    `within` says that the reader has a seat in the body. Others learn what happened and when, but neither the reasons,
    which were given to the body, nor the values that no longer hold.
    """
    editions = {edition.id: edition for edition in queries.editions(session, document)}
    entries = [
        *map(_registered, editions.values()),
        *(_translated(version, editions[version.edition_id]) for version in _later(session, document, editions)),
        *(_changed(each, within) for each in queries.corrections(session, document)),
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


def _ended(document: Document, within: bool) -> Iterator[Entry]:
    if document.ended_as and document.ended_at and document.ended_side:
        yield Entry(
            at=document.ended_at,
            what=What(document.ended_as),
            side=Side(document.ended_side),
            because=(document.ended_because or "") if within else "",
        )
