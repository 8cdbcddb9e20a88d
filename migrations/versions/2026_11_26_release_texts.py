"""The text of released files, signed, by which the read path finds them. The worker fills it when it starts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "release_texts"
down_revision = "release_topics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "text",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("paragraphs", ARRAY(sa.String()), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_text")),
        schema="release",
    )
    op.execute("GRANT SELECT, INSERT ON release.text TO cwg_portal")
    op.execute("GRANT SELECT ON release.text TO cwg_reader")
    op.execute("CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON release.text EXECUTE FUNCTION release.tell()")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("text", schema="release")
