"""Read released and withdrawn outputs as the catalogues list them, with files and texts, from schema `release`."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from sys import intern
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, ColumnElement, Row, Uuid, any_, bindparam, select, true
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import LocalizedText, ReadSession
from app.core.i18n import LANGUAGES
from app.core.inspection.display_names import name_pdf
from app.core.inspection.findings import PDF
from app.domain.releases.models import (
    Audience,
    MembersManifest,
    PublicManifest,
    ReleasedFile,
    ReleasedFileParagraphs,
    ReleasedOutput,
    ReleasedStateStatement,
    ReleasedTopic,
    ReleasedWithdrawal,
    SignedManifestRow,
)

GENEVA_ZONE: Final = ZoneInfo("Europe/Zurich")
"""Geneva: the year of a release is the year of the date that readers are shown."""


MANIFEST_TABLES: Final[Mapping[Audience, type[SignedManifestRow]]] = MappingProxyType(
    {Audience.MEMBERS: MembersManifest, Audience.PUBLIC: PublicManifest}
)
"""The table of manifests of each catalogue."""

ROWS_PER_BATCH = 2_000
CATALOGUE_ORDER: Final = (ReleasedOutput.released_at.desc(), ReleasedOutput.symbol.desc())
"""The order of entries in a catalogue, the latest first."""
LANGUAGE_ORDER: Final = {language: place for place, language in enumerate(LANGUAGES)}


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """The released file in one language. `name` is made of the symbol; `pdf` is the PDF of the same text, if it was
    adopted or approved with the file."""

    language: str
    sha256: str
    size: int
    media: str
    name: str
    pdf: "CatalogueFile | None" = None

    @property
    def file_extension(self) -> str:
        """File name extension, without the dot."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class CatalogueStateStatement:
    """A statement of a State on the text, in its own words and language."""

    state: str
    kind: str
    text: str
    language: str
    put_at: datetime


@dataclass(frozen=True, slots=True)
class CatalogueTopic:
    """A topic of an entry, with its names at the time of the release."""

    code: str
    names: LocalizedText

    def __hash__(self) -> int:
        return hash(self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """A released output in a catalogue.

    `texts` are in the order of languages, `statements` in the order in which they were made, `topics` in the order of
    the list of topics. `still_to_come` are the languages that an advance version lacks, `translations` those in which
    it was not adopted. A completed one names the manifest that it completes: number and digest.
    """

    slug: str
    symbol: str
    kind: str
    body: str
    body_names: LocalizedText
    meeting: int
    titles: LocalizedText
    original: str
    for_action: tuple[str, ...]
    for_information: tuple[str, ...]
    reply_by: date | None
    adopted_on: date
    adopted_how: str
    addressees: tuple[str, ...]
    alone_because: str | None = None
    alone_language: str | None = None
    alone_capacity: str | None = None
    released_at: datetime
    texts: tuple[CatalogueFile, ...]
    statements: tuple[CatalogueStateStatement, ...]
    topics: tuple[CatalogueTopic, ...] = ()
    still_to_come: tuple[str, ...] = ()
    translations: tuple[str, ...] = ()
    completed_at: datetime | None = None
    completes: int | None = None
    completes_digest: str | None = None

    @property
    def released_on(self) -> date:
        """The date of the release in Geneva."""
        return self.released_at.astimezone(GENEVA_ZONE).date()

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it."""
        return Audience.PUBLIC in self.addressees

    @property
    def completed_on(self) -> date | None:
        """The date of the completion in Geneva."""
        return self.completed_at.astimezone(GENEVA_ZONE).date() if self.completed_at else None

    @property
    def is_advance(self) -> bool:
        """Whether it is an advance, unedited version: languages are still to come."""
        return bool(self.still_to_come)

    @property
    def changed_at(self) -> datetime:
        """The instant of the last change: of completion or release."""
        return self.completed_at or self.released_at


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawnEntry:
    """A withdrawn output in a catalogue. `topics` are codes, `texts` the withdrawn files in the order of languages.

    `manifest` and `manifest_digest` are those of its release in the catalogue of the audience.
    """

    slug: str
    symbol: str
    kind: str
    body: str
    body_names: LocalizedText
    meeting: int
    titles: LocalizedText
    original: str
    adopted_on: date
    released_at: datetime
    withdrawn_at: datetime
    reason: str
    language: str
    decided_by: tuple[str, ...]
    replaced_by: str | None
    replaced_by_slug: str | None
    manifest: int
    manifest_digest: str
    topics: tuple[str, ...]
    texts: tuple[CatalogueFile, ...]

    @property
    def released_on(self) -> date:
        """The date of the release in Geneva."""
        return self.released_at.astimezone(GENEVA_ZONE).date()

    @property
    def withdrawn_on(self) -> date:
        """The date of the withdrawal in Geneva."""
        return self.withdrawn_at.astimezone(GENEVA_ZONE).date()


NO_KNOWN_ENTRIES: Final[Mapping[str, CatalogueEntry]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as read from its table, not verified."""

    number: int
    statement: str
    signature: str
    public_key: str
    compressed_proof: bytes = b""


@dataclass(frozen=True, slots=True)
class SignedFileText:
    """The paragraphs of a file as read from the table, with a signature that is not verified."""

    sha256: str
    paragraphs: tuple[str, ...]
    signature: str
    public_key: str


def list_entries(
    session: ReadSession, output_id: UUID | None = None, known: Mapping[str, CatalogueEntry] = NO_KNOWN_ENTRIES
) -> Sequence[CatalogueEntry]:
    """List all entries, the latest first, or that of one output. They are not verified; see
    `queries.chain_verification`.

    Entries equal to one in `known`, by slug, are that object, to save memory. Rows are read in batches with three
    further statements each; the transaction must be REPEATABLE READ for these to agree.
    """
    return _read_entries(session, _is_one_or_all(ReleasedOutput.id, output_id), known)


def list_entries_of_outputs(session: ReadSession, outputs: Sequence[UUID]) -> Sequence[CatalogueEntry]:
    """List the entries of these outputs, not verified."""
    return _read_entries(session, _is_any_of(ReleasedOutput.id, outputs), NO_KNOWN_ENTRIES) if outputs else ()


def _read_entries(
    session: ReadSession, condition: ColumnElement[bool], known: Mapping[str, CatalogueEntry]
) -> Sequence[CatalogueEntry]:
    """Read the entries that meet a condition."""
    interner = ValueInterner()
    statement = select(*ReleasedOutput.__table__.columns).where(condition).order_by(*CATALOGUE_ORDER)
    rows = session.execute(statement.execution_options(yield_per=ROWS_PER_BATCH))
    return [entry for batch in rows.partitions() for entry in _build_entries(session, batch, interner, known)]


def build_public_entries(entries: Iterable[CatalogueEntry]) -> list[CatalogueEntry]:
    """Return the public ones among these entries, as the public sees them.

    A completed entry does not name the manifest that it completes, whose number is one of the members' catalogue.
    """
    return [
        replace(each, completes=None, completes_digest=None) if each.completes else each
        for each in entries
        if each.is_public
    ]


class ValueInterner:
    """Values that many entries share, held once: most of a hundred thousand entries name the same body and topics."""

    def __init__(self) -> None:
        self._names: dict[str, LocalizedText] = {}
        self._topics: dict[tuple[tuple[str, str], ...], tuple[CatalogueTopic, ...]] = {}

    def intern_names(self, names: LocalizedText) -> LocalizedText:
        """Return the shared object for these names."""
        return self._names.setdefault(repr(names), names)

    def intern_topics(self, topics: Sequence[tuple[str, LocalizedText]]) -> tuple[CatalogueTopic, ...]:
        """Return the shared tuple for these topics."""
        key = tuple((code, repr(names)) for code, names in topics)
        if key not in self._topics:
            self._topics[key] = tuple(CatalogueTopic(intern(code), self.intern_names(names)) for code, names in topics)
        return self._topics[key]


def _build_entries(
    session: ReadSession,
    rows: Sequence[Row[*tuple[Any, ...]]],
    interner: ValueInterner,
    known: Mapping[str, CatalogueEntry],
) -> Iterator[CatalogueEntry]:
    """Yield the entries of these rows, in their order."""
    ids = [row.id for row in rows]
    texts, statements, topics = (
        _files_by_output(session, ids),
        _statements_by_output(session, ids),
        _topics_by_output(session, ids),
    )
    for row in rows:
        entry = CatalogueEntry(
            slug=row.slug,
            symbol=row.symbol,
            kind=intern(row.kind),
            body=intern(row.body),
            body_names=interner.intern_names(row.body_names),
            meeting=row.meeting,
            titles=row.titles,
            original=intern(row.original),
            for_action=tuple(row.for_action),
            for_information=tuple(row.for_information),
            reply_by=row.reply_by,
            adopted_on=row.adopted_on,
            adopted_how=intern(row.adopted_how),
            addressees=tuple(map(intern, row.addressees)),
            alone_because=row.alone_because,
            alone_language=row.alone_language,
            alone_capacity=row.alone_capacity,
            released_at=row.released_at,
            still_to_come=tuple(map(intern, row.still_to_come)),
            translations=tuple(map(intern, row.translations)),
            completed_at=row.completed_at,
            completes=row.completes,
            completes_digest=row.completes_digest,
            statements=tuple(statements.get(row.id, ())),
            topics=interner.intern_topics(topics.get(row.id, ())),
            texts=tuple(sorted(texts.get(row.id, ()), key=_language_position)),
        )
        yield before if (before := known.get(entry.slug)) == entry else entry


def list_withdrawn_entries(
    session: ReadSession, output_id: UUID | None = None, audience: Audience = Audience.MEMBERS
) -> Sequence[WithdrawnEntry]:
    """List the withdrawn entries of this audience, the latest first, or that of one output. They are not verified.

    The public catalogue names no replacement that it may not read.
    """
    table, is_public = ReleasedWithdrawal, audience == Audience.PUBLIC
    selected = select(table).where(
        _is_one_or_all(table.id, output_id), table.public_manifest.is_not(None) if is_public else true()
    )
    statement = selected.order_by(table.withdrawn_at.desc(), table.symbol.desc())
    return [
        WithdrawnEntry(
            slug=row.slug,
            symbol=row.symbol,
            kind=row.kind,
            body=row.body,
            body_names=row.body_names,
            meeting=row.meeting,
            titles=row.titles,
            original=row.original,
            adopted_on=row.adopted_on,
            released_at=row.released_at,
            withdrawn_at=row.withdrawn_at,
            reason=row.reason,
            language=row.language,
            decided_by=tuple(row.decided_by),
            replaced_by=row.replaced_by if row.replaced_publicly or not is_public else None,
            replaced_by_slug=row.replaced_by_slug if row.replaced_publicly or not is_public else None,
            manifest=(row.public_manifest if is_public else row.manifest) or 0,
            manifest_digest=(row.public_manifest_digest if is_public else row.manifest_digest) or "",
            topics=tuple(row.topics),
            texts=tuple(sorted(map(parse_tombstone_file, row.files), key=_language_position)),
        )
        for row in session.scalars(statement)
    ]


EntriesByAudience = Mapping[Audience, CatalogueEntry | WithdrawnEntry]
"""The entry of an output as members see it, and as the public sees it, if it is public."""


def find_entries_by_audience(session: ReadSession, output_id: UUID) -> EntriesByAudience:
    """Find the current entry of an output, released or withdrawn, in the catalogue of each audience."""
    entries: Mapping[Audience, Sequence[CatalogueEntry | WithdrawnEntry]]
    if released := list_entries(session, output_id):
        entries = {Audience.MEMBERS: released, Audience.PUBLIC: build_public_entries(released)}
    else:
        entries = {audience: list_withdrawn_entries(session, output_id, audience) for audience in Audience}
    return {audience: found[0] for audience, found in entries.items() if found}


def _files_by_output(session: ReadSession, outputs: Sequence[UUID]) -> Mapping[UUID, Sequence[CatalogueFile]]:
    """Return files by output."""
    files: dict[UUID, list[CatalogueFile]] = {}
    statement = select(*ReleasedFile.__table__.columns).where(_is_any_of(ReleasedFile.output_id, outputs))
    for row in session.execute(statement):
        language, media = intern(row.language), intern(row.media)
        pdf = None
        if row.pdf is not None and row.pdf_size is not None:
            pdf = CatalogueFile(language, row.pdf, row.pdf_size, PDF, name_pdf(row.name))
        file = CatalogueFile(language, row.sha256, row.size, media, row.name, pdf)
        files.setdefault(row.output_id, []).append(file)
    return files


def list_all_files(texts: Iterable[CatalogueFile]) -> list[CatalogueFile]:
    """List these files, and after each its PDF if it has one."""
    return [file for text in texts for file in (text, text.pdf) if file is not None]


def parse_tombstone_file(values: Mapping[str, Any]) -> CatalogueFile:
    """Parse a file as a tombstone lists it."""
    pdf = values.get("pdf")
    return CatalogueFile(**{**values, "pdf": CatalogueFile(**pdf) if pdf else None})


def _statements_by_output(
    session: ReadSession, outputs: Sequence[UUID]
) -> Mapping[UUID, Sequence[CatalogueStateStatement]]:
    """Return statements of States by output, in the order in which they were made."""
    statements: dict[UUID, list[CatalogueStateStatement]] = {}
    selected = select(*ReleasedStateStatement.__table__.columns).where(
        _is_any_of(ReleasedStateStatement.output_id, outputs)
    )
    for row in session.execute(selected.order_by(ReleasedStateStatement.put_at, ReleasedStateStatement.id)):
        statement = CatalogueStateStatement(
            intern(row.state), intern(row.kind), row.text, intern(row.language), row.put_at
        )
        statements.setdefault(row.output_id, []).append(statement)
    return statements


def _topics_by_output(
    session: ReadSession, outputs: Sequence[UUID]
) -> Mapping[UUID, Sequence[tuple[str, LocalizedText]]]:
    """Return codes and names of topics by output, in the order of the list of topics."""
    topics: dict[UUID, list[tuple[str, LocalizedText]]] = {}
    columns = (ReleasedTopic.output_id, ReleasedTopic.code, ReleasedTopic.names)
    statement = select(*columns).where(_is_any_of(ReleasedTopic.output_id, outputs))
    for output, code, names in session.execute(statement.order_by(ReleasedTopic.position, ReleasedTopic.code)):
        topics.setdefault(output, []).append((code, names))
    return topics


def _is_any_of(column: InstrumentedAttribute[UUID], outputs: Sequence[UUID]) -> ColumnElement[bool]:
    """Compare with one array, so that the statement is the same however many there are."""
    return column == any_(bindparam(None, outputs, ARRAY(Uuid())))


def list_files_with_text(session: ReadSession) -> frozenset[str]:
    """Return the digests of all files whose paragraphs are stored."""
    digests = session.scalars(select(ReleasedFileParagraphs.sha256).execution_options(yield_per=ROWS_PER_BATCH))
    return frozenset(digests)


def list_file_texts(session: ReadSession, files: Collection[str]) -> Sequence[SignedFileText]:
    """Return the paragraphs of these files, not verified. Files without paragraphs are left out."""
    statement = select(*ReleasedFileParagraphs.__table__.columns).where(ReleasedFileParagraphs.sha256.in_(files))
    rows = session.execute(statement)
    return [SignedFileText(row.sha256, tuple(row.paragraphs), row.signature, row.public_key) for row in rows]


def _language_position(text: CatalogueFile) -> int:
    """Sort key of a file: the position of its language; any other value in the table comes last."""
    return LANGUAGE_ORDER.get(text.language, len(LANGUAGE_ORDER))


def _is_one_or_all(column: InstrumentedAttribute[UUID], only: UUID | None) -> ColumnElement[bool]:
    """Condition that selects one output, or all."""
    return true() if only is None else column == only
