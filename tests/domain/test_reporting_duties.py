"""Reporting duties: when reports are expected and due, what answers them, and who may record what."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import clock
from app.core.db import WriteSession, transaction
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound, Stale
from app.core.permissions import Actor
from app.domain.liaisons import actions as liaisons
from app.domain.liaisons.inputs import NewLiaison
from app.domain.organizations import queries as organizations
from app.domain.organizations.actions import change_organization
from app.domain.organizations.inputs import OrganizationEntry
from app.domain.reporting_duties import queries, rules
from app.domain.reporting_duties.actions import duties, reports, requests
from app.domain.reporting_duties.inputs import (
    DutyContent,
    DutyEnd,
    NewDuty,
    ReportAnswer,
    ReportFilter,
    ReportRefusal,
    RequestMessage,
)
from app.domain.reporting_duties.models import ReportingDuty
from app.domain.reporting_duties.queries import DutyReport
from tests.conftest import Database
from tests.world import BODY, PARENT, World

DAY = timedelta(days=1)
TODAY = clock.now().date()
YEARLY = {"organization": "ISOC", "clause": "tunis-71", "every_months": 12, "basis": "A letter of 2006"}


def add_duty(world: World, *, due_in: int = 30, by: str = "ines", body: str = BODY, **more: object) -> ReportingDuty:
    """A yearly duty whose next report is due in so many days; the worker has opened what is to be opened."""
    with world.acting(by) as (session, actor):
        new = NewDuty(**YEARLY | {"next_due_on": TODAY + due_in * DAY, "from_on": TODAY - 1000 * DAY} | more)
        duty = duties.add_duty(session, actor, world.body(body), new)
    open_reports(world)
    return duty


def open_reports(world: World) -> int:
    with transaction(world.write) as session:
        return duties.open_expected_reports(session)


@contextmanager
def with_report(
    world: World, duty: ReportingDuty, who: str = "ines"
) -> Iterator[tuple[WriteSession, Actor, DutyReport]]:
    """The latest report of a duty, locked by somebody."""
    with world.acting(who) as (session, actor):
        found = queries.list_reports_of_duty(session, session.get_one(ReportingDuty, duty.id))[0]
        yield session, actor, queries.get_visible_report(session, actor, found.id, lock=True)


def receive(world: World, party: str = "ISOC", *, number: int = 22, registered: bool = True) -> UUID:
    meeting = world.meeting(number=number) if registered else None
    with world.acting("ines") as (session, actor):
        new = NewLiaison(party=party, subject="Report for 2026", original="en", wants="information")
        found = liaisons.take_in_liaison(session, actor, world.body(), new, world.file())
        if meeting:
            liaisons.register_liaison(session, actor, found, meeting.id, version=1)
        return found.id


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 120))
def test_the_last_day_of_a_month_stays_the_last_and_no_day_comes_too_early(day: date, months: int) -> None:
    later = rules.add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    if (day + DAY).day == 1:
        assert (later + DAY).day == 1
    else:
        assert later.day == day.day or (later + DAY).day == 1


def test_a_period_opens_one_report_and_only_one(world: World) -> None:
    duty = add_duty(world)
    assert open_reports(world) == 0
    with with_report(world, duty) as (session, _actor, found):
        assert (found.report.state, found.report.due_on) == ("asked", TODAY + 30 * DAY)
        assert found.duty.next_due_on == rules.add_months(found.report.due_on, 12)
        assert len(queries.list_reports_of_duty(session, found.duty)) == 1


def test_periods_that_were_missed_are_all_opened(world: World) -> None:
    duty = add_duty(world, due_in=-800)
    with transaction(world.read) as session:
        due = [each.due_on for each in queries.list_reports_of_duty(session, duty)]
    assert len(due) == 4
    assert due[-1] == TODAY - 800 * DAY
    assert due[0] >= TODAY


def test_a_duty_that_has_not_begun_opens_nothing(world: World) -> None:
    add_duty(world, from_on=TODAY + DAY, due_in=30)
    assert open_reports(world) == 0
    with transaction(world.read) as session:
        (row,) = queries.list_report_rows(session, world.actor("ines"), ReportFilter())
        assert row.ExpectedReport is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"organization": "NO-ONE"}, "Select an organization"),
        ({"clause": "tunis-1"}, "Select a mandate"),
        ({"due_in": -1001}, "before the first day"),
    ],
)
def test_what_cannot_be_chosen_is_refused(world: World, wrong: dict[str, object], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        add_duty(world, **wrong)


def test_an_organization_has_one_duty_under_a_clause(world: World) -> None:
    add_duty(world)
    with pytest.raises(BadRequest, match="already reports"):
        add_duty(world)
    add_duty(world, clause="tunis-70")


def test_a_registered_liaison_of_the_organization_closes_the_report(world: World) -> None:
    duty = add_duty(world)
    others = [receive(world, "IETF", number=23), receive(world, registered=False)]
    for other in others:
        with pytest.raises(BadRequest), with_report(world, duty) as (session, actor, found):
            reports.answer_report(session, actor, found, ReportAnswer(liaison=other), version=1)
    own = receive(world)
    with with_report(world, duty) as (session, actor, found):
        reports.answer_report(session, actor, found, ReportAnswer(liaison=own), version=1)
    with with_report(world, duty) as (session, actor, found):
        assert (found.report.state, found.report.liaison_id) == ("answered", own)
        with pytest.raises(Conflict):
            reports.answer_report(session, actor, found, ReportAnswer(liaison=own), version=2)
        reports.reopen_report(session, actor, found, version=2)
        assert (found.report.state, found.report.liaison_id) == ("asked", None)


def test_an_organization_says_that_it_will_not_report(world: World) -> None:
    duty = add_duty(world)
    with with_report(world, duty) as (session, actor, found):
        with pytest.raises(BadRequest, match="future"):
            tomorrow = ReportRefusal(declined_on=TODAY + DAY, reason="Because.")
            reports.decline_report(session, actor, found, tomorrow, version=1)
        refusal = ReportRefusal(declined_on=TODAY, reason="It has no staff.")
        with pytest.raises(Stale):
            reports.decline_report(session, actor, found, refusal, version=9)
        reports.decline_report(session, actor, found, refusal, version=1)
        assert (found.report.state, found.report.declined_on) == ("declined", TODAY)
        assert found.report.because == "It has no staff."


def test_what_is_due_after_the_last_day_is_no_longer_expected(world: World) -> None:
    duty = add_duty(world, due_in=-10)
    with world.acting("ines") as (session, actor):
        row = queries.get_visible_duty(session, actor, duty.id, lock=True)
        duties.end_duty(session, actor, row, DutyEnd(until_on=TODAY), version=row.version)
        states = [each.state for each in queries.list_reports_of_duty(session, row)]
    assert states == ["dropped", "asked"], "the one that is overdue is still owed"
    assert open_reports(world) == 0
    add_duty(world)


def test_the_end_of_a_duty_keeps_what_was_recorded_of_its_reports_meanwhile(world: World) -> None:
    duty = add_duty(world)
    with world.acting("ines") as (session, actor):
        row = queries.get_visible_duty(session, actor, duty.id)
        (report,) = queries.list_reports_of_duty(session, row)
        decline(world, duty, report.due_on)
        duties.end_duty(session, actor, row, DutyEnd(until_on=TODAY), version=row.version)
        assert report.state == "declined"


def test_no_report_is_expected_by_a_group_that_has_ended(world: World, database: Database) -> None:
    add_duty(world, from_on=TODAY, due_in=30)
    database.run_as_superuser("UPDATE portal.reporting_duty SET next_due_on = current_date + 31")
    database.run_as_superuser(f"UPDATE portal.body SET ends_on = '{TODAY - DAY}' WHERE code = '{BODY}'")
    assert open_reports(world) == 0
    database.run_as_superuser(f"UPDATE portal.body SET ends_on = '{TODAY}' WHERE code = '{BODY}'")
    assert open_reports(world) == 1


def test_a_change_applies_to_what_was_not_asked_for(world: World) -> None:
    duty = add_duty(world)
    with world.acting("ines") as (session, actor):
        row = queries.get_visible_duty(session, actor, duty.id, lock=True)
        with pytest.raises(BadRequest, match="already asked"):
            content = DutyContent(every_months=24, next_due_on=TODAY + 30 * DAY)
            duties.change_duty(session, actor, row, content, version=row.version)
        content = DutyContent(every_months=24, next_due_on=TODAY + 31 * DAY)
        duties.change_duty(session, actor, row, content, version=row.version)
        assert (row.every_months, row.basis) == (24, "")


def test_only_the_secretariat_of_the_group_records_anything_and_only_the_group_sees_it(world: World) -> None:
    duty = add_duty(world)
    for who in ("amina", "laurent"):
        with pytest.raises(Forbidden):
            add_duty(world, by=who)
        with pytest.raises(Forbidden), with_report(world, duty, who) as (session, actor, found):
            reports.decline_report(session, actor, found, ReportRefusal(declined_on=TODAY, reason="No."), version=1)
        with pytest.raises(Forbidden), with_report(world, duty, who) as (session, actor, found):
            reports.answer_report(session, actor, found, ReportAnswer(liaison=UUID(int=1)), version=1)
    with transaction(world.read) as session:
        stranger = world.actor("olga")
        assert not stranger.bodies_with_role()
        assert not queries.list_report_rows(session, stranger, ReportFilter())
        with pytest.raises(NotFound):
            queries.get_visible_duty(session, stranger, duty.id)


def test_what_is_owed_to_another_group_is_not_there(world: World) -> None:
    world.serve_the_parent("daniel")
    own, other = add_duty(world), add_duty(world, by="daniel", body=PARENT, organization="OECD")
    listed = {}
    for who in ("amina", "daniel"):
        with world.acting(who) as (session, actor):
            rows = queries.list_report_rows(session, actor, ReportFilter())
            listed[who] = {duty.id for duty, _report, _prefix in rows}
            if who == "amina":
                assert not queries.list_report_rows(session, actor, ReportFilter(group=PARENT))
                (report,) = queries.list_reports_of_duty(session, other)
                with pytest.raises(NotFound):
                    queries.get_visible_report(session, actor, report.id)
    assert listed == {"amina": {own.id}, "daniel": {own.id, other.id}}


def test_a_request_needs_an_address_and_goes_to_the_one_that_was_shown(world: World) -> None:
    duty = add_duty(world)
    message = RequestMessage(language="fr", subject="Rapport", text="Bonjour", address="a@example.int")
    with pytest.raises(Conflict, match="no e-mail address"), with_report(world, duty) as (session, actor, found):
        requests.request_report(session, actor, found, message, version=1)
    give_address(world, "b@example.int")
    with pytest.raises(Conflict, match="has changed"), with_report(world, duty) as (session, actor, found):
        requests.request_report(session, actor, found, message, version=1)
    give_address(world, "a@example.int")
    with with_report(world, duty) as (session, actor, found):
        requests.request_report(session, actor, found, message, version=1)
        with pytest.raises(Stale):
            requests.request_report(session, actor, found, message, version=1)
        ((request, email),) = queries.list_requests(session, found.report)
        assert (request.text, email.address) == ("Bonjour", "a@example.int")


def decline(world: World, duty: ReportingDuty, due_on: date) -> None:
    """Record that the organization will not give its report that is due on a day."""
    with world.acting("ines") as (session, actor):
        listed = queries.list_reports_of_duty(session, duty)
        (report,) = (each for each in listed if each.due_on == due_on)
        refusal = ReportRefusal(declined_on=TODAY, reason="Because.")
        reports.decline_report(session, actor, DutyReport(report, duty), refusal, version=report.version)


def give_address(world: World, address: str, code: str = "ISOC") -> None:
    with world.acting("ines") as (session, actor):
        row = organizations.get_organization(session, code)
        known = {"kind": row.kind, "confirmed": tuple(row.confirmed), "from_on": row.from_on, **row.names}
        entry = OrganizationEntry(address=address, **known)
        change_organization(session, actor, row, entry, version=row.version)
