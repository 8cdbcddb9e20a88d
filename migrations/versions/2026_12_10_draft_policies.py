"""Row-level security for what belongs to one State alone: drafts and what was returned to it, with
their files, renditions and co-sponsors; uploads; proposals of agenda items; the State's choice about clearance.

A State that declined to sign sees the draft no more.
"""

from alembic import op

revision = "draft_policies"
down_revision = "silence_told"
branch_labels = None
depends_on = None

WE = "current_setting('cwg.entity', true)"
OPEN_TO_US = f"status <> 'draft' OR {WE} IN (entity, by_entity) OR {WE} = ANY (invited)"  # until this migration
READABLE = (
    "status NOT IN ('draft', 'returned')"
    f" OR {WE} IN (entity, by_entity)"
    f" OR {WE} = ANY (invited) AND {WE} <> ALL (declined)"
)
# A change has to leave a row that its author may read. Who returns a contribution, or declines to sign it, makes it
# unreadable for themselves: so what counts is also the row as it was before the statement changed it. The function sees
# that one, and what others have committed meanwhile, since it is VOLATILE: after a wait for a lock, a STABLE one would
# still see the row as it was. It reads past the policy, which would otherwise call itself. The State of a contribution,
# and who writes it, stay the same then. A list calls it for no row: a transaction that only reads changes nothing.
WAS_READABLE = f"""
CREATE FUNCTION portal.was_contribution_readable(key uuid, state text, author text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM portal.contribution WHERE id = key AND entity = state AND by_entity = author AND ({READABLE})
    );
END
$$
"""
CHANGEABLE = (
    f"{READABLE} OR current_setting('transaction_read_only') = 'off'"
    " AND portal.was_contribution_readable(id, entity, by_entity)"
)
OUR_OWN = f"entity = {WE}"
# Chair and secretariat see what delegations propose to their bodies.
TO_OUR_BODIES = """
SELECT m.id FROM portal.meeting m
WHERE m.body_id::text = ANY (string_to_array(current_setting('cwg.offices', true), ','))
"""
PROPOSED_TO_US = f"entity = {WE} OR meeting_id IN ({TO_OUR_BODIES})"
# A text is read by those who may read something that it was made from. Each of these tables is asked as its own
# policy allows.
TABLES_OF_TEXTS = (
    *("language_version", "contribution_file", "output_file", "output_translation"),
    *("circulated_text", "silence_text"),
)
OF_A_READABLE_FILE = " OR ".join(
    f"EXISTS (SELECT FROM portal.{table} f WHERE f.sha256 = rendition.sha256)" for table in TABLES_OF_TEXTS
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(WAS_READABLE)
    op.execute("REVOKE ALL ON FUNCTION portal.was_contribution_readable(uuid, text, text) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION portal.was_contribution_readable(uuid, text, text) TO cwg_portal")
    op.execute(f"ALTER POLICY own_drafts ON portal.contribution USING ({CHANGEABLE}) WITH CHECK ({CHANGEABLE})")
    # The worker informs a delegation by e-mail that something was returned to it.
    op.execute("CREATE POLICY returned ON portal.contribution FOR SELECT TO cwg_worker USING (status = 'returned')")
    for table in TABLES_OF_TEXTS:
        op.create_index(op.f(f"ix_{table}_sha256"), table, ["sha256"], schema="portal")
    for table in ("upload", "clearance", "item_proposal", "rendition"):
        op.execute(f"ALTER TABLE portal.{table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON portal.upload TO cwg_portal USING ({OUR_OWN})")
    op.execute("CREATE POLICY counted ON portal.upload FOR SELECT TO cwg_worker USING (true)")
    op.execute("CREATE POLICY expired ON portal.upload FOR DELETE TO cwg_worker USING (true)")
    op.execute(f"CREATE POLICY own ON portal.clearance TO cwg_portal USING ({OUR_OWN})")
    op.execute(f"CREATE POLICY proposed ON portal.item_proposal TO cwg_portal USING ({PROPOSED_TO_US})")
    op.execute(f"CREATE POLICY of_a_file ON portal.rendition FOR SELECT TO cwg_portal USING ({OF_A_READABLE_FILE})")
    op.execute("CREATE POLICY made ON portal.rendition TO cwg_worker USING (true)")
    op.execute("REVOKE INSERT, UPDATE ON portal.rendition FROM cwg_portal")
    op.execute("GRANT INSERT, UPDATE ON portal.rendition TO cwg_worker")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("REVOKE INSERT, UPDATE ON portal.rendition FROM cwg_worker")
    op.execute("GRANT INSERT, UPDATE ON portal.rendition TO cwg_portal")
    for policy in (
        *("made ON portal.rendition", "of_a_file ON portal.rendition", "proposed ON portal.item_proposal"),
        *("own ON portal.clearance", "expired ON portal.upload", "counted ON portal.upload", "own ON portal.upload"),
        "returned ON portal.contribution",
    ):
        op.execute(f"DROP POLICY {policy}")
    for table in ("upload", "clearance", "item_proposal", "rendition"):
        op.execute(f"ALTER TABLE portal.{table} DISABLE ROW LEVEL SECURITY")
    for table in TABLES_OF_TEXTS:
        op.drop_index(op.f(f"ix_{table}_sha256"), table_name=table, schema="portal")
    op.execute(f"ALTER POLICY own_drafts ON portal.contribution USING ({OPEN_TO_US}) WITH CHECK ({OPEN_TO_US})")
    op.execute("DROP FUNCTION portal.was_contribution_readable(uuid, text, text)")
