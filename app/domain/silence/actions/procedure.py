"""Open silence procedures, take positions of States in them, extend their deadline, and end them.

Every change locks the row of the procedure until the commit and reads the clock only then: a position that comes before
the deadline is counted by the end, a later one finds the procedure ended.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import WriteSession, add_row_lock, get_locked_row, lock_row
from app.core.errors import BadRequest, Conflict, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.files import queries as file_queries
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs as texts
from app.domain.silence import events, queries, rules
from app.domain.silence.actions import receipts, statements
from app.domain.silence.inputs import DeadlineExtension, NewSilencePosition, NewSilenceProcedure
from app.domain.silence.models import (
    SilenceExtension,
    SilencePosition,
    SilencePositionKind,
    SilenceProcedure,
    SilenceStatus,
    SilenceText,
    StatementKind,
)


def open_procedure(session: WriteSession, actor: Actor, output: Output, new: NewSilenceProcedure) -> SilenceProcedure:
    """Open a silence procedure on exactly this text, addressed to every Member State of the body.

    Raises Conflict if the text was changed since, BadRequest if the deadline is too early.
    """
    lock_row(session, output)
    settle_procedure(session, output.id)  # end the last procedure first, if it is due
    rules.OPEN_PROCEDURE.require(actor, queries.get_silence_rule_subject(session, output))
    if new.text != texts.compute_text_digest(session, output):
        raise Conflict(
            _("The text was changed after you opened this page. Read it again before you put it before the States.")
        )
    files = texts.list_output_files(session, output)
    file_queries.require_clean_scans(session, [file.sha256 for file in files])
    body, zone = session.get_one(Body, output.body_id), session.get_one(Meeting, output.meeting_id).zone
    until, moment = new.instant_in_zone(zone), clock.now()
    if until < moment + timedelta(hours=body.silence_hours):
        raise BadRequest(_("Silence runs for at least %(hours)s hours in this group.", hours=body.silence_hours))
    output.sponsored_by = texts.list_sponsors_of_output(session, output)
    procedure = SilenceProcedure(
        output_id=output.id,
        body_id=output.body_id,
        kind=output.kind,
        titles=dict(output.titles),
        original=output.original,
        for_public=output.for_public,
        text_digest=new.text,
        addressees=queries.list_addressed_member_states(session, output.body_id),
        opened_by=actor.person,
        opened_at=moment,
        until=until,
        version=1,
        course=SilenceStatus.OPEN,
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
    journal.record_event(session, actor, event, body=output.body_id)
    return procedure


def extend_deadline(
    session: WriteSession, actor: Actor, procedure: SilenceProcedure, new: DeadlineExtension, *, version: int
) -> None:
    """Extend the deadline of a procedure before it is reached.

    Raises Stale if `version` is not the current one, BadRequest if the extension is too short or too long.
    """
    lock_row(session, procedure)
    rules.EXTEND_DEADLINE.require(actor, queries.get_procedure_rule_subject(session, procedure))
    require_version(procedure.version, version)
    output, body = session.get_one(Output, procedure.output_id), session.get_one(Body, procedure.body_id)
    until = new.instant_in_zone(session.get_one(Meeting, output.meeting_id).zone)
    longest = timedelta(hours=body.silence_extension_hours)
    if not rules.MIN_EXTENSION <= until - procedure.until <= longest:
        raise BadRequest(
            _(
                "An extension is for at least %(least)s and at most %(most)s hours after the deadline that holds.",
                least=int(rules.MIN_EXTENSION / timedelta(hours=1)),
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
    journal.record_event(session, actor, event, body=procedure.body_id)


def take_position(
    session: WriteSession, actor: Actor, procedure: SilenceProcedure, new: NewSilencePosition, *, version: int
) -> SilencePosition:
    """Take the position of the actor's State, or change it. Breaking silence ends the procedure.

    Raises Stale if `version` is not that of the current position, 0 if there is none.
    """
    lock_row(session, procedure)
    rules.TAKE_POSITION.require(actor, queries.get_procedure_rule_subject(session, procedure, actor.entity))
    previous = queries.find_position(session, procedure, actor.entity)
    require_version(previous.version if previous else 0, version)
    position = previous or SilencePosition(procedure_id=procedure.id, entity=actor.entity)
    position.stance, position.text, position.lang, position.version = new.stance, new.text, new.lang, version + 1
    position.paragraph = new.paragraph or "" if new.stance == SilencePositionKind.BREAKS_SILENCE else ""
    position.taken_by, position.taken_at = actor.person, clock.now()
    session.add(position)
    output = procedure.output_id
    receipt = receipts.issue_position_receipt(session, actor, procedure, position).digest
    event = events.StanceTaken(output, procedure.id, actor.entity, position.stance, position.version, receipt)
    journal.record_event(session, actor, event, body=procedure.body_id)
    if position.stance == SilencePositionKind.BREAKS_SILENCE:
        procedure.course, procedure.ended_at = SilenceStatus.BROKEN, position.taken_at
        broken_event = events.SilenceBroken(output, procedure.id, actor.entity)
        journal.record_event(session, actor, broken_event, body=procedure.body_id)
    return position


def settle_procedure(session: WriteSession, output_id: UUID) -> bool:
    """End the open procedure on an output if it is due or void. Idempotent; returns whether it ended now.

    The text is adopted if the deadline is reached and no State broke silence. The procedure is void if the text is not
    the one that was addressed to the States, or if its meeting was cancelled. The system acts, so no permission is
    required. Rows are locked in the order output, procedure.
    """
    row = get_locked_row(session, Output, output_id)
    running = select(SilenceProcedure).where(
        SilenceProcedure.output_id == output_id, SilenceProcedure.course == SilenceStatus.OPEN
    )
    procedure = session.scalar(add_row_lock(running))
    if procedure is None:
        return False
    if void_reason := queries.find_void_reason(session, procedure, row):
        procedure.course, procedure.void_because, procedure.ended_at = SilenceStatus.VOID, void_reason, clock.now()
        journal.record_event(
            session, None, events.SilenceVoided(output_id, procedure.id, void_reason), body=procedure.body_id
        )
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
    outputs.adopt_output_by_silence(
        session,
        output,
        digest=procedure.text_digest,
        opened_by=procedure.opened_by,
        adopted_at=procedure.until,
        adopted_on=procedure.until.astimezone(zone).date(),
    )
    procedure.course, procedure.ended_at = SilenceStatus.ADOPTED, clock.now()
    event = events.SilenceKept(output.id, procedure.id, procedure.text_digest)
    journal.record_event(session, None, event, body=procedure.body_id)
    session.flush()
    for position in queries.list_positions(session, procedure):
        if position.stance in list(StatementKind):
            statements.attach_position_as_statement(session, output, position)


def _format_utc(instant: datetime) -> str:
    """Format an instant in UTC (ISO 8601)."""
    return instant.astimezone(UTC).isoformat()
