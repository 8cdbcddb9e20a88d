"""The nightly verification of the whole record, and of the read path's databases whose addresses the worker has: as
`python -m app verify`, but without reading every file."""

from collections.abc import Iterable, Mapping
from typing import cast

import structlog

from app.core import clock
from app.core.db import transaction
from app.domain.ledger.rules.signed_notes import ledger_origin
from app.domain.preservation import actions as preservation
from app.key_settings import parse_witness
from app.read_database_verification import compare_read_databases
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

    Files must exist but are not read: `check_fixity` reads them, and files that it found damaged are reported here. A
    read database that could not be compared is no fault: that is stored as its result.
    """
    began_at = clock.now()
    database, signers = cast("str", settings.worker_database_url), build_expected_signers(settings)
    result = verify_record(
        database, context.store, context.release_store, signers, fetch_witnessed_heads(settings), read_files=False
    )
    _log_faults(result.faults)  # before another machine is asked
    comparisons = compare_read_databases(database, settings.compared_database_urls)
    differences = [difference for each in comparisons for difference in each.list_differences()]
    faults = [*result.faults, *differences]
    with transaction(context.write_sessions) as session:
        preservation.record_verification(
            session,
            began_at,
            faults,
            lines=result.journal_lines,
            files=result.files,
            released=result.released_files,
            numbers=result.numbers,
            read_databases=[(each.name, each.outcome, len(each.differences)) for each in comparisons],
        )
    _log_faults(differences)
    for obstacle in filter(None, (each.describe_obstacle() for each in comparisons)):
        log.warning("a read database was not compared", what=obstacle)
    return not faults


def _log_faults(faults: Iterable[str]) -> None:
    for fault in faults:
        log.error("the record is not whole", what=fault)


TASKS_WITH_SETTINGS = (PeriodicTask("verify", verify_nightly, NIGHTLY, "verify"),)
