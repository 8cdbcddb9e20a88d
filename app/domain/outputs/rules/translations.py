"""Permissions for translations of an adopted text (two people for each) and for completing an advance version."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core import clock
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, all_of, any_of
from app.domain.bodies.rules import is_chair, is_secretary
from app.domain.outputs.models import OutputStatus
from app.domain.outputs.rules.outputs import AWAITING_RELEASE, OutputRuleSubject, is_not_from_sponsor_state


@dataclass(frozen=True, slots=True)
class CompletionRuleSubject:
    """The facts of an output that the rules on translations need.

    `missing_languages` are still to come and have no approved translation; `approvers` approved a translation that is
    not released yet; `release_at` is the instant of a pending completion.
    """

    output: OutputRuleSubject
    missing_languages: frozenset[str] = frozenset()
    approvers: frozenset[UUID] = frozenset()
    release_at: datetime | None = None

    @property
    def body_id(self) -> UUID:
        return self.output.body_id


@dataclass(frozen=True, slots=True)
class TranslationRuleSubject:
    """The facts of a translation that the rules need: its output, who added it, and whether it is approved."""

    completion: CompletionRuleSubject
    added_by: UUID
    is_approved: bool = False

    @property
    def body_id(self) -> UUID:
        return self.completion.body_id

    @property
    def sponsors(self) -> frozenset[str]:
        """The States that sponsored the sources of the text."""
        return self.completion.output.sponsors

    @property
    def people_of_sponsors(self) -> frozenset[UUID]:
        """The people who act for one of the sponsors, or did so before."""
        return self.completion.output.people_of_sponsors


def _accepts_translations(subject: CompletionRuleSubject) -> bool:
    """Whether translations can be added: from the adoption on, not while a release is pending; after the release only
    to an advance version."""
    case = subject.output
    return case.status in AWAITING_RELEASE or (_is_advance(case) and subject.release_at is None)


def _is_advance(case: OutputRuleSubject) -> bool:
    return case.status == OutputStatus.RELEASED and bool(case.still_to_come)


@access_rule(
    _("it is adopted and its release has not started, or an advance version is released"),
    denied_because=_(
        "Translations can be added only to an adopted text whose release has not started, or to a text "
        "released as an advance version."
    ),
)
def accepts_translations(actor: Actor, subject: CompletionRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether translations can be added to the output now."""
    return _accepts_translations(subject)


@access_rule(
    _("it is awaiting approval"),
    denied_because=_("This translation has already been approved, or the release of the text has started."),
)
def is_translation_awaiting_approval(actor: Actor, subject: TranslationRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the translation is not approved yet and can still be approved."""
    return not subject.is_approved and _accepts_translations(subject.completion)


@access_rule(_("did not add it"), denied_because=_("You added this translation. A second person must approve it."))
def has_not_added_translation(actor: Actor, subject: TranslationRuleSubject) -> bool:
    """Whether somebody else added the translation."""
    return actor.person != subject.added_by


@access_rule(
    _("approved none of the translations being released"),
    denied_because=_("You approved one of the translations being released. Another person must release them."),
)
def has_approved_no_translation(actor: Actor, subject: CompletionRuleSubject) -> bool:
    """Whether the actor approved none of the translations to be released: approval and release are acts of different
    people."""
    return actor.person not in subject.approvers


@access_rule(
    _("an advance version is released, and no other release has started"),
    denied_because=_("No advance version has been released, or the release in all languages has already started."),
)
def is_advance_without_scheduled_completion(actor: Actor, subject: CompletionRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether an advance version is released and no completion is pending."""
    return _is_advance(subject.output) and subject.release_at is None


@access_rule(
    _("all outstanding languages are added and approved"),
    denied_because=_("An outstanding language is missing, or its translation has not been approved yet."),
)
def has_all_languages(actor: Actor, subject: CompletionRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether every language that was still to come has an approved translation."""
    return not subject.missing_languages


@access_rule(
    _("its withdrawal is not proposed"),
    denied_because=_("Its withdrawal is proposed. That proposal must be decided on first."),
)
def has_no_withdrawal_proposal(actor: Actor, subject: CompletionRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether no withdrawal of the output is proposed."""
    return subject.output.withdrawal_proposed_by is None


@access_rule(
    _("the release in all languages is planned for a future time"),
    denied_because=_("No release is planned, or the release time has passed: the release cannot be cancelled."),
)
def is_completion_pending(actor: Actor, subject: CompletionRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether a completion is scheduled for an instant that has not come yet."""
    return _is_advance(subject.output) and subject.release_at is not None and clock.now() < subject.release_at


ADD_TRANSLATION = Permission(
    "output:translate", _("Add a translation of an adopted text"), is_secretary, accepts_translations
)
APPROVE_TRANSLATION = Permission(
    "output:approve-translation",
    _("Approve, as the second person, a translation of an adopted text"),
    all_of(any_of(is_secretary, is_chair), has_not_added_translation, is_not_from_sponsor_state),
    is_translation_awaiting_approval,
    needs_recent_sign_in=True,
    is_irreversible=True,
)
SCHEDULE_COMPLETION = Permission(
    "output:complete",
    _("Replace an advance version with the version in all languages"),
    all_of(any_of(is_secretary, is_chair), has_approved_no_translation),
    all_of(is_advance_without_scheduled_completion, has_all_languages, has_no_withdrawal_proposal),
    needs_recent_sign_in=True,
)
CALL_BACK_COMPLETION = Permission(
    "output:call-back-completion",
    _("Cancel the planned release in all languages"),
    any_of(is_secretary, is_chair),
    is_completion_pending,
)
