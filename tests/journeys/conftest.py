"""The whole installation as it is served: provider, portal, read path and worker, each behind its own address."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from app.core.db import transaction
from app.demo.cast import CAST
from app.demo.issuing import DemoClient
from app.demo.provider import create_provider
from app.dissemination.app import create_app as create_read_path
from app.domain.identity.models.tables import Person
from app.settings import Settings
from app.web.app import create_app as create_portal
from app.worker.subscriptions import queue_jobs
from tests.forked import ForkedProcess
from tests.http_server import free_port, served
from tests.journeys.chromium import CHROMIUM, kept_open
from tests.waiting import stop_process
from tests.world import World

REPOSITORY = Path(__file__).parent.parent.parent
CLIENT_SECRET = "known to the doors and to the provider"


@dataclass(frozen=True)
class Place:
    """Addresses, and the world behind them."""

    portal: str
    reading: str
    world: World


@pytest.fixture(scope="package", autouse=True)
def one_browser() -> Iterator[None]:
    """For all journeys that follow one another; each has contexts of its own."""
    if not CHROMIUM.exists():
        yield
        return
    with kept_open():
        yield


@pytest.fixture
def place(settings: Settings, world: World) -> Iterator[Place]:
    portal, reading, provider = (f"http://127.0.0.1:{free_port()}" for _ in range(3))
    issuer = f"{provider}/demo-provider"
    settings = settings.model_copy(
        update={
            "demo": True,
            "portal_url": portal,
            "read_url": reading,
            "oidc_issuer": issuer,
            "oidc_client_secret": SecretStr(CLIENT_SECRET),
            "read_oidc_client_id": "reader",
            "database_pool": 6,
        }
    )
    with transaction(world.write) as session:  # the roster of this world, as people of this provider
        session.execute(update(Person).values(issuer=issuer))
    clients = [
        DemoClient(name, CLIENT_SECRET, (f"{address}/sign-in/callback",), (f"{address}/",))
        for name, address in (("portal", portal), ("reader", reading))
    ]
    ports = [int(address.rpartition(":")[2]) for address in (provider, portal, reading)]
    with (
        served(create_provider(issuer, clients, CAST), ports[0]),
        served(create_portal(settings, queue_jobs), ports[1]),
        served(create_read_path(settings), ports[2]),
        a_worker(settings),
    ):
        yield Place(portal, reading, world)


class a_worker:  # noqa: N801 - reads as `with a_worker(…)`
    """The worker, as its own process."""

    def __init__(self, settings: Settings) -> None:
        self._environment = {
            "CWG_DATABASE_URL": str(settings.database_url),
            "CWG_STORE_URL": settings.store_url,
            "CWG_RELEASE_STORE_URL": settings.release_store_url,
            "CWG_READER_DATABASE_URL": str(settings.reader_database_url),
            "CWG_OWNER_DATABASE_URL": str(settings.owner_database_url),
            "CWG_SIGNING_KEY": settings.signing_key.get_secret_value(),
            "PYTHONPATH": str(REPOSITORY),
        }

    def __enter__(self) -> None:
        self._process = ForkedProcess(["work"], self._environment, REPOSITORY, os.devnull)

    def __exit__(self, *_: object) -> None:
        stop_process(self._process, within=120)  # a job that runs is finished first, and may be bounded by a minute
