"""Attach, change and withdraw statements of States on adopted texts. Only the State itself may do so.

The row of the output is locked, so that its release, which copies the statements, comes before or after.
"""

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import Conflict, Stale, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import StateAct
from app.domain.bodies.queries.state_decisions import require_decision_for_state
from app.domain.outputs.models import Output
from app.domain.silence import events, rules
from app.domain.silence.inputs import NewStatement, StatementRewording
from app.domain.silence.models import OutputStatement, SilencePosition
from app.domain.silence.queries.procedures import get_silence_rule_subject


def attach_statement(session: WriteSession, actor: Actor, output: Output, new: NewStatement) -> OutputStatement:
    """Attach a statement of the actor's State: one of each kind. Raises Conflict if there is one of this kind."""
    lock_row(session, output)
    rules.ATTACH_STATEMENT.require(actor, get_silence_rule_subject(session, output, actor.entity))
    require_decision_for_state(session, actor, output.body_id, StateAct.POSITION)
    existing = select(OutputStatement.id).where(
        OutputStatement.output_id == output.id,
        OutputStatement.entity == actor.entity,
        OutputStatement.kind == new.kind,
        OutputStatement.taken_back_at.is_(None),
    )
    if session.scalar(existing) is not None:
        raise Conflict(
            _("Your delegation has already attached a statement of this kind. Change the existing statement.")
        )
    statement = OutputStatement(
        output_id=output.id,
        entity=actor.entity,
        kind=new.kind,
        text=new.text,
        lang=new.lang,
        version=1,
        put_by=actor.person,
        put_at=clock.now(),
    )
    session.add(statement)
    session.flush()
    _record_statement(session, actor, output, statement)
    return statement


def change_statement(
    session: WriteSession,
    actor: Actor,
    output: Output,
    statement: OutputStatement,
    new: StatementRewording,
    *,
    version: int,
) -> None:
    """Change the words of a statement. Raises Stale if `version` is not the current one or it was withdrawn."""
    lock_row(session, output)
    rules.CHANGE_STATEMENT.require(actor, get_silence_rule_subject(session, output, statement.entity))
    require_decision_for_state(session, actor, output.body_id, StateAct.POSITION)
    _require_version(session, statement, version)
    statement.text, statement.lang, statement.version = new.text, new.lang, version + 1
    statement.changed_by, statement.changed_at = actor.person, clock.now()
    _record_statement(session, actor, output, statement)


def withdraw_statement(
    session: WriteSession, actor: Actor, output: Output, statement: OutputStatement, *, version: int
) -> None:
    """Withdraw a statement: it is not released, but stays on record. Raises Stale as `change_statement`."""
    lock_row(session, output)
    rules.CHANGE_STATEMENT.require(actor, get_silence_rule_subject(session, output, statement.entity))
    require_decision_for_state(session, actor, output.body_id, StateAct.POSITION)
    _require_version(session, statement, version)
    statement.taken_back_by, statement.taken_back_at = actor.person, clock.now()
    event = events.StatementTakenBack(output.id, statement.id, statement.entity)
    journal.record_event(session, actor, event, body=output.body_id)


def attach_position_as_statement(session: WriteSession, output: Output, position: SilencePosition) -> None:
    """Attach the position that a State took under silence to the adopted text as a statement, in its own words."""
    statement = OutputStatement(
        output_id=output.id,
        entity=position.entity,
        kind=position.stance,
        text=position.text,
        lang=position.lang,
        version=1,
        put_by=position.taken_by,
        put_at=position.taken_at,
    )
    session.add(statement)
    session.flush()
    _record_statement(session, None, output, statement)


def _record_statement(session: WriteSession, actor: Actor | None, output: Output, statement: OutputStatement) -> None:
    """Record in the journal that a statement was attached or changed."""
    event = events.StatementPut(output.id, statement.id, statement.entity, statement.kind, statement.version)
    journal.record_event(session, actor, event, body=output.body_id)


def _require_version(session: WriteSession, statement: OutputStatement, version: int) -> None:
    """Raise Stale if the statement has another version or was withdrawn."""
    session.refresh(statement)
    require_version(statement.version, version)
    if statement.taken_back_at is not None:
        raise Stale()
