"""Starting, finding, stopping and forgetting one cluster, whatever the process before us left behind."""

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

from app.embedded.place import EmbeddedError, locked, room_of, servant
from app.embedded.programs import Programs, major

SOCKET = ".s.PGSQL.5432"
LONGEST = 103  # bytes in the path of a unix socket: Linux takes 107, macOS 103
PATIENCE = 60.0  # seconds to start (after a crash it recovers first) or to stop
NO_PROCESS = 2**31 - 1  # more than any system's largest process number
IN_USE = b"is still in use"  # PostgreSQL's words about the shared memory of a killed server
LOCALE = "C.UTF-8" if sys.platform == "linux" else "C"
SETTINGS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "timezone=UTC",
    "log_timezone=UTC",
)
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL that runs; `socket` is the folder of its socket."""

    socket: Path

    def url(self, database: str, role: str) -> str:
        """The address of a database, for SQLAlchemy. A new cluster has the superuser `postgres` and nobody else."""
        return f"postgresql+psycopg://{quote(role, safe='')}@/{quote(database, safe='')}?host={quote(str(self.socket))}"


@contextmanager
def cluster(home: Path, *, durable: bool = True) -> Iterator[Cluster]:
    """Run the cluster of this home, made anew if there is none; it stops at the end.

    `durable=False` is for tests: faster, and lost in a power cut. A server that a killed process left running is
    stopped first. Raises EmbeddedError if another process runs it (see `attach`) or if PostgreSQL does not start.
    """
    with _Kept.alone(home) as kept, ExitStack() as undo:
        if not kept.data.exists():
            kept.initialise()
        folder = _socket_folder(kept)
        undo.callback(_remove_socket_folder, folder)
        undo.callback(_stop, kept.launch(folder, durable=durable))
        undo.callback(kept.state.unlink, missing_ok=True)
        kept.state.write_text(json.dumps({"socket": str(folder)}), encoding="utf-8")
        yield Cluster(folder)


def attach(home: Path) -> Cluster | None:
    """The cluster of this home, if another process runs it and it answers."""
    folder = _noted(home / "state.json")
    if folder is None:
        return None
    with socket.socket(socket.AF_UNIX) as knock:
        try:
            knock.connect(str(folder / SOCKET))
        except OSError:
            return None
    return Cluster(folder)


def erase(home: Path) -> None:
    """Throw the cluster of this home away. Raises EmbeddedError while another process runs it."""
    with _Kept.alone(home) as kept:
        kept.log.unlink(missing_ok=True)
        shutil.rmtree(kept.room)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A home that is ours alone at this moment, with the room where its data lies."""

    home: Path
    room: Path
    programs: Programs

    @classmethod
    @contextmanager
    def alone(cls, home: Path) -> Iterator["_Kept"]:
        home = home.resolve()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(home / "lock"):
            kept = cls(home, room_of(home), Programs.at_hand())
            kept.clear()
            yield kept

    @property
    def data(self) -> Path:
        return self.room / f"data-{major()}"

    @property
    def state(self) -> Path:
        return self.home / "state.json"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    def clear(self) -> None:
        """Put right what a killed process left: a server, a note of one, a folder for its socket."""
        note = self.data / "postmaster.pid"
        if note.exists():
            if _is_server(note, self.data):
                self.run("pg_ctl", "stop", "--mode=fast", f"--timeout={PATIENCE:.0f}", f"--pgdata={self.data}")
            else:
                self.correct(note)
        folder = _noted(self.state)
        if folder:
            _remove_socket_folder(folder)
        self.state.unlink(missing_ok=True)

    def initialise(self) -> None:
        """Make the data directory; it gets its name when it is whole."""
        fresh = self.room / "data-unfinished"
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        self.programs.give(fresh)
        self.run(
            "initdb",
            f"--pgdata={fresh}",
            "--username=postgres",
            "--auth=trust",
            "--data-checksums",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            f"--locale={LOCALE}",
            "--text-search-config=simple",
        )
        fresh.rename(self.data)

    def correct(self, note: Path) -> None:
        """Let PostgreSQL's note name a process that cannot be, in place of one that is not its server.

        The rest stays: by it PostgreSQL sees whether children of a killed server still use the data. The note lies in
        the account's folder, so nothing that it may have put there is followed.
        """
        rest = note.read_text().partition("\n")[2]
        note.unlink()
        with note.open("x") as fresh:
            fresh.write(f"{NO_PROCESS}\n{rest}")
            self.programs.give(fresh.fileno())

    def launch(self, folder: Path, *, durable: bool) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers; children of a killed one are given time to end."""
        settings = (*SETTINGS, f"unix_socket_directories={folder}", *(() if durable else FORGETFUL))
        options = [part for setting in settings for part in ("-c", setting)]
        limit = time.monotonic() + PATIENCE
        while True:
            with self.log.open("wb") as log:
                process = self.programs.start("postgres", "-D", str(self.data), *options, output=log)
            try:
                if self.becomes_ready(process, limit):
                    return process
            except BaseException:
                _stop(process)
                raise
            _stop(process)
            if time.monotonic() > limit or IN_USE not in self.log.read_bytes():
                raise EmbeddedError(f"PostgreSQL did not start.\n{self.last_words()}")
            time.sleep(0.1)

    def becomes_ready(self, process: subprocess.Popen[bytes], limit: float) -> bool:
        note = self.data / "postmaster.pid"
        while process.poll() is None and time.monotonic() < limit:
            lines = note.read_text().splitlines() if note.exists() else []
            if lines[:1] == [str(process.pid)] and lines[7:8] and lines[7].strip() == "ready":
                return True
            time.sleep(0.01)
        return False

    def run(self, program: str, *arguments: str) -> None:
        with self.log.open("wb") as log:
            code = self.programs.run(program, *arguments, output=log)
        if code != 0:
            raise EmbeddedError(f"{program} ended with {code}.\n{self.last_words()}")

    def last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"The end of {self.log}:", *lines[-10:]])


def _is_server(note: Path, data: Path) -> bool:
    """Whether the process that the note names is this cluster's server, and not one that got its number since.

    A server that is dead but still in the process table has no command line. Without /proc, PostgreSQL's own look at
    its note has to do.
    """
    number = note.read_text().partition("\n")[0].strip()
    if not Path("/proc/self/cmdline").exists():
        return True
    process = Path("/proc", number or "-", "cmdline")
    return process.exists() and os.fsencode(data) in process.read_bytes().split(b"\0")


def _socket_folder(kept: _Kept) -> Path:
    """A new folder that only the server's account can enter, with a path short enough for a unix socket."""
    above = kept.room if kept.programs.account else Path(tempfile.gettempdir())
    if len(os.fsencode(above)) + len(f"/cwg-postgres-12345678/{SOCKET}") > LONGEST:
        above = Path("/tmp")  # noqa: S108 -- mkdtemp makes a folder of our own in it
    folder = Path(tempfile.mkdtemp(prefix="cwg-postgres-", dir=above))
    kept.programs.give(folder)
    return folder


def _remove_socket_folder(folder: Path) -> None:
    with suppress(OSError):  # somebody's file in it, or gone since: nothing that a start should fail for
        for name in (SOCKET, f"{SOCKET}.lock"):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _noted(state: Path) -> Path | None:
    """The folder of the socket, as the process that runs the cluster wrote it down.

    After a crash, temporary folders may have been swept and the name taken by somebody else, whom we do not trust.
    """
    account = servant()
    try:
        folder = Path(json.loads(state.read_text(encoding="utf-8"))["socket"])
        owner = folder.lstat().st_uid
    except (FileNotFoundError, ValueError):
        return None
    return folder if owner == (account.pw_uid if account else os.geteuid()) else None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown: roll back what is open, write a checkpoint, end. If that takes too long, end as in a crash.

    A server that stands still (SIGSTOP) hears neither; the next start recovers as after a crash.
    """
    for each in (signal.SIGINT, signal.SIGQUIT):
        process.send_signal(each)
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
            return
    process.kill()
    process.wait()
