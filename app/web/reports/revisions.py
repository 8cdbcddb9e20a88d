"""One revision of a report, and restoring it: its text becomes the present one, as a new revision."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response

from app.core.errors import Conflict
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import editing
from app.domain.reports.models import Report, ReportRevision, ReportStage
from app.domain.reports.rules import reports
from app.domain.reports.rules.paragraphs import load_paragraphs, number_paragraphs
from app.http.authentication import EntityName, SignedInGuard
from app.http.labels import join_texts
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.checking import CheckPage, render_check_page
from app.web.forms.parsing import RejectRepeatedFields
from app.web.reports.pages import EDIT_REPORT_GUARDS, REPORT_PATH, RevisionField
from app.web.reports.report_page import render_report_page
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

REVISION_PATH = f"{REPORT_PATH}/revisions/{{number}}"
NumberInPath = Annotated[int, Path(ge=1, le=10**6)]


@router.get(REVISION_PATH, dependencies=[Depends(SignedInGuard(reports.SEE))])
def show_report_revision(context: ReadContext, meeting: UUID, number: NumberInPath) -> Response:
    """Show the text of one revision, with a button to restore it for those who may change the report."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.SEE.require(context.actor, meeting_row)
    report = queries.get_visible_report(context.session, context.actor, meeting_row)
    shown, author = queries.get_report_revision_with_author(context.session, context.actor, meeting_row, report, number)
    present = queries.get_latest_revision(context.session, report)
    may_change = reports.KEEP.allows(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    return context.render(
        "web/reports/revision.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "report", context.language),
        shown=shown,
        author=author,
        paragraphs=list(number_paragraphs(load_paragraphs(shown.paragraphs))),
        latest=report.revision,
        may_restore=may_change and shown.paragraphs != present.paragraphs,
    )


@router.get(f"{REVISION_PATH}/restore", dependencies=EDIT_REPORT_GUARDS)
def check_restoring(context: ReadContext, meeting: UUID, number: NumberInPath) -> Response:
    """Show what restoring a revision does. Raises Conflict if the report has its text."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.KEEP.require(context.actor, queries.build_report_rule_subject(context.session, meeting_row))
    report = queries.get_visible_report(context.session, context.actor, meeting_row)
    shown, author = queries.get_report_revision_with_author(context.session, context.actor, meeting_row, report, number)
    queries.require_different_text(context.session, report, shown)
    here = f"/meetings/{meeting_row.id}"
    frame = build_meeting_frame(context.session, context.actor, meeting_row, "report", context.language)
    named = _("Restore revision %(number)s", number=context.localizer.format_number(number))
    return render_check_page(
        context,
        CheckPage(
            act=f"{REVISION_PATH}/restore",
            heading=named,
            crumbs=[
                ("/meetings", _("Meetings")),
                (here, frame.name),
                (f"{here}/report", _("Report")),
                (f"{here}/report/revisions", _("Revisions of the report")),
            ],
            facts=list(_list_facts(context, meeting_row, report, shown, author)),
            what=_("The text of this revision becomes the current text of the report, as a new revision."),
            button=named,
            action=f"{here}/report/revisions/{number}/restore",
            back=f"{here}/report/revisions/{number}",
            fields={"revision": report.revision},
            kind="",
        ),
    )


def _list_facts(
    context: ReadContext, meeting: Meeting, report: Report, shown: ReportRevision, author: str
) -> Iterator[tuple[LazyText, LazyText | str]]:
    """Yield who saved the revision and when, and which accepted corrections it does not contain."""
    yield _("Saved by"), author
    yield _("Saved on"), context.localizer.format_instant(shown.made_at, meeting.zone)
    if report.stage == ReportStage.DRAFT:
        return
    if lost := queries.list_corrections_accepted_after(context.session, report, shown.number):
        yield (
            _("Accepted corrections that this text does not contain"),
            join_texts([EntityName(entity) for entity in dict.fromkeys(each.entity for each in lost)]),
        )


@router.post(f"{REVISION_PATH}/restore", dependencies=EDIT_REPORT_GUARDS)
def restore_report_revision(
    context: WriteContext, meeting: UUID, number: NumberInPath, revision: RevisionField = 0
) -> Response:
    """Restore a revision, or show the report with the reason why it was refused."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    refusal = try_action(
        context,
        lambda: editing.restore_report_revision(context.session, context.actor, meeting_row, number, revision=revision),
        refusals=(Conflict,),
    )
    if refusal:
        return render_report_page(context, meeting_row, refusal)
    return context.redirect(f"/meetings/{meeting_row.id}/report?done=restored")
