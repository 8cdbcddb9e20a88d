"""Groups that two secretaries make, give a first secretary and end; what has ended takes nothing."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound
from app.core.permissions import BODY_HAS_ENDED
from app.core.validation import ReasonInput
from app.domain.bodies.actions.seats import end_office
from app.domain.bodies.models import Appointment, Body
from app.domain.bodies.queries.seats import require_seats_still_held
from app.domain.bodies.rules import PROPOSE_OFFICE, SET_REGION, AccreditationOrOffice, EntityInBody
from app.domain.body_proposals import actions, queries
from app.domain.body_proposals.inputs import BodyEnd, FirstSecretary, NewBody
from app.domain.body_proposals.models import BodyProposal
from app.domain.documents.queries.series import list_first_symbols
from app.domain.liaisons import rules as liaisons
from app.domain.liaisons.rules import LiaisonRuleSubject
from app.domain.mandates import rules as mandates
from app.domain.meetings import rules
from app.domain.organizations import rules as organizations
from app.domain.pending_actions import list_pending_actions
from app.domain.rights import COLUMNS, ROWS, is_allowed
from tests.world import BODY, World, record_rows

NEW: dict[str, Any] = {
    "names": {"en": "Expert Group on Numbering", "fr": "Groupe d’experts sur le numérotage"},
    "admission_words": {},
    "legal_basis": "Council Decision 999",
    "deadline_days": 12,
    "posting_days": 7,
    "proposal_days": 14,
    "registration_days": 1,
    "largest_file": 50,
    "prefix": "EG-Numbering",
    "admits": ["member_state", "sector_member"],
    "silence_hours": 72,
    "languages": [],
}
UNTIL = date(2099, 12, 31)


def propose(world: World, *, by: str = "ines", secretary: str = "olga", **more: Any) -> UUID:
    with world.acting(by) as (session, actor):
        first = FirstSecretary(person=world.person(secretary).id, until_on=UNTIL)
        return actions.propose_body(session, actor, NewBody.model_validate(NEW | more), first).id


def decide(world: World, by: str, proposal: UUID, *, decline: bool = False) -> None:
    with world.acting(by) as (session, actor):
        row = queries.get_proposal(session, actor, proposal)
        if decline:
            actions.decline_proposal(session, actor, row, ReasonInput(reason="It has no basis."))
        else:
            actions.confirm_proposal(session, actor, row)


def propose_for_study_group(world: World) -> UUID:
    with world.acting("ines") as (session, actor):
        body = session.scalars(select(Body).where(Body.code == "sg3")).one()
        first = FirstSecretary(person=world.person("olga").id, until_on=UNTIL)
        return actions.propose_first_secretary(session, actor, body, first).id


def propose_end(world: World, last_day: date) -> UUID:
    with world.acting("ines") as (session, actor):
        body = session.scalars(select(Body).where(Body.code == BODY)).one()
        return actions.propose_end(session, actor, body, BodyEnd(until_on=last_day, reason="Merged.")).id


def end(world: World, last_day: date) -> None:
    decide(world, "daniel", propose_end(world, last_day))


def test_a_group_exists_once_a_second_secretary_has_confirmed_it_with_its_first_secretary(world: World) -> None:
    proposal = propose(world)
    with world.acting("daniel") as (session, actor):
        assert "body:confirm" in {each.kind.name for each in list_pending_actions(session, actor, None).actions}
        assert session.scalar(select(Body).where(Body.prefix == "EG-Numbering")) is None

    decide(world, "daniel", proposal)

    with world.acting("olga") as (session, actor):
        body = session.scalars(select(Body).where(Body.code == "eg-numbering")).one()
        assert actor.has_role(body.id, "secretary")
        assert (body.names, body.admits, body.largest_file) == (NEW["names"], NEW["admits"], 50 * 1024 * 1024)
        symbols = list_first_symbols(session, body)
        assert (symbols[0], len(symbols)) == (("C", "EG-Numbering 1/1"), 8)


@pytest.mark.parametrize("who", ["amina", "laurent", "olga", "chen", "joseph"])
def test_only_a_secretary_proposes_a_group(world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        propose(world, by=who, secretary="daniel")


def test_no_one_confirms_what_they_proposed_or_their_own_office(world: World) -> None:
    own = propose(world)
    with pytest.raises(Forbidden, match="proposed this yourself"):
        decide(world, "ines", own)
    with pytest.raises(Forbidden, match="cannot give yourself"):
        propose(world, secretary="ines", prefix="EG-Two")
    of_daniel = propose(world, secretary="daniel", prefix="EG-Three")
    with pytest.raises(Forbidden, match="cannot give yourself"):
        decide(world, "daniel", of_daniel)


def test_the_database_refuses_one_person_who_proposes_and_confirms(world: World) -> None:
    proposal = propose(world)

    with pytest.raises(IntegrityError, match="confirmed_by_another"), transaction(world.write) as session:
        row = session.get_one(BodyProposal, proposal)
        row.decided_by, row.decided_at = row.proposed_by, clock.now()
        record_rows(session)


def test_a_proposal_is_decided_once_and_seen_by_secretaries_alone(world: World) -> None:
    proposal = propose(world)
    with world.acting("laurent") as (session, actor), pytest.raises(NotFound):
        queries.get_proposal(session, actor, proposal)

    decide(world, "daniel", proposal, decline=True)

    with pytest.raises(Conflict):
        decide(world, "daniel", proposal)
    with world.acting("daniel") as (session, actor):
        assert session.scalar(select(Body).where(Body.code == "eg-numbering")) is None


def test_what_someone_proposed_who_lost_the_office_is_declined_alone(world: World) -> None:
    waiting = [propose(world), propose_end(world, UNTIL)]
    with world.acting("daniel") as (session, actor):
        office = session.scalars(select(Appointment).where(Appointment.person_id == world.person("ines").id)).one()
        end_office(session, actor, office, ReasonInput(reason="Left the secretariat."))

    for each in waiting:
        with pytest.raises(Conflict, match="lost the office"):
            decide(world, "daniel", each)
        with world.acting("daniel") as (session, actor):
            assert each in {action.subject for action in list_pending_actions(session, actor, None).actions}
        decide(world, "daniel", each, decline=True)


def test_two_groups_never_have_one_prefix(world: World) -> None:
    with pytest.raises(BadRequest, match="prefix"):
        propose(world, prefix="Sg3")
    first, second = propose(world), propose(world, by="ines")

    decide(world, "daniel", first)

    with pytest.raises(Conflict, match="prefix"):
        decide(world, "daniel", second)


def test_a_seeded_study_group_gets_its_first_secretary_from_two_others_once(world: World) -> None:
    decide(world, "daniel", propose_for_study_group(world))

    with world.acting("olga") as (session, actor):
        assert actor.has_role(session.scalars(select(Body.id).where(Body.code == "sg3")).one(), "secretary")
    with pytest.raises(Conflict, match="has a secretary"):
        propose_for_study_group(world)


def test_an_ended_group_is_read_and_takes_nothing(world: World) -> None:
    meeting = world.meeting(opens_in=40)
    today = clock.now().date()
    end(world, today)
    world.draft(meeting)  # its last day counts

    with clock.shifted_clock(timedelta(days=1)):
        assert world.actor("amina").seats == {replace(seat, body_has_ended=True) for seat in world.actor("amina").seats}
        with pytest.raises(Conflict, match="has ended"):
            world.draft(meeting)
        with world.acting("ines") as (_session, actor), pytest.raises(Conflict, match="has ended"):
            rules.CONVENE.require(actor, EntityInBody(meeting.body_id))
        with world.acting("ines") as (_session, actor), pytest.raises(Conflict, match="has ended"):
            liaisons.TAKE_IN.require(actor, LiaisonRuleSubject(meeting.body_id))
        with pytest.raises(Conflict, match="has ended"):
            end(world, today + timedelta(days=9))


def test_the_secretary_of_a_group_that_has_ended_has_no_right_beyond_it(world: World) -> None:
    """Neither to make, see or confirm a group, nor to appoint to an office of the whole system."""
    waiting = propose(world)
    end(world, clock.now().date())

    with clock.shifted_clock(timedelta(days=1)):
        with pytest.raises(Forbidden):
            propose(world, prefix="EG-Two")
        with pytest.raises(NotFound):
            decide(world, "daniel", waiting)
        with world.acting("daniel") as (session, actor):
            assert not queries.list_possible_secretaries(session, actor)
            for beyond in (organizations.EDIT, mandates.EDIT, SET_REGION):
                with pytest.raises(Forbidden):
                    beyond.require(actor, None)
            with pytest.raises(Forbidden):
                PROPOSE_OFFICE.require(actor, AccreditationOrOffice(None, "", world.person("olga").id, "tsb"))


def test_an_act_under_way_when_its_group_ends_is_refused(world: World) -> None:
    before = world.actor("amina")
    end(world, clock.now().date())

    later = clock.shifted_clock(timedelta(days=1))
    with later, transaction(world.read) as session, pytest.raises(Forbidden, match="rights changed"):
        require_seats_still_held(session, before)


BEGINNINGS = {row.permission.name: row for row in ROWS if row.permission.begins_in_body}


@pytest.mark.parametrize("name", sorted(BEGINNINGS))
def test_no_one_begins_anything_in_a_group_that_has_ended(name: str) -> None:
    row = BEGINNINGS[name]
    able = [column for column in COLUMNS if is_allowed(row, column)]
    assert able, "someone may do it while the group goes on"
    for column in able:
        seats = frozenset(replace(seat, body_has_ended=True) for seat in column.actor.seats)
        ended = replace(column, actor=replace(column.actor, seats=seats))
        assert not is_allowed(row, ended)
        assert row.permission.objection_to(ended.actor, row.subject) == BODY_HAS_ENDED
