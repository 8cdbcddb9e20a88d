"""Reader sessions that ended before they expire, for a read path on the portal's database, as tests have it.

An installation gives the read path a database of its own, which gets the table by `migrations/read`.
"""

from alembic import op

revision = "ended_reader_sessions"
down_revision = "contribution_lines"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE SCHEMA IF NOT EXISTS reading",
    """
CREATE TABLE reading.ended_session (
    digest VARCHAR(43) NOT NULL,
    begun_until TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_ended_session PRIMARY KEY (digest, begun_until)
)
    """,
    # What has ended stays so: a row can be deleted only when the cookies of its sessions have expired.
    "ALTER TABLE reading.ended_session ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY read_all ON reading.ended_session FOR SELECT TO cwg_reader USING (true)",
    "CREATE POLICY add_for_a_day ON reading.ended_session FOR INSERT TO cwg_reader"
    " WITH CHECK (until < now() + interval '1 day')",
    "CREATE POLICY delete_expired ON reading.ended_session FOR DELETE TO cwg_reader USING (until < now())",
    "GRANT USAGE ON SCHEMA reading TO cwg_reader",
    "GRANT SELECT, INSERT, DELETE ON reading.ended_session TO cwg_reader",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP SCHEMA reading CASCADE")
