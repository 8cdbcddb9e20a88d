"""Reports of meetings: their revisions, and the corrections that delegations ask for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "reports"
down_revision = "floor"
branch_labels = None
depends_on = None

KEPT = "portal.report, portal.report_correction"
ADDED_TO = "portal.report_revision"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "report",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("attribution", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("circulated_as", sa.Integer(), nullable=True),
        sa.Column("circulated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adopted_by", sa.Uuid(), nullable=True),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["adopted_by"], ["portal.person.id"], name=op.f("fk_report_adopted_by_person")),
        sa.ForeignKeyConstraint(["document_id"], ["portal.document.id"], name=op.f("fk_report_document_id_document")),
        sa.ForeignKeyConstraint(["meeting_id"], ["portal.meeting.id"], name=op.f("fk_report_meeting_id_meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("meeting_id", name=op.f("uq_report_meeting_id")),
        schema="portal",
    )
    op.create_table(
        "report_revision",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("paragraphs", postgresql.JSONB(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["portal.person.id"], name=op.f("fk_report_revision_made_by_person")),
        sa.ForeignKeyConstraint(["report_id"], ["portal.report.id"], name=op.f("fk_report_revision_report_id_report")),
        sa.PrimaryKeyConstraint("report_id", "number", name=op.f("pk_report_revision")),
        schema="portal",
    )
    op.create_table(
        "report_correction",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("paragraph", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("was", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["portal.person.id"], name=op.f("fk_report_correction_answered_by_person")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["portal.person.id"], name=op.f("fk_report_correction_asked_by_person")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["portal.report.id"], name=op.f("fk_report_correction_report_id_report")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_correction")),
        schema="portal",
    )
    op.create_index(
        op.f("ix_report_correction_report_id"), "report_correction", ["report_id"], unique=False, schema="portal"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {KEPT} TO cwg_portal")
    op.execute(f"GRANT SELECT, INSERT ON {ADDED_TO} TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_index(op.f("ix_report_correction_report_id"), table_name="report_correction", schema="portal")
    op.drop_table("report_correction", schema="portal")
    op.drop_table("report_revision", schema="portal")
    op.drop_table("report", schema="portal")
