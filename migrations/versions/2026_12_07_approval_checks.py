"""An approval carries the ID token of its sign-in, and the worker alone notes what it found when it verified that.

Approvals of before carry none: they are marked, and stay valid. Who a person is at the identity provider never changes:
otherwise the sign-in of one person could be passed off as that of another.
"""

import sqlalchemy as sa
from alembic import op

revision = "approval_checks"
down_revision = "recent_sign_in"
branch_labels = None
depends_on = None

CHANGEABLE = "name, email, locale, membership, entity, entity_name, roles, signed_in_at"
FILL = """
INSERT INTO portal.approval_check (output_id, person_id, outcome, checked_at)
SELECT output_id, person_id, 'before', now() FROM portal.approval
"""
# The rows of before are recorded by the inventory of `app.cli.migrate`.
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.approval_check
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{output_id,person_id}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.approval_check', '{output_id,person_id}', '{}')
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name in ("id_token", "statement"):
        op.add_column("approval", sa.Column(name, sa.String(), nullable=True), schema="portal")
    op.add_column("user_session", sa.Column("approval", sa.JSON(), nullable=True), schema="portal")
    op.create_table(
        "approval_check",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=True),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'refused') = (cause IS NOT NULL)", name=op.f("ck_approval_check_refused_for_a_cause")
        ),
        sa.ForeignKeyConstraint(
            ["output_id", "person_id"],
            ["portal.approval.output_id", "portal.approval.person_id"],
            name=op.f("fk_approval_check_output_id_approval"),
        ),
        sa.PrimaryKeyConstraint("output_id", "person_id", name=op.f("pk_approval_check")),
        schema="portal",
    )
    op.execute(FILL)
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute("REVOKE UPDATE ON portal.person FROM cwg_portal")
    op.execute(f"GRANT UPDATE ({CHANGEABLE}) ON portal.person TO cwg_portal")
    op.execute("GRANT SELECT ON portal.approval_check TO cwg_portal")
    op.execute("GRANT INSERT ON portal.approval_check TO cwg_worker")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("GRANT UPDATE ON portal.person TO cwg_portal")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.approval_check'")
    op.drop_table("approval_check", schema="portal")
    op.drop_column("user_session", "approval", schema="portal")
    for name in ("statement", "id_token"):
        op.drop_column("approval", name, schema="portal")
