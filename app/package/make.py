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
from app.core.gate.names import ENDINGS
from app.core.signing import PublicKey, enveloped
from app.core.store import Store
from app.domain.bodies.models import Body
from app.domain.ledger import queries as ledger
from app.domain.receipts.models import Receipt
from app.domain.receipts.statements import as_file
from app.domain.releases import queries as releases
from app.domain.releases.models import Audience
from app.domain.releases.queries import Manifest
from app.package import tables
from app.package.bag import Bag

READ_ME = Path(__file__).parent / "README.txt"
VERIFIER = Path(__file__).parent.parent / "static" / "verify_receipt.py"
NAME = re.compile(r"[^\w.-]+")
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Made:
    """The numbers of files, rows and journal lines written. `digest` is the SHA-256 of the list of files."""

    files: int
    rows: int
    lines: int
    digest: str


def make(session: ReadSession, store: Store, body: Body, folder: Path, keys: Sequence[PublicKey], portal: str) -> Made:
    """Export the record of a body. Raises CorruptFile if a file is damaged, ValueError if the folder is not empty."""
    bag, exported_files = Bag(folder), []
    for kind in tables.FILES:
        for file in tables.files(session, kind, body.id):
            path = f"{kind}/{_safe_name(file['symbol'])}/{_file_name(file)}"
            bag.put(path, store.pieces(file["sha256"]))
            exported_files.append((kind, str(file["symbol"]), str(file["language"]), path))
    rows_by_table = {table: tables.rows(session, table, body.id) for table in tables.BELONGS}
    for name, rows in {**rows_by_table, "person": tables.people(session, rows_by_table)}.items():
        bag.put(f"tables/{name}.json", [json.dumps(rows, ensure_ascii=False, indent=1).encode()])
        bag.put(f"tables/{name}.csv", [_csv(rows)])
    _add_signed(session, bag, rows_by_table, body)
    lines = _add_journal(session, bag, body)
    bag.put("keys.json", [json.dumps({"keys": [{"id": key.id, "public": key.text} for key in keys]}).encode()])
    bag.put("verify_receipt.py", [VERIFIER.read_bytes()])
    bag.put("README.txt", [READ_ME.read_bytes()])
    bag.put("index.html", [_index_page(body, exported_files)])
    digest = bag.close(
        Source_Organization=portal,
        External_Identifier=body.code,
        External_Description=f"The whole record of {body.names.get('en', body.code)}",
    )
    return Made(len(exported_files), sum(map(len, rows_by_table.values())), lines, digest)


def _safe_name(symbol: str) -> str:
    return NAME.sub("-", symbol)


def _file_name(file: Mapping[str, Any]) -> str:
    part = f"edition-{file['part']}-" if file["part"] else ""
    return f"{part}{file['language']}{ENDINGS.get(file['media'], '.bin')}"


def _csv(rows: Rows) -> bytes:
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


def _add_signed(session: ReadSession, bag: Bag, rows_by_table: Mapping[str, Rows], body: Body) -> None:
    """Add receipts and release manifests as their files, and the last checkpoint of the ledger."""
    for row in rows_by_table["receipt"]:
        receipt = session.get_one(Receipt, UUID(row["id"]))
        content = as_file(receipt, ledger.place_of_receipt(session, receipt.digest))
        bag.put(f"receipts/{receipt.id}.json", [content])
    for prefix, manifest in _manifests(session):
        if json.loads(manifest.statement)["output"]["body"] in (body.code, body.prefix):
            key = PublicKey.read(manifest.public_key)
            content = enveloped(manifest.statement.encode(), b64decode(manifest.signature), key)
            bag.put(f"manifests/{prefix}{manifest.number}.json", [content])
    note = session.scalar(text("SELECT note FROM ledger_head ORDER BY size DESC LIMIT 1"))
    if note:
        bag.put("ledger/checkpoint", [str(note).encode()])


def _manifests(session: ReadSession) -> Iterator[tuple[str, Manifest]]:
    """Yield the manifests of both catalogues; the public ones are numbered separately."""
    yield from (("", manifest) for manifest in releases.manifests(session))
    yield from (("public-", manifest) for manifest in releases.manifests(session, Audience.PUBLIC))


def _add_journal(session: ReadSession, bag: Bag, body: Body) -> int:
    """Add the journal lines of the body, each as the bytes that are hashed; return their number."""
    written = 0

    def lines() -> Iterator[bytes]:
        nonlocal written
        for line in ledger.every_line(session):
            if line["body"] == body.id:
                written += 1
                yield journal.canonical(line) + b"\n"

    bag.put("journal/lines.jsonl", lines())
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
