"""Proposals for a change of a body: what it would be, and what it was when that was proposed.

The new column may be empty, so that no digest of a row changes. Portals of the version before cannot show a proposal
of this kind: replace all of them at once.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "changes_of_bodies"
down_revision = "report_comments"
branch_labels = None
depends_on = None

TABLE = "body_proposal"
# Name, condition from now on, condition before. Only a change has neither a person nor a day.
CHECKS = (
    ("content", "(kind IN ('new', 'change')) = (content IS NOT NULL)", "(kind = 'new') = (content IS NOT NULL)"),
    ("secretary", "(kind IN ('end', 'change')) = (person_id IS NULL)", "(kind = 'end') = (person_id IS NULL)"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column(TABLE, sa.Column("content_before", JSONB(), nullable=True), schema="portal")
    op.alter_column(TABLE, "until_on", nullable=True, schema="portal")
    for name, condition, _before in CHECKS:
        _replace_check(name, condition)
    op.create_check_constraint(
        op.f(f"ck_{TABLE}_before"), TABLE, "(kind = 'change') = (content_before IS NOT NULL)", schema="portal"
    )
    op.create_check_constraint(
        op.f(f"ck_{TABLE}_last_day"), TABLE, "(kind = 'change') = (until_on IS NULL)", schema="portal"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name in ("last_day", "before"):
        op.drop_constraint(op.f(f"ck_{TABLE}_{name}"), TABLE, schema="portal")
    for name, _condition, before in reversed(CHECKS):
        _replace_check(name, before)
    op.alter_column(TABLE, "until_on", nullable=False, schema="portal")
    op.drop_column(TABLE, "content_before", schema="portal")


def _replace_check(name: str, condition: str) -> None:
    op.drop_constraint(op.f(f"ck_{TABLE}_{name}"), TABLE, schema="portal")
    op.create_check_constraint(op.f(f"ck_{TABLE}_{name}"), TABLE, condition, schema="portal")
