"""The worker process: runs queued jobs until it is stopped, and requeues the jobs of workers that were killed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import cast
from uuid import UUID

import structlog
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.jobs import Status
from sqlalchemy import Engine, make_url

from app.core import clock
from app.core.clamav import VirusScanner
from app.core.db import SIGNER_KEY, create_database_engine, read_session_factory, write_session_factory
from app.core.files.partial_uploads import PartialUploadStore
from app.core.observability.metrics import ProcessMetrics, serve_metrics
from app.core.observability.tracing import start_tracing
from app.core.signing import Signer
from app.core.storage import LocalStore, open_store
from app.domain.ledger.rules.signed_notes import NoteVerifier
from app.settings import Settings, parse_witness
from app.worker.graceful_stop import EXIT_GRACE_SECONDS, RunningJobs, exit_within
from app.worker.ledger_heads import run_ledger_loop
from app.worker.mail_rendering import MailContext
from app.worker.maintenance import check_fixity, remove_expired_uploads, remove_orphaned_files, rescan_waiting_files
from app.worker.measurements import measure_health
from app.worker.nightly_verification import verify_nightly
from app.worker.notifications import create_notifications, send_due_notifications
from app.worker.prometheus_collector import HealthCollector
from app.worker.release import (
    TRANSIENT_ERRORS,
    WorkerContext,
    release_due_outputs,
    release_output_at_scheduled_time,
    remove_withdrawn_files,
    sign_earlier_releases,
)
from app.worker.released_texts import release_earlier_texts, release_text, release_texts_of_output
from app.worker.renditions import IncompleteRenditionError, render_document_files, render_file
from app.worker.search_index import index_document, index_file
from app.worker.silence import DeadlineNotReachedError, settle_all_silences, settle_silence_at_deadline
from app.worker.subscriptions import (
    CARRY_TEXT,
    CARRY_TEXTS,
    CLEAR_WITHDRAWN,
    DISSEMINATE,
    INDEX,
    INDEX_FILE,
    RENDER,
    RENDER_DOCUMENT,
    SETTLE_SILENCE,
    WRITE_LETTERS,
    build_event_handler,
)
from app.worker.witness_submission import run_witness_loop

log = structlog.get_logger(__name__)

CONNECTION_OPTIONS = "-c search_path=portal,jobs -c timezone=UTC"
SERVICE_NAME = "cwg-worker"
DEMO_GRACE_SECONDS = 10  # seconds for running jobs to end when the demo is stopped
MAX_WORKER_DEATHS = 3  # workers that may crash in a job until it counts as failed
RETRY_SPACING = timedelta(seconds=10)  # between the retries of several jobs of a crashed worker
SILENT_WORKER_SECONDS = 10.0  # seconds without heartbeat after which a worker counts as dead
POLL_SECONDS = 1.0  # seconds between two looks for scheduled jobs
EVERY_TEN_MINUTES, EVERY_MINUTE = "*/10 * * * *", "* * * * *"  # every ten minutes, every minute
HOURLY, NIGHTLY = "23 * * * *", "37 1 * * *"  # in UTC
# A scheduled release must be carried out: a store that is down for an hour only delays it. The job itself gives up, by
# the clock (see the release actions, some 130 attempts): it then raises an error that is not retried.
RETRY_TRANSIENT = RetryStrategy(max_attempts=None, wait=3, linear_wait=10, retry_exceptions=TRANSIENT_ERRORS)

RETRY_UNTIL_RENDERED = RetryStrategy(
    max_attempts=None, wait=3, linear_wait=10, retry_exceptions=(IncompleteRenditionError, *TRANSIENT_ERRORS)
)
RETRY_UNTIL_DEADLINE = RetryStrategy(
    max_attempts=None, wait=1, linear_wait=1, retry_exceptions=(DeadlineNotReachedError, *TRANSIENT_ERRORS)
)
CONCURRENT_JOBS = 2  # jobs at the same time: one may render for a minute while the other does what people wait for


def run_worker(settings: Settings, *, silent_seconds: float = SILENT_WORKER_SECONDS) -> None:
    """Run jobs until SIGTERM or SIGINT; running jobs are finished first, or queued again if that takes too long."""
    settings.require_worker_settings()
    with (
        closing(start_tracing(settings.traces, SERVICE_NAME)) as tracer,
        open_worker_context(settings) as context,
        serve_metrics(settings.metrics, _build_collector(settings, context)),
    ):
        if settings.traces:
            tracer.trace_engine(cast("Engine", context.write_sessions.kw["bind"]))
        sign_earlier_releases(context)
        release_earlier_texts(context)
        grace_seconds = DEMO_GRACE_SECONDS if settings.demo else settings.finish_seconds
        witnesses = tuple(map(parse_witness, settings.witnesses))
        jobs = build_queue(settings, context)
        at_work = RunningJobs(jobs, ProcessMetrics(), tracer, heartbeat_seconds=silent_seconds / 4)
        asyncio.run(_run_jobs(jobs, context, witnesses, at_work, silent_seconds, grace_seconds))


def _build_collector(settings: Settings, context: WorkerContext) -> HealthCollector:
    """Build the Prometheus collector of the health metrics, on the connections of the worker context."""
    read = read_session_factory(cast("Engine", context.write_sessions.kw["bind"]))
    return HealthCollector(read, settings.alarm_thresholds, settings.witness_names)


@contextmanager
def open_worker_context(settings: Settings) -> Iterator[WorkerContext]:
    """Open the resources that jobs use, under the portal's database role."""
    engine = create_database_engine(
        cast("str", settings.database_url), pool_size=settings.database_pool, application_name="cwg-worker"
    )
    store, released = open_store(settings.store_url), open_store(settings.release_store_url)
    for each_store in (store, released):
        if isinstance(each_store, LocalStore):
            each_store.remove_abandoned()  # partial files of a killed upload or copy
    try:
        scanner = VirusScanner(settings.clamd) if settings.clamd else None
        staging = PartialUploadStore(settings.staging_folder)
        signer = Signer.from_secret(
            settings.portal_url, settings.signing_key.get_secret_value(), settings.previous_public_keys
        )
        yield WorkerContext(
            write_session_factory(
                engine, {"react": build_event_handler(sends_mail=settings.sends_mail), SIGNER_KEY: signer}
            ),
            store,
            released,
            staging,
            scanner,
            settings.soffice,
            MailContext.from_settings(settings),
            settings.fixity_days,
        )
    finally:
        engine.dispose()


def build_queue(settings: Settings, context: WorkerContext) -> App:
    """Build the job queue with all tasks."""
    address = make_url(cast("str", settings.database_url)).set(drivername="postgresql")
    options = {"options": CONNECTION_OPTIONS, "application_name": "cwg-queue", "connect_timeout": 5}
    connector = PsycopgConnector(
        conninfo=address.render_as_string(hide_password=False), kwargs=options, min_size=1, max_size=4
    )
    app = App(connector=connector)

    @app.task(name=DISSEMINATE, retry=RETRY_TRANSIENT)
    def _disseminate(output: str, **_facts: object) -> None:
        release_output_at_scheduled_time(context, UUID(output))

    @app.periodic(cron=EVERY_MINUTE, periodic_id="disseminate")
    @app.task(name="disseminate-all", queueing_lock="disseminate-all")
    def _disseminate_all(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        release_due_outputs(context)

    @app.task(name=RENDER, retry=RETRY_UNTIL_RENDERED)
    def _render(file: str, **_facts: object) -> None:
        render_file(context, file)

    @app.task(name=RENDER_DOCUMENT, retry=RETRY_UNTIL_RENDERED)
    def _render_document(document: str, **_facts: object) -> None:
        render_document_files(context, UUID(document))

    @app.task(name=INDEX, retry=RETRY_TRANSIENT)
    def _index(document: str, **_facts: object) -> None:
        index_document(context, UUID(document))

    @app.task(name=INDEX_FILE, retry=RETRY_TRANSIENT)
    def _index_file(file: str, **_facts: object) -> None:
        index_file(context, file)

    @app.task(name=CARRY_TEXT, retry=RETRY_TRANSIENT)
    def _carry_text(file: str, **_facts: object) -> None:
        release_text(context, file)

    @app.task(name=CARRY_TEXTS, retry=RETRY_TRANSIENT)
    def _carry_texts(output: str, **_facts: object) -> None:
        release_texts_of_output(context, UUID(output))

    @app.task(name=CLEAR_WITHDRAWN, retry=RETRY_TRANSIENT)
    def _clear(output: str, **_facts: object) -> None:
        remove_withdrawn_files(context, UUID(output))

    @app.task(name=SETTLE_SILENCE, retry=RETRY_UNTIL_DEADLINE)
    def _settle(output: str, **_facts: object) -> None:
        settle_silence_at_deadline(context, UUID(output))

    @app.periodic(cron=EVERY_MINUTE, periodic_id="settle")
    @app.task(name="settle-all", queueing_lock="settle-all")
    def _settle_all(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        settle_all_silences(context)

    @app.task(name=WRITE_LETTERS, retry=RETRY_TRANSIENT)
    def _write_letters(line: int, **_facts: object) -> None:
        create_notifications(context, line)

    # One at a time: a hanging mail server blocks no more than one of the concurrent jobs.
    @app.periodic(cron=EVERY_MINUTE, periodic_id="letters")
    @app.task(name="send-letters", queueing_lock="send-letters", lock="send-letters")
    def _send_letters(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        send_due_notifications(context)

    @app.periodic(cron=EVERY_TEN_MINUTES, periodic_id="sweep")
    @app.task(name="sweep-uploads", queueing_lock="sweep-uploads")
    def _sweep(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        remove_expired_uploads(context)

    @app.periodic(cron=EVERY_MINUTE, periodic_id="scan")
    @app.task(name="scan-again", queueing_lock="scan-again")
    def _scan(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        rescan_waiting_files(context)

    @app.periodic(cron=EVERY_MINUTE, periodic_id="measure")
    @app.task(name="measure", queueing_lock="measure")
    def _measure(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        measure_health(context, settings)

    @app.periodic(cron=EVERY_TEN_MINUTES, periodic_id="fixity")
    @app.task(name="check-fixity", queueing_lock="check-fixity", lock="check-fixity")
    def _check_fixity(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        check_fixity(context)

    @app.periodic(cron=HOURLY, periodic_id="orphans")
    @app.task(name="sweep-orphans", queueing_lock="sweep-orphans")
    def _sweep_orphans(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        remove_orphaned_files(context)

    @app.periodic(cron=NIGHTLY, periodic_id="verify")
    @app.task(name="verify", queueing_lock="verify")
    def _verify(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        verify_nightly(context, settings)

    return app


async def _run_jobs(
    jobs: App,
    context: WorkerContext,
    witnesses: Sequence[tuple[str, NoteVerifier]],
    at_work: RunningJobs,
    silent_seconds: float,
    grace_seconds: float,
) -> None:
    async with jobs.open_async():
        background = [
            asyncio.create_task(
                _run_periodically(lambda: requeue_stalled_jobs(jobs, silent_seconds), every=silent_seconds / 2)
            ),
            asyncio.create_task(run_ledger_loop(context, [verifier for _, verifier in witnesses])),
            *(asyncio.create_task(run_witness_loop(context, witness)) for witness in witnesses),
        ]
        working = jobs.run_worker_async(
            concurrency=CONCURRENT_JOBS,
            install_signal_handlers=False,
            fetch_job_polling_interval=POLL_SECONDS,
            delete_jobs="successful",
            update_heartbeat_interval=silent_seconds / 4,
            stalled_worker_timeout=silent_seconds,
            worker_middleware=[at_work.track_job],
        )
        code = 1
        try:
            await at_work.run_until_signalled(working, grace_seconds)
            code = 0
        finally:
            exit_within(EXIT_GRACE_SECONDS, code)
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)


async def _run_periodically(action: Callable[[], Awaitable[None]], *, every: float) -> None:
    while True:
        try:
            await action()
        except Exception:
            log.exception("jobs of silent workers could not be looked for; the next time will tell")
        await asyncio.sleep(every)


async def requeue_stalled_jobs(jobs: App, silent_seconds: float) -> None:
    """Queue the jobs of silent workers again. A job may thus run twice: every task is written for that.

    A job during which a worker crashed is queued behind all others, and several are spaced out, so that each is tried
    alone; after `MAX_WORKER_DEATHS` it is marked as failed. Its priority counts the crashes.
    """
    for number, job in enumerate(await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_seconds)):
        if job.priority <= 1 - MAX_WORKER_DEATHS:
            log.error("workers die of a job: it is not tried again", job=job.id, task=job.task_name)
            await jobs.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            continue
        log.warning("the worker of a job is gone; the job runs again", job=job.id, task=job.task_name)
        at = clock.now() + number * RETRY_SPACING
        await jobs.job_manager.retry_job(job, retry_at=at, priority=job.priority - 1)
