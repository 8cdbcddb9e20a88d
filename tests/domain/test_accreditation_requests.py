"""Requests for accreditation: who asks, who answers, and that no one else learns of it; on a real database."""

from datetime import date

import pytest
from sqlalchemy import select, text

from app.core import clock
from app.core.db import WriteSession, transaction
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies.actions import seats
from app.domain.bodies.actions.accreditation_requests import decline_accreditation_request, request_accreditation
from app.domain.bodies.actions.roster_import import import_roster
from app.domain.bodies.inputs import NewAccreditation
from app.domain.bodies.models import Accreditation, AccreditationRequest, Body, Capacity
from app.domain.bodies.queries import accreditation_requests as requests
from app.domain.bodies.queries.roster import list_focal_points
from app.domain.identity.models.tables import Person
from app.domain.notifications.rules.contexts_of_pending import build_unattended_request_context
from tests.domain.test_concurrency import run_overlapping
from tests.domain.test_state_decisions import build_head_entry
from tests.world import BODY, World, record_rows

BECAUSE = ReasonInput(reason="You are not on our delegation.")
UNTIL = date(2027, 12, 31)


def list_waiting(world: World, who: str) -> list[str]:
    """List the names of those whose requests wait for this person."""
    with world.acting(who) as (session, actor):
        rows = requests.list_requests_to_answer(session, actor, limit=9)
        return [person.name for _request, person, _body in rows]


def accredit(session: WriteSession, actor: Actor, person: Person) -> None:
    new = NewAccreditation(person=person.id, capacity=Capacity.DELEGATE, from_on=clock.now().date(), until_on=UNTIL)
    body = session.scalars(select(Body).where(Body.code == BODY)).one()
    seats.accredit_person(session, actor, body, session.get_one(Person, person.id), new)


def decline(world: World, who: str, request: AccreditationRequest) -> None:
    with world.acting(who) as (session, actor):
        row = requests.get_request_to_answer(session, actor, request.id)
        decline_accreditation_request(session, actor, row, BECAUSE)


def end_focal_point(world: World) -> None:
    with world.acting("ines") as (session, actor):
        mine = select(Accreditation).where(Accreditation.person_id == world.person("joseph").id)
        seats.end_accreditation(session, actor, session.scalars(mine).one(), ReasonInput(reason="Retired."))


def test_the_focal_point_of_the_own_state_answers_and_no_other_person_learns_of_it(world: World) -> None:
    request = world.asked_for_accreditation("wambui")

    assert list_waiting(world, "joseph") == ["Grace Wambui Njoroge"]
    for who in ("amina", "rafael", "laurent", "ines"):
        assert list_waiting(world, who) == []
        with pytest.raises(NotFound):
            decline(world, who, request)
    world.seat("rafael", "focal_point")
    assert list_waiting(world, "rafael") == []
    with world.acting("rafael") as (session, _):
        assert session.scalars(text("SELECT id FROM portal.accreditation_request")).all() == []


def find_who_is_named_and_notified(world: World) -> tuple[list[str], bool]:
    """The focal points of Kenya as its people read them, and whether they, not the secretariat, are notified."""
    with transaction(world.work) as session:
        names = [row.name for row in list_focal_points(session, "KEN", clock.now().date())]
        line = session.scalars(select(JournalLine).where(JournalLine.event == "accreditation:requested")).one()
        return names, build_unattended_request_context(session, line).is_over


def test_the_secretariat_answers_where_the_state_has_no_focal_point(world: World) -> None:
    request = world.asked_for_accreditation("wambui")
    assert list_waiting(world, "ines") == []
    assert find_who_is_named_and_notified(world) == (["Joseph Kiprono Mutai"], True)
    end_focal_point(world)

    assert list_waiting(world, "ines") == ["Grace Wambui Njoroge"]
    decline(world, "ines", request)

    assert list_waiting(world, "ines") == []


@pytest.mark.parametrize("change", [{"entity": "BRA"}, {"membership": "sector_member"}])
def test_the_secretariat_answers_where_the_focal_point_no_longer_belongs_to_the_state(
    world: World, change: dict[str, str]
) -> None:
    world.asked_for_accreditation("wambui")
    with world.acting("ines") as (session, _):
        person = session.get_one(Person, world.person("joseph").id)
        for name, value in change.items():
            setattr(person, name, value)
        record_rows(session)

    assert [list_waiting(world, who) for who in ("ines", "joseph")] == [["Grace Wambui Njoroge"], []]
    assert find_who_is_named_and_notified(world) == ([], False)


def test_asking_twice_is_one_request_and_after_a_refusal_another_one(world: World) -> None:
    request = world.asked_for_accreditation("wambui")
    assert world.asked_for_accreditation("wambui").id == request.id
    decline(world, "joseph", request)
    assert list_waiting(world, "joseph") == []

    with world.acting("wambui") as (session, actor):
        [(mine, answered_by)] = requests.list_own_requests(session, actor)
        assert (mine.declined_because, answered_by) == (BECAUSE.reason, "Joseph Kiprono Mutai")
    assert world.asked_for_accreditation("wambui").id != request.id
    assert list_waiting(world, "joseph") == ["Grace Wambui Njoroge"]


def test_an_accreditation_answers_the_request(world: World) -> None:
    request = world.asked_for_accreditation("wambui")
    with world.acting("joseph") as (session, actor):
        accredit(session, actor, world.person("wambui"))

    assert list_waiting(world, "joseph") == []
    with world.acting("wambui") as (session, actor):
        [(mine, answered_by)] = requests.list_own_requests(session, actor)
        granted = session.get_one(Accreditation, mine.accreditation_id)
        assert (mine.id, granted.until_on, answered_by) == (request.id, UNTIL, "Joseph Kiprono Mutai")
        with pytest.raises(Forbidden, match="already have a role"):
            request_accreditation(session, actor, session.get_one(Body, world.body().id))


def test_the_import_of_a_roster_answers_the_request_also_while_it_is_made(world: World) -> None:
    wambui = world.person("wambui")
    entry = build_head_entry(wambui).model_copy(update={"capacity": Capacity.DELEGATE})
    world.asked_for_accreditation("wambui")

    def import_entry(session: WriteSession, _actor: Actor) -> None:
        [result] = import_roster(session, [entry])
        assert result.is_granted

    def ask(session: WriteSession, actor: Actor) -> None:
        request_accreditation(session, actor, session.get_one(Body, world.body().id))

    with pytest.raises(Forbidden, match="already have a role"):
        run_overlapping(world, ("ines", import_entry), ("wambui", ask))

    assert list_waiting(world, "joseph") == []
    with world.acting("wambui") as (session, actor):
        [(mine, answered_by)] = requests.list_own_requests(session, actor)
        assert session.get_one(Accreditation, mine.accreditation_id).person_id == wambui.id
        assert answered_by is None


@pytest.mark.parametrize("is_asked_first", [True, False])
def test_no_request_that_is_made_while_the_person_is_accredited_waits_for_an_answer(
    world: World, *, is_asked_first: bool
) -> None:
    wambui = world.person("wambui")

    def ask(session: WriteSession, actor: Actor) -> None:
        request_accreditation(session, actor, session.get_one(Body, world.body().id))

    def accredit_asker(session: WriteSession, actor: Actor) -> None:
        accredit(session, actor, wambui)

    if is_asked_first:
        run_overlapping(world, ("wambui", ask), ("joseph", accredit_asker))
    else:
        with pytest.raises(Forbidden, match="already have a role"):
            run_overlapping(world, ("joseph", accredit_asker), ("wambui", ask))

    assert list_waiting(world, "joseph") == []
    with world.acting("wambui") as (session, actor):
        assert len(requests.list_own_requests(session, actor)) == is_asked_first


def test_an_answered_request_is_not_answered_again(world: World) -> None:
    request = world.asked_for_accreditation("wambui")
    with world.acting("joseph") as (session, actor):
        row = session.get_one(AccreditationRequest, request.id)
        decline_accreditation_request(session, actor, row, BECAUSE)
        with pytest.raises(Conflict):
            decline_accreditation_request(session, actor, row, BECAUSE)


def test_only_members_that_the_group_admits_may_ask(world: World) -> None:
    for who in ("marc", "ines"):
        with world.acting(who) as (session, actor):
            assert world.body().code not in [body.code for body in requests.list_bodies_to_join(session, actor)]
            with pytest.raises(NotFound):
                requests.get_body_to_join(session, actor, world.body().code)
            with pytest.raises(Forbidden):
                request_accreditation(session, actor, session.get_one(Body, world.body().id))


def test_no_request_waits_for_ever_where_no_one_could_answer_it(world: World) -> None:
    with world.acting("wambui") as (session, actor):
        bodies = {body.prefix: body for body in requests.list_bodies_to_join(session, actor)}
        for prefix, is_attended in (("CWG-Internet", True), ("SG2", False)):
            body = bodies[prefix]
            assert requests.has_person_to_answer(session, actor, body.id) is is_attended
        with pytest.raises(Conflict, match="No one can accept requests"):
            request_accreditation(session, actor, body)
        assert requests.list_own_requests(session, actor) == []


def test_groups_are_in_the_order_of_their_numbers(world: World) -> None:
    with world.acting("wambui") as (session, actor):
        prefixes = [body.prefix for body in requests.list_bodies_to_join(session, actor)]

    assert [prefix for prefix in prefixes if prefix in ("SG17", "SG2", "SG3")] == ["SG2", "SG3", "SG17"]
    assert prefixes[0] == "CWG-Internet"


def test_a_person_who_changed_their_state_asks_the_old_one_for_nothing(world: World) -> None:
    world.asked_for_accreditation("wambui")
    assert list_waiting(world, "joseph") == ["Grace Wambui Njoroge"]
    with world.acting("ines") as (session, _):
        session.get_one(Person, world.person("wambui").id).entity = "BRA"
        record_rows(session)

    assert list_waiting(world, "joseph") == []
    with world.acting("wambui") as (session, actor):
        assert requests.list_own_requests(session, actor) == []
