"""The floor through HTTP: each button does what it says, and says why where it does not."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.domain.agendas import queries as agendas
from app.domain.decisions.models import Decision
from app.domain.floor import queries
from app.domain.floor.models import FloorRequest, Sitting
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


@pytest.fixture
def meeting(world: World) -> Meeting:
    made = world.meeting()
    for title in ("Opening", "Names in local scripts", "Any other business"):
        world.item(made, title)
    world.agenda_released(made)
    return made


def items(world: World, meeting: Meeting) -> list[str]:
    with transaction(world.read) as session:
        return [str(row.item_id) for row in agendas.list_current_released_items(session, meeting)]


def now(world: World, meeting: Meeting) -> Sitting:
    with transaction(world.read) as session:
        found = queries.find_open_sitting(session, meeting)
        assert found
        return found


def requests(world: World, meeting: Meeting) -> dict[str, FloorRequest]:
    with transaction(world.read) as session:
        return {each.entity: each for each in queries.list_floor_requests(session, now(world, meeting))}


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


class Room:
    """The addresses of one floor, and who stands there."""

    def __init__(self, world: World, meeting: Meeting, english: Open) -> None:
        self.world, self.meeting, self.here = world, meeting, f"/meetings/{meeting.id}"
        self.chair, self.kenya, self.brazil = english("laurent"), english("amina"), english("rafael")
        self.stranger = english("olga")

    def press(self, path: str, who: Browser | None = None, /, **fields: object) -> int:
        """Press a button of the page as it is now; the status."""
        data = {name: str(value) for name, value in fields.items()}
        with transaction(self.world.read) as session:
            sitting = queries.find_open_sitting(session, self.meeting)
        version = {"version": str(sitting.version)} if sitting else {}
        return (who or self.chair).post(self.here + path, version | data).status_code

    def page(self, who: Browser, path: str = "/floor") -> str:
        answer = who.get(self.here + path)
        assert answer.status_code == 200
        return words(answer.text.partition("<main")[2])

    def asked(self) -> dict[str, FloorRequest]:
        return requests(self.world, self.meeting)


@pytest.fixture
def room(world: World, meeting: Meeting, english: Open) -> Room:
    made = Room(world, meeting, english)
    assert made.press("/floor/open", session=world.session(meeting).id) == 303
    assert made.press("/floor/item", item=items(world, meeting)[1]) == 303
    return made


def test_before_a_session_the_chair_is_offered_to_open_one(world: World, meeting: Meeting, english: Open) -> None:
    room, planned = Room(world, meeting, english), world.session(meeting)

    assert "Open the session of" in room.page(room.chair)
    assert "Open the session of" not in room.page(room.kenya)
    assert "No session is open now." in room.page(room.kenya)
    assert room.press("/floor/open", room.kenya, session=planned.id) == 403
    assert room.press("/floor/open", session=meeting.id) == 404
    assert room.press("/floor/ask", room.kenya) == 409
    assert room.press("/floor/end") == 409
    assert room.press("/floor/open", session=planned.id) == 303
    assert room.press("/floor/open", session=planned.id) == 409


def test_a_delegate_asks_with_one_button_and_sees_their_place(room: Room) -> None:
    assert "Ask for the floor" in room.page(room.kenya)
    assert room.press("/floor/ask", room.kenya) == 303
    assert room.press("/floor/ask", room.brazil, kind="floor", on_behalf_of="Mercosur") == 303

    assert "Number 1 on the list" in room.page(room.kenya)
    assert "Number 2 on the list on behalf of Mercosur" in room.page(room.brazil)
    assert "Ask for the floor" not in room.page(room.kenya)
    assert room.page(room.kenya, "/floor/ask")
    assert room.press("/floor/ask", room.kenya, kind="a song") == 400
    assert room.press("/floor/ask", room.brazil, on_behalf_of="") == 409
    assert room.press("/floor/ask") == 403
    assert room.press(f"/floor/requests/{room.asked()['BRA'].id}/withdraw", room.kenya) == 403
    assert room.press(f"/floor/requests/{room.asked()['KEN'].id}/withdraw", room.kenya) == 303
    assert "Number 1 on the list" in room.page(room.brazil)


def test_the_next_step_leads_from_the_list_to_the_decision(room: Room) -> None:
    def next_step() -> str:
        return room.page(room.chair).partition("Next step ")[2]

    assert next_step().startswith("Take down a decision Go on to item 3 Close the session")
    room.press("/floor/ask", room.kenya)
    assert next_step().startswith("Give the floor to Kenya")
    assert room.press("/floor/give", request=room.asked()["KEN"].id) == 303
    assert next_step().startswith("Kenya has ended")
    room.press("/floor/ask", room.brazil, kind="point_of_order")
    assert next_step().startswith("Point of order: Brazil")
    assert room.press("/floor/give", request=room.asked()["BRA"].id) == 303
    assert next_step().startswith("Brazil has ended Give the floor back to Kenya")
    assert room.press("/floor/end") == 303
    assert room.press("/floor/give", request=room.asked()["KEN"].id) == 303
    assert room.press("/floor/end") == 303
    assert room.press("/floor/end") == 409
    assert room.press("/floor/close") == 303
    assert "No session is open now." in room.page(room.kenya)


def test_clock_limit_list_and_plates(room: Room) -> None:
    assert room.press("/floor/add", entity="JPN", kind="floor") == 303
    assert "put on the list by the chair" in room.page(room.kenya)
    assert room.press("/floor/add", entity="FRA") == 404
    assert room.press("/floor/add", entity="") == 400
    assert room.press("/floor/limit", minutes=2) == 303
    assert "Each statement: 2:00" in room.page(room.kenya)
    assert room.press("/floor/limit", minutes=900) == 400
    room.press("/floor/give", request=room.asked()["JPN"].id)
    assert [room.press("/floor/clock", to=to) for to in ("stop", "start", "more")] == [303, 303, 303]
    assert "of 3:00" in room.page(room.kenya)
    assert room.press("/floor/clock", to="back") == 422
    assert room.press("/floor/list", to="close", minutes=2) == 303
    assert "The list closes in 2:0" in room.page(room.kenya)
    assert room.press("/floor/list", to="close", minutes=0) == 303
    assert "The list is closed." in room.page(room.kenya, "/floor/screen")
    assert room.press("/floor/ask", room.kenya) == 409
    assert room.press("/floor/ask", room.kenya, kind="right_of_reply") == 303
    assert room.press("/floor/list", to="reopen") == 303
    assert room.press("/floor/list", to="close", minutes=-1) == 400
    assert room.press("/floor/list", room.kenya, to="reopen") == 403


def test_moving_and_declining_ask_for_a_reason_that_everybody_reads(room: Room) -> None:
    room.press("/floor/ask", room.kenya)
    room.press("/floor/ask", room.brazil)
    kenya, brazil = (room.asked()[state].id for state in ("KEN", "BRA"))
    assert "Change the order of the list" in room.page(room.chair, f"/floor/requests/{brazil}/move")
    assert room.press(f"/floor/requests/{brazil}/move", before=kenya) == 400
    assert room.press(f"/floor/requests/{brazil}/move", room.kenya, before=kenya, reason="Because.") == 403
    assert room.press(f"/floor/requests/{brazil}/move", before=kenya, reason="Their minister leaves.") == 303
    assert "1 Brazil" in room.page(room.kenya)
    assert "Their minister leaves." in room.page(room.kenya)

    assert room.press(f"/floor/requests/{kenya}/decline") == 400
    assert room.press(f"/floor/requests/{kenya}/decline", reason="It is another matter.") == 303
    assert room.press(f"/floor/requests/{kenya}/decline", reason="It is another matter.") == 409
    assert "Kenya was declined. It is another matter." in room.page(room.brazil)
    assert room.chair.get(f"{room.here}/floor/requests/{kenya}/decline").status_code == 404


def test_a_button_of_an_old_page_does_nothing_and_shows_the_floor_as_it_is(room: Room) -> None:
    room.press("/floor/ask", room.kenya)
    room.press("/floor/give", request=room.asked()["KEN"].id)

    answer = room.chair.post(f"{room.here}/floor/end", {"version": "1"})

    assert answer.status_code == 409
    assert "This was changed after you opened the page." in words(answer.text)
    assert "Kenya has ended" in words(answer.text)
    assert room.asked()["KEN"].standing == "speaking"


def test_decisions_and_positions(room: Room) -> None:
    assert "No decision has been taken down yet." in room.page(room.kenya, "/decisions")
    assert room.page(room.chair, "/decisions/new")
    assert room.press("/decisions/new", text="", how="consensus") == 400
    assert room.press("/decisions/new", room.kenya, text="We agreed.", how="consensus") == 403
    assert room.press("/decisions/new", text="The group agreed.", how="consensus") == 303
    assert room.chair.post(f"{room.here}/decisions/new", {"text": "Stale.", "version": "1"}).status_code == 409
    with transaction(room.world.read) as session:
        decision = session.scalars(select(Decision)).one()
    at = f"/decisions/{decision.id}"
    assert "The group agreed." in room.page(room.chair, f"{at}/correct")
    assert room.press(f"{at}/correct", text="", how="consensus", version=1) == 400
    assert room.press(f"{at}/correct", text="The group noted.", how="no_objection", version=1) == 303
    assert room.press(f"{at}/correct", text="Once more.", how="consensus", version=1) == 409

    assert room.page(room.kenya, f"{at}/position")
    assert room.press(f"{at}/position", room.kenya, stance="reservation", text="") == 400
    assert room.press(f"{at}/position", room.kenya, stance="reservation", text="Kenya reserves.") == 303
    assert room.press(f"{at}/position", stance="reservation", text="The chair reserves.") == 403
    assert room.page(room.chair, f"{at}/note")
    assert room.press(f"{at}/note", entity="BRA", stance="", text="Objects.") == 400
    assert room.press(f"{at}/note", entity="BRA", stance="objection", text="Brazil objects.") == 303
    assert room.press(f"{at}/note", entity="KEN", stance="reservation", text="It does not.") == 409
    page = room.page(room.brazil, "/decisions")
    assert "Decision 1 The group noted. Without objection" in page
    assert "Reservation Kenya Kenya reserves." in page
    assert "Objection Brazil noted by the chair Brazil objects." in page


def test_unknown_and_not_yours_are_one_answer(room: Room) -> None:
    for path in ("/floor", "/floor/screen", "/floor/events", "/decisions"):
        assert room.kenya.get(f"{room.here}{path}?once=yes").status_code == 200
        theirs, nothing = (
            room.stranger.get(f"{here}{path}") for here in (room.here, f"/meetings/{room.world.body().id}")
        )
        assert (theirs.status_code, nothing.status_code) == (404, 404)
        assert theirs.content == nothing.content


def test_the_part_that_changes_is_the_same_as_in_the_page(room: Room) -> None:
    room.press("/floor/ask", room.kenya)
    for path in ("/floor", "/floor/screen"):
        whole, part = (room.kenya.get(f"{room.here}{path}{query}").text for query in ("", "?part=yes"))
        assert part.strip()
        assert part.strip() in whole
    assert "http-equiv" not in room.kenya.get(f"{room.here}/floor").text
    assert 'http-equiv="refresh"' in room.kenya.get(f"{room.here}/floor?reloads=yes").text


def test_one_look_at_the_events_says_how_things_stand(world: World, room: Room) -> None:
    answer = room.kenya.get(f"{room.here}/floor/events?once=yes")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.text == f"event: changed\ndata: {now(world, room.meeting).changes}\n\n"
    assert room.kenya.client.head(f"{room.here}/floor/events").status_code == 200

    room.press("/floor/close")

    assert room.kenya.get(f"{room.here}/floor/events").status_code == 204
