"""Groups of the staff of ITU: they admit no members, and groups of members no staff."""

from alembic import op

revision = "groups_of_staff"
down_revision = "focal_points_of_lines"
branch_labels = None
depends_on = None

CHECK = "NOT ('itu_staff' = ANY (admits)) OR admits = ARRAY['itu_staff']::varchar[]"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_check_constraint(op.f("ck_body_staff_alone"), "body", CHECK, schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_constraint(op.f("ck_body_staff_alone"), "body", schema="portal", type_="check")
