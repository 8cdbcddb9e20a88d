"""Has an untrusted file inspected by the service that opens files, and trusts only the form of its answer."""

import json
from dataclasses import asdict, replace
from pathlib import Path

from app.core.errors import Unavailable
from app.core.file_service.client import ServiceInterrupted, TaskError, TaskFailure, read_task
from app.core.file_service.fair_slots import ALONE
from app.core.file_service.tasks import TASKS
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import report_schema
from app.core.inspection.display_names import EXTENSIONS, display_extension, to_display_name
from app.core.inspection.findings import Finding, FindingCode, FindingLevel, InspectionLimits, InspectionReport

INSPECT = "inspect"
MAX_WAIT_SECONDS = TASKS[INSPECT].wait


class InspectionBusy(Unavailable):
    """A file was not inspected, and that is not its fault: the machine is too busy, the service that opens files does
    not answer, or it opens nothing because it is not isolated."""

    def __init__(self, reason: LazyText | None = None) -> None:
        super().__init__(
            reason or _("Many files are being received at the moment. Upload your file again in a few minutes.")
        )


class InspectionInterrupted(InspectionBusy):
    """The service that opens files ended while it had the file: perhaps because of it."""


def inspect_in_sandbox(
    path: Path,
    offered_name: str,
    limits: InspectionLimits | None = None,
    *,
    party: str = ALONE,
    max_wait_seconds: float = MAX_WAIT_SECONDS,
    is_alone: bool = False,
) -> InspectionReport:
    """Inspect the file at `path` in a confined process. It is accepted unless `report.is_refused`.

    `party` is the State or organisation that hands it in: different ones are served in a fair order. With `is_alone`
    nothing else runs in the service that opens files meanwhile. Raises InspectionBusy if the inspection could not begin
    within `max_wait_seconds`, did not get the processor time that it may use, or the service does not answer or opens
    nothing.
    """
    report = request_inspection(path, limits or InspectionLimits(), party, max_wait_seconds, is_alone=is_alone)
    return add_extension_finding(report, offered_name)


def request_inspection(
    path: Path, limits: InspectionLimits, party: str, max_wait_seconds: float, *, is_alone: bool
) -> InspectionReport:
    """Have a file inspected and return the report; if there is none, the file is refused, with the reason why.

    Raises InspectionBusy as `inspect_in_sandbox` does.
    """
    task_limits = replace(
        TASKS[INSPECT].limits, seconds=limits.seconds, cpu_seconds=limits.cpu_seconds, memory=limits.memory
    )
    arguments = json.dumps(asdict(limits)).encode()
    try:
        with path.open("rb") as file:
            answer = read_task(
                *(INSPECT, file, arguments),
                limits=task_limits,
                wait=max_wait_seconds,
                party=party,
                is_alone=is_alone,
            )
        return report_schema.parse_report(answer)
    except ServiceInterrupted as error:
        raise InspectionInterrupted(error.reason) from None
    except Unavailable as error:
        raise InspectionBusy(error.reason) from None
    except TaskError as error:
        return build_failure_report(error.failure)
    except ValueError:
        return build_unreadable_report()


def build_failure_report(failure: TaskFailure) -> InspectionReport:
    """Build the report of a file whose inspection was not done. Raises InspectionBusy if that is not the file's
    fault."""
    if failure in (TaskFailure.BUSY, TaskFailure.CUT_OFF):
        raise InspectionBusy
    if failure is TaskFailure.OUT_OF_TIME:
        return build_excess_report(_("Examining the file takes longer than is allowed for one file."))
    if failure is TaskFailure.OUT_OF_MEMORY:
        return build_excess_report(_("Examining the file takes more memory than is allowed for one file."))
    return build_unreadable_report()


def build_unreadable_report() -> InspectionReport:
    """Build the report of a file whose inspection failed."""
    finding = Finding(
        FindingLevel.REFUSED,
        _("The file could not be examined: it is damaged."),
        "",
        _("Save or export the document again from the program that created it, and upload that file."),
    )
    return InspectionReport(None, (finding,))


def build_excess_report(what: LazyText) -> InspectionReport:
    """Build the report of a file whose inspection exceeded its limits, which `what` names."""
    remedy = _("Make its pictures and tables smaller, or split it into several documents.")
    return InspectionReport(None, (Finding(FindingLevel.REFUSED, what, "", remedy),))


def add_extension_finding(report: InspectionReport, offered_name: str) -> InspectionReport:
    """Add a finding to check to the report if the extension of the name is not that of the real format: it is taken
    under the name with the right one (ASVS 5.2.2)."""
    extension = EXTENSIONS.get(report.kind or "")
    if extension is None or display_extension(offered_name) == extension:
        return report
    finding = Finding(
        FindingLevel.DECIDE,
        _("The file name does not end in %(ending)s, which is the actual type of the file.", ending=extension),
        to_display_name(offered_name),
        _("Check that it is the right file. It is saved with the extension %(ending)s.", ending=extension),
        FindingCode.ENDING,
    )
    return replace(report, findings=(finding, *report.findings))
