"""Pagination of lists, for both applications: the page number in a URL, and the rows on that page."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.core.errors import BadRequest, NotFound
from app.core.i18n import lazy_gettext as _

_NUMBER = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


class PageNumberParameter:
    """FastAPI dependency: the page number in the query parameter of this name, 1 by default.

    Raises BadRequest if the parameter is repeated or is not a number from 1 to 999,999.
    """

    def __init__(self, name: str = "page") -> None:
        self._name = name

    async def __call__(self, request: Request) -> int:
        values = request.query_params.getlist(self._name) or ["1"]
        if len(values) != 1 or not _NUMBER.fullmatch(values[0]):
            raise BadRequest(_("The page number in this address is not valid. Start from the first page."))
        return int(values[0])


PageNumber = Annotated[int, Depends(PageNumberParameter())]


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list of `total` rows; `more` if counting stopped at that number.

    Raises NotFound beyond the last page.
    """

    number: int
    size: int
    total: int
    more: bool = False

    def __post_init__(self) -> None:
        if self.number > self.last:
            raise NotFound(_("This list does not have that many pages. Start from the first page."))

    @property
    def last(self) -> int:
        """Number of the last page; an empty list has one page."""
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        """Number of rows before this page."""
        return (self.number - 1) * self.size

    @property
    def first_row(self) -> int:
        """Number of the first row on this page, from 1."""
        return self.offset + 1

    @property
    def last_row(self) -> int:
        """Number of the last row on this page."""
        return min(self.offset + self.size, self.total)
