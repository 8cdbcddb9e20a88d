"""The monitoring page of the secretariat: what is watched, which alarms are raised, and whom they concern."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from fastapi import APIRouter, Depends, Response

from app.core.errors import Unavailable
from app.core.file_service.client import FileServiceOptions, get_service_status
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.monitoring import queries
from app.domain.monitoring.rules import monitoring
from app.domain.monitoring.rules.alarms import Alarm, AlarmKind, AlarmUnit, evaluate_alarms
from app.domain.preservation.models import ComparisonOutcome
from app.http.authentication import SignedInGuard
from app.http.localization import Localizer
from app.http.page_context import ReadContext
from app.installation_checks import InstallationPart, find_faults

router = APIRouter()

ALARM_TEXTS = MappingProxyType(
    {
        AlarmKind.WORKER_SILENT: (
            _("Background jobs are running"),
            _("Time since the last signal"),
            _(
                "Nothing is released, scanned or added to the search until background jobs run again. Contact "
                "the system administrator."
            ),
        ),
        AlarmKind.QUEUE_STUCK: (
            _("Background jobs are completed on time"),
            _("Waiting time of the oldest job"),
            _(
                "Results appear late, for example a release or a PDF. If this continues, contact the system "
                "administrator."
            ),
        ),
        AlarmKind.JOBS_FAILED: (
            _("Background jobs succeed"),
            _("Background jobs that have failed permanently"),
            _(
                "A step that follows an action was not completed. Inform the system administrator; the technical "
                "log has the details."
            ),
        ),
        AlarmKind.DISK_LOW: (
            _("There is enough disk space for files"),
            _("Free space"),
            _("When the disk is full, no document can be submitted. Contact the system administrator today."),
        ),
        AlarmKind.SCANNER_SILENT: (
            _("The virus scanner is responding"),
            _("Virus scanners that are not responding"),
            _(
                "Documents are received but not published until they have been checked. Contact the system "
                "administrator."
            ),
        ),
        AlarmKind.SIGNATURES_OLD: (
            _("The virus signatures are up to date"),
            _("Age of the virus signatures"),
            _("New viruses may not be detected. Inform the system administrator."),
        ),
        AlarmKind.FILE_SERVICE_SILENT: (
            _("The file-opening service is responding"),
            _("Services that are not responding"),
            _(
                "Files of contributions are received and wait to be checked. Until the service responds, no "
                "other file can be uploaded and no PDF is created. Inform the system administrator."
            ),
        ),
        AlarmKind.FILES_NOT_ISOLATED: (
            _("Files are opened in isolation"),
            _("Missing parts of the isolation"),
            _(
                "Unless the network and the files of the portal are isolated, no document is opened: files of "
                "contributions wait, and no other file can be uploaded. Inform the system administrator."
            ),
        ),
        AlarmKind.FILES_WAITING: (
            _("Received files are checked"),
            _("Waiting time of the oldest file"),
            _(
                "The contribution submitted with this file is visible only to its own delegation. Inform the "
                "system administrator."
            ),
        ),
        AlarmKind.MAIL_WAITING: (
            _("E-mail is being sent"),
            _("Waiting time of the oldest e-mail"),
            _("People are not notified by e-mail; their desks show what is new. Inform the system administrator."),
        ),
        AlarmKind.MAIL_FAILED: (
            _("E-mail is accepted by the mail server"),
            _("E-mails of the last seven days that the mail server refused or did not accept within two days"),
            _("Some people did not receive their e-mail, in most cases because their address is no longer correct."),
        ),
        AlarmKind.CERTIFICATE_ENDS: (
            _("The certificate of the portal is valid"),
            _("Time until it expires"),
            _(
                "When the certificate expires, browsers will refuse to open the portal. Inform the system "
                "administrator in good time."
            ),
        ),
        AlarmKind.HEAD_OLD: (
            _("Acts are signed into the ledger"),
            _("Waiting time of the oldest act without a signed head"),
            _(
                "New receipts contain no proof from the ledger until this is restored. Contact the system "
                "administrator."
            ),
        ),
        AlarmKind.WITNESS_BEHIND: (
            _("The witness is up to date with the ledger"),
            _("Delay"),
            _("No witness outside the portal has confirmed the latest actions yet. Inform the system administrator."),
        ),
        AlarmKind.WITNESS_REFUSES: (
            _("Agreement of the witness with the ledger"),
            _("Heads of the ledger that the witness rejects"),
            _(
                "The records may have been changed or restored to an earlier state. Contact the system "
                "administrator immediately, and change nothing."
            ),
        ),
        AlarmKind.KEY_OLD: (
            _("Age of the signing key"),
            _("Since the first head of the ledger that it signed"),
            _("Existing signatures remain valid. Ask the system administrator to create a new key."),
        ),
        AlarmKind.REFUSED_OFTEN: (
            _("Frequent refusals"),
            _("People and addresses that were refused very often in the last 24 hours"),
            _(
                "A person may be attempting actions that are not permitted. Inform the system administrator, "
                "whose log contains more details."
            ),
        ),
        AlarmKind.BACKUP_OLD: (
            _("Backup of all records"),
            _("Since the last backup, or since the first action if no backup exists"),
            _(
                "Anything received since then would be lost if the server failed. Inform the system "
                "administrator today."
            ),
        ),
        AlarmKind.RECORD_UNCHECKED: (
            _("Nightly check of all records"),
            _("Since the last check, or since the first action if no check was made"),
            _("It is not known whether the records are complete and unaltered. Inform the system administrator."),
        ),
        AlarmKind.RECORD_FAULTY: (
            _("Integrity of the records"),
            _("Faults that the last check found"),
            _(
                "Something is missing or has been changed. Contact the system administrator immediately and do "
                "not change anything."
            ),
        ),
        AlarmKind.READ_DATABASE_UNCHECKED: (
            _("Each database of the public site of outputs is compared with the database of the portal"),
            _("Time since the last comparison"),
            _("It is not known whether readers see what has been released. Inform the system administrator."),
        ),
        AlarmKind.FILES_DAMAGED: (
            _("Stored files match the files received"),
            _("Damaged files"),
            _("These files are not shown until they are restored from a copy. Contact the system administrator."),
        ),
    }
)
COMPARISON_TEXTS = MappingProxyType(
    {
        ComparisonOutcome.SAME: _("Compared: every row matches the database of the portal."),
        ComparisonOutcome.DIFFERENT: _("Compared: some rows differ from the database of the portal."),
        ComparisonOutcome.BEHIND: _("Not compared: the database had not received all data at that time."),
        ComparisonOutcome.UNREADABLE: _("Not compared: the database could not be read."),
    }
)
NOT_COMPARED = _("No database of the public site of outputs was compared: no address is set for this check.")
ISOLATION_LABELS = MappingProxyType(
    {
        "network": _("The network"),
        "files": _("The files of the portal"),
        "processes": _("Other processes"),
        "privileges": _("System privileges"),
    }
)
STORE_LABELS = MappingProxyType(
    {"store": _("Document store"), "release": _("Release store"), "uploads": _("Upload folder")}
)


PLACE_LABELS = STORE_LABELS | ISOLATION_LABELS


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One alarm in words."""

    title: LazyText
    place: LazyText | None
    is_raised: bool
    measure: LazyText
    value: str
    limit: str
    words: LazyText


@router.get("/house", dependencies=[Depends(SignedInGuard(monitoring.SEE))])
def show_monitoring_page(context: ReadContext) -> Response:
    """Show everything that is watched, raised alarms first."""
    formats = context.localizer
    numbers = queries.get_visible_metrics(context.session, context.actor, context.portal.settings.witness_names)
    lines = [
        _alarm_line(alarm, formats) for alarm in evaluate_alarms(numbers, context.portal.settings.alarm_thresholds)
    ]
    raised = sum(line.is_raised for line in lines)
    return context.render(
        "web/house.html",
        lines=lines,
        raised=raised,
        comparisons=_describe_comparisons(numbers.read_databases),
        isolation=_describe_isolation(context.portal.settings.file_service_options),
        is_demo=context.portal.settings.demo,
        misfits=[str(fault) for fault in find_faults(context.portal.settings, InstallationPart.PORTAL)],
        waiting=numbers.jobs_due,
        measured=numbers.worker_silent is not None,
    )


def _describe_comparisons(outcomes: Mapping[str, str] | None) -> list[tuple[str, LazyText]]:
    """Describe what the last check found in each database of the read path, by name; nothing without a check."""
    if outcomes is None:
        return []
    described = [(name, COMPARISON_TEXTS[ComparisonOutcome(outcome)]) for name, outcome in outcomes.items()]
    return described or [("", NOT_COMPARED)]


def _describe_isolation(options: FileServiceOptions) -> list[tuple[LazyText, bool, str]]:
    """Describe what files are kept away from when this process has one opened: the part, whether that was obtained,
    and by which mechanisms; nothing if the service does not answer."""
    try:
        status = get_service_status(options)
    except Unavailable:
        return []
    return [
        (ISOLATION_LABELS[name], part.is_obtained, ", ".join(part.mechanisms) if part.is_obtained else "")
        for name, part in status.isolation.items()
    ]


def _alarm_line(alarm: Alarm, formats: Localizer) -> AlarmLine:
    title, measure, words = ALARM_TEXTS[alarm.kind]
    value, limit = (_format_value(each, alarm.unit, formats) for each in (alarm.value, alarm.limit))
    place = PLACE_LABELS.get(alarm.place, LazyText(alarm.place)) if alarm.place else None  # witnesses are shown by name
    return AlarmLine(title, place, alarm.is_raised, measure, value, limit, words)


def _format_value(value: float, unit: AlarmUnit, formats: Localizer) -> str:
    if unit is AlarmUnit.SECONDS:
        return formats.format_duration(timedelta(seconds=round(max(value, 0))))
    if unit is AlarmUnit.FRACTION:
        return formats.format_percentage(value)
    return formats.format_number(value)
