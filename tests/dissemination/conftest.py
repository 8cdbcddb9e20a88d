"""A read path for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from tests.dissemination.read_path_site import ReaderSite


@pytest.fixture
def reader_site(settings: Settings, tmp_path: Path) -> Iterator[ReaderSite]:
    reader_site = ReaderSite(settings, tmp_path)
    yield reader_site
    reader_site.close()
