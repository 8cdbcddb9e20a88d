"""Joint contributions: who is asked to sign, who signs, and what it is worth; on a real database."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text

from app.core.clamav import ScanState, ScanVerdict
from app.core.db import set_row_security, transaction
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound, Stale
from app.domain.bodies.actions import seats as bodies
from app.domain.bodies.models import Body
from app.domain.contributions.actions import cosponsors, drafting
from app.domain.contributions.inputs import ContributionCover, CosponsorInvitation
from app.domain.contributions.models import Contribution, ContributionStatus, Cosponsor
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents import actions as register
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.domain.receipts import queries as receipts
from app.domain.scans import actions as scans
from tests.world import GRACE, World


def invited(world: World, *states: str) -> Contribution:
    draft = world.draft(world.meeting(), title="A joint title")
    for state in states:
        with world.acting("amina") as (session, actor):
            cosponsors.invite_cosponsor(
                session, actor, session.get_one(Contribution, draft.id), CosponsorInvitation(entity=state)
            )
    return read(world, draft)


def read(world: World, draft: Contribution) -> Contribution:
    with transaction(world.read) as session:
        set_row_security(session, "KEN")
        return session.get_one(Contribution, draft.id)


def sign(world: World, who: str, draft: Contribution, version: int | None = None) -> None:
    with world.acting(who) as (session, actor):
        found = contributions.get_visible_contribution(session, actor, draft.id)
        cosponsors.sign_contribution(session, actor, found, version=version or found.version)


def answers(world: World, draft: Contribution) -> dict[str, bool | None]:
    with transaction(world.read) as session:
        set_row_security(session, "KEN")
        return {each.entity: each.signs for each in contributions.list_cosponsors(session, draft)}


def answered(world: World, draft: Contribution) -> Cosponsor:
    """What Brazil answered, as it is kept."""
    with transaction(world.read) as session:
        set_row_security(session, "KEN")
        return contributions.get_cosponsor(session, draft, "BRA")


def admit(world: World, *categories: str) -> None:
    with world.acting("ines") as (session, actor):
        bodies.set_admitted_categories(session, actor, session.get_one(Body, world.body().id), [*categories])


def cover(title: str = "A joint title", **more: object) -> ContributionCover:
    return ContributionCover(title=title, original="en", purpose="discussion", **more)


def test_a_state_that_is_asked_reads_the_draft_and_others_do_not(world: World) -> None:
    draft = invited(world, "BRA")

    with world.acting("rafael") as (session, actor):
        assert contributions.get_visible_contribution(session, actor, draft.id).title == "A joint title"
        with pytest.raises(Forbidden):
            drafting.save_draft_cover(session, actor, draft, cover("Another title"), version=draft.version)
    for who in ("haruka", "ines", "laurent"):
        with world.acting(who) as (session, actor):
            with pytest.raises(NotFound):
                contributions.get_visible_contribution(session, actor, draft.id)
            assert session.scalars(select(Cosponsor)).all() == []
            assert session.scalars(text("SELECT title FROM contribution")).all() == []


def test_a_change_of_the_text_asks_those_again_who_signed(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    sign(world, "rafael", draft)
    assert answers(world, draft) == {"BRA": True, "JPN": None}

    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, draft.id)
        drafting.save_draft_cover(session, actor, found, cover("Another title"), version=found.version)

    assert answers(world, draft) == {"BRA": None, "JPN": None}
    with pytest.raises(Stale):
        sign(world, "haruka", draft, version=draft.version)


@pytest.mark.parametrize("change", ["replaced", "added", "removed"])
def test_another_file_is_another_text(world: World, change: str) -> None:
    draft = invited(world, "BRA")
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        drafting.put_contribution_file(session, actor, there, world.file("fr"), began_at=there.changed_at)
    sign(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        cosponsors.clear_contribution(session, actor, there, version=there.version)
        before = there.version
        if change == "removed":
            drafting.remove_contribution_file(session, actor, there, "fr")
        else:
            file = world.file("en" if change == "replaced" else "es", "Another text.")
            drafting.put_contribution_file(session, actor, there, file, began_at=there.changed_at)
        assert (there.version > before, there.cleared_by) == (True, None)

    assert answers(world, draft) == {"BRA": None}


def test_a_change_asks_nobody_again_who_declined_or_signed_something_else(world: World) -> None:
    meeting = world.meeting()
    draft, other = (world.asked(meeting, "BRA", "JPN") for _ in range(2))
    sign(world, "rafael", other)
    with world.acting("haruka") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))

    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        drafting.save_draft_cover(session, actor, there, cover("Another title"), version=there.version)

    assert answers(world, draft) == {"BRA": None, "JPN": False}
    assert answers(world, other) == {"BRA": True, "JPN": None}


def test_a_state_that_declined_can_be_asked_again(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    for who in ("rafael", "haruka"):
        with world.acting(who) as (session, actor):
            cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))

    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        cosponsors.invite_cosponsor(session, actor, there, CosponsorInvitation(entity="BRA"))
        cosponsors.withdraw_cosponsor_invitation(session, actor, there, "JPN")
        cosponsors.invite_cosponsor(session, actor, there, CosponsorInvitation(entity="JPN"))

    assert (read(world, draft).invited, read(world, draft).declined) == (["BRA", "JPN"], [])
    for who in ("rafael", "haruka"):
        sign(world, who, draft)
    assert answers(world, draft) == {"BRA": True, "JPN": True}


def test_a_state_that_is_asked_twice_keeps_its_answer(world: World) -> None:
    draft = invited(world, "BRA")
    sign(world, "rafael", draft)

    with world.acting("amina") as (session, actor):
        cosponsors.invite_cosponsor(
            session, actor, session.get_one(Contribution, draft.id), CosponsorInvitation(entity="BRA")
        )

    assert answers(world, draft) == {"BRA": True}


def test_a_state_that_is_asked_cannot_put_another_off(world: World) -> None:
    draft = invited(world, "BRA", "JPN")

    with world.acting("rafael") as (session, actor), pytest.raises(Forbidden):
        cosponsors.withdraw_cosponsor_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")


def test_a_state_that_is_no_longer_asked_is_not_among_those_that_declined(world: World) -> None:
    draft = invited(world, "BRA")
    with world.acting("rafael") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))

    with world.acting("amina") as (session, actor):
        cosponsors.withdraw_cosponsor_invitation(session, actor, session.get_one(Contribution, draft.id), "BRA")

    assert (read(world, draft).invited, read(world, draft).declined) == ([], [])


def test_a_state_that_is_asked_reads_it_only_through_a_seat_in_the_body(world: World) -> None:
    draft = invited(world, "BRA")
    seated = world.actor("rafael")

    with world.acting("rafael") as (session, _):
        assert contributions.get_visible_contribution(session, seated, draft.id)
        with pytest.raises(NotFound):
            contributions.get_visible_contribution(session, replace(seated, seats=frozenset()), draft.id)


def test_a_state_that_declines_or_is_no_longer_asked_stops_reading(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    with world.acting("rafael") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))
    with world.acting("amina") as (session, actor):
        cosponsors.withdraw_cosponsor_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")

    assert answers(world, draft) == {"BRA": False}
    for who in ("rafael", "haruka"):
        with world.acting(who) as (session, actor), pytest.raises(NotFound):
            contributions.get_visible_contribution(session, actor, draft.id)


def test_nobody_asks_their_own_state_or_one_that_is_no_member(world: World) -> None:
    draft = invited(world)

    with world.acting("amina") as (session, actor), pytest.raises(BadRequest):
        cosponsors.invite_cosponsor(
            session, actor, session.get_one(Contribution, draft.id), CosponsorInvitation(entity="KEN")
        )
    with pytest.raises(ValueError, match="entity"):
        CosponsorInvitation(entity="TWN")


def test_a_state_that_the_group_does_not_admit_is_not_asked(world: World) -> None:
    draft = invited(world)

    with world.acting("amina") as (session, actor), pytest.raises(BadRequest, match="does not admit that State"):
        cosponsors.invite_cosponsor(
            session, actor, session.get_one(Contribution, draft.id), CosponsorInvitation(entity="PSE")
        )
    assert (read(world, draft).invited, answers(world, draft)) == ([], {})

    admit(world, "member_state", "res99")
    with world.acting("amina") as (session, actor):
        cosponsors.invite_cosponsor(
            session, actor, session.get_one(Contribution, draft.id), CosponsorInvitation(entity="PSE")
        )
    assert answers(world, draft) == {"PSE": None}


def test_an_answer_that_is_asked_for_again_is_no_answer_any_more(world: World) -> None:
    draft = invited(world, "BRA")
    with world.acting("rafael") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))
    declined = answered(world, draft)
    assert (declined.answered_by, declined.answered_at is None) == (world.person("rafael").id, False)

    with world.acting("amina") as (session, actor):
        cosponsors.invite_cosponsor(
            session, actor, session.get_one(Contribution, draft.id), CosponsorInvitation(entity="BRA")
        )

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
        there = contributions.get_visible_contribution(session, actor, draft.id)
        if by == "amina":
            cosponsors.withdraw_cosponsor_invitation(session, actor, there, "BRA")
        else:
            cosponsors.decline_to_sign(session, actor, there)

    def submit() -> None:
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, draft.id)
            drafting.submit_contribution(
                session, actor, load_submission(session, there), version=checked, grace=GRACE, accepts_lateness=False
            )

    if signed:
        with pytest.raises(Conflict, match="changed after you checked it"):
            submit()
    else:
        submit()
    assert read(world, draft).status == (ContributionStatus.DRAFT if signed else ContributionStatus.SUBMITTED)


def test_what_was_submitted_is_signed_until_it_is_registered_and_then_never_more(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session, actor, load_submission(session, there), version=there.version, grace=GRACE, accepts_lateness=False
        )
    with world.acting("rafael") as (session, actor):
        assert contributions.count_contributions(session, contributions.own_state_open_contributions(actor)) == 1

    sign(world, "rafael", draft)

    with world.acting("rafael") as (session, actor):
        assert contributions.count_contributions(session, contributions.own_state_open_contributions(actor)) == 0
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        made = drafting.register_contribution(session, actor, there, version=there.version)
        sponsors = documents.list_sponsors(session, documents.get_edition_in_force(session, made))
        assert [(each.entity, each.signed) for each in sponsors] == [("BRA", True)]
        assert b'"signed_by":["BRA"]' in receipts.find_latest_receipt(session, draft.id).statement.encode()
    for who in ("haruka", "rafael"):
        with world.acting(who) as (session, actor), pytest.raises(Conflict, match="It is registered"):
            cosponsors.sign_contribution(session, actor, session.get_one(Contribution, draft.id), version=there.version)


def test_a_signature_that_is_taken_back_before_registration_is_seen_by_who_registers(world: World) -> None:
    draft = invited(world, "BRA")
    sign(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session, actor, load_submission(session, there), version=there.version, grace=GRACE, accepts_lateness=False
        )
    seen = read(world, draft).version

    with world.acting("rafael") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))

    with world.acting("ines") as (session, actor), pytest.raises(Stale):
        drafting.register_contribution(session, actor, session.get_one(Contribution, draft.id), version=seen)


def test_a_state_that_was_never_asked_cannot_be_put_off(world: World) -> None:
    draft = invited(world, "BRA")

    with world.acting("amina") as (session, actor), pytest.raises(NotFound):
        cosponsors.withdraw_cosponsor_invitation(session, actor, session.get_one(Contribution, draft.id), "JPN")


def test_a_draft_is_not_shown_to_those_asked_before_its_file_was_checked(world: World) -> None:
    invited(world, "BRA")
    lists = (
        contributions.list_visible_contributions,
        contributions.own_state_contributions,
        contributions.own_state_open_contributions,
    )

    def found(who: str) -> list[int]:
        with world.acting(who) as (session, actor):
            return [contributions.count_contributions(session, choose(actor)) for choose in lists]

    said = {}
    for state in (ScanState.WAITING, ScanState.INFECTED, ScanState.CLEAN):
        with transaction(world.write) as session:
            scans.save_verdict(session, world.file().sha256, ScanVerdict(state))
        said[state] = (found("amina"), found("rafael"))

    assert said == {
        ScanState.WAITING: ([1, 1, 1], [0, 0, 0]),
        ScanState.INFECTED: ([1, 1, 1], [0, 0, 0]),
        ScanState.CLEAN: ([1, 1, 1], [1, 1, 1]),
    }


def test_a_draft_waits_for_a_state_until_it_has_answered(world: World) -> None:
    draft = invited(world, "BRA", "JPN")

    def waits_for(who: str) -> bool:
        with world.acting(who) as (session, actor):
            assert contributions.get_visible_contribution(session, actor, draft.id)
            return contributions.count_contributions(session, contributions.own_state_open_contributions(actor)) == 1

    assert [waits_for(who) for who in ("amina", "rafael", "haruka")] == [True, True, True]
    sign(world, "rafael", draft)
    assert [waits_for(who) for who in ("amina", "rafael", "haruka")] == [True, False, True]
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        drafting.save_draft_cover(session, actor, there, cover("Another title"), version=there.version)
    assert waits_for("rafael")


def test_who_declined_or_is_silent_is_told_to_those_who_write_it_alone(world: World) -> None:
    draft = invited(world, "BRA", "JPN", "FRA")
    sign(world, "rafael", draft)
    with world.acting("haruka") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))

    def told(who: str) -> list[str]:
        with world.acting(who) as (session, actor):
            there = session.get_one(Contribution, draft.id)
            return [each.entity for each in contributions.list_visible_cosponsors(session, actor, there)]

    assert (told("amina"), told("rafael")) == (["BRA", "FRA", "JPN"], ["BRA"])
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session, actor, load_submission(session, there), version=there.version, grace=GRACE, accepts_lateness=False
        )
    assert told("ines") == ["BRA"]


def test_signatures_freeze_at_registration_and_later_ones_are_support(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    sign(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session, actor, load_submission(session, found), version=found.version, grace=GRACE, accepts_lateness=False
        )
    with world.acting("ines") as (session, actor):
        document = drafting.register_contribution(session, actor, found, version=found.version)

    for who in ("haruka", "rafael"):
        with world.acting(who) as (session, actor):
            register.support_document(session, actor, session.get_one(Document, document.id))
    with world.acting("amina") as (session, actor), pytest.raises(Forbidden):
        register.support_document(session, actor, session.get_one(Document, document.id))

    with transaction(world.read) as session:
        edition = documents.get_edition_in_force(session, document)
        assert [(each.entity, each.signed) for each in documents.list_sponsors(session, edition)] == [
            ("BRA", True),
            ("JPN", False),
        ]


def test_a_state_that_declined_does_not_stand_on_the_document(world: World) -> None:
    draft = invited(world, "BRA", "JPN")
    sign(world, "rafael", draft)
    with world.acting("haruka") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))
    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session, actor, load_submission(session, found), version=found.version, grace=GRACE, accepts_lateness=False
        )
    with world.acting("ines") as (session, actor):
        document = drafting.register_contribution(session, actor, found, version=found.version)
        edition = documents.get_edition_in_force(session, document)

        assert [each.entity for each in documents.list_sponsors(session, edition)] == ["BRA"]
