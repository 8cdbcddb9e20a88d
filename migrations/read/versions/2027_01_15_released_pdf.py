"""The PDF of a released text: digest and size, as migration `pdf_of_outputs` of the portal's database has them."""

import sqlalchemy as sa
from alembic import op

revision = "released_pdf"
down_revision = "ended_reader_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("file", sa.Column("pdf", sa.String(64), nullable=True), schema="release")
    op.add_column("file", sa.Column("pdf_size", sa.Integer(), nullable=True), schema="release")
    op.create_check_constraint(
        op.f("ck_file_pdf_is_whole"), "file", "num_nulls(pdf, pdf_size) IN (0, 2)", schema="release"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_constraint(op.f("ck_file_pdf_is_whole"), "file", schema="release")
    op.drop_column("file", "pdf_size", schema="release")
    op.drop_column("file", "pdf", schema="release")
