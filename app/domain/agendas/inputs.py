"""What may be asked about agendas."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.inputs import Input, Language, Line, Prose, Reason
from app.domain.agendas.models import ItemKind

Person = Annotated[str, Field(max_length=200)]


class NewItem(Input):
    """An item as the chair writes it. `titles` are those in other languages than `title`; None leaves them alone."""

    title: Line
    titles: dict[Language, Line] | None = None
    kind: ItemKind = ItemKind.DISCUSSION
    minutes: int | None = Field(default=None, ge=0, le=6000)
    responsible: Person = ""
    notes: Prose = ""
    restricted: bool = False
    session: UUID | None = None


class Planning(Input):
    """In which session an item is taken up, and for how many minutes."""

    session: UUID | None = None
    minutes: int | None = Field(default=None, ge=0, le=6000)


class Release(Input):
    """A word for everybody on what is new; may be empty for the first."""

    note: Prose = ""


class NewProposal(Input):
    """An item that a State wishes for, in the words and the language of its delegate."""

    title: Line
    reason: Reason


class Answer(Input):
    """Why a proposed item is not taken up as it is."""

    answer: Reason
