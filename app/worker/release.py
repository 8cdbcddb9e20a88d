"""Jobs that release outputs to the read path, complete an advance version, or withdraw an output; a failure is
recorded. Deliveries are made, or called back, in the same transaction."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.orm import sessionmaker

from app.core import clock
from app.core.clamav import VirusScanner
from app.core.db import WriteSession, transaction
from app.core.errors import NotFound
from app.core.file_service.client import FileServiceOptions
from app.core.files.partial_uploads import PartialUploads
from app.core.storage import CorruptFile, Store
from app.domain.deliveries.actions import making
from app.domain.outputs.models import ReleaseFailure
from app.domain.releases.actions import completion, withdrawal
from app.domain.releases.actions import release as releases
from app.domain.releases.actions.copy import TextMismatch
from app.domain.releases.actions.manifest_signing import ManifestTampered
from app.domain.releases.actions.release import InfectedFileError, UnverifiedApprovalError
from app.domain.releases.actions.withdrawal import UndecidedWithdrawal
from app.domain.releases.queries import schedule
from app.http.mail.rendering import MailContext
from app.worker.approval_verifier import ApprovalVerifier
from app.worker.subscriptions import CLEAR_WITHDRAWN, DISSEMINATE, WITHDRAW
from app.worker.tasks import EVERY_MINUTE, TRANSIENT_ERRORS, EventTask, PeriodicTask, retry_on

log = structlog.get_logger(__name__)
MAX_WAIT = timedelta(seconds=10)  # the longest time for which a job waits for its instant


class OutputNotReleasedError(Exception):
    """The release failed and the failure is on record: it is not tried again until somebody schedules it again."""


class OutputNotWithdrawnError(Exception):
    """The withdrawal failed and the failure is on record: it is not tried again until somebody starts it again."""


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """The resources that jobs use: database sessions (which carry the signer), stores, scanner, mail and settings."""

    write_sessions: sessionmaker[WriteSession]
    store: Store
    release_store: Store
    staging: PartialUploads
    scanner: VirusScanner | None
    file_service: FileServiceOptions = field(default_factory=FileServiceOptions)
    mail: MailContext | None = None
    fixity_days: int = 30
    approvals: ApprovalVerifier | None = None
    upload_grace: timedelta = timedelta(minutes=30)
    """How long after the deadline an upload may end, and a file be replaced that was refused after its submission."""


def release_output_at_scheduled_time(context: WorkerContext, output_id: UUID) -> bool:
    """Release an output at its scheduled instant, waiting for it if that is a matter of seconds; False if not released.

    If the instant is later, another job is queued for it, and due outputs are released once a minute in any case.
    """
    with transaction(context.write_sessions) as session:
        release_at = schedule.find_scheduled_release_time(
            session, output_id
        ) or schedule.find_scheduled_completion_time(session, output_id)
    if release_at is not None:
        while timedelta(0) < (left := release_at - clock.now()) <= MAX_WAIT:
            time.sleep(left.total_seconds())
    return release_output(context, output_id)


def release_due_outputs(context: WorkerContext) -> int:
    """Release all outputs whose instant has come, each in a transaction of its own; returns their number."""
    with transaction(context.write_sessions) as session:
        due = [*schedule.list_outputs_due_for_release(session), *schedule.list_outputs_due_for_completion(session)]
    return sum(_succeeds_or_log(release_output, context, output) for output in due)


def withdraw_decided_outputs(context: WorkerContext) -> int:
    """Withdraw all outputs whose withdrawal was decided, each in a transaction of its own; returns their number."""
    with transaction(context.write_sessions) as session:
        decided = schedule.list_outputs_to_withdraw(session)
    return sum(_succeeds_or_log(withdraw_output, context, output) for output in decided)


def _succeeds_or_log(act: Callable[[WorkerContext, UUID], bool], context: WorkerContext, output: UUID) -> bool:
    """Release or withdraw an output; log an error, so that it does not stop the others. It stays due, or is
    recorded."""
    try:
        return act(context, output)
    except Exception:
        log.exception("an output was not released or withdrawn", output=str(output))
        return False


def release_output(context: WorkerContext, output_id: UUID) -> bool:
    """Release or complete an output, all languages in one transaction; False if there was nothing to do.

    Raises OutputNotReleasedError once a failure is on record, or one of `TRANSIENT_ERRORS` if a retry may help.
    """
    try:
        with transaction(context.write_sessions) as session:
            arguments = (session, context.store, context.release_store, output_id)
            is_released = releases.release_output(*arguments)
            if is_released:
                making.create_deliveries(session, output_id)
            is_done = is_released or completion.release_missing_languages(*arguments)
    except Exception as fault:
        # In a transaction of its own, since that of the release is rolled back. If this cannot be written either, its
        # own error is a transient one, and the job is retried.
        with transaction(context.write_sessions) as session:
            reason = _failure_of(fault)
            failed = releases.record_release_failure(
                session, output_id, reason
            ) or completion.record_completion_failure(session, output_id, reason)
        if failed:
            raise OutputNotReleasedError(str(output_id)) from fault
        raise
    log.info("output released" if is_done else "nothing to release", output=str(output_id))
    return is_done


def withdraw_output(context: WorkerContext, output_id: UUID) -> bool:
    """Withdraw an output; False if there was nothing to do.

    Raises OutputNotWithdrawnError once a failure is on record, or one of `TRANSIENT_ERRORS` if a retry may help.
    """
    try:
        with transaction(context.write_sessions) as session:
            is_done = withdrawal.withdraw_output(session, output_id)
            if is_done:
                making.call_back_deliveries(session, output_id)
    except Exception as fault:
        with transaction(context.write_sessions) as session:
            failed = withdrawal.record_withdrawal_failure(session, output_id, _failure_of(fault))
        if failed:
            raise OutputNotWithdrawnError(str(output_id)) from fault
        raise
    log.info("output withdrawn" if is_done else "nothing to withdraw", output=str(output_id))
    return is_done


def remove_withdrawn_files(context: WorkerContext, output_id: UUID) -> None:
    """Remove the files of a withdrawn output from the release store. Its tombstone is stored already."""
    with transaction(context.write_sessions) as session:
        removed = withdrawal.remove_files_of_withdrawn_output(session, context.release_store, output_id)
    log.info("files of a withdrawn output were removed", output=str(output_id), files=removed)


def sign_earlier_releases(context: WorkerContext) -> None:
    """Sign releases from before there were manifests; done once, by the first worker after that upgrade."""
    try:
        with transaction(context.write_sessions) as session:
            signed, unsigned = releases.sign_manifests_of_earlier_releases(session)
    except ManifestTampered:
        log.exception("the catalogue is not as it was signed: earlier releases stay unsigned")
        return
    if signed:
        log.info("earlier releases were signed", outputs=signed)
    if unsigned:
        log.error("earlier releases are not as they were adopted, and were not signed", symbols=unsigned)


def _failure_of(fault: Exception) -> ReleaseFailure:
    if isinstance(fault, TRANSIENT_ERRORS):
        return ReleaseFailure.STORE_UNREACHABLE
    if isinstance(fault, ManifestTampered):
        return ReleaseFailure.MANIFEST_TAMPERED
    if isinstance(fault, InfectedFileError):
        return ReleaseFailure.VIRUS_FOUND
    if isinstance(fault, UnverifiedApprovalError):
        return ReleaseFailure.APPROVAL_UNVERIFIED
    if isinstance(fault, TextMismatch | CorruptFile | NotFound | UndecidedWithdrawal):
        return ReleaseFailure.TEXT_MISMATCH
    return ReleaseFailure.INTERNAL_ERROR


TASKS = (
    EventTask(DISSEMINATE, release_output_at_scheduled_time, "output", retry=retry_on(UnverifiedApprovalError)),
    PeriodicTask("disseminate-all", release_due_outputs, EVERY_MINUTE, "disseminate"),
    EventTask(WITHDRAW, withdraw_output, "output"),
    PeriodicTask("withdraw-all", withdraw_decided_outputs, EVERY_MINUTE, "withdraw"),
    EventTask(CLEAR_WITHDRAWN, remove_withdrawn_files, "output"),
)
