"""Until when corrections of a report can be requested: set by the chair, shown with the reader's zone, kept."""

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.journal import JournalLine
from app.domain.reports import events
from app.domain.reports.models import Report
from tests.web.reports.test_reports import Open, ReportPages, circulated, meeting, report_pages  # noqa: F401  # fixtures

PATH = "/corrections-deadline"
PLACE_OF_MEETING = ZoneInfo("Europe/Zurich")


def get_today() -> date:
    """The day at the place of the meeting."""
    return clock.now().astimezone(PLACE_OF_MEETING).date()


def set_deadline(pages: ReportPages, days: int, **more: str) -> int:
    """Set the last day so many days from now, after what the form says was set before; return the status."""
    return pages.press(PATH, corrections_due_on=get_today() + timedelta(days), **{"was": read_deadline(pages)} | more)


def read_deadline(pages: ReportPages) -> str:
    """Read from the form which deadline it shows, as it sends it along."""
    return re.findall(r'name="was" value="([^"]*)"', pages.chair.get(pages.url + PATH).text)[0]


def test_delegations_see_the_deadline_in_their_zone_and_on_the_desk_and_it_is_kept(
    circulated: ReportPages,  # noqa: F811
    english: Open,
) -> None:
    pages, key = circulated, circulated.key("agreed")
    correction = f"/paragraphs/{key}/correction"
    assert "The draft report has been circulated" in pages.kenya.get("/").text

    assert set_deadline(pages, 3) == 303

    pages.kenya.client.cookies.set("cwg_zone", "Africa/Nairobi")
    shown = pages.kenya.get(pages.url).text
    assert re.search(r"in 3 days.*23:59 in Geneva \(\w+, 0[01]:59 in Nairobi\)", shown, re.DOTALL)
    assert "Corrections of the draft report are due" in pages.kenya.get("/").text
    assert "The deadline for corrections has not passed." in pages.page(pages.chair, "/adopt")
    assert pages.press(correction, pages.kenya, text="Kenya agreed.") == 303
    with clock.shifted_clock(timedelta(days=5)):
        brazil = english("rafael")
        assert pages.press(correction, brazil, text="Brazil agreed.") == 409
        assert correction not in brazil.get(pages.url).text
        assert "The deadline for requesting corrections has passed." in brazil.get("/").text


def test_a_deadline_is_changed_and_removed_by_those_with_the_tools_of_the_chair(report_pages: ReportPages) -> None:  # noqa: F811
    pages = report_pages
    assert set_deadline(pages, -2) == 400
    assert pages.press(PATH, pages.kenya, corrections_due_on=str(get_today())) == 403

    assert set_deadline(pages, 0) == 303
    assert "23:59 in Geneva" in pages.page(pages.chair, "/circulate")
    assert pages.press("/circulate") == 303
    assert set_deadline(pages, 7, was="") == 409, "another one was set meanwhile"
    assert set_deadline(pages, 7) == 303
    assert pages.press(PATH, corrections_due_on="", was=read_deadline(pages)) == 303

    with transaction(pages.world.read) as session:
        assert session.scalars(select(Report.corrections_due_at)).one() is None
        of_deadline = JournalLine.event == events.CorrectionsDeadlineSet.name
        lines = session.scalars(select(JournalLine).where(of_deadline).order_by(JournalLine.seq)).all()
    assert [line.facts["circulated"] for line in lines] == [False, True, True]
    assert [line.facts["was"] for line in lines] == ["", *(line.facts["now"] for line in lines[:-1])]
    assert lines[-1].facts["now"] == ""
