"""Keys and inboxes of organizations, and the liaison statements that arrive by machine. What arrived never changes."""

import sqlalchemy as sa
from alembic import op

revision = "organization_inboxes"
down_revision = "addressees"
branch_labels = None
depends_on = None

KEYS = {"organization_inbox": "{id}", "incoming_transmission": "{organization,id}"}
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.{table}
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{key}', '{{}}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('portal.{table}', '{key}', '{{}}')
"""
IN_FORCE = "confirmed_at IS NOT NULL AND ended_at IS NULL"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    _create_organization_inbox()
    _create_incoming_transmission()
    for table, key in KEYS.items():
        op.execute(RECORD.format(table=table, key=key))
        op.execute(REGISTER.format(table=table, key=key))
        op.execute(f"GRANT SELECT, INSERT ON portal.{table} TO cwg_portal")
    op.execute(
        "GRANT UPDATE (confirmed_by, confirmed_at, ended_by, ended_at, because)"
        " ON portal.organization_inbox TO cwg_portal"
    )


def _create_organization_inbox() -> None:
    table, people = "organization_inbox", ("proposed_by", "confirmed_by", "ended_by")
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("because", sa.String(), nullable=True),
        sa.CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name=op.f(f"ck_{table}_confirmed")),
        sa.CheckConstraint("num_nulls(ended_by, ended_at, because) IN (0, 3)", name=op.f(f"ck_{table}_ended")),
        sa.CheckConstraint("confirmed_by <> proposed_by", name=op.f(f"ck_{table}_confirmed_by_another")),
        sa.ForeignKeyConstraint(
            ["organization"], ["portal.organization.code"], name=op.f(f"fk_{table}_organization_organization")
        ),
        *(
            sa.ForeignKeyConstraint([column], ["portal.person.id"], name=op.f(f"fk_{table}_{column}_person"))
            for column in people
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        schema="portal",
    )
    for name, column, condition in (
        (f"uq_{table}_open", "organization", "confirmed_at IS NULL AND ended_at IS NULL"),
        (f"uq_{table}_in_force", "organization", IN_FORCE),
        (f"uq_{table}_public_key", "public_key", IN_FORCE),
    ):
        op.create_index(name, table, [column], unique=True, schema="portal", postgresql_where=sa.text(condition))


def _create_incoming_transmission() -> None:
    table = "incoming_transmission"
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


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(
        "DELETE FROM portal.recorded_table"
        " WHERE relation IN ('portal.organization_inbox', 'portal.incoming_transmission')"
    )
    for table in ("incoming_transmission", "organization_inbox"):
        op.drop_table(table, schema="portal")
