"""Starts, finds, stops and erases a cluster, whatever state a killed process left it in."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from app.embedded.folders import EmbeddedPostgresUnavailable, find_postgres_account, lock_file, postgres_data_folder
from app.embedded.programs import PostgresPrograms, postgres_major_version

SOCKET_NAME = ".s.PGSQL.5432"
MAX_SOCKET_PATH = 103  # bytes in the path of a unix socket: Linux takes 107, macOS 103
SERVER_TIMEOUT = 60.0  # seconds to start (after a crash it recovers first) or to stop
IMPOSSIBLE_PROCESS = 2**31 - 1  # more than any system's largest process number
MEMORY_IN_USE_MESSAGE = b"is still in use"  # PostgreSQL's message about the shared memory of a killed server
LOCALE = "C.UTF-8" if sys.platform == "linux" else "C"
REPLICATED_DATABASES = 16
"""Databases of one cluster that may subscribe at a time: parallel tests have some each. PostgreSQL's default of four
workers is used up by four, and then none is left to copy their tables."""
SERVER_SETTINGS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "wal_level=logical",
    "max_slot_wal_keep_size=1GB",
    # A subscription needs a worker, and while it copies up to two more, each with a slot, a sender and an origin.
    f"max_logical_replication_workers={3 * REPLICATED_DATABASES}",
    f"max_worker_processes={3 * REPLICATED_DATABASES + 8}",
    f"max_replication_slots={4 * REPLICATED_DATABASES}",
    f"max_wal_senders={4 * REPLICATED_DATABASES}",
    f"max_active_replication_origins={4 * REPLICATED_DATABASES}",
    "timezone=UTC",
    "log_timezone=UTC",
)
NOT_DURABLE_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, slots=True)
class EmbeddedPostgresCluster:
    """A running PostgreSQL; `socket_folder` holds its unix socket."""

    socket_folder: Path

    def database_url(self, database: str, role: str) -> str:
        """Return the address of a database for SQLAlchemy. A new cluster has only the superuser `postgres`."""
        host = quote(str(self.socket_folder))
        return f"postgresql+psycopg://{quote(role, safe='')}@/{quote(database, safe='')}?host={host}"


@contextmanager
def run_postgres_cluster(home: Path, *, durable: bool = True) -> Iterator[EmbeddedPostgresCluster]:
    """Run the cluster of this home until the end of the block; created if there is none.

    `durable=False` is for tests: faster, but lost in a power cut. A server left by a killed process is stopped first.
    Raises EmbeddedPostgresUnavailable if another process runs it (see `find_running_postgres_cluster`) or PostgreSQL
    does not start.
    """
    with _LockedHome.lock(home) as locked_home, ExitStack() as cleanup:
        if not locked_home.data.exists():
            locked_home.initialise()
        folder = _socket_folder(locked_home)
        cleanup.callback(_remove_socket_folder, folder)
        cleanup.callback(_stop, locked_home.launch(folder, durable=durable))
        cleanup.callback(locked_home.state.unlink, missing_ok=True)
        locked_home.state.write_text(json.dumps({"socket": str(folder)}), encoding="utf-8")
        yield EmbeddedPostgresCluster(folder)


def find_running_postgres_cluster(home: Path) -> EmbeddedPostgresCluster | None:
    """Return the cluster of this home if another process runs it and it answers."""
    folder = _read_state(home / "state.json")
    if folder is None:
        return None
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(folder / SOCKET_NAME))
        except OSError:
            return None
    return EmbeddedPostgresCluster(folder)


def stop_abandoned_postgres_cluster(home: Path) -> None:
    """Stop the server that a killed process has left in this home, if there is one. Raises EmbeddedPostgresUnavailable
    while another process runs it."""
    if home.exists():
        with _LockedHome.lock(home):  # which cleans up
            return


def delete_postgres_cluster(home: Path) -> None:
    """Delete the cluster of this home. Raises EmbeddedPostgresUnavailable while another process runs it."""
    with _LockedHome.lock(home) as locked_home:
        locked_home.log.unlink(missing_ok=True)
        shutil.rmtree(locked_home.folder)


@dataclass(frozen=True, slots=True)
class _LockedHome:
    """A home that this process has locked, with its data folder."""

    home: Path
    folder: Path
    programs: PostgresPrograms

    @classmethod
    @contextmanager
    def lock(cls, home: Path) -> Iterator["_LockedHome"]:
        """Lock the home until the end of the block and clean up after a killed process."""
        home = home.resolve()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lock_file(home / "lock"):
            locked_home = cls(home, postgres_data_folder(home), PostgresPrograms.find_usable())
            locked_home.clean_up()
            yield locked_home

    @property
    def data(self) -> Path:
        """Data directory of this major version."""
        return self.folder / f"data-{postgres_major_version()}"

    @property
    def state(self) -> Path:
        """File with the socket folder of the running server."""
        return self.home / "state.json"

    @property
    def log(self) -> Path:
        """Log of the server and of the programs."""
        return self.home / "postgres.log"

    def clean_up(self) -> None:
        """Clean up after a killed process: stop its server, correct its pid file, remove its socket folder."""
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists():
            if _is_server(pid_file, self.data):
                self.run("pg_ctl", "stop", "--mode=fast", f"--timeout={SERVER_TIMEOUT:.0f}", f"--pgdata={self.data}")
            else:
                self.correct_pid_file(pid_file)
        folder = _read_state(self.state)
        if folder:
            _remove_socket_folder(folder)
        self.state.unlink(missing_ok=True)

    def initialise(self) -> None:
        """Create the data directory, renamed when it is complete. Raises EmbeddedPostgresUnavailable."""
        unfinished = self.folder / "data-unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        self.programs.give_ownership(unfinished)
        self.run(
            "initdb",
            f"--pgdata={unfinished}",
            "--username=postgres",
            "--auth=trust",
            "--data-checksums",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            f"--locale={LOCALE}",
            "--text-search-config=simple",
        )
        unfinished.rename(self.data)

    def correct_pid_file(self, pid_file: Path) -> None:
        """Replace the process id in PostgreSQL's pid file, which is not that of its server, by an impossible one.

        The rest stays: by it PostgreSQL detects whether children of a killed server still use the data. The file is in
        a folder of the account, so no link that the account may have put there is followed.
        """
        rest = pid_file.read_text().partition("\n")[2]
        pid_file.unlink()
        with pid_file.open("x") as corrected:
            corrected.write(f"{IMPOSSIBLE_PROCESS}\n{rest}")
            self.programs.give_ownership(corrected.fileno())

    def launch(self, folder: Path, *, durable: bool) -> subprocess.Popen[bytes]:
        """Start the server and wait until it is ready; children of a killed one are given time to end. Raises
        EmbeddedPostgresUnavailable."""
        settings = (*SERVER_SETTINGS, f"unix_socket_directories={folder}", *(() if durable else NOT_DURABLE_SETTINGS))
        options = [part for setting in settings for part in ("-c", setting)]
        limit = time.monotonic() + SERVER_TIMEOUT
        while True:
            with self.log.open("wb") as log:
                process = self.programs.start_program("postgres", "-D", str(self.data), *options, output=log)
            try:
                if self.is_ready_before(process, limit):
                    return process
            except BaseException:
                _stop(process)
                raise
            _stop(process)
            if time.monotonic() > limit or MEMORY_IN_USE_MESSAGE not in self.log.read_bytes():
                raise EmbeddedPostgresUnavailable(f"PostgreSQL did not start.\n{self.log_tail()}")
            time.sleep(0.1)

    def is_ready_before(self, process: subprocess.Popen[bytes], limit: float) -> bool:
        """Return whether the server reports that it is ready before the limit (of time.monotonic)."""
        pid_file = self.data / "postmaster.pid"
        while process.poll() is None and time.monotonic() < limit:
            lines = pid_file.read_text().splitlines() if pid_file.exists() else []
            if lines[:1] == [str(process.pid)] and lines[7:8] and lines[7].strip() == "ready":
                return True
            time.sleep(0.01)
        return False

    def run(self, program: str, *arguments: str) -> None:
        """Run a program with its output in the log. Raises EmbeddedPostgresUnavailable if it fails."""
        with self.log.open("wb") as log:
            code = self.programs.run_program(program, *arguments, output=log)
        if code != 0:
            raise EmbeddedPostgresUnavailable(f"{program} ended with {code}.\n{self.log_tail()}")

    def log_tail(self) -> str:
        """Return the last lines of the log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"The end of {self.log}:", *lines[-10:]])


def _is_server(pid_file: Path, data: Path) -> bool:
    """Return whether the process in the pid file is the server of this cluster, not another one that got its id.

    A dead server that is still in the process table has no command line. Without /proc, PostgreSQL's own check has to
    do.
    """
    number = pid_file.read_text().partition("\n")[0].strip()
    if not Path("/proc/self/cmdline").exists():
        return True
    process = Path("/proc", number or "-", "cmdline")
    return process.exists() and os.fsencode(data) in process.read_bytes().split(b"\0")


def _socket_folder(locked_home: _LockedHome) -> Path:
    """Create a folder that only the server's account can enter, with a path short enough for a unix socket."""
    parent = locked_home.folder if locked_home.programs.account else Path(tempfile.gettempdir())
    if len(os.fsencode(parent)) + len(f"/cwg-postgres-12345678/{SOCKET_NAME}") > MAX_SOCKET_PATH:
        parent = Path("/tmp")  # noqa: S108 -- mkdtemp creates a private folder in it
    folder = Path(tempfile.mkdtemp(prefix="cwg-postgres-", dir=parent))
    locked_home.programs.give_ownership(folder)
    return folder


def _remove_socket_folder(folder: Path) -> None:
    """Remove the socket and its folder."""
    with suppress(OSError):  # another file in it, or already removed: no reason for a start to fail
        for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _read_state(state: Path) -> Path | None:
    """Return the socket folder that the running process noted, None if there is none.

    After a crash, temporary folders may have been deleted and the name taken by another user, who is not trusted.
    """
    account = find_postgres_account()
    try:
        folder = Path(json.loads(state.read_text(encoding="utf-8"))["socket"])
        owner = folder.lstat().st_uid
    except (FileNotFoundError, ValueError):
        return None
    return folder if owner == (account.pw_uid if account else os.geteuid()) else None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server: fast shutdown (roll back, checkpoint, end), then immediate shutdown, then kill.

    A stopped process (SIGSTOP) handles neither signal; the next start recovers as after a crash.
    """
    for stop_signal in (signal.SIGINT, signal.SIGQUIT):
        process.send_signal(stop_signal)
        with suppress(subprocess.TimeoutExpired):
            process.wait(SERVER_TIMEOUT)
            return
    process.kill()
    process.wait()
