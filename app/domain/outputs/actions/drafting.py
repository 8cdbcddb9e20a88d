"""Draft, adopt and approve outputs. Adoption and approvals are bound to the digest of an exact text."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from app.core import clock, journal
from app.core.db import RowLockStrength, WriteSession, lock_row
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.addressees.inputs import NewAddressee
from app.domain.documents.actions import registration as register
from app.domain.documents.inputs import LanguageFile
from app.domain.documents.queries import documents
from app.domain.documents.queries.series import format_symbol_in_series, get_series
from app.domain.files import queries as file_queries
from app.domain.identity.models.tables import Person
from app.domain.mandates import queries as mandate_queries
from app.domain.meetings import rules as meeting_rules
from app.domain.meetings.actions.life_cycle import note_first_act
from app.domain.meetings.models import Meeting
from app.domain.outputs import events
from app.domain.outputs.actions import receipts
from app.domain.outputs.actions.addressing import address_reply, replace_addressees
from app.domain.outputs.inputs import Adoption, OutputCover
from app.domain.outputs.models import (
    AdoptionMethod,
    Approval,
    Output,
    OutputFile,
    OutputSourceDecision,
    OutputSourceDocument,
    OutputStatus,
)
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import outputs as rules
from app.domain.outputs.rules.approvals import SIGN_IN_TO_APPROVE, ApprovalProof
from app.domain.outputs.rules.outputs import OutputRuleSubject
from app.domain.outputs.rules.texts import is_pdf_being_made, list_digests

OUTPUT_SERIES = "OUT"
PDF_BEING_MADE = _(
    "The PDF of this text is still being made, and none can be added after the adoption. Wait a few minutes, or select "
    "“Adopt without a PDF”."
)


class PdfIsBeingMade(Conflict):
    """A PDF of the text that is to be adopted is to come."""


def create_draft_output(session: WriteSession, actor: Actor, meeting: Meeting, cover: OutputCover) -> Output:
    """Create a draft output of a meeting."""
    rules.CREATE_DRAFT_OUTPUT.require(actor, OutputRuleSubject(meeting.body_id, meeting_life=meeting.life))
    output = Output(
        body_id=meeting.body_id,
        meeting_id=meeting.id,
        kind=cover.kind,
        status=OutputStatus.DRAFT,
        version=1,
        titles=dict(cover.titles),
        original=cover.original,
        for_public=cover.for_public,
        for_addressees_only=cover.for_addressees_only or None,
        **_find_citations(session, cover, ()),
        drafted_by=actor.person,
        drafted_at=clock.now(),
    )
    session.add(output)
    session.flush()
    _store_sources(session, actor, output, cover)
    replace_addressees(session, actor, output, cover)
    journal.record_event(session, actor, events.OutputDrafted(output.id), body=output.body_id)
    return output


def replace_draft_output_cover(
    session: WriteSession, actor: Actor, output: Output, cover: OutputCover, *, version: int
) -> None:
    """Replace the cover of a draft: kind, titles, sources and addressees.

    Raises Stale if `version` is not the current version, Forbidden if the actor removes a source that their own
    State sponsored, BadRequest if a source is missing or belongs to another body.
    """
    rules.CHANGE_OUTPUT.require(actor, outputs.get_output_rule_subject(session, output))
    require_version(
        output.version,
        version,
        _("Another user has changed this draft. Check the current version, then make your change again."),
    )
    _require_no_own_source_removed(session, actor, output, cover)
    output.kind, output.original, output.titles = cover.kind, cover.original, dict(cover.titles)
    output.for_action, output.for_information, output.reply_by = [], [], None
    output.for_public, output.for_addressees_only = cover.for_public, cover.for_addressees_only or None
    for name, codes in _find_citations(session, cover, output.mandates).items():
        setattr(output, name, codes)
    for table in (OutputSourceDocument, OutputSourceDecision):
        for row in session.query(table).filter_by(output_id=output.id):
            session.delete(row)
    session.flush()
    _store_sources(session, actor, output, cover)
    replace_addressees(session, actor, output, cover)
    _record_change(session, actor, output)


def change_reply_of_draft(session: WriteSession, actor: Actor, output: Output, reply: NewAddressee) -> None:
    """Change which liaison of a party a draft answers: that which `reply` names, or none. It becomes part of what is
    adopted. Raises BadRequest for a party that it cannot be addressed to."""
    rules.CHANGE_OUTPUT.require(actor, outputs.get_output_rule_subject(session, output))
    address_reply(session, actor, output, reply)
    _record_change(session, actor, output)


def _find_citations(session: WriteSession, cover: OutputCover, already_cited: Collection[str]) -> dict[str, list[str]]:
    """Return what a cover cites as columns, in the order of the register. Raises BadRequest if it cannot be cited."""
    return {
        "mandates": mandate_queries.require_citable(session, cover.mandates, already_cited=already_cited),
        "action_lines": mandate_queries.require_action_lines(session, cover.action_lines),
    }


def _require_no_own_source_removed(session: WriteSession, actor: Actor, output: Output, cover: OutputCover) -> None:
    """Raise Forbidden if the actor removes a source sponsored by their own State, which would let them decide alone."""
    removed = {source.id for source in outputs.list_source_documents(session, output)} - cover.sources
    if actor.entity in outputs.list_sponsors_of_documents(session, removed):
        raise Forbidden(
            _(
                "Your own delegation sponsored a document that you removed from the sources. Another person "
                "must remove it."
            )
        )


def _store_sources(session: WriteSession, actor: Actor, output: Output, cover: OutputCover) -> None:
    """Store the source documents and decisions of an output. Raises BadRequest if one is missing or of another body."""
    for source in cover.sources:
        try:
            document = documents.get_visible_document(session, actor, source)
        except NotFound:
            raise BadRequest(
                _("A document that you selected is no longer available. Select the sources again.")
            ) from None
        if document.body_id != output.body_id:
            raise BadRequest(_("Select only documents of the same body as sources."))
        session.add(OutputSourceDocument(output_id=output.id, document_id=document.id))
    for decision in cover.decisions:
        if outputs.find_body_of_decision(session, decision) != output.body_id:
            raise BadRequest(_("Select only decisions of the same body as sources."))
        session.add(OutputSourceDecision(output_id=output.id, decision_id=decision))


def _record_change(session: WriteSession, actor: Actor, output: Output) -> None:
    """Increase the version of the output and record the change in the journal."""
    output.version += 1
    journal.record_event(session, actor, events.OutputChanged(output.id, output.version), body=output.body_id)


def put_output_file(session: WriteSession, actor: Actor, output: Output, file: LanguageFile) -> None:
    """Add the text of one language to a draft, or replace it. Its PDF is added once it is made (`actions.pdfs`)."""
    rules.CHANGE_OUTPUT.require(actor, outputs.get_output_rule_subject(session, output))
    row = session.get(OutputFile, (output.id, file.language)) or OutputFile(output_id=output.id, language=file.language)
    row.sha256, row.size, row.media = file.sha256, file.size, file.media
    row.name, row.findings = file.name, file.findings
    row.pdf = row.pdf_size = None
    session.add(row)
    output.version += 1
    event = events.OutputFileReceived(output.id, file.language, file.sha256)
    journal.record_event(session, actor, event, body=output.body_id)


def remove_output_file(session: WriteSession, actor: Actor, output: Output, language: str) -> None:
    """Remove the text of one language from a draft. Raises NotFound if there is none."""
    rules.CHANGE_OUTPUT.require(actor, outputs.get_output_rule_subject(session, output))
    session.delete(outputs.get_output_file(session, output, language))
    output.version += 1
    journal.record_event(session, actor, events.OutputFileRemoved(output.id, language), body=output.body_id)


def adopt_output(
    session: WriteSession, actor: Actor, output: Output, adoption: Adoption, *, is_under_silence: bool = False
) -> None:
    """Record that the meeting adopted exactly the text whose digest the chair saw, and give the output its symbol.

    Raises Conflict if the text was changed since; BadRequest if the day is not one of the meeting, or in the future;
    PdfIsBeingMade if a PDF of the text is to come, and the adoption waits for it.
    """
    rules.ADOPT_OUTPUT.require(actor, outputs.get_output_rule_subject(session, output))
    digest = outputs.compute_text_digest(session, output)
    if adoption.text != digest:
        raise Conflict(
            _("The text was changed after you opened this page. Read it again before you record its adoption.")
        )
    files = outputs.list_output_files(session, output)
    file_queries.require_clean_scans(session, list_digests(files))
    meeting = session.get_one(Meeting, output.meeting_id)
    lock_row(session, meeting, RowLockStrength.NO_KEY_UPDATE)  # its beginning may be undone meanwhile
    if not meeting_rules.is_day_of_held_meeting(meeting, adoption.adopted_on):
        raise BadRequest(_("Enter one of the days of the meeting, and not a day in the future."))
    if not adoption.without_pdf and not is_under_silence:
        _require_no_pdf_being_made(session, output, files)
    note_first_act(meeting)
    output.adopted_how, output.adopted_on = AdoptionMethod.MEETING, adoption.adopted_on
    output.adopted_by, output.adopted_at = actor.person, clock.now()
    _record_adoption(session, actor, output, meeting, digest)


def _require_no_pdf_being_made(session: WriteSession, output: Output, files: Sequence[OutputFile]) -> None:
    """Raises PdfIsBeingMade if one of these files of a draft will get its PDF: none is added after the adoption."""
    renditions = file_queries.find_renditions(session, [file.sha256 for file in files])
    if any(is_pdf_being_made(file, output, renditions.get(file.sha256)) for file in files):
        raise PdfIsBeingMade(PDF_BEING_MADE)


def adopt_output_by_silence(
    session: WriteSession, output: Output, *, digest: str, opened_by: UUID, adopted_at: datetime, adopted_on: date
) -> None:
    """Adopt the output because no State broke the silence on the text with this digest.

    The system acts; the adoption is attributed to `opened_by`, who opened the procedure.
    """
    output.adopted_how, output.adopted_on = AdoptionMethod.SILENCE, adopted_on
    output.adopted_by, output.adopted_at = opened_by, adopted_at
    _record_adoption(session, None, output, session.get_one(Meeting, output.meeting_id), digest)


def _record_adoption(session: WriteSession, actor: Actor | None, output: Output, meeting: Meeting, digest: str) -> None:
    """Assign the symbol, bind the output to the digest, issue the receipt and record the adoption."""
    series = get_series(session, output.body_id, OUTPUT_SERIES)
    output.number = register.take_next_number(session, series, str(meeting.number))
    output.symbol = format_symbol_in_series(session, series, str(meeting.number), output.number)
    output.status, output.text_digest = OutputStatus.ADOPTED, digest
    assert output.adopted_at
    receipt = receipts.issue_adoption_receipt(session, actor, output, meeting, output.adopted_at)
    event = events.OutputAdopted(output.id, output.symbol, digest, receipt.digest)
    journal.record_event(session, actor, event, body=output.body_id)


def approve_release(
    session: WriteSession, actor: Actor, output: Output, *, digest: str, proof: ApprovalProof | None
) -> None:
    """Approve the release of exactly this text, as one of two different people.

    The worker verifies the proof before it releases; without one it does not. Raises Conflict if the digest is not that
    of the adopted text, or the proof is about something else.
    """
    case = outputs.get_output_rule_subject(session, output)
    rules.APPROVE_RELEASE.require(actor, case)
    if digest != output.text_digest:
        raise Conflict(_("This is not the text that was adopted. Open the page again and read it."))
    if proof and not proof.statement.is_about(output, session.get_one(Person, actor.person)):
        raise Conflict(SIGN_IN_TO_APPROVE)
    session.add(
        Approval(
            output_id=output.id,
            person_id=actor.person,
            text_digest=digest,
            capacity=" ".join(actor.capacities_in(output.body_id)),
            approved_at=clock.now(),
            id_token=proof.id_token if proof else None,
            statement=proof.statement.to_json() if proof else None,
        )
    )
    is_complete = len(case.approvers | {actor.person}) >= rules.APPROVALS_NEEDED
    if is_complete:
        output.status = OutputStatus.APPROVED
    journal.record_event(session, actor, events.OutputApproved(output.id, digest, is_complete), body=output.body_id)
