"""Behind the real PgBouncer: whole sessions work, lent ones are refused at the start; no change needs a notice."""

from collections.abc import Iterator
from threading import Event

import pytest
from sqlalchemy import text

from app.__main__ import main
from app.core.db import create_database_engine
from app.dissemination.release_watcher import ReleaseWatcher
from app.installation_checks import InstallationPart, find_pooler_faults
from app.settings import Settings
from tests.browser import Browser
from tests.conftest import Database, Server
from tests.pgbouncer import needs_pgbouncer, run_pgbouncer, through
from tests.portal_app import SECRET, open_portal_copy
from tests.world import PRIVATE_KEYS, World, key_environment

pytestmark = needs_pgbouncer
LIMITS = "SELECT current_setting('search_path'), current_setting('lock_timeout'), current_setting('statement_timeout')"
ADDRESSES = ("database_url", "worker_database_url", "owner_database_url", "reader_database_url")


@pytest.fixture(params=["session", "transaction"])
def pooler(request: pytest.FixtureRequest, server: Server) -> Iterator[int]:
    with run_pgbouncer(server.address, request.param) as port:
        yield port


def pool_addresses(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={name: through(port, getattr(settings, name)) for name in ADDRESSES})


@pytest.mark.parametrize("pooler", ["session"], indirect=True)
def test_behind_a_pooler_of_sessions_the_limits_hold_and_pages_answer(
    pooler: int, settings: Settings, world: World
) -> None:
    engine = create_database_engine(through(pooler, settings.database_url), statement_timeout=7)
    with engine.connect() as connection:
        assert connection.execute(text(LIMITS)).one() == ("portal,jobs", "5s", "7s")
    engine.dispose()

    pooled = pool_addresses(settings, pooler)
    with open_portal_copy(pooled) as portal, Browser(portal, pooled, world, "amina") as amina:
        assert [amina.get(path).status_code for path in ("/readyz", "/documents")] == [200, 200]


@pytest.mark.parametrize("pooler", ["transaction"], indirect=True)
@pytest.mark.parametrize("command", ["pages", "read", "work", "migrate"])
def test_behind_a_pooler_of_transactions_each_part_is_refused_with_one_line(
    pooler: int, command: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ADDRESSES:
        monkeypatch.setenv(f"CWG_{name.upper()}", through(pooler, getattr(settings, name)))
    secrets = {"CWG_SESSION_SECRET": SECRET, "CWG_READ_SESSION_SECRET": SECRET[::-1], **key_environment(*PRIVATE_KEYS)}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)

    assert main([command]) == 2

    refusal = capsys.readouterr().err
    assert refusal.startswith(f"{command}: the address of the database leads to a pooler")
    assert refusal.count("\n") == 1


@pytest.mark.parametrize(("pooler", "faults"), [("transaction", 1), ("session", 0)], indirect=["pooler"])
def test_the_doctor_names_a_pooler_of_transactions(pooler: int, faults: int, settings: Settings) -> None:
    found = list(find_pooler_faults(pool_addresses(settings, pooler), InstallationPart.PORTAL))

    assert len(found) == faults
    assert all(
        str(each).startswith("database: CWG_DATABASE_URL: the address of the database leads to a pooler")
        for each in found
    )


@pytest.mark.parametrize("pooler", ["transaction"], indirect=True)
def test_the_read_path_sees_a_change_where_a_pooler_swallows_notices(
    pooler: int, database: Database, settings: Settings
) -> None:
    changed, quiet = Event(), Event()
    watcher = ReleaseWatcher(
        through(pooler, settings.reader_database_url),
        on_change=changed.set,
        on_quiet=lambda _: quiet.set(),
        on_held=lambda: None,
    )
    watcher.start()
    assert quiet.wait(60)
    changed.clear()

    database.run_as_superuser("UPDATE release.version SET number = number + 1")

    assert changed.wait(60)
    watcher.stop()
    watcher.join(60)
