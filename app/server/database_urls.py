"""Database addresses of a command: those of the settings or, where none is set, of the embedded PostgreSQL of the
project folder."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import NullPool, create_engine, text

from app.embedded import EmbeddedPostgresCluster, find_running_postgres_cluster, run_postgres_cluster
from app.settings import Settings

PROJECT_ROOT = Path(__file__).parents[2]
EMBEDDED_HOME = PROJECT_ROOT / ".demo" / "postgres"
DATABASE_NAME, OWNER_ROLE = "cwg", "cwg_owner"
ROLES_BY_SETTING: Mapping[str, str] = MappingProxyType(
    {
        "owner_database_url": OWNER_ROLE,
        "database_url": "cwg_portal",
        "worker_database_url": "cwg_worker",
        "reader_database_url": "cwg_reader",
    }
)
"""The settings with an address of the database, and the role of each in an embedded PostgreSQL."""


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
    if settings.is_public or any(getattr(settings, name) for name in ROLES_BY_SETTING):
        require_database_urls(settings, required)
        yield settings
    elif attached := find_running_postgres_cluster(home):
        yield add_cluster_urls_to_settings(attached, settings)
    else:
        with run_postgres_cluster(home) as started:
            create_owner_and_database(started)
            yield add_cluster_urls_to_settings(started, settings)


def require_database_urls(settings: Settings, required: Sequence[str]) -> None:
    """Raise MissingSetting, naming the first required address that is not set."""
    for name in required:
        if not getattr(settings, name):
            raise MissingSetting(f"CWG_{name.upper()} is not set: give the address of that role in your PostgreSQL")


def add_cluster_urls_to_settings(cluster: EmbeddedPostgresCluster, settings: Settings) -> Settings:
    """Return the settings with the addresses of all roles in an embedded PostgreSQL."""
    urls = {name: cluster.database_url(DATABASE_NAME, role) for name, role in ROLES_BY_SETTING.items()}
    return settings.model_copy(update=urls)


def get_role_urls(settings: Settings) -> list[str]:
    """Return the addresses of owner, portal, worker and read path, which have to be set."""
    return [getattr(settings, name) for name in ROLES_BY_SETTING]


def create_owner_and_database(cluster: EmbeddedPostgresCluster) -> None:
    """Create the owner role, which creates the other roles when it migrates, and the database, where they are
    missing."""
    engine = create_engine(
        cluster.database_url("postgres", "postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": OWNER_ROLE}):
            connection.execute(text(f"CREATE ROLE {OWNER_ROLE} LOGIN CREATEROLE"))
        if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": DATABASE_NAME}):
            connection.execute(text(f"CREATE DATABASE {DATABASE_NAME} OWNER {OWNER_ROLE}"))
    engine.dispose()
