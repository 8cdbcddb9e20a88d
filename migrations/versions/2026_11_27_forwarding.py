"""Which released texts were forwarded to a meeting of the parent group, and what they are there."""

import sqlalchemy as sa
from alembic import op

revision = "forwarding"
down_revision = "sponsors"
branch_labels = None
depends_on = None

POINTS_TO = (
    ("output_id", "output"),
    ("meeting_id", "meeting"),
    ("document_id", "document"),
    ("forwarded_by", "person"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "forwarding",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("forwarded_by", sa.Uuid(), nullable=False),
        sa.Column("forwarded_at", sa.DateTime(timezone=True), nullable=False),
        *(_to(*each) for each in POINTS_TO),
        sa.PrimaryKeyConstraint("output_id", "meeting_id", name=op.f("pk_forwarding")),
        sa.UniqueConstraint("document_id", name=op.f("uq_forwarding_document_id")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT ON portal.forwarding TO cwg_portal")


def _to(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"portal.{target}.id"], name=f"fk_forwarding_{column}_{target}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("forwarding", schema="portal")
