"""Agendas as trees, with a draft and released versions; sessions and the life of a meeting; decisions.

What everybody saw of an agenda before there were releases is its first release.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "agendas"
down_revision = "sources"
branch_labels = None
depends_on = None

# A release may only be superseded or adopted; its items never change.
ADDED_TO = "portal.agenda_release, portal.released_item, portal.released_allocation, portal.position"
KEPT = "portal.item_proposal, portal.meeting_session, portal.decision, portal.action_point"
RELEASED = (
    "INSERT INTO portal.agenda_release"
    " (id, meeting_id, number, note, draft_version, is_current, released_at)"
    " SELECT gen_random_uuid(), id, 1, '', agenda_version, true, now() FROM portal.meeting"
    " WHERE id IN (SELECT meeting_id FROM portal.agenda_item)",
    "INSERT INTO portal.released_item"
    " (release_id, item_id, place, depth, label, titles, kind, responsible, notes, restricted)"
    " SELECT r.id, i.id, i.position + 1, 1, (i.position + 1)::text, i.titles, 'discussion', '', '', false"
    " FROM portal.agenda_item i JOIN portal.agenda_release r USING (meeting_id)",
    "INSERT INTO portal.released_allocation (release_id, document_id, item_id, position)"
    " SELECT r.id, a.document_id, a.item_id, 0 FROM portal.allocation a"
    " JOIN portal.agenda_item i ON i.id = a.item_id JOIN portal.agenda_release r USING (meeting_id)",
)
FLAT = """
WITH RECURSIVE tree AS (
    SELECT id, meeting_id, ARRAY[position] AS path FROM portal.agenda_item WHERE parent_id IS NULL
    UNION ALL
    SELECT i.id, i.meeting_id, t.path || i.position FROM portal.agenda_item i JOIN tree t ON i.parent_id = t.id
), flat AS (
    SELECT id, row_number() OVER (PARTITION BY meeting_id ORDER BY path) AS place FROM tree
)
UPDATE portal.agenda_item i SET position = flat.place FROM flat WHERE flat.id = i.id
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "agenda_change",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["portal.person.id"], name=op.f("fk_agenda_change_changed_by_person")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["portal.meeting.id"], name=op.f("fk_agenda_change_meeting_id_meeting")
        ),
        sa.PrimaryKeyConstraint("meeting_id", "version", name=op.f("pk_agenda_change")),
        schema="portal",
    )
    op.create_table(
        "agenda_release",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("draft_version", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adopted_by", sa.Uuid(), nullable=True),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["adopted_by"], ["portal.person.id"], name=op.f("fk_agenda_release_adopted_by_person")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["portal.meeting.id"], name=op.f("fk_agenda_release_meeting_id_meeting")
        ),
        sa.ForeignKeyConstraint(
            ["released_by"], ["portal.person.id"], name=op.f("fk_agenda_release_released_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_release")),
        sa.UniqueConstraint("meeting_id", "number", name=op.f("uq_agenda_release_meeting_id_number")),
        schema="portal",
    )
    op.create_index(
        "uq_agenda_release_current",
        "agenda_release",
        ["meeting_id"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "item_proposal",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("lang", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["portal.person.id"], name=op.f("fk_item_proposal_answered_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["portal.meeting.id"], name=op.f("fk_item_proposal_meeting_id_meeting")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["portal.person.id"], name=op.f("fk_item_proposal_proposed_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_proposal")),
        schema="portal",
    )
    op.create_index(op.f("ix_item_proposal_meeting_id"), "item_proposal", ["meeting_id"], unique=False, schema="portal")
    op.create_table(
        "meeting_session",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_meeting_session_ends_after_it_starts")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["portal.meeting.id"], name=op.f("fk_meeting_session_meeting_id_meeting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_session")),
        sa.UniqueConstraint("meeting_id", "starts_at", name=op.f("uq_meeting_session_meeting_id_starts_at")),
        schema="portal",
    )
    op.create_table(
        "decision",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["portal.meeting.id"], name=op.f("fk_decision_meeting_id_meeting")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["portal.meeting_session.id"], name=op.f("fk_decision_session_id_meeting_session")
        ),
        sa.ForeignKeyConstraint(["taken_by"], ["portal.person.id"], name=op.f("fk_decision_taken_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("meeting_id", "number", name=op.f("uq_decision_meeting_id_number")),
        schema="portal",
    )
    op.create_table(
        "released_allocation",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("together", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["portal.document.id"], name=op.f("fk_released_allocation_document_id_document")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["portal.agenda_release.id"], name=op.f("fk_released_allocation_release_id_agenda_release")
        ),
        sa.PrimaryKeyConstraint("release_id", "document_id", name=op.f("pk_released_allocation")),
        schema="portal",
    )
    op.create_index(
        op.f("ix_released_allocation_document_id"),
        "released_allocation",
        ["document_id"],
        unique=False,
        schema="portal",
    )
    op.create_table(
        "released_item",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("titles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("responsible", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["release_id"], ["portal.agenda_release.id"], name=op.f("fk_released_item_release_id_agenda_release")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["portal.meeting_session.id"], name=op.f("fk_released_item_session_id_meeting_session")
        ),
        sa.PrimaryKeyConstraint("release_id", "item_id", name=op.f("pk_released_item")),
        schema="portal",
    )
    op.create_table(
        "action_point",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("progress", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["portal.body.id"], name=op.f("fk_action_point_body_id_body")),
        sa.ForeignKeyConstraint(["changed_by"], ["portal.person.id"], name=op.f("fk_action_point_changed_by_person")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["portal.decision.id"], name=op.f("fk_action_point_decision_id_decision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_point")),
        schema="portal",
    )
    op.create_index(op.f("ix_action_point_body_id"), "action_point", ["body_id"], unique=False, schema="portal")
    op.create_index(op.f("ix_action_point_decision_id"), "action_point", ["decision_id"], unique=False, schema="portal")
    op.create_table(
        "position",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("stance", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("put_by", sa.Uuid(), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["portal.decision.id"], name=op.f("fk_position_decision_id_decision")),
        sa.ForeignKeyConstraint(["put_by"], ["portal.person.id"], name=op.f("fk_position_put_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position")),
        schema="portal",
    )
    op.create_index(op.f("ix_position_decision_id"), "position", ["decision_id"], unique=False, schema="portal")
    op.add_column("agenda_item", sa.Column("parent_id", sa.Uuid(), nullable=True), schema="portal")
    op.add_column(
        "agenda_item",
        sa.Column("kind", sa.String(), nullable=False, server_default=sa.text("'discussion'")),
        schema="portal",
    )
    op.add_column("agenda_item", sa.Column("minutes", sa.Integer(), nullable=True), schema="portal")
    op.add_column(
        "agenda_item",
        sa.Column("responsible", sa.String(), nullable=False, server_default=sa.text("''")),
        schema="portal",
    )
    op.add_column(
        "agenda_item", sa.Column("notes", sa.String(), nullable=False, server_default=sa.text("''")), schema="portal"
    )
    op.add_column(
        "agenda_item",
        sa.Column("restricted", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        schema="portal",
    )
    op.add_column("agenda_item", sa.Column("session_id", sa.Uuid(), nullable=True), schema="portal")
    op.drop_constraint(op.f("uq_agenda_item_meeting_id_position"), "agenda_item", schema="portal", type_="unique")
    op.execute("UPDATE portal.agenda_item SET position = position - 1")
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.create_check_constraint(
        op.f("ck_agenda_item_minutes_not_negative"), "agenda_item", "minutes >= 0", schema="portal"
    )
    op.create_unique_constraint(
        op.f("uq_agenda_item_meeting_id_parent_id_position"),
        "agenda_item",
        ["meeting_id", "parent_id", "position"],
        deferrable=True,
        initially="DEFERRED",
        schema="portal",
        postgresql_nulls_not_distinct=True,
    )
    op.create_foreign_key(
        op.f("fk_agenda_item_parent_id_agenda_item"),
        "agenda_item",
        "agenda_item",
        ["parent_id"],
        ["id"],
        source_schema="portal",
        referent_schema="portal",
        initially="DEFERRED",
        deferrable=True,
    )
    op.create_foreign_key(
        op.f("fk_agenda_item_session_id_meeting_session"),
        "agenda_item",
        "meeting_session",
        ["session_id"],
        ["id"],
        source_schema="portal",
        referent_schema="portal",
    )
    op.add_column(
        "allocation", sa.Column("position", sa.Integer(), nullable=False, server_default=sa.text("0")), schema="portal"
    )
    op.add_column("allocation", sa.Column("together", sa.Integer(), nullable=True), schema="portal")
    op.drop_constraint(op.f("fk_allocation_item_id_agenda_item"), "allocation", schema="portal", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_allocation_item_id_agenda_item"),
        "allocation",
        "agenda_item",
        ["item_id"],
        ["id"],
        source_schema="portal",
        referent_schema="portal",
        initially="DEFERRED",
        deferrable=True,
    )
    op.drop_constraint(op.f("fk_contribution_item_id_agenda_item"), "contribution", schema="portal", type_="foreignkey")
    op.add_column(
        "meeting",
        sa.Column("numbering", sa.String(), nullable=False, server_default=sa.text("'decimal'")),
        schema="portal",
    )
    op.add_column(
        "meeting", sa.Column("life", sa.String(), nullable=False, server_default=sa.text("'open'")), schema="portal"
    )
    op.add_column("meeting", sa.Column("cancelled_because", sa.String(), nullable=True), schema="portal")
    op.add_column(
        "meeting", sa.Column("remote_link", sa.String(), nullable=False, server_default=sa.text("''")), schema="portal"
    )
    op.add_column(
        "meeting",
        sa.Column("practical", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        schema="portal",
    )
    op.add_column(
        "meeting",
        sa.Column(
            "deputies",
            postgresql.ARRAY(sa.String()),
            nullable=False,
            server_default=sa.text("'{vice_chair,secretary}'"),
        ),
        schema="portal",
    )
    op.alter_column("agenda_item", "kind", server_default=None, schema="portal")
    op.alter_column("agenda_item", "responsible", server_default=None, schema="portal")
    op.alter_column("agenda_item", "notes", server_default=None, schema="portal")
    op.alter_column("agenda_item", "restricted", server_default=None, schema="portal")
    op.alter_column("allocation", "position", server_default=None, schema="portal")
    op.alter_column("meeting", "numbering", server_default=None, schema="portal")
    op.alter_column("meeting", "life", server_default=None, schema="portal")
    op.alter_column("meeting", "remote_link", server_default=None, schema="portal")
    op.alter_column("meeting", "practical", server_default=None, schema="portal")
    op.alter_column("meeting", "deputies", server_default=None, schema="portal")
    for statement in RELEASED:
        op.execute(statement)
    op.execute(f"GRANT SELECT, INSERT ON {ADDED_TO} TO cwg_portal")
    op.execute("GRANT UPDATE (is_current, adopted_by, adopted_at) ON portal.agenda_release TO cwg_portal")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {KEPT} TO cwg_portal")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON portal.agenda_change TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("meeting", "deputies", schema="portal")
    op.drop_column("meeting", "practical", schema="portal")
    op.drop_column("meeting", "remote_link", schema="portal")
    op.drop_column("meeting", "cancelled_because", schema="portal")
    op.drop_column("meeting", "life", schema="portal")
    op.drop_column("meeting", "numbering", schema="portal")
    op.execute("UPDATE portal.contribution SET item_id = NULL WHERE item_id NOT IN (SELECT id FROM portal.agenda_item)")
    op.create_foreign_key(
        op.f("fk_contribution_item_id_agenda_item"),
        "contribution",
        "agenda_item",
        ["item_id"],
        ["id"],
        source_schema="portal",
        referent_schema="portal",
        ondelete="SET NULL",
    )
    op.drop_constraint(op.f("fk_allocation_item_id_agenda_item"), "allocation", schema="portal", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_allocation_item_id_agenda_item"),
        "allocation",
        "agenda_item",
        ["item_id"],
        ["id"],
        source_schema="portal",
        referent_schema="portal",
    )
    op.drop_column("allocation", "together", schema="portal")
    op.drop_column("allocation", "position", schema="portal")
    op.drop_constraint(
        op.f("fk_agenda_item_session_id_meeting_session"), "agenda_item", schema="portal", type_="foreignkey"
    )
    op.drop_constraint(op.f("fk_agenda_item_parent_id_agenda_item"), "agenda_item", schema="portal", type_="foreignkey")
    op.drop_constraint(
        op.f("uq_agenda_item_meeting_id_parent_id_position"), "agenda_item", schema="portal", type_="unique"
    )
    op.drop_constraint(op.f("ck_agenda_item_minutes_not_negative"), "agenda_item", schema="portal", type_="check")
    op.execute(FLAT)
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.create_unique_constraint(
        op.f("uq_agenda_item_meeting_id_position"),
        "agenda_item",
        ["meeting_id", "position"],
        deferrable=True,
        initially="DEFERRED",
        schema="portal",
    )
    op.drop_column("agenda_item", "session_id", schema="portal")
    op.drop_column("agenda_item", "restricted", schema="portal")
    op.drop_column("agenda_item", "notes", schema="portal")
    op.drop_column("agenda_item", "responsible", schema="portal")
    op.drop_column("agenda_item", "minutes", schema="portal")
    op.drop_column("agenda_item", "kind", schema="portal")
    op.drop_column("agenda_item", "parent_id", schema="portal")
    op.drop_index(op.f("ix_position_decision_id"), table_name="position", schema="portal")
    op.drop_table("position", schema="portal")
    op.drop_index(op.f("ix_action_point_decision_id"), table_name="action_point", schema="portal")
    op.drop_index(op.f("ix_action_point_body_id"), table_name="action_point", schema="portal")
    op.drop_table("action_point", schema="portal")
    op.drop_table("released_item", schema="portal")
    op.drop_index(op.f("ix_released_allocation_document_id"), table_name="released_allocation", schema="portal")
    op.drop_table("released_allocation", schema="portal")
    op.drop_table("decision", schema="portal")
    op.drop_table("meeting_session", schema="portal")
    op.drop_index(op.f("ix_item_proposal_meeting_id"), table_name="item_proposal", schema="portal")
    op.drop_table("item_proposal", schema="portal")
    op.drop_index(
        "uq_agenda_release_current",
        table_name="agenda_release",
        schema="portal",
        postgresql_where=sa.text("is_current"),
    )
    op.drop_table("agenda_release", schema="portal")
    op.drop_table("agenda_change", schema="portal")
