"""Which database a command works on: the one that the settings name, or the embedded one of the project's folder."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text

from app.embedded import Cluster, attach, cluster
from app.settings import Settings

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".demo" / "postgres"
DATABASE, OWNER, PORTAL, READER = "cwg", "cwg_owner", "cwg_portal", "cwg_reader"
ADDRESSES = ("database_url", "owner_database_url", "reader_database_url")


class Unset(ValueError):  # noqa: N818 - what the settings are
    """Some addresses of the database are set, but not one that is needed here."""


@contextmanager
def housed(settings: Settings, *needed: str, home: Path = HOME) -> Iterator[Settings]:
    """The settings with the addresses that are needed; while this lasts, an embedded PostgreSQL runs.

    The embedded one is used where no address is set at all: that of another process if one runs, else our own.
    A public portal never gets it: its data would lie unguarded in a folder, and nobody would know.
    Raises Unset where some are set or the portal is public and a needed one is not, EmbeddedError if PostgreSQL does
    not start.
    """
    if settings.is_public or any(getattr(settings, name) for name in ADDRESSES):
        insist(settings, needed)
        yield settings
    elif found := attach(home):
        yield at(found, settings)
    else:
        with cluster(home) as started:
            prepare(started)
            yield at(started, settings)


def insist(settings: Settings, needed: Sequence[str]) -> None:
    """Raise Unset, naming the first needed address that is not set."""
    for name in needed:
        if not getattr(settings, name):
            raise Unset(f"CWG_{name.upper()} is not set: give the address of that role in your PostgreSQL")


def at(running: Cluster, settings: Settings) -> Settings:
    """The settings with the addresses of the three roles in an embedded PostgreSQL."""
    addresses = (running.url(DATABASE, role) for role in (PORTAL, OWNER, READER))
    return settings.model_copy(update=dict(zip(ADDRESSES, addresses, strict=True)))


def prepare(running: Cluster) -> None:
    """Make the owner, who makes the other roles when it migrates, and the database, if they are not there."""
    engine = create_engine(running.url("postgres", "postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": OWNER}):
            connection.execute(text(f"CREATE ROLE {OWNER} LOGIN CREATEROLE"))
        if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": DATABASE}):
            connection.execute(text(f"CREATE DATABASE {DATABASE} OWNER {OWNER}"))
    engine.dispose()
