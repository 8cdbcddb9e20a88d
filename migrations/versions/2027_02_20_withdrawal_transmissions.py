"""Withdrawals of liaison statements that are sent to organizations by machine. Only the worker signs and sends them."""

import sqlalchemy as sa
from alembic import op

revision = "withdrawal_transmissions"
down_revision = "noted_acknowledgments"
branch_labels = None
depends_on = None

TABLE = "withdrawal_transmission"
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.withdrawal_transmission
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{delivery_id}', '{problem,tries,try_at}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.withdrawal_transmission', '{delivery_id}', '{problem,tries,try_at}')
"""
ACKNOWLEDGMENT = "num_nulls(acknowledgment, acknowledgment_signature, acknowledgment_key, acknowledged_at) IN (0, 4)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        TABLE,
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledgment", sa.String(), nullable=True),
        sa.Column("acknowledgment_signature", sa.String(), nullable=True),
        sa.Column("acknowledgment_key", sa.String(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.CheckConstraint(ACKNOWLEDGMENT, name=op.f(f"ck_{TABLE}_acknowledgment_is_whole")),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["portal.outgoing_transmission.delivery_id"],
            name=op.f(f"fk_{TABLE}_delivery_id_outgoing_transmission"),
        ),
        sa.ForeignKeyConstraint(
            ["organization"], ["portal.organization.code"], name=op.f(f"fk_{TABLE}_organization_organization")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("id", name=op.f(f"uq_{TABLE}_id")),
        schema="portal",
    )
    op.create_index(op.f(f"ix_{TABLE}_try_at"), TABLE, ["try_at"], schema="portal")
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute(f"GRANT SELECT ON portal.{TABLE} TO cwg_portal")
    op.execute(f"GRANT INSERT, UPDATE ON portal.{TABLE} TO cwg_worker")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.withdrawal_transmission'")
    op.drop_table(TABLE, schema="portal")
