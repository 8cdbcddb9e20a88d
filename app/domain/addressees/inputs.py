"""Inputs about addressees."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.validation import CalendarDay, InputModel, OneLine
from app.domain.addressees.models import RequestedAct


class NewAddressee(InputModel):
    """To whom an output is addressed: the code of an organization, the id of a body, or words; and what is asked."""

    organization: OneLine | None = None
    body_id: UUID | None = None
    words: OneLine | None = None
    wants: RequestedAct
    reply_by: CalendarDay | None = None
    in_reply_to: UUID | None = None

    @model_validator(mode="after")
    def require_one(self) -> Self:
        """Require exactly one of the three. Raises PydanticCustomError."""
        if sum(each is not None for each in self.party) != 1:
            raise PydanticCustomError("missing", "an addressee is a party or words")
        return self

    @property
    def party(self) -> tuple[str | None, UUID | None, str | None]:
        """The party: two addressees of one output have different ones."""
        return self.organization, self.body_id, self.words


AddresseeList = Annotated[tuple[NewAddressee, ...], Field(max_length=50)]
"""The addressees of an output, in their order."""
