"""What may be asked about contributions."""

from uuid import UUID

from app.core.inputs import Input, Language, Line, Prose, Reason
from app.domain.contributions.models import Purpose


class Cover(Input):
    """What stands on the cover: title, original language, purpose, abstract, and the item it is meant for."""

    title: Line
    original: Language
    purpose: Purpose
    abstract: Prose = ""
    item: UUID | None = None


class Because(Input):
    reason: Reason


class InLanguage(Input):
    """In which language a file is."""

    language: Language
