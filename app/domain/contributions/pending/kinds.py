"""The kinds of what can be pending for contributions, with their texts."""

from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingActionKind, QueueLabel, Urgency
from app.domain.bodies.pending import CHAIR, DELEGATION, HEAD_OF_DELEGATION, SECRETARIAT
from app.domain.contributions import events
from app.domain.contributions.models import ContributionStatus
from app.domain.contributions.queries.confirmations import EVENTS_BEFORE_CONFIRMATION
from app.domain.contributions.rules import permissions as rules

SUBMITTING = (rules.EDIT, rules.SUBMIT, rules.DISCARD)

DRAFT = PendingActionKind(
    name="contribution:draft",
    heading=_("A draft has not been submitted"),
    words=_("Complete, check and submit the draft."),
    button=_("Open the draft"),
    waits_for=DELEGATION,
    settled_by=SUBMITTING,
    statuses=(ContributionStatus.DRAFT,),
    begun_by=(events.ContributionDrafted.name, events.ContributionTakenBack.name),
)
RETURNED = PendingActionKind(
    name="contribution:returned",
    heading=_("The secretariat returned your contribution"),
    words=_("Read the reason, change the contribution and submit it again."),
    button=_("Open the draft"),
    waits_for=DELEGATION,
    settled_by=SUBMITTING,
    statuses=(ContributionStatus.RETURNED,),
    begun_by=(events.ContributionReturned.name,),
)
FILE_REFUSED = PendingActionKind(
    name="contribution:file-refused",
    heading=_("A file was rejected after it was received"),
    words=_("Read the reason, replace the file and submit the contribution again."),
    button=_("Open the draft"),
    waits_for=DELEGATION,
    settled_by=SUBMITTING,
    statuses=(ContributionStatus.RETURNED,),
    begun_by=(events.ContributionReturned.name,),
)
DECLINED = PendingActionKind(
    name="contribution:declined",
    heading=_("%(entity)s declined a contribution submitted on its behalf"),
    words=_("Read the reason, change the contribution and submit it again."),
    button=_("Open the draft"),
    waits_for=SECRETARIAT,
    settled_by=SUBMITTING,
    statuses=(ContributionStatus.RETURNED,),
    begun_by=(events.ConfirmationDeclined.name,),
    impersonal=_("A State declined a contribution that the secretariat had submitted on its behalf"),
)
CLEAR = PendingActionKind(
    name="contribution:clear",
    heading=_("Your delegation’s draft needs your clearance"),
    words=_("Read the draft, then clear it. It cannot be submitted before."),
    button=_("Read and decide"),
    waits_for=HEAD_OF_DELEGATION,
    settled_by=(rules.CLEAR,),
    statuses=(ContributionStatus.DRAFT, ContributionStatus.RETURNED),
    begun_by=(events.ContributionDrafted.name, events.ContributionChanged.name, events.ContributionFileReceived.name),
)
COSPONSOR = PendingActionKind(
    name="contribution:cosponsor",
    heading=_("%(entity)s invites your State to co-sponsor a contribution"),
    words=_("Read the draft, then co-sponsor it or decline."),
    button=_("Read and decide"),
    waits_for=DELEGATION,
    settled_by=(rules.SIGN,),
    statuses=(
        ContributionStatus.DRAFT,
        ContributionStatus.RETURNED,
        ContributionStatus.SUBMITTED,
        ContributionStatus.HELD,
    ),
    begun_by=(events.SignatureChanged.name,),
    impersonal=_("Your State was invited to co-sponsor a draft contribution"),
)
COSPONSOR_REVISION = PendingActionKind(
    name="contribution:cosponsor-revision",
    heading=_("%(entity)s revised a document: your State is invited to co-sponsor"),
    words=_("Read the revision, then co-sponsor it or decline."),
    button=_("Read and decide"),
    waits_for=DELEGATION,
    settled_by=(rules.SIGN,),
    begun_by=(events.SignatureChanged.name,),
    impersonal=_("A text that your State co-sponsored was changed: your State is asked again"),
)
COSPONSOR_AGAIN = PendingActionKind(
    name="contribution:cosponsor-again",
    heading=_("%(entity)s changed a draft: your State is asked again to co-sponsor it"),
    words=_("Your State co-sponsored the draft before the change. Read it again, then co-sponsor it or decline."),
    button=COSPONSOR.button,
    waits_for=DELEGATION,
    settled_by=(rules.SIGN,),
    statuses=COSPONSOR.statuses,
    begun_by=(events.SignatureChanged.name,),
    impersonal=COSPONSOR_REVISION.impersonal,
)
INVITATION_ENDED = PendingActionKind(
    name="contribution:invitation-ended",
    heading=_("%(entity)s continues its work on %(symbol)s without your State as a co-sponsor"),
    words=_("Your State remains listed on the text it co-sponsored. This notice remains here for 14 days."),
    button=_("View"),
    waits_for=DELEGATION,
    begun_by=(events.SignatureChanged.name,),
    urgency=Urgency.NEWS,
    impersonal=_("A State continues its work on a document without your State as a co-sponsor"),
)
INVITATION_WITHDRAWN = PendingActionKind(
    name="contribution:invitation-withdrawn",
    heading=_("%(entity)s continues a draft without your State as a co-sponsor"),
    words=_(
        "Your State no longer sees the draft. If it had co-sponsored the draft, that has ended. This notice remains "
        "here for 14 days."
    ),
    button=_("View"),
    waits_for=DELEGATION,
    begun_by=(events.SignatureChanged.name,),
    urgency=Urgency.NEWS,
    impersonal=_("Your State is no longer invited to co-sponsor a draft contribution"),
)
CONFIRM = PendingActionKind(
    name="contribution:confirm",
    heading=_("The secretariat submitted a contribution on behalf of your State"),
    words=_("It cannot be registered until a member of your delegation confirms it."),
    button=_("Read and decide"),
    waits_for=DELEGATION,
    settled_by=(rules.CONFIRM, rules.DECLINE_CONFIRMATION),
    statuses=(ContributionStatus.SUBMITTED, ContributionStatus.HELD),
    begun_by=tuple(each.name for each in EVENTS_BEFORE_CONFIRMATION),
)
LATE = PendingActionKind(
    name="contribution:late",
    heading=_("A contribution from %(entity)s is late"),
    words=_("It can be registered only if you accept it."),
    button=_("Read and decide"),
    waits_for=CHAIR,
    settled_by=(rules.ACCEPT_LATE, rules.HOLD),
    statuses=(ContributionStatus.SUBMITTED,),
    begun_by=(events.ContributionSubmitted.name,),
    impersonal=_("A contribution was submitted after the deadline"),
)
LATE_WITH_CHAIR = PendingActionKind(
    name="contribution:late-with-chair",
    heading=_("A contribution from %(entity)s is late"),
    words=_("The chair decides whether to accept the contribution."),
    button=_("View"),
    waits_for=CHAIR,
    statuses=(ContributionStatus.SUBMITTED,),
    begun_by=(events.ContributionSubmitted.name,),
    urgency=Urgency.NEWS,
    queue=QueueLabel(_("Late, with the chair"), "/late"),
    impersonal=LATE.impersonal_heading,
)
HELD = PendingActionKind(
    name="contribution:held",
    heading=_("A contribution from %(entity)s is held for a later meeting"),
    words=_("Transfer the contribution to that meeting once it has been convened."),
    button=_("Read and decide"),
    waits_for=SECRETARIAT,
    settled_by=(rules.TAKE_UP, rules.RETURN),
    statuses=(ContributionStatus.HELD,),
    begun_by=(events.ContributionHeld.name,),
    impersonal=events.ContributionHeld.words,
)
REGISTER = PendingActionKind(
    name="contribution:register",
    heading=_("A contribution from %(entity)s has not been registered"),
    words=_("Check the contribution, then register or return it."),
    button=_("Read and decide"),
    waits_for=SECRETARIAT,
    settled_by=(rules.REGISTER, rules.RETURN),
    statuses=(ContributionStatus.SUBMITTED,),
    begun_by=(
        events.ContributionSubmitted.name,
        events.ContributionInTime.name,
        events.LateContributionAccepted.name,
        events.ContributionConfirmed.name,
        events.ContributionTakenUp.name,
    ),
    queue=QueueLabel(_("To be registered"), "/contributions#h-queue"),
    impersonal=_("A contribution can be registered"),
)
