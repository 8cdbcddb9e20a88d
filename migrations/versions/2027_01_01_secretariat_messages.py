"""Messages that the secretariat of a body writes to its members; the offices of the body read them, and the worker,
which sends them. What was sent is neither changed nor removed."""

import sqlalchemy as sa
from alembic import op

revision = "secretariat_messages"
down_revision = "floor_undo"
branch_labels = None
depends_on = None

MESSAGE, TEXT = "portal.secretariat_message", "portal.secretariat_message_text"
KEYS = {MESSAGE: "{id}", TEXT: "{message_id,lang}"}
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{key}', '{{}}')
"""
REGISTER = "INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('{table}', '{key}', '{{}}')"
OF_OUR_BODIES = "body_id::text = ANY (string_to_array(current_setting('cwg.offices', true), ','))"
READERS = {
    MESSAGE: OF_OUR_BODIES,
    TEXT: f"EXISTS (SELECT FROM {MESSAGE} m WHERE m.id = message_id)",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "secretariat_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=True),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_secretariat_message_body_id_body")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["portal.meeting.id"], name=op.f("fk_secretariat_message_meeting_id_meeting")
        ),
        sa.ForeignKeyConstraint(["sent_by"], ["portal.person.id"], name=op.f("fk_secretariat_message_sent_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secretariat_message")),
        schema="portal",
    )
    op.create_index(
        op.f("ix_secretariat_message_body_id_sent_at"), "secretariat_message", ["body_id", "sent_at"], schema="portal"
    )
    op.create_table(
        "secretariat_message_text",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("lang", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["portal.secretariat_message.id"],
            name=op.f("fk_secretariat_message_text_message_id_secretariat_message"),
        ),
        sa.PrimaryKeyConstraint("message_id", "lang", name=op.f("pk_secretariat_message_text")),
        schema="portal",
    )
    for table, key in KEYS.items():
        op.execute(RECORD.format(table=table, key=key))
        op.execute(REGISTER.format(table=table, key=key))
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY offices ON {table} TO cwg_portal USING ({READERS[table]})")
        op.execute(f"CREATE POLICY sent ON {table} FOR SELECT TO cwg_worker USING (true)")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(
        "DELETE FROM portal.recorded_table"
        " WHERE relation IN ('portal.secretariat_message', 'portal.secretariat_message_text')"
    )
    op.drop_table("secretariat_message_text", schema="portal")
    op.drop_table("secretariat_message", schema="portal")
