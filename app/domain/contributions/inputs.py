"""What may be asked about contributions."""

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
"""The entity of documents that are the secretariat's own."""


class Cover(Input):
    """What stands on the cover: title, original language, purpose, abstract, and the item it is meant for.

    `action` is what the meeting is asked to do, `refers_to` what the document refers to, `contact` whom to ask.
    `topics` say what it is about, by code; `proposals` are those inside it, in their order.
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
    """What a draft is to a document that is registered: its revision, its addendum or its corrigendum."""

    document: Document
    step: Step
    only_language: str | None = None


class Behalf(Input):
    """For whom the secretariat writes: a Member State, or itself; and in which series the document will stand."""

    entity: str = SECRETARIAT
    series: Literal["C", "INF", "ADM", "DT", "DL", "R"] = "C"

    @model_validator(mode="after")
    def fits(self) -> "Behalf":
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
        if not member_states.is_known(value):
            raise Said(say("Choose one of the options."))
        return value


class Because(Input):
    reason: Reason


class InLanguage(Input):
    """In which language a file is."""

    language: Language
