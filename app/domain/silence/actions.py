"""Opening a silence procedure, positions of States in it, a later deadline; and its end, which the house brings about.

Whoever changes a procedure holds its row until they commit, and reads the clock only then. So a position and the end
follow one another: what comes before the deadline is counted by the end, what comes after finds that it is over.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession, hold
from app.core.errors import Conflict, Stale, Unacceptable
from app.core.i18n import say
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs import actions as outputs
from app.domain.outputs import queries as texts
from app.domain.outputs.models import Output
from app.domain.receipts.actions import hand
from app.domain.scans import queries as scans
from app.domain.silence import attesting, events, queries, rules, stating
from app.domain.silence.inputs import Extension, NewPosition, Opening
from app.domain.silence.models import (
    Course,
    Kind,
    SilenceExtension,
    SilencePosition,
    SilenceProcedure,
    SilenceText,
    Stance,
)


def open_procedure(session: WriteSession, actor: Actor, output: Output, new: Opening) -> SilenceProcedure:
    """Put exactly this text before every Member State of the body. Raises Conflict, Unacceptable."""
    hold(session, output)
    settle(session, output.id)  # the last one has ended, if it is to end, before the next begins
    rules.OPEN.require(actor, queries.on(session, output))
    if new.text != texts.text_digest(session, output):
        raise Conflict(
            say("The text was changed after you opened this page. Read it again before you put it before the States.")
        )
    files = texts.files(session, output)
    scans.insist_on_checked(session, [file.sha256 for file in files])
    body, zone = session.get_one(Body, output.body_id), session.get_one(Meeting, output.meeting_id).zone
    until, moment = new.until(zone), clock.now()
    if until < moment + timedelta(hours=body.silence_hours):
        raise Unacceptable(say("Silence runs for at least %(hours)s hours in this group.", hours=body.silence_hours))
    output.sponsored_by = texts.ever_sponsored(session, output)
    made = SilenceProcedure(
        output_id=output.id,
        body_id=output.body_id,
        kind=output.kind,
        titles=dict(output.titles),
        original=output.original,
        for_public=output.for_public,
        text_digest=new.text,
        addressees=queries.member_states(session, output.body_id),
        opened_by=actor.person,
        opened_at=moment,
        until=until,
        version=1,
        course=Course.OPEN,
    )
    session.add(made)
    session.flush()
    for file in files:
        session.add(
            SilenceText(
                procedure_id=made.id,
                language=file.language,
                sha256=file.sha256,
                size=file.size,
                media=file.media,
                name=file.name,
            )
        )
    happened = events.SilenceOpened(output.id, made.id, new.text, _written(until))
    journal.record(session, actor, happened, body=output.body_id)
    return made


def extend(session: WriteSession, actor: Actor, procedure: SilenceProcedure, new: Extension, *, version: int) -> None:
    """Give it a later deadline, before the one that holds is reached. Raises Stale, Unacceptable."""
    hold(session, procedure)
    rules.EXTEND.require(actor, queries.on_procedure(session, procedure))
    if procedure.version != version:
        raise Stale()
    output, body = session.get_one(Output, procedure.output_id), session.get_one(Body, procedure.body_id)
    until = new.until(session.get_one(Meeting, output.meeting_id).zone)
    longest = timedelta(hours=body.silence_extension_hours)
    if not rules.LEAST_EXTENSION <= until - procedure.until <= longest:
        raise Unacceptable(
            say(
                "An extension is for at least %(least)s and at most %(most)s hours after the deadline that holds.",
                least=int(rules.LEAST_EXTENSION / timedelta(hours=1)),
                most=body.silence_extension_hours,
            )
        )
    session.add(
        SilenceExtension(
            procedure_id=procedure.id,
            number=procedure.version,
            was=procedure.until,
            until=until,
            reason=new.reason,
            extended_by=actor.person,
            extended_at=clock.now(),
        )
    )
    procedure.until, procedure.version = until, version + 1
    happened = events.SilenceExtended(output.id, procedure.id, _written(until))
    journal.record(session, actor, happened, body=procedure.body_id)


def take(
    session: WriteSession, actor: Actor, procedure: SilenceProcedure, new: NewPosition, *, version: int
) -> SilencePosition:
    """Take the position of the actor's own State, or another one than before. `version` is the one that was seen, 0 if
    none was. Whoever breaks silence ends the procedure. Raises Stale, Conflict.
    """
    hold(session, procedure)
    rules.TAKE.require(actor, queries.on_procedure(session, procedure, actor.entity))
    there = queries.position(session, procedure, actor.entity)
    if version != (there.version if there else 0):
        raise Stale()
    made = there or SilencePosition(procedure_id=procedure.id, entity=actor.entity)
    made.stance, made.text, made.lang, made.version = new.stance, new.text, new.lang, version + 1
    made.paragraph = new.paragraph or "" if new.stance == Stance.BREAKS else ""
    made.taken_by, made.taken_at = actor.person, clock.now()
    session.add(made)
    output = procedure.output_id
    receipt = attesting.of_position(session, actor, procedure, made, sign=hand(session)).digest
    happened = events.StanceTaken(output, procedure.id, actor.entity, made.stance, made.version, receipt)
    journal.record(session, actor, happened, body=procedure.body_id)
    if made.stance == Stance.BREAKS:
        procedure.course, procedure.ended_at = Course.BROKEN, made.taken_at
        broken = events.SilenceBroken(output, procedure.id, actor.entity)
        journal.record(session, actor, broken, body=procedure.body_id)
    return made


def settle(session: WriteSession, output: UUID) -> bool:
    """End the procedure that runs on an output, if it is to end: adopt the text once the deadline is reached and nobody
    has broken silence; void it if the text is not the one that was put before the States, or its meeting was cancelled.
    Run again, it does nothing; returns whether it ended it now.

    The house acts here, so nobody is asked. Locks are taken in the order output, procedure.
    """
    wanted = select(Output).where(Output.id == output).with_for_update().execution_options(populate_existing=True)
    text = session.scalars(wanted).one()
    running = select(SilenceProcedure).where(
        SilenceProcedure.output_id == output, SilenceProcedure.course == Course.OPEN
    )
    found = session.scalar(running.with_for_update().execution_options(populate_existing=True))
    if found is None:
        return False
    if because := queries.why_void(session, found, text):
        found.course, found.void_because, found.ended_at = Course.VOID, because, clock.now()
        journal.record(session, None, events.SilenceVoided(output, found.id, because), body=found.body_id)
        session.flush()
        return True
    if clock.now() < found.until:
        return False
    _adopt(session, text, found)
    return True


def _adopt(session: WriteSession, output: Output, procedure: SilenceProcedure) -> None:
    """The chair who opened the procedure counts as whoever adopted: two others approve the release."""
    zone = ZoneInfo(session.get_one(Meeting, output.meeting_id).zone)
    outputs.adopt_by_silence(
        session,
        output,
        text=procedure.text_digest,
        opened_by=procedure.opened_by,
        at=procedure.until,
        on=procedure.until.astimezone(zone).date(),
    )
    procedure.course, procedure.ended_at = Course.ADOPTED, clock.now()
    happened = events.SilenceKept(output.id, procedure.id, procedure.text_digest)
    journal.record(session, None, happened, body=procedure.body_id)
    session.flush()
    for each in queries.positions(session, procedure):
        if each.stance in list(Kind):
            stating.attach_position(session, output, each)


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
