"""What is registered."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FileOf:
    """A file that was received and is durable: exactly these bytes, in this language."""

    language: str
    sha256: str
    size: int
    media: str
    name: str
    findings: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class NewDocument:
    """Everything about a document but its number. It takes the next of `series` within `scope` (a meeting's number)."""

    body_id: UUID
    series: str
    scope: str
    kind: str
    entity: str
    original: str
    titles: dict[str, str]
    abstract: str
    files: tuple[FileOf, ...]
