"""Each line of the journal hashes the rows that its transaction changed, and the database numbers the lines itself.

Rows of before are noted afterwards by `app.cli.migrate`, in small transactions.
"""

import time

import sqlalchemy as sa
from alembic import op

revision = "row_digests"
down_revision = "office_entity"
branch_labels = None
depends_on = None

# What is made of a row must not depend on the settings of the session. `pg_temp` is named, and last: else a role could
# put a type of its own in the place of one of the catalogue, and its code would run as the owner.
SEARCH_PATH = "SET search_path = pg_catalog, pg_temp"
DEFINER = (
    f"LANGUAGE plpgsql SECURITY DEFINER {SEARCH_PATH} SET timezone = 'UTC' SET bytea_output = 'hex'"
    " SET extra_float_digits = 1 SET intervalstyle = 'iso_8601'"
)

MAKE_SALT = """
CREATE FUNCTION portal.make_salt() RETURNS bytea LANGUAGE sql VOLATILE AS $$
SELECT pg_catalog.substr(pg_catalog.sha256(
    pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())), 1, 16)
$$
"""

# A row as it is recorded: without empty and unrecorded columns.
GET_RECORDED_CONTENT = """
CREATE FUNCTION portal.get_recorded_content(whole jsonb, unrecorded text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
SELECT jsonb_object_agg(c.key, c.value) FROM jsonb_each(whole) c
WHERE c.value <> 'null'::jsonb AND c.key <> ALL (unrecorded)
$$
"""

# The arguments of the trigger are the columns of the key, and those that are not recorded: a row that has nothing else
# yet is not noted. What the row was is compared with its last note, so that no change hides an earlier one that was
# made with the triggers off. Returns NULL, which an AFTER trigger ignores.
NOTE_ROW = """
DECLARE
    key_columns CONSTANT text[] := TG_ARGV[0];
    unrecorded CONSTANT text[] := TG_ARGV[1];
    relation CONSTANT text := TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME;
    was jsonb;
    is_now jsonb;
    old_key text;
    new_key text;
    salt bytea := portal.make_salt();
    is_altered boolean := false;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        was := portal.get_recorded_content(to_jsonb(OLD), unrecorded);
        old_key := (SELECT jsonb_agg(was -> name ORDER BY n)::text
            FROM unnest(key_columns) WITH ORDINALITY k (name, n));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        is_now := portal.get_recorded_content(to_jsonb(NEW), unrecorded);
        new_key := (SELECT jsonb_agg(is_now -> name ORDER BY n)::text
            FROM unnest(key_columns) WITH ORDINALITY k (name, n));
    END IF;
    IF unrecorded <> '{}' THEN
        was := CASE WHEN was - key_columns <> '{}' THEN was END;
        is_now := CASE WHEN is_now - key_columns <> '{}' THEN is_now END;
    END IF;
    IF was::text IS NOT DISTINCT FROM is_now::text THEN
        RETURN NULL;
    END IF;
    IF was IS NOT NULL THEN
        is_altered := portal.is_altered(relation, old_key, was::text);
    END IF;
    IF was IS NOT NULL AND (is_now IS NULL OR new_key <> old_key) THEN
        INSERT INTO portal.pending_row_digest (transaction, relation, key, salt, is_altered)
            VALUES (pg_current_xact_id()::text::bigint, relation, old_key, salt, is_altered);
        is_altered := false;
    END IF;
    IF is_now IS NOT NULL THEN
        INSERT INTO portal.pending_row_digest (transaction, relation, key, salt, digest, is_altered)
            VALUES (pg_current_xact_id()::text::bigint, relation, new_key, salt,
                sha256(salt || convert_to(is_now::text, 'UTF8')), is_altered);
    END IF;
    RETURN NULL;
END
"""

# Whether a row differs from its last note: of this transaction, or else of the journal. A row without one counts as
# altered once the inventory of its table was taken.
IS_ALTERED = """
DECLARE
    entry portal.recorded_table;
    last_note record;
BEGIN
    SELECT p.salt, p.digest INTO last_note FROM portal.pending_row_digest p
        WHERE p.transaction = pg_current_xact_id()::text::bigint AND p.started_at = now()
            AND p.relation = of_table AND p.key = of_key
        ORDER BY p.number DESC LIMIT 1;
    IF NOT FOUND THEN
        SELECT t.* INTO STRICT entry FROM portal.recorded_table t WHERE t.relation = of_table;
        SELECT d.salt, d.digest INTO last_note FROM portal.row_digest d
            WHERE d.relation = of_table AND d.key = of_key AND d.line > entry.inventoried_after
            ORDER BY d.line DESC, d.position DESC LIMIT 1;
        IF NOT FOUND THEN
            RETURN entry.is_inventoried;
        END IF;
    END IF;
    RETURN last_note.digest IS DISTINCT FROM sha256(last_note.salt || convert_to(content, 'UTF8'));
END
"""

# Deferred to the commit: by then a line of the journal has taken the notes of the transaction.
REQUIRE_JOURNAL_LINE = """
BEGIN
    IF EXISTS (
        SELECT FROM portal.pending_row_digest p WHERE p.transaction = NEW.transaction AND p.number = NEW.number
    ) THEN
        RAISE EXCEPTION 'rows of % were changed, and no line of the journal records it', NEW.relation
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
"""

# Number, digest of the line before, random bytes, list of rows and digest: whatever the statement says of them. The
# text is that of `app.core.journal.canonical_line`; what that cannot write is refused.
COMPLETE_JOURNAL_LINE = """
DECLARE
    last_line record;
    facts text;
BEGIN
    PERFORM pg_advisory_xact_lock(7510075);
    SELECT l.seq, l.digest INTO last_line FROM portal.journal_line l ORDER BY l.seq DESC LIMIT 1;
    NEW.seq := coalesce(last_line.seq, 0) + 1;
    NEW.previous := coalesce(last_line.digest, repeat('0', 64));
    NEW.nonce := portal.make_salt();
    WITH taken AS (
        DELETE FROM portal.pending_row_digest p
        WHERE p.transaction = pg_current_xact_id()::text::bigint AND p.started_at = now()
        RETURNING p.number, p.relation, p.key, p.salt, p.digest, p.is_altered
    )
    INSERT INTO portal.row_digest (line, position, relation, key, salt, digest, is_altered)
        SELECT NEW.seq, row_number() OVER (ORDER BY t.number), t.relation, t.key, t.salt, t.digest, t.is_altered
        FROM taken t;
    NEW.rows := (
        SELECT encode(sha256(convert_to(string_agg(
            json_build_array(d.relation, d.key, encode(d.salt, 'hex'), encode(d.digest, 'hex'), d.is_altered)::text,
            E'\\n' ORDER BY d.position), 'UTF8')), 'hex')
        FROM portal.row_digest d WHERE d.line = NEW.seq
    );
    IF EXISTS (
        SELECT FROM jsonb_each(NEW.facts) f WHERE jsonb_typeof(f.value) IN ('object', 'array')
            OR jsonb_typeof(f.value) = 'number' AND f.value::text !~ '^-?[0-9]{1,18}$'
    ) OR NOT NEW.at BETWEEN '1900-01-01Z' AND '9999-01-01Z' THEN
        RAISE EXCEPTION 'a line of the journal has facts that are texts, integers, true, false or null, and an instant'
            USING ERRCODE = 'check_violation';
    END IF;
    facts := (
        SELECT coalesce(string_agg(to_json(f.key)::text || ':' || f.value::text, ',' ORDER BY f.key COLLATE "C"), '')
        FROM jsonb_each(NEW.facts) f
    );
    NEW.digest := encode(sha256(convert_to(concat(
        '{"at":', to_json(to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')),
        ',"body":', coalesce(to_json(NEW.body::text)::text, 'null'),
        ',"capacity":', to_json(NEW.capacity),
        ',"entity":', to_json(NEW.entity),
        ',"event":', to_json(NEW.event),
        ',"facts":{', facts, '}',
        ',"nonce":', to_json(encode(NEW.nonce, 'hex')),
        ',"person":', coalesce(to_json(NEW.person::text)::text, 'null'),
        ',"previous":', to_json(NEW.previous),
        ',"rows":' || to_json(NEW.rows)::text,
        ',"seq":', NEW.seq, '}'
    ), 'UTF8')), 'hex');
    RETURN NEW;
END
"""

# Notes rows that have no note of a line after `inventoried_after`, so that a broken-off inventory goes on. A row that
# has one is left alone: an inventory never makes good what was changed unseen. Returns how many it noted.
TAKE_INVENTORY = """
DECLARE
    entry portal.recorded_table;
    noted integer;
BEGIN
    SELECT t.* INTO STRICT entry FROM portal.recorded_table t WHERE t.relation = recorded;
    EXECUTE format($query$
        INSERT INTO portal.pending_row_digest (transaction, relation, key, salt, digest)
        SELECT pg_current_xact_id()::text::bigint, $1, n.key, n.salt,
            sha256(n.salt || convert_to(n.content::text, 'UTF8'))
        FROM (
            SELECT s.key, portal.make_salt() AS salt, portal.get_recorded_content(to_jsonb(s.whole), $2) AS content
            FROM (
                SELECT t AS whole, jsonb_build_array(%1$s)::text AS key FROM %2$I.%3$I t
                WHERE ($2 = '{}' OR portal.get_recorded_content(to_jsonb(t), $2) - $3 <> '{}') AND NOT EXISTS (
                    SELECT FROM portal.row_digest d
                    WHERE d.relation = $1 AND d.key = jsonb_build_array(%1$s)::text AND d.line > $4
                )
                LIMIT $5
            ) s OFFSET 0
        ) n
    $query$,
        portal.list_key_columns(entry), split_part(recorded, '.', 1), split_part(recorded, '.', 2)
    ) USING recorded, entry.unrecorded, entry.key_columns, entry.inventoried_after, bound;
    GET DIAGNOSTICS noted = ROW_COUNT;
    UPDATE portal.recorded_table t SET is_inventoried = true WHERE t.relation = recorded AND noted < bound;
    RETURN noted;
END
"""

# Returns keys only: a person who verifies the record does not read the drafts of a State.
LIST_ROW_FAULTS = """
DECLARE
    entry portal.recorded_table;
BEGIN
    SELECT t.* INTO STRICT entry FROM portal.recorded_table t WHERE t.relation = recorded;
    RETURN QUERY EXECUTE format($query$
        WITH noted AS (
            SELECT DISTINCT ON (d.key) d.key, d.salt, d.digest FROM portal.row_digest d WHERE d.relation = $1
            ORDER BY d.key, d.line DESC, d.position DESC
        ), present AS (
            SELECT s.key, s.content::text AS content FROM (
                SELECT jsonb_build_array(%s)::text AS key, portal.get_recorded_content(to_jsonb(t), $2) AS content
                FROM %I.%I t
            ) s WHERE $2 = '{}' OR s.content - $3 <> '{}'
        )
        SELECT coalesce(n.key, p.key)::text,
            CASE WHEN p.key IS NULL THEN 'removed' WHEN n.digest IS NULL THEN 'inserted' ELSE 'changed' END
        FROM noted n FULL JOIN present p ON p.key = n.key
        WHERE CASE WHEN p.key IS NULL THEN n.digest IS NOT NULL WHEN n.digest IS NULL THEN true
            ELSE n.digest <> sha256(n.salt || convert_to(p.content, 'UTF8')) END
        UNION ALL
        SELECT d.key, 'changed before line ' || d.line FROM portal.row_digest d WHERE d.relation = $1 AND d.is_altered
        ORDER BY 1
    $query$,
        portal.list_key_columns(entry), split_part(recorded, '.', 1), split_part(recorded, '.', 2)
    ) USING recorded, entry.unrecorded, entry.key_columns;
END
"""

# Returns numbers of lines only: the list of a line names the drafts of a State.
LIST_ALTERED_LISTS = """
BEGIN
    RETURN QUERY SELECT coalesce(l.seq, d.line) FROM (
        SELECT r.line, encode(sha256(convert_to(string_agg(
            json_build_array(r.relation, r.key, encode(r.salt, 'hex'), encode(r.digest, 'hex'), r.is_altered)::text,
            E'\\n' ORDER BY r.position), 'UTF8')), 'hex') AS rows
        FROM portal.row_digest r GROUP BY r.line
    ) d FULL JOIN portal.journal_line l ON l.seq = d.line
    WHERE l.rows IS DISTINCT FROM d.rows ORDER BY 1;
END
"""
COUNT_ROW_CHANGES = """
BEGIN
    RETURN (SELECT count(*) FROM portal.row_digest);
END
"""
COUNT_PENDING = """
BEGIN
    RETURN (SELECT count(*) FROM portal.pending_row_digest);
END
"""
LIST_KEY_COLUMNS = """
BEGIN
    RETURN (
        SELECT string_agg(format('t.%I', name), ', ' ORDER BY n)
        FROM unnest(entry.key_columns) WITH ORDINALITY AS k (name, n)
    );
END
"""
FUNCTIONS = {
    "is_altered(of_table text, of_key text, content text) RETURNS boolean": IS_ALTERED,
    "note_row() RETURNS trigger": NOTE_ROW,
    "require_journal_line() RETURNS trigger": REQUIRE_JOURNAL_LINE,
    "complete_journal_line() RETURNS trigger": COMPLETE_JOURNAL_LINE,
    "list_key_columns(entry portal.recorded_table) RETURNS text STABLE": LIST_KEY_COLUMNS,
    "take_inventory(recorded text, bound integer) RETURNS integer": TAKE_INVENTORY,
    "list_row_faults(recorded text) RETURNS TABLE (key text, fault text) STABLE": LIST_ROW_FAULTS,
    "list_altered_lists() RETURNS SETOF bigint STABLE": LIST_ALTERED_LISTS,
    "count_row_changes() RETURNS bigint STABLE": COUNT_ROW_CHANGES,
    "count_pending_row_digests() RETURNS bigint STABLE": COUNT_PENDING,
}
FOR_THE_PORTAL = (
    *("list_row_faults(text)", "list_altered_lists()", "count_row_changes()", "count_pending_row_digests()"),
    "named_files()",  # of an earlier migration: execution of all functions is revoked here
)
# Functions of earlier migrations that run as the owner.
OF_THE_OWNER = (
    "portal.seal_document()",
    "portal.named_files()",
    "release.bury(uuid)",
    "release.complete(uuid, timestamptz, jsonb, text[], integer, text)",
)

# The tables of which every row is recorded, with the columns of their keys; the others say in their model why they are
# not (`app.core.db.UNRECORDED`).
RECORDED = {
    "portal.accreditation": "id",
    "portal.action_point": "id",
    "portal.agenda_change": "meeting_id version",
    "portal.agenda_item": "id",
    "portal.agenda_release": "id",
    "portal.allocation": "document_id",
    "portal.appointment": "id",
    "portal.approval": "output_id person_id",
    "portal.body": "id",
    "portal.calendar_address": "person_id",
    "portal.circulated_text": "version_id language",
    "portal.circulated_version": "id",
    "portal.clearance": "body_id entity",
    "portal.completion": "output_id number",
    "portal.contribution": "id",
    "portal.contribution_file": "contribution_id language",
    "portal.cosponsor": "contribution_id entity",
    "portal.counter": "series_id scope",
    "portal.decision": "id",
    "portal.decision_correction": "decision_id version",
    "portal.document": "id",
    "portal.document_correction": "id",
    "portal.document_relation": "id",
    "portal.edition": "id",
    "portal.floor_move": "id",
    "portal.floor_request": "id",
    "portal.forwarding": "output_id meeting_id",
    "portal.item_proposal": "id",
    "portal.language_version": "edition_id language",
    "portal.meeting": "id",
    "portal.meeting_session": "id",
    "portal.member_state": "code",
    "portal.output": "id",
    "portal.output_comment": "id",
    "portal.output_comment_answer": "comment_id number",
    "portal.output_decision": "output_id decision_id",
    "portal.output_file": "output_id language",
    "portal.output_source": "output_id document_id",
    "portal.output_statement": "id",
    "portal.output_translation": "output_id language",
    "portal.participant": "id",
    "portal.person": "id",
    "portal.position": "id",
    "portal.receipt": "id",
    "portal.relation_taken_back": "relation_id",
    "portal.release_plan": "output_id number",
    "portal.released_allocation": "release_id document_id",
    "portal.released_item": "release_id item_id",
    "portal.rendition": "sha256",
    "portal.report": "id",
    "portal.report_correction": "id",
    "portal.report_revision": "report_id number",
    "portal.report_template": "id",
    "portal.scan": "sha256",
    "portal.series": "id",
    "portal.silence_extension": "procedure_id number",
    "portal.silence_position": "procedure_id entity",
    "portal.silence_procedure": "id",
    "portal.silence_text": "procedure_id language",
    "portal.sitting": "session_id",
    "portal.sponsor": "edition_id entity",
    "portal.topic": "code",
    "portal.withdrawal": "id",
    "release.file": "output_id language",
    "release.manifest": "number",
    "release.output": "id",
    "release.public_manifest": "number",
    "release.statement": "id",
    "release.topic": "output_id code",
    "release.withdrawal": "id",
}
UNRECORDED_COLUMNS = {"portal.rendition": "asked_at state tries", "portal.scan": "asked_at checked_at"}

WRITTEN_SINCE = """
SELECT EXISTS (
    SELECT FROM portal.journal_line WHERE nonce IS NOT NULL
    AND (event <> 'record:inventoried' OR seq <= (SELECT max(size) FROM portal.ledger_head))
)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("journal_line", sa.Column("nonce", sa.LargeBinary(), nullable=True), schema="portal")
    op.add_column("journal_line", sa.Column("rows", sa.String(), nullable=True), schema="portal")
    op.create_table(
        "row_digest",
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("is_altered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("line", "position", name=op.f("pk_row_digest")),
        schema="portal",
    )
    op.create_index(op.f("ix_row_digest_relation_key_line"), "row_digest", ["relation", "key", "line"], schema="portal")
    op.create_table(
        "pending_row_digest",
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("is_altered", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("transaction", "number", name=op.f("pk_pending_row_digest")),
        schema="portal",
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "recorded_table",
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("key_columns", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("unrecorded", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("inventoried_after", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("is_inventoried", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("relation", name=op.f("pk_recorded_table")),
        schema="portal",
    )
    lock_tables()
    op.execute(MAKE_SALT)
    op.execute(GET_RECORDED_CONTENT)
    for function in OF_THE_OWNER:
        op.execute(f"ALTER FUNCTION {function} {SEARCH_PATH}")
    for signature, source in FUNCTIONS.items():  # not `op.execute`, which takes `:MI` for a parameter
        escaped = source.replace("%", "%%")
        op.get_bind().exec_driver_sql(f"CREATE FUNCTION portal.{signature} {DEFINER} AS $${escaped}$$")
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA portal FROM PUBLIC")
    for function in FOR_THE_PORTAL:
        op.execute(f"GRANT EXECUTE ON FUNCTION portal.{function} TO cwg_portal")
    op.execute("GRANT SELECT ON portal.recorded_table TO cwg_portal")
    op.execute(
        "CREATE CONSTRAINT TRIGGER require_journal_line AFTER INSERT ON portal.pending_row_digest"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION portal.require_journal_line()"
    )
    op.execute(
        "CREATE TRIGGER complete_journal_line BEFORE INSERT ON portal.journal_line"
        " FOR EACH ROW EXECUTE FUNCTION portal.complete_journal_line()"
    )
    for relation, key in RECORDED.items():
        record_table(relation, key.split(), UNRECORDED_COLUMNS.get(relation, "").split())


def lock_tables() -> None:
    """Lock all tables that get a trigger at once: one after the other, they could deadlock with those who write.

    Raises OperationalError if others hold one of them for ten seconds in each of which this is tried.
    """
    for remaining in range(100, 0, -1):
        try:
            with op.get_bind().begin_nested():
                op.execute(f"LOCK TABLE {', '.join(RECORDED)} IN SHARE ROW EXCLUSIVE MODE NOWAIT")
            return
        except sa.exc.OperationalError:
            if remaining == 1:
                raise
            time.sleep(0.1)


def record_table(relation: str, key: list[str], unrecorded: list[str]) -> None:
    """Note each row that is made, changed or deleted in this table from now on."""
    key_columns, unrecorded_columns = f"{{{','.join(key)}}}", f"{{{','.join(unrecorded)}}}"
    op.execute(
        f"CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON {relation}"
        f" FOR EACH ROW EXECUTE FUNCTION portal.note_row('{key_columns}', '{unrecorded_columns}')"
    )
    op.get_bind().execute(
        sa.text("INSERT INTO portal.recorded_table (relation, key_columns, unrecorded) VALUES (:name, :key, :without)"),
        {"name": relation, "key": key, "without": unrecorded},
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    if op.get_bind().scalar(sa.text(WRITTEN_SINCE)):
        raise ValueError("the version before cannot check the lines that were written to the journal since")
    op.execute("DELETE FROM portal.journal_line WHERE nonce IS NOT NULL")  # of the inventory, which ends with its table
    for relation in RECORDED:
        op.execute(f"DROP TRIGGER note_row ON {relation}")
    op.execute("DROP TRIGGER complete_journal_line ON portal.journal_line")
    op.execute("DROP TRIGGER require_journal_line ON portal.pending_row_digest")
    names = ", ".join(f"portal.{signature.partition('(')[0]}" for signature in FUNCTIONS)
    op.execute(f"DROP FUNCTION {names}, portal.make_salt, portal.get_recorded_content")
    for table in ("recorded_table", "pending_row_digest", "row_digest"):
        op.drop_table(table, schema="portal")
    op.drop_column("journal_line", "rows", schema="portal")
    op.drop_column("journal_line", "nonce", schema="portal")
