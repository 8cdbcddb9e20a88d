"""A joint contribution: which States are asked to sign it, who signs, and the clearance that a State may want first."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Unacceptable
from app.core.i18n import say
from app.domain.bodies import queries as bodies
from app.domain.bodies.rules import Place
from app.domain.contributions import events, queries, rules
from app.domain.contributions.inputs import Invitation
from app.domain.contributions.models import Clearance, Contribution, Cosponsor


def invite(session: WriteSession, actor: Actor, contribution: Contribution, invitation: Invitation) -> None:
    """Ask another State to sign. From now on its delegates read the draft. A State that declined can be asked again."""
    rules.INVITE.require(actor, contribution)
    entity = invitation.entity
    if entity == contribution.entity:
        raise Unacceptable(say("This State submits it; it need not be asked to sign."))
    if entity in contribution.invited and entity not in contribution.declined:
        return
    values = {"invited_by": actor.person, "invited_at": clock.now(), "signs": None} | {
        "answered_by": None,
        "answered_at": None,
    }
    if not bodies.admits(session, contribution.body_id, entity):
        raise Unacceptable(say("This group does not admit that State. Choose another one."))
    asked = insert(Cosponsor).values(contribution_id=contribution.id, entity=entity, **values)
    session.execute(asked.on_conflict_do_update(index_elements=["contribution_id", "entity"], set_=values))
    contribution.invited = sorted({*contribution.invited, entity})
    contribution.declined = [each for each in contribution.declined if each != entity]
    _record(session, actor, contribution, "asked", entity)


def withdraw_invitation(session: WriteSession, actor: Actor, contribution: Contribution, entity: str) -> None:
    """Do not ask a State any more; its delegates no longer read the draft."""
    rules.INVITE.require(actor, contribution)
    _take_back(session, contribution, entity)
    session.execute(delete(Cosponsor).where(Cosponsor.contribution_id == contribution.id, Cosponsor.entity == entity))
    contribution.invited = [each for each in contribution.invited if each != entity]
    contribution.declined = [each for each in contribution.declined if each != entity]
    _record(session, actor, contribution, "no longer asked", entity)


def sign(session: WriteSession, actor: Actor, contribution: Contribution, *, version: int) -> None:
    """Sign exactly this text for one's own State, once. Raises Stale if it is not the one that was read."""
    rules.SIGN.require(actor, contribution)
    rules.insist_on(contribution, version)
    if queries.one_cosponsor(session, contribution, actor.entity).signs:
        return
    _answer(session, actor, contribution, signs=True)
    _record(session, actor, contribution, "signed", actor.entity)


def decline(session: WriteSession, actor: Actor, contribution: Contribution) -> None:
    """Do not sign. The draft is then no longer shown to one's State."""
    rules.SIGN.require(actor, contribution)
    _take_back(session, contribution, actor.entity)
    _answer(session, actor, contribution, signs=False)
    contribution.declined = sorted({*contribution.declined, actor.entity})
    _record(session, actor, contribution, "declined", actor.entity)


def _take_back(session: WriteSession, contribution: Contribution, entity: str) -> None:
    """If the State had signed, whoever checked the draft before has not seen who signs it now. Raises Unknown."""
    if queries.one_cosponsor(session, contribution, entity).signs:
        contribution.version += 1


def _answer(session: WriteSession, actor: Actor, contribution: Contribution, *, signs: bool) -> None:
    found = queries.one_cosponsor(session, contribution, actor.entity)
    found.signs, found.answered_by, found.answered_at = signs, actor.person, clock.now()


def _record(session: WriteSession, actor: Actor, contribution: Contribution, what: str, entity: str) -> None:
    happened = events.SignatureChanged(contribution.id, what, entity)
    journal.record(session, actor, happened, body=contribution.body_id)


def require_clearance(session: WriteSession, actor: Actor, place: Place, *, required: bool) -> None:
    """Say whether the head of delegation clears what this State submits to this body."""
    rules.REQUIRE_CLEARANCE.require(actor, place)
    key = {"body_id": place.body_id, "entity": place.entity}
    new = insert(Clearance).values(**key, set_by=actor.person, set_at=clock.now()).on_conflict_do_nothing()
    change = new if required else delete(Clearance).filter_by(**key)
    if session.scalar(change.returning(Clearance.entity)) is not None:
        journal.record(session, actor, events.ClearanceRequired(place.entity, required), body=place.body_id)


def clear(session: WriteSession, actor: Actor, contribution: Contribution, *, version: int) -> None:
    """The head of delegation clears exactly this text. Raises Stale."""
    rules.CLEAR.require(actor, contribution)
    rules.insist_on(contribution, version)
    contribution.cleared_by, contribution.cleared_at = actor.person, clock.now()
    journal.record(session, actor, events.ContributionCleared(contribution.id), body=contribution.body_id)
