"""When the service that opens files last ended with the rendition of a file, which is made alone from then on."""

import sqlalchemy as sa
from alembic import op

revision = "interrupted_renditions"
down_revision = "state_decisions"
branch_labels = None
depends_on = None

KEYS = {"rendition": "sha256", "contribution_rendition": "contribution_id,sha256"}
BEFORE, SINCE = "asked_at,state,tries", "asked_at,interrupted_at,state,tries"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in KEYS:
        op.add_column(table, sa.Column("interrupted_at", sa.DateTime(timezone=True), nullable=True), schema="portal")
        _leave_unrecorded(table, SINCE)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in KEYS:
        _leave_unrecorded(table, BEFORE)
        op.drop_column(table, "interrupted_at", schema="portal")


def _leave_unrecorded(table: str, columns: str) -> None:
    """Record each row without these columns from now on; what was recorded before stays as it is."""
    op.execute(f"DROP TRIGGER note_row ON portal.{table}")
    op.execute(
        f"CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.{table}"
        f" FOR EACH ROW EXECUTE FUNCTION portal.note_row('{{{KEYS[table]}}}', '{{{columns}}}')"
    )
    op.get_bind().execute(
        sa.text("UPDATE portal.recorded_table SET unrecorded = :columns WHERE relation = :relation"),
        {"columns": columns.split(","), "relation": f"portal.{table}"},
    )
