"""The whole installation as it is served: provider, portal, read path and worker, each behind its own address."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import ASGIApp

from app.core.signing import Signer, SigningPurpose
from app.demo.cast import CAST
from app.demo.issuing import DemoClient
from app.demo.provider import create_identity_provider
from app.dissemination.app import create_app as create_read_path
from app.settings import Settings
from app.worker.subscriptions import queue_jobs
from tests.forked import ForkedProcess
from tests.http_server import free_port, served
from tests.journeys.chromium import CHROMIUM, kept_open
from tests.portal_app import build_portal, open_portal_copy
from tests.waiting import stop_process
from tests.world import LEDGER_KEY, RECEIPT_KEY, RELEASE_KEY, World, change_issuer, key_environment

MAIL_SECRET = "k7Rz0bQ2vX9mT4sLw8Yc1dHf6JgNpAeU"
REPOSITORY = Path(__file__).parent.parent.parent
CLIENT_SECRET = "known to the doors and to the provider"


@dataclass(frozen=True)
class Place:
    """Addresses, and the world behind them."""

    portal: str
    reading: str
    world: World


@pytest.fixture(scope="package", autouse=True)
def one_browser(pytestconfig: pytest.Config) -> Iterator[None]:
    """For all journeys that follow one another; each has contexts of its own."""
    if not CHROMIUM.exists():
        yield
        return
    with kept_open(repeats=pytestconfig.getoption("thorough")):
        yield


@dataclass(frozen=True)
class JourneyApplications:
    """The applications of this worker's journeys, at the same addresses throughout; one journey at a time is served."""

    portal_url: str
    read_url: str
    provider_url: str
    portal: FastAPI

    @property
    def issuer(self) -> str:
        return f"{self.provider_url}/demo-provider"

    def configure(self, settings: Settings) -> Settings:
        """The settings of a test, with these addresses and this provider."""
        return settings.model_copy(
            update={
                "demo": True,
                "portal_url": self.portal_url,
                "read_url": self.read_url,
                "oidc_issuer": self.issuer,
                "oidc_client_secret": SecretStr(CLIENT_SECRET),
                "read_oidc_client_id": "reader",
                "database_pool": 6,
            }
        )

    def create_provider(self) -> ASGIApp:
        addresses = (("portal", self.portal_url), ("reader", self.read_url))
        clients = [
            DemoClient(name, CLIENT_SECRET, (f"{url}/sign-in/callback",), (f"{url}/",)) for name, url in addresses
        ]
        return create_identity_provider(self.issuer, clients, CAST)


@pytest.fixture(scope="package")
def applications() -> JourneyApplications:
    """Addresses and, since its pages take long to prepare, the portal, for all journeys of this worker."""
    portal, read, provider = (f"http://127.0.0.1:{free_port()}" for _ in range(3))
    return JourneyApplications(portal, read, provider, build_portal(portal_url=portal))


@pytest.fixture
def place(settings: Settings, world: World, applications: JourneyApplications) -> Iterator[Place]:
    settings = applications.configure(settings)
    keys = zip(SigningPurpose, (RECEIPT_KEY, RELEASE_KEY, LEDGER_KEY), strict=True)
    world.sign_with({purpose: Signer.from_secret(applications.portal_url, key) for purpose, key in keys})
    change_issuer(str(settings.owner_database_url), applications.issuer)  # the roster, as people of this provider
    with (
        served(applications.create_provider(), urlsplit(applications.provider_url).port),
        open_portal_copy(settings, queue_jobs, shared=applications.portal) as portal,
        served(portal, urlsplit(applications.portal_url).port),
        served(create_read_path(settings), urlsplit(applications.read_url).port),
        a_worker(settings),
    ):
        yield Place(applications.portal_url, applications.read_url, world)


class a_worker:  # noqa: N801 - reads as `with a_worker(…)`
    """The worker, as its own process."""

    def __init__(self, settings: Settings) -> None:
        smtp_url = settings.smtp_url.get_secret_value()
        mail = {"CWG_SMTP_URL": smtp_url, "CWG_MAIL_FROM": settings.mail_from, "CWG_MAIL_SECRET": MAIL_SECRET}
        self._environment = {
            "CWG_DATABASE_URL": str(settings.database_url),
            "CWG_WORKER_DATABASE_URL": str(settings.worker_database_url),
            "CWG_STORE_URL": settings.store_url,
            "CWG_RELEASE_STORE_URL": settings.release_store_url,
            "CWG_READER_DATABASE_URL": str(settings.reader_database_url),
            "CWG_OWNER_DATABASE_URL": str(settings.owner_database_url),
            **key_environment("release_key", "ledger_key"),
            "CWG_DEMO": "1",
            "CWG_PORTAL_URL": settings.portal_url,
            "CWG_READ_URL": settings.read_url,
            "CWG_OIDC_ISSUER": settings.oidc_issuer,
            "CWG_OIDC_CLIENT_ID": settings.oidc_client_id,
            **(mail if smtp_url else {}),
            **({"CWG_COURIER": settings.courier} if settings.courier else {}),
            "PYTHONPATH": str(REPOSITORY),
        }

    def __enter__(self) -> None:
        self._process = ForkedProcess(["work"], self._environment, REPOSITORY, os.devnull)

    def __exit__(self, *_: object) -> None:
        stop_process(self._process, within=120)  # a job that runs is finished first, and may be bounded by a minute
