"""Invitations of people to a role before they sign in for the first time, and the e-mails that inform them."""

import sqlalchemy as sa
from alembic import op

revision = "invitations"
down_revision = "translations"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.{table}
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{{id}}', '{{}}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES ('portal.{table}', '{{id}}', '{{}}')
"""
UNREGISTER = "DELETE FROM portal.recorded_table WHERE relation = 'portal.{table}'"
RECORDED = ("person_invitation",)
# Columns that change after a row was added; all others stay as they are.
CHANGED = {
    "person_invitation": "accepted_at, accreditation_id, withdrawn_by, withdrawn_at",
    "invitation_email": "address, due_at, tries, fate, ended_at",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    _create_invitation()
    _create_invitation_email()
    for table in RECORDED:
        op.execute(RECORD.format(table=table))
        op.execute(REGISTER.format(table=table))
    for table, columns in CHANGED.items():
        op.execute(f"GRANT SELECT, INSERT ON portal.{table} TO cwg_portal")
        op.execute(f"GRANT UPDATE ({columns}) ON portal.{table} TO cwg_portal")


def _create_invitation() -> None:
    table = "person_invitation"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mail_digest", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accreditation_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("until_on >= from_on", name=op.f(f"ck_{table}_ends_after_it_begins")),
        sa.CheckConstraint("(accepted_at IS NULL) = (accreditation_id IS NULL)", name=op.f(f"ck_{table}_accepted")),
        sa.CheckConstraint(
            "accepted_at IS NULL OR withdrawn_at IS NULL", name=op.f(f"ck_{table}_accepted_or_withdrawn")
        ),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f(f"fk_{table}_body_id_body")),
        sa.ForeignKeyConstraint(["invited_by"], ["portal.person.id"], name=op.f(f"fk_{table}_invited_by_person")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["portal.person.id"], name=op.f(f"fk_{table}_withdrawn_by_person")),
        sa.ForeignKeyConstraint(
            ["accreditation_id"], ["portal.accreditation.id"], name=op.f(f"fk_{table}_accreditation_id_accreditation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        schema="portal",
    )
    op.create_index(
        f"uq_{table}_open",
        table,
        ["body_id", "entity", "mail_digest", "capacity"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text("accepted_at IS NULL AND withdrawn_at IS NULL"),
    )
    op.create_index(op.f(f"ix_{table}_mail_digest"), table, ["mail_digest"], schema="portal")


def _create_invitation_email() -> None:
    table = "invitation_email"
    op.create_table(
        table,
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("lang", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fate", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(fate = 'waiting') = (ended_at IS NULL)", name=op.f(f"ck_{table}_ended")),
        sa.CheckConstraint("(fate = 'waiting') = (address IS NOT NULL)", name=op.f(f"ck_{table}_address")),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["portal.person_invitation.id"],
            name=op.f(f"fk_{table}_invitation_id_person_invitation"),
        ),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f(f"pk_{table}")),
        schema="portal",
    )
    op.create_index(f"ix_{table}_due", table, ["due_at"], schema="portal", postgresql_where=sa.text("fate = 'waiting'"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for table in RECORDED:
        op.execute(UNREGISTER.format(table=table))
    for table in ("invitation_email", "person_invitation"):
        op.drop_table(table, schema="portal")
