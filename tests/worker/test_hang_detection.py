"""A worker that hangs ends by itself, so that it is started again, and its jobs run again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import yaml
from procrastinate import App
from procrastinate.jobs import Job
from procrastinate.testing import InMemoryConnector
from prometheus_client import generate_latest
from sqlalchemy import Engine, text

from app.core.observability.metrics import ProcessMetrics
from app.core.observability.tracing import start_tracing
from app.settings import Settings
from app.worker.app import TASKS, TASKS_WITH_SETTINGS
from app.worker.graceful_stop import RunningJobs, TimedJob
from app.worker.hang_detection import HUNG_EXIT_CODE, SECONDS_BY_TASK, HangLimits, JobWatch, LoopWatch
from tests.faults.installation import environment
from tests.forked import ForkedProcess
from tests.waiting import kill_all
from tests.worker import hung_worker

REPOSITORY = Path(__file__).parent.parent.parent


@contextmanager
def run_hung_worker(settings: Settings, log: Path, *, loop_seconds: int) -> Iterator[ForkedProcess]:
    ours = environment(settings.model_copy(update={"portal_url": "http://127.0.0.1:1", "demo": True}))
    process = ForkedProcess([str(loop_seconds)], ours, REPOSITORY, log, main=hung_worker.main)
    try:
        yield process
    finally:
        kill_all(process)


def queue_job(engine: Engine, task: str) -> None:
    with engine.begin() as connection:
        statement = "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args) VALUES ('default', :task, '{}')"
        connection.execute(text(statement), {"task": task})


def find_job(engine: Engine, task: str) -> tuple[str, int] | None:
    with engine.connect() as connection:
        rows = "SELECT status::text, priority FROM jobs.procrastinate_jobs WHERE task_name = :task"
        row = connection.execute(text(rows), {"task": task}).first()
        return tuple(row) if row else None


def read_errors(log: Path) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["level"] == "error"]


def test_a_worker_whose_job_blocks_for_ever_ends_and_its_other_jobs_are_queued_again(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    """The one that hung is left to the successor, for which it is a job during which a worker died (test_worker)."""
    for task in ("may-take-long", "block-thread"):
        queue_job(engine, task)
    with run_hung_worker(settings, tmp_path / "log", loop_seconds=300) as process:
        assert process.wait(120) == HUNG_EXIT_CODE

    assert find_job(engine, "may-take-long") == ("todo", 0)
    assert find_job(engine, "block-thread") == ("doing", 0)
    (error,) = [each for each in read_errors(tmp_path / "log") if "hangs" in str(each["event"])]
    assert (error["task"], "block_thread" in str(error["places"])) == ("block-thread", True)


def test_a_worker_whose_event_loop_is_blocked_ends(engine: Engine, settings: Settings, tmp_path: Path) -> None:
    queue_job(engine, "block-loop")
    with run_hung_worker(settings, tmp_path / "log", loop_seconds=15) as process:
        assert process.wait(120) == HUNG_EXIT_CODE

    (error,) = [each for each in read_errors(tmp_path / "log") if "hangs" in str(each["event"])]
    assert "block_loop" in error["places"]["MainThread"]


def test_a_worker_that_was_suspended_for_longer_than_the_limits_does_not_hang() -> None:
    """It took no look meanwhile: its job and its loop have only as much time behind them as they had."""
    limits, a_day = HangLimits(job_seconds=20, loop_seconds=20), 24 * 3600.0
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="send-letters")
    jobs, loop = JobWatch(limits), LoopWatch(limits)
    running = {1: TimedJob(job, perf_counter() - a_day)}

    assert [jobs.look_for_hung_jobs(running) for _ in range(20)] == [[]] * 20
    assert jobs.look_for_hung_jobs(running) == [running[1]]
    again = {1: TimedJob(job, perf_counter())}
    assert jobs.look_for_hung_jobs(again) == []

    assert not any(loop.look_whether_loop_hangs() for _ in range(20))
    loop.note_turn()
    assert not any(loop.look_whether_loop_hangs() for _ in range(20))
    assert loop.look_whether_loop_hangs()


def test_the_tasks_that_may_take_long_exist_and_raise_no_alert() -> None:
    """The verification of a large record takes hours each night."""
    rules = yaml.safe_load((REPOSITORY / "deploy" / "monitoring" / "rules.yaml").read_text(encoding="utf-8"))
    (expression,) = [
        rule["expr"] for group in rules["groups"] for rule in group["rules"] if rule["alert"] == "job-long"
    ]

    assert {each.name for each in (*TASKS, *TASKS_WITH_SETTINGS)} >= SECONDS_BY_TASK.keys()
    assert f'{{task!~"{"|".join(SECONDS_BY_TASK)}"}}' in expression


def test_the_longest_job_of_each_task_is_measured_until_it_ends() -> None:
    meters = ProcessMetrics()
    at_work = RunningJobs(App(connector=InMemoryConnector()), meters, start_tracing("", "test"), heartbeat_seconds=1)

    def sample() -> dict[str, float]:
        at_work.sample_oldest()
        lines = generate_latest(meters.registry).decode().splitlines()
        found = [line.split() for line in lines if line.startswith("cwg_job_running_oldest_seconds{")]
        return {name.split('"')[1]: float(value) // 1000 for name, value in found}

    for number, (task, seconds) in enumerate([("verify", 9500), ("verify", 500), ("render", 2500)]):
        job = Job(id=number, queue="default", lock=None, queueing_lock=None, task_name=task)
        at_work.running[number] = TimedJob(job, perf_counter() - seconds)

    assert sample() == {"verify": 9, "render": 2}
    del at_work.running[0]
    del at_work.running[2]
    assert sample() == {"verify": 0, "render": 0}
