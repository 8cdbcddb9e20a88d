"""Receiving an output in the parent group through HTTP: the page, the act, and the links at both ends."""

import re
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
from tests.world import PARENT, World, record_rows

Open = Callable[..., Browser]
SYMBOL = "CWG-WSIS 44/LS/1"


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-2)


@pytest.fixture
def parent_meeting(world: World) -> Meeting:
    return world.parent_meeting()


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def output(world: World, meeting: Meeting, release_store: Store) -> Output:
    return world.for_the_parent(meeting, release_store, title="A report to the parent")


def forwarded_document(world: World) -> list[Document]:
    with transaction(world.read) as session:
        return list(session.scalars(select(Document).where(Document.body_id == world.body(PARENT).id)))


def find_page(world: World, output: Output) -> str:
    return f"/deliveries/{world.delivery_to_body(output).id}"


def test_a_secretary_registers_an_output_and_both_pages_link_to_each_other(
    world: World, output: Output, parent_meeting: Meeting, english: Open
) -> None:
    world.seat("amina", "delegate", body=PARENT)
    world.seat("olga", "secretary", body=PARENT)  # she serves the receiving group alone
    olga, amina, page = english("olga"), english("amina"), find_page(world, output)
    assert "A text was sent to your group" in olga.get("/").text
    assert page not in amina.get(f"/outputs/{output.id}").text
    assert page in english("ines").get(f"/outputs/{output.id}").text
    form = olga.get(f"{page}/receive").text
    assert "CWG-WSIS, meeting 44" in form
    assert f'value="{parent_meeting.id}" checked' in form

    answer = olga.post(f"{page}/receive", {"meeting": str(parent_meeting.id)})

    assert answer.headers["Location"] == f"{page}?done=text-received"
    (document,) = forwarded_document(world)
    assert f'href="/documents/{document.id}">{SYMBOL}</a>' in olga.get(page).text
    page = amina.get(f"/outputs/{output.id}").text
    assert "Registered for CWG-WSIS, meeting 44 as" in page
    assert f'href="/documents/{document.id}">{SYMBOL}</a>' in page
    page = amina.get(f"/documents/{document.id}").text
    assert f'Forwarded from <a class="symbol" dir="ltr" href="/outputs/{output.id}">{output.symbol}</a>' in page
    assert f"Forwarded from {output.symbol}</td>" in page  # the history of the document
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert "Origin" in headings
    assert len(set(headings)) == len(headings)
    file = amina.get(f"/documents/{document.id}/first/files/en")
    assert file.content == amina.get(f"/outputs/{output.id}/files/en").content


def test_a_secretary_returns_a_text_with_a_reason(world: World, output: Output, english: Open) -> None:
    world.seat("olga", "secretary", body=PARENT)
    olga, page = english("olga"), find_page(world, output)
    assert olga.post(f"{page}/return", {"reason": ""}).status_code == 400

    answer = olga.post(f"{page}/return", {"reason": "It is for another group."})

    assert answer.headers["Location"] == f"{page}?done=text-returned"
    assert "It is for another group." in english("ines").get(page).text
    assert "Returned:" in english("amina").get(f"/outputs/{output.id}").text


def test_people_without_a_seat_in_the_group_are_linked_to_the_read_path(
    world: World, output: Output, parent_meeting: Meeting, english: Open
) -> None:
    """Chen's company is a Sector Member with a seat in neither group; members read both outputs on the read path."""
    document = world.forwarded(output, parent_meeting)

    page = english("chen").get(f"/documents/{document.id}").text

    assert f"/outputs/{output.id}" not in page
    assert "/outputs/CWG-Internet-21-OUT-1" in page or f">{output.symbol}</a>" in page
    assert english("chen").get(f"/outputs/{output.id}").status_code == 404


def test_the_link_is_shown_only_to_those_who_can_see_the_document(
    world: World, output: Output, parent_meeting: Meeting, english: Open
) -> None:
    document = world.forwarded(output, parent_meeting)
    assert f"/documents/{document.id}" in english("amina").get(f"/outputs/{output.id}").text
    with transaction(world.write) as session:
        record_rows(session)
        session.get_one(Document, document.id).access = "group"

    page = english("amina").get(f"/outputs/{output.id}").text

    assert SYMBOL in page
    assert f"/documents/{document.id}" not in page
    assert f"/documents/{document.id}" in english("ines").get(f"/outputs/{output.id}").text


def test_the_link_stays_when_the_group_gets_another_parent(
    world: World, output: Output, parent_meeting: Meeting, english: Open
) -> None:
    document = world.forwarded(output, parent_meeting)
    world.change_body(parent=None)

    assert f"/documents/{document.id}" in english("ines").get(f"/outputs/{output.id}").text


def test_a_retry_or_a_double_click_registers_only_once(
    world: World, output: Output, parent_meeting: Meeting, english: Open
) -> None:
    ines, page = english("ines"), find_page(world, output)
    for _ in range(2):
        answer = ines.post(f"{page}/receive", {"meeting": str(parent_meeting.id)})
        assert answer.headers["Location"].endswith("?done=text-received")

    assert [each.symbol for each in forwarded_document(world)] == [SYMBOL]


@pytest.mark.parametrize("chosen", ["", "x", "3f0c7c1e-8a52-4c0b-9d4e-2b7f5a6c1d80"])
def test_without_a_meeting_of_the_group_the_page_says_what_to_do(
    world: World, output: Output, parent_meeting: Meeting, english: Open, chosen: str
) -> None:
    answer = english("ines").post(f"{find_page(world, output)}/receive", {"meeting": chosen})

    assert answer.status_code == 400
    assert 'id="f-meeting-error"' in answer.text
    assert "Select a meeting of your group" in answer.text
    assert forwarded_document(world) == []


def test_without_a_convened_meeting_the_page_says_so(world: World, output: Output, english: Open) -> None:
    world.serve_the_parent("ines")
    page = find_page(world, output)
    form = english("ines").get(f"{page}/receive").text
    assert "Your group has no convened meeting" in form
    assert f'action="{page}/receive"' not in form
    assert "Register for a meeting" not in english("daniel").get(page).text  # of the sending group alone


def test_the_withdrawal_of_an_output_is_shown_on_the_forwarded_document(
    world: World, output: Output, parent_meeting: Meeting, english: Open
) -> None:
    document = world.forwarded(output, parent_meeting)
    notice, history = (
        "The text from which it was forwarded was withdrawn",
        "The source text of this document was withdrawn",
    )
    page = english("ines").get(f"/documents/{document.id}").text
    assert (notice in page, history in page) == (False, False)
    assert english("chen").get(f"/documents/{document.id}").status_code == 200

    world.withdrawn(output)

    page = english("ines").get(f"/documents/{document.id}").text
    assert (page.count(notice), page.count(history)) == (1, 1)
    assert english("chen").get(f"/documents/{document.id}").status_code == 404  # the tombstone is on the read path
    page = english("ines").get(f"/outputs/{output.id}").text
    assert SYMBOL in page


def test_statements_of_states_are_forwarded_too(
    world: World, meeting: Meeting, parent_meeting: Meeting, release_store: Store, english: Open
) -> None:
    adopted = world.adopted(meeting, kind="parent_report")
    world.statement(adopted, "amina", text="Kenya reserves its position.")
    output = world.as_released(adopted, release_store)

    document = world.forwarded(output, parent_meeting)

    for who in ("ines", "chen"):
        assert "Kenya reserves its position." in english(who).get(f"/documents/{document.id}").text
