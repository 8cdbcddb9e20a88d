"""Database addresses of a command: those of the settings or, where none is set, of the embedded PostgreSQL of the
project folder."""

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


class Unset(ValueError):  # noqa: N818 - named for the fault
    """Some database addresses are set, but not one that the command needs."""


@contextmanager
def housed(settings: Settings, *needed: str, home: Path = HOME) -> Iterator[Settings]:
    """Yield the settings with all required database addresses; an embedded PostgreSQL runs until the end of the block.

    The embedded one is used only if no address is set at all: the server of another process if one runs, else one of
    this process. A public portal never gets it, since its data would lie unprotected in a folder. Raises MissingSetting
    if a required address is not set (and some other is, or the portal is public), EmbeddedError if PostgreSQL does not
    start.
    """
    if settings.is_public or any(getattr(settings, name) for name in ADDRESSES):
        insist(settings, needed)
        yield settings
    elif attached := attach(home):
        yield at(attached, settings)
    else:
        with cluster(home) as started:
            prepare(started)
            yield at(started, settings)


def insist(settings: Settings, needed: Sequence[str]) -> None:
    """Raise MissingSetting, naming the first required address that is not set."""
    for name in needed:
        if not getattr(settings, name):
            raise Unset(f"CWG_{name.upper()} is not set: give the address of that role in your PostgreSQL")


def at(running: Cluster, settings: Settings) -> Settings:
    """Return the settings with the addresses of the three roles in an embedded PostgreSQL."""
    addresses = (running.url(DATABASE, role) for role in (PORTAL, OWNER, READER))
    return settings.model_copy(update=dict(zip(ADDRESSES, addresses, strict=True)))


def prepare(running: Cluster) -> None:
    """Create the owner role, which creates the other roles when it migrates, and the database, where they are
    missing."""
    engine = create_engine(running.url("postgres", "postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": OWNER}):
            connection.execute(text(f"CREATE ROLE {OWNER} LOGIN CREATEROLE"))
        if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": DATABASE}):
            connection.execute(text(f"CREATE DATABASE {DATABASE} OWNER {OWNER}"))
    engine.dispose()
