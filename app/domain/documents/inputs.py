"""What is registered, and what may be asked about it afterwards."""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, field_validator

from app.core.i18n import say
from app.core.inputs import Input, Language, Line, Prose, Reason, Said
from app.domain.documents.models import Access, ProposalKind, Relation, Step

MOST_PROPOSALS = 200

Topics = tuple[str, ...]
"""Codes of topics; whether they can be chosen is for the verb to say."""


def _unless_empty(value: object) -> object:
    return value or None


class Proposal(Input):
    """A proposal inside a document: what it is called, what it does, and to which provision."""

    title: Line
    kind: Annotated[ProposalKind | None, BeforeValidator(_unless_empty)] = None
    concerns: Annotated[Line | None, BeforeValidator(_unless_empty)] = None

    @field_validator("title", mode="before")
    @classmethod
    def says_something(cls, value: str) -> str:
        if not value.strip():
            raise Said(say("Give each proposal a few words."))
        return value


class Numbered(Proposal):
    """A proposal on the register: its number within its part, 0 for the text and n for addendum n."""

    part: int
    number: int


def _not_too_many(value: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    if len(value) > MOST_PROPOSALS:
        raise Said(say("A document lists at most %(most)s proposals.", most=MOST_PROPOSALS))
    return value


Proposals = Annotated[tuple[Proposal, ...], AfterValidator(_not_too_many)]


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
    topics: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
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
    """A title in one language, the abstract and the topics, as they should have been. What is None stays.

    An abstract may be emptied; a title may not.
    """

    language: Language
    title: Line | None = None
    abstract: Prose | None = None
    topics: Topics | None = None


class Relisting(Because):
    """The proposals of an edition as they should have been listed."""

    proposals: Proposals = ()
