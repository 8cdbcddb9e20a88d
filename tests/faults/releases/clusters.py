"""An installation with two clusters, the portal's and the read path's; what kills its parts, and starts them again."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from app.cli.read_database import migrate_read_database
from app.embedded import EmbeddedPostgresCluster, delete_postgres_cluster, run_postgres_cluster
from app.server.database_urls import READ_SETTINGS, SUPERUSER
from app.settings import Settings
from tests.faults.common_steps import is_alive, plain, superuser_address
from tests.faults.installation import Installation, Postmaster, answers, run_installation
from tests.http_server import free_port

READ_DATABASES = ("cwg_read_1", "cwg_read_2")
RESTART_PAUSE = 0.5
"""Seconds after which a supervisor starts a process again that has ended by itself."""
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE backend_type = %s"


@dataclass(frozen=True, slots=True)
class ReadPath:
    """A read path with its own database: its installation has its address, the addresses of its database, and its
    process."""

    name: str
    installation: Installation

    @property
    def address(self) -> str:
        """Of its database, for the superuser."""
        return plain(str(self.installation.settings.read_owner_database_url))

    def begin(self) -> None:
        port = self.installation.settings.read_url.rpartition(":")[2]
        self.installation.begin(self.name, "read", "--port", port)


@dataclass(frozen=True, slots=True)
class TwoClusters:
    """The portal with its database server, and the server of the read paths, each of which has a database there."""

    portal: Installation
    read_paths: Sequence[ReadPath]
    portal_server: Postmaster
    read_server: Postmaster

    def end(self) -> None:
        for installation in (self.portal, *(path.installation for path in self.read_paths)):
            installation.end()


@contextmanager
def run_two_clusters(folder: Path, settings: Settings) -> Iterator[TwoClusters]:
    """Run both clusters, the worker, and a read path for each database of the second cluster."""
    with ExitStack() as undo:
        cluster = undo.enter_context(run_postgres_cluster(folder / "read-postgres"))
        urls = [_create_read_database(cluster, name) for name in READ_DATABASES]
        portal = undo.enter_context(run_installation(folder, settings, read_urls=urls[0]))
        read_paths = []
        for number, addresses in enumerate(urls, start=1):
            own = portal.settings.model_copy(update=addresses | {"read_url": f"http://127.0.0.1:{free_port()}"})
            migrate_read_database(*(str(getattr(own, name)) for name in READ_SETTINGS))
            read_paths.append(ReadPath(f"reading-{number}", replace(portal, settings=own, running={})))
        read_server = Postmaster(portal.settings, "read_owner_database_url")
        undo.callback(read_server.stop)
        clusters = TwoClusters(portal, read_paths, portal.postmaster(), read_server)
        undo.callback(clusters.end)
        portal.begin("worker", "work")
        for path in read_paths:
            path.begin()
            answers(path.installation.settings.read_url)
        yield clusters
    delete_postgres_cluster(folder / "read-postgres")


def _create_read_database(cluster: EmbeddedPostgresCluster, name: str) -> dict[str, str]:
    """Create a database of the read path; return the addresses of its owner and of its reader, by setting."""
    with psycopg.connect(plain(cluster.database_url("postgres", SUPERUSER)), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return {
        "read_owner_database_url": cluster.database_url(name, SUPERUSER),
        "reader_database_url": cluster.database_url(name, "cwg_reader"),
    }


@dataclass
class Supervisor:
    """Kills parts of the installation, and starts again what has ended.

    `killed_at` is when something was killed last; `reading_kills` are the times at which each read path was, by its
    name; `ended` are read paths that ended without that.
    """

    clusters: TwoClusters
    chance: random.Random
    killed_at: float = 0.0
    reading_kills: dict[str, list[float]] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    _ended_at: dict[str, float] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, Callable[[], bool]]:
        """What kills each part; it returns whether there was anything to kill."""
        return {
            "worker": self.kill_worker,
            "portal's database": lambda: self._kill_server(self.clusters.portal_server),
            "read path's database": lambda: self._kill_server(self.clusters.read_server),
            "receiver of the replication": lambda: self._kill_backend(
                self.clusters.read_paths[0].address, "logical replication apply worker"
            ),
            "sender of the replication": lambda: self._kill_backend(
                superuser_address(self.clusters.portal), "walsender"
            ),
            "read path": self.kill_reading,
        }

    def kill(self, parts: Sequence[str]) -> bool:
        """`kill -9` of these parts, one right after the other; return whether all were struck."""
        struck = [self.parts[part]() for part in parts]  # also after one that was not
        self.killed_at = time.time()
        return all(struck)

    def kill_worker(self) -> bool:
        """Kill the worker; it is started again later, as if it had ended by itself."""
        return _kill_group(self.clusters.portal, "worker")

    def kill_reading(self) -> bool:
        """Kill any one read path."""
        path = self.chance.choice(self.clusters.read_paths)
        self.reading_kills.setdefault(path.name, []).append(time.time())
        return _kill_group(path.installation, path.name)

    def _kill_server(self, server: Postmaster) -> bool:
        server.kill()
        time.sleep(self.chance.uniform(0.0, 0.4))
        server.start()
        return True

    def _kill_backend(self, address: str, kind: str) -> bool:
        """Kill a process of a database server, which then starts all of its processes again."""
        try:
            with psycopg.connect(address, connect_timeout=5) as connection:
                pids = [pid for (pid,) in connection.execute(BACKENDS, [kind])]
        except psycopg.OperationalError:
            return False
        if pids:
            os.kill(self.chance.choice(pids), signal.SIGKILL)
        return bool(pids)

    def keep_running(self) -> None:
        """Start again what has ended: to be called often."""
        for server in (self.clusters.portal_server, self.clusters.read_server):
            if server.restarted and server.restarted.poll() is not None:  # a child of the killed server was still alive
                server.start()
        portal = self.clusters.portal
        self._keep_process(portal, "worker", lambda: portal.begin("worker", "work"))
        for path in self.clusters.read_paths:
            self._keep_process(path.installation, path.name, path.begin)

    def _keep_process(self, installation: Installation, name: str, begin: Callable[[], None]) -> None:
        if is_alive(installation, name):
            return
        if name not in self._ended_at:
            self._ended_at[name] = time.time()
            if name != "worker" and not any(time.time() - at < 10 for at in self.reading_kills.get(name, ())):
                self.ended.append(name)
        elif time.time() - self._ended_at[name] > RESTART_PAUSE:
            del self._ended_at[name]
            installation.kill(name)
            begin()


def _kill_group(installation: Installation, name: str) -> bool:
    """Kill a process and its children, and leave it to the supervisor; return whether it was there."""
    if not is_alive(installation, name):
        return False
    with suppress(ProcessLookupError):
        os.killpg(installation.running[name].pid, signal.SIGKILL)
    return True
