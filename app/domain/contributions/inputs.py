"""What may be asked about contributions."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import field_validator

from app.core.i18n import say
from app.core.inputs import Input, Language, Line, Prose, Reason, Said
from app.domain import member_states
from app.domain.contributions.models import Purpose, RegionalGroup
from app.domain.documents.models import Access, Document, Step


class Cover(Input):
    """What stands on the cover: title, original language, purpose, abstract, and the item it is meant for.

    `action` is what the meeting is asked to do, `refers_to` what the document refers to, `contact` whom to ask.
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


@dataclass(frozen=True, slots=True)
class Following:
    """What a draft is to a document that is registered: its revision, its addendum or its corrigendum."""

    document: Document
    step: Step
    only_language: str | None = None


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
