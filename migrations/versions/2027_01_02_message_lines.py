"""The journal line of a message of the secretariat is found by the message: its pages count the e-mails by status.

The index holds these lines alone, so that no other event is slower to record.
"""

import sqlalchemy as sa
from alembic import op

revision = "message_lines"
down_revision = "secretariat_messages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_index(
        "ix_journal_line_message",
        "journal_line",
        [sa.text("(facts ->> 'message')")],
        schema="portal",
        postgresql_where=sa.text("event = 'secretariat-message:sent'"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_index("ix_journal_line_message", "journal_line", schema="portal")
