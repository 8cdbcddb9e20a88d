"""Clusters of the PostgreSQL programs in a folder, which refuse to run as root: each in a folder of its own."""

import os
import pwd
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from app.core.db import to_libpq_address
from app.embedded import EmbeddedPostgresCluster
from tests.waiting import stop_process, wait_until

INSTALLED = sorted(path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb"))
SETTINGS = ("listen_addresses=", "wal_level=logical", "fsync=off", "max_connections=100")


def run_program(command: list[object]) -> None:
    """Run a program of PostgreSQL to its end."""
    subprocess.run([str(each) for each in command], check=True, capture_output=True, cwd="/", **_user())


@contextmanager
def create_folder() -> Iterator[Path]:
    """A folder of the account that runs PostgreSQL, deleted at the end."""
    with TemporaryDirectory(prefix="cwg-pg-", dir="/tmp") as name:  # which another user may enter
        folder = Path(name)
        if user := _user():
            os.chown(folder, user["user"], user["group"])
        yield folder


def create_cluster(programs: Path, folder: Path) -> None:
    """Create a new cluster in `folder/data`."""
    first = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    run_program([*first, "--locale=C.UTF-8"])


@contextmanager
def run_server(programs: Path, folder: Path, *settings: str) -> Iterator[EmbeddedPostgresCluster]:
    """Run the cluster in `folder/data` until the end of the block; it answers."""
    options = [part for each in (*SETTINGS, *settings, f"unix_socket_directories={folder}") for part in ("-c", each)]
    command = [programs / "postgres", "-D", folder / "data", *options]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd="/", **_user()) as process:
        cluster = EmbeddedPostgresCluster(folder)
        try:
            wait_until(lambda: _answers(cluster), "PostgreSQL does not answer", within=60)
            yield cluster
        finally:
            process.send_signal(signal.SIGQUIT)  # as if it was lost: SIGTERM waits for its clients
            stop_process(process)


def run_statement(cluster: EmbeddedPostgresCluster, statement: str, database: str = "postgres") -> list[tuple]:
    """Run a statement as the superuser, and return its rows."""
    with psycopg.connect(to_libpq_address(cluster.database_url(database, "postgres")), autocommit=True) as connection:
        result = connection.execute(statement.encode())
        return result.fetchall() if result.description else []


def _user() -> dict:
    """The account that runs the programs, as arguments of `subprocess`; none if this is not root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _answers(cluster: EmbeddedPostgresCluster) -> bool:
    try:
        return bool(run_statement(cluster, "SELECT 1"))
    except psycopg.Error:
        return False
