"""Events of releases."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class OutputReleased(Event):
    """`manifest` and `receipt` are digests of what was signed, `number` is the number of the manifest."""

    name: ClassVar[str] = "output:released"
    words: ClassVar[LazyText] = _("A text was released to all ITU members, in all its languages at the same time")
    output: UUID
    text: str
    number: int
    manifest: str
    receipt: str


@dataclass(frozen=True, slots=True)
class OutputReleasedToAddressees(Event):
    """It was adopted for its addressees alone. Nothing is signed or published; its deliveries are made."""

    name: ClassVar[str] = "output:released-to-addressees"
    words: ClassVar[LazyText] = _("A text was released to its recipients only")
    output: UUID
    text: str


@dataclass(frozen=True, slots=True)
class OutputWithdrawnFromAddressees(Event):
    """A text that was for its addressees alone. Its deliveries are called back."""

    name: ClassVar[str] = "output:withdrawn-from-addressees"
    words: ClassVar[LazyText] = _("A text that was released to its recipients only was withdrawn")
    output: UUID
    withdrawal: UUID


@dataclass(frozen=True, slots=True)
class OutputMadePublic(Event):
    """A released output is public too. `manifest` and `number` are those of the public catalogue."""

    name: ClassVar[str] = "output:made-public"
    words: ClassVar[LazyText] = _("A text was released to the public")
    output: UUID
    number: int
    manifest: str


@dataclass(frozen=True, slots=True)
class AdvanceVersionReleased(Event):
    """Released with languages still to come: their codes, separated by spaces."""

    name: ClassVar[str] = "output:released-in-advance"
    words: ClassVar[LazyText] = _("An advance, unedited version of a text was released to all ITU members")
    output: UUID
    text: str
    number: int
    manifest: str
    receipt: str
    still_to_come: str


@dataclass(frozen=True, slots=True)
class OutputCompleted(Event):
    """All languages are released. `text` is the digest of those added, `completes` that of the completed manifest."""

    name: ClassVar[str] = "output:completed"
    words: ClassVar[LazyText] = _("A text was released in all languages and replaces its advance version")
    output: UUID
    text: str
    number: int
    manifest: str
    receipt: str
    completes: str


@dataclass(frozen=True, slots=True)
class CompletionFailed(Event):
    """Nothing was added to the advance version. `because` is one of `ReleaseFailure`."""

    name: ClassVar[str] = "output:completion-failed"
    words: ClassVar[LazyText] = _("The release of a text in all languages failed")
    output: UUID
    because: str


@dataclass(frozen=True, slots=True)
class OutputSealed(Event):
    """An output released before manifests existed was signed. `manifest` is the digest of its manifest."""

    name: ClassVar[str] = "output:sealed"
    words: ClassVar[LazyText] = _("Texts released earlier were signed")
    output: UUID
    number: int
    manifest: str


@dataclass(frozen=True, slots=True)
class ReleaseFailed(Event):
    """Nothing was released. `because` is one of `ReleaseFailure`."""

    name: ClassVar[str] = "output:release-failed"
    words: ClassVar[LazyText] = _("The release of a text failed")
    output: UUID
    because: str


@dataclass(frozen=True, slots=True)
class OutputWithdrawn(Event):
    """`manifest` and `number` are those of the manifest of the withdrawal."""

    name: ClassVar[str] = "output:withdrawn"
    words: ClassVar[LazyText] = _("A released text was withdrawn")
    output: UUID
    withdrawal: UUID
    number: int
    manifest: str


@dataclass(frozen=True, slots=True)
class WithdrawalFailed(Event):
    """Nothing was withdrawn. `because` is one of `ReleaseFailure`."""

    name: ClassVar[str] = "output:withdrawal-failed"
    words: ClassVar[LazyText] = _("The withdrawal of a text failed")
    output: UUID
    because: str


@dataclass(frozen=True, slots=True)
class PublicOutputWithdrawn(Event):
    """The withdrawal in the public catalogue. `manifest` and `number` are those of its manifest there."""

    name: ClassVar[str] = "output:withdrawn-from-the-public"
    words: ClassVar[LazyText] = _("The public was informed that a text had been withdrawn")
    output: UUID
    withdrawal: UUID
    number: int
    manifest: str
