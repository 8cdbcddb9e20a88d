"""Inputs of the contribution actions."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import field_validator, model_validator

from app.core.i18n import say
from app.core.inputs import Input, Language, Line, Prose, Reason, Said
from app.domain import member_states
from app.domain.contributions.models import Purpose, RegionalGroup
from app.domain.documents.inputs import Proposals, Topics
from app.domain.documents.models import Access, Document, Step

SECRETARIAT = "ITU"
"""Code of the entity of the secretariat's own documents."""


class Cover(Input):
    """The cover of a contribution: title, original language, purpose, abstract, and the agenda item it is meant for.

    `action` is what the meeting is asked to do, `refers_to` what the document refers to, `contact` whom to ask.
    `topics` are codes of topics; `proposals` are the proposals in the text, in their order.
    """

    title: Line
    original: Language
    purpose: Purpose
    abstract: Prose = ""
    action: Prose = ""
    refers_to: Prose = ""
    contact: Prose = ""
    regional_group: RegionalGroup | None = None
    access: Access = Access.GROUP
    item: UUID | None = None
    note: Prose = ""
    topics: Topics = ()
    proposals: Proposals = ()


@dataclass(frozen=True, slots=True)
class Following:
    """Relation of a draft to a registered document: its revision, addendum or corrigendum."""

    document: Document
    step: Step
    only_language: str | None = None


class Behalf(Input):
    """The entity that the secretariat writes for, a Member State or itself, and the series of the document."""

    entity: str = SECRETARIAT
    series: Literal["C", "INF", "ADM", "DT", "DL", "R"] = "C"

    @model_validator(mode="after")
    def fits(self) -> "Behalf":
        """Check that entity and series fit together. Raises ValidationMessage."""
        if self.entity == SECRETARIAT and self.series == "C":
            raise Said(say("Contributions come from States. Choose the State, or another series."))
        if self.entity != SECRETARIAT and not member_states.is_known(self.entity):
            raise Said(say("Choose one of the options."))
        return self


class OnlyLanguage(Input):
    """The one language that a corrigendum concerns; None where it concerns all."""

    only_language: Language | None = None


class Invitation(Input):
    """A Member State that is asked to sign."""

    entity: str

    @field_validator("entity")
    @classmethod
    def is_known(cls, value: str) -> str:
        """Check that the entity is a Member State. Raises ValidationMessage."""
        if not member_states.is_known(value):
            raise Said(say("Choose one of the options."))
        return value


class Because(Input):
    """The reason for a decision on a contribution."""

    reason: Reason


class InLanguage(Input):
    """The language of a file."""

    language: Language
