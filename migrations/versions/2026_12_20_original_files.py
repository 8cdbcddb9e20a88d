"""Originals of files of which a clean copy was saved, for those who may change the draft."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "original_files"
down_revision = "recent_refusals"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.original_file
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{contribution_id,language}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.original_file', '{contribution_id,language}', '{}')
"""
# A State that is asked to sign reads the contribution, and nothing of what was taken out of it.
WE = "current_setting('cwg.entity', true)"
OF_ITS_WRITERS = (
    f"EXISTS (SELECT FROM portal.contribution c WHERE c.id = contribution_id AND {WE} IN (c.entity, c.by_entity))"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "original_file",
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("findings", JSONB(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("examined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed", JSONB(), nullable=False),
        sa.Column("cleaned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleaned_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contribution_id", "language"],
            ["portal.contribution_file.contribution_id", "portal.contribution_file.language"],
            name=op.f("fk_original_file_contribution_id_contribution_file"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["cleaned_by"], ["portal.person.id"], name=op.f("fk_original_file_cleaned_by_person")),
        sa.PrimaryKeyConstraint("contribution_id", "language", name=op.f("pk_original_file")),
        schema="portal",
    )
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute("ALTER TABLE portal.original_file ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON portal.original_file TO cwg_portal USING ({OF_ITS_WRITERS})")
    op.execute("GRANT SELECT, INSERT, DELETE ON portal.original_file TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.original_file'")
    op.drop_table("original_file", schema="portal")
