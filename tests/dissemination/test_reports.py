"""The page of reports that are public: organizations by year, in words, the same for every reader."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from app.core import clock
from app.core.signing import Signer
from app.domain.releases.models import Audience
from app.domain.releases.queries.released_duties import PublicDuty, PublicReport
from tests.conftest import Database
from tests.dissemination.read_path_site import ReaderSite
from tests.dissemination.replicated_site import ReadDatabase
from tests.dissemination.test_catalogue import eventually
from tests.world import LEDGER_SIGNER

TODAY = clock.now().date()
OVERDUE_DUTY = PublicDuty(
    id=UUID(int=1),
    organization="ISOC",
    names={"en": "Internet Society", "ar": "جمعية الإنترنت"},
    group="CWG-Internet",
    clause="tunis-71",
    clause_names={"en": "Tunis Agenda (2005), 71", "fr": "Agenda de Tunis (2005), 71"},
    reports=(PublicReport(TODAY - timedelta(days=40), "asked"),),
)
FORGER = Signer.from_secret("forger", b64encode(b"somebody else signs with this ke").decode())
# What an attacker with write access to the database might change in a public duty.
TAMPERED_DUTY = {
    "reporting_duty.id": "id = '00000000-0000-0000-0000-000000000009'",
    "reporting_duty.statement": "statement = replace(statement, 'ISOC', 'OECD')",
    "reporting_duty.signature": f"signature = '{b64encode(bytes(64)).decode()}'",
    "reporting_duty.public_key": f"public_key = '{FORGER.public_key.text}'",
}
HEADING = re.compile(r'<th scope="col">([^<]+)</th>')
CELLS = re.compile(r'<td data-label="(\d+)">(.*?)</td>', re.DOTALL)


def with_reports(*reports: PublicReport, **more: object) -> PublicDuty:
    return replace(OVERDUE_DUTY, reports=reports, **more)


def read_cells(page: str) -> list[tuple[str, str]]:
    """Year and words of each cell of the table."""
    return [(year, " ".join(re.sub(r"<[^>]+>", " ", cell).split())) for year, cell in CELLS.findall(page)]


def test_the_table_says_what_became_of_each_report(reader_site: ReaderSite) -> None:
    year = TODAY.year
    reports = (
        PublicReport(date(year - 2, 3, 31), "answered"),
        PublicReport(date(year - 1, 3, 31), "declined", date(year - 1, 4, 2)),
        PublicReport(TODAY - timedelta(days=1), "asked"),
        PublicReport(date(year + 1, 3, 31), "asked"),
    )
    reader_site.publish_duty(with_reports(*reports))
    reader_site.publish_duty(with_reports(id=UUID(int=2), organization="OECD", names={}))

    page = reader_site.browser().get("/reports").text

    assert HEADING.findall(page) == ["Organization", *(str(each) for each in sorted({r.due_on.year for r in reports}))]
    assert read_cells(page)[:4] == [
        (str(year - 2), "Received"),
        (str(year - 1), f"Said it will not (2 April {year - 1})"),
        (str((TODAY - timedelta(days=1)).year), "Overdue by 1 day"),
        (str(year + 1), f"Due on 31 March {year + 1}"),
    ]
    assert {cell for _, cell in read_cells(page)[4:]} == {"–"}
    assert [page.index(name) for name in ("Internet Society", "OECD")] == sorted(
        page.index(name) for name in ("Internet Society", "OECD")
    )
    assert "Tunis Agenda (2005), 71" in page
    assert "<a href=" not in page.partition("<tbody>")[2].partition("</tbody>")[0]  # no text of a report


def test_each_reader_sees_the_same_in_their_language(reader_site: ReaderSite) -> None:
    reader_site.publish_duty(OVERDUE_DUTY)
    pages = [reader_site.browser(who).get("/reports?lang=fr").text for who in (None, "academia", "external")]
    assert all("40 jours de retard" in page and "Agenda de Tunis (2005), 71" in page for page in pages)
    assert all('<span lang="en" dir="auto">Internet Society</span>' in page for page in pages)
    arabic = reader_site.browser().get("/reports?lang=ar").text
    assert "جمعية الإنترنت" in arabic
    assert '<a href="/reports">تقارير المنظمات</a>' in reader_site.browser().get("/outputs?lang=ar").text


def test_a_report_is_overdue_by_one_day_more_each_day(reader_site: ReaderSite, monkeypatch: pytest.MonkeyPatch) -> None:
    reader_site.publish_duty(OVERDUE_DUTY)
    reader = reader_site.browser()
    assert "Overdue by 40 days" in reader.get("/reports").text
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment + timedelta(days=1))
    assert "Overdue by 41 days" in reader.get("/reports").text


def test_what_changes_is_shown_and_no_other_catalogue_is_made_without(reader_site: ReaderSite) -> None:
    reader_site.publish_duty(OVERDUE_DUTY)
    reader, before = reader_site.browser(), reader_site.public
    reader_site.renew()
    assert reader_site.public is before

    reader_site.publish_duty(with_reports(PublicReport(TODAY - timedelta(days=40), "answered")))

    assert "Received" in reader.get("/reports").text
    assert [catalogue.duties for catalogue in reader_site.state.refresher.get_catalogues().values()] == [
        reader_site.public.duties
    ] * len(Audience)


def test_a_duty_that_the_portal_did_not_sign_is_not_shown(reader_site: ReaderSite) -> None:
    reader_site.publish_duty(OVERDUE_DUTY, sign=LEDGER_SIGNER)
    page = reader_site.browser().get("/reports").text
    assert "Internet Society" not in page
    assert "No reports of organizations are public." in page


@pytest.mark.parametrize("column", TAMPERED_DUTY)
def test_a_tampered_duty_is_not_shown(reader_site: ReaderSite, database: Database, column: str) -> None:
    reader_site.publish_duty(OVERDUE_DUTY)
    assert "Internet Society" in reader_site.browser().get("/reports").text

    database.run_as_superuser(f"UPDATE release.reporting_duty SET {TAMPERED_DUTY[column]}")
    reader_site.renew()

    page = reader_site.browser().get("/reports").text
    assert "Internet Society" not in page
    assert "No reports of organizations are public." in page


def test_a_public_duty_arrives_in_the_database_of_the_read_path(site: ReaderSite, read_database: ReadDatabase) -> None:
    reader = site.browser()
    assert "No reports of organizations are public." in reader.get("/reports").text
    site.publish_duty(OVERDUE_DUTY)
    eventually(lambda: "Internet Society" in reader.get("/reports").text)
    assert read_database.run("SELECT count(*) FROM release.reporting_duty") == [(1,)]
