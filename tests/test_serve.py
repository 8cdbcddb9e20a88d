"""How a process that serves is settled."""

import gc
from collections.abc import Iterator

import pytest

from app.serve import GARBAGE, settle


@pytest.fixture
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("_as_before")
def test_what_was_loaded_is_not_looked_through_for_garbage_again() -> None:
    settle()

    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == GARBAGE
