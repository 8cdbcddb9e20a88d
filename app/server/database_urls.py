"""Database addresses of a command: those of the settings or, where none is set, of the embedded PostgreSQL of the
project folder."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection, NullPool, create_engine, text

from app.core.db import to_libpq_address
from app.embedded import EmbeddedPostgresCluster, find_running_postgres_cluster, run_postgres_cluster
from app.settings import Settings

PROJECT_ROOT = Path(__file__).parents[2]
EMBEDDED_HOME = PROJECT_ROOT / ".demo" / "postgres"
DATABASE_NAME, READ_DATABASE_NAME = "cwg", "cwg_read"
OWNER_ROLE, REPLICA_ROLE, SUPERUSER = "cwg_owner", "cwg_replica", "postgres"
SUBSCRIPTION = "cwg_release"
EMBEDDED_DATABASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "owner_database_url": (DATABASE_NAME, OWNER_ROLE),
        "database_url": (DATABASE_NAME, "cwg_portal"),
        "worker_database_url": (DATABASE_NAME, "cwg_worker"),
        "reader_database_url": (READ_DATABASE_NAME, "cwg_reader"),
        "replication_url": (DATABASE_NAME, REPLICA_ROLE),
        "read_owner_database_url": (READ_DATABASE_NAME, SUPERUSER),
    }
)
"""The settings with an address of a database; database and role of each in an embedded PostgreSQL."""
PORTAL_SETTINGS = ("owner_database_url", "database_url", "worker_database_url", "reader_database_url")
READ_SETTINGS = ("read_owner_database_url", "reader_database_url", "replication_url")


class MissingSetting(ValueError):
    """Some database addresses are set, but not one that the command needs."""


@contextmanager
def with_embedded_database_if_unset(
    settings: Settings, *required: str, home: Path = EMBEDDED_HOME
) -> Iterator[Settings]:
    """Yield the settings with all required database addresses; an embedded PostgreSQL runs until the end of the block.

    The embedded one is used only if no address is set at all: the server of another process if one runs, else one of
    this process. A public portal never gets it, since its data would lie unprotected in a folder. Raises MissingSetting
    if a required address is not set (and some other is, or the portal is public), EmbeddedPostgresUnavailable if
    PostgreSQL does not start.
    """
    if settings.is_public or any(getattr(settings, name) for name in EMBEDDED_DATABASES):
        require_database_urls(settings, required)
        yield settings
    elif attached := find_running_postgres_cluster(home):
        yield add_cluster_urls_to_settings(attached, settings)
    else:
        with run_postgres_cluster(home) as started:
            create_owner_and_databases(started)
            yield add_cluster_urls_to_settings(started, settings)


def require_database_urls(settings: Settings, required: Sequence[str]) -> None:
    """Raise MissingSetting, naming the first required address that is not set."""
    for name in required:
        if not getattr(settings, name):
            raise MissingSetting(f"CWG_{name.upper()} is not set: give the address of that role in your PostgreSQL")


def add_cluster_urls_to_settings(cluster: EmbeddedPostgresCluster, settings: Settings) -> Settings:
    """Return the settings with the addresses of all roles in an embedded PostgreSQL."""
    urls = {name: cluster.database_url(*place) for name, place in EMBEDDED_DATABASES.items()}
    return settings.model_copy(update=urls)


def get_role_urls(settings: Settings) -> tuple[str, str, str, str, str | None]:
    """Return the addresses of owner, portal, worker, read path and replication; all but the last one have to be set."""
    owner, portal, worker, reader = (getattr(settings, name) for name in PORTAL_SETTINGS)
    return owner, portal, worker, reader, settings.replication_url


def create_owner_and_databases(cluster: EmbeddedPostgresCluster) -> None:
    """Create what an administrator creates by hand elsewhere, where it is missing: the owner role, which creates the
    other roles when it migrates, the role of the replication, and the two databases.

    The replication gets the present address of the server: its socket has another name at each start.
    """
    with _connect_as_superuser(cluster, "postgres") as connection:
        for role, attributes in ((OWNER_ROLE, "LOGIN CREATEROLE"), (REPLICA_ROLE, "LOGIN REPLICATION")):
            if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": role}):
                connection.execute(text(f"CREATE ROLE {role} {attributes}"))
        connection.execute(text(f"GRANT {REPLICA_ROLE} TO {OWNER_ROLE} WITH ADMIN OPTION"))
        for name in (DATABASE_NAME, READ_DATABASE_NAME):
            if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
                connection.execute(text(f"CREATE DATABASE {name} OWNER {OWNER_ROLE}"))
    with _connect_as_superuser(cluster, READ_DATABASE_NAME) as connection:
        if connection.scalar(text("SELECT 1 FROM pg_subscription WHERE subname = :name"), {"name": SUBSCRIPTION}):
            address = to_libpq_address(cluster.database_url(DATABASE_NAME, REPLICA_ROLE))
            connection.execute(text(f"ALTER SUBSCRIPTION {SUBSCRIPTION} CONNECTION '{address}'"))


@contextmanager
def _connect_as_superuser(cluster: EmbeddedPostgresCluster, database: str) -> Iterator[Connection]:
    """Connect to a database of an embedded PostgreSQL as its superuser, in autocommit."""
    engine = create_engine(cluster.database_url(database, SUPERUSER), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
