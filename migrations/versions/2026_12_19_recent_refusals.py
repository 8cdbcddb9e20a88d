"""Whose files were refused lately, at the upload or afterwards, in any process; and who handed in a waiting file."""

import sqlalchemy as sa
from alembic import op

revision = "recent_refusals"
down_revision = "undrawn_content"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "recent_refusal",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["portal.person.id"],
            name=op.f("fk_recent_refusal_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recent_refusal")),
        schema="portal",
    )
    op.create_index(op.f("ix_recent_refusal_person_id"), "recent_refusal", ["person_id"], schema="portal")
    op.execute("GRANT SELECT, INSERT, DELETE ON portal.recent_refusal TO cwg_portal")
    op.add_column("waiting_file", sa.Column("sent_by", sa.Uuid(), nullable=True), schema="portal")
    op.create_foreign_key(
        op.f("fk_waiting_file_sent_by_person"),
        "waiting_file",
        "person",
        ["sent_by"],
        ["id"],
        source_schema="portal",
        referent_schema="portal",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("waiting_file", "sent_by", schema="portal")
    op.drop_table("recent_refusal", schema="portal")
