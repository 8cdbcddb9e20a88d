"""E-mail to people whose accreditation begins only after a State was asked for something: each gets it once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import delete, event, select, update

from app.core import clock
from app.core.db import transaction
from app.core.mail.rounds import GIVE_UP_AFTER
from app.core.validation import ReasonInput
from app.domain.bodies.models import REPRESENTATIVES, Accreditation, Body, Capacity
from app.domain.contributions.actions import confirmations, late_submissions
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.confirmations import select_confirmation_requests
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.notifications.actions import delivery
from app.domain.notifications.actions.later_seats import create_notifications_for_later_seats
from app.domain.notifications.models import DeliveryChoice, DeliveryStatus, EmailNotification, NotificationCategory
from app.domain.notifications.rules.catalogue import NOTIFICATION_TYPES
from app.domain.notifications.rules.catalogue_contributions import CONFIRMATION_REQUEST
from app.domain.silence.models import SilenceProcedure
from app.domain.silence.queries.addressees import list_informed_states
from app.worker.notifications import send_due_notifications
from app.worker.release import WorkerContext
from tests.domain.test_confirmations import end_seats
from tests.worker.test_notifications import (
    ADDRESSEES,
    CONCERNED,
    DAY,
    SECRET_WORDS,
    change_text,
    choose,
    count_fates,
    decline,
    end_accreditation,
    extend_deadline,
    open_procedure,
    write_and_send,
    write_queued,
)
from tests.world import World, record_rows

HOUR = timedelta(hours=1)
OPENED, REQUESTED = NOTIFICATION_TYPES["silence:opened"][0].subject, CONFIRMATION_REQUEST.subject


def accredit(world: World, key: str, *, begins_in: int = 0, capacity: str = Capacity.DELEGATE) -> None:
    """Accredit somebody from a day on, in so many days."""
    first = clock.now().date() + timedelta(days=begins_in)
    person = world.person(key)
    with transaction(world.write) as session:
        record_rows(session)
        session.add(
            Accreditation(
                person_id=person.id,
                body_id=world.body().id,
                entity=person.entity,
                capacity=capacity,
                from_on=first,
                until_on=first + timedelta(days=365),
                granted_at=clock.now(),
            )
        )


def list_subjects(box) -> list[str]:
    """Return the subjects of what was sent, and empty the box."""
    return [str(each["Subject"]).partition(": ")[2] for each in box.emptied()]


def move_person(world: World, key: str, entity: str) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        session.get_one(Person, world.person(key).id).entity = entity


def hold_and_take_up(world: World, waiting: Contribution, meeting: Meeting) -> None:
    because = ReasonInput(reason="It is too late.")
    with world.acting("laurent") as (session, actor):
        stored = session.get_one(Contribution, waiting.id)
        late_submissions.hold_late_contribution(session, actor, stored, because, version=stored.version)
    with world.acting("ines") as (session, actor):
        stored, later = session.get_one(Contribution, waiting.id), session.get_one(Meeting, meeting.id)
        late_submissions.take_up_held_contribution(session, actor, stored, later, version=stored.version)


def confirm(world: World, waiting: Contribution, *, by: str) -> None:
    with world.acting(by) as (session, actor):
        stored = session.get_one(Contribution, waiting.id)
        confirmations.confirm_contribution(session, actor, stored, version=stored.version)


# Silence procedures.


@pytest.mark.parametrize("capacity", REPRESENTATIVES)
@pytest.mark.parametrize("key", ["wambui", "layla"])  # of a State that has others, and of one that had no one
def test_who_is_accredited_while_silence_runs_is_notified_of_its_opening_once(
    notified_world, context, box, key: str, capacity: str
) -> None:
    procedure = open_procedure(notified_world)
    assert write_and_send(context, box) == ADDRESSEES

    with clock.shifted_clock(HOUR):
        accredit(notified_world, key, capacity=capacity)
        send_due_notifications(context)
        (message,) = box.took
        assert f"/silence/{procedure.id}" in message.get_content()
        assert SECRET_WORDS not in message.get_content()
        assert list_subjects(box) == [OPENED.translate(notified_world.person(key).locale)]
        accredit(notified_world, key, begins_in=1, capacity=capacity)
    with clock.shifted_clock(2 * DAY):
        assert write_and_send(context, box) == []


def test_who_is_accredited_from_a_later_day_on_is_notified_on_that_day_as_the_page_says(
    notified_world, context, box
) -> None:
    procedure = open_procedure(notified_world, hours=120)
    write_and_send(context, box)
    accredit(notified_world, "layla", begins_in=2)
    midnight = datetime.combine(clock.now().date() + 2 * DAY, time(0), UTC)

    with clock.shifted_clock(midnight - clock.now() - HOUR):
        assert write_and_send(context, box) == []
    with clock.shifted_clock(midnight - clock.now() + HOUR), transaction(notified_world.read) as session:
        assert write_and_send(context, box) == ["layla"]
        states = list_informed_states(session, session.get_one(SilenceProcedure, procedure.id))
        assert {state.since for state in states if state.entity == "SAU"} == {midnight}


def test_who_was_notified_is_not_notified_again_with_another_accreditation(notified_world, context, box) -> None:
    open_procedure(notified_world)
    assert write_and_send(context, box) == ADDRESSEES

    with clock.shifted_clock(HOUR):
        end_accreditation(notified_world, "rafael")
        accredit(notified_world, "rafael")
        assert write_and_send(context, box) == []


def test_who_had_lost_the_seat_when_the_message_left_is_notified_with_another_seat(
    notified_world, context, box
) -> None:
    open_procedure(notified_world)
    write_queued(context)
    end_accreditation(notified_world, "rafael")
    assert write_and_send(context, box) == ["amina", "haruka", "joseph"]

    with clock.shifted_clock(HOUR):
        accredit(notified_world, "rafael")
        assert write_and_send(context, box) == ["rafael"]
        assert write_and_send(context, box) == []
    assert count_fates(context) == {DeliveryStatus.SENT: 4}


def test_who_belongs_to_the_state_again_is_notified(notified_world, context, box) -> None:
    """The accreditation is older than the procedure, and counts only again."""
    move_person(notified_world, "rafael", "URY")
    open_procedure(notified_world)
    assert write_and_send(context, box) == ["amina", "haruka", "joseph"]

    move_person(notified_world, "rafael", "BRA")
    assert write_and_send(context, box) == ["rafael"]
    move_person(notified_world, "rafael", "URY")
    move_person(notified_world, "rafael", "BRA")
    assert write_and_send(context, box) == []


def test_only_people_of_addressees_who_want_it_are_notified(notified_world, context, box) -> None:
    """Not a participant under Resolution 99, a sector member, an officer, or who stopped the kind."""
    with transaction(notified_world.write) as session:
        record_rows(session)
        session.get_one(Body, notified_world.body().id).admits = ["member_state", "res99", "sector_member"]
        session.get_one(Person, notified_world.person("wambui").id).membership = "res99"
    move_person(notified_world, "wambui", "PSE")
    with notified_world.acting("layla") as (session, actor):
        choose(session, actor, DeliveryChoice.NEVER, NotificationCategory.SILENCE)
    procedure = open_procedure(notified_world)
    write_and_send(context, box)

    with clock.shifted_clock(HOUR):
        for key in ("wambui", "chen", "layla", "laurent"):
            accredit(notified_world, key)
        notified_world.seat("olga", "secretary")
        assert write_and_send(context, box) == ["laurent"]
        extend_deadline(notified_world, procedure)
        assert write_and_send(context, box) == sorted({*CONCERNED, "olga"} - {"layla"})


@pytest.mark.parametrize("end", ["broken", "void", "over"])
def test_no_one_is_notified_of_a_procedure_that_ended(notified_world, context, box, end: str) -> None:
    procedure = open_procedure(notified_world)
    write_and_send(context, box)
    with clock.shifted_clock(timedelta(hours=74 if end == "over" else 1)):
        if end == "broken":
            notified_world.position(procedure, "rafael", "breaks")
        elif end == "void":
            change_text(notified_world, procedure)
        accredit(notified_world, "wambui")

        write_queued(context)
        send_due_notifications(context)
    assert OPENED.translate("en") not in list_subjects(box)


def test_after_a_restore_only_those_are_notified_who_were_accredited_after_it(
    notified_world, context, box, database
) -> None:
    """What was sent between the backup and the restore is not known."""
    open_procedure(notified_world)
    write_and_send(context, box)
    with clock.shifted_clock(HOUR):
        accredit(notified_world, "wambui")
    restored = clock.now() + 2 * HOUR
    database.run_as_superuser(
        "INSERT INTO portal.restoration (id, backup, taken_at, restored_at, lines, reason)"
        f" VALUES (gen_random_uuid(), 'one', now(), '{restored.isoformat()}', 1, '')"
    )
    with transaction(context.write_sessions) as session:
        session.execute(delete(EmailNotification))

    with clock.shifted_clock(3 * HOUR):
        assert write_and_send(context, box) == []
        accredit(notified_world, "layla")
        assert write_and_send(context, box) == ["layla"]


# Confirmations.


def test_the_first_people_of_a_state_are_notified_what_waits_for_them_once(notified_world, context, box) -> None:
    waiting = notified_world.submitted_for(notified_world.meeting(), "SAU", title=SECRET_WORDS)
    assert write_and_send(context, box) == []

    accredit(notified_world, "layla")
    send_due_notifications(context)
    (message,) = box.took
    assert f"/contributions/{waiting.id}" in message.get_content()
    assert SECRET_WORDS not in message.get_content()
    assert list_subjects(box) == [REQUESTED.translate("ar")]
    move_person(notified_world, "wambui", "SAU")
    accredit(notified_world, "wambui", capacity=Capacity.FOCAL_POINT)
    assert write_and_send(context, box) == ["wambui"]
    end_seats(notified_world, "SAU")
    accredit(notified_world, "layla")
    assert write_and_send(context, box) == []


def test_a_later_colleague_of_those_who_were_asked_is_notified_too_until_the_state_answered(
    notified_world, context, box
) -> None:
    waiting = notified_world.submitted_for(notified_world.meeting())
    assert write_and_send(context, box) == ["amina", "joseph"]

    accredit(notified_world, "wambui")
    assert write_and_send(context, box) == ["wambui"]
    confirm(notified_world, waiting, by="wambui")
    move_person(notified_world, "layla", "KEN")
    accredit(notified_world, "layla")
    assert write_and_send(context, box) == []


def test_each_submission_is_notified_of_once(notified_world, context, box) -> None:
    meeting = notified_world.meeting()
    notified_world.submitted_for(meeting, "SAU")
    notified_world.submitted_for(meeting, "SAU")
    notified_world.submitted_for(meeting, "FRA")
    accredit(notified_world, "layla")

    assert write_and_send(context, box) == ["layla", "layla"]
    assert write_and_send(context, box) == []


def test_what_was_notified_long_ago_is_not_notified_again_and_a_later_seat_is(notified_world, context, box) -> None:
    """The notifications of then are deleted while the State does not answer."""
    notified_world.submitted_for(notified_world.meeting(opens_in=200))
    assert write_and_send(context, box) == ["amina", "joseph"]

    with clock.shifted_clock(delivery.RETENTION_PERIOD + DAY):
        assert write_and_send(context, box) == []
        assert count_fates(context) == {}
        accredit(notified_world, "wambui")
        assert write_and_send(context, box) == ["wambui"]
        assert write_and_send(context, box) == []


def test_what_is_taken_up_at_another_meeting_is_notified_again(notified_world, context, box) -> None:
    waiting = notified_world.submitted_for(notified_world.meeting(opens_in=0))
    confirm(notified_world, waiting, by="amina")
    assert write_and_send(context, box) == []

    hold_and_take_up(notified_world, waiting, notified_world.meeting(number=23))

    assert write_and_send(context, box) == ["amina", "joseph"]
    accredit(notified_world, "wambui")
    assert write_and_send(context, box) == ["wambui"]
    assert write_and_send(context, box) == []


def test_what_waited_already_when_it_was_taken_up_is_not_notified_again(notified_world, context, box) -> None:
    waiting = notified_world.submitted_for(notified_world.meeting(opens_in=0))
    assert write_and_send(context, box) == ["amina", "joseph"]

    hold_and_take_up(notified_world, waiting, notified_world.meeting(number=23))

    assert write_and_send(context, box) == []


def test_who_is_seated_after_a_confirmation_ended_is_notified_though_notified_of_the_earlier_one(
    notified_world, context, box
) -> None:
    waiting = notified_world.submitted_for(notified_world.meeting(opens_in=0), "BRA")
    assert write_and_send(context, box) == ["rafael"]
    confirm(notified_world, waiting, by="rafael")
    end_seats(notified_world, "BRA")
    hold_and_take_up(notified_world, waiting, notified_world.meeting(number=23))
    assert write_and_send(context, box) == []

    accredit(notified_world, "rafael")

    assert write_and_send(context, box) == ["rafael"]


def test_what_the_state_declined_waits_for_no_later_seat(notified_world, context, box) -> None:
    declined = notified_world.submitted_for(notified_world.meeting(), "BRA")
    write_and_send(context, box)
    decline(notified_world, declined)
    write_and_send(context, box)
    move_person(notified_world, "layla", "BRA")
    accredit(notified_world, "layla")

    assert write_and_send(context, box) == []
    with transaction(notified_world.read) as session:
        assert len(session.scalars(select(EmailNotification)).all()) == 3


def test_a_notification_that_is_renewed_is_as_if_it_was_made_then(notified_world, context, box) -> None:
    """It was needless days ago, after attempts: it is not given up at once, and not counted as tried."""
    open_procedure(notified_world, hours=240)
    write_queued(context)
    with transaction(context.write_sessions) as session:
        session.execute(update(EmailNotification).values(tries=7))
    end_accreditation(notified_world, "rafael")
    assert write_and_send(context, box) == ["amina", "haruka", "joseph"]

    with clock.shifted_clock(GIVE_UP_AFTER + DAY):
        accredit(notified_world, "rafael")
        assert write_and_send(context, box) == ["rafael"]
    with transaction(context.write_sessions) as session:
        key = notified_world.person("rafael").id
        tries = session.scalars(select(EmailNotification.tries).where(EmailNotification.person_id == key))
        assert tries.all() == [0]


# What a round costs.


@contextmanager
def counted_statements(context: WorkerContext) -> Iterator[list[str]]:
    """Collect the statements that the worker executes."""
    statements: list[str] = []
    listen = lambda *args: statements.append(args[2])  # noqa: E731 - SQLAlchemy wants a function
    engine = context.write_sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", listen)
    yield statements
    event.remove(engine, "before_cursor_execute", listen)


def look(context: WorkerContext) -> tuple[int, int]:
    """Look for later seats; return the numbers of notifications created and of statements."""
    with counted_statements(context) as statements, transaction(context.write_sessions) as session:
        created = create_notifications_for_later_seats(session, context.mail.digests)
    return created, len(statements)


def stop_all(world: World, key: str) -> None:
    with world.acting(key) as (session, actor):
        choose(session, actor, DeliveryChoice.NEVER, *NotificationCategory)


def test_a_look_needs_no_more_statements_with_more_that_waits_and_more_who_stopped(
    notified_world, context, box
) -> None:
    meeting = notified_world.meeting()
    notified_world.submitted_for(meeting)
    notified_world.silence(notified_world.output(meeting), hours=73)
    write_and_send(context, box)
    assert look(context) == (0, before := look(context)[1])

    for state in ("KEN", "BRA", "FRA"):
        notified_world.submitted_for(meeting, state)
    notified_world.silence(notified_world.output(meeting), hours=73)
    stop_all(notified_world, "wambui")
    write_and_send(context, box)
    accredit(notified_world, "wambui")

    assert look(context) == (0, before)


def test_a_look_that_finds_someone_needs_no_more_statements_with_more_that_waits(notified_world, context, box) -> None:
    meeting = notified_world.meeting()
    numbers = []
    for key, more in (("wambui", 1), ("layla", 3)):
        for _ in range(more):
            notified_world.submitted_for(meeting)
        write_and_send(context, box)
        move_person(notified_world, key, "KEN")
        accredit(notified_world, key)
        numbers.append(look(context))

    assert numbers == [(1, numbers[0][1]), (4, numbers[0][1])]


COPIES = """
SET session_replication_role = replica;
CREATE TEMP TABLE copies AS SELECT gen_random_uuid() AS id FROM generate_series(1, 2000);
INSERT INTO portal.contribution SELECT (jsonb_populate_record(made, jsonb_build_object(
    'id', copies.id, 'status', 'registered', 'by_entity', made.entity
))).* FROM portal.contribution made, copies;
INSERT INTO portal.journal_line SELECT (jsonb_populate_record(made, jsonb_build_object(
    'seq', 1000000 + row_number() OVER (), 'digest', gen_random_uuid(),
    'facts', made.facts || jsonb_build_object('contribution', copies.id)
))).* FROM portal.journal_line made, copies WHERE made.event = 'contribution:submitted';
ANALYZE portal.contribution;
ANALYZE portal.journal_line
"""


@pytest.mark.parametrize("sessions", ["work", "read"])  # of the worker, and of the portal
def test_what_waits_is_found_in_the_journal_by_an_index(world, database, sessions: str) -> None:
    world.submitted_for(world.meeting())
    database.run_as_superuser(COPIES)
    with transaction(getattr(world, sessions)) as session:
        bind = session.get_bind()
        statement = select_confirmation_requests().compile(bind, compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.connection().exec_driver_sql(f"EXPLAIN {statement}").scalars())

    assert plan.count("ix_journal_line_contribution") == 2  # the requests, and the State's own submissions
    assert "Seq Scan on journal_line" not in plan
