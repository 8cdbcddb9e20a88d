"""The register of organizations, with the organizations that the groups correspond with.

Their English names are confirmed where a published source has them; the others are to be confirmed by the secretariat.
"""

import csv
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "organizations"
down_revision = "released_headings"
branch_labels = None
depends_on = None

FIRST_ROWS = Path(__file__).parent.parent / "data" / "organizations.csv"
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.organization
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{code}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('portal.organization', '{code}', '{}')
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    table = op.create_table(
        "organization",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("names", JSONB(), nullable=False),
        sa.Column("confirmed", ARRAY(sa.String()), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("names <> '{}'::jsonb", name=op.f("ck_organization_has_a_name")),
        sa.CheckConstraint("names ?& confirmed", name=op.f("ck_organization_confirms_names")),
        sa.CheckConstraint(
            "until_on IS NULL OR until_on >= from_on", name=op.f("ck_organization_ends_after_it_begins")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_organization")),
        schema="portal",
    )
    with FIRST_ROWS.open(encoding="utf-8", newline="") as source:
        for line in csv.DictReader(source):
            op.execute(table.insert().values(**_build_row(line)))
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute("GRANT SELECT, INSERT ON portal.organization TO cwg_portal")
    op.execute(
        "GRANT UPDATE (kind, names, confirmed, contact, address, from_on, until_on, version)"
        " ON portal.organization TO cwg_portal"
    )


def _build_row(line: dict[str, str]) -> dict[str, object]:
    return {
        "code": line["code"],
        "kind": line["kind"],
        "names": {"en": line["en"]},
        "confirmed": line["confirmed"].split(),
        "contact": "",
        "address": "",
        "from_on": None,
        "until_on": None,
        "version": 1,
    }


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.organization'")
    op.drop_table("organization", schema="portal")
