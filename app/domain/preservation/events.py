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
    words: ClassVar[LazyText] = _("A backup of all records was made")
    backup: str
    taken: str
    statement: str


@dataclass(frozen=True, slots=True)
class RecordInventoried(Event):
    """Rows of before their table was recorded were recorded; `rows` is how many."""

    name: ClassVar[str] = "record:inventoried"
    words: ClassVar[LazyText] = _("An inventory of the existing records was made")
    rows: int


@dataclass(frozen=True, slots=True)
class RecordMigrated(Event):
    """A migration of the database changed rows."""

    name: ClassVar[str] = "record:migrated"
    words: ClassVar[LazyText] = _("The records were adapted to a new version of the software")
    revision: str


@dataclass(frozen=True, slots=True)
class RecordRestored(Event):
    """`lines` is how many lines of the journal came back."""

    name: ClassVar[str] = "record:restored"
    words: ClassVar[LazyText] = _("The records were restored from a backup")
    restoration: UUID
    backup: str
    lines: int
    doubt: str | None


@dataclass(frozen=True, slots=True)
class RecordReopened(Event):
    """Somebody answered for a restored record in doubt; their words stand in the restoration."""

    name: ClassVar[str] = "record:reopened"
    words: ClassVar[LazyText] = _("Restored records were reopened, with a reason")
    restoration: UUID


@dataclass(frozen=True, slots=True)
class RecordExported(Event):
    """The whole record of a body left as a package; `package` is the digest of its list of files."""

    name: ClassVar[str] = "record:exported"
    words: ClassVar[LazyText] = _("All records of a group were exported as a package")
    package: str


@dataclass(frozen=True, slots=True)
class DamageFound(Event):
    """A file of a store is not what its digest names, or is not there."""

    name: ClassVar[str] = "file:damaged"
    words: ClassVar[LazyText] = _("A stored file was found to be damaged or missing")
    file: str
    shelf: str


@dataclass(frozen=True, slots=True)
class DamageMended(Event):
    """A file that was damaged is whole again."""

    name: ClassVar[str] = "file:mended"
    words: ClassVar[LazyText] = _("A damaged stored file was repaired")
    file: str
    shelf: str
