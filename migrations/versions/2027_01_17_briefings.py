"""Packs of a meeting that people downloaded, and private notes of delegations.

Neither is on record. The database shows a note to the people of its State alone, and the portal to its delegates.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "briefings"
down_revision = "heading_levels"
branch_labels = None
depends_on = None

OUR_OWN = "entity = current_setting('cwg.entity', true)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "meeting_pack",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("files", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["portal.meeting.id"], name=op.f("fk_meeting_pack_meeting_id_meeting")),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_meeting_pack_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_pack")),
        schema="portal",
    )
    op.create_index(
        op.f("ix_meeting_pack_person_id_meeting_id"), "meeting_pack", ["person_id", "meeting_id"], schema="portal"
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON portal.meeting_pack TO cwg_portal")
    op.create_table(
        "delegation_note",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["portal.meeting.id"], name=op.f("fk_delegation_note_meeting_id_meeting")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["portal.person.id"], name=op.f("fk_delegation_note_written_by_person")
        ),
        sa.PrimaryKeyConstraint("meeting_id", "entity", "subject_id", name=op.f("pk_delegation_note")),
        schema="portal",
    )
    op.execute("ALTER TABLE portal.delegation_note ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON portal.delegation_note TO cwg_portal USING ({OUR_OWN})")
    op.execute("GRANT SELECT, INSERT ON portal.delegation_note TO cwg_portal")
    op.execute("GRANT UPDATE (text, version, written_by, written_at) ON portal.delegation_note TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in ("delegation_note", "meeting_pack"):
        op.drop_table(table, schema="portal")
