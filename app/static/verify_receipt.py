#!/usr/bin/env python3
"""Checks what the CWG-Internet portal signed, without the portal or any network: a receipt, the manifest of a release,
a copy of the whole catalogue, or that the ledger holds an entry of the activity log.

    python3 verify_receipt.py RECEIPT.json [DOCUMENT ...] [--key KEY] [--ledger-key KEY] [--later CONSISTENCY.json]
                              [--witness WITNESS]
    python3 verify_receipt.py MANIFEST.json [DOCUMENT ...] [--key KEY] [--ledger-key KEY] [--before MANIFEST.json] [...]
    python3 verify_receipt.py COPY/copy.json [--key KEY]
    python3 verify_receipt.py CONSISTENCY.json [--ledger-key KEY] [--witness WITNESS]
    python3 verify_receipt.py LINE.json [--ledger-key KEY] [--later CONSISTENCY.json] [--witness WITNESS]

With --before it also checks that the other manifest is the one before this, as the catalogue counts them, or that of
the advance version which this one completes. With --later it checks that the ledger went on from the head in this file
to a newer one, and that nothing was taken out or changed between the two. With --witness (its verifier key; once for
each witness) it checks that it cosigned the head.

It needs Python 3.8 or newer and nothing else. KEY is the portal's public key, as you know it from elsewhere: its 32
bytes in base64, or a keys.json that you kept; several may be given. Without it the program cannot know whose key
signed, and says so. The portal signs receipts, releases and the heads of its ledger with different keys. A keys.json
says which key is for what, and each counts for that alone. A bare key of --key is for what the file states; the heads
in it need a --ledger-key (bare, or a keys.json). For a file of the time when the portal had one key, name it for both.

Exit code: 0 everything holds, signed with KEY; 1 something does not hold; 2 the receipt, the manifest or KEY cannot
be read; 3 everything holds, but no KEY was given; 4 everything holds, signed with KEY, and says that the text was
withdrawn; 5 everything holds, signed with KEY, but nothing proves that the ledger holds it: there is no proof (never
one in a manifest of the public), or no key of the ledger was given. A person who takes the key later can sign
something of any date; and a ledger of their own, if they took its key too. No witness has seen that: give its key with
--witness.

It is written from the descriptions (docs/receipts.md, docs/manifests.md, docs/copies.md, docs/ledger.md, RFC 8032,
RFC 9162, and the notes, checkpoints, cosignatures and proofs of C2SP) and shares no line with the portal.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import datetime
import hashlib
import json
import os
import sys
from typing import Any, NamedTuple

REQUIRED_FIELDS = {
    "cwg-receipt/1": ("kind", "portal", "at", "person", "body", "files"),
    "cwg-release/1": ("kind", "portal", "at", "number", "previous", "output", "files", "statements"),
    "cwg-copy/1": ("kind", "portal", "of", "at", "catalogue", "files"),
}
REQUIRED_FIELDS_OF_RECEIPTS = {  # what a receipt of this kind says besides
    "deposit": ("entity", "title", "meeting"),
    "confirmation": ("entity", "title", "meeting"),
    "registration": ("entity", "title", "meeting"),
    "adoption": ("titles", "original", "meeting", "symbol", "adopted_on", "how"),
    "position": ("titles", "original", "entity", "stance", "words", "until"),
    "release": ("titles", "original", "meeting", "symbol", "manifest"),
}
CONSISTENCY_FORMAT = "cwg-consistency/1"
HOLDS, FAILS, UNREADABLE, UNKNOWN_KEY, WITHDRAWN, UNPROVEN = 0, 1, 2, 3, 4, 5
NOT_CHECKED = -1  # was not given, and so not checked; the exit code does not tell


class Unreadable(ValueError):
    """This is no receipt and no manifest, or no key."""


# Ed25519, as RFC 8032 section 5.1 describes it. Only public things are worked on: it need not take equal time.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # a square root of -1


def recover_x(y: int, odd: int) -> int | None:
    """Compute the x of the point with this y (5.1.3); None if there is no such point."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square or (x == 0 and odd):
        return None
    return P - x if x & 1 != odd else x


def decode_point(encoded: bytes) -> tuple[int, int, int, int] | None:
    """Decode 32 bytes to a point in extended coordinates (X, Y, Z, T) (5.1.3); None if they encode none."""
    y = int.from_bytes(encoded, "little")
    odd, y = y >> 255, y & (2**255 - 1)
    x = recover_x(y, odd) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def add_points(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Add two points (5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply_point(factor: int, base: tuple[int, ...]) -> tuple[int, ...]:
    """Multiply a point by a whole number."""
    result: tuple[int, ...] = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = add_points(result, base)
        base, factor = add_points(base, base), factor >> 1
    return result


def encode_point(any_point: tuple[int, ...]) -> bytes:
    """Encode a point as 32 bytes (5.1.2)."""
    inverse = pow(any_point[2], P - 2, P)
    x, y = any_point[0] * inverse % P, any_point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signature_valid(key: bytes, message: bytes, signature: bytes) -> bool:
    """Return True if the owner of the key signed exactly this message (5.1.7)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    owner, s = decode_point(key), int.from_bytes(signature[32:], "little")
    if owner is None or BASE is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    negative = (P - owner[0], owner[1], owner[2], P - owner[3])
    return encode_point(add_points(multiply_point(s, BASE), multiply_point(k, negative))) == signature[:32]


# The ledger: a Merkle tree over the lines of the journal (RFC 9162, 2.1), and what is written about it (C2SP).

LOG, WITNESS = 1, 4  # what a key signs in a note: as the log; as a witness, with the time
MAX_ITEMS = 64  # signatures under one note, and hashes in one proof


class LedgerCheckpoint(NamedTuple):
    """A checkpoint: size of the ledger, root of its tree, and signatures (name, key id, signature)."""

    origin: str
    size: int
    root: bytes
    text: str
    signatures: list[tuple[str, bytes, bytes]]


def sha256_of(*parts: bytes) -> bytes:
    """Compute the SHA-256 of the parts, joined."""
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_hash(entry: bytes) -> bytes:
    """Compute the hash of a leaf of the tree (RFC 9162, 2.1.1)."""
    return sha256_of(b"\x00", entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Compute the hash of a node above two others (RFC 9162, 2.1.1)."""
    return sha256_of(b"\x01", left, right)


def compute_root_from_proof(index: int, size: int, entry: bytes, proof: list[bytes]) -> bytes | None:
    """Compute the root from an inclusion proof (RFC 9162, 2.1.3.2); None if it is no proof for that index."""
    if not 0 <= index < size:
        return None
    here, last, root = index, size - 1, leaf_hash(entry)
    for sibling in proof:
        if last == 0:
            return None
        if here & 1 or here == last:
            root = node_hash(sibling, root)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        here, last = here >> 1, last >> 1
    return root if last == 0 else None


def is_consistent(old: LedgerCheckpoint, new: LedgerCheckpoint, proof: list[bytes]) -> bool:
    """Return True if the tree of the new head begins with all of the old one, unchanged (RFC 9162, 2.1.4.2)."""
    if old.size == new.size:
        return old.root == new.root and not proof
    if not 0 < old.size < new.size:
        return (old.size, old.root, proof) == (0, sha256_of(), [])
    steps = [old.root, *proof] if old.size & (old.size - 1) == 0 else list(proof)
    if not steps:
        return False
    here, last = old.size - 1, new.size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            after = node_hash(after, step)
        here, last = here >> 1, last >> 1
    return (before, after, last) == (old.root, new.root, 0)


def parse_number(text: str) -> int:
    """Parse a whole number of a note: digits without a leading zero. Raises Unreadable."""
    if not (text.isascii() and text.isdigit()) or (text[0] == "0" and text != "0") or len(text) > 19:
        raise Unreadable(f"this is no number: {text!r}")
    return int(text)


def parse_head(note: Any) -> LedgerCheckpoint:
    """Parse a checkpoint from the text of its note. Raises Unreadable."""
    text, blank, signatures = note.rpartition("\n\n") if isinstance(note, str) else ("", "", "")
    lines = text.split("\n")
    signed: list[tuple[str, bytes, bytes]] = []
    if not blank or len(lines) < 3 or not all(lines) or not signatures.endswith("\n"):
        raise Unreadable("the head in it is no checkpoint")
    for line in signatures[:-1].split("\n"):
        dash, name, raw = [*line.split(" "), "", ""][:3]
        if dash != "\u2014" or line.count(" ") != 2 or not name or len(signed) == MAX_ITEMS:
            raise Unreadable("a signature under the head in it is not written as it should be")
        try:
            both = base64.b64decode(raw, validate=True)
        except (ValueError, binascii.Error) as error:
            raise Unreadable("a signature under the head in it is not base64") from error
        signed.append((name, both[:4], both[4:]))
    return LedgerCheckpoint(lines[0], parse_number(lines[1]), decode_base64(lines[2], 32), f"{text}\n", signed)


def key_id(name: str, kind: int, key: bytes) -> bytes:
    """Compute the four bytes by which a note names a key."""
    return sha256_of(name.encode(), b"\n", bytes([kind]), key)[:4]


def is_head_signed(head: LedgerCheckpoint, key: bytes) -> bool:
    """Return True if the owner of the key signed this head as the log that it names."""
    named = (head.origin, key_id(head.origin, LOG, key))
    return any(
        (name, which) == named and is_signature_valid(key, head.text.encode(), raw)
        for name, which, raw in head.signatures
    )


def parse_witness_key(text: str) -> tuple[str, bytes]:
    """Parse name and key of a witness from its verifier key `name+id+key`. Raises Unreadable."""
    name, which, raw = [*text.split("+", 2), "", ""][:3]
    key = decode_base64(raw, 33)
    if not name or key[0] != WITNESS or which != key_id(name, WITNESS, key[1:]).hex():
        raise Unreadable(f"this is no key of a witness: {text!r}")
    return name, key[1:]


def cosigned_at(head: LedgerCheckpoint, name: str, key: bytes) -> int | None:
    """Return when that witness cosigned the head, in seconds since 1970; None if it did not."""
    named = (name, key_id(name, WITNESS, key))
    for name_, which, raw in head.signatures:
        if (name_, which) == named and len(raw) == 72:
            time = int.from_bytes(raw[:8], "big")
            if is_signature_valid(key, f"cosignature/v1\ntime {time}\n{head.text}".encode(), raw[8:]):
                return time
    return None


class TrustedKeys(NamedTuple):
    """What was given to believe, None if nothing: keys of statements, with what each is for; keys of the ledger."""

    statements: list[tuple[Any, bytes]] | None
    ledger: list[bytes] | None
    witnesses: list[tuple[str, bytes]]

    def list_for(self, statement: Any) -> list[bytes] | None:
        """Return the keys with which such a statement is signed; None if none were given."""
        if self.statements is None:
            return None
        return [key for purpose, key in self.statements if purpose is None or purpose in list_purposes(statement)]


def list_purposes(statement: Any) -> tuple[str, ...]:
    """List for what the keys are that sign such a statement: the portal's worker signs what no person did."""
    if statement["format"] != "cwg-receipt/1" or statement["kind"] == "release":
        return ("releases",)
    return ("receipts",) if statement["person"] is not None else ("receipts", "releases")


def check_head(head: LedgerCheckpoint, portal: str, keys: list[bytes] | None) -> tuple[int, str]:
    """Check that the portal signed this head of its ledger with one of these keys; None if none were given."""
    what = f"The head of the ledger with {head.size} entries"
    if portal and head.origin != f"{portal.split('://', 1)[-1]}/ledger":
        return FAILS, f"{what} belongs to another ledger: {replace_unprintable(head.origin)}"
    if keys is None:
        return UNPROVEN, f"{what}: its signature was not checked. Give the public key of the ledger with --ledger-key."
    if any(is_head_signed(head, key) for key in keys):
        return HOLDS, f"{what} has a valid signature."
    return FAILS, f"{what} is not signed with a trusted key."


def check_witnesses(head: LedgerCheckpoint, witnesses: list[tuple[str, bytes]]) -> list[tuple[int, str]]:
    """Check that each of these witnesses cosigned the head."""
    found = []
    for name, key in witnesses:
        time = cosigned_at(head, name, key)
        at = None if time is None else datetime.datetime.fromtimestamp(time, datetime.timezone.utc)  # noqa: UP017
        found.append(
            (HOLDS, f"{replace_unprintable(name)} cosigned this head on {at:%Y-%m-%dT%H:%M:%SZ}.")
            if at
            else (FAILS, f"{replace_unprintable(name)} did not cosign this head.")
        )
    return found


def parse_inclusion_proof(text: Any) -> tuple[int, list[bytes], LedgerCheckpoint]:
    """Parse index, hashes and head of an inclusion proof. Raises Unreadable."""
    first, blank, note = text.partition("\n\n") if isinstance(text, str) else ("", "", "")
    lines = first.split("\n")
    if not blank or lines[0] != "c2sp.org/tlog-proof@v1":
        raise Unreadable("the proof in it is none")
    lines = lines[2:] if len(lines) > 1 and lines[1].startswith("extra ") else lines[1:]
    if not lines or not lines[0].startswith("index ") or len(lines) > MAX_ITEMS:
        raise Unreadable("the proof in it is none")
    return parse_number(lines[0][len("index ") :]), [decode_base64(line, 32) for line in lines[1:]], parse_head(note)


def check_statement_in_ledger(log: Any, statement: Any) -> tuple[list[tuple[int, str]], LedgerCheckpoint | None]:
    """Check that the ledger holds the line that names this statement; also returns the head. Raises Unreadable."""
    if log is None and is_public_catalogue(statement):
        return [(UNPROVEN, "Its place in the ledger is not disclosed to the public.")], None
    if log is None:
        return [(UNPROVEN, "It has no inclusion proof yet. Download it again from the portal.")], None
    entry = log["entry"]
    index, proof, head = parse_inclusion_proof(log["proof"])
    line = parse_json(entry, "the line of the ledger")
    digest = hashlib.sha256(canonical_json(statement)).hexdigest()
    if digest not in (line["facts"].get("receipt"), line["facts"].get("manifest")):
        return [(FAILS, "The ledger entry concerns another statement.")], head
    if line["seq"] != index + 1 or compute_root_from_proof(index, head.size, entry.encode(), proof) != head.root:
        return [(FAILS, "It is not in the ledger: the proof does not lead to the head.")], head
    return [
        (HOLDS, f"The ledger contains it as entry {index + 1}, written at {replace_unprintable(line['at'])}.")
    ], head


def verify_line(whole: Any, asked: argparse.Namespace, trusted: TrustedKeys) -> int:
    """Check that the ledger holds one line of the activity log, and print what it says. Raises Unreadable."""
    if asked.documents or asked.before:
        raise Unreadable("a line of the ledger is compared with no document and no other manifest")
    try:
        entry = whole["entry"].encode()
        index, proof, head = parse_inclusion_proof(whole["proof"])
        line = parse_json(whole["entry"], "the line of the ledger")
        holds = line["seq"] == index + 1 and compute_root_from_proof(index, head.size, entry, proof) == head.root
        names = ("event", "at", "person", "entity", "capacity", "body")
        told = [("ledger", head.origin), *((name, line[name]) for name in names), *sorted(line["facts"].items())]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable("this is no line of the ledger") from error
    results = [
        (HOLDS, f"The ledger contains it as entry {index + 1} of {head.size}.")
        if holds
        else (FAILS, "It is not in the ledger: the proof does not lead to the head."),
        check_head(head, "", trusted.ledger),
        *check_witnesses(head, trusted.witnesses),
        *(check_newer_head_is_consistent(asked.later, head, trusted.ledger) if asked.later else []),
    ]
    return print_results(told, FAILS not in {code for code, _text in results[:2]}, results)


def load_consistency_proof(path: str) -> tuple[LedgerCheckpoint, LedgerCheckpoint, list[bytes]]:
    """Load old head, new head and proof from a file about two heads. Raises Unreadable."""
    whole = load_json_file(path)
    try:
        if whole["format"] != CONSISTENCY_FORMAT or len(whole["proof"]) > MAX_ITEMS:
            raise Unreadable(f"{path}: this program knows {CONSISTENCY_FORMAT}")
        return parse_head(whole["old"]), parse_head(whole["new"]), [decode_base64(each, 32) for each in whole["proof"]]
    except (KeyError, TypeError) as error:
        raise Unreadable(f"{path}: this is not about two heads") from error


def check_consistency(old: LedgerCheckpoint, new: LedgerCheckpoint, proof: list[bytes]) -> tuple[int, str]:
    """Check that the ledger was only appended to between two heads."""
    if old.origin == new.origin and is_consistent(old, new, proof):
        return HOLDS, f"The ledger grew from {old.size} to {new.size} entries; no earlier entry was changed."
    return FAILS, f"The ledger with {new.size} entries is not a continuation of the one with {old.size} entries."


def check_newer_head_is_consistent(
    path: str, head: LedgerCheckpoint | None, keys: list[bytes] | None
) -> list[tuple[int, str]]:
    """Check that the ledger was only appended to from this head to the newer one in that file."""
    old, new, proof = load_consistency_proof(path)
    if head is None or (old.origin, old.size, old.root) != (head.origin, head.size, head.root):
        return [(FAILS, f"{replace_unprintable(path)}: does not start from the head in this file.")]
    return [check_head(new, "", keys), check_consistency(old, new, proof)]


def verify_consistency(path: str, trusted: TrustedKeys) -> int:
    """Check that one head follows from another. Raises Unreadable."""
    old, new, proof = load_consistency_proof(path)
    results = [check_consistency(old, new, proof)]
    for head in (old, new):
        results.append(
            (UNKNOWN_KEY, f"The signature of the head with {head.size} entries was not checked: give --ledger-key.")
            if trusted.ledger is None
            else check_head(head, "", trusted.ledger)
        )
    return print_results([("Ledger", old.origin)], True, results + check_witnesses(new, trusted.witnesses))


# The file


def canonical_json(value: Any) -> bytes:
    """Return the bytes that were signed: JSON with sorted keys and no spaces, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def reject_repeated_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object whose names are unique: two readers could otherwise read two receipts. Raises Unreadable."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a name stands twice in it")
    return found


def reject_fraction(text: str) -> Any:
    """Refuse a number that is not whole. Raises Unreadable."""
    raise Unreadable(f"a number in it is not whole: {text}")


def parse_json(text: Any, what: str) -> Any:
    """Parse JSON strictly. Raises Unreadable."""
    try:
        return json.loads(
            text, object_pairs_hook=reject_repeated_names, parse_float=reject_fraction, parse_constant=reject_fraction
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise Unreadable(f"{what}: {error}") from error


def load_json_file(path: str) -> Any:
    """Load a JSON file strictly. Raises Unreadable."""
    try:
        with open(path, encoding="utf-8") as source:  # noqa: PTH123 - one call, no more imports
            return parse_json(source.read(), path)
    except (OSError, ValueError) as error:
        raise error if isinstance(error, Unreadable) else Unreadable(f"{path}: {error}") from error


def decode_base64(text: Any, length: int) -> bytes:
    """Decode base64 of a known length in bytes. Raises Unreadable."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise Unreadable(f"this is not base64: {text!r}") from error
    if len(raw) != length:
        raise Unreadable(f"{length} bytes were expected, not {len(raw)}")
    return raw


def load_signed_statement(path: str) -> tuple[Any, bytes, bytes, Any]:
    """Load statement, public key, signature and ledger proof of a receipt or a manifest. Raises Unreadable."""
    whole = load_json_file(path)
    try:
        statement, key, signature = whole["statement"], whole["key"], whole["signature"]
        if statement["format"] not in REQUIRED_FIELDS or key["algorithm"] != "Ed25519":
            raise Unreadable(f"{path}: this program knows {' and '.join(REQUIRED_FIELDS)}, signed with Ed25519")
        needed = REQUIRED_FIELDS[statement["format"]]
        if statement["format"] == "cwg-receipt/1":
            needed += REQUIRED_FIELDS_OF_RECEIPTS.get(statement["kind"], ())
        if any(name not in statement for name in needed):
            raise Unreadable(f"{path}: something is missing in it")
        return statement, decode_base64(key["public"], 32), decode_base64(signature, 64), whole.get("log")
    except (KeyError, TypeError) as error:
        raise Unreadable(f"{path}: this is neither a receipt nor a manifest") from error


def load_trusted_keys(text: str) -> list[tuple[Any, bytes]]:
    """Load the keys named by --key: one in base64, or those of a keys.json, each with what it is for, which is None if
    that is not said. Raises Unreadable."""
    try:
        return [(None, decode_base64(text, 32))]
    except Unreadable:
        pass
    try:
        return [(key.get("purpose"), decode_base64(key["public"], 32)) for key in load_json_file(text)["keys"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise Unreadable(f"{text}: neither a key nor a keys.json") from error


def load_trust(key_texts: list[str], ledger_key_texts: list[str], witness_texts: list[str]) -> TrustedKeys:
    """Load all keys that were given. Raises Unreadable."""
    keys = [key for text in key_texts for key in load_trusted_keys(text)]
    named = [key for text in ledger_key_texts for key in load_trusted_keys(text)]
    ledger = [key for purpose, key in named if purpose in (None, "ledger")]
    if not ledger_key_texts:  # a key that signs receipts must not prove them too: only a keys.json can name the other
        ledger = [key for purpose, key in keys if purpose == "ledger"]
    return TrustedKeys(
        keys if key_texts else None,
        ledger if ledger or ledger_key_texts else None,
        [parse_witness_key(text) for text in witness_texts],
    )


def replace_unprintable(value: Any) -> str:
    """Replace unprintable characters: nothing in a receipt may move the cursor or reverse the line."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))


def describe_statement(statement: Any) -> list[tuple[str, Any]]:
    """Describe a statement in lines of a name and a value."""
    if statement["format"] == "cwg-copy/1":
        return describe_static_export(statement)
    lines = describe_manifest(statement) if statement["format"] == "cwg-release/1" else describe_receipt(statement)
    for file in list_files(statement):
        lines.append(("File", f"{file['language']}  {file['name']}  {file['size']} bytes  {file['sha256']}"))
    return lines


def list_files(statement: Any) -> list[Any]:
    """List the files that a statement names, and after each its PDF if it has one."""
    return [each for file in statement["files"] for each in (file, file.get("pdf")) if each is not None]


def describe_manifest(statement: Any) -> list[tuple[str, Any]]:
    """Describe a manifest without its files."""
    output = statement["output"]
    lines = [
        (f"Manifest of a {statement['kind']}", statement["portal"]),
        (f"Number in the catalogue{' of the public' if is_public_catalogue(statement) else ''}", statement["number"]),
        ("Time", statement["at"]),
        ("Symbol", output["symbol"]),
        ("Title", output["titles"][output["original"]]),
        ("Adopted on", output["adopted_on"]),
    ]
    if "alone_because" in output:
        who = f"{output['alone_capacity']}, {output['alone_language']}"
        lines.append(("Released by one person alone", f"{output['alone_because']} ({who})"))
    if output.get("still_to_come"):
        lines.append(("Advance, unedited version", f"languages to follow: {', '.join(output['still_to_come'])}"))
    if output.get("translations"):
        lines.append(("Translations, not adopted in", ", ".join(output["translations"])))
    if "completed_at" in output:
        lines.append(("First released at", output["released_at"]))
    if "completes" in output:
        lines.append(("Completes manifest", f"{output['completes']}  {output['completes_digest']}"))
    for said in statement["statements"]:
        lines.append((f"{said['kind']} of {said['state']}", said["text"]))
    if is_withdrawal(statement):
        why = statement["withdrawal"]
        lines += [("Released at", output["released_at"]), ("Withdrawn because", why["reason"])]
        if len(why["decided_by"]) == 1:
            lines.append(("Withdrawn by one person alone", why["decided_by"][0]))
        if "replaced_by" in why:
            lines.append(("Replaced by", why["replaced_by"]))
        lines.append(("Manifest of its release", f"{why['manifest']}  {why['manifest_digest']}"))
    return lines


def is_public_catalogue(statement: Any) -> bool:
    """Return True for a manifest of the public, which names no ledger proof and no manifest of members."""
    return bool(statement["format"] == "cwg-release/1" and statement.get("catalogue") == "public")


def is_withdrawal(statement: Any) -> bool:
    """Return True for the manifest of a withdrawal."""
    return bool(statement["format"] == "cwg-release/1" and statement["kind"] == "withdrawal")


def describe_static_export(statement: Any) -> list[tuple[str, Any]]:
    """Describe the statement of a copy without its files."""
    return [
        ("Copy of", statement["of"]),
        ("Signed for", statement["portal"]),
        ("As it stood at", statement["at"]),
        ("Up to number", statement["catalogue"]["number"]),
        ("Files", len(statement["files"])),
    ]


def describe_receipt(statement: Any) -> list[tuple[str, Any]]:
    """Describe a receipt without its files."""
    person, group = statement["person"], statement["body"]["prefix"]
    article = "an" if statement["kind"][:1] in "aeiou" else "a"
    lines = [(f"Receipt of {article} {statement['kind']}", statement["portal"]), ("Time", statement["at"])]
    if "entity" in statement:
        lines.append(("State", statement["entity"]))
    if person is None:
        lines.append(("Person", "none: an act of the system, based on decisions of people"))
    else:
        lines.append(("Person", f"{person['name']}, {person['entity']} ({', '.join(person['capacities'])})"))
    if "meeting" in statement:
        lines.append(("Meeting", f"{group}, meeting {statement['meeting']['number']}"))
    else:
        lines.append(("Group", group))
    if "title" in statement:
        lines.append(("Title", statement["title"]))
    elif "titles" in statement:
        lines.append(("Title", statement["titles"][statement["original"]]))
    if "stance" in statement:
        lines += [("Position", statement["stance"]), ("Deadline of the silence procedure", statement["until"])]
        if statement.get("paragraph"):
            lines.append(("On paragraph", statement["paragraph"]))
        if statement["words"]:
            lines.append(("Text of the State", statement["words"]))
    if "adopted_on" in statement:
        lines.append(("Adopted on", f"{statement['adopted_on']}, by {statement['how']}"))
    if statement.get("still_to_come"):
        lines.append(("Advance, unedited version", f"languages to follow: {', '.join(statement['still_to_come'])}"))
    if "manifest" in statement:
        lines.append(("Manifest", f"{statement['manifest']['number']}  {statement['manifest']['sha256']}"))
    if statement.get("signed_by"):
        lines.append(("Signed by", ", ".join(statement["signed_by"])))
    if statement.get("at_request"):
        lines.append(("Submitted by", f"the secretariat at the request of {statement['entity']}"))
    if statement.get("symbol"):
        lines.append(("Symbol", statement["symbol"]))
    for file in statement["files"]:
        if file.get("inspected") is False:
            lines.append(("Not inspected yet", f"{file['language']}: {file['sha256']}"))
        if "replaces" in file:
            lines.append(("Replaces a rejected file", f"{file['language']}: {file['replaces']['sha256']}"))
    if "timing" in statement:
        words = {
            "in-time": "on time",
            "grace": "on time: upload begun before the deadline and completed within the grace period",
            "replacement": "on time: a file rejected after its submission was replaced within the grace period",
            "late": "late",
        }
        timing = words.get(statement["timing"], statement["timing"])
        lines.append(("Deadline", f"{statement['deadline']}; {timing}"))
    return lines


def hash_file(path: str) -> tuple[str, int]:
    """Compute SHA-256 and length in bytes of a file."""
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as source:  # noqa: PTH123 - as above
        for piece in iter(lambda: source.read(1 << 20), b""):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def check_key_is_trusted(key: bytes, keys: list[bytes] | None) -> tuple[int, str]:
    """Check that the key is one that is trusted."""
    text = base64.b64encode(key).decode()
    if keys is None:
        return UNKNOWN_KEY, f"The key was not checked. Compare it with a key that you trust: {text}"
    if key in keys:
        return HOLDS, "The key is trusted."
    return FAILS, f"The key is not trusted: {text}"


def check_document_file(path: str, statement: Any) -> tuple[int, str]:
    """Check that a document is, byte for byte, one that the statement names; a withdrawn one is reported as such."""
    try:
        digest, size = hash_file(path)
    except OSError as error:
        return FAILS, f"{replace_unprintable(path)}: cannot be read: {replace_unprintable(error.strerror)}"
    for file in list_files(statement):
        if file["sha256"] == digest and file["size"] == size:
            which = replace_unprintable(file.get("language") or file["path"])
            if is_withdrawal(statement):
                return WITHDRAWN, f"{replace_unprintable(path)}: was released and later withdrawn ({which})."
            return HOLDS, f"{replace_unprintable(path)}: matches the statement byte for byte ({which})."
    return FAILS, f"{replace_unprintable(path)}: is not listed in the statement. SHA-256 {digest}, {size} bytes."


def check_static_export_files(path: str, files: list[Any]) -> list[tuple[int, str]]:
    """Check that the folder of the statement holds exactly the files that it names. Raises Unreadable."""
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - one module for all of it
    named, wrong = {os.path.basename(path)}, []  # noqa: PTH119
    for file in files:
        parts = str(file["path"]).split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise Unreadable(f"a path leads outside the copy: {file['path']}")
        named.add("/".join(parts))
        try:
            if hash_file(os.path.join(folder, *parts)) != (file["sha256"], file["size"]):  # noqa: PTH118
                wrong.append(f"{replace_unprintable(file['path'])}: differs from the statement.")
        except OSError:
            wrong.append(f"{replace_unprintable(file['path'])}: is missing or cannot be read.")
    for place, folders, names in os.walk(folder):
        for name in folders:
            if os.path.islink(os.path.join(place, name)):  # noqa: PTH114, PTH118
                wrong.append(f"{replace_unprintable(name)}: is a link to another folder.")
        for name in names:
            there = os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")  # noqa: PTH118
            if there not in named:
                wrong.append(f"{replace_unprintable(there)}: is not listed.")
    if wrong:
        return [(FAILS, text) for text in sorted(wrong)]
    return [(HOLDS, f"All {len(files)} files match the statement, and there are no others.")]


def check_previous_manifest(path: str, statement: Any) -> tuple[int, str]:
    """Check that the other manifest is the one before this, or the one that this completes."""
    earlier, key, signature, _log = load_signed_statement(path)
    whole = {
        "public": base64.b64encode(key).decode(),
        "signature": base64.b64encode(signature).decode(),
        "statement": earlier,
    }
    digest, output = hashlib.sha256(canonical_json(whole)).hexdigest(), statement.get("output", {})
    named = (digest, earlier.get("number"))
    if named == (output.get("completes_digest"), output.get("completes")):
        return (
            HOLDS,
            f"{replace_unprintable(path)}: is the manifest of the advance version that this manifest completes.",
        )
    if named == (statement.get("previous"), statement.get("number", 0) - 1):
        return HOLDS, f"{replace_unprintable(path)}: is the previous manifest."
    return (
        FAILS,
        f"{replace_unprintable(path)}: is neither the previous manifest nor the one that this completes.",
    )


def print_results(lines: list[tuple[str, Any]], signed: bool, results: list[tuple[int, str]]) -> int:
    """Print the results and return the exit code."""
    marks = {
        HOLDS: "VALID",
        FAILS: "NOT VALID",
        UNKNOWN_KEY: "NOT CHECKED",
        NOT_CHECKED: "NOT CHECKED",
        UNPROVEN: "NOT CHECKED",
        WITHDRAWN: "WITHDRAWN",
    }
    # What a forged one says is not worth reading: it comes only under a signature that is right.
    said = [f"{replace_unprintable(name):<24} {replace_unprintable(value)}" for name, value in lines] if signed else []
    print("\n".join([*said, *(f"{marks[code]:<13}  {text}" for code, text in results)]))
    codes = {code for code, _text in results}
    return next((code for code in (FAILS, UNKNOWN_KEY, WITHDRAWN, UNPROVEN) if code in codes), HOLDS)


def verify_statement_file(path: str, asked: argparse.Namespace, trusted: TrustedKeys) -> int:
    """Check everything, print it and return the exit code. Raises Unreadable."""
    statement, key, signature, log = load_signed_statement(path)
    is_copy, witnesses = statement["format"] == "cwg-copy/1", trusted.witnesses
    try:
        lines = describe_statement(statement)
        signed = is_signature_valid(key, canonical_json(statement), signature)
        results = [
            (HOLDS, "The signature is valid: the statement has not been altered.")
            if signed
            else (FAILS, "The signature is not valid: the statement was altered, or was not signed with this key."),
            check_key_is_trusted(key, trusted.list_for(statement)),
        ]
        if asked.before:
            results.append(check_previous_manifest(asked.before, statement))
        if is_copy:
            results += check_static_export_files(path, statement["files"])
        else:
            found, head = check_statement_in_ledger(log, statement)
            results += found
            if head is not None:
                results.append(check_head(head, statement["portal"], trusted.ledger))
            if head is not None or witnesses:
                results += check_witnesses(head or LedgerCheckpoint("", 0, b"", "", []), witnesses)
            if asked.later:
                results += check_newer_head_is_consistent(asked.later, head, trusted.ledger)
        results += [check_document_file(document, statement) for document in asked.documents]
        results += [] if asked.documents or is_copy else [(NOT_CHECKED, "No document was given to compare.")]
        if is_withdrawal(statement) and not asked.documents:
            results.append((WITHDRAWN, "The text that it concerns has been withdrawn."))
    except Unreadable:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"{path}: this is not a file of this kind") from error
    return print_results(lines, signed, results)


def main() -> int:
    """Run the command line and return the exit code."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(description="Check what the portal signed, offline.")
    parser.add_argument("receipt", help="the receipt, manifest, copy, line of the ledger, or file with two heads")
    parser.add_argument("documents", nargs="*", help="documents to compare with it")
    key_help = "in base64, or its keys.json, from a source you trust"
    parser.add_argument("--key", action="append", default=[], help=f"the portal's public key {key_help}")
    parser.add_argument("--ledger-key", action="append", default=[], help=f"the public key of its ledger {key_help}")
    parser.add_argument("--before", help="the manifest expected to precede this one")
    parser.add_argument("--later", help="a file that leads from the head in this file to a newer head")
    parser.add_argument("--witness", action="append", default=[], help="the key of a witness expected to have cosigned")
    asked = parser.parse_args()
    try:
        trusted = load_trust(asked.key, asked.ledger_key, asked.witness)
        whole = load_json_file(asked.receipt)
        if isinstance(whole, dict) and whole.get("format") == CONSISTENCY_FORMAT:
            return verify_consistency(asked.receipt, trusted)
        if isinstance(whole, dict) and set(whole) == {"entry", "proof"}:
            return verify_line(whole, asked, trusted)
        return verify_statement_file(asked.receipt, asked, trusted)
    except Unreadable as error:
        print(f"CANNOT BE READ  {replace_unprintable(error)}", file=sys.stderr)
        return UNREADABLE


if __name__ == "__main__":
    sys.exit(main())
