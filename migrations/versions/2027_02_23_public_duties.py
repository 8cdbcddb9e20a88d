"""Reporting duties that two people made public, and their signed copies for the read path."""

import sqlalchemy as sa
from alembic import op

revision = "public_duties"
down_revision = "changes_of_bodies"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.duty_publication
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{id}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('portal.duty_publication', '{id}', '{}')
"""
TELL = """
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON release.reporting_duty EXECUTE FUNCTION release.tell()
"""
DECIDED = "confirmed_by, confirmed_at, ended_by, ended_at, because"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    _create_publication()
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({DECIDED}) ON portal.duty_publication TO cwg_portal")
    op.create_table(
        "reporting_duty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporting_duty")),
        schema="release",
    )
    op.execute("GRANT SELECT ON release.reporting_duty TO cwg_portal, cwg_reader, cwg_replica")
    op.execute("GRANT INSERT, UPDATE, DELETE ON release.reporting_duty TO cwg_worker")
    op.execute(TELL)
    op.execute("ALTER PUBLICATION cwg_release ADD TABLE release.reporting_duty")


def _create_publication() -> None:
    table, people = "duty_publication", ("proposed_by", "confirmed_by", "ended_by")
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("duty_id", sa.Uuid(), nullable=False),
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
            ["duty_id"], ["portal.reporting_duty.id"], name=op.f(f"fk_{table}_duty_id_reporting_duty")
        ),
        *(
            sa.ForeignKeyConstraint([column], ["portal.person.id"], name=op.f(f"fk_{table}_{column}_person"))
            for column in people
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        schema="portal",
    )
    op.create_index(
        f"uq_{table}_current",
        table,
        ["duty_id"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("ALTER PUBLICATION cwg_release DROP TABLE release.reporting_duty")
    op.drop_table("reporting_duty", schema="release")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.duty_publication'")
    op.drop_table("duty_publication", schema="portal")
