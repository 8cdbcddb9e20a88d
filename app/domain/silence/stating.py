"""Attach, change and withdraw statements of States on adopted texts. Only the State itself may do so.

The row of the output is locked, so that its release, which copies the statements, comes before or after.
"""

from sqlalchemy import select

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession, hold
from app.core.errors import Conflict, Stale
from app.core.i18n import say
from app.domain.outputs.models import Output
from app.domain.silence import events, queries, rules
from app.domain.silence.inputs import NewStatement, Rewording
from app.domain.silence.models import OutputStatement, SilencePosition


def put(session: WriteSession, actor: Actor, output: Output, new: NewStatement) -> OutputStatement:
    """Attach a statement of the actor's State: one of each kind. Raises Conflict if there is one of this kind."""
    hold(session, output)
    rules.PUT.require(actor, queries.on(session, output, actor.entity))
    existing = select(OutputStatement.id).where(
        OutputStatement.output_id == output.id,
        OutputStatement.entity == actor.entity,
        OutputStatement.kind == new.kind,
        OutputStatement.taken_back_at.is_(None),
    )
    if session.scalar(existing) is not None:
        raise Conflict(say("Your State has attached a statement of this kind already. Change that one."))
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


def change(
    session: WriteSession, actor: Actor, output: Output, statement: OutputStatement, new: Rewording, *, version: int
) -> None:
    """Change the words of a statement. Raises Stale if `version` is not the current one or it was withdrawn."""
    hold(session, output)
    rules.CHANGE.require(actor, queries.on(session, output, statement.entity))
    _require_version(session, statement, version)
    statement.text, statement.lang, statement.version = new.text, new.lang, version + 1
    statement.changed_by, statement.changed_at = actor.person, clock.now()
    _record_statement(session, actor, output, statement)


def take_back(session: WriteSession, actor: Actor, output: Output, statement: OutputStatement, *, version: int) -> None:
    """Withdraw a statement: it is not released, but stays on record. Raises Stale as `change_statement`."""
    hold(session, output)
    rules.CHANGE.require(actor, queries.on(session, output, statement.entity))
    _require_version(session, statement, version)
    statement.taken_back_by, statement.taken_back_at = actor.person, clock.now()
    event = events.StatementTakenBack(output.id, statement.id, statement.entity)
    journal.record(session, actor, event, body=output.body_id)


def attach_position(session: WriteSession, output: Output, position: SilencePosition) -> None:
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
    journal.record(session, actor, event, body=output.body_id)


def _require_version(session: WriteSession, statement: OutputStatement, version: int) -> None:
    """Raise Stale if the statement has another version or was withdrawn."""
    session.refresh(statement)
    if statement.version != version or statement.taken_back_at is not None:
        raise Stale()
