"""Focal points of action lines: dated terms in a table of their own, from which no right is read."""

import sqlalchemy as sa
from alembic import op

revision = "focal_points_of_lines"
down_revision = "facilitators"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.line_focal_point
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{id}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('portal.line_focal_point', '{id}', '{}')
"""
CHECKS = {
    "ends_after_it_begins": "until_on >= from_on",
    "confirmed_by_another": "confirmed_by IS NULL OR confirmed_by <> proposed_by",
    "not_confirmed_by_itself": "confirmed_by IS NULL OR confirmed_by <> person_id",
    "end_is_whole": "num_nulls(ended_by, ended_at, ended_because) IN (0, 3)",
}
CHANGED = "confirmed_by, confirmed_at, ended_by, ended_at, ended_because"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "line_focal_point",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("action_line", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_line_focal_point_{name}")) for name, rule in CHECKS.items()),
        *(
            sa.ForeignKeyConstraint([column], ["portal.person.id"], name=op.f(f"fk_line_focal_point_{column}_person"))
            for column in ("person_id", "proposed_by", "confirmed_by", "ended_by")
        ),
        sa.ForeignKeyConstraint(
            ["action_line"], ["portal.action_line.code"], name=op.f("fk_line_focal_point_action_line_action_line")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_focal_point")),
        schema="portal",
    )
    for column in ("action_line", "person_id"):
        op.create_index(op.f(f"ix_line_focal_point_{column}"), "line_focal_point", [column], schema="portal")
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({CHANGED}) ON portal.line_focal_point TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.line_focal_point'")
    op.drop_table("line_focal_point", schema="portal")
