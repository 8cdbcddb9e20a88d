"""The first tables: the portal's own schema, and schema `release` for what was released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "first_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("CREATE SCHEMA release")
    op.create_table(
        "body",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("legal_basis", sa.String(), nullable=False),
        sa.Column("admits", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("deadline_days", sa.Integer(), nullable=False),
        sa.Column("largest_file", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["portal.body.id"], name=op.f("fk_body_parent_id_body")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_body")),
        sa.UniqueConstraint("code", name=op.f("uq_body_code")),
        schema="portal",
    )
    op.create_table(
        "journal_line",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=True),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("body", sa.Uuid(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal_line")),
        sa.UniqueConstraint("digest", name=op.f("uq_journal_line_digest")),
        schema="portal",
    )
    op.create_index(op.f("ix_journal_line_body"), "journal_line", ["body"], unique=False, schema="portal")
    op.create_index(op.f("ix_journal_line_event"), "journal_line", ["event"], unique=False, schema="portal")
    op.create_table(
        "used_once",
        sa.Column("identifier", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_used_once")),
        schema="portal",
    )
    op.create_table(
        "member_state",
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("region", sa.String(length=1), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_member_state")),
        schema="portal",
    )
    op.create_table(
        "person",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("membership", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_name", sa.String(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_person_issuer_subject")),
        schema="portal",
    )
    op.create_index(op.f("ix_person_entity"), "person", ["entity"], unique=False, schema="portal")
    op.create_table(
        "rendition",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("pdf", sa.String(length=64), nullable=True),
        sa.Column("pdf_size", sa.Integer(), nullable=True),
        sa.Column("picture", sa.String(length=64), nullable=True),
        sa.Column("paragraphs", postgresql.ARRAY(sa.String()), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_rendition")),
        schema="portal",
    )
    op.create_table(
        "accreditation",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_accreditation_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_accreditation_body_id_body")),
        sa.ForeignKeyConstraint(["ended_by"], ["portal.person.id"], name=op.f("fk_accreditation_ended_by_person")),
        sa.ForeignKeyConstraint(["granted_by"], ["portal.person.id"], name=op.f("fk_accreditation_granted_by_person")),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_accreditation_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accreditation")),
        schema="portal",
    )
    op.create_index(
        op.f("ix_accreditation_body_id_entity"), "accreditation", ["body_id", "entity"], unique=False, schema="portal"
    )
    op.create_index(
        op.f("ix_accreditation_person_id_body_id"),
        "accreditation",
        ["person_id", "body_id"],
        unique=False,
        schema="portal",
    )
    op.create_table(
        "appointment",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=True),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(body_id IS NULL) = (office NOT IN ('chair', 'vice_chair', 'secretary'))",
            name=op.f("ck_appointment_place"),
        ),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> proposed_by", name=op.f("ck_appointment_confirmed_by_another")
        ),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_appointment_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_appointment_body_id_body")),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["portal.person.id"], name=op.f("fk_appointment_confirmed_by_person")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["portal.person.id"], name=op.f("fk_appointment_ended_by_person")),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_appointment_person_id_person")),
        sa.ForeignKeyConstraint(["proposed_by"], ["portal.person.id"], name=op.f("fk_appointment_proposed_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        schema="portal",
    )
    op.create_index(op.f("ix_appointment_body_id"), "appointment", ["body_id"], unique=False, schema="portal")
    op.create_index(op.f("ix_appointment_person_id"), "appointment", ["person_id"], unique=False, schema="portal")
    op.create_table(
        "meeting",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("contributions_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agenda_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_meeting_closes_after_it_opens")),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_meeting_body_id_body")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("body_id", "number", name=op.f("uq_meeting_body_id_number")),
        schema="portal",
    )
    op.create_table(
        "series",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_series_body_id_body")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("body_id", "code", name=op.f("uq_series_body_id_code")),
        schema="portal",
    )
    op.create_table(
        "user_session",
        sa.Column("secret_digest", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("provider_sid", sa.String(), nullable=True),
        sa.Column("browser", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("came_last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_user_session_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_user_session_secret_digest")),
        schema="portal",
    )
    op.create_index(op.f("ix_user_session_person_id"), "user_session", ["person_id"], unique=False, schema="portal")
    op.create_index(
        op.f("ix_user_session_provider_sid"), "user_session", ["provider_sid"], unique=False, schema="portal"
    )
    op.create_table(
        "agenda_item",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("titles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["portal.meeting.id"], name=op.f("fk_agenda_item_meeting_id_meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_item")),
        sa.UniqueConstraint(
            "meeting_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_agenda_item_meeting_id_position"),
        ),
        schema="portal",
    )
    op.create_table(
        "counter",
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["portal.series.id"], name=op.f("fk_counter_series_id_series")),
        sa.PrimaryKeyConstraint("series_id", "scope", name=op.f("pk_counter")),
        schema="portal",
    )
    op.create_table(
        "document",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("original", sa.String(length=2), nullable=False),
        sa.Column("titles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("abstract", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("access", sa.String(), nullable=False),
        sa.Column("ended_as", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_side", sa.String(), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_document_number_counts_from_one")),
        sa.CheckConstraint(
            "num_nonnulls(ended_as, ended_at, ended_by, ended_side, ended_because) IN (0, 5)",
            name=op.f("ck_document_end_is_explained"),
        ),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_document_body_id_body")),
        sa.ForeignKeyConstraint(["ended_by"], ["portal.person.id"], name=op.f("fk_document_ended_by_person")),
        sa.ForeignKeyConstraint(["series_id"], ["portal.series.id"], name=op.f("fk_document_series_id_series")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("series_id", "scope", "number", name=op.f("uq_document_series_id_scope_number")),
        sa.UniqueConstraint("symbol", name=op.f("uq_document_symbol")),
        schema="portal",
    )
    op.create_index(
        op.f("ix_document_body_id_registered_at_number"),
        "document",
        ["body_id", "registered_at", "number"],
        unique=False,
        schema="portal",
    )
    op.create_index(op.f("ix_document_body_id_scope"), "document", ["body_id", "scope"], unique=False, schema="portal")
    op.create_index(op.f("ix_document_number"), "document", ["number"], unique=False, schema="portal")
    op.create_index(op.f("ix_document_registered_at"), "document", ["registered_at"], unique=False, schema="portal")
    op.create_table(
        "output",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("titles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("original", sa.String(length=2), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("symbol", sa.String(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("text_digest", sa.String(length=64), nullable=True),
        sa.Column("adopted_on", sa.Date(), nullable=True),
        sa.Column("adopted_by", sa.Uuid(), nullable=True),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("let_out_by", sa.Uuid(), nullable=True),
        sa.Column("let_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_because", sa.String(), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["adopted_by"], ["portal.person.id"], name=op.f("fk_output_adopted_by_person")),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_output_body_id_body")),
        sa.ForeignKeyConstraint(["drafted_by"], ["portal.person.id"], name=op.f("fk_output_drafted_by_person")),
        sa.ForeignKeyConstraint(["let_out_by"], ["portal.person.id"], name=op.f("fk_output_let_out_by_person")),
        sa.ForeignKeyConstraint(["meeting_id"], ["portal.meeting.id"], name=op.f("fk_output_meeting_id_meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output")),
        sa.UniqueConstraint("symbol", name=op.f("uq_output_symbol")),
        schema="portal",
    )
    op.create_index(op.f("ix_output_body_id"), "output", ["body_id"], unique=False, schema="portal")
    op.create_table(
        "allocation",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["portal.document.id"], name=op.f("fk_allocation_document_id_document")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["portal.agenda_item.id"], name=op.f("fk_allocation_item_id_agenda_item")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_allocation")),
        schema="portal",
    )
    op.create_index(op.f("ix_allocation_item_id"), "allocation", ["item_id"], unique=False, schema="portal")
    op.create_table(
        "approval",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["output_id"], ["portal.output.id"], name=op.f("fk_approval_output_id_output")),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_approval_person_id_person")),
        sa.PrimaryKeyConstraint("output_id", "person_id", name=op.f("pk_approval")),
        schema="portal",
    )
    op.create_table(
        "edition",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("original", sa.String(length=2), nullable=False),
        sa.Column("titles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("abstract", sa.String(), nullable=False),
        sa.Column("cover", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("only_language", sa.String(length=2), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["portal.document.id"], name=op.f("fk_edition_document_id_document")),
        sa.ForeignKeyConstraint(["registered_by"], ["portal.person.id"], name=op.f("fk_edition_registered_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("document_id", "step", "number", name=op.f("uq_edition_document_id_step_number")),
        sa.UniqueConstraint("symbol", name=op.f("uq_edition_symbol")),
        schema="portal",
    )
    op.create_table(
        "contribution",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("by_entity", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("abstract", sa.String(), nullable=False),
        sa.Column("original", sa.String(length=2), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("refers_to", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("regional_group", sa.String(), nullable=True),
        sa.Column("invited", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("declined", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("late_accepted_by", sa.Uuid(), nullable=True),
        sa.Column("late_accepted_because", sa.String(), nullable=True),
        sa.Column("held_because", sa.String(), nullable=True),
        sa.Column("returned_because", sa.String(), nullable=True),
        sa.Column("access", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("follows_id", sa.Uuid(), nullable=True),
        sa.Column("only_language", sa.String(length=2), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("edition_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_contribution_body_id_body")),
        sa.ForeignKeyConstraint(["changed_by"], ["portal.person.id"], name=op.f("fk_contribution_changed_by_person")),
        sa.ForeignKeyConstraint(["cleared_by"], ["portal.person.id"], name=op.f("fk_contribution_cleared_by_person")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["portal.document.id"], name=op.f("fk_contribution_document_id_document")
        ),
        sa.ForeignKeyConstraint(["drafted_by"], ["portal.person.id"], name=op.f("fk_contribution_drafted_by_person")),
        sa.ForeignKeyConstraint(["edition_id"], ["portal.edition.id"], name=op.f("fk_contribution_edition_id_edition")),
        sa.ForeignKeyConstraint(
            ["follows_id"], ["portal.document.id"], name=op.f("fk_contribution_follows_id_document")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["portal.agenda_item.id"],
            name=op.f("fk_contribution_item_id_agenda_item"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["late_accepted_by"], ["portal.person.id"], name=op.f("fk_contribution_late_accepted_by_person")
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["portal.meeting.id"], name=op.f("fk_contribution_meeting_id_meeting")),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["portal.person.id"], name=op.f("fk_contribution_submitted_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution")),
        sa.UniqueConstraint("edition_id", name=op.f("uq_contribution_edition_id")),
        schema="portal",
    )
    op.create_index(
        op.f("ix_contribution_body_id_entity"), "contribution", ["body_id", "entity"], unique=False, schema="portal"
    )
    op.create_index(
        op.f("ix_contribution_meeting_id_status"),
        "contribution",
        ["meeting_id", "status"],
        unique=False,
        schema="portal",
    )
    op.create_index(op.f("ix_contribution_document_id"), "contribution", ["document_id"], unique=False, schema="portal")
    op.create_index(op.f("ix_contribution_follows_id"), "contribution", ["follows_id"], unique=False, schema="portal")
    op.create_table(
        "language_version",
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("supplied_by", sa.Uuid(), nullable=False),
        sa.Column("supplied_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["portal.edition.id"], name=op.f("fk_language_version_edition_id_edition")
        ),
        sa.ForeignKeyConstraint(
            ["supplied_by"], ["portal.person.id"], name=op.f("fk_language_version_supplied_by_person")
        ),
        sa.PrimaryKeyConstraint("edition_id", "language", name=op.f("pk_language_version")),
        schema="portal",
    )
    op.create_table(
        "output_file",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["output_id"], ["portal.output.id"], name=op.f("fk_output_file_output_id_output")),
        sa.PrimaryKeyConstraint("output_id", "language", name=op.f("pk_output_file")),
        schema="portal",
    )
    op.create_table(
        "output_source",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["portal.document.id"], name=op.f("fk_output_source_document_id_document")
        ),
        sa.ForeignKeyConstraint(["output_id"], ["portal.output.id"], name=op.f("fk_output_source_output_id_output")),
        sa.PrimaryKeyConstraint("output_id", "document_id", name=op.f("pk_output_source")),
        schema="portal",
    )
    op.create_table(
        "contribution_file",
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["portal.contribution.id"],
            name=op.f("fk_contribution_file_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contribution_id", "language", name=op.f("pk_contribution_file")),
        schema="portal",
    )
    op.create_table(
        "output",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("body_names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("meeting", sa.Integer(), nullable=False),
        sa.Column("titles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("original", sa.String(length=2), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output")),
        sa.UniqueConstraint("slug", name=op.f("uq_output_slug")),
        sa.UniqueConstraint("symbol", name=op.f("uq_output_symbol")),
        schema="release",
    )
    op.create_index(op.f("ix_output_released_at"), "output", ["released_at"], unique=False, schema="release")
    op.create_table(
        "file",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["output_id"], ["release.output.id"], name=op.f("fk_file_output_id_output")),
        sa.PrimaryKeyConstraint("output_id", "language", name=op.f("pk_file")),
        schema="release",
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_receipt_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("subject", "kind", "version", name=op.f("uq_receipt_subject_kind_version")),
        schema="portal",
    )

    op.create_table(
        "cosponsor",
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signs", sa.Boolean(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["portal.person.id"], name=op.f("fk_cosponsor_answered_by_person")),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["portal.contribution.id"],
            name=op.f("fk_cosponsor_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["invited_by"], ["portal.person.id"], name=op.f("fk_cosponsor_invited_by_person")),
        sa.PrimaryKeyConstraint("contribution_id", "entity", name=op.f("pk_cosponsor")),
        schema="portal",
    )
    op.create_table(
        "clearance",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_clearance_body_id_body")),
        sa.ForeignKeyConstraint(["set_by"], ["portal.person.id"], name=op.f("fk_clearance_set_by_person")),
        sa.PrimaryKeyConstraint("body_id", "entity", name=op.f("pk_clearance")),
        schema="portal",
    )
    op.create_table(
        "sponsor",
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["portal.edition.id"], name=op.f("fk_sponsor_edition_id_edition")),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_sponsor_person_id_person")),
        sa.PrimaryKeyConstraint("edition_id", "entity", name=op.f("pk_sponsor")),
        schema="portal",
    )
    op.create_table(
        "document_text",
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["portal.document.id"], name=op.f("fk_document_text_document_id_document")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id", "language"],
            ["portal.language_version.edition_id", "portal.language_version.language"],
            name=op.f("fk_document_text_edition_id_language_language_version"),
        ),
        sa.PrimaryKeyConstraint("edition_id", "language", name=op.f("pk_document_text")),
        schema="portal",
    )
    op.create_index(
        op.f("ix_document_text_document_id"), "document_text", ["document_id"], unique=False, schema="portal"
    )
    op.create_index(
        op.f("ix_document_text_words"),
        "document_text",
        ["words"],
        unique=False,
        schema="portal",
        postgresql_using="gin",
    )
    op.create_table(
        "scan",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_scan")),
        schema="portal",
    )
    op.create_table(
        "upload",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("announced", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("received BETWEEN 0 AND size", name=op.f("ck_upload_received_is_part_of_size")),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_upload_body_id_body")),
        sa.ForeignKeyConstraint(["person_id"], ["portal.person.id"], name=op.f("fk_upload_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        schema="portal",
    )
    op.create_index(op.f("ix_upload_body_id_entity"), "upload", ["body_id", "entity"], unique=False, schema="portal")
    op.create_index(op.f("ix_upload_person_id"), "upload", ["person_id"], unique=False, schema="portal")
    op.create_table(
        "document_relation",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("document_id <> other_id", name=op.f("ck_document_relation_is_between_two")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["portal.document.id"], name=op.f("fk_document_relation_document_id_document")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["portal.person.id"], name=op.f("fk_document_relation_made_by_person")),
        sa.ForeignKeyConstraint(
            ["other_id"], ["portal.document.id"], name=op.f("fk_document_relation_other_id_document")
        ),
        sa.PrimaryKeyConstraint("document_id", "kind", "other_id", name=op.f("pk_document_relation")),
        schema="portal",
    )
    op.create_index(
        op.f("ix_document_relation_other_id"), "document_relation", ["other_id"], unique=False, schema="portal"
    )
    op.create_table(
        "document_correction",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("old", sa.String(), nullable=False),
        sa.Column("new", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("corrected_by", sa.Uuid(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["corrected_by"], ["portal.person.id"], name=op.f("fk_document_correction_corrected_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["portal.document.id"], name=op.f("fk_document_correction_document_id_document")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_correction")),
        schema="portal",
    )
    op.create_index(
        op.f("ix_document_correction_document_id"),
        "document_correction",
        ["document_id"],
        unique=False,
        schema="portal",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_index(op.f("ix_document_correction_document_id"), table_name="document_correction", schema="portal")
    op.drop_table("document_correction", schema="portal")
    op.drop_index(op.f("ix_document_relation_other_id"), table_name="document_relation", schema="portal")
    op.drop_table("document_relation", schema="portal")
    op.drop_index(op.f("ix_upload_person_id"), table_name="upload", schema="portal")
    op.drop_index(op.f("ix_upload_body_id_entity"), table_name="upload", schema="portal")
    op.drop_table("upload", schema="portal")
    op.drop_table("scan", schema="portal")
    op.drop_index(op.f("ix_document_text_words"), table_name="document_text", schema="portal")
    op.drop_index(op.f("ix_document_text_document_id"), table_name="document_text", schema="portal")
    op.drop_table("document_text", schema="portal")
    op.drop_table("sponsor", schema="portal")
    op.drop_table("clearance", schema="portal")
    op.drop_table("cosponsor", schema="portal")
    op.drop_table("receipt", schema="portal")
    op.drop_table("file", schema="release")
    op.drop_index(op.f("ix_output_released_at"), table_name="output", schema="release")
    op.drop_table("output", schema="release")
    op.drop_table("contribution_file", schema="portal")
    op.drop_table("output_source", schema="portal")
    op.drop_table("output_file", schema="portal")
    op.drop_table("language_version", schema="portal")
    op.drop_index(op.f("ix_contribution_follows_id"), table_name="contribution", schema="portal")
    op.drop_index(op.f("ix_contribution_document_id"), table_name="contribution", schema="portal")
    op.drop_index(op.f("ix_contribution_meeting_id_status"), table_name="contribution", schema="portal")
    op.drop_index(op.f("ix_contribution_body_id_entity"), table_name="contribution", schema="portal")
    op.drop_table("contribution", schema="portal")
    op.drop_table("edition", schema="portal")
    op.drop_table("approval", schema="portal")
    op.drop_index(op.f("ix_allocation_item_id"), table_name="allocation", schema="portal")
    op.drop_table("allocation", schema="portal")
    op.drop_index(op.f("ix_output_body_id"), table_name="output", schema="portal")
    op.drop_table("output", schema="portal")
    op.drop_index(op.f("ix_document_registered_at"), table_name="document", schema="portal")
    op.drop_index(op.f("ix_document_number"), table_name="document", schema="portal")
    op.drop_index(op.f("ix_document_body_id_scope"), table_name="document", schema="portal")
    op.drop_index(op.f("ix_document_body_id_registered_at_number"), table_name="document", schema="portal")
    op.drop_table("document", schema="portal")
    op.drop_table("counter", schema="portal")
    op.drop_table("agenda_item", schema="portal")
    op.drop_index(op.f("ix_user_session_provider_sid"), table_name="user_session", schema="portal")
    op.drop_index(op.f("ix_user_session_person_id"), table_name="user_session", schema="portal")
    op.drop_table("user_session", schema="portal")
    op.drop_table("series", schema="portal")
    op.drop_table("meeting", schema="portal")
    op.drop_index(op.f("ix_appointment_person_id"), table_name="appointment", schema="portal")
    op.drop_index(op.f("ix_appointment_body_id"), table_name="appointment", schema="portal")
    op.drop_table("appointment", schema="portal")
    op.drop_index(op.f("ix_accreditation_person_id_body_id"), table_name="accreditation", schema="portal")
    op.drop_index(op.f("ix_accreditation_body_id_entity"), table_name="accreditation", schema="portal")
    op.drop_table("accreditation", schema="portal")
    op.drop_table("rendition", schema="portal")
    op.drop_index(op.f("ix_person_entity"), table_name="person", schema="portal")
    op.drop_table("person", schema="portal")
    op.drop_table("member_state", schema="portal")
    op.drop_table("used_once", schema="portal")
    op.drop_index(op.f("ix_journal_line_event"), table_name="journal_line", schema="portal")
    op.drop_index(op.f("ix_journal_line_body"), table_name="journal_line", schema="portal")
    op.drop_table("journal_line", schema="portal")
    op.drop_table("body", schema="portal")
    op.execute("DROP SCHEMA release")
