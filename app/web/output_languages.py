"""The languages of an adopted text as pages show them: released, waiting, and still missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.asgi.formats import Formats
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.gate import kept
from app.core.i18n import Text, say
from app.domain.identity.models import Person
from app.domain.meetings.models import Meeting
from app.domain.outputs import completing_rules as completing
from app.domain.outputs import translations
from app.domain.outputs.completing_rules import Completing
from app.domain.outputs.models import Completion, Output, Status, Translation
from app.web.gate_findings import Found
from app.web.gate_findings import found as findings_of
from app.web.output_standing import FAILURES, by_whom

RELEASED, APPROVED, WAITS = (
    ("good", say("The membership has it")),
    ("info", say("Approved by a second person")),
    ("warn", say("Awaits approval by a second person")),
)


@dataclass(frozen=True, slots=True)
class TranslationLine:
    """A translation: its file, its title where the adopted text has none, its status, and who answers for it."""

    it: Translation
    title: str | None
    tag: tuple[str, Text]
    findings: Sequence[Found]
    added: Text
    approved: Text | None
    may_approve: bool = False


@dataclass(frozen=True, slots=True)
class CompletionLine:
    """A plan of the release in all languages, and its outcome."""

    at: datetime
    ended: Text | None
    because: Text | str | None


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages of an output on its page. `missing` are those without which it is incomplete."""

    missing: Sequence[str]
    lines: list[TranslationLine]
    plans: list[CompletionLine]
    may_translate: bool
    may_complete: bool
    may_call_back: bool

    @property
    def is_any(self) -> bool:
        """Return whether there is anything to show."""
        return bool(self.missing or self.lines or self.may_translate)


def languages(session: ReadSession, actor: Actor, output: Output, formats: Formats) -> Languages:
    """Load the languages of an output, with what the actor may do."""
    case = translations.completing(session, output)
    lines = [
        line_of(session, output, each, formats.language, may_approve=_may_approve(actor, case, each))
        for each in translations.visible(session, actor, output)
    ]
    return Languages(
        missing=_missing_languages(session, output),
        lines=lines,
        plans=_completion_lines(session, output, formats),
        may_translate=completing.TRANSLATE.allows(actor, case),
        may_complete=completing.COMPLETE.allows(actor, case),
        may_call_back=completing.CALL_BACK_COMPLETION.allows(actor, case),
    )


def _missing_languages(session: ReadSession, output: Output) -> Sequence[str]:
    """Return the missing languages: of a released output those that readers wait for; before the release those of
    the body without an approved text. Empty for a draft, to which texts may still be added."""
    if output.status == Status.DRAFT:
        return ()
    if output.status in (Status.RELEASED, Status.WITHDRAWN):
        return output.still_to_come
    return translations.missing(session, output)


def _may_approve(actor: Actor, case: Completing, translation: Translation) -> bool:
    return completing.APPROVE_TRANSLATION.allows(actor, translations.of_translation(case, translation))


def line_of(
    session: ReadSession, output: Output, it: Translation, language: str, *, may_approve: bool = False
) -> TranslationLine:
    """Build the list entry of a translation."""
    zone, formats = session.get_one(Meeting, output.meeting_id).zone, Formats(language)
    added = session.get_one(Person, it.added_by)
    tag = RELEASED if it.released_at else APPROVED if it.is_approved else WAITS
    return TranslationLine(
        it=it,
        title=it.title,
        tag=tag,
        findings=findings_of(map(kept.finding, it.findings)),
        added=say("Added: %(when)s, %(name)s", when=formats.when(it.added_at, zone), name=added.name),
        approved=_approval_text(session, it, zone, formats),
        may_approve=may_approve,
    )


def asked_of(session: ReadSession, actor: Actor, output: Output) -> Iterator[tuple[Text, Text]]:
    """Yield heading and text of each task that the languages of an output give the actor, for the dashboard."""
    case, last = translations.completing(session, output), translations.completion(session, output)
    if last and last.failed_because:
        yield say("The release of a text in all languages failed"), FAILURES[last.failed_because][1]
    for each in translations.every(session, output):
        if _may_approve(actor, case, each):
            yield say("A translation of an adopted text waits for a second person"), say("Read it, then approve it.")
    if completing.COMPLETE.allows(actor, case):
        yield say("An advance version can be completed"), say("Every language is there. Let it out in all languages.")
    elif case.lacks and completing.TRANSLATE.allows(actor, case):
        yield say("An advance version lacks languages"), say("Add the translations that are missing.")


def _approval_text(session: ReadSession, translation: Translation, zone: str, formats: Formats) -> Text | None:
    if translation.approved_by is None or translation.approved_at is None:
        return None
    person = session.get_one(Person, translation.approved_by)
    return by_whom(person, translation.capacity or "", translation.approved_at, zone, formats)


def _completion_lines(session: ReadSession, output: Output, formats: Formats) -> list[CompletionLine]:
    """Return every completion plan, the latest first."""
    zone = session.get_one(Meeting, output.meeting_id).zone
    return [
        CompletionLine(each.release_at, _completion_outcome(session, each, zone, formats), _completion_reason(each))
        for each in reversed(translations.completions(session, output))
    ]


def _completion_reason(plan: Completion) -> Text | str | None:
    """Return why the plan was called back or failed, or None."""
    return FAILURES[plan.failed_because][0] if plan.failed_because else plan.called_back_because


def _completion_outcome(session: ReadSession, plan: Completion, zone: str, formats: Formats) -> Text | None:
    """Return what became of the plan, None while it is pending."""
    if plan.called_back_at:
        name = _person_name(session, plan.called_back_by)
        return say("Called back: %(when)s, %(name)s", when=formats.when(plan.called_back_at, zone), name=name)
    if plan.failed_at:
        return say("Failed: %(when)s", when=formats.when(plan.failed_at, zone))
    return say("Released: %(when)s", when=formats.when(plan.released_at, zone)) if plan.released_at else None


def _person_name(session: ReadSession, person: UUID | None) -> str:
    return session.get_one(Person, person).name if person else ""
