"""Deliveries of released outputs to their recipients. Only the worker makes one; the portal notes what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "deliveries"
down_revision = "released_citations"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.delivery
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{id}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('portal.delivery', '{id}', '{}')
"""
STATE_HAS_TIMES = """CASE state WHEN 'due' THEN sent_at IS NULL AND settled_at IS NULL WHEN 'called-back' THEN true
WHEN 'sent' THEN sent_at IS NOT NULL ELSE sent_at IS NOT NULL AND settled_at IS NOT NULL END"""
CHECKS = {
    "settled_is_whole": "num_nulls(settled_by, settled_at) IN (0, 2)",
    "body_is_known": "(kind = 'body') = (receiving_body_id IS NOT NULL)",
    "words_by_hand": "(kind = 'words') = (channel = 'hand')",
    "state_has_times": STATE_HAS_TIMES,
    "called_back_at": "(state = 'called-back') = (called_back_at IS NOT NULL)",
    "received_as_document": "state <> 'received' OR document_id IS NOT NULL",
}
CHANGED = "state, sent_at, settled_by, settled_at, note, document_id"
REFERENCES = {
    "output_id": "output",
    "body_id": "body",
    "receiving_body_id": "body",
    "settled_by": "person",
    "document_id": "document",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("receiving_body_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("called_back_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_delivery_{name}")) for name, rule in CHECKS.items()),
        *(
            sa.ForeignKeyConstraint([column], [f"portal.{table}.id"], name=op.f(f"fk_delivery_{column}_{table}"))
            for column, table in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("output_id", "kind", "recipient", name=op.f("uq_delivery_output_id_kind_recipient")),
        sa.UniqueConstraint("document_id", name=op.f("uq_delivery_document_id")),
        schema="portal",
    )
    for column in ("body_id", "receiving_body_id", "state"):
        op.create_index(op.f(f"ix_delivery_{column}"), "delivery", [column], schema="portal")
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute("GRANT SELECT ON portal.delivery TO cwg_portal")
    op.execute("GRANT INSERT, UPDATE ON portal.delivery TO cwg_worker")
    op.execute(f"GRANT UPDATE ({CHANGED}) ON portal.delivery TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.delivery'")
    op.drop_table("delivery", schema="portal")
