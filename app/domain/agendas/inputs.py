"""What may be asked about agendas."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.inputs import Input, Line, Prose, Reason
from app.domain.agendas.models import ItemKind

Person = Annotated[str, Field(max_length=200)]


class NewItem(Input):
    """An item as the chair writes it; the title is in the language of the page."""

    title: Line
    kind: ItemKind = ItemKind.DISCUSSION
    minutes: int | None = Field(default=None, ge=0, le=6000)
    responsible: Person = ""
    notes: Prose = ""
    restricted: bool = False
    session: UUID | None = None


class Release(Input):
    """A word for everybody on what is new; may be empty for the first."""

    note: Prose = ""


class NewProposal(Input):
    title: Line
    reason: Reason


class Answer(Input):
    answer: Reason
