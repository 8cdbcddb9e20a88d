"""What `migrate` says before it changes anything, and which schema a process takes."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from sqlalchemy import NullPool, create_engine, make_url

from app.__main__ import main
from app.cli.migrate import alembic_config, migrate
from app.core.database.schema_revision import PORTAL_HISTORY
from app.core.db import to_libpq_address
from app.embedded import run_postgres_cluster
from app.installation_checks import find_database_faults
from app.server.database_urls import EMBEDDED_DATABASES, create_owner_and_databases
from app.settings import Settings
from tests.architecture.test_migrations import STEPS
from tests.browser import Browser
from tests.conftest import Database, Server
from tests.dissemination.replicated_site import ReadDatabase
from tests.world import PRIVATE_KEYS, key_environment

ADDRESSES = {"owner_database_url": "owner", "database_url": "portal", "worker_database_url": "worker"}


@pytest.fixture
def use_database(monkeypatch: pytest.MonkeyPatch) -> Callable[[Database], None]:
    """Names a database to the commands of this process."""

    def use(database: Database) -> None:
        for name, role in {**ADDRESSES, "reader_database_url": "reader"}.items():
            monkeypatch.setenv(f"CWG_{name.upper()}", getattr(database, role))

    return use


def test_the_revisions_are_read_in_the_order_of_alembic() -> None:
    ordered, revision = [], STEPS[-1]
    while revision:
        ordered.insert(0, revision)
        revision = PORTAL_HISTORY._parents[revision]
    assert ordered == STEPS


def test_check_names_each_migration_that_lacks_and_changes_nothing(
    new_database: Callable[..., Database],
    use_database: Callable[[Database], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    database = new_database()
    use_database(database)
    engine = create_engine(database.owner, poolclass=NullPool)
    with engine.connect() as connection:
        command.downgrade(alembic_config(connection), STEPS[-3])
        connection.commit()

    for _ in range(2):
        assert main(["migrate", "--check"]) == 1
        assert capsys.readouterr().out.splitlines() == STEPS[-2:]

    assert main(["migrate"]) == 0
    capsys.readouterr()
    assert main(["migrate", "--check"]) == 0
    assert capsys.readouterr().out == "The database lacks no migration.\n"


@pytest.mark.own_database
def test_both_databases_are_migrated_by_one_command_and_each_part_can_check_its_own(
    server: Server,
    database: Database,
    use_database: Callable[[Database], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A part that waits for the migrations (deploy/helm) has its own role, and not the owner's."""
    read = ReadDatabase(server, database)
    use_database(database)
    addresses = {"reader_database_url": read.reader, "read_owner_database_url": read.owner}
    for name, address in {**addresses, "replication_url": read.replication}.items():
        monkeypatch.setenv(f"CWG_{name.upper()}", address)
    try:
        assert main(["migrate-read", "--check"]) == 1
        assert main(["migrate", "--both"]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "Both databases are at head."

        for setting, command in (
            ("database_url", "migrate"),
            ("worker_database_url", "migrate"),
            ("reader_database_url", "migrate-read"),
        ):
            with monkeypatch.context() as only:
                for name in EMBEDDED_DATABASES:
                    if name != setting:
                        only.delenv(f"CWG_{name.upper()}")
                assert main([command, "--check"]) == 0
            assert capsys.readouterr().out == "The database lacks no migration.\n"
    finally:
        read.drop()


def test_check_names_all_migrations_to_an_empty_database(
    server: Server, use_database: Callable[[Database], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with made_database(server) as database:
        use_database(database)

        assert main(["migrate", "--check"]) == 1

    assert capsys.readouterr().out.splitlines() == STEPS


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_in_another_encoding_is_refused_with_one_line(
    server: Server, encoding: str, use_database: Callable[[Database], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with made_database(server, f"ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0") as database:
        use_database(database)

        assert main(["migrate"]) == 2
        found = list(find_database_faults("owner_database_url", database.owner))

    refusal = (
        f"the encoding of the database is {encoding}, and has to be UTF8: create it with CREATE DATABASE …"
        " ENCODING 'UTF8' TEMPLATE template0"
    )
    assert capsys.readouterr().err == f"migrate: {refusal}\n"
    assert [each.text for each in found] == [f"CWG_OWNER_DATABASE_URL: {refusal}"]


@contextmanager
def made_database(server: Server, options: str = "") -> Iterator[Database]:
    database = Database(server, f"t_{uuid4().hex}")
    server.run(f"CREATE DATABASE {database.name} OWNER cwg_owner {options}")
    yield database
    server.run(f"DROP DATABASE {database.name} WITH (FORCE)")


def test_the_portal_is_ready_on_its_schema_and_a_later_one_and_not_on_an_earlier_one(
    database: Database, browser: Callable[..., Browser]
) -> None:
    visitor, answers = browser(), []
    for revision in (STEPS[-2], "of_a_later_version", STEPS[-1]):
        database.run_as_superuser(f"UPDATE portal.alembic_version SET version_num = '{revision}'")
        answers.append((visitor.get("/readyz").status_code, visitor.get("/healthz").status_code))

    assert answers == [(503, 200), (200, 200), (200, 200)]


def test_the_portal_is_not_ready_on_a_database_that_was_never_migrated(
    server: Server, settings: Settings, browser: Callable[..., Browser], database: Database
) -> None:
    database.run_as_superuser("DELETE FROM portal.alembic_version")

    assert browser().get("/readyz").status_code == 503


def test_the_worker_does_not_begin_on_an_earlier_schema(
    database: Database,
    use_database: Callable[[Database], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    use_database(database)
    for name, value in key_environment(*PRIVATE_KEYS).items():
        monkeypatch.setenv(name, value)
    database.run_as_superuser(f"UPDATE portal.alembic_version SET version_num = '{STEPS[-2]}'")

    assert main(["work"]) == 2

    expected = "work: the database lacks migrations of this version: run `python -m app migrate` first\n"
    assert capsys.readouterr().err == expected


@pytest.mark.thorough
def test_a_password_that_was_changed_in_an_address_becomes_that_of_the_role(tmp_path: Path) -> None:
    with run_postgres_cluster(tmp_path / "postgres", durable=False) as cluster:
        create_owner_and_databases(cluster)
        roles = ("cwg_owner", "cwg_portal", "cwg_worker", "cwg_reader")
        owner, *others = (cluster.database_url("cwg", role) for role in roles)
        first, second = ([set_password(url, word) for url in others] for word in ("of-before", "of-now"))
        migrate(owner, *first)
        require_passwords(cluster.database_url("postgres", "postgres"))
        assert [can_log_in(url) for url in (*first, *second)] == [True] * 3 + [False] * 3

        migrate(owner, *second)

        assert [can_log_in(url) for url in (*first, *second)] == [False] * 3 + [True] * 3
        with psycopg.connect(to_libpq_address(cluster.database_url("cwg", "postgres")), autocommit=True) as root:
            root.execute("ALTER ROLE cwg_owner NOCREATEROLE")
        with pytest.raises(ValueError, match="password of cwg_portal is another one") as refused:
            migrate(owner, *first)
        assert "of-before" not in str(refused.value)


def set_password(url: str, password: str) -> str:
    return make_url(url).set(password=password).render_as_string(hide_password=False)


def can_log_in(url: str) -> bool:
    try:
        psycopg.connect(to_libpq_address(url)).close()
    except psycopg.OperationalError:
        return False
    return True


def require_passwords(url: str) -> None:
    """Let PostgreSQL ask all roles but the owner and the superuser for a password."""
    with psycopg.connect(to_libpq_address(url), autocommit=True) as root:
        path = Path(root.execute("SHOW hba_file").fetchone()[0])
        asked = "local all cwg_portal,cwg_worker,cwg_reader scram-sha-256\n"
        owner = path.stat()
        path.write_text(asked + path.read_text(encoding="utf-8"), encoding="utf-8")
        os.chown(path, owner.st_uid, owner.st_gid)
        root.execute("SELECT pg_reload_conf()")
