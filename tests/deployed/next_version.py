"""The version after this one, as a test can have it: the same program, with one migration more for each database.

Its servers are not ready until both are applied, and those of this version go on after it.
"""

import tempfile
from pathlib import Path

from app.core.database.schema_revision import PORTAL_HISTORY, READ_HISTORY, SchemaHistory
from tests.deployed.installation import ROOT, run_docker

NEXT = "next"
COLUMNS = ((PORTAL_HISTORY, "portal", "upload"), (READ_HISTORY, "reading", "ended_session"))
"""To which table of which database the next version adds a column."""
MIGRATION = '''\
"""A column that the version before does not know."""

from alembic import op

revision = "of_the_next_version"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("ALTER TABLE {table} ADD COLUMN of_the_next_version text")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("ALTER TABLE {table} DROP COLUMN of_the_next_version")
'''


def build_next_version() -> None:
    """Build both images of the next version from those of this one."""
    with tempfile.TemporaryDirectory(prefix="cwg-next-") as name:
        folder = Path(name)
        for history, schema, table in COLUMNS:
            path = folder / (history.folder / "next.py").relative_to(ROOT)
            path.parent.mkdir(parents=True)
            path.write_text(MIGRATION.format(head=find_head(history), table=f"{schema}.{table}"), encoding="utf-8")
        for image in ("cwg-portal", "cwg-files"):
            (folder / "Dockerfile").write_text(f"FROM {image}\nCOPY migrations migrations\n", encoding="utf-8")
            run_docker("build", "--quiet", "--tag", f"{image}:{NEXT}", name)


def find_head(history: SchemaHistory) -> str:
    """Return the last migration of this version."""
    return history.list_after(None)[-1]
