"""Messages of the secretariat as e-mails: in the language of each recipient, once, and as each person wants them."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.headerregistry import Address
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from app.core import clock
from app.core.db import transaction
from app.domain.messages.inputs import MessageText, NewMessage
from app.domain.messages.models import MessageAudience, MessageTemplate
from app.domain.messages.queries import MessageAddress
from app.domain.notifications.models import (
    DeliveryChoice,
    DeliveryStatus,
    EmailNotification,
    NotificationCategory,
    NotificationDigest,
)
from app.domain.outbox.queries import count_audience, count_emails_of_messages, prepare_message_preview
from app.domain.pending_actions import PendingActions
from app.http.mail.rendering import MAX_PARTS_OF_CATEGORY, render_digest
from app.worker.notifications import create_notifications, send_due_notifications
from app.worker.release import WorkerContext
from app.worker.subscriptions import WRITE_LETTERS
from tests.domain.test_messages import send
from tests.mail_server import Postbox
from tests.worker.test_notifications import DAY, choose, end_accreditation
from tests.world import World

DELEGATES, HOUR = MessageAudience.DELEGATES, timedelta(hours=1)


@pytest.fixture(autouse=True)
def people_want_only_messages(notified_world: World) -> None:
    others = set(NotificationCategory) - {NotificationCategory.MESSAGES}
    for key in ("amina", "haruka", "rafael", "joseph", "laurent", "layla", "ines", "daniel"):
        with notified_world.acting(key) as (session, actor):
            choose(session, actor, DeliveryChoice.NEVER, *others)


def create_queued(context: WorkerContext) -> None:
    """Run the queued jobs as the worker does, each twice, as one that was killed is run again."""
    with transaction(context.write_sessions) as session:
        queue = "DELETE FROM jobs.procrastinate_jobs WHERE task_name = :name RETURNING args->>'line'"
        lines = session.scalars(text(queue), {"name": WRITE_LETTERS}).all()
    for line in [*lines, *lines]:
        create_notifications(context, int(line))


def deliver(context: WorkerContext, box: Postbox) -> dict[str, tuple[str, str]]:
    """Create and send what is due; return subject and text by recipient."""
    create_queued(context)
    send_due_notifications(context)
    return read(box)


def read(box: Postbox) -> dict[str, tuple[str, str]]:
    """Subject and text by recipient; each has one e-mail."""
    emails = box.emptied()
    found = {str(each["To"]).split("@")[0]: (str(each["Subject"]), each.get_content()) for each in emails}
    assert len(found) == len(emails)
    return found


def test_each_person_gets_the_text_in_their_language_or_else_in_english(notified_world, context, box) -> None:
    sent = send(notified_world, "Bring your badges", texts={"es": "Traigan sus tarjetas", "fr": "Apportez vos badges"})

    found = deliver(context, box)

    assert {key: subject for key, (subject, _) in found.items()} == {
        **dict.fromkeys(("amina", "joseph", "haruka", "daniel", "layla"), "CWG-Internet: Bring your badges"),
        **dict.fromkeys(("rafael", "ines"), "CWG-Internet: Traigan sus tarjetas"),
        "laurent": "CWG-Internet\N{NO-BREAK SPACE}: Apportez vos badges",
    }
    assert found["rafael"][1].splitlines()[:3] == ["Traigan sus tarjetas: read this.", "", "http://127.0.0.1:8000/"]
    assert "This e-mail is of the type “Messages of the secretariat”" in found["layla"][1]  # who reads Arabic
    with transaction(notified_world.read) as session:
        assert count_emails_of_messages(session, [sent.id]) == {sent.id: {DeliveryStatus.SENT: 8}}


def test_only_its_audience_gets_a_message_as_long_as_it_belongs_to_it(notified_world, context, box) -> None:
    meeting = notified_world.meeting()
    for key, entity in {"rafael": "BRA", "haruka": "JPN"}.items():
        person = notified_world.person(key).id
        notified_world.participant(meeting, None, person=person, entity=entity, by="ines")
    send(notified_world, audience=MessageAudience.PARTICIPANTS, meeting=meeting.id)
    create_queued(context)
    end_accreditation(notified_world, "haruka")

    send_due_notifications(context)

    assert read(box).keys() == {"rafael"}


def test_who_does_not_want_messages_gets_none_and_is_counted_before(notified_world, context, box) -> None:
    for key, choice in {"rafael": DeliveryChoice.NEVER, "amina": DeliveryChoice.DAILY}.items():
        with notified_world.acting(key) as (session, actor):
            choose(session, actor, choice, NotificationCategory.MESSAGES)
    with transaction(notified_world.read) as session:
        counted = count_audience(session, MessageAddress(notified_world.body().id, DELEGATES), ["en"])
    people = {language: [each.name for each in people] for language, people in counted.people.items()}
    assert people == {"en": [notified_world.person(key).name for key in ("amina", "haruka")]}
    assert (counted.total, counted.daily, counted.never) == (2, 1, 1)

    send(notified_world, audience=DELEGATES)
    send(notified_world, audience=DELEGATES)  # two messages with one subject are two

    create_queued(context)
    send_due_notifications(context)
    assert [str(each["To"]) for each in box.emptied()] == ["haruka@example.org"] * 2
    with clock.shifted_clock(DAY):
        send_due_notifications(context)
    (digest,) = box.emptied()
    assert str(digest["To"]) == "amina@example.org"
    assert digest.get_content().count("Bring your badges: read this.") == 2


def test_a_reminder_is_not_sent_once_its_deadline_has_passed(notified_world, context, box) -> None:
    meeting = notified_world.meeting(opens_in=13)
    send(notified_world, audience=DELEGATES, template=MessageTemplate.DEADLINE, meeting=meeting.id)
    create_queued(context)

    with clock.shifted_clock(meeting.contributions_due_at + HOUR - clock.now()):
        send_due_notifications(context)

    assert read(box) == {}
    with transaction(notified_world.read) as session:
        messages = select(EmailNotification.fate).where(EmailNotification.kind == "message")
        assert set(session.scalars(messages)) == {DeliveryStatus.NEEDLESS}


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_an_invitation_is_not_sent_once_its_meeting_is_cancelled(
    notified_world, context, box, *, is_cancelled: bool
) -> None:
    meeting = notified_world.meeting(opens_in=40)
    send(notified_world, "Badges", audience=DELEGATES, template=MessageTemplate.INVITATION, meeting=meeting.id)
    send(notified_world, "Rooms", audience=DELEGATES, template=MessageTemplate.DOCUMENTS, meeting=meeting.id)
    create_queued(context)
    if is_cancelled:
        notified_world.moved(meeting, "cancel")

    send_due_notifications(context)

    subjects = {str(each["Subject"]).removeprefix("CWG-Internet: ") for each in box.emptied()}
    assert subjects == {"Rooms"} if is_cancelled else {"Badges", "Rooms"}


def test_a_large_digest_has_the_text_of_every_message(notified_world, context) -> None:
    numbers, person = range(MAX_PARTS_OF_CATEGORY + 1), notified_world.person("amina")
    parts = []
    for number in numbers:
        texts = {"en": MessageText(subject=f"Subject {number}", text=f"Text {number}.")}
        new = NewMessage(template=MessageTemplate.FREE, audience=DELEGATES, texts=texts)
        part = prepare_message_preview(notified_world.body(), new)
        parts.append(replace(part, notification=EmailNotification(line=number)))
    nothing, recipient = PendingActions((), {}, ()), Address(username="amina", domain="example.org")

    sent = render_digest(NotificationDigest(id=uuid4()), parts, nothing, person, recipient, context.mail)

    lines = message_from_bytes(sent, policy=policy.default).get_content().splitlines()
    assert [line for line in lines if line.startswith("Text ")] == [f"Text {number}." for number in numbers]
