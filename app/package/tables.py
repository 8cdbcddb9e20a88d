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

OF_MEETINGS = "meeting_id IN (SELECT id FROM meeting WHERE body_id = :body)"
OF_ITEMS = f"item_id IN (SELECT id FROM agenda_item WHERE {OF_MEETINGS})"
OF_AGENDA_RELEASES = f"release_id IN (SELECT id FROM agenda_release WHERE {OF_MEETINGS})"
OF_DOCUMENTS = "document_id IN (SELECT id FROM document WHERE body_id = :body)"
OF_EDITIONS = f"edition_id IN (SELECT id FROM edition WHERE {OF_DOCUMENTS})"
NOT_DRAFTS = "body_id = :body AND status <> 'draft'"
OF_CONTRIBUTIONS = f"contribution_id IN (SELECT id FROM contribution WHERE {NOT_DRAFTS})"
OF_OUTPUTS = "output_id IN (SELECT id FROM output WHERE body_id = :body)"
OF_DECISIONS = f"decision_id IN (SELECT id FROM decision WHERE {OF_MEETINGS})"
OF_VERSIONS = "version_id IN (SELECT id FROM circulated_version WHERE body_id = :body)"
OF_PROCEDURES = "procedure_id IN (SELECT id FROM silence_procedure WHERE body_id = :body)"
OF_REPORTS = f"report_id IN (SELECT id FROM report WHERE {OF_MEETINGS})"
OF_LIAISONS = "liaison_id IN (SELECT id FROM liaison WHERE body_id = :body)"
OF_DUTIES = "duty_id IN (SELECT id FROM reporting_duty WHERE body_id = :body)"
OF_SITTINGS = f"session_id IN (SELECT session_id FROM sitting WHERE {OF_MEETINGS})"

OF_DELIVERIES = "delivery_id IN (SELECT id FROM delivery WHERE body_id = :body)"

ROW_CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "body": "id = :body",
        "accreditation": "body_id = :body",
        "accreditation_request": "body_id = :body",
        "person_invitation": "body_id = :body",
        "appointment": "body_id = :body",
        "body_proposal": "body_id = :body",
        "question": "body_id = :body",
        "series": "body_id = :body",
        "counter": "series_id IN (SELECT id FROM series WHERE body_id = :body)",
        "topic": "true",
        **dict.fromkeys(("organization", "organization_inbox"), "true"),
        **dict.fromkeys(("mandate", "mandate_version", "clause", "action_line", "facilitation"), "true"),
        "line_focal_point": "true",
        "liaison": "body_id = :body",
        "liaison_file": OF_LIAISONS,
        "liaison_reply": OF_LIAISONS,
        "reporting_duty": "body_id = :body",
        "expected_report": OF_DUTIES,
        "duty_publication": OF_DUTIES,
        "report_request": f"expected_report_id IN (SELECT id FROM expected_report WHERE {OF_DUTIES})",
        **dict.fromkeys(("incoming_transmission", "incoming_withdrawal"), OF_LIAISONS),
        **dict.fromkeys(("outgoing_transmission", "withdrawal_transmission"), OF_DELIVERIES),
        "meeting": "body_id = :body",
        "meeting_session": OF_MEETINGS,
        "participant": OF_MEETINGS,
        "invitation_template": "body_id = :body",
        "invitation_set": OF_MEETINGS,
        "invitation_letter": f"set_id IN (SELECT id FROM invitation_set WHERE {OF_MEETINGS})",
        "agenda_item": OF_MEETINGS,
        "agenda_release": OF_MEETINGS,
        "released_item": OF_AGENDA_RELEASES,
        "allocation": OF_ITEMS,
        "released_allocation": OF_AGENDA_RELEASES,
        "agenda_change": OF_MEETINGS,
        "item_proposal": OF_MEETINGS,
        "document": "body_id = :body",
        "edition": OF_DOCUMENTS,
        "language_version": OF_EDITIONS,
        "sponsor": OF_EDITIONS,
        "document_relation": OF_DOCUMENTS,
        "relation_taken_back": f"relation_id IN (SELECT id FROM document_relation WHERE {OF_DOCUMENTS})",
        "document_correction": OF_DOCUMENTS,
        "contribution": NOT_DRAFTS,
        "contribution_file": OF_CONTRIBUTIONS,
        "refused_file": OF_CONTRIBUTIONS,
        "cosponsor": OF_CONTRIBUTIONS,
        "sitting": OF_MEETINGS,
        "floor_request": OF_SITTINGS,
        "floor_move": f"request_id IN (SELECT id FROM floor_request WHERE {OF_SITTINGS})",
        "decision": OF_MEETINGS,
        "decision_correction": OF_DECISIONS,
        "decision_document": OF_DECISIONS,
        "position": OF_DECISIONS,
        "action_point": OF_DECISIONS,
        "report": OF_MEETINGS,
        "report_revision": OF_REPORTS,
        "report_correction": OF_REPORTS,
        "report_comment": OF_REPORTS,
        "report_template": "body_id = :body",
        "output": "body_id = :body",
        "output_file": OF_OUTPUTS,
        "output_addressee": OF_OUTPUTS,
        "output_source": OF_OUTPUTS,
        "output_decision": OF_OUTPUTS,
        "approval": OF_OUTPUTS,
        "approval_check": OF_OUTPUTS,
        "release_plan": OF_OUTPUTS,
        "output_translation": OF_OUTPUTS,
        "translation_approval_check": OF_OUTPUTS,
        "completion": OF_OUTPUTS,
        "forwarding": f"({OF_OUTPUTS} OR {OF_DOCUMENTS})",  # a forwarding belongs to the record of both bodies
        "withdrawal": OF_OUTPUTS,
        "delivery": "(body_id = :body OR receiving_body_id = :body)",
        "translation_assignment": "body_id = :body",
        "circulated_version": "body_id = :body",
        "circulated_text": OF_VERSIONS,
        "output_comment": OF_VERSIONS,
        "output_comment_answer": f"comment_id IN (SELECT id FROM output_comment WHERE {OF_VERSIONS})",
        "silence_procedure": "body_id = :body",
        "silence_text": OF_PROCEDURES,
        "silence_informed_state": OF_PROCEDURES,
        "silence_extension": OF_PROCEDURES,
        "silence_position": OF_PROCEDURES,
        "output_statement": OF_OUTPUTS,
        "secretariat_message": "body_id = :body",
        "secretariat_message_text": "message_id IN (SELECT id FROM secretariat_message WHERE body_id = :body)",
        "receipt": (
            f"(subject IN (SELECT id FROM contribution WHERE {NOT_DRAFTS}"
            " UNION SELECT id FROM output WHERE body_id = :body)"
            " OR (kind = 'position' AND (statement::jsonb ->> 'procedure')::uuid IN"
            " (SELECT id FROM silence_procedure WHERE body_id = :body)))"
        ),
    }
)
# They name the address, the roles and the identifier of a person, of whom the package has name and entity alone, and
# the person whom an organization named as its contact.
EXCLUDED_COLUMNS = MappingProxyType(
    {
        **dict.fromkeys(("approval", "output_translation"), "{id_token,statement}"),
        "person_invitation": "{mail_digest}",
        "organization": "{contact,address}",
    }
)
# Tables that belong to no body; every other table must be listed above.
EXCLUDED_TABLES = frozenset(
    {
        *("person", "user_session", "calendar_address", "saved_filter", "used_once"),
        *("upload", "recent_refusal", "member_state", "received_translation"),
        *("rendition", "contribution_rendition", "document_text", "waiting_file", "original_file"),
        *("scan", "contribution_scan", "clearance", "state_decision"),
        *("letter", "digest", "stopped_kind", "followed", "invitation_email"),
        "report_request_email",
        *("chair_note", "delegation_note", "meeting_pack", "floor_presence"),  # private, and forgotten
        *("fixity_check", "verification", "backup", "restoration", "measured", "refused_often"),
        *("journal_line", "ledger_tile", "ledger_head", "ledger_witness"),
        *("row_digest", "pending_row_digest", "recorded_table"),
    }
)
FILE_QUERIES = MappingProxyType(
    {
        "documents": (
            "SELECT d.symbol, e.number::text AS part, v.language, v.media, v.sha256 FROM language_version v"
            " JOIN edition e ON e.id = v.edition_id JOIN document d ON d.id = e.document_id WHERE d.body_id = :body"
        ),
        "outputs": (
            "SELECT coalesce(o.symbol, 'draft ' || o.id) AS symbol, '' AS part, f.language, v.media, v.sha256"
            " FROM (SELECT output_id, language, media, sha256, pdf FROM output_file"
            " UNION ALL SELECT output_id, language, media, sha256, pdf FROM output_translation) f"
            " CROSS JOIN LATERAL (VALUES (f.media, f.sha256), ('application/pdf', f.pdf)) v (media, sha256)"
            " JOIN output o ON o.id = f.output_id WHERE o.body_id = :body AND v.sha256 IS NOT NULL"
        ),
        "deposits": (
            "SELECT c.id::text AS symbol, '' AS part, f.language, f.media, f.sha256 FROM contribution_file f"
            f" JOIN contribution c ON c.id = f.contribution_id WHERE c.{NOT_DRAFTS}".replace(
                "AND status", "AND c.status"
            )
            + " AND coalesce(f.verdict, 'accepted') = 'accepted'"
        ),
        "liaisons": (
            "SELECT l.id::text AS symbol, '' AS part, f.language, f.media, f.sha256 FROM liaison_file f"
            " JOIN liaison l ON l.id = f.liaison_id WHERE l.body_id = :body"
        ),
    }
)


def list_table_rows_of_body(session: ReadSession, table: str, body: UUID) -> Sequence[Mapping[str, Any]]:
    """List the rows of a table that belong to a body, as JSON objects of PostgreSQL."""
    row = f"to_jsonb(t) - '{EXCLUDED_COLUMNS[table]}'::text[]" if table in EXCLUDED_COLUMNS else "to_jsonb(t)"
    statement = f"SELECT {row} AS row FROM (SELECT * FROM {table} WHERE {ROW_CONDITIONS[table]}) t ORDER BY t::text"
    return session.scalars(text(statement), {"body": body}).all()


def list_people_in_rows(
    session: ReadSession, rows_by_table: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[Mapping[str, Any]]:
    """List name and entity of every person whose id occurs in these rows."""
    referenced = {
        value for table in rows_by_table.values() for row in table for value in row.values() if isinstance(value, str)
    }
    persons = session.execute(text("SELECT id::text, name, entity FROM person ORDER BY id")).mappings()
    return [dict(row) for row in persons if row["id"] in referenced]


def list_files_of_body(session: ReadSession, kind: str, body: UUID) -> Iterator[Mapping[str, Any]]:
    """Yield the files of a kind that belong to a body."""
    yield from (dict(row) for row in session.execute(text(FILE_QUERIES[kind]), {"body": body}).mappings())
