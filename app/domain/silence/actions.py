"""Open silence procedures, take positions of States in them, extend their deadline, and end them.

Every change locks the row of the procedure until the commit and reads the clock only then: a position that comes before
the deadline is counted by the end, a later one finds the procedure ended.
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
    """Open a silence procedure on exactly this text, addressed to every Member State of the body.

    Raises Conflict if the text was changed since, BadRequest if the deadline is too early.
    """
    hold(session, output)
    settle(session, output.id)  # end the last procedure first, if it is due
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
    procedure = SilenceProcedure(
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
    session.add(procedure)
    session.flush()
    for file in files:
        session.add(
            SilenceText(
                procedure_id=procedure.id,
                language=file.language,
                sha256=file.sha256,
                size=file.size,
                media=file.media,
                name=file.name,
            )
        )
    event = events.SilenceOpened(output.id, procedure.id, new.text, _format_utc(until))
    journal.record(session, actor, event, body=output.body_id)
    return procedure


def extend(session: WriteSession, actor: Actor, procedure: SilenceProcedure, new: Extension, *, version: int) -> None:
    """Extend the deadline of a procedure before it is reached.

    Raises Stale if `version` is not the current one, BadRequest if the extension is too short or too long.
    """
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
    event = events.SilenceExtended(output.id, procedure.id, _format_utc(until))
    journal.record(session, actor, event, body=procedure.body_id)


def take(
    session: WriteSession, actor: Actor, procedure: SilenceProcedure, new: NewPosition, *, version: int
) -> SilencePosition:
    """Take the position of the actor's State, or change it. Breaking silence ends the procedure.

    Raises Stale if `version` is not that of the current position, 0 if there is none.
    """
    hold(session, procedure)
    rules.TAKE.require(actor, queries.on_procedure(session, procedure, actor.entity))
    previous = queries.position(session, procedure, actor.entity)
    if version != (previous.version if previous else 0):
        raise Stale()
    position = previous or SilencePosition(procedure_id=procedure.id, entity=actor.entity)
    position.stance, position.text, position.lang, position.version = new.stance, new.text, new.lang, version + 1
    position.paragraph = new.paragraph or "" if new.stance == Stance.BREAKS else ""
    position.taken_by, position.taken_at = actor.person, clock.now()
    session.add(position)
    output = procedure.output_id
    receipt = attesting.of_position(session, actor, procedure, position, sign=hand(session)).digest
    event = events.StanceTaken(output, procedure.id, actor.entity, position.stance, position.version, receipt)
    journal.record(session, actor, event, body=procedure.body_id)
    if position.stance == Stance.BREAKS:
        procedure.course, procedure.ended_at = Course.BROKEN, position.taken_at
        broken_event = events.SilenceBroken(output, procedure.id, actor.entity)
        journal.record(session, actor, broken_event, body=procedure.body_id)
    return position


def settle(session: WriteSession, output: UUID) -> bool:
    """End the open procedure on an output if it is due or void. Idempotent; returns whether it ended now.

    The text is adopted if the deadline is reached and no State broke silence. The procedure is void if the text is not
    the one that was addressed to the States, or if its meeting was cancelled. The system acts, so no permission is
    required. Rows are locked in the order output, procedure.
    """
    locked_output = (
        select(Output).where(Output.id == output).with_for_update().execution_options(populate_existing=True)
    )
    row = session.scalars(locked_output).one()
    running = select(SilenceProcedure).where(
        SilenceProcedure.output_id == output, SilenceProcedure.course == Course.OPEN
    )
    procedure = session.scalar(running.with_for_update().execution_options(populate_existing=True))
    if procedure is None:
        return False
    if void_reason := queries.why_void(session, procedure, row):
        procedure.course, procedure.void_because, procedure.ended_at = Course.VOID, void_reason, clock.now()
        journal.record(session, None, events.SilenceVoided(output, procedure.id, void_reason), body=procedure.body_id)
        session.flush()
        return True
    if clock.now() < procedure.until:
        return False
    _adopt(session, row, procedure)
    return True


def _adopt(session: WriteSession, output: Output, procedure: SilenceProcedure) -> None:
    """Adopt the output by silence. The chair who opened the procedure counts as the adopter: two others approve the
    release."""
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
    event = events.SilenceKept(output.id, procedure.id, procedure.text_digest)
    journal.record(session, None, event, body=procedure.body_id)
    session.flush()
    for position in queries.positions(session, procedure):
        if position.stance in list(Kind):
            stating.attach_position(session, output, position)


def _format_utc(instant: datetime) -> str:
    """Format an instant in UTC (ISO 8601)."""
    return instant.astimezone(UTC).isoformat()
