"""Rolling replacement of the portal under load: two servers behind the real nginx, one after the other."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import httpx2
import pytest

from app.http.csrf import create_form_token
from app.server.database_urls import PROJECT_ROOT
from app.settings import Settings
from tests.chunks import piece_headers
from tests.conftest import SECRET
from tests.deploy.rolling_restart import count_leftover_uploads, run_replicated_portal, run_workload
from tests.faults.installation import Installation, answers, environment
from tests.forked import ForkedProcess
from tests.http_server import free_port
from tests.nginx_server import needs_nginx
from tests.waiting import kill_all, wait_until
from tests.world import World


@needs_nginx
@pytest.mark.thorough
def test_no_request_fails_while_both_servers_are_replaced_one_after_the_other(
    settings: Settings, world: World, tmp_path: Path
) -> None:
    installation = Installation(tmp_path, settings, world, extra_environment={"CWG_STAY_SECONDS": "2"})
    try:
        with run_replicated_portal(installation) as portal, run_workload(portal, people=4, pause=0.02) as work:
            for number in (0, 1):
                assert portal.replace(number) == 0
                so_far = work.requests
                wait_until(lambda so_far=so_far: work.requests > so_far + 50, "nobody is answered")
    finally:
        installation.end()

    assert work.failed == {}
    assert work.requests > 300
    assert count_leftover_uploads(world) == 0


@contextmanager
def run_portal_server(
    settings: Settings, world: World, folder: Path, **given: str
) -> Iterator[tuple[str, ForkedProcess]]:
    url = f"http://127.0.0.1:{free_port()}"
    ours = settings.model_copy(update={"portal_url": url, "demo": False})
    command = ["pages", "--port", url.rpartition(":")[2]]
    process = ForkedProcess(command, environment(ours) | given, PROJECT_ROOT, folder / "door.log")
    try:
        answers(url)
        yield url, process
    finally:
        kill_all(process)


def test_a_server_that_is_stopped_is_unready_at_once_serves_for_a_while_and_ends_well(
    settings: Settings, world: World, tmp_path: Path
) -> None:
    with run_portal_server(settings, world, tmp_path, CWG_STAY_SECONDS="8") as (url, process):
        before = httpx2.get(f"{url}/healthz")
        process.send_signal(signal.SIGTERM)
        signalled_at = monotonic()
        sleep(0.3)

        ready, alive = httpx2.get(f"{url}/readyz"), httpx2.get(f"{url}/healthz")

        assert (ready.status_code, alive.status_code) == (503, 200)
        assert "close" not in before.headers.get("connection", "")
        assert alive.headers["connection"] == "close"
        assert process.wait(60) == 0
        assert 8 <= monotonic() - signalled_at < 40
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"{url}/healthz")


def is_listening(url: str) -> bool:
    try:
        return bool(httpx2.get(f"{url}/healthz"))
    except httpx2.ConnectError:
        return False


def test_an_upload_that_has_begun_is_finished_after_the_server_was_stopped(
    settings: Settings, world: World, tmp_path: Path
) -> None:
    with run_portal_server(settings, world, tmp_path, CWG_STAY_SECONDS="0", CWG_FINISH_SECONDS="60") as (url, process):
        piece, headers = os.urandom(400_000), sender(url, world)
        address = begun(url, headers, world, len(piece))
        with slow_piece(url, address, headers, piece) as line:
            line.sendall(piece[:200_000])
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: not is_listening(url), "it still takes connections")

            line.sendall(piece[200_000:])
            answer = line.recv(4096)

        assert answer.startswith(b"HTTP/1.1 204")
        assert b"Upload-Offset: 400000" in answer or b"upload-offset: 400000" in answer
        assert process.wait(60) == 0


def test_an_upload_that_does_not_end_is_cut_when_the_time_is_over(
    settings: Settings, world: World, tmp_path: Path
) -> None:
    with run_portal_server(settings, world, tmp_path, CWG_STAY_SECONDS="0", CWG_FINISH_SECONDS="2") as (url, process):
        piece, headers = os.urandom(400_000), sender(url, world)
        address = begun(url, headers, world, len(piece))
        with slow_piece(url, address, headers, piece) as line:
            line.sendall(piece[:200_000])
            process.send_signal(signal.SIGTERM)
            signalled_at = monotonic()

            assert process.wait(60) == 0
            assert 2 <= monotonic() - signalled_at < 40
            with suppress(ConnectionError):
                assert b" 204 " not in line.recv(4096)[:20]


def sender(url: str, world: World) -> dict[str, str]:
    return {
        "Origin": url,
        "Cookie": f"cwg_portal={world.sign_in('amina')}",
        "X-Form-Token": create_form_token(SECRET, world.person("amina").id),
    }


def begun(url: str, headers: dict[str, str], world: World, size: int) -> str:
    new = {"body": str(world.body().id), "name": "one.pdf", "size": str(size)}
    return httpx2.post(f"{url}/uploads", headers=headers | piece_headers(b""), params=new).headers["Location"]


@contextmanager
def slow_piece(url: str, address: str, headers: dict[str, str], piece: bytes) -> Iterator[socket.socket]:
    """A request that sends a piece, when the server waits for its body; the piece is for the caller to send."""
    said = headers | piece_headers(piece) | {"Host": url.removeprefix("http://"), "Content-Length": str(len(piece))}
    said["Expect"] = "100-continue"
    lines = [f"PATCH {address} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        assert line.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        yield line
