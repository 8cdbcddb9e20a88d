"""Notifications about the report of a meeting, corrections of it and comments on it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from app.core.i18n import lazy_gettext as _
from app.domain.notifications.models import NotificationKind
from app.domain.notifications.rules import contexts, contexts_of_pending, contexts_of_reports, recipients
from app.domain.notifications.rules.types import DETAILS_ON_PAGE, NotificationType
from app.domain.reports import events as reports
from app.domain.reports import pending as pending_reports
from app.domain.reports.models import CorrectionStatus

REPORT_PATH = "/meetings/{meeting}/report"

TYPES: Mapping[str, Sequence[NotificationType]] = MappingProxyType(
    {
        reports.ReportCirculated.name: (
            NotificationType(
                NotificationKind.REPORT,
                recipients.WHOLE_BODY,
                REPORT_PATH,
                reports.ReportCirculated.words,
                _("Delegations can request corrections until it is adopted."),
                contexts_of_reports.build_report_context,
                skips_actor=True,
                announces=(pending_reports.READ, pending_reports.CORRECT, pending_reports.ADOPT),
            ),
        ),
        reports.CorrectionsDeadlineSet.name: (
            NotificationType(
                NotificationKind.REPORT,
                recipients.WHOLE_BODY,
                REPORT_PATH,
                reports.CorrectionsDeadlineSet.words,
                _("The page of the report says until when delegations can request corrections."),
                contexts_of_reports.build_report_context,
                facts={"circulated": True},
                skips_actor=True,
                announces=(pending_reports.CORRECT,),
            ),
        ),
        reports.CorrectionAsked.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                REPORT_PATH,
                reports.CorrectionAsked.words,
                _("Accept or reject it on the page."),
                contexts_of_reports.build_correction_context,
                announces=(pending_reports.ANSWER,),
            ),
        ),
        reports.CorrectionAnswered.name: tuple(
            NotificationType(
                NotificationKind.REPORT,
                recipients.OWN_DELEGATION,
                REPORT_PATH,
                action.impersonal_heading,
                action.words,
                contexts_of_reports.build_answered_correction_context,
                facts={"answer": answer},
                announces=(action,),
            )
            for answer, action in (
                (CorrectionStatus.TAKEN, pending_reports.CORRECTION_ACCEPTED),
                (CorrectionStatus.DECLINED, pending_reports.CORRECTION_REJECTED),
            )
        ),
        reports.ReportCommentWritten.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                REPORT_PATH,
                reports.ReportCommentWritten.words,
                _("Answer it on the page, or mark it as resolved."),
                contexts_of_reports.build_report_comment_context,
                skips_actor=True,
                announces=(pending_reports.ANSWER_COMMENTS,),
            ),
        ),
        reports.ReportCommentAnswered.name: (
            NotificationType(
                NotificationKind.REPORT,
                recipients.OWN_DELEGATION,
                REPORT_PATH,
                pending_reports.COMMENT_ANSWERED.impersonal_heading,
                pending_reports.COMMENT_ANSWERED.words,
                contexts_of_reports.build_answered_report_comment_context,
                announces=(pending_reports.COMMENT_ANSWERED,),
            ),
        ),
        reports.ReportAdopted.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.SECRETARIES,
                REPORT_PATH,
                reports.ReportAdopted.words,
                pending_reports.REGISTER.words,
                contexts_of_pending.build_adopted_report_context,
                skips_actor=True,
                announces=(pending_reports.REGISTER,),
            ),
            NotificationType(
                NotificationKind.REPORT,
                recipients.WHOLE_BODY,
                REPORT_PATH,
                reports.ReportAdopted.words,
                DETAILS_ON_PAGE,
                contexts.build_cancelled_meeting_context,
                skips_actor=True,
            ),
        ),
    }
)
