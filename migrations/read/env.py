"""Runs the migrations of the read path's own database on the connection that `app.cli.read_database` hands over."""

from typing import Any

from alembic import context
from sqlalchemy import Connection

from app.domain.preservation.models import RestoreHoldBase
from app.domain.releases.models import ReleaseBase


def ours(name: str | None, kind: str, parents: Any) -> bool:
    """Compare schema `release` only."""
    return name == "release" if kind == "schema" else parents.get("schema_name") == "release"


connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=(ReleaseBase.metadata, RestoreHoldBase.metadata),
    version_table_schema="release",
    include_schemas=True,
    include_name=ours,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
