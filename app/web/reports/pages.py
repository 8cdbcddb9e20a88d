"""The report of a meeting: its page, the draft and its editor, revisions and the differences between them."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from babel.lists import format_list
from fastapi import APIRouter, Depends, Form, Query, Request, Response

from app.core.db import ReadSession, release_connection
from app.core.errors import BadRequest, Conflict, DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import DOCX, PDF
from app.domain.bodies.models import Body
from app.domain.bodies.rules import EntityInBody
from app.domain.documents.queries import documents
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import OutputKind, OutputStatus
from app.domain.outputs.queries import outputs
from app.domain.reports import queries
from app.domain.reports.actions import drafting, editing
from app.domain.reports.inputs import NewReportDraft, ParagraphEdits
from app.domain.reports.models import CorrectionStatus, Report, ReportStage, SpeakerAttribution
from app.domain.reports.rules import reports
from app.domain.reports.rules.paragraphs import load_paragraphs as paragraphs_of
from app.domain.reports.rules.paragraphs import number_paragraphs
from app.http.authentication import EntityName, SignedInGuard
from app.http.downloads import attachment_response
from app.http.page_context import COSTLY_TURN, ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.parsing import RejectRepeatedFields, TextField, parse_form
from app.web.views.documents.diffs import describe_differences
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.reports.generator import generate_report_paragraphs
from app.web.views.reports.print import (
    REPORT_STAGE_LABELS,
    PrintableReport,
    has_report_pdf,
    load_printable_report,
    render_report_docx,
    render_report_pdf,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

REPORT_PATH = "/meetings/{meeting}/report"
SEE_REPORT_GUARDS = [Depends(SignedInGuard(reports.SEE))]
EDIT_REPORT_GUARDS = [Depends(SignedInGuard(reports.KEEP))]
RevisionField = Annotated[int, Form(ge=0, le=10**6)]
ATTRIBUTION_CHOICES = (
    (SpeakerAttribution.NAMED, _("By the name of the State")),
    (SpeakerAttribution.ANONYMOUS, _("As “a Member State”; recorded positions still name the State")),
)
CORRECTION_ANSWER_LABELS = {
    CorrectionStatus.ASKED: ("warn", _("Not answered yet")),
    CorrectionStatus.TAKEN: ("good", _("Accepted")),
    CorrectionStatus.DECLINED: ("bad", _("Rejected")),
}


async def collect_paragraph_texts(request: Request) -> dict[str, str]:
    """Return the submitted paragraphs by key (form fields `text_<key>`)."""
    form = await request.form()
    return {name.removeprefix("text_"): str(form[name]) for name in form if name.startswith("text_")}


ParagraphTexts = Annotated[dict[str, str], Depends(collect_paragraph_texts)]


@router.get(REPORT_PATH, dependencies=SEE_REPORT_GUARDS)
def show_report(context: ReadContext, meeting: UUID) -> Response:
    """Show the report. While it is a draft, those who do not edit it see that there is none yet."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.SEE.require(context.actor, meeting_row)
    return render_report_page(context, meeting_row)


@router.post(f"{REPORT_PATH}/draft", dependencies=[Depends(SignedInGuard(reports.DRAFT))])
def draft_report(context: WriteContext, meeting: UUID, attribution: TextField = "") -> Response:
    """Generate the first draft of the report from what happened at the meeting."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.DRAFT.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    entry = parse_form(NewReportDraft, {"attribution": attribution, "lang": context.language})
    new = entry.value
    if new is None:
        return render_report_page(context, meeting_row, BadRequest(next(iter(entry.errors.values()))))
    text = generate_report_paragraphs(context.session, context.actor, meeting_row, new)
    refusal = try_action(
        context,
        lambda: drafting.save_report_draft(context.session, context.actor, meeting_row, new, text),
        refusals=(Conflict,),
    )
    if refusal:
        return render_report_page(context, meeting_row, refusal)
    return context.redirect(f"/meetings/{meeting_row.id}/report")


@router.get(f"{REPORT_PATH}/edit", dependencies=EDIT_REPORT_GUARDS)
def show_report_editor(context: ReadContext, meeting: UUID, paragraph: str = "") -> Response:
    """Show the editor of all paragraphs, or of one."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.KEEP.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    return _render_editor(context, meeting_row, only=paragraph)


@router.post(f"{REPORT_PATH}/edit", dependencies=EDIT_REPORT_GUARDS)
def save_report(
    context: WriteContext, meeting: UUID, texts: ParagraphTexts, only: TextField = "", revision: RevisionField = 0
) -> Response:
    """Save paragraphs. A save on an older revision is refused; both texts are shown and can be saved on the current
    one."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.KEEP.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    texts = _select_changed_texts(context, meeting_row, texts, revision)
    entry = parse_form(ParagraphEdits, {"texts": texts})
    edits = entry.value
    if edits is None:
        wrong = BadRequest(next(iter(entry.errors.values())))
        return _render_editor(context, meeting_row, only=only, texts=texts, refusal=wrong)
    refusal = try_action(
        context,
        lambda: editing.save_report_paragraphs(
            context.session, context.actor, meeting_row, edits.texts, revision=revision
        ),
        refusals=(DomainError,),
    )
    if refusal:
        return _render_editor(context, meeting_row, only=only, texts=texts, refusal=refusal)
    return context.redirect(f"/meetings/{meeting_row.id}/report?done=saved{f'#p-{only}' if only.isalnum() else ''}")


@router.get(f"{REPORT_PATH}/revisions", dependencies=[*SEE_REPORT_GUARDS, COSTLY_TURN])
def show_report_revisions(
    context: ReadContext,
    meeting: UUID,
    former: Annotated[int, Query(alias="from", ge=0, le=10**6)] = 0,
    latter: Annotated[int, Query(alias="to", ge=0, le=10**6)] = 0,
) -> Response:
    """Show the revisions that the reader may see, and the differences between two of them, by default the last two."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.SEE.require(context.actor, meeting_row)
    report = queries.find_visible_report(context.session, context.actor, meeting_row)
    listed = queries.list_report_revisions(context.session, context.actor, meeting_row, report) if report else []
    numbers = [row[0].number for row in listed]
    differences = None
    if report and len(numbers) > 1:
        latter, former = latter or numbers[0], former or numbers[1]
        old, new = (
            queries.get_report_revision(context.session, context.actor, meeting_row, report, each)
            for each in (former, latter)
        )
        differences = describe_differences(*([each["text"] for each in rev.paragraphs] for rev in (old, new)))
    return context.render(
        "web/reports/revisions.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "report", context.language),
        listed=listed,
        former=former,
        latter=latter,
        lang=report.lang if report else "",
        differences=differences,
    )


@router.get(f"{REPORT_PATH}/docx", dependencies=[*SEE_REPORT_GUARDS, COSTLY_TURN])
def download_report_docx(context: ReadContext, meeting: UUID) -> Response:
    """Download the current report as a Word document."""
    report = _load_printable_report(context, meeting)
    release_connection(context.session)
    return attachment_response(render_report_docx(context.portal, report), DOCX, f"{report.name}.docx")


@router.get(f"{REPORT_PATH}/pdf", dependencies=[*SEE_REPORT_GUARDS, COSTLY_TURN])
def download_report_pdf(context: ReadContext, meeting: UUID) -> Response:
    """Download the current report as PDF."""
    report = _load_printable_report(context, meeting)
    release_connection(context.session)
    return attachment_response(render_report_pdf(context.portal, report), PDF, f"{report.name}.pdf")


def _load_printable_report(context: ReadContext, meeting: UUID) -> PrintableReport:
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.SEE.require(context.actor, meeting_row)
    report = queries.get_visible_report(context.session, context.actor, meeting_row)
    return load_printable_report(context.session, meeting_row, report, _find_symbol(context, report))


def render_report_page(context: ReadContext, meeting: Meeting, refusal: DomainError | None = None) -> Response:
    """Render the current report; `refusal` says why an action was not done."""
    report = queries.find_visible_report(context.session, context.actor, meeting)
    situation = queries.build_report_rule_subject(context.session, meeting, context.actor.entity)
    permission_names = ("DRAFT", "KEEP", "CIRCULATE", "CORRECT", "ANSWER", "ADOPT", "REGISTER")
    corrections = queries.list_report_corrections(context.session, context.actor, meeting, report) if report else []
    elsewhere = _list_reports_made_elsewhere(context, meeting, report)
    return context.render(
        "web/reports/show.html",
        status=refusal.status if refusal else 200,
        frame=build_meeting_frame(context.session, context.actor, meeting, "report", context.language),
        report=report,
        elsewhere=elsewhere,
        tag_of=REPORT_STAGE_LABELS[ReportStage(report.stage)] if report else None,
        symbol=_find_symbol(context, report) if report else "",
        paragraphs=_number_paragraphs(context.session, report),
        corrections=[
            (each, EntityName(each.entity), CORRECTION_ANSWER_LABELS[CorrectionStatus(each.state)])
            for each in corrections
        ],
        may={name.lower() for name in permission_names if getattr(reports, name).allows(context.actor, situation)},
        attributions=ATTRIBUTION_CHOICES,
        default_attribution=SpeakerAttribution.NAMED,
        is_disputed=report is not None and queries.has_unanswered_correction(context.session, report),
        has_pdf=has_report_pdf(context.portal),
        template_at=_template_url(context, meeting),
        refused=refusal.reason if refusal else None,
    )


def warn_of_other_reports(context: ReadContext, meeting: Meeting, report: Report) -> LazyText | None:
    """Return the warning that the meeting has another report, if it has one that was not drafted on its page."""
    symbols = [symbol for symbol, _path in _list_reports_made_elsewhere(context, meeting, report)]
    if not symbols:
        return None
    return _(
        "This meeting already has a report that was not drafted on this page: %(symbols)s. A meeting has one report.",
        symbols=format_list(symbols, locale=context.localizer.locale),
    )


def _list_reports_made_elsewhere(
    context: ReadContext, meeting: Meeting, report: Report | None
) -> list[tuple[str, str]]:
    """List the symbols and pages of the reports of a meeting that are its outputs, or were registered as documents, and
    were not withdrawn; without what `report`, which was drafted on its page, was registered and adopted as."""
    own = report.document_id if report else None
    adopted = outputs.list_outputs_adopted_by_meeting(context.session, context.actor, meeting)
    in_force = [
        each
        for each in adopted
        if each.kind == OutputKind.REPORT
        and each.status != OutputStatus.WITHDRAWN
        and (own is None or own not in {source.id for source in outputs.list_source_documents(context.session, each)})
    ]
    registered = documents.list_documents_of_kind(
        context.session, context.actor, body_id=meeting.body_id, scope=str(meeting.number), kind=OutputKind.REPORT
    )
    return [(each.symbol or "", f"/outputs/{each.id}") for each in in_force] + [
        (each.symbol, f"/documents/{each.id}") for each in registered if each.id != own
    ]


def _template_url(context: ReadContext, meeting: Meeting) -> str:
    """Return the page of the report template for those who may change it, otherwise ""."""
    if not reports.PUT_TEMPLATE.allows(context.actor, EntityInBody(meeting.body_id)):
        return ""
    return f"/bodies/{context.session.get_one(Body, meeting.body_id).code}/report-template"


def _number_paragraphs(session: ReadSession, report: Report | None) -> Sequence[object]:
    return (
        list(number_paragraphs(paragraphs_of(queries.get_latest_revision(session, report).paragraphs)))
        if report
        else []
    )


def _find_symbol(context: ReadContext, report: Report) -> str:
    if report.document_id is None:
        return ""
    rows = documents.list_documents_by_id(context.session, context.actor, [report.document_id])
    return next((row.symbol for row in rows), "")


def _select_changed_texts(
    context: ReadContext, meeting: Meeting, texts: dict[str, str], revision: int
) -> dict[str, str]:
    """Return the texts that differ from the revision that was read. The form of a whole report submits every
    paragraph, and what others saved meanwhile must not be undone by paragraphs left untouched."""
    report = queries.get_visible_report(context.session, context.actor, meeting)
    if not 0 < revision <= report.revision:
        return texts
    read_revision = queries.get_report_revision(context.session, context.actor, meeting, report, revision)
    previous_texts = {each.key: each.text for each in paragraphs_of(read_revision.paragraphs)}
    return {key: text for key, text in texts.items() if text.replace("\r\n", "\n") != previous_texts.get(key)}


def _render_editor(
    context: ReadContext,
    meeting: Meeting,
    *,
    only: str,
    texts: dict[str, str] | None = None,
    refusal: DomainError | None = None,
) -> Response:
    """Render the editor. Typed text stays; where it differs from the saved text, both are shown."""
    report = queries.get_visible_report(context.session, context.actor, meeting)
    typed = texts or {}
    rows = list(number_paragraphs(paragraphs_of(queries.get_latest_revision(context.session, report).paragraphs)))
    current_keys = {each.key for _ignored, each in rows}
    return context.render(
        "web/reports/edit.html",
        status=refusal.status if refusal else 200,
        frame=build_meeting_frame(context.session, context.actor, meeting, "report", context.language),
        report=report,
        only=only,
        rows=[
            (number, each, typed.get(each.key, each.text))
            for number, each in rows
            if not only or each.key in (only, *typed)
        ],
        lost=[text for key, text in typed.items() if key not in current_keys],
        refused=refusal.reason if refusal else None,
    )
