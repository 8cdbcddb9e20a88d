"""The status of an output in words: its texts, the next step and who takes it, and the steps so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from babel.lists import format_list
from sqlalchemy import Row

from app.asgi.formats import Formats
from app.asgi.words import ADDRESSEES, ADVANCE, KINDS, ROLES, standing
from app.core.db import ReadSession
from app.core.gate import kept
from app.core.i18n import Text, say
from app.domain.agendas import queries as agendas
from app.domain.bodies.models import Body
from app.domain.decisions.models import Decision
from app.domain.identity.models import Person
from app.domain.meetings.models import Meeting
from app.domain.outputs import queries, translations
from app.domain.outputs.models import Approval, Failure, Output, OutputFile, Status, Way
from app.domain.outputs.rules import APPROVALS_NEEDED, Case
from app.web.gate_findings import Found
from app.web.gate_findings import found as findings_of
from app.web.standing import Docket, Pair, called
from app.web.titles import foreign, in_language

Step = tuple[str, Text, Text | str | None]

FAILURES: Mapping[str, tuple[Text, Text]] = {
    Failure.NOT_AS_ADOPTED: (
        say("What is stored is not the text that was adopted, or a file of it is missing. Nothing was released."),
        say("Ask those who run the portal to put back the adopted files, then let it out again."),
    ),
    Failure.OUT_OF_REACH: (
        say("The store or the database did not answer for a whole day. Nothing was released."),
        say("Ask those who run the portal whether it works again, then let it out again."),
    ),
    Failure.CATALOGUE: (
        say("The catalogue of what was released is not as it was signed, so nothing is added to it."),
        say("Ask those who run the portal to find out who changed it, then let it out again."),
    ),
    Failure.VIRUS: (
        say("A virus was found in a file of the text after it was adopted. Nothing was released."),
        say("Ask those who run the portal to look at the file. If the scanner was wrong, let it out again."),
    ),
    Failure.FAULT: (
        say("There is a fault in the program. It has been noted. Nothing was released."),
        say("Ask those who run the portal to mend it, then let it out again."),
    ),
}
"""Why a release failed and what to do about it, by `Output.failed_because`."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """The text in one language, with the findings of the file inspection."""

    file: OutputFile
    is_original: bool
    findings: Sequence[Found]


@dataclass(frozen=True, slots=True)
class About:
    """What every page about one output shows of it."""

    output: Output
    meeting: Meeting
    meeting_name: Text
    title: str
    lang: str | None
    kind: Text
    tag: tuple[str, Text]
    mark: tuple[str, Text] | None
    texts: list[TextLine]
    digest: str


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision that a text was made from: its number, the agenda item, and its wording."""

    id: UUID
    href: str
    words: Text
    item: Text | None
    text: str
    lang: str | None


def decision_lines(
    session: ReadSession, taken: Iterable[Row[Decision, Meeting] | tuple[Decision, Meeting]], language: str
) -> list[DecisionLine]:
    """Build the list entries of decisions. The item is None if it is no longer on the agenda."""
    pairs = [(decision, meeting) for decision, meeting in taken]
    meetings = {meeting.id: meeting for _, meeting in pairs}
    items = [row for meeting in meetings.values() for row in agendas.released_items(session, meeting)]
    labels = {row.item_id: row.label for row in items}
    return [
        DecisionLine(
            decision.id,
            f"/meetings/{meeting.id}/decisions#decision-{decision.number}",
            say("Decision %(number)s", number=decision.number),
            say("Item %(label)s", label=labels[decision.item_id]) if decision.item_id in labels else None,
            decision.text,
            foreign(decision.lang, language),
        )
        for decision, meeting in pairs
    ]


def text_lines(output: Output, files: Sequence[OutputFile]) -> list[TextLine]:
    """Build the list entries of an output's texts."""
    return [
        TextLine(file, file.language == output.original, findings_of(map(kept.finding, file.findings)))
        for file in files
    ]


def about(session: ReadSession, output: Output, language: str) -> About:
    """Load the summary of an output that was found for the actor."""
    meeting, body = session.get_one(Meeting, output.meeting_id), session.get_one(Body, output.body_id)
    files = queries.files(session, output)
    title, lang = in_language(output.titles, language, output.original)
    return About(
        output=output,
        meeting=meeting,
        meeting_name=called(meeting, body),
        title=title,
        lang=lang,
        kind=KINDS[output.kind],
        tag=standing(output.status),
        mark=ADVANCE if is_advance(session, output) else None,
        texts=text_lines(output, files),
        digest=queries.text_digest(session, output),
    )


def is_advance(session: ReadSession, output: Output) -> bool:
    """Return whether the output is released, or scheduled, as an advance version."""
    if output.status in (Status.SCHEDULED, Status.LEAVING):
        return bool(translations.promised(session, output))
    return output.status == Status.RELEASED and bool(output.still_to_come)


def docket(output: Output, case: Case, by: Pair | None = None) -> Docket:
    """Describe the next step and who takes it; `by` is the instant of a scheduled release."""
    if output.status == Status.DRAFT and not case.is_complete:
        then = say("Once the meeting has adopted it, the chair records the adoption.")
        return Docket(say("the chair and the secretariat"), say("Add title and text in the original"), None, then)
    if output.status == Status.DRAFT:
        then = say("It gets its symbol and cannot be changed any more. Two other people approve its release.")
        return Docket(say("the chair"), say("Record the adoption, once the meeting has adopted it"), None, then)
    if output.status == Status.ADOPTED:
        then = say("With the second approval, somebody who did not approve it can let it out to the membership.")
        return Docket(say("the chair and the secretariat"), say("Approve the release"), None, then)
    if output.status == Status.APPROVED:
        then = say("The membership sees all its languages in the same moment.")
        return Docket(say("the chair and the secretariat"), say("Let it out to the membership"), None, then)
    if output.status == Status.SCHEDULED:
        then = say("At that instant the membership sees all its languages. Until then it can be called back.")
        return Docket(say("nobody"), say("Nothing"), by, then, quiet=True)
    if output.failed_because:
        then = say("The membership sees all its languages in the same moment.")
        return Docket(say("the secretariat"), FAILURES[output.failed_because][1], None, then)
    if output.status == Status.RELEASED and output.still_to_come:
        then = say("The membership reads an advance, unedited version. The version in all languages takes its place.")
        request = say("Add and approve the translations that are missing, then let it out in all languages")
        return Docket(say("the chair and the secretariat"), request, None, then)
    then = say("The membership sees all its languages in the same moment.")
    if output.status == Status.RELEASED:
        then = say("The membership reads it, exactly as it was adopted.")
    if output.status == Status.WITHDRAWN:
        then = say("At its address the membership reads that it was withdrawn, and why.")
    return Docket(say("nobody"), say("Nothing"), None, then, quiet=True)


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan of the release, as the page of the output shows it."""

    at: datetime
    addressees: str
    languages: Sequence[str]
    still_to_come: Sequence[str]
    called_back: Text | None
    because: str | None
    counts: bool


def plans(session: ReadSession, output: Output, formats: Formats) -> list[PlanLine]:
    """Return every plan of the release, the latest first."""
    zone, names = session.get_one(Meeting, output.meeting_id).zone, queries.names_of(session, output)
    lines = []
    for each in reversed(queries.plans(session, output)):
        called_back = None
        if each.called_back_at and each.called_back_by:
            when, name = formats.when(each.called_back_at, zone), names[each.called_back_by]
            called_back = say("Called back: %(when)s, %(name)s", when=when, name=name)
        addressees = format_list([formats.text(ADDRESSEES[one]) for one in each.addressees], locale=formats.locale)
        language_lists = (each.languages, each.still_to_come)
        lines.append(
            PlanLine(
                each.release_at, addressees, *language_lists, called_back, each.called_back_because, called_back is None
            )
        )
    return lines


def steps(session: ReadSession, output: Output, formats: Formats) -> list[Step]:
    """Return the steps of an output as (state, title, note); every approval that was given is a step of its own."""
    zone = session.get_one(Meeting, output.meeting_id).zone
    names = queries.names_of(session, output)

    def noted(moment: datetime | None, person: UUID | None) -> Text | None:
        if moment is None or person is None:
            return None
        return say("%(when)s, %(name)s", when=formats.when(moment, zone), name=names[person])

    def adopted() -> Text | None:
        if output.adopted_how != Way.SILENCE or output.adopted_at is None or output.adopted_by is None:
            return noted(output.adopted_at, output.adopted_by)
        when, name = formats.when(output.adopted_at, zone), names[output.adopted_by]
        return say("%(when)s, in a procedure that %(name)s opened", when=when, name=name)

    approvals = queries.approvals(session, output)
    is_alone = queries.let_out_alone(session, output) is not None
    in_advance = output.completed_at is not None or is_advance(session, output)
    steps_so_far: list[tuple[bool, Text, Text | str | None]] = [
        (True, say("Drafted"), noted(output.drafted_at, output.drafted_by)),
        (output.adopted_at is not None, _adoption_label(output, formats), adopted()),
    ]
    for number in range(min(len(approvals), APPROVALS_NEEDED) if is_alone else APPROVALS_NEEDED):
        words = say("Approval %(number)s of %(needed)s", number=number + 1, needed=APPROVALS_NEEDED)
        approved_note = _approval_note(*approvals[number], zone, formats) if number < len(approvals) else None
        steps_so_far.append((approved_note is not None, words, approved_note))
    steps_so_far += [
        (
            output.let_out_at is not None,
            say("Let out by one person alone") if is_alone else say("Let out"),
            noted(output.let_out_at, output.let_out_by),
        ),
        (
            output.released_at is not None,
            say("Released as an advance, unedited version") if in_advance else say("Released to the membership"),
            _release_note(output, zone, formats),
        ),
    ]
    if in_advance and (output.completed_at or output.status == Status.RELEASED):
        completed = formats.when(output.completed_at, zone) if output.completed_at else None
        steps_so_far.append((output.completed_at is not None, say("Released in all languages"), completed))
    if output.withdrawn_at is not None:
        steps_so_far.append((True, say("Withdrawn"), formats.when(output.withdrawn_at, zone)))
    current = next((index for index, (is_done, _, _) in enumerate(steps_so_far) if not is_done), len(steps_so_far))
    return [
        ("done" if i < current else "now" if i == current else "next", *step[1:]) for i, step in enumerate(steps_so_far)
    ]


@dataclass(frozen=True, slots=True)
class AloneLine:
    """The sole decision to release: its reason and language, and who took it in which capacities and when."""

    reason: str
    language: str
    by: Text


def alone(session: ReadSession, output: Output, formats: Formats) -> AloneLine | None:
    """Return the sole decision to release this output, or None. Everybody who sees the page sees it."""
    plan = queries.let_out_alone(session, output)
    if plan is None:
        return None
    zone, person = session.get_one(Meeting, output.meeting_id).zone, session.get_one(Person, plan.set_by)
    by = by_whom(person, plan.alone_capacity or "", plan.set_at, zone, formats)
    return AloneLine(plan.alone_because or "", plan.alone_language or output.original, by)


def _adoption_label(output: Output, formats: Formats) -> Text:
    if output.adopted_on is None:
        return say("Adopted by the meeting")
    if output.adopted_how == Way.SILENCE:
        return say("Adopted by silence on %(day)s", day=formats.day(output.adopted_on))
    return say("Adopted by the meeting on %(day)s", day=formats.day(output.adopted_on))


def _release_note(output: Output, zone: str, formats: Formats) -> Text | str | None:
    """Return when it was released, when it will be, or when that failed."""
    if output.status == Status.SCHEDULED and output.release_at is not None:
        return say("Set for %(when)s", when=formats.when(output.release_at, zone, seconds=True))
    if output.failed_at is not None:
        return say("Failed: %(when)s", when=formats.when(output.failed_at, zone))
    return formats.when(output.released_at, zone) if output.released_at else None


def _approval_note(approval: Approval, person: Person, zone: str, formats: Formats) -> Text:
    """Return who approved, in which capacities, and when."""
    return by_whom(person, approval.capacity, approval.approved_at, zone, formats)


def by_whom(person: Person, capacity: str, at: datetime, zone: str, formats: Formats) -> Text:
    """Format who acted, in which capacities, and when."""
    capacities = format_list([formats.text(ROLES[role]) for role in capacity.split()], locale=formats.locale)
    return say(
        "%(name)s (%(capacities)s), %(when)s", name=person.name, capacities=capacities, when=formats.when(at, zone)
    )
