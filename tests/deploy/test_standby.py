"""The portal's PostgreSQL is lost, and its standby takes its place: read databases go on, or are rebuilt.

From PostgreSQL 17 the standby has the slots of the read databases; before, they are gone, which `migrate-read` says.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.cli.operations import migrate_both_databases
from app.cli.read_database import FAILOVER_VERSION, migrate_read_database, rebuild_read_database
from app.embedded import EmbeddedPostgresCluster
from app.embedded.programs import PostgresPrograms
from app.server.database_urls import (
    EMBEDDED_DATABASES,
    READ_SETTINGS,
    add_cluster_urls_to_settings,
    create_owner_and_databases,
)
from app.settings import Settings
from tests.deploy.postgresql_programs import (
    INSTALLED,
    create_cluster,
    create_folder,
    run_program,
    run_server,
    run_statement,
)
from tests.dissemination.read_path_site import ReaderSite
from tests.dissemination.test_catalogue import eventually
from tests.waiting import wait_until

pytestmark = pytest.mark.thorough
STANDBY_SLOT = "standby"


@dataclass(frozen=True)
class Servers:
    """The portal's server with its standby, and the read path's server. `stop_primary` kills the portal's."""

    settings: Settings
    primary: EmbeddedPostgresCluster
    standby: EmbeddedPostgresCluster
    primary_end: ExitStack

    @property
    def has_slots(self) -> bool:
        """Whether this version of PostgreSQL brings slots of subscriptions to a standby."""
        return int(run_statement(self.standby, "SHOW server_version_num")[0][0]) >= FAILOVER_VERSION

    def fail_over(self) -> Settings:
        """Lose the primary, promote the standby; return the settings of the installation after that."""
        self.primary_end.close()
        run_statement(self.standby, "SELECT pg_promote()")
        urls = {
            name: self.standby.database_url(*place)
            for name, place in EMBEDDED_DATABASES.items()
            if name not in ("reader_database_url", "read_owner_database_url")
        }
        return self.settings.model_copy(update=urls)


@contextmanager
def run_servers(programs: Path, settings: Settings) -> Iterator[Servers]:
    """Run the three servers as docs/operating.md says."""
    with ExitStack() as undo:
        first, second, third = (undo.enter_context(create_folder()) for _ in range(3))
        create_cluster(programs, first)
        create_cluster(programs, third)
        read_cluster = undo.enter_context(run_server(programs, third))
        primary_end = undo.enter_context(ExitStack())
        primary = primary_end.enter_context(run_server(programs, first))
        for each in (primary, read_cluster):
            create_owner_and_databases(each)
        urls = {name: read_cluster.database_url(*EMBEDDED_DATABASES[name]) for name in READ_SETTINGS[:2]}
        complete = add_cluster_urls_to_settings(primary, settings).model_copy(update=urls)
        migrate_both_databases(complete)
        run_statement(primary, f"SELECT pg_create_physical_replication_slot('{STANDBY_SLOT}')")
        run_program([programs / "pg_basebackup", "-h", first, "-U", "postgres", "-D", second / "data", "-c", "fast"])
        (second / "data/standby.signal").touch()
        follow = [
            f"primary_conninfo=host={first} user=postgres dbname=cwg",
            f"primary_slot_name={STANDBY_SLOT}",
            "hot_standby_feedback=on",
        ]
        if int(run_statement(primary, "SHOW server_version_num")[0][0]) >= FAILOVER_VERSION:
            follow.append("sync_replication_slots=on")
            run_statement(primary, f"ALTER SYSTEM SET synchronized_standby_slots = '{STANDBY_SLOT}'")
            run_statement(primary, "SELECT pg_reload_conf()")
        standby = undo.enter_context(run_server(programs, second, *follow))
        yield Servers(complete, primary, standby, primary_end)


def list_programs() -> list[Path]:
    return [PostgresPrograms.find_usable().folder / "bin", *INSTALLED]


@pytest.mark.parametrize("programs", list_programs(), ids=lambda path: path.parent.name)
def test_a_standby_takes_over_and_read_databases_lose_nothing(
    programs: Path, common_settings: Settings, tmp_path: Path
) -> None:
    stores = {"store_url": f"file://{tmp_path}/store", "release_store_url": f"file://{tmp_path}/release"}
    with run_servers(programs, common_settings.model_copy(update=stores)) as servers:
        before = ReaderSite(servers.settings, tmp_path)
        first, reader = before.release(1), before.browser("academia")
        eventually(lambda: is_read(before, reader, first))
        before.close()
        wait_until(lambda: _has_everything(servers), "the standby does not follow", within=60)

        settings = servers.fail_over()
        read_database = tuple(str(getattr(settings, name)) for name in READ_SETTINGS)
        site = ReaderSite(settings, tmp_path)
        second, reader = site.release(2), site.browser("academia")
        if servers.has_slots:
            migrate_read_database(*read_database)  # which takes over the new address
        else:
            with pytest.raises(ValueError, match="rebuild-read"):
                migrate_read_database(*read_database)
            rebuild_read_database(read_database[0], read_database[2])
        eventually(lambda: is_read(site, reader, second))
        assert is_read(site, reader, first)
        site.close()


def is_read(site: ReaderSite, reader: TestClient, address: str) -> bool:
    """Whether a reader gets what the read database has now."""
    site.renew()
    return reader.get(address).status_code == 200


def _has_everything(servers: Servers) -> bool:
    """Whether the standby has what was released, and the slot of the read database where it can have it."""
    released = run_statement(servers.standby, "SELECT count(*) FROM release.output", "cwg")[0][0]
    slots = run_statement(
        servers.standby, "SELECT count(*) FROM pg_replication_slots WHERE NOT temporary AND slot_type = 'logical'"
    )[0][0]
    return released == 1 and slots == (1 if servers.has_slots else 0)
