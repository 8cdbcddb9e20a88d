"""What is pending for silence procedures: positions of States, procedures under way, and those that adopted nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Row, Select

from app.core.database.clock_parameters import build_moment_parameter
from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource, Urgency
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.pending import CHAIR, CHAIR_AND_SECRETARIAT, DELEGATION, FOCAL_POINT
from app.domain.bodies.rules import ACCREDIT, CHAIRS, EntityInBody, is_delegate
from app.domain.outputs.rules.outputs import ADOPT_OUTPUT, CHANGE_OUTPUT
from app.domain.silence import events, rules
from app.domain.silence.models import SilenceProcedure, SilenceStatus
from app.domain.silence.queries.pending_procedures import (
    select_procedures_ended_without_adoption,
    select_procedures_under_way,
    select_procedures_without_position,
)

CHANGE_FOR_CHAIR = _("Change the text. The chair can then submit it to the States again.")
SUBMIT_AGAIN = _("The text was changed. Submit it to the States again, or record its adoption by the meeting.")
TWO_WEEKS = timedelta(days=14)
ALL_PROCEDURES = ("/silence", _("All silence procedures"))

TAKE_POSITION = PendingActionKind(
    name="silence:take-position",
    heading=_("A silence procedure is open on a text"),
    words=_("If your State takes no position by then, it is considered not to object to the text."),
    button=_("Read and decide"),
    waits_for=DELEGATION,
    settled_by=(rules.TAKE_POSITION,),
    statuses=(SilenceStatus.OPEN,),
    begun_by=(events.SilenceOpened.name,),
)
NAME_DELEGATE = PendingActionKind(
    name="silence:name-delegate",
    heading=_("A silence procedure is open on a text"),
    words=_(
        "If no delegate of your State takes a position by then, your State is considered not to "
        "object to the text. You can accredit a delegate."
    ),
    button=_("Read the text"),
    waits_for=FOCAL_POINT,
    settled_by=(rules.TAKE_POSITION, ACCREDIT),
    statuses=(SilenceStatus.OPEN,),
    begun_by=(events.SilenceOpened.name,),
)
DELEGATES_ASKED = PendingActionKind(
    name="silence:delegates-asked",
    heading=_("A silence procedure is open on a text"),
    words=_(
        "A delegate of your State can take its position. If none does by then, your State is considered not to "
        "object to the text."
    ),
    button=_("Read the text"),
    waits_for=FOCAL_POINT,
    statuses=(SilenceStatus.OPEN,),
    begun_by=(events.SilenceOpened.name,),
    urgency=Urgency.NEWS,
)
UNDER_WAY = PendingActionKind(
    name="silence:under-way",
    heading=_("A silence procedure is under way; positions taken so far: %(count)s"),
    words=_("If no Member State breaks silence by then, the text is adopted."),
    button=_("View"),
    waits_for=CHAIR_AND_SECRETARIAT,
    statuses=(SilenceStatus.OPEN,),
    begun_by=(events.SilenceOpened.name, events.SilenceExtended.name),
    urgency=Urgency.NEWS,
    hides=("output:adopt",),
)
BROKEN = PendingActionKind(
    name="silence:broken",
    heading=_("Silence was broken on a text"),
    words=_("Change the text, or submit it to the States again."),
    button=_("View"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(CHANGE_OUTPUT, rules.OPEN_PROCEDURE, ADOPT_OUTPUT),
    statuses=(SilenceStatus.BROKEN,),
    begun_by=(events.SilenceBroken.name,),
    hides=("output:adopt",),
)
VOID = PendingActionKind(
    name="silence:void",
    heading=_("A silence procedure is void"),
    words=_("Change the text, or submit it to the States again."),
    button=_("View"),
    waits_for=CHAIR,
    settled_by=(rules.OPEN_PROCEDURE, ADOPT_OUTPUT),
    statuses=(SilenceStatus.VOID,),
    begun_by=(events.SilenceVoided.name,),
    hides=("output:adopt",),
)


def _build_action(kind: PendingActionKind, procedure: SilenceProcedure, zone: str = "UTC") -> PendingAction:
    is_open = procedure.course == SilenceStatus.OPEN
    return PendingAction(
        kind=kind,
        subject=procedure.output_id,
        path=f"/silence/{procedure.id}",
        title=procedure.titles,
        original=procedure.original,
        due_at=procedure.until if is_open else None,
        zone=zone,
        since=procedure.opened_at if is_open else procedure.ended_at,
    )


def build_position_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[SilenceProcedure, str, bool]]
) -> Iterator[PendingAction]:
    """Yield open procedures in which the actor's State has no position. A focal point takes none, and may accredit
    somebody who does; where somebody is accredited who can, it is news."""
    for procedure, zone, has_delegate in rows:
        place = EntityInBody(procedure.body_id, actor.entity)
        may_answer = is_delegate.objection_to(actor, place) is None
        for_focal_point = DELEGATES_ASKED if has_delegate else NAME_DELEGATE
        yield _build_action(TAKE_POSITION if may_answer else for_focal_point, procedure, zone)


def build_running_procedure_news(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[SilenceProcedure, str, int]]
) -> Iterator[PendingAction]:
    """Yield open procedures with the number of positions, for the chair and the secretariat."""
    for procedure, zone, count in rows:
        action = _build_action(UNDER_WAY, procedure, zone)
        yield replace(action, values={"count": count})


def select_recently_ended_procedures(actor: Actor) -> Select[SilenceProcedure, bool]:
    """Select procedures that were broken or became void in the last two weeks."""
    return select_procedures_ended_without_adoption(actor, build_moment_parameter(-TWO_WEEKS))


def build_ended_procedure_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[SilenceProcedure, bool]]
) -> Iterator[PendingAction]:
    """Yield procedures that were broken or became void, for the chair; for the secretariat those that were broken,
    until it has changed the text."""
    for procedure, is_changed in rows:
        kind = BROKEN if procedure.course == SilenceStatus.BROKEN else VOID
        if actor.has_role(procedure.body_id, *CHAIRS):
            yield replace(_build_action(kind, procedure), words=SUBMIT_AGAIN if is_changed else None)
        elif kind is BROKEN and not is_changed:
            yield replace(_build_action(kind, procedure), words=CHANGE_FOR_CHAIR)


SOURCES = (
    PendingActionSource(
        (TAKE_POSITION, NAME_DELEGATE, DELEGATES_ASKED),
        rules.INFORMED_CAPACITIES,
        select_procedures_without_position,
        build_position_actions,
        full_list=ALL_PROCEDURES,
    ),
    PendingActionSource(
        (UNDER_WAY,),
        (*CHAIRS, Office.SECRETARY),
        select_procedures_under_way,
        build_running_procedure_news,
        full_list=ALL_PROCEDURES,
    ),
    PendingActionSource(
        (BROKEN, VOID),
        (*CHAIRS, Office.SECRETARY),
        select_recently_ended_procedures,
        build_ended_procedure_actions,
    ),
)
