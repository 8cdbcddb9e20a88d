"""From a draft text to the moment it is let out. Adoption and approvals bind to an exact text."""

from datetime import date, datetime
from uuid import UUID

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict, Forbidden, Unacceptable, Unknown
from app.core.i18n import say
from app.domain.documents import actions as register
from app.domain.documents import queries as documents
from app.domain.documents.inputs import FileOf
from app.domain.meetings.models import Meeting
from app.domain.outputs import attesting, events, queries, rules
from app.domain.outputs.inputs import Adoption, Cover
from app.domain.outputs.models import Approval, Output, OutputDecision, OutputFile, OutputSource, Status, Way
from app.domain.outputs.rules import Case
from app.domain.receipts.actions import hand
from app.domain.scans import queries as scans

SERIES = "OUT"


def draft(session: WriteSession, actor: Actor, meeting: Meeting, cover: Cover) -> Output:
    """Begin a text of the body, on behalf of a meeting."""
    rules.DRAFT.require(actor, Case(meeting.body_id, life=meeting.life))
    made = Output(
        body_id=meeting.body_id,
        meeting_id=meeting.id,
        kind=cover.kind,
        status=Status.DRAFT,
        version=1,
        titles=dict(cover.titles),
        original=cover.original,
        for_action=list(cover.for_action),
        for_information=list(cover.for_information),
        reply_by=cover.reply_by,
        for_public=cover.for_public,
        drafted_by=actor.person,
        drafted_at=clock.now(),
    )
    session.add(made)
    session.flush()
    _put_sources(session, actor, made, cover)
    journal.record(session, actor, events.OutputDrafted(made.id), body=made.body_id)
    return made


def change(session: WriteSession, actor: Actor, output: Output, cover: Cover, *, version: int) -> None:
    """Change kind, titles, sources and addressees of a draft. A save that was made on an older version is refused."""
    rules.EDIT.require(actor, queries.case(session, output))
    if output.version != version:
        raise Conflict(
            say("Somebody changed this draft meanwhile. Look at it as it is now, then make your change again.")
        )
    _insist_on_own_sources(session, actor, output, cover)
    output.kind, output.original, output.titles = cover.kind, cover.original, dict(cover.titles)
    output.for_action, output.for_information = list(cover.for_action), list(cover.for_information)
    output.reply_by, output.for_public = cover.reply_by, cover.for_public
    for table in (OutputSource, OutputDecision):
        for source in session.query(table).filter_by(output_id=output.id):
            session.delete(source)
    session.flush()
    _put_sources(session, actor, output, cover)
    _changed(session, actor, output)


def _insist_on_own_sources(session: WriteSession, actor: Actor, output: Output, cover: Cover) -> None:
    """Nobody takes out what their own State sponsored, to decide alone then. Raises Forbidden."""
    taken_out = {source.id for source in queries.sources(session, output)} - cover.sources
    if actor.entity in queries.sponsors_of(session, taken_out):
        raise Forbidden(
            say("Your own State sponsored a document that you took out of the sources. Somebody else takes it out.")
        )


def _put_sources(session: WriteSession, actor: Actor, output: Output, cover: Cover) -> None:
    for source in cover.sources:
        try:
            document = documents.one_visible(session, actor, source)
        except Unknown:
            raise Unacceptable(
                say("A document that you chose is not there any more. Choose the sources again.")
            ) from None
        if document.body_id != output.body_id:
            raise Unacceptable(say("Sources are documents of the same body."))
        session.add(OutputSource(output_id=output.id, document_id=document.id))
    for wanted in cover.decisions:
        if queries.body_of_decision(session, wanted) != output.body_id:
            raise Unacceptable(say("Sources are decisions of the same body."))
        session.add(OutputDecision(output_id=output.id, decision_id=wanted))


def _changed(session: WriteSession, actor: Actor, output: Output) -> None:
    output.version += 1
    journal.record(session, actor, events.OutputChanged(output.id, output.version), body=output.body_id)


def put_file(session: WriteSession, actor: Actor, output: Output, file: FileOf) -> None:
    """Add the text of one language to a draft, or replace it."""
    rules.EDIT.require(actor, queries.case(session, output))
    there = session.get(OutputFile, (output.id, file.language)) or OutputFile(
        output_id=output.id, language=file.language
    )
    there.sha256, there.size, there.media = file.sha256, file.size, file.media
    there.name, there.findings = file.name, file.findings
    session.add(there)
    output.version += 1
    happened = events.OutputFileReceived(output.id, file.language, file.sha256)
    journal.record(session, actor, happened, body=output.body_id)


def remove_file(session: WriteSession, actor: Actor, output: Output, language: str) -> None:
    """Take the text of one language out of a draft."""
    rules.EDIT.require(actor, queries.case(session, output))
    session.delete(queries.one_file(session, output, language))
    output.version += 1
    journal.record(session, actor, events.OutputFileRemoved(output.id, language), body=output.body_id)


def adopt(session: WriteSession, actor: Actor, output: Output, adoption: Adoption) -> None:
    """Record that the meeting adopted exactly the text whose digest the chair saw. It takes its symbol now."""
    rules.ADOPT.require(actor, queries.case(session, output))
    digest = queries.text_digest(session, output)
    if adoption.text != digest:
        raise Conflict(
            say("The text was changed after you opened this page. Read it again before you record its adoption.")
        )
    scans.insist_on_checked(session, [file.sha256 for file in queries.files(session, output)])
    meeting = session.get_one(Meeting, output.meeting_id)
    if not meeting.opens_on <= adoption.adopted_on <= clock.now().date():
        raise Unacceptable(say("A text is adopted on a day of the meeting or later, and not in the future."))
    output.adopted_how, output.adopted_on = Way.MEETING, adoption.adopted_on
    output.adopted_by, output.adopted_at = actor.person, clock.now()
    _adopted(session, actor, output, meeting, digest)


def adopt_by_silence(
    session: WriteSession, output: Output, *, text: str, opened_by: UUID, at: datetime, on: date
) -> None:
    """Nobody broke the silence on exactly this text. The house acts, on what `opened_by` began."""
    output.adopted_how, output.adopted_on = Way.SILENCE, on
    output.adopted_by, output.adopted_at = opened_by, at
    _adopted(session, None, output, session.get_one(Meeting, output.meeting_id), text)


def _adopted(session: WriteSession, actor: Actor | None, output: Output, meeting: Meeting, digest: str) -> None:
    """It takes its symbol, and is bound to that text."""
    series = register.one_series(session, output.body_id, SERIES)
    output.number = register.take_number(session, series, str(meeting.number))
    output.symbol = register.symbol(session, series, str(meeting.number), output.number)
    output.status, output.text_digest = Status.ADOPTED, digest
    assert output.adopted_at
    receipt = attesting.of_adoption(session, actor, output, output.adopted_at, sign=hand(session))
    happened = events.OutputAdopted(output.id, output.symbol, digest, receipt.digest)
    journal.record(session, actor, happened, body=output.body_id)


def approve(session: WriteSession, actor: Actor, output: Output, *, text: str) -> None:
    """Agree, as one of two different people, that exactly this text be released."""
    case = queries.case(session, output)
    rules.APPROVE.require(actor, case)
    if text != output.text_digest:
        raise Conflict(say("This is not the text that was adopted. Open the page again and read it."))
    session.add(
        Approval(
            output_id=output.id,
            person_id=actor.person,
            text_digest=text,
            capacity=" ".join(actor.capacities(output.body_id)),
            approved_at=clock.now(),
        )
    )
    complete = len(case.approvers | {actor.person}) >= rules.APPROVALS_NEEDED
    if complete:
        output.status = Status.APPROVED
    journal.record(session, actor, events.OutputApproved(output.id, text, complete), body=output.body_id)
