"""The approval of a translation carries the ID token of its sign-in too, and the worker alone notes what it found.

Approvals of before carry none: they are marked, and stay valid. The new columns may be empty, so that no digest of a
row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "translation_approval_checks"
down_revision = "read_database_results"
branch_labels = None
depends_on = None

FILL = """
INSERT INTO portal.translation_approval_check
    (output_id, language, text_digest, person_id, token_digest, outcome, checked_at)
SELECT output_id, language, approved, approved_by, '', 'before', now()
FROM portal.output_translation WHERE approved_by IS NOT NULL
"""
# The rows of before are recorded by the inventory of `app.cli.migrate`.
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.translation_approval_check
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{output_id,language,text_digest,person_id,token_digest}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.translation_approval_check', '{output_id,language,text_digest,person_id,token_digest}', '{}')
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name in ("id_token", "statement"):
        op.add_column("output_translation", sa.Column(name, sa.String(), nullable=True), schema="portal")
    op.create_table(
        "translation_approval_check",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("text_digest", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'refused') = (cause IS NOT NULL)",
            name=op.f("ck_translation_approval_check_refused_for_a_cause"),
        ),
        sa.ForeignKeyConstraint(
            ["output_id", "language"],
            ["portal.output_translation.output_id", "portal.output_translation.language"],
            name=op.f("fk_translation_approval_check_output_id_output_translation"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["portal.person.id"], name=op.f("fk_translation_approval_check_person_id_person")
        ),
        sa.PrimaryKeyConstraint(
            *("output_id", "language", "text_digest", "person_id", "token_digest"),
            name=op.f("pk_translation_approval_check"),
        ),
        schema="portal",
    )
    op.execute(FILL)
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute("GRANT SELECT ON portal.translation_approval_check TO cwg_portal")
    op.execute("GRANT INSERT ON portal.translation_approval_check TO cwg_worker")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.translation_approval_check'")
    op.drop_table("translation_approval_check", schema="portal")
    for name in ("statement", "id_token"):
        op.drop_column("output_translation", name, schema="portal")
