"""The table of public reporting duties, as migration `public_duties` of the portal's database has it."""

import sqlalchemy as sa
from alembic import op

revision = "released_duties"
down_revision = "released_output_questions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "reporting_duty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporting_duty")),
        schema="release",
    )
    op.execute("GRANT SELECT ON release.reporting_duty TO cwg_reader")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("reporting_duty", schema="release")
