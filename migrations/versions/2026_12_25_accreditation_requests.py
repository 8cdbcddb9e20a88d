"""Requests for accreditation: a person without a seat asks the focal points of their own member."""

import sqlalchemy as sa
from alembic import op

revision = "accreditation_requests"
down_revision = "beginning_undone"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.accreditation_request
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{id}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.accreditation_request', '{id}', '{}')
"""
# No other State learns who asks; the offices of the body are its secretariat and chairs.
OURS = (
    "entity = current_setting('cwg.entity', true)"
    " OR body_id::text = ANY (string_to_array(current_setting('cwg.offices', true), ','))"
)
ANSWER = "answered_at, answered_by, accreditation_id, declined_because"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "accreditation_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("accreditation_id", sa.Uuid(), nullable=True),
        sa.Column("declined_because", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["portal.person.id"], name=op.f("fk_accreditation_request_person_id_person")
        ),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_accreditation_request_body_id_body")),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["portal.person.id"], name=op.f("fk_accreditation_request_answered_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["accreditation_id"],
            ["portal.accreditation.id"],
            name=op.f("fk_accreditation_request_accreditation_id_accreditation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accreditation_request")),
        schema="portal",
    )
    op.create_index(
        "uq_accreditation_request_open",
        "accreditation_request",
        ["person_id", "body_id", "entity"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_index(
        op.f("ix_accreditation_request_body_id_entity"),
        "accreditation_request",
        ["body_id", "entity"],
        schema="portal",
    )
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute("ALTER TABLE portal.accreditation_request ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY ours ON portal.accreditation_request TO cwg_portal USING ({OURS})")
    # The worker informs the focal points and the person by e-mail.
    op.execute("CREATE POLICY informed ON portal.accreditation_request FOR SELECT TO cwg_worker USING (true)")
    op.execute("GRANT SELECT, INSERT ON portal.accreditation_request TO cwg_portal")
    op.execute(f"GRANT UPDATE ({ANSWER}) ON portal.accreditation_request TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.accreditation_request'")
    op.drop_table("accreditation_request", schema="portal")
