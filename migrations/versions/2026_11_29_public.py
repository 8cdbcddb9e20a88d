"""A catalogue for everybody: texts that are adopted for the public, manifests with numbers of their own, and what of a
withdrawal the public is informed."""

import sqlalchemy as sa
from alembic import op

revision = "public"
down_revision = "advance_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in ("output", "silence_procedure"):
        public: sa.Column[bool] = sa.Column("for_public", sa.Boolean(), nullable=False, server_default=sa.false())
        op.add_column(table, public, schema="portal")
    op.create_table(
        "public_manifest",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_public_manifest")),
        schema="release",
    )
    op.execute("GRANT SELECT, INSERT ON release.public_manifest TO cwg_portal")
    op.execute("GRANT SELECT ON release.public_manifest TO cwg_reader")
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON release.public_manifest"
        " EXECUTE FUNCTION release.tell()"
    )
    op.add_column("withdrawal", sa.Column("public_manifest", sa.Integer(), nullable=True), schema="release")
    op.add_column("withdrawal", sa.Column("public_manifest_digest", sa.String(64), nullable=True), schema="release")
    op.add_column(
        "withdrawal",
        sa.Column("replaced_publicly", sa.Boolean(), nullable=False, server_default=sa.false()),
        schema="release",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("withdrawal", "replaced_publicly", schema="release")
    op.drop_column("withdrawal", "public_manifest_digest", schema="release")
    op.drop_column("withdrawal", "public_manifest", schema="release")
    op.drop_table("public_manifest", schema="release")
    for table in ("silence_procedure", "output"):
        op.drop_column(table, "for_public", schema="portal")
