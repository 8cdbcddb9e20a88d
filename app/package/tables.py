"""Which rows belong to the record of a body, table by table, as SQL conditions. `:body` is its id.

Excluded: drafts, which belong to their State alone; sessions and partial uploads; renditions of files; and all of a
person except name and entity.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.core.db import ReadSession

MEETINGS = "meeting_id IN (SELECT id FROM meeting WHERE body_id = :body)"
ITEMS = f"item_id IN (SELECT id FROM agenda_item WHERE {MEETINGS})"
RELEASES = f"release_id IN (SELECT id FROM agenda_release WHERE {MEETINGS})"
DOCUMENTS = "document_id IN (SELECT id FROM document WHERE body_id = :body)"
EDITIONS = f"edition_id IN (SELECT id FROM edition WHERE {DOCUMENTS})"
OURS = "body_id = :body AND status <> 'draft'"
CONTRIBUTIONS = f"contribution_id IN (SELECT id FROM contribution WHERE {OURS})"
OUTPUTS = "output_id IN (SELECT id FROM output WHERE body_id = :body)"
DECISIONS = f"decision_id IN (SELECT id FROM decision WHERE {MEETINGS})"
VERSIONS = "version_id IN (SELECT id FROM circulated_version WHERE body_id = :body)"
PROCEDURES = "procedure_id IN (SELECT id FROM silence_procedure WHERE body_id = :body)"
REPORTS = f"report_id IN (SELECT id FROM report WHERE {MEETINGS})"
SITTINGS = f"session_id IN (SELECT session_id FROM sitting WHERE {MEETINGS})"

BELONGS: Mapping[str, str] = MappingProxyType(
    {
        "body": "id = :body",
        "accreditation": "body_id = :body",
        "appointment": "body_id = :body",
        "series": "body_id = :body",
        "counter": "series_id IN (SELECT id FROM series WHERE body_id = :body)",
        "topic": "true",
        "meeting": "body_id = :body",
        "meeting_session": MEETINGS,
        "participant": MEETINGS,
        "agenda_item": MEETINGS,
        "agenda_release": MEETINGS,
        "released_item": RELEASES,
        "allocation": ITEMS,
        "released_allocation": RELEASES,
        "agenda_change": MEETINGS,
        "item_proposal": MEETINGS,
        "document": "body_id = :body",
        "edition": DOCUMENTS,
        "language_version": EDITIONS,
        "sponsor": EDITIONS,
        "document_relation": DOCUMENTS,
        "relation_taken_back": f"relation_id IN (SELECT id FROM document_relation WHERE {DOCUMENTS})",
        "document_correction": DOCUMENTS,
        "contribution": OURS,
        "contribution_file": CONTRIBUTIONS,
        "cosponsor": CONTRIBUTIONS,
        "sitting": MEETINGS,
        "floor_request": SITTINGS,
        "floor_move": f"request_id IN (SELECT id FROM floor_request WHERE {SITTINGS})",
        "decision": MEETINGS,
        "decision_correction": DECISIONS,
        "position": DECISIONS,
        "action_point": DECISIONS,
        "report": MEETINGS,
        "report_revision": REPORTS,
        "report_correction": REPORTS,
        "report_template": "body_id = :body",
        "output": "body_id = :body",
        "output_file": OUTPUTS,
        "output_source": OUTPUTS,
        "output_decision": OUTPUTS,
        "approval": OUTPUTS,
        "release_plan": OUTPUTS,
        "output_translation": OUTPUTS,
        "completion": OUTPUTS,
        "forwarding": f"({OUTPUTS} OR {DOCUMENTS})",  # a forwarding belongs to the record of both bodies
        "withdrawal": OUTPUTS,
        "circulated_version": "body_id = :body",
        "circulated_text": VERSIONS,
        "output_comment": VERSIONS,
        "output_comment_answer": f"comment_id IN (SELECT id FROM output_comment WHERE {VERSIONS})",
        "silence_procedure": "body_id = :body",
        "silence_text": PROCEDURES,
        "silence_extension": PROCEDURES,
        "silence_position": PROCEDURES,
        "output_statement": OUTPUTS,
        "receipt": (
            f"(subject IN (SELECT id FROM contribution WHERE {OURS} UNION SELECT id FROM output WHERE body_id = :body)"
            " OR (kind = 'position' AND (statement::jsonb ->> 'procedure')::uuid IN"
            " (SELECT id FROM silence_procedure WHERE body_id = :body)))"
        ),
    }
)
# Tables that belong to no body; every other table must be listed above.
LEFT_OUT = frozenset(
    {
        *("person", "user_session", "calendar_address", "used_once", "upload", "member_state"),
        *("rendition", "scan", "document_text", "clearance"),
        *("letter", "stopped_kind"),
        *("fixity_check", "verification", "backup", "restoration", "measured"),
        *("journal_line", "ledger_tile", "ledger_head", "ledger_witness"),
    }
)
FILES = MappingProxyType(
    {
        "documents": (
            "SELECT d.symbol, e.number::text AS part, v.language, v.media, v.sha256 FROM language_version v"
            " JOIN edition e ON e.id = v.edition_id JOIN document d ON d.id = e.document_id WHERE d.body_id = :body"
        ),
        "outputs": (
            "SELECT coalesce(o.symbol, 'draft ' || o.id) AS symbol, '' AS part, f.language, f.media, f.sha256"
            " FROM (SELECT output_id, language, media, sha256 FROM output_file"
            " UNION ALL SELECT output_id, language, media, sha256 FROM output_translation) f"
            " JOIN output o ON o.id = f.output_id WHERE o.body_id = :body"
        ),
        "deposits": (
            "SELECT c.id::text AS symbol, '' AS part, f.language, f.media, f.sha256 FROM contribution_file f"
            f" JOIN contribution c ON c.id = f.contribution_id WHERE c.{OURS}".replace("AND status", "AND c.status")
        ),
    }
)


def rows(session: ReadSession, table: str, body: UUID) -> Sequence[Mapping[str, Any]]:
    """List the rows of a table that belong to a body, as JSON objects of PostgreSQL."""
    statement = f"SELECT to_jsonb(t) AS row FROM (SELECT * FROM {table} WHERE {BELONGS[table]}) t ORDER BY t::text"
    return session.scalars(text(statement), {"body": body}).all()


def people(session: ReadSession, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    """List name and entity of every person whose id occurs in these rows."""
    referenced = {
        value for table in found.values() for row in table for value in row.values() if isinstance(value, str)
    }
    persons = session.execute(text("SELECT id::text, name, entity FROM person ORDER BY id")).mappings()
    return [dict(row) for row in persons if row["id"] in referenced]


def files(session: ReadSession, kind: str, body: UUID) -> Iterator[Mapping[str, Any]]:
    """Yield the files of a kind that belong to a body."""
    yield from (dict(row) for row in session.execute(text(FILES[kind]), {"body": body}).mappings())
