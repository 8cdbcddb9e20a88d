"""Daily digests: one e-mail for a person and day with what waited, checked when it is sent, nothing twice or lost."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from structlog.testing import capture_logs

from app.core import clock
from app.core.db import transaction
from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.core.mail.rounds import GIVE_UP_AFTER
from app.domain.bodies.models import Accreditation
from app.domain.contributions.actions import cosponsors
from app.domain.contributions.models import Contribution
from app.domain.identity.models.tables import Person
from app.domain.notifications.actions import creation, preferences
from app.domain.notifications.models import (
    DeliveryChoice,
    DeliveryStatus,
    EmailNotification,
    NotificationCategory,
    NotificationDigest,
    NotificationKind,
)
from app.domain.notifications.rules.digests import DigestHour
from app.worker import notifications
from app.worker.notifications import create_notifications, send_due_notifications
from app.worker.release import WorkerContext
from app.worker.subscriptions import WRITE_LETTERS
from tests.mail_server import Postbox
from tests.worker.test_later_seats import counted_statements
from tests.worker.test_notifications import (
    DAY,
    choose,
    count_fates,
    end_accreditation,
    move_deadline,
    open_procedure,
)
from tests.world import World, record_rows

DIGESTS = {_("Daily digest of notifications").translate(language) for language in LANGUAGES}
SECRET_WORDS = "Secret canary of a title"


@pytest.fixture(autouse=True)
def people_want_only_documents_and_silence(notified_world: World) -> None:
    """Of the many events of these tests, people get those of two categories."""
    others = set(NotificationCategory) - {NotificationCategory.SILENCE, NotificationCategory.DOCUMENTS}
    for key in ("amina", "haruka", "rafael", "joseph", "laurent", "ines", "daniel", "layla"):
        with notified_world.acting(key) as (session, actor):
            choose(session, actor, DeliveryChoice.NEVER, *others)


def create_queued(context: WorkerContext) -> None:
    with transaction(context.write_sessions) as session:
        queue = "DELETE FROM jobs.procrastinate_jobs WHERE task_name = :name RETURNING args->>'line'"
        lines = session.scalars(text(queue), {"name": WRITE_LETTERS}).all()
    for line in lines:
        create_notifications(context, int(line))


def send_at(context: WorkerContext, box: Postbox, moment: datetime) -> list[str]:
    """Send what is due at a moment; return who got a digest."""
    with clock.shifted_clock(moment - clock.now()):
        send_due_notifications(context)
    return list_readers(box.emptied())


def list_readers(messages: Iterable) -> list[str]:
    return sorted(str(each["To"]).split("@")[0] for each in messages if str(each["Subject"]) in DIGESTS)


def in_daily_digest(world: World, *keys: str) -> None:
    for key in keys:
        with world.acting(key) as (session, actor):
            preferences.choose_notifications(session, actor, {NotificationCategory.SILENCE: DeliveryChoice.DAILY})


@pytest.fixture
def next_digest(context: WorkerContext) -> datetime:
    return context.mail.digests.find_next(clock.now())


@pytest.mark.parametrize(
    ("moment", "planned"),
    [
        (datetime(2026, 7, 1, 4, 59, tzinfo=UTC), datetime(2026, 7, 1, 5, tzinfo=UTC)),
        (datetime(2026, 7, 1, 5, tzinfo=UTC), datetime(2026, 7, 2, 5, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),  # winter begins
    ],
)
def test_digests_are_sent_at_the_same_hour_of_the_day_in_summer_and_winter(moment: datetime, planned: datetime) -> None:
    assert DigestHour(7, "Europe/Zurich").find_next(moment) == planned


def test_new_documents_of_a_day_are_one_e_mail_with_links_and_no_titles(
    notified_world, context, box, next_digest
) -> None:
    meeting = notified_world.meeting()
    documents = [notified_world.registered(meeting, by="amina", title=SECRET_WORDS)[1] for _number in range(2)]
    create_queued(context)
    assert send_at(context, box, next_digest - timedelta(minutes=1)) == []

    with clock.shifted_clock(next_digest - clock.now()):
        send_due_notifications(context)
    digests = [each for each in box.emptied() if str(each["Subject"]) in DIGESTS]

    assert "rafael" in list_readers(digests)
    assert "amina" not in list_readers(digests), "they are of her own delegation"
    plain = next(each.get_content() for each in digests if str(each["To"]).startswith("rafael"))
    assert all(f"/documents/{each.id}" in plain for each in documents)
    assert SECRET_WORDS not in plain
    assert send_at(context, box, next_digest + DAY) == []


def test_a_digest_begins_with_what_is_on_the_desk_of_its_reader_when_it_is_sent(
    notified_world, context, box, next_digest
) -> None:
    meeting = notified_world.meeting()
    notified_world.registered(meeting, by="amina")
    draft = notified_world.draft(meeting, by="haruka", title=SECRET_WORDS)
    asked = notified_world.asked(meeting, "JPN", "BRA", title=SECRET_WORDS)
    with transaction(notified_world.write) as session:
        record_rows(session)
        session.get_one(Person, notified_world.person("haruka").id).locale = "fr"
    create_queued(context)
    with notified_world.acting("rafael") as (session, actor):
        cosponsors.sign_contribution(session, actor, session.get_one(Contribution, asked.id), version=asked.version)

    with clock.shifted_clock(next_digest - clock.now()):
        send_due_notifications(context)

    plain = {str(each["To"]).split("@")[0]: each.get_content() for each in box.took if str(each["Subject"]) in DIGESTS}
    pending, *asked_of_her, news = "\n".join(plain["haruka"].splitlines()).split("\n\n")[:4]
    own, invitation = sorted(asked_of_her, key=lambda lines: lines.endswith("/sponsors"))
    assert (pending, news) == ("Actions en attente", "Nouveaux documents et révisions")
    assert own.splitlines()[0] == "Un brouillon n’a pas encore été soumis"
    assert "Tokyo" in own.splitlines()[1]
    assert own.endswith(f"/contributions/{draft.id}/edit")
    assert invitation.endswith(f"/contributions/{asked.id}/sponsors")
    assert "Tokyo" in invitation.splitlines()[1], "it is due with the draft"
    assert f"/contributions/{draft.id}" not in plain["rafael"]
    assert f"/contributions/{asked.id}" not in plain["rafael"], "he replied before it was sent"
    assert SECRET_WORDS not in "".join(plain.values())


def test_a_digest_is_sent_without_what_is_pending_if_that_cannot_be_read(
    notified_world, context, box, next_digest, monkeypatch
) -> None:
    notified_world.registered(notified_world.meeting(), by="amina")
    create_queued(context)
    monkeypatch.setattr(
        notifications, "list_pending_actions_of_person", lambda session, *_: session.execute(text("SELECT 1 / 0"))
    )

    with clock.shifted_clock(next_digest - clock.now()), capture_logs() as logged:
        send_due_notifications(context)

    digests = {
        str(each["To"]).split("@")[0]: each.get_content() for each in box.took if str(each["Subject"]) in DIGESTS
    }
    assert digests["haruka"].startswith("New documents and revisions")
    assert "pending actions were left out of a digest" in {each["event"] for each in logged}


def test_the_digest_contains_only_what_the_person_may_still_know(notified_world, context, box, next_digest) -> None:
    in_daily_digest(notified_world, "rafael", "haruka")
    ended = open_procedure(notified_world)
    running = notified_world.silence(notified_world.output(notified_world.meeting(opens_in=-1, number=23)), hours=90)
    create_queued(context)
    notified_world.position(ended, "amina", "breaks")
    end_accreditation(notified_world, "haruka")

    with clock.shifted_clock(next_digest - clock.now()):
        send_due_notifications(context)

    (message,) = [each for each in box.took if str(each["To"]).startswith("rafael")]
    assert f"/silence/{running.id}" in message.get_content()
    assert f"/silence/{ended.id}" not in message.get_content()
    assert not [each for each in box.took if str(each["To"]).startswith("haruka")]


def test_what_is_due_before_the_next_digest_is_sent_at_once(notified_world, context, box, next_digest) -> None:
    in_daily_digest(notified_world, "rafael")
    hours = 73
    procedure = notified_world.silence(notified_world.output(notified_world.meeting(opens_in=-1)), hours=hours)
    with transaction(context.write_sessions) as session:
        line = session.scalars(select(JournalLine.seq).where(JournalLine.event == "silence:opened")).one()
        late = DigestHour(int((procedure.until.hour + 1) % 24), "UTC")
        with clock.shifted_clock(procedure.until - timedelta(hours=2) - clock.now()):
            creation.create_notifications(session, line, late)
        waits_for_digest = select(EmailNotification.digest_id).where(
            EmailNotification.person_id == notified_world.person("rafael").id
        )
        assert session.scalars(waits_for_digest).all() == [None]


def test_a_digest_is_retried_as_the_same_e_mail_and_loses_nothing(notified_world, context, box, next_digest) -> None:
    in_daily_digest(notified_world, "rafael")
    open_procedure(notified_world)
    create_queued(context)
    box.dies = "taken"
    send_at(context, box, next_digest)
    box.dies = ""
    with clock.shifted_clock(next_digest - clock.now() + timedelta(minutes=30)):
        send_due_notifications(context)
    (again,) = [each for each in box.took if str(each["To"]).startswith("rafael") and str(each["Subject"]) in DIGESTS]

    assert "/silence/" in again.get_content()
    with transaction(context.write_sessions) as session:
        digest = session.scalars(
            select(NotificationDigest).where(NotificationDigest.person_id == notified_world.person("rafael").id)
        ).one()
        assert (digest.fate, str(digest.id) in str(again["Message-ID"])) == (DeliveryStatus.SENT, True)


def test_two_workers_send_one_digest_to_each_person(notified_world, context, box, next_digest) -> None:
    for key in ("amina", "haruka", "joseph", "rafael"):
        in_daily_digest(notified_world, key)
    open_procedure(notified_world)
    create_queued(context)
    shift = next_digest - clock.now()

    def send(_number: int) -> None:
        with clock.shifted_clock(shift):
            send_due_notifications(context)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, range(2)))

    assert list_readers(box.took) == ["amina", "haruka", "joseph", "rafael"]


def test_what_is_added_while_a_digest_is_due_is_in_it_or_in_the_next_one(
    notified_world, context, box, next_digest
) -> None:
    """It is not sent while something is being added to it; what comes after is in that of the next day."""
    in_daily_digest(notified_world, "rafael")
    open_procedure(notified_world)
    create_queued(context)
    with transaction(context.write_sessions) as session:
        session.execute(select(NotificationDigest).with_for_update())
        assert send_at(context, box, next_digest) == []  # another transaction has it
    assert send_at(context, box, next_digest) == ["rafael"]

    move_deadline(notified_world, notified_world.meeting(number=40))
    later = notified_world.silence(notified_world.output(notified_world.meeting(opens_in=-1, number=23)), hours=100)
    create_queued(context)  # before the instant of the digest that was sent already
    with clock.shifted_clock(next_digest + DAY - clock.now()):
        send_due_notifications(context)
    (message,) = [each for each in box.took if str(each["To"]).startswith("rafael") and str(each["Subject"]) in DIGESTS]
    assert f"/silence/{later.id}" in message.get_content()


def test_digests_are_given_up_after_two_days_and_counted(notified_world, context, box, next_digest) -> None:
    everyone = ("amina", "haruka", "joseph", "rafael", "ines", "daniel", "layla")
    in_daily_digest(notified_world, *everyone)
    open_procedure(notified_world)
    create_queued(context)
    assert count_fates(context) == {DeliveryStatus.WAITING: len(everyone)}

    send_at(context, box, next_digest + GIVE_UP_AFTER)

    assert count_fates(context)[DeliveryStatus.EXPIRED] == len(everyone)


def count_statements_of_creation(world: World, context: WorkerContext) -> int:
    procedure = world.silence(world.output(world.meeting(opens_in=-1, number=count_meetings(world) + 30)), hours=90)
    with transaction(context.write_sessions) as session:
        facts = JournalLine.event == "silence:opened", JournalLine.facts.contains({"procedure": str(procedure.id)})
        line = session.scalars(select(JournalLine.seq).where(*facts)).one()
    with counted_statements(context) as statements:
        create_notifications(context, line)
    return len(statements)


def count_meetings(world: World) -> int:
    with transaction(world.read) as session:
        return session.scalar(text("SELECT count(*) FROM portal.meeting")) or 0


def test_the_number_of_statements_does_not_grow_with_the_number_of_people(
    notified_world, context, box, database
) -> None:
    few = count_statements_of_creation(notified_world, context)
    with transaction(notified_world.write) as session:
        record_rows(session)
        delegate = session.scalars(
            select(Accreditation).where(Accreditation.person_id == notified_world.person("rafael").id)
        ).one()
        body = delegate.body_id
    database.run_as_superuser(
        "SET session_replication_role = replica;"
        "CREATE TEMP TABLE copies AS SELECT gen_random_uuid() AS id, number FROM generate_series(1, 60) AS number;"
        "INSERT INTO portal.person SELECT (jsonb_populate_record(made, jsonb_build_object("
        "'id', copies.id, 'subject', 'copy-' || copies.number))).* FROM portal.person made, copies"
        f" WHERE made.id = '{notified_world.person('rafael').id}';"
        "INSERT INTO portal.accreditation SELECT (jsonb_populate_record(made, jsonb_build_object("
        "'id', gen_random_uuid(), 'person_id', copies.id))).* FROM portal.accreditation made, copies"
        f" WHERE made.person_id = '{notified_world.person('rafael').id}' AND made.body_id = '{body}'"
    )

    assert count_statements_of_creation(notified_world, context) == few
    with transaction(context.write_sessions) as session:
        opened = select(func.count()).where(EmailNotification.kind == NotificationKind.SILENCE_OPENED)
        assert session.scalar(opened) == 4 + 64
