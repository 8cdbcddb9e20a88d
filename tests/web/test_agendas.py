"""The editor of the agenda through HTTP: it never loses an edit."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.domain.agendas import queries
from app.domain.agendas.models import AgendaItem
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


def titles(world: World, meeting: Meeting) -> list[str]:
    with transaction(world.read) as session:
        return [list(item.titles.values())[-1] for item, _ in queries.in_order(queries.draft(session, meeting))]


def stands(world: World, meeting: Meeting) -> dict[object, object]:
    with transaction(world.read) as session:
        return {each.document_id: each.item_id for each in queries.allocations(session, meeting)}


@pytest.fixture
def meeting(world: World) -> Meeting:
    made = world.meeting()
    for title in ("First", "Second", "Third"):
        world.item(made, title)
    return made  # its agenda is at version 3


def test_only_chair_and_secretariat_open_the_editor(meeting: Meeting, english: Open) -> None:
    path = f"/meetings/{meeting.id}/agenda/edit"

    assert [english(who).get(path).status_code for who in ("laurent", "layla", "ines")] == [200, 200, 200]
    assert [english(who).get(path).status_code for who in ("amina", "joseph")] == [403, 403]
    assert english("wambui").get(path).status_code == 404


def test_every_change_of_the_editor_works(world: World, meeting: Meeting, english: Open) -> None:
    here, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    with transaction(world.read) as session:
        first, second, third = session.scalars(select(AgendaItem.id).order_by(AgendaItem.position))
    changes = [
        ("/items", {"title": "Fourth"}),
        (f"/items/{third}", {"title": "Drei"}),
        (f"/items/{third}/move", {"direction": "up"}),
        (f"/items/{first}/move", {"direction": "down"}),
        (f"/items/{second}/remove", {}),
    ]

    for version, (path, data) in enumerate(changes, start=3):
        answer = chair.post(here + path, {"version": str(version)} | data)
        assert answer.headers["Location"] == f"{here}/edit?done=agenda"

    assert titles(world, meeting) == ["Drei", "First", "Fourth"]


def test_no_change_is_made_by_a_delegate(world: World, meeting: Meeting, english: Open) -> None:
    here, delegate = f"/meetings/{meeting.id}/agenda", english("amina")
    _, document = world.registered(meeting)
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id)).first()
    changes = [
        ("/items", {"title": "Fourth"}),
        (f"/items/{item}", {"title": "Another"}),
        (f"/items/{item}/move", {"direction": "down"}),
        (f"/items/{item}/remove", {}),
        ("/allocations", {"document": str(document.id), "item": str(item)}),
        (f"/allocations/{document.id}/remove", {}),
    ]

    for path, data in changes:
        assert delegate.post(here + path, {"version": "3"} | data).status_code == 403

    assert titles(world, meeting) == ["First", "Second", "Third"]
    assert stands(world, meeting) == {}


def test_a_document_is_put_under_an_item_and_taken_off(world: World, meeting: Meeting, english: Open) -> None:
    here, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    _, document = world.registered(meeting)
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 1)).one()
    assert f"Item for {document.symbol}" in chair.get(f"{here}/edit").text

    put = {"version": "3", "document": str(document.id), "item": str(item)}
    assert chair.post(f"{here}/allocations", put).headers["Location"] == f"{here}/edit?done=allocated"
    assert stands(world, meeting) == {document.id: item}
    page = chair.get(f"{here}/edit").text
    assert f"Item for {document.symbol}" not in page
    assert f"Take {document.symbol} off the agenda" in page
    assert "Remove item 2" not in page

    taken = chair.post(f"{here}/allocations/{document.id}/remove", {"version": "4"})
    assert taken.headers["Location"] == f"{here}/edit?done=taken-off"
    assert stands(world, meeting) == {}


def test_an_item_with_documents_stays_even_if_it_is_asked_to_go(world: World, meeting: Meeting, english: Open) -> None:
    here, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    _, document = world.registered(meeting)
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id)).first()
    chair.post(f"{here}/allocations", {"version": "3", "document": str(document.id), "item": str(item)})

    answer = chair.post(f"{here}/items/{item}/remove", {"version": "4"})

    assert answer.status_code == 409
    assert "Put them under another one first." in answer.text
    assert len(titles(world, meeting)) == 3
    assert chair.post(f"{here}/items", {"version": "4", "title": "Still at version 4"}).status_code == 303


def test_a_stale_save_shows_both_and_changes_nothing(world: World, meeting: Meeting, english: Open) -> None:
    here = f"/meetings/{meeting.id}/agenda"
    english("ines").post(f"{here}/items", {"version": "3", "title": "From the secretary"})

    answer = english("laurent").post(f"{here}/items", {"version": "3", "title": "From the chair"})

    assert answer.status_code == 409
    assert "Somebody changed the agenda meanwhile." in answer.text
    assert "From the secretary" in answer.text
    assert 'value="From the chair"' in answer.text
    assert 'name="version" value="4"' in answer.text
    assert titles(world, meeting)[-1] == "From the secretary"
    assert english("laurent").post(f"{here}/items", {"version": "4", "title": "From the chair"}).status_code == 303


def test_a_new_title_is_not_lost_with_its_item(world: World, meeting: Meeting, english: Open) -> None:
    here = f"/meetings/{meeting.id}/agenda"
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id)).first()
    english("ines").post(f"{here}/items/{item}/remove", {"version": "3"})

    answer = english("laurent").post(f"{here}/items/{item}", {"version": "3", "title": "A title to keep"})

    assert answer.status_code == 409
    assert answer.text.count("A title to keep") == 2
    assert titles(world, meeting) == ["Second", "Third"]


def test_a_stale_allocation_keeps_the_choice(world: World, meeting: Meeting, english: Open) -> None:
    here = f"/meetings/{meeting.id}/agenda"
    _, document = world.registered(meeting)
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 2)).one()

    put = {"version": "2", "document": str(document.id), "item": str(item)}
    answer = english("laurent").post(f"{here}/allocations", put)

    assert answer.status_code == 409
    assert f'value="{item}" lang="en" selected' in answer.text
    assert stands(world, meeting) == {}


def test_an_empty_title_is_said_beside_its_field(world: World, meeting: Meeting, english: Open) -> None:
    here, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id)).first()

    added = chair.post(f"{here}/items", {"version": "3", "title": " "})
    renamed = chair.post(f"{here}/items/{item}", {"version": "3", "title": ""})

    assert (added.status_code, renamed.status_code) == (400, 400)
    assert 'id="f-title-error"' in added.text
    assert f'id="f-rename-{item}-error"' in renamed.text


def test_a_document_or_item_of_elsewhere_is_unknown(world: World, meeting: Meeting, english: Open) -> None:
    here, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    other = world.meeting(number=23)
    elsewhere = world.item(other, "Elsewhere")
    _, document = world.registered(other)

    assert chair.post(f"{here}/items/{elsewhere.id}", {"version": "3", "title": "Mine"}).status_code == 404
    put = {"version": "3", "document": str(document.id), "item": str(elsewhere.id)}
    assert chair.post(f"{here}/allocations", put).status_code == 404
    assert stands(world, meeting) == stands(world, other) == {}
