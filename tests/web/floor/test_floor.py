"""The floor through HTTP: each button does what it says, and gives the reason where it does not."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.domain.agendas.actions import editing
from app.domain.agendas.inputs import ItemSchedule
from app.domain.agendas.queries import agenda_releases
from app.domain.decisions.models import Decision
from app.domain.floor import queries
from app.domain.floor.models import FloorRequest, Sitting
from app.domain.meetings.models import Meeting, MeetingLife
from tests.browser import Browser
from tests.world import World, record_rows

Open = Callable[..., Browser]


@pytest.fixture
def meeting(world: World) -> Meeting:
    new_meeting = world.meeting(opens_in=0)
    for title in ("Opening", "Names in local scripts", "Any other business"):
        world.item(new_meeting, title)
    world.agenda_released(new_meeting)
    return new_meeting


def list_items(world: World, meeting: Meeting) -> list[str]:
    with transaction(world.read) as session:
        return [str(row.item_id) for row in agenda_releases.list_current_released_items(session, meeting)]


def current_sitting(world: World, meeting: Meeting) -> Sitting:
    with transaction(world.read) as session:
        sitting_row = queries.find_open_sitting(session, meeting)
        assert sitting_row
        return sitting_row


def list_requests(world: World, meeting: Meeting) -> dict[str, FloorRequest]:
    with transaction(world.read) as session:
        return {each.entity: each for each in queries.list_floor_requests(session, current_sitting(world, meeting))}


def visible_text(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


class FloorPages:
    """The addresses of one floor, and a browser for each person."""

    def __init__(self, world: World, meeting: Meeting, english: Open) -> None:
        self.world, self.meeting, self.url = world, meeting, f"/meetings/{meeting.id}"
        self.chair, self.kenya, self.brazil = english("laurent"), english("amina"), english("rafael")
        self.stranger = english("olga")

    def press(self, path: str, who: Browser | None = None, /, **fields: object) -> int:
        """Press a button of the current page; returns the HTTP status."""
        data = {name: str(value) for name, value in fields.items()}
        with transaction(self.world.read) as session:
            sitting = queries.find_open_sitting(session, self.meeting)
        version = {"version": str(sitting.version)} if sitting else {}
        return (who or self.chair).post(self.url + path, version | data).status_code

    def page(self, who: Browser, path: str = "/floor") -> str:
        answer = who.get(self.url + path)
        assert answer.status_code == 200
        return visible_text(answer.text.partition("<main")[2])

    def requests(self) -> dict[str, FloorRequest]:
        return list_requests(self.world, self.meeting)


@pytest.fixture
def floor(world: World, meeting: Meeting, english: Open) -> FloorPages:
    floor_pages = FloorPages(world, meeting, english)
    assert floor_pages.press("/floor/open", session=world.session(meeting).id) == 303
    assert floor_pages.press("/floor/item", item=list_items(world, meeting)[1]) == 303
    return floor_pages


def test_before_a_session_the_chair_can_open_one(world: World, meeting: Meeting, english: Open) -> None:
    floor, planned = FloorPages(world, meeting, english), world.session(meeting)

    assert "Open the session of" in floor.page(floor.chair)
    assert "Open the session of" not in floor.page(floor.kenya)
    assert "Open the session once it has been opened in the room." in floor.page(floor.chair)
    assert "No session is open now. When the chair opens a session" in floor.page(floor.kenya)
    assert floor.press("/floor/open", floor.kenya, session=planned.id) == 403
    assert floor.press("/floor/open", session=meeting.id) == 404
    assert floor.press("/floor/ask", floor.kenya) == 409
    assert floor.press("/floor/end") == 409
    assert floor.press("/floor/open", session=planned.id) == 303
    assert floor.press("/floor/open", session=planned.id) == 409


def test_in_a_session_just_opened_the_first_item_is_the_primary_button(
    world: World, meeting: Meeting, english: Open
) -> None:
    def primary() -> list[str]:
        return re.findall(r'class="button *"[^>]*>([^<]*)<', floor.chair.get(f"{floor.url}/floor").text)

    floor = FloorPages(world, meeting, english)
    floor.press("/floor/open", session=world.session(meeting).id)

    assert primary()[0] == "Go to item 1"
    assert "no item has been opened yet. Go to item 1 Opening" in floor.page(floor.chair)
    assert "Go to item" not in floor.page(floor.kenya)
    floor.press("/floor/ask", floor.kenya)  # no item is opened while a delegation waits
    assert (primary()[0], "Go to item 1" in primary()) == ("Give the floor to Kenya", False)


def test_before_a_session_all_see_the_next_one_and_the_chair_who_waits(
    world: World, meeting: Meeting, english: Open
) -> None:
    floor = FloorPages(world, meeting, english)
    assert "Next session" not in floor.page(floor.kenya)
    coming = world.session(meeting, starts_in=timedelta(hours=1))
    world.session(meeting, starts_in=timedelta(hours=5))
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        plan = {UUID(list_items(world, meeting)[0]): ItemSchedule(session=coming.id, minutes=20)}
        editing.schedule_agenda_items(session, actor, there, plan, version=there.agenda_version)
    world.agenda_released(meeting, note="With hours.")

    floor.kenya.get(f"{floor.url}/floor/events?once=yes")

    hour = coming.starts_at.astimezone(ZoneInfo(meeting.zone)).strftime("%H:%M")
    for page in (floor.page(floor.kenya), floor.page(floor.kenya, "/floor/screen")):
        assert re.search(rf"Next session .*{hour}–.*{hour} 1 Opening", page)
    assert "Online: 1 of" in floor.page(floor.chair)
    assert "Online:" not in floor.page(floor.kenya)


def test_the_next_session_was_not_opened_yet_and_there_is_none_after_the_meeting(
    world: World, meeting: Meeting
) -> None:
    world.sitting(meeting)
    coming = world.session(meeting, starts_in=timedelta(hours=5))

    with transaction(world.read) as session:
        following = queries.find_next_session(session, meeting)
        assert following
        assert following.id == coming.id

    with transaction(world.write) as session:
        record_rows(session)
        there = session.get_one(Meeting, meeting.id)
        there.life = MeetingLife.CLOSED
        assert queries.find_next_session(session, there) is None


def test_before_the_first_day_the_chair_reads_what_the_next_step_is(world: World, english: Open) -> None:
    meeting = world.meeting(opens_in=3)
    floor = FloorPages(world, meeting, english)
    world.session(meeting, starts_in=timedelta(days=3))

    floor.kenya.get(f"{floor.url}/floor/events?once=yes")

    with transaction(world.read) as session:
        assert not queries.is_presence_recent(session, world.person("amina").id, meeting.id)
    assert "You can open the first session on the first day of the meeting," in floor.page(floor.chair)
    assert f'<a href="{floor.url}/agenda/edit">' in floor.chair.get(f"{floor.url}/floor").text
    assert "You can open" not in floor.page(floor.kenya)


def test_without_a_session_to_open_the_chair_reads_what_the_next_step_is(
    world: World, meeting: Meeting, english: Open
) -> None:
    floor = FloorPages(world, meeting, english)

    assert "The next step is to schedule one." in floor.page(floor.chair)
    assert "The next step is" not in floor.page(floor.kenya)


def test_a_delegate_asks_for_the_floor_with_one_button_and_sees_the_position_in_the_queue(floor: FloorPages) -> None:
    assert "Request the floor" in floor.page(floor.kenya)
    assert floor.press("/floor/ask", floor.kenya) == 303
    assert floor.press("/floor/ask", floor.brazil, kind="floor", on_behalf_of="Mercosur") == 303

    assert "Place 1 on the list" in floor.page(floor.kenya)
    assert "Place 2 on the list on behalf of Mercosur" in floor.page(floor.brazil)
    assert "Request the floor" not in floor.page(floor.kenya)
    assert floor.page(floor.kenya, "/floor/ask")
    assert floor.press("/floor/ask", floor.kenya, kind="a song") == 400
    assert floor.press("/floor/ask", floor.brazil, on_behalf_of="") == 409
    assert floor.press("/floor/ask") == 403
    assert floor.press(f"/floor/requests/{floor.requests()['BRA'].id}/withdraw", floor.kenya) == 403
    assert floor.press(f"/floor/requests/{floor.requests()['KEN'].id}/withdraw", floor.kenya) == 303
    assert "Place 1 on the list" in floor.page(floor.brazil)


def test_the_first_button_is_the_likely_one(floor: FloorPages) -> None:
    def buttons() -> str:
        return floor.page(floor.chair).partition("Has the floor ")[2]

    floor.press("/floor/ask", floor.kenya)
    assert buttons().startswith("No one Give the floor to Kenya")
    assert floor.press("/floor/give", request=floor.requests()["KEN"].id) == 303
    assert "of 3:00 End the statement by Kenya Add one minute Stop the clock" in buttons()
    floor.press("/floor/ask", floor.brazil, kind="point_of_order")
    assert "of 3:00 Point of order: Brazil End the statement by Kenya" in buttons()
    assert floor.press("/floor/give", request=floor.requests()["BRA"].id) == 303
    assert "End the statement by Brazil Give the floor back to Kenya" in buttons()
    assert floor.press("/floor/end") == 303
    assert floor.press("/floor/give", request=floor.requests()["KEN"].id) == 303
    assert floor.press("/floor/end") == 303
    assert floor.press("/floor/end") == 409


def test_the_session_is_closed_from_a_page_that_asks_once_more(floor: FloorPages) -> None:
    assert floor.page(floor.chair).strip().partition("Close the session ")[2].startswith("You are asked once more.")
    assert "Close the session" not in floor.page(floor.kenya)
    assert "Who is affected" in floor.page(floor.chair, "/floor/close")
    assert floor.press("/floor/close") == 303
    assert "No session is open now." in floor.page(floor.kenya)


def test_clock_time_limit_speakers_list_and_name_plates(floor: FloorPages) -> None:
    assert floor.press("/floor/add", entity="JPN", kind="floor") == 303
    assert "added to the list by the chair" in floor.page(floor.kenya)
    assert floor.press("/floor/add", entity="JPN", kind="a song") == 400
    assert floor.press("/floor/limit", minutes=2) == 303
    assert "Each statement: 2:00" in floor.page(floor.kenya)
    assert floor.press("/floor/limit", minutes=900) == 400
    floor.press("/floor/give", request=floor.requests()["JPN"].id)
    assert [floor.press("/floor/clock", to=to) for to in ("stop", "start", "more")] == [303, 303, 303]
    assert "of 3:00" in floor.page(floor.kenya)
    assert floor.press("/floor/clock", to="back") == 422
    assert floor.press("/floor/list", to="close", minutes=2) == 303
    assert "The list closes in 2:0" in floor.page(floor.kenya)
    assert floor.press("/floor/list", to="close", minutes=0) == 303
    assert "The list is closed." in floor.page(floor.kenya, "/floor/screen")
    assert floor.press("/floor/ask", floor.kenya) == 409
    assert floor.press("/floor/ask", floor.kenya, kind="right_of_reply") == 303
    assert floor.press("/floor/list", to="reopen") == 303
    assert floor.press("/floor/list", to="close", minutes=-1) == 400
    assert floor.press("/floor/list", floor.kenya, to="reopen") == 403


def test_any_member_state_is_added_by_its_name_or_the_beginning_of_it(floor: FloorPages) -> None:
    for typed in ("Côte d'Ivoire", "ghan", "FRA"):
        assert floor.press("/floor/add", entity=typed) == 303
    assert list(floor.requests()) == ["CIV", "GHA", "FRA"]

    for typed, reason in (("Atlantis", "is not the name or the code of a Member State"), ("Mal", "several names")):
        answer = floor.chair.post(f"{floor.url}/floor/add", {"entity": typed, "version": "0"})
        assert answer.status_code == 400
        assert reason in visible_text(answer.text)
        assert f'value="{typed}"' in answer.text, "what was typed is kept"
    assert len(floor.requests()) == 3


def test_order_changes_in_place_with_a_reason_if_the_chair_gives_one(floor: FloorPages) -> None:
    for who in (floor.kenya, floor.brazil):
        floor.press("/floor/ask", who)
    kenya, brazil = (floor.requests()[state].id for state in ("KEN", "BRA"))
    assert floor.press(f"/floor/requests/{brazil}/move", floor.kenya, before=kenya) == 403

    assert floor.press(f"/floor/requests/{brazil}/move", before=kenya) == 303
    assert "1 Brazil" in floor.page(floor.kenya)
    assert "Brazil was moved from place 2 to place 1." in floor.page(floor.kenya)
    assert floor.press("/floor/give", request=kenya, reason="balance-of-regions") == 303
    assert "Kenya was moved from place 2 to place 1. Balance of regions" in floor.page(floor.brazil)
    assert floor.requests()["KEN"].standing == "speaking"

    assert floor.press(f"/floor/requests/{brazil}/decline", other_reason="It is another matter.") == 303
    assert floor.press(f"/floor/requests/{brazil}/decline") == 409
    assert "Brazil was declined. It is another matter." in floor.page(floor.kenya)


def test_a_request_moves_to_any_place_from_its_own_page(floor: FloorPages) -> None:
    for who in (floor.kenya, floor.brazil):
        floor.press("/floor/ask", who)
    brazil = floor.requests()["BRA"].id

    assert "Change the order of the list Brazil" in floor.page(floor.chair, f"/floor/requests/{brazil}/move")
    assert floor.press(f"/floor/requests/{brazil}/move", before="no one") == 400
    floor.press(f"/floor/requests/{brazil}/decline")
    assert floor.chair.get(f"{floor.url}/floor/requests/{brazil}/move").status_code == 404


def test_the_bar_shows_the_time_of_the_item_and_who_is_online(floor: FloorPages) -> None:
    floor.kenya.get(f"{floor.url}/floor/events?once=yes")
    floor.kenya.get(f"{floor.url}/floor/events?once=yes")
    with clock.shifted_clock(timedelta(minutes=12)):
        floor.kenya.get(f"{floor.url}/floor/events?once=yes")
        bar = floor.page(floor.chair)

    assert re.search(r"\d\d:\d\d Item 2 Online: 1 of \d+", bar), "an item without minutes has no budget"
    assert "Online:" not in floor.page(floor.kenya)


def test_limits_of_an_item_are_shown_to_all_and_refuse_the_delegation(floor: FloorPages) -> None:
    assert floor.press("/floor/limit", minutes=2, statements=1, state_minutes=5) == 303
    assert "Statements of each delegation on this item: 1 · Time of each delegation on this item: 5:00" in floor.page(
        floor.kenya
    )
    floor.press("/floor/ask", floor.kenya)
    floor.press("/floor/give", request=floor.requests()["KEN"].id)
    floor.press("/floor/end")

    answer = floor.kenya.post(f"{floor.url}/floor/ask", {"kind": "floor"})

    assert answer.status_code == 409
    assert "Your delegation has made all the statements" in visible_text(answer.text)


def test_steps_of_the_item_are_pressed_on_the_floor(floor: FloorPages) -> None:
    assert "This item, step by step Introduction Discussion Summing-up" in floor.page(floor.chair)
    assert "step by step" not in floor.page(floor.kenya)
    assert floor.press("/floor/step", floor.kenya, step="conclusion") == 403
    assert floor.press("/floor/step", step="a dance") == 400
    assert floor.press("/floor/step", step="summing-up") == 303
    assert "Introduction (done) Discussion (done) Summing-up Conclusion" in floor.page(floor.chair)


def test_notes_are_saved_by_a_button_or_while_they_are_typed(floor: FloorPages) -> None:
    item = list_items(floor.world, floor.meeting)[1]
    assert floor.press("/floor/notes", floor.kenya, item=item, text="Mine.") == 403
    answer = floor.chair.post(
        f"{floor.url}/floor/notes",
        {"item": item, "text": "Ghana asked for a glossary.", "version": "0"},
        headers={"accept": "application/json"},
    )
    assert answer.json() == {"version": 1}
    assert "Ghana asked for a glossary." in floor.page(floor.chair)
    assert "Ghana asked for a glossary." not in floor.page(floor.kenya)

    stale = floor.chair.post(f"{floor.url}/floor/notes", {"item": item, "text": "Another text.", "version": "0"})
    assert stale.status_code == 409
    assert "Another text." in stale.text, "what was typed is kept"
    assert "Ghana asked for a glossary." in stale.text, "and what somebody else wrote is shown"
    assert (
        floor.chair.post(f"{floor.url}/floor/notes", {"item": item, "text": "Both.", "version": "1"}).status_code == 303
    )


def test_a_note_that_is_not_saved_stays_under_its_item_when_the_meeting_has_gone_on(
    world: World, meeting: Meeting, floor: FloorPages
) -> None:
    _first, noted, then = list_items(world, meeting)
    assert floor.press("/floor/notes", item=noted, text="By another person.", version=0) == 303
    assert floor.press("/floor/item", item=then) == 303

    page = floor.chair.post(f"{floor.url}/floor/notes", {"item": noted, "text": "Typed.", "version": "0"}).text

    form = page.partition("data-note>")[2].partition("</form>")[0]
    assert f'name="item" value="{noted}"' in form
    assert ("Typed.</textarea>" in form, "By another person." in form) == (True, True)
    assert "Item 2" in page.partition('data-piece="note"')[2].partition("My notes")[0]


HIDDEN = "\u202e"


def test_a_text_with_a_hidden_character_is_refused_by_its_name_and_kept(floor: FloorPages) -> None:
    floor.press("/floor/ask", floor.kenya)
    floor.press("/floor/ask", floor.brazil)
    brazil = floor.requests()["BRA"].id
    before = '<details class="more why" id="list-reason">'
    assert before in floor.chair.get(f"{floor.url}/floor").text

    note = {"item": list_items(floor.world, floor.meeting)[1], "text": f"Typed.{HIDDEN}", "version": "0"}
    answer = floor.chair.post(f"{floor.url}/floor/notes", note)
    assert (answer.status_code, f"Typed.{HIDDEN}</textarea>" in answer.text) == (400, True)
    assert "My notes on this item: there is an invisible character." in visible_text(answer.text)
    assert "Text that another person saved" not in answer.text

    moved = floor.chair.post(
        f"{floor.url}/floor/requests/{brazil}/decline", {"version": "2", "other_reason": f"Later.{HIDDEN}"}
    )
    assert (moved.status_code, f'value="Later.{HIDDEN}"' in moved.text) == (400, True)
    assert "Another reason: there is an invisible character." in visible_text(moved.text)
    assert '<details class="more why" id="list-reason" open>' in moved.text
    assert floor.requests()["BRA"].standing == "waiting"


def test_a_reason_stays_on_the_page_when_the_list_was_changed_meanwhile(floor: FloorPages) -> None:
    floor.press("/floor/ask", floor.kenya)
    floor.press("/floor/ask", floor.brazil)

    stale = {"version": "1", "other_reason": "The minister leaves."}
    answer = floor.chair.post(f"{floor.url}/floor/requests/{floor.requests()['BRA'].id}/decline", stale)

    assert (answer.status_code, 'value="The minister leaves."' in answer.text) == (409, True)


def test_a_button_of_a_stale_page_does_nothing_and_shows_the_current_floor(floor: FloorPages) -> None:
    floor.press("/floor/ask", floor.kenya)
    floor.press("/floor/give", request=floor.requests()["KEN"].id)

    answer = floor.chair.post(f"{floor.url}/floor/end", {"version": "1"})

    assert answer.status_code == 409
    assert "This was changed after you opened the page." in visible_text(answer.text)
    assert "End the statement by Kenya" in visible_text(answer.text)
    assert floor.requests()["KEN"].standing == "speaking"


def test_the_chair_undoes_the_last_act_for_one_minute(floor: FloorPages) -> None:
    floor.press("/floor/ask", floor.kenya)
    floor.press("/floor/ask", floor.brazil)
    floor.press("/floor/give", request=floor.requests()["KEN"].id)
    assert "Undo The floor was given to Kenya. You can undo this for one minute." in floor.page(floor.chair)
    assert "Undo" not in floor.page(floor.kenya)
    with clock.shifted_clock(timedelta(seconds=61)):
        assert "You can undo this" not in floor.page(floor.chair)
        late = floor.chair.post(
            f"{floor.url}/floor/undo", {"version": str(current_sitting(floor.world, floor.meeting).version)}
        )
        assert late.status_code == 409
        assert "This can no longer be undone: more than a minute has passed" in visible_text(late.text)
    assert floor.requests()["KEN"].standing == "speaking"

    assert floor.press("/floor/undo", floor.kenya) == 403
    assert floor.press("/floor/undo") == 303

    assert floor.requests()["KEN"].standing == "waiting"
    assert "You can undo this" not in floor.page(floor.chair)
    assert floor.press("/floor/undo") == 409
    record = visible_text(floor.kenya.get(f"/record?meeting={floor.meeting.id}").text)
    assert "The last act of the chair on the floor was undone" in record
    assert "The act that was undone: The floor was given to a delegation." in record


def test_each_act_that_can_be_undone_is_named(floor: FloorPages) -> None:
    def undoable() -> str:
        return floor.page(floor.chair).partition("Undo ")[2].partition(" You can undo this")[0]

    assert undoable() == "The meeting moved to another item."
    floor.press("/floor/add", entity="JPN", kind="floor")
    assert undoable() == "Japan was added to the list."
    japan = floor.requests()["JPN"].id
    floor.press("/floor/add", entity="BRA", kind="floor")
    floor.press(f"/floor/requests/{japan}/move", other_reason="As agreed.")
    assert undoable() == "Japan was moved to another place on the list."
    assert floor.press("/floor/undo") == 303
    assert "Japan was moved from place 2 to place 1. The earlier change was undone." in floor.page(floor.kenya)
    floor.press(f"/floor/requests/{floor.requests()['BRA'].id}/decline")
    assert undoable() == "The request of Brazil was declined."
    floor.press("/floor/list", to="close", minutes=0)
    assert undoable() == "The closing time of the list of speakers was set."
    floor.press("/floor/list", to="reopen")
    assert undoable() == "The list of speakers was reopened."
    floor.press("/floor/limit", minutes=2)
    assert undoable() == "The time for each statement was changed."
    floor.press("/floor/give", request=japan)
    floor.press("/floor/clock", to="stop")
    assert undoable() == "The clock was stopped."
    floor.press("/floor/clock", to="start")
    assert undoable() == "The clock was started."
    floor.press("/floor/clock", to="more")
    assert undoable() == "One minute was added."
    floor.press("/floor/end")
    assert undoable() == "The statement by Japan was ended."


def test_decisions_and_positions(floor: FloorPages) -> None:
    assert "No decision has been recorded yet." in floor.page(floor.kenya, "/decisions")
    assert floor.page(floor.chair, "/decisions/new")
    assert floor.press("/decisions/new", text="", how="consensus") == 400
    assert floor.press("/decisions/new", floor.kenya, text="We agreed.", how="consensus") == 403
    assert floor.press("/decisions/new", text="The group agreed.", how="consensus") == 303
    assert floor.chair.post(f"{floor.url}/decisions/new", {"text": "Stale.", "version": "1"}).status_code == 409
    with transaction(floor.world.read) as session:
        decision = session.scalars(select(Decision)).one()
    at = f"/decisions/{decision.id}"
    assert "The group agreed." in floor.page(floor.chair, f"{at}/correct")
    assert floor.press(f"{at}/correct", text="", how="consensus", version=1) == 400
    assert floor.press(f"{at}/correct", text="The group noted.", how="no_objection", version=1) == 303
    assert floor.press(f"{at}/correct", text="Once more.", how="consensus", version=1) == 409

    assert floor.page(floor.kenya, f"{at}/position")
    assert floor.press(f"{at}/position", floor.kenya, stance="reservation", text="") == 400
    assert floor.press(f"{at}/position", floor.kenya, stance="reservation", text="Kenya reserves.") == 303
    assert floor.press(f"{at}/position", stance="reservation", text="The chair reserves.") == 403
    assert floor.page(floor.chair, f"{at}/note")
    assert floor.press(f"{at}/note", entity="BRA", stance="", text="Objects.") == 400
    assert floor.press(f"{at}/note", entity="BRA", stance="objection", text="Brazil objects.") == 303
    assert floor.press(f"{at}/note", entity="KEN", stance="reservation", text="It does not.") == 409
    page = floor.page(floor.brazil, "/decisions")
    assert "Decision 1 The group noted. Without objection" in page
    assert "Reservation Kenya Kenya reserves." in page
    assert "Objection Brazil recorded by the chair Brazil objects." in page


def test_a_missing_floor_and_a_forbidden_floor_get_the_same_response(floor: FloorPages) -> None:
    for path in ("/floor", "/floor/screen", "/floor/events", "/decisions"):
        assert floor.kenya.get(f"{floor.url}{path}?once=yes").status_code == 200
        foreign, nothing = (
            floor.stranger.get(f"{url}{path}") for url in (floor.url, f"/meetings/{floor.world.body().id}")
        )
        assert (foreign.status_code, nothing.status_code) == (404, 404)
        assert foreign.content == nothing.content


def test_the_live_fragment_equals_that_part_of_the_page(floor: FloorPages) -> None:
    floor.press("/floor/ask", floor.kenya)
    for path in ("/floor", "/floor/screen"):
        answers = (floor.kenya.get(f"{floor.url}{path}{query}").text for query in ("", "?part=yes"))
        whole, part = (re.sub(r"data-\w+=\"\d+\"", "", text) for text in answers)
        assert part.strip()
        assert part.strip() in whole
    assert "http-equiv" not in floor.kenya.get(f"{floor.url}/floor").text
    assert 'http-equiv="refresh"' in floor.kenya.get(f"{floor.url}/floor?reloads=yes").text


def test_a_single_request_to_the_events_returns_the_current_state(world: World, floor: FloorPages) -> None:
    answer = floor.kenya.get(f"{floor.url}/floor/events?once=yes")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.text == f"event: changed\ndata: {current_sitting(world, floor.meeting).changes}\n\n"
    assert floor.kenya.client.head(f"{floor.url}/floor/events").status_code == 200

    floor.press("/floor/close")

    assert floor.kenya.get(f"{floor.url}/floor/events").status_code == 204
