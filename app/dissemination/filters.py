"""Filters of the catalogue. The same query selects outputs on the page, as JSON, as a ZIP and in a feed."""

from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.http.csrf import require_single_fields
from app.http.pagination import PageNumberParameter

parse_page_number = PageNumberParameter()
FACETS: Final = ("group", "year", "meeting", "kind", "topic", "mandate", "action_line", "question", "language")
"""The facets for choosing outputs, in the order of pages and URLs."""


class FilterChoice(BaseModel):
    """One value or None (any) for each facet.

    `group` is the code of the one that adopted the output, `mandate` one that it cites as a whole or by a clause,
    `question` one that its sources name, `language` a language in which it has a text.
    """

    model_config = ConfigDict(frozen=True)

    group: Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$")] | None = None
    year: Annotated[int, Field(ge=1900, le=2999)] | None = None
    meeting: Annotated[int, Field(ge=1, le=99_999)] | None = None
    kind: Annotated[str, Field(pattern="^[a-z_]{1,40}$")] | None = None
    topic: Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$")] | None = None
    mandate: Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$")] | None = None
    action_line: Annotated[str, Field(pattern="^C[0-9]{1,2}(-[a-z]{1,10})?$")] | None = None
    question: Annotated[str, Field(pattern="^Q[0-9]{1,3}/[0-9]{1,3}$")] | None = None
    language: Annotated[str, Field(pattern="^[a-z]{2}$")] | None = None

    def selected_values(self) -> Mapping[str, int | str]:
        """Return the selected values by facet."""
        return {name: value for name in FACETS if (value := getattr(self, name)) is not None}

    def with_changes(self, **changes: int | str | None) -> "FilterChoice":
        """Return a copy with other values."""
        return self.model_copy(update=changes)

    def query_pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the selected values as query parameters."""
        return tuple((name, str(value)) for name, value in self.selected_values().items())

    def query_string(self) -> str:
        """Return the selected values as an encoded query."""
        return urlencode(self.query_pairs())

    def page_address(self, page: str = "/outputs") -> str:
        """Return the URL of a page with this choice."""
        return f"{page}?{query}" if (query := self.query_string()) else page


NO_FILTER = FilterChoice()


async def parse_choice_and_page(request: Request) -> tuple[FilterChoice, int]:
    """Parse the choice and the page number from the query; a function instead of query parameters, since most requests
    have none. A form sends an empty value for each facet of which all are wanted.

    Raises RequestValidationError, BadRequest.
    """
    query = request.query_params
    if not query:
        return NO_FILTER, 1
    require_single_fields(query)
    try:
        choice = FilterChoice.model_validate({name: query[name] for name in FACETS if query.get(name)})
    except ValidationError as fault:
        raise RequestValidationError(fault.errors()) from fault
    return choice, await parse_page_number(request)
