"""Templates of letters of invitation by body and language, and the letters that were made for Member States.

What was made is neither changed nor removed.
"""

import sqlalchemy as sa
from alembic import op

revision = "invitation_letters"
down_revision = "badges"
branch_labels = None
depends_on = None

TEMPLATE, SET, LETTER = "portal.invitation_template", "portal.invitation_set", "portal.invitation_letter"
KEYS = {TEMPLATE: "{id}", SET: "{id}", LETTER: "{set_id,entity}"}
RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{key}', '{{}}')
"""
REGISTER = "INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('{table}', '{key}', '{{}}')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "invitation_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("lang", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("put_by", sa.Uuid(), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_invitation_template_body_id_body")),
        sa.ForeignKeyConstraint(["put_by"], ["portal.person.id"], name=op.f("fk_invitation_template_put_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_template")),
        schema="portal",
    )
    op.create_index(
        op.f("ix_invitation_template_body_id_lang"), "invitation_template", ["body_id", "lang"], schema="portal"
    )
    op.create_table(
        "invitation_set",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("signatory", sa.String(), nullable=False),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["portal.meeting.id"], name=op.f("fk_invitation_set_meeting_id_meeting")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["portal.person.id"], name=op.f("fk_invitation_set_made_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_set")),
        schema="portal",
    )
    op.create_index(
        op.f("ix_invitation_set_meeting_id_made_at"), "invitation_set", ["meeting_id", "made_at"], schema="portal"
    )
    op.create_table(
        "invitation_letter",
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("lang", sa.String(), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["set_id"], ["portal.invitation_set.id"], name=op.f("fk_invitation_letter_set_id_invitation_set")
        ),
        sa.PrimaryKeyConstraint("set_id", "entity", name=op.f("pk_invitation_letter")),
        schema="portal",
    )
    for table, key in KEYS.items():
        op.execute(RECORD.format(table=table, key=key))
        op.execute(REGISTER.format(table=table, key=key))
        op.execute(f"GRANT SELECT, INSERT ON {table} TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(
        "DELETE FROM portal.recorded_table WHERE relation IN"
        " ('portal.invitation_template', 'portal.invitation_set', 'portal.invitation_letter')"
    )
    for table in ("invitation_letter", "invitation_set", "invitation_template"):
        op.drop_table(table, schema="portal")
