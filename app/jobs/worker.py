"""The worker process: runs queued jobs until told to stop, and takes over the jobs of a worker that was killed."""

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
DEMO = 10  # seconds for running jobs to end, once the demo is told to stop
MOST_DEATHS = 3  # of workers, until the job that they ran is left alone
APART = timedelta(seconds=10)
SILENCE = 10.0  # a worker that has not been heard of for so many seconds is dead
POLLING = 1.0  # seconds from the instant for which a job was scheduled until it is seen, at most
SWEEPING, SCANNING = "*/10 * * * *", "* * * * *"  # every ten minutes, every minute
HOURLY, NIGHTLY = "23 * * * *", "37 1 * * *"  # in UTC
# What was let out must get there: a store that is down for an hour delays it, and nothing else. When to give up is
# the job's to say, by the clock (`releases.PATIENCE`, some 130 attempts): it then raises what is not tried again.
AGAIN = RetryStrategy(max_attempts=None, wait=3, linear_wait=10, retry_exceptions=PASSING)

UNTIL_WHOLE = RetryStrategy(max_attempts=None, wait=3, linear_wait=10, retry_exceptions=(NotWhole, *PASSING))
AT_ITS_TIME = RetryStrategy(max_attempts=None, wait=1, linear_wait=1, retry_exceptions=(NotYet, *PASSING))
SIDE_BY_SIDE = 2  # one may render for a minute while the other does what somebody waits for


def work(settings: Settings, *, silence: float = SILENCE) -> None:
    """Run jobs until SIGTERM or SIGINT; jobs that run then are finished first, or given back if that takes too long."""
    settings.insist_on_working()
    with (
        closing(traces(settings.traces, SERVICE)) as told,
        desk(settings) as ours,
        shown(settings.metrics, _condition(settings, ours)),
    ):
        if settings.traces:
            told.watch(cast("Engine", ours.write.kw["bind"]))
        seal_earlier(ours)
        carry_earlier(ours)
        patience = DEMO if settings.demo else settings.finish_seconds
        witnesses = tuple(map(addressed, settings.witnesses))
        jobs = queue(settings, ours)
        at_work = AtWork(jobs, Meters(), told, every=silence / 4)
        asyncio.run(_work(jobs, ours, witnesses, at_work, silence, patience))


def _condition(settings: Settings, ours: Desk) -> Condition:
    """The numbers of the house, read over the desk's own connections."""
    read = readers(cast("Engine", ours.write.kw["bind"]))
    return Condition(read, settings.thresholds, settings.witness_names)


@contextmanager
def desk(settings: Settings) -> Iterator[Desk]:
    """Open what jobs work with, under the portal's role."""
    engine = make_engine(cast("str", settings.database_url), pool=settings.database_pool, application="cwg-worker")
    shelf, released = open_store(settings.store_url), open_store(settings.release_store_url)
    for store in (shelf, released):
        if isinstance(store, LocalStore):
            store.sweep()  # what a killed upload or copy left half-way
    try:
        scanner = Scanner(settings.clamd) if settings.clamd else None
        staging = Staging(settings.staging_folder)
        sign = Signer.of(settings.portal_url, settings.signing_key.get_secret_value(), settings.previous_public_keys)
        yield Desk(
            writers(engine, {"react": reacting(letters=settings.sends_letters), HAND: sign}),
            shelf,
            released,
            staging,
            scanner,
            sign,
            settings.soffice,
            Post.of(settings),
            settings.fixity_days,
        )
    finally:
        engine.dispose()


def queue(settings: Settings, ours: Desk) -> App:
    """The queue with every task that `app.jobs.reactions` names."""
    address = make_url(cast("str", settings.database_url)).set(drivername="postgresql")
    options = {"options": SEARCH_PATH, "application_name": "cwg-queue", "connect_timeout": 5}
    connector = PsycopgConnector(
        conninfo=address.render_as_string(hide_password=False), kwargs=options, min_size=1, max_size=4
    )
    made = App(connector=connector)

    @made.task(name=DISSEMINATE, retry=AGAIN)
    def _disseminate(output: str, **_facts: object) -> None:
        disseminate_at_its_time(ours, UUID(output))

    @made.periodic(cron=SCANNING, periodic_id="disseminate")
    @made.task(name="disseminate-all", queueing_lock="disseminate-all")
    def _disseminate_all(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        disseminate_all(ours)

    @made.task(name=RENDER, retry=UNTIL_WHOLE)
    def _render(file: str, **_facts: object) -> None:
        render(ours, file)

    @made.task(name=RENDER_DOCUMENT, retry=UNTIL_WHOLE)
    def _render_document(document: str, **_facts: object) -> None:
        render_document(ours, UUID(document))

    @made.task(name=INDEX, retry=AGAIN)
    def _index(document: str, **_facts: object) -> None:
        index(ours, UUID(document))

    @made.task(name=INDEX_FILE, retry=AGAIN)
    def _index_file(file: str, **_facts: object) -> None:
        index_file(ours, file)

    @made.task(name=CARRY_TEXT, retry=AGAIN)
    def _carry_text(file: str, **_facts: object) -> None:
        carry_text(ours, file)

    @made.task(name=CARRY_TEXTS, retry=AGAIN)
    def _carry_texts(output: str, **_facts: object) -> None:
        carry_texts(ours, UUID(output))

    @made.task(name=CLEAR, retry=AGAIN)
    def _clear(output: str, **_facts: object) -> None:
        clear_withdrawn(ours, UUID(output))

    @made.task(name=SETTLE, retry=AT_ITS_TIME)
    def _settle(output: str, **_facts: object) -> None:
        settle_at_its_time(ours, UUID(output))

    @made.periodic(cron=SCANNING, periodic_id="settle")
    @made.task(name="settle-all", queueing_lock="settle-all")
    def _settle_all(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        settle_all(ours)

    @made.task(name=WRITE_LETTERS, retry=AGAIN)
    def _write_letters(line: int, **_facts: object) -> None:
        write_letters(ours, line)

    # One at a time: a mail server that hangs holds up no more than one of those who do the house's work.
    @made.periodic(cron=SCANNING, periodic_id="letters")
    @made.task(name="send-letters", queueing_lock="send-letters", lock="send-letters")
    def _send_letters(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        send_letters(ours)

    @made.periodic(cron=SWEEPING, periodic_id="sweep")
    @made.task(name="sweep-uploads", queueing_lock="sweep-uploads")
    def _sweep(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        sweep_uploads(ours)

    @made.periodic(cron=SCANNING, periodic_id="scan")
    @made.task(name="scan-again", queueing_lock="scan-again")
    def _scan(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        scan_again(ours)

    @made.periodic(cron=SCANNING, periodic_id="measure")
    @made.task(name="measure", queueing_lock="measure")
    def _measure(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        measure(ours, settings)

    @made.periodic(cron=SWEEPING, periodic_id="fixity")
    @made.task(name="check-fixity", queueing_lock="check-fixity", lock="check-fixity")
    def _check_fixity(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        check_fixity(ours)

    @made.periodic(cron=HOURLY, periodic_id="orphans")
    @made.task(name="sweep-orphans", queueing_lock="sweep-orphans")
    def _sweep_orphans(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        sweep_orphans(ours)

    @made.periodic(cron=NIGHTLY, periodic_id="verify")
    @made.task(name="verify", queueing_lock="verify")
    def _verify(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for when it is
        verify_all(ours, settings)

    return made


async def _work(
    jobs: App,
    ours: Desk,
    witnesses: Sequence[tuple[str, Verifier]],
    at_work: AtWork,
    silence: float,
    patience: float,
) -> None:
    async with jobs.open_async():
        beside = [
            asyncio.create_task(_repeat(lambda: take_over(jobs, silence), every=silence / 2)),
            asyncio.create_task(keep_growing(ours, [verifier for _, verifier in witnesses])),
            *(asyncio.create_task(keep_witnessed(ours, witness)) for witness in witnesses),
        ]
        working = jobs.run_worker_async(
            concurrency=SIDE_BY_SIDE,
            install_signal_handlers=False,
            fetch_job_polling_interval=POLLING,
            delete_jobs="successful",
            update_heartbeat_interval=silence / 4,
            stalled_worker_timeout=silence,
            worker_middleware=[at_work.note],
        )
        code = 1
        try:
            await at_work.until_told(working, patience)
            code = 0
        finally:
            end_within(CLOSING, code)
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


async def _repeat(act: Callable[[], Awaitable[None]], *, every: float) -> None:
    while True:
        try:
            await act()
        except Exception:
            log.exception("jobs of silent workers could not be looked for; the next time will tell")
        await asyncio.sleep(every)


async def take_over(jobs: App, silence: float) -> None:
    """Queue the jobs of silent workers once more. A job may thus run twice: every task is written for that.

    One that a worker died of goes behind all others, and several start apart, so that each is tried alone; after
    `MOST_DEATHS` it is left where it is, as failed. Its priority tells how often a worker died of it.
    """
    for number, job in enumerate(await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=silence)):
        if job.priority <= 1 - MOST_DEATHS:
            log.error("workers die of a job: it is not tried again", job=job.id, task=job.task_name)
            await jobs.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            continue
        log.warning("the worker of a job is gone; the job runs again", job=job.id, task=job.task_name)
        at = clock.now() + number * APART
        await jobs.job_manager.retry_job(job, retry_at=at, priority=job.priority - 1)
