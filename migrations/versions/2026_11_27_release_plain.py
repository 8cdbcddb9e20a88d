"""What the read path reads is what a program can hold: no day without end, no list with a gap or of lists.

One such row, put there by someone with access to the database, would keep every reader from everything.
"""

from alembic import op

revision = "release_plain"
down_revision = "preservation"
branch_labels = None
depends_on = None

LISTS = ("for_action", "for_information", "addressees")
PLAIN = {
    "days_have_an_end": "isfinite(released_at) AND isfinite(adopted_on) AND isfinite(reply_by)",
    "days_are_of_our_era": "extract(year FROM adopted_on) BETWEEN 1 AND 9999"
    " AND extract(year FROM released_at) BETWEEN 1 AND 9999 AND extract(year FROM reply_by) BETWEEN 1 AND 9999",
    "lists_are_plain": " AND ".join(
        f"coalesce(array_ndims({each}), 1) = 1 AND array_position({each}, NULL) IS NULL" for each in LISTS
    ),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name, condition in PLAIN.items():
        op.create_check_constraint(op.f(f"ck_output_{name}"), "output", condition, schema="release")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    for name in PLAIN:
        op.drop_constraint(op.f(f"ck_output_{name}"), "output", schema="release")
