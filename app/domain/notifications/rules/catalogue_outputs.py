"""Notifications about silence procedures, circulated drafts, outputs and releases."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event
from app.core.pending_actions import PendingActionKind
from app.domain.circulations import events as circulations
from app.domain.circulations import pending as pending_circulations
from app.domain.notifications.models import NotificationKind
from app.domain.notifications.rules import contexts, contexts_of_pending, recipients
from app.domain.notifications.rules.types import DETAILS_ON_PAGE, NotificationType
from app.domain.outputs import events as outputs
from app.domain.outputs import pending as pending_outputs
from app.domain.outputs.models import ApprovalCheckOutcome, OutputStatus
from app.domain.releases import events as releases
from app.domain.silence import events as silence
from app.domain.silence import pending as pending_silence

OUTPUT_PATH, PROCEDURE_PATH = "/outputs/{output}", "/silence/{procedure}"
VERSIONS_PATH = OUTPUT_PATH + "/versions"
"""The page of the latest circulated version with its comments: delegations do not see a draft itself."""
AGAIN_ON_PAGE = _("The page gives the reason and shows what to do.")


def _build_ended_type(subject: LazyText, words: LazyText, *announces: PendingActionKind) -> NotificationType:
    """Build the type of one end of a silence procedure."""
    return NotificationType(
        NotificationKind.SILENCE_ENDED,
        recipients.ALL_CONCERNED,
        PROCEDURE_PATH,
        subject,
        words,
        contexts.build_ended_silence_context,
        announces=announces,
    )


def _build_release_type(
    subject: LazyText, words: LazyText, build_context: contexts.BuildContext = contexts.build_release_context
) -> NotificationType:
    """Build the type of a release, for the group and the focal points of all members."""
    return NotificationType(
        NotificationKind.RELEASE, recipients.WHOLE_MEMBERSHIP, OUTPUT_PATH, subject, words, build_context
    )


def _build_addressed_release_type(
    subject: LazyText, words: LazyText, build_context: contexts.BuildContext
) -> NotificationType:
    """Build the type of a release to recipients only, for the group that adopted it: those who may read it."""
    return NotificationType(NotificationKind.RELEASE, recipients.WHOLE_BODY, OUTPUT_PATH, subject, words, build_context)


def _build_office_type(
    event: type[Event],
    build_context: contexts.BuildContext = contexts.build_output_context,
    words: LazyText = DETAILS_ON_PAGE,
    announces: tuple[PendingActionKind, ...] = (),
    subject: LazyText | None = None,
    **facts: str | bool,
) -> NotificationType:
    """Build the type of an event that concerns the chair and the secretariat; its words are the subject without one."""
    return NotificationType(
        NotificationKind.OFFICE,
        recipients.OFFICERS,
        OUTPUT_PATH,
        subject or event.words,
        words,
        build_context,
        facts=dict(facts),
        skips_actor=True,
        announces=announces,
    )


def _build_own_act_type(event: type[Event], path: str) -> NotificationType:
    """Build the type of what a person did in the name of a State, for the others of that State."""
    return NotificationType(
        NotificationKind.POSITION,
        recipients.OWN_REPRESENTATIVES,
        path,
        event.words,
        DETAILS_ON_PAGE,
        contexts.build_context_of_state_in_line,
        skips_actor=True,
    )


TYPES: Mapping[str, Sequence[NotificationType]] = MappingProxyType(
    {
        silence.SilenceOpened.name: (
            NotificationType(
                NotificationKind.SILENCE_OPENED,
                recipients.ADDRESSEES,
                PROCEDURE_PATH,
                _("A silence procedure was opened"),
                _("If your State takes no position by the deadline, it is considered not to object to the text."),
                contexts.build_silence_context,
                announces=(
                    pending_silence.TAKE_POSITION,
                    pending_silence.NAME_DELEGATE,
                    pending_silence.DELEGATES_ASKED,
                ),
            ),
            NotificationType(
                NotificationKind.SILENCE_UNDER_WAY,
                recipients.OFFICERS,
                PROCEDURE_PATH,
                silence.SilenceOpened.words,
                pending_silence.UNDER_WAY.words,
                contexts.build_silence_context,
                skips_actor=True,
                announces=(pending_silence.UNDER_WAY,),
            ),
        ),
        silence.SilenceExtended.name: (
            NotificationType(
                NotificationKind.SILENCE_MOVED,
                recipients.ALL_CONCERNED,
                PROCEDURE_PATH,
                _("The deadline of a silence procedure was extended"),
                _("Until then, States can break silence, support the text, or not object and make a statement."),
                contexts.build_silence_context,
            ),
        ),
        silence.SilenceBroken.name: (
            _build_ended_type(_("Silence was broken"), _("The text was not adopted."), pending_silence.BROKEN),
        ),
        silence.SilenceKept.name: (
            _build_ended_type(
                _("A text was adopted by silence"), _("No Member State broke silence before the deadline.")
            ),
        ),
        silence.SilenceVoided.name: (
            _build_ended_type(
                _("A silence procedure became void"),
                _("No text was adopted by this procedure. The reason is given on the page."),
                pending_silence.VOID,
            ),
        ),
        silence.StanceTaken.name: (_build_own_act_type(silence.StanceTaken, PROCEDURE_PATH),),
        silence.StatementPut.name: (_build_own_act_type(silence.StatementPut, OUTPUT_PATH),),
        silence.StatementTakenBack.name: (_build_own_act_type(silence.StatementTakenBack, OUTPUT_PATH),),
        circulations.VersionCirculated.name: (
            NotificationType(
                NotificationKind.DRAFT,
                recipients.WHOLE_BODY,
                "/outputs/{output}/versions/{number}",
                circulations.VersionCirculated.words,
                _("Delegations can comment on it."),
                contexts.build_version_context,
                skips_actor=True,
                announces=(pending_circulations.COMMENT,),
            ),
        ),
        circulations.CommentPut.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                OUTPUT_PATH,
                circulations.CommentPut.words,
                _("Answer it on the page."),
                contexts.build_comment_context,
                announces=(pending_circulations.ANSWER,),
            ),
            NotificationType(
                NotificationKind.DRAFT,
                recipients.OWN_DELEGATION,
                VERSIONS_PATH,
                _("Your delegation commented on a circulated draft"),
                DETAILS_ON_PAGE,
                contexts.build_comment_context,
                skips_actor=True,
            ),
        ),
        circulations.CommentAnswered.name: (
            NotificationType(
                NotificationKind.DRAFT,
                recipients.OWN_DELEGATION,
                VERSIONS_PATH,
                _("A comment of your delegation on a circulated draft was answered"),
                DETAILS_ON_PAGE,
                contexts.build_answered_comment_context,
            ),
        ),
        outputs.OutputAdopted.name: (
            _build_office_type(
                outputs.OutputAdopted,
                contexts.in_status(OutputStatus.ADOPTED),
                _("Two people approve its release. Neither of them recorded the adoption."),
                announces=(pending_outputs.APPROVE,),
            ),
        ),
        outputs.OutputApproved.name: (
            _build_office_type(
                outputs.OutputApproved,
                contexts.in_status(OutputStatus.ADOPTED),
                _("A second person must approve it."),
                subject=_("One of two people approved the release of an adopted text"),
                complete=False,
            ),
            _build_office_type(
                outputs.OutputApproved,
                contexts.in_status(OutputStatus.APPROVED),
                _("The text can be released."),
                announces=(pending_outputs.RELEASE,),
                subject=_("The second person approved the release of an adopted text"),
                complete=True,
            ),
        ),
        outputs.ApprovalChecked.name: (
            _build_office_type(outputs.ApprovalChecked, words=AGAIN_ON_PAGE, outcome=ApprovalCheckOutcome.REFUSED),
        ),
        outputs.OutputScheduled.name: (
            _build_office_type(outputs.OutputScheduled, contexts.in_status(OutputStatus.SCHEDULED)),
        ),
        outputs.OutputCalledBack.name: (_build_office_type(outputs.OutputCalledBack),),
        outputs.OutputLetOutAlone.name: (
            _build_office_type(outputs.OutputLetOutAlone, announces=(pending_outputs.RELEASED_ALONE,)),
        ),
        outputs.WithdrawalProposed.name: (
            _build_office_type(
                outputs.WithdrawalProposed,
                contexts_of_pending.build_withdrawal_proposal_context,
                _("A second person must confirm or reject it."),
                announces=(pending_outputs.CONFIRM_WITHDRAWAL,),
            ),
        ),
        outputs.WithdrawalTakenBack.name: (_build_office_type(outputs.WithdrawalTakenBack),),
        outputs.WithdrawalDeclined.name: (_build_office_type(outputs.WithdrawalDeclined),),
        outputs.WithdrawalDecidedAlone.name: (
            _build_office_type(outputs.WithdrawalDecidedAlone, announces=(pending_outputs.WITHDRAWN_ALONE,)),
        ),
        outputs.OutputTranslated.name: (
            _build_office_type(
                outputs.OutputTranslated,
                contexts_of_pending.build_unapproved_translation_context,
                _("A second person must approve it."),
                announces=(pending_outputs.APPROVE_TRANSLATION,),
            ),
        ),
        outputs.OutputTranslationApproved.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                OUTPUT_PATH,
                pending_outputs.RELEASE_COMPLETED.impersonal_heading,
                pending_outputs.RELEASE_COMPLETED.words,
                contexts_of_pending.build_completable_context,
                skips_actor=True,
                announces=(pending_outputs.RELEASE_COMPLETED,),
            ),
        ),
        outputs.TranslationApprovalChecked.name: (
            _build_office_type(
                outputs.TranslationApprovalChecked, words=AGAIN_ON_PAGE, outcome=ApprovalCheckOutcome.REFUSED
            ),
        ),
        outputs.CompletionCalledBack.name: (_build_office_type(outputs.CompletionCalledBack),),
        releases.OutputReleased.name: (
            _build_release_type(
                _("A text was released"), _("Those to whom it was released can read it in all its languages.")
            ),
        ),
        releases.OutputReleasedToAddressees.name: (
            _build_addressed_release_type(
                releases.OutputReleasedToAddressees.words,
                _("It has been sent to its recipients. Only they and the group can read it."),
                contexts.build_addressed_release_context,
            ),
        ),
        releases.OutputWithdrawnFromAddressees.name: (
            _build_addressed_release_type(
                releases.OutputWithdrawnFromAddressees.words,
                _("Its recipients are informed. The reason is given on the page."),
                contexts.build_output_context,
            ),
        ),
        releases.AdvanceVersionReleased.name: (
            _build_release_type(
                _("An advance version of a text was released"), _("It is unedited; other languages will follow.")
            ),
        ),
        releases.OutputCompleted.name: (
            _build_release_type(_("A text was released in all languages"), _("It replaces the advance version.")),
        ),
        releases.OutputWithdrawn.name: (
            _build_release_type(
                _("A released text was withdrawn"),
                _("The reason is given on the page."),
                contexts.build_withdrawal_context,
            ),
        ),
        releases.ReleaseFailed.name: (
            _build_office_type(
                releases.ReleaseFailed,
                contexts.in_status(OutputStatus.FAILED),
                AGAIN_ON_PAGE,
                announces=(pending_outputs.RELEASE_FAILED,),
            ),
        ),
        releases.CompletionFailed.name: (
            _build_office_type(
                releases.CompletionFailed,
                contexts_of_pending.build_failed_completion_context,
                AGAIN_ON_PAGE,
                announces=(pending_outputs.COMPLETION_FAILED,),
            ),
        ),
        releases.WithdrawalFailed.name: (
            _build_office_type(
                releases.WithdrawalFailed,
                contexts_of_pending.build_failed_withdrawal_context,
                AGAIN_ON_PAGE,
                announces=(pending_outputs.WITHDRAWAL_FAILED,),
            ),
        ),
    }
)

SILENCE_REMINDER = NotificationType(
    NotificationKind.SILENCE_REMINDER,
    recipients.SILENT_ADDRESSEES,
    PROCEDURE_PATH,
    _("A silence procedure ends soon"),
    _(
        "Your State has not taken a position yet. If it takes none by the deadline, it is considered not to "
        "object to the text."
    ),
    contexts.build_silence_context,
)
REMINDER_TYPES = (
    SILENCE_REMINDER,
    NotificationType(
        NotificationKind.COMMENT_REMINDER,
        recipients.SILENT_DELEGATIONS,
        "/outputs/{output}/versions/{number}",
        _("Comments on a circulated draft are due in three days"),
        _("Your delegation has not commented on it yet."),
        contexts.build_version_context,
    ),
)
