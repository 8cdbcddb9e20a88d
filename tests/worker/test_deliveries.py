"""Deliveries by the worker: with the release or not at all, once, whenever the worker is killed; and their e-mails."""

import os
import signal
from uuid import UUID

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from app.core.db import read_session_factory, transaction, write_session_factory
from app.core.journal import JournalLine, find_journal_faults
from app.domain.deliveries.models import Delivery
from app.domain.identity.models.tables import Person
from app.domain.notifications.actions.creation import create_notifications
from app.domain.notifications.models import EmailNotification
from app.domain.outputs.actions import release
from app.domain.outputs.inputs import NewReleasePlan
from app.domain.outputs.models import Output
from app.domain.releases.actions import withdrawal
from app.worker.deliveries import complete_deliveries
from app.worker.release import release_output, withdraw_output
from app.worker.subscriptions import queue_jobs
from tests.waiting import wait_until
from tests.worker.test_worker import (
    fetch_value,
    hold_journal_lock,
    is_commit_waiting,
    make_worker_context,
    run_worker,
)
from tests.world import PARENT, World

MADE, SENT = (
    f"SELECT count(*) FROM portal.journal_line WHERE event = 'delivery:{event}'" for event in ("made", "sent")
)
ROWS = "SELECT string_agg(recipient || ' ' || state, ', ' ORDER BY recipient) FROM portal.delivery"


@pytest.fixture
def output_for_units(world, engine) -> UUID:
    """An output that leaves now, to TSB and BR."""
    return schedule_for_units(world, engine, world.meeting(opens_in=-1))


def schedule_for_units(world, engine, meeting) -> UUID:
    output = world.approved(meeting)
    actor = world.actor("ines")
    with transaction(write_session_factory(engine, {"react": queue_jobs})) as session:
        plan = NewReleasePlan(addressees=frozenset({"tsb", "br"}))
        release.schedule_release(session, actor, session.get_one(Output, output.id), plan)
    return output.id


def kill_worker_at_commit(engine, settings, database) -> None:
    """Start a worker, and kill it while it waits to commit."""
    with hold_journal_lock(database), run_worker(settings) as process:
        wait_until(lambda: is_commit_waiting(engine))
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)


def test_a_killed_worker_leaves_no_delivery_twice_and_none_lost(
    output_for_units, context, engine, settings, database
) -> None:
    kill_worker_at_commit(engine, settings, database)
    assert (fetch_value(engine, MADE), fetch_value(engine, ROWS)) == (0, None)  # neither released nor delivered
    assert fetch_value(engine, "SELECT status FROM portal.output") == "leaving"

    assert release_output(context, output_for_units)
    assert fetch_value(engine, ROWS) == "br due, tsb due"
    kill_worker_at_commit(engine, settings, database)
    assert (fetch_value(engine, MADE), fetch_value(engine, SENT)) == (2, 0)
    with run_worker(settings):
        wait_until(lambda: fetch_value(engine, SENT) == 2)
        unfinished = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name IN ('deliver', 'disseminate')"
        wait_until(lambda: fetch_value(engine, unfinished) == 0)

    complete_deliveries(context)
    assert (fetch_value(engine, MADE), fetch_value(engine, SENT)) == (2, 2)
    assert fetch_value(engine, ROWS) == "br sent, tsb sent"
    with transaction(read_session_factory(engine)) as session:
        assert find_journal_faults(session) == []


def test_the_minute_job_does_what_is_missing(output_for_units, world, engine, settings, database) -> None:
    """After a job was lost, or a worker of an earlier version released and withdrew."""
    context = make_worker_context(engine, settings)
    release_output(context, output_for_units)
    database.run_as_superuser("DELETE FROM portal.delivery")

    complete_deliveries(context)
    assert fetch_value(engine, ROWS) == "br sent, tsb sent"

    take_out(world, context, output_for_units)
    assert fetch_value(engine, ROWS) == "br sent, tsb sent"
    for _ in range(2):
        complete_deliveries(context)
        assert fetch_value(engine, ROWS) == "br called-back, tsb called-back"
    assert fetch_value(engine, "SELECT count(*) FROM portal.journal_line WHERE event = 'delivery:called-back'") == 2


def take_out(world, context, output_id) -> None:
    """Withdraw a text as a worker of an earlier version did, without a call for its deliveries."""
    with transaction(world.read) as session:
        output = session.get_one(Output, output_id)
    world.to_be_withdrawn(output)
    world.decide_withdrawal(output)
    with transaction(context.write_sessions) as session:
        withdrawal.withdraw_output(session, output_id)


def test_an_output_whose_deliveries_fail_keeps_no_other_back(
    output_for_units, world, context, engine, database
) -> None:
    """Whether they are made, sent or called back; what failed is logged, and done once it can be."""
    other = schedule_for_units(world, engine, world.meeting(opens_in=-1, number=31))
    states = "SELECT string_agg(DISTINCT state, ', ') FROM portal.delivery WHERE output_id = "

    def complete_with_fault(refused: str) -> tuple[str | None, str | None]:
        """The states of the output that fails, and of the other, after the deliveries were completed."""
        database.run_as_superuser(
            "ALTER TABLE portal.delivery ADD CONSTRAINT fault"
            f" CHECK (output_id <> '{output_for_units}' OR state <> '{refused}') NOT VALID"
        )
        with capture_logs() as logged:
            complete_deliveries(context)
        database.run_as_superuser("ALTER TABLE portal.delivery DROP CONSTRAINT fault")
        assert {each["event"] for each in logged} == {"a delivery was not completed"}
        failed, done = (fetch_value(engine, f"{states}'{each}'") for each in (output_for_units, other))
        complete_deliveries(context)
        assert fetch_value(engine, f"{states}'{output_for_units}'") == done
        return failed, done

    for each in (output_for_units, other):
        release_output(context, each)
    database.run_as_superuser("DELETE FROM portal.delivery")
    assert complete_with_fault("due") == (None, "sent")
    database.run_as_superuser("UPDATE portal.delivery SET state = 'due', sent_at = NULL")
    assert complete_with_fault("sent") == ("due", "sent")
    for each in (output_for_units, other):
        take_out(world, context, each)
    assert complete_with_fault("called-back") == ("sent", "called-back")


def list_readers(context, event: str) -> list[str]:
    """Write the queued notifications; list who gets one about this event."""
    with transaction(context.write_sessions) as session:
        queue = (
            "DELETE FROM jobs.procrastinate_jobs WHERE task_name = 'write-letters' RETURNING (args->>'line')::bigint"
        )
        for line in map(int, session.scalars(text(queue)).all()):
            create_notifications(session, line, context.mail.digests)
    with transaction(context.write_sessions) as session:
        found = (
            select(Person.subject)
            .join(EmailNotification, EmailNotification.person_id == Person.id)
            .join(JournalLine, JournalLine.seq == EmailNotification.line)
            .where(JournalLine.event == event)
        )
        return sorted(subject.removeprefix("demo-") for subject in session.scalars(found))


def test_officers_of_the_unit_alone_are_notified_of_what_was_sent_and_withdrawn(
    output_for_units, world, context
) -> None:
    world.seat("olga", "tsb")
    release_output(context, output_for_units)
    complete_deliveries(context)
    assert list_readers(context, "delivery:sent") == ["olga"]

    with transaction(world.read) as session:
        output = session.get_one(Output, output_for_units)
    world.to_be_withdrawn(output)
    world.decide_withdrawal(output)
    withdraw_output(context, output.id)
    assert list_readers(context, "delivery:called-back") == ["olga"]


def test_an_acknowledged_delivery_is_not_asked_for_by_e_mail(output_for_units, world, context) -> None:
    world.seat("olga", "tsb")
    release_output(context, output_for_units)
    complete_deliveries(context)
    with transaction(world.read) as session:
        [delivery] = session.scalars(select(Delivery).where(Delivery.recipient == "tsb"))
    world.acknowledge(delivery)
    assert list_readers(context, "delivery:sent") == []


def test_the_receiving_secretariat_is_notified_and_the_sender_of_what_is_returned(world, context) -> None:
    world.seat("olga", "secretary", body=PARENT)
    output = world.leaving(world.meeting(opens_in=-1), kind="parent_report")
    release_output(context, output.id)
    complete_deliveries(context)
    assert list_readers(context, "delivery:sent") == ["olga"]

    notified_world = World(context.write_sessions, world.read, world.store)
    notified_world.return_text(world.delivery_to_body(output), by="olga")
    assert list_readers(context, "delivery:returned") == ["daniel", "ines", "laurent", "layla"]
