"""Invitations before the first sign-in: who invites whom, who receives the role, and what is kept."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.core import clock
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound
from app.core.journal import JournalLine
from app.domain.bodies.models import Accreditation, AccreditationRequest, Body, Capacity
from app.domain.bodies.queries.seats import build_actor
from app.domain.identity.actions.sessions import create_user_session, save_person_from_claims
from app.domain.identity.models.claims import Claims, MembershipCategory
from app.domain.identity.models.tables import Person
from app.domain.invitations import queries
from app.domain.invitations.actions.acceptance import accept_invitations
from app.domain.invitations.actions.inviting import invite_person, withdraw_invitation
from app.domain.invitations.inputs import NewInvitation
from app.domain.invitations.models import InvitationEmail, PersonInvitation
from app.domain.invitations.rules import INVITATION_LIFETIME
from tests.world import World

ADDRESS = "new.delegate@example.org"
CLAIMS = Claims(
    issuer="https://idp.example.org",
    subject="new",
    name="New Delegate",
    email=ADDRESS,
    locale="fr",
    membership=MembershipCategory.MEMBER_STATE,
    entity="KEN",
    entity_name="Kenya",
    roles=frozenset(),
    is_email_verified=True,
)


OF_NEW_PERSON = select(Accreditation).join(Person, Person.id == Accreditation.person_id).where(Person.subject == "new")


def invite(world: World, by: str = "joseph", **more: object) -> PersonInvitation:
    today = clock.now().date()
    values = {"name": "New Delegate", "email": ADDRESS, "entity": "KEN", "capacity": Capacity.DELEGATE}
    term = {"from_on": today, "until_on": today + timedelta(days=365)}
    with world.acting(by) as (session, actor):
        body = session.get_one(Body, world.body().id)
        return invite_person(session, actor, body, NewInvitation(**{**values, **term, **more}))


def sign_in_as(world: World, claims: Claims) -> list[Accreditation]:
    with transaction(world.write) as session:
        person = save_person_from_claims(session, claims)
        given = accept_invitations(session, person, claims)
        create_user_session(session, person, provider_sid=None, browser="")
        return given


def sign_in(world: World, **claims: object) -> set[str]:
    """Sign the person in as these claims say; returns the roles that they have then."""
    given = CLAIMS.model_copy(update=claims)
    sign_in_as(world, given)
    with transaction(world.read) as session:
        person = session.scalars(select(Person).where(Person.subject == given.subject)).one()
        return {seat.role for seat in build_actor(session, person).seats}


def withdraw(world: World, invitation: PersonInvitation, by: str) -> None:
    with world.acting(by) as (session, actor):
        withdraw_invitation(session, actor, queries.get_manageable_invitation(session, actor, invitation.id))


def list_names(world: World, by: str) -> list[str]:
    with world.acting(by) as (session, actor):
        rows = queries.list_waiting_invitations(session, actor, world.body().id)
        return [invitation.name for invitation, _status in rows]


def test_an_invited_person_receives_the_role_at_the_first_sign_in(world: World) -> None:
    invite(world)

    assert sign_in(world) == {"delegate"}
    with transaction(world.read) as session:
        accreditation = session.scalars(OF_NEW_PERSON).one()
    assert accreditation.granted_by == world.person("joseph").id
    assert list_names(world, "joseph") == []


def test_an_address_that_is_not_verified_or_another_state_gives_nothing(world: World) -> None:
    invite(world)

    assert sign_in(world, is_email_verified=False) == set()
    assert sign_in(world, email="another@example.org") == set()
    assert sign_in(world, subject="other", entity="BRA", entity_name="Brazil") == set()
    assert sign_in(world, subject="staff", entity="KEN-ICT", membership=MembershipCategory.SECTOR_MEMBER) == set()
    assert sign_in(world) == {"delegate"}


def test_an_invitation_gives_one_role_to_one_person(world: World) -> None:
    invite(world)

    assert sign_in(world, email=ADDRESS.upper()) == {"delegate"}
    assert sign_in(world, subject="second") == set()


def test_a_role_that_the_person_has_meanwhile_is_not_given_twice(world: World) -> None:
    invite(world)
    invite(world, by="ines", email="NEW@example.org", capacity=Capacity.FOCAL_POINT)
    sign_in(world)
    invite(world)

    sign_in(world)
    with transaction(world.read) as session:
        assert len(session.scalars(OF_NEW_PERSON).all()) == 1
    assert list_names(world, "ines") == ["New Delegate"]


@pytest.mark.parametrize(
    ("by", "more"),
    [
        ("joseph", {"capacity": Capacity.HEAD_OF_DELEGATION}),
        ("joseph", {"capacity": Capacity.FOCAL_POINT}),
        ("joseph", {"entity": "BRA"}),
        ("amina", {}),
        ("laurent", {}),
    ],
)
def test_only_who_may_accredit_for_that_role_invites_to_it(world: World, by: str, more: dict[str, object]) -> None:
    assert invite(world, by="ines", **more)

    with pytest.raises(Forbidden):
        invite(world, by=by, **more | {"email": "second@example.org"})


def test_people_give_themselves_no_role(world: World) -> None:
    joseph = world.claims("joseph")
    with pytest.raises(BadRequest, match="your own address"):
        invite(world, email=joseph.email.upper())
    invite(world, email="alias@example.org")

    given = joseph.model_copy(update={"email": "alias@example.org", "is_email_verified": True})
    assert sign_in_as(world, given) == []


def test_an_invitation_is_withdrawn_by_those_who_see_it_and_then_gives_nothing(world: World) -> None:
    invitation = invite(world)
    world.seat("rafael", "focal_point")

    for who in ("rafael", "amina", "laurent"):
        assert list_names(world, who) == []
        with pytest.raises(NotFound):
            withdraw(world, invitation, who)
    assert list_names(world, "joseph") == list_names(world, "ines") == ["New Delegate"]
    withdraw(world, invitation, "joseph")
    assert list_names(world, "joseph") == []
    assert sign_in(world) == set()
    with pytest.raises(Conflict):
        withdraw(world, invitation, "ines")


def test_a_focal_point_withdraws_no_invitation_of_a_head_of_delegation(world: World) -> None:
    invitation = invite(world, by="ines", capacity=Capacity.HEAD_OF_DELEGATION)

    with pytest.raises(Forbidden):
        withdraw(world, invitation, "joseph")
    withdraw(world, invitation, "ines")


@pytest.mark.parametrize("until_in", [1, 365])
def test_an_invitation_expires_with_its_role_or_after_ninety_days(world: World, monkeypatch, until_in: int) -> None:
    until_on = clock.now().date() + timedelta(days=until_in)
    invite(world, until_on=until_on)
    later = clock.now() + min(INVITATION_LIFETIME, timedelta(days=until_in)) + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert sign_in(world) == set()
    assert list_names(world, "ines") == []
    assert invite(world, by="ines", from_on=later.date(), until_on=later.date() + timedelta(days=9))


def test_an_address_is_invited_once_to_a_role(world: World) -> None:
    invite(world)

    with pytest.raises(BadRequest, match="already invited"):
        invite(world, by="ines", email=ADDRESS.title())
    with pytest.raises(BadRequest, match="does not admit"):
        invite(world, by="ines", entity="LANTERN-TELECOM")


def test_the_role_answers_the_request_that_its_person_made(world: World) -> None:
    wambui = world.claims("wambui")
    request = world.asked_for_accreditation("wambui")
    invite(world, email=wambui.email)

    sign_in_as(world, wambui.model_copy(update={"is_email_verified": True}))
    with world.acting("ines") as (session, _):
        assert session.get_one(AccreditationRequest, request.id).accreditation_id is not None


def test_neither_the_journal_nor_the_invitation_keeps_the_address(world: World) -> None:
    invitation = invite(world)
    sign_in(world)

    with transaction(world.read) as session:
        facts = session.scalars(select(JournalLine.facts).where(JournalLine.event.like("invitation:%"))).all()
        row = session.scalar(text("SELECT to_jsonb(i)::text FROM portal.person_invitation i"))
        assert session.get_one(InvitationEmail, invitation.id).address is None
    assert len(facts) == 2
    assert not [fact for fact in facts if "@" in str(fact)]
    assert "@" not in row
