"""The monitoring page of the secretariat: what is watched, which alarms are raised, and whom they concern."""

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from fastapi import APIRouter, Depends, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import Reading, TheHouse
from app.core.i18n import Text, say
from app.domain.condition import queries, rules
from app.domain.condition.alarms import Alarm, Kind, Unit, alarms

router = APIRouter()

ABOUT = MappingProxyType(
    {
        Kind.WORKER_SILENT: (
            say("The worker works"),
            say("Since its last sign of life"),
            say("Nothing is released, scanned or found by its words until it works again. Call whoever operates this."),
        ),
        Kind.QUEUE_STUCK: (
            say("Work in the background is done in time"),
            say("The oldest piece of work has waited for"),
            say("What was done appears late, such as a release or a PDF. Call whoever operates this if it lasts."),
        ),
        Kind.JOBS_FAILED: (
            say("Work in the background succeeds"),
            say("Pieces of work that failed for good"),
            say("Something that was to follow from an act did not. Tell whoever operates this; the log names it."),
        ),
        Kind.DISK_LOW: (
            say("There is room for files"),
            say("Free"),
            say("When the disk is full, no document can be handed in. Call whoever operates this, today."),
        ),
        Kind.SCANNER_SILENT: (
            say("The virus scanner answers"),
            say("Scanners that do not answer"),
            say("Documents are taken, but not published before they have been checked. Call whoever operates this."),
        ),
        Kind.SIGNATURES_OLD: (
            say("The virus scanner knows the latest viruses"),
            say("Age of its signatures"),
            say("New viruses may pass. Tell whoever operates this."),
        ),
        Kind.LETTERS_WAIT: (
            say("Letters leave the house"),
            say("The oldest letter has waited for"),
            say("People are not told by mail what happens; their desks show it. Tell whoever operates this."),
        ),
        Kind.LETTERS_FAILED: (
            say("Letters are taken"),
            say("Letters of the last seven days that the mail server refused, or did not take in two days"),
            say("Some people did not get theirs, mostly because their address is no longer right."),
        ),
        Kind.CERTIFICATE_ENDS: (
            say("The certificate of the address is valid"),
            say("Left until it ends"),
            say("When it ends, browsers refuse to open the portal. Tell whoever operates this in time."),
        ),
        Kind.HEAD_OLD: (
            say("What is done is signed into the ledger"),
            say("The oldest act without a signed head has waited for"),
            say("New receipts carry no proof of the ledger until this works again. Call whoever operates this."),
        ),
        Kind.WITNESS_BEHIND: (
            say("The witness keeps up with the ledger"),
            say("Behind for"),
            say("Nobody outside vouches for the latest acts yet. Tell whoever operates this."),
        ),
        Kind.WITNESS_REFUSES: (
            say("The witness agrees with the ledger"),
            say("Heads that it refuses"),
            say(
                "The record may have been changed or put back. Call whoever operates this at once, and change nothing."
            ),
        ),
        Kind.KEY_OLD: (
            say("The key that signs is changed in time"),
            say("Since the first head that it signed"),
            say("What it signed stays valid. Tell whoever operates this, so that a new key is made."),
        ),
        Kind.BACKUP_OLD: (
            say("The whole record is copied"),
            say("Since the last copy"),
            say("What came since would be lost with the machine. Tell whoever operates this, today."),
        ),
        Kind.RECORD_UNCHECKED: (
            say("The whole record is checked each night"),
            say("Since the last check"),
            say("Whether the record is whole is not known. Tell whoever operates this."),
        ),
        Kind.RECORD_FAULTY: (
            say("The record is whole"),
            say("Faults that the last check found"),
            say("Something is missing or was changed. Call whoever operates this at once, and change nothing."),
        ),
        Kind.FILES_DAMAGED: (
            say("The files are as they were received"),
            say("Damaged files"),
            say("These files are not shown until they are put back from a copy. Call whoever operates this."),
        ),
    }
)
PLACES = MappingProxyType(
    {"store": say("Store of documents"), "release": say("Store of releases"), "uploads": say("Folder of uploads")}
)


@dataclass(frozen=True, slots=True)
class Line:
    """One alarm in words."""

    title: Text
    place: Text | None
    is_raised: bool
    measure: Text
    value: str
    limit: str
    words: Text


@router.get("/house", name="house", dependencies=[Depends(Asks(rules.SEE))])
def shown(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show everything that is watched, raised alarms first."""
    formats = Formats(house.pages.language(request))
    numbers = queries.visible(session, actor, house.settings.witness_names)
    lines = [_alarm_line(alarm, formats) for alarm in alarms(numbers, house.settings.thresholds)]
    raised = sum(line.is_raised for line in lines)
    return house.pages.show(
        request,
        "web/house.html",
        lines=lines,
        raised=raised,
        waiting=numbers.jobs_due,
        measured=numbers.worker_silent is not None,
    )


def _alarm_line(alarm: Alarm, formats: Formats) -> Line:
    title, measure, words = ABOUT[alarm.kind]
    value, limit = (_format_value(each, alarm.unit, formats) for each in (alarm.value, alarm.limit))
    place = PLACES.get(alarm.place, Text(alarm.place)) if alarm.place else None  # witnesses are shown by name
    return Line(title, place, alarm.is_raised, measure, value, limit, words)


def _format_value(value: float, unit: Unit, formats: Formats) -> str:
    if unit is Unit.SECONDS:
        return formats.span(timedelta(seconds=round(max(value, 0))))
    if unit is Unit.FRACTION:
        return formats.percent(value)
    return formats.number(value)
