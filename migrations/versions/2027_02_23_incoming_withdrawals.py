"""Withdrawals of liaison statements that arrive by machine, and when the sender of a liaison withdrew it."""

import sqlalchemy as sa
from alembic import op

revision = "incoming_withdrawals"
down_revision = "public_duties"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.incoming_withdrawal
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{organization,id}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.incoming_withdrawal', '{organization,id}', '{}')
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    table = "incoming_withdrawal"
    op.create_table(
        table,
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("liaison_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledgment", sa.String(), nullable=False),
        sa.Column("acknowledgment_signature", sa.String(), nullable=False),
        sa.Column("acknowledgment_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization"], ["portal.organization.code"], name=op.f(f"fk_{table}_organization_organization")
        ),
        sa.ForeignKeyConstraint(["liaison_id"], ["portal.liaison.id"], name=op.f(f"fk_{table}_liaison_id_liaison")),
        sa.PrimaryKeyConstraint("organization", "id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("liaison_id", name=op.f(f"uq_{table}_liaison_id")),
        schema="portal",
    )
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute(f"GRANT SELECT, INSERT ON portal.{table} TO cwg_portal")
    op.add_column("liaison", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True), schema="portal")
    op.execute("GRANT UPDATE (withdrawn_at) ON portal.liaison TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("REVOKE UPDATE (withdrawn_at) ON portal.liaison FROM cwg_portal")
    op.drop_column("liaison", "withdrawn_at", schema="portal")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.incoming_withdrawal'")
    op.drop_table("incoming_withdrawal", schema="portal")
