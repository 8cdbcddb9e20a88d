"""Events of outputs."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class OutputDrafted(Event):
    name: ClassVar[str] = "output:drafted"
    words: ClassVar[LazyText] = _("A draft output was created")
    output: UUID


@dataclass(frozen=True, slots=True)
class OutputChanged(Event):
    name: ClassVar[str] = "output:changed"
    words: ClassVar[LazyText] = _("A draft output was changed")
    output: UUID
    version: int


@dataclass(frozen=True, slots=True)
class OutputFileReceived(Event):
    name: ClassVar[str] = "output:file-received"
    words: ClassVar[LazyText] = _("A text of an output was received")
    output: UUID
    language: str
    file: str


@dataclass(frozen=True, slots=True)
class OutputPdfAdded(Event):
    """The PDF of a draft or of a translation became part of it; `file` is the digest of the text, `pdf` that of its
    PDF."""

    name: ClassVar[str] = "output:pdf-added"
    words: ClassVar[LazyText] = _("The PDF of a text of an output was added")
    output: UUID
    language: str
    file: str
    pdf: str


@dataclass(frozen=True, slots=True)
class OutputFileRemoved(Event):
    name: ClassVar[str] = "output:file-removed"
    words: ClassVar[LazyText] = _("A text of an output was removed")
    output: UUID
    language: str


@dataclass(frozen=True, slots=True)
class OutputAdopted(Event):
    """`receipt` is the digest of the signed receipt."""

    name: ClassVar[str] = "output:adopted"
    words: ClassVar[LazyText] = _("A text was adopted")
    output: UUID
    symbol: str
    text: str
    receipt: str


@dataclass(frozen=True, slots=True)
class OutputApproved(Event):
    name: ClassVar[str] = "output:approved"
    words: ClassVar[LazyText] = _("A person approved the release of an adopted text")
    output: UUID
    text: str
    complete: bool


@dataclass(frozen=True, slots=True)
class ApprovalChecked(Event):
    """`outcome` is one of `ApprovalCheckOutcome`; `token` is the digest of the ID token, empty without one."""

    name: ClassVar[str] = "output:approval-checked"
    words: ClassVar[LazyText] = _("The sign-in used for an approval was verified, or could not be verified")
    output: UUID
    person: UUID
    outcome: str
    token: str


@dataclass(frozen=True, slots=True)
class OutputLetOut(Event):
    """The worker now releases the output."""

    name: ClassVar[str] = "output:let-out"
    words: ClassVar[LazyText] = _("The release of an approved text was started")
    output: UUID


@dataclass(frozen=True, slots=True)
class OutputScheduled(Event):
    """The worker releases the output at that instant, unless it is called back before."""

    name: ClassVar[str] = "output:scheduled"
    words: ClassVar[LazyText] = _("The release time of a text was set")
    output: UUID
    at: str


@dataclass(frozen=True, slots=True)
class OutputCalledBack(Event):
    """`at` is the instant at which it would have been released."""

    name: ClassVar[str] = "output:called-back"
    words: ClassVar[LazyText] = _("The planned release of a text was cancelled")
    output: UUID
    at: str


@dataclass(frozen=True, slots=True)
class OutputLetOutAlone(Event):
    """Released without the required approvals, by one person. The worker now releases the output."""

    name: ClassVar[str] = "output:let-out-alone"
    words: ClassVar[LazyText] = _("One person released an adopted text alone")
    output: UUID
    text: str


@dataclass(frozen=True, slots=True)
class WithdrawalDecidedAlone(Event):
    """Decided without a second person. The worker now withdraws the output."""

    name: ClassVar[str] = "output:withdrawal-decided-alone"
    words: ClassVar[LazyText] = _("One person decided alone to withdraw a released text")
    output: UUID
    withdrawal: UUID
    text: str


@dataclass(frozen=True, slots=True)
class WithdrawalConfirmed(Event):
    """Confirmed by the second person. The worker now withdraws the output."""

    name: ClassVar[str] = "output:withdrawal-confirmed"
    words: ClassVar[LazyText] = _("A second person confirmed the withdrawal of a released text")
    output: UUID
    withdrawal: UUID


@dataclass(frozen=True, slots=True)
class WithdrawalRetried(Event):
    """The withdrawal had failed. The worker now tries it again."""

    name: ClassVar[str] = "output:withdrawal-retried"
    words: ClassVar[LazyText] = _("A failed withdrawal was restarted")
    output: UUID


@dataclass(frozen=True, slots=True)
class OutputForwarded(Event):
    """The output is now a document of that meeting of the parent body."""

    name: ClassVar[str] = "output:forwarded"
    words: ClassVar[LazyText] = _("A released text was forwarded to the parent group")
    output: UUID
    meeting: UUID
    document: UUID


@dataclass(frozen=True, slots=True)
class WithdrawalProposed(Event):
    """Visible to the chair and the secretariat only."""

    name: ClassVar[str] = "output:withdrawal-proposed"
    words: ClassVar[LazyText] = _("A person proposed to withdraw a released text")
    output: UUID
    withdrawal: UUID


@dataclass(frozen=True, slots=True)
class WithdrawalTakenBack(Event):
    name: ClassVar[str] = "output:withdrawal-taken-back"
    words: ClassVar[LazyText] = _("The proposal to withdraw a text was withdrawn")
    output: UUID
    withdrawal: UUID


@dataclass(frozen=True, slots=True)
class WithdrawalDeclined(Event):
    name: ClassVar[str] = "output:withdrawal-declined"
    words: ClassVar[LazyText] = _("The proposal to withdraw a text was declined")
    output: UUID
    withdrawal: UUID


@dataclass(frozen=True, slots=True)
class OutputTranslated(Event):
    """A translation was added or replaced, not approved yet. `text` is the digest of the translation."""

    name: ClassVar[str] = "output:translated"
    words: ClassVar[LazyText] = _("A translation of an adopted text was received")
    output: UUID
    language: str
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class OutputTranslationApproved(Event):
    name: ClassVar[str] = "output:translation-approved"
    words: ClassVar[LazyText] = _("A second person approved a translation of an adopted text")
    output: UUID
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class TranslationApprovalChecked(Event):
    """`outcome` and `token` as in `ApprovalChecked`; `text` is the digest of the translation that was approved."""

    name: ClassVar[str] = "output:translation-approval-checked"
    words: ClassVar[LazyText] = _("The sign-in used for an approval was verified, or could not be verified")
    output: UUID
    language: str
    text: str
    person: UUID
    outcome: str
    token: str


@dataclass(frozen=True, slots=True)
class CompletionLetOut(Event):
    """The worker now releases the missing languages. `text` is the digest over all of them."""

    name: ClassVar[str] = "output:completion-let-out"
    words: ClassVar[LazyText] = _("The release of a text in all languages was started")
    output: UUID
    text: str


@dataclass(frozen=True, slots=True)
class CompletionScheduled(Event):
    """The worker releases the missing languages at that instant, unless they are called back before."""

    name: ClassVar[str] = "output:completion-scheduled"
    words: ClassVar[LazyText] = _("The release time of a text in all languages was set")
    output: UUID
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class CompletionCalledBack(Event):
    """`at` is the instant at which it would have been released. The advance version stays."""

    name: ClassVar[str] = "output:completion-called-back"
    words: ClassVar[LazyText] = _("The planned release of a text in all languages was cancelled")
    output: UUID
    at: str
