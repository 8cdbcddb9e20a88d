"""The documents that a decision names, from which of its versions until which."""

import sqlalchemy as sa
from alembic import op

revision = "decision_documents"
down_revision = "deliveries"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.decision_document
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{decision_id,document_id,added_in}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.decision_document', '{decision_id,document_id,added_in}', '{}')
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "decision_document",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("added_in", sa.Integer(), nullable=False),
        sa.Column("removed_in", sa.Integer(), nullable=True),
        sa.CheckConstraint("removed_in > added_in", name=op.f("ck_decision_document_removed_after_it_was_added")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["portal.decision.id"], name=op.f("fk_decision_document_decision_id_decision")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["portal.document.id"], name=op.f("fk_decision_document_document_id_document")
        ),
        sa.PrimaryKeyConstraint("decision_id", "document_id", "added_in", name=op.f("pk_decision_document")),
        schema="portal",
    )
    op.create_index(op.f("ix_decision_document_document_id"), "decision_document", ["document_id"], schema="portal")
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute("GRANT SELECT, INSERT ON portal.decision_document TO cwg_portal")
    op.execute("GRANT UPDATE (removed_in) ON portal.decision_document TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.decision_document'")
    op.drop_table("decision_document", schema="portal")
