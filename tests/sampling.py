"""A part of many cases, which differs from run to run. A run with `--thorough` takes all of them, `make test-all` all
random examples as well."""

import os
from collections.abc import Iterable
from random import Random
from typing import TypeVar

import pytest

CaseT = TypeVar("CaseT")


def takes_all() -> bool:
    """Whether this is a run of `make test-all`."""
    return "CWG_TEST_WORLDS" in os.environ


def count_examples(most: int) -> int:
    """Of so many random examples a quarter, and all in `make test-all`. Each run draws others."""
    return most if takes_all() else -(-most // 4)


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
