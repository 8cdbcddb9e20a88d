"""When and by whom the attendance of a participant was noted, and when their badge was put on a sheet.

All may be empty, so that no digest of a row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "badges"
down_revision = "invitations"
branch_labels = None
depends_on = None

FOREIGN_KEY = "fk_participant_attendance_noted_by_person"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("participant", sa.Column("attendance_noted_by", sa.Uuid(), nullable=True), schema="portal")
    for name in ("attendance_noted_at", "badge_made_at"):
        op.add_column("participant", sa.Column(name, sa.DateTime(timezone=True), nullable=True), schema="portal")
    op.create_foreign_key(
        op.f(FOREIGN_KEY),
        "participant",
        "person",
        ["attendance_noted_by"],
        ["id"],
        source_schema="portal",
        referent_schema="portal",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_constraint(op.f(FOREIGN_KEY), "participant", schema="portal", type_="foreignkey")
    for name in ("badge_made_at", "attendance_noted_at", "attendance_noted_by"):
        op.drop_column("participant", name, schema="portal")
