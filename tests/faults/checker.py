"""Is anything lost? Compares what delegations noted outside, their receipts, with the tables and files as they are now.

    python -m tests.faults.checker NOTES --database postgresql://… --store FOLDER [--public-key BASE64]
        [--ledger-key BASE64]

NOTES is a folder of what clients noted: a JSON line for each attempt. It shares no code with the portal: standard
library, psycopg, and the Ed25519 of `cryptography`. Exit code 1 if one of the seven conditions does not hold:

1  the row is there with the same State and time          2  its bytes have the receipt's SHA-256
3  the journal holds its entry, and the chain is unbroken; each noted head is signed, leads to the journal as it is
   now, and so to each later one
4  what follows from it was done or is queued             5  no number twice, none missing without a record
6  nothing unacknowledged was done twice                  7  no row without its file
"""

import argparse
import hashlib
import json
import sys
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from psycopg.rows import dict_row

from tests.faults.noted_heads import find_head_faults

OPTIONS = "-c timezone=UTC -c search_path=portal,jobs -c statement_timeout=300s"
SEEN_FILES = """
    SELECT DISTINCT sha256 FROM portal.contribution_file
    UNION SELECT sha256 FROM portal.language_version UNION SELECT sha256 FROM portal.output_file
    UNION SELECT sha256 FROM portal.output_translation
    UNION SELECT pdf FROM portal.rendition WHERE pdf IS NOT NULL
    UNION SELECT picture FROM portal.rendition WHERE picture IS NOT NULL
    UNION SELECT pdf FROM portal.contribution_rendition WHERE pdf IS NOT NULL
    UNION SELECT picture FROM portal.contribution_rendition WHERE picture IS NOT NULL
"""


@dataclass
class ClientNotes:
    """What clients noted: every attempt by its title, and the receipts that they were given."""

    attempts: dict[str, dict[str, Any]] = field(default_factory=dict)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    heads: dict[str, list[str]] = field(default_factory=dict)


def read_notes(folder: Path) -> ClientNotes:
    """Read the notes in a folder. A line cut off by a kill is not counted."""
    found = ClientNotes()
    for path in sorted(folder.glob("*.told")):
        for line in path.read_text().split("\n")[:-1]:
            notes = json.loads(line)
            if "head" in notes:
                found.heads.setdefault(path.name, []).append(notes["head"])
                continue
            attempt = found.attempts.setdefault(notes["title"], {})
            attempt.update(notes)
            if "receipt" in notes:
                found.receipts.append(notes["receipt"])
    return found


def canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def check(folder: Path, database: str, store: Path, public_key: str = "", ledger_key: str = "") -> list[str]:
    """Return every fault that is found."""
    notes = read_notes(folder)
    with psycopg.connect(database, row_factory=dict_row, connect_timeout=10, options=OPTIONS) as connection:
        return [
            *receipts(connection, notes, store, public_key),
            *acknowledged(connection, notes),
            *journal(connection, notes, ledger_key),
            *numbers(connection),
            *duplicates(connection, notes),
            *files(connection, store),
        ]


def receipts(connection: Any, notes: ClientNotes, store: Path, public_key: str) -> Iterator[str]:
    """Yield faults in conditions 1 to 4 for every noted receipt."""
    lines = {
        row["digest"]
        for row in connection.execute("SELECT facts ->> 'receipt' AS digest FROM journal_line WHERE facts ? 'receipt'")
    }
    waiting = {
        row["file"]
        for row in connection.execute("SELECT args ->> 'file' AS file FROM procrastinate_jobs WHERE status <> 'failed'")
    }
    for receipt in notes.receipts:
        statement = receipt["statement"]
        name, message = statement["receipt"], canonical(statement)
        if not is_signed(receipt, message, public_key):
            yield f"1: receipt {name} is not signed as it should be"
        row = connection.execute(
            "SELECT r.statement, c.entity, c.id FROM receipt r JOIN contribution c ON c.id = r.subject WHERE r.id = %s",
            [name],
        ).fetchone()
        if row is None:
            yield f"1: receipt {name} is not known, or its contribution is gone"
            continue
        if row["statement"].encode() != message:
            yield f"1: receipt {name} says something else now"
        if row["entity"] != statement["entity"]:
            yield f"1: the contribution of receipt {name} is of {row['entity']}"
        for file in statement["files"]:
            yield from check_file(store, file["sha256"], f"2: receipt {name}")
            made = connection.execute(
                "SELECT 1 FROM contribution_rendition WHERE sha256 = %s AND contribution_id = %s",
                [file["sha256"], row["id"]],
            ).fetchone()
            if not made and file["sha256"] not in waiting:
                yield f"4: nothing was made of file {file['sha256']}, and nothing is queued"
        if hashlib.sha256(message).hexdigest() not in lines:
            yield f"3: receipt {name} has no line in the journal"


def is_signed(receipt: dict[str, Any], message: bytes, public_key: str) -> bool:
    key = receipt["key"]["public"]
    try:
        Ed25519PublicKey.from_public_bytes(b64decode(key)).verify(b64decode(receipt["signature"]), message)
    except InvalidSignature:
        return False
    return key == public_key if public_key else True


def check_file(store: Path, sha256: str, what: str) -> Iterator[str]:
    path = store / sha256[:2] / sha256[2:4] / sha256
    if not path.is_file():
        yield f"{what}: file {sha256} is not there"
    elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        yield f"{what}: file {sha256} has other bytes ({path.stat().st_size})"


def acknowledged(connection: Any, notes: ClientNotes) -> Iterator[str]:
    """Yield faults in condition 1 where the receipt was not fetched, and in 5: what was registered has a symbol."""
    found = by_title(
        connection.execute(
            "SELECT c.title, c.status, d.symbol FROM contribution c LEFT JOIN document d ON d.id = c.document_id"
        )
    )
    for title, attempt in notes.attempts.items():
        rows = found.get(title, [])
        if attempt.get("submitted") and not [row for row in rows if row["status"] in ("submitted", "registered")]:
            yield f"1: {title!r} was acknowledged and is {[row['status'] for row in rows] or 'gone'}"
        if attempt.get("registered") and not [row for row in rows if row["symbol"]]:
            yield f"5: {title!r} was registered and has no number now"


def by_title(rows: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["title"], []).append(row)
    return found


def duplicates(connection: Any, notes: ClientNotes) -> Iterator[str]:
    """Yield faults in condition 6: after repeated attempts there is exactly one of each."""
    found = by_title(
        connection.execute(
            "SELECT c.title, c.status,"
            " (SELECT count(*) FROM receipt r WHERE r.subject = c.id AND r.kind = 'deposit') AS given,"
            " (SELECT count(*) FROM contribution_file f WHERE f.contribution_id = c.id) AS files"
            " FROM contribution c"
        )
    )
    for title, attempt in notes.attempts.items():
        rows = found.get(title, [])
        if len(rows) > 1:
            yield f"6: {title!r} is there {len(rows)} times"
        for row in rows:
            if row["status"] == "draft" and row["given"]:
                yield f"6: {title!r} is a draft with a receipt"
            if row["status"] != "draft" and (row["given"], row["files"]) != (1, 1):
                yield f"6: {title!r} is half there: {row['given']} receipts, {row['files']} files"
        if attempt.get("settled") and not rows:
            yield f"6: {title!r} was repeated until it was done, and is not there"


def journal(connection: Any, notes: ClientNotes, ledger_key: str) -> Iterator[str]:
    """Yield faults in condition 3: no gap, no line altered, the chain is unbroken, and noted heads are consistent."""
    previous, expected, leaves = "0" * 64, 1, []
    for row in connection.execute("SELECT * FROM journal_line ORDER BY seq"):
        plain = {
            "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
            "body": str(row["body"]) if row["body"] else None,
            "capacity": row["capacity"],
            "entity": row["entity"],
            "event": row["event"],
            "facts": row["facts"],
            "person": str(row["person"]) if row["person"] else None,
            "previous": row["previous"],
            "seq": row["seq"],
        }
        plain |= {"nonce": row["nonce"].hex()} if row["nonce"] else {}
        plain |= {"rows": row["rows"]} if row["rows"] else {}
        message = canonical(plain)
        if (row["seq"], row["previous"], row["digest"]) != (expected, previous, hashlib.sha256(message).hexdigest()):
            yield f"3: line {expected} of the journal is missing or was altered"
            return
        leaves.append(hashlib.sha256(b"\x00" + message).digest())
        previous, expected = row["digest"], expected + 1
    yield from (f"3: {fault}" for fault in find_head_faults(leaves, notes.heads.values(), ledger_key))


def numbers(connection: Any) -> Iterator[str]:
    """Yield faults in condition 5: each series is 1, 2, 3 … up to its counter; a void number is a row."""
    taken: dict[tuple[Any, str], list[int]] = {}
    for row in connection.execute("SELECT series_id, scope, number FROM document ORDER BY number"):
        taken.setdefault((row["series_id"], row["scope"]), []).append(row["number"])
    last = {(row["series_id"], row["scope"]): row["last"] for row in connection.execute("SELECT * FROM counter")}
    for key in sorted(taken.keys() | last.keys(), key=str):
        found = Counter(taken.get(key, []))
        yield from (f"5: number {number} was given {times} times" for number, times in found.items() if times > 1)
        gaps = [number for number in range(1, last.get(key, 0) + 1) if not found[number]]
        if gaps:
            yield f"5: numbers {gaps} are missing"
        if found and max(found) > last.get(key, 0):
            yield f"5: number {max(found)} is beyond the counter"


def files(connection: Any, store: Path) -> Iterator[str]:
    """Yield faults in condition 7, for every file that a table names."""
    for row in connection.execute(SEEN_FILES):
        yield from check_file(store, row["sha256"], "7: a table names it")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.checker", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("notes", type=Path)
    parser.add_argument("--database", required=True)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--public-key", default="")
    parser.add_argument("--ledger-key", default="")
    asked = parser.parse_args()
    found = check(asked.notes, asked.database, asked.store, asked.public_key, asked.ledger_key)
    notes = read_notes(asked.notes)
    print(*found, f"{len(notes.receipts)} receipts of {len(notes.attempts)} attempts: {len(found)} faults", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
