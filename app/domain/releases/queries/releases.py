"""Read released and withdrawn outputs as the catalogues list them, with files and texts, from schema `release`."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from sys import intern
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

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
from app.domain.releases.queries.catalogue_entries import (
    NO_KNOWN_ENTRIES,
    CatalogueEntry,
    CatalogueFile,
    CatalogueStateStatement,
    CatalogueTopic,
    SignedFileText,
    WithdrawnEntry,
    parse_tombstone_file,
)

MANIFEST_TABLES: Final[Mapping[Audience, type[SignedManifestRow]]] = MappingProxyType(
    {Audience.MEMBERS: MembersManifest, Audience.PUBLIC: PublicManifest}
)
"""The table of manifests of each catalogue."""

ROWS_PER_BATCH = 2_000
CATALOGUE_ORDER: Final = (ReleasedOutput.released_at.desc(), ReleasedOutput.symbol.desc())
"""The order of entries in a catalogue, the latest first."""
LANGUAGE_ORDER: Final = {language: place for place, language in enumerate(LANGUAGES)}


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
            mandates=interner.intern_topics(_parse_cited(row.mandates)),
            action_lines=interner.intern_topics(_parse_cited(row.action_lines)),
            questions=interner.intern_topics(_parse_cited(row.questions)),
            texts=tuple(sorted(texts.get(row.id, ()), key=_language_position)),
        )
        yield before if (before := known.get(entry.slug)) == entry else entry


def _parse_cited(values: Sequence[Mapping[str, Any]] | None) -> list[tuple[str, LocalizedText]]:
    """Parse what an output cites, as its row has it, to codes and names."""
    return [(each["code"], each["names"]) for each in values or ()]


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
            mandates=tuple(row.mandates or ()),
            action_lines=tuple(row.action_lines or ()),
            questions=tuple(row.questions or ()),
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
            intern(row.state), intern(row.kind), row.text, intern(row.language), row.put_at, row.names or {}
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
    return [
        SignedFileText(
            row.sha256, tuple(row.paragraphs), row.signature, row.public_key, tuple(row.heading_levels or ())
        )
        for row in rows
    ]


def _language_position(text: CatalogueFile) -> int:
    """Sort key of a file: the position of its language; any other value in the table comes last."""
    return LANGUAGE_ORDER.get(text.language, len(LANGUAGE_ORDER))


def _is_one_or_all(column: InstrumentedAttribute[UUID], only: UUID | None) -> ColumnElement[bool]:
    """Condition that selects one output, or all."""
    return true() if only is None else column == only
