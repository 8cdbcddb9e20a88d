"""The bytes that an item of a long agenda adds to the page of its editor, as it is and as it is sent."""

import gzip
from collections.abc import Callable

from app.core.db import transaction
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
MAX_BYTES, MAX_COMPRESSED_BYTES = 800, 100


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


def test_an_item_costs_few_bytes(world: World, english: Callable[..., Browser]) -> None:
    meeting, chair = world.meeting(), english("laurent")

    def read() -> bytes:
        page = chair.get(f"/meetings/{meeting.id}/agenda/edit")
        assert page.status_code == 200
        return page.content

    add_items(world, meeting, range(100))
    short = read()
    add_items(world, meeting, range(100, 300))
    long = read()

    assert long.count(b'value="up:') == 300
    bytes_per_item = (len(long) - len(short)) / 200
    compressed_per_item = (len(gzip.compress(long)) - len(gzip.compress(short))) / 200
    assert bytes_per_item <= MAX_BYTES
    assert compressed_per_item <= MAX_COMPRESSED_BYTES
