"""Incoming liaison statements, their files, and the outputs that reply to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "liaisons"
down_revision = "organizations"
branch_labels = None
depends_on = None

KEYS = {"liaison": "{id}", "liaison_file": "{liaison_id,language}", "liaison_reply": "{output_id}"}
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.{table}
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{key}', '{{}}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('portal.{table}', '{key}', '{{}}')
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    _create_liaison()
    _create_liaison_file()
    _create_liaison_reply()
    for table, key in KEYS.items():
        op.execute(RECORD.format(table=table, key=key))
        op.execute(REGISTER.format(table=table, key=key))
        op.execute(f"GRANT SELECT, INSERT ON portal.{table} TO cwg_portal")
    op.execute(
        "GRANT UPDATE (state, holder_id, held_until, document_id, reply_id, because, version)"
        " ON portal.liaison TO cwg_portal"
    )
    op.execute("GRANT DELETE ON portal.liaison_reply TO cwg_portal")


def _create_liaison() -> None:
    table = "liaison"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("organization", sa.String(), nullable=True),
        sa.Column("sender_body_id", sa.Uuid(), nullable=True),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("original", sa.String(length=2), nullable=False),
        sa.Column("topics", ARRAY(sa.String()), nullable=False),
        sa.Column("wants", sa.String(), nullable=False),
        sa.Column("reply_by", sa.Date(), nullable=True),
        sa.Column("answers", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("held_until", sa.Date(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("reply_id", sa.Uuid(), nullable=True),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(organization IS NULL) <> (sender_body_id IS NULL)", name=op.f(f"ck_{table}_has_one_party")
        ),
        sa.CheckConstraint("(holder_id IS NULL) = (held_until IS NULL)", name=op.f(f"ck_{table}_is_held_until")),
        sa.CheckConstraint(
            "(document_id IS NULL) = (state IN ('received', 'returned'))", name=op.f(f"ck_{table}_has_its_document")
        ),
        sa.CheckConstraint("(reply_id IS NULL) = (state <> 'answered')", name=op.f(f"ck_{table}_has_its_reply")),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f(f"fk_{table}_body_id_body")),
        sa.ForeignKeyConstraint(
            ["organization"], ["portal.organization.code"], name=op.f(f"fk_{table}_organization_organization")
        ),
        sa.ForeignKeyConstraint(["sender_body_id"], ["portal.body.id"], name=op.f(f"fk_{table}_sender_body_id_body")),
        sa.ForeignKeyConstraint(["answers"], ["portal.output.id"], name=op.f(f"fk_{table}_answers_output")),
        sa.ForeignKeyConstraint(["holder_id"], ["portal.person.id"], name=op.f(f"fk_{table}_holder_id_person")),
        sa.ForeignKeyConstraint(["document_id"], ["portal.document.id"], name=op.f(f"fk_{table}_document_id_document")),
        sa.ForeignKeyConstraint(["reply_id"], ["portal.output.id"], name=op.f(f"fk_{table}_reply_id_output")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("document_id", name=op.f(f"uq_{table}_document_id")),
        schema="portal",
    )
    op.create_index(op.f(f"ix_{table}_body_id_state"), table, ["body_id", "state"], schema="portal")
    op.create_index(op.f(f"ix_{table}_organization"), table, ["organization"], schema="portal")


def _create_liaison_file() -> None:
    table = "liaison_file"
    op.create_table(
        table,
        sa.Column("liaison_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("findings", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["liaison_id"], ["portal.liaison.id"], name=op.f(f"fk_{table}_liaison_id_liaison")),
        sa.PrimaryKeyConstraint("liaison_id", "language", name=op.f(f"pk_{table}")),
        schema="portal",
    )
    op.create_index(op.f(f"ix_{table}_sha256"), table, ["sha256"], schema="portal")


def _create_liaison_reply() -> None:
    table = "liaison_reply"
    op.create_table(
        table,
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("liaison_id", sa.Uuid(), nullable=False),
        sa.Column("chosen_by", sa.Uuid(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["output_id"], ["portal.output.id"], name=op.f(f"fk_{table}_output_id_output")),
        sa.ForeignKeyConstraint(["liaison_id"], ["portal.liaison.id"], name=op.f(f"fk_{table}_liaison_id_liaison")),
        sa.ForeignKeyConstraint(["chosen_by"], ["portal.person.id"], name=op.f(f"fk_{table}_chosen_by_person")),
        sa.PrimaryKeyConstraint("output_id", name=op.f(f"pk_{table}")),
        schema="portal",
    )
    op.create_index(op.f(f"ix_{table}_liaison_id"), table, ["liaison_id"], schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(
        "DELETE FROM portal.recorded_table"
        " WHERE relation IN ('portal.liaison', 'portal.liaison_file', 'portal.liaison_reply')"
    )
    for table in ("liaison_reply", "liaison_file", "liaison"):
        op.drop_table(table, schema="portal")
