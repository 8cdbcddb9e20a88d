"""Sessions that move together may take each other's places: that they begin apart is asked at the commit."""

from alembic import op

revision = "session_times"
down_revision = "reports"
branch_labels = None
depends_on = None

NAME = "uq_meeting_session_meeting_id_starts_at"
COLUMNS = ["meeting_id", "starts_at"]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_constraint(NAME, "meeting_session", schema="portal")
    op.create_unique_constraint(
        NAME, "meeting_session", COLUMNS, schema="portal", deferrable=True, initially="DEFERRED"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_constraint(NAME, "meeting_session", schema="portal")
    op.create_unique_constraint(NAME, "meeting_session", COLUMNS, schema="portal")
