"""The read path asks for the number of the last change and for the sign of life of the worker, and needs no notice.

A notice is lost behind a pooler of connections, and does not reach another database.
"""

import sqlalchemy as sa
from alembic import op

revision = "release_version"
down_revision = "worker_role"
branch_labels = None
depends_on = None

# A read path of the version before waits for the notice.
TELL = """
CREATE OR REPLACE FUNCTION release.tell() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    UPDATE release.version SET number = number + 1;
    PERFORM pg_notify('cwg_release', '');
    RETURN NULL;
END $$
"""
TELL_BEFORE = """
CREATE OR REPLACE FUNCTION release.tell() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('cwg_release', ''); RETURN NULL; END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "version",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_version_only_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version")),
        schema="release",
    )
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_heartbeat_only_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heartbeat")),
        schema="release",
    )
    op.execute("INSERT INTO release.version VALUES (1, 0)")
    op.execute("INSERT INTO release.heartbeat VALUES (1, NULL)")
    for table, column in (("version", "number"), ("heartbeat", "at")):
        op.execute(f"GRANT SELECT ON release.{table} TO cwg_portal, cwg_reader")
        op.execute(f"GRANT UPDATE ({column}) ON release.{table} TO cwg_worker")
    op.execute(TELL)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(TELL_BEFORE)
    op.drop_table("heartbeat", schema="release")
    op.drop_table("version", schema="release")
