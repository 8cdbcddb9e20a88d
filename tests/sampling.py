"""A part of many cases, which differs from run to run: a run with `--thorough` takes all of them."""

from collections.abc import Iterable
from random import Random
from typing import TypeVar

import pytest

CaseT = TypeVar("CaseT")


class CaseSampler:
    """Takes one of so many cases by chance; the same ones for the same seed of the run."""

    def __init__(self, config: pytest.Config, name: str) -> None:
        self.takes_all: bool = config.getoption("thorough")
        self._chance = Random(f"{config.getoption('randomly_seed', None)} {name}")

    def take(self, cases: Iterable[CaseT], *, one_of: int) -> list[CaseT]:
        """Return about one of `one_of` cases, and at least one, in their order."""
        listed = list(cases)
        if self.takes_all or not listed:
            return listed
        chosen = set(self._chance.sample(range(len(listed)), -(-len(listed) // one_of)))
        return [case for number, case in enumerate(listed) if number in chosen]
