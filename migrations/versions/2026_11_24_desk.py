"""The secretariat's desk: relations that are revoked on record, and the languages in which a body works."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "desk"
down_revision = "topics_and_proposals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    # A relation that was revoked may be stated again: each statement is a record of its own.
    op.add_column(
        "document_relation",
        sa.Column("id", sa.Uuid(), nullable=False, server_default=sa.text("gen_random_uuid()")),
        schema="portal",
    )
    op.alter_column("document_relation", "id", server_default=None, schema="portal")
    op.drop_constraint(op.f("pk_document_relation"), "document_relation", schema="portal")
    op.create_primary_key(op.f("pk_document_relation"), "document_relation", ["id"], schema="portal")
    op.create_index(op.f("ix_document_relation_document_id"), "document_relation", ["document_id"], schema="portal")
    op.create_table(
        "relation_taken_back",
        sa.Column("relation_id", sa.Uuid(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("taken_back_by", sa.Uuid(), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["relation_id"],
            ["portal.document_relation.id"],
            name=op.f("fk_relation_taken_back_relation_id_document_relation"),
        ),
        sa.ForeignKeyConstraint(
            ["taken_back_by"], ["portal.person.id"], name=op.f("fk_relation_taken_back_taken_back_by_person")
        ),
        sa.PrimaryKeyConstraint("relation_id", name=op.f("pk_relation_taken_back")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT ON portal.relation_taken_back TO cwg_portal")
    # Council working groups work in one language, without translation: nothing beyond the original is wanted.
    op.add_column(
        "body", sa.Column("languages", ARRAY(sa.String()), nullable=False, server_default="{}"), schema="portal"
    )
    op.alter_column("body", "languages", server_default=None, schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("body", "languages", schema="portal")
    op.execute("DELETE FROM portal.document_relation WHERE id IN (SELECT relation_id FROM portal.relation_taken_back)")
    op.drop_table("relation_taken_back", schema="portal")
    op.drop_index(op.f("ix_document_relation_document_id"), table_name="document_relation", schema="portal")
    op.drop_constraint(op.f("pk_document_relation"), "document_relation", schema="portal")
    op.create_primary_key(
        op.f("pk_document_relation"), "document_relation", ["document_id", "kind", "other_id"], schema="portal"
    )
    op.drop_column("document_relation", "id", schema="portal")
