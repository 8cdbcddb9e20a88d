"""Outputs: the list, the page of one with its texts and steps, adoption and approval.

Editing a draft is in `drafts`.
"""

from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.database.combined_lists import read_together
from app.core.db import ReadSession, count_rows
from app.core.errors import Conflict, DomainError, NotFound
from app.core.i18n import LANGUAGES, LazyText
from app.domain.bodies.models import Body, Office
from app.domain.circulations import queries as circulations
from app.domain.circulations.rules import CIRCULATE_DRAFT
from app.domain.deliveries.queries import list_deliveries
from app.domain.documents.models import Document
from app.domain.files import queries as file_queries
from app.domain.identity.inputs import FilterableList
from app.domain.meetings import queries as meetings
from app.domain.meetings import rules as meeting_rules
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting as actions
from app.domain.outputs.inputs import Adoption, OutputListFilter
from app.domain.outputs.models import READABLE_STATUSES, Output, OutputKind, OutputStatus
from app.domain.outputs.queries import output_lists, outputs, translations
from app.domain.outputs.queries.approvals import list_approval_checks, list_refused_approvers
from app.domain.outputs.queries.forwarding import list_forwardings
from app.domain.outputs.queries.withdrawals import list_withdrawal_proposals
from app.domain.outputs.rules import outputs as rules
from app.domain.outputs.rules.failures import RELEASE_FAILURE_TEXTS
from app.domain.outputs.rules.outputs import OutputRuleSubject
from app.domain.receipts.queries import list_receipts
from app.domain.releases.actions.copy import slug_of_symbol
from app.domain.silence.actions import draft_texts
from app.domain.silence.models import SilenceStatus
from app.domain.silence.queries.positions import list_statements
from app.domain.silence.queries.procedures import (
    get_output_rule_subject_after_silence,
    get_silence_rule_subject,
    is_adoption_due,
)
from app.http.authentication import SignedInGuard
from app.http.downloads import UNPUBLISHED_CACHE, download_response
from app.http.labels import ADVANCE_VERSION_LABEL, KIND_LABELS, get_status_colour_and_label
from app.http.localization import Localizer
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import ListPage, PageNumber
from app.http.portal_state import PortalState
from app.web.forms.actions import submit_form, try_action
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField
from app.web.outputs.approval_sign_ins import (
    has_signed_in_to_approve,
    redirect_to_approval_sign_in,
    take_approval_proof,
)
from app.web.outputs.sole_decisions import find_allowed_sole_decision
from app.web.views.bodies.bodies import list_group_choices
from app.web.views.circulations.circulations import list_circulated_drafts, unanswered_comments_warning
from app.web.views.contributions.status import TextPair, format_meeting_name, index_meetings
from app.web.views.deliveries.deliveries import list_delivery_lines_of_output
from app.web.views.dockets.outputs import build_output_docket
from app.web.views.documents.sources import name_source
from app.web.views.documents.titles import localize_title
from app.web.views.mandates.citing import Citations, name_citations
from app.web.views.outputs import receipts
from app.web.views.outputs.addressees import list_addressee_lines, list_answered_liaisons
from app.web.views.outputs.forwarding import list_forwarded_copies
from app.web.views.outputs.languages import load_output_languages
from app.web.views.outputs.outputs import (
    LISTS_OF_OUTPUT,
    build_decision_lines,
    find_sole_decision,
    list_output_steps,
    list_release_plans,
    load_output_summary,
    load_output_text,
)
from app.web.views.outputs.pdfs import send_pdf_of_text
from app.web.views.outputs.withdrawals import load_output_withdrawal
from app.web.views.saved_filters import build_saved_filters
from app.web.views.silence.silence import load_output_silence

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

OUTPUTS_PER_PAGE = 100
MEETINGS_TO_DRAFT_FOR = 6


class AdoptionForm(BaseModel):
    """Form of an adoption as typed.

    `text` is the digest of the text that was seen, `knowing` says that there are comments without an answer,
    `without_pdf` that a PDF which is being made is not waited for.
    """

    adopted_on: str = ""
    text: str = ""
    knowing: str = ""
    without_pdf: str = ""


@router.get("/outputs", dependencies=[Depends(SignedInGuard(rules.SEE_OUTPUT))])
def show_output_list(
    context: ReadContext,
    number: PageNumber,
    filters: Annotated[OutputListFilter, Depends(FilterParameters(OutputListFilter))],
) -> Response:
    """Show the outputs of the reader's bodies, by default the latest first. Raises NotFound for a person without a
    seat."""
    if not context.actor.bodies_with_role():
        raise NotFound()
    language = context.language
    selected = output_lists.select_outputs(context.actor, filters)
    listing = FilteredList("/outputs", filters, "-date")
    page = ListPage(number, OUTPUTS_PER_PAGE, count_rows(context.session, selected))
    convened = index_meetings(meetings.list_meetings_with_bodies(context.session, context.actor))
    rows = [
        (
            row,
            localize_title(row.titles, language, row.original),
            KIND_LABELS[row.kind],
            [
                get_status_colour_and_label(row.status),
                *([ADVANCE_VERSION_LABEL] if row.still_to_come and row.status in READABLE_STATUSES else []),
            ],
            format_meeting_name(*convened[row.meeting_id]),
            _file_links(row),
        )
        for row in output_lists.list_outputs(context.session, selected, limit=page.size, offset=page.offset)
    ]
    is_beginning = number == 1 and not listing.is_filtered
    drafts = list_circulated_drafts(context.session, context.actor, context.localizer) if is_beginning else []
    return context.render(
        "web/outputs/list.html",
        rows=rows,
        page=page,
        listing=listing,
        saved=build_saved_filters(context, FilterableList.OUTPUTS, listing.query),
        groups=list_group_choices(body for _meeting, body in convened.values()),
        kinds=[(str(kind), KIND_LABELS[kind]) for kind in OutputKind],
        statuses=[(str(status), get_status_colour_and_label(status)[1]) for status in OutputStatus],
        before=drafts,
        sees_liaisons=bool(context.actor.bodies_with_role()),
        sees_deliveries=bool(context.actor.bodies_with_role(Office.SECRETARY)),
        may_draft=_list_meetings_to_draft_for(context, convened.values()),
    )


def _list_meetings_to_draft_for(
    context: ReadContext, convened: Iterable[tuple[Meeting, Body]]
) -> list[tuple[str, LazyText]]:
    """List the latest meetings of which the reader may draft an output: the page of the form, and the meeting."""
    allowed = (
        (f"/meetings/{meeting.id}/outputs/new", format_meeting_name(meeting, body))
        for meeting, body in convened
        if rules.CREATE_DRAFT_OUTPUT.allows(
            context.actor, OutputRuleSubject(meeting.body_id, meeting_life=meeting.life)
        )
    )
    return list(islice(allowed, MEETINGS_TO_DRAFT_FOR))


def _file_links(row: output_lists.OutputListRow) -> list[tuple[str, str]]:
    """Return each language with the URL of its file: as adopted, or as a released translation."""
    places = {code: f"/outputs/{row.id}/translations/{code}" for code in row.translated or ()}
    places |= {code: f"/outputs/{row.id}/files/{code}" for code in row.languages or ()}
    return [(code, places[code]) for code in LANGUAGES if code in places]


LISTS_OF_OUTPUT_PAGE = (
    outputs.list_source_documents,
    outputs.list_source_decisions,
    outputs.list_approvals,
    list_approval_checks,
    list_statements,
    list_forwardings,
    list_deliveries,
    list_withdrawal_proposals,
    circulations.list_latest_versions,
    circulations.list_counts_of_unanswered_comments,
    list_receipts,
)
"""What the page of an output reads with them."""


@router.get("/outputs/{output}", dependencies=[Depends(SignedInGuard(rules.SEE_OUTPUT))])
def show_output(context: ReadContext, output: UUID, language: str = "") -> Response:
    """Show the page of an output, with its text in this language if it is there."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    read_together(context.session, output_row, *LISTS_OF_OUTPUT, *LISTS_OF_OUTPUT_PAGE)
    formats = context.localizer
    case = outputs.get_output_rule_subject(context.session, output_row)
    is_due = is_adoption_due(context.session, output_row)
    view = load_output_summary(context.session, output_row, formats.language)
    on = get_silence_rule_subject(context.session, output_row, context.actor.entity)
    beside = load_output_silence(context.session, context.actor, output_row)
    return context.render(
        "web/outputs/show.html",
        about=view,
        shown=load_output_text(context.session, view, (language, formats.language)),
        docket=build_output_docket(
            context.actor,
            output_row,
            on,
            silence=beside.course,
            release_instant=_release_instant(context.session, output_row, formats),
            silence_ends=formats.format_due(on.deadline, view.meeting.zone) if beside.latest else None,
        ),
        steps=list_output_steps(context.session, output_row, formats),
        sources=[
            (
                source,
                localize_title(source.titles, formats.language, source.original),
                name_source(source.entity, source.at_request),
            )
            for source in outputs.list_source_documents(context.session, output_row)
        ],
        citations=_name_citations(context, output_row),
        addressees=list_addressee_lines(context.session, output_row),
        in_reply_to=list_answered_liaisons(context.session, context.actor, output_row),
        decisions=build_decision_lines(
            context.session, outputs.list_source_decisions(context.session, output_row), formats.language
        ),
        moves={} if is_due else rules.list_open_moves(context.actor, case),
        may_edit=not is_due and rules.CHANGE_OUTPUT.allows(context.actor, case),
        failure=_release_failure(output_row),
        refused_approvals=[person.name for person in list_refused_approvers(context.session, output_row)],
        released_at=_read_path_url(context.portal, output_row),
        plans=list_release_plans(context.session, output_row, formats),
        languages_of_text=load_output_languages(context.session, context.actor, output_row, formats),
        beside=beside,
        circulated=circulations.find_latest_circulated_version(context.session, output_row),
        open_comments=circulations.count_unanswered_comments(context.session, output_row.id),
        may_circulate=not is_due and CIRCULATE_DRAFT.allows(context.actor, case),
        deliveries=list_delivery_lines_of_output(context.session, context.actor, output_row, formats.language),
        forwarded=list_forwarded_copies(context.session, context.actor, output_row, formats),
        withdrawal=load_output_withdrawal(context.session, context.actor, output_row, case, formats),
        receipts=receipts.list_output_receipts(context.session, output_row.id),
        alone=find_sole_decision(context.session, output_row, formats),
        may_alone=find_allowed_sole_decision(context.actor, case),
    )


def _name_citations(context: ReadContext, output: Output) -> Citations:
    """Name what an output cites, itself or by its sources."""
    citing: list[Output | Document] = [output, *outputs.list_source_documents(context.session, output)]
    mandates = {code for each in citing for code in each.mandates}
    lines = {code for each in citing for code in each.action_lines}
    return name_citations(context.session, mandates, lines, context.language)


@router.get("/outputs/{output}/files/{language}", dependencies=[Depends(SignedInGuard(rules.SEE_OUTPUT))])
def download_output_file(context: ReadContext, output: UUID, language: str) -> Response:
    """Download the text of an output in one language."""
    output_file = outputs.get_output_file(
        context.session, outputs.get_visible_output(context.session, context.actor, output), language
    )
    file_queries.require_clean_scans(context.session, [output_file.sha256])
    return download_response(
        context.request,
        context.portal.store,
        sha256=output_file.sha256,
        media_type=output_file.media,
        name=output_file.name,
        cache_control=UNPUBLISHED_CACHE,
    )


@router.get("/outputs/{output}/files/{language}/pdf", dependencies=[Depends(SignedInGuard(rules.SEE_OUTPUT))])
def download_output_pdf(context: ReadContext, output: UUID, language: str) -> Response:
    """Download the PDF that is part of the text of an output in one language."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    return send_pdf_of_text(context, outputs.get_output_file(context.session, output_row, language))


@router.get("/outputs/{output}/adopt", dependencies=[Depends(SignedInGuard(rules.ADOPT_OUTPUT))])
def show_adoption_form(context: ReadContext, output: UUID, language: str = "") -> Response:
    """Show the form that records the adoption, after the text, in this language if it is there."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.ADOPT_OUTPUT.require(context.actor, get_output_rule_subject_after_silence(context.session, output_row))
    meeting = context.session.get_one(Meeting, output_row.meeting_id)
    form = AdoptionForm(adopted_on=meeting_rules.get_latest_day_of_held_meeting(meeting).isoformat())
    return _render_confirmation(context, output_row, "adopt", prefill_form(form), language=language)


@router.post("/outputs/{output}/adopt", dependencies=[Depends(SignedInGuard(rules.ADOPT_OUTPUT))])
def adopt_output(context: WriteContext, output: UUID, form: Annotated[AdoptionForm, Form()]) -> Response:
    """Record the adoption of exactly the text that was seen."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.ADOPT_OUTPUT.require(context.actor, get_output_rule_subject_after_silence(context.session, output_row))

    def adopt(adoption: Adoption) -> None:
        if unknown := unanswered_comments_warning(context.session, output_row, form.knowing):
            raise Conflict(unknown)
        draft_texts.adopt_draft(context.session, context.actor, output_row, adoption)

    return submit_form(
        context,
        Adoption,
        form.model_dump(exclude={"knowing"}),
        action=adopt,
        render=partial(_render_confirmation, context, output_row, "adopt"),
        done=f"/outputs/{output_row.id}?done=adopted",
    )


@router.get("/outputs/{output}/approve", dependencies=[Depends(SignedInGuard(rules.APPROVE_RELEASE))])
def show_approval_form(context: ReadContext, output: UUID, language: str = "") -> Response:
    """Show the form that approves the release, after the text, in this language if it is there."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.APPROVE_RELEASE.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))
    return _render_confirmation(context, output_row, "approve", prefill_form(AdoptionForm()), language=language)


@router.get("/outputs/{output}/approve/sign-in", dependencies=[Depends(SignedInGuard(rules.APPROVE_RELEASE))])
def start_approval_sign_in(context: ReadContext, output: UUID) -> Response:
    """Redirect to a sign-in whose ID token is bound to exactly what the person is about to approve."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.APPROVE_RELEASE.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))
    return redirect_to_approval_sign_in(context, output_row, page=f"/outputs/{output_row.id}/approve")


@router.post("/outputs/{output}/approve", dependencies=[Depends(SignedInGuard(rules.APPROVE_RELEASE))])
def approve_output(context: WriteContext, output: UUID, text: TextField = "") -> Response:
    """Approve the release of exactly the text that was seen, with the sign-in that was made for it."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.APPROVE_RELEASE.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))

    def approve() -> None:
        proof = take_approval_proof(context, output_row)
        actions.approve_release(context.session, context.actor, output_row, digest=text, proof=proof)

    refusal = try_action(context, approve)
    if refusal:
        return _render_confirmation(context, output_row, "approve", prefill_form(AdoptionForm()), refusal)
    return context.redirect(f"/outputs/{output_row.id}?done=approved")


def _render_confirmation(
    context: ReadContext,
    output: Output,
    action: str,
    entry: ParsedForm[Adoption],
    refusal: DomainError | None = None,
    language: str = "",
) -> Response:
    """Render the page that says what the action does, and to exactly which text."""
    about = load_output_summary(context.session, output, context.language)
    if isinstance(refusal, actions.PdfIsBeingMade):
        entry, refusal = entry.with_error("without_pdf", refusal.reason), None
    return context.render(
        "web/outputs/act.html",
        about=about,
        addressees=list_addressee_lines(context.session, output),
        shown=load_output_text(context.session, about, (language, context.language)),
        act=action,
        is_signed_for=action != "approve" or has_signed_in_to_approve(context, output),
        missing=translations.list_languages_to_follow(context.session, output),
        silence_runs=get_silence_rule_subject(context.session, output).status == SilenceStatus.OPEN,
        open_comments=circulations.count_unanswered_comments(context.session, output.id),
        **build_form_page_values(entry, refusal, field="adopted_on"),
    )


def _release_instant(session: ReadSession, output: Output, formats: Localizer) -> TextPair | None:
    """Return when a scheduled release takes place, with the time left; otherwise None."""
    if output.status != OutputStatus.SCHEDULED or output.release_at is None:
        return None
    zone = session.get_one(Meeting, output.meeting_id).zone
    return formats.format_due(output.release_at, zone)


def _release_failure(output: Output) -> LazyText | None:
    """Return why the release of an output failed, if it did."""
    if output.status != OutputStatus.FAILED or output.failed_because is None:
        return None
    return RELEASE_FAILURE_TEXTS[output.failed_because][0]


def _read_path_url(portal: PortalState, output: Output) -> str | None:
    """Return where the membership reads the output, once it is released or withdrawn."""
    was_released = output.status in READABLE_STATUSES | {OutputStatus.WITHDRAWN}
    if not was_released or output.symbol is None or output.for_addressees_only:
        return None
    return f"{portal.settings.read_url}/outputs/{slug_of_symbol(output.symbol)}"
