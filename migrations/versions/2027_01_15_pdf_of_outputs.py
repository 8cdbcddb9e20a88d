"""The PDF of the text of an output in each language: of the draft, of a translation, as it was put before the States in
a silence procedure, and as it was released."""

import sqlalchemy as sa
from alembic import op

revision = "pdf_of_outputs"
down_revision = "invitations"
branch_labels = None
depends_on = None

TABLES = (
    ("portal", "output_file"),
    ("portal", "output_translation"),
    ("portal", "silence_text"),
    ("release", "file"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for schema, table in TABLES:
        op.add_column(table, sa.Column("pdf", sa.String(64), nullable=True), schema=schema)
        op.add_column(table, sa.Column("pdf_size", sa.Integer(), nullable=True), schema=schema)
        op.create_check_constraint(
            op.f(f"ck_{table}_pdf_is_whole"), table, "num_nulls(pdf, pdf_size) IN (0, 2)", schema=schema
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for schema, table in TABLES:
        op.drop_constraint(op.f(f"ck_{table}_pdf_is_whole"), table, schema=schema)
        op.drop_column(table, "pdf_size", schema=schema)
        op.drop_column(table, "pdf", schema=schema)
