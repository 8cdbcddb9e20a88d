"""The report of a long meeting stays usable: thirty items, 150 paragraphs, corrections open and answered."""

import re
import zlib
from collections.abc import Callable

import pytest

from app.domain.meetings.models import Meeting
from app.domain.reports.actions import corrections, drafting
from app.domain.reports.inputs import NewReportCorrection, NewReportDraft
from app.domain.reports.models import SpeakerAttribution
from app.domain.reports.rules.paragraphs import ParagraphKind, create_paragraph
from tests.browser import Browser
from tests.world import World

ITEMS, PARAGRAPHS_OF_ITEM, CORRECTIONS = 30, 5, 12
WORDS = "The representative of a Member State recalled the resolution and asked the secretariat for a study. " * 3


@pytest.fixture
def meeting(world: World) -> Meeting:
    new = world.meeting()
    world.first_day_comes(new)
    written = []
    for item in range(1, ITEMS + 1):
        written.append(create_paragraph(ParagraphKind.HEADING, f"{item} An item of the agenda with its title", "en"))
        written += [create_paragraph(ParagraphKind.TEXT, f"{item}: {WORDS}", "en") for _ in range(PARAGRAPHS_OF_ITEM)]
    with world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, new.id)
        options = NewReportDraft(attribution=SpeakerAttribution.NAMED, lang="en")
        drafting.save_report_draft(session, actor, row, options, written)
        drafting.circulate_report(session, actor, row, revision=1)
    with world.acting("amina") as (session, actor):
        row = session.get_one(Meeting, new.id)
        for each in [each for each in written if each.kind == ParagraphKind.TEXT][: CORRECTIONS * 12 : 12]:
            wish = NewReportCorrection(text=f"{each.text} Kenya added that the study is urgent.")
            corrections.request_report_correction(session, actor, row, each.key, wish, revision=1)
    return new


@pytest.mark.parametrize(
    ("person", "raw", "compressed", "stops"), [("laurent", 180_000, 11_000, 315), ("amina", 130_000, 9_000, 230)]
)
def test_a_long_report_is_bounded_in_bytes_and_in_stops_of_the_keyboard(
    world: World, meeting: Meeting, english: Callable[..., Browser], person: str, raw: int, compressed: int, stops: int
) -> None:
    page = english(person).get(f"/meetings/{meeting.id}/report").text
    stopped_at = len(re.findall(r"<(?:a [^>]*href|button|summary|textarea|select|input (?!type=\"hidden))", page))
    in_closed_details = len(re.findall(r'<article class="correction open"', page)) * 4 * ("/corrections/" in page)

    measured = (len(page.encode()), len(zlib.compress(page.encode(), 6)), stopped_at - in_closed_details)

    assert page.count('class="report-part') == ITEMS * (PARAGRAPHS_OF_ITEM + 1)
    assert all(each <= most for each, most in zip(measured, (raw, compressed, stops), strict=True)), measured
