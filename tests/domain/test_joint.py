"""Joint contributions: who is asked to sign, who signs, and what it is worth; on a real database."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text

from app.core.db import act_for, transaction
from app.core.errors import Conflict, Forbidden, Stale, Unacceptable, Unknown
from app.core.scanner import State, Verdict
from app.domain.bodies import actions as bodies
from app.domain.bodies.models import Body
from app.domain.contributions import actions, joint, queries
from app.domain.contributions.inputs import Cover, Invitation
from app.domain.contributions.models import Contribution, Cosponsor, Status
from app.domain.documents import actions as register
from app.domain.documents import queries as documents
from app.domain.documents.models import Document
from app.domain.receipts import queries as receipts
from app.domain.scans import actions as scans
from tests.world import GRACE, SIGNER, World


def invited(world: World, *states: str) -> Contribution:
    draft = world.draft(world.meeting(), title="A joint title")
    for state in states:
        with world.acting("amina") as (session, actor):
            joint.invite(session, actor, session.get_one(Contribution, draft.id), Invitation(entity=state))
    return read(world, draft)


def read(world: World, draft: Contribution) -> Contribution:
    with transaction(world.read) as session:
        act_for(session, "KEN")
        return session.get_one(Contribution, draft.id)


def sign(world: World, who: str, draft: Contribution, version: int | None = None) -> None:
    with world.acting(who) as (session, actor):
        found = queries.one_visible(session, actor, draft.id)
        joint.sign(session, actor, found, version=version or found.version)


def answers(world: World, draft: Contribution) -> dict[str, bool | None]:
    with transaction(world.read) as session:
        act_for(session, "KEN")
        return {each.entity: each.signs for each in queries.cosponsors(session, draft)}


def answered(world: World, draft: Contribution) -> Cosponsor:
    """What Brazil answered, as it is kept."""
    with transaction(world.read) as session:
        act_for(session, "KEN")
        return queries.one_cosponsor(session, draft, "BRA")


def admit(world: World, *categories: str) -> None:
    with world.acting("ines") as (session, actor):
        bodies.admit(session, actor, session.get_one(Body, world.body().id), [*categories])


def cover(title: str = "A joint title", **more: object) -> Cover:
    return Cover(title=title, original="en", purpose="discussion", **more)


def test_a_state_that_is_asked_reads_the_draft_and_others_do_not(world: World) -> None:
    draft = invited(world, "BRA")

    with world.acting("rafael") as (session, actor):
        assert queries.one_visible(session, actor, draft.id).title == "A joint title"
        with pytest.raises(Forbidden):
            actions.change(session, actor, draft, cover("Another title"), version=draft.version)
    for who in ("haruka", "ines", "laurent"):
        with world.acting(who) as (session, actor):
            with pytest.raises(Unknown):
                queries.one_visible(session, actor, draft.id)
            assert session.scalars(select(Cosponsor)).all() == []
            assert session.scalars(text("SELECT title FROM contribution")).all() == []


def test_a_change_of_the_text_asks_those_again_who_signed(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    sign(world, "rafael", draft)
    assert answers(world, draft) == {"BRA": True, "JPN": None}

    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, draft.id)
        actions.change(session, actor, found, cover("Another title"), version=found.version)

    assert answers(world, draft) == {"BRA": None, "JPN": None}
    with pytest.raises(Stale):
        sign(world, "haruka", draft, version=draft.version)


@pytest.mark.parametrize("change", ["replaced", "added", "removed"])
def test_another_file_is_another_text(world: World, change: str) -> None:
    draft = invited(world, "BRA")
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.put_file(session, actor, there, world.file("fr"), began_at=there.changed_at)
    sign(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        joint.clear(session, actor, there, version=there.version)
        before = there.version
        if change == "removed":
            actions.remove_file(session, actor, there, "fr")
        else:
            file = world.file("en" if change == "replaced" else "es", "Another text.")
            actions.put_file(session, actor, there, file, began_at=there.changed_at)
        assert (there.version > before, there.cleared_by) == (True, None)

    assert answers(world, draft) == {"BRA": None}


def test_a_change_asks_nobody_again_who_declined_or_signed_something_else(world: World) -> None:
    meeting = world.meeting()
    draft, other = (world.asked(meeting, "BRA", "JPN") for _ in range(2))
    sign(world, "rafael", other)
    with world.acting("haruka") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))

    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.change(session, actor, there, cover("Another title"), version=there.version)

    assert answers(world, draft) == {"BRA": None, "JPN": False}
    assert answers(world, other) == {"BRA": True, "JPN": None}


def test_a_state_that_declined_can_be_asked_again(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    for who in ("rafael", "haruka"):
        with world.acting(who) as (session, actor):
            joint.decline(session, actor, queries.one_visible(session, actor, draft.id))

    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        joint.invite(session, actor, there, Invitation(entity="BRA"))
        joint.withdraw_invitation(session, actor, there, "JPN")
        joint.invite(session, actor, there, Invitation(entity="JPN"))

    assert (read(world, draft).invited, read(world, draft).declined) == (["BRA", "JPN"], [])
    for who in ("rafael", "haruka"):
        sign(world, who, draft)
    assert answers(world, draft) == {"BRA": True, "JPN": True}


def test_a_state_that_is_asked_twice_keeps_its_answer(world: World) -> None:
    draft = invited(world, "BRA")
    sign(world, "rafael", draft)

    with world.acting("amina") as (session, actor):
        joint.invite(session, actor, session.get_one(Contribution, draft.id), Invitation(entity="BRA"))

    assert answers(world, draft) == {"BRA": True}


def test_a_state_that_is_asked_cannot_put_another_off(world: World) -> None:
    draft = invited(world, "BRA", "JPN")

    with world.acting("rafael") as (session, actor), pytest.raises(Forbidden):
        joint.withdraw_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")


def test_a_state_that_is_no_longer_asked_is_not_among_those_that_declined(world: World) -> None:
    draft = invited(world, "BRA")
    with world.acting("rafael") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))

    with world.acting("amina") as (session, actor):
        joint.withdraw_invitation(session, actor, session.get_one(Contribution, draft.id), "BRA")

    assert (read(world, draft).invited, read(world, draft).declined) == ([], [])


def test_a_state_that_is_asked_reads_it_only_through_a_seat_in_the_body(world: World) -> None:
    draft = invited(world, "BRA")
    seated = world.actor("rafael")

    with world.acting("rafael") as (session, _):
        assert queries.one_visible(session, seated, draft.id)
        with pytest.raises(Unknown):
            queries.one_visible(session, replace(seated, seats=frozenset()), draft.id)


def test_a_state_that_declines_or_is_no_longer_asked_stops_reading(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    with world.acting("rafael") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))
    with world.acting("amina") as (session, actor):
        joint.withdraw_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")

    assert answers(world, draft) == {"BRA": False}
    for who in ("rafael", "haruka"):
        with world.acting(who) as (session, actor), pytest.raises(Unknown):
            queries.one_visible(session, actor, draft.id)


def test_nobody_asks_their_own_state_or_one_that_is_no_member(world: World) -> None:
    draft = invited(world)

    with world.acting("amina") as (session, actor), pytest.raises(Unacceptable):
        joint.invite(session, actor, session.get_one(Contribution, draft.id), Invitation(entity="KEN"))
    with pytest.raises(ValueError, match="entity"):
        Invitation(entity="TWN")


def test_a_state_that_the_group_does_not_admit_is_not_asked(world: World) -> None:
    draft = invited(world)

    with world.acting("amina") as (session, actor), pytest.raises(Unacceptable, match="does not admit that State"):
        joint.invite(session, actor, session.get_one(Contribution, draft.id), Invitation(entity="PSE"))
    assert (read(world, draft).invited, answers(world, draft)) == ([], {})

    admit(world, "member_state", "res99")
    with world.acting("amina") as (session, actor):
        joint.invite(session, actor, session.get_one(Contribution, draft.id), Invitation(entity="PSE"))
    assert answers(world, draft) == {"PSE": None}


def test_an_answer_that_is_asked_for_again_is_no_answer_any_more(world: World) -> None:
    draft = invited(world, "BRA")
    with world.acting("rafael") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))
    declined = answered(world, draft)
    assert (declined.answered_by, declined.answered_at is None) == (world.person("rafael").id, False)

    with world.acting("amina") as (session, actor):
        joint.invite(session, actor, session.get_one(Contribution, draft.id), Invitation(entity="BRA"))

    asked = answered(world, draft)
    assert (asked.signs, asked.answered_by, asked.answered_at) == (None, None, None)


@pytest.mark.parametrize("by", ["amina", "rafael"])
@pytest.mark.parametrize("signed", [True, False])
def test_whoever_checked_a_draft_looks_again_once_a_signature_is_gone(world: World, by: str, signed: bool) -> None:
    draft = invited(world, "BRA")
    if signed:
        sign(world, "rafael", draft)
    checked = read(world, draft).version

    with world.acting(by) as (session, actor):
        there = queries.one_visible(session, actor, draft.id)
        if by == "amina":
            joint.withdraw_invitation(session, actor, there, "BRA")
        else:
            joint.decline(session, actor, there)

    def submit() -> None:
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, draft.id)
            actions.submit(session, actor, there, version=checked, grace=GRACE, late=False, sign=SIGNER)

    if signed:
        with pytest.raises(Conflict, match="changed after you checked it"):
            submit()
    else:
        submit()
    assert read(world, draft).status == (Status.DRAFT if signed else Status.SUBMITTED)


def test_what_was_submitted_is_signed_until_it_is_registered_and_then_never_more(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)
    with world.acting("rafael") as (session, actor):
        assert queries.how_many(session, queries.open_ones(actor)) == 1

    sign(world, "rafael", draft)

    with world.acting("rafael") as (session, actor):
        assert queries.how_many(session, queries.open_ones(actor)) == 0
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        made = actions.register(session, actor, there, version=there.version, sign=SIGNER)
        sponsors = documents.sponsors(session, documents.in_force(session, made))
        assert [(each.entity, each.signed) for each in sponsors] == [("BRA", True)]
        assert b'"signed_by":["BRA"]' in receipts.latest(session, draft.id).statement.encode()
    for who in ("haruka", "rafael"):
        with world.acting(who) as (session, actor), pytest.raises(Conflict, match="It is registered"):
            joint.sign(session, actor, session.get_one(Contribution, draft.id), version=there.version)


def test_a_signature_that_is_taken_back_before_registration_is_seen_by_who_registers(world: World) -> None:
    draft = invited(world, "BRA")
    sign(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)
    seen = read(world, draft).version

    with world.acting("rafael") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))

    with world.acting("ines") as (session, actor), pytest.raises(Stale):
        actions.register(session, actor, session.get_one(Contribution, draft.id), version=seen, sign=SIGNER)


def test_a_state_that_was_never_asked_cannot_be_put_off(world: World) -> None:
    draft = invited(world, "BRA")

    with world.acting("amina") as (session, actor), pytest.raises(Unknown):
        joint.withdraw_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")


def test_a_draft_is_not_shown_to_those_asked_before_its_file_was_checked(world: World) -> None:
    invited(world, "BRA")
    lists = (queries.visible, queries.of_own_state, queries.open_ones)

    def found(who: str) -> list[int]:
        with world.acting(who) as (session, actor):
            return [queries.how_many(session, choose(actor)) for choose in lists]

    said = {}
    for state in (State.WAITING, State.INFECTED, State.CLEAN):
        with transaction(world.write) as session:
            scans.note(session, world.file().sha256, Verdict(state))
        said[state] = (found("amina"), found("rafael"))

    assert said == {
        State.WAITING: ([1, 1, 1], [0, 0, 0]),
        State.INFECTED: ([1, 1, 1], [0, 0, 0]),
        State.CLEAN: ([1, 1, 1], [1, 1, 1]),
    }


def test_a_draft_waits_for_a_state_until_it_has_answered(world: World) -> None:
    draft = invited(world, "BRA", "JPN")

    def waits_for(who: str) -> bool:
        with world.acting(who) as (session, actor):
            assert queries.one_visible(session, actor, draft.id)
            return queries.how_many(session, queries.open_ones(actor)) == 1

    assert [waits_for(who) for who in ("amina", "rafael", "haruka")] == [True, True, True]
    sign(world, "rafael", draft)
    assert [waits_for(who) for who in ("amina", "rafael", "haruka")] == [True, False, True]
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.change(session, actor, there, cover("Another title"), version=there.version)
    assert waits_for("rafael")


def test_who_declined_or_is_silent_is_told_to_those_who_write_it_alone(world: World) -> None:
    draft = invited(world, "BRA", "JPN", "FRA")
    sign(world, "rafael", draft)
    with world.acting("haruka") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))

    def told(who: str) -> list[str]:
        with world.acting(who) as (session, actor):
            there = session.get_one(Contribution, draft.id)
            return [each.entity for each in queries.answers(session, actor, there)]

    assert (told("amina"), told("rafael")) == (["BRA", "FRA", "JPN"], ["BRA"])
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        actions.submit(session, actor, there, version=there.version, grace=GRACE, late=False, sign=SIGNER)
    assert told("ines") == ["BRA"]


def test_signatures_freeze_at_registration_and_later_ones_are_support(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    sign(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, draft.id)
        actions.submit(session, actor, found, version=found.version, grace=GRACE, late=False, sign=SIGNER)
    with world.acting("ines") as (session, actor):
        document = actions.register(session, actor, found, version=found.version, sign=SIGNER)

    for who in ("haruka", "rafael"):
        with world.acting(who) as (session, actor):
            register.support(session, actor, session.get_one(Document, document.id))
    with world.acting("amina") as (session, actor), pytest.raises(Forbidden):
        register.support(session, actor, session.get_one(Document, document.id))

    with transaction(world.read) as session:
        edition = documents.in_force(session, document)
        assert [(each.entity, each.signed) for each in documents.sponsors(session, edition)] == [
            ("BRA", True),
            ("JPN", False),
        ]


def test_a_state_that_declined_does_not_stand_on_the_document(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    sign(world, "rafael", draft)
    with world.acting("haruka") as (session, actor):
        joint.decline(session, actor, queries.one_visible(session, actor, draft.id))
    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, draft.id)
        actions.submit(session, actor, found, version=found.version, grace=GRACE, late=False, sign=SIGNER)
    with world.acting("ines") as (session, actor):
        document = actions.register(session, actor, found, version=found.version, sign=SIGNER)
        edition = documents.in_force(session, document)

        assert [each.entity for each in documents.sponsors(session, edition)] == ["BRA"]
