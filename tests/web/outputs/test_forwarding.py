"""Forwarding an output to the parent group through HTTP: the page, the act, and the trace at both ends."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.core.storage import Store, open_store
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from tests.browser import Browser
from tests.world import PARENT, World

Open = Callable[..., Browser]
OFFERED = "Forward it to the parent group"
SYMBOL = "CWG-WSIS 44/LS/1"


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-2)


@pytest.fixture
def above(world: World) -> Meeting:
    return world.parent_meeting()


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def made(world: World, meeting: Meeting, shelf: Store) -> Output:
    return world.for_the_parent(meeting, shelf, title="A report to the parent")


def there(world: World) -> list[Document]:
    with transaction(world.read) as session:
        return list(session.scalars(select(Document).where(Document.body_id == world.body(PARENT).id)))


def test_a_secretary_forwards_it_and_each_page_names_the_other(
    world: World, made: Output, above: Meeting, english: Open
) -> None:
    world.seat("amina", "delegate", body=PARENT)
    ines, amina, address = english("ines"), english("amina"), f"/outputs/{made.id}/forward"
    assert address in ines.get(f"/outputs/{made.id}").text
    assert address not in amina.get(f"/outputs/{made.id}").text
    form = ines.get(address).text
    assert "CWG-WSIS, meeting 44" in form
    assert f'value="{above.id}" checked' in form

    answer = ines.post(address, {"meeting": str(above.id)})

    assert answer.headers["Location"] == f"/outputs/{made.id}?done=forwarded"
    (document,) = there(world)
    page = amina.get(f"/outputs/{made.id}").text
    assert "Forwarded to CWG-WSIS, meeting 44 as" in page
    assert f'href="/documents/{document.id}">{SYMBOL}</a>' in page
    page = amina.get(f"/documents/{document.id}").text
    assert f'Forwarded from <a class="symbol" dir="ltr" href="/outputs/{made.id}">{made.symbol}</a>' in page
    assert f"Forwarded from {made.symbol}</td>" in page  # what happened to it
    file = amina.get(f"/documents/{document.id}/first/files/en")
    assert file.content == amina.get(f"/outputs/{made.id}/files/en").content


def test_who_has_no_seat_in_the_group_is_led_to_the_read_path(
    world: World, made: Output, above: Meeting, english: Open
) -> None:
    """Chen's company is a Sector Member, with a seat in neither group; the membership reads both."""
    document = world.forwarded(made, above)

    page = english("chen").get(f"/documents/{document.id}").text

    assert f"/outputs/{made.id}" not in page
    assert "/outputs/CWG-Internet-21-OUT-1" in page or f">{made.symbol}</a>" in page
    assert english("chen").get(f"/outputs/{made.id}").status_code == 404


def test_the_link_is_for_those_who_find_the_document(world: World, made: Output, above: Meeting, english: Open) -> None:
    document = world.forwarded(made, above)
    assert f"/documents/{document.id}" in english("amina").get(f"/outputs/{made.id}").text
    with transaction(world.write) as session:
        session.get_one(Document, document.id).access = "group"

    page = english("amina").get(f"/outputs/{made.id}").text

    assert SYMBOL in page
    assert f"/documents/{document.id}" not in page
    assert f"/documents/{document.id}" in english("ines").get(f"/outputs/{made.id}").text


def test_a_retry_or_a_double_click_makes_no_second_one(
    world: World, made: Output, above: Meeting, english: Open
) -> None:
    ines = english("ines")
    for _ in range(2):
        answer = ines.post(f"/outputs/{made.id}/forward", {"meeting": str(above.id)})
        assert answer.headers["Location"].endswith("?done=forwarded")

    assert [each.symbol for each in there(world)] == [SYMBOL]


@pytest.mark.parametrize("chosen", ["", "x", "3f0c7c1e-8a52-4c0b-9d4e-2b7f5a6c1d80"])
def test_without_a_meeting_it_says_what_to_do_and_nothing_happens(
    world: World, made: Output, above: Meeting, english: Open, chosen: str
) -> None:
    answer = english("ines").post(f"/outputs/{made.id}/forward", {"meeting": chosen})

    assert answer.status_code == 400
    assert 'id="f-meeting-error"' in answer.text
    assert "Choose a meeting of the parent group" in answer.text
    assert there(world) == []


def test_where_it_cannot_be_forwarded_the_page_says_why(world: World, made: Output, english: Open) -> None:
    page = english("ines").get(f"/outputs/{made.id}").text
    assert "Only a secretary of both groups may do this" in page
    assert OFFERED not in page
    assert "To the parent group" not in english("amina").get(f"/outputs/{made.id}").text

    world.serve_the_parent("ines")
    for page in (
        english("ines").get(f"/outputs/{made.id}").text,
        english("ines").get(f"/outputs/{made.id}/forward").text,
    ):
        assert "The parent group has no meeting now" in page
        assert f'action="/outputs/{made.id}/forward"' not in page

    world.parent_meeting()
    assert OFFERED in english("ines").get(f"/outputs/{made.id}").text


def test_nothing_is_said_of_a_text_for_others(
    world: World, meeting: Meeting, above: Meeting, shelf: Store, english: Open
) -> None:
    made = world.released(meeting, shelf)

    assert "To the parent group" not in english("ines").get(f"/outputs/{made.id}").text
    assert english("ines").get(f"/outputs/{made.id}/forward").status_code == 409


def test_a_withdrawn_text_says_so_on_the_document_that_it_became(
    world: World, made: Output, above: Meeting, english: Open
) -> None:
    document = world.forwarded(made, above)
    words = "The text that it was forwarded from was withdrawn"
    assert words not in english("ines").get(f"/documents/{document.id}").text

    world.withdrawn(made)

    for who in ("ines", "chen"):
        page = english(who).get(f"/documents/{document.id}").text
        assert page.count(words) == 2  # a notice, and what happened to it
    page = english("ines").get(f"/outputs/{made.id}").text
    assert SYMBOL in page
    assert OFFERED not in page


def test_what_states_said_goes_along(
    world: World, meeting: Meeting, above: Meeting, shelf: Store, english: Open
) -> None:
    adopted = world.adopted(meeting, kind="parent_report")
    world.statement(adopted, "amina", text="Kenya reserves its position.")
    made = world.as_released(adopted, shelf)

    document = world.forwarded(made, above)

    for who in ("ines", "chen"):
        assert "Kenya reserves its position." in english(who).get(f"/documents/{document.id}").text
