"""The agenda editor through HTTP: no edit is ever lost."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.domain.agendas.models import AgendaItem, DraftAllocation
from app.domain.agendas.queries import agenda_drafts
from app.domain.contributions.actions import drafting as contributions
from app.domain.contributions.actions import registration
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.submissions import load_submission
from app.domain.meetings.models import Meeting, MeetingSession
from tests.browser import Browser
from tests.world import GRACE, PLAYERS, World, record_rows

Open = Callable[..., Browser]


def list_titles(world: World, meeting: Meeting) -> list[str]:
    with transaction(world.read) as session:
        return [
            list(item.titles.values())[-1]
            for item, _ in agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(session, meeting))
        ]


def visible_text(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def get_minutes(world: World, meeting: Meeting) -> list[int | None]:
    with transaction(world.read) as session:
        ordered = agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(session, meeting))
        return [item.minutes for item, _ in ordered]


def get_status(world: World, meeting: Meeting) -> dict[object, object]:
    with transaction(world.read) as session:
        return {each.document_id: each.item_id for each in agenda_drafts.list_draft_allocations(session, meeting)}


@pytest.fixture
def meeting(world: World) -> Meeting:
    new_meeting = world.meeting()
    for title in ("First", "Second", "Third"):
        world.item(new_meeting, title)
    return new_meeting  # its agenda is at version 3


def test_only_chair_and_secretariat_open_the_editor(meeting: Meeting, english: Open) -> None:
    path = f"/meetings/{meeting.id}/agenda/edit"

    assert [english(who).get(path).status_code for who in ("laurent", "layla", "ines")] == [200, 200, 200]
    assert [english(who).get(path).status_code for who in ("amina", "joseph")] == [403, 403]
    assert english("wambui").get(path).status_code == 404


def test_every_change_of_the_editor_works(world: World, meeting: Meeting, english: Open) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    with transaction(world.read) as session:
        first, second, third = session.scalars(select(AgendaItem.id).order_by(AgendaItem.position))
    changes = [
        ("/act", {"act": "add", "title": "Fourth"}),
        (f"/items/{third}", {"title_fr": "Trois"}),
        ("/act", {"act": f"up:{third}"}),
        ("/act", {"act": f"down:{first}"}),
        ("/act", {"act": f"remove:{second}"}),
        ("/act", {"act": f"in:{first}"}),
        ("/act", {"act": "numbering", "style": "lettered"}),
        ("/act", {"act": "undo"}),
        ("/act", {"act": f"move:{first}", "under": "", "position": "0"}),
    ]

    for version, (path, data) in enumerate(changes, start=3):
        answer = chair.post(url + path, {"version": str(version)} | data)
        assert answer.headers["Location"].startswith(f"{url}/edit?did={version + 1}")

    assert list_titles(world, meeting) == ["First", "Trois", "Fourth"]
    assert "Moved</b>: <span>First</span> – now item 1" in chair.get(f"{url}/edit?did=12").text
    assert "now item 1" not in chair.get(f"{url}/edit?did=11").text

    world.session_of(meeting)
    with transaction(world.read) as session:
        sitting = session.scalars(select(MeetingSession.id).where(MeetingSession.meeting_id == meeting.id)).one()
    rows = {"act": f"down:{first}", "version": "12", "sessions": str(sitting), f"s-{first.hex[:6]}": "1"}
    assert chair.post(f"{url}/act", rows).headers["Location"] == f"{url}/edit?did=14#item-{first.hex[:6]}"
    assert "Moved</b>: <span>First</span> – now item 2, session 1" in chair.get(f"{url}/edit?did=14").text


def test_a_delegate_cannot_change_the_agenda(world: World, meeting: Meeting, english: Open) -> None:
    url, delegate = f"/meetings/{meeting.id}/agenda", english("amina")
    _, document = world.registered(meeting)
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id).order_by(AgendaItem.position)).first()
    changes = [
        (f"/items/{item}", {"title_en": "Another"}),
        *(
            ("/act", {"act": act, "title": "Fourth", "document": str(document.id), "item": str(item), "style": "roman"})
            for act in ("add", "allocate", "together", "as-requested", "numbering", "undo")
        ),
        *(("/act", {"act": f"{act}:{item}"}) for act in ("up", "down", "in", "out", "move", "remove")),
        *(("/act", {"act": f"{act}:{document.id}"}) for act in ("document-up", "document-down", "off")),
        ("/act", {"act": f"put:{document.id}.{item}"}),
        ("/act", {"act": f"before:{item}.{item}"}),
        ("/release", {}),
        ("/deputies", {}),
        ("/adopt", {"number": "1"}),
    ]

    for path, data in changes:
        assert delegate.post(url + path, {"version": "3"} | data).status_code == 403

    assert list_titles(world, meeting) == ["First", "Second", "Third"]
    assert get_status(world, meeting) == {}


def test_a_document_is_allocated_to_an_item_and_removed(world: World, meeting: Meeting, english: Open) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    _, document = world.registered(meeting)
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 1)).one()
    assert f"Select {document.symbol}" in chair.get(f"{url}/edit").text.split("Not yet allocated")[1]

    allocation = {"version": "3", "document": str(document.id), "item": str(item)}
    assert (
        chair.post(f"{url}/act", {"act": "allocate"} | allocation).headers["Location"]
        == f"{url}/edit?did=4#item-{item.hex[:6]}"
    )
    assert get_status(world, meeting) == {document.id: item}
    page = chair.get(f"{url}/edit").text
    assert f"Select {document.symbol}" not in page.split("Not yet allocated")[1]
    assert f"Remove {document.symbol} from the agenda" in page
    assert "Remove 1" in page
    assert "Remove 2" not in page

    response = chair.post(f"{url}/act", {"act": f"off:{document.id}", "version": "4"})
    assert response.headers["Location"] == f"{url}/edit?did=5"
    assert get_status(world, meeting) == {}


def test_an_item_with_documents_cannot_be_removed(world: World, meeting: Meeting, english: Open) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    _, document = world.registered(meeting)
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id).order_by(AgendaItem.position)).first()
    chair.post(f"{url}/act", {"act": "allocate", "version": "3", "document": str(document.id), "item": str(item)})

    answer = chair.post(f"{url}/act", {"act": f"remove:{item}", "version": "4"})

    assert answer.status_code == 409
    assert "Allocate them to another item first." in answer.text
    assert len(list_titles(world, meeting)) == 3
    assert chair.post(f"{url}/act", {"act": "add", "version": "4", "title": "Still at version 4"}).status_code == 303


def test_two_people_add_items_at_once_and_see_each_other(world: World, meeting: Meeting, english: Open) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    english("ines").post(f"{url}/act", {"act": "add", "version": "3", "title": "From the secretary"})

    added = chair.post(f"{url}/act", {"act": "add", "version": "3", "title": "From the chair"})

    assert added.headers["Location"] == f"{url}/edit?did=5"
    assert list_titles(world, meeting)[3:] == ["From the secretary", "From the chair"]
    page = chair.get(f"{url}/edit").text
    assert f"{PLAYERS['ines'].name} is also editing this draft, since" in page
    assert f"{PLAYERS['laurent'].name} is also editing" not in page


def test_minutes_typed_by_two_people_are_refused_at_the_same_item_only(
    world: World, meeting: Meeting, english: Open
) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    with transaction(world.read) as session:
        first, second, third = session.scalars(select(AgendaItem.id).order_by(AgendaItem.position))
    rows = {f"m-{key.hex[:6]}": "" for key in (first, second, third)}
    theirs = {"act": "save", "version": "3"} | rows | {f"m-{first.hex[:6]}": "10", f"m-{second.hex[:6]}": "20"}
    assert english("ines").post(f"{url}/act", theirs).headers["Location"] == f"{url}/edit?did=4"
    done = english("ines").get(f"{url}/edit?did=4").text
    assert "data-did><b>Items planned</b>: <span>1 and 2</span>" in done
    assert "Last change: <b>Items planned</b>: <span>1 and 2</span>" in done

    merged = {"act": "save", "version": "3"} | rows | {f"m-{third.hex[:6]}": "30"}
    assert chair.post(f"{url}/act", merged).headers["Location"] == f"{url}/edit?did=5"
    assert get_minutes(world, meeting) == [10, 20, 30]
    mine = {"act": f"up:{third}", "version": "3"} | rows | {f"m-{second.hex[:6]}": "45"}
    refused = chair.post(f"{url}/act", mine)

    assert refused.status_code == 409
    assert "The agenda was changed after you opened the page." in refused.text
    assert PLAYERS["ines"].name in refused.text
    shown = visible_text(refused.text.split("Your change", 1)[1].split("</section>")[0])
    assert "2 Second 45 min 20 min" in shown  # what was typed, and what is in the draft now
    assert "<b>Items planned</b> <span>1 and 2</span>" in refused.text
    assert (get_minutes(world, meeting), list_titles(world, meeting)) == ([10, 20, 30], ["First", "Second", "Third"])
    again = refused.text.split("Your change", 1)[1].split("</form>")[0]
    sent = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', again))
    assert chair.post(f"{url}/act", sent).status_code == 303
    assert list_titles(world, meeting) == ["First", "Third", "Second"]
    assert get_minutes(world, meeting) == [10, 30, 45]


def test_a_new_title_is_not_lost_when_its_item_was_removed(world: World, meeting: Meeting, english: Open) -> None:
    url = f"/meetings/{meeting.id}/agenda"
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id).order_by(AgendaItem.position)).first()
    english("ines").post(f"{url}/act", {"act": f"remove:{item}", "version": "3"})

    answer = english("laurent").post(f"{url}/items/{item}", {"version": "3", "title_en": "A title to keep"})

    assert answer.status_code == 409
    assert 'value="A title to keep"' in answer.text.split("Add an item")[1]
    assert "<b>Removed</b> <span>First</span>" in answer.text
    assert list_titles(world, meeting) == ["Second", "Third"]


def test_a_stale_allocation_keeps_the_choice(world: World, meeting: Meeting, english: Open) -> None:
    url = f"/meetings/{meeting.id}/agenda"
    _, document = world.registered(meeting)
    with transaction(world.read) as session:
        first, _, third = session.scalars(select(AgendaItem.id).order_by(AgendaItem.position))
    allocation = {"act": "allocate", "version": "3", "document": str(document.id)}
    english("ines").post(f"{url}/act", allocation | {"item": str(first)})

    answer = english("laurent").post(f"{url}/act", allocation | {"item": str(third)})

    assert answer.status_code == 409
    assert f'value="{third.hex[:6]}" selected' in answer.text
    assert get_status(world, meeting) == {document.id: first}


def test_a_new_item_keeps_its_title_when_its_parent_was_removed(world: World, meeting: Meeting, english: Open) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    with transaction(world.read) as session:
        third = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 2)).one()
    english("ines").post(f"{url}/act", {"act": f"remove:{third}", "version": "3"})

    new = {"act": "add", "title": "A title to keep", "minutes": "15", "under": third.hex[:6]}
    refused = chair.post(f"{url}/act", new | {"version": "3"})

    assert refused.status_code == 400
    assert 'value="A title to keep"' in refused.text
    assert 'id="f-under-error"' in refused.text
    assert "This item was removed in the meantime." in refused.text
    assert list_titles(world, meeting) == ["First", "Second"]
    assert chair.post(f"{url}/act", new | {"version": "4"}).status_code == 404


def test_an_empty_title_is_reported_at_its_field(world: World, meeting: Meeting, english: Open) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id).order_by(AgendaItem.position)).first()

    added = chair.post(f"{url}/act", {"act": "add", "version": "3", "title": " "})
    renamed = chair.post(f"{url}/items/{item}", {"version": "3", "title_fr": " "})

    assert (added.status_code, renamed.status_code) == (400, 400)
    assert 'id="f-title-error"' in added.text
    assert 'id="f-title_en-error"' in renamed.text


def test_a_document_or_item_of_another_meeting_is_not_found(world: World, meeting: Meeting, english: Open) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    other = world.meeting(number=23)
    foreign_item = world.item(other, "Elsewhere")
    _, document = world.registered(other)

    assert chair.post(f"{url}/items/{foreign_item.id}", {"version": "3", "title_en": "Mine"}).status_code == 404
    allocation = {"version": "3", "document": str(document.id), "item": str(foreign_item.id)}
    assert chair.post(f"{url}/act", {"act": "allocate"} | allocation).status_code == 404
    assert get_status(world, meeting) == get_status(world, other) == {}


def test_a_stale_item_form_is_shown_next_to_the_current_item(world: World, meeting: Meeting, english: Open) -> None:
    url = f"/meetings/{meeting.id}/agenda"
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 0)).one()
    chair, secretary = english("laurent"), english("ines")
    page = chair.get(f"{url}/items/{item}").text
    assert 'name="title_zh"' in page
    assert 'name="position" value="0"' in page
    secretary_edit = {"version": "3", "title_en": "By the secretary", "minutes": "20"}
    secretary.post(f"{url}/items/{item}", secretary_edit)

    chair_edit = {
        "version": "3",
        "title_en": "By the chair",
        "minutes": "",
        "notes": "Long notes.",
        "restricted": "yes",
    }
    answer = chair.post(f"{url}/items/{item}", chair_edit)

    assert answer.status_code == 409
    form, now = answer.text.split("Current version")
    assert 'value="By the chair"' in form
    assert 'value="20"' in form  # of a field that the chair did not change, the newer value
    assert "Long notes." in form
    assert "<b>Changed</b> <span>By the secretary</span>" in form
    assert "<mark>By the secretary</mark>" in now
    assert "<mark>20</mark>" not in now
    assert chair.post(f"{url}/items/{item}", chair_edit | {"version": "4", "minutes": "20"}).status_code == 303
    with transaction(world.read) as session:
        item_row = session.get_one(AgendaItem, item)
        assert (item_row.titles, item_row.minutes, item_row.restricted) == ({"en": "By the chair"}, 20, True)


def test_a_stale_move_can_be_repeated_on_the_current_draft(world: World, meeting: Meeting, english: Open) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    with transaction(world.read) as session:
        third = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 2)).one()
    english("ines").post(f"{url}/act", {"act": f"in:{third}", "version": "3"})

    refused = chair.post(f"{url}/act", {"act": f"up:{third}", "version": "3"})

    assert refused.status_code == 409
    again = refused.text.split("Your change", 1)[1].split("</form>")[0]
    assert f'action="{url}/act"' in again
    assert f'name="act" value="up:{third}"' in again
    assert 'name="version" value="4"' in again
    assert list_titles(world, meeting) == ["First", "Second", "Third"]


def test_a_button_names_its_item_by_as_many_digits_as_tell_the_items_apart(
    world: World, meeting: Meeting, english: Open
) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    twins = [UUID(f"abcdef0{last}-0000-4000-8000-000000000000") for last in (1, 2)]
    with transaction(world.write) as session:
        record_rows(session)
        for place, key in enumerate(twins, start=3):
            session.add(AgendaItem(id=key, meeting_id=meeting.id, position=place, titles={"en": f"Twin {place}"}))
    page = chair.get(f"{url}/edit").text
    assert all(f'value="up:{key.hex[:8]}"' in page for key in twins)

    for unclear in ("abcdef0", "abcde", "", "no-key", str(UUID(int=1))):
        assert chair.post(f"{url}/act", {"act": f"remove:{unclear}", "version": "3"}).status_code == 404
    assert len(list_titles(world, meeting)) == 5
    assert chair.post(f"{url}/act", {"act": "dance", "version": "3"}).status_code == 404

    moved = chair.post(f"{url}/act?by=list", {"act": "before:abcdef02.abcdef01", "version": "3"})
    assert moved.headers["Location"] == f"{url}/edit?by=list&did=4#item-{twins[1].hex[:6]}"
    assert list_titles(world, meeting)[3:] == ["Twin 4", "Twin 3"]


def test_an_act_on_an_item_removed_meanwhile_is_refused_and_not_offered_again(
    world: World, meeting: Meeting, english: Open
) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    with transaction(world.read) as session:
        third = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 2)).one()
    english("ines").post(f"{url}/act", {"act": f"remove:{third}", "version": "3"})

    refused = chair.post(f"{url}/act", {"act": f"up:{third.hex[:6]}", "version": "3"})

    assert refused.status_code == 409
    assert "<b>Removed</b> <span>Third</span>" in refused.text
    assert "Apply to the current draft" not in refused.text


def test_documents_are_grouped_and_shown_as_a_group(world: World, meeting: Meeting, english: Open) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    papers = [str(world.registered(meeting, title=f"Paper {number}")[1].id) for number in range(3)]
    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 0)).one()

    assert chair.post(f"{url}/act", {"act": "allocate", "version": "3", "item": str(item)}).status_code == 400
    without_item = chair.post(f"{url}/act", {"act": "allocate", "version": "3", "document": papers[0], "item": ""})
    assert (without_item.status_code, "Select one or more documents, and an item." in without_item.text) == (400, True)
    offered = chair.get(f"{url}/edit").text.partition('id="f-put"')[2].partition("</select>")[0]
    assert '<option value="">–</option>' in offered  # no item is selected before
    assert " selected" not in offered
    assert chair.post(f"{url}/act", {"act": "together", "version": "3", "document": papers[:2]}).status_code == 400
    allocation = {"version": "3", "document": papers, "item": str(item)}
    assert chair.post(f"{url}/act", {"act": "allocate"} | allocation).status_code == 303
    assert chair.post(f"{url}/act", {"act": f"document-down:{papers[0]}", "version": "4"}).status_code == 303
    assert chair.post(f"{url}/act", {"act": "together", "version": "5", "document": papers[:2]}).status_code == 303
    assert "joint introduction, group 1" in chair.get(f"{url}/edit").text
    assert "Introduced together" not in english("amina").get(url).text
    assert chair.post(f"{url}/release", {"version": "6"}).status_code == 303

    shown = english("amina").get(url).text
    joint = shown.split('<section class="joint"')[1].split("</section>")[0]
    assert [f"Paper {number}" in joint for number in range(3)] == [True, True, False]


def test_a_cached_entry_is_rendered_again_when_its_documents_change(
    world: World, meeting: Meeting, english: Open
) -> None:
    url, chair, reader = f"/meetings/{meeting.id}/agenda", english("laurent"), english("amina")
    papers = [str(world.registered(meeting, title=f"Paper {number}")[1].id) for number in range(2)]
    with transaction(world.read) as session:
        item = str(session.scalars(select(AgendaItem.id).where(AgendaItem.position == 0)).one())

    def seen(act: str, **fields: object) -> list[bool]:
        with transaction(world.read) as session:
            version = session.get_one(Meeting, meeting.id).agenda_version
        assert chair.post(f"{url}/act", {"act": act, "version": str(version), **fields}).status_code == 303
        world.agenda_released(meeting)
        page = reader.get(url).text
        return ["Paper 0" in page, "Paper 1" in page, "Introduced together" in page]

    assert seen("allocate", document=papers[:1], item=item) == [True, False, False]
    assert seen("allocate", document=papers[1:], item=item) == [True, True, False]
    assert seen("together", document=papers) == [True, True, True]
    assert seen(f"off:{papers[0]}") == [False, True, False]


def test_release_saves_the_rows_and_takes_the_note_with_it(world: World, meeting: Meeting, english: Open) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    with transaction(world.read) as session:
        first = session.scalars(select(AgendaItem.id).order_by(AgendaItem.position)).first()
    key = first.hex[:6]
    form = {"act": "release", "version": "3", "note": "Typed before.", f"m-{key}": "45"}

    assert chair.post(f"{url}/act", form).headers["Location"] == f"{url}/release?note=Typed+before."
    assert get_minutes(world, meeting)[0] == 45
    added = chair.post(f"{url}/act", form | {"version": "4", "title": "Typed, not added"})
    assert added.headers["Location"].startswith(f"{url}/edit?")
    assert "Typed, not added" in chair.get(f"{url}/edit").text


def test_a_release_lists_its_changes_and_everybody_sees_the_history(
    world: World, meeting: Meeting, english: Open
) -> None:
    url, chair, delegate = f"/meetings/{meeting.id}/agenda", english("laurent"), english("amina")
    assert "No agenda has been released yet." in delegate.get(f"{url}/versions").text
    assert delegate.get(f"{url}/versions/1").status_code == 404
    assert delegate.get(f"{url}/differences").status_code == 404
    field = chair.get(f"{url}/edit").text.partition('id="f-note"')[2].partition(">")[0]
    assert 'maxlength="600" form="agenda"' in field  # the note is part of an address
    assert "Typed before." in chair.get(f"{url}/release?note=Typed+before.").text
    assert "It has 3 items." in chair.get(f"{url}/release").text
    first = chair.post(f"{url}/release", {"version": "3", "note": "The first one."})
    assert first.headers["Location"] == f"{url}/versions?done=released-agenda"
    chair.post(f"{url}/act", {"act": "add", "version": "3", "title": "Fourth"})
    page = chair.get(f"{url}/release").text
    assert "Item added" in page
    assert 'name="after" value="1"' in page
    stale = chair.post(f"{url}/release", {"version": "3", "note": "Kept words.", "after": "1"})
    assert (stale.status_code, "Kept words." in stale.text) == (409, True)
    twice = chair.post(f"{url}/release", {"version": "4", "after": "0"})
    assert twice.status_code == 409

    assert chair.post(f"{url}/release", {"version": "4", "after": "1", "note": "A fourth."}).status_code == 303

    history = delegate.get(f"{url}/versions").text
    assert "Draft agenda, Rev.1" in history
    assert "The first one." in history
    assert "Fourth" in delegate.get(url).text
    old = delegate.get(f"{url}/versions/1").text
    assert "Fourth" not in old
    assert "This version is no longer current." in old
    link = f'href="{url}/differences?from=1&amp;to=2">Changes since the previous version</a>'
    assert f'{link} <span class="end soft">1</span>' in delegate.get(url).text
    changed = delegate.get(f"{url}/differences?from=1&to=2").text
    assert "1 difference from" in changed
    assert "Fourth" in changed
    assert "There are no differences." in delegate.get(f"{url}/differences?from=2&to=2").text
    assert delegate.get(f"{url}/differences?from=1&to=9").status_code == 404
    assert delegate.get(f"{url}/differences?from=1&to={10**11}").status_code == 422
    assert delegate.get(f"{url}/versions/{10**11}").status_code == 404


def test_the_number_of_changes_is_that_of_the_lines_which_the_reader_sees(world: World, english: Open) -> None:
    meeting, elsewhere = world.meeting(), world.meeting(number=23, opens_in=90)
    url, item = f"/meetings/{meeting.id}/agenda", world.item(meeting, "First")
    world.agenda_released(meeting)
    world.item(meeting, "Second")
    world.agenda_released(meeting)
    _, allocated = world.registered(meeting)
    _, unseen = world.registered(elsewhere)  # no page of this meeting shows it
    world.allocated(meeting, allocated, item)
    with transaction(world.write) as session:
        session.add(DraftAllocation(document_id=unseen.id, item_id=item.id, position=1))
        record_rows(session)
    world.agenda_released(meeting)

    delegate = english("amina")
    assert "1 difference from" in delegate.get(f"{url}/differences").text
    assert '</a> <span class="end soft">1</span>' in delegate.get(url).text


def test_each_item_is_marked_with_what_changed_since_the_previous_version(world: World, english: Open) -> None:
    meeting = world.meeting()
    url, chair, delegate = f"/meetings/{meeting.id}/agenda", english("laurent"), english("amina")
    same, renamed, planned, moved = (world.item(meeting, title) for title in ("Same", "Costs", "Planned", "Moved up"))
    world.agenda_released(meeting)
    assert "tag info" not in read_entry(delegate.get(url).text, renamed)

    version = agenda_version(world, meeting)
    typed = {"version": str(version), "title_en": "Costs of transit", "kind": "discussion"}
    assert chair.post(f"{url}/items/{renamed.id}", typed).status_code == 303
    minutes = {"version": str(version + 1), "minutes": "45", "title_en": "Planned", "kind": "discussion"}
    assert chair.post(f"{url}/items/{planned.id}", minutes).status_code == 303
    up = {"act": f"up:{moved.id}", "version": str(version + 2)}
    assert chair.post(f"{url}/act", up).status_code == 303
    added = world.item(meeting, "Added")
    assert "Costs of transit" not in delegate.get(url).text  # the draft is not theirs to see
    world.agenda_released(meeting)

    page = delegate.get(url).text
    marks = {
        item.id: re.findall(r'class="tag info">([^<]*)<', read_entry(page, item))
        for item in (same, renamed, planned, moved, added)
    }
    assert marks == {
        same.id: [],
        renamed.id: ["Title changed"],
        planned.id: ["Details changed"],
        moved.id: ["Moved"],
        added.id: ["New"],
    }
    assert "tag info" not in read_entry(delegate.get(f"{url}/versions/1").text, renamed)


def read_entry(page: str, item: AgendaItem) -> str:
    """The heading of an item on the page of the agenda."""
    return page.partition(f'id="item-{item.id}"')[2].partition("</h3>")[0]


def agenda_version(world: World, meeting: Meeting) -> int:
    with transaction(world.read) as session:
        return session.get_one(Meeting, meeting.id).agenda_version


def test_the_chair_records_the_adoption_and_items_are_frozen(world: World, meeting: Meeting, english: Open) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    assert "No agenda has been released yet." in chair.get(f"{url}/adopt").text
    world.agenda_released(meeting)
    assert english("amina").get(f"{url}/adopt").status_code == 403
    assert "You are recording that the meeting adopted" in chair.get(f"{url}/adopt").text

    assert chair.post(f"{url}/adopt", {"number": "1"}).headers["Location"] == f"{url}?done=on-record"

    assert "Adopted agenda, version 1" in english("amina").get(url).text
    late = chair.post(f"{url}/act", {"act": "add", "version": "3", "title": "Too late"})
    assert late.status_code == 409
    assert 'value="Too late"' in late.text
    assert "Its items can no longer be changed." in late.text


def test_the_chair_chooses_who_may_use_the_chairs_tools(world: World, meeting: Meeting, english: Open) -> None:
    url = f"/meetings/{meeting.id}/agenda"
    assert "Who may use the chair" not in english("ines").get(f"{url}/edit").text
    assert "Who may use the chair" in english("laurent").get(f"{url}/edit").text
    assert english("ines").post(f"{url}/deputies", {"version": "3", "office": "secretary"}).status_code == 403

    answer = english("laurent").post(f"{url}/deputies", {"version": "3", "office": "vice_chair"})

    assert answer.status_code == 303
    assert english("layla").get(f"{url}/edit").status_code == 200
    assert english("ines").get(f"{url}/edit").status_code == 403
    assert f"{url}/edit" not in english("ines").get(url).text
    assert english("laurent").post(f"{url}/deputies", {"version": "3", "office": "chair"}).status_code == 404


def test_the_tray_offers_the_item_that_a_delegation_asked_for(world: World, meeting: Meeting, english: Open) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    world.agenda_released(meeting)
    with transaction(world.read) as session:
        second = session.scalars(select(AgendaItem.id).where(AgendaItem.position == 1)).one()
    draft = world.draft(meeting)
    with world.acting("amina") as (session, _):
        record_rows(session)
        session.get_one(Contribution, draft.id).item_id = second
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        contributions.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    with world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        registration.register_contribution(session, actor, contribution, version=contribution.version)

    page = chair.get(f"{url}/edit").text
    assert "Allocate to 2, as requested by the delegation" in page
    assert "Allocate all as requested (1)" in page

    stale = chair.post(f"{url}/act", {"act": "as-requested", "version": "9"})
    assert (stale.status_code, get_status(world, meeting)) == (409, {})
    done = chair.post(f"{url}/act", {"act": "as-requested", "version": "3"})
    assert done.headers["Location"] == f"{url}/edit?did=4"
    assert list(get_status(world, meeting).values()) == [second]
    assert "Allocate all as requested" not in chair.get(f"{url}/edit").text
    assert chair.post(f"{url}/act", {"act": "as-requested", "version": "4"}).status_code == 409


def test_the_view_by_session_lists_items_under_their_planned_session(
    world: World, meeting: Meeting, english: Open
) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    assert "View as one list" not in chair.get(f"{url}/edit").text
    with transaction(world.write) as session:
        record_rows(session)
        starts = clock.now()
        planned_session = MeetingSession(meeting_id=meeting.id, starts_at=starts, ends_at=starts + timedelta(hours=3))
        session.add(planned_session)
        session.flush()
        item = session.scalars(select(AgendaItem).where(AgendaItem.position == 1)).one()
        item.session_id, item.minutes = planned_session.id, 200

    page = chair.get(f"{url}/edit").text

    planned, unplanned = page.split("No session yet")
    assert "Second" in planned.split('class="session"')[1]
    assert "First" in unplanned
    head = planned.split('class="gauge')[1]
    assert 'max="200" high="180" optimum="0" value="200"' in head
    assert "Planned: 3 h 20 min; available: 3 h" in head
    assert "Overrun: 20 min" in head
    assert "gauge" not in chair.get(f"{url}/edit?by=list").text
    assert [page.count(f"<{level}><b>") for level in ("h3", "h4")] == [0, 3]
    inside = chair.get(f"{url}/edit?into=1").text
    assert inside.index('id="add"') < inside.index("No session yet")
    for unknown in ("into=0", "into=x", "into=99", "into=1&into=1", "did=x", "by=", "by=title&did=-1"):
        whole = chair.get(f"{url}/edit?{unknown}")  # counts as not given
        assert whole.status_code == 200
        assert whole.text.index("No session yet") < whole.text.index('id="add"')
        assert 'class="gauge' in whole.text
    assert 'class="gauge' not in chair.get(f"{url}/edit?by=list&into=x").text
    assert page.index("No session yet") < page.index('id="add"')
    assert f'<option value="{planned_session.id}" selected>' in inside


def test_the_changes_since_the_release_are_listed_and_undone_one_by_one(
    world: World, meeting: Meeting, english: Open
) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    world.agenda_released(meeting)
    assert "There are no unreleased changes." in chair.get(f"{url}/edit").text
    with transaction(world.read) as session:
        first, second = session.scalars(select(AgendaItem.id).order_by(AgendaItem.position).limit(2))
    chair.post(f"{url}/items/{first}", {"version": "3", "title_en": "Opening"})
    chair.post(f"{url}/act", {"act": "save", "version": "4", f"m-{second.hex[:6]}": "45"})

    page = chair.get(f"{url}/edit").text
    assert "2 unreleased changes" in page
    assert re.findall(r'value="(revert:[^"]*)"', page) == [f"revert:renamed.{first}", f"revert:changed.{second}"]
    assert english("amina").post(f"{url}/act", {"act": f"revert:renamed.{first}", "version": "5"}).status_code == 403
    undone = chair.post(f"{url}/act", {"act": f"revert:renamed.{first}", "version": "5"})
    assert undone.headers["Location"] == f"{url}/edit?did=6"

    assert (list_titles(world, meeting)[0], get_minutes(world, meeting)) == ("First", [None, 45, None])
    meeting_page = chair.get(f"/meetings/{meeting.id}").text
    release_page = chair.get(f"{url}/release").text
    assert "1 unreleased change<" in chair.get(f"{url}/edit").text
    assert "Unreleased changes: 1" in meeting_page
    assert release_page.count("data-what=") == 1


def test_titles_of_other_languages_are_in_a_drawer_with_the_number_of_those_missing(
    meeting: Meeting, english: Open, world: World
) -> None:
    url, chair = f"/meetings/{meeting.id}/agenda", english("laurent")
    with transaction(world.read) as session:
        first = session.scalars(select(AgendaItem.id).order_by(AgendaItem.position)).first()
    chair.post(f"{url}/items/{first}", {"version": "3", "title_en": "First", "title_fr": "Un", "title_ar": "واحد"})

    assert chair.get(f"{url}/edit").text.count("titles 1/6") == 2
    assert "titles 3/6" in chair.get(f"{url}/edit").text
    drawer = chair.get(f"{url}/items/{first}").text.split('id="titles"')[1].split("</details>")[0]
    assert "3 missing" in drawer
    assert 'name="title_en"' not in drawer
    assert drawer.count('name="title_') == 5
