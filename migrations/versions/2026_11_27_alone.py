"""What one person released alone: why, in the plan of its release, and as the read path shows it."""

import sqlalchemy as sa
from alembic import op

revision = "alone"
down_revision = "forwarding"
branch_labels = None
depends_on = None

SHOWN_COLUMNS = (
    ("alone_because", sa.String()),
    ("alone_language", sa.String(length=2)),
    ("alone_capacity", sa.String()),
)
PLACES = (
    ("portal", "release_plan", (*SHOWN_COLUMNS, ("alone_text", sa.String(length=64)))),
    ("release", "output", SHOWN_COLUMNS),
)
WHOLE = "num_nulls(alone_because, alone_language, alone_capacity, alone_text) IN (0, 4)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for schema, table, columns in PLACES:
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True), schema=schema)
    op.create_check_constraint(op.f("ck_release_plan_alone_is_whole"), "release_plan", WHOLE, schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_constraint(op.f("ck_release_plan_alone_is_whole"), "release_plan", schema="portal")
    for schema, table, columns in PLACES:
        for name, _ in reversed(columns):
            op.drop_column(table, name, schema=schema)
