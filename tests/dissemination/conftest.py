"""A read path for each test, on one database or on its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from tests.conftest import Database, Server
from tests.dissemination.read_path_site import ReaderSite
from tests.dissemination.replicated_site import ReadDatabase
from tests.dissemination.test_catalogue import disable_direct_refresh, eventually


@pytest.fixture
def reader_site(settings: Settings, tmp_path: Path) -> Iterator[ReaderSite]:
    reader_site = ReaderSite(settings, tmp_path)
    yield reader_site
    reader_site.close()


@pytest.fixture
def portal_database(new_database: Callable[..., Database]) -> Database:
    return new_database(template="template_with_cast")


@pytest.fixture
def read_database(server: Server, portal_database: Database) -> Iterator[ReadDatabase]:
    made = ReadDatabase(server, portal_database)
    yield made
    made.drop()


@pytest.fixture
def site(
    settings: Settings, portal_database: Database, read_database: ReadDatabase, tmp_path: Path
) -> Iterator[ReaderSite]:
    """A reader site on its own database, filled through the portal's."""
    assert read_database.migrate()
    urls = {
        "database_url": portal_database.portal,
        "worker_database_url": portal_database.worker,
        "reader_database_url": read_database.reader,
    }
    made = ReaderSite(settings.model_copy(update=urls), tmp_path)
    disable_direct_refresh(made)
    made.state.refresher.start()
    eventually(lambda: made.state.refresher.current_catalogues is not None)
    yield made
    made.state.refresher.stop()
    made.close()
