"""Runs migrations on the connection that `app.cli.migrate` hands over, as the owner role, one transaction each.

The rows that a migration changes are recorded in its transaction (`app.core.row_digests`).
"""

from collections.abc import Collection, Mapping
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection, text

from app.core import journal
from app.domain.preservation.events import RecordMigrated
from app.domain.tables import METADATA

SCHEMAS = {"portal", "release"}


def ours(name: str | None, kind: str, parents: Any) -> bool:
    """Compare our two schemas only; `jobs` belongs to procrastinate."""
    return name in SCHEMAS if kind == "schema" else parents.get("schema_name") in SCHEMAS


def record_migration(
    ctx: MigrationContext,  # noqa: ARG001 - Alembic names the arguments
    step: MigrationInfo,
    heads: Collection[Any],  # noqa: ARG001
    run_args: Mapping[str, Any],  # noqa: ARG001
) -> None:
    """Record the rows that a migration changed, in its transaction (`app.core.row_digests`)."""
    if connection.scalar(text("SELECT to_regclass('portal.pending_row_digest')")) is None:
        return
    if connection.scalar(text("SELECT EXISTS (SELECT FROM portal.pending_row_digest)")):
        journal.write_line(connection, RecordMigrated(str(step.up_revision_id)))


connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    version_table_schema="portal",
    include_schemas=True,
    include_name=ours,
    compare_type=True,
    transaction_per_migration=True,
    on_version_apply=record_migration,
)
with context.begin_transaction():
    context.run_migrations()
