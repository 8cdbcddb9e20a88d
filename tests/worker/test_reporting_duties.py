"""The worker and the reports of organizations: each period once, one notice of each, one e-mail a request."""

from datetime import timedelta

from app.core import clock
from app.core.db import transaction
from app.domain.identity.models.tables import Person
from app.domain.notifications.models import EmailNotification
from app.domain.reporting_duties.actions import duties, requests
from app.domain.reporting_duties.events import DutyAdded
from app.domain.reporting_duties.inputs import NewDuty, RequestMessage
from app.domain.reporting_duties.models import ReportRequestEmail
from app.worker.reporting_duties import (
    note_overdue_reports,
    open_expected_reports,
    open_reports_of_duty,
    send_report_requests,
)
from app.worker.subscriptions import OPEN_EXPECTED_REPORTS, TASKS_BY_EVENT
from tests.domain.test_reporting_duties import YEARLY, add_duty, give_address, with_report
from tests.mail_server import Postbox
from tests.world import World


def test_a_report_is_opened_once_and_noted_once_when_it_is_overdue(notified_world: World, context, monkeypatch) -> None:
    add_duty(notified_world, due_in=3)
    assert [open_expected_reports(context), note_overdue_reports(context)] == [0, 0]
    later = clock.now() + timedelta(days=4)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert [open_expected_reports(context), open_expected_reports(context)] == [1, 0], "the next period has begun"
    assert [note_overdue_reports(context), note_overdue_reports(context)] == [1, 0]


def test_the_report_of_a_new_duty_is_expected_at_once(notified_world: World, context) -> None:
    assert TASKS_BY_EVENT[DutyAdded.name] == [OPEN_EXPECTED_REPORTS]
    with notified_world.acting("ines") as (session, actor):
        today = clock.now().date()
        new = NewDuty(**YEARLY, next_due_on=today, from_on=today)
        duty = duties.add_duty(session, actor, notified_world.body(), new)

    assert [open_reports_of_duty(context, duty.id), open_reports_of_duty(context, duty.id)] == [1, 0]


def test_the_organization_gets_the_message_that_was_shown_once(notified_world: World, context, box: Postbox) -> None:
    duty = add_duty(notified_world)
    give_address(notified_world, "contact@example.int")
    message = RequestMessage(language="ar", subject="تقرير", text="نص\n\nثان", address="contact@example.int")
    with with_report(notified_world, duty) as (session, actor, found):
        requests.request_report(session, actor, found, message, version=1)
        secretary = session.get_one(Person, actor.person).email

    assert [send_report_requests(context), send_report_requests(context)] == [1, 0]
    (email,) = box.emptied()
    assert (email["To"], email["Reply-To"]) == ("contact@example.int", secretary)
    assert (email["Subject"], email["Content-Language"]) == ("تقرير", "ar")
    assert email.get_content().split() == ["نص", "ثان"]
    with transaction(notified_world.read) as session:
        found = session.query(ReportRequestEmail).one()
        assert (found.fate, found.address) == ("sent", None)
        assert not session.query(EmailNotification).count(), "no one of the group is notified of it"
