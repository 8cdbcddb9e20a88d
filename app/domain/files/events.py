"""What can happen to a file and its renditions."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class FileScanned(Event):
    """The virus scanner gave a verdict on a file, perhaps the same as before; `file` is its digest."""

    name: ClassVar[str] = "file:scanned"
    words: ClassVar[LazyText] = _("A file was checked for viruses")
    file: str
    verdict: str


@dataclass(frozen=True, slots=True)
class RenditionMade(Event):
    """`file` is the digest of what it was made from; `whole` is false if a part could not be made."""

    name: ClassVar[str] = "rendition:made"
    words: ClassVar[LazyText] = _("A file was prepared for reading and searching")
    file: str
    whole: bool


@dataclass(frozen=True, slots=True)
class ContributionRenditionMade(Event):
    """As `RenditionMade`, of a file of a contribution, which has renditions of its own."""

    name: ClassVar[str] = "rendition:made-for-contribution"
    words: ClassVar[LazyText] = _("A file of a contribution was prepared for reading")
    contribution: UUID
    file: str
    whole: bool


@dataclass(frozen=True, slots=True)
class RenditionDeleted(Event):
    """`file` is the digest of what it was made from: nothing refers to that any more, or the contribution for which it
    was made has another file."""

    name: ClassVar[str] = "rendition:deleted"
    words: ClassVar[LazyText] = _("What was prepared from a file for reading and searching was deleted")
    file: str
