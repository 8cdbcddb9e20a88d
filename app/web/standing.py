"""Contributions as pages show them: list lines, progress, next step, deadlines, files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row

from app.asgi.actors import EntityName
from app.asgi.formats import Formats
from app.asgi.words import SCANS, standing
from app.core import clock
from app.core.db import ReadSession
from app.core.gate import kept
from app.core.i18n import Text, say
from app.domain.bodies.models import Body
from app.domain.contributions.models import Contribution, ContributionFile, Status
from app.domain.contributions.queries import Standing
from app.domain.contributions.rules import OPEN, waits_for_chair
from app.domain.documents.models import Step
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import has_passed
from app.web.gate_findings import Found, found
from app.web.titles import foreign

Convened = Mapping[UUID, tuple[Meeting, Body]]
Pair = tuple[Text | str, Text | str]
Moved = tuple[Text, str, str]
"""Name of the meeting, the deadline before, and the one now."""

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
    """Next step: who has to do what, by when, and what follows."""

    whom: Text
    asked: Text | Pair
    by: Pair | None
    then: Text
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file with its findings, and the tag of its virus scan."""

    file: ContributionFile
    findings: Sequence[Found]
    tag: tuple[str, Text]


def called(meeting: Meeting, body: Body) -> Text:
    """Return the name of a meeting."""
    return say("%(group)s, meeting %(number)s", group=body.prefix, number=meeting.number)


def by_id(listed: Iterable[Row[Meeting, Body]]) -> Convened:
    """Index meetings with their bodies by the id of the meeting."""
    return {row[0].id: (row[0], row[1]) for row in listed}


def lines(rows: Iterable[Standing], convened: Convened, acting: str, language: str) -> list[Line]:
    """Build the lines of a list of contributions, for somebody who acts for `acting_entity`."""
    return [_build_line(row, *convened[row.meeting_id], acting, language) for row in rows]


def _build_line(row: Standing, meeting: Meeting, body: Body, acting_entity: str, language: str) -> Line:
    """Build the line of one contribution."""
    accepted = row.late_accepted_by is not None
    is_waiting = waits_for_chair(row.status, late=row.late, accepted=accepted)
    # Others than its authors see a draft only because their State was invited to sign it.
    is_invited = row.status in OPEN and acting_entity not in (row.entity, row.by_entity)
    return Line(
        href=f"/documents/{row.document_id}" if row.document_id else f"/contributions/{row.id}",
        symbol=row.symbol,
        title=row.title,
        lang=foreign(row.original, language),
        entity=EntityName(row.entity),
        tag=standing(row.ended_as or row.status, late=row.late, accepted=accepted),
        next=NEXT["ended" if row.ended_as else "late" if is_waiting else "asked" if is_invited else row.status],
        meeting=called(meeting, body),
        zone=meeting.zone,
        submitted_at=row.submitted_at,
    )


def is_for_the_chair(contribution: Contribution) -> bool:
    """Whether it came late and has not been accepted yet."""
    accepted = contribution.late_accepted_by is not None
    return waits_for_chair(contribution.status, late=contribution.late, accepted=accepted)


def due_of(step: str, meeting: Meeting, formats: Formats) -> Pair | None:
    """Format the deadline of a contribution; None for a corrigendum, which has none."""
    return None if step == Step.CORRIGENDUM else due(meeting, formats)


def due(meeting: Meeting, formats: Formats) -> Pair:
    """Format the deadline for contributions: the instant, and the time left."""
    deadline = meeting.contributions_due_at
    if has_passed(deadline):
        return formats.when(deadline, meeting.zone), say(
            "The deadline has passed. You can ask the chair to accept it late."
        )
    return formats.when(deadline, meeting.zone), formats.left(deadline)


def deadline_moved(session: ReadSession, meeting: Meeting, formats: Formats) -> Moved | None:
    """Find the last move of the deadline of a meeting that is not over yet."""
    if meeting.closes_on < clock.now().date():
        return None
    moves = meetings.deadline_moves(session, [meeting])
    return moved(meeting, session.get_one(Body, meeting.body_id), moves[meeting.id][1], formats) if moves else None


def moved(meeting: Meeting, body: Body, was: datetime, formats: Formats) -> Moved:
    """Format the move of a deadline."""
    return (
        called(meeting, body),
        formats.when(was, meeting.zone),
        formats.when(meeting.contributions_due_at, meeting.zone),
    )


def docket(
    contribution: Contribution, meeting: Meeting, entity: Text, formats: Formats, *, has_ended: bool = False
) -> Docket:
    """Return the next step of a contribution."""
    if contribution.status in OPEN:
        what_follows = say("You check what will be registered, then it goes to the secretariat.")
        return Docket(
            entity, say("Complete it and submit it"), due_of(contribution.step, meeting, formats), what_follows
        )
    if is_for_the_chair(contribution):
        what_follows = say("Once it is accepted, the secretariat gives it its number.")
        return Docket(say("the chair"), say("Decide whether it is accepted late"), None, what_follows)
    if contribution.status == Status.SUBMITTED:
        what_follows = say("It gets its number, and every delegation of the group sees it.")
        return Docket(say("the secretariat"), say("Check it and register it"), None, what_follows)
    if contribution.status == Status.HELD:
        what_follows = say("It counts as in time there, and gets a number of that meeting when you register it.")
        return Docket(say("the secretariat"), say("Take it up at a later meeting"), None, what_follows)
    what_follows = NEXT["ended"] if has_ended else say("The meeting takes it up under its agenda item.")
    return Docket(say("nobody"), say("Nothing"), None, what_follows, quiet=True)


def steps(contribution: Contribution, zone: str, formats: Formats) -> list[tuple[str, Text, str | None]]:
    """List the steps of a contribution from draft to registration: (state, title, note) each."""
    is_open, is_registered = contribution.status in OPEN, contribution.status == Status.REGISTERED
    began = formats.when(contribution.drafted_at, zone)
    received = formats.when(contribution.submitted_at, zone, seconds=True) if contribution.submitted_at else None
    first = say("Returned, to be changed") if contribution.status == Status.RETURNED else say("Draft")
    progress: list[tuple[str, Text, str | None]] = [
        ("now" if is_open else "done", first, began),
        ("next" if is_open else "done", say("Received by the secretariat"), None if is_open else received),
    ]
    if contribution.status == Status.HELD:
        progress.append(("now", say("Held for a later meeting"), None))
    elif contribution.late and not is_open:
        progress.append(("now" if is_for_the_chair(contribution) else "done", say("Accepted late by the chair"), None))
    is_waiting = is_open or is_for_the_chair(contribution) or contribution.status == Status.HELD
    progress.append(
        ("done" if is_registered else "next" if is_waiting else "now", say("Registered under its number"), None)
    )
    return progress


def shown(files: Iterable[ContributionFile], scans: Mapping[str, str]) -> list[ShownFile]:
    """Build the views of files; `scan_states` are the results of the virus scanner by digest."""
    return [
        ShownFile(file, found(map(kept.finding, file.findings)), SCANS[scans.get(file.sha256, "clean")])
        for file in files
    ]
