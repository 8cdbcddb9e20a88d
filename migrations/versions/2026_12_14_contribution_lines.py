"""The journal lines from which on a contribution may wait for its State are found by the contribution.

The worker looks for them once a minute, and lists of contributions ask for each whether somebody of the State submitted
it. The index holds these lines alone, so that no other event is slower to record.
"""

import sqlalchemy as sa
from alembic import op

revision = "contribution_lines"
down_revision = "translation_approval_checks"
branch_labels = None
depends_on = None

EVENTS = "'contribution:submitted', 'contribution:confirmation-voided', 'contribution:confirmation-requested'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_index(
        "ix_journal_line_contribution",
        "journal_line",
        [sa.text("(facts ->> 'contribution')")],
        schema="portal",
        postgresql_where=sa.text(f"event IN ({EVENTS})"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_index("ix_journal_line_contribution", "journal_line", schema="portal")
