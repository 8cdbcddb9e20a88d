"""Returned e-mails: a report marks the e-mail that it names, and a forged one does no harm."""

from dataclasses import replace
from mailbox import Maildir
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.core.db import transaction
from app.domain.notifications.models import DeliveryStatus, EmailNotification
from app.domain.outbox.queries import list_unreachable_people
from app.settings import Settings
from app.worker.notifications import send_due_notifications
from app.worker.release import WorkerContext
from app.worker.returned_mail import read_returned_mail
from tests.core.test_delivery_reports import EXCHANGE, GMAIL, KEY, POSTFIX
from tests.mail_server import Postbox
from tests.worker.test_notifications import open_procedure, write_queued
from tests.world import World


@pytest.fixture
def returns(tmp_path: Path) -> Maildir:
    return Maildir(tmp_path / "returns", create=True)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"mail_returns": SecretStr(f"maildir://{tmp_path}/returns")})


def statuses(world: World) -> dict[str, tuple[str, str | None]]:
    """Status and code of each e-mail, by recipient."""
    keys = {world.person(key).id: key for key in ("amina", "haruka", "joseph", "rafael")}
    with transaction(world.read) as session:
        return {
            keys[each.person_id]: (each.fate, each.returned_code) for each in session.scalars(select(EmailNotification))
        }


def message_ids(box: Postbox) -> dict[str, str]:
    """The identifier in the Message-ID of each e-mail, by recipient."""
    return {str(each["To"]).partition("@")[0]: str(each["Message-ID"])[1:].partition("@")[0] for each in box.emptied()}


def send(world: World, context: WorkerContext) -> None:
    open_procedure(world)
    write_queued(context)
    send_due_notifications(context)


def test_a_report_of_each_program_marks_the_e_mail_that_it_names(
    notified_world: World, context: WorkerContext, box: Postbox, mail_settings: Settings, returns: Maildir
) -> None:
    send(notified_world, context)
    sent = message_ids(box)
    for report, who in ((POSTFIX, "amina"), (EXCHANGE, "haruka"), (GMAIL, "rafael")):
        returns.add(report.replace(KEY, sent[who]))
    returns.add("Subject: a reply of a person\n\nThank you.\n")

    assert read_returned_mail(context, mail_settings) == 3
    assert read_returned_mail(context, mail_settings) == 0
    assert statuses(notified_world) == {
        "amina": (DeliveryStatus.RETURNED, "5.1.1"),
        "haruka": (DeliveryStatus.RETURNED, "5.2.2"),
        "rafael": (DeliveryStatus.RETURNED, "5.7.1"),
        "joseph": (DeliveryStatus.SENT, None),
    }


def test_a_forged_report_changes_nothing(
    notified_world: World, context: WorkerContext, box: Postbox, mail_settings: Settings, returns: Maildir
) -> None:
    send(notified_world, context)
    with transaction(context.write_sessions) as session:
        waiting = session.scalars(
            select(EmailNotification).where(EmailNotification.person_id == notified_world.person("amina").id)
        ).one()
        waiting.fate, waiting.ended_at = DeliveryStatus.WAITING, None
        known = waiting.id
    before = statuses(notified_world)
    for key in (str(uuid4()), str(UUID(int=1)), "amina", "' OR 1=1 --", "", str(known)):
        returns.add(POSTFIX.replace(KEY, key))

    assert read_returned_mail(context, mail_settings) == 0
    assert statuses(notified_world) == before


def test_a_message_that_cannot_be_parsed_does_not_keep_the_next_one_from_being_read(
    notified_world: World, context: WorkerContext, box: Postbox, mail_settings: Settings, returns: Maildir
) -> None:
    send(notified_world, context)
    returns.add("Content-Type: multipart/report; boundary=b\n\n--b\n" + "Content-Type: message/rfc822\n\n" * 2000)
    returns.add(POSTFIX.replace(KEY, message_ids(box)["amina"]))

    assert read_returned_mail(context, mail_settings) == 1
    assert statuses(notified_world)["amina"] == (DeliveryStatus.RETURNED, "5.1.1")


def test_whose_e_mails_are_returned_again_and_again_is_listed_until_one_arrives(
    notified_world: World, context: WorkerContext, box: Postbox, mail_settings: Settings, returns: Maildir
) -> None:
    def listed() -> list[tuple[str, int, str]]:
        with transaction(notified_world.read) as session:
            found = list_unreachable_people(session, notified_world.body())
        return [(each.person.email, each.returned, each.code) for each in found]

    def announce(number: int) -> dict[str, str]:
        notified_world.silence(notified_world.output(notified_world.meeting(opens_in=-1, number=number)))
        write_queued(context)
        send_due_notifications(context)
        return message_ids(box)

    for number, report, expected in ((31, POSTFIX, []), (32, EXCHANGE, [("rafael@example.org", 2, "5.2.2")])):
        returns.add(report.replace(KEY, announce(number)["rafael"]))
        read_returned_mail(context, mail_settings)
        assert listed() == expected

    announce(33)
    assert listed() == []


def test_a_mailbox_that_cannot_be_read_or_is_not_set_is_left(context: WorkerContext, mail_settings: Settings) -> None:
    unreachable = mail_settings.model_copy(update={"mail_returns": SecretStr("imap://u:p@127.0.0.1:9/INBOX")})

    assert read_returned_mail(replace(context, mail=None), unreachable) == 0
    assert read_returned_mail(context, mail_settings.model_copy(update={"mail_returns": SecretStr("")})) == 0
