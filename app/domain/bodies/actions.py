"""Giving seats and taking them. Everything takes effect at once: rights are read from here on each request."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Unacceptable
from app.core.i18n import LANGUAGES, say
from app.domain.bodies import events, rules
from app.domain.bodies.inputs import Ending, HoursOfSilence, NewAccreditation, NewAppointment
from app.domain.bodies.models import OFFICES_OF_A_BODY, Accreditation, Appointment, Body, Capacity
from app.domain.bodies.queries import FROM_STATES
from app.domain.bodies.rules import Grant
from app.domain.identity.claims import Membership
from app.domain.identity.models import MemberState, Person


def accredit(session: WriteSession, actor: Actor, body: Body, person: Person, new: NewAccreditation) -> Accreditation:
    """Give a person a seat for their own entity: focal points give those of delegates, the secretariat all of them.

    Raises Unacceptable where the body does not admit the person's category, or they hold that seat already.
    """
    grant = Grant(body.id, person.entity, person.id, new.capacity)
    asked = rules.APPOINT_FOCAL_POINT if new.capacity == Capacity.FOCAL_POINT else rules.ACCREDIT
    asked.require(actor, grant)
    if person.membership not in body.admits:
        raise Unacceptable(say("This body does not admit members of that category."))
    _refuse_a_second(session, body.id, person.id, new)
    made = Accreditation(
        person_id=person.id,
        body_id=body.id,
        entity=person.entity,
        capacity=new.capacity,
        from_on=new.from_on,
        until_on=new.until_on,
        granted_by=actor.person,
        granted_at=clock.now(),
    )
    session.add(made)
    session.flush()
    happened = events.AccreditationGranted(made.id, person.id, person.entity, new.capacity)
    journal.record(session, actor, happened, body=body.id)
    return made


def _refuse_a_second(session: WriteSession, body: UUID, person: UUID, new: NewAccreditation) -> None:
    session.scalar(select(Person.id).where(Person.id == person).with_for_update())
    overlapping = select(Accreditation.id).where(
        Accreditation.person_id == person,
        Accreditation.body_id == body,
        Accreditation.capacity == new.capacity,
        Accreditation.ended_at.is_(None),
        Accreditation.from_on <= new.until_on,
        Accreditation.until_on >= new.from_on,
    )
    if session.scalar(overlapping):
        raise Unacceptable(say("This person holds that seat already for some of these days."))


def end_accreditation(session: WriteSession, actor: Actor, accreditation: Accreditation, ending: Ending) -> None:
    """Take a seat back, at once, with the reason that stays on record."""
    session.refresh(accreditation, with_for_update=True)
    rules.END_ACCREDITATION.require(actor, rules.grant_of(accreditation))
    accreditation.ended_by, accreditation.ended_at = actor.person, clock.now()
    accreditation.ended_because = ending.reason
    journal.record(session, actor, events.AccreditationEnded(accreditation.id), body=accreditation.body_id)


def propose_office(session: WriteSession, actor: Actor, body: Body, person: Person, new: NewAppointment) -> Appointment:
    """Propose somebody for an office; it counts once another secretary has confirmed it."""
    place = body.id if new.office in OFFICES_OF_A_BODY else None
    rules.PROPOSE_OFFICE.require(actor, Grant(place, person.entity, person.id, new.office))
    expected = Membership.MEMBER_STATE if new.office in FROM_STATES else Membership.ITU_STAFF
    if person.membership != expected:
        raise Unacceptable(say("Chairs and vice-chairs come from Member States, all other officers from ITU staff."))
    made = Appointment(
        person_id=person.id,
        body_id=place,
        office=new.office,
        from_on=new.from_on,
        until_on=new.until_on,
        proposed_by=actor.person,
        proposed_at=clock.now(),
    )
    session.add(made)
    session.flush()
    journal.record(session, actor, events.OfficeProposed(made.id, person.id, new.office), body=body.id)
    return made


def confirm_office(session: WriteSession, actor: Actor, appointment: Appointment) -> None:
    """Confirm what another secretary proposed."""
    session.refresh(appointment, with_for_update=True)
    rules.CONFIRM_OFFICE.require(actor, rules.office_of(appointment, to_confirm=True))
    appointment.confirmed_by, appointment.confirmed_at = actor.person, clock.now()
    journal.record(session, actor, events.OfficeConfirmed(appointment.id), body=appointment.body_id)


def end_office(session: WriteSession, actor: Actor, appointment: Appointment, ending: Ending) -> None:
    """End an office, or take a proposal back."""
    session.refresh(appointment, with_for_update=True)
    rules.END_OFFICE.require(actor, rules.office_of(appointment))
    appointment.ended_by, appointment.ended_at = actor.person, clock.now()
    appointment.ended_because = ending.reason
    journal.record(session, actor, events.OfficeEnded(appointment.id), body=appointment.body_id)


def set_region(session: WriteSession, actor: Actor, state: MemberState, region: str) -> None:
    """Say to which of the five administrative regions (A to E) a State belongs."""
    rules.SET_REGION.require(actor, state)
    if region not in "ABCDE" or len(region) != 1:
        raise Unacceptable(say("Choose one of the five administrative regions, A to E."))
    if state.region != region:
        state.region = region
        journal.record(session, actor, events.RegionSet(state.code, region))


def admit(session: WriteSession, actor: Actor, body: Body, categories: list[str]) -> None:
    """Say which categories of members may hold seats in a body and submit to it."""
    rules.ADMIT.require(actor, rules.Place(body.id))
    wanted = [category for category in Membership if category in categories and category in ADMISSIBLE]
    if len(wanted) != len(set(categories)) or Membership.MEMBER_STATE not in wanted:
        raise Unacceptable(say("Choose from the categories shown; Member States are always admitted."))
    if body.admits != wanted:
        body.admits = [str(category) for category in wanted]
        journal.record(session, actor, events.AdmissionChanged(" ".join(body.admits)), body=body.id)


def set_languages(session: WriteSession, actor: Actor, body: Body, languages: Collection[str]) -> None:
    """Say in which languages a body wants every document, beside the original one; none of them, or several."""
    rules.SET_LANGUAGES.require(actor, rules.Place(body.id))
    wanted = [language for language in LANGUAGES if language in languages]
    if len(wanted) != len(set(languages)):
        raise Unacceptable(say("Choose one of the six official languages."))
    if body.languages != wanted:
        body.languages = wanted
        journal.record(session, actor, events.LanguagesSet(" ".join(wanted)), body=body.id)


def set_silence(session: WriteSession, actor: Actor, body: Body, new: HoursOfSilence) -> None:
    """Say how many hours silence runs at least in a body, in procedures that are opened from now on."""
    rules.SET_SILENCE.require(actor, rules.Place(body.id))
    if body.silence_hours != new.hours:
        body.silence_hours = new.hours
        journal.record(session, actor, events.SilenceSet(new.hours), body=body.id)


ADMISSIBLE = (Membership.MEMBER_STATE, Membership.RES99, Membership.SECTOR_MEMBER)
