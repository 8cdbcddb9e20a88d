"""Which migrations a database has, and which this version of the software knows.

A migration removes nothing that the version before uses. So a database may be ahead of the software, as it is while one
server after the other is replaced, but not behind it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import ProgrammingError

MIGRATIONS = Path(__file__).parents[3] / "migrations"
REVISION_PATTERN = re.compile(r'^(down_)?revision(?:: .*)? = (?:"(\w+)"|None)$', re.MULTILINE)


class SchemaOutdated(ValueError):
    """The database lacks a migration that this version of the software needs."""


@dataclass(frozen=True)
class SchemaHistory:
    """The migrations of one database: where they are, which query finds the last one, which command applies them."""

    folder: Path
    query: TextClause
    command: str

    @cached_property
    def _parents(self) -> Mapping[str, str]:
        """The revision before each, as the files name it; empty for the first."""
        return dict(map(_read_revision, self.folder.glob("*.py")))

    def list_missing(self, connection: Connection) -> list[str]:
        """List the revisions that the database lacks, in the order in which they are applied; none if it is ahead."""
        return self.list_after(self._find_revision(connection))

    def list_after(self, found: str | None) -> list[str]:
        """List the revisions that a database lacks of which this is the last; None has nothing."""
        missing: list[str] = []
        if found and found not in self._parents:
            return []  # of a later version
        (revision,) = set(self._parents) - set(self._parents.values())
        while revision and revision != found:
            missing.insert(0, revision)
            revision = self._parents[revision]
        return missing

    def require_current(self, connection: Connection) -> None:
        """Raise SchemaOutdated if the database lacks a revision."""
        if self.list_missing(connection):
            raise SchemaOutdated(
                f"the database lacks migrations of this version: run `python -m app {self.command}` first"
            )

    def _find_revision(self, connection: Connection) -> str | None:
        """Find the last revision that was applied; None if there is none, or this role may not read it."""
        try:
            with connection.begin_nested():
                revision: str | None = connection.scalar(self.query)
                return revision
        except ProgrammingError:  # no such schema or table, or no right to it, which a migration gives
            return None


PORTAL_HISTORY = SchemaHistory(
    MIGRATIONS / "versions", text("SELECT version_num FROM portal.alembic_version"), "migrate"
)
READ_HISTORY = SchemaHistory(
    MIGRATIONS / "read" / "versions", text("SELECT version_num FROM release.alembic_version"), "migrate-read"
)


def _read_revision(path: Path) -> tuple[str, str]:
    """Read the revision of a file and the one before; a file without them is no migration. Raises ValueError."""
    named = dict(REVISION_PATTERN.findall(path.read_text(encoding="utf-8")))
    return named[""], named["down_"]
