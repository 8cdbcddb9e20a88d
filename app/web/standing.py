"""Where a contribution stands, in words: its line in a list, the steps of its way, what is asked of whom, its files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row

from app.asgi.actors import EntityName
from app.asgi.formats import Formats
from app.asgi.words import LEVELS, SCANS, standing
from app.core import clock
from app.core.db import ReadSession
from app.core.gate import Finding, kept
from app.core.i18n import Text, say
from app.domain.bodies.models import Body
from app.domain.contributions.models import Contribution, ContributionFile, Status
from app.domain.contributions.queries import Standing
from app.domain.contributions.rules import OPEN, waits_for_chair
from app.domain.documents.models import Step
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import has_passed
from app.web.titles import foreign

Convened = Mapping[UUID, tuple[Meeting, Body]]
Pair = tuple[Text | str, Text | str]
Moved = tuple[Text, str, str]
"""The meeting, the instant before, and the one that holds now."""
Found = tuple[str, Text, Text]
"""Kind of the tag, its word, and the sentence."""

NEXT: Mapping[str, Text] = {
    Status.DRAFT: say("Complete it and submit it."),
    Status.SUBMITTED: say("The secretariat checks it and gives it its number."),
    "asked": say("Your State is asked to sign it, or has answered. Its submitter goes on with it."),
    "late": say("The chair decides whether it is accepted."),
    Status.RETURNED: say("Change it and submit it again."),
    Status.HELD: say("The secretariat takes it up at a later meeting."),
    Status.REGISTERED: say("Every delegation of the group sees it."),
    "ended": say("Its number stays taken. Nothing of it is given out."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A contribution in a list."""

    href: str
    symbol: str | None
    title: str
    lang: str | None
    entity: Text
    tag: tuple[str, Text]
    next: Text
    meeting: Text
    zone: str
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Docket:
    """What is asked of whom, by when, and what follows."""

    whom: Text
    asked: Text | Pair
    by: Pair | None
    then: Text
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file with what was found in it, and whether it may go on."""

    file: ContributionFile
    findings: Sequence[Found]
    tag: tuple[str, Text]


def called(meeting: Meeting, body: Body) -> Text:
    """How a meeting is called wherever it is mentioned."""
    return say("%(group)s, meeting %(number)s", group=body.prefix, number=meeting.number)


def by_id(listed: Iterable[Row[Meeting, Body]]) -> Convened:
    """Meetings and their bodies, to be looked up."""
    return {row[0].id: (row[0], row[1]) for row in listed}


def lines(rows: Iterable[Standing], convened: Convened, acting: str, language: str) -> list[Line]:
    """The lines of a list of contributions, for somebody who acts for this entity."""
    return [_line(row, *convened[row.meeting_id], acting, language) for row in rows]


def _line(row: Standing, meeting: Meeting, body: Body, acting: str, language: str) -> Line:
    accepted = row.late_accepted_by is not None
    waits = waits_for_chair(row.status, late=row.late, accepted=accepted)
    asked = row.status in OPEN and acting not in (
        row.entity,
        row.by_entity,
    )  # while it is written, its signers are asked
    return Line(
        href=f"/documents/{row.document_id}" if row.document_id else f"/contributions/{row.id}",
        symbol=row.symbol,
        title=row.title,
        lang=foreign(row.original, language),
        entity=EntityName(row.entity),
        tag=standing(row.ended_as or row.status, late=row.late, accepted=accepted),
        next=NEXT["ended" if row.ended_as else "late" if waits else "asked" if asked else row.status],
        meeting=called(meeting, body),
        zone=meeting.zone,
        submitted_at=row.submitted_at,
    )


def is_for_the_chair(contribution: Contribution) -> bool:
    """Whether it came late and nobody has accepted it yet."""
    accepted = contribution.late_accepted_by is not None
    return waits_for_chair(contribution.status, late=contribution.late, accepted=accepted)


def due_of(step: str, meeting: Meeting, formats: Formats) -> Pair | None:
    """Until when it is taken; None for a corrigendum, which has no deadline."""
    return None if step == Step.CORRIGENDUM else due(meeting, formats)


def due(meeting: Meeting, formats: Formats) -> Pair:
    """Until when contributions are taken: the instant, and how long that is."""
    at = meeting.contributions_due_at
    if has_passed(at):
        return formats.when(at, meeting.zone), say("The deadline has passed. You can ask the chair to accept it late.")
    return formats.when(at, meeting.zone), formats.left(at)


def deadline_moved(session: ReadSession, meeting: Meeting, formats: Formats) -> Moved | None:
    """The last move of a meeting's deadline, for everybody who reads of that deadline, until the meeting is over."""
    if meeting.closes_on < clock.now().date():
        return None
    was = meetings.deadline_moves(session, [meeting])
    return moved(meeting, session.get_one(Body, meeting.body_id), was[meeting.id][1], formats) if was else None


def moved(meeting: Meeting, body: Body, was: datetime, formats: Formats) -> Moved:
    """A deadline that was moved: of which meeting, from when to when."""
    return (
        called(meeting, body),
        formats.when(was, meeting.zone),
        formats.when(meeting.contributions_due_at, meeting.zone),
    )


def docket(
    contribution: Contribution, meeting: Meeting, entity: Text, formats: Formats, *, has_ended: bool = False
) -> Docket:
    """What is asked now."""
    if contribution.status in OPEN:
        then = say("You check what will be registered, then it goes to the secretariat.")
        return Docket(entity, say("Complete it and submit it"), due_of(contribution.step, meeting, formats), then)
    if is_for_the_chair(contribution):
        then = say("Once it is accepted, the secretariat gives it its number.")
        return Docket(say("the chair"), say("Decide whether it is accepted late"), None, then)
    if contribution.status == Status.SUBMITTED:
        then = say("It gets its number, and every delegation of the group sees it.")
        return Docket(say("the secretariat"), say("Check it and register it"), None, then)
    if contribution.status == Status.HELD:
        then = say("It counts as in time there, and gets a number of that meeting when you register it.")
        return Docket(say("the secretariat"), say("Take it up at a later meeting"), None, then)
    then = NEXT["ended"] if has_ended else say("The meeting takes it up under its agenda item.")
    return Docket(say("nobody"), say("Nothing"), None, then, quiet=True)


def steps(contribution: Contribution, zone: str, formats: Formats) -> list[tuple[str, Text, str | None]]:
    """Its way: (state, title, note) each."""
    is_open, is_registered = contribution.status in OPEN, contribution.status == Status.REGISTERED
    began = formats.when(contribution.drafted_at, zone)
    received = formats.when(contribution.submitted_at, zone, seconds=True) if contribution.submitted_at else None
    first = say("Returned, to be changed") if contribution.status == Status.RETURNED else say("Draft")
    way: list[tuple[str, Text, str | None]] = [
        ("now" if is_open else "done", first, began),
        ("next" if is_open else "done", say("Received by the secretariat"), None if is_open else received),
    ]
    if contribution.status == Status.HELD:
        way.append(("now", say("Held for a later meeting"), None))
    elif contribution.late and not is_open:
        way.append(("now" if is_for_the_chair(contribution) else "done", say("Accepted late by the chair"), None))
    waits = is_open or is_for_the_chair(contribution) or contribution.status == Status.HELD
    way.append(("done" if is_registered else "next" if waits else "now", say("Registered under its number"), None))
    return way


def shown(files: Iterable[ContributionFile], scans: Mapping[str, str]) -> list[ShownFile]:
    """Files as a page shows them; `scans` is what the virus scanner said of some, by digest."""
    return [
        ShownFile(file, found(map(kept.finding, file.findings)), SCANS[scans.get(file.sha256, "clean")])
        for file in files
    ]


def found(findings: Iterable[Finding]) -> list[Found]:
    """What the gate found: what it is, where, and what its author can do about it."""
    return [(*LEVELS[finding.level], _sentence(finding)) for finding in findings]


def _sentence(finding: Finding) -> Text:
    if finding.where:
        return say("%(what)s (%(where)s) %(remedy)s", what=finding.what, where=finding.where, remedy=finding.remedy)
    return say("%(what)s %(remedy)s", what=finding.what, remedy=finding.remedy)
