"""Inputs of the agenda actions."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.validation import InputModel, LanguageCode, OneLine, Prose, Reason
from app.domain.agendas.models import AgendaItemKind

ResponsiblePerson = Annotated[str, Field(max_length=200)]


class NewAgendaItem(InputModel):
    """Content of an agenda item. `titles` are the titles in languages other than that of `title`; None keeps the
    present ones. `mandates` and `action_lines` are codes."""

    title: OneLine
    titles: dict[LanguageCode, OneLine] | None = None
    kind: AgendaItemKind = AgendaItemKind.DISCUSSION
    minutes: int | None = Field(default=None, ge=0, le=6000)
    responsible: ResponsiblePerson = ""
    notes: Prose = ""
    restricted: bool = False
    session: UUID | None = None
    mandates: tuple[str, ...] = ()
    action_lines: tuple[str, ...] = ()


class TranslatedItemTitle(InputModel):
    """The title of an item in one language, and the one from which it was translated."""

    item: UUID
    language: LanguageCode
    source_language: LanguageCode
    source: str
    title: OneLine


class ItemSchedule(InputModel):
    """The session in which an item is taken up, and its minutes."""

    session: UUID | None = None
    minutes: int | None = Field(default=None, ge=0, le=6000)


class NewAgendaRelease(InputModel):
    """A note for everybody on what is new in a release; may be empty for the first release."""

    note: Prose = ""


class NewItemProposal(InputModel):
    """An agenda item that a State proposes, with its reason, in the language of its delegate."""

    title: OneLine
    reason: Reason


class ItemProposalAnswer(InputModel):
    """The chair's answer to a proposed item that is not taken up as it is."""

    answer: Reason
