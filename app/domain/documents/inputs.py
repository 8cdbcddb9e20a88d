"""Inputs of the document actions: what is registered, and changes afterwards."""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, field_validator, model_validator

from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.validation import InputModel, LanguageCode, OneLine, Prose, ReasonInput, ValidationMessageError
from app.domain.documents.models import DocumentAccess, EditionStep, ProposalKind, RelationKind

MAX_PROPOSALS = 200

TopicCodes = tuple[str, ...]
"""Codes of topics, mandates or action lines; the action checks if they can be chosen."""


def _empty_to_none(value: object) -> object:
    """Map an empty field of a form to None."""
    return value or None


class ProposalInput(InputModel):
    """A proposal inside a document: title, what it does, and the provision that it concerns."""

    title: OneLine
    kind: Annotated[ProposalKind | None, BeforeValidator(_empty_to_none)] = None
    concerns: Annotated[OneLine | None, BeforeValidator(_empty_to_none)] = None

    @field_validator("title", mode="before")
    @classmethod
    def check_title_not_blank(cls, value: str) -> str:
        """Check that the title is not blank. Raises ValidationMessageError."""
        if not value.strip():
            raise ValidationMessageError(_("Enter a title or short text for each proposal."))
        return value


class NumberedProposal(ProposalInput):
    """A proposal on the register: its part (0 for the text, n for addendum n) and its number within the part."""

    part: int
    number: int


def _check_count(value: tuple[ProposalInput, ...]) -> tuple[ProposalInput, ...]:
    """Check the number of proposals. Raises ValidationMessageError."""
    if len(value) > MAX_PROPOSALS:
        raise ValidationMessageError(_("A document can list at most %(most)s proposals.", most=MAX_PROPOSALS))
    return value


ProposalInputs = Annotated[tuple[ProposalInput, ...], AfterValidator(_check_count)]


@dataclass(frozen=True, slots=True)
class LanguageFile:
    """A received and stored file of a document in one language."""

    language: str
    sha256: str
    size: int
    media: str
    name: str
    findings: list[dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionContent:
    """A text to be registered: the fields of its cover, its files and its signatures.

    `signed_by` are pairs of a State that signs in addition to the submitter and the delegate who signed for it.
    `at_request` is whether the secretariat submitted it at the request of a State that has no one who could confirm it.
    """

    original: str
    titles: dict[str, str]
    abstract: str = ""
    cover: dict[str, str] = field(default_factory=dict)
    topics: tuple[str, ...] = ()
    mandates: tuple[str, ...] = ()
    action_lines: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    proposals: tuple[ProposalInput, ...] = ()
    files: tuple[LanguageFile, ...]
    signed_by: tuple[tuple[str, UUID], ...] = ()
    at_request: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A document to be registered, without number: it gets the next one of `series` in `scope` (a meeting's number).

    `sealed` is whether it is made from something that was adopted.
    """

    body_id: UUID
    series: str
    scope: str
    kind: str
    entity: str
    text: EditionContent
    access: DocumentAccess = DocumentAccess.GROUP
    sealed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEdition:
    """A revision, an addendum or a corrigendum to be registered. `note` says what is new in it."""

    step: EditionStep
    text: EditionContent
    note: str = ""
    only_language: str | None = None


class TranslationInput(InputModel):
    """Language of a translation, and the title in that language."""

    language: LanguageCode
    title: OneLine | None = None


class DocumentTitles(InputModel):
    """The title of a document in languages in which it has none; at least one of them."""

    title_ar: OneLine | None = None
    title_zh: OneLine | None = None
    title_en: OneLine | None = None
    title_fr: OneLine | None = None
    title_ru: OneLine | None = None
    title_es: OneLine | None = None

    @model_validator(mode="after")
    def require_title(self) -> "DocumentTitles":
        """Require a title in at least one language. Raises ValidationMessageError."""
        if not self.by_language:
            raise ValidationMessageError(_("Enter the title in at least one language."))
        return self

    @property
    def by_language(self) -> dict[str, str]:
        """The titles that were entered, by language."""
        return {code: title for code in LANGUAGES if (title := getattr(self, f"title_{code}"))}


class RelationInput(InputModel):
    """A relation to another document, which is named by its symbol."""

    kind: RelationKind
    symbol: OneLine


class AccessChangeInput(ReasonInput):
    """Who may read a document from now on."""

    access: DocumentAccess


class RegisterCorrectionInput(ReasonInput):
    """Corrected title (in one language), abstract, topics and what it cites. None keeps the present value.

    An abstract may be emptied; a title may not.
    """

    language: LanguageCode
    title: OneLine | None = None
    abstract: Prose | None = None
    topics: TopicCodes | None = None
    mandates: TopicCodes | None = None
    action_lines: TopicCodes | None = None


class ProposalListInput(ReasonInput):
    """The corrected list of proposals of an edition."""

    proposals: ProposalInputs = ()
