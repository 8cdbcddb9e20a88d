"""Advance versions: which languages a release has and which are still to come, translations of an adopted text, and the
release in all languages that follows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "advance_versions"
down_revision = "receipts_of_acts"
branch_labels = None
depends_on = None

LANGUAGES = (
    ("portal", "output", "still_to_come"),
    ("portal", "release_plan", "languages"),
    ("portal", "release_plan", "still_to_come"),
    ("release", "output", "still_to_come"),
    ("release", "output", "translations"),
)
WHEN = sa.DateTime(timezone=True)
PLAIN = " AND ".join(
    f"coalesce(array_ndims({each}), 1) = 1 AND array_position({each}, NULL) IS NULL"
    for each in ("still_to_come", "translations")
)
CHECKS = {
    "languages_are_plain": PLAIN,
    "completed_in_our_era": "isfinite(completed_at) AND extract(year FROM completed_at) BETWEEN 1 AND 9999",
    "completed_is_whole": "num_nulls(completed_at, completes, completes_digest) IN (0, 3)"
    " AND (completed_at IS NULL OR still_to_come = '{}')",
}
# The portal's role changes nothing that was released. It may only ask for this, once every language is there.
COMPLETE = """
CREATE FUNCTION release.complete(
    which uuid, at timestamptz, named jsonb, translated text[], manifest integer, digest text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$ BEGIN
    UPDATE release.output o
    SET still_to_come = '{}', completed_at = at, titles = named || o.titles, translations = translated,
        completes = manifest, completes_digest = digest
    WHERE o.id = which AND o.still_to_come <> '{}' AND o.translations::text[] <@ translated
        AND NOT EXISTS (
            SELECT FROM unnest(o.still_to_come) wanted
            WHERE NOT EXISTS (SELECT FROM release.file f WHERE f.output_id = o.id AND f.language = wanted)
        );
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing to complete at %, or a language is missing', which;
    END IF;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for schema, table, name in LANGUAGES:
        op.add_column(table, sa.Column(name, ARRAY(sa.String()), nullable=False, server_default="{}"), schema=schema)
    op.execute(
        "UPDATE portal.release_plan p SET languages = (SELECT coalesce(array_agg(f.language ORDER BY f.language), '{}')"
        " FROM portal.output_file f WHERE f.output_id = p.output_id)"
    )
    op.add_column("output", sa.Column("completed_at", WHEN, nullable=True), schema="portal")
    op.add_column("output", sa.Column("completed_at", WHEN, nullable=True), schema="release")
    op.add_column("output", sa.Column("completes", sa.Integer(), nullable=True), schema="release")
    op.add_column("output", sa.Column("completes_digest", sa.String(length=64), nullable=True), schema="release")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_output_{name}"), "output", condition, schema="release")
    op.execute(COMPLETE)
    complete = "release.complete(uuid, timestamptz, jsonb, text[], integer, text)"
    op.execute(f"REVOKE ALL ON FUNCTION {complete} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {complete} TO cwg_portal")
    _translations()
    _completions()


def _translations() -> None:
    op.create_table(
        "output_translation",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("findings", JSONB(), nullable=False),
        sa.Column("text", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", WHEN, nullable=False),
        sa.Column("approved", sa.String(length=64), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", WHEN, nullable=True),
        sa.Column("capacity", sa.String(), nullable=True),
        sa.Column("released_at", WHEN, nullable=True),
        sa.CheckConstraint(
            "num_nulls(approved, approved_by, approved_at, capacity) IN (0, 4)",
            name=op.f("ck_output_translation_approval_is_whole"),
        ),
        sa.CheckConstraint("approved_by <> added_by", name=op.f("ck_output_translation_two_people")),
        sa.CheckConstraint(
            "released_at IS NULL OR approved_by IS NOT NULL", name=op.f("ck_output_translation_released_as_approved")
        ),
        *_to("output_translation", "added_by", "approved_by"),
        sa.PrimaryKeyConstraint("output_id", "language", name=op.f("pk_output_translation")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON portal.output_translation TO cwg_portal")


def _completions() -> None:
    op.create_table(
        "completion",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(length=64), nullable=False),
        sa.Column("release_at", WHEN, nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", WHEN, nullable=False),
        sa.Column("called_back_by", sa.Uuid(), nullable=True),
        sa.Column("called_back_at", WHEN, nullable=True),
        sa.Column("called_back_because", sa.String(), nullable=True),
        sa.Column("failed_because", sa.String(), nullable=True),
        sa.Column("failed_at", WHEN, nullable=True),
        sa.Column("released_at", WHEN, nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(called_back_at, failed_at, released_at) <= 1", name=op.f("ck_completion_ends_once")
        ),
        *_to("completion", "set_by", "called_back_by"),
        sa.PrimaryKeyConstraint("output_id", "number", name=op.f("pk_completion")),
        schema="portal",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON portal.completion TO cwg_portal")


def _to(table: str, *people: str) -> list[sa.ForeignKeyConstraint]:
    output = sa.ForeignKeyConstraint(["output_id"], ["portal.output.id"], name=f"fk_{table}_output_id_output")
    named = [sa.ForeignKeyConstraint([each], ["portal.person.id"], name=f"fk_{table}_{each}_person") for each in people]
    return [output, *named]


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("completion", schema="portal")
    op.drop_table("output_translation", schema="portal")
    op.execute("DROP FUNCTION release.complete(uuid, timestamptz, jsonb, text[], integer, text)")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_output_{name}"), "output", schema="release")
    for name in ("completes_digest", "completes", "completed_at"):
        op.drop_column("output", name, schema="release")
    op.drop_column("output", "completed_at", schema="portal")
    for schema, table, name in reversed(LANGUAGES):
        op.drop_column(table, name, schema=schema)
