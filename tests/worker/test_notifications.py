"""Letters: each goes to those whom it concerns and to nobody else, once, whatever the mail server does."""

import io
import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
import structlog
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import sessionmaker

from app.core import clock
from app.core.db import transaction, write_session_factory
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.core.mail.message import parse_mail_address
from app.core.mail.smtp import Mailer
from app.core.observability import logging as logs
from app.core.storage import Store, open_store
from app.domain.bodies.models import Accreditation, Body
from app.domain.identity.models.tables import Person
from app.domain.meetings.actions import life_cycle as meetings
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import Meeting
from app.domain.notifications import queries
from app.domain.notifications.actions import delivery, preferences
from app.domain.notifications.models import DeliveryStatus, Notification, NotificationCategory
from app.domain.notifications.rules.catalogue import NOTIFICATION_TYPES, SILENCE_REMINDER
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.models import Output
from app.domain.silence.actions import draft_texts
from app.domain.silence.actions import procedure as silence
from app.domain.silence.events import SilenceExtended
from app.domain.silence.inputs import DeadlineExtension
from app.domain.silence.models import SilenceProcedure
from app.http.localization import Localizer
from app.http.unsubscribe_tokens import UnsubscribeTokens
from app.settings import Settings
from app.worker.mail_rendering import MailContext, render_notification
from app.worker.notifications import create_notifications, send_due_notifications
from app.worker.release import WorkerContext
from app.worker.subscriptions import TASKS_BY_EVENT, WRITE_LETTERS, build_event_handler
from tests.mail_server import Postbox, a_postbox
from tests.worker.test_worker import a_desk, a_worker, one, wait_until
from tests.world import PARENT, SIGNING_KEY, World

SECRET_WORDS = "Secret canary of a title"
ADDRESSEES = ["amina", "haruka", "rafael"]  # of the cast, the delegates of Member States
EVERYBODY = sorted([*ADDRESSEES, "daniel", "ines", "laurent", "layla"])
DAY = timedelta(days=1)


@pytest.fixture
def box() -> Iterator[Postbox]:
    with a_postbox() as made:
        yield made


@pytest.fixture
def mailing(settings: Settings, box: Postbox) -> Settings:
    """The settings of a house that sends letters."""
    return settings.model_copy(update={"smtp_url": SecretStr(box.url), "mail_from": "portal@example.org"})


@pytest.fixture
def desk(engine, mailing: Settings) -> WorkerContext:
    made = a_desk(engine, mailing)
    return replace(made, write_sessions=reacting_writers(engine, made), mail=MailContext.from_settings(mailing))


def reacting_writers(engine, desk: WorkerContext) -> sessionmaker:
    return write_session_factory(
        engine, desk.write_sessions.kw["info"] | {"react": build_event_handler(sends_mail=True)}
    )


@pytest.fixture
def told(world: World, desk: WorkerContext) -> World:
    """A world whose acts are told by mail. Kenya has a delegate of the parent body too, who concerns nobody here."""
    world.seat("wambui", "delegate", body=PARENT)
    return World(desk.write_sessions, world.read, world.store)


@pytest.fixture
def shelf(settings: Settings) -> Store:
    return open_store(settings.release_store_url)


def written(desk: WorkerContext) -> int:
    """Do what the queue holds of letters, as the worker does; how many were written."""
    with transaction(desk.write_sessions) as session:
        queue = "DELETE FROM jobs.procrastinate_jobs WHERE task_name = :name RETURNING args->>'line'"
        lines = session.scalars(text(queue), {"name": WRITE_LETTERS}).all()
    return sum(create_notifications(desk, int(line)) for line in lines)


def sent(desk: WorkerContext, box: Postbox) -> list[str]:
    """Write and send; who got something."""
    written(desk)
    send_due_notifications(desk)
    return [key.split("@")[0] for key in sorted(str(each["To"]) for each in box.emptied())]


def fates(desk: WorkerContext) -> dict[str, int]:
    with transaction(desk.write_sessions) as session:
        return dict(session.execute(select(Notification.fate, func.count()).group_by(Notification.fate)).all())


def put_before_the_states(world: World, *, hours: float = 73) -> SilenceProcedure:
    return world.silence(world.output(world.meeting(opens_in=-1), title=SECRET_WORDS), hours=hours)


def extended(world: World, procedure: SilenceProcedure, *, hours: float = 48) -> None:
    until = (procedure.until + timedelta(hours=hours)).astimezone(ZoneInfo("Europe/Zurich"))
    with world.acting("laurent") as (session, actor):
        there = session.get_one(SilenceProcedure, procedure.id)
        new = DeadlineExtension(on=until.date(), at=until.time(), reason=SECRET_WORDS)
        silence.extend_deadline(session, actor, there, new, version=there.version)


def settled(world: World, procedure: SilenceProcedure) -> None:
    with transaction(world.write) as session:
        silence.settle_procedure(session, procedure.output_id)


def deadline_moved(world: World, meeting: Meeting, days: int = 7) -> None:
    opens = meeting.opens_on + timedelta(days=days)
    new = NewMeeting(
        number=meeting.number, place="Geneva", zone=meeting.zone, opens_on=opens, closes_on=opens + timedelta(days=2)
    )
    with world.acting("ines") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        meetings.change_meeting(session, actor, there, new, "en", version=there.version)


def text_changed(world: World, procedure: SilenceProcedure) -> None:
    with world.acting("ines") as (session, actor):
        there = session.get_one(Output, procedure.output_id)
        draft_texts.put_draft_file(session, actor, there, world.file("en", "Another text"))


# Who hears of what.


def test_an_opened_procedure_is_told_to_the_delegates_of_its_addressees(told, desk, box) -> None:
    put_before_the_states(told)

    assert sent(desk, box) == ADDRESSEES
    assert sent(desk, box) == []


@pytest.mark.parametrize("end", ["broken", "adopted", "void"])
def test_a_later_deadline_and_each_end_are_told_to_chair_and_secretariat_too(told, desk, box, end: str) -> None:
    procedure = put_before_the_states(told)
    sent(desk, box)

    extended(told, procedure)
    assert sent(desk, box) == EVERYBODY

    with clock.shifted_clock(timedelta(hours=122 if end == "adopted" else 0)):
        if end == "broken":
            told.position(procedure, "rafael", "breaks")
        elif end == "void":
            text_changed(told, procedure)
        settled(told, procedure)
        written(desk)
        send_due_notifications(desk)
    subjects = {str(each["Subject"]) for each in box.took if each["To"] == "haruka@example.org"}
    words = {"broken": "Silence was broken", "adopted": "A text was adopted by silence"}
    assert subjects == {f"CWG-Internet: {words.get(end, 'A silence procedure became void')}"}
    assert [each.split("@")[0] for each in box.readers] == EVERYBODY


def test_only_who_was_asked_is_told_that_they_were_asked(told, desk, box, shelf) -> None:
    """A participant under Resolution 99 sits in the group: they hear of releases, and not of being asked."""
    with transaction(told.write) as session:
        there = session.scalars(select(Body).where(Body.code == "cwg-internet")).one()
        there.admits = [*there.admits, "res99"]
        haruka = told.person("haruka").id
        session.execute(update(Person).where(Person.id == haruka).values(membership="res99", entity="PSE"))
        session.execute(update(Accreditation).where(Accreditation.person_id == haruka).values(entity="PSE"))

    put_before_the_states(told)
    assert sent(desk, box) == ["amina", "rafael"]

    told.released(told.meeting(opens_in=-3, number=25), shelf)
    assert sent(desk, box) == EVERYBODY


def test_a_release_its_completion_and_its_withdrawal_are_told_to_the_whole_group(told, desk, box, shelf) -> None:
    leaving = told.advance(told.meeting(opens_in=-3), shelf, "fr")
    assert sent(desk, box) == EVERYBODY

    told.completed(leaving, shelf)
    assert sent(desk, box) == EVERYBODY

    told.withdrawn(leaving)
    assert sent(desk, box) == EVERYBODY


def test_of_what_was_released_and_withdrawn_meanwhile_only_the_withdrawal_is_told(told, desk, box, shelf) -> None:
    made = told.released(told.meeting(opens_in=-3), shelf)
    written(desk)
    told.withdrawn(made)
    sent_now(desk)

    assert {str(each["Subject"]) for each in box.took if each["To"] == "haruka@example.org"} == {
        "CWG-Internet: A released text was withdrawn"
    }
    assert fates(desk) == {DeliveryStatus.SENT: 7, DeliveryStatus.NEEDLESS: 7}


def test_nothing_is_told_of_a_release_before_its_instant(told, desk, box, shelf) -> None:
    """What was let out for later, or not released after all, is no letter: only the release itself is."""
    made = told.scheduled(told.meeting(opens_in=-3), seconds=60)
    assert sent(desk, box) == []
    with pytest.raises(AssertionError):
        told.left(made, shelf)
    assert sent(desk, box) == []

    with clock.shifted_clock(timedelta(seconds=61)):
        told.left(made, shelf)
        assert sent(desk, box) == EVERYBODY


def test_a_moved_deadline_is_told_to_the_delegations(told, desk, box) -> None:
    meeting = told.meeting()

    deadline_moved(told, meeting)

    assert sent(desk, box) == ADDRESSEES


def test_what_becomes_of_a_contribution_is_told_to_its_delegation_alone(told, desk, box) -> None:
    meeting = told.meeting()
    told.seat("wambui", "delegate")
    told.registered(meeting, by="amina", title=SECRET_WORDS)
    assert sent(desk, box) == ["amina", "wambui"]

    told.returned(meeting, by="rafael")
    assert sent(desk, box) == ["rafael"]


def test_what_happens_in_another_body_is_told_there_and_not_here(told, desk, box) -> None:
    told.serve_the_parent("daniel")
    meeting = told.parent_meeting(by="daniel")
    opens = meeting.opens_on + timedelta(days=9)
    new = NewMeeting(number=44, place="Geneva", zone=meeting.zone, opens_on=opens, closes_on=opens)
    with told.acting("daniel") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        meetings.change_meeting(session, actor, there, new, "en", version=there.version)

    assert sent(desk, box) == ["wambui"]


def test_every_kind_is_on_an_occasion_and_each_occasion_is_of_an_event_that_there_is() -> None:
    assert {each.kind for each in NOTIFICATION_TYPES.values()} | {SILENCE_REMINDER.kind} == set(NotificationCategory)
    assert set(NOTIFICATION_TYPES) <= set(TASKS_BY_EVENT)


# Reminders.


def test_states_that_said_nothing_are_reminded_a_day_before_the_end_and_once(told, desk, box) -> None:
    procedure = put_before_the_states(told)
    sent(desk, box)
    told.position(procedure, "amina", "supports")

    with clock.shifted_clock(timedelta(hours=48)):
        assert sent(desk, box) == []
    with clock.shifted_clock(timedelta(hours=50)):
        assert sent(desk, box) == ["haruka", "rafael"]
        assert sent(desk, box) == []


def test_a_later_deadline_has_a_reminder_of_its_own(told, desk, box) -> None:
    procedure = put_before_the_states(told)
    sent(desk, box)
    with clock.shifted_clock(timedelta(hours=50)):
        assert sent(desk, box) == ADDRESSEES
        extended(told, procedure)
        assert sent(desk, box) == EVERYBODY
    with clock.shifted_clock(timedelta(hours=96)):
        assert sent(desk, box) == []
    with clock.shifted_clock(timedelta(hours=98)):
        assert sent(desk, box) == ADDRESSEES


@pytest.mark.parametrize("end", ["broken", "void", "over"])
def test_of_a_procedure_that_ended_nobody_is_reminded(told, desk, box, end: str) -> None:
    procedure = put_before_the_states(told)
    sent(desk, box)
    if end == "broken":
        told.position(procedure, "rafael", "breaks")
    elif end == "void":
        with told.acting("ines") as (session, actor):  # nobody has noted its end yet
            there = session.get_one(Output, procedure.output_id)
            outputs.put_output_file(session, actor, there, told.file("en", "Another text"))
    with clock.shifted_clock(timedelta(hours=74 if end == "over" else 50)):
        sent_now(desk)

    with transaction(told.read) as session:
        assert (
            session.scalar(select(func.count()).where(Notification.kind == NotificationCategory.SILENCE_REMINDER)) == 0
        )


def test_who_spoke_or_left_after_a_reminder_was_written_does_not_get_it(told, desk, box) -> None:
    procedure = put_before_the_states(told)
    sent(desk, box)
    with clock.shifted_clock(timedelta(hours=50)):
        with transaction(desk.write) as session:
            assert delivery.create_reminders(session, DAY) == 3
        told.position(procedure, "amina", "supports")
        ended(told, "rafael")

        assert sent(desk, box) == ["haruka"]

    assert fates(desk)[DeliveryStatus.NEEDLESS] == 2


def test_a_reminder_that_was_due_before_a_restore_is_not_sent_after_it(told, desk, box, database) -> None:
    """It may have been sent after the copy was taken, which nobody knows any more. Later ones are."""
    soon = put_before_the_states(told)
    later = told.silence(told.output(told.meeting(opens_in=-1, number=23)), hours=90)
    sent(desk, box)
    with transaction(desk.write) as session:
        session.execute(delete(Notification))
    restored = soon.until - timedelta(hours=20)
    database.run_as_superuser(
        "INSERT INTO portal.restoration (id, backup, taken_at, restored_at, lines, reason)"
        f" VALUES (gen_random_uuid(), 'one', now(), '{restored.isoformat()}', 1, '')"
    )

    with clock.shifted_clock(timedelta(hours=60)):
        assert sent(desk, box) == []
    with clock.shifted_clock(timedelta(hours=70)):
        assert sent(desk, box) == ADDRESSEES
        assert f"/silence/{later.id}" in box.raw[-1].decode()


# Who may hear of it is asked again when it leaves.


def ended(world: World, key: str) -> None:
    with transaction(world.write) as session:
        mine = Accreditation.person_id == world.person(key).id
        session.execute(update(Accreditation).where(mine).values(ended_at=clock.now()))


@pytest.mark.parametrize("how", ["seat ended", "changed State", "is no member", "stopped"])
def test_whoever_may_not_hear_of_it_when_it_leaves_gets_nothing(told, desk, box, how: str) -> None:
    put_before_the_states(told)
    assert written(desk) == 3
    changed = {"changed State": {"entity": "URY"}, "is no member": {"membership": "external"}}
    if how == "seat ended":
        ended(told, "rafael")
    elif how == "stopped":
        with told.acting("rafael") as (session, actor):
            preferences.choose_notification_categories(
                session, actor, set(NotificationCategory) - {NotificationCategory.SILENCE_OPENED}
            )
    else:
        with transaction(told.write) as session:
            session.execute(update(Person).where(Person.id == told.person("rafael").id).values(**changed[how]))

    assert sent(desk, box) == ["amina", "haruka"]
    assert fates(desk) == {DeliveryStatus.SENT: 2, DeliveryStatus.NEEDLESS: 1}


def test_a_kind_that_was_stopped_is_not_written_and_others_are(told, desk, box) -> None:
    with told.acting("rafael") as (session, actor):
        preferences.choose_notification_categories(session, actor, {NotificationCategory.SILENCE_ENDED})
    procedure = put_before_the_states(told)
    assert sent(desk, box) == ["amina", "haruka"]

    told.position(procedure, "amina", "breaks")
    assert sent(desk, box) == EVERYBODY
    with told.acting("rafael") as (session, actor):
        preferences.choose_notification_categories(session, actor, set(NotificationCategory))
        assert queries.list_stopped_categories(session, actor.person) == frozenset()


# What stands in one.


def letter_to(box: Postbox, key: str) -> EmailMessage:
    return next(each for each in box.took if each["To"] == f"{key}@example.org")


def test_a_letter_says_where_what_and_until_when_and_leads_to_the_page_in_its_readers_language(told, desk, box) -> None:
    procedure = put_before_the_states(told)
    extended(told, procedure)
    written(desk)
    send_due_notifications(desk)

    until = procedure.until + timedelta(hours=48)
    link = f"http://127.0.0.1:8000/silence/{procedure.id}"
    subject = _("%(group)s: %(what)s", group="CWG-Internet", what=NOTIFICATION_TYPES[SilenceExtended.name].subject)
    for key, language in (("ines", "es"), ("laurent", "fr"), ("layla", "ar"), ("daniel", "en")):
        found = letter_to(box, key)
        plain = found.get_content()
        assert found["Content-Language"] == language
        assert str(found["Subject"]) == plain.splitlines()[0] == subject.translate(language)
        assert NOTIFICATION_TYPES[SilenceExtended.name].words.translate(language) in plain
        assert Localizer(language).format_instant(until, "Europe/Zurich", "UTC", seconds=True) in plain
        assert re.findall(r"https?://\S+", plain) == [link]
    assert len({letter_to(box, key).get_content() for key in ("ines", "laurent", "layla", "daniel")}) == 4


def test_no_title_name_text_or_reason_stands_in_any_letter(told, desk, box, shelf) -> None:
    """Of every occasion there is one; each name and each word that people wrote is looked for in all of them."""
    procedure = put_before_the_states(told)
    extended(told, procedure)
    meeting = told.meeting(number=30)
    told.registered(meeting, title=SECRET_WORDS)
    told.returned(meeting, by="rafael")
    deadline_moved(told, meeting)
    advance = told.advance(told.meeting(opens_in=-3, number=31), shelf, "fr", title=SECRET_WORDS)
    told.completed(advance, shelf)
    sent_now(desk)
    told.withdrawn(advance, reason=SECRET_WORDS)
    sent_now(desk)
    kept = told.silence(told.output(told.meeting(opens_in=-1, number=32), title=SECRET_WORDS))
    void = told.silence(told.output(told.meeting(opens_in=-1, number=33), title=SECRET_WORDS))
    text_changed(told, void)
    settled(told, void)
    told.position(procedure, "rafael", "breaks", text=SECRET_WORDS)
    with clock.shifted_clock(timedelta(hours=50)):
        sent_now(desk)
    with clock.shifted_clock(timedelta(hours=74)):
        settled(told, kept)
        sent_now(desk)
    told.works_in("en")
    told.released(told.meeting(opens_in=-3, number=34), shelf, title=SECRET_WORDS)
    sent_now(desk)

    with transaction(told.read) as session:
        events = select(JournalLine.event, Notification.kind).join(Notification, Notification.line == JournalLine.seq)
        seen = set(map(tuple, session.execute(events.where(Notification.fate == DeliveryStatus.SENT))))
        names = set(session.scalars(select(Person.name)))
    assert {kind for _ignored, kind in seen} == set(NotificationCategory)
    assert {event for event, kind in seen if kind != NotificationCategory.SILENCE_REMINDER} == set(NOTIFICATION_TYPES)
    for each in box.took:
        said = f"{each}\n{each.get_content()}"
        assert not any(word in said for word in (SECRET_WORDS, "canary", *names))


def sent_now(desk: WorkerContext) -> None:
    written(desk)
    send_due_notifications(desk)


def test_programs_are_told_that_nobody_wrote_it_and_how_it_is_stopped(told, desk, box) -> None:
    put_before_the_states(told)
    sent_now(desk)

    found = letter_to(box, "amina")
    with transaction(told.read) as session:
        mine = session.scalars(select(Notification).where(Notification.person_id == told.person("amina").id)).one()
    assert str(found["From"]) == "CWG-Internet portal <portal@example.org>"
    assert str(found["Message-ID"]) == f"<{mine.id}@127.0.0.1>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    key = re.fullmatch(r"<http://127\.0\.0\.1:8000/letters/stop\?key=([\w-]+)>", str(found["List-Unsubscribe"]))
    assert UnsubscribeTokens(SIGNING_KEY).parse_token(key[1]) == (mine.person_id, NotificationCategory.SILENCE_OPENED)
    assert str(mine.person_id) not in str(found)


# What the mail server does.


def test_what_the_server_puts_off_is_tried_later_and_later_as_the_same_letter(told, desk, box) -> None:
    box.recipient = lambda to: "451 Later" if to.startswith("rafael") else "250 OK"
    put_before_the_states(told)
    assert sent(desk, box) == ["amina", "haruka"]
    assert sent(desk, box) == []

    waits = []
    shift = timedelta(0)
    for _ignored in range(7):
        with transaction(told.read) as session:
            left = (
                session.scalar(select(Notification.due_at).where(Notification.fate == DeliveryStatus.WAITING))
                - clock.now()
                - shift
            )
        waits.append(round(left.total_seconds() / 60))
        shift += left
        with clock.shifted_clock(shift):
            assert sent(desk, box) == []
    assert waits == [1, 2, 4, 8, 15, 15, 15]
    box.recipient = lambda _ignored: "250 OK"
    with clock.shifted_clock(shift + timedelta(minutes=16)):
        assert sent(desk, box) == ["rafael"]


def test_what_the_server_refuses_ends_and_the_secretariat_counts_it(told, desk, box, mailing) -> None:
    box.recipient = lambda to: "550 No such user" if to.startswith("rafael") else "250 OK"
    put_before_the_states(told)

    assert sent(desk, box) == ["amina", "haruka"]

    assert fates(desk) == {DeliveryStatus.SENT: 2, DeliveryStatus.REFUSED: 1}
    with clock.shifted_clock(DAY):
        assert sent(desk, box) == []
    with transaction(told.read) as session:
        assert queries.get_notification_statistics(session) == queries.NotificationStatistics(0, None, 1)
    with clock.shifted_clock(8 * DAY), transaction(told.read) as session:
        assert queries.get_notification_statistics(session).failed == 0


def test_somebody_without_a_usable_address_holds_nobody_up(told, desk, box) -> None:
    with transaction(told.write) as session:
        session.execute(
            update(Person).where(Person.id == told.person("amina").id).values(email="x@y.org\nBcc: z@y.org")
        )
        session.execute(update(Person).where(Person.id == told.person("haruka").id).values(email=""))
    put_before_the_states(told)

    assert sent(desk, box) == ["rafael"]
    assert fates(desk) == {DeliveryStatus.SENT: 1, DeliveryStatus.REFUSED: 2}


def test_a_server_that_is_away_takes_everything_when_it_is_back(told, desk, box) -> None:
    put_before_the_states(told)
    box.dies = "hello"
    assert sent(desk, box) == []
    assert fates(desk) == {DeliveryStatus.WAITING: 3}
    assert len(box.lines) == 1  # nobody asks once more in the same minute

    box.dies = ""
    with clock.shifted_clock(timedelta(minutes=1, seconds=1)):
        assert sent(desk, box) == ADDRESSEES


def test_a_server_that_dies_after_it_took_one_gets_that_one_again_under_its_number(told, desk, box) -> None:
    put_before_the_states(told)
    written(desk)
    box.dies = "taken"
    send_due_notifications(desk)
    (first,) = box.took
    box.dies = ""
    with clock.shifted_clock(timedelta(minutes=2)):
        send_due_notifications(desk)

    numbers = [str(each["Message-ID"]) for each in box.took]
    assert (len(numbers), len(set(numbers)), numbers.count(str(first["Message-ID"]))) == (4, 3, 2)


def test_a_worker_that_dies_before_its_commit_sends_that_one_again_under_its_number(told, desk, box) -> None:
    put_before_the_states(told)
    written(desk)
    session = desk.write()
    letter = delivery.find_next_due_notification(session)
    with Mailer(desk.post.server, desk.post.sender, desk.post.host) as mailer:
        to = parse_mail_address("amina@example.org")
        mailer.send(to.addr_spec, render_notification(queries.prepare_delivery(session, letter), to, desk.post))
    session.rollback()
    session.close()
    send_due_notifications(desk)

    numbers = [str(each["Message-ID"]) for each in box.took]
    assert (len(numbers), len(set(numbers))) == (4, 3)


def test_letters_are_given_up_after_two_days_and_counted(told, desk, box) -> None:
    box.dies = "hello"
    put_before_the_states(told)
    sent(desk, box)
    with transaction(told.read) as session:
        assert queries.get_notification_statistics(session).waiting == 3
    box.dies = ""
    with clock.shifted_clock(delivery.GIVE_UP_AFTER):
        assert sent(desk, box) == []

    assert fates(desk) == {DeliveryStatus.EXPIRED: 3}


def test_what_is_told_too_late_to_act_on_is_not_told(told, desk, box) -> None:
    procedure = put_before_the_states(told)
    sent(desk, box)
    with clock.shifted_clock(timedelta(hours=50)):
        box.dies = "hello"
        assert sent(desk, box) == []
        assert fates(desk) == {DeliveryStatus.SENT: 3, DeliveryStatus.WAITING: 3}
    box.dies = ""
    with clock.shifted_clock(timedelta(hours=74)):
        assert clock.now() > procedure.until
        assert sent(desk, box) == []

    assert fates(desk) == {DeliveryStatus.SENT: 3, DeliveryStatus.NEEDLESS: 3}


def test_one_that_cannot_be_written_does_not_hold_up_the_others(told, desk, box) -> None:
    put_before_the_states(told)
    written(desk)
    with transaction(told.write) as session:
        mine = Notification.person_id == told.person("amina").id
        session.execute(update(Notification).where(mine).values(kind="of an earlier version", due_at=clock.now() - DAY))

    assert sent(desk, box) == ["haruka", "rafael"]
    assert fates(desk) == {DeliveryStatus.SENT: 2, DeliveryStatus.WAITING: 1}


def test_two_workers_at_once_send_each_letter_once(told, desk, box) -> None:
    for number in range(4):
        deadline_moved(told, told.meeting(number=50 + number))
    written(desk)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _ignored: send_due_notifications(desk), range(2)))

    assert sum(done) == len(box.took) == 12
    assert len({str(each["Message-ID"]) for each in box.took}) == 12


STEPS = st.lists(st.sampled_from(("write", "send", "put off", "die before", "die after")), max_size=8)


@pytest.fixture
def of_one_fact(told: World, desk: WorkerContext) -> int:
    put_before_the_states(told)
    with transaction(desk.write_sessions) as session:
        found = session.scalar(
            text("SELECT args->>'line' FROM jobs.procrastinate_jobs WHERE task_name = 'write-letters'")
        )
    return int(found)


@given(steps=STEPS)
@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_each_person_gets_one_letter_of_a_fact(desk, box, of_one_fact: int, steps: list[str]) -> None:
    """A second copy comes only where the server died with one in its hands, and under the same number."""
    with transaction(desk.write) as session:
        session.execute(delete(Notification))
    box.emptied()
    copies, shift = 0, timedelta(0)
    for step in [*steps, "write", "send"]:
        box.content, box.dies = "250 OK", ""
        if step == "write":
            create_notifications(desk, of_one_fact)
            continue
        if step == "put off":
            box.content = "451 Later"
        elif step.startswith("die"):
            box.dies = "content" if step == "die before" else "taken"
        before = len(box.took)
        with clock.shifted_clock(shift):
            send_due_notifications(desk)
        copies += len(box.took) - before if step == "die after" else 0
        shift += timedelta(minutes=20)

    numbers = [str(each["Message-ID"]) for each in box.took]
    assert len(set(numbers)) == 3
    assert len(numbers) == 3 + copies
    assert fates(desk) == {DeliveryStatus.SENT: 3}


# The house around them.


def test_a_house_without_a_mail_server_queues_nothing(world, engine, settings) -> None:
    quiet = World(
        write_session_factory(engine, {"react": build_event_handler(sends_mail=settings.sends_letters)}),
        world.read,
        world.store,
    )
    put_before_the_states(quiet)
    desk = a_desk(engine, settings)

    assert one(engine, "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'write-letters'") == 0
    assert one(engine, "SELECT count(*) FROM jobs.procrastinate_jobs") > 0
    assert (create_notifications(desk, 1), send_due_notifications(desk)) == (0, 0)
    assert one(engine, "SELECT count(*) FROM portal.letter") == 0


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What the house logs; this process logs as before afterwards."""
    root = logging.getLogger()
    before, out = (root.handlers[:], root.level), io.StringIO()
    logs.configure_logging(out)
    yield out
    root.handlers, root.level = before
    structlog.reset_defaults()


def test_no_log_line_and_no_row_carries_an_address_or_a_name(told, desk, box, said) -> None:
    box.recipient = lambda to: f"550 {to} is unknown" if to.startswith("rafael") else f"451 {to} is busy"
    put_before_the_states(told)
    sent(desk, box)

    assert said.getvalue().count('"a letter was') == 3
    with transaction(told.read) as session:
        names = [*session.scalars(select(Person.name)), "@example.org"]
        rows = session.scalars(text("SELECT t::text FROM portal.letter t")).all()
    assert len(rows) == 3
    assert [name for name in names for each in (said.getvalue(), *rows) if name in each] == []


def test_letters_that_ended_long_ago_are_forgotten(told, desk, box) -> None:
    put_before_the_states(told)
    sent(desk, box)
    with clock.shifted_clock(delivery.RETENTION_PERIOD - DAY):
        send_due_notifications(desk)
        assert fates(desk) == {DeliveryStatus.SENT: 3}
    with clock.shifted_clock(delivery.RETENTION_PERIOD + DAY):
        send_due_notifications(desk)
        assert fates(desk) == {}


def test_the_worker_does_all_of_it(told, engine, mailing, box, desk) -> None:
    """From the act to the mail, through the queue; the round of the minute is called at once."""
    given = {"CWG_SMTP_URL": box.url, "CWG_MAIL_FROM": "portal@example.org"}
    put_before_the_states(told)
    with a_worker(mailing, **given):
        wait_until(lambda: one(engine, "SELECT count(*) FROM portal.letter") == 3)
        with transaction(desk.write) as session:
            session.execute(
                text(
                    "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args)"
                    " VALUES ('default', 'send-letters', '{\"timestamp\": 0}')"
                )
            )
        wait_until(lambda: len(box.took) == 3)
        wait_until(lambda: fates(desk) == {DeliveryStatus.SENT: 3})
