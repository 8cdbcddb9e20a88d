"""What can happen to the record as a whole."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class BackupTaken(Event):
    """`taken` is the instant whose state the copy holds, `statement` the digest of what it was signed as."""

    name: ClassVar[str] = "backup:taken"
    words: ClassVar[LazyText] = _("A copy of the whole record was taken")
    backup: str
    taken: str
    statement: str


@dataclass(frozen=True, slots=True)
class RecordInventoried(Event):
    """Rows of before their table was recorded were recorded; `rows` is how many."""

    name: ClassVar[str] = "record:inventoried"
    words: ClassVar[LazyText] = _("An inventory of the existing record was taken")
    rows: int


@dataclass(frozen=True, slots=True)
class RecordMigrated(Event):
    """A migration of the database changed rows."""

    name: ClassVar[str] = "record:migrated"
    words: ClassVar[LazyText] = _("The record was adapted to a new version of the software")
    revision: str


@dataclass(frozen=True, slots=True)
class RecordRestored(Event):
    """`lines` is how many lines of the journal came back."""

    name: ClassVar[str] = "record:restored"
    words: ClassVar[LazyText] = _("The record was restored from a copy")
    restoration: UUID
    backup: str
    lines: int
    doubt: str | None


@dataclass(frozen=True, slots=True)
class RecordReopened(Event):
    """Somebody answered for a restored record in doubt; their words stand in the restoration."""

    name: ClassVar[str] = "record:reopened"
    words: ClassVar[LazyText] = _("A restored record was opened again, with a reason")
    restoration: UUID


@dataclass(frozen=True, slots=True)
class RecordExported(Event):
    """The whole record of a body left as a package; `package` is the digest of its list of files."""

    name: ClassVar[str] = "record:exported"
    words: ClassVar[LazyText] = _("The whole record of a group was exported as a package")
    package: str


@dataclass(frozen=True, slots=True)
class DamageFound(Event):
    """A file of a store is not what its digest names, or is not there."""

    name: ClassVar[str] = "file:damaged"
    words: ClassVar[LazyText] = _("A file in the store was found damaged or missing")
    file: str
    shelf: str


@dataclass(frozen=True, slots=True)
class DamageMended(Event):
    """A file that was damaged is whole again."""

    name: ClassVar[str] = "file:mended"
    words: ClassVar[LazyText] = _("A damaged file in the store is whole again")
    file: str
    shelf: str
