"""What all tests share: one embedded PostgreSQL for the run, migrated templates, a clone of one for each test."""

import gc

gc.disable()  # what is loaded now stays to the end; collection is enabled again before the first test

import atexit
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from shutil import disk_usage, rmtree
from tempfile import mkdtemp
from threading import Event
from uuid import uuid4

import httpcore2
import hypothesis
import psycopg
import pytest
from hypothesis.internal.conjecture import providers
from jinja2 import Environment, FileSystemLoader
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from starlette.types import ASGIApp

from app.cli.migrate import migrate
from app.core.db import WriteSession, create_database_engine, read_session_factory, transaction, write_session_factory
from app.core.storage import fsync, open_store
from app.embedded import delete_postgres_cluster, run_postgres_cluster
from app.http.jinja import environment
from app.settings import Settings
from tests.browser import Browser, end_loop
from tests.compiled_modules import compile_modules, wait_for_modules
from tests.compiled_templates import CompiledTemplatesOfRun
from tests.embedded_store import create_store_in_memory, use_store_of_run
from tests.journeys.chromium import CHROMIUM
from tests.kept_databases import PREFIX, RestoredDatabase, keep_connections
from tests.portal_app import SECRET, open_portal_copy
from tests.repetitions import read_repetitions
from tests.sampling import CaseSampler
from tests.world import MAIL_SECRET, OF_ONE_RUN, PRIVATE_KEYS, PUBLIC_KEY_LISTS, World, enrol

pytest_plugins = ("tests.timing", "tests.noted_calls")
# Closed after what multiprocessing does at exit, which removes folders of its own in ours: it is imported later.
AT_EXIT = ExitStack()
atexit.register(AT_EXIT.close)
TEMPLATE = "template_of_tests"
WITH_CAST = "template_with_cast"
# Long modules, in the order in which they are assigned to workers.
LONG = (
    *("tests/architecture/test_matrix.py", "tests/journeys/test_main_job.py", "tests/journeys/test_silence.py"),
    *("tests/journeys/", "tests/demo/test_run.py", "tests/faults/", "tests/architecture/test_one_answer.py"),
    *("tests/deploy/", "tests/test_commands.py", "tests/worker/", "tests/demo/test_story.py"),
)
# What starts processes: Pythons, servers, third-party programs, file inspection with its sandbox.
PROCESSES = (
    *("tests/demo/", "tests/deploy/", "tests/faults/", "tests/journeys/", "tests/worker/"),
    *("tests/http/oidc/test_another_provider.py", "tests/core/test_inspection.py", "tests/core/test_ingest.py"),
    *("tests/core/test_file_service.py", "tests/core/test_file_service_faults.py", "tests/core/test_seccomp.py"),
    *("tests/core/test_cleaning.py::test_the_service_makes", "tests/core/test_cleaning.py::test_what_the_service"),
    *("tests/core/test_cleaning.py::test_a_copy_opens_in_libreoffice", "tests/http/test_pdf_export.py"),
    *("tests/core/test_spreadsheets.py", "tests/core/test_template_fields.py", "tests/core/test_clamav.py"),
    "tests/web/contributions/test_receipts.py",
    "tests/architecture/test_names.py::test_a_stray_module_breaks_its_contract",
    "tests/dissemination/test_app.py::test_the_read_path_imports_no_module_of_drafts_people_or_actions",
    *("tests/core/test_producers.py", "tests/core/test_rendering.py", "tests/core/test_partial_uploads.py"),
    "tests/core/test_contribution_template.py::test_the",
    *("tests/test_commands.py", "tests/test_embedded.py", "tests/test_verify_program.py", "tests/witness/"),
    *("tests/test_supply_chain.py", "tests/test_shell_in_place_of_converter.py"),
    *("tests/test_poolers.py", "tests/test_migrating.py::test_a_password", "tests/core/test_shared_stores.py"),
    *("tests/core/test_typefaces.py::test_libreoffice", "tests/core/test_undrawn.py::test_libreoffice"),
)
# Of a test with more parameters than this, `make test` runs every tenth, as what it shows for one it shows for others.
# The rules of the architecture and the matrix of rights hold for each one.
MANY_PARAMETERS, EVERY_PARAMETER = 2, "tests/architecture/"
# Left to `make test-thorough`: they wait for processes that are killed, hang or are slow, or for time to pass. What is
# in them is tested step by step on the layers above.
WAITING = (
    *("tests/faults/", "tests/deploy/test_nginx.py", "tests/deploy/test_raw_requests.py"),
    *("tests/deploy/test_rolling.py", "tests/deploy/test_traces.py", "tests/demo/test_story.py"),
    *("tests/dissemination/test_database_comparison.py", "tests/dissemination/test_static_export_instant.py"),
    *("tests/test_backup.py", "tests/test_embedded.py"),
    *("tests/core/test_rendering.py", "tests/worker/test_renditions.py", "tests/worker/test_worker.py"),
    *("tests/test_rotate_key.py", "tests/test_supply_chain.py", "tests/core/test_undrawn.py::test_libreoffice"),
    *("tests/core/test_typefaces.py::test_libreoffice", "tests/dissemination/test_replication.py"),
    *("tests/dissemination/test_release_instant.py", "tests/worker/test_silence.py"),
    *("tests/web/floor/test_event_stream.py", "tests/web/reports/test_templates.py"),
    *("tests/worker/test_hang_detection.py::test_a_worker_whose", "tests/worker/test_deliveries.py::test_a_killed"),
    *("tests/worker/test_transmissions.py::test_whenever", "tests/worker/test_transmissions.py::test_a_killed"),
    "tests/worker/test_notifications.py::test_the_worker_writes",
)
# Left to it as well: they cost many seconds, and a cheaper test fails with them for nearly every fault.
COSTLY = (
    *("tests/core/test_shared_stores.py::test_many_small_chunks", "tests/demo/test_run.py"),
    *("tests/core/test_file_service.py::test_a_portal_and_a_worker_load", "tests/http/oidc/test_another_provider.py"),
    *("tests/deploy/test_metrics.py::test_the_worker_publishes", "tests/worker/test_returned_mail.py::test_a_message"),
    *("tests/web/meetings/test_invitation_letters.py::test_the_statements", "tests/web/agendas/test_editor_size.py"),
    *("tests/core/test_cleaning.py::test_a_copy_opens_in", "tests/core/test_contribution_template.py::test_the_pdf_of"),
    *("tests/deploy/test_image.py::test_no_command", "tests/worker/test_output_pdfs.py::test_the_pdf_that_the_service"),
    "tests/web/reports/test_reports.py::test_a_long_agenda_needs_no_more_statements",
    "tests/web/reports/test_reports.py::test_many_sessions_need_no_more_statements",
    "tests/web/meetings/test_statistics.py::test_a_desk_with_charts_stays_small",
    "tests/web/liaisons/test_volume.py",
    # A migration that is written does not change any more.
    *("tests/architecture/test_migrations.py::test_what_", "tests/architecture/test_migrations.py::test_plans_that"),
    *("tests/architecture/test_migrations.py::test_files_", "tests/architecture/test_migrations.py::test_offices_"),
    "tests/architecture/test_migrations.py::test_approvals_",
    "tests/web/uploads/test_resumable.py::test_memory_does_not_grow",
)
# The steps of the other journeys are each tested on a cheaper layer.
JOURNEYS, JOURNEY_OF_EACH_RUN = "tests/journeys/", "tests/journeys/test_main_job.py"
# A database is some 300 files, and a run makes hundreds of databases: in memory that is far quicker than on a disk.
MEMORY = Path("/dev/shm")
ENOUGH = 4 * 1024**3  # bytes
# Hypothesis would read the constants of all modules, to try them as examples, in each worker for 2 s.
providers._get_local_constants = lambda: providers._local_constants
# No test has a deadline: it may not depend on the load of the machine.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


@dataclass(frozen=True)
class Server:
    """The PostgreSQL of this run."""

    address: str

    def url(self, database: str, role: str) -> str:
        return make_url(self.address).set(database=database, username=role).render_as_string(hide_password=False)

    @cached_property
    def _line(self) -> psycopg.Connection:
        """Kept open, as a connection costs half as much as a database."""
        return self.line("postgres")

    def clone(self, name: str, template: str) -> None:
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} OWNER cwg_owner STRATEGY FILE_COPY")

    def run(self, statement: str) -> None:
        self._line.execute(statement)

    def line(self, database: str) -> psycopg.Connection:
        """A superuser's connection to a database."""
        address = make_url(self.url(database, "postgres"))
        return psycopg.connect(
            host=address.query["host"], dbname=address.database, user=address.username, autocommit=True
        )

    def close(self) -> None:
        if "_line" in vars(self):
            self._line.close()


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
    def worker(self) -> str:
        return self.server.url(self.name, "cwg_worker")

    @property
    def reader(self) -> str:
        return self.server.url(self.name, "cwg_reader")

    @property
    def superuser(self) -> str:
        return self.server.url(self.name, "postgres")

    def run_as_superuser(self, statements: str) -> None:
        """Run statements with the rights of a superuser, who leaves no trace of them in the journal."""
        engine = create_engine(self.superuser, poolclass=NullPool)
        with engine.begin() as connection:
            for statement in statements.split(";"):
                connection.execute(text(statement))
            if connection.scalar(text("SELECT to_regclass('portal.pending_row_digest')")) is not None:
                connection.execute(text("DELETE FROM portal.pending_row_digest"))


# Each test has engines of its own, and each would compile every statement again. They have one server, and one dialect
# for pages and one for all else: so they share the compiled statements.
COMPILED: dict[object, object] = {}
PGDialect_psycopg.__eq__ = lambda one, other: type(one) is type(other) and one.paramstyle == other.paramstyle
PGDialect_psycopg.__hash__ = lambda one: hash((type(one), one.paramstyle))


@event.listens_for(Engine, "engine_connect")
def _share_compiled_statements(connection: Connection) -> None:
    connection.execution_options(compiled_cache=COMPILED)


# Each HTTP client would read the file of certificate authorities again, in 10 ms; no test has one of its own.
httpcore2.default_ssl_context = cache(httpcore2.default_ssl_context)

# Each worker would compile every template, in 3 s.
environment.compiled_templates = CompiledTemplatesOfRun()

# Every template has to be rendered by some test. Workers report to the controller which ones they rendered.
TEMPLATES = Path(__file__).parent.parent / "templates"
RENDERED: set[str] = set()
_read = FileSystemLoader.get_source


def _noted(loader: FileSystemLoader, environment: Environment, name: str) -> object:
    RENDERED.add(name)
    return _read(loader, environment, name)


FileSystemLoader.get_source = _noted


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough", action="store_true", help="every cell of the matrix of rights, and tests marked `thorough`"
    )
    parser.addoption("--quick", action="store_true", help="only what needs neither a database nor a process")


def pytest_testnodedown(node) -> None:
    RENDERED.update(getattr(node, "workeroutput", {}).get("rendered", ()))  # one that crashed has reported nothing


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["rendered"] = sorted(RENDERED)
        return
    chosen = any(getattr(config.option, name, None) for name in ("keyword", "markexpr", "deselect", "lf", "quick"))
    everything = config.args == config.getini("testpaths") and not chosen and CHROMIUM.exists()
    never = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
    never = [name for name in never if name not in RENDERED]
    if everything and never and session.exitstatus == 0:
        print(f"\nTemplates that no test renders: {', '.join(never)}")
        session.exitstatus = 1


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process starts the server; workers receive its address."""
    if hasattr(config, "workerinput"):
        config.server = Server(config.workerinput.get("server", ""))
        use_store_of_run()
        return
    folder_in_memory()
    compiling = compile_modules(config)
    if not config.getoption("quick"):
        start_server(config)
    wait_for_modules(compiling)


def start_server(config: pytest.Config) -> None:
    config.server_home = Path(mkdtemp(prefix="cwg-tests-"))
    config.server_context = run_postgres_cluster(config.server_home, durable=False)
    config.server = Server(config.server_context.__enter__().database_url("postgres", "postgres"))
    server = config.server
    server.run("CREATE ROLE cwg_owner LOGIN CREATEROLE")
    server.run("CREATE ROLE cwg_replica LOGIN REPLICATION")
    server.run("GRANT cwg_replica TO cwg_owner WITH ADMIN OPTION")
    server.run(f"CREATE DATABASE {TEMPLATE} OWNER cwg_owner")
    urls = (server.url(TEMPLATE, role) for role in ("cwg_owner", "cwg_portal", "cwg_worker", "cwg_reader"))
    migrate(*urls)
    server.clone(WITH_CAST, TEMPLATE)
    enrol_the_cast(server)


def enrol_the_cast(server: Server) -> None:
    engine = create_database_engine(server.url(WITH_CAST, "cwg_portal"))
    with transaction(write_session_factory(engine)) as session:
        enrol(session)
    engine.dispose()


def needs_more(item: pytest.Item) -> bool:
    """Whether a test needs a database, or may start processes."""
    return "server" in item.fixturenames or item.nodeid.startswith(PROCESSES)


def mark_thorough(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a run of the whole suite, mark what waits, what costs much, and what repeats what another test shows."""
    if config.args == config.getini("testpaths"):
        repetitions = read_repetitions() if not config.getoption("note_calls") else frozenset[str]()
        for item in items:
            if item.nodeid.startswith((*WAITING, *COSTLY)) or is_another_journey(item) or item.nodeid in repetitions:
                item.add_marker(pytest.mark.thorough)
        mark_repetitions(items)


def is_another_journey(item: pytest.Item) -> bool:
    """Whether it is a journey, and not the main job."""
    return item.nodeid.startswith(JOURNEYS) and not item.nodeid.startswith(JOURNEY_OF_EACH_RUN)


def mark_repetitions(items: list[pytest.Item]) -> None:
    """Leave nine of ten parameters to `make test-thorough`, where they cost something."""
    parameters: dict[str, list[pytest.Item]] = {}
    for item in items:
        if needs_more(item) and not item.nodeid.startswith(EVERY_PARAMETER):
            parameters.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for of_one_test in parameters.values():
        if len(of_one_test) > MANY_PARAMETERS:
            in_order = sorted(of_one_test, key=lambda item: item.nodeid)
            for item in set(in_order) - set(in_order[::10]):
                item.add_marker(pytest.mark.thorough)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Mark tests before they are selected by their marks, and arrange what was selected and shuffled."""
    mark_thorough(config, items)
    yield
    arrange(config, items)


def arrange(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long ones first, before each worker's share of the rest: so all workers end with short tests, at about one time.

    `worksteal` deals the list out in as many pieces as there are workers, and evens out by taking from the ends.
    """
    if not config.getoption("thorough"):
        deselect(config, items, lambda item: item.get_closest_marker("thorough") is not None)
    if config.getoption("quick"):
        deselect(config, items, needs_more)
        return
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    rest = [item for item in items if not item.nodeid.startswith(LONG)]
    long: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for number, module in enumerate(list_long_modules(items)):
        long[number % workers] += [item for item in items if item.nodeid.startswith(f"{module}::")]
    share, dealt = len(items) // workers, []
    for first in long[:-1]:
        short, rest = rest[: share - len(first)], rest[share - len(first) :]
        dealt += first + short
    items[:] = dealt + long[-1] + rest


def list_long_modules(items: list[pytest.Item]) -> list[str]:
    """The modules of LONG, in its order and then by name."""
    modules = {item.nodeid.partition("::")[0] for item in items if item.nodeid.startswith(LONG)}
    return sorted(modules, key=lambda name: (next(at for at, long in enumerate(LONG) if name.startswith(long)), name))


def deselect(config: pytest.Config, items: list[pytest.Item], excludes: Callable[[pytest.Item], bool]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if excludes(item)])
    items[:] = [item for item in items if not excludes(item)]


def pytest_collection_finish() -> None:
    """Exclude what exists before the first test, which stays to the end, from garbage collection."""
    gc.freeze()
    gc.set_threshold(100_000, 50)
    gc.enable()


def folder_in_memory() -> None:
    """Create folders in memory for the files of tests, which call fsync often, and for PostgreSQL's."""
    if not MEMORY.is_dir() or disk_usage(MEMORY).free < ENOUGH:
        return
    os.environ["TMPDIR"] = tempfile.tempdir = folder = mkdtemp(prefix="cwg-tests-", dir=MEMORY)
    AT_EXIT.callback(rmtree, folder, ignore_errors=True)  # a run that was broken off leaves mounts
    os.environ[OF_ONE_RUN] = "yes"
    store = create_store_in_memory(MEMORY)
    AT_EXIT.callback(rmtree, store, ignore_errors=True)


def pytest_configure_node(node) -> None:
    if server := getattr(node.config, "server", None):
        node.workerinput["server"] = server.address


def pytest_unconfigure(config: pytest.Config) -> None:
    """At the end, pytest collects garbage ten times: the first time is enough, without what stays to the end."""
    end_loop()
    gc.collect()
    gc.freeze()
    if server := getattr(config, "server", None):
        server.close()
    if context := getattr(config, "server_context", None):
        context.__exit__(None, None, None)
        delete_postgres_cluster(config.server_home)
        rmtree(config.server_home)


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Server:
    return pytestconfig.server


@pytest.fixture
def new_database(server: Server) -> Iterator[Callable[[], Database]]:
    """Makes databases: each with the whole schema and the seeds, nothing else."""
    made = []

    def make(*, template: str = TEMPLATE) -> Database:
        name = f"t_{uuid4().hex}"
        server.clone(name, template)
        made.append(name)
        return Database(server, name)

    yield make
    for name in made:
        server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def restored_databases(server: Server, pytestconfig: pytest.Config) -> Iterator[Callable[[str], RestoredDatabase]]:
    """The databases that this worker keeps, one for each template."""
    worker = getattr(pytestconfig, "workerinput", {}).get("workerid", "alone")
    made: dict[str, RestoredDatabase] = {}

    def restored_database(template: str) -> RestoredDatabase:
        if template not in made:
            made[template] = RestoredDatabase(
                f"{PREFIX}{worker}_{template}",
                server.line,
                clone=lambda name: server.clone(name, template),
                drop=lambda name: server.run(f"DROP DATABASE {name} WITH (FORCE)"),
            )
        return made[template]

    keep_connections()
    yield restored_database
    for each in made.values():
        each.forget()


@pytest.fixture
def database(
    request: pytest.FixtureRequest, server: Server, restored_databases: Callable[[str], RestoredDatabase]
) -> Iterator[Database]:
    """With the cast on the roster for those who ask for the world. One that nothing can disturb, if marked
    `own_database`; else the one that this worker keeps."""
    template = WITH_CAST if "world" in request.fixturenames else TEMPLATE
    if request.node.get_closest_marker("own_database"):
        yield request.getfixturevalue("new_database")(template=template)
        return
    restored_database = restored_databases(template)
    restored_database.open()
    yield Database(server, restored_database.name)
    restored_database.put_back()


@pytest.fixture(autouse=True)
def undeclared_processes_are_refused(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that starts processes must be listed in PROCESSES: else `make quick` would not be quick."""
    if not needs_more(request.node):
        monkeypatch.setattr(subprocess.Popen, "__init__", refuse_process)


def refuse_process(_: object, command: object, *__: object, **more: object) -> None:
    raise RuntimeError(f"a test that starts processes stands in PROCESSES of tests/conftest.py: {command}")


@pytest.fixture
def case_sampler(request: pytest.FixtureRequest) -> CaseSampler:
    """What takes a part of many cases."""
    return CaseSampler(request.config, request.node.nodeid)


@pytest.fixture(autouse=True)
def isolated_disk_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test whose disk fails ends neither this process nor the disk of the next one."""
    monkeypatch.setattr(fsync, "_failed", Event())
    monkeypatch.setattr(fsync, "request_process_end", lambda: None)


@pytest.fixture(scope="session")
def common_settings() -> Settings:
    """What the settings of all tests have in common, read and checked once."""
    return Settings(
        session_secret=SECRET,
        read_session_secret=SECRET[::-1],
        mail_secret=MAIL_SECRET,
        **PRIVATE_KEYS,
        **PUBLIC_KEY_LISTS,
        oidc_issuer="http://127.0.0.1:9/provider",
        oidc_client_id="portal",
        database_pool=4,
    )


@pytest.fixture
def settings(common_settings: Settings, database: Database, tmp_path: Path) -> Settings:
    return common_settings.model_copy(
        update={
            "database_url": database.portal,
            "worker_database_url": database.worker,
            "owner_database_url": database.owner,
            "reader_database_url": database.reader,
            "store_url": f"file://{tmp_path}/store",
            "release_store_url": f"file://{tmp_path}/release",
        }
    )


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """The portal's own database role."""
    made = create_database_engine(settings.database_url, pool_size=6)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[WriteSession]:
    """A transaction as the portal has it, committed at the end if the test did not fail."""
    with transaction(write_session_factory(engine)) as made:
        yield made


@pytest.fixture
def world(engine: Engine, settings: Settings) -> World:
    """The cast on the roster, and methods that create everything else."""
    return World(write_session_factory(engine), read_session_factory(engine), open_store(settings.store_url))


@pytest.fixture
def portal(settings: Settings) -> Iterator[ASGIApp]:
    """The portal as it is served, with a state of its own."""
    with open_portal_copy(settings) as opened:
        yield opened


@pytest.fixture
def browser(portal: ASGIApp, world: World, settings: Settings) -> Iterator[Callable[..., Browser]]:
    """Browsers: `browser("amina")` is signed in as her, `browser()` is not signed in."""
    opened = []

    def open_one(who: str | None = None) -> Browser:
        made = Browser(portal, settings, world, who)
        opened.append(made)
        return made

    yield open_one
    for each in opened:
        each.close()
