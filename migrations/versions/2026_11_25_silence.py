"""Silence procedures with their texts, extensions and positions; statements of States, also in what is released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "silence"
down_revision = "told_of_releases"
branch_labels = None
depends_on = None

KEPT = "portal.silence_procedure, portal.silence_position, portal.output_statement"
ADDED_TO = "portal.silence_text, portal.silence_extension"
RELEASED = "release.statement"
WE = "current_setting('cwg.entity', true)"
TABLES = ("output_statement", "silence_position", "silence_extension", "silence_text", "silence_procedure")
HOURS = {"silence_hours": "72", "silence_extension_hours": "168"}


def instant(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def key(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def to(table: str, column: str, target: str, *, schema: str = "portal") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{schema}.{target}.id"], name=f"fk_{table}_{column}_{target}")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name, hours in HOURS.items():
        op.add_column("body", sa.Column(name, sa.Integer(), nullable=False, server_default=hours), schema="portal")
        op.alter_column("body", name, server_default=None, schema="portal")
    op.add_column("output", sa.Column("adopted_how", sa.String(), nullable=True), schema="portal")
    op.execute("UPDATE portal.output SET adopted_how = 'meeting' WHERE status <> 'draft'")
    _procedures()
    _statements()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {KEPT} TO cwg_portal")
    op.execute(f"GRANT SELECT, INSERT ON {ADDED_TO} TO cwg_portal")
    op.execute(f"GRANT SELECT, INSERT ON {RELEASED} TO cwg_portal")
    op.execute(f"GRANT SELECT ON {RELEASED} TO cwg_reader")
    op.execute(f"CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON {RELEASED} EXECUTE FUNCTION release.tell()")
    # Everybody who sees the text reads what States said of it; the words of a State are its own to change. Only the
    # system adds a row for a State: what it said while silence ran.
    op.execute("ALTER TABLE portal.output_statement ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY seen ON portal.output_statement FOR SELECT TO cwg_portal USING (true)")
    op.execute("CREATE POLICY attached ON portal.output_statement FOR INSERT TO cwg_portal WITH CHECK (true)")
    op.execute(
        f"CREATE POLICY own_words ON portal.output_statement FOR UPDATE TO cwg_portal"
        f" USING (entity = {WE}) WITH CHECK (entity = {WE})"
    )


def _procedures() -> None:
    op.create_table(
        "silence_procedure",
        key("output_id"),
        key("body_id"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("titles", JSONB(), nullable=False),
        sa.Column("original", sa.String(length=2), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        sa.Column("addressees", ARRAY(sa.String()), nullable=False),
        key("opened_by"),
        instant("opened_at"),
        instant("until"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("void_because", sa.String(), nullable=True),
        instant("ended_at", nullable=True),
        key("id"),
        sa.CheckConstraint("until > opened_at", name=op.f("ck_silence_procedure_ends_after_it_begins")),
        sa.CheckConstraint("(course = 'open') = (ended_at IS NULL)", name=op.f("ck_silence_procedure_ended")),
        to("silence_procedure", "output_id", "output"),
        to("silence_procedure", "body_id", "body"),
        to("silence_procedure", "opened_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silence_procedure")),
        schema="portal",
    )
    for column in ("output_id", "body_id"):
        op.create_index(op.f(f"ix_silence_procedure_{column}"), "silence_procedure", [column], schema="portal")
    op.create_index(
        "uq_silence_procedure_running",
        "silence_procedure",
        ["output_id"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text("course = 'open'"),
    )
    op.create_table(
        "silence_text",
        key("procedure_id"),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        to("silence_text", "procedure_id", "silence_procedure"),
        sa.PrimaryKeyConstraint("procedure_id", "language", name=op.f("pk_silence_text")),
        schema="portal",
    )
    op.create_table(
        "silence_extension",
        key("procedure_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        instant("was"),
        instant("until"),
        sa.Column("reason", sa.String(), nullable=False),
        key("extended_by"),
        instant("extended_at"),
        to("silence_extension", "procedure_id", "silence_procedure"),
        to("silence_extension", "extended_by", "person"),
        sa.PrimaryKeyConstraint("procedure_id", "number", name=op.f("pk_silence_extension")),
        schema="portal",
    )
    op.create_table(
        "silence_position",
        key("procedure_id"),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("stance", sa.String(), nullable=False),
        sa.Column("paragraph", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        key("taken_by"),
        instant("taken_at"),
        to("silence_position", "procedure_id", "silence_procedure"),
        to("silence_position", "taken_by", "person"),
        sa.PrimaryKeyConstraint("procedure_id", "entity", name=op.f("pk_silence_position")),
        schema="portal",
    )


def _statements() -> None:
    op.create_table(
        "output_statement",
        key("output_id"),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        key("put_by"),
        instant("put_at"),
        key("changed_by", nullable=True),
        instant("changed_at", nullable=True),
        key("taken_back_by", nullable=True),
        instant("taken_back_at", nullable=True),
        key("id"),
        to("output_statement", "output_id", "output"),
        to("output_statement", "put_by", "person"),
        to("output_statement", "changed_by", "person"),
        to("output_statement", "taken_back_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output_statement")),
        schema="portal",
    )
    op.create_index(
        "uq_output_statement_standing",
        "output_statement",
        ["output_id", "entity", "kind"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text("taken_back_at IS NULL"),
    )
    op.add_column(
        "output",
        sa.Column("adopted_how", sa.String(), nullable=False, server_default="meeting"),
        schema="release",
    )
    op.alter_column("output", "adopted_how", server_default=None, schema="release")
    op.create_table(
        "statement",
        key("id"),
        key("output_id"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        instant("put_at"),
        to("statement", "output_id", "output", schema="release"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        schema="release",
    )
    op.create_index(op.f("ix_statement_output_id"), "statement", ["output_id"], schema="release")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("statement", schema="release")
    op.drop_column("output", "adopted_how", schema="release")
    for table in TABLES:
        op.drop_table(table, schema="portal")
    op.drop_column("output", "adopted_how", schema="portal")
    for name in HOURS:
        op.drop_column("body", name, schema="portal")
