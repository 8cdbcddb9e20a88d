"""Migrations: equal to the models, each can be undone, each gives up on locks, and they grant what they should."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from app.cli.migrate import alembic_config, migrate
from tests.conftest import Database

VERSIONS = Path(__file__).parent.parent.parent / "migrations" / "versions"
STEPS = [step.revision for step in ScriptDirectory.from_config(alembic_config()).walk_revisions()][::-1]

KEY = "00000000-0000-0000-0000-{:012}"
ONE, TWO, CLOSING, OPENING, PAPER = (KEY.format(number) for number in range(1, 6))
BEFORE_RELEASES = f"""
    INSERT INTO portal.meeting
        (id, body_id, number, place, zone, opens_on, closes_on, contributions_due_at, version, agenda_version)
        SELECT m.id::uuid, body.id, m.number, '{{}}', 'UTC', '2027-02-08', '2027-02-10', '2027-01-27', 1, m.version
        FROM portal.body, (VALUES ('{ONE}', 22, 7), ('{TWO}', 23, 0)) m (id, number, version)
        WHERE code = 'cwg-internet';
    INSERT INTO portal.agenda_item (id, meeting_id, position, titles)
        VALUES ('{CLOSING}', '{ONE}', 2, '{{"en": "Closing"}}'), ('{OPENING}', '{ONE}', 1, '{{"en": "Opening"}}');
    INSERT INTO portal.document
        (id, body_id, series_id, scope, number, symbol, kind, entity, original, titles, abstract, registered_at,
         revision, access, version)
        SELECT '{PAPER}', body.id, series.id, '22', 1, 'X 22/1', 'contribution', 'KEN', 'en', '{{}}', '', now(),
        0, 'group', 1
        FROM portal.body JOIN portal.series ON series.body_id = body.id AND series.code = 'C'
        WHERE body.code = 'cwg-internet';
    INSERT INTO portal.allocation (document_id, item_id) VALUES ('{PAPER}', '{CLOSING}')
"""

# An output that was released, of a source with two topics; what else they hang on does not matter here.
BEFORE_TOPICS = f"""
    SET session_replication_role = replica;
    INSERT INTO portal.document
        (id, body_id, series_id, scope, number, symbol, kind, entity, original, titles, abstract, registered_at,
         revision, access, version, topics, proposals)
        VALUES ('{PAPER}', '{ONE}', '{ONE}', '22', 1, 'X 22/1', 'contribution', 'KEN', 'en', '{{}}', '', now(),
        0, 'group', 1, ARRAY['spam', 'privacy'], '[]');
    INSERT INTO portal.output_source (output_id, document_id) VALUES ('{TWO}', '{PAPER}'), ('{ONE}', '{PAPER}');
    INSERT INTO release.output
        (id, slug, symbol, kind, body, body_names, meeting, titles, original, adopted_on, adopted_how, released_at,
         for_action, for_information)
        VALUES ('{TWO}', 'x', 'x', 'report', 'x', '{{}}', 22, '{{}}', 'en', now(), 'meeting', now(), '{{}}', '{{}}'),
        ('{ONE}', 'signed', 'y', 'report', 'x', '{{}}', 22, '{{}}', 'en', now(), 'meeting', now(), '{{}}', '{{}}');
    INSERT INTO release.manifest (number, statement, signature, public_key)
        VALUES (1, '{{"output": {{"slug": "signed"}}}}', '', '')
"""

RELEASED_BEFORE = f"""
    INSERT INTO release.output
        (id, slug, symbol, kind, body, body_names, meeting, titles, original, adopted_on, adopted_how, released_at)
        VALUES ('{ONE}', 'CWG-Internet-21-OUT-1', 'CWG-Internet 21/OUT/1', 'report', 'b', '{{}}', 21, '{{}}', 'en',
        '2026-05-31', 'meeting', now());
    INSERT INTO release.file (output_id, language, sha256, size, media, name)
        VALUES ('{ONE}', 'en', '', 1, '', 'draft of Ms X.v2.docx'), ('{ONE}', 'fr', '', 1, '', 'projet.pdf')
"""


# An output in two languages whose release was set before plans said in which; what else they hang on does not matter.
SET_BEFORE = f"""
    SET session_replication_role = replica;
    INSERT INTO portal.output_file (output_id, language, sha256, size, media, name, findings)
        VALUES ('{ONE}', 'fr', '', 1, '', '', '[]'), ('{ONE}', 'en', '', 1, '', '', '[]');
    INSERT INTO portal.release_plan (output_id, number, release_at, addressees, set_by, set_at)
        VALUES ('{ONE}', 1, now(), '{{membership}}', '{TWO}', now())
"""


def owner(database: Database) -> Engine:
    return create_engine(database.owner, poolclass=NullPool)


def test_head_equals_the_models(database: Database) -> None:
    with owner(database).connect() as connection:
        command.check(alembic_config(connection))


@pytest.mark.thorough
def test_every_step_can_be_undone_and_done_again(new_database: Callable[..., Database]) -> None:
    database = new_database()
    urls = (database.owner, database.portal, database.worker, database.reader)
    for step in ["base", *STEPS]:
        migrate(*urls, revision=step if step == "base" else f"{step}+0")
    for step in [*STEPS[-2::-1], "base"]:
        migrate(*urls, revision=step)
        with owner(database).connect() as connection:
            assert connection.scalar(text("SELECT max(version_num) FROM portal.alembic_version")) == (
                None if step == "base" else step
            )
    migrate(*urls)
    with owner(database).connect() as connection:
        command.check(alembic_config(connection))


# Documents of outputs: one for the membership; one that was revised and opened to everybody; one whose output was
# withdrawn; one whose output is for everybody. The report of a meeting that was opened. A document of a State's own.
FORWARDED = ((ONE, "released", "membership"), (TWO, "released", "membership"), (OPENING, "withdrawn", "membership"))
FORWARDED += ((KEY.format(6), "released", "membership,public"),)
OUTPUTS = "".join(
    f"""
    INSERT INTO portal.output
        (id, body_id, meeting_id, kind, status, version, titles, original, for_action, for_information, for_public,
         sponsored_by, drafted_by, drafted_at, still_to_come)
        VALUES ('{key}', gen_random_uuid(), gen_random_uuid(), 'report', '{status}', 1, '{{}}', 'en', '{{}}', '{{}}',
        false, '{{}}', gen_random_uuid(), now(), '{{}}');
    INSERT INTO portal.release_plan
        (output_id, number, release_at, addressees, languages, still_to_come, set_by, set_at)
        VALUES ('{key}', 1, now(), '{{{addressees}}}', '{{}}', '{{}}', gen_random_uuid(), now());
    INSERT INTO portal.forwarding VALUES ('{key}', gen_random_uuid(), '{key}', gen_random_uuid(), now());
    """
    for key, status, addressees in FORWARDED
)
BEFORE_SEALS = f"""
    SET session_replication_role = replica;
    INSERT INTO portal.document
        (id, body_id, series_id, scope, number, symbol, kind, entity, original, titles, abstract, registered_at,
         revision, access, topics, proposals, version)
        SELECT d.id::uuid, body.id, series.id, '44', number, d.symbol, 'report', 'ITU', 'en', '{{}}', '',
        now(), 0, access, '{{}}', '[]', 1
        FROM portal.body JOIN portal.series ON series.body_id = body.id AND series.code = 'C', (VALUES
            ('{ONE}', 1, 'X 44/LS/1', 'membership'), ('{TWO}', 2, 'X 44/LS/2', 'public'),
            ('{OPENING}', 3, 'X 44/LS/3', 'membership'), ('{KEY.format(6)}', 4, 'X 44/LS/4', 'public'),
            ('{CLOSING}', 5, 'X 44/R/1', 'public'), ('{PAPER}', 6, 'X 44/3', 'public')
        ) d (id, number, symbol, access)
        WHERE body.code = 'cwg-internet';
    INSERT INTO portal.report (id, meeting_id, lang, attribution, stage, revision, document_id)
        VALUES (gen_random_uuid(), gen_random_uuid(), 'en', 'named', 'registered', 1, '{CLOSING}');
    INSERT INTO portal.edition
        (id, document_id, step, number, symbol, original, titles, abstract, cover, topics, proposals, note,
         registered_at, registered_by)
        VALUES (gen_random_uuid(), '{TWO}', 'rev', 1, 'X 44/LS/2 (Rev.1)', 'en', '{{}}', '', '{{}}', '{{}}', '[]', '',
        now(), gen_random_uuid());
    {OUTPUTS}
    SET session_replication_role = DEFAULT
"""
# A chair who came from Switzerland.
BEFORE_ENTITIES_OF_OFFICES = f"""
    SET session_replication_role = replica;
    INSERT INTO portal.person (id, issuer, subject, name, email, locale, membership, entity, entity_name, roles)
        VALUES ('{ONE}', 'issuer', 'subject', 'Chair', '', '', 'member_state', 'CHE', '', '{{}}');
    INSERT INTO portal.appointment (id, person_id, body_id, office, from_on, until_on, proposed_at)
        VALUES ('{TWO}', '{ONE}', gen_random_uuid(), 'chair', now(), now(), now());
    SET session_replication_role = DEFAULT
"""

BEFORE_TOKENS = f"""
    SET session_replication_role = replica;
    INSERT INTO portal.approval (output_id, person_id, text_digest, capacity, approved_at)
        VALUES ('{ONE}', '{TWO}', '', 'secretary', now());
    SET session_replication_role = DEFAULT
"""


DIGEST = "0" * 64
BEFORE_TOKENS_OF_TRANSLATIONS = f"""
    SET session_replication_role = replica;
    INSERT INTO portal.person (id, issuer, subject, name, email, locale, membership, entity, entity_name, roles)
        VALUES ('{TWO}', 'issuer', 'subject', 'Secretary', '', '', 'itu', '', '', '{{}}');
    INSERT INTO portal.output_translation
        (output_id, language, sha256, size, media, name, findings, text, digest, added_by, added_at,
         approved, approved_by, approved_at, capacity)
        SELECT '{ONE}', language, '{DIGEST}', 1, '', '', '[]', '{DIGEST}', '{DIGEST}', '{ONE}', now(),
        approved, approved_by::uuid, approved_at, capacity
        FROM (VALUES ('fr', '{DIGEST}', '{TWO}', now(), 'secretary'), ('ru', NULL, NULL, NULL, NULL))
        AS given (language, approved, approved_by, approved_at, capacity);
    SET session_replication_role = DEFAULT
"""


@contextmanager
def upgraded(database: Database, step: str, rows: str, *, by_way_of: str | None = None) -> Iterator[Connection]:
    """A database in which these rows stood at that step, and which was brought to head since."""
    urls = (database.owner, database.portal, database.worker, database.reader)
    if by_way_of:
        migrate(*urls, revision=by_way_of)
    migrate(*urls, revision=step)
    database.run_as_superuser(rows)
    migrate(*urls)
    with owner(database).connect() as connection:
        yield connection


def test_what_everybody_saw_of_an_agenda_becomes_its_first_release(new_database: Callable[..., Database]) -> None:
    with upgraded(new_database(), "first_bodies+0", BEFORE_RELEASES, by_way_of="base") as connection:

        def rows(statement: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.execute(text(statement))]

        assert rows(
            "SELECT meeting_id::text, number, draft_version, is_current, released_by FROM portal.agenda_release"
        ) == [(ONE, 1, 7, True, None)]
        assert rows(
            "SELECT label, place, depth, titles->>'en', item_id::text FROM portal.released_item ORDER BY place"
        ) == [("1", 1, 1, "Opening", OPENING), ("2", 2, 1, "Closing", CLOSING)]
        assert rows("SELECT document_id::text, item_id::text FROM portal.released_allocation") == [(PAPER, CLOSING)]
        assert rows("SELECT titles->>'en', position, parent_id FROM portal.agenda_item ORDER BY position") == [
            ("Opening", 0, None),
            ("Closing", 1, None),
        ]


def test_what_was_released_before_and_not_signed_gets_the_topics_of_its_sources(
    new_database: Callable[..., Database],
) -> None:
    with upgraded(new_database(), "drafting", BEFORE_TOPICS) as connection:
        rows = connection.execute(text("SELECT output_id::text, code, names->>'en' FROM release.topic ORDER BY code"))
        names = "SELECT code, names->>'en' FROM portal.topic WHERE code IN ('spam', 'privacy') ORDER BY code"
        assert [tuple(row) for row in rows] == [(TWO, *row) for row in connection.execute(text(names))]


def test_files_released_before_get_a_name_made_of_their_symbol(new_database: Callable[..., Database]) -> None:
    with upgraded(new_database(), "silence", RELEASED_BEFORE) as connection:
        assert connection.scalars(text("SELECT name FROM release.file ORDER BY language")).all() == [
            "CWG-Internet-21-OUT-1-en.docx",
            "CWG-Internet-21-OUT-1-fr.pdf",
        ]


def test_plans_that_were_made_before_are_of_all_languages_that_were_adopted(
    new_database: Callable[..., Database],
) -> None:
    with upgraded(new_database(), "receipts_of_acts", SET_BEFORE) as connection:
        rows = connection.execute(text("SELECT languages, still_to_come FROM portal.release_plan")).all()
        assert [tuple(row) for row in rows] == [(["en", "fr"], [])]


def test_what_was_forwarded_before_is_sealed_and_closed_and_what_was_changed_of_it_is_named(
    new_database: Callable[..., Database], caplog: pytest.LogCaptureFixture
) -> None:
    with upgraded(new_database(), "letters", BEFORE_SEALS) as connection:
        rows = connection.execute(text("SELECT symbol, sealed, access FROM portal.document ORDER BY symbol")).all()

    assert [tuple(row) for row in rows] == [
        ("X 44/3", False, "public"),
        ("X 44/LS/1", True, "membership"),
        ("X 44/LS/2", True, "membership"),
        ("X 44/LS/3", True, "group"),
        ("X 44/LS/4", True, "public"),
        ("X 44/R/1", True, "group"),
    ]
    closed = "was open to more readers than what it was made from, and is closed to them"
    assert [each for each in caplog.messages if each.startswith("X 44/")] == [
        "X 44/LS/2 was adopted, and was changed before it was sealed",
        *(f"X 44/{number} {closed}" for number in ("LS/2", "LS/3", "R/1")),
    ]


def test_offices_given_before_belong_to_the_state_of_their_holder(new_database: Callable[..., Database]) -> None:
    with upgraded(new_database(), "sealed_documents", BEFORE_ENTITIES_OF_OFFICES) as connection:
        assert connection.scalars(text("SELECT entity FROM portal.appointment")).all() == ["CHE"]


def test_approvals_given_before_tokens_are_marked_and_recorded(new_database: Callable[..., Database]) -> None:
    with upgraded(new_database(), "recent_sign_in", BEFORE_TOKENS) as connection:
        marked = connection.execute(text("SELECT output_id::text, outcome, token_digest FROM portal.approval_check"))

        assert [tuple(row) for row in marked] == [(ONE, "before", None)]
        assert connection.execute(text("SELECT * FROM portal.list_row_faults('portal.approval_check')")).all() == []
        assert connection.scalar(
            text("SELECT is_inventoried FROM portal.recorded_table WHERE relation = 'portal.approval_check'")
        )


def test_approvals_of_translations_given_before_tokens_are_marked_and_recorded(
    new_database: Callable[..., Database],
) -> None:
    table = "portal.translation_approval_check"
    with upgraded(new_database(), "state_confirmation", BEFORE_TOKENS_OF_TRANSLATIONS) as connection:
        marked = connection.execute(
            text(f"SELECT output_id::text, language, text_digest, person_id::text, token_digest, outcome FROM {table}")
        )

        assert [tuple(row) for row in marked] == [(ONE, "fr", DIGEST, TWO, "", "before")]
        assert connection.execute(text(f"SELECT * FROM portal.list_row_faults('{table}')")).all() == []
        assert connection.scalar(text(f"SELECT is_inventoried FROM portal.recorded_table WHERE relation = '{table}'"))


# A file of two drafts and of a document, and the original of a clean copy, which were rendered once each; one waits for
# the virus scanner.
RENDERED_BEFORE = f"""
    SET session_replication_role = replica;
    INSERT INTO portal.contribution
        (id, body_id, meeting_id, entity, by_entity, series, status, version, title, abstract, original, purpose,
         action, refers_to, contact, invited, declined, drafted_by, drafted_at, changed_at, changed_by, late, access,
         step, note, topics, proposals)
        SELECT id::uuid, gen_random_uuid(), gen_random_uuid(), 'KEN', 'KEN', 'C', 'draft', 1, '', '', 'en', '', '', '',
        '', '{{}}', '{{}}', gen_random_uuid(), now(), now(), gen_random_uuid(), false, 'group', 'text', '', '{{}}', '[]'
        FROM (VALUES ('{ONE}'), ('{TWO}')) c (id);
    INSERT INTO portal.rendition (sha256, state, asked_at, made_at, tries, paragraphs)
        VALUES ('{DIGEST}', 'ready', now(), now(), 1, ARRAY['A text.']), ('original', 'ready', now(), now(), 1, NULL),
        ('waiting', 'waiting', now(), NULL, 1, NULL);
    INSERT INTO portal.scan (sha256, state, what, asked_at)
        VALUES ('{DIGEST}', 'clean', '', now()), ('waiting', 'waiting', '', now());
    INSERT INTO portal.contribution_file
        (contribution_id, language, sha256, size, media, name, findings, began_at, received_at)
        SELECT id::uuid, language, sha256, 1, '', '', '[]', now(), now() FROM (VALUES
            ('{ONE}', 'en', '{DIGEST}'), ('{ONE}', 'fr', 'waiting'), ('{TWO}', 'en', '{DIGEST}')
        ) f (id, language, sha256);
    INSERT INTO portal.original_file
        (contribution_id, language, sha256, size, media, name, findings, began_at, received_at, removed, cleaned_at,
         cleaned_by)
        VALUES ('{TWO}', 'en', 'original', 1, '', '', '[]', now(), now(), '{{}}', now(), '{ONE}');
    SET session_replication_role = DEFAULT
"""


def test_what_was_rendered_and_scanned_before_is_there_for_each_contribution_that_has_it(
    new_database: Callable[..., Database],
) -> None:
    rendered, scanned = "portal.contribution_rendition", "portal.contribution_scan"
    with upgraded(new_database(), "digests", RENDERED_BEFORE) as connection:

        def select_rows(table: str, column: str) -> list[tuple[object, ...]]:
            rows = connection.execute(
                text(f"SELECT contribution_id::text, sha256, {column} FROM {table} ORDER BY 1, 2")
            )
            return [tuple(row) for row in rows]

        assert select_rows(rendered, "paragraphs") == [
            (ONE, DIGEST, ["A text."]),
            (TWO, DIGEST, ["A text."]),
            (TWO, "original", None),
        ]
        assert select_rows(scanned, "state") == [
            (ONE, DIGEST, "clean"),
            (ONE, "waiting", "waiting"),
            (TWO, DIGEST, "clean"),
        ]
        for table in (rendered, scanned):
            assert connection.execute(text(f"SELECT * FROM portal.list_row_faults('{table}')")).all() == []
            is_inventoried = f"SELECT is_inventoried FROM portal.recorded_table WHERE relation = '{table}'"
            assert connection.scalar(text(is_inventoried))


def read_steps() -> Iterator[tuple[str, str, str]]:
    """Read every migration: its name, its step forward and its step back."""
    for path in sorted(VERSIONS.glob("*.py")):
        forward, found, back = path.read_text().partition("def downgrade()")
        assert found, path.stem
        yield path.stem, forward, back


def test_every_step_gives_up_on_locks() -> None:
    waiting = [name for name, *steps in read_steps() if any("SET LOCAL lock_timeout" not in each for each in steps)]
    assert waiting == []


TAKES_AWAY = re.compile(
    r"drop_column|drop_table|rename_table|new_column_name|DROP\s+(TABLE|COLUMN|VIEW)|RENAME\s+(TO|COLUMN)",
    re.IGNORECASE,
)


def test_no_step_removes_what_the_previous_version_uses() -> None:
    """Old servers go on serving while it runs (docs/operating.md, "Upgrade"): expand now, contract later."""
    removing, adding = list[str](), 0
    for name, forward, back in read_steps():
        if TAKES_AWAY.search(forward):
            removing.append(name)
        if "create_table(" in forward or "add_column(" in forward:
            adding += 1
            assert TAKES_AWAY.search(back), name  # the pattern finds it where it is

    assert adding > 50
    assert removing == []


def test_every_constraint_has_its_name_by_the_convention(database: Database) -> None:
    with owner(database).connect() as connection:
        names = connection.scalars(
            text(
                "SELECT conname FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace"
                " WHERE n.nspname IN ('portal', 'release') AND contype NOT IN ('n', 't')"
                " AND conname <> 'alembic_version_pkc'"
            )
        ).all()

    assert len(names) > 50
    assert [name for name in names if not name.startswith(("pk_", "fk_", "uq_", "ck_", "ix_"))] == []


def test_the_portal_can_only_add_to_the_register_and_the_journal(database: Database) -> None:
    with owner(database).connect() as connection:
        changeable = connection.scalars(
            text(
                "SELECT t FROM unnest(ARRAY['portal.journal_line', 'portal.document', 'portal.edition',"
                " 'portal.language_version', 'portal.document_relation',"
                " 'portal.relation_taken_back', 'portal.document_correction',"
                " 'portal.sponsor', 'portal.approval', 'portal.receipt', 'release.output', 'release.file',"
                " 'release.topic', 'release.text', 'release.statement', 'release.manifest',"
                " 'release.proof', 'release.withdrawal', 'portal.ledger_tile', 'portal.ledger_head']) t"
                " WHERE has_table_privilege('cwg_portal', t, 'UPDATE')"
                " OR has_table_privilege('cwg_portal', t, 'DELETE')"
            )
        ).all()
        addable = connection.scalar(text("SELECT has_table_privilege('cwg_portal', 'portal.journal_line', 'INSERT')"))

    assert addable
    assert changeable == []


def test_of_a_document_only_what_is_in_force_can_change(database: Database) -> None:
    columns = (
        "SELECT attname FROM pg_attribute WHERE attrelid = 'portal.document'::regclass AND attnum > 0"
        " AND NOT attisdropped AND has_column_privilege('cwg_portal', attrelid, attnum, 'UPDATE')"
    )
    with owner(database).connect() as connection:
        changeable = set(connection.scalars(text(columns)))

    assert changeable == {
        *("original", "titles", "abstract", "revision", "access", "version", "topics", "proposals"),
        *("at_request", "mandates", "action_lines", "questions"),
        *("ended_as", "ended_at", "ended_by", "ended_side", "ended_because"),
    }


def test_the_portal_removes_only_what_is_no_record(database: Database) -> None:
    tables = (
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname IN ('portal', 'release') AND c.relkind = 'r'"
        " AND has_table_privilege('cwg_portal', c.oid, 'DELETE, TRUNCATE')"
    )
    with owner(database).connect() as connection:
        removable = set(connection.scalars(text(tables)))

    assert removable == {
        *("portal.refused_often", "portal.recent_refusal"),
        *("portal.used_once", "portal.agenda_item", "portal.agenda_change", "portal.allocation", "portal.upload"),
        *(
            "portal.contribution",
            "portal.contribution_file",
            "portal.cosponsor",
            "portal.clearance",
            "portal.waiting_file",
            "portal.original_file",
        ),
        *("portal.output_file", "portal.output_source", "portal.output_decision", "portal.received_translation"),
        "portal.output_addressee",
        *("portal.letter", "portal.digest", "portal.stopped_kind", "portal.followed", "portal.floor_presence"),
        *("portal.saved_filter", "portal.meeting_pack", "portal.liaison_reply"),
    }


def test_the_194_member_states_are_there_and_the_bodies_with_their_series(database: Database) -> None:
    with owner(database).connect() as connection:
        states = dict(
            connection.execute(text("SELECT category, count(*) FROM portal.member_state GROUP BY category")).all()
        )
        bodies = connection.scalars(text("SELECT code FROM portal.body ORDER BY code")).all()
        bare = connection.scalar(
            text(
                "SELECT count(*) FROM portal.body WHERE id NOT IN"
                " (SELECT body_id FROM portal.series GROUP BY body_id HAVING count(*) >= 8)"
            )
        )

    assert states == {"member_state": 194, "res99": 1}
    assert {"cwg-internet", "wg-wsis", "sg17"} <= set(bodies)
    assert bare == 0
