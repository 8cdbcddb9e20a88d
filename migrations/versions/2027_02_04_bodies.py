"""Bodies that people make, change and end, and the proposals of one secretary that another one confirms.

The new columns of bodies may be empty, so that no digest of a row changes.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

revision = "bodies"
down_revision = "liaisons"
branch_labels = None
depends_on = None

TABLE = "body_proposal"
COLUMNS: dict[str, TypeEngine[Any]] = {
    "admission_words": JSONB(),
    "begins_on": sa.Date(),
    "ends_on": sa.Date(),
    "version": sa.Integer(),
}
# What changes after a proposal was made; all else stays as it is.
CHANGED = "body_id, decided_by, decided_at, declined_because"
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.body_proposal
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{id}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('portal.body_proposal', '{id}', '{}')
"""
UNREGISTER = "DELETE FROM portal.recorded_table WHERE relation = 'portal.body_proposal'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name, kind in COLUMNS.items():
        op.add_column("body", sa.Column(name, kind, nullable=True), schema="portal")
    _create_proposal()
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute(f"GRANT SELECT, INSERT ON portal.{TABLE} TO cwg_portal")
    op.execute(f"GRANT UPDATE ({CHANGED}) ON portal.{TABLE} TO cwg_portal")


def _create_proposal() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=True),
        sa.Column("content", JSONB(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("because", sa.String(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_because", sa.String(), nullable=True),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name=op.f(f"ck_{TABLE}_decided")),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by OR declined_because IS NOT NULL",
            name=op.f(f"ck_{TABLE}_confirmed_by_another"),
        ),
        sa.CheckConstraint(
            "declined_because IS NOT NULL OR decided_by IS NULL OR decided_by IS DISTINCT FROM person_id",
            name=op.f(f"ck_{TABLE}_not_by_its_secretary"),
        ),
        sa.CheckConstraint("(kind = 'new') = (content IS NOT NULL)", name=op.f(f"ck_{TABLE}_content")),
        sa.CheckConstraint("(kind = 'end') = (person_id IS NULL)", name=op.f(f"ck_{TABLE}_secretary")),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f(f"fk_{TABLE}_body_id_body")),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f(f"fk_{TABLE}_person_id_person")),
        sa.ForeignKeyConstraint(["proposed_by"], ["portal.person.id"], name=op.f(f"fk_{TABLE}_proposed_by_person")),
        sa.ForeignKeyConstraint(["decided_by"], ["portal.person.id"], name=op.f(f"fk_{TABLE}_decided_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        schema="portal",
    )
    op.create_index(
        f"uq_{TABLE}_open",
        TABLE,
        ["body_id"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text("decided_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(UNREGISTER)
    op.drop_table(TABLE, schema="portal")
    for name in reversed(COLUMNS):
        op.drop_column("body", name, schema="portal")
