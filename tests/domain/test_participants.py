"""Participants: who registers whom, until when, in which order they are listed, and who gets the link."""

from datetime import timedelta

import pytest

from app.core import clock
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound, Stale
from app.domain.meetings.models import Meeting
from app.domain.participants import queries
from app.domain.participants.actions import attendance, registration
from app.domain.participants.inputs import NewParticipant
from app.domain.participants.models import Participant
from tests.world import World


def list_names(world: World, meeting: Meeting, who: str = "rafael") -> list[str]:
    with world.acting(who) as (session, actor):
        return [each.name for each in queries.list_participants(session, actor, meeting)]


def new_participant(**more: object) -> NewParticipant:
    return NewParticipant(**{"name": "Wanjiku Kamau", "capacity": "delegate", "mode": "remote"} | more)


def test_only_focal_point_and_head_register_their_own_state(world: World) -> None:
    meeting = world.meeting()
    for who in ("joseph", "amina", "ines"):
        world.participant(meeting, f"By {who}", by=who)

    for who, entity in (("joseph", "BRA"), ("amina", "BRA"), ("rafael", "BRA"), ("laurent", "CHE"), ("chen", "KEN")):
        with pytest.raises(Forbidden):
            world.participant(meeting, "Somebody", entity=entity, by=who)
    assert list_names(world, meeting) == ["By amina", "By ines", "By joseph"]


def test_after_the_deadline_only_the_secretariat_registers(world: World) -> None:
    meeting = world.meeting(opens_in=10)
    world.participant(meeting)
    with clock.shifted_clock(timedelta(days=4)):
        with pytest.raises(Conflict, match="Registration is closed"):
            world.participant(meeting, "Too Late")
        world.participant(meeting, "By the secretariat", by="ines")

    assert list_names(world, meeting) == ["By the secretariat", "Wanjiku Kamau"]


@pytest.mark.parametrize(
    ("steps", "state", "secretary"),
    [((), False, False), (("convene",), True, True), (("convene", "begin"), False, True), (("cancel",), False, False)],
)
def test_registration_follows_the_life_of_the_meeting(
    world: World, steps: tuple[str, ...], state: bool, secretary: bool
) -> None:
    meeting = world.planned()
    if steps:
        world.moved(meeting, *steps)

    def registers(who: str) -> bool:
        try:
            world.participant(meeting, f"By {who}", by=who)
        except Conflict:
            return False
        return True

    assert (registers("joseph"), registers("ines")) == (state, secretary)


def test_a_delegation_has_one_head(world: World) -> None:
    meeting = world.meeting()
    first = world.participant(meeting, "First", capacity="head_of_delegation")
    world.participant(meeting, "Other State", capacity="head_of_delegation", entity="BRA", by="ines")
    second = world.participant(meeting, "Second")

    with pytest.raises(BadRequest, match="already has a head"):
        world.participant(meeting, "Third", capacity="head_of_delegation")
    with pytest.raises(BadRequest, match="already has a head"), world.acting("joseph") as (session, actor):
        participant = session.get_one(Participant, second.id)
        registration.change_participant(
            session, actor, participant, new_participant(capacity="head_of_delegation"), version=1
        )
    with world.acting("joseph") as (session, actor):
        registration.cancel_participant(session, actor, session.get_one(Participant, first.id), version=1)
    world.participant(meeting, "Third", capacity="head_of_delegation")
    assert list_names(world, meeting) == ["Other State", "Third", "Second"]


def test_a_known_person_is_registered_once_and_for_their_own_state(world: World) -> None:
    meeting = world.meeting()
    amina, rafael = world.person("amina").id, world.person("rafael").id
    participant = world.participant(meeting, None, person=amina)

    assert (participant.name, participant.person_id) == ("Amina Wanjiru Otieno", amina)
    for person in (amina, rafael):
        with pytest.raises(BadRequest, match="already registered"):
            world.participant(meeting, None, person=person)
    with pytest.raises(ValueError, match="not both"):
        new_participant(person=amina)
    with pytest.raises(ValueError, match="Select a person"):
        new_participant(name=None)


def test_order_is_states_by_french_name_then_observers_and_secretariat_with_heads_first(world: World) -> None:
    meeting = world.meeting()
    for name, entity, capacity, more in (
        ("Germany", "DEU", "delegate", {}),
        ("Secretary", "ITU", "secretariat", {}),
        ("Observer", "", "observer", {"organization": "An organization"}),
        ("Kenya adviser", "KEN", "adviser", {}),
        ("Kenya head", "KEN", "head_of_delegation", {}),
        ("Brazil", "BRA", "deputy", {}),
        ("Cameroon", "CMR", "delegate", {}),
        ("South Africa", "ZAF", "delegate", {}),
    ):
        world.participant(meeting, name, entity=entity, capacity=capacity, by="ines", **more)

    # Afrique du Sud, Allemagne, Brésil, Cameroun, Kenya
    assert list_names(world, meeting) == [
        *("South Africa", "Germany", "Brazil", "Cameroon", "Kenya head", "Kenya adviser"),
        *("Observer", "Secretary"),
    ]


def test_each_kind_of_member_has_its_own_capacities(world: World) -> None:
    meeting = world.meeting()

    for entity, capacity in (("KEN", "secretariat"), ("ITU", "delegate"), ("", "delegate"), ("KEN", "observer")):
        with pytest.raises(BadRequest):
            world.participant(meeting, entity=entity, capacity=capacity, by="ines", organization="An organization")
    with pytest.raises(BadRequest, match="does not admit"):
        world.participant(meeting, entity="PSE", by="ines")
    assert list_names(world, meeting) == []


def test_a_change_of_an_outdated_version_is_refused_and_a_participant_can_be_replaced(world: World) -> None:
    meeting = world.meeting()
    participant = world.participant(meeting)
    with world.acting("joseph") as (session, actor):
        stored_participant = session.get_one(Participant, participant.id)
        registration.change_participant(
            session, actor, stored_participant, new_participant(name="Another One", function="Director"), version=1
        )

    with pytest.raises(Stale), world.acting("amina") as (session, actor):
        registration.cancel_participant(session, actor, session.get_one(Participant, participant.id), version=1)
    with world.acting("ines") as (session, actor):
        stored_participant = queries.get_visible_participant(session, actor, participant.id)
        assert (stored_participant.name, stored_participant.function, stored_participant.mode) == (
            "Another One",
            "Director",
            "remote",
        )


def test_a_person_who_sees_no_meeting_sees_no_participant(world: World) -> None:
    participant = world.participant(world.meeting())

    for who in ("rafael", "laurent"):
        with world.acting(who) as (session, actor):
            assert queries.get_visible_participant(session, actor, participant.id).name == "Wanjiku Kamau"
    for who in ("chen", "wambui", "olga"):
        with pytest.raises(NotFound), world.acting(who) as (session, actor):
            queries.get_visible_participant(session, actor, participant.id)


def test_the_link_is_for_participants_registrars_and_organisers(world: World) -> None:
    meeting = world.meeting()
    world.seat("wambui", "delegate")

    def list_links() -> list[str]:
        links = []
        for who in ("amina", "wambui", "joseph", "rafael", "haruka", "laurent", "ines"):
            with world.acting(who) as (session, actor):
                if queries.can_join_remotely(session, actor, session.get_one(Meeting, meeting.id)):
                    links.append(who)
        return links

    assert list_links() == ["laurent", "ines"]
    world.participant(meeting, None, person=world.person("rafael").id, entity="BRA", by="ines")
    assert list_links() == ["rafael", "laurent", "ines"]
    world.participant(meeting, None, person=world.person("amina").id)
    assert list_links() == ["amina", "joseph", "rafael", "laurent", "ines"]
    world.moved(meeting, "cancel")
    assert list_links() == []


def test_two_concurrent_attendance_lists_lose_nothing(world: World) -> None:
    meeting = world.meeting()
    one, two, three = (world.participant(meeting, name).id for name in ("One", "Two", "Three"))
    with pytest.raises(Conflict, match="begun"), world.acting("ines") as (session, actor):
        stored = session.get_one(Meeting, meeting.id)
        attendance.note_attendance(session, actor, stored, {one}, listed={one}, previously_present=set())
    world.moved(meeting, "begin")

    def tick(who: str, present: set[object], was: set[object]) -> None:
        with world.acting(who) as (session, actor):
            stored_meeting = session.get_one(Meeting, meeting.id)
            attendance.note_attendance(
                session, actor, stored_meeting, present, listed={one, two, three}, previously_present=was
            )

    def attended() -> dict[object, bool | None]:
        with world.acting("ines") as (session, actor):
            return {each.id: each.attended for each in queries.list_participants(session, actor, meeting)}

    tick("ines", {one}, set())
    tick("daniel", {two}, set())  # whose page was rendered before
    assert attended() == {one: True, two: True, three: False}
    tick("daniel", {two}, {one, two})
    assert attended() == {one: False, two: True, three: False}
    with pytest.raises(Forbidden):
        tick("laurent", set(), set())
