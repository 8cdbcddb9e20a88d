"""Queries on positions of States, each of which is shown to those who may see it, and on their statements."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from app.core import clock
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.page_sessions import read_once
from app.core.permissions import Actor
from app.domain.bodies.models import Office, PositionAudience
from app.domain.bodies.rules import CHAIRS
from app.domain.outputs.models import Output
from app.domain.silence import rules
from app.domain.silence.models import OutputStatement, SilencePosition, SilenceProcedure, SilenceStatus


def _shows_all_positions(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which the actor sees the positions of all States in a procedure of their body.

    The body may have decided that until silence ends each is shown to its own State, the chairs and the secretariat.
    """
    return or_(
        SilenceProcedure.positions_shown_to.is_distinct_from(PositionAudience.OWN_DELEGATION),
        SilenceProcedure.course != SilenceStatus.OPEN,
        SilenceProcedure.until <= clock.now(),
        SilenceProcedure.body_id.in_(actor.bodies_with_role(*CHAIRS, Office.SECRETARY)),
    )


def select_visible_positions(actor: Actor) -> Select[SilencePosition]:
    """Select the positions that the actor may see now. Pages and the audit trail start from this statement."""
    is_own = and_(
        SilencePosition.entity == actor.entity,
        SilenceProcedure.body_id.in_(actor.bodies_with_role(*rules.INFORMED_CAPACITIES)),
    )
    return (
        select(SilencePosition)
        .join(SilenceProcedure, SilenceProcedure.id == SilencePosition.procedure_id)
        .where(SilenceProcedure.body_id.in_(actor.bodies_with_role()), or_(_shows_all_positions(actor), is_own))
    )


def list_visible_positions(
    session: ReadSession, actor: Actor, procedure: SilenceProcedure
) -> Sequence[SilencePosition]:
    """List the positions that the actor may see now, in the order of their last change."""
    visible = select_visible_positions(actor).where(SilencePosition.procedure_id == procedure.id)
    return session.scalars(visible.order_by(SilencePosition.taken_at, SilencePosition.entity)).all()


def sees_all_positions(session: ReadSession, actor: Actor, procedure: SilenceProcedure) -> bool:
    """Return whether the positions of all States in a procedure that was found for the actor are visible to them."""
    return bool(session.scalar(select(_shows_all_positions(actor)).where(SilenceProcedure.id == procedure.id)))


def list_positions(session: ReadSession, procedure: SilenceProcedure) -> Sequence[SilencePosition]:
    """List the positions of all States, in the order of their last change; for the system itself."""
    statement = select(SilencePosition).where(SilencePosition.procedure_id == procedure.id)
    return session.scalars(statement.order_by(SilencePosition.taken_at, SilencePosition.entity)).all()


@read_once
def find_position(session: ReadSession, procedure: SilenceProcedure, entity: str) -> SilencePosition | None:
    """Find the position of a State."""
    return session.get(SilencePosition, (procedure.id, entity))


def list_statements(session: ReadSession, output: Output) -> Sequence[OutputStatement]:
    """List the statements on an output that were not withdrawn, in the order in which they were attached."""
    statement = select(OutputStatement).where(
        OutputStatement.output_id == output.id, OutputStatement.taken_back_at.is_(None)
    )
    return session.scalars(statement.order_by(OutputStatement.put_at, OutputStatement.id)).all()


def get_statement(session: ReadSession, output: Output, statement_id: UUID) -> OutputStatement:
    """Return this statement on the output. Raises NotFound if there is none or it was withdrawn."""
    row = session.get(OutputStatement, statement_id)
    if row is None or row.output_id != output.id or row.taken_back_at is not None:
        raise NotFound()
    return row
