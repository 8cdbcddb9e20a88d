"""Events of silence procedures and of statements of States."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class SilenceOpened(Event):
    """`until` is the instant at which the procedure ends, in UTC."""

    name: ClassVar[str] = "silence:opened"
    words: ClassVar[LazyText] = _("A silence procedure was opened")
    output: UUID
    procedure: UUID
    text: str
    until: str


@dataclass(frozen=True, slots=True)
class SilenceOpenedDespite(Event):
    """Recorded with `SilenceOpened`. `choice` is one of `OpeningChoice`; `states` is the number of States of which no
    person could answer."""

    name: ClassVar[str] = "silence:opened-despite"
    words: ClassVar[LazyText] = _(
        "A silence procedure was started although some States had no one accredited who could respond"
    )
    output: UUID
    procedure: UUID
    choice: str
    states: int


@dataclass(frozen=True, slots=True)
class SilenceExtended(Event):
    """`was` is the deadline before, in UTC too; lines before 29 November 2026 have none."""

    name: ClassVar[str] = "silence:extended"
    words: ClassVar[LazyText] = _("The deadline of a silence procedure was extended")
    output: UUID
    procedure: UUID
    until: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class StanceTaken(Event):
    """A version of a State's position. `receipt` is the digest of the signed statement."""

    name: ClassVar[str] = "silence:position-taken"
    words: ClassVar[LazyText] = _("A State submitted its position in a silence procedure")
    output: UUID
    procedure: UUID
    state: str
    stance: str
    version: int
    receipt: str


@dataclass(frozen=True, slots=True)
class SilenceBroken(Event):
    name: ClassVar[str] = "silence:broken"
    words: ClassVar[LazyText] = _("A State broke silence; the text was not adopted")
    output: UUID
    procedure: UUID
    state: str


@dataclass(frozen=True, slots=True)
class SilenceKept(Event):
    name: ClassVar[str] = "silence:kept"
    words: ClassVar[LazyText] = _("No State broke silence before the deadline; the text was adopted")
    output: UUID
    procedure: UUID
    text: str


@dataclass(frozen=True, slots=True)
class SilenceVoided(Event):
    """`because` is one of `VoidReason`."""

    name: ClassVar[str] = "silence:voided"
    words: ClassVar[LazyText] = _("A silence procedure became void; no text was adopted under it")
    output: UUID
    procedure: UUID
    because: str


@dataclass(frozen=True, slots=True)
class StatementPut(Event):
    """Attached, or changed if its version is 2 or higher."""

    name: ClassVar[str] = "statement:put"
    words: ClassVar[LazyText] = _("A State attached a statement to an adopted text or changed its statement")
    output: UUID
    statement: UUID
    state: str
    kind: str
    version: int


@dataclass(frozen=True, slots=True)
class StatementTakenBack(Event):
    name: ClassVar[str] = "statement:taken-back"
    words: ClassVar[LazyText] = _("A State withdrew its statement on an adopted text")
    output: UUID
    statement: UUID
    state: str
