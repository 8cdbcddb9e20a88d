"""What is registered, and what may be asked about it afterwards."""

from dataclasses import dataclass, field
from uuid import UUID

from app.core.inputs import Input, Language, Line, Prose, Reason
from app.domain.documents.models import Access, Relation, Step


@dataclass(frozen=True, slots=True)
class FileOf:
    """A file that was received and is durable: exactly these bytes, in this language."""

    language: str
    sha256: str
    size: int
    media: str
    name: str
    findings: list[dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text as it comes to the register: what stands on its cover, its files, and who signs it beside its submitter.

    `signed_by` are States and the delegates who signed for them.
    """

    original: str
    titles: dict[str, str]
    abstract: str = ""
    cover: dict[str, str] = field(default_factory=dict)
    files: tuple[FileOf, ...]
    signed_by: tuple[tuple[str, UUID], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """Everything about a document but its number. It takes the next of `series` within `scope` (a meeting's number)."""

    body_id: UUID
    series: str
    scope: str
    kind: str
    entity: str
    text: Text
    access: Access = Access.GROUP


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEdition:
    """A revision, an addendum or a corrigendum of a document that is there. `note` says what is new in it."""

    step: Step
    text: Text
    note: str = ""
    only_language: str | None = None


class Translation(Input):
    """The language of a file that is added, and the title in it."""

    language: Language
    title: Line | None = None


class Related(Input):
    """What a document is to another one, which is named by its symbol."""

    kind: Relation
    symbol: Line


class Because(Input):
    reason: Reason


class Opening(Because):
    """Who may read a document from now on."""

    access: Access


class Correction(Because):
    """A title in one language, the abstract, or both, as they should have been. What is None stays."""

    language: Language
    title: Line | None = None
    abstract: Prose | None = None
