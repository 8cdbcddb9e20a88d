"""Mandates with their versions and clauses, and the action lines of WSIS.

`migrations/data` has what they begin with; the column `confirmed` of each names the languages that were compared with
the source.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "mandates"
down_revision = "questions"
branch_labels = None
depends_on = None

DATA = Path(__file__).parents[1] / "data"
LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
STRINGS, NUMBERS, WORDS = postgresql.ARRAY(sa.String()), postgresql.ARRAY(sa.Integer()), postgresql.JSONB()
KEYS = {
    "mandate": "code",
    "mandate_version": "mandate,year",
    "clause": "code",
    "action_line": "code",
    "facilitation": "id",
}
# What the portal writes; codes, by which documents cite, never change. Who facilitates a line is of the source.
RIGHTS = {
    "mandate": "INSERT, UPDATE (retired_at, successor, version)",
    "mandate_version": "INSERT, UPDATE (titles, confirmed, in_own_words, address)",
    "clause": "INSERT, UPDATE (words, confirmed, in_own_words, acts, asks, retired_at, successor, version)",
    "action_line": "UPDATE (names, confirmed, sdgs, sdgs_confirmed, version)",
}
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.{table}
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{{{key}}}', '{{}}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('portal.{table}', '{{{key}}}', '{{}}')
"""

UNREGISTER = "DELETE FROM portal.recorded_table WHERE relation = 'portal.{table}'"


def describe_tables() -> dict[str, tuple[sa.schema.SchemaItem, ...]]:
    return {
        "mandate": (
            sa.Column("code", sa.String(), nullable=False),
            sa.Column("source", sa.String(), nullable=False),
            sa.Column("kind", sa.String(), nullable=False),
            sa.Column("number", sa.String(), nullable=False),
            sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("successor", sa.String(), nullable=True),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(["successor"], ["portal.mandate.code"], name=op.f("fk_mandate_successor_mandate")),
        ),
        "mandate_version": (
            sa.Column("mandate", sa.String(), nullable=False),
            sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("place", sa.String(), nullable=False),
            sa.Column("titles", WORDS, nullable=False),
            sa.Column("confirmed", STRINGS, nullable=False),
            sa.Column("in_own_words", sa.Boolean(), nullable=False),
            sa.Column("address", sa.String(), nullable=True),
            sa.ForeignKeyConstraint(
                ["mandate"], ["portal.mandate.code"], name=op.f("fk_mandate_version_mandate_mandate")
            ),
        ),
        "clause": (
            sa.Column("code", sa.String(), nullable=False),
            sa.Column("mandate", sa.String(), nullable=False),
            sa.Column("year", sa.Integer(), nullable=False),
            sa.Column("position", sa.Integer(), nullable=False),
            sa.Column("label", sa.String(), nullable=False),
            sa.Column("words", WORDS, nullable=False),
            sa.Column("confirmed", STRINGS, nullable=False),
            sa.Column("in_own_words", sa.Boolean(), nullable=False),
            sa.Column("acts", STRINGS, nullable=False),
            sa.Column("asks", sa.String(), nullable=False),
            sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("successor", sa.String(), nullable=True),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["mandate", "year"],
                ["portal.mandate_version.mandate", "portal.mandate_version.year"],
                name=op.f("fk_clause_mandate_year_mandate_version"),
            ),
            sa.ForeignKeyConstraint(["successor"], ["portal.clause.code"], name=op.f("fk_clause_successor_clause")),
            sa.UniqueConstraint("mandate", "year", "position", name=op.f("uq_clause_mandate_year_position")),
        ),
        "action_line": (
            sa.Column("code", sa.String(), nullable=False),
            sa.Column("parent", sa.String(), nullable=True),
            sa.Column("position", sa.Integer(), nullable=False),
            sa.Column("names", WORDS, nullable=False),
            sa.Column("confirmed", STRINGS, nullable=False),
            sa.Column("itu_role", sa.String(), nullable=True),
            sa.Column("sdgs", NUMBERS, nullable=False),
            sa.Column("sdgs_confirmed", sa.Boolean(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["parent"], ["portal.action_line.code"], name=op.f("fk_action_line_parent_action_line")
            ),
        ),
        "facilitation": (
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("action_line", sa.String(), nullable=False),
            sa.Column("organization", sa.String(), nullable=False),
            sa.Column("confirmed", sa.Boolean(), nullable=False),
            sa.Column("from_on", sa.Date(), nullable=True),
            sa.Column("until_on", sa.Date(), nullable=True),
            sa.Column("basis", sa.String(), nullable=False),
            sa.ForeignKeyConstraint(
                ["action_line"], ["portal.action_line.code"], name=op.f("fk_facilitation_action_line_action_line")
            ),
        ),
    }


def read_rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def texts(row: dict[str, str]) -> dict[str, str]:
    return {language: row[language] for language in LANGUAGES if row.get(language)}


def list_mandates() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    mandates: list[dict[str, object]] = []
    versions: list[dict[str, object]] = []
    for row in read_rows("mandates.csv"):
        mandates.append({name: row[name] for name in ("code", "source", "kind", "number")} | {"version": 1})
        versions.append(
            {
                "mandate": row["code"],
                "year": int(row["year"]),
                "place": row["place"],
                "titles": texts(row),
                "confirmed": row["confirmed"].split(),
                "in_own_words": row["in_own_words"] == "yes",
            }
        )
    return mandates, versions


def list_clauses() -> Iterator[dict[str, object]]:
    for position, row in enumerate(read_rows("mandate_clauses.csv"), 1):
        yield {
            "code": row["code"],
            "mandate": row["mandate"],
            "year": int(row["year"]),
            "position": position,
            "label": row["label"],
            "words": texts(row),
            "confirmed": row["confirmed"].split(),
            "in_own_words": True,
            "acts": row["acts"].split(),
            "asks": row["asks"],
            "version": 1,
        }


def list_action_lines() -> Iterator[dict[str, object]]:
    for position, row in enumerate(read_rows("action_lines.csv"), 1):
        yield {
            "code": row["code"],
            "parent": row["parent"] or None,
            "position": position,
            "names": texts(row),
            "confirmed": row["confirmed"].split(),
            "itu_role": row["itu_role"] or None,
            "sdgs": list(map(int, row["sdgs"].split())),
            "sdgs_confirmed": False,
            "version": 1,
        }


def list_facilitations() -> Iterator[dict[str, object]]:
    for row in read_rows("facilitations.csv"):
        yield {
            "id": uuid5(NAMESPACE_URL, f"urn:cwg:facilitation:{row['action_line']}:{row['organization']}"),
            "action_line": row["action_line"],
            "organization": row["organization"],
            "confirmed": row["confirmed"] == "yes",
            "basis": "",
        }


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    mandates, versions = list_mandates()
    rows = {
        "mandate": mandates,
        "mandate_version": versions,
        "clause": list(list_clauses()),
        "action_line": list(list_action_lines()),
        "facilitation": list(list_facilitations()),
    }
    tables = describe_tables()
    for name, key in KEYS.items():
        primary_key = sa.PrimaryKeyConstraint(*key.split(","), name=op.f(f"pk_{name}"))
        table = op.create_table(name, *tables[name], primary_key, schema="portal")
        op.bulk_insert(table, rows[name])
        op.execute(RECORD.format(table=name, key=key))
        op.execute(REGISTER.format(table=name, key=key))
        op.execute(f"GRANT {', '.join(filter(None, ('SELECT', RIGHTS.get(name))))} ON portal.{name} TO cwg_portal")
    op.create_index(op.f("ix_facilitation_action_line"), "facilitation", ["action_line"], schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in reversed(KEYS):
        op.execute(UNREGISTER.format(table=table))
        op.drop_table(table, schema="portal")
