"""What stands in released files, by which the read path finds them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "release_texts"
down_revision = "release_topics"
branch_labels = None
depends_on = None

EARLIER = """
INSERT INTO release.text (sha256, paragraphs)
SELECT r.sha256, r.paragraphs
FROM portal.rendition r
WHERE r.sha256 IN (SELECT sha256 FROM release.file) AND r.state <> 'waiting' AND r.paragraphs IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM portal.scan s WHERE s.sha256 = r.sha256 AND s.state = 'infected')
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "text",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("paragraphs", ARRAY(sa.String()), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_text")),
        schema="release",
    )
    op.execute(EARLIER)
    op.execute("GRANT SELECT, INSERT ON release.text TO cwg_portal")
    op.execute("GRANT SELECT ON release.text TO cwg_reader")
    op.execute("CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON release.text EXECUTE FUNCTION release.tell()")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("text", schema="release")
