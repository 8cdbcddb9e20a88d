"""What a State leaves to its head of delegation in a body, instead of to each delegate; its secretariat sees it.

No row is filled in: a State that has decided nothing has the rule of `app.domain.bodies.rules`.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "state_decisions"
down_revision = "contribution_scans"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.state_decision
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{body_id,entity}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.state_decision', '{body_id,entity}', '{}')
"""
OUR_OWN = "entity = current_setting('cwg.entity', true)"
OF_OUR_BODIES = "body_id::text = ANY (string_to_array(current_setting('cwg.offices', true), ','))"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "state_decision",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("by_head", ARRAY(sa.String()), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_state_decision_body_id_body")),
        sa.ForeignKeyConstraint(["set_by"], ["portal.person.id"], name=op.f("fk_state_decision_set_by_person")),
        sa.PrimaryKeyConstraint("body_id", "entity", name=op.f("pk_state_decision")),
        schema="portal",
    )
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute("ALTER TABLE portal.state_decision ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON portal.state_decision TO cwg_portal USING ({OUR_OWN})")
    for table in ("state_decision", "clearance"):
        op.execute(f"CREATE POLICY offices ON portal.{table} FOR SELECT TO cwg_portal USING ({OF_OUR_BODIES})")
    op.execute("GRANT SELECT, INSERT ON portal.state_decision TO cwg_portal")
    op.execute("GRANT UPDATE (by_head, set_by, set_at) ON portal.state_decision TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP POLICY offices ON portal.clearance")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.state_decision'")
    op.drop_table("state_decision", schema="portal")
