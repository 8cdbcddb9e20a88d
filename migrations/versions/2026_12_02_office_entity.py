"""An office belongs to the State or the unit of ITU that its holder came from, as an accreditation does."""

import sqlalchemy as sa
from alembic import op

revision = "office_entity"
down_revision = "sealed_documents"
branch_labels = None
depends_on = None

# A portal of the version before proposes offices without naming the column.
FUNCTION = """
CREATE FUNCTION portal.set_office_entity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.entity := coalesce(NEW.entity, (SELECT entity FROM portal.person WHERE id = NEW.person_id));
    RETURN NEW;
END $$
"""
TRIGGER = """
CREATE TRIGGER set_office_entity BEFORE INSERT ON portal.appointment
FOR EACH ROW EXECUTE FUNCTION portal.set_office_entity()
"""
FILL = """
UPDATE portal.appointment a SET entity = p.entity FROM portal.person p WHERE p.id = a.person_id
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("appointment", sa.Column("entity", sa.String(), nullable=True), schema="portal")
    op.execute(FUNCTION)
    op.execute(TRIGGER)
    op.execute(FILL)
    op.alter_column("appointment", "entity", nullable=False, schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("appointment", "entity", schema="portal")
    op.execute("DROP TRIGGER set_office_entity ON portal.appointment")
    op.execute("DROP FUNCTION portal.set_office_entity()")
