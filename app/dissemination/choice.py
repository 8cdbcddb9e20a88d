"""What a reader chooses of the catalogue. The same query chooses on the page, as JSON, as a ZIP, and for a feed."""

from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.asgi.forms import insist_single
from app.asgi.paging import NumberOf

PAGE_NUMBER = NumberOf()
FACETS: Final = ("year", "meeting", "kind", "topic", "language")
"""By what outputs are chosen, in the order in which pages and addresses name it."""


class Choice(BaseModel):
    """A value for each facet; None leaves it open. `language` is one in which the output has a text."""

    model_config = ConfigDict(frozen=True)

    year: Annotated[int, Field(ge=1900, le=2999)] | None = None
    meeting: Annotated[int, Field(ge=1, le=99_999)] | None = None
    kind: Annotated[str, Field(pattern="^[a-z_]{1,40}$")] | None = None
    topic: Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$")] | None = None
    language: Annotated[str, Field(pattern="^[a-z]{2}$")] | None = None

    def chosen(self) -> Mapping[str, int | str]:
        """What is not left open, by facet."""
        return {name: value for name in FACETS if (value := getattr(self, name)) is not None}

    def but(self, **changes: int | str | None) -> "Choice":
        """The same with something else chosen."""
        return self.model_copy(update=changes)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The choice as the parameters of an address."""
        return tuple((name, str(value)) for name, value in self.chosen().items())

    def query(self) -> str:
        """The same, written out."""
        return urlencode(self.pairs())

    def address(self, page: str = "/outputs") -> str:
        """Where that page shows this choice."""
        return f"{page}?{query}" if (query := self.query()) else page


EVERYTHING = Choice()


async def asked(request: Request) -> tuple[Choice, int]:
    """The choice and the number of the page in the address. Read here, since most addresses ask for neither.

    Raises RequestValidationError, Unacceptable.
    """
    query = request.query_params
    if not query:
        return EVERYTHING, 1
    insist_single(query)
    try:
        choice = Choice.model_validate({name: query[name] for name in FACETS if name in query})
    except ValidationError as fault:
        raise RequestValidationError(fault.errors()) from fault
    return choice, await PAGE_NUMBER(request)
