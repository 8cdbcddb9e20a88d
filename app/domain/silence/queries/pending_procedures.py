"""Queries on the silence procedures that are pending for a delegation, the chair and the secretariat."""

from sqlalchemy import Select, exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core.database.clock_parameters import Moment, build_moment_parameter
from app.core.permissions import Actor
from app.domain.bodies.models import Accreditation, Office
from app.domain.bodies.queries.seats import build_accredited_condition
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.outputs.models import Output, OutputStatus
from app.domain.silence import rules
from app.domain.silence.models import SilencePosition, SilenceProcedure, SilenceStatus
from app.domain.silence.queries.procedures import add_zone, build_changed_text_condition, list_visible_procedures


def select_procedures_without_position(actor: Actor) -> Select[SilenceProcedure, str, bool]:
    """Select open procedures of which the actor is informed and on which their State has no position, the first
    deadline first, with the time zone of the meeting, and whether a delegate of the State is accredited who can take
    it."""
    now = build_moment_parameter()
    has_delegate = exists().where(
        build_accredited_condition(now, now),
        Accreditation.body_id == SilenceProcedure.body_id,
        Accreditation.entity == actor.entity,
        Accreditation.capacity.in_(DELEGATES),
    )
    has_position = exists().where(
        SilencePosition.procedure_id == SilenceProcedure.id, SilencePosition.entity == actor.entity
    )
    procedures = select(SilenceProcedure).where(
        SilenceProcedure.body_id.in_(actor.bodies_with_role(*rules.INFORMED_CAPACITIES)),
        SilenceProcedure.addressees.contains([actor.entity]),
        SilenceProcedure.course == SilenceStatus.OPEN,
        SilenceProcedure.until > build_moment_parameter(),
        ~has_position,
    )
    return add_zone(procedures).add_columns(has_delegate).order_by(SilenceProcedure.until)


def select_procedures_under_way(actor: Actor) -> Select[SilenceProcedure, str, int]:
    """Select open procedures of bodies of which the actor is chair or secretary, with the time zone of the meeting and
    the number of positions taken, the first deadline first."""
    positions = select(func.count()).where(SilencePosition.procedure_id == SilenceProcedure.id).scalar_subquery()
    procedures = list_visible_procedures(actor).where(
        SilenceProcedure.body_id.in_(actor.bodies_with_role(*CHAIRS, Office.SECRETARY)),
        SilenceProcedure.course == SilenceStatus.OPEN,
        SilenceProcedure.until > build_moment_parameter(),
    )
    return add_zone(procedures).add_columns(positions).order_by(SilenceProcedure.until)


def select_procedures_ended_without_adoption(actor: Actor, since: Moment) -> Select[SilenceProcedure, bool]:
    """Select the last procedures that ended broken or void since then, of outputs still drafts, for the chair and the
    secretariat, with whether the text is another one since."""
    open_outputs = select(SilenceProcedure.output_id).where(SilenceProcedure.course == SilenceStatus.OPEN)
    return (
        select(SilenceProcedure, build_changed_text_condition())
        .join(Output, Output.id == SilenceProcedure.output_id)
        .where(
            SilenceProcedure.body_id.in_(actor.bodies_with_role(*CHAIRS, Office.SECRETARY)),
            SilenceProcedure.course.in_((SilenceStatus.BROKEN, SilenceStatus.VOID)),
            SilenceProcedure.ended_at >= since,
            Output.status == OutputStatus.DRAFT,
            SilenceProcedure.output_id.not_in(open_outputs),
        )
        .ext(distinct_on(SilenceProcedure.output_id))
        .order_by(SilenceProcedure.output_id, SilenceProcedure.ended_at.desc())
    )
