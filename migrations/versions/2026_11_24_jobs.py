"""The queue of jobs (procrastinate), in a schema of its own."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "jobs"
down_revision = "first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("CREATE SCHEMA jobs")
    op.execute("SET LOCAL search_path TO jobs")
    # Straight to the driver: the text holds percent signs that are not ours to double.
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())
    op.execute("SET LOCAL search_path TO DEFAULT")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP SCHEMA jobs CASCADE")
