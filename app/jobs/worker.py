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
from app.core.db import make_engine, readers, writers
from app.core.meters import Meters, shown
from app.core.scanner import Scanner
from app.core.signing import Signer
from app.core.staging import Staging
from app.core.store import LocalStore, open_store
from app.core.traces import traces
from app.domain.ledger.notes import Verifier
from app.domain.receipts.actions import HAND
from app.jobs.at_work import CLOSING, AtWork, end_within
from app.jobs.audit import verify_all
from app.jobs.carry import carry_earlier, carry_text, carry_texts
from app.jobs.disseminate import PASSING, Desk, clear_withdrawn, disseminate_all, disseminate_at_its_time, seal_earlier
from app.jobs.index import index, index_file
from app.jobs.ledger import keep_growing
from app.jobs.letters import send_letters, write_letters
from app.jobs.measure import measure
from app.jobs.reactions import (
    CARRY_TEXT,
    CARRY_TEXTS,
    CLEAR,
    DISSEMINATE,
    INDEX,
    INDEX_FILE,
    RENDER,
    RENDER_DOCUMENT,
    SETTLE,
    WRITE_LETTERS,
    reacting,
)
from app.jobs.render import NotWhole, render, render_document
from app.jobs.showing import Condition
from app.jobs.silence import NotYet, settle_all, settle_at_its_time
from app.jobs.upkeep import check_fixity, scan_again, sweep_orphans, sweep_uploads
from app.jobs.witnessing import keep_witnessed
from app.jobs.wording import Post
from app.settings import Settings, addressed

log = structlog.get_logger(__name__)

SEARCH_PATH = "-c search_path=portal,jobs -c timezone=UTC"
SERVICE = "cwg-worker"
DEMO = 10  # seconds for running jobs to end when the demo is stopped
MOST_DEATHS = 3  # workers that may crash in a job until it counts as failed
APART = timedelta(seconds=10)  # between the retries of several jobs of a crashed worker
SILENCE = 10.0  # seconds without heartbeat after which a worker counts as dead
POLLING = 1.0  # seconds between two looks for scheduled jobs
SWEEPING, SCANNING = "*/10 * * * *", "* * * * *"  # every ten minutes, every minute
HOURLY, NIGHTLY = "23 * * * *", "37 1 * * *"  # in UTC
# A scheduled release must be carried out: a store that is down for an hour only delays it. The job itself gives up, by
# the clock (see the release actions, some 130 attempts): it then raises an error that is not retried.
AGAIN = RetryStrategy(max_attempts=None, wait=3, linear_wait=10, retry_exceptions=PASSING)

UNTIL_WHOLE = RetryStrategy(max_attempts=None, wait=3, linear_wait=10, retry_exceptions=(NotWhole, *PASSING))
AT_ITS_TIME = RetryStrategy(max_attempts=None, wait=1, linear_wait=1, retry_exceptions=(NotYet, *PASSING))
SIDE_BY_SIDE = 2  # jobs at the same time: one may render for a minute while the other does what people wait for


def work(settings: Settings, *, silence: float = SILENCE) -> None:
    """Run jobs until SIGTERM or SIGINT; running jobs are finished first, or queued again if that takes too long."""
    settings.insist_on_working()
    with (
        closing(traces(settings.traces, SERVICE)) as tracer,
        desk(settings) as context,
        shown(settings.metrics, _build_collector(settings, context)),
    ):
        if settings.traces:
            tracer.watch(cast("Engine", context.write.kw["bind"]))
        seal_earlier(context)
        carry_earlier(context)
        grace_seconds = DEMO if settings.demo else settings.finish_seconds
        witnesses = tuple(map(addressed, settings.witnesses))
        jobs = queue(settings, context)
        at_work = AtWork(jobs, Meters(), tracer, every=silence / 4)
        asyncio.run(_run_jobs(jobs, context, witnesses, at_work, silence, grace_seconds))


def _build_collector(settings: Settings, context: Desk) -> Condition:
    """Build the Prometheus collector of the health metrics, on the connections of the worker context."""
    read = readers(cast("Engine", context.write.kw["bind"]))
    return Condition(read, settings.thresholds, settings.witness_names)


@contextmanager
def desk(settings: Settings) -> Iterator[Desk]:
    """Open the resources that jobs use, under the portal's database role."""
    engine = make_engine(cast("str", settings.database_url), pool=settings.database_pool, application="cwg-worker")
    store, released = open_store(settings.store_url), open_store(settings.release_store_url)
    for each_store in (store, released):
        if isinstance(each_store, LocalStore):
            each_store.sweep()  # partial files of a killed upload or copy
    try:
        scanner = Scanner(settings.clamd) if settings.clamd else None
        staging = Staging(settings.staging_folder)
        signer = Signer.of(settings.portal_url, settings.signing_key.get_secret_value(), settings.previous_public_keys)
        yield Desk(
            writers(engine, {"react": reacting(letters=settings.sends_letters), HAND: signer}),
            store,
            released,
            staging,
            scanner,
            signer,
            settings.soffice,
            Post.of(settings),
            settings.fixity_days,
        )
    finally:
        engine.dispose()


def queue(settings: Settings, ours: Desk) -> App:
    """Build the job queue with all tasks."""
    address = make_url(cast("str", settings.database_url)).set(drivername="postgresql")
    options = {"options": SEARCH_PATH, "application_name": "cwg-queue", "connect_timeout": 5}
    connector = PsycopgConnector(
        conninfo=address.render_as_string(hide_password=False), kwargs=options, min_size=1, max_size=4
    )
    app = App(connector=connector)

    @app.task(name=DISSEMINATE, retry=AGAIN)
    def _disseminate(output: str, **_facts: object) -> None:
        disseminate_at_its_time(ours, UUID(output))

    @app.periodic(cron=SCANNING, periodic_id="disseminate")
    @app.task(name="disseminate-all", queueing_lock="disseminate-all")
    def _disseminate_all(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        disseminate_all(ours)

    @app.task(name=RENDER, retry=UNTIL_WHOLE)
    def _render(file: str, **_facts: object) -> None:
        render(ours, file)

    @app.task(name=RENDER_DOCUMENT, retry=UNTIL_WHOLE)
    def _render_document(document: str, **_facts: object) -> None:
        render_document(ours, UUID(document))

    @app.task(name=INDEX, retry=AGAIN)
    def _index(document: str, **_facts: object) -> None:
        index(ours, UUID(document))

    @app.task(name=INDEX_FILE, retry=AGAIN)
    def _index_file(file: str, **_facts: object) -> None:
        index_file(ours, file)

    @app.task(name=CARRY_TEXT, retry=AGAIN)
    def _carry_text(file: str, **_facts: object) -> None:
        carry_text(ours, file)

    @app.task(name=CARRY_TEXTS, retry=AGAIN)
    def _carry_texts(output: str, **_facts: object) -> None:
        carry_texts(ours, UUID(output))

    @app.task(name=CLEAR, retry=AGAIN)
    def _clear(output: str, **_facts: object) -> None:
        clear_withdrawn(ours, UUID(output))

    @app.task(name=SETTLE, retry=AT_ITS_TIME)
    def _settle(output: str, **_facts: object) -> None:
        settle_at_its_time(ours, UUID(output))

    @app.periodic(cron=SCANNING, periodic_id="settle")
    @app.task(name="settle-all", queueing_lock="settle-all")
    def _settle_all(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        settle_all(ours)

    @app.task(name=WRITE_LETTERS, retry=AGAIN)
    def _write_letters(line: int, **_facts: object) -> None:
        write_letters(ours, line)

    # One at a time: a hanging mail server blocks no more than one of the concurrent jobs.
    @app.periodic(cron=SCANNING, periodic_id="letters")
    @app.task(name="send-letters", queueing_lock="send-letters", lock="send-letters")
    def _send_letters(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        send_letters(ours)

    @app.periodic(cron=SWEEPING, periodic_id="sweep")
    @app.task(name="sweep-uploads", queueing_lock="sweep-uploads")
    def _sweep(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        sweep_uploads(ours)

    @app.periodic(cron=SCANNING, periodic_id="scan")
    @app.task(name="scan-again", queueing_lock="scan-again")
    def _scan(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        scan_again(ours)

    @app.periodic(cron=SCANNING, periodic_id="measure")
    @app.task(name="measure", queueing_lock="measure")
    def _measure(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        measure(ours, settings)

    @app.periodic(cron=SWEEPING, periodic_id="fixity")
    @app.task(name="check-fixity", queueing_lock="check-fixity", lock="check-fixity")
    def _check_fixity(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        check_fixity(ours)

    @app.periodic(cron=HOURLY, periodic_id="orphans")
    @app.task(name="sweep-orphans", queueing_lock="sweep-orphans")
    def _sweep_orphans(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        sweep_orphans(ours)

    @app.periodic(cron=NIGHTLY, periodic_id="verify")
    @app.task(name="verify", queueing_lock="verify")
    def _verify(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        verify_all(ours, settings)

    return app


async def _run_jobs(
    jobs: App,
    context: Desk,
    witnesses: Sequence[tuple[str, Verifier]],
    at_work: AtWork,
    silent_seconds: float,
    grace_seconds: float,
) -> None:
    async with jobs.open_async():
        background = [
            asyncio.create_task(_run_periodically(lambda: take_over(jobs, silent_seconds), every=silent_seconds / 2)),
            asyncio.create_task(keep_growing(context, [verifier for _, verifier in witnesses])),
            *(asyncio.create_task(keep_witnessed(context, witness)) for witness in witnesses),
        ]
        working = jobs.run_worker_async(
            concurrency=SIDE_BY_SIDE,
            install_signal_handlers=False,
            fetch_job_polling_interval=POLLING,
            delete_jobs="successful",
            update_heartbeat_interval=silent_seconds / 4,
            stalled_worker_timeout=silent_seconds,
            worker_middleware=[at_work.note],
        )
        code = 1
        try:
            await at_work.until_told(working, grace_seconds)
            code = 0
        finally:
            end_within(CLOSING, code)
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


async def take_over(jobs: App, silence: float) -> None:
    """Queue the jobs of silent workers again. A job may thus run twice: every task is written for that.

    A job during which a worker crashed is queued behind all others, and several are spaced out, so that each is tried
    alone; after `MAX_WORKER_DEATHS` it is marked as failed. Its priority counts the crashes.
    """
    for number, job in enumerate(await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=silence)):
        if job.priority <= 1 - MOST_DEATHS:
            log.error("workers die of a job: it is not tried again", job=job.id, task=job.task_name)
            await jobs.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            continue
        log.warning("the worker of a job is gone; the job runs again", job=job.id, task=job.task_name)
        at = clock.now() + number * APART
        await jobs.job_manager.retry_job(job, retry_at=at, priority=job.priority - 1)
