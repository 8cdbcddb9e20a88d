"""What may be asked about outputs."""

from uuid import UUID

from app.core.inputs import Day, Input, Language, Line
from app.domain.outputs.models import Kind


class Cover(Input):
    """Kind, original language and titles of an output, and the documents it was made from."""

    kind: Kind
    original: Language
    titles: dict[Language, Line]
    sources: frozenset[UUID] = frozenset()


class Adoption(Input):
    """The day on which the meeting adopted exactly this text."""

    adopted_on: Day
    text: str


class TitleOf(Input):
    """The title in one language."""

    title: Line
