"""The floor of a meeting: sittings, requests for the floor, changes of their order; corrections of decisions."""

import sqlalchemy as sa
from alembic import op

revision = "floor"
down_revision = "participants"
branch_labels = None
depends_on = None

KEPT = "portal.sitting, portal.floor_request"
ADDED_TO = "portal.floor_move, portal.decision_correction"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "sitting",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("item_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("list_closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("limit_seconds", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.CheckConstraint("limit_seconds > 0", name=op.f("ck_sitting_limit_is_some_time")),
        sa.ForeignKeyConstraint(["closed_by"], ["portal.person.id"], name=op.f("fk_sitting_closed_by_person")),
        sa.ForeignKeyConstraint(["meeting_id"], ["portal.meeting.id"], name=op.f("fk_sitting_meeting_id_meeting")),
        sa.ForeignKeyConstraint(["opened_by"], ["portal.person.id"], name=op.f("fk_sitting_opened_by_person")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["portal.meeting_session.id"], name=op.f("fk_sitting_session_id_meeting_session")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sitting")),
        schema="portal",
    )
    op.create_index(op.f("ix_sitting_meeting_id"), "sitting", ["meeting_id"], unique=False, schema="portal")
    op.create_index(
        "uq_sitting_open",
        "sitting",
        ["meeting_id"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "floor_request",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("on_behalf_of", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("limit_seconds", sa.Integer(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("runs_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ran_seconds", sa.Float(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["portal.person.id"], name=op.f("fk_floor_request_asked_by_person")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["portal.sitting.session_id"], name=op.f("fk_floor_request_session_id_sitting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_request")),
        sa.UniqueConstraint("session_id", "number", name=op.f("uq_floor_request_session_id_number")),
        schema="portal",
    )
    op.create_index(
        "uq_floor_request_speaking",
        "floor_request",
        ["session_id"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text("standing = 'speaking'"),
    )
    op.create_index(
        "uq_floor_request_waiting",
        "floor_request",
        ["session_id", "entity", "kind"],
        unique=True,
        schema="portal",
        postgresql_where=sa.text("standing = 'waiting'"),
    )
    op.create_table(
        "floor_move",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("was", sa.Integer(), nullable=False),
        sa.Column("becomes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("moved_by", sa.Uuid(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["moved_by"], ["portal.person.id"], name=op.f("fk_floor_move_moved_by_person")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["portal.floor_request.id"], name=op.f("fk_floor_move_request_id_floor_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_move")),
        schema="portal",
    )
    op.create_index(op.f("ix_floor_move_request_id"), "floor_move", ["request_id"], unique=False, schema="portal")
    op.create_table(
        "decision_correction",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("corrected_by", sa.Uuid(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["corrected_by"], ["portal.person.id"], name=op.f("fk_decision_correction_corrected_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["portal.decision.id"], name=op.f("fk_decision_correction_decision_id_decision")
        ),
        sa.PrimaryKeyConstraint("decision_id", "version", name=op.f("pk_decision_correction")),
        schema="portal",
    )
    op.add_column(
        "position", sa.Column("own", sa.Boolean(), nullable=False, server_default=sa.text("true")), schema="portal"
    )
    op.alter_column("position", "own", server_default=None, schema="portal")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {KEPT} TO cwg_portal")
    op.execute(f"GRANT SELECT, INSERT ON {ADDED_TO} TO cwg_portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("position", "own", schema="portal")
    op.drop_table("decision_correction", schema="portal")
    op.drop_index(op.f("ix_floor_move_request_id"), table_name="floor_move", schema="portal")
    op.drop_table("floor_move", schema="portal")
    op.drop_index("uq_floor_request_waiting", table_name="floor_request", schema="portal")
    op.drop_index("uq_floor_request_speaking", table_name="floor_request", schema="portal")
    op.drop_table("floor_request", schema="portal")
    op.drop_index("uq_sitting_open", table_name="sitting", schema="portal")
    op.drop_index(op.f("ix_sitting_meeting_id"), table_name="sitting", schema="portal")
    op.drop_table("sitting", schema="portal")
