"""What is registered."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.documents.models import Access, Step


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
