"""What each test calls of the application, noted with `--note-calls=FOLDER` for `python -m tests.repetitions`.

Noted are the functions of `app` and the blocks of templates that ran, the statements that raised an error, the answers
of each route, and the processor seconds of the test and of the connections to its database.
"""

import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from tests.kept_databases import Kept
from tests.timing import processor_seconds

PROJECT_ROOT = Path(__file__).parent.parent
OPTION = "--note-calls"
TOOL = sys.monitoring.COVERAGE_ID if sys.version_info >= (3, 12) else None
NAME = "noted calls"
LINES: set[tuple[CodeType, int]] = set()  # that ran since the test began
ANSWERS: set[str] = set()
DATABASE_SECONDS: dict[int, float] = {}  # by the process of a connection


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, default="", help="note in this folder what each test calls; Python 3.12 or newer")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Note lines of the application, and answers of routes."""
    if not (folder := config.getoption(OPTION)):
        return
    if TOOL is None:
        raise pytest.UsageError(f"{OPTION} needs Python 3.12 or newer")
    Path(folder).mkdir(parents=True, exist_ok=True)
    monitoring = sys.monitoring
    monitoring.use_tool_id(TOOL, NAME)
    monitoring.register_callback(TOOL, monitoring.events.PY_START, note_lines_of)
    monitoring.register_callback(TOOL, monitoring.events.LINE, lambda code, line: LINES.add((code, line)))
    monitoring.set_events(TOOL, monitoring.events.PY_START)
    for route in (APIRoute, Route):
        route.handle = note_answers(route.handle)


def pytest_unconfigure() -> None:
    if TOOL is not None and sys.monitoring.get_tool(TOOL) == NAME:
        sys.monitoring.set_events(TOOL, sys.monitoring.events.NO_EVENTS)


def note_lines_of(code: CodeType, _offset: int) -> object:
    """At the first start of a function: note its lines from now on, if it is the application's."""
    if name_of_file(code.co_filename) and code.co_name != "<module>":
        sys.monitoring.set_local_events(TOOL, code, sys.monitoring.events.LINE)
    return sys.monitoring.DISABLE


@cache
def name_of_file(path: str) -> str:
    """Below the root of the project, if it is a module of `app` or a template; else nothing."""
    name = path.removeprefix(f"{PROJECT_ROOT}/")
    return name if name.startswith(("app/", "templates/")) else ""


def note_answers(handle: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def noted(route: Route, scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                ANSWERS.add(f"{scope['method']} {route.path_format} {message['status']}")
            await send(message)

        await handle(route, scope, receive, note)

    return noted


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    folder = item.config.getoption(OPTION)
    if not folder:
        return (yield)
    LINES.clear()
    ANSWERS.clear()
    began = processor_seconds() + database_seconds()
    try:
        return (yield)
    finally:
        spent = processor_seconds() + database_seconds() - began
        noted = {"test": item.nodeid, "seconds": round(spent, 3), "calls": sorted(list_calls() | ANSWERS)}
        with Path(folder, f"{os.getpid()}.jsonl").open("a") as file:
            file.write(json.dumps(noted) + "\n")


def database_seconds() -> float:
    """Of the servers of all connections that were kept when this was asked, to the nanosecond."""
    for process in Kept.processes():
        schedstat = Path(f"/proc/{process}/schedstat")
        if schedstat.exists():
            DATABASE_SECONDS[process] = int(schedstat.read_text().split()[0]) / 1e9
    return sum(DATABASE_SECONDS.values())


def list_calls() -> set[str]:
    """The functions and blocks that ran, and the places that raised."""
    calls = set()
    for code, line in list(LINES):
        file = name_of_file(code.co_filename)
        calls.add(f"{file} {code.co_qualname}")
        if raises(file, line):
            calls.add(f"{file} raise in line {line}")
    return calls


def raises(file: str, line: int) -> bool:
    return line in lines_that_raise(file)


@cache
def lines_that_raise(file: str) -> frozenset[int]:
    path = PROJECT_ROOT / file
    if path.suffix != ".py":
        return frozenset()
    lines = path.read_text().splitlines()
    return frozenset(number for number, text in enumerate(lines, 1) if text.lstrip().startswith("raise "))
