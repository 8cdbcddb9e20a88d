"""The supervisor of the processes of a server: it waits for a slow start, and a death is noticed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from uvicorn.config import STARTUP_FAILURE

from app.server.database_urls import PROJECT_ROOT
from tests.http_server import free_port
from tests.waiting import kill_all, stop_process, wait_until

PATIENCE = 300  # seconds: two processes import the application, on a machine that may be busy
SLOW_SERVER = """
import os, sys, time
from app.core.observability import logging
from app.core.observability.metrics import ProcessMetrics, serve_metrics
from app.server.run import build_server_config, run_server

if __name__ == "__mp_main__":
    time.sleep(7)  # a process of a server imports all of it before it can answer its supervisor

def create_app():
    meters = ProcessMetrics()
    meters.uploads.inc()

    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": str(os.getpid()).encode()})

    app.meters = meters
    return app

if __name__ == "__main__":
    logging.configure_logging()
    port, metrics = sys.argv[1:]
    with serve_metrics(metrics):
        run_server(build_server_config("slow_server:create_app", "127.0.0.1", int(port), 2, 5), 0)
"""
FAILING_SERVER = """
import sys
from argparse import Namespace
from app.installation_checks import InstallationPart
from app.server.run import ServerSpec, serve_application
from app.settings import Settings

def create_app():
    async def app(scope, receive, send):
        assert (await receive())["type"] == "lifespan.startup"
        await send({"type": "lifespan.startup.failed", "message": "a table is missing"})

    return app

if __name__ == "__main__":
    factory, settings = "failing_server:create_app", Settings(database_url="postgresql+psycopg://127.0.0.1:1/none")
    spec = ServerSpec(lambda _: create_app(), factory, "database_url", lambda _: None, InstallationPart.PORTAL)
    sys.exit(serve_application(spec, settings, Namespace(host="127.0.0.1", port=int(sys.argv[1]), workers=2)))
"""


@pytest.mark.thorough
def test_a_server_whose_processes_cannot_start_ends_with_a_code_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "failing_server.py").write_text(FAILING_SERVER)
    environment = os.environ | {"PYTHONPATH": f"{PROJECT_ROOT}:{tmp_path}"}
    command = [sys.executable, str(tmp_path / "failing_server.py"), str(free_port())]
    assert subprocess.run(command, env=environment, cwd=tmp_path, timeout=PATIENCE).returncode == STARTUP_FAILURE


@pytest.mark.thorough
def test_a_slow_start_is_waited_for_and_a_death_is_an_error_that_is_counted(tmp_path: Path) -> None:
    """The start takes longer than the five seconds after which uvicorn would kill such a process, again and again."""
    (tmp_path / "slow_server.py").write_text(SLOW_SERVER)
    port, metrics = free_port(), f"127.0.0.1:{free_port()}"
    environment = os.environ | {"PYTHONPATH": f"{PROJECT_ROOT}:{tmp_path}"}
    command = [sys.executable, str(tmp_path / "slow_server.py"), str(port), metrics]

    numbers: list[int] = []

    def note_number_of_a_process() -> bool:
        try:
            numbers.append(int(httpx2.get(f"http://127.0.0.1:{port}/", timeout=5).text))
        except httpx2.HTTPError:
            return False
        return True

    def read_metric(name: str) -> float:
        text = httpx2.get(f"http://{metrics}/metrics", timeout=60).text
        families = text_string_to_metric_families(text)
        return sum(each.value for family in families for each in family.samples if each.name == name)

    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=log, start_new_session=True)
    try:
        wait_until(note_number_of_a_process, within=PATIENCE)
        wait_until(lambda: read_metric("cwg_uploads") == 2, within=PATIENCE)
        assert "died" not in (tmp_path / "log").read_text()
        assert read_metric("cwg_child_deaths_total") == 0

        (killed,) = numbers
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: read_metric("cwg_child_deaths_total") == 1)
        assert read_metric("cwg_uploads") == 1  # what the dead one had in hand is not counted any more
        wait_until(lambda: read_metric("cwg_uploads") == 2, within=PATIENCE)
        assert stop_process(process) == 0
    finally:
        kill_all(process)

    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    (line,) = [each for each in lines if each["level"] == "error"]
    assert (line["process"], line["exit_code"]) == (killed, -signal.SIGKILL)
