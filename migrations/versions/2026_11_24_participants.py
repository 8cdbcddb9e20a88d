"""Participants of meetings; the deadlines of a meeting other than that for contributions, with their rules on the body.

The days: 7 for the posting of all documents and 12 for contributions (Council Decision 556); 21 for proposals of agenda
items and 7 for registration are habits of this working group, kept as data like the others.
"""

import sqlalchemy as sa
from alembic import op

revision = "participants"
down_revision = "agendas"
branch_labels = None
depends_on = None

RULES = {"posting_days": 7, "proposal_days": 21, "registration_days": 7}
DUE = {"posting_due_at": 7, "proposals_due_at": 21, "registration_due_at": 7}
# The last second of the day, in the meeting's zone.
COUNTED_BACK = "UPDATE portal.meeting SET {column} = (opens_on - {days} + time '23:59:59') AT TIME ZONE zone"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for column, days in RULES.items():
        op.add_column(
            "body", sa.Column(column, sa.Integer(), nullable=False, server_default=str(days)), schema="portal"
        )
        op.alter_column("body", column, server_default=None, schema="portal")
    for column, days in DUE.items():
        op.add_column("meeting", sa.Column(column, sa.DateTime(timezone=True), nullable=True), schema="portal")
        op.execute(COUNTED_BACK.format(column=column, days=days))
        op.alter_column("meeting", column, nullable=False, schema="portal")
    op.create_table(
        "participant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_name", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attended", sa.Boolean(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cancelled_by"], ["portal.person.id"], name=op.f("fk_participant_cancelled_by_person")
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["portal.meeting.id"], name=op.f("fk_participant_meeting_id_meeting")),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_participant_person_id_person")),
        sa.ForeignKeyConstraint(
            ["registered_by"], ["portal.person.id"], name=op.f("fk_participant_registered_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        schema="portal",
    )
    standing = "cancelled_at IS NULL"
    op.create_index(
        "uq_participant_head",
        "participant",
        ["meeting_id", "entity"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text(f"capacity = 'head_of_delegation' AND {standing}"),
    )
    op.create_index(
        "uq_participant_person",
        "participant",
        ["meeting_id", "person_id"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text(standing),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON portal.participant TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("participant", schema="portal")
    for column in DUE:
        op.drop_column("meeting", column, schema="portal")
    for column in RULES:
        op.drop_column("body", column, schema="portal")
