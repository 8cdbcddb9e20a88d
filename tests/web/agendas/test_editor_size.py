"""The bytes that an item of a long agenda adds to the page of its editor, as it is and as it is sent."""

import gzip
import re
from collections.abc import Callable

from sqlalchemy import select

from app.core.db import transaction
from app.core.i18n import LANGUAGES
from app.domain.agendas.models import AgendaItem
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.world import World, record_rows

SUBJECTS = (
    "Affordable connectivity for landlocked countries and small islands",
    "Domain names and addresses in local scripts",
    "Report by the Secretariat on Internet-related activities",
    "Outcome of the open consultation of the membership",
    "Exchange points, and the cost of international routes",
    "Security of the routing system",
    "Participation of developing countries",
)
MAX_BYTES, MAX_COMPRESSED_BYTES = 800, 100  # of an item
MAX_PAGE, MAX_COMPRESSED_PAGE = 900_000, 120_000  # of a page with 1,000 items
ROWS = (100, 300)


def add_items(world: World, meeting: Meeting, numbers: range) -> None:
    """Add items to a draft: four of five under another one, with minutes, as a long agenda has them."""
    with transaction(world.write) as session:
        record_rows(session)
        parent = None
        for number in numbers:
            place = number % 5
            item = AgendaItem(
                meeting_id=meeting.id,
                parent_id=parent if place else None,
                position=place - 1 if place else number // 5,
                titles={"en": f"{SUBJECTS[number % len(SUBJECTS)]}: question {number}"},
                minutes=10 + number % 7,
            )
            session.add(item)
            session.flush()
            parent = parent if place else item.id


def test_an_item_costs_few_bytes_and_1000_items_are_one_page_in_six_languages(
    world: World, browser: Callable[..., Browser]
) -> None:
    meeting, chair = world.meeting(), browser("laurent")
    world.session(meeting)

    def read(language: str) -> bytes:
        page = chair.get(f"/meetings/{meeting.id}/agenda/edit?lang={language}")
        assert page.status_code == 200
        return page.content

    add_items(world, meeting, range(ROWS[0]))
    short = {language: read(language) for language in LANGUAGES}
    add_items(world, meeting, range(*ROWS))
    long = {language: read(language) for language in LANGUAGES}

    assert {page.count(b'value="up:') for page in long.values()} == {ROWS[1]}
    for language in LANGUAGES:
        item = (len(long[language]) - len(short[language])) / (ROWS[1] - ROWS[0])
        compressed = (len(gzip.compress(long[language])) - len(gzip.compress(short[language]))) / (ROWS[1] - ROWS[0])
        assert item <= MAX_BYTES, language
        assert compressed <= MAX_COMPRESSED_BYTES, language
        rest = 1000 - ROWS[1]
        assert len(long[language]) + rest * item <= MAX_PAGE, language
        assert len(gzip.compress(long[language])) + rest * compressed <= MAX_COMPRESSED_PAGE, language


def test_the_minutes_of_600_items_are_saved_by_one_form(world: World, browser: Callable[..., Browser]) -> None:
    meeting = world.meeting()
    world.session(meeting)
    add_items(world, meeting, range(600))
    url, chair = f"/meetings/{meeting.id}/agenda", browser("laurent")
    form = chair.get(f"{url}/edit").text.split('id="agenda"')[1].split("</form>")[0]
    fields = dict(re.findall(r'<input[^>]* ?name="((?:sessions|[ms]-)[^"]*)" value="([^"]*)"', form))
    assert len(fields) == 1201

    minutes = {name: "90" if name.startswith("m-") else value for name, value in fields.items()}
    assert chair.post(f"{url}/act", {"act": "save", "version": "0"} | minutes).status_code == 303

    with transaction(world.read) as session:
        assert set(session.scalars(select(AgendaItem.minutes))) == {90}
