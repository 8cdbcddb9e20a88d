"""Letters that wait for the mail server or left, and the kinds that people do not want."""

import sqlalchemy as sa
from alembic import op

revision = "letters"
down_revision = "public"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "letter",
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fate", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(fate = 'waiting') = (ended_at IS NULL)", name=op.f("ck_letter_ended")),
        sa.ForeignKeyConstraint(["line"], ["portal.journal_line.seq"], name=op.f("fk_letter_line_journal_line")),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_letter_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("line", "kind", "person_id", name=op.f("uq_letter_line_kind_person_id")),
        schema="portal",
    )
    op.create_index(
        "ix_letter_due", "letter", ["due_at"], schema="portal", postgresql_where=sa.text("fate = 'waiting'")
    )
    op.create_index(op.f("ix_letter_person_id_written_at"), "letter", ["person_id", "written_at"], schema="portal")
    op.create_table(
        "stopped_kind",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_stopped_kind_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_stopped_kind")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON portal.letter TO cwg_portal")
    op.execute("GRANT SELECT, INSERT, DELETE ON portal.stopped_kind TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("stopped_kind", schema="portal")
    op.drop_table("letter", schema="portal")
