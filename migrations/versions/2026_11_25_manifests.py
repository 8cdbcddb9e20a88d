"""A signed manifest of everything that is released, numbered and chained; files are released under a name of ours."""

import sqlalchemy as sa
from alembic import op

revision = "manifests"
down_revision = "silence"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "manifest",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_manifest")),
        schema="release",
    )
    op.execute("GRANT SELECT, INSERT ON release.manifest TO cwg_portal")
    op.execute("GRANT SELECT ON release.manifest TO cwg_reader")
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON release.manifest EXECUTE FUNCTION release.tell()"
    )
    # Until now files kept the name under which they came in. It was shown to no one, and a manifest would show it.
    op.execute(
        "UPDATE release.file SET name = output.slug || '-' || language || '.' || substring(name from '[^.]*$')"
        " FROM release.output WHERE output.id = output_id"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("manifest", schema="release")
