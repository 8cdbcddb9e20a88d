"""The languages of an adopted text, as pages show them: what readers have, what waits, and what is still to come."""

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
from app.web.output_standing import FAILURES, by_whom
from app.web.standing import Found
from app.web.standing import found as findings_of

RELEASED, APPROVED, WAITS = (
    ("good", say("The membership has it")),
    ("info", say("Approved by a second person")),
    ("warn", say("Awaits approval by a second person")),
)


@dataclass(frozen=True, slots=True)
class TranslationLine:
    """A translation: its file, its title where the adopted text has none, where it stands, and who answers for it."""

    it: Translation
    title: str | None
    tag: tuple[str, Text]
    findings: Sequence[Found]
    added: Text
    approved: Text | None
    may_approve: bool = False


@dataclass(frozen=True, slots=True)
class CompletionLine:
    """A plan of the release in all languages, and what became of it."""

    at: datetime
    ended: Text | None
    because: Text | str | None


@dataclass(frozen=True, slots=True)
class Languages:
    """What the page of an output shows of its languages. `missing` are those without which it is not complete."""

    missing: Sequence[str]
    lines: list[TranslationLine]
    plans: list[CompletionLine]
    may_translate: bool
    may_complete: bool
    may_call_back: bool

    @property
    def is_any(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.missing or self.lines or self.may_translate)


def languages(session: ReadSession, actor: Actor, output: Output, formats: Formats) -> Languages:
    """Put together for that actor."""
    case = translations.completing(session, output)
    lines = [
        line_of(session, output, each, formats.language, may_approve=_may_approve(actor, case, each))
        for each in translations.visible(session, actor, output)
    ]
    return Languages(
        missing=_missing(session, output),
        lines=lines,
        plans=_plans(session, output, formats),
        may_translate=completing.TRANSLATE.allows(actor, case),
        may_complete=completing.COMPLETE.allows(actor, case),
        may_call_back=completing.CALL_BACK_COMPLETION.allows(actor, case),
    )


def _missing(session: ReadSession, output: Output) -> Sequence[str]:
    """Of what is out, what readers wait for; before that, what the body works in and is not there and approved. Of a
    draft nothing is said: a text may still be added to it."""
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
    """A translation as pages show it."""
    zone, formats = session.get_one(Meeting, output.meeting_id).zone, Formats(language)
    added = session.get_one(Person, it.added_by)
    tag = RELEASED if it.released_at else APPROVED if it.is_approved else WAITS
    return TranslationLine(
        it=it,
        title=it.title,
        tag=tag,
        findings=findings_of(map(kept.finding, it.findings)),
        added=say("Added: %(when)s, %(name)s", when=formats.when(it.added_at, zone), name=added.name),
        approved=_approved(session, it, zone, formats),
        may_approve=may_approve,
    )


def asked_of(session: ReadSession, actor: Actor, output: Output) -> Iterator[tuple[Text, Text]]:
    """What is asked of this actor about the languages of a text, for a desk."""
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


def _approved(session: ReadSession, it: Translation, zone: str, formats: Formats) -> Text | None:
    if it.approved_by is None or it.approved_at is None:
        return None
    person = session.get_one(Person, it.approved_by)
    return by_whom(person, it.capacity or "", it.approved_at, zone, formats)


def _plans(session: ReadSession, output: Output, formats: Formats) -> list[CompletionLine]:
    """Every plan that there was, the latest first."""
    zone = session.get_one(Meeting, output.meeting_id).zone
    return [
        CompletionLine(each.release_at, _ended(session, each, zone, formats), _because(each))
        for each in reversed(translations.completions(session, output))
    ]


def _because(plan: Completion) -> Text | str | None:
    """Why it was called back, or failed."""
    return FAILURES[plan.failed_because][0] if plan.failed_because else plan.called_back_because


def _ended(session: ReadSession, plan: Completion, zone: str, formats: Formats) -> Text | None:
    """What became of it; nothing while it is under way."""
    if plan.called_back_at:
        name = _name(session, plan.called_back_by)
        return say("Called back: %(when)s, %(name)s", when=formats.when(plan.called_back_at, zone), name=name)
    if plan.failed_at:
        return say("Failed: %(when)s", when=formats.when(plan.failed_at, zone))
    return say("Released: %(when)s", when=formats.when(plan.released_at, zone)) if plan.released_at else None


def _name(session: ReadSession, person: UUID | None) -> str:
    return session.get_one(Person, person).name if person else ""
