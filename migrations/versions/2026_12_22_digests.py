"""Daily digests of notifications, a choice for each category of them, and what people follow."""

import sqlalchemy as sa
from alembic import op

revision = "digests"
down_revision = "orphaned_renditions"
branch_labels = None
depends_on = None

# Who had stopped everything that is now one category gets none of it.
CATEGORIES = """
INSERT INTO portal.stopped_kind (person_id, kind, choice, stopped_at)
SELECT s.person_id, c.category, 'never', max(s.stopped_at)
FROM portal.stopped_kind s
JOIN (VALUES ('silence-opened', 'silence', 4), ('silence-reminder', 'silence', 4), ('silence-moved', 'silence', 4),
             ('silence-ended', 'silence', 4), ('release', 'releases', 1), ('deadline', 'meetings', 1),
             ('contribution', 'contributions', 1), ('state-answer', 'office', 1)) AS c (kind, category, kinds)
  ON c.kind = s.kind
GROUP BY s.person_id, c.category, c.kinds
HAVING count(*) = c.kinds
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "digest",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fate", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(fate = 'waiting') = (ended_at IS NULL)", name=op.f("ck_digest_ended")),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_digest_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("person_id", "planned_at", name=op.f("uq_digest_person_id_planned_at")),
        schema="portal",
    )
    op.create_index(
        "ix_digest_due", "digest", ["due_at"], schema="portal", postgresql_where=sa.text("fate = 'waiting'")
    )
    op.add_column("letter", sa.Column("digest_id", sa.Uuid(), nullable=True), schema="portal")
    op.create_foreign_key(
        op.f("fk_letter_digest_id_digest"),
        "letter",
        "digest",
        ["digest_id"],
        ["id"],
        source_schema="portal",
        referent_schema="portal",
    )
    op.drop_index("ix_letter_due", "letter", schema="portal")
    op.create_index(
        "ix_letter_due",
        "letter",
        ["due_at"],
        schema="portal",
        postgresql_where=sa.text("fate = 'waiting' AND digest_id IS NULL"),
    )
    op.create_index(
        op.f("ix_letter_digest_id"),
        "letter",
        ["digest_id"],
        schema="portal",
        postgresql_where=sa.text("digest_id IS NOT NULL"),
    )
    op.add_column(
        "stopped_kind", sa.Column("choice", sa.String(), server_default="never", nullable=False), schema="portal"
    )
    op.execute(CATEGORIES)
    op.create_table(
        "followed",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_followed_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "kind", "key", name=op.f("pk_followed")),
        schema="portal",
    )
    op.create_index(op.f("ix_followed_kind_key"), "followed", ["kind", "key"], schema="portal")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON portal.digest TO cwg_portal")
    op.execute("GRANT UPDATE ON portal.stopped_kind TO cwg_portal")
    op.execute("GRANT SELECT, INSERT, DELETE ON portal.followed TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("followed", schema="portal")
    op.execute("DELETE FROM portal.stopped_kind WHERE choice <> 'never'")
    op.execute("REVOKE UPDATE ON portal.stopped_kind FROM cwg_portal")
    op.drop_column("stopped_kind", "choice", schema="portal")
    op.drop_index("ix_letter_due", "letter", schema="portal")
    op.drop_column("letter", "digest_id", schema="portal")
    op.create_index(
        "ix_letter_due", "letter", ["due_at"], schema="portal", postgresql_where=sa.text("fate = 'waiting'")
    )
    op.drop_table("digest", schema="portal")
