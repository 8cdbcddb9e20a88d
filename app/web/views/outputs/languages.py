"""The languages of an adopted text as pages show them: released, waiting, and still missing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import report_schema
from app.core.permissions import Actor
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import READABLE_STATUSES, CompletionPlan, Output, OutputStatus, OutputTranslation
from app.domain.outputs.queries import translations
from app.domain.outputs.queries.translation_approvals import (
    find_refused_translation_approvers,
    find_translation_approvals,
)
from app.domain.outputs.rules import translations as completing
from app.domain.outputs.rules.approvals import GivenApproval
from app.domain.outputs.rules.failures import RELEASE_FAILURE_TEXTS
from app.domain.outputs.rules.translations import CompletionRuleSubject
from app.http.localization import Localizer
from app.web.forms.findings import FindingLine
from app.web.forms.findings import describe_findings as findings_of
from app.web.views.outputs.outputs import format_approval_note
from app.web.views.outputs.pdfs import OutputPdf, load_pdfs

RELEASED_LABEL = ("good", _("Available to all ITU members"))
DELIVERED_LABEL = ("good", _("Delivered to its recipients"))
APPROVED_LABEL = ("info", _("Approved by a second person"))
WAITING_LABEL = ("warn", _("Awaiting approval by a second person"))


@dataclass(frozen=True, slots=True)
class TranslationLine:
    """A translation: its file, its PDF unless it is one itself, its title where the adopted text has none, its status,
    and who answers for it.

    `refused` are the names of people whose approval does not count, since the sign-in for it could not be verified.
    """

    translation: OutputTranslation
    title: str | None
    tag: tuple[str, LazyText]
    findings: Sequence[FindingLine]
    added: LazyText
    approved: LazyText | None
    refused: Sequence[str]
    pdf: OutputPdf | None
    may_approve: bool = False


@dataclass(frozen=True, slots=True)
class CompletionLine:
    """A plan of the release in all languages, and its outcome."""

    at: datetime
    ended: LazyText | None
    because: LazyText | str | None


@dataclass(frozen=True, slots=True)
class OutputLanguages:
    """The languages of an output on its page. `missing` are those without which it is incomplete."""

    missing: Sequence[str]
    lines: list[TranslationLine]
    plans: list[CompletionLine]
    may_translate: bool
    may_complete: bool
    may_call_back: bool

    @property
    def has_content(self) -> bool:
        """Return whether there is anything to show."""
        return bool(self.missing or self.lines or self.may_translate)


def load_output_languages(session: ReadSession, actor: Actor, output: Output, formats: Localizer) -> OutputLanguages:
    """Load the languages of an output, with what the actor may do."""
    case = translations.get_completion_rule_subject(session, output)
    visible = translations.list_visible_translations(session, actor, output)
    approvable = frozenset(each.language for each in visible if _may_approve(actor, case, each))
    lines = build_translation_lines(session, output, visible, formats.language, approvable=approvable)
    return OutputLanguages(
        missing=_missing_languages(session, output),
        lines=lines,
        plans=_completion_lines(session, output, formats),
        may_translate=completing.ADD_TRANSLATION.allows(actor, case),
        may_complete=completing.SCHEDULE_COMPLETION.allows(actor, case),
        may_call_back=completing.CALL_BACK_COMPLETION.allows(actor, case),
    )


def _missing_languages(session: ReadSession, output: Output) -> Sequence[str]:
    """Return the missing languages: of a released output those that readers wait for; before the release those of
    the body without an approved text. Empty for a draft, to which texts may still be added."""
    if output.status == OutputStatus.DRAFT:
        return ()
    if output.status in READABLE_STATUSES | {OutputStatus.WITHDRAWN}:
        return output.still_to_come
    return translations.list_missing_languages(session, output)


def _may_approve(actor: Actor, case: CompletionRuleSubject, translation: OutputTranslation) -> bool:
    return completing.APPROVE_TRANSLATION.allows(actor, translations.build_translation_rule_subject(case, translation))


def build_translation_lines(
    session: ReadSession,
    output: Output,
    shown: Sequence[OutputTranslation],
    language: str,
    *,
    approvable: Collection[str] = (),
) -> list[TranslationLine]:
    """Build the list entries of translations of an output; the actor may approve those into `approvable` languages."""
    zone, formats = session.get_one(Meeting, output.meeting_id).zone, Localizer(language)
    approvals = find_translation_approvals(session, output)
    refused = find_refused_translation_approvers(session, output)
    pdfs = load_pdfs(session, output, shown)
    return [
        TranslationLine(
            translation=each,
            title=each.title,
            tag=_get_tag(each, output),
            findings=findings_of(map(report_schema.parse_finding, each.findings)),
            added=_format_added_note(session.get_one(Person, each.added_by), each, zone, formats),
            approved=_format_approved_note(each, approvals.get(each.language), zone, formats),
            refused=refused.get(each.language, ()),
            pdf=pdfs.get(each.language),
            may_approve=each.language in approvable,
        )
        for each in shown
    ]


def _get_tag(translation: OutputTranslation, output: Output) -> tuple[str, LazyText]:
    if translation.released_at:
        return DELIVERED_LABEL if output.for_addressees_only else RELEASED_LABEL
    return APPROVED_LABEL if translation.is_approved else WAITING_LABEL


def _format_added_note(person: Person, translation: OutputTranslation, zone: str, formats: Localizer) -> LazyText:
    when = formats.format_instant(translation.added_at, zone)
    return _("Added: %(when)s, %(name)s", when=when, name=person.name)


def _format_approved_note(
    translation: OutputTranslation, found: tuple[GivenApproval, str | None] | None, zone: str, formats: Localizer
) -> LazyText | None:
    """Return who approved the translation, and whether the worker has verified the sign-in for it; None before."""
    if found is None:
        return None
    given, outcome = found
    return format_approval_note(
        given.person, translation.capacity or "", given.approved_at, outcome, zone=zone, formats=formats
    )


def _completion_lines(session: ReadSession, output: Output, formats: Localizer) -> list[CompletionLine]:
    """Return every completion plan, the latest first."""
    zone = session.get_one(Meeting, output.meeting_id).zone
    return [
        CompletionLine(each.release_at, _completion_outcome(session, each, zone, formats), _completion_reason(each))
        for each in reversed(translations.list_completion_plans(session, output))
    ]


def _completion_reason(plan: CompletionPlan) -> LazyText | str | None:
    """Return why the plan was called back or failed, or None."""
    return RELEASE_FAILURE_TEXTS[plan.failed_because][0] if plan.failed_because else plan.called_back_because


def _completion_outcome(session: ReadSession, plan: CompletionPlan, zone: str, formats: Localizer) -> LazyText | None:
    """Return what became of the plan, None while it is pending."""
    if plan.called_back_at:
        name = _person_name(session, plan.called_back_by)
        return _(
            "Release cancelled: %(when)s, %(name)s", when=formats.format_instant(plan.called_back_at, zone), name=name
        )
    if plan.failed_at:
        return _("Failed: %(when)s", when=formats.format_instant(plan.failed_at, zone))
    return _("Released: %(when)s", when=formats.format_instant(plan.released_at, zone)) if plan.released_at else None


def _person_name(session: ReadSession, person: UUID | None) -> str:
    return session.get_one(Person, person).name if person else ""
