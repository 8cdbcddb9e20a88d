"""Questions of study groups, and which of them a contribution and a document are about.

The first rows are the Questions of 2025-2028 whose titles have a source (`migrations/data`). The new columns may be
empty, so that no digest of a row changes.
"""

import csv
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "questions"
down_revision = "bodies"
branch_labels = None
depends_on = None

DATA = Path(__file__).parents[1] / "data" / "questions_2025_2028.csv"
FROM_ON, UNTIL_ON = "2025-01-01", "2028-12-31"
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.question
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{id}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('portal.question', '{id}', '{}')
"""
UNREGISTER = "DELETE FROM portal.recorded_table WHERE relation = 'portal.question'"
ADD = """
INSERT INTO portal.question (id, body_id, code, position, titles, from_on, until_on)
SELECT :id, id, :code, :position, jsonb_build_object('en', CAST(:title AS text)), CAST(:from_on AS date),
    CAST(:until_on AS date)
FROM portal.body WHERE code = :body
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("titles", JSONB(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_question_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_question_body_id_body")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("body_id", "code", name=op.f("uq_question_body_id_code")),
        schema="portal",
    )
    _add_first_questions()  # before they are recorded: the next inventory notes them
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute("GRANT SELECT, INSERT ON portal.question TO cwg_portal")
    op.execute("GRANT UPDATE (titles, from_on, until_on) ON portal.question TO cwg_portal")
    op.add_column("body", sa.Column("questions_required", sa.Boolean(), nullable=True), schema="portal")
    for table in ("contribution", "document"):
        op.add_column(table, sa.Column("questions", ARRAY(sa.String()), nullable=True), schema="portal")
    op.execute("GRANT UPDATE (questions) ON portal.document TO cwg_portal")
    op.create_index(op.f("ix_document_questions"), "document", ["questions"], schema="portal", postgresql_using="gin")


def _add_first_questions() -> None:
    term = {"from_on": FROM_ON, "until_on": UNTIL_ON}
    with DATA.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            number = int(row["code"].removeprefix("Q").split("/")[0])
            key = uuid5(NAMESPACE_URL, f"urn:cwg:{row['body']}/{row['code']}")
            values = {"id": key, "body": row["body"], "code": row["code"], "position": number, "title": row["title_en"]}
            op.get_bind().execute(sa.text(ADD), values | term)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in ("document", "contribution"):
        op.drop_column(table, "questions", schema="portal")
    op.drop_column("body", "questions_required", schema="portal")
    op.execute(UNREGISTER)
    op.drop_table("question", schema="portal")
