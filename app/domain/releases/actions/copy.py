"""Copy adopted and approved texts into schema `release` and into the release store.

All that is copied is taken from the `ReleaseBundle`, which was read under the lock of the output's row and checked.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, String, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from app.core import clock
from app.core.db import ReadSession, WriteSession
from app.core.inspection.display_names import EXTENSIONS
from app.core.inspection.findings import PDF
from app.core.inspection.signatures import find_media_type
from app.core.storage import Store
from app.domain.outputs.models import AdoptionMethod, Output, OutputTranslation
from app.domain.outputs.rules.addressees import name_addressees
from app.domain.outputs.rules.texts import OutputText, OutputTexts
from app.domain.releases.actions.copy_citations import copy_citations, find_party_names
from app.domain.releases.models import ReleaseBase, ReleasedFile, ReleasedOutput, ReleasedStateStatement
from app.domain.releases.queries import manifests
from app.domain.releases.queries.catalogue_entries import Manifest
from app.domain.releases.queries.release_bundles import ReleaseBundle
from app.domain.silence.models import OutputStatement


class TextMismatch(Exception):
    """The store or the tables do not hold what was adopted and approved; nothing is released."""


NAMED_AT_RELEASE = frozenset({"mandates", "action_lines", "questions", "names"})
"""Columns with names as they were at the release, which can have changed since."""


def store_release(session: WriteSession, bundle: ReleaseBundle, moment: datetime) -> None:
    """Store the rows of a release in schema `release`, and mark its translations as released."""
    bundle.output.still_to_come = list(bundle.promised_languages)
    for copy in build_release_rows(bundle, bundle.planned, moment):
        if isinstance(copy, ReleasedOutput):
            copy_citations(session, bundle.output, copy)
        if isinstance(copy, ReleasedStateStatement):
            copy.names = find_party_names(session, copy.state)
        session.add(copy)
        session.flush()
    mark_translations_released(bundle.planned.texts, moment)


def store_completion(session: WriteSession, bundle: ReleaseBundle, moment: datetime, before: Manifest) -> None:
    """Store the rows of the added translations in schema `release`; the output names the manifest `before`, which it
    completes."""
    output, complete = bundle.output, bundle.complete
    session.add_all(build_released_file(output, text) for text in bundle.added)
    session.flush()
    mark_translations_released(bundle.added, moment)
    merged = (literal(complete.titles, JSONB), literal(complete.translated_languages, ARRAY(String)))
    previous = (before.number, manifests.digest_of_manifest(before).hex())
    session.execute(select(func.release.complete(output.id, moment, *merged, *previous)))


def build_release_rows(bundle: ReleaseBundle, texts: OutputTexts, moment: datetime) -> Sequence[ReleaseBase]:
    """Build the rows in schema `release` for an output: itself, these texts, and the statements of States."""
    statements = (_build_statement_row(statement) for statement in bundle.statements)
    return [
        _build_output_row(bundle, texts, moment),
        *(build_released_file(bundle.output, text) for text in texts.texts),
        *sorted(statements, key=lambda copy: copy.id),
    ]


def _build_output_row(bundle: ReleaseBundle, texts: OutputTexts, moment: datetime) -> ReleasedOutput:
    """Build the row of the output itself."""
    output, alone = bundle.output, bundle.sole_plan
    words = name_addressees(output, bundle.addressed)
    return ReleasedOutput(
        id=output.id,
        slug=slug_of_symbol(output.symbol or ""),
        symbol=output.symbol,
        kind=output.kind,
        body=bundle.body.code,
        body_names=bundle.body.names,
        meeting=bundle.meeting.number,
        titles=texts.titles,
        original=output.original,
        for_action=words.for_action,
        for_information=words.for_information,
        reply_by=words.reply_by,
        adopted_on=output.adopted_on,
        adopted_how=output.adopted_how or AdoptionMethod.MEETING,
        addressees=list(bundle.addressees),
        alone_because=alone.alone_because if alone else None,
        alone_language=alone.alone_language if alone else None,
        alone_capacity=alone.alone_capacity if alone else None,
        released_at=moment,
        still_to_come=output.still_to_come,
        translations=texts.translated_languages,
    )


def build_released_file(output: Output, text: OutputText) -> ReleasedFile:
    """Build the row of a file, under a name made of symbol and media type: the name of the uploaded file may name a
    person."""
    return ReleasedFile(
        output_id=output.id,
        language=text.language,
        sha256=text.sha256,
        size=text.size,
        media=text.media,
        name=f"{slug_of_symbol(output.symbol or '')}-{text.language}{EXTENSIONS.get(text.media, '')}",
        pdf=text.pdf,
        pdf_size=text.pdf_size,
    )


def _build_statement_row(statement: OutputStatement) -> ReleasedStateStatement:
    """Build the row of a statement of a State."""
    return ReleasedStateStatement(
        id=statement.id,
        output_id=statement.output_id,
        state=statement.entity,
        kind=statement.kind,
        text=statement.text,
        language=statement.lang,
        put_at=statement.changed_at or statement.put_at,
    )


def copy_to_release_store(store: Store, release_store: Store, texts: Sequence[OutputText]) -> None:
    """Copy the files and their PDF to the release store. All are verified first, so that nothing unreleased is left
    there. Raises CorruptFile, TextMismatch."""
    for sha256 in verify_stored_texts(store, texts):
        store.copy_to_store(release_store, sha256)


def verify_stored_texts(store: Store, texts: Sequence[OutputText]) -> list[str]:
    """Verify the files and their PDF, and return their digests. Raises CorruptFile, TextMismatch."""
    files = [(text.sha256, text.size, text.media) for text in texts]
    files += [(text.pdf, text.pdf_size or 0, PDF) for text in texts if text.pdf]
    for sha256, size, media in files:
        if _read_facts(store, sha256) != (size, media):
            raise TextMismatch(sha256)
    return [sha256 for sha256, _size, _media in files]


def _read_facts(store: Store, sha256: str) -> tuple[int, str | None]:
    """Verify a file, and return the length and the media type of its bytes: what was approved is the digest, and the
    portal's role changes what its row states. Raises CorruptFile."""
    size, media = 0, None
    for chunk in store.iter_chunks(sha256):
        media = media if size else find_media_type(chunk)
        size += len(chunk)
    return size, media


def mark_translations_released(texts: Sequence[OutputText], moment: datetime) -> None:
    """Record when the translations among these texts were released."""
    for text in texts:
        if isinstance(text, OutputTranslation):
            text.released_at = moment


def has_matching_release_rows(session: ReadSession, bundle: ReleaseBundle) -> bool:
    """Whether the rows in schema `release` are those that would be built today."""
    output = bundle.output
    expected = build_release_rows(bundle, bundle.released, output.released_at or clock.now())
    return [_column_values(row) for row in expected] == [_column_values(row) for row in _released_rows(session, output)]


def _released_rows(session: ReadSession, output: Output) -> Sequence[ReleaseBase]:
    """Return the rows of the output in schema `release`, in the order of `build_release_rows`."""
    files, statements = ReleasedFile, ReleasedStateStatement
    return [
        *session.scalars(select(ReleasedOutput).where(ReleasedOutput.id == output.id)),
        *session.scalars(select(files).where(files.output_id == output.id).order_by(files.language)),
        *session.scalars(select(statements).where(statements.output_id == output.id).order_by(statements.id)),
    ]


def _column_values(row: ReleaseBase) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__table__.columns.keys() if name not in NAMED_AT_RELEASE}  # noqa: SIM118


def slug_of_symbol(symbol: str) -> str:
    """Turn a symbol into a part of an address: `CWG-Internet 22/OUT/1` becomes `CWG-Internet-22-OUT-1`."""
    return symbol.replace(" ", "-").replace("/", "-")
