"""Open silence procedures, take positions of States in them, extend their deadline, and end them.

Every change locks the row of the procedure until the commit and reads the clock only then: a position that comes before
the deadline is counted by the end, a later one finds the procedure ended.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import RowLockStrength, WriteSession, add_row_lock, get_locked_row, lock_row
from app.core.errors import BadRequest, Conflict, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body, StateAct
from app.domain.bodies.queries.state_decisions import require_decision_for_state
from app.domain.bodies.rules import get_position_audience
from app.domain.files import queries as file_queries
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.models import Output, OutputFile
from app.domain.outputs.queries import outputs as texts
from app.domain.outputs.rules.texts import list_digests
from app.domain.silence import events, rules
from app.domain.silence.actions import receipts, statements
from app.domain.silence.inputs import DeadlineExtension, NewSilencePosition, NewSilenceProcedure
from app.domain.silence.models import (
    InformedState,
    OpeningChoice,
    SilenceExtension,
    SilencePosition,
    SilencePositionKind,
    SilenceProcedure,
    SilenceStatus,
    SilenceText,
    StatementKind,
)
from app.domain.silence.queries.addressees import (
    list_addressed_member_states,
    list_states_informed_later,
    list_states_to_inform,
    list_unreached_states,
)
from app.domain.silence.queries.positions import find_position, list_positions
from app.domain.silence.queries.procedures import find_void_reason, get_procedure_rule_subject, get_silence_rule_subject


class OpeningChoiceMissing(BadRequest):
    """Some States have no person who can answer, and the chair has not chosen what to do, or not with its facts."""


def open_procedure(session: WriteSession, actor: Actor, output: Output, new: NewSilenceProcedure) -> SilenceProcedure:
    """Open a silence procedure on exactly this text, addressed to every Member State of the body.

    Raises Conflict if the text, the set of States of which no person can answer, or who will see positions was changed
    since the chair saw it; BadRequest if the deadline is too early; OpeningChoiceMissing if there are such States and
    they are not dealt with.
    """
    lock_row(session, output)
    settle_procedure(session, output.id)  # end the last procedure first, if it is due
    rules.OPEN_PROCEDURE.require(actor, get_silence_rule_subject(session, output))
    files = _list_files_as_seen(session, output, new.text)
    # Its settings, on which the chair decides, stay as they are until the transaction ends.
    lock_row(session, session.get_one(Body, output.body_id), RowLockStrength.SHARE)
    moment = clock.now()
    until = _require_deadline(session, output, new, moment)
    informed = list_states_to_inform(session, output, moment)
    procedure = _build_procedure(session, output, until)
    _require_audience_as_seen(procedure, new)
    procedure.opened_by, procedure.opened_at = actor.person, moment
    _set_choice(session, procedure, new, list_unreached_states(procedure.addressees, informed))
    output.sponsored_by = texts.list_sponsors_of_output(session, output)
    session.add(procedure)
    session.flush()
    _store_texts_and_states(session, procedure, files, informed)
    event = events.SilenceOpened(output.id, procedure.id, new.text, _format_utc(until))
    journal.record_event(session, actor, event, body=output.body_id)
    if procedure.opened_despite:
        count = len(procedure.unreached or ())
        despite = events.SilenceOpenedDespite(output.id, procedure.id, procedure.opened_despite, count)
        journal.record_event(session, actor, despite, body=output.body_id)
    return procedure


def _list_files_as_seen(session: WriteSession, output: Output, digest: str) -> Sequence[OutputFile]:
    """List the files of the text that has this digest. Raises Conflict if it was changed since."""
    if digest != texts.compute_text_digest(session, output):
        raise Conflict(
            _("The text was changed after you opened this page. Read it again before you start the silence procedure.")
        )
    files = texts.list_output_files(session, output)
    file_queries.require_clean_scans(session, list_digests(files))
    return files


def _require_deadline(session: WriteSession, output: Output, new: NewSilenceProcedure, moment: datetime) -> datetime:
    """Return the deadline of a procedure that is opened at this moment. Raises BadRequest if it is too early."""
    hours, zone = session.get_one(Body, output.body_id).silence_hours, session.get_one(Meeting, output.meeting_id).zone
    until = new.instant_in_zone(zone)
    if until < moment + timedelta(hours=hours):
        raise BadRequest(_("A silence procedure lasts at least %(hours)s hours in this group.", hours=hours))
    return until


def _build_procedure(session: WriteSession, output: Output, until: datetime) -> SilenceProcedure:
    """Build the procedure on an output as it is now, with the addressees and the settings of its body."""
    return SilenceProcedure(
        output_id=output.id,
        body_id=output.body_id,
        kind=output.kind,
        titles=dict(output.titles),
        original=output.original,
        for_public=output.for_public,
        text_digest=texts.compute_text_digest(session, output),
        addressees=list_addressed_member_states(session, output.body_id),
        positions_shown_to=session.get_one(Body, output.body_id).positions_shown_to,
        until=until,
        version=1,
        course=SilenceStatus.OPEN,
    )


def _require_audience_as_seen(procedure: SilenceProcedure, new: NewSilenceProcedure) -> None:
    """Raise Conflict unless positions will be shown to those whom the chair saw on the form."""
    if new.positions_shown_to != get_position_audience(procedure.positions_shown_to):
        raise Conflict(
            _(
                "The setting for who sees positions was changed after you opened this page. Check below who sees "
                "them now."
            )
        )


def _set_choice(
    session: WriteSession, procedure: SilenceProcedure, new: NewSilenceProcedure, unreached: list[str]
) -> None:
    """Set the States of which no person can answer, and what the chair chose about them if there are any.

    Raises Conflict if they are not those that the chair saw, OpeningChoiceMissing without a choice that opens.
    """
    if new.unreached != rules.compute_digest_of_states(unreached):
        raise Conflict(
            _("The list of States that cannot respond has changed. Check the figures below, then select an option.")
        )
    procedure.unreached = unreached
    if not unreached:
        return
    if new.choice is None:
        raise OpeningChoiceMissing(_("Some States have no one accredited who can respond. Select how to proceed."))
    if new.choice == OpeningChoice.NAME_FOCAL_POINTS:
        raise OpeningChoiceMissing(_("This option does not start a procedure. Focal points must be appointed first."))
    procedure.opened_despite = new.choice
    if new.choice == OpeningChoice.OPEN_ANYWAY:
        procedure.opening_reason = new.opening_reason
        return
    meeting = session.get_one(Meeting, session.get_one(Output, procedure.output_id).meeting_id)
    if new.note_sent_on is None or new.note_sent_on > procedure.opened_at.astimezone(ZoneInfo(meeting.zone)).date():
        raise OpeningChoiceMissing(
            _("Enter the date on which the note verbale was sent. It must be sent before the procedure is started.")
        )
    procedure.note_sent_on, procedure.note_reference = new.note_sent_on, new.note_reference


def _store_texts_and_states(
    session: WriteSession,
    procedure: SilenceProcedure,
    files: Iterable[OutputFile],
    informed: Iterable[InformedState],
) -> None:
    """Store the texts that are put before the States, and the States of which somebody sees them at the opening."""
    for file in files:
        session.add(
            SilenceText(
                procedure_id=procedure.id,
                language=file.language,
                sha256=file.sha256,
                size=file.size,
                media=file.media,
                name=file.name,
                pdf=file.pdf,
                pdf_size=file.pdf_size,
            )
        )
    for state in informed:
        state.procedure_id = procedure.id
        session.add(state)


def extend_deadline(
    session: WriteSession, actor: Actor, procedure: SilenceProcedure, new: DeadlineExtension, *, version: int
) -> None:
    """Extend the deadline of a procedure before it is reached.

    Raises Stale if `version` is not the current one, BadRequest if the extension is too short or too long.
    """
    lock_row(session, procedure)
    rules.EXTEND_DEADLINE.require(actor, get_procedure_rule_subject(session, procedure))
    require_version(procedure.version, version)
    output, body = session.get_one(Output, procedure.output_id), session.get_one(Body, procedure.body_id)
    until = new.instant_in_zone(session.get_one(Meeting, output.meeting_id).zone)
    longest = timedelta(hours=body.silence_extension_hours)
    if not rules.MIN_EXTENSION <= until - procedure.until <= longest:
        raise BadRequest(
            _(
                "Enter a deadline at least %(least)s and at most %(most)s hours after the current deadline.",
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
    event = events.SilenceExtended(output.id, procedure.id, _format_utc(until), _format_utc(procedure.until))
    procedure.until, procedure.version = until, version + 1
    journal.record_event(session, actor, event, body=procedure.body_id)


def require_right_to_take_position(session: WriteSession, actor: Actor, procedure: SilenceProcedure) -> None:
    """Check that the actor may take the position of their State now. What the State has decided stays so until the
    commit.

    Raises Forbidden; Conflict if the procedure has ended; LeftToHeadOfDelegation.
    """
    rules.TAKE_POSITION.require(actor, get_procedure_rule_subject(session, procedure, actor.entity))
    require_decision_for_state(session, actor, procedure.body_id, StateAct.POSITION)


def take_position(
    session: WriteSession, actor: Actor, procedure: SilenceProcedure, new: NewSilencePosition, *, version: int
) -> SilencePosition:
    """Take the position of the actor's State, or change it. Breaking silence ends the procedure.

    Raises what `require_right_to_take_position` raises; Stale if `version` is not that of the current position, 0 if
    there is none.
    """
    lock_row(session, procedure)
    require_right_to_take_position(session, actor, procedure)
    previous = find_position(session, procedure, actor.entity)
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
        session.add_all(list_states_informed_later(session, procedure))
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
    if void_reason := find_void_reason(session, procedure, row):
        session.add_all(list_states_informed_later(session, procedure))
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
    session.add_all(list_states_informed_later(session, procedure))
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
    for position in list_positions(session, procedure):
        if position.stance in list(StatementKind):
            statements.attach_position_as_statement(session, output, position)


def _format_utc(instant: datetime) -> str:
    """Format an instant in UTC (ISO 8601)."""
    return instant.astimezone(UTC).isoformat()
