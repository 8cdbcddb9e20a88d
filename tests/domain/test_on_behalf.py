"""Clearance by the head of a delegation, and what the secretariat writes on behalf of a State."""

from uuid import uuid4

import pytest
from sqlalchemy import select, text

from app.core.errors import Forbidden, Stale, Unacceptable, Unknown
from app.domain.bodies.rules import Place
from app.domain.contributions import actions, joint, queries
from app.domain.contributions.inputs import Invitation
from app.domain.contributions.models import Contribution, Status
from app.domain.meetings.models import Meeting
from tests.domain.test_joint import admit, cover, read
from tests.world import GRACE, SIGNER, World


def on_behalf(world: World, entity: str = "KEN", **more: object) -> Contribution:
    """What the secretariat writes for a State."""
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        made = actions.draft(session, actor, there, cover(), key=uuid4(), entity=entity, **more)
        actions.put_file(session, actor, made, world.file(), began_at=made.drafted_at)
        return made


def test_the_head_clears_what_a_state_wants_cleared(world: World) -> None:
    world.seat("wambui", "delegate")
    draft = world.draft(world.meeting(), by="wambui")
    with world.acting("joseph") as (session, actor):
        joint.require_clearance(session, actor, Place(draft.body_id, "KEN"), required=True)

    def submit() -> None:
        with world.acting("wambui") as (session, actor):
            there = session.get_one(Contribution, draft.id)
            actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)

    with pytest.raises(Unacceptable):
        submit()
    with world.acting("wambui") as (session, actor), pytest.raises(Forbidden):
        joint.clear(session, actor, session.get_one(Contribution, draft.id), version=draft.version)
    with world.acting("amina") as (session, actor):
        joint.clear(session, actor, session.get_one(Contribution, draft.id), version=draft.version)
    submit()
    assert read(world, draft).status == Status.SUBMITTED


def test_a_change_takes_the_clearance_away(world: World) -> None:
    draft = world.draft(world.meeting())
    with world.acting("amina") as (session, actor):
        joint.require_clearance(session, actor, Place(draft.body_id, "KEN"), required=True)
        there = session.get_one(Contribution, draft.id)
        joint.clear(session, actor, there, version=there.version)
        actions.change(session, actor, there, cover("Another title"), version=there.version)

        assert there.cleared_by is None


def test_the_head_clears_exactly_what_was_read(world: World) -> None:
    draft = world.draft(world.meeting())

    with pytest.raises(Stale), world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        joint.clear(session, actor, there, version=there.version - 1)


@pytest.mark.parametrize(("sender", "needed"), [("ines", False), ("amina", True)])
def test_clearance_is_asked_of_those_who_send_for_their_own_state(world: World, sender: str, needed: bool) -> None:
    made = on_behalf(world)
    with world.acting("joseph") as (session, actor):
        joint.require_clearance(session, actor, Place(made.body_id, "KEN"), required=True)

    def submit() -> None:
        with world.acting(sender) as (session, actor):
            there = session.get_one(Contribution, made.id)
            assert queries.needs_clearance(session, actor, there) is needed
            actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)

    if needed:
        with pytest.raises(Unacceptable, match="has to clear it first"):
            submit()
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, made.id)
            joint.clear(session, actor, there, version=there.version)
    submit()
    assert read(world, made).status == Status.SUBMITTED


def test_no_state_decides_on_the_clearance_of_another(world: World) -> None:
    body = world.body().id

    for who in ("rafael", "ines", "laurent"):
        with world.acting(who) as (session, actor), pytest.raises(Forbidden):
            joint.require_clearance(session, actor, Place(body, "KEN"), required=True)


def test_the_secretariat_writes_for_a_state_and_both_are_on_record(world: World) -> None:
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        made = actions.draft(session, actor, session.get_one(Meeting, meeting.id), cover(), key=uuid4(), entity="KEN")
        actions.put_file(session, actor, made, world.file(), began_at=made.drafted_at)

    for who in ("daniel", "amina"):
        with world.acting(who) as (session, actor):
            assert queries.one_visible(session, actor, made.id).by_entity == "ITU"
    for who in ("rafael", "laurent"):
        with world.acting(who) as (session, actor):
            with pytest.raises(Unknown):
                queries.one_visible(session, actor, made.id)
            assert session.scalars(text("SELECT title FROM contribution")).all() == []
    with world.acting("daniel") as (session, actor):
        there = session.get_one(Contribution, made.id)
        actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)
        document = actions.register(session, actor, there, version=there.version, sign=SIGNER)
        assert (document.entity, there.submitted_by) == ("KEN", actor.person)


def test_the_secretariat_writes_only_for_states_that_the_group_admits(world: World) -> None:
    with pytest.raises(Unacceptable, match="does not admit that State"):
        on_behalf(world, "PSE")

    admit(world, "member_state", "res99")
    with world.acting("ines") as (session, actor):
        meeting = session.scalars(select(Meeting)).one()
        assert actions.draft(session, actor, meeting, cover(), key=uuid4(), entity="PSE").entity == "PSE"


def test_the_same_form_sent_again_saves_for_whom_it_is_and_in_which_series(world: World) -> None:
    meeting, key = world.meeting(), uuid4()

    def send(version: int, entity: str, series: str = "C") -> Contribution:
        with world.acting("ines") as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            return actions.draft(session, actor, there, cover(), key=key, entity=entity, series=series, version=version)

    assert send(0, "KEN").version == 1
    moved = send(1, "ITU", "INF")
    assert (moved.entity, moved.series, moved.version) == ("ITU", "INF", 2)
    with pytest.raises(Stale):
        send(1, "KEN")
    back = send(2, "KEN")
    assert (back.entity, back.series, back.version) == ("KEN", "C", 3)
    with world.acting("ines") as (session, actor):
        joint.invite(session, actor, session.get_one(Contribution, back.id), Invitation(entity="BRA"))
    with pytest.raises(Unacceptable, match="need not be asked"):
        send(3, "BRA")
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, back.id)
        assert there.entity == "KEN"
        actions.put_file(session, actor, there, world.file(), began_at=there.drafted_at)
        actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)
    with pytest.raises(Stale):
        send(there.version, "ITU", "INF")
    assert read(world, there).entity == "KEN"


def test_a_secretary_registers_an_information_document_in_its_own_series(world: World) -> None:
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        made = actions.draft(session, actor, there, cover(), key=uuid4(), entity="ITU", series="INF")
        actions.put_file(session, actor, made, world.file(), began_at=made.drafted_at)
        actions.submit(session, actor, made, version=made.version, grace=GRACE, late=False, sign=SIGNER)
        document = actions.register(session, actor, made, version=made.version, sign=SIGNER)

    assert (document.symbol, document.kind, document.entity) == ("CWG-Internet 22/INF/1", "information", "ITU")


def test_a_delegate_cannot_write_for_another_state(world: World) -> None:
    meeting = world.meeting()

    with world.acting("rafael") as (session, actor), pytest.raises(Forbidden):
        actions.draft(session, actor, session.get_one(Meeting, meeting.id), cover(), key=uuid4(), entity="KEN")
