"""The worker process: runs queued jobs until it is stopped, and requeues the jobs of workers that were killed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import timedelta
from functools import partial
from typing import cast

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.jobs import DEFAULT_QUEUE, Status
from sqlalchemy import Engine

from app import __version__
from app.core import clock
from app.core.clamav import VirusScanner
from app.core.database.session_settings import IN_PORTAL, apply_session_settings_async
from app.core.db import (
    SIGNERS_KEY,
    create_database_engine,
    read_session_factory,
    to_libpq_address,
    write_session_factory,
)
from app.core.file_service.client import configure_file_service
from app.core.files.bucket_uploads import open_partial_uploads
from app.core.observability.event_loop import sample_event_loop
from app.core.observability.metrics import ProcessMetrics, serve_metrics
from app.core.observability.process_collectors import BuildInfoCollector
from app.core.observability.tracing import start_tracing
from app.core.signing import SigningPurpose
from app.core.storage import LocalStore
from app.domain.ledger.rules.signed_notes import NoteVerifier
from app.http.mail.rendering import MailContext
from app.key_settings import parse_witness
from app.settings import Settings
from app.worker import (
    approvals,
    deliveries,
    delivery_mail,
    invitations,
    liaisons,
    maintenance,
    measurements,
    nightly_verification,
    notifications,
    output_pdfs,
    release,
    released_texts,
    renditions,
    reporting_duties,
    returned_mail,
    search_index,
    silence,
    transmissions,
    waiting_files,
)
from app.worker.approval_verifier import ApprovalVerifier
from app.worker.graceful_stop import EXIT_GRACE_SECONDS, RunningJobs, exit_within
from app.worker.hang_detection import HangLimits, end_worker_if_job_hangs, end_worker_if_loop_hangs
from app.worker.heartbeat import HEARTBEAT_SECONDS, send_heartbeat
from app.worker.ledger_heads import run_ledger_loop
from app.worker.prometheus_collector import HealthCollector
from app.worker.release import WorkerContext, sign_earlier_releases
from app.worker.released_texts import release_earlier_texts
from app.worker.subscriptions import DRAFTS_QUEUE, build_event_handler
from app.worker.tasks import QueueTask
from app.worker.witness_submission import run_witness_loop

log = structlog.get_logger(__name__)

SERVICE_NAME = "cwg-worker"
DEMO_MAIL_SECONDS = 2.0  # between two rounds of e-mails in the demo, where people wait for them
DEMO_GRACE_SECONDS = 10  # seconds for running jobs to end when the demo is stopped
MAX_WORKER_DEATHS = 3  # workers that may crash in a job until it counts as failed
RETRY_SPACING = timedelta(seconds=10)  # between the retries of several jobs of a crashed worker
SILENT_WORKER_SECONDS = 10.0  # seconds without heartbeat after which a worker counts as dead
POLL_SECONDS = 1.0  # seconds between two looks for scheduled jobs
SIGNING_PURPOSES = (SigningPurpose.RELEASES, SigningPurpose.LEDGER)  # receipts of people are signed by the portal
CONCURRENT_DRAFTS = 4  # renditions of drafts at the same time, of different States; the file service chooses among them
JOB_THREADS = 16  # for jobs and for what else runs in this process, on a machine of one processor as well
QUEUE_CONNECTIONS = 4  # of the job queue, for workers, heartbeats and events
USUAL_HANG_LIMITS = HangLimits()
CONCURRENT_JOBS = 2  # jobs at the same time: one may render for a minute while the other does what people wait for
PeriodicStep = tuple[Callable[[], object], float]
"""What each worker does in a thread of its own accord, and the seconds between two times."""


TASKS: tuple[QueueTask, ...] = (
    *release.TASKS,
    *approvals.TASKS,
    *deliveries.TASKS,
    *delivery_mail.TASKS,
    *renditions.TASKS,
    *search_index.TASKS,
    *released_texts.TASKS,
    *output_pdfs.TASKS,
    *liaisons.TASKS,
    *reporting_duties.TASKS,
    *silence.TASKS,
    *notifications.TASKS,
    *invitations.TASKS,
    *maintenance.TASKS,
)
TASKS_WITH_SETTINGS: tuple[QueueTask, ...] = (
    *measurements.TASKS_WITH_SETTINGS,
    *nightly_verification.TASKS_WITH_SETTINGS,
    *returned_mail.TASKS_WITH_SETTINGS,
    *transmissions.TASKS_WITH_SETTINGS,
)


def run_worker(
    settings: Settings, *, silent_seconds: float = SILENT_WORKER_SECONDS, hang_limits: HangLimits = USUAL_HANG_LIMITS
) -> None:
    """Run jobs until SIGTERM or SIGINT; running jobs are finished first, or queued again if that takes too long. If one
    hangs, the process ends with `HUNG_EXIT_CODE`."""
    settings.require_worker_settings()
    with (
        closing(start_tracing(settings.traces, SERVICE_NAME)) as tracer,
        open_worker_context(settings) as context,
        serve_metrics(
            settings.metrics,
            _build_collector(settings, context),
            BuildInfoCollector(__version__, settings.revision),
        ),
    ):
        engine, meters = cast("Engine", context.write_sessions.kw["bind"]), ProcessMetrics()
        meters.watch_pool("jobs", engine)
        meters.use_for_files()
        if settings.traces:
            tracer.trace_engine(engine)
        grace_seconds = DEMO_GRACE_SECONDS if settings.demo else settings.finish_seconds
        witnesses = tuple(map(parse_witness, settings.witnesses))
        jobs = build_queue(settings, context)
        at_work = RunningJobs(jobs, meters, tracer, heartbeat_seconds=silent_seconds / 4)
        in_threads: list[PeriodicStep] = [
            (partial(measurements.measure_worker, context, settings), measurements.MEASURE_SECONDS)
        ]
        if settings.demo and context.mail:  # besides the task of each minute; a notification is locked while it is sent
            in_threads.append((partial(notifications.send_due_notifications, context), DEMO_MAIL_SECONDS))
            in_threads.append((partial(delivery_mail.send_delivery_mail, context), DEMO_MAIL_SECONDS))
        if settings.demo:
            in_threads.append((partial(transmissions.send_due_transmissions, context, settings), DEMO_MAIL_SECONDS))
        asyncio.run(
            _run_jobs(jobs, context, witnesses, at_work, silent_seconds, grace_seconds, in_threads, hang_limits)
        )


def _build_collector(settings: Settings, context: WorkerContext) -> HealthCollector:
    """Build the Prometheus collector of the health metrics, on the connections of the worker context."""
    read = read_session_factory(cast("Engine", context.write_sessions.kw["bind"]))
    return HealthCollector(read, settings.alarm_thresholds, settings.witness_names)


@contextmanager
def open_worker_context(settings: Settings) -> Iterator[WorkerContext]:
    """Open the resources that jobs use, under the worker's database role."""
    configure_file_service(settings.file_service_options)
    engine = create_database_engine(
        cast("str", settings.worker_database_url), pool_size=settings.database_pool, application_name="cwg-worker"
    )
    store, released = settings.open_store(), settings.open_release_store()
    for each_store in (store, released):
        if isinstance(each_store, LocalStore):
            each_store.remove_abandoned_temporary_files()  # partial files of a killed upload or copy
    try:
        scanner = VirusScanner(settings.clamd) if settings.clamd else None
        staging = open_partial_uploads(settings.staging_folder, store)
        signers = {purpose: settings.build_signer(purpose) for purpose in SIGNING_PURPOSES}
        yield WorkerContext(
            write_session_factory(
                engine, {"react": build_event_handler(sends_mail=settings.sends_mail), SIGNERS_KEY: signers}
            ),
            store,
            released,
            staging,
            scanner,
            settings.file_service_options,
            MailContext.from_settings(settings),
            settings.fixity_days,
            ApprovalVerifier(settings),
            timedelta(minutes=settings.upload_grace_minutes),
        )
    finally:
        engine.dispose()


def build_queue(settings: Settings, context: WorkerContext) -> App:
    """Build the job queue with all tasks."""
    connector = PsycopgConnector(
        conninfo=to_libpq_address(cast("str", settings.worker_database_url)),
        kwargs={"application_name": "cwg-queue", "connect_timeout": 5},
        configure=partial(apply_session_settings_async, settings=IN_PORTAL),
        min_size=1,
        max_size=QUEUE_CONNECTIONS,
    )
    app = App(connector=connector)

    for task in TASKS:
        task.register(app, context)
    for task in TASKS_WITH_SETTINGS:
        task.register(app, context, settings)
    return app


async def _run_jobs(
    jobs: App,
    context: WorkerContext,
    witnesses: Sequence[tuple[str, NoteVerifier]],
    at_work: RunningJobs,
    silent_seconds: float,
    grace_seconds: float,
    in_threads: Sequence[PeriodicStep],
    hang_limits: HangLimits,
) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(JOB_THREADS, thread_name_prefix="job"))
    async with (
        _open_queue(jobs),
        sample_event_loop(at_work.meters, at_work.sample_oldest),
    ):
        background = [
            asyncio.create_task(
                _run_periodically(lambda: requeue_stalled_jobs(jobs, silent_seconds), every=silent_seconds / 2)
            ),
            asyncio.create_task(_run_periodically(lambda: send_heartbeat(context), every=HEARTBEAT_SECONDS)),
            *(
                asyncio.create_task(_run_periodically(partial(asyncio.to_thread, step), every=seconds))
                for step, seconds in in_threads
            ),
            asyncio.create_task(end_worker_if_job_hangs(at_work, hang_limits)),
            asyncio.create_task(run_ledger_loop(context, [verifier for _, verifier in witnesses])),
            asyncio.create_task(waiting_files.run_inspection_loops(context)),
            *(asyncio.create_task(run_witness_loop(context, witness)) for witness in witnesses),
        ]
        code = 1
        try:
            with end_worker_if_loop_hangs(hang_limits):
                await at_work.run_until_signalled(_work(jobs, context, at_work, silent_seconds), grace_seconds)
            code = 0
        finally:
            exit_within(EXIT_GRACE_SECONDS, code)
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)


async def _work(jobs: App, context: WorkerContext, at_work: RunningJobs, silent_seconds: float) -> None:
    """Do what earlier versions left undone, then run jobs.

    The former runs in threads: a signal handler that raised in the midst of a statement would leave its connection
    unusable, and the process would end as if the database had failed.
    """
    for catch_up in (sign_earlier_releases, release_earlier_texts):
        await asyncio.to_thread(catch_up, context)
    async with asyncio.TaskGroup() as workers:  # waits for both when it is cancelled
        for queue, concurrency in ((DEFAULT_QUEUE, CONCURRENT_JOBS), (DRAFTS_QUEUE, CONCURRENT_DRAFTS)):
            worker = jobs.run_worker_async(
                queues=[queue],
                concurrency=concurrency,
                install_signal_handlers=False,
                fetch_job_polling_interval=POLL_SECONDS,
                delete_jobs="successful",
                update_heartbeat_interval=silent_seconds / 4,
                stalled_worker_timeout=silent_seconds,
                worker_middleware=[at_work.track_job],
            )
            workers.create_task(worker)


@asynccontextmanager
async def _open_queue(jobs: App) -> AsyncIterator[None]:
    """Context manager: connect the queue. A process that is stopped meanwhile exits in `EXIT_GRACE_SECONDS`."""
    try:
        await jobs.open_async()
    except asyncio.CancelledError:  # by SIGTERM, whose handler has ended the loop (`app.__main__`)
        exit_within(EXIT_GRACE_SECONDS, 0)
        raise
    try:
        yield
    finally:
        await jobs.close_async()


async def _run_periodically(action: Callable[[], Awaitable[object]], *, every: float) -> None:
    while True:
        try:
            await action()
        except Exception:
            log.exception("what is done periodically failed; it is tried again")
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
