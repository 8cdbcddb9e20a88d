"""Topics of what was released, with their names as they were then."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "release_topics"
down_revision = "release_plans"
branch_labels = None
depends_on = None

# What was released before gets the topics that its sources have now; what was signed already says what it is about.
EARLIER = """
INSERT INTO release.topic (output_id, code, position, names)
SELECT DISTINCT o.id, t.code, t.position, t.names
FROM release.output o
JOIN portal.output_source s ON s.output_id = o.id
JOIN portal.document d ON d.id = s.document_id
JOIN portal.topic t ON t.code = ANY (d.topics)
WHERE NOT EXISTS (
    SELECT 1 FROM release.manifest m WHERE CAST(m.statement AS jsonb) -> 'output' ->> 'slug' = o.slug
)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "topic",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("names", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["output_id"], ["release.output.id"], name=op.f("fk_topic_output_id_output")),
        sa.PrimaryKeyConstraint("output_id", "code", name=op.f("pk_topic")),
        schema="release",
    )
    op.execute(EARLIER)
    op.execute("GRANT SELECT, INSERT ON release.topic TO cwg_portal")
    op.execute("GRANT SELECT ON release.topic TO cwg_reader")
    op.execute("CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON release.topic EXECUTE FUNCTION release.tell()")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("topic", schema="release")
