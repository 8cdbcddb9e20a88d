"""Notifications about contributions, co-sponsors and documents."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from app.core.i18n import lazy_gettext as _
from app.core.journal import Event
from app.domain.contributions import events as contributions
from app.domain.contributions.models import ContributionStatus
from app.domain.contributions.pending import kinds
from app.domain.documents import events as documents
from app.domain.notifications.models import NotificationKind
from app.domain.notifications.rules import contexts, contexts_of_documents, contexts_of_pending, following, recipients
from app.domain.notifications.rules.types import DESK_PATH, DETAILS_ON_PAGE, NotificationType

CONTRIBUTION_PATH = "/contributions/{contribution}"
DOCUMENT_PATH = "/documents/{document}"
CAN_BE_CO_SPONSORED = _("Read the draft and reply on the page: co-sponsor it on behalf of your State, or decline.")

HAS_SYMBOL = _("It has a symbol, and the group can read it.")

CONFIRMATION_REQUEST = NotificationType(
    NotificationKind.CONTRIBUTION,
    recipients.OWN_REPRESENTATIVES,
    CONTRIBUTION_PATH,
    _("A contribution submitted on behalf of your State is awaiting its confirmation"),
    _("The secretariat submitted it. It will not be registered until a member of your delegation confirms it."),
    contexts.build_confirmation_context,
    announces=(kinds.CONFIRM,),
)
REGISTRABLE = NotificationType(
    NotificationKind.OFFICE,
    recipients.SECRETARIES,
    CONTRIBUTION_PATH,
    kinds.REGISTER.impersonal_heading,
    DETAILS_ON_PAGE,
    contexts.build_registrable_context,
    skips_actor=True,
    announces=(kinds.REGISTER,),
)
UNDECIDED = NotificationType(
    NotificationKind.OFFICE,
    recipients.CHAIRS,
    CONTRIBUTION_PATH,
    kinds.LATE.impersonal_heading,
    _("The chair decides whether it is accepted for this meeting."),
    contexts.build_late_context,
    facts={"late": True},
    announces=(kinds.LATE,),
)


def _build_followed(event: type[Event], *, whatever_became: bool = False) -> NotificationType:
    """Build the type for those who follow a document, or something that it concerns."""
    return NotificationType(
        NotificationKind.FOLLOWED,
        recipients.FOLLOWERS,
        DOCUMENT_PATH,
        event.words,
        _("You follow it, or an agenda item, a topic or a State that it concerns."),
        following.build_followed_ended_document_context
        if whatever_became
        else following.build_followed_document_context,
        skips_actor=True,
    )


def _build_own(event: type[Event], kind: NotificationKind = NotificationKind.SUBMISSION) -> NotificationType:
    """Build the type for the delegation whose contribution it is."""
    return NotificationType(
        kind,
        recipients.OWN_DELEGATION,
        CONTRIBUTION_PATH,
        event.words,
        DETAILS_ON_PAGE,
        contexts.build_contribution_context,
        skips_actor=True,
    )


TYPES: Mapping[str, Sequence[NotificationType]] = MappingProxyType(
    {
        contributions.ContributionSubmitted.name: (
            UNDECIDED,
            replace(REGISTRABLE, facts={"late": False}),
            _build_own(contributions.ContributionSubmitted),
        ),
        contributions.ContributionInTime.name: (REGISTRABLE, _build_own(contributions.ContributionInTime)),
        contributions.LateContributionAccepted.name: (REGISTRABLE, _build_own(contributions.LateContributionAccepted)),
        contributions.ContributionConfirmed.name: (REGISTRABLE, _build_own(contributions.ContributionConfirmed)),
        contributions.ContributionHeld.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.SECRETARIES,
                CONTRIBUTION_PATH,
                kinds.HELD.impersonal_heading,
                kinds.HELD.words,
                contexts_of_pending.contribution_in(ContributionStatus.HELD),
                announces=(kinds.HELD,),
            ),
            _build_own(contributions.ContributionHeld),
        ),
        contributions.ContributionTakenUp.name: (REGISTRABLE, _build_own(contributions.ContributionTakenUp)),
        contributions.ContributionRegistered.name: (
            NotificationType(
                NotificationKind.CONTRIBUTION,
                recipients.OWN_DELEGATION,
                CONTRIBUTION_PATH,
                _("A contribution of your delegation was registered"),
                HAS_SYMBOL,
                contexts.build_contribution_context,
            ),
            NotificationType(
                NotificationKind.SIGNATURE,
                recipients.SIGNATORIES,
                DOCUMENT_PATH,
                _("A contribution that your State co-sponsored was registered"),
                HAS_SYMBOL,
                contexts_of_documents.build_signatories_context,
            ),
        ),
        contributions.ContributionReturned.name: (
            NotificationType(
                NotificationKind.CONTRIBUTION,
                recipients.WRITERS,
                CONTRIBUTION_PATH,
                _("A contribution of your delegation was returned"),
                _("It is not registered. The page shows what to change."),
                contexts_of_pending.contribution_in(ContributionStatus.RETURNED),
                announces=(kinds.RETURNED, kinds.FILE_REFUSED),
            ),
        ),
        contributions.ContributionFileReceived.name: (
            NotificationType(
                NotificationKind.CONTRIBUTION,
                recipients.OWN_HEADS,
                CONTRIBUTION_PATH,
                kinds.CLEAR.impersonal_heading,
                kinds.CLEAR.words,
                contexts_of_pending.build_clearance_context,
                skips_actor=True,
                announces=(kinds.CLEAR,),
            ),
        ),
        contributions.ContributionFileRefused.name: (
            NotificationType(
                NotificationKind.CONTRIBUTION,
                recipients.WRITERS,
                CONTRIBUTION_PATH + "/edit",
                _("A file in a draft contribution of your delegation was not accepted"),
                _("It was received and then checked. The page shows why it was not accepted and what to do."),
                contexts.build_context_of_state_in_line,
            ),
        ),
        contributions.ConfirmationRequested.name: (CONFIRMATION_REQUEST,),
        contributions.ConfirmationDeclined.name: (
            NotificationType(
                NotificationKind.STATE_ANSWER,
                recipients.WRITING_SECRETARIES,
                CONTRIBUTION_PATH,
                kinds.DECLINED.impersonal_heading,
                _("It is not registered. The page gives the reason. You can change it and submit it again."),
                contexts.build_declined_context,
                announces=(kinds.DECLINED,),
            ),
        ),
        contributions.ContributionCleared.name: (
            NotificationType(
                NotificationKind.SUBMISSION,
                recipients.OWN_DELEGATION,
                CONTRIBUTION_PATH,
                contributions.ContributionCleared.words,
                _("It can be submitted as it is."),
                contexts.build_line_context,
                skips_actor=True,
            ),
        ),
        contributions.ClearanceRequired.name: (
            NotificationType(
                NotificationKind.SUBMISSION,
                recipients.OWN_REPRESENTATIVES,
                DESK_PATH,
                contributions.ClearanceRequired.words,
                DETAILS_ON_PAGE,
                contexts.build_context_of_state_in_line,
                skips_actor=True,
            ),
        ),
        contributions.SignatureChanged.name: (
            NotificationType(
                NotificationKind.SIGNATURE,
                recipients.OWN_DELEGATION,
                CONTRIBUTION_PATH,
                kinds.COSPONSOR.impersonal_heading,
                CAN_BE_CO_SPONSORED,
                contexts.build_invitation_context,
                facts={"what": "asked"},
                announces=(kinds.COSPONSOR,),
            ),
            NotificationType(
                NotificationKind.SIGNATURE,
                recipients.OWN_DELEGATION,
                CONTRIBUTION_PATH,
                kinds.COSPONSOR_REVISION.impersonal_heading,
                CAN_BE_CO_SPONSORED,
                contexts.build_invitation_context,
                facts={"what": contributions.ASKED_AGAIN},
                announces=(kinds.COSPONSOR_AGAIN, kinds.COSPONSOR_REVISION),
            ),
            NotificationType(
                NotificationKind.SIGNATURE,
                recipients.OWN_DELEGATION,
                DESK_PATH,
                kinds.INVITATION_ENDED.impersonal_heading,
                _("The text that your State co-sponsored does not change. Your desk names the document."),
                contexts.build_context_of_state_in_line,
                facts={"what": contributions.NO_LONGER_ASKED},
                announces=(kinds.INVITATION_ENDED,),
            ),
            NotificationType(
                NotificationKind.SIGNATURE,
                recipients.OWN_DELEGATION,
                DESK_PATH,
                kinds.INVITATION_WITHDRAWN.impersonal_heading,
                _(
                    "Your State no longer sees the draft. If it had co-sponsored the draft, that has ended. Your desk "
                    "names the State whose draft it is."
                ),
                contexts.build_invitation_context,
                facts={"what": contributions.INVITATION_WITHDRAWN},
                announces=(kinds.INVITATION_WITHDRAWN,),
            ),
            NotificationType(
                NotificationKind.SIGNATURE,
                recipients.OWN_DELEGATION,
                CONTRIBUTION_PATH,
                _("A State co-sponsored a draft contribution of your delegation"),
                DETAILS_ON_PAGE,
                contexts.build_signature_context,
                facts={"what": "signed"},
            ),
            NotificationType(
                NotificationKind.SIGNATURE,
                recipients.OWN_DELEGATION,
                CONTRIBUTION_PATH,
                _("A State declined to co-sponsor a draft contribution of your delegation"),
                DETAILS_ON_PAGE,
                contexts.build_signature_context,
                facts={"what": contributions.DECLINED},
            ),
        ),
        documents.DocumentRegistered.name: (
            _build_followed(documents.DocumentRegistered),
            NotificationType(
                NotificationKind.DOCUMENT,
                recipients.OTHERS_IN_BODY,
                DOCUMENT_PATH,
                documents.DocumentRegistered.words,
                DETAILS_ON_PAGE,
                contexts_of_documents.build_registered_document_context,
                skips_actor=True,
            ),
        ),
        documents.EditionRegistered.name: (
            _build_followed(documents.EditionRegistered),
            NotificationType(
                NotificationKind.DOCUMENT,
                recipients.OTHERS_IN_BODY,
                DOCUMENT_PATH,
                documents.EditionRegistered.words,
                DETAILS_ON_PAGE,
                contexts_of_documents.build_registered_document_context,
                skips_actor=True,
            ),
        ),
        documents.DocumentWithdrawn.name: (
            NotificationType(
                NotificationKind.SIGNATURE,
                recipients.ADDRESSEES,
                DOCUMENT_PATH,
                _("A document of your delegation, or one that it co-sponsored or supported, was withdrawn"),
                _("The reason is given on the page."),
                contexts_of_documents.build_sponsors_context,
                skips_actor=True,
            ),
            _build_followed(documents.DocumentWithdrawn, whatever_became=True),
            NotificationType(
                NotificationKind.DOCUMENT,
                recipients.WHOLE_BODY,
                DOCUMENT_PATH,
                documents.DocumentWithdrawn.words,
                _("The reason is given on the page."),
                contexts_of_documents.build_ended_document_context,
                skips_actor=True,
            ),
        ),
        documents.DocumentSupported.name: (
            NotificationType(
                NotificationKind.SIGNATURE,
                recipients.ADDRESSEES,
                DOCUMENT_PATH,
                documents.DocumentSupported.words,
                DETAILS_ON_PAGE,
                contexts_of_documents.build_sponsors_context,
                skips_actor=True,
            ),
            _build_followed(documents.DocumentSupported),
        ),
        documents.TranslationAdded.name: (_build_followed(documents.TranslationAdded),),
        documents.TitlesSupplied.name: (_build_followed(documents.TitlesSupplied),),
        documents.DocumentRelated.name: (_build_followed(documents.DocumentRelated),),
        documents.RelationWithdrawn.name: (_build_followed(documents.RelationWithdrawn),),
        documents.AccessChanged.name: (_build_followed(documents.AccessChanged),),
        documents.DocumentCorrected.name: (_build_followed(documents.DocumentCorrected),),
        documents.NumberVoided.name: (_build_followed(documents.NumberVoided, whatever_became=True),),
    }
)
