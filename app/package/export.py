"""Write the package: files under readable names, rows as CSV and JSON, signed documents as they were issued."""

import csv
import io
import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.core import journal
from app.core.db import ReadSession
from app.core.inspection.display_names import EXTENSIONS
from app.core.signing import PublicKey, PublicKeysByPurpose, build_signature_envelope
from app.core.storage import Store
from app.domain.bodies.models import Body
from app.domain.ledger.queries import ledger
from app.domain.receipts.models import Receipt
from app.domain.receipts.rules import render_receipt_file
from app.domain.releases.models import Audience
from app.domain.releases.queries import stored_manifests
from app.domain.releases.queries.catalogue_entries import Manifest
from app.package import tables
from app.package.bagit import BagWriter

README = Path(__file__).parent / "README.txt"
VERIFIER = Path(__file__).parent.parent / "static" / "verify_receipt.py"
UNSAFE_IN_NAMES = re.compile(r"[^\w.-]+")
TableRows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The numbers of files, rows and journal lines written. `digest` is the SHA-256 of the list of files."""

    files: int
    rows: int
    lines: int
    digest: str


def export_record_of_body(
    session: ReadSession, store: Store, body: Body, folder: Path, keys: PublicKeysByPurpose, portal_url: str
) -> ExportResult:
    """Export the record of a body. Raises CorruptFile if a file is damaged, ValueError if the folder is not empty."""
    bag, exported_files = BagWriter(folder), []
    for kind in tables.FILE_QUERIES:
        for file in tables.list_files_of_body(session, kind, body.id):
            path = f"{kind}/{_safe_name(file['symbol'])}/{_file_name(file)}"
            bag.add_file(path, store.iter_chunks(file["sha256"]))
            exported_files.append((kind, str(file["symbol"]), str(file["language"]), path))
    rows_by_table = {table: tables.list_table_rows_of_body(session, table, body.id) for table in tables.ROW_CONDITIONS}
    for name, rows in {**rows_by_table, "person": tables.list_people_in_rows(session, rows_by_table)}.items():
        bag.add_file(f"tables/{name}.json", [json.dumps(rows, ensure_ascii=False, indent=1).encode()])
        bag.add_file(f"tables/{name}.csv", [_csv(rows)])
    _add_signed(session, bag, rows_by_table, body)
    lines = _add_journal(session, bag, body)
    bag.add_file("keys.json", [json.dumps({"keys": list(keys.describe_keys())}).encode()])
    bag.add_file("verify_receipt.py", [VERIFIER.read_bytes()])
    bag.add_file("README.txt", [README.read_bytes()])
    bag.add_file("index.html", [_index_page(body, exported_files)])
    digest = bag.write_manifests(
        Source_Organization=portal_url,
        External_Identifier=body.code,
        External_Description=f"The whole record of {body.names.get('en', body.code)}",
    )
    return ExportResult(len(exported_files), sum(map(len, rows_by_table.values())), lines, digest)


def _safe_name(symbol: str) -> str:
    return UNSAFE_IN_NAMES.sub("-", symbol)


def _file_name(file: Mapping[str, Any]) -> str:
    part = f"edition-{file['part']}-" if file["part"] else ""
    return f"{part}{file['language']}{EXTENSIONS.get(file['media'], '.bin')}"


def _csv(rows: TableRows) -> bytes:
    """Format rows as CSV (RFC 4180) with column names in the first line; lists and objects as JSON."""
    buffer = io.StringIO(newline="")
    names = sorted({name for row in rows for name in row})
    writer = csv.writer(buffer)
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
    return buffer.getvalue().encode()


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _add_signed(session: ReadSession, bag: BagWriter, rows_by_table: Mapping[str, TableRows], body: Body) -> None:
    """Add receipts and release manifests as their files, and the last checkpoint of the ledger."""
    for row in rows_by_table["receipt"]:
        receipt = session.get_one(Receipt, UUID(row["id"]))
        content = render_receipt_file(receipt, ledger.find_receipt_inclusion_proof(session, receipt.digest))
        bag.add_file(f"receipts/{receipt.id}.json", [content])
    for prefix, manifest in _manifests(session):
        if json.loads(manifest.statement)["output"]["body"] in (body.code, body.prefix):
            key = PublicKey.parse(manifest.public_key)
            content = build_signature_envelope(manifest.statement.encode(), b64decode(manifest.signature), key)
            bag.add_file(f"manifests/{prefix}{manifest.number}.json", [content])
    note = session.scalar(text("SELECT note FROM ledger_head ORDER BY size DESC LIMIT 1"))
    if note:
        bag.add_file("ledger/checkpoint", [str(note).encode()])


def _manifests(session: ReadSession) -> Iterator[tuple[str, Manifest]]:
    """Yield the manifests of both catalogues; the public ones are numbered separately."""
    yield from (("", manifest) for manifest in stored_manifests.list_manifests(session))
    yield from (("public-", manifest) for manifest in stored_manifests.list_manifests(session, Audience.PUBLIC))


def _add_journal(session: ReadSession, bag: BagWriter, body: Body) -> int:
    """Add the journal lines of the body, each as the bytes that are hashed; return their number."""
    written = 0

    def lines() -> Iterator[bytes]:
        nonlocal written
        for line in ledger.iterate_journal_lines(session):
            if line["body"] == body.id:
                written += 1
                yield journal.canonical_line(line) + b"\n"

    bag.add_file("journal/lines.jsonl", lines())
    return written


def _index_page(body: Body, exported_files: Sequence[tuple[str, str, str, str]]) -> bytes:
    """Render a page with links to every file."""
    table_rows = "".join(
        f'<tr><td>{escape(kind)}<td>{escape(symbol)}<td>{escape(language)}<td><a href="{escape(path)}">'
        f"{escape(path.rpartition('/')[2])}</a>"
        for kind, symbol, language, path in sorted(exported_files)
    )
    title = escape(f"The whole record of {body.names.get('en', body.code)}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
        '<p><a href="README.txt">What is in this package, and how to check it</a></p>'
        f"<table><tr><th>Part<th>Symbol<th>Language<th>File{table_rows}</table></html>\n"
    ).encode()
