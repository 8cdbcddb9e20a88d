"""The status of an output in words: its texts, the next step and who takes it, and the steps so far."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from babel.lists import format_list
from sqlalchemy import Row

from app.core.database.combined_lists import read_together
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import report_schema
from app.domain.addressees.queries import list_addressee_rows
from app.domain.agendas.queries import agenda_releases
from app.domain.bodies.models import Body
from app.domain.decisions.models import Decision
from app.domain.files.queries import ShownText, load_shown_text
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import (
    READABLE_STATUSES,
    AdoptionMethod,
    ApprovalCheckOutcome,
    Output,
    OutputFile,
    OutputStatus,
)
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.queries.approvals import find_approval_outcomes
from app.domain.outputs.queries.rule_facts import list_facts_of_output
from app.domain.outputs.queries.translation_approvals import (
    list_refused_translation_approvals,
    list_translation_approvals,
)
from app.domain.outputs.rules.outputs import APPROVALS_NEEDED
from app.domain.silence.queries.procedures import list_procedures_of_output
from app.http.labels import (
    ADVANCE_VERSION_LABEL,
    KIND_LABELS,
    ROLE_LABELS,
    get_status_colour_and_label,
    name_addressees,
)
from app.http.localization import Localizer
from app.web.forms.findings import FindingLine
from app.web.forms.findings import describe_findings as findings_of
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import get_original_language_if_foreign, localize_title
from app.web.views.outputs.pdfs import OutputPdf, load_pdfs

OutputStep = tuple[str, LazyText, LazyText | str | None]


@dataclass(frozen=True, slots=True)
class OutputLanguageTextLine:
    """The text in one language, with the findings of the file inspection, and its PDF unless it is one itself."""

    file: OutputFile
    is_original: bool
    findings: Sequence[FindingLine]
    pdf: OutputPdf | None


@dataclass(frozen=True, slots=True)
class OutputSummary:
    """What every page about one output shows of it."""

    output: Output
    meeting: Meeting
    meeting_name: LazyText
    title: str
    lang: str | None
    kind: LazyText
    tag: tuple[str, LazyText]
    mark: tuple[str, LazyText] | None
    texts: list[OutputLanguageTextLine]
    digest: str

    @property
    def lacks_pdf(self) -> bool:
        """Return whether a text has no PDF and may still get one."""
        return any(line.pdf and line.pdf.can_follow for line in self.texts)

    @property
    def awaits_pdf(self) -> bool:
        """Return whether the PDF of a text is being made."""
        return any(line.pdf and line.pdf.is_being_made for line in self.texts)


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision that a text was made from: its number, the agenda item, and its wording."""

    id: UUID
    href: str
    words: LazyText
    item: LazyText | None
    text: str
    lang: str | None


def build_decision_lines(
    session: ReadSession, decisions: Iterable[Row[Decision, Meeting] | tuple[Decision, Meeting]], language: str
) -> list[DecisionLine]:
    """Build the list entries of decisions. The item is None if it is no longer on the agenda."""
    pairs = [(decision, meeting) for decision, meeting in decisions]
    meetings = {meeting.id: meeting for _ignored, meeting in pairs}
    items = [
        row for meeting in meetings.values() for row in agenda_releases.list_current_released_items(session, meeting)
    ]
    labels = {row.item_id: row.label for row in items}
    return [
        DecisionLine(
            decision.id,
            f"/meetings/{meeting.id}/decisions#decision-{decision.number}",
            _("Decision %(number)s", number=decision.number),
            _("Item %(label)s", label=labels[decision.item_id]) if decision.item_id in labels else None,
            decision.text,
            get_original_language_if_foreign(decision.lang, language),
        )
        for decision, meeting in pairs
    ]


def load_language_text_lines(
    session: ReadSession, output: Output, files: Sequence[OutputFile]
) -> list[OutputLanguageTextLine]:
    """Load the list entries of an output's texts."""
    pdfs = load_pdfs(session, output, files)
    return [
        OutputLanguageTextLine(
            file,
            file.language == output.original,
            findings_of(map(report_schema.parse_finding, file.findings)),
            pdfs.get(file.language),
        )
        for file in files
    ]


LISTS_OF_OUTPUT = (
    list_facts_of_output,
    list_addressee_rows,
    outputs.list_output_files,
    outputs.list_source_document_ids,
    outputs.list_source_decision_ids,
    outputs.list_translations,
    outputs.list_release_plans,
    translations.list_completion_plans,
    list_translation_approvals,
    list_refused_translation_approvals,
    list_procedures_of_output,
)
"""What pages about an output read together."""


def load_output_summary(session: ReadSession, output: Output, language: str) -> OutputSummary:
    """Load the summary of an output that was found for the actor."""
    read_together(session, output, *LISTS_OF_OUTPUT)
    meeting, body = session.get_one(Meeting, output.meeting_id), session.get_one(Body, output.body_id)
    files = outputs.list_output_files(session, output)
    title, lang = localize_title(output.titles, language, output.original)
    return OutputSummary(
        output=output,
        meeting=meeting,
        meeting_name=format_meeting_name(meeting, body),
        title=title,
        lang=lang,
        kind=KIND_LABELS[output.kind],
        tag=get_status_colour_and_label(output.status),
        mark=ADVANCE_VERSION_LABEL if is_advance_version(session, output) else None,
        texts=load_language_text_lines(session, output, files),
        digest=outputs.compute_text_digest(session, output),
    )


def load_output_text(session: ReadSession, about: OutputSummary, preferred: Sequence[str]) -> ShownText | None:
    """Load the text of an output in the first of these languages in which there is one, else in the original one."""
    files = {line.file.language: line.file.sha256 for line in about.texts}
    return load_shown_text(session, files, (*preferred, about.output.original))


def is_advance_version(session: ReadSession, output: Output) -> bool:
    """Return whether the output is released, or scheduled, as an advance version."""
    if output.status in (OutputStatus.SCHEDULED, OutputStatus.RELEASING):
        return bool(translations.list_promised_languages(session, output))
    return output.status in READABLE_STATUSES and bool(output.still_to_come)


@dataclass(frozen=True, slots=True)
class ReleasePlanLine:
    """A plan of the release, as the page of the output shows it."""

    at: datetime
    addressees: str
    languages: Sequence[str]
    still_to_come: Sequence[str]
    called_back: LazyText | None
    because: str | None
    counts: bool


def list_release_plans(session: ReadSession, output: Output, formats: Localizer) -> list[ReleasePlanLine]:
    """Return every plan of the release, the latest first."""
    zone, names = (
        session.get_one(Meeting, output.meeting_id).zone,
        outputs.index_names_of_people_involved(session, output),
    )
    lines = []
    for each in reversed(outputs.list_release_plans(session, output)):
        called_back = None
        if each.called_back_at and each.called_back_by:
            when, name = formats.format_instant(each.called_back_at, zone), names[each.called_back_by]
            called_back = _("Release cancelled: %(when)s, %(name)s", when=when, name=name)
        addressees = format_list(
            [formats.translate_text(name) for name in name_addressees(each.addressees)], locale=formats.locale
        )
        language_lists = (each.languages, each.still_to_come)
        lines.append(
            ReleasePlanLine(
                each.release_at, addressees, *language_lists, called_back, each.called_back_because, called_back is None
            )
        )
    return lines


def list_output_steps(session: ReadSession, output: Output, formats: Localizer) -> list[OutputStep]:
    """Return the steps of an output as (state, title, note); every approval that was given is a step of its own."""
    zone = session.get_one(Meeting, output.meeting_id).zone
    names = outputs.index_names_of_people_involved(session, output)

    def noted(moment: datetime | None, person: UUID | None) -> LazyText | None:
        if moment is None or person is None:
            return None
        return _("%(when)s, %(name)s", when=formats.format_instant(moment, zone), name=names[person])

    def adopted() -> LazyText | None:
        if output.adopted_how != AdoptionMethod.SILENCE or output.adopted_at is None or output.adopted_by is None:
            return noted(output.adopted_at, output.adopted_by)
        when, name = formats.format_instant(output.adopted_at, zone), names[output.adopted_by]
        return _("%(when)s, in a procedure started by %(name)s", when=when, name=name)

    outcomes = find_approval_outcomes(session, output)
    approvals = [
        (*row, outcomes.get(row[1].id))
        for row in outputs.list_approvals(session, output)
        if outcomes.get(row[1].id) != ApprovalCheckOutcome.REFUSED
    ]
    is_alone = outputs.find_sole_decision_release_plan(session, output) is not None
    in_advance = output.completed_at is not None or is_advance_version(session, output)
    steps_so_far: list[tuple[bool, LazyText, LazyText | str | None]] = [
        (True, _("Drafted"), noted(output.drafted_at, output.drafted_by)),
        (output.adopted_at is not None, _adoption_label(output, formats), adopted()),
    ]
    for number in range(min(len(approvals), APPROVALS_NEEDED) if is_alone else APPROVALS_NEEDED):
        words = _("Approval %(number)s of %(needed)s", number=number + 1, needed=APPROVALS_NEEDED)
        approved_note = None
        if number < len(approvals):
            approval, person, outcome = approvals[number]
            at, capacity = approval.approved_at, approval.capacity
            approved_note = format_approval_note(person, capacity, at, outcome, zone=zone, formats=formats)
        steps_so_far.append((approved_note is not None, words, approved_note))
    steps_so_far += [
        (
            output.let_out_at is not None,
            _("Released by one person alone") if is_alone else _("Release started"),
            noted(output.let_out_at, output.let_out_by),
        ),
        (
            output.released_at is not None,
            _name_release(output, in_advance=in_advance),
            _release_note(output, zone, formats),
        ),
    ]
    if in_advance and (output.completed_at or output.status in READABLE_STATUSES):
        completed = formats.format_instant(output.completed_at, zone) if output.completed_at else None
        steps_so_far.append((output.completed_at is not None, _("Released in all languages"), completed))
    if output.withdrawn_at is not None:
        steps_so_far.append((True, _("Withdrawn"), formats.format_instant(output.withdrawn_at, zone)))
    current = next((index for index, (is_done, *_rest) in enumerate(steps_so_far) if not is_done), len(steps_so_far))
    return [
        ("done" if i < current else "now" if i == current else "next", *step[1:]) for i, step in enumerate(steps_so_far)
    ]


@dataclass(frozen=True, slots=True)
class SoleDecisionLine:
    """The sole decision to release: its reason and language, and who took it in which capacities and when."""

    reason: str
    language: str
    by: LazyText


def find_sole_decision(session: ReadSession, output: Output, formats: Localizer) -> SoleDecisionLine | None:
    """Return the sole decision to release this output, or None. Everybody who sees the page sees it."""
    plan = outputs.find_sole_decision_release_plan(session, output)
    if plan is None:
        return None
    zone, person = session.get_one(Meeting, output.meeting_id).zone, session.get_one(Person, plan.set_by)
    by = format_person_capacity_and_time(person, plan.alone_capacity or "", plan.set_at, zone, formats)
    return SoleDecisionLine(plan.alone_because or "", plan.alone_language or output.original, by)


def _adoption_label(output: Output, formats: Localizer) -> LazyText:
    if output.adopted_on is None:
        return _("Adopted by the meeting")
    if output.adopted_how == AdoptionMethod.SILENCE:
        return _("Adopted under the silence procedure on %(day)s", day=formats.format_day(output.adopted_on))
    return _("Adopted by the meeting on %(day)s", day=formats.format_day(output.adopted_on))


def _name_release(output: Output, *, in_advance: bool) -> LazyText:
    """Name the step of the release: in which form, and to whom."""
    if output.for_addressees_only:
        return _("Released to its recipients only")
    return _("Released as an advance, unedited version") if in_advance else _("Released to all ITU members")


def _release_note(output: Output, zone: str, formats: Localizer) -> LazyText | str | None:
    """Return when it was released, when it will be, or when that failed."""
    if output.status == OutputStatus.SCHEDULED and output.release_at is not None:
        return _("Planned for %(when)s", when=formats.format_instant(output.release_at, zone))
    if output.failed_at is not None:
        return _("Failed: %(when)s", when=formats.format_instant(output.failed_at, zone))
    return formats.format_instant(output.released_at, zone) if output.released_at else None


def format_approval_note(
    person: Person, capacity: str, at: datetime, outcome: str | None, *, zone: str, formats: Localizer
) -> LazyText:
    """Format who approved, in which capacities, and when; and whether the worker has verified the sign-in for it."""
    who = format_person_capacity_and_time(person, capacity, at, zone, formats)
    if outcome is None:
        return _("%(who)s. The sign-in for this approval has not been verified yet.", who=who)
    return (
        _("%(who)s. The sign-in for this approval has been verified.", who=who)
        if outcome == ApprovalCheckOutcome.VERIFIED
        else who
    )


def format_person_capacity_and_time(
    person: Person, capacity: str, at: datetime, zone: str, formats: Localizer
) -> LazyText:
    """Format who acted, in which capacities, and when."""
    capacities = format_list(
        [formats.translate_text(ROLE_LABELS[role]) for role in capacity.split()], locale=formats.locale
    )
    return _(
        "%(name)s (%(capacities)s), %(when)s",
        name=person.name,
        capacities=capacities,
        when=formats.format_instant(at, zone),
    )
