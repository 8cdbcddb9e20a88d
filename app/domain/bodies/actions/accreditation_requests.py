"""Ask to be accredited, and decline such a request. Who accredits the person accepts it (`seats.accredit_person`)."""

from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import RowLockStrength, WriteSession, lock_row
from app.core.errors import Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies import events, rules
from app.domain.bodies.models import Accreditation, AccreditationRequest, Body
from app.domain.bodies.queries.accreditation_requests import has_person_to_answer
from app.domain.bodies.queries.seats import build_actor
from app.domain.bodies.rules import BodyToJoin
from app.domain.identity.models.tables import Person

NO_ONE_ANSWERS = _("No one can accept requests for this group here yet.")


def request_accreditation(session: WriteSession, actor: Actor, body: Body) -> AccreditationRequest:
    """Ask to act for one's own entity in a body; asked again before the answer, it is the same request.

    The person is locked, so that an accreditation that is granted meanwhile answers the request, or refuses it. Raises
    Forbidden; Conflict if no one could answer.
    """
    to_join = BodyToJoin(body.id, tuple(body.admits), body.has_ended(clock.now().date()))
    rules.REQUEST_ACCREDITATION.require(actor, to_join)
    person = session.get_one(Person, actor.person)
    lock_row(session, person, RowLockStrength.NO_KEY_UPDATE)
    rules.REQUEST_ACCREDITATION.require(build_actor(session, person), to_join)  # with the seats that it has by now
    if not has_person_to_answer(session, actor, body.id):
        raise Conflict(NO_ONE_ANSWERS)
    key = {"person_id": actor.person, "body_id": body.id, "entity": actor.entity}
    insertion = insert(AccreditationRequest).values(id=uuid4(), **key, asked_at=clock.now()).on_conflict_do_nothing()
    request_id = session.scalar(insertion.returning(AccreditationRequest.id))
    if request_id is not None:
        event = events.AccreditationRequested(request_id, actor.person, actor.entity)
        journal.record_event(session, actor, event, body=body.id)
    open_request = select(AccreditationRequest).filter_by(**key).where(AccreditationRequest.answered_at.is_(None))
    return session.scalars(open_request).one()


def decline_accreditation_request(
    session: WriteSession, actor: Actor, request: AccreditationRequest, because: ReasonInput
) -> None:
    """Decline a request with a reason, which its person reads. Raises Forbidden; Conflict if it was answered."""
    lock_row(session, request)
    rules.DECLINE_ACCREDITATION_REQUEST.require(actor, rules.build_request_rule_subject(request))
    request.answered_at, request.answered_by, request.declined_because = clock.now(), actor.person, because.reason
    event = events.AccreditationRequestDeclined(request.id, request.person_id)
    journal.record_event(session, actor, event, body=request.body_id)


def close_accreditation_request(
    session: WriteSession, actor: Actor | None, accreditation: Accreditation
) -> UUID | None:
    """Close the open request that an accreditation answers, and return it. The caller has checked who accredits, and
    has locked the person; `actor` is None for the operator."""
    open_request = update(AccreditationRequest).where(
        AccreditationRequest.person_id == accreditation.person_id,
        AccreditationRequest.body_id == accreditation.body_id,
        AccreditationRequest.entity == accreditation.entity,
        AccreditationRequest.answered_at.is_(None),
    )
    answer = {
        "answered_at": clock.now(),
        "answered_by": actor.person if actor else None,
        "accreditation_id": accreditation.id,
    }
    return session.scalar(open_request.values(**answer).returning(AccreditationRequest.id))
