"""Verifies the whole record in one snapshot.

Drafts are not read; the database compares their rows, and returns the digests of their files, which are checked too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import NullPool, create_engine, select

from app.core import journal, row_digests
from app.core.db import read_session_factory, transaction
from app.core.signing import PublicKeysByPurpose
from app.core.storage import Store
from app.domain.documents.models import Document, SeriesCounter
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.queries import audit
from app.domain.ledger.queries.audit import LedgerIdentity
from app.domain.ledger.rules.signed_notes import NoteVerifier
from app.domain.outputs.queries.approval_faults import find_approval_faults
from app.domain.outputs.queries.sealed_documents import find_sealed_document_faults
from app.domain.preservation import queries as preservation
from app.record_verification.files import (
    count_digests,
    find_absent_files,
    find_damaged_files,
    find_noted_damage,
    list_released_files,
)
from app.record_verification.register import find_documents_missing_in_journal, find_register_number_faults
from app.record_verification.releases import find_released_text_mismatches, find_withdrawal_faults
from app.record_verification.rows import find_row_faults
from app.record_verification.signatures import (
    find_manifest_faults,
    find_receipt_faults,
    find_released_duty_faults,
    find_released_paragraph_faults,
)


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
        stored_files, release_files = preservation.list_referenced_sizes(session), list_released_files(session)
        find_faults = find_damaged_files if read_files else find_absent_files
        faults = [
            *(f"journal: {fault}" for fault in journal.find_journal_faults(session)),
            *(f"rows: {fault}" for fault in find_row_faults(session)),
            *(f"ledger: {fault}" for fault in audit.audit_ledger(session, ledger, witnessed_heads)),
            *(f"store: {fault}" for fault in find_faults(store, stored_files)),
            *(f"release store: {fault}" for fault in find_faults(release_store, release_files)),
            *(f"fixity: {fault}" for fault in (() if read_files else find_noted_damage(session))),
            *(f"release: {fault}" for fault in find_released_text_mismatches(session)),
            *(f"approval: {fault}" for fault in find_approval_faults(session)),
            *(f"withdrawal: {fault}" for fault in find_withdrawal_faults(session, release_store)),
            *(f"register: {fault}" for fault in find_register_number_faults(session)),
            *(f"register: {fault}" for fault in find_documents_missing_in_journal(session)),
            *(f"register: {fault}" for fault in find_sealed_document_faults(session)),
            *(f"receipts: {fault}" for fault in find_receipt_faults(session, keys)),
            *(f"catalogue: {fault}" for fault in find_manifest_faults(session, release_keys)),
            *(f"catalogue: {fault}" for fault in find_released_paragraph_faults(session, release_keys)),
            *(f"catalogue: {fault}" for fault in find_released_duty_faults(session, release_keys)),
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
        count_digests(stored_files),
        count_digests(release_files),
        numbers,
        explained,
        tuple(faults),
    )
