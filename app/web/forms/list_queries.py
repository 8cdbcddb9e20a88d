"""Lists that are filtered and sorted by links: every choice is in the query string, so that a list can be bookmarked
and sent to a colleague, who sees in it what they may see."""

from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Request

from app.core.errors import BadRequest
from app.core.validation import FALLBACK_MESSAGE, InputModel
from app.web.forms.parsing import parse_form

FilterT = TypeVar("FilterT", bound=InputModel)


@dataclass(frozen=True, slots=True)
class FilteredList(Generic[FilterT]):
    """A list at a path: what narrows it, and its order (the field `sort` of the filter, if it has one).

    `anchor` is the place of the list on a page with several.
    """

    path: str
    filters: FilterT
    default_sort: str = ""
    anchor: str = ""

    @property
    def chosen_sort(self) -> str | None:
        """The chosen order; a `-` before it reverses it."""
        return getattr(self.filters, "sort", None)

    @property
    def sort(self) -> str:
        """The chosen order, or the default one."""
        return self.chosen_sort or self.default_sort

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list; the order does not."""
        return any(value is not None for name, value in self.filters if name != "sort")

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The pairs of the query string."""
        return [(name, str(value)) for name, value in self.filters if value is not None]

    @property
    def query(self) -> str:
        """Query string that stays from page to page, ending in `&`, or empty."""
        encoded = urlencode(self.choices)
        return f"{encoded}&" if encoded else ""

    def url_with(self, **changes: str | None) -> str:
        """Return the address of the first page of this list with other filters or another order."""
        return replace(self, filters=self.filters.model_copy(update=changes)).address

    @property
    def address(self) -> str:
        """The address of the first page of this list."""
        encoded = urlencode(self.choices)
        return self.path + (f"?{encoded}" if encoded else "") + self.anchor

    def sort_link(self, name: str) -> tuple[str, str | None]:
        """Return the link of a column head, and how the list is sorted by that column now (`aria-sort`)."""
        if self.sort == name:
            return self.url_with(sort=f"-{name}"), "ascending"
        return self.url_with(sort=name), "descending" if self.sort == f"-{name}" else None


class FilterParameters(Generic[FilterT]):
    """FastAPI dependency: the filter of a list from the query string; other parameters are those of other dependencies.

    Raises BadRequest for a repeated parameter, and for a value that no page offers.
    """

    def __init__(self, filter_class: type[FilterT]) -> None:
        self._filter_class = filter_class

    async def __call__(self, request: Request) -> FilterT:
        typed: dict[str, object] = {}
        for name in self._filter_class.model_fields:
            values = request.query_params.getlist(name)
            if len(values) > 1:
                raise BadRequest(FALLBACK_MESSAGE)
            typed[name] = values[0] if values else ""
        entry = parse_form(self._filter_class, typed)
        if entry.value is None:
            raise BadRequest(FALLBACK_MESSAGE)
        return entry.value
