"""Templates of reports, by body; a row for each that ever held."""

import sqlalchemy as sa
from alembic import op

revision = "report_templates"
down_revision = "session_times"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "report_template",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("put_by", sa.Uuid(), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_report_template_body_id_body")),
        sa.ForeignKeyConstraint(["put_by"], ["portal.person.id"], name=op.f("fk_report_template_put_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_template")),
        schema="portal",
    )
    op.create_index(op.f("ix_report_template_body_id"), "report_template", ["body_id"], unique=False, schema="portal")
    op.execute("GRANT SELECT, INSERT ON portal.report_template TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_index(op.f("ix_report_template_body_id"), table_name="report_template", schema="portal")
    op.drop_table("report_template", schema="portal")
