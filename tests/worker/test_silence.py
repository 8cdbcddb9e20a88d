"""The jobs that end silence procedures: at the deadline, in any order, and after a worker was killed."""

import os
import signal
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core import clock, journal
from app.core.db import transaction, write_session_factory
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.models import Output
from app.domain.silence.models import SilenceProcedure
from app.worker.silence import (
    DEADLINE_TOLERANCE,
    DeadlineNotReachedError,
    settle_all_silences,
    settle_silence_at_deadline,
)
from app.worker.subscriptions import queue_jobs
from tests.domain.test_silence import frozen_time
from tests.worker.test_worker import (
    fetch_value,
    hold_journal_lock,
    is_commit_waiting,
    make_worker_context,
    run_worker,
    wait_until,
)
from tests.world import World, record_rows

ADOPTIONS = "SELECT count(*) FROM portal.journal_line WHERE event = 'output:adopted'"


@pytest.fixture
def output(world: World) -> Output:
    return world.output(world.meeting(opens_in=-1))


def test_a_job_that_runs_too_early_is_retried(world, output, engine, settings, monkeypatch) -> None:
    context, procedure = make_worker_context(engine, settings), world.silence(output)

    settle_silence_at_deadline(context, output.id)  # long before: queued by a change of the text
    with frozen_time(monkeypatch, procedure.until - DEADLINE_TOLERANCE), pytest.raises(DeadlineNotReachedError):
        settle_silence_at_deadline(context, output.id)
    with clock.shifted_clock(procedure.until - clock.now()):
        settle_silence_at_deadline(context, output.id)

    assert fetch_value(engine, ADOPTIONS) == 1


def test_the_periodic_job_ends_exactly_the_due_procedures(world, engine, settings) -> None:
    meeting = world.meeting(opens_in=-1)
    due, changed, running = (world.output(meeting, title=each) for each in ("due", "changed", "running"))
    world.silence(due, hours=73)
    world.silence(changed, hours=90)
    world.silence(running, hours=90)
    with world.acting("ines") as (session, actor):
        outputs.put_output_file(session, actor, session.get_one(Output, changed.id), world.file("en", "Another text"))

    with clock.shifted_clock(timedelta(hours=74)):
        assert [settle_all_silences(make_worker_context(engine, settings)) for _ in range(2)] == [2, 0]

    courses = "SELECT string_agg(course, ' ' ORDER BY titles->>'en') FROM portal.silence_procedure"
    assert fetch_value(engine, courses) == "void adopted open"
    assert fetch_value(engine, ADOPTIONS) == 1


def test_the_successor_of_a_worker_killed_at_the_deadline_adopts_once(
    world, output, engine, settings, database
) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(text("UPDATE portal.body SET silence_hours = 0"))
    reacting = World(write_session_factory(engine, {"react": queue_jobs}), world.read, world.store)
    procedure = reacting.silence(output, hours=5 / 3600)
    with hold_journal_lock(database):
        with run_worker(settings) as process:
            wait_until(lambda: is_commit_waiting(engine))
            os.kill(process.pid, signal.SIGKILL)
            process.wait(60)
        assert fetch_value(engine, ADOPTIONS) == 0
        assert fetch_value(engine, "SELECT course FROM portal.silence_procedure") == "open"

    with run_worker(settings):
        wait_until(lambda: fetch_value(engine, ADOPTIONS) == 1)
        wait_until(
            lambda: fetch_value(engine, "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status <> 'todo'") == 0
        )

    assert fetch_value(engine, ADOPTIONS) == 1
    with transaction(world.read) as session:
        assert session.get_one(Output, output.id).adopted_at == procedure.until
        assert session.get_one(SilenceProcedure, procedure.id).course == "adopted"
        assert journal.find_journal_faults(session) == []
