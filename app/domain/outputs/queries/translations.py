"""Queries on translations of adopted texts: which languages can be released, which are released, which are missing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Select, select

from app.core.database.combined_lists import KeyParameter, list_of_thing, read_statements_together
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Office
from app.domain.bodies.rules import CHAIRS
from app.domain.outputs.models import CompletionPlan, Output, OutputTranslation
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules.outputs import OutputRuleSubject
from app.domain.outputs.rules.texts import OutputText, is_releasable_translation, order_texts, sort_languages
from app.domain.outputs.rules.translations import CompletionRuleSubject, TranslationRuleSubject


def list_visible_translations(session: ReadSession, actor: Actor, output: Output) -> Sequence[OutputTranslation]:
    """List the translations that the actor may see: released ones, and for the chair and the secretariat all."""
    sees_all = output.body_id in actor.bodies_with_role(*CHAIRS, Office.SECRETARY)
    return [each for each in outputs.list_translations(session, output) if sees_all or each.released_at is not None]


def get_visible_translation(session: ReadSession, actor: Actor, output: Output, language: str) -> OutputTranslation:
    """Return the translation in this language if the actor may see it. Raises NotFound otherwise."""
    translation = next(
        (
            candidate
            for candidate in list_visible_translations(session, actor, output)
            if candidate.language == language
        ),
        None,
    )
    if translation is None:
        raise NotFound()
    return translation


def list_approved_translations(session: ReadSession, output: Output) -> list[OutputTranslation]:
    """List the translations of the adopted text that a second person approved as they are now."""
    return [each for each in outputs.list_translations(session, output) if is_releasable_translation(each, output)]


def list_translations_to_release(session: ReadSession, output: Output) -> list[OutputTranslation]:
    """List the approved translations that readers do not have yet."""
    return [each for each in list_approved_translations(session, output) if each.released_at is None]


def list_releasable_texts(session: ReadSession, output: Output) -> list[OutputText]:
    """List all texts that can be released, by language: the adopted files and their approved translations."""
    return order_texts(outputs.list_output_files(session, output), list_approved_translations(session, output))


def list_released_texts(session: ReadSession, output: Output) -> list[OutputText]:
    """List all released texts, by language: the adopted files and the released translations."""
    released = [each for each in outputs.list_translations(session, output) if each.released_at is not None]
    return order_texts(outputs.list_output_files(session, output), released)


def list_required_languages(session: ReadSession, output: Output) -> list[str]:
    """List the languages of a complete version: those of the body and the original, in the usual order."""
    languages = {*session.get_one(Body, output.body_id).languages, output.original}
    return sort_languages(languages)


def list_missing_languages(session: ReadSession, output: Output) -> list[str]:
    """List the languages that a complete version would lack if it were released now."""
    present = {text.language for text in list_releasable_texts(session, output)}
    return [language for language in list_required_languages(session, output) if language not in present]


def list_languages_to_follow(session: ReadSession, output: Output) -> list[str]:
    """List the languages that follow if the output is released now: none of a text for its addressees alone, who get
    the languages that there are."""
    return [] if output.for_addressees_only else list_missing_languages(session, output)


def list_promised_languages(session: ReadSession, output: Output) -> list[str]:
    """List the languages that the first release announced as still to come, whether they were added since or not."""
    plan = outputs.find_current_release_plan(session, output)
    return list(plan.still_to_come) if plan else []


@list_of_thing
def list_completion_plans(output_id: KeyParameter) -> Select[CompletionPlan]:
    """List the completion plans of the output, the earliest first; the last one counts."""
    return select(CompletionPlan).where(CompletionPlan.output_id == output_id).order_by(CompletionPlan.number)


def find_current_completion_plan(session: ReadSession, output: Output) -> CompletionPlan | None:
    """Find the completion plan that counts."""
    return next(iter(reversed(list_completion_plans(session, output))), None)


def find_pending_completion_plan(session: ReadSession, output: Output) -> CompletionPlan | None:
    """Find the completion plan that waits for its instant or for the worker."""
    last = find_current_completion_plan(session, output)
    return last if last and last.is_pending else None


@dataclass(frozen=True, slots=True)
class LanguagesOfOutput:
    """The translations of an output, by language, and its last completion plan."""

    translations: list[OutputTranslation] = field(default_factory=list)
    plans: list[CompletionPlan] = field(default_factory=list)

    @property
    def last_plan(self) -> CompletionPlan | None:
        """The completion plan that counts."""
        return self.plans[-1] if self.plans else None


def index_languages_by_output(
    session: ReadSession, outputs_in_question: Sequence[Output]
) -> dict[UUID, LanguagesOfOutput]:
    """Load the translations and the completion plans of several outputs in one statement, by output. Access is checked
    by the caller."""
    by_output = {output.id: LanguagesOfOutput() for output in outputs_in_question}
    if not by_output:
        return {}
    added = select(OutputTranslation).where(OutputTranslation.output_id.in_(by_output))
    planned = select(CompletionPlan).where(CompletionPlan.output_id.in_(by_output)).order_by(CompletionPlan.number)
    read = read_statements_together(session, (added.order_by(OutputTranslation.language), planned))
    for [translation] in read[0]:
        by_output[translation.output_id].translations.append(translation)
    for [plan] in read[1]:
        by_output[plan.output_id].plans.append(plan)
    return by_output


def build_completion_rule_subject(
    case: OutputRuleSubject,
    output: Output,
    added: Sequence[OutputTranslation],
    last_plan: CompletionPlan | None,
) -> CompletionRuleSubject:
    """Build the state of an output, as the rules on translations need it, from its translations and last plan."""
    to_release = [each for each in added if is_releasable_translation(each, output) and each.released_at is None]
    plan = last_plan if last_plan and last_plan.is_pending else None
    return CompletionRuleSubject(
        case,
        frozenset(output.still_to_come) - {translation.language for translation in to_release},
        frozenset(translation.approved_by for translation in to_release if translation.approved_by),
        plan.release_at if plan else None,
    )


def get_completion_rule_subject(session: ReadSession, output: Output) -> CompletionRuleSubject:
    """Return the output with the facts that the rules on translations need."""
    return build_completion_rule_subject(
        outputs.get_output_rule_subject(session, output),
        output,
        outputs.list_translations(session, output),
        find_current_completion_plan(session, output),
    )


def build_translation_rule_subject(
    completion_state: CompletionRuleSubject, translation: OutputTranslation
) -> TranslationRuleSubject:
    """Return a translation with the facts that the rules need."""
    return TranslationRuleSubject(
        completion_state, translation.added_by, translation.is_approved or translation.released_at is not None
    )
