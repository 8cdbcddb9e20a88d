"""The house for tests: one embedded PostgreSQL for the run, one migrated template, a clone of it for each test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

import pytest
from jinja2 import Environment, FileSystemLoader
from sqlalchemy import Engine, NullPool, create_engine, make_url, text
from starlette.types import ASGIApp

from app.core.db import WriteSession, make_engine, readers, transaction, writers
from app.core.store import open_store
from app.embedded import cluster, erase
from app.migrate import migrate
from app.settings import Settings
from app.web.app import create_app
from tests.browser import Browser
from tests.journeys.chromium import CHROMIUM
from tests.world import SIGNING_KEY, World

SECRET = "0123456789-abcdefghijklmnopqrstuvwxyz"
TEMPLATE = "template_of_tests"


@dataclass(frozen=True)
class Server:
    """The PostgreSQL of this run."""

    address: str

    def url(self, database: str, role: str) -> str:
        return make_url(self.address).set(database=database, username=role).render_as_string(hide_password=False)

    def run(self, statement: str) -> None:
        engine = create_engine(self.url("postgres", "postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))


@dataclass(frozen=True)
class Database:
    """The database of one test."""

    server: Server
    name: str

    @property
    def owner(self) -> str:
        return self.server.url(self.name, "cwg_owner")

    @property
    def portal(self) -> str:
        return self.server.url(self.name, "cwg_portal")

    @property
    def reader(self) -> str:
        return self.server.url(self.name, "cwg_reader")

    @property
    def superuser(self) -> str:
        return self.server.url(self.name, "postgres")

    def run_as_superuser(self, statements: str) -> None:
        """What somebody with root could do."""
        engine = create_engine(self.superuser, poolclass=NullPool)
        with engine.begin() as connection:
            for statement in statements.split(";"):
                connection.execute(text(statement))


# Every template has to be rendered by some test. Workers tell the controller which ones they saw.
TEMPLATES = Path(__file__).parent.parent / "templates"
RENDERED: set[str] = set()
_read = FileSystemLoader.get_source


def _noted(loader: FileSystemLoader, environment: Environment, name: str) -> object:
    RENDERED.add(name)
    return _read(loader, environment, name)


FileSystemLoader.get_source = _noted


def pytest_testnodedown(node) -> None:
    RENDERED.update(node.workeroutput.get("rendered", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["rendered"] = sorted(RENDERED)
        return
    everything = config.args == config.getini("testpaths") and not config.option.keyword and CHROMIUM.exists()
    never = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
    never = [name for name in never if name not in RENDERED]
    if everything and never and session.exitstatus == 0:
        print(f"\nTemplates that no test renders: {', '.join(never)}")
        session.exitstatus = 1


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process starts the server; workers are told its address."""
    if hasattr(config, "workerinput"):
        config.server = Server(config.workerinput["server"])
        return
    config.server_home = Path(mkdtemp(prefix="cwg-tests-"))
    config.server_context = cluster(config.server_home, durable=False)
    config.server = Server(config.server_context.__enter__().url("postgres", "postgres"))
    server = config.server
    server.run("CREATE ROLE cwg_owner LOGIN CREATEROLE")
    server.run(f"CREATE DATABASE {TEMPLATE} OWNER cwg_owner")
    urls = (server.url(TEMPLATE, role) for role in ("cwg_owner", "cwg_portal", "cwg_reader"))
    migrate(*urls)


def pytest_configure_node(node) -> None:
    node.workerinput["server"] = node.config.server.address


def pytest_unconfigure(config: pytest.Config) -> None:
    if context := getattr(config, "server_context", None):
        context.__exit__(None, None, None)
        erase(config.server_home)


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Server:
    return pytestconfig.server


@pytest.fixture
def new_database(server: Server) -> Iterator[Callable[[], Database]]:
    """Makes databases: each with the whole schema and the seeds, nothing else."""
    made = []

    def make(*, template: str = TEMPLATE) -> Database:
        name = f"t_{uuid4().hex}"
        server.run(f"CREATE DATABASE {name} TEMPLATE {template} OWNER cwg_owner STRATEGY FILE_COPY")
        made.append(name)
        return Database(server, name)

    yield make
    for name in made:
        server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Database:
    return new_database()


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database.portal,
        owner_database_url=database.owner,
        reader_database_url=database.reader,
        store_url=f"file://{tmp_path}/store",
        release_store_url=f"file://{tmp_path}/release",
        session_secret=SECRET,
        read_session_secret=SECRET[::-1],
        signing_key=SIGNING_KEY,
        oidc_issuer="http://127.0.0.1:9/provider",
        oidc_client_id="portal",
        database_pool=4,
    )


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """The portal's own database role."""
    made = make_engine(settings.database_url, pool=6)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[WriteSession]:
    """A transaction as the portal has it, committed at the end if the test did not fail."""
    with transaction(writers(engine)) as made:
        yield made


@pytest.fixture
def world(engine: Engine, settings: Settings) -> World:
    """The cast on the roster, and makers of everything else."""
    return World(writers(engine), readers(engine), open_store(settings.store_url))


@pytest.fixture
def portal(settings: Settings) -> Iterator[ASGIApp]:
    """The portal as it is served."""
    app = create_app(settings)
    yield app
    app.app.state.house.close()


@pytest.fixture
def browser(portal: ASGIApp, world: World, settings: Settings) -> Iterator[Callable[..., Browser]]:
    """Browsers: `browser("amina")` is signed in as her, `browser()` as nobody."""
    opened = []

    def open_one(who: str | None = None) -> Browser:
        made = Browser(portal, settings, world, who)
        opened.append(made)
        return made

    yield open_one
    for each in opened:
        each.close()
