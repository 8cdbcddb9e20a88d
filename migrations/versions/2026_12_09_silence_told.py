"""A silence procedure stores of which States somebody could see it, and how the chair dealt with the others.

A body may show the positions of States to their own delegation until the deadline. All new columns may be empty, so
that no digest of a row changes; procedures of before have none of them.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "silence_told"
down_revision = "approval_checks"
branch_labels = None
depends_on = None

COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "unreached": ARRAY(sa.String()),
    "opened_despite": sa.String(),
    "note_sent_on": sa.Date(),
    "note_reference": sa.String(),
    "opening_reason": sa.String(),
    "positions_shown_to": sa.String(),
}
CHOICE = "(opened_despite IS NOT NULL) = (coalesce(cardinality(unreached), 0) > 0)"
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.silence_informed_state
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{procedure_id,entity}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.silence_informed_state', '{procedure_id,entity}', '{}')
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("body", sa.Column("positions_shown_to", sa.String(), nullable=True), schema="portal")
    for name, kind in COLUMNS.items():
        op.add_column("silence_procedure", sa.Column(name, kind, nullable=True), schema="portal")
    op.create_check_constraint(
        op.f("ck_silence_procedure_opened_by_choice"), "silence_procedure", CHOICE, schema="portal"
    )
    op.create_table(
        "silence_informed_state",
        sa.Column("procedure_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("answering", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["procedure_id"],
            ["portal.silence_procedure.id"],
            name=op.f("fk_silence_informed_state_procedure_id_silence_procedure"),
        ),
        sa.PrimaryKeyConstraint("procedure_id", "entity", name=op.f("pk_silence_informed_state")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT ON portal.silence_informed_state TO cwg_portal")
    op.execute(RECORD)
    op.execute(REGISTER)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.silence_informed_state'")
    op.drop_table("silence_informed_state", schema="portal")
    op.drop_constraint(op.f("ck_silence_procedure_opened_by_choice"), "silence_procedure", schema="portal")
    for name in COLUMNS:
        op.drop_column("silence_procedure", name, schema="portal")
    op.drop_column("body", "positions_shown_to", schema="portal")
