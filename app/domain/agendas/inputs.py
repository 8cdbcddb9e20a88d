"""Inputs of the agenda actions."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.inputs import Input, Language, Line, Prose, Reason
from app.domain.agendas.models import ItemKind

Person = Annotated[str, Field(max_length=200)]


class NewItem(Input):
    """Content of an agenda item. `titles` are the titles in languages other than that of `title`; None keeps the
    present ones."""

    title: Line
    titles: dict[Language, Line] | None = None
    kind: ItemKind = ItemKind.DISCUSSION
    minutes: int | None = Field(default=None, ge=0, le=6000)
    responsible: Person = ""
    notes: Prose = ""
    restricted: bool = False
    session: UUID | None = None


class Planning(Input):
    """The session in which an item is taken up, and its minutes."""

    session: UUID | None = None
    minutes: int | None = Field(default=None, ge=0, le=6000)


class Release(Input):
    """A note for everybody on what is new in a release; may be empty for the first release."""

    note: Prose = ""


class NewProposal(Input):
    """An agenda item that a State proposes, with its reason, in the language of its delegate."""

    title: Line
    reason: Reason


class Answer(Input):
    """The chair's answer to a proposed item that is not taken up as it is."""

    answer: Reason
