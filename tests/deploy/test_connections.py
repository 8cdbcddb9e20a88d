"""Connections to the portal's database: those of the table in docs/operating.md, and what compose needs of them."""

import asyncio
import re
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from sqlalchemy import NullPool, create_engine, text

from app.settings import Settings
from app.worker import app as worker
from tests.conftest import Database
from tests.deploy.manifests import CHART, PORTAL, load
from tests.portal_app import open_portal_copy
from tests.waiting import wait_until

PROJECT_ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (each process of the portal|the worker|a command)[^|]*\| (\d+) \| (.*)\|$", re.MULTILINE)
FOR_ROLES = 97
"""PostgreSQL takes 100 connections unless set, and keeps three of them for superusers."""
OPEN = text(
    "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() AND usename = 'cwg_portal'"
)
POOLS = {name: Settings.model_fields[name].default for name in ("database_pool", "database_pool_writing")}


OPERATING = (PROJECT_ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def read_table() -> dict[str, tuple[int, str]]:
    return {name: (int(count), parts) for name, count, parts in ROW.findall(OPERATING)}


def test_each_row_of_the_table_is_the_sum_of_its_parts() -> None:
    table = read_table()

    assert set(table) == {"each process of the portal", "the worker", "a command"}
    for name in ("each process of the portal", "the worker"):
        count, parts = table[name]
        assert sum(int(part) for part in re.findall(r"(?:^|, )(\d+) ", parts)) == count


@pytest.mark.own_database
def test_a_process_of_the_portal_opens_as_many_connections_as_the_table_says(
    settings: Settings, database: Database
) -> None:
    with open_portal_copy(settings.model_copy(update=POOLS)) as portal, ExitStack() as opened:
        state = portal.app.state.portal
        for engine in state.engines:
            for _ in range(engine.pool.size()):
                opened.enter_context(engine.connect())
        state.database_health.start()
        looking = create_engine(database.superuser, poolclass=NullPool)

        def list_names() -> list[str]:
            with looking.connect() as connection:
                return list(connection.scalars(OPEN))

        async def subscribe() -> list[str]:
            with state.notifier.subscribe("a-topic"):
                others = {"cwg-bell", "cwg-pulse"}  # notices, and whether the database answers
                await asyncio.to_thread(wait_until, lambda: others <= set(list_names()), "there are too few", 20)
                return list_names()

        assert len(asyncio.run(subscribe())) == read_table()["each process of the portal"][0]


def test_the_worker_opens_as_many_connections_as_the_table_says(settings: Settings) -> None:
    with worker.open_worker_context(settings.model_copy(update=POOLS)) as context:
        engine = context.write_sessions.kw["bind"]
        notices, comparison = 1, 1

        assert engine.pool.size() + worker.QUEUE_CONNECTIONS + notices + comparison == read_table()["the worker"][0]


def test_what_compose_starts_fits_the_default_of_postgresql() -> None:
    services = yaml.safe_load((PROJECT_ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    commands = [service.get("command", []) for service in services.values()]
    processes = sum(int(each[each.index("--workers") + 1]) for each in commands if each[:1] == ["pages"])
    workers = sum(each[:1] == ["work"] for each in commands)
    table = {name: count for name, (count, _) in read_table().items()}

    needed = processes * table["each process of the portal"] + workers * table["the worker"] + table["a command"]

    assert (processes, workers, needed) == (4, 1, 85)
    assert needed <= FOR_ROLES


def test_what_kubernetes_may_start_fits_the_connections_that_its_values_have() -> None:
    """While one server is replaced there is one more, and as many tasks may run as there are kinds."""
    limits = load(CHART / "values.yaml")["database"]
    scale = {name: each["spec"] for name, each in PORTAL.list_kind("HorizontalPodAutoscaler").items()}
    table = {name: count for name, (count, _) in read_table().items()}
    tasks = len({*PORTAL.list_kind("CronJob"), *PORTAL.list_kind("Job")}) * table["a command"]
    subscription, for_superusers = 4, 3

    servers = (scale["portal"]["maxReplicas"] + 1) * table["each process of the portal"]
    assert servers + table["the worker"] + tasks + subscription + for_superusers <= limits["connections"]
    (each_reader,) = re.findall(r"database of the read path\s+needs (\d+) for each of its processes", OPERATING)
    readers = (scale["read"]["maxReplicas"] + 1) * int(each_reader)
    assert readers + 1 + tasks + for_superusers <= limits["readConnections"]
