"""To whom outputs go, the decisions they were made from; versions before the delegations, and comments of States."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "drafting"
down_revision = "manifests"
branch_labels = None
depends_on = None

WHOM = ("for_action", "for_information")
WE = "current_setting('cwg.entity', true)"
OWN_WORDS = "text, lang, version, changed_by, changed_at, taken_back_by, taken_back_at"
ADDED = ("output_comment_answer", "output_comment", "circulated_text", "circulated_version", "output_decision")


def key(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"portal.{target}.id"], name=f"fk_{table}_{column}_{target}")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for schema in ("portal", "release"):
        for name in WHOM:
            column: sa.Column[object] = sa.Column(name, ARRAY(sa.String()), nullable=False, server_default="{}")
            op.add_column("output", column, schema=schema)
        op.add_column("output", sa.Column("reply_by", sa.Date(), nullable=True), schema=schema)
    for name in WHOM:
        op.alter_column("output", name, server_default=None, schema="portal")
    op.create_table(
        "output_decision",
        key("output_id"),
        key("decision_id"),
        to("output_decision", "output_id", "output"),
        to("output_decision", "decision_id", "decision"),
        sa.PrimaryKeyConstraint("output_id", "decision_id", name=op.f("pk_output_decision")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON portal.output_decision TO cwg_portal")
    _versions()
    _comments()


def _versions() -> None:
    """What was circulated stays as it was: the portal may only add to it."""
    op.create_table(
        "circulated_version",
        key("output_id"),
        key("body_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("comments_by", sa.Date(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("titles", JSONB(), nullable=False),
        sa.Column("original", sa.String(length=2), nullable=False),
        *(sa.Column(name, ARRAY(sa.String()), nullable=False) for name in (*WHOM, "sources", "decisions")),
        sa.Column("reply_by", sa.Date(), nullable=True),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        key("circulated_by"),
        sa.Column("circulated_at", sa.DateTime(timezone=True), nullable=False),
        key("id"),
        to("circulated_version", "output_id", "output"),
        to("circulated_version", "body_id", "body"),
        to("circulated_version", "circulated_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circulated_version")),
        sa.UniqueConstraint("output_id", "number", name=op.f("uq_circulated_version_output_id_number")),
        schema="portal",
    )
    op.create_index(op.f("ix_circulated_version_body_id"), "circulated_version", ["body_id"], schema="portal")
    op.create_table(
        "circulated_text",
        key("version_id"),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        to("circulated_text", "version_id", "circulated_version"),
        sa.PrimaryKeyConstraint("version_id", "language", name=op.f("pk_circulated_text")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT ON portal.circulated_version, portal.circulated_text TO cwg_portal")


def _comments() -> None:
    """Everybody with a seat reads them. The words of a State are its own until they are answered; answers are added."""
    op.create_table(
        "output_comment",
        key("version_id"),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("paragraph", sa.Integer(), nullable=False),
        sa.Column("was", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        key("put_by"),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        key("changed_by", nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        key("taken_back_by", nullable=True),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        key("id"),
        to("output_comment", "version_id", "circulated_version"),
        *(to("output_comment", f"{act}_by", "person") for act in ("put", "changed", "taken_back")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output_comment")),
        schema="portal",
    )
    op.create_index(op.f("ix_output_comment_version_id"), "output_comment", ["version_id"], schema="portal")
    op.create_table(
        "output_comment_answer",
        key("comment_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        key("answered_by"),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        to("output_comment_answer", "comment_id", "output_comment"),
        to("output_comment_answer", "answered_by", "person"),
        sa.PrimaryKeyConstraint("comment_id", "number", name=op.f("pk_output_comment_answer")),
        schema="portal",
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({OWN_WORDS}) ON portal.output_comment TO cwg_portal")
    op.execute("GRANT SELECT, INSERT ON portal.output_comment_answer TO cwg_portal")
    op.execute("ALTER TABLE portal.output_comment ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY seen ON portal.output_comment FOR SELECT TO cwg_portal USING (true)")
    op.execute(f"CREATE POLICY put ON portal.output_comment FOR INSERT TO cwg_portal WITH CHECK (entity = {WE})")
    unanswered = "NOT EXISTS (SELECT 1 FROM portal.output_comment_answer a WHERE a.comment_id = output_comment.id)"
    op.execute(
        f"CREATE POLICY own_words ON portal.output_comment FOR UPDATE TO cwg_portal"
        f" USING (entity = {WE} AND {unanswered}) WITH CHECK (entity = {WE})"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP POLICY own_words ON portal.output_comment")  # it asks the table of answers
    for table in ADDED:
        op.drop_table(table, schema="portal")
    for schema in ("portal", "release"):
        for name in ("reply_by", *WHOM):
            op.drop_column("output", name, schema=schema)
