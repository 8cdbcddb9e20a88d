"""What is pending in the roster: requests for accreditation to answer, and offices to confirm. Also for whom things are
pending, in words, for every package."""

from collections.abc import Iterator

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource
from app.core.permissions import Actor
from app.domain.bodies import events
from app.domain.bodies.models import Capacity, Office
from app.domain.bodies.queries.accreditation_requests import list_requests_to_answer
from app.domain.bodies.queries.roster import list_offices_to_confirm
from app.domain.bodies.rules import (
    ACCREDIT,
    CONFIRM_OFFICE,
    DECLINE_ACCREDITATION_REQUEST,
    END_OFFICE,
    build_appointment_rule_subject,
)

CHAIR, SECRETARIAT, CHAIR_AND_SECRETARIAT = _("the chair"), _("the secretariat"), _("the chair and the secretariat")
DELEGATION, HEAD_OF_DELEGATION = _("your delegation"), _("the head of delegation")
DELEGATIONS, FOCAL_POINT = _("the delegations"), _("the focal point")

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
)


def list_accreditation_requests(session: ReadSession, actor: Actor, limit: int) -> Iterator[PendingAction]:
    """Yield the requests for accreditation that the actor answers."""
    for request, person, body in list_requests_to_answer(session, actor, clock.now().date(), limit=limit):
        yield PendingAction(
            ACCREDIT_OR_DECLINE,
            request.id,
            f"/people/{body.code}#requests",
            {"": body.prefix},
            since=request.asked_at,
            values={"person": person.name, "entity": request.entity},
        )


def list_office_actions(session: ReadSession, actor: Actor, limit: int) -> Iterator[PendingAction]:
    """Yield the offices proposed by another secretary, to confirm."""
    for appointment, person in list_offices_to_confirm(session, actor)[:limit]:
        if CONFIRM_OFFICE.allows(actor, build_appointment_rule_subject(appointment, to_confirm=True)):
            yield PendingAction(
                CONFIRM,
                appointment.id,
                "/people",
                {"": person.name},
                since=appointment.proposed_at,
                values={"office": appointment.office},
            )


SOURCES = (
    PendingActionSource((ACCREDIT_OR_DECLINE,), (Capacity.FOCAL_POINT, Office.SECRETARY), list_accreditation_requests),
    PendingActionSource((CONFIRM,), (Office.SECRETARY,), list_office_actions),
)
