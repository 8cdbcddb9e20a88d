"""The docket of the report of a meeting."""

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.reports.models import ReportStage
from app.domain.reports.rules.reports import ADOPT, ANSWER, CIRCULATE, CORRECT, REGISTER, ReportRuleSubject
from app.web.views.dockets.rows import NO_ACTION, Actors, Docket, DocketRow, build_docket

COMPLETE = _("Complete the draft, then circulate it")
ANSWER_CORRECTIONS = _("Accept or reject the corrections")
READ_AND_CORRECT = _("Read the report, and request corrections if the State wishes")
RECORD_ADOPTION = _("Record the adoption once the report has been adopted")
ASSIGN = _("Assign the symbol of the report")
CORRECTIONS_OPEN = "corrections"
THEN_CIRCULATED = _("All delegations can then see the report and request corrections.")
THEN_ADOPTED = _("The adoption of the report can be recorded once each correction has been accepted or rejected.")
THEN_SYMBOL = _("The report can then no longer be changed. The secretariat assigns its symbol.")
THEN_ANSWERED = _("Each correction is accepted, or rejected with a reason, before the report is adopted.")
THEN_REGISTERED = _(
    "The report is saved as a Word document and registered as a document of the meeting. It receives the next "
    "symbol of the reports of the meeting."
)
THEN_OUTPUT = _(
    "The report has been adopted and registered. To release it as an output, draft an output of this meeting and "
    "select this document as its source."
)

REPORT_DOCKETS: tuple[DocketRow, ...] = (
    DocketRow(ReportStage.DRAFT, CIRCULATE, COMPLETE, THEN_CIRCULATED),
    DocketRow(ReportStage.DRAFT, None, COMPLETE, THEN_CIRCULATED, actors=Actors.CHAIR_AND_SECRETARIAT),
    DocketRow(CORRECTIONS_OPEN, ANSWER, ANSWER_CORRECTIONS, THEN_ADOPTED),
    DocketRow(CORRECTIONS_OPEN, CORRECT, READ_AND_CORRECT, THEN_ANSWERED, on_behalf=True),
    DocketRow(CORRECTIONS_OPEN, None, ANSWER_CORRECTIONS, THEN_ADOPTED, actors=Actors.CHAIR_AND_SECRETARIAT),
    DocketRow(ReportStage.CIRCULATED, ADOPT, RECORD_ADOPTION, THEN_SYMBOL),
    DocketRow(ReportStage.CIRCULATED, CORRECT, READ_AND_CORRECT, THEN_ANSWERED, on_behalf=True),
    DocketRow(ReportStage.CIRCULATED, None, RECORD_ADOPTION, THEN_SYMBOL, actors=Actors.CHAIR_AND_SECRETARIAT),
    DocketRow(ReportStage.ADOPTED, REGISTER, ASSIGN, THEN_REGISTERED),
    DocketRow(ReportStage.ADOPTED, None, ASSIGN, THEN_REGISTERED, actors=Actors.SECRETARIAT),
    DocketRow(ReportStage.REGISTERED, None, NO_ACTION, THEN_OUTPUT),
)
"""For each stage, offices, then States, then all other readers."""


def build_report_docket(actor: Actor, subject: ReportRuleSubject, *, is_disputed: bool) -> Docket:
    """Build the docket of a report; `is_disputed` is whether a correction is not answered yet."""
    life = CORRECTIONS_OPEN if is_disputed and subject.stage == ReportStage.CIRCULATED else subject.stage
    return build_docket(
        REPORT_DOCKETS,
        life,
        actor,
        subject.body_id,
        lambda who, permission: permission.objection_to(who, subject),
    )
