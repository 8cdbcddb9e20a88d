"""What is released is published for the read path's own database (logical replication)."""

from alembic import op

revision = "publication"
down_revision = "release_version"
branch_labels = None
depends_on = None

TABLES = (
    *("release.output", "release.file", "release.statement", "release.topic", "release.text", "release.proof"),
    *("release.manifest", "release.public_manifest", "release.withdrawal", "release.version", "release.heartbeat"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("GRANT USAGE ON SCHEMA release TO cwg_replica")
    # Of the hold, which is not published: a database that is held after a restore is not copied.
    op.execute(f"GRANT SELECT ON {', '.join(TABLES)}, release.hold TO cwg_replica")
    op.execute(f"CREATE PUBLICATION cwg_release FOR TABLE {', '.join(TABLES)}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP PUBLICATION cwg_release")
    op.execute(f"REVOKE ALL ON {', '.join(TABLES)}, release.hold FROM cwg_replica")
    op.execute("REVOKE ALL ON SCHEMA release FROM cwg_replica")
