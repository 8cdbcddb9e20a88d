"""The editor of the agenda through HTTP: it never loses an edit."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.domain.agendas import queries
from app.domain.agendas.models import AgendaItem
from app.domain.contributions.actions import drafting as contributions
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.submissions import load_submission
from app.domain.meetings.models import Meeting, MeetingSession
from tests.browser import Browser
from tests.world import GRACE, PLAYERS, World

Open = Callable[..., Browser]


def titles(world: World, meeting: Meeting) -> list[str]:
    with transaction(world.read) as session:
        return [
            list(item.titles.values())[-1]
            for item, _ in queries.order_draft_items(queries.list_draft_items(session, meeting))
        ]


def stands(world: World, meeting: Meeting) -> dict[object, object]:
    with transaction(world.read) as session:
        return {each.document_id: each.item_id for each in queries.list_draft_allocations(session, meeting)}


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
        (f"/items/{third}", {"title_fr": "Trois"}),
        (f"/items/{third}/move", {"direction": "up"}),
        (f"/items/{first}/move", {"direction": "down"}),
        (f"/items/{second}/remove", {}),
        (f"/items/{first}/move", {"direction": "in"}),
        ("/numbering", {"style": "lettered"}),
        ("/undo", {}),
        (f"/items/{first}/move", {"under": "", "position": "0"}),
    ]

    for version, (path, data) in enumerate(changes, start=3):
        answer = chair.post(here + path, {"version": str(version)} | data)
        assert answer.headers["Location"].startswith(f"{here}/edit?did={version + 1}")

    assert titles(world, meeting) == ["First", "Trois", "Fourth"]
    assert "Moved</b>: <span>First</span> – item 1 now" in chair.get(f"{here}/edit?did=12").text
    assert "item 1 now" not in chair.get(f"{here}/edit?did=11").text


def test_no_change_is_made_by_a_delegate(world: World, meeting: Meeting, english: Open) -> None:
    here, delegate = f"/meetings/{meeting.id}/agenda", english("amina")
    _, document = world.registered(meeting)
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id)).first()
    changes = [
        ("/items", {"title": "Fourth"}),
        (f"/items/{item}", {"title_en": "Another"}),
        (f"/items/{item}/move", {"direction": "down"}),
        (f"/items/{item}/remove", {}),
        ("/allocations", {"document": str(document.id), "item": str(item)}),
        (f"/allocations/{document.id}/move", {"direction": "up"}),
        (f"/allocations/{document.id}/remove", {}),
        ("/together", {"document": str(document.id)}),
        ("/numbering", {"style": "roman"}),
        ("/undo", {}),
        ("/release", {}),
        ("/deputies", {}),
        ("/adopt", {"number": "1"}),
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
    assert f"Choose {document.symbol}" in chair.get(f"{here}/edit").text.split("Not yet allocated")[1]

    put = {"version": "3", "document": str(document.id), "item": str(item)}
    assert chair.post(f"{here}/allocations", put).headers["Location"] == f"{here}/edit?did=4#item-{item}"
    assert stands(world, meeting) == {document.id: item}
    page = chair.get(f"{here}/edit").text
    assert f"Choose {document.symbol}" not in page.split("Not yet allocated")[1]
    assert f"Take {document.symbol} off the agenda" in page
    assert "Remove item 2" not in page

    taken = chair.post(f"{here}/allocations/{document.id}/remove", {"version": "4"})
    assert taken.headers["Location"] == f"{here}/edit?did=5"
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
    assert answer.text.count('value="From the chair"') == 2
    assert "<b>Added</b> <span>From the secretary</span>" in answer.text
    assert PLAYERS["ines"].name in answer.text
    assert 'name="version" value="4"' in answer.text
    assert titles(world, meeting)[-1] == "From the secretary"
    assert english("laurent").post(f"{here}/items", {"version": "4", "title": "From the chair"}).status_code == 303


def test_a_new_title_is_not_lost_with_its_item(world: World, meeting: Meeting, english: Open) -> None:
    here = f"/meetings/{meeting.id}/agenda"
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id)).first()
    english("ines").post(f"{here}/items/{item}/remove", {"version": "3"})

    answer = english("laurent").post(f"{here}/items/{item}", {"version": "3", "title_en": "A title to keep"})

    assert answer.status_code == 409
    assert 'value="A title to keep"' in answer.text.split("Add an item")[1]
    assert "<b>Removed</b> <span>First</span>" in answer.text
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
    renamed = chair.post(f"{here}/items/{item}", {"version": "3", "title_fr": " "})

    assert (added.status_code, renamed.status_code) == (400, 400)
    assert 'id="f-title-error"' in added.text
    assert 'id="f-title_en-error"' in renamed.text


def test_a_document_or_item_of_elsewhere_is_unknown(world: World, meeting: Meeting, english: Open) -> None:
    here, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    other = world.meeting(number=23)
    elsewhere = world.item(other, "Elsewhere")
    _, document = world.registered(other)

    assert chair.post(f"{here}/items/{elsewhere.id}", {"version": "3", "title_en": "Mine"}).status_code == 404
    put = {"version": "3", "document": str(document.id), "item": str(elsewhere.id)}
    assert chair.post(f"{here}/allocations", put).status_code == 404
    assert stands(world, meeting) == stands(world, other) == {}


def test_a_stale_form_of_an_item_comes_back_beside_the_item_as_it_is(
    world: World, meeting: Meeting, english: Open
) -> None:
    here = f"/meetings/{meeting.id}/agenda"
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 0)).one()
    chair, secretary = english("laurent"), english("ines")
    page = chair.get(f"{here}/items/{item}").text
    assert 'name="title_zh"' in page
    assert 'name="position" value="0"' in page
    theirs = {"version": "3", "title_en": "By the secretary", "minutes": "20"}
    secretary.post(f"{here}/items/{item}", theirs)

    mine = {"version": "3", "title_en": "By the chair", "minutes": "45", "notes": "Long notes.", "restricted": "yes"}
    answer = chair.post(f"{here}/items/{item}", mine)

    assert answer.status_code == 409
    form, now = answer.text.split("As it is now")
    assert 'value="By the chair"' in form
    assert 'value="45"' in form
    assert "Long notes." in form
    assert "<b>Changed</b> <span>By the secretary</span>" in form
    assert "<mark>By the secretary</mark>" in now
    assert "<mark>20</mark>" in now
    assert chair.post(f"{here}/items/{item}", mine | {"version": "4"}).status_code == 303
    with transaction(world.read) as session:
        there = session.get_one(AgendaItem, item)
        assert (there.titles, there.minutes, there.restricted) == ({"en": "By the chair"}, 45, True)


def test_a_stale_move_can_be_made_on_the_draft_as_it_is(world: World, meeting: Meeting, english: Open) -> None:
    here, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    with transaction(world.read) as session:
        third = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 2)).one()
    english("ines").post(f"{here}/items", {"version": "3", "title": "Fourth"})

    refused = chair.post(f"{here}/items/{third}/move", {"version": "3", "direction": "up"})

    assert refused.status_code == 409
    again = refused.text.split("What you wanted")[1].split("</form>")[0]
    assert f'action="{here}/items/{third}/move"' in again
    assert 'name="direction" value="up"' in again
    assert 'name="version" value="4"' in again
    assert titles(world, meeting) == ["First", "Second", "Third", "Fourth"]


def test_documents_are_put_together_and_shown_so(world: World, meeting: Meeting, english: Open) -> None:
    here, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    papers = [str(world.registered(meeting, title=f"Paper {number}")[1].id) for number in range(3)]
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 0)).one()

    assert chair.post(f"{here}/allocations", {"version": "3", "item": str(item)}).status_code == 400
    assert chair.post(f"{here}/together", {"version": "3", "document": papers[:2]}).status_code == 400
    put = {"version": "3", "document": papers, "item": str(item)}
    assert chair.post(f"{here}/allocations", put).status_code == 303
    assert chair.post(f"{here}/allocations/{papers[0]}/move", {"version": "4", "direction": "down"}).status_code == 303
    assert chair.post(f"{here}/together", {"version": "5", "document": papers[:2]}).status_code == 303
    assert "introduced together, group 1" in chair.get(f"{here}/edit").text
    assert "Introduced together" not in english("amina").get(here).text
    assert chair.post(f"{here}/release", {"version": "6"}).status_code == 303

    shown = english("amina").get(here).text
    joint = shown.split('<section class="joint"')[1].split("</section>")[0]
    assert [f"Paper {number}" in joint for number in range(3)] == [True, True, False]


def test_an_entry_that_is_kept_is_written_anew_when_its_documents_change(
    world: World, meeting: Meeting, english: Open
) -> None:
    here, chair, reader = f"/meetings/{meeting.id}/agenda", english("laurent"), english("amina")
    papers = [str(world.registered(meeting, title=f"Paper {number}")[1].id) for number in range(2)]
    with transaction(world.read) as session:
        item = str(session.scalars(select(AgendaItem.id).where(AgendaItem.position == 0)).one())

    def seen(action: str, **fields: object) -> list[bool]:
        with transaction(world.read) as session:
            version = session.get_one(Meeting, meeting.id).agenda_version
        assert chair.post(f"{here}/{action}", {"version": str(version), **fields}).status_code == 303
        world.agenda_released(meeting)
        page = reader.get(here).text
        return ["Paper 0" in page, "Paper 1" in page, "Introduced together" in page]

    assert seen("allocations", document=papers[:1], item=item) == [True, False, False]
    assert seen("allocations", document=papers[1:], item=item) == [True, True, False]
    assert seen("together", document=papers) == [True, True, True]
    assert seen(f"allocations/{papers[0]}/remove") == [False, True, False]


def test_a_release_says_what_it_changes_and_everybody_sees_the_history(
    world: World, meeting: Meeting, english: Open
) -> None:
    here, chair, delegate = f"/meetings/{meeting.id}/agenda", english("laurent"), english("amina")
    assert "No agenda has been released yet." in delegate.get(f"{here}/versions").text
    assert delegate.get(f"{here}/versions/1").status_code == 404
    assert delegate.get(f"{here}/differences").status_code == 404
    assert "It has 3 items." in chair.get(f"{here}/release").text
    first = chair.post(f"{here}/release", {"version": "3", "note": "The first one."})
    assert first.headers["Location"] == f"{here}/versions?done=released-agenda"
    chair.post(f"{here}/items", {"version": "3", "title": "Fourth"})
    page = chair.get(f"{here}/release").text
    assert "Item added" in page
    assert 'name="after" value="1"' in page
    stale = chair.post(f"{here}/release", {"version": "3", "note": "Kept words.", "after": "1"})
    assert (stale.status_code, "Kept words." in stale.text) == (409, True)
    twice = chair.post(f"{here}/release", {"version": "4", "after": "0"})
    assert twice.status_code == 409

    assert chair.post(f"{here}/release", {"version": "4", "after": "1", "note": "A fourth."}).status_code == 303

    history = delegate.get(f"{here}/versions").text
    assert "Draft agenda, Rev.1" in history
    assert "The first one." in history
    assert "Fourth" in delegate.get(here).text
    old = delegate.get(f"{here}/versions/1").text
    assert "Fourth" not in old
    assert "This version is not in force any more." in old
    changed = delegate.get(f"{here}/differences?from=1&to=2").text
    assert "1 difference from" in changed
    assert "Fourth" in changed
    assert "Nothing differs." in delegate.get(f"{here}/differences?from=2&to=2").text
    assert delegate.get(f"{here}/differences?from=1&to=9").status_code == 404
    assert delegate.get(f"{here}/differences?from=1&to={10**11}").status_code == 422
    assert delegate.get(f"{here}/versions/{10**11}").status_code == 404


def test_the_chair_records_the_adoption_and_items_are_frozen(world: World, meeting: Meeting, english: Open) -> None:
    here, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    assert "No agenda has been released yet." in chair.get(f"{here}/adopt").text
    world.agenda_released(meeting)
    assert english("amina").get(f"{here}/adopt").status_code == 403
    assert "You record that the meeting adopted" in chair.get(f"{here}/adopt").text

    assert chair.post(f"{here}/adopt", {"number": "1"}).headers["Location"] == f"{here}?done=on-record"

    assert "Adopted agenda, version 1" in english("amina").get(here).text
    late = chair.post(f"{here}/items", {"version": "3", "title": "Too late"})
    assert late.status_code == 409
    assert 'value="Too late"' in late.text
    assert "Its items do not change any more." in late.text


def test_the_chair_chooses_who_works_with_the_chairs_tools(world: World, meeting: Meeting, english: Open) -> None:
    here = f"/meetings/{meeting.id}/agenda"
    assert "Who works with the chair" not in english("ines").get(f"{here}/edit").text
    assert "Who works with the chair" in english("laurent").get(f"{here}/edit").text
    assert english("ines").post(f"{here}/deputies", {"version": "3", "office": "secretary"}).status_code == 403

    answer = english("laurent").post(f"{here}/deputies", {"version": "3", "office": "vice_chair"})

    assert answer.status_code == 303
    assert english("layla").get(f"{here}/edit").status_code == 200
    assert english("ines").get(f"{here}/edit").status_code == 403
    assert f"{here}/edit" not in english("ines").get(here).text
    assert english("laurent").post(f"{here}/deputies", {"version": "3", "office": "chair"}).status_code == 404


def test_the_tray_offers_the_item_that_a_delegation_asked_for(world: World, meeting: Meeting, english: Open) -> None:
    here, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    world.agenda_released(meeting)
    with transaction(world.read) as session:
        second = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 1)).one()
    draft = world.draft(meeting)
    with world.acting("amina") as (session, _):
        session.get_one(Contribution, draft.id).item_id = second
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        contributions.submit_contribution(
            session, actor, load_submission(session, there), version=there.version, grace=GRACE, accepts_lateness=False
        )
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        contributions.register_contribution(session, actor, there, version=there.version)

    assert "Put under 2, as asked by the delegation" in chair.get(f"{here}/edit").text


def test_by_session_items_stand_under_the_session_that_they_are_planned_for(
    world: World, meeting: Meeting, english: Open
) -> None:
    here, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    assert "By session" not in chair.get(f"{here}/edit").text
    with transaction(world.write) as session:
        starts = clock.now()
        made = MeetingSession(meeting_id=meeting.id, starts_at=starts, ends_at=starts + timedelta(hours=3))
        session.add(made)
        session.flush()
        item = session.scalars(select(AgendaItem).where(AgendaItem.position == 1)).one()
        item.session_id = made.id

    page = chair.get(f"{here}/edit?by=session").text

    planned, unplanned = page.split("No session yet")
    assert "Second" in planned.split('class="session"')[1]
    assert "First" in unplanned
