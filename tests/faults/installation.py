"""A complete installation for tests that kill: a cluster, the applications as processes, and their logs."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from types import MappingProxyType
from typing import cast

import httpx2
import pytest
from sqlalchemy import make_url

from app.cli.operations import migrate_both_databases
from app.core.db import create_database_engine, read_session_factory, write_session_factory
from app.core.storage import open_store
from app.embedded import delete_postgres_cluster, run_postgres_cluster
from app.server.database_urls import (
    PROJECT_ROOT,
    add_cluster_urls_to_settings,
    create_owner_and_databases,
)
from app.settings import Settings
from tests.forked import ForkedProcess
from tests.http_server import free_port
from tests.waiting import is_gone, wait_until
from tests.world import PRIVATE_KEYS, World, key_environment


@dataclass
class Installation:
    """A running installation. `logs` holds what the processes wrote, by the name of each.

    Its processes are given `extra_environment` as well as its settings. `fetched` makes a copy of a store that is not a
    folder, for the checker. If `clock` is set, its processes use that clock (`stepped_clock.py`).
    """

    folder: Path
    settings: Settings
    world: World
    running: dict[str, "subprocess.Popen[bytes] | ForkedProcess"] = field(default_factory=dict)
    server: "Postmaster | None" = None
    extra_environment: Mapping[str, str] = field(default_factory=dict)
    fetched: Callable[[], Path] | None = None
    clock: Path | None = None
    begun_with: dict[str, Sequence[str]] = field(default_factory=dict)

    def begin(self, name: str, *arguments: str, module: str = "app", forks: bool = True) -> None:
        """Start a process: `python -m app` with these arguments, in a new process group.

        It is forked (`tests/forked.py`) unless `forks` is false, as where a test looks into its memory, or files are in
        a bucket: the client of a bucket has threads, which worker processes forked after its first use would lack.
        """
        self.begun_with[name] = arguments
        command = [sys.executable, "-m", module, *arguments]
        if self.clock:
            command[2:3] = ["tests.faults.stepped_clock", str(self.clock)]
        given = environment(self.settings) | dict(self.extra_environment)
        has_bucket = self.settings.store_url.startswith("s3:")
        if forks and not has_bucket and self.clock is None and module == "app":
            self.running[name] = ForkedProcess(arguments, given, PROJECT_ROOT, self.folder / f"{name}.log")
            return
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, env=given, cwd=PROJECT_ROOT, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """`kill -9` of all processes of its group."""
        process = self.running.pop(name)
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)

    def postmaster(self) -> "Postmaster":
        """The database server as it runs now, so that it can be killed and started again."""
        self.server = self.server or Postmaster(self.settings)
        return self.server

    def end(self) -> None:
        for name in list(self.running):
            self.kill(name)

    @property
    def logs(self) -> dict[str, bytes]:
        return {path.stem: path.read_bytes() for path in self.folder.glob("*.log")}


@contextmanager
def run_installation(
    folder: Path,
    settings: Settings,
    *,
    store: str = "",
    extra_environment: Mapping[str, str] = MappingProxyType({}),
    read_urls: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Installation]:
    """Run a temporary database and stores in a folder, with the persons of the tests; the store at `store` if given.

    Its processes are given `extra_environment` as well. `read_urls` are the addresses of the read path's database, by
    the names of their settings, if it is in another cluster.
    """
    portal, read = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    with ExitStack() as undo:
        running = undo.enter_context(run_postgres_cluster(folder / "postgres"))
        create_owner_and_databases(running)
        own = {
            "demo": True,
            "portal_url": portal,
            "read_url": read,
            "store_url": store or f"file://{folder}/store",
            "release_store_url": f"file://{folder}/release",
        }
        ours = add_cluster_urls_to_settings(running, settings.model_copy(update=own)).model_copy(update=read_urls)
        migrate_both_databases(ours)
        engine = create_database_engine(cast("str", ours.database_url), pool_size=2)
        undo.callback(engine.dispose)
        world = World(write_session_factory(engine), read_session_factory(engine), open_store(f"file://{folder}/store"))
        installation = Installation(folder, ours, world, extra_environment=extra_environment)
        undo.callback(installation.end)
        undo.callback(lambda: installation.server and installation.server.stop())
        yield installation
    delete_postgres_cluster(folder / "postgres")


def environment(settings: Settings) -> dict[str, str]:
    """The settings as environment variables, secrets included."""
    given = {
        "CWG_DEMO": settings.demo,
        "CWG_DATABASE_URL": settings.database_url,
        "CWG_WORKER_DATABASE_URL": settings.worker_database_url,
        "CWG_OWNER_DATABASE_URL": settings.owner_database_url,
        "CWG_READER_DATABASE_URL": settings.reader_database_url,
        "CWG_READ_OWNER_DATABASE_URL": settings.read_owner_database_url or "",
        "CWG_REPLICATION_URL": settings.replication_url or "",
        "CWG_STORE_URL": settings.store_url,
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_PORTAL_URL": settings.portal_url,
        "CWG_READ_URL": settings.read_url,
        "CWG_OIDC_ISSUER": settings.oidc_issuer,
        "CWG_OIDC_CLIENT_ID": settings.oidc_client_id,
        "CWG_OIDC_CLIENT_SECRET": settings.oidc_client_secret.get_secret_value(),
        "CWG_READ_OIDC_CLIENT_ID": settings.read_oidc_client_id,
        "CWG_READ_OIDC_CLIENT_SECRET": settings.read_oidc_client_secret.get_secret_value(),
        "CWG_CLAMD": settings.clamd,
        "CWG_STAGING": settings.staging,
        "CWG_SESSION_SECRET": settings.session_secret.get_secret_value(),
        "CWG_READ_SESSION_SECRET": settings.read_session_secret.get_secret_value(),
        **key_environment(*PRIVATE_KEYS),
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    return {name: str(value) for name, value in given.items()}


class Postmaster:
    """The database server of an installation, to be killed and started again on the same files: that of the portal, or
    of another setting with an address."""

    def __init__(self, settings: Settings, setting: str = "database_url") -> None:
        socket = Path(str(make_url(getattr(settings, setting)).query["host"])) / ".s.PGSQL.5432.lock"
        self.number = int(socket.read_text().splitlines()[0])
        about = Path(f"/proc/{self.number}")
        self.command = about.joinpath("cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        self.account = about.stat().st_uid, about.stat().st_gid
        self.restarted: subprocess.Popen[bytes] | None = None

    def processes(self) -> list[int]:
        """The server and its child processes."""
        children = Path(f"/proc/{self.number}/task/{self.number}/children").read_text().split()
        return [self.number, *map(int, children)]

    def kill(self) -> None:
        """`kill -9` of the server and its child processes."""
        postmaster, *children = self.processes()
        for number in (postmaster, *children):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.reap(children)

    def reap(self, children: Sequence[int]) -> None:
        """Wait until its child processes have ended after its death, so that it can be started again."""
        if self.restarted:
            self.restarted.wait(20)
        with suppress(ChildProcessError):
            os.waitpid(self.number, 0)  # our child: while it is in the process table, it seems to run
        wait_until(lambda: all(map(is_gone, children)), "what served for the database does not die", within=20)

    def start(self) -> None:
        """Start the same server on the same files; it recovers first."""
        uid, gid = self.account
        other = {"user": uid, "group": gid, "extra_groups": []} if uid != os.geteuid() else {}
        quiet = subprocess.DEVNULL
        self.restarted = subprocess.Popen(self.command, stdout=quiet, stderr=quiet, cwd="/", **other)
        self.number = self.restarted.pid

    def stop(self) -> None:
        if self.restarted:
            self.restarted.send_signal(signal.SIGINT)
            self.restarted.wait(60)


def answers(url: str, within: float = 120.0) -> None:
    """Wait until an application is ready."""
    until = monotonic() + within
    while True:
        with suppress(httpx2.HTTPError):
            if httpx2.get(f"{url}/readyz").status_code == 200:
                return
        if monotonic() > until:
            raise TimeoutError(f"{url} does not become ready")
        sleep(0.1)


def find_in_memory(numbers: Sequence[int], *wanted: bytes) -> set[bytes]:
    """Return which of these strings are in the memory of these processes, mapped files included.

    Skips the test if the system does not let one process read the memory of another (ptrace(2)).
    """
    found: set[bytes] = set()
    longest = max(map(len, wanted))
    for number in numbers:
        try:
            for before, piece in read_memory(number):
                found |= {each for each in wanted if each in before[-longest:] + piece}
        except PermissionError:
            pytest.skip("nobody may read the memory of another process here")
    return found


def read_memory(number: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the readable memory of a process, piece by piece, each with the piece right before it."""
    maps = Path(f"/proc/{number}/maps").read_text().splitlines()
    with Path(f"/proc/{number}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            place, rights, *_ = line.split()
            if not rights.startswith("r") or line.endswith(("[vsyscall]", "[vvar]")):
                continue
            at, end = (int(part, 16) for part in place.split("-"))
            before = b""
            while at < end:
                memory.seek(at)
                try:
                    piece = memory.read(min(1 << 24, end - at))
                except OSError:  # a page behind the end of its file
                    break
                if not piece:
                    break
                yield before, piece
                before, at = piece, at + len(piece)
