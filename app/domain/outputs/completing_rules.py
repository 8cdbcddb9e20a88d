"""Permissions for translations of an adopted text (two people for each) and for completing an advance version."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core import clock
from app.core.access import Actor, Permission, all_of, any_of, rule
from app.core.i18n import say
from app.domain.bodies.rules import is_chair, is_secretary
from app.domain.outputs.models import Status
from app.domain.outputs.rules import NOT_ON_ITS_WAY, Case, is_not_of_a_sponsor


@dataclass(frozen=True, slots=True)
class Completing:
    """State of an output as the rules on translations need it.

    `missing_languages` are still to come and have no approved translation; `approvers` approved a translation that is
    not released yet; `release_at` is the instant of a pending completion.
    """

    case: Case
    lacks: frozenset[str] = frozenset()
    approvers: frozenset[UUID] = frozenset()
    release_at: datetime | None = None

    @property
    def body_id(self) -> UUID:
        return self.case.body_id


@dataclass(frozen=True, slots=True)
class OfTranslation:
    """State of a translation as the rules need it: its output, who added it, and whether it is approved."""

    of: Completing
    added_by: UUID
    is_approved: bool = False

    @property
    def body_id(self) -> UUID:
        return self.of.body_id

    @property
    def sponsors(self) -> frozenset[str]:
        """The States that sponsored the sources of the text."""
        return self.of.case.sponsors


def _accepts_translations(subject: Completing) -> bool:
    """Whether translations can be added: from the adoption on, not while a release is pending; after the release only
    to an advance version."""
    case = subject.case
    return case.status in NOT_ON_ITS_WAY or (_is_advance(case) and subject.release_at is None)


def _is_advance(case: Case) -> bool:
    return case.status == Status.RELEASED and bool(case.still_to_come)


@rule(
    say("it is adopted and not on its way, or an advance version of it is out"),
    unless=say(
        "Translations are added to an adopted text that is not on its way, "
        "or to one of which an advance version is out."
    ),
)
def takes_translations(actor: Actor, subject: Completing) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether translations can be added to the output now."""
    return _accepts_translations(subject)


@rule(
    say("it waits for approval"),
    unless=say("This translation is approved already, or the text is on its way."),
)
def waits_for_approval(actor: Actor, subject: OfTranslation) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the translation is not approved yet and can still be approved."""
    return not subject.is_approved and _accepts_translations(subject.of)


@rule(say("did not add it"), unless=say("You added this translation yourself. A second person has to approve it."))
def did_not_add(actor: Actor, subject: OfTranslation) -> bool:
    """Whether somebody else added the translation."""
    return actor.person != subject.added_by


@rule(
    say("approved no translation that it adds"),
    unless=say("You approved a translation that it adds. Somebody else lets it out."),
)
def approved_none_of_it(actor: Actor, subject: Completing) -> bool:
    """Whether the actor approved none of the translations to be released: approval and release are acts of different
    people."""
    return actor.person not in subject.approvers


@rule(
    say("an advance version of it is out, and nothing is on its way"),
    unless=say("No advance version of it is out, or the version in all languages is on its way already."),
)
def waits_for_completion(actor: Actor, subject: Completing) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether an advance version is released and no completion is pending."""
    return _is_advance(subject.case) and subject.release_at is None


@rule(
    say("every language that was still to come is there and approved"),
    unless=say("A language that was still to come is missing, or nobody has approved its translation yet."),
)
def lacks_nothing(actor: Actor, subject: Completing) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether every language that was still to come has an approved translation."""
    return not subject.lacks


@rule(
    say("nobody proposes to withdraw it"),
    unless=say("Its withdrawal is proposed. That is decided first."),
)
def nobody_withdraws_it(actor: Actor, subject: Completing) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether no withdrawal of the output is proposed."""
    return subject.case.withdrawal_by is None


@rule(
    say("the release of the version in all languages is set for an instant that is still to come"),
    unless=say("Its release is not set, or the instant has come: it cannot be called back."),
)
def is_still_to_come(actor: Actor, subject: Completing) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether a completion is scheduled for an instant that has not come yet."""
    return _is_advance(subject.case) and subject.release_at is not None and clock.now() < subject.release_at


TRANSLATE = Permission(
    "output:translate", say("Add a translation of an adopted text"), is_secretary, takes_translations
)
APPROVE_TRANSLATION = Permission(
    "output:approve-translation",
    say("Approve, as the second person, a translation of an adopted text"),
    all_of(any_of(is_secretary, is_chair), did_not_add, is_not_of_a_sponsor),
    waits_for_approval,
)
COMPLETE = Permission(
    "output:complete",
    say("Let the version in all languages take the place of an advance version"),
    all_of(any_of(is_secretary, is_chair), approved_none_of_it),
    all_of(waits_for_completion, lacks_nothing, nobody_withdraws_it),
)
CALL_BACK_COMPLETION = Permission(
    "output:call-back-completion",
    say("Call the version in all languages back before the instant of its release"),
    any_of(is_secretary, is_chair),
    is_still_to_come,
)
