"""Queries on approvals of translations, and on what the worker found when it verified the sign-ins behind them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from app.core.database.combined_lists import KeyParameter, rows_of_thing
from app.core.db import ReadSession
from app.domain.identity.models.tables import Person
from app.domain.outputs.models import ApprovalCheckOutcome, Output, OutputTranslation, TranslationApprovalCheck
from app.domain.outputs.rules.approvals import GivenApproval

COUNTING_OUTCOMES = (ApprovalCheckOutcome.VERIFIED, ApprovalCheckOutcome.BEFORE)
"""Outcomes with which the approval of a translation counts for its release."""
_TOKEN_DIGEST = func.coalesce(
    func.encode(func.sha256(func.convert_to(func.nullif(OutputTranslation.id_token, ""), "UTF8")), "hex"), ""
)
CHECK_OF_TRANSLATION = and_(
    TranslationApprovalCheck.output_id == OutputTranslation.output_id,
    TranslationApprovalCheck.language == OutputTranslation.language,
    TranslationApprovalCheck.text_digest == OutputTranslation.approved,
    TranslationApprovalCheck.person_id == OutputTranslation.approved_by,
    TranslationApprovalCheck.token_digest == _TOKEN_DIGEST,
)
_ANY_CHECK = aliased(TranslationApprovalCheck)
_IS_UNCHECKED = TranslationApprovalCheck.outcome.is_(None)
_IS_REFUSED = TranslationApprovalCheck.outcome == ApprovalCheckOutcome.REFUSED
_WAS_VERIFIED = (
    select(_ANY_CHECK.outcome)
    .where(
        _ANY_CHECK.output_id == OutputTranslation.output_id,
        _ANY_CHECK.language == OutputTranslation.language,
        _ANY_CHECK.text_digest == OutputTranslation.approved,
        _ANY_CHECK.outcome.in_(COUNTING_OUTCOMES),
    )
    .correlate(OutputTranslation)
    .exists()
)
IS_TO_CHECK = (
    OutputTranslation.approved.is_not(None),
    or_(
        and_(OutputTranslation.released_at.is_(None), or_(_IS_UNCHECKED, _IS_REFUSED)),
        and_(OutputTranslation.released_at.is_not(None), _IS_UNCHECKED, ~_WAS_VERIFIED),
    ),
)
"""A refused approval is taken away; if it is there again, it is taken away again. One of a translation that readers
have is checked only if a worker of before released it without: another token in its place is not."""


def select_translation_approvals() -> Select[OutputTranslation, Output, Person, str | None]:
    """Select the approved translations with their outputs, who approved them, and what the worker found of exactly this
    approval, None if it has not checked it."""
    return (
        select(OutputTranslation, Output, Person, TranslationApprovalCheck.outcome)
        .join(Output, Output.id == OutputTranslation.output_id)
        .join(Person, Person.id == OutputTranslation.approved_by)
        .outerjoin(TranslationApprovalCheck, CHECK_OF_TRANSLATION)
    )


def build_given_translation_approval(translation: OutputTranslation, output: Output, person: Person) -> GivenApproval:
    """Return the approval of a translation with what it approves and who gave it."""
    assert translation.approved
    assert translation.approved_at
    return GivenApproval(
        output,
        person,
        translation.approved,
        translation.approved_at,
        translation.id_token,
        translation.statement,
        translation,
    )


@rows_of_thing
def list_translation_approvals(output_id: KeyParameter) -> Select[OutputTranslation, Output, Person, str | None]:
    """List the translations of an output that are approved, with who approved them and what the worker found."""
    return select_translation_approvals().where(OutputTranslation.output_id == output_id)


def find_translation_approvals(session: ReadSession, output: Output) -> dict[str, tuple[GivenApproval, str | None]]:
    """Find the approvals of the translations of an output, by language, with what the worker found of each, None if it
    has not checked it."""
    return {
        translation.language: (build_given_translation_approval(translation, output, person), outcome)
        for translation, _output, person, outcome in list_translation_approvals(session, output)
    }


def list_unchecked_translation_approvals(session: ReadSession, output_id: UUID) -> list[GivenApproval]:
    """List the approvals of translations of an output that the worker has to check."""
    unchecked = select_translation_approvals().where(*IS_TO_CHECK, OutputTranslation.output_id == output_id)
    return [
        build_given_translation_approval(translation, output, person)
        for translation, output, person, _outcome in session.execute(unchecked)
    ]


def list_outputs_with_unchecked_translations(session: ReadSession) -> Sequence[UUID]:
    """List the outputs of which `list_unchecked_translation_approvals` lists an approval."""
    unchecked = select(OutputTranslation.output_id).outerjoin(TranslationApprovalCheck, CHECK_OF_TRANSLATION)
    return session.scalars(unchecked.where(*IS_TO_CHECK)).all()


def has_verified_approval(session: ReadSession, given: GivenApproval) -> bool:
    """Return whether the worker verified an approval of this translation by this person, whatever its ID token is."""
    assert given.translation
    checks = select(TranslationApprovalCheck.outcome).where(
        TranslationApprovalCheck.output_id == given.output.id,
        TranslationApprovalCheck.language == given.translation.language,
        TranslationApprovalCheck.text_digest == given.digest,
        TranslationApprovalCheck.person_id == given.person.id,
        TranslationApprovalCheck.outcome.in_(COUNTING_OUTCOMES),
    )
    return session.scalar(checks.limit(1)) is not None


@rows_of_thing
def list_refused_translation_approvals(output_id: KeyParameter) -> Select[str, str]:
    """List the languages of the translations of an output, as they are now, whose approval could not be verified, with
    the names of those who gave it; of each translation until it is approved again."""
    refused = (
        select(TranslationApprovalCheck.language, Person.name)
        .join(
            OutputTranslation,
            and_(
                OutputTranslation.output_id == TranslationApprovalCheck.output_id,
                OutputTranslation.language == TranslationApprovalCheck.language,
            ),
        )
        .join(Person, Person.id == TranslationApprovalCheck.person_id)
        .where(
            TranslationApprovalCheck.output_id == output_id,
            TranslationApprovalCheck.text_digest == OutputTranslation.digest,
            TranslationApprovalCheck.outcome == ApprovalCheckOutcome.REFUSED,
            OutputTranslation.approved.is_(None),
        )
        .distinct()
    )
    return refused.order_by(TranslationApprovalCheck.language, Person.name)


def find_refused_translation_approvers(session: ReadSession, output: Output) -> dict[str, list[str]]:
    """Find the names of the people whose approval of a translation of an output could not be verified, by language."""
    names: dict[str, list[str]] = {}
    for language, name in list_refused_translation_approvals(session, output):
        names.setdefault(language, []).append(name)
    return names
