"""Files of contributions that arrive before they are inspected: their verdict, the order of the inspection, and what
may be replaced after a refusal.

The new columns are empty for what there is, so that no digest of a row changes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "files_after_arrival"
down_revision = "refused_often"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.refused_file
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{contribution_id,language}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.refused_file', '{contribution_id,language}', '{}')
"""
# Without its verdict, a file that was refused or never inspected would be given out.
REFUSE_LOSS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM portal.contribution_file WHERE verdict IN ('waiting', 'refused')) THEN
        RAISE EXCEPTION 'files wait for their inspection or were refused: remove them first';
    END IF;
END $$
"""
# As the other parts of a contribution: who may read that may read them.
OF_OURS = "EXISTS (SELECT FROM portal.contribution c WHERE c.id = contribution_id)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("contribution_file", sa.Column("verdict", sa.String(), nullable=True), schema="portal")
    op.add_column(
        "contribution_file", sa.Column("examined_at", sa.DateTime(timezone=True), nullable=True), schema="portal"
    )
    op.create_table(
        "waiting_file",
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contribution_id", "language"],
            ["portal.contribution_file.contribution_id", "portal.contribution_file.language"],
            name=op.f("fk_waiting_file_contribution_id_contribution_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contribution_id", "language", name=op.f("pk_waiting_file")),
        schema="portal",
    )
    op.create_table(
        "refused_file",
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cover_digest", sa.String(64), nullable=False),
        sa.Column("submitted", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["portal.contribution.id"],
            name=op.f("fk_refused_file_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contribution_id", "language", name=op.f("pk_refused_file")),
        schema="portal",
    )
    op.execute(RECORD)
    op.execute(REGISTER)
    for table in ("portal.waiting_file", "portal.refused_file"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_drafts ON {table} TO cwg_portal USING ({OF_OURS})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO cwg_portal")
    for right in ("SELECT", "UPDATE", "DELETE"):
        policy = f"inspected_{right.lower()}"
        op.execute(f"CREATE POLICY {policy} ON portal.waiting_file FOR {right} TO cwg_worker USING (true)")
    # The worker alone says what may be replaced.
    op.execute("REVOKE INSERT, UPDATE, DELETE ON portal.refused_file FROM cwg_portal")
    op.execute("GRANT INSERT, UPDATE ON portal.refused_file TO cwg_worker")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(REFUSE_LOSS)
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.refused_file'")
    op.drop_table("refused_file", schema="portal")
    op.drop_table("waiting_file", schema="portal")
    for name in ("examined_at", "verdict"):
        op.drop_column("contribution_file", name, schema="portal")
