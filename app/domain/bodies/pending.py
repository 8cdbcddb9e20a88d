"""What is pending in the roster: requests for accreditation to answer, and offices to confirm. Also for whom things are
pending, in words, for every package."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.core.database.clock_parameters import build_day_parameter
from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource
from app.core.permissions import Actor
from app.domain.bodies import events
from app.domain.bodies.models import Accreditation, AccreditationRequest, Appointment, Body, Capacity, Office
from app.domain.bodies.queries.accreditation_requests import select_requests_to_answer
from app.domain.bodies.queries.bodies import ORDER_OF_BODIES
from app.domain.bodies.queries.roster import select_offices_to_confirm
from app.domain.bodies.queries.seats import build_in_force_condition
from app.domain.bodies.rules import (
    ACCREDIT,
    APPOINT_FOCAL_POINT,
    CONFIRM_OFFICE,
    DECLINE_ACCREDITATION_REQUEST,
    END_ACCREDITATION,
    END_OFFICE,
    PROPOSE_OFFICE,
    build_appointment_rule_subject,
)
from app.domain.identity.models.tables import Person

ONE_MONTH = timedelta(days=30)
CHAIR, SECRETARIAT, CHAIR_AND_SECRETARIAT = _("the chair"), _("the secretariat"), _("the chair and the secretariat")
DELEGATION, HEAD_OF_DELEGATION = _("your delegation"), _("the head of delegation")
DELEGATIONS, FOCAL_POINT = _("the delegations"), _("the focal point")
OWNER = _("the person, the State or the office that is responsible")
FOCAL_POINT_AND_HEAD = _("the focal point and the head of delegation")

CONFIRM = PendingActionKind(
    name="office:confirm",
    heading=_("Confirm the appointment: %(office)s"),
    words=_("Another member of the secretariat proposed this. It takes effect once you confirm it."),
    button=_("Review"),
    waits_for=SECRETARIAT,
    settled_by=(CONFIRM_OFFICE, END_OFFICE),
    begun_by=(events.OfficeProposed.name,),
)

ACCREDIT_OR_DECLINE = PendingActionKind(
    name="accreditation:answer-request",
    heading=_("%(person)s asks to act for %(entity)s"),
    words=_("Accept and choose role and dates, or decline with a reason."),
    button=_("Accept or decline"),
    waits_for=FOCAL_POINT,
    settled_by=(ACCREDIT, DECLINE_ACCREDITATION_REQUEST),
    begun_by=(events.AccreditationRequested.name,),
    impersonal=events.AccreditationRequested.words,
)


def build_request_actions(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[AccreditationRequest, Person, Body]]
) -> Iterator[PendingAction]:
    """Yield the requests for accreditation that the actor answers."""
    for request, person, body in rows:
        yield PendingAction(
            ACCREDIT_OR_DECLINE,
            request.id,
            f"/people/{body.code}#requests",
            {"": body.prefix},
            since=request.asked_at,
            values={"person": person.name, "entity": request.entity},
        )


ACCREDITATIONS_END = PendingActionKind(
    name="accreditation:ends",
    heading=_("Accreditations ending within 30 days: %(count)s"),
    words=_("Accredit again those who are to continue."),
    button=_("View"),
    waits_for=FOCAL_POINT,
    settled_by=(ACCREDIT, APPOINT_FOCAL_POINT, END_ACCREDITATION),
    begun_by=(events.AccreditationGranted.name,),
)
OFFICES_END = PendingActionKind(
    name="office:ends",
    heading=_("Offices ending within 30 days: %(count)s"),
    words=_("Propose a person for each office for the time after."),
    button=_("View"),
    waits_for=SECRETARIAT,
    settled_by=(PROPOSE_OFFICE, END_OFFICE),
    begun_by=(events.OfficeGranted.name, events.OfficeConfirmed.name),
)


def select_ending_accreditations(actor: Actor) -> Select[Body, int, date]:
    """Select the accreditations that end soon, those of one body together: of delegates for their focal point, of heads
    of delegation and focal points for the secretariat."""
    by_actor = or_(
        and_(
            Accreditation.entity == actor.entity,
            Accreditation.capacity == Capacity.DELEGATE,
            Accreditation.body_id.in_(actor.bodies_with_role(Capacity.FOCAL_POINT)),
        ),
        and_(
            Accreditation.capacity != Capacity.DELEGATE,
            Accreditation.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
        ),
    )
    return _select_ending(Accreditation, Accreditation.capacity, by_actor)


def select_ending_offices(actor: Actor) -> Select[Body, int, date]:
    """Select the offices that end soon, those of one body together, for its secretariat."""
    served = Appointment.body_id.in_(actor.bodies_with_role(Office.SECRETARY))
    return _select_ending(Appointment, Appointment.office, served)


def _select_ending(
    seat: type[Accreditation] | type[Appointment], role: InstrumentedAttribute[str], condition: ColumnElement[bool]
) -> Select[Body, int, date]:
    """Select the bodies in which seats end soon and are followed by none of the same person in the same `role`, the
    column of its capacity or office, with their number and the first last day."""
    later = aliased(seat)
    is_followed = exists().where(
        later.person_id == seat.person_id,
        later.body_id == seat.body_id,
        getattr(later, role.key) == role,
        later.until_on > seat.until_on,
        later.ended_at.is_(None),
    )
    ends_soon = seat.until_on <= build_day_parameter(ONE_MONTH)
    return (
        select(Body, func.count(), func.min(seat.until_on))
        .join_from(seat, Body, Body.id == seat.body_id)
        .where(condition, build_in_force_condition(seat, build_day_parameter()), ends_soon, ~is_followed)
        .group_by(Body.id)
        .order_by(*ORDER_OF_BODIES)
    )


def build_end_actions(
    kind: PendingActionKind, _session: ReadSession, _actor: Actor, rows: Sequence[Row[Body, int, date]]
) -> Iterator[PendingAction]:
    """Yield the bodies in which accreditations or offices, as the kind says, end soon."""
    for body, count, until_on in rows:
        due_at = datetime.combine(until_on, time(23, 59, 59), UTC)
        yield PendingAction(
            kind, body.id, "/people", body.names, "en", due_at=due_at, values={"count": count}, count=count
        )


def build_office_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[Appointment, Person, bool]]
) -> Iterator[PendingAction]:
    """Yield the offices proposed by another secretary, to confirm."""
    for appointment, person, lacks_second in rows:
        subject = build_appointment_rule_subject(appointment, to_confirm=True)
        if CONFIRM_OFFICE.allows(actor, replace(subject, lacks_second_secretary=lacks_second)):
            yield PendingAction(
                CONFIRM,
                appointment.id,
                f"/offices/{appointment.id}",
                {"": person.name},
                since=appointment.proposed_at,
                values={"office": appointment.office},
            )


SOURCES = (
    PendingActionSource(
        (ACCREDIT_OR_DECLINE,),
        (Capacity.FOCAL_POINT, Office.SECRETARY),
        select_requests_to_answer,
        build_request_actions,
    ),
    PendingActionSource((CONFIRM,), (Office.SECRETARY,), select_offices_to_confirm, build_office_actions),
    PendingActionSource(
        (ACCREDITATIONS_END,),
        (Capacity.FOCAL_POINT, Office.SECRETARY),
        select_ending_accreditations,
        partial(build_end_actions, ACCREDITATIONS_END),
    ),
    PendingActionSource(
        (OFFICES_END,), (Office.SECRETARY,), select_ending_offices, partial(build_end_actions, OFFICES_END)
    ),
)
