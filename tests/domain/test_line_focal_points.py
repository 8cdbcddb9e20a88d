"""Focal points of action lines: two secretaries name them, and being one gives no right."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound
from app.core.validation import ReasonInput
from app.domain.bodies.models import Appointment
from app.domain.identity.models.tables import Person
from app.domain.line_focal_points import actions, queries
from app.domain.line_focal_points.inputs import NewLineFocalPoint
from app.domain.line_focal_points.models import LineFocalPoint
from app.domain.mandates.queries import get_action_line
from app.domain.pending_actions import list_pending_actions
from tests.world import World, record_rows

UNTIL = date(2099, 12, 31)


@pytest.fixture(autouse=True)
def _officer(world: World) -> None:
    world.seat("olga", "tsb")


def propose(world: World, *, by: str = "ines", who: str = "olga", line: str = "C5", until: date = UNTIL) -> UUID:
    with world.acting(by) as (session, actor):
        first = min(clock.now().date(), until)
        new = NewLineFocalPoint(person=world.person(who).id, from_on=first, until_on=until)
        return actions.propose_focal_point(session, actor, get_action_line(session, line), new).id


def confirm(world: World, term: UUID, by: str = "daniel") -> None:
    with world.acting(by) as (session, actor):
        actions.confirm_focal_point(session, actor, queries.get_term(session, actor, term))


def end(world: World, term: UUID, by: str = "daniel") -> None:
    with world.acting(by) as (session, actor):
        ending = ReasonInput(reason="She moved to another unit.")
        actions.end_focal_point(session, actor, queries.get_term(session, actor, term), ending)


def list_named(world: World, line: str = "C5") -> list[tuple[str, str]]:
    with transaction(world.read) as session:
        in_force, open_terms = queries.read_terms_of_line(session, world.actor("marc"), line)
        assert open_terms == []
        return [(person.name, term.unit) for term, person in in_force]


def test_two_secretaries_name_the_focal_point_of_a_line(world: World) -> None:
    term = propose(world)
    assert list_named(world) == []
    with world.acting("daniel") as (session, actor):
        assert "focal-point:confirm" in {each.kind.name for each in list_pending_actions(session, actor, None).actions}

    confirm(world, term)

    assert list_named(world) == [(world.person("olga").name, "tsb")]
    assert list_named(world, "C6") == []


def test_it_gives_no_right(world: World) -> None:
    with world.acting("olga") as (_session, actor):
        seats = actor.seats
    confirm(world, propose(world))

    with world.acting("olga") as (session, actor):
        assert actor.seats == seats
        assert [each.action_line for each in queries.list_lines_of_person(session, actor.person)] == ["C5"]


def test_no_one_confirms_what_they_proposed(world: World) -> None:
    term = propose(world)
    with pytest.raises(Forbidden, match="proposed this yourself"):
        confirm(world, term, by="ines")

    with pytest.raises(IntegrityError, match="confirmed_by_another"), transaction(world.write) as session:
        row = session.get_one(LineFocalPoint, term)
        row.confirmed_by, row.confirmed_at = row.proposed_by, clock.now()
        record_rows(session)


@pytest.mark.parametrize("who", ["amina", "laurent", "olga", "chen", "joseph"])
def test_only_secretaries_propose_and_see_proposals(world: World, who: str) -> None:
    term = propose(world)
    with pytest.raises(Forbidden):
        propose(world, by=who, line="C6")
    with pytest.raises(NotFound):
        confirm(world, term, by=who)


def test_a_focal_point_is_of_a_unit_of_itu(world: World) -> None:
    for who in ("daniel", "amina"):
        with pytest.raises(BadRequest, match="General Secretariat or a Bureau"):
            propose(world, who=who)


def test_it_counts_only_while_the_office_in_the_unit_is_held(world: World) -> None:
    confirm(world, propose(world))
    waiting = propose(world, line="C6")
    olga = world.person("olga").id
    with transaction(world.write) as session:
        session.execute(
            update(Appointment)
            .where(Appointment.person_id == olga, Appointment.body_id.is_(None))
            .values(ended_at=clock.now(), ended_by=world.person("ines").id, ended_because="She left.")
        )
        record_rows(session)

    assert list_named(world) == []
    with pytest.raises(Conflict, match="no longer holds"):
        confirm(world, waiting)


def test_a_term_ends_with_a_reason_and_once(world: World) -> None:
    term = propose(world)
    confirm(world, term)
    with pytest.raises(BadRequest, match="some of these days"):
        propose(world)

    end(world, term)

    assert list_named(world) == []
    with pytest.raises(Conflict):
        end(world, term)
    with transaction(world.read) as session:
        assert session.get_one(LineFocalPoint, term).ended_because == "She moved to another unit."
        assert session.scalar(select(Person.name).where(Person.id == world.person("olga").id))


def test_a_term_that_is_past_is_refused(world: World) -> None:
    with pytest.raises(BadRequest, match="past"):
        propose(world, until=clock.now().date() - timedelta(days=1))
