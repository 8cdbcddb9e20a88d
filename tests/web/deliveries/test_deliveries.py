"""Deliveries through HTTP: the desk and the list of a unit, acknowledging, noting by hand, the cover, the output's
page."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.journal import JournalLine
from app.core.storage import Store, open_store
from app.domain.deliveries.models import Delivery
from app.domain.outputs.inputs import NewReleasePlan
from app.domain.outputs.models import Output
from tests.browser import Browser
from tests.domain.test_liaisons import register, take_in
from tests.pango import needs_pango
from tests.web.meetings.test_life_cycle import pdf_text
from tests.world import World

Open = Callable[..., Browser]


TO_NORTHLAND = ({"words": "The registry of Northland", "wants": "action"},)


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def output(world: World, release_store: Store) -> Output:
    """A liaison statement released to TSB, with a recipient in words."""
    world.seat("olga", "tsb")
    adopted = world.adopted(
        world.meeting(opens_in=-1),
        kind="liaison",
        title="On cable landing",
        addressees=TO_NORTHLAND,
    )
    return world.as_released(adopted, release_store, NewReleasePlan(addressees=frozenset({"tsb"})))


@pytest.fixture
def deliveries(world: World, output: Output) -> dict[str, Delivery]:
    return {each.kind: each for each in world.deliver(output)}


def test_an_officer_of_the_unit_reads_and_acknowledges_from_the_desk(
    output: Output, deliveries: dict[str, Delivery], english: Open
) -> None:
    olga, page = english("olga"), f"/deliveries/{deliveries['unit'].id}"
    desk = olga.get("/").text
    assert "Desk: Telecommunication Standardization Bureau" in desk
    assert f'href="{page}"' in desk
    assert "A text was sent to your unit" in desk
    assert 'href="/deliveries"' in desk
    assert page in olga.get("/deliveries").text
    shown = olga.get(page)
    assert "On cable landing" in shown.text
    assert olga.get(f"{page}/files/en").content == english("ines").get(f"/outputs/{output.id}/files/en").content
    assert olga.get(f"{page}/files/fr").status_code == 404
    form = olga.get(f"{page}/acknowledge").text
    assert "This does not mean that your unit agrees with it." in form
    assert "Can it be undone?" in form

    answer = olga.post(f"{page}/acknowledge", {})

    assert answer.headers["Location"] == f"{page}?done=acknowledged"
    assert "A text was sent to your unit" not in olga.get("/").text
    assert olga.get(f"{page}/acknowledge").status_code == 409
    shown = english("amina").get(f"/outputs/{output.id}").text
    assert "Telecommunication Standardization Bureau" in shown
    assert "Acknowledged:" in shown
    assert page not in shown  # the page of a delivery is for those who send or receive it


def test_others_find_nothing(deliveries: dict[str, Delivery], english: Open) -> None:
    for who in ("amina", "laurent", "chen"):
        browser = english(who)
        assert browser.get("/deliveries").status_code == 404
        for delivery in deliveries.values():
            for place in ("", "/files/en", "/acknowledge", "/note", "/acknowledgment", "/cover.pdf"):
                assert browser.get(f"/deliveries/{delivery.id}{place}").status_code == 404
    assert english("olga").get(f"/deliveries/{deliveries['words'].id}").status_code == 404


def test_a_secretary_notes_a_delivery_by_hand(output: Output, deliveries: dict[str, Delivery], english: Open) -> None:
    ines, page = english("ines"), f"/deliveries/{deliveries['words'].id}"
    assert "A released text is to be delivered by hand" in ines.get("/").text
    assert page in ines.get(f"/outputs/{output.id}").text
    assert "The registry of Northland" in ines.get(page).text

    empty = ines.post(f"{page}/note", {"on": "", "at": "", "note": "By a courier"})
    assert empty.status_code == 400
    assert "<title>Record the delivery" in empty.text
    assert "<h1>Record the delivery</h1>" in empty.text
    assert f'href="{page}"' in empty.text
    assert "Enter the date of delivery." in empty.text
    assert "By a courier" in empty.text
    wrong = ines.post(f"{page}/note", {"on": "2020-01-01", "at": "10:00", "note": "By a courier"})
    assert wrong.status_code == 400
    assert "Enter a date and time between the release of the text and now." in wrong.text

    now = clock.now().astimezone(ZoneInfo("Europe/Zurich"))
    typed = {"on": now.date().isoformat(), "at": now.strftime("%H:%M"), "note": "By a courier"}
    answer = ines.post(f"{page}/note", typed)

    assert answer.headers["Location"] == f"{page}?done=handed-over"
    assert "By a courier" in ines.get(page).text
    assert "A released text is to be delivered by hand" not in ines.get("/").text


def test_a_secretary_records_that_a_recipient_outside_of_the_portal_acknowledged(
    world: World, output: Output, deliveries: dict[str, Delivery], english: Open
) -> None:
    """Once it was delivered, once, on a day between the delivery and today; everybody who sees the text sees it."""
    ines, page = english("ines"), f"/deliveries/{deliveries['words'].id}"
    assert ines.get(f"{page}/acknowledgment").status_code == 409, "not before it was delivered"
    world.hand_over(deliveries["words"])
    assert f'href="{page}/acknowledgment"' in ines.get(page).text
    to_unit = f"/deliveries/{deliveries['unit'].id}"
    assert f"{to_unit}/acknowledgment" not in ines.get(to_unit).text
    today = clock.now().astimezone(ZoneInfo("Europe/Zurich")).date()

    typed = {"on": (today + timedelta(days=1)).isoformat(), "how": "By a note verbale"}
    refused = ines.post(f"{page}/acknowledgment", typed)
    assert refused.status_code == 400
    assert "Enter a day between the delivery of the text and today." in refused.text
    assert "By a note verbale" in refused.text
    assert ines.post(f"{page}/acknowledgment", {"on": today.isoformat(), "how": ""}).status_code == 400
    before = english("amina").get(f"/outputs/{output.id}").text
    assert "Acknowledged by the recipient:" not in before
    answer = ines.post(f"{page}/acknowledgment", typed | {"on": today.isoformat()})

    assert answer.headers["Location"] == f"{page}?done=acknowledgment-noted"
    shown = ines.get(page).text
    for words in ("Acknowledged by the recipient:", "By a note verbale", world.person("ines").name):
        assert words in shown
    assert "Acknowledged by the recipient:" in english("amina").get(f"/outputs/{output.id}").text
    assert ines.post(f"{page}/acknowledgment", typed | {"on": today.isoformat()}).status_code == 409
    with transaction(world.read) as session:
        line = session.scalars(select(JournalLine).where(JournalLine.event == "delivery:acknowledgment-noted")).one()
        assert (line.person, line.facts["recipient"]) == (world.person("ines").id, "words:1")
        assert "verbale" not in str(line.facts)


@needs_pango
def test_the_cover_names_recipient_and_text(deliveries: dict[str, Delivery], english: Open) -> None:
    ines, page = english("ines"), f"/deliveries/{deliveries['words'].id}"
    assert f'href="{page}/cover.pdf"' in ines.get(page).text
    words = pdf_text(ines.get(f"{page}/cover.pdf").content)
    assert "The registry of Northland" in words
    assert "On cable landing" in words
    assert "Received by" in words
    assert ines.get(f"/deliveries/{deliveries['unit'].id}/cover.pdf").status_code == 409


def test_a_withdrawn_text_is_no_longer_given_out(
    world: World, output: Output, deliveries: dict[str, Delivery], english: Open
) -> None:
    olga, page = english("olga"), f"/deliveries/{deliveries['unit'].id}"
    assert olga.get(f"{page}/files/en").status_code == 200

    world.withdrawn(output)

    shown = olga.get(page).text
    assert "The group withdrew this text." in shown
    assert f"{page}/files" not in shown
    assert olga.get(f"{page}/files/en").status_code == 404
    assert "Informed that the text was withdrawn:" in english("amina").get(f"/outputs/{output.id}").text


def test_the_page_of_a_text_names_the_statement_by_which_a_recipient_answered(
    world: World, release_store: Store, english: Open
) -> None:
    meeting = world.meeting(opens_in=0)
    to_both = (
        {"organization": "IETF", "wants": "reply", "reply_by": "2099-12-31"},
        {"organization": "ISOC", "wants": "comment"},
    )
    draft = world.output(meeting, kind="liaison", title="On routing", addressees=to_both)
    assert "Reply requested by" in english("laurent").get(f"/outputs/{draft.id}/adopt").text
    text = world.released(meeting, release_store, draft=draft)
    sent = {each.recipient: each for each in world.deliver(text)}
    page = f"/outputs/{text.id}"
    assert "Answered" not in english("amina").get(page).text

    answer = take_in(world, answers=text.id)
    link = f'href="/liaisons/{answer.id}"'
    assert link not in english("amina").get(page).text  # only chair and secretary see what is not registered
    assert link in english("ines").get(page).text
    register(world, answer, meeting)

    for address in (page, f"/deliveries/{sent['IETF'].id}"):
        shown = english("ines").get(address).text
        assert f"Answered by <a {link}><bdi>CWG-Internet 22/LS/1</bdi></a>" in shown, address
        assert shown.count(">Answered</span>") == 1, address
    assert "Answered" not in english("ines").get(f"/deliveries/{sent['ISOC'].id}").text
    assert link in english("amina").get(page).text
