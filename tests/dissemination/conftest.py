"""A read path for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from tests.dissemination.read_path_site import Place


@pytest.fixture
def place(settings: Settings, tmp_path: Path) -> Iterator[Place]:
    made = Place(settings, tmp_path)
    yield made
    made.close()
