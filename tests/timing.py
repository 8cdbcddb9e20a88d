"""Processor seconds of the suite by layer: of the tests' own processes, of those that they start, of PostgreSQL.

What a test costs on a quiet machine it costs on a busy one, nearly; how long it takes says more about the machine.
"""

import os
import resource
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.child_services import list_child_processes
from tests.forked import forked_processor_seconds

NOTED: Counter[str] = Counter()  # what is counted in addition to tests
SPENT: Counter[str] = Counter()
COUNTED: Counter[str] = Counter()
BEGAN: list[float] = []  # the processor seconds at the first of the tests of one place that follow one another


def processor_seconds() -> float:
    """Of this process, of the children that it has seen end, and of forked processes."""
    forked = forked_processor_seconds() + file_processor_seconds()  # before those that end meanwhile are among children
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime + forked


def file_processor_seconds() -> float:
    """Of the services that open files for this process, and of the processes that they forked (proc_pid_stat(5))."""
    ticks = 0
    for process in list_child_processes():
        ticks += sum(map(int, Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def postgres_processor_seconds(config: pytest.Config) -> float:
    """Of the server of this run and of all processes that it started (proc_pid_stat(5)); 0 if there is none."""
    if not (server := getattr(config, "server", None)):
        return 0
    with server.line("postgres") as line:
        postmaster = int(_read_stat(Path(f"/proc/{line.info.backend_pid}"))[1])
        own = sum(map(int, _read_stat(Path(f"/proc/{postmaster}"))[11:15]))
        children = (_read_stat(process) for process in Path("/proc").glob("[0-9]*"))
        ticks = own + sum(sum(map(int, stat[11:13])) for stat in children if stat and int(stat[1]) == postmaster)
    return ticks / os.sysconf("SC_CLK_TCK")


def _read_stat(process: Path) -> list[str]:
    """The fields after the name of its program; none if it has ended."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def place_of(item: pytest.Item) -> str:
    """The folder below `tests`, or the file if it is in none."""
    return "/".join(item.nodeid.partition("::")[0].split("/")[:2])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Measure the tests of one place that follow one another together: each measurement is several system calls."""
    place = place_of(item)
    if not BEGAN:
        BEGAN.append(processor_seconds())
    try:
        return (yield)
    finally:
        COUNTED[place] += 1
        if nextitem is None or place_of(nextitem) != place:
            SPENT[place] += processor_seconds() - BEGAN.pop()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        SPENT["start and collection"] += processor_seconds() - SPENT.total()
        session.config.workeroutput["timing"] = (dict(SPENT), dict(COUNTED), dict(NOTED))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    spent, counted, noted = getattr(node, "workeroutput", {}).get("timing", ({}, {}, {}))
    SPENT.update(spent)
    COUNTED.update(counted)
    NOTED.update(noted)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not COUNTED:
        return
    terminalreporter.write_line(f"This order again: --randomly-seed={config.getoption('randomly_seed', 'none')}")
    terminalreporter.write_line("Processor seconds (tests):")
    for place, seconds in SPENT.most_common():
        terminalreporter.write_line(f"{seconds:8.1f}  {place} ({COUNTED[place]})")
    terminalreporter.write_line(f"{SPENT.total():8.1f}  {COUNTED.total()} tests; without PostgreSQL")
    terminalreporter.write_line(f"{postgres_processor_seconds(config):8.1f}  PostgreSQL")
    for what, number in NOTED.items():
        terminalreporter.write_line(f"{number:8}  {what}")
