"""What a group is, and its rules, change once a second secretary has confirmed what one proposed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden, Stale
from app.core.journal import JournalLine
from app.core.validation import ReasonInput
from app.domain.bodies.actions.bodies import compute_content_digest
from app.domain.bodies.models import Body
from app.domain.body_proposals import actions, queries
from app.domain.body_proposals.models import BodyProposal
from app.domain.pending_actions import list_pending_actions
from tests.domain.test_body_proposals import decide, end, propose_end, propose_for_study_group
from tests.waiting import PATIENCE
from tests.world import BODY, World, record_rows

CHANGES: dict[str, Any] = {
    "names": {"en": "Council Working Group on the Internet", "fr": "Groupe de travail du Conseil sur l’Internet"},
    "admission_words": {"en": "Open to Member States of ITU."},
    "legal_basis": "Council Resolution 1336 (Mod. 2026)",
    "parent": None,
    "deadline_days": 21,
    "posting_days": 5,
    "proposal_days": 30,
    "registration_days": 2,
    "largest_file": 60,
    "begins_on": clock.now().date() - timedelta(days=400),
    "admits": ["member_state", "res99"],
    "languages": ["en", "fr"],
    "silence_hours": 120,
    "positions_shown_to": "own-delegation",
}


def list_facts(world: World, event: str) -> list[dict[str, Any]]:
    with transaction(world.read) as session:
        facts = select(JournalLine.facts).where(JournalLine.event == event).order_by(JournalLine.seq)
        return list(session.scalars(facts))


@pytest.mark.parametrize("field", CHANGES)
def test_each_field_changes_when_the_second_secretary_confirms_and_not_before(world: World, field: str) -> None:
    was = queries.read_body_with_rules(world.body())
    made = world.propose_change(**{field: CHANGES[field]})
    assert queries.read_body_with_rules(world.body()) == was

    decide(world, "daniel", made.id)

    body = world.body()
    now = queries.read_body_with_rules(body)
    assert now == was.model_copy(update={field: CHANGES[field]})
    assert now != was
    assert body.version == 2


def test_the_journal_has_the_digests_of_both_and_the_rules_themselves(world: World) -> None:
    was = compute_content_digest(queries.read_body_with_rules(world.body()))
    made = world.propose_change(**CHANGES)
    decide(world, "daniel", made.id)

    now = compute_content_digest(queries.read_body_with_rules(world.body()))
    proposed = {"proposal": str(made.id), "kind": "change", "content": now, "person": None}
    assert list_facts(world, "body:proposed") == [proposed]
    assert list_facts(world, "body:changed") == [
        {"version": 2, "content": now, "was": was, "proposal": str(made.id)},
    ]
    assert list_facts(world, "body:admission-changed") == [{"admits": "member_state res99", "was": "member_state"}]
    assert list_facts(world, "body:languages-set") == [{"languages": "en fr", "was": ""}]
    assert list_facts(world, "body:silence-set") == [{"hours": 120, "was": 72}]
    assert list_facts(world, "body:positions-shown-set") == [{"shown_to": "own-delegation", "was": "every-delegation"}]


def test_the_proposal_is_on_the_desk_of_other_secretaries_and_of_no_one_else(world: World) -> None:
    world.propose_change(deadline_days=21)

    def is_asked(who: str) -> bool:
        with world.acting(who) as (session, actor):
            kinds = {each.kind.name for each in list_pending_actions(session, actor, None).actions}
            return "body:confirm-change" in kinds

    people = ("daniel", "ines", "amina", "laurent", "joseph", "olga", "chen")
    assert [who for who in people if is_asked(who)] == ["daniel"]


def test_one_secretary_alone_changes_nothing(world: World) -> None:
    made = world.propose_change(deadline_days=21)
    with pytest.raises(Forbidden, match="proposed this yourself"):
        decide(world, "ines", made.id)
    for who in ("amina", "laurent", "joseph"):
        with world.acting(who) as (session, actor), pytest.raises(Forbidden):
            actions.confirm_proposal(session, actor, session.get_one(BodyProposal, made.id))
    with pytest.raises(IntegrityError, match="confirmed_by_another"), transaction(world.write) as session:
        row = session.get_one(BodyProposal, made.id)
        row.decided_by, row.decided_at = row.proposed_by, clock.now()
        record_rows(session)

    assert world.body().deadline_days == 12


@pytest.mark.parametrize("who", ["amina", "laurent", "joseph", "olga", "chen"])
def test_only_a_secretary_of_the_group_proposes_a_change(world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        world.propose_change(by=who, deadline_days=21)


def test_the_proposer_withdraws_and_another_declines_with_a_reason(world: World) -> None:
    for who in ("ines", "daniel"):
        made = world.propose_change(deadline_days=21)
        decide(world, who, made.id, decline=True)
        with pytest.raises(Conflict, match="already been decided"):
            decide(world, "daniel", made.id)
        with transaction(world.read) as session:
            assert session.get_one(BodyProposal, made.id).declined_because == "It has no basis."

    assert world.body().deadline_days == 12
    assert len(list_facts(world, "body:proposal-declined")) == 2


def test_a_change_is_not_confirmed_if_the_group_was_changed_meanwhile(world: World) -> None:
    made = world.propose_change(deadline_days=21)
    with transaction(world.write) as session:
        session.get_one(Body, world.body().id).legal_basis = "Another resolution"
        record_rows(session)

    with pytest.raises(Conflict, match="changed after this was proposed"):
        decide(world, "daniel", made.id)

    assert (world.body().deadline_days, world.body().legal_basis) == (12, "Another resolution")
    decide(world, "daniel", made.id, decline=True)


def test_the_proposer_decides_about_the_group_that_they_saw(world: World) -> None:
    world.change_body(deadline_days=21)
    with world.acting("ines") as (session, actor):
        body = session.scalars(select(Body).where(Body.code == BODY)).one()
        content = queries.read_body_with_rules(body).model_copy(update={"deadline_days": 14})
        reason = ReasonInput(reason="It was too late.")
        with pytest.raises(Stale):
            actions.propose_change(session, actor, body, content, reason, version=1)
        with pytest.raises(BadRequest, match="already as you entered it"):
            actions.propose_change(session, actor, body, queries.read_body_with_rules(body), reason, version=2)


def test_one_proposal_about_a_group_is_open_at_a_time(world: World) -> None:
    world.propose_change(deadline_days=21)

    with pytest.raises(Conflict, match="already pending"):
        world.propose_change(deadline_days=14)
    with pytest.raises(Conflict, match="already pending"):
        propose_end(world, clock.now().date())


def test_a_group_is_not_its_own_parent_nor_below_one_that_is_below_it(world: World) -> None:
    assert world.body().parent_id == world.body("wg-wsis").id
    with pytest.raises(BadRequest, match="parent"):
        world.propose_change(parent=world.body().id)
    world.seat("ines", "secretary", body="wg-wsis")
    with pytest.raises(BadRequest, match="parent"):
        world.propose_change("wg-wsis", parent=world.body().id)


def test_two_confirmed_at_once_do_not_make_two_groups_parents_of_each_other(world: World) -> None:
    decide(world, "daniel", propose_for_study_group(world))
    world.change_body(parent=None)
    made = [
        world.propose_change(BODY, by="ines", parent=world.body("sg3").id).id,
        world.propose_change("sg3", by="olga", parent=world.body().id).id,
    ]
    both_have_read = Barrier(2)

    def confirm(who: str, proposal: Any) -> bool:
        with world.acting(who) as (session, actor):
            row = queries.get_proposal(session, actor, proposal)
            both_have_read.wait(PATIENCE)
            try:
                actions.confirm_proposal(session, actor, row)
            except Conflict:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(confirm, ("daniel", "ines"), made)) == [False, True]


def test_an_ended_group_is_not_changed(world: World) -> None:
    world.seat("daniel", "secretary", body="wg-wsis")
    end(world, clock.now().date())
    made = world.propose_change(deadline_days=21)
    with clock.shifted_clock(timedelta(days=1)):
        with pytest.raises(Conflict):
            decide(world, "daniel", made.id)
        with pytest.raises(Conflict, match="ended"):
            world.propose_change(deadline_days=14)

    assert world.body().deadline_days == 12


def test_a_category_that_is_no_longer_admitted_has_no_role_from_the_confirmation_on(world: World) -> None:
    decide(world, "daniel", propose_for_study_group(world))
    world.seat("chen", "delegate", body="sg3")
    sg3 = world.body("sg3").id
    assert world.actor("chen").has_role(sg3, "delegate")

    made = world.propose_change("sg3", by="olga", admits=["member_state"])
    assert world.actor("chen").has_role(sg3, "delegate")
    decide(world, "ines", made.id)

    assert not world.actor("chen").has_role(sg3, "delegate")
