"""Verifies the whole record: journal, rows, ledger, receipts, manifests, files, releases and register numbers.

Drafts are not read; the database compares their rows, and returns the digests of their files, which are checked too.
"""

import json
from base64 import b64decode
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import NullPool, Select, String, cast, create_engine, select

from app.core import journal, row_digests
from app.core.db import ReadSession, read_session_factory, transaction
from app.core.errors import DomainError
from app.core.signing import PublicKey, PublicKeysByPurpose
from app.core.storage import CorruptFile, Store
from app.domain.documents.events import DocumentRegistered
from app.domain.documents.models import Document, DocumentSeries, SeriesCounter
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.queries import audit
from app.domain.ledger.queries.audit import LedgerIdentity
from app.domain.ledger.rules.signed_notes import NoteVerifier
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions.drafting import OUTPUT_SERIES as OUTPUTS
from app.domain.outputs.events import WithdrawalDecidedAlone
from app.domain.outputs.models import (
    READABLE_STATUSES,
    Output,
    OutputStatus,
    OutputTranslation,
    ReleaseAddressee,
    Withdrawal,
    WithdrawalOutcome,
)
from app.domain.outputs.queries import translations
from app.domain.outputs.queries.approval_faults import find_approval_faults
from app.domain.outputs.queries.outputs import compute_text_digest
from app.domain.outputs.queries.sealed_documents import find_sealed_document_faults
from app.domain.outputs.rules.texts import is_releasable_translation
from app.domain.preservation import queries as preservation
from app.domain.preservation.events import RecordMigrated
from app.domain.preservation.queries import UNKNOWN_SIZE
from app.domain.receipts.models import Receipt, ReceiptKind
from app.domain.receipts.rules import list_accepted_keys
from app.domain.releases.models import Audience, ReleasedFile, ReleasedOutput, ReleasedWithdrawal
from app.domain.releases.queries import manifests, releases, stored_manifests
from app.domain.releases.queries.chain_verification import verify_catalogue
from app.domain.releases.queries.signed_texts import is_file_text_signed
from app.domain.silence.rules import compute_position_receipt_subject_id
from app.domain.tables import METADATA

FILES_PER_BATCH = 200  # whose paragraphs are read in one statement
FileLengths = set[tuple[str, int]]
"""Pairs of digest and length; two tables may disagree about the length of one file."""


@dataclass(frozen=True, slots=True)
class ExpectedSigners:
    """Whose signatures count: the portal's public keys by purpose, the origin of its ledger, and its witnesses."""

    keys: PublicKeysByPurpose
    origin: str
    witnesses: Sequence[NoteVerifier] = ()

    @property
    def ledger(self) -> LedgerIdentity:
        """The ledger as it is audited."""
        return LedgerIdentity(self.origin, self.keys.ledger, self.witnesses)


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """Result of a verification: how much was checked, and one line for each fault. `explained` counts numbers that
    are void or withdrawn, with a reason."""

    journal_lines: int
    row_changes: int
    heads: int
    files: int
    released_files: int
    numbers: int
    explained_numbers: int
    faults: tuple[str, ...]


def verify_record(
    database_url: str,
    store: Store,
    release_store: Store,
    expected: ExpectedSigners | None = None,
    witnessed_heads: Mapping[str, str] | None = None,
    *,
    read_files: bool = True,
) -> VerificationResult:
    """Verify everything in one REPEATABLE READ snapshot, as the owner of the tables or as the portal's role.

    Without `expected`, a signature is checked with the key of its own row, and those of heads are not.
    `witnessed_heads` are the heads that witnesses hold, by witness (`app.domain.ledger.queries.audit`). Without
    `read_files`, files are only looked up: the worker reads them all within a period, and the damage it noted is
    reported.
    """
    engine = create_engine(database_url, poolclass=NullPool, isolation_level="REPEATABLE READ")
    keys, ledger = (expected.keys, expected.ledger) if expected else (None, None)
    release_keys = keys.releases if keys else None
    with transaction(read_session_factory(engine)) as session:
        stored_files, release_files = preservation.list_referenced_sizes(session), _released_files(session)
        find_faults = find_damaged_files if read_files else find_absent_files
        faults = [
            *(f"journal: {fault}" for fault in journal.find_journal_faults(session)),
            *(f"rows: {fault}" for fault in find_row_faults(session)),
            *(f"ledger: {fault}" for fault in audit.audit_ledger(session, ledger, witnessed_heads)),
            *(f"store: {fault}" for fault in find_faults(store, stored_files)),
            *(f"release store: {fault}" for fault in find_faults(release_store, release_files)),
            *(f"fixity: {fault}" for fault in (() if read_files else _noted_damage(session))),
            *(f"release: {fault}" for fault in find_released_text_mismatches(session)),
            *(f"approval: {fault}" for fault in find_approval_faults(session)),
            *(f"withdrawal: {fault}" for fault in find_withdrawal_faults(session, release_store)),
            *(f"register: {fault}" for fault in find_register_number_faults(session)),
            *(f"register: {fault}" for fault in find_documents_missing_in_journal(session)),
            *(f"register: {fault}" for fault in find_sealed_document_faults(session)),
            *(f"receipts: {fault}" for fault in find_receipt_faults(session, keys)),
            *(f"catalogue: {fault}" for fault in find_manifest_faults(session, release_keys)),
            *(f"catalogue: {fault}" for fault in find_released_paragraph_faults(session, release_keys)),
        ]
        lines = session.query(journal.JournalLine).count()
        heads = session.query(LedgerHead).count()
        row_changes = row_digests.count_row_changes(session)
        numbers = sum(session.scalars(select(SeriesCounter.last)))
        explained = session.query(Document).where(Document.ended_as.is_not(None)).count()
    engine.dispose()
    return VerificationResult(
        lines,
        row_changes,
        heads,
        _count_digests(stored_files),
        _count_digests(release_files),
        numbers,
        explained,
        tuple(faults),
    )


def find_row_faults(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each row that is not as the journal left it, and for what recording rests on."""
    all_tables = [table for metadata in METADATA for table in metadata.sorted_tables]
    yield from row_digests.find_recording_faults(session, all_tables, RecordMigrated)
    yield from row_digests.find_row_list_faults(session)
    for table in row_digests.list_recorded_tables(all_tables):
        yield from row_digests.find_row_faults(session, table)


def _released_files(session: ReadSession) -> FileLengths:
    """Return digest and length of all released files, with the PDF of each that has one."""
    texts = select(ReleasedFile.sha256, ReleasedFile.size)
    pdfs = select(ReleasedFile.pdf, ReleasedFile.pdf_size).where(ReleasedFile.pdf.is_not(None))
    return {(sha256, size) for sha256, size in session.execute(texts.union(pdfs))}


def _count_digests(files: FileLengths) -> int:
    """Count the distinct digests."""
    return len({sha256 for sha256, _ in files})


def find_damaged_files(store: Store, files: FileLengths) -> Iterator[str]:
    """Yield a fault for each file that is absent, altered, or of another length than noted."""
    for sha256, size in sorted(files):
        try:
            length = sum(len(piece) for piece in store.iter_chunks(sha256))
        except CorruptFile:
            yield f"file {sha256} was altered"
        except DomainError as refusal:
            yield f"file {sha256}: {refusal.reason}"
        else:
            if size not in (length, UNKNOWN_SIZE):
                yield f"file {sha256} has {length} bytes, not {size}"


def find_absent_files(store: Store, files: FileLengths) -> Iterator[str]:
    """Yield a fault for each file that is absent or of another length than noted, without reading it."""
    for sha256, size in sorted(files):
        try:
            length = store.size(sha256)
        except DomainError as refusal:
            yield f"file {sha256}: {refusal.reason}"
        else:
            if size not in (length, UNKNOWN_SIZE):
                yield f"file {sha256} has {length} bytes, not {size}"


def _noted_damage(session: ReadSession) -> Iterator[str]:
    """Yield the damaged files that the worker noted."""
    for damage in preservation.list_damaged_files(session):
        yield f"file {damage.sha256} ({damage.shelf}): {damage.fault}"


def find_released_text_mismatches(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each released text that is not, file by file, what was adopted, and for each output released
    on one side only."""
    outputs = {output.id: output for output in session.scalars(select(Output))}
    released_rows = select(ReleasedOutput.id, ReleasedOutput.symbol, ReleasedOutput.addressees)
    released_symbols, public = {}, set()
    for output_id, symbol, addressees in session.execute(released_rows):
        released_symbols[output_id] = symbol
        public |= {output_id} if ReleaseAddressee.PUBLIC in addressees else set()
    for output_id, symbol in released_symbols.items():
        source = outputs.get(output_id)
        if source is None or source.status not in READABLE_STATUSES:
            yield f"{symbol} is out, but was not let out here"
        elif not _is_as_adopted(session, source):
            yield f"{symbol} is not the text that was adopted"
        elif output_id in public and not source.for_public:
            yield f"{symbol} is out for everybody, and was not adopted for that"
        elif (fault := _language_fault(session, source)) is not None:
            yield f"{symbol} {fault}"
    for output in outputs.values():
        if output.status in READABLE_STATUSES and output.id not in released_symbols:
            yield f"{output.symbol} counts as released, but is not out"


def find_withdrawal_faults(session: ReadSession, release_store: Store) -> Iterator[str]:
    """Yield a fault for each withdrawal known on one side only, altered reason, and file that is still stored.

    Files of a withdrawn output are removed by a later job; until then they are reported too.
    """
    tombstones = {row.id: row for row in session.scalars(select(ReleasedWithdrawal))}
    outputs = {row.id: row for row in session.scalars(select(Output).where(Output.status == OutputStatus.WITHDRAWN))}
    confirmed = select(Withdrawal).where(Withdrawal.ended_how == WithdrawalOutcome.CONFIRMED)
    withdrawals = {row.output_id: row for row in session.scalars(confirmed)}
    sole_decisions = set(
        session.scalars(_select_fact("withdrawal").where(journal.JournalLine.event == WithdrawalDecidedAlone.name))
    )
    for output_id in sorted(outputs.keys() - tombstones.keys(), key=str):
        yield f"{outputs[output_id].symbol} counts as withdrawn, but has no tombstone"
    still_released = {sha256 for sha256, _ in _released_files(session)}
    for output_id, tombstone in sorted(tombstones.items(), key=lambda pair: pair[1].symbol):
        withdrawal = withdrawals.get(output_id)
        if output_id not in outputs or withdrawal is None:
            yield f"{tombstone.symbol} has a tombstone, but was not withdrawn here"
        elif (tombstone.reason, tombstone.withdrawn_at) != (
            withdrawal.reason,
            outputs[output_id].withdrawn_at,
        ) or _hides_sole_decision(tombstone, withdrawal, sole_decisions):
            yield f"{tombstone.symbol} was not withdrawn as its tombstone says"
        files = releases.list_all_files(map(releases.parse_tombstone_file, tombstone.files))
        for sha256 in sorted({file.sha256 for file in files} - still_released):
            if release_store.exists(sha256):
                yield f"file {sha256} of {tombstone.symbol}, which was withdrawn, still lies in the store of releases"


def _hides_sole_decision(tombstone: ReleasedWithdrawal, withdrawal: Withdrawal, sole_decisions: set[str]) -> bool:
    """Return whether a decision that takes two people was made by one, without a journal line or a tombstone that
    says so."""
    return withdrawal.is_sole_decision != (len(tombstone.decided_by) == 1) or withdrawal.is_sole_decision != (
        str(withdrawal.id) in sole_decisions
    )


def _is_as_adopted(session: ReadSession, output: Output) -> bool:
    """Return whether the released files, with their PDF, are those adopted, and the others approved translations of
    that text."""
    texts = translations.list_released_texts(session, output)
    released_files = session.scalars(select(ReleasedFile).where(ReleasedFile.output_id == output.id)).all()
    adopted = {text.language: (text.sha256, text.pdf) for text in texts}
    are_same = adopted == {file.language: (file.sha256, file.pdf) for file in released_files}
    are_approved = all(is_releasable_translation(text, output) for text in texts if isinstance(text, OutputTranslation))
    return are_same and are_approved and compute_text_digest(session, output) == output.text_digest


def _language_fault(session: ReadSession, output: Output) -> str | None:
    """Return the fault if both sides disagree about an advance version: the promised languages, or its completion;
    None if they agree."""
    released = session.get_one(ReleasedOutput, output.id)
    released_languages = {text.language for text in translations.list_released_texts(session, output)}
    promised = set(translations.list_promised_languages(session, output))
    if set(released.still_to_come) != set(output.still_to_come) or released.completed_at != output.completed_at:
        return "is not out in the languages that are noted here"
    if promised - released_languages != set(output.still_to_come):
        return "is marked as an advance version, or as complete, and is not"
    return None


def find_register_number_faults(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each register number that is missing, given twice, or above the counter.

    A void or withdrawn number exists with its reason; the tables require one.
    """
    numbers_by_series: dict[tuple[UUID, str], list[int]] = {}
    for series, scope, number in _given_numbers(session):
        numbers_by_series.setdefault((series, scope), []).append(number)
    codes = {row.id: row.code for row in session.execute(select(DocumentSeries.id, DocumentSeries.code))}
    counters = {(row.series_id, row.scope): row.last for row in session.scalars(select(SeriesCounter))}
    for key in sorted(numbers_by_series.keys() | counters.keys(), key=str):
        yield from _find_series_faults(
            f"series {codes.get(key[0])} of {key[1]}", numbers_by_series.get(key, []), counters.get(key, 0)
        )


def find_documents_missing_in_journal(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each document in the register without a journal line that records its registration."""
    registered = _select_fact("document").where(journal.JournalLine.event == DocumentRegistered.name)
    unregistered = select(Document.symbol).where(cast(Document.id, String).not_in(registered)).order_by(Document.symbol)
    for symbol in session.scalars(unregistered):
        yield f"{symbol} is in the register, and no line of the journal tells of it"


def find_receipt_faults(session: ReadSession, keys: PublicKeysByPurpose | None = None) -> Iterator[str]:
    """Yield a fault for each receipt that was altered, or that only the journal or only the table knows.

    Without the portal's `keys`, a receipt is checked with the key that it names itself.
    """
    journal_digests, kept_digests = set(session.scalars(_select_fact("receipt"))), set()
    for receipt in session.scalars(select(Receipt).order_by(Receipt.at)).yield_per(1000):
        if not _is_as_signed(receipt, keys):
            yield f"receipt {receipt.id} was altered"
        elif receipt.digest not in journal_digests:
            yield f"receipt {receipt.id} is not in the journal"
        kept_digests.add(receipt.digest)
    for digest in sorted(journal_digests - kept_digests):
        yield f"the receipt with digest {digest} is missing"


def _is_as_signed(receipt: Receipt, keys: PublicKeysByPurpose | None) -> bool:
    """Return whether the key is one of the portal's for such a receipt, the signature valid and the columns as the
    signed statement."""
    statement, key = json.loads(receipt.statement), PublicKey.parse(receipt.public_key)
    if keys is not None and key not in list_accepted_keys(receipt, keys):
        return False
    columns = (str(receipt.id), receipt.kind, receipt.version, receipt.subject)
    return key.verify(b64decode(receipt.signature), receipt.statement.encode()) and columns == (
        *(statement.get(name) for name in ("receipt", "kind", "version")),
        _subject_of(statement),
    )


def _subject_of(statement: Mapping[str, str]) -> UUID:
    """Return the id of the subject that a receipt states."""
    if statement["kind"] == ReceiptKind.POSITION:
        return compute_position_receipt_subject_id(UUID(statement["procedure"]), statement["entity"])
    return UUID(
        statement["output"]
        if statement["kind"] in (ReceiptKind.ADOPTION, ReceiptKind.RELEASE)
        else statement["contribution"]
    )


def find_manifest_faults(session: ReadSession, keys: Sequence[PublicKey] | None = None) -> Iterator[str]:
    """Yield a fault for each manifest that was altered, does not match the release, or is known on one side only.

    Without the portal's `keys` of releases, manifests are checked with those that they name themselves.
    """
    journal_names = set(session.scalars(_select_fact("manifest")))
    for audience in Audience:
        yield from _find_audience_manifest_faults(session, audience, journal_names, keys)
    for digest in sorted(journal_names):
        yield f"the manifest with digest {digest} is missing"


def _find_audience_manifest_faults(
    session: ReadSession, audience: Audience, journal_names: set[str], keys: Sequence[PublicKey] | None
) -> Iterator[str]:
    """Yield the faults of the manifests of one audience, and remove their names from `journal_names`."""
    label = "public manifest" if audience == Audience.PUBLIC else "manifest"
    all_manifests, outputs = stored_manifests.list_manifests(session, audience), releases.list_entries(session)
    readable_outputs = releases.build_public_entries(outputs) if audience == Audience.PUBLIC else outputs
    if keys is None:
        keys = list(_parse_keys(manifest.public_key for manifest in all_manifests))
    withdrawn = releases.list_withdrawn_entries(session, audience=audience)
    for fault in verify_catalogue(readable_outputs, withdrawn, reversed(all_manifests), keys, audience=audience).faults:
        yield f"{label} {fault.number} {fault.symbol}: {fault.kind}"
    for manifest in all_manifests:
        # Before the ledger existed, the journal named the whole manifest, signature included.
        names = {manifests.compute_statement_digest(manifest.statement), manifests.digest_of_manifest(manifest).hex()}
        if not manifests.has_valid_signature(manifest, keys):
            yield f"{label} {manifest.number} was altered"
        elif not names & journal_names:
            yield f"{label} {manifest.number} is not in the journal"
        journal_names -= names


def find_released_paragraph_faults(session: ReadSession, keys: Sequence[PublicKey] | None = None) -> Iterator[str]:
    """Yield a fault for each file whose paragraphs on the read path are not as they were signed.

    Without the portal's `keys` of releases, they are checked with those that they name themselves.
    """
    files = sorted(releases.list_files_with_text(session))
    for start in range(0, len(files), FILES_PER_BATCH):
        for text in releases.list_file_texts(session, files[start : start + FILES_PER_BATCH]):
            own_keys = list(_parse_keys([text.public_key])) if keys is None else keys
            if not is_file_text_signed(text, own_keys):
                yield f"the paragraphs of file {text.sha256} were altered"


def _parse_keys(keys: Iterable[str]) -> Iterator[PublicKey]:
    """Yield the distinct public keys that can be parsed."""
    for key in sorted(set(keys)):
        with suppress(ValueError):
            yield PublicKey.parse(key)


def _select_fact(name: str) -> Select[str]:
    """Build the query of one fact over all journal lines that have it."""
    fact = journal.JournalLine.facts[name].astext
    return select(fact).where(fact.is_not(None))


def _given_numbers(session: ReadSession) -> Iterable[tuple[UUID, str, int]]:
    """Yield series, scope and number of every document and numbered output."""
    yield from session.execute(select(Document.series_id, Document.scope, Document.number))
    numbered = (
        select(DocumentSeries.id, cast(Meeting.number, String), Output.number)
        .join(Meeting, Meeting.id == Output.meeting_id)
        .join(DocumentSeries, (DocumentSeries.body_id == Output.body_id) & (DocumentSeries.code == OUTPUTS))
        .where(Output.number.is_not(None))
    )
    for series, scope, number in session.execute(numbered):
        yield series, scope, number or 0


def _find_series_faults(where: str, numbers: list[int], last: int) -> Iterator[str]:
    """Yield a fault for each number up to `last` that is missing, given twice, or above it."""
    tally = Tally(numbers)
    for number in range(1, last + 1):
        if not tally[number]:
            yield f"{where}: number {number} is missing"
    for number, times in sorted(tally.items()):
        if times > 1:
            yield f"{where}: number {number} was given {times} times"
        if number > last:
            yield f"{where}: number {number} was never given out"
