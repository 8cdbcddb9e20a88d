"""Reports of organizations through HTTP: a duty, its table, what is recorded, and the message that asks for one."""

import csv
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

from app.core import clock
from app.core.db import transaction
from app.domain.reporting_duties import queries
from app.domain.reporting_duties.models import ReportRequest
from tests.browser import Browser
from tests.domain.test_reporting_duties import add_duty, give_address, open_reports, receive
from tests.web.liaisons.test_liaisons import act
from tests.world import World

Open = Callable[..., Browser]
TODAY = clock.now().date()
NEW = {"organization": "ISOC", "clause": "tunis-71", "every_months": "12", "from_on": "2026-01-01"}


def find_report(world: World, address: str) -> str:
    """The address of the report that is expected by a duty."""
    with transaction(world.read) as session:
        duty = queries.get_visible_duty(session, world.actor("ines"), address.rpartition("/")[2])
        return f"/expected-reports/{queries.list_reports_of_duty(session, duty)[0].id}"


def test_a_duty_is_added_and_its_report_recorded_as_received(world: World, english: Open) -> None:
    ines, amina = english("ines"), english("amina")
    assert ines.post("/bodies/cwg-internet/reporting-duties", NEW | {"organization": ""}).status_code == 400
    due_on = (TODAY + timedelta(days=30)).isoformat()
    answer = ines.post("/bodies/cwg-internet/reporting-duties", NEW | {"next_due_on": due_on})
    assert answer.status_code == 303, answer.text
    duty = str(answer.headers["location"]).partition("?")[0]
    open_reports(world)
    report = find_report(world, duty)

    for reader in (ines, amina):
        page = reader.get("/liaisons/reports").text
        assert "ISOC" in page
        assert "Due on" in page
        assert report in page
    assert "Ask for it by e-mail" not in amina.get(report).text
    liaison = receive(world)
    page = ines.get(report).text
    version = page.partition('name="version" value="')[2].partition('"')[0]
    assert ines.post(f"{report}/answer", {"version": version, "liaison": str(liaison)}).status_code == 303
    assert "Received" in amina.get("/liaisons/reports").text
    assert f'href="/liaisons/{liaison}"' in amina.get(report).text


def test_an_overdue_report_is_on_the_desk_until_it_was_asked_for(world: World, english: Open) -> None:
    report = find_report(world, str(add_duty(world, due_in=340 - 365).id))
    ines, amina = english("ines"), english("amina")
    with transaction(world.read) as session:
        overdue = session.scalars(
            queries.list_visible_reports(world.actor("ines")).where(queries.ExpectedReport.due_on < TODAY)
        ).one()
    report = f"/expected-reports/{overdue.id}"
    assert "The report of an organization is overdue" in ines.get("/").text
    assert "The report of an organization is overdue" not in amina.get("/").text
    assert "Overdue by 25 days" in amina.get("/liaisons/reports?show=overdue").text
    assert "no e-mail address" in ines.get(report).text
    give_address(world, "contact@example.int")

    shown = ines.get(f"{report}/request?language=fr").text
    assert "contact@example.int" in shown
    assert 'lang="fr"' in shown
    refused = ines.post(f"{report}/request", {"version": "1", "language": "fr", "shown": "another"})
    assert refused.status_code == 409
    assert "Read it again." in refused.text
    digest = shown.partition('name="shown" value="')[2].partition('"')[0]
    act(ines, f"{report}/request", language="fr", shown=digest)
    with transaction(world.read) as session:
        request = session.query(ReportRequest).one()
        assert request.language == "fr"
        assert request.text in shown.replace("&#39;", "'").replace("&#34;", '"')
    assert "The report of an organization is overdue" not in ines.get("/").text


def test_the_table_as_csv_says_why_there_is_no_report(world: World, english: Open) -> None:
    ines, amina = english("ines"), english("amina")
    report = find_report(world, str(add_duty(world).id))
    declined = {"declined_on": TODAY.isoformat(), "reason": "=It has no staff."}
    assert ines.post(f"{report}/decline", declined | {"version": "1", "reason": ""}).status_code == 400
    assert ines.post(f"{report}/decline", declined | {"version": "1"}).status_code == 303

    assert "Said it will not" in amina.get("/liaisons/reports").text
    heading, row = csv.reader(StringIO(amina.get("/liaisons/reports.csv").text.removeprefix("\ufeff")))
    assert heading[0] == "Organization"
    assert row[1] == "CWG-Internet"
    assert row[-1].endswith("It has no staff.")
    assert not row[-1].startswith("="), "no formula"


def test_strangers_find_nothing(world: World, english: Open) -> None:
    duty = add_duty(world)
    report = find_report(world, str(duty.id))
    olga = english("olga")
    for address in ("/liaisons/reports", "/liaisons/reports.csv", f"/reporting-duties/{duty.id}", report):
        assert english("amina").get(address).status_code == 200
        assert olga.get(address).status_code == 404


def test_reports_are_shown_to_the_public_once_a_second_person_has_confirmed_what_the_page_shows(
    world: World, english: Open
) -> None:
    duty = f"/reporting-duties/{add_duty(world).id}"
    open_reports(world)
    page, ines, daniel, amina = f"{duty}/publication", english("ines"), english("daniel"), english("amina")
    assert f'href="{page}"' in ines.get(duty).text
    for who, address in ((amina, page), (daniel, f"{page}/confirm"), (amina, f"{page}/confirm")):
        assert who.post(address, {}).status_code in (403, 409)
    assert english("chen").get(page).status_code == 404
    assert english("chen").post(page, {}).status_code == 404

    assert "Due on" in ines.get(page).text
    assert ines.post(page, {}).headers["Location"] == f"{page}?done=publication-proposed"
    assert f'action="{page}/confirm"' not in ines.get(page).text
    assert ines.post(f"{page}/confirm", {}).status_code == 403
    assert f'href="{page}"' in daniel.get("/").text
    assert "ISOC" in daniel.get(page).text
    assert f'action="{page}/confirm"' in daniel.get(page).text
    assert daniel.post(f"{page}/confirm", {}).headers["Location"] == f"{page}?done=publication-confirmed"
    assert daniel.post(f"{page}/confirm", {}).status_code == 409

    without = daniel.post(f"{page}/end", {"reason": " "})
    assert without.status_code == 400
    assert 'id="f-reason"' in without.text
    assert amina.post(f"{page}/end", {"reason": "Because."}).status_code == 403
    assert daniel.post(f"{page}/end", {"reason": "It is outdated."}).status_code == 303
    assert "It is outdated." in ines.get(page).text
