"""Duties of organizations to report, the reports that are expected, and the requests for them."""

import sqlalchemy as sa
from alembic import op

revision = "reporting_duties"
down_revision = "report_deadlines"
branch_labels = None
depends_on = None

RECORDED = ("reporting_duty", "expected_report", "report_request")
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.{table}
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{{id}}', '{{}}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('portal.{table}', '{{id}}', '{{}}')
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    _create_reporting_duty()
    _create_expected_report()
    _create_report_request()
    _create_report_request_email()
    for table in RECORDED:
        op.execute(RECORD.format(table=table))
        op.execute(REGISTER.format(table=table))
        op.execute(f"GRANT SELECT, INSERT ON portal.{table} TO cwg_portal")
    op.execute("GRANT SELECT, INSERT ON portal.report_request_email TO cwg_portal")
    op.execute(
        "GRANT UPDATE (every_months, next_due_on, until_on, basis, version) ON portal.reporting_duty TO cwg_portal"
    )
    op.execute(
        "GRANT UPDATE (state, liaison_id, declined_on, because, version) ON portal.expected_report TO cwg_portal"
    )
    op.execute("GRANT UPDATE (address, due_at, tries, fate, ended_at) ON portal.report_request_email TO cwg_portal")


def _create_reporting_duty() -> None:
    table = "reporting_duty"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("every_months", sa.Integer(), nullable=False),
        sa.Column("next_due_on", sa.Date(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("every_months BETWEEN 1 AND 120", name=op.f(f"ck_{table}_has_a_period")),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name=op.f(f"ck_{table}_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f(f"fk_{table}_body_id_body")),
        sa.ForeignKeyConstraint(
            ["organization"], ["portal.organization.code"], name=op.f(f"fk_{table}_organization_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        schema="portal",
    )
    op.create_index(
        "uq_reporting_duty_in_force",
        table,
        ["body_id", "organization", "clause"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text("until_on IS NULL"),
    )
    op.create_index(op.f(f"ix_{table}_organization"), table, ["organization"], schema="portal")


def _create_expected_report() -> None:
    table = "expected_report"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("duty_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("liaison_id", sa.Uuid(), nullable=True),
        sa.Column("declined_on", sa.Date(), nullable=True),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'answered') = (liaison_id IS NOT NULL)", name=op.f(f"ck_{table}_has_its_liaison")),
        sa.CheckConstraint("(state = 'declined') = (declined_on IS NOT NULL)", name=op.f(f"ck_{table}_has_its_day")),
        sa.ForeignKeyConstraint(
            ["duty_id"], ["portal.reporting_duty.id"], name=op.f(f"fk_{table}_duty_id_reporting_duty")
        ),
        sa.ForeignKeyConstraint(["liaison_id"], ["portal.liaison.id"], name=op.f(f"fk_{table}_liaison_id_liaison")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("duty_id", "due_on", name=op.f(f"uq_{table}_duty_id_due_on")),
        schema="portal",
    )
    op.create_index(
        "ix_expected_report_asked",
        table,
        ["due_on"],
        schema="portal",
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index(op.f(f"ix_{table}_liaison_id"), table, ["liaison_id"], schema="portal")


def _create_report_request() -> None:
    table = "report_request"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("expected_report_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["expected_report_id"],
            ["portal.expected_report.id"],
            name=op.f(f"fk_{table}_expected_report_id_expected_report"),
        ),
        sa.ForeignKeyConstraint(["requested_by"], ["portal.person.id"], name=op.f(f"fk_{table}_requested_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        schema="portal",
    )
    op.create_index(op.f(f"ix_{table}_expected_report_id"), table, ["expected_report_id"], schema="portal")


def _create_report_request_email() -> None:
    table = "report_request_email"
    op.create_table(
        table,
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fate", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(fate = 'waiting') = (ended_at IS NULL)", name=op.f(f"ck_{table}_ended")),
        sa.CheckConstraint("(fate = 'waiting') = (address IS NOT NULL)", name=op.f(f"ck_{table}_address")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["portal.report_request.id"], name=op.f(f"fk_{table}_request_id_report_request")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f(f"pk_{table}")),
        schema="portal",
    )
    op.create_index(
        "ix_report_request_email_due",
        table,
        ["due_at"],
        schema="portal",
        postgresql_where=sa.text("fate = 'waiting'"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(
        "DELETE FROM portal.recorded_table WHERE relation IN"
        " ('portal.reporting_duty', 'portal.expected_report', 'portal.report_request')"
    )
    for table in ("report_request_email", "report_request", "expected_report", "reporting_duty"):
        op.drop_table(table, schema="portal")
