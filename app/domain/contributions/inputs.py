"""Inputs of the contribution actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from app.core.i18n import lazy_gettext as _
from app.core.validation import FilterWords, InputModel, LanguageCode, OneLine, Prose, ValidationMessageError
from app.domain import member_states
from app.domain.bodies.inputs import BodyCode
from app.domain.contributions.models import Contribution, ContributionPurpose, ContributionStatus, RegionalGroup
from app.domain.documents.inputs import LanguageFile, ProposalInputs, TopicCodes
from app.domain.documents.models import Document, DocumentAccess, EditionStep
from app.domain.search.inputs import RegionCode, SourceCode

SECRETARIAT_ENTITY = "ITU"
"""Code of the entity of the secretariat's own documents."""


class ContributionCover(InputModel):
    """The cover of a contribution: title, original language, purpose, abstract, and the agenda item it is meant for.

    `action` is what the meeting is asked to do, `refers_to` what the document refers to, `contact` whom to ask.
    `topics`, `mandates` and `action_lines` are codes, `questions` those of Questions of the body; `proposals` are the
    proposals in the text, in their order.
    """

    title: OneLine
    original: LanguageCode
    purpose: ContributionPurpose
    abstract: Prose = ""
    action: Prose = ""
    refers_to: Prose = ""
    contact: Prose = ""
    regional_group: RegionalGroup | None = None
    access: DocumentAccess = DocumentAccess.GROUP
    item: UUID | None = None
    note: Prose = ""
    topics: TopicCodes = ()
    mandates: TopicCodes = ()
    action_lines: TopicCodes = ()
    questions: tuple[str, ...] = ()
    proposals: ProposalInputs = ()


@dataclass(frozen=True, slots=True)
class RetainedChoices:
    """Codes of topics, mandates and Questions that a draft has already, or the document that it follows."""

    topics: frozenset[str] = frozenset()
    mandates: frozenset[str] = frozenset()
    questions: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *texts: Contribution | Document) -> "RetainedChoices":
        """Return what these have together."""
        return cls(
            frozenset(code for text in texts for code in text.topics),
            frozenset(code for text in texts for code in text.mandates),
            frozenset(code for text in texts for code in text.questions or ()),
        )


@dataclass(frozen=True, slots=True)
class FollowUpTarget:
    """Relation of a draft to a registered document: its revision, addendum or corrigendum.

    `without` are co-sponsors of the document that are not asked again, since the author continues without them.
    """

    document: Document
    step: EditionStep
    only_language: str | None = None
    without: frozenset[str] = frozenset()


class BehalfInput(InputModel):
    """The entity that the secretariat writes for, a Member State or itself, and the series of the document."""

    entity: str = SECRETARIAT_ENTITY
    series: Literal["C", "INF", "ADM", "DT", "DL", "R"]

    @model_validator(mode="after")
    def check_series_fits_entity(self) -> "BehalfInput":
        """Check that entity and series fit together. Raises ValidationMessageError."""
        if self.entity == SECRETARIAT_ENTITY and self.series == "C":
            raise ValidationMessageError(_("Contributions must be from a State. Select a State or another series."))
        if self.entity != SECRETARIAT_ENTITY and not member_states.is_known_state(self.entity):
            raise ValidationMessageError(_("Select one of the options."))
        return self


class CorrigendumLanguage(InputModel):
    """The one language that a corrigendum concerns; None where it concerns all."""

    only_language: LanguageCode | None = None


class CosponsorInvitation(InputModel):
    """A Member State that is asked to sign."""

    entity: str

    @field_validator("entity")
    @classmethod
    def check_is_member_state(cls, value: str) -> str:
        """Check that the entity is a Member State. Raises ValidationMessageError."""
        if not member_states.is_known_state(value):
            raise ValidationMessageError(_("Select one of the options."))
        return value


class CosponsorInvitations(InputModel):
    """Member States that are asked to sign, each once."""

    entities: Annotated[tuple[str, ...], Field(min_length=1)]

    @field_validator("entities")
    @classmethod
    def check_are_member_states(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Check that each is a Member State; return each once. Raises ValidationMessageError."""
        if not all(map(member_states.is_known_state, value)):
            raise ValidationMessageError(_("Select one of the options."))
        return tuple(dict.fromkeys(value))


class FileLanguage(InputModel):
    """The language of a file."""

    language: LanguageCode


@dataclass(frozen=True, slots=True)
class CleanCopyInput:
    """A clean copy that was inspected and stored, the digest of the file that it was made from, and what it leaves
    out: how many pieces of each kind."""

    file: LanguageFile
    original: str
    removed: Mapping[str, int]


class RegistrationQueueFilter(InputModel):
    """Filters of the registration queue. `language` is the original one, `kind` a series of documents or a step that
    follows a document; `timing` is that of the submission, `assigned` to the actor or to no one."""

    words: FilterWords | None = None
    group: BodyCode | None = None
    source: SourceCode | None = None
    region: RegionCode | None = None
    language: LanguageCode | None = None
    kind: Literal["C", "INF", "ADM", "DT", "DL", "R", "rev", "add", "corr"] | None = None
    findings: Literal["none", "some"] | None = None
    timing: Literal["late"] | None = None
    assigned: Literal["me", "none"] | None = None
    sort: Literal["received", "-received", "source", "-source", "title", "-title"] | None = None


class LateListFilter(InputModel):
    """Filters of the lists of late contributions: words of the title, source, meeting; and their order."""

    words: FilterWords | None = None
    source: SourceCode | None = None
    meeting: UUID | None = None
    sort: Literal["received", "-received", "source", "-source", "title", "-title"] | None = None


class OwnContributionsFilter(InputModel):
    """Filters of the contributions of the actor's State: words of the title, status; and their order."""

    title: FilterWords | None = None
    status: ContributionStatus | None = None
    order: Literal["title", "status"] | None = None


class ContributionAssignee(InputModel):
    """The secretary to whom contributions are assigned; None for no one."""

    person: UUID | None = None
