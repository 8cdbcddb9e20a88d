"""Statements that a State attaches to an adopted text. Nobody else writes, changes or hides them.

The output is held while one is written, so that its release, which copies them, comes wholly before or after.
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
    """Attach a statement of the actor's own State: one of each kind. Raises Conflict."""
    hold(session, output)
    rules.PUT.require(actor, queries.on(session, output, actor.entity))
    of_this_kind = select(OutputStatement.id).where(
        OutputStatement.output_id == output.id,
        OutputStatement.entity == actor.entity,
        OutputStatement.kind == new.kind,
        OutputStatement.taken_back_at.is_(None),
    )
    if session.scalar(of_this_kind) is not None:
        raise Conflict(say("Your State has attached a statement of this kind already. Change that one."))
    made = OutputStatement(
        output_id=output.id,
        entity=actor.entity,
        kind=new.kind,
        text=new.text,
        lang=new.lang,
        version=1,
        put_by=actor.person,
        put_at=clock.now(),
    )
    session.add(made)
    session.flush()
    _note(session, actor, output, made)
    return made


def change(
    session: WriteSession, actor: Actor, output: Output, statement: OutputStatement, new: Rewording, *, version: int
) -> None:
    """Put other words in their place. Raises Stale, Conflict."""
    hold(session, output)
    rules.CHANGE.require(actor, queries.on(session, output, statement.entity))
    _insist_on(session, statement, version)
    statement.text, statement.lang, statement.version = new.text, new.lang, version + 1
    statement.changed_by, statement.changed_at = actor.person, clock.now()
    _note(session, actor, output, statement)


def take_back(session: WriteSession, actor: Actor, output: Output, statement: OutputStatement, *, version: int) -> None:
    """It goes with the text no longer; that it was there stays on record. Raises Stale, Conflict."""
    hold(session, output)
    rules.CHANGE.require(actor, queries.on(session, output, statement.entity))
    _insist_on(session, statement, version)
    statement.taken_back_by, statement.taken_back_at = actor.person, clock.now()
    happened = events.StatementTakenBack(output.id, statement.id, statement.entity)
    journal.record(session, actor, happened, body=output.body_id)


def attach_position(session: WriteSession, output: Output, position: SilencePosition) -> None:
    """What a State said while silence ran goes with the text from its adoption on, as the State wrote it."""
    made = OutputStatement(
        output_id=output.id,
        entity=position.entity,
        kind=position.stance,
        text=position.text,
        lang=position.lang,
        version=1,
        put_by=position.taken_by,
        put_at=position.taken_at,
    )
    session.add(made)
    session.flush()
    _note(session, None, output, made)


def _note(session: WriteSession, actor: Actor | None, output: Output, statement: OutputStatement) -> None:
    happened = events.StatementPut(output.id, statement.id, statement.entity, statement.kind, statement.version)
    journal.record(session, actor, happened, body=output.body_id)


def _insist_on(session: WriteSession, statement: OutputStatement, version: int) -> None:
    session.refresh(statement)
    if statement.version != version or statement.taken_back_at is not None:
        raise Stale()
