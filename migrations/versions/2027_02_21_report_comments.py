"""Comments on paragraphs of a report, with the answer to each, and who resolved it."""

import sqlalchemy as sa
from alembic import op

revision = "report_comments"
down_revision = "withdrawal_transmissions"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.report_comment
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{id}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('portal.report_comment', '{id}', '{}')
"""
ANSWERED = "answer, answer_lang, answered_by, answered_at, resolved_by, resolved_at, withdrawn_at, version"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    table = "report_comment"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("paragraph", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("was", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answer_lang", sa.String(length=2), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("stage IN ('draft', 'circulated')", name=op.f(f"ck_{table}_stage")),
        sa.CheckConstraint("(answer = '') = (answered_at IS NULL)", name=op.f(f"ck_{table}_answered")),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR (answered_at IS NULL AND resolved_at IS NULL)", name=op.f(f"ck_{table}_withdrawn")
        ),
        sa.ForeignKeyConstraint(["report_id"], ["portal.report.id"], name=op.f(f"fk_{table}_report_id_report")),
        *(
            sa.ForeignKeyConstraint([column], ["portal.person.id"], name=op.f(f"fk_{table}_{column}_person"))
            for column in ("written_by", "answered_by", "resolved_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        schema="portal",
    )
    op.create_index(op.f(f"ix_{table}_report_id"), table, ["report_id"], unique=False, schema="portal")
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({ANSWERED}) ON portal.report_comment TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.report_comment'")
    op.drop_table("report_comment", schema="portal")
