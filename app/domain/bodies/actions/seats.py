"""Grant and end seats. Takes effect at once: rights are read on each request."""

from uuid import UUID

from app.core import clock, journal
from app.core.db import RowLockStrength, WriteSession, lock_row
from app.core.errors import BadRequest, Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies import events, rules
from app.domain.bodies.actions.grants import grant_accreditation, select_overlapping_accreditations
from app.domain.bodies.inputs import NewAccreditation, NewAppointment
from app.domain.bodies.models import OFFICES_OF_A_BODY, Accreditation, Appointment, Body
from app.domain.bodies.queries.roster import get_confirmation_rule_subject
from app.domain.bodies.queries.seats import can_hold_office
from app.domain.bodies.rules import AccreditationOrOffice
from app.domain.identity.models.tables import MemberState, Person


def accredit_person(
    session: WriteSession, actor: Actor, body: Body, person: Person, new: NewAccreditation
) -> Accreditation:
    """Accredit a person for their own entity: focal points accredit delegates but no head, the secretariat everybody.

    Raises BadRequest if the body does not admit the person's category, has no such role, or if they hold it already.
    """
    _lock_person(session, person)
    grant = AccreditationOrOffice(body.id, person.entity, person.id, new.capacity)
    permission = rules.get_permission_to_accredit(new.capacity)
    permission.require(actor, grant)
    if person.membership not in body.admits:
        raise BadRequest(_("This group does not admit members of that category."))
    if new.capacity not in rules.list_capacities(body.admits):
        raise BadRequest(_("This group has no such role. Select one of those that are shown."))
    _require_no_overlap(session, body.id, person.id, new)
    return grant_accreditation(session, actor, person, body.id, new, by=actor.person)


def _lock_person(session: WriteSession, person: Person) -> None:
    """Lock the person that a seat is for, so that the entity that is checked is the one that it is given for.

    Acts of the person refer to the row and do not wait.
    """
    lock_row(session, person, RowLockStrength.NO_KEY_UPDATE)


def _require_no_overlap(session: WriteSession, body: UUID, person: UUID, new: NewAccreditation) -> None:
    """Raise BadRequest if the person, who is locked, holds that seat on some of these days."""
    if session.scalar(select_overlapping_accreditations(person, body, new).limit(1)):
        raise BadRequest(_("This person already has that role on some of these days."))


def end_accreditation(session: WriteSession, actor: Actor, accreditation: Accreditation, ending: ReasonInput) -> None:
    """End an accreditation at once; the reason stays on record."""
    lock_row(session, accreditation)
    journal.check_actor_now(session, actor)
    rules.END_ACCREDITATION.require(actor, rules.build_accreditation_rule_subject(accreditation))
    accreditation.ended_by, accreditation.ended_at = actor.person, clock.now()
    accreditation.ended_because = ending.reason
    journal.record_event(session, actor, events.AccreditationEnded(accreditation.id), body=accreditation.body_id)


def propose_office(session: WriteSession, actor: Actor, body: Body, person: Person, new: NewAppointment) -> Appointment:
    """Propose a person for an office; it takes effect once another secretary has confirmed it.

    Raises BadRequest if the person's membership category does not fit the office.
    """
    _lock_person(session, person)
    body_id = body.id if new.office in OFFICES_OF_A_BODY else None
    rules.PROPOSE_OFFICE.require(actor, AccreditationOrOffice(body_id, person.entity, person.id, new.office))
    if not can_hold_office(body, person.membership, new.office):
        raise BadRequest(
            _(
                "Chairs and vice-chairs must be from Member States, or ITU staff in a group of the staff; all other "
                "officers must be ITU staff."
            )
        )
    appointment = Appointment(
        person_id=person.id,
        body_id=body_id,
        office=new.office,
        entity=person.entity,
        from_on=new.from_on,
        until_on=new.until_on,
        proposed_by=actor.person,
        proposed_at=clock.now(),
    )
    session.add(appointment)
    session.flush()
    journal.record_event(session, actor, events.OfficeProposed(appointment.id, person.id, new.office), body=body.id)
    return appointment


def confirm_office(session: WriteSession, actor: Actor, appointment: Appointment) -> None:
    """Confirm an office that another secretary proposed; where there is no second secretary, as one of another body.

    Raises Conflict if the person belongs to another entity than when it was proposed: it would not count.
    """
    lock_row(session, appointment)
    person = session.get_one(Person, appointment.person_id)
    _lock_person(session, person)
    journal.check_actor_now(session, actor)  # also: no other secretary is appointed or ended meanwhile
    rules.CONFIRM_OFFICE.require(actor, get_confirmation_rule_subject(session, appointment))
    if person.entity != appointment.entity:
        raise Conflict(_("This person now belongs to another State or unit. Propose them for the office again."))
    appointment.confirmed_by, appointment.confirmed_at = actor.person, clock.now()
    journal.record_event(session, actor, events.OfficeConfirmed(appointment.id), body=appointment.body_id)


def end_office(session: WriteSession, actor: Actor, appointment: Appointment, ending: ReasonInput) -> None:
    """End an office, or cancel its proposal."""
    lock_row(session, appointment)
    journal.check_actor_now(session, actor)
    rules.END_OFFICE.require(actor, rules.build_appointment_rule_subject(appointment))
    appointment.ended_by, appointment.ended_at = actor.person, clock.now()
    appointment.ended_because = ending.reason
    journal.record_event(session, actor, events.OfficeEnded(appointment.id), body=appointment.body_id)


def set_region_of_state(session: WriteSession, actor: Actor, state: MemberState, region: str) -> None:
    """Set the administrative region (A to E) of a State. Raises BadRequest for any other letter."""
    rules.SET_REGION.require(actor, state)
    if region not in "ABCDE" or len(region) != 1:
        raise BadRequest(_("Select one of the five administrative regions, A to E."))
    if state.region != region:
        event = events.RegionSet(state.code, region, state.region or "")
        state.region = region
        journal.record_event(session, actor, event)
