"""Co-sponsors of a contribution: invitations and signatures of other States, clearance by the head of delegation."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.errors import BadRequest, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.queries.bodies import is_state_admitted
from app.domain.bodies.rules import SET_STATE_DECISIONS, EntityInBody
from app.domain.contributions import events
from app.domain.contributions.events import (
    ASKED,
    ASKED_AGAIN,
    ASKED_BEFORE_TEXT,
    DECLINED,
    INVITATION_WITHDRAWN,
    NO_LONGER_ASKED,
    SIGNED,
)
from app.domain.contributions.inputs import CosponsorInvitation
from app.domain.contributions.models import ClearanceRequirement, Contribution, Cosponsor
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.cosponsors import get_last_change, is_text_accepted
from app.domain.contributions.queries.submissions import list_signers_in_force, load_submission
from app.domain.contributions.rules import permissions as rules
from app.domain.contributions.rules.submissions import require_all_accepted, require_not_declined, require_text
from app.domain.documents.models import Document


def invite_cosponsor(
    session: WriteSession, actor: Actor, contribution: Contribution, invitation: CosponsorInvitation
) -> None:
    """Invite another State to sign; from then on its delegates read the draft. A State that declined can be invited
    again.

    Raises Forbidden, Conflict; BadRequest for the submitting State itself, or a State that the body does not admit.
    """
    rules.INVITE.require(actor, contribution)
    entity = invitation.entity
    if entity == contribution.entity:
        raise BadRequest(_("This State submits the contribution and does not need to be invited to co-sponsor."))
    if entity in contribution.invited and entity not in contribution.declined:
        return
    values = {"invited_by": actor.person, "invited_at": clock.now(), "signs": None} | {
        "answered_by": None,
        "answered_at": None,
    }
    if not is_state_admitted(session, contribution.body_id, entity):
        raise BadRequest(_("This group does not admit that State. Select another State."))
    statement = insert(Cosponsor).values(contribution_id=contribution.id, entity=entity, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["contribution_id", "entity"], set_=values))
    contribution.invited = sorted({*contribution.invited, entity})
    contribution.declined = [state for state in contribution.declined if state != entity]
    record_request_to_sign(session, actor, contribution, ASKED, entity)


def withdraw_cosponsor_invitation(session: WriteSession, actor: Actor, contribution: Contribution, entity: str) -> None:
    """Withdraw the invitation of a State; its delegates no longer read the draft.

    Raises Forbidden; Conflict, also if the State has declined; NotFound if the State was not invited.
    """
    rules.INVITE.require(actor, contribution)
    require_not_declined(contribution, entity)
    _void_signature(session, contribution, entity)
    session.execute(delete(Cosponsor).where(Cosponsor.contribution_id == contribution.id, Cosponsor.entity == entity))
    contribution.invited = [state for state in contribution.invited if state != entity]
    followed = session.get_one(Document, contribution.follows_id) if contribution.follows_id else None
    is_continued = followed is not None and entity in list_signers_in_force(session, followed)
    what = NO_LONGER_ASKED if is_continued else INVITATION_WITHDRAWN
    record_signature_change(session, actor, contribution, what, entity)


def sign_contribution(session: WriteSession, actor: Actor, contribution: Contribution, *, version: int) -> None:
    """Sign exactly this version for the actor's own State; signing twice changes nothing.

    Raises Forbidden; Conflict, also if there is no text yet; Stale if the contribution is not at `version` any more.
    """
    rules.SIGN.require(actor, contribution)
    require_text(load_submission(session, contribution))
    require_version(contribution.version, version)
    if contributions.get_cosponsor(session, contribution, actor.entity).signs:
        return
    _store_answer(session, actor, contribution, signs=True)
    record_signature_change(session, actor, contribution, SIGNED, actor.entity)


def decline_to_sign(session: WriteSession, actor: Actor, contribution: Contribution) -> None:
    """Decline to sign; the State no longer sees the draft. Raises Forbidden, Conflict."""
    rules.SIGN.require(actor, contribution)
    _void_signature(session, contribution, actor.entity)
    _store_answer(session, actor, contribution, signs=False)
    session.flush()  # once the State has declined, the database no longer lets it change its answer
    contribution.declined = sorted({*contribution.declined, actor.entity})
    record_signature_change(session, actor, contribution, DECLINED, actor.entity)


def _void_signature(session: WriteSession, contribution: Contribution, entity: str) -> None:
    """Count a new version if the State had signed: checks and signatures of others were made with its name on the text.

    Raises NotFound if the State was not invited.
    """
    if contributions.get_cosponsor(session, contribution, entity).signs:
        contribution.version += 1


def _store_answer(session: WriteSession, actor: Actor, contribution: Contribution, *, signs: bool) -> None:
    """Store the answer of the actor's State. Raises NotFound if it was not invited."""
    cosponsor = contributions.get_cosponsor(session, contribution, actor.entity)
    cosponsor.signs, cosponsor.answered_by, cosponsor.answered_at = signs, actor.person, clock.now()


def record_signature_change(
    session: WriteSession, actor: Actor | None, contribution: Contribution, what: str, entity: str
) -> None:
    """Record the change of a signature in the journal. The caller has checked the act from which it follows.

    What a draft follows is known to those who may read it: the line names it only to a State that may no longer.
    """
    followed = str(contribution.follows_id or "") if what == NO_LONGER_ASKED else ""
    meeting = str(contribution.meeting_id)
    event = events.SignatureChanged(contribution.id, what, entity, followed, contribution.entity, meeting)
    journal.record_event(session, actor, event, body=contribution.body_id)


def record_request_to_sign(
    session: WriteSession, actor: Actor, contribution: Contribution, what: str, entity: str
) -> None:
    """Record that a State is asked to sign, or asked again; as `ASKED_BEFORE_TEXT` while it cannot: it is notified
    once the text is there (`ask_once_text_is_there`)."""
    has_text = is_text_accepted(session, contribution)
    record_signature_change(session, actor, contribution, what if has_text else ASKED_BEFORE_TEXT, entity)


def ask_once_text_is_there(session: WriteSession, actor: Actor | None, contribution: Contribution) -> None:
    """Record that the States are asked that were invited before the text was there, if it is there now. The caller has
    checked the act from which it follows; without an actor the system acts."""
    session.flush()
    if not is_text_accepted(session, contribution):
        return
    submission = load_submission(session, contribution)
    for entity in submission.unanswered:
        if get_last_change(session, contribution, entity) == ASKED_BEFORE_TEXT:
            what = ASKED_AGAIN if entity in submission.to_be_asked_again else ASKED
            record_signature_change(session, actor, contribution, what, entity)


def set_clearance_requirement_of_state(
    session: WriteSession, actor: Actor, place: EntityInBody, *, required: bool
) -> None:
    """Set whether the head of delegation clears what this State submits to this body. Raises Forbidden."""
    SET_STATE_DECISIONS.require(actor, place)
    key = {"body_id": place.body_id, "entity": place.entity}
    insertion = (
        insert(ClearanceRequirement).values(**key, set_by=actor.person, set_at=clock.now()).on_conflict_do_nothing()
    )
    statement = insertion if required else delete(ClearanceRequirement).filter_by(**key)
    if session.scalar(statement.returning(ClearanceRequirement.entity)) is not None:
        journal.record_event(session, actor, events.ClearanceRequired(place.entity, required), body=place.body_id)


def give_clearance_to_contribution(
    session: WriteSession, actor: Actor, contribution: Contribution, *, version: int
) -> None:
    """Clear exactly this version as head of delegation. Raises Forbidden, Conflict, Stale."""
    rules.CLEAR.require(actor, contribution)
    require_all_accepted(load_submission(session, contribution))
    require_version(contribution.version, version)
    contribution.cleared_by, contribution.cleared_at = actor.person, clock.now()
    journal.record_event(session, actor, events.ContributionCleared(contribution.id), body=contribution.body_id)
