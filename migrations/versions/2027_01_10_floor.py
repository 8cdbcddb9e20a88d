"""What a chair steers by on the floor, and private notes.

The step of an item, the document that is presented, the limits of each State on the item and the time that items took;
who follows the floor now; and private notes of the chair on items, which are not on record: the database shows them to
the offices of the body, and the portal to those who work with the chair's tools.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "floor_tools"
down_revision = "file_answers"
branch_labels = None
depends_on = None

OF_OUR_BODIES = """EXISTS (
    SELECT FROM portal.meeting m WHERE m.id = meeting_id
    AND m.body_id::text = ANY (string_to_array(current_setting('cwg.offices', true), ','))
)"""


def build_sitting_columns() -> list[sa.Column[object]]:
    """Build the new columns of a sitting; all may be empty, so that no digest of a row changes."""
    return [
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("presented_id", sa.Uuid(), nullable=True),
        sa.Column("state_statements", sa.Integer(), nullable=True),
        sa.Column("state_seconds", sa.Integer(), nullable=True),
        sa.Column("item_seconds", postgresql.JSONB(), nullable=True),
    ]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for column in build_sitting_columns():
        op.add_column("sitting", column, schema="portal")
    op.create_table(
        "floor_presence",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["portal.meeting.id"], name=op.f("fk_floor_presence_meeting_id_meeting")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_floor_presence_person_id_person")),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", name=op.f("pk_floor_presence")),
        schema="portal",
        prefixes=["UNLOGGED"],
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON portal.floor_presence TO cwg_portal")
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
    for table in ("chair_note", "floor_presence"):
        op.drop_table(table, schema="portal")
    for column in reversed(build_sitting_columns()):
        op.drop_column("sitting", column.name, schema="portal")
