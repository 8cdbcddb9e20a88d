"""The secret addresses of people's own calendars."""

import sqlalchemy as sa
from alembic import op

revision = "calendars"
down_revision = "report_templates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "calendar_address",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("secret_digest", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_calendar_address_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_calendar_address")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_calendar_address_secret_digest")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON portal.calendar_address TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("calendar_address", schema="portal")
