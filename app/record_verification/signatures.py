"""Receipts, manifests and paragraphs that are not as the portal signed them."""

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.core import clock
from app.core.db import ReadSession
from app.core.signing import PublicKey, PublicKeysByPurpose
from app.domain.receipts.models import Receipt, ReceiptKind
from app.domain.receipts.rules import list_accepted_keys
from app.domain.releases.models import Audience
from app.domain.releases.queries import manifests, releases, stored_manifests
from app.domain.releases.queries.chain_verification import verify_catalogue
from app.domain.releases.queries.released_duties import list_released_duties, parse_signed_duty
from app.domain.releases.queries.signed_texts import is_file_text_signed
from app.domain.reporting_duties.queries import list_duties_public_since
from app.domain.silence.rules import compute_position_receipt_subject_id
from app.record_verification.facts import select_fact

FILES_PER_BATCH = 200  # whose paragraphs are read in one statement


def find_receipt_faults(session: ReadSession, keys: PublicKeysByPurpose | None = None) -> Iterator[str]:
    """Yield a fault for each receipt that was altered, or that only the journal or only the table knows.

    Without the portal's `keys`, a receipt is checked with the key that it names itself.
    """
    journal_digests, kept_digests = set(session.scalars(select_fact("receipt"))), set()
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
    journal_names = set(session.scalars(select_fact("manifest")))
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


def find_released_duty_faults(session: ReadSession, keys: Sequence[PublicKey] | None = None) -> Iterator[str]:
    """Yield a fault for each public duty on the read path that is not as it was signed, or that no two people made
    public. One whose publication ended less than an hour ago may be there: the worker removes it.

    Without the portal's `keys` of releases, they are checked with those that they name themselves.
    """
    public = list_duties_public_since(session, clock.now() - timedelta(hours=1))
    for row in list_released_duties(session):
        own_keys = list(_parse_keys([row.public_key])) if keys is None else keys
        if parse_signed_duty(row, own_keys) is None:
            yield f"the public duty {row.id} was altered"
        elif row.id not in public:
            yield f"the duty {row.id} is on the read path and is not public"


def _parse_keys(keys: Iterable[str]) -> Iterator[PublicKey]:
    """Yield the distinct public keys that can be parsed."""
    for key in sorted(set(keys)):
        with suppress(ValueError):
            yield PublicKey.parse(key)
