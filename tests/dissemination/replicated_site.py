"""A database of the read path that replication fills from the portal's."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import Connection, NullPool, create_engine

from app.cli.read_database import migrate_read_database, rebuild_read_database
from app.core.addresses import format_database_name
from tests.conftest import Database, Server


class ReadDatabase:
    """A database of the read path, and the portal's from which it is filled."""

    def __init__(self, server: Server, portal: Database) -> None:
        self.server, self.portal, self.name = server, portal, f"r_{uuid4().hex}"
        server.run(f"CREATE DATABASE {self.name} OWNER cwg_owner")

    @property
    def owner(self) -> str:
        return self.server.url(self.name, "postgres")  # who may create subscriptions

    @property
    def reader(self) -> str:
        return self.server.url(self.name, "cwg_reader")

    @property
    def shown_name(self) -> str:
        return format_database_name(self.reader)

    @property
    def replication(self) -> str:
        return self.server.url(self.portal.name, "cwg_replica")

    def migrate(self) -> bool:
        return migrate_read_database(self.owner, self.reader, self.replication)

    def rebuild(self) -> None:
        rebuild_read_database(self.owner, self.replication)

    def run(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement as the superuser of the cluster."""
        with self.server.line(self.name) as line:
            result = line.execute(statement)
            return result.fetchall() if result.description else []

    def drop(self) -> None:
        if self.run(
            "SELECT 1 FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()"
        ):
            self.run("ALTER SUBSCRIPTION cwg_release DISABLE")
            self.run("DROP SUBSCRIPTION cwg_release")
        self.server.run(f"DROP DATABASE {self.name} WITH (FORCE)")


@contextmanager
def connect(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
