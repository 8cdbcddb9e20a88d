"""Private notes of the chair on the items of a meeting, which are not on record: the database shows them to the offices
of the body, and the portal to those who work with the chair's tools."""

import sqlalchemy as sa
from alembic import op

revision = "floor_tools"
down_revision = "file_answers"
branch_labels = None
depends_on = None

OF_OUR_BODIES = """EXISTS (
    SELECT FROM portal.meeting m WHERE m.id = meeting_id
    AND m.body_id::text = ANY (string_to_array(current_setting('cwg.offices', true), ','))
)"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "chair_note",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["portal.meeting.id"], name=op.f("fk_chair_note_meeting_id_meeting")),
        sa.ForeignKeyConstraint(["written_by"], ["portal.person.id"], name=op.f("fk_chair_note_written_by_person")),
        sa.PrimaryKeyConstraint("meeting_id", "item_id", name=op.f("pk_chair_note")),
        schema="portal",
    )
    op.execute("ALTER TABLE portal.chair_note ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY offices ON portal.chair_note TO cwg_portal USING ({OF_OUR_BODIES})")
    op.execute("GRANT SELECT, INSERT, UPDATE ON portal.chair_note TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("chair_note", schema="portal")
