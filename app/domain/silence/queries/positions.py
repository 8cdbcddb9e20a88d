"""Queries on positions of States, each of which is shown to those who may see it, and on their statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from app.core import clock
from app.core.database.combined_lists import KeyParameter, list_of_thing
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
    positions = select(SilencePosition).join(SilenceProcedure, SilenceProcedure.id == SilencePosition.procedure_id)
    return positions.where(_build_visible_condition(actor))


def _build_visible_condition(actor: Actor) -> ColumnElement[bool]:
    """SQL condition: the actor may see the position of a State in a procedure."""
    is_own = and_(
        SilencePosition.entity == actor.entity,
        SilenceProcedure.body_id.in_(actor.bodies_with_role(*rules.INFORMED_CAPACITIES)),
    )
    return and_(SilenceProcedure.body_id.in_(actor.bodies_with_role()), or_(_shows_all_positions(actor), is_own))


@dataclass(frozen=True, slots=True)
class VisiblePositions:
    """The positions in a procedure that an actor may see now, in the order of their last change, and whether these are
    those of all States."""

    positions: Sequence[SilencePosition]
    are_all: bool


def list_visible_positions(session: ReadSession, actor: Actor, procedure: SilenceProcedure) -> VisiblePositions:
    """List the positions in a procedure, which was found for the actor, that they may see now."""
    of_procedure = SilencePosition.procedure_id == SilenceProcedure.id
    statement = (
        select(SilencePosition, _shows_all_positions(actor).label("shows_all"))
        .select_from(SilenceProcedure)
        .outerjoin(SilencePosition, and_(of_procedure, _build_visible_condition(actor)))
        .where(SilenceProcedure.id == procedure.id)
        .order_by(SilencePosition.taken_at, SilencePosition.entity)
    )
    rows = session.execute(statement).all()
    return VisiblePositions([position for position, _ in rows if position], all(shows_all for _, shows_all in rows))


def list_positions(session: ReadSession, procedure: SilenceProcedure) -> Sequence[SilencePosition]:
    """List the positions of all States, in the order of their last change; for the system itself."""
    statement = select(SilencePosition).where(SilencePosition.procedure_id == procedure.id)
    return session.scalars(statement.order_by(SilencePosition.taken_at, SilencePosition.entity)).all()


@read_once
def find_position(session: ReadSession, procedure: SilenceProcedure, entity: str) -> SilencePosition | None:
    """Find the position of a State."""
    return session.get(SilencePosition, (procedure.id, entity))


@list_of_thing
def list_statements(output_id: KeyParameter) -> Select[OutputStatement]:
    """List the statements on an output that were not withdrawn, in the order in which they were attached."""
    statements = select(OutputStatement).where(
        OutputStatement.output_id == output_id, OutputStatement.taken_back_at.is_(None)
    )
    return statements.order_by(OutputStatement.put_at, OutputStatement.id)


def get_statement(session: ReadSession, output: Output, statement_id: UUID) -> OutputStatement:
    """Return this statement on the output. Raises NotFound if there is none or it was withdrawn."""
    row = session.get(OutputStatement, statement_id)
    if row is None or row.output_id != output.id or row.taken_back_at is not None:
        raise NotFound()
    return row
