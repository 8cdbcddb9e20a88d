"""To whom each translation that is due is assigned, and what is known of files that were received as translations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "translations"
down_revision = "registration"
branch_labels = None
depends_on = None

RECORD = """
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON portal.translation_assignment
FOR EACH ROW EXECUTE FUNCTION portal.note_row('{id}', '{}')
"""
REGISTER = """
INSERT INTO portal.recorded_table (relation, key_columns, unrecorded)
VALUES ('portal.translation_assignment', '{id}', '{}')
"""
OF_OUR_UPLOAD = "EXISTS (SELECT FROM portal.upload u WHERE u.id = upload_id)"
PERSON, TEXTS = "portal.person.id", {"edition": "portal.edition.id", "output": "portal.output.id"}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "translation_assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=True),
        sa.Column("output_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("translator_id", sa.Uuid(), nullable=True),
        sa.Column("translator_name", sa.String(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("assigned_by", sa.Uuid(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(edition_id, output_id) = 1", name=op.f("ck_translation_assignment_is_of_one_text")
        ),
        sa.CheckConstraint(
            "num_nonnulls(translator_id, translator_name) <= 1",
            name=op.f("ck_translation_assignment_has_one_translator"),
        ),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_translation_assignment_body_id_body")),
        *(
            sa.ForeignKeyConstraint([f"{text}_id"], [key], name=op.f(f"fk_translation_assignment_{text}_id_{text}"))
            for text, key in TEXTS.items()
        ),
        *(
            sa.ForeignKeyConstraint([column], [PERSON], name=op.f(f"fk_translation_assignment_{column}_person"))
            for column in ("translator_id", "assigned_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_translation_assignment")),
        sa.UniqueConstraint("edition_id", "language", name=op.f("uq_translation_assignment_edition_id_language")),
        sa.UniqueConstraint("output_id", "language", name=op.f("uq_translation_assignment_output_id_language")),
        schema="portal",
    )
    op.create_index(op.f("ix_translation_assignment_body_id"), "translation_assignment", ["body_id"], schema="portal")
    op.execute(RECORD)
    op.execute(REGISTER)
    op.execute("GRANT SELECT, INSERT, UPDATE ON portal.translation_assignment TO cwg_portal")
    create_received_table()


def create_received_table() -> None:
    """The rows are as visible as the upload that each is about."""
    op.create_table(
        "received_translation",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=True),
        sa.Column("output_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.String(2), nullable=True),
        sa.Column("found_language", sa.String(2), nullable=True),
        sa.Column("is_xliff", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(edition_id, output_id) <= 1", name=op.f("ck_received_translation_is_of_one_text")
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["portal.upload.id"],
            name=op.f("fk_received_translation_upload_id_upload"),
            ondelete="CASCADE",
        ),
        *(
            sa.ForeignKeyConstraint([f"{text}_id"], [key], name=op.f(f"fk_received_translation_{text}_id_{text}"))
            for text, key in TEXTS.items()
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_received_translation")),
        schema="portal",
    )
    for text in TEXTS:
        op.create_index(
            op.f(f"ix_received_translation_{text}_id"), "received_translation", [f"{text}_id"], schema="portal"
        )
    op.execute("ALTER TABLE portal.received_translation ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON portal.received_translation TO cwg_portal USING ({OF_OUR_UPLOAD})")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON portal.received_translation TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("received_translation", schema="portal")
    op.execute("DELETE FROM portal.recorded_table WHERE relation = 'portal.translation_assignment'")
    op.drop_table("translation_assignment", schema="portal")
