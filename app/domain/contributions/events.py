"""What can happen to a contribution."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class ContributionDrafted(Event):
    name: ClassVar[str] = "contribution:drafted"
    words: ClassVar[LazyText] = _("A State began a draft")
    contribution: UUID


@dataclass(frozen=True, slots=True)
class ContributionChanged(Event):
    name: ClassVar[str] = "contribution:changed"
    words: ClassVar[LazyText] = _("A draft was changed")
    contribution: UUID
    version: int


@dataclass(frozen=True, slots=True)
class ContributionFileReceived(Event):
    """`state` is the entity that writes the draft; lines before 29 November 2026 have none."""

    name: ClassVar[str] = "contribution:file-received"
    words: ClassVar[LazyText] = _("A file of a draft was received")
    contribution: UUID
    language: str
    file: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class ContributionFileArrived(Event):
    """It is inspected afterwards: then it is received, or refused."""

    name: ClassVar[str] = "contribution:file-arrived"
    words: ClassVar[LazyText] = _("A file of a draft was received and is being checked")
    contribution: UUID
    language: str
    file: str


@dataclass(frozen=True, slots=True)
class ContributionFileRefused(Event):
    """A draft needs another file; what was submitted is returned instead. `state` is the entity that writes it."""

    name: ClassVar[str] = "contribution:file-refused"
    words: ClassVar[LazyText] = _("A file was rejected after it was received")
    contribution: UUID
    language: str
    file: str
    state: str


@dataclass(frozen=True, slots=True)
class ContributionFileRemoved(Event):
    name: ClassVar[str] = "contribution:file-removed"
    words: ClassVar[LazyText] = _("A file of a draft was removed")
    contribution: UUID
    language: str


@dataclass(frozen=True, slots=True)
class ContributionFileCleaned(Event):
    """`file` is the digest of the clean copy, `original` that of the file in whose place it is, `state` the entity that
    writes the draft."""

    name: ClassVar[str] = "contribution:file-cleaned"
    words: ClassVar[LazyText] = _("A file of a draft was replaced by a clean copy")
    contribution: UUID
    language: str
    file: str
    original: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class ContributionOriginalRestored(Event):
    name: ClassVar[str] = "contribution:original-restored"
    words: ClassVar[LazyText] = _("The clean copy of a file was replaced by its original")
    contribution: UUID
    language: str
    file: str


@dataclass(frozen=True, slots=True)
class ContributionFileMoved(Event):
    """The file that was the text in one `language` is that in another (`to`)."""

    name: ClassVar[str] = "contribution:file-moved"
    words: ClassVar[LazyText] = _("The language of a file of a draft was changed")
    contribution: UUID
    language: str
    to: str
    file: str


@dataclass(frozen=True, slots=True)
class ContributionDiscarded(Event):
    name: ClassVar[str] = "contribution:discarded"
    words: ClassVar[LazyText] = _("A draft was deleted")
    contribution: UUID


@dataclass(frozen=True, slots=True)
class ContributionSubmitted(Event):
    """`files` lists language and digest of each file; `receipt` is the digest of what the portal signed.

    `answers` names the findings with which its files are registered as they are, each after the language of the file;
    lines before 29 November 2026 have none.
    """

    name: ClassVar[str] = "contribution:submitted"
    words: ClassVar[LazyText] = _("A contribution was submitted")
    contribution: UUID
    files: str
    late: bool
    receipt: str
    answers: str = ""


@dataclass(frozen=True, slots=True)
class ContributionTakenBack(Event):
    name: ClassVar[str] = "contribution:taken-back"
    words: ClassVar[LazyText] = _("A contribution was withdrawn by its State before registration")
    contribution: UUID


@dataclass(frozen=True, slots=True)
class ContributionReturned(Event):
    name: ClassVar[str] = "contribution:returned"
    words: ClassVar[LazyText] = _("A contribution was returned to its State")
    contribution: UUID


@dataclass(frozen=True, slots=True)
class ContributionAssigned(Event):
    """`person` is the secretary who deals with it from now on; None is no one. The delegation does not see it."""

    name: ClassVar[str] = "registration:assigned"
    words: ClassVar[LazyText] = _("A contribution was assigned to a secretary, or to no one")
    contribution: UUID
    person: UUID | None


@dataclass(frozen=True, slots=True)
class LateContributionAccepted(Event):
    name: ClassVar[str] = "contribution:late-accepted"
    words: ClassVar[LazyText] = _("The chair accepted a late contribution")
    contribution: UUID


@dataclass(frozen=True, slots=True)
class ContributionRegistered(Event):
    name: ClassVar[str] = "contribution:registered"
    words: ClassVar[LazyText] = _("A contribution was registered under a symbol")
    contribution: UUID
    document: UUID
    receipt: str


@dataclass(frozen=True, slots=True)
class ContributionHeld(Event):
    name: ClassVar[str] = "contribution:held"
    words: ClassVar[LazyText] = _("A late contribution was held for a later meeting")
    contribution: UUID


@dataclass(frozen=True, slots=True)
class ContributionTakenUp(Event):
    name: ClassVar[str] = "contribution:taken-up"
    words: ClassVar[LazyText] = _("A held contribution was transferred to a later meeting")
    contribution: UUID
    meeting: UUID


ASKED_AGAIN, NO_LONGER_ASKED, SIGNED, DECLINED = "asked again", "no longer asked", "signed", "declined"
INVITATION_WITHDRAWN = "invitation withdrawn"
ASKED, ASKED_BEFORE_TEXT = "asked", "asked before the text"


@dataclass(frozen=True, slots=True)
class SignatureChanged(Event):
    """`what` is asked, asked again, asked before the text, no longer asked, invitation withdrawn, signed or declined;
    `state` is the State concerned, `by_state` the one whose draft it is, `meeting` the meeting for which, `document`
    the document that the draft follows if the State co-sponsors that and is no longer asked.

    A State that was asked while the text was missing or not accepted is asked, or asked again, once the text is there.

    Otherwise `document` is empty; lines before 29 November 2026 have neither `document` nor `by_state` nor
    `meeting`. A State that does not co-sponsor what the draft follows was no longer asked as well until then; its
    invitation is withdrawn now.
    """

    name: ClassVar[str] = "contribution:signature"
    words: ClassVar[LazyText] = _("A State was invited to co-sponsor a draft, or responded")
    contribution: UUID
    what: str
    state: str
    document: str = ""
    by_state: str = ""
    meeting: str = ""


@dataclass(frozen=True, slots=True)
class ContributionCleared(Event):
    name: ClassVar[str] = "contribution:cleared"
    words: ClassVar[LazyText] = _("The head of a delegation cleared a draft")
    contribution: UUID


@dataclass(frozen=True, slots=True)
class ClearanceRequired(Event):
    name: ClassVar[str] = "clearance:required"
    words: ClassVar[LazyText] = _(
        "A State decided whether its contributions require clearance by its head of delegation"
    )
    state: str
    required: bool


@dataclass(frozen=True, slots=True)
class ContributionInTime(Event):
    """What was late is in time, because the deadline was moved."""

    name: ClassVar[str] = "contribution:in-time"
    words: ClassVar[LazyText] = _("A late contribution is now on time, because the deadline was changed")
    contribution: UUID


@dataclass(frozen=True, slots=True)
class ConfirmationRequested(Event):
    """The secretariat submitted it in the name of a State, which has somebody who can confirm it."""

    name: ClassVar[str] = "contribution:confirmation-requested"
    words: ClassVar[LazyText] = _(
        "A contribution submitted by the secretariat on behalf of a State is awaiting confirmation by that State"
    )
    contribution: UUID


@dataclass(frozen=True, slots=True)
class ConfirmationVoided(Event):
    """What the State had confirmed was changed: another meeting takes it up. Its receipt stays."""

    name: ClassVar[str] = "contribution:confirmation-voided"
    words: ClassVar[LazyText] = _(
        "The confirmation by a State ceased to apply because the confirmed contribution was changed"
    )
    contribution: UUID


@dataclass(frozen=True, slots=True)
class ContributionConfirmed(Event):
    """`receipt` is the digest of what the portal signed."""

    name: ClassVar[str] = "contribution:confirmed"
    words: ClassVar[LazyText] = _("A State confirmed a contribution that the secretariat had submitted on its behalf")
    contribution: UUID
    receipt: str


@dataclass(frozen=True, slots=True)
class ConfirmationDeclined(Event):
    name: ClassVar[str] = "contribution:confirmation-declined"
    words: ClassVar[LazyText] = _("A State declined a contribution that the secretariat had submitted on its behalf")
    contribution: UUID


@dataclass(frozen=True, slots=True)
class RegisteredAtRequest(Event):
    """It was registered as submitted by the secretariat at the request of a State that had no one to confirm it."""

    name: ClassVar[str] = "contribution:registered-at-request"
    words: ClassVar[LazyText] = _("A document submitted by the secretariat at the request of a State was registered")
    contribution: UUID
    document: UUID
