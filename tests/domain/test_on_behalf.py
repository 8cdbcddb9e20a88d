"""Clearance by the head of a delegation, and contributions that the secretariat writes on behalf of a State."""

from uuid import uuid4

import pytest
from sqlalchemy import select, text

from app.core.errors import BadRequest, Forbidden, NotFound, Stale
from app.domain.bodies.rules import EntityInBody
from app.domain.contributions.actions import confirmations, cosponsors, drafting, registration
from app.domain.contributions.inputs import CosponsorInvitation
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.submissions import load_submission
from app.domain.meetings.models import Meeting
from tests.domain.test_cosponsors import admit_categories, make_cover, reload_draft
from tests.world import GRACE, World


def draft_on_behalf(world: World, entity: str = "KEN", **more: object) -> Contribution:
    """Draft a contribution of the secretariat on behalf of a State."""
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        stored_meeting = session.get_one(Meeting, meeting.id)
        contribution = drafting.create_draft_contribution(
            session, actor, stored_meeting, make_cover(), key=uuid4(), entity=entity, **more
        )
        drafting.put_contribution_file(session, actor, contribution, world.file(), began_at=contribution.drafted_at)
        return contribution


def test_the_head_clears_contributions_where_the_state_wants_it(world: World) -> None:
    world.seat("wambui", "delegate")
    draft = world.draft(world.meeting(), by="wambui")
    with world.acting("joseph") as (session, actor):
        cosponsors.set_clearance_requirement_of_state(session, actor, EntityInBody(draft.body_id, "KEN"), required=True)

    def submit() -> None:
        with world.acting("wambui") as (session, actor):
            contribution = session.get_one(Contribution, draft.id)
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, contribution),
                version=contribution.version,
                grace=GRACE,
                accepts_lateness=False,
            )

    with pytest.raises(BadRequest):
        submit()
    with world.acting("wambui") as (session, actor), pytest.raises(Forbidden):
        cosponsors.give_clearance_to_contribution(
            session, actor, session.get_one(Contribution, draft.id), version=draft.version
        )
    with world.acting("amina") as (session, actor):
        cosponsors.give_clearance_to_contribution(
            session, actor, session.get_one(Contribution, draft.id), version=draft.version
        )
    submit()
    assert reload_draft(world, draft).status == ContributionStatus.SUBMITTED


def test_a_change_removes_the_clearance(world: World) -> None:
    draft = world.draft(world.meeting())
    with world.acting("amina") as (session, actor):
        cosponsors.set_clearance_requirement_of_state(session, actor, EntityInBody(draft.body_id, "KEN"), required=True)
        contribution = session.get_one(Contribution, draft.id)
        cosponsors.give_clearance_to_contribution(session, actor, contribution, version=contribution.version)
        drafting.save_draft_cover(
            session, actor, contribution, make_cover("Another title"), version=contribution.version
        )

        assert contribution.cleared_by is None


def test_the_head_clears_exactly_the_version_that_was_read(world: World) -> None:
    draft = world.draft(world.meeting())

    with pytest.raises(Stale), world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        cosponsors.give_clearance_to_contribution(session, actor, contribution, version=contribution.version - 1)


@pytest.mark.parametrize(("sender", "needed"), [("ines", False), ("amina", True)])
def test_clearance_is_required_only_for_submissions_of_the_own_state(world: World, sender: str, needed: bool) -> None:
    draft = draft_on_behalf(world)
    with world.acting("joseph") as (session, actor):
        cosponsors.set_clearance_requirement_of_state(session, actor, EntityInBody(draft.body_id, "KEN"), required=True)

    def submit() -> None:
        with world.acting(sender) as (session, actor):
            stored_contribution = session.get_one(Contribution, draft.id)
            assert contributions.is_clearance_by_head_required(session, actor, stored_contribution) is needed
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, stored_contribution),
                version=stored_contribution.version,
                grace=GRACE,
                accepts_lateness=False,
            )

    if needed:
        with pytest.raises(BadRequest, match="must clear the draft first"):
            submit()
        with world.acting("amina") as (session, actor):
            contribution = session.get_one(Contribution, draft.id)
            cosponsors.give_clearance_to_contribution(session, actor, contribution, version=contribution.version)
    submit()
    assert reload_draft(world, draft).status == ContributionStatus.SUBMITTED


def test_no_state_decides_on_the_clearance_of_another(world: World) -> None:
    body = world.body().id

    for who in ("rafael", "ines", "laurent"):
        with world.acting(who) as (session, actor), pytest.raises(Forbidden):
            cosponsors.set_clearance_requirement_of_state(session, actor, EntityInBody(body, "KEN"), required=True)


def test_the_secretariat_writes_for_a_state_and_both_are_on_record(world: World) -> None:
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        contribution = drafting.create_draft_contribution(
            session, actor, session.get_one(Meeting, meeting.id), make_cover(), key=uuid4(), entity="KEN"
        )
        drafting.put_contribution_file(session, actor, contribution, world.file(), began_at=contribution.drafted_at)

    for who in ("daniel", "amina"):
        with world.acting(who) as (session, actor):
            assert contributions.get_visible_contribution(session, actor, contribution.id).by_entity == "ITU"
    for who in ("rafael", "laurent"):
        with world.acting(who) as (session, actor):
            with pytest.raises(NotFound):
                contributions.get_visible_contribution(session, actor, contribution.id)
            assert session.scalars(text("SELECT title FROM contribution")).all() == []
    with world.acting("daniel") as (session, actor):
        stored_contribution = session.get_one(Contribution, contribution.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, stored_contribution),
            version=stored_contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    with world.acting("amina") as (session, actor):
        stored_contribution = session.get_one(Contribution, contribution.id)
        confirmations.confirm_contribution(session, actor, stored_contribution, version=stored_contribution.version)
    with world.acting("daniel") as (session, actor):
        stored_contribution = session.get_one(Contribution, contribution.id)
        document = registration.register_contribution(
            session, actor, stored_contribution, version=stored_contribution.version
        )
        assert (document.entity, stored_contribution.submitted_by) == ("KEN", actor.person)


def test_the_secretariat_writes_only_for_states_that_the_group_admits(world: World) -> None:
    with pytest.raises(BadRequest, match="does not admit that State"):
        draft_on_behalf(world, "PSE")

    admit_categories(world, "member_state", "res99")
    with world.acting("ines") as (session, actor):
        meeting = session.scalars(select(Meeting)).one()
        assert (
            drafting.create_draft_contribution(session, actor, meeting, make_cover(), key=uuid4(), entity="PSE").entity
            == "PSE"
        )


def test_a_form_sent_again_saves_state_and_series(world: World) -> None:
    meeting, key = world.meeting(), uuid4()

    def send(version: int, entity: str, series: str = "C") -> Contribution:
        with world.acting("ines") as (session, actor):
            stored_meeting = session.get_one(Meeting, meeting.id)
            return drafting.create_draft_contribution(
                session, actor, stored_meeting, make_cover(), key=key, entity=entity, series=series, version=version
            )

    assert send(0, "KEN").version == 1
    moved = send(1, "ITU", "INF")
    assert (moved.entity, moved.series, moved.version) == ("ITU", "INF", 2)
    with pytest.raises(Stale):
        send(1, "KEN")
    resent = send(2, "KEN")
    assert (resent.entity, resent.series, resent.version) == ("KEN", "C", 3)
    with world.acting("ines") as (session, actor):
        cosponsors.invite_cosponsor(
            session, actor, session.get_one(Contribution, resent.id), CosponsorInvitation(entity="BRA")
        )
    with pytest.raises(BadRequest, match="does not need to be invited"):
        send(3, "BRA")
    with world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, resent.id)
        assert contribution.entity == "KEN"
        drafting.put_contribution_file(session, actor, contribution, world.file(), began_at=contribution.drafted_at)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    with pytest.raises(Stale):
        send(contribution.version, "ITU", "INF")
    assert reload_draft(world, contribution).entity == "KEN"


def test_a_secretary_registers_an_information_document_in_its_own_series(world: World) -> None:
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        stored_meeting = session.get_one(Meeting, meeting.id)
        contribution = drafting.create_draft_contribution(
            session, actor, stored_meeting, make_cover(), key=uuid4(), entity="ITU", series="INF"
        )
        drafting.put_contribution_file(session, actor, contribution, world.file(), began_at=contribution.drafted_at)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
        document = registration.register_contribution(session, actor, contribution, version=contribution.version)

    assert (document.symbol, document.kind, document.entity) == ("CWG-Internet 22/INF/1", "information", "ITU")


def test_a_delegate_cannot_draft_for_another_state(world: World) -> None:
    meeting = world.meeting()

    with world.acting("rafael") as (session, actor), pytest.raises(Forbidden):
        drafting.create_draft_contribution(
            session, actor, session.get_one(Meeting, meeting.id), make_cover(), key=uuid4(), entity="KEN"
        )
