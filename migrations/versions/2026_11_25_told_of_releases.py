"""Every process that holds a catalogue is notified that schema `release` changed, whatever changed it."""

from alembic import op

revision = "told_of_releases"
down_revision = "calendars"
branch_labels = None
depends_on = None

TABLES = ("output", "file")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(
        """
        CREATE FUNCTION release.tell() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('cwg_release', ''); RETURN NULL; END $$
        """
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON release.{table} EXECUTE FUNCTION release.tell()"
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in TABLES:
        op.execute(f"DROP TRIGGER tell ON release.{table}")
    op.execute("DROP FUNCTION release.tell()")
