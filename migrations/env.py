"""Runs migrations on the connection that `app.cli.migrate` hands over, as the owner role, one transaction each."""

from typing import Any

from alembic import context
from sqlalchemy import Connection

from app.domain.tables import METADATA

SCHEMAS = {"portal", "release"}


def ours(name: str | None, kind: str, parents: Any) -> bool:
    """Compare our two schemas only; `jobs` belongs to procrastinate."""
    return name in SCHEMAS if kind == "schema" else parents.get("schema_name") in SCHEMAS


connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    version_table_schema="portal",
    include_schemas=True,
    include_name=ours,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
