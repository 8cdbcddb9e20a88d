"""`make demo` from the outside: it opens, answers, stops on a signal, resumes, and reports what went wrong."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import psycopg
import pytest

from app.demo import children
from app.demo.place import DemoInstallation
from app.demo.running import DemoRunsAlreadyError, hold_demo_lock, stop_demo
from app.embedded import delete_postgres_cluster, find_running_postgres_cluster, run_postgres_cluster
from tests.demo import demo_in_folder
from tests.forked import ForkedProcess
from tests.waiting import is_gone, stop_process, wait_until

REPOSITORY = Path(__file__).parent.parent.parent
AS_ROOT = {"user": "postgres", "dbname": "postgres", "autocommit": True}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The demo's folder; as root its database is elsewhere, so the demo's own command has to erase it."""
    yield tmp_path / "demo"
    delete_postgres_cluster(tmp_path / "demo" / "postgres")


@pytest.fixture
def ports() -> list[int]:
    trials = [socket.socket() for _ in range(8)]
    for trial in trials:
        trial.bind(("127.0.0.1", 0))
    found = [trial.getsockname()[1] for trial in trials]
    for trial in trials:
        trial.close()
    return found


@dataclass(frozen=True)
class Demo:
    """A running demo, and the files to which it writes."""

    process: ForkedProcess
    stdout: Path
    stderr: Path


@contextmanager
def a_demo(home: Path, ports: list[int], *, fresh: bool = False) -> Iterator[Demo]:
    """Run the demo. Its first process is forked; those that it starts are started. It finds no LibreOffice: what the
    worker renders meanwhile is not what is tested."""
    environment = {"PYTHONPATH": str(REPOSITORY), "CWG_PORTAL_URL": "nonsense", "PATH": str(home)}
    with TemporaryDirectory() as folder:
        stdout, stderr = Path(folder, "stdout"), Path(folder, "stderr")
        arguments = [str(home), *map(str, ports), "fresh" if fresh else ""]
        process = ForkedProcess(arguments, environment, REPOSITORY, stderr, stdout=stdout, main=demo_in_folder.main)
        try:
            yield Demo(process, stdout, stderr)
        finally:
            if process.poll() is None:
                stop_process(process, within=60)


def opened(demo: Demo) -> str:
    """Return its output until it is open."""
    wait_until(lambda: "Ctrl-C" in demo.stdout.read_text() or demo.process.poll() is not None, within=120)
    assert demo.process.poll() is None, demo.stderr.read_text()
    return demo.stdout.read_text()


def children_of(process: ForkedProcess) -> dict[str, int]:
    """The numbers of its Python processes, by command."""
    found = {}
    for number in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        command = Path(f"/proc/{number}/cmdline").read_text().split("\0")
        if command[1:2] == ["-m"]:
            found[command[3] if command[2] == "app" else command[2]] = int(number)
    return found


def get(address: str) -> httpx2.Response:
    return httpx2.get(address, trust_env=False)


def cosigned(home: Path) -> bool:
    """Whether the portal has kept what its witness signed."""
    with psycopg.connect(
        host=str(find_running_postgres_cluster(home / "postgres").socket_folder), **AS_ROOT | {"dbname": "cwg"}
    ) as connection:
        return bool(connection.execute("SELECT 1 FROM portal.ledger_witness WHERE seen_at IS NOT NULL").fetchall())


def an_earlier_demo(home: Path) -> None:
    """Create what a demo leaves behind: secrets, a file in the store, a database."""
    with (
        run_postgres_cluster(home / "postgres") as left,
        psycopg.connect(host=str(left.socket_folder), **AS_ROOT) as connection,
    ):
        connection.execute("CREATE DATABASE left_behind")
    (home / "secrets.json").write_text(json.dumps({"session_secret": "left behind"}))
    (home / "store").mkdir()
    (home / "store" / "left behind").touch()


def databases(home: Path) -> set[str]:
    with psycopg.connect(
        host=str(find_running_postgres_cluster(home / "postgres").socket_folder), **AS_ROOT
    ) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


@pytest.mark.thorough
def test_the_demo_begins_again_stops_and_begins_where_it_ended(home: Path, ports: list[int]) -> None:
    an_earlier_demo(home)
    portal, read, provider, witness, _smtp, mailbox, _courier, _inbox = (f"http://127.0.0.1:{port}" for port in ports)
    with a_demo(home, ports, fresh=True) as demo:
        process, said = demo.process, opened(demo)
        assert "left_behind" not in databases(home)
        assert all(
            each in said
            for each in (portal, read, f"{provider}/demo-provider", witness, mailbox, "Amina Wanjiru Otieno")
        )
        assert re.search(r"after \d+ seconds", said)
        assert get(f"{portal}/readyz").status_code == 200
        assert get(f"{read}/readyz").status_code == 200
        signing_in = get(f"{portal}/sign-in")
        assert signing_in.headers["location"].startswith(f"{provider}/demo-provider/authorize?")
        assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600
        secrets = json.loads((home / "secrets.json").read_text())
        assert "left behind" not in secrets.values()
        environment = Path(f"/proc/{children_of(process)['read']}/environ").read_text()
        assert secrets["read_session_secret"] in environment
        assert secrets["session_secret"] not in environment
        assert "CWG_DATABASE_URL" not in environment
        numbers = children_of(process)
        assert set(numbers) == {
            *("pages", "read", "work", "app.demo", "app.demo.mailbox", "witness", "app.demo.remains"),
            *("courier", "app.demo.organization"),
        }
        registered = r'href="(/letters/[^"]+)"[^>]*>[^<]*A contribution of your delegation was registered'
        hers = f"{mailbox}/?to=amina@example.org"
        wait_until(lambda: re.search(registered, get(hers).text), within=90)
        letter = get(mailbox + re.findall(registered, get(hers).text)[0])
        contribution = re.findall(rf'href="({portal}/contributions/[^"]+)"', letter.text)[0]
        assert (get(contribution).status_code, "/sign-in?" in get(contribution).text) == (401, True)
        ledger = sha256(f"{portal.removeprefix('http://')}/ledger".encode()).hexdigest()
        wait_until(lambda: get(f"{witness}/{ledger}/checkpoint").status_code == 200, within=90)
        wait_until(lambda: cosigned(home), within=90)
        environment = Path(f"/proc/{numbers['witness']}/environ").read_text()
        assert secrets["witness_key"] in environment
        assert [each for each in secrets.values() if each in environment] == [secrets["witness_key"]]
        assert secrets["witness_key"] not in Path(f"/proc/{numbers['pages']}/environ").read_text()
        environment = Path(f"/proc/{numbers['courier']}/environ").read_text()
        assert not [each for each in secrets.values() if each in environment]

        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    wait_until(lambda: not any(Path(f"/proc/{number}").exists() for number in numbers.values()))
    files = {path.name for path in (home / "store").rglob("*")}
    assert "left behind" not in files

    with a_demo(home, ports) as demo:
        opened(demo)
        process = demo.process
        assert json.loads((home / "secrets.json").read_text()) == secrets
        assert files <= {path.name for path in (home / "store").rglob("*")}  # the worker goes on with what is left
        os.kill(children_of(process)["work"], signal.SIGKILL)
        assert process.wait(60) == 1
        assert "worker ended with -9. The end of" in demo.stderr.read_text()

    with a_demo(home, ports) as demo:
        opened(demo)
        numbers = children_of(demo.process)
        demo.process.kill()
        wait_until(lambda: all(is_gone(number) for number in numbers.values()))
        assert find_running_postgres_cluster(home / "postgres") is None

    with a_demo(home, ports) as demo:
        process = demo.process
        wait_until(lambda: find_running_postgres_cluster(home / "postgres"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert find_running_postgres_cluster(home / "postgres") is None


def test_a_port_that_is_in_use_is_named_and_nothing_is_started(home: Path, ports: list[int]) -> None:
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", ports[1]))
        taker.listen()
        with a_demo(home, ports) as demo:
            assert demo.process.wait(60) == 1
            said = demo.stderr.read_text()

    assert said == (
        f"In use by another process: {ports[1]} on 127.0.0.1. Stop it (an earlier demo?), or use other ports:"
        " PORT=9300 make demo\n"
    )
    assert not home.exists()


SLOW_SERVER = """
import sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
time.sleep(1)
HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""


def test_a_slow_start_is_waited_for_and_named(
    tmp_path: Path, ports: list[int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(children, "PATIENCE", 0.3)
    address = f"http://127.0.0.1:{ports[0]}/"
    slow = children.ProcessSpec("portal", ["-c", SLOW_SERVER, str(ports[0])], {}, address)

    with children.run_processes([slow], tmp_path):
        assert get(address).status_code == 200

    assert "seconds: portal (log: " in capsys.readouterr().out


PARENT = """
import signal, sys, time
from pathlib import Path
from app.demo.children import ProcessSpec, run_processes
from app.demo.place import DemoInstallation
from app.demo.remains import end_remains_if_killed
from app.demo.running import hold_demo_lock

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
installation = DemoInstallation(Path(sys.argv[1]))
child = ProcessSpec("part", ["-c", "import time; time.sleep(600)"], {})
with hold_demo_lock(installation) as lock, end_remains_if_killed(installation.home, lock) as started:
    with run_processes([child], installation.home, started.add) as processes:
        print(processes[0].process.pid, flush=True)
        time.sleep(600)
"""


@contextmanager
def a_parent(home: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A process that runs another one as the demo does, and the number of that one."""
    command = [sys.executable, "-c", PARENT, str(home)]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout
            child = int(process.stdout.readline())
            assert not is_gone(child)
            yield process, child
        finally:
            process.kill()


def test_what_a_killed_demo_started_ends_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    installation = DemoInstallation(home)
    with a_parent(home) as (process, child):
        with pytest.raises(DemoRunsAlreadyError), hold_demo_lock(installation):
            pass
        os.killpg(process.pid, signal.SIGKILL)
        wait_until(lambda: is_gone(child))
        assert stop_demo(installation) == 0  # waits until all of it is gone
        with hold_demo_lock(installation):
            pass


def test_a_running_demo_is_stopped_by_a_command(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    installation = DemoInstallation(home)
    assert (stop_demo(installation), capsys.readouterr().out) == (0, "No demo runs here.\n")
    with a_parent(home) as (process, child):
        assert (stop_demo(installation), capsys.readouterr().out) == (0, "Stopped.\n")
        assert (process.wait(60), is_gone(child)) == (0, True)
    assert (stop_demo(installation), capsys.readouterr().out) == (0, "No demo runs here.\n")


def test_the_first_port_decides_on_all_and_on_the_folder() -> None:
    one, other = DemoInstallation.at_port(9300), DemoInstallation.at_port(9400)

    assert one.ports == tuple(range(9300, 9308))
    assert one.home != other.home
    for port in (80, 65_531):
        with pytest.raises(ValueError, match="from 1024 to 65528"):
            DemoInstallation.at_port(port)
