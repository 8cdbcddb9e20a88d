"""Lists in pages, on both doors: which page an address asks for, and what is on it."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.core.errors import Unacceptable, Unknown
from app.core.i18n import say

_NUMBER = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


class NumberOf:
    """The number of the page that an address asks for under this name; without one, the first.

    Raises Unacceptable if it comes twice or is no such number.
    """

    def __init__(self, name: str = "page") -> None:
        self._name = name

    async def __call__(self, request: Request) -> int:
        given = request.query_params.getlist(self._name) or ["1"]
        if len(given) != 1 or not _NUMBER.fullmatch(given[0]):
            raise Unacceptable(say("An address asks for one page of a list, by its number. Start from the first page."))
        return int(given[0])


PageNumber = Annotated[int, Depends(NumberOf())]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list of `total` rows; of `more`, if counting stopped there. Raises Unknown beyond its end."""

    number: int
    size: int
    total: int
    more: bool = False

    def __post_init__(self) -> None:
        if self.number > self.last:
            raise Unknown(say("The list is not as long as that. Start from its first page."))

    @property
    def last(self) -> int:
        """The number of the last page; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        """How many rows come before it."""
        return (self.number - 1) * self.size

    @property
    def first_row(self) -> int:
        return self.offset + 1

    @property
    def last_row(self) -> int:
        return min(self.offset + self.size, self.total)
