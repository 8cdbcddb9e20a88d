"""The PostgreSQL that is installed on this machine, if in another version than that of the tests: all the way."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app.cli.operations import migrate_both_databases
from app.core.db import create_database_engine, transaction, write_session_factory
from app.embedded import EmbeddedPostgresCluster
from app.server.database_urls import add_cluster_urls_to_settings, create_owner_and_databases
from app.settings import Settings
from tests.dissemination.read_path_site import ReaderSite
from tests.dissemination.test_catalogue import eventually
from tests.waiting import stop_process, wait_until
from tests.world import enrol

INSTALLED = sorted(path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb"))
SETTINGS = ("listen_addresses=", "wal_level=logical", "fsync=off", "max_connections=100")

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not INSTALLED, reason="no PostgreSQL is installed: apt-get install postgresql"),
]


@contextmanager
def run_installed(programs: Path) -> Iterator[EmbeddedPostgresCluster]:
    """A new cluster of these programs, which refuse to run as root."""
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    with TemporaryDirectory(prefix="cwg-pg-", dir="/tmp") as name:  # which another user may enter
        folder = Path(name)
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        first = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*first, "--locale=C.UTF-8"], check=True, capture_output=True, cwd="/", **user)
        options = [part for each in (*SETTINGS, f"unix_socket_directories={folder}") for part in ("-c", each)]
        command = [programs / "postgres", "-D", folder / "data", *options]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd="/", **user) as process:
            try:
                wait_until((folder / ".s.PGSQL.5432").exists, "PostgreSQL does not start", within=60)
                yield EmbeddedPostgresCluster(folder)
            finally:
                stop_process(process)


@pytest.mark.parametrize("programs", INSTALLED, ids=lambda path: path.parent.name)
def test_what_is_released_is_read_with_another_version_of_postgresql(
    programs: Path, common_settings: Settings, tmp_path: Path
) -> None:
    with run_installed(programs) as cluster:
        wait_until(lambda: not _is_starting(cluster), "PostgreSQL does not answer", within=60)
        stores = {"store_url": f"file://{tmp_path}/store", "release_store_url": f"file://{tmp_path}/release"}
        settings = add_cluster_urls_to_settings(cluster, common_settings.model_copy(update=stores))
        migrate_both_databases(settings)
        engine = create_database_engine(settings.database_url, pool_size=1)
        with transaction(write_session_factory(engine)) as session:
            enrol(session)
        engine.dispose()

        site = ReaderSite(settings, tmp_path)
        address, reader = site.release(1), site.browser("academia")
        eventually(lambda: reader.get(address).status_code == 200)
        site.withdraw(1)
        eventually(lambda: reader.get(address).status_code == 410)
        assert reader.get("/readyz").status_code == 200
        site.close()


def _is_starting(cluster: EmbeddedPostgresCluster) -> bool:
    try:
        create_owner_and_databases(cluster)
    except Exception:
        return True
    return False
