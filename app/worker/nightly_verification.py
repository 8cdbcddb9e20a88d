"""The nightly verification of the whole record: as `python -m app verify`, but without reading every file."""

from collections.abc import Mapping
from typing import cast

import structlog

from app.core import clock
from app.core.db import transaction
from app.domain.ledger.rules.signed_notes import ledger_origin
from app.domain.preservation import actions as preservation
from app.key_settings import parse_witness
from app.record_verification import ExpectedSigners, verify_record
from app.settings import Settings
from app.worker.release import WorkerContext
from app.worker.tasks import NIGHTLY, PeriodicTask
from app.worker.witness_submission import fetch_checkpoints

log = structlog.get_logger(__name__)


def build_expected_signers(settings: Settings) -> ExpectedSigners:
    """Build the expected signers from the settings. Raises ValueError if they name no key of a purpose."""
    witnesses = [verifier for _, verifier in map(parse_witness, settings.witnesses)]
    return ExpectedSigners(settings.list_public_keys_by_purpose(), ledger_origin(settings.portal_url), witnesses)


def fetch_witnessed_heads(settings: Settings) -> Mapping[str, str]:
    """Fetch the heads of this ledger that the available witnesses hold."""
    return fetch_checkpoints(tuple(map(parse_witness, settings.witnesses)), ledger_origin(settings.portal_url))


def verify_nightly(context: WorkerContext, settings: Settings) -> bool:
    """Verify the whole record under the portal's role and store the result; True if there are no faults.

    Files must exist but are not read: `check_fixity` reads them, and files that it found damaged are reported here.
    """
    began_at = clock.now()
    database, signers = cast("str", settings.worker_database_url), build_expected_signers(settings)
    result = verify_record(
        database, context.store, context.release_store, signers, fetch_witnessed_heads(settings), read_files=False
    )
    with transaction(context.write_sessions) as session:
        preservation.record_verification(
            session,
            began_at,
            result.faults,
            lines=result.journal_lines,
            files=result.files,
            released=result.released_files,
            numbers=result.numbers,
        )
    for fault in result.faults:
        log.error("the record is not whole", what=fault)
    return not result.faults


TASKS_WITH_SETTINGS = (PeriodicTask("verify", verify_nightly, NIGHTLY, "verify"),)
