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

router = APIRouter()

ALARM_TEXTS = MappingProxyType(
    {
        AlarmKind.WORKER_SILENT: (
            _("The worker works"),
            _("Since its last sign of life"),
            _("Nothing is released, scanned or found by its words until it works again. Call whoever operates this."),
        ),
        AlarmKind.QUEUE_STUCK: (
            _("Work in the background is done in time"),
            _("The oldest piece of work has waited for"),
            _("What was done appears late, such as a release or a PDF. Call whoever operates this if it lasts."),
        ),
        AlarmKind.JOBS_FAILED: (
            _("Work in the background succeeds"),
            _("Pieces of work that failed for good"),
            _("Something that was to follow from an act did not. Tell whoever operates this; the log names it."),
        ),
        AlarmKind.DISK_LOW: (
            _("There is room for files"),
            _("Free"),
            _("When the disk is full, no document can be handed in. Call whoever operates this, today."),
        ),
        AlarmKind.SCANNER_SILENT: (
            _("The virus scanner answers"),
            _("Scanners that do not answer"),
            _("Documents are taken, but not published before they have been checked. Call whoever operates this."),
        ),
        AlarmKind.SIGNATURES_OLD: (
            _("The virus scanner knows the latest viruses"),
            _("Age of its signatures"),
            _("New viruses may pass. Tell whoever operates this."),
        ),
        AlarmKind.FILE_SERVICE_SILENT: (
            _("The service that opens files answers"),
            _("Services that do not answer"),
            _(
                "Files of contributions arrive and wait; no other file can be handed in, and no PDF is made, until it"
                " answers. Inform the operator of the portal."
            ),
        ),
        AlarmKind.FILES_NOT_ISOLATED: (
            _("Files are opened apart from everything else"),
            _("Parts that are missing"),
            _(
                "Unless the network and the files of the portal are kept away, no document is opened: files of"
                " contributions wait, and no other file can be handed in. Inform the operator of the portal."
            ),
        ),
        AlarmKind.FILES_WAITING: (
            _("Files that arrive are examined"),
            _("The oldest one has waited for"),
            _("What was submitted with it is seen by its own delegation alone. Inform the operator of the portal."),
        ),
        AlarmKind.MAIL_WAITING: (
            _("Letters leave the house"),
            _("The oldest letter has waited for"),
            _("People are not told by mail what happens; their desks show it. Tell whoever operates this."),
        ),
        AlarmKind.MAIL_FAILED: (
            _("Letters are taken"),
            _("Letters of the last seven days that the mail server refused, or did not take in two days"),
            _("Some people did not get theirs, mostly because their address is no longer right."),
        ),
        AlarmKind.CERTIFICATE_ENDS: (
            _("The certificate of the address is valid"),
            _("Left until it ends"),
            _("When it ends, browsers refuse to open the portal. Tell whoever operates this in time."),
        ),
        AlarmKind.HEAD_OLD: (
            _("What is done is signed into the ledger"),
            _("The oldest act without a signed head has waited for"),
            _("New receipts carry no proof of the ledger until this works again. Call whoever operates this."),
        ),
        AlarmKind.WITNESS_BEHIND: (
            _("The witness keeps up with the ledger"),
            _("Behind for"),
            _("Nobody outside vouches for the latest acts yet. Tell whoever operates this."),
        ),
        AlarmKind.WITNESS_REFUSES: (
            _("The witness agrees with the ledger"),
            _("Heads that it refuses"),
            _("The record may have been changed or put back. Call whoever operates this at once, and change nothing."),
        ),
        AlarmKind.KEY_OLD: (
            _("The key that signs is changed in time"),
            _("Since the first head that it signed"),
            _("What it signed stays valid. Tell whoever operates this, so that a new key is made."),
        ),
        AlarmKind.REFUSED_OFTEN: (
            _("No one is refused very often"),
            _("People and addresses that were refused very often in the last 24 hours"),
            _("Somebody may be trying what they may not do. Inform the operator of the portal, whose log has more."),
        ),
        AlarmKind.BACKUP_OLD: (
            _("The whole record is copied"),
            _("Since the last copy, or the first act if there is none"),
            _("What came since would be lost with the machine. Tell whoever operates this, today."),
        ),
        AlarmKind.RECORD_UNCHECKED: (
            _("The whole record is checked each night"),
            _("Since the last check, or the first act if there is none"),
            _("Whether the record is whole is not known. Tell whoever operates this."),
        ),
        AlarmKind.RECORD_FAULTY: (
            _("The record is whole"),
            _("Faults that the last check found"),
            _("Something is missing or was changed. Call whoever operates this at once, and change nothing."),
        ),
        AlarmKind.READ_DATABASE_UNCHECKED: (
            _("Each database of the read path is compared with the portal's"),
            _("Since the last comparison"),
            _("It is not known whether readers see what was released. Inform the operator of the portal."),
        ),
        AlarmKind.FILES_DAMAGED: (
            _("The files are as they were received"),
            _("Damaged files"),
            _("These files are not shown until they are put back from a copy. Call whoever operates this."),
        ),
    }
)
COMPARISON_TEXTS = MappingProxyType(
    {
        ComparisonOutcome.SAME: _("Compared: every row is the same as in the portal's database."),
        ComparisonOutcome.DIFFERENT: _("Compared: rows differ from those of the portal's database."),
        ComparisonOutcome.BEHIND: _("Not compared: it had not received everything at that moment."),
        ComparisonOutcome.UNREADABLE: _("Not compared: it could not be read."),
    }
)
NOT_COMPARED = _("No database of the read path was compared: no address is set for this check.")
ISOLATION_LABELS = MappingProxyType(
    {
        "network": _("The network"),
        "files": _("The files of the portal"),
        "processes": _("Other processes"),
        "privileges": _("Privileges of the system"),
    }
)
STORE_LABELS = MappingProxyType(
    {"store": _("Store of documents"), "release": _("Store of releases"), "uploads": _("Folder of uploads")}
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
