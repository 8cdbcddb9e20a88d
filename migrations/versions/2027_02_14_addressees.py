"""Addressees of outputs, each with its party; texts for their addressees alone; deliveries to organizations.

The new columns are empty where there is nothing, so that no digest of a row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "addressees"
down_revision = "decision_documents"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.output_addressee
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{output_id,position}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.output_addressee', '{output_id,position}', '{}')
"""
TRIES = ("tries", "try_at")
NOTE_DELIVERY = """
CREATE OR REPLACE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.delivery
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{{id}}', '{{{columns}}}')
"""
REGISTER_DELIVERY = """
UPDATE portal.recorded_table SET unrecorded = '{{{columns}}}' WHERE relation = 'portal.delivery'
"""
REFERENCES = {
    "output_id": ("output", "id"),
    "organization": ("organization", "code"),
    "body_id": ("body", "id"),
    "in_reply_to": ("liaison", "id"),
}
CHECKS = {"has_one_party_at_most": "num_nonnulls(organization, body_id) <= 1", "has_words": "words <> ''"}
CHANNEL_BEFORE = "(kind = 'words') = (channel = 'hand')"
CHANNEL_OF_KIND = """CASE kind WHEN 'words' THEN channel = 'hand' WHEN 'organization' THEN channel <> 'desk'
ELSE channel = 'desk' END"""
STATE_BEFORE = """CASE state WHEN 'due' THEN sent_at IS NULL AND settled_at IS NULL WHEN 'called-back' THEN true
WHEN 'sent' THEN sent_at IS NOT NULL ELSE sent_at IS NOT NULL AND settled_at IS NOT NULL END"""
STATE_HAS_TIMES = """CASE state WHEN 'due' THEN sent_at IS NULL AND settled_at IS NULL
WHEN 'failed' THEN sent_at IS NULL WHEN 'called-back' THEN true WHEN 'sent' THEN sent_at IS NOT NULL
ELSE sent_at IS NOT NULL AND settled_at IS NOT NULL END"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "output_addressee",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("organization", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("wants", sa.String(), nullable=False),
        sa.Column("reply_by", sa.Date(), nullable=True),
        sa.Column("in_reply_to", sa.Uuid(), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_output_addressee_{name}")) for name, rule in CHECKS.items()),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"portal.{table}.{key}"], name=op.f(f"fk_output_addressee_{column}_{table}")
            )
            for column, (table, key) in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("output_id", "position", name=op.f("pk_output_addressee")),
        schema="portal",
    )
    for column in ("organization", "body_id", "in_reply_to"):
        op.create_index(op.f(f"ix_output_addressee_{column}"), "output_addressee", [column], schema="portal")
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute("GRANT SELECT, INSERT, DELETE ON portal.output_addressee TO cwg_portal")
    op.add_column("output", sa.Column("for_addressees_only", sa.Boolean(), nullable=True), schema="portal")
    op.add_column("delivery", sa.Column("tries", sa.Integer(), nullable=True), schema="portal")
    op.add_column("delivery", sa.Column("try_at", sa.DateTime(timezone=True), nullable=True), schema="portal")
    _record_deliveries_without(*TRIES)
    op.execute("GRANT UPDATE (channel) ON portal.delivery TO cwg_portal")
    _replace_check("words_by_hand", "channel_of_kind", CHANNEL_OF_KIND)
    _replace_check("state_has_times", "state_has_times", STATE_HAS_TIMES)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    _replace_check("state_has_times", "state_has_times", STATE_BEFORE)
    _replace_check("channel_of_kind", "words_by_hand", CHANNEL_BEFORE)
    op.execute("REVOKE UPDATE (channel) ON portal.delivery FROM cwg_portal")
    _record_deliveries_without()
    for column in reversed(TRIES):
        op.drop_column("delivery", column, schema="portal")
    op.drop_column("output", "for_addressees_only", schema="portal")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.output_addressee'")
    op.drop_table("output_addressee", schema="portal")


def _record_deliveries_without(*columns: str) -> None:
    for statement in (NOTE_DELIVERY, REGISTER_DELIVERY):
        op.execute(statement.format(columns=",".join(columns)))


def _replace_check(before: str, name: str, rule: str) -> None:
    op.drop_constraint(op.f(f"ck_delivery_{before}"), "delivery", schema="portal")
    op.create_check_constraint(op.f(f"ck_delivery_{name}"), "delivery", rule, schema="portal")
