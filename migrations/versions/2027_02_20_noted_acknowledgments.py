"""On which day, and how, a recipient outside of the portal acknowledged a text, and who recorded it."""

import sqlalchemy as sa
from alembic import op

revision = "noted_acknowledgments"
down_revision = "released_questions"
branch_labels = None
depends_on = None

COLUMNS = ("acknowledged_by", "acknowledged_on", "acknowledged_how")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("delivery", sa.Column("acknowledged_by", sa.Uuid(), nullable=True), schema="portal")
    op.add_column("delivery", sa.Column("acknowledged_on", sa.Date(), nullable=True), schema="portal")
    op.add_column("delivery", sa.Column("acknowledged_how", sa.String(), nullable=True), schema="portal")
    op.create_foreign_key(
        op.f("fk_delivery_acknowledged_by_person"),
        "delivery",
        "person",
        ["acknowledged_by"],
        ["id"],
        source_schema="portal",
        referent_schema="portal",
    )
    op.create_check_constraint(
        op.f("ck_delivery_acknowledged_is_whole"),
        "delivery",
        "num_nulls(acknowledged_by, acknowledged_on, acknowledged_how) IN (0, 3)",
        schema="portal",
    )
    op.execute(f"GRANT UPDATE ({', '.join(COLUMNS)}) ON portal.delivery TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name in COLUMNS:
        op.drop_column("delivery", name, schema="portal")
