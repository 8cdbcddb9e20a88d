"""Propose a focal point of an action line, confirm it as another secretary, and end its term."""

from app.core import clock, journal
from app.core.db import RowLockStrength, WriteSession, lock_row
from app.core.errors import BadRequest, Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies.rules import AccreditationOrOffice, choose_served_body
from app.domain.identity.models.tables import Person
from app.domain.line_focal_points import events, queries, rules
from app.domain.line_focal_points.inputs import NewLineFocalPoint
from app.domain.line_focal_points.models import FOCAL_POINT_OF_LINE, LineFocalPoint
from app.domain.mandates.models import ActionLine


def propose_focal_point(
    session: WriteSession, actor: Actor, line: ActionLine, new: NewLineFocalPoint
) -> LineFocalPoint:
    """Propose a person of a unit of ITU for an action line; somebody of two units is proposed for the first.

    Raises Forbidden, and BadRequest for who holds no office in a unit, for a term that is past, or if they are focal
    point of the line, or proposed for it, on some of these days.
    """
    person = session.get(Person, new.person)
    if person:  # so that no second proposal of the same person is made meanwhile
        lock_row(session, person, RowLockStrength.NO_KEY_UPDATE)
    rules.PROPOSE.require(actor, AccreditationOrOffice(None, "", new.person, FOCAL_POINT_OF_LINE))
    known = queries.list_people_of_units(session, actor)
    if new.person not in known:
        raise BadRequest(
            _("Focal points hold an office in the General Secretariat or a Bureau. Select another person.")
        )
    if new.until_on < clock.now().date():
        raise BadRequest(_("This term is past. Enter a later last day."))
    if queries.has_overlapping_term(session, line.code, new):
        raise BadRequest(_("This person is focal point of the line, or proposed for it, on some of these days."))
    focal_point = LineFocalPoint(
        person_id=new.person,
        action_line=line.code,
        unit=known[new.person][1][0],
        from_on=new.from_on,
        until_on=new.until_on,
        proposed_by=actor.person,
        proposed_at=clock.now(),
    )
    session.add(focal_point)
    session.flush()
    _record(session, actor, events.LineFocalPointProposed, focal_point)
    return focal_point


def confirm_focal_point(session: WriteSession, actor: Actor, focal_point: LineFocalPoint) -> None:
    """Confirm a focal point that another secretary proposed. Raises Forbidden; Conflict if it was decided, if the term
    is past, or if the person no longer holds the office in the unit."""
    lock_row(session, focal_point)
    journal.check_actor_now(session, actor)
    rules.CONFIRM.require(actor, rules.build_rule_subject(focal_point, to_confirm=True))
    if focal_point.until_on < clock.now().date():
        raise Conflict(_("The term that was proposed is past by now. Withdraw the proposal, and make a new one."))
    _name, units = queries.list_people_of_units(session, actor).get(focal_point.person_id, ("", []))
    if focal_point.unit not in units:
        raise Conflict(_("This person no longer holds an office in that unit. Withdraw the proposal."))
    focal_point.confirmed_by, focal_point.confirmed_at = actor.person, clock.now()
    _record(session, actor, events.LineFocalPointConfirmed, focal_point)


def end_focal_point(session: WriteSession, actor: Actor, focal_point: LineFocalPoint, ending: ReasonInput) -> None:
    """End the term of a focal point at once, or withdraw the proposal; the reason stays on record. Raises Forbidden,
    Conflict."""
    lock_row(session, focal_point)
    journal.check_actor_now(session, actor)
    rules.END.require(actor, rules.build_rule_subject(focal_point))
    focal_point.ended_by, focal_point.ended_at = actor.person, clock.now()
    focal_point.ended_because = ending.reason
    _record(session, actor, events.LineFocalPointEnded, focal_point)


def _record(
    session: WriteSession,
    actor: Actor,
    event: type[events.LineFocalPointProposed | events.LineFocalPointConfirmed | events.LineFocalPointEnded],
    focal_point: LineFocalPoint,
) -> None:
    """Record the event in a body that the actor serves: an action line belongs to none."""
    happened = event(focal_point.id, focal_point.action_line, focal_point.person_id)
    journal.record_event(session, actor, happened, body=choose_served_body(actor))
