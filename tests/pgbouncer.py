"""The real PgBouncer in front of the PostgreSQL of the tests. Skipped if it is absent."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from socket import create_connection
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import make_url

from tests.http_server import free_port
from tests.waiting import stop_process, wait_until

PGBOUNCER = which("pgbouncer") or "/usr/sbin/pgbouncer"
needs_pgbouncer = pytest.mark.skipif(
    not Path(PGBOUNCER).exists(), reason="PgBouncer is not installed: apt-get install pgbouncer"
)
# As it is installed, but for where it listens and whom it knows: no `ignore_startup_parameters`.
CONFIGURATION = """
[databases]
* = host={host}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = {size}
"""
ROLES = ("cwg_owner", "cwg_portal", "cwg_worker", "cwg_reader")


@contextmanager
def run_pgbouncer(address: str, mode: str, *, size: int = 20) -> Iterator[int]:
    """Run it in front of the server of an address; yield its port. It refuses to run as root."""
    port, host = free_port(), make_url(address).query["host"]
    with TemporaryDirectory(prefix="cwg-pooler-", dir="/tmp") as name:  # which another user may enter
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "users").write_text("".join(f'"{role}" ""\n' for role in ROLES), encoding="utf-8")
        settings = CONFIGURATION.format(host=host, port=port, folder=folder, mode=mode, size=size)
        (folder / "pgbouncer.ini").write_text(settings, encoding="utf-8")
        user = ["--user", "nobody"] if os.geteuid() == 0 else []
        with subprocess.Popen([PGBOUNCER, "--quiet", *user, folder / "pgbouncer.ini"]) as process:
            try:
                wait_until(lambda: process.poll() is not None or _listens(port), "PgBouncer does not listen", within=60)
                yield port
            finally:
                stop_process(process)


def through(port: int, address: str) -> str:
    """The address of the same database and role through PgBouncer."""
    pooled = make_url(address).set(host="127.0.0.1", port=port, query={})
    return pooled.render_as_string(hide_password=False)


def _listens(port: int) -> bool:
    try:
        create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
