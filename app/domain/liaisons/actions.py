"""Take in, register, return, hold and close liaisons; and answer them by the release of an output.

The row of a liaison is locked by who loads it, so that two secretaries who register it produce one document.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import ReadSession, WriteSession, get_locked_row, lock_row
from app.core.errors import BadRequest, Conflict, DomainError, require_version
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.core.locks import AdvisoryLock, lock_until_commit
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.addressees.models import RequestedAct
from app.domain.addressees.queries import list_addressee_rows, select_other_bodies
from app.domain.bodies.models import Body
from app.domain.contributions.inputs import SECRETARIAT_ENTITY
from app.domain.documents.actions import registration as register
from app.domain.documents.inputs import EditionContent, LanguageFile, NewDocument
from app.domain.documents.models import Document
from app.domain.files import queries as file_queries
from app.domain.liaisons import events, queries, rules
from app.domain.liaisons.inputs import LiaisonHolding, NewLiaison
from app.domain.liaisons.models import Liaison, LiaisonFile, LiaisonReply, LiaisonState
from app.domain.mandates.queries import require_action_lines, require_citable
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.organizations.models import Organization
from app.domain.outputs.actions.forwarding import LIAISON_SERIES
from app.domain.outputs.models import Output, OutputKind
from app.domain.outputs.queries.forwarding import find_forwarding_of_document
from app.domain.outputs.queries.translations import list_released_texts
from app.domain.silence.actions import draft_texts
from app.domain.topics.queries import require_choosable_topics

ONE_WEEK = timedelta(days=7)


def take_in_liaison(session: WriteSession, actor: Actor, body: Body, new: NewLiaison, file: LanguageFile) -> Liaison:
    """Take in a liaison with its text in the language of its subject. Raises BadRequest for a party that is not in the
    register or has ended, and for an output, a topic or a mandate that cannot be chosen."""
    rules.TAKE_IN.require(actor, rules.LiaisonRuleSubject(body.id))
    organization, sender = _find_party(session, actor, body, new.party)
    if new.answers and new.answers not in {each.id for each in queries.list_outputs_to_answer(session, actor, body.id)}:
        raise BadRequest(_("Select a released liaison statement of this group."))
    liaison = Liaison(
        body_id=body.id,
        organization=organization,
        sender_body_id=sender,
        symbol=new.symbol or "",
        subject=new.subject,
        original=new.original,
        topics=require_choosable_topics(session, new.topics),
        mandates=require_citable(session, new.mandates),
        action_lines=require_action_lines(session, new.action_lines),
        wants=new.wants,
        reply_by=new.reply_by,
        answers=new.answers,
        received_at=clock.now(),
    )
    store_received_liaison(session, actor, liaison, [file])
    return liaison


def store_received_liaison(
    session: WriteSession, actor: Actor | None, liaison: Liaison, files: Sequence[LanguageFile]
) -> None:
    """Store a liaison that was received, with its files, that in its own language first. The caller has checked the
    right of the actor, or of the organization whose program sent it, if there is no actor."""
    session.add(liaison)
    session.flush()
    for file in files:
        _store_file(session, liaison, file)
    original, *others = files
    journal.record_event(session, actor, events.LiaisonReceived(liaison.id, original.sha256), body=liaison.body_id)
    for file in others:
        event = events.LiaisonFileAdded(liaison.id, file.language, file.sha256)
        journal.record_event(session, actor, event, body=liaison.body_id)


def open_liaison_of_document(session: WriteSession, document_id: UUID) -> Liaison | None:
    """Open the liaison that a document is, which a body made of the liaison statement of another one: it is registered,
    asks what the statement asks of the body, and replies to what the statement answers. An act of the system.

    Idempotent; None if the document is no such one, or is a liaison already.
    """
    document = get_locked_row(session, Document, document_id)
    found = find_forwarding_of_document(session, document)
    if found is None or queries.find_liaison_of_document(session, document):
        return None
    forwarding, output = found
    addressee = next((row for row in list_addressee_rows(session, output) if row.body_id == document.body_id), None)
    if addressee is None or output.kind != OutputKind.LIAISON_STATEMENT:
        return None
    liaison = Liaison(
        body_id=document.body_id,
        sender_body_id=output.body_id,
        symbol=output.symbol or "",
        subject=output.titles[output.original],
        original=output.original,
        topics=list(document.topics),
        mandates=list(document.mandates),
        action_lines=list(document.action_lines),
        wants=addressee.wants,
        reply_by=addressee.reply_by,
        answers=queries.find_output_answered_by(session, addressee, document.body_id),
        received_at=forwarding.forwarded_at,
        state=LiaisonState.REGISTERED,
        document_id=document.id,
    )
    session.add(liaison)
    session.flush()
    for text in list_released_texts(session, output):
        _store_file(session, liaison, LanguageFile(*(getattr(text, name) for name in LanguageFile.__slots__)))
    event = events.LiaisonRegistered(liaison.id, document.id, forwarding.meeting_id)
    journal.record_event(session, None, event, body=liaison.body_id)
    return liaison


def _find_party(session: ReadSession, actor: Actor, body: Body, code: str) -> tuple[str | None, UUID | None]:
    """Return the code of an organization in force, or the id of another body that the actor knows of. Raises BadRequest
    for anything else."""
    organization, today = session.get(Organization, code), clock.now().date()
    if organization and (organization.until_on is None or organization.until_on >= today):
        return code, None
    sender = session.scalar(select_other_bodies(actor, body.id).where(Body.code == code))
    if sender is None:
        raise BadRequest(_("Select a sender from the register of organizations, or another group."))
    return None, sender.id


def add_liaison_file(session: WriteSession, actor: Actor, liaison: Liaison, file: LanguageFile) -> None:
    """Add the text of a received liaison in another language. Raises Conflict if it has one in that language."""
    rules.ADD_FILE.require(actor, queries.get_liaison_rule_subject(session, liaison))
    if session.get(LiaisonFile, (liaison.id, file.language)):
        raise Conflict(_("There is already a file in this language. What a sender sent is not replaced."))
    _store_file(session, liaison, file)
    liaison.version += 1
    event = events.LiaisonFileAdded(liaison.id, file.language, file.sha256)
    journal.record_event(session, actor, event, body=liaison.body_id)


def _store_file(session: WriteSession, liaison: Liaison, file: LanguageFile) -> None:
    session.add(LiaisonFile(liaison_id=liaison.id, **{name: getattr(file, name) for name in LanguageFile.__slots__}))


def register_liaison(
    session: WriteSession, actor: Actor, liaison: Liaison, meeting_id: UUID, *, version: int
) -> Document:
    """Register a received liaison as a sealed document of a meeting of its body. Raises Stale; BadRequest if the
    meeting is over, not convened or of another body; Conflict if a file is infected or was not scanned yet."""
    rules.REGISTER.require(actor, queries.get_liaison_rule_subject(session, liaison))
    require_version(liaison.version, version)
    meeting = _get_meeting(session, actor, liaison.body_id, meeting_id)
    return _register_at(session, actor, liaison, meeting)


def register_liaisons(
    session: WriteSession, actor: Actor, body: Body, meeting_id: UUID, versions: Mapping[UUID, int]
) -> int:
    """Register each of these received liaisons at a meeting, at the version that the actor saw, in the order in which
    they were received; return how many were registered. Each is decided separately: one that cannot be registered takes
    no number and does not stop the others. Raises Forbidden; BadRequest for the meeting, as `register_liaison` does."""
    rules.REGISTER.require(actor, rules.LiaisonRuleSubject(body.id, LiaisonState.RECEIVED))
    meeting = _get_meeting(session, actor, body.id, meeting_id)
    lock_until_commit(session, AdvisoryLock.BULK_REGISTRATION)
    registered = 0
    for liaison in queries.list_liaisons_to_register(session, actor, body.id, versions, lock=True):
        try:
            with journal.savepoint(session):
                require_version(liaison.version, versions[liaison.id])
                _register_at(session, actor, liaison, meeting)
        except DomainError:
            continue
        registered += 1
    return registered


def _get_meeting(session: ReadSession, actor: Actor, body_id: UUID, meeting_id: UUID) -> Meeting:
    """Return the meeting at which liaisons of a body are registered. Raises BadRequest for any other."""
    for meeting in meetings.list_upcoming_meetings(session, actor, body_id):
        if meeting.id == meeting_id:
            return meeting
    raise BadRequest(_("Select a meeting of this group that has been convened and is not over."))


def _register_at(session: WriteSession, actor: Actor, liaison: Liaison, meeting: Meeting) -> Document:
    document = register.register_document(session, actor, _build_document(session, liaison, str(meeting.number)))
    liaison.document_id = document.id
    _move(liaison, "register")
    event = events.LiaisonRegistered(liaison.id, document.id, meeting.id)
    journal.record_event(session, actor, event, body=liaison.body_id)
    return document


def _build_document(session: ReadSession, liaison: Liaison, scope: str) -> NewDocument:
    """Build the document that a liaison becomes. Its files must have passed the virus scan."""
    files = queries.list_liaison_files(session, liaison)
    file_queries.require_clean_scans(session, [file.sha256 for file in files])
    return NewDocument(
        body_id=liaison.body_id,
        series=LIAISON_SERIES,
        scope=scope,
        kind=OutputKind.LIAISON_STATEMENT,
        entity=liaison.organization or SECRETARIAT_ENTITY,
        text=EditionContent(
            original=liaison.original,
            titles={liaison.original: liaison.subject},
            topics=tuple(liaison.topics),
            mandates=tuple(liaison.mandates),
            action_lines=tuple(liaison.action_lines),
            files=tuple(LanguageFile(*(getattr(file, name) for name in LanguageFile.__slots__)) for file in files),
        ),
        sealed=True,
    )


def return_liaison(
    session: WriteSession, actor: Actor, liaison: Liaison, because: ReasonInput, *, version: int
) -> None:
    """Return a received liaison to its sender with a reason; delegations never see it. Raises Stale."""
    rules.RETURN.require(actor, queries.get_liaison_rule_subject(session, liaison))
    require_version(liaison.version, version)
    liaison.because = because.reason
    _move(liaison, "return")
    journal.record_event(session, actor, events.LiaisonReturned(liaison.id), body=liaison.body_id)


def hold_liaison(
    session: WriteSession, actor: Actor, liaison: Liaison, holding: LiaisonHolding, *, version: int
) -> None:
    """Give a liaison to a person with a seat in the body, who prepares the reply until a day. Raises Stale;
    Conflict for another person, BadRequest for a day in the past."""
    rules.HOLD.require(actor, queries.get_liaison_rule_subject(session, liaison))
    require_version(liaison.version, version)
    if queries.find_holder(session, liaison.body_id, holding.holder) is None:
        raise Conflict(_("Select a person who has a role in this group."))
    if holding.until < clock.now().date():
        raise BadRequest(_("“Until” is a day in the past. Enter a later day."))
    event = events.LiaisonHeld(liaison.id, holding.holder, holding.until, liaison.held_until)
    liaison.holder_id, liaison.held_until = holding.holder, holding.until
    liaison.version += 1
    journal.record_event(session, actor, event, body=liaison.body_id)


def close_liaison(session: WriteSession, actor: Actor, liaison: Liaison, because: ReasonInput, *, version: int) -> None:
    """Decide that a liaison needs no answer, with a reason. Raises Stale."""
    rules.CLOSE.require(actor, queries.get_liaison_rule_subject(session, liaison))
    require_version(liaison.version, version)
    liaison.because = because.reason
    _move(liaison, "close")
    journal.record_event(session, actor, events.LiaisonClosed(liaison.id), body=liaison.body_id)


def choose_reply(session: WriteSession, actor: Actor, liaison: Liaison, output: Output) -> None:
    """Make a draft output the reply to a liaison: the row of its sender among the addressees names the liaison, and the
    release answers it. Raises NotFound if both are of different bodies, BadRequest if the sender has ended."""
    lock_row(session, output)
    rules.CHOOSE_REPLY.require(actor, queries.get_reply_rule_subject(session, liaison, output))
    draft_texts.change_draft_reply(session, actor, output, rules.address_sender(liaison, liaison.id))
    journal.record_event(session, actor, events.LiaisonReplyChosen(liaison.id, output.id), body=liaison.body_id)


def remove_reply(session: WriteSession, actor: Actor, liaison: Liaison, output: Output) -> None:
    """Let a draft output be no reply to a liaison any more. Raises NotFound if both are of different bodies."""
    lock_row(session, output)
    rules.REMOVE_REPLY.require(actor, queries.get_reply_rule_subject(session, liaison, output))
    earlier = session.get(LiaisonReply, output.id)
    if earlier is not None and earlier.liaison_id == liaison.id:
        session.delete(earlier)
    if any(row.in_reply_to == liaison.id for row in list_addressee_rows(session, output)):
        draft_texts.change_draft_reply(session, actor, output, rules.address_sender(liaison, None))
    journal.record_event(session, actor, events.LiaisonReplyRemoved(liaison.id, output.id), body=liaison.body_id)


def answer_liaisons(session: WriteSession, output_id: UUID) -> int:
    """Mark the liaisons to which a released output replies as answered, as an act of the system; returns the number of
    those that were open. Repeated, it does nothing."""
    answered = 0
    for liaison in queries.list_liaisons_in_reply_to(session, session.get_one(Output, output_id)):
        lock_row(session, liaison)
        if liaison.state != LiaisonState.REGISTERED:
            continue
        liaison.reply_id = output_id
        _move(liaison, "answer")
        journal.record_event(session, None, events.LiaisonAnswered(liaison.id, output_id), body=liaison.body_id)
        answered += 1
    return answered


def withdraw_liaison(session: WriteSession, liaison: Liaison) -> None:
    """Mark a liaison as withdrawn by its sender, as an act of the system: nothing is removed, and what it asked of the
    body is no longer asked. One that is not registered yet is never shown to delegations. Repeated, it does nothing."""
    lock_row(session, liaison)
    if liaison.withdrawn_at is not None:
        return
    liaison.withdrawn_at = clock.now()
    if liaison.state == LiaisonState.RECEIVED or liaison.wants != RequestedAct.INFORMATION:
        liaison.state = rules.STATES_AFTER_WITHDRAWAL.get(liaison.state, LiaisonState(liaison.state))
    liaison.version += 1
    journal.record_event(session, None, events.LiaisonWithdrawn(liaison.id), body=liaison.body_id)


def note_overdue_liaisons(session: WriteSession) -> int:
    """Record once a week that a liaison is overdue, so that chair and secretariat are notified; returns the number."""
    noted = 0
    for liaison in queries.list_overdue_liaisons(session):
        last = select(JournalLine.seq).where(
            JournalLine.event == events.LiaisonOverdue.name,
            JournalLine.facts.contains({"liaison": str(liaison.id)}),
            JournalLine.at > clock.now() - ONE_WEEK,
        )
        if session.scalar(last.limit(1)) is None:
            journal.record_event(session, None, events.LiaisonOverdue(liaison.id), body=liaison.body_id)
            noted += 1
    return noted


def _move(liaison: Liaison, move: str) -> None:
    """Carry out a move of the table, which the permission has checked."""
    before, liaison.state = rules.MOVES[move]
    assert before != liaison.state
    liaison.version += 1
