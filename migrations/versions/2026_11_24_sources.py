"""Documents are found by whom they come from: who submitted them, and who signed them."""

from alembic import op

revision = "sources"
down_revision = "desk"
branch_labels = None
depends_on = None

TABLES = ("document", "sponsor")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_entity"), table, ["entity"], schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in TABLES:
        op.drop_index(op.f(f"ix_{table}_entity"), table_name=table, schema="portal")
