#!/usr/bin/env python3
"""Checks what the CWG-Internet portal signed, without the portal or any network: a receipt, the manifest of a release,
or a copy of the whole catalogue.

    python3 verify_receipt.py RECEIPT.json [DOCUMENT ...] [--key KEY]
    python3 verify_receipt.py MANIFEST.json [DOCUMENT ...] [--key KEY] [--before MANIFEST.json]
    python3 verify_receipt.py COPY/copy.json [--key KEY]

With --before it also checks that the other manifest is the one before this, as the catalogue counts them.

It needs Python 3.8 or newer and nothing else. KEY is the portal's public key, as you know it from elsewhere: its 32
bytes in base64, or a keys.json that you kept. Without it the program cannot know whose key signed, and says so.

Exit code: 0 everything holds, signed with KEY; 1 something does not hold; 2 the receipt, the manifest or KEY cannot
be read; 3 everything holds, but no KEY was given; 4 everything holds, signed with KEY, and says that the text was
withdrawn.

It is written from the descriptions (docs/receipts.md, docs/manifests.md, docs/copies.md, RFC 8032) and shares no line
with the portal.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import os
import sys
from typing import Any

NEEDED = {
    "cwg-receipt/1": ("kind", "portal", "at", "entity", "title", "person", "body", "meeting", "files"),
    "cwg-release/1": ("kind", "portal", "at", "number", "previous", "output", "files", "statements"),
    "cwg-copy/1": ("kind", "portal", "of", "at", "catalogue", "files"),
}
HOLDS, FAILS, UNREADABLE, UNKNOWN_KEY, WITHDRAWN = 0, 1, 2, 3, 4


class Unreadable(ValueError):  # noqa: N818 - what the file is
    """This is no receipt and no manifest, or no key."""


# Ed25519, as RFC 8032 section 5.1 describes it. Only public things are worked on: it need not take equal time.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # a square root of -1


def recover_x(y: int, odd: int) -> int | None:
    """The x of the point with this y; None if there is no such point (5.1.3)."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square or (x == 0 and odd):
        return None
    return P - x if x & 1 != odd else x


def point(encoded: bytes) -> tuple[int, int, int, int] | None:
    """A point in extended coordinates (X, Y, Z, T); None if these bytes are none, or not written as they should be."""
    y = int.from_bytes(encoded, "little")
    odd, y = y >> 255, y & (2**255 - 1)
    x = recover_x(y, odd) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def add(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The sum of two points (5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(factor: int, base: tuple[int, ...]) -> tuple[int, ...]:
    """A point added to itself so many times."""
    result: tuple[int, ...] = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = add(result, base)
        base, factor = add(base, base), factor >> 1
    return result


def encoded(any_point: tuple[int, ...]) -> bytes:
    """A point as 32 bytes (5.1.2)."""
    inverse = pow(any_point[2], P - 2, P)
    x, y = any_point[0] * inverse % P, any_point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of the key signed exactly this message (5.1.7)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    owner, s = point(key), int.from_bytes(signature[32:], "little")
    if owner is None or BASE is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    negative = (P - owner[0], owner[1], owner[2], P - owner[3])
    return encoded(add(times(s, BASE), times(k, negative))) == signature[:32]


# The file


def canonical(value: Any) -> bytes:
    """The bytes that were signed: JSON with sorted keys and no spaces, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which every name stands once: two readers could otherwise read two receipts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a name stands twice in it")
    return found


def no_fraction(text: str) -> Any:
    raise Unreadable(f"a number in it is not whole: {text}")


def load(path: str) -> Any:
    """A JSON file, read strictly."""
    try:
        with open(path, encoding="utf-8") as source:  # noqa: PTH123 - one call, no more imports
            return json.load(source, object_pairs_hook=once, parse_float=no_fraction, parse_constant=no_fraction)
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{path}: {error}") from error


def decoded(text: Any, length: int) -> bytes:
    """Bytes behind base64."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise Unreadable(f"this is not base64: {text!r}") from error
    if len(raw) != length:
        raise Unreadable(f"{length} bytes were expected, not {len(raw)}")
    return raw


def receipt_in(path: str) -> tuple[Any, bytes, bytes]:
    """Statement, public key and signature of a receipt or a manifest."""
    whole = load(path)
    try:
        statement, key, signature = whole["statement"], whole["key"], whole["signature"]
        if statement["format"] not in NEEDED or key["algorithm"] != "Ed25519":
            raise Unreadable(f"{path}: this program knows {' and '.join(NEEDED)}, signed with Ed25519")
        if any(name not in statement for name in NEEDED[statement["format"]]):
            raise Unreadable(f"{path}: something is missing in it")
        return statement, decoded(key["public"], 32), decoded(signature, 64)
    except (KeyError, TypeError) as error:
        raise Unreadable(f"{path}: this is neither a receipt nor a manifest") from error


def trusted(text: str) -> list[bytes]:
    """The keys behind --key: one in base64, or those of a keys.json."""
    try:
        return [decoded(text, 32)]
    except Unreadable:
        pass
    try:
        return [decoded(key["public"], 32) for key in load(text)["keys"]]
    except (KeyError, TypeError) as error:
        raise Unreadable(f"{text}: neither a key nor a keys.json") from error


def plain(value: Any) -> str:
    """Text for a terminal: nothing in a receipt may move the cursor or turn the line around."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))


def told(statement: Any) -> list[str]:
    """What it says, in lines."""
    if statement["format"] == "cwg-copy/1":
        lines = copy_told(statement)
    else:
        lines = release_told(statement) if statement["format"] == "cwg-release/1" else receipt_told(statement)
        for file in statement["files"]:
            lines.append(("File", f"{file['language']}  {file['name']}  {file['size']} bytes  {file['sha256']}"))
    return [f"{plain(name):<24} {plain(value)}" for name, value in lines]


def release_told(statement: Any) -> list[tuple[str, Any]]:
    """What a manifest says, but for its files."""
    output = statement["output"]
    lines = [
        (f"Manifest of a {statement['kind']}", statement["portal"]),
        ("Number in the catalogue", statement["number"]),
        ("Time", statement["at"]),
        ("Symbol", output["symbol"]),
        ("Title", output["titles"][output["original"]]),
        ("Adopted on", output["adopted_on"]),
    ]
    for said in statement["statements"]:
        lines.append((f"{said['kind']} of {said['state']}", said["text"]))
    if is_withdrawal(statement):
        why = statement["withdrawal"]
        lines += [("Released at", output["released_at"]), ("Withdrawn because", why["reason"])]
        if "replaced_by" in why:
            lines.append(("Replaced by", why["replaced_by"]))
        lines.append(("Manifest of its release", f"{why['manifest']}  {why['manifest_digest']}"))
    return lines


def is_withdrawal(statement: Any) -> bool:
    """Whether it says that what it is about was withdrawn."""
    return bool(statement["format"] == "cwg-release/1" and statement["kind"] == "withdrawal")


def copy_told(statement: Any) -> list[tuple[str, Any]]:
    """What the statement of a copy says, but for its files."""
    return [
        ("Copy of", statement["of"]),
        ("Signed for", statement["portal"]),
        ("As it stood at", statement["at"]),
        ("Up to number", statement["catalogue"]["number"]),
        ("Files", len(statement["files"])),
    ]


def receipt_told(statement: Any) -> list[tuple[str, Any]]:
    """What a receipt says, but for its files."""
    person = statement["person"]
    lines = [
        (f"Receipt of a {statement['kind']}", statement["portal"]),
        ("Time", statement["at"]),
        ("State", statement["entity"]),
        ("Person", f"{person['name']}, {person['entity']} ({', '.join(person['capacities'])})"),
        ("Meeting", f"{statement['body']['prefix']}, meeting {statement['meeting']['number']}"),
        ("Title", statement["title"]),
    ]
    if statement.get("signed_by"):
        lines.append(("Signed by", ", ".join(statement["signed_by"])))
    if statement.get("symbol"):
        lines.append(("Symbol", statement["symbol"]))
    if "timing" in statement:
        words = {
            "in-time": "in time",
            "grace": "in time: begun before the deadline, whole within the grace period",
            "late": "late",
        }
        timing = words.get(statement["timing"], statement["timing"])
        lines.append(("Deadline", f"{statement['deadline']}; {timing}"))
    return lines


def measured(path: str) -> tuple[str, int]:
    """Digest and length of a file."""
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as source:  # noqa: PTH123 - as above
        for piece in iter(lambda: source.read(1 << 20), b""):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def check_key(key: bytes, keys: list[bytes] | None) -> tuple[int, str]:
    """Whether the key is one that is believed."""
    text = base64.b64encode(key).decode()
    if keys is None:
        return UNKNOWN_KEY, f"Whose key it is was not checked. Compare it with one that you trust: {text}"
    if key in keys:
        return HOLDS, "The key is the one that you trust."
    return FAILS, f"The key is not the one that you trust: {text}"


def check_file(path: str, statement: Any) -> tuple[int, str]:
    """Whether a document is, byte for byte, one that the receipt names, or one that was withdrawn."""
    try:
        digest, size = measured(path)
    except OSError as error:
        return FAILS, f"{plain(path)}: cannot be read: {plain(error.strerror)}"
    for file in statement["files"]:
        if file["sha256"] == digest and file["size"] == size:
            if is_withdrawal(statement):
                return WITHDRAWN, f"{plain(path)}: was released, and withdrawn ({plain(file['language'])})."
            return HOLDS, f"{plain(path)}: is named there, byte for byte ({plain(file['language'])})."
    return FAILS, f"{plain(path)}: is not named there. Its SHA-256 is {digest}, its length {size} bytes."


def check_copy(path: str, files: list[Any]) -> list[tuple[int, str]]:
    """Whether the folder of the statement holds the files that it names, byte for byte, and no others."""
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - one module for all of it
    named, wrong = {os.path.basename(path)}, []  # noqa: PTH119
    for file in files:
        parts = str(file["path"]).split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise Unreadable(f"a path leads out of the copy: {file['path']}")
        named.add("/".join(parts))
        try:
            if measured(os.path.join(folder, *parts)) != (file["sha256"], file["size"]):  # noqa: PTH118
                wrong.append(f"{plain(file['path'])}: is not what is named.")
        except OSError:
            wrong.append(f"{plain(file['path'])}: is not there, or cannot be read.")
    for place, _, names in os.walk(folder):
        for name in names:
            there = os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")  # noqa: PTH118
            if there not in named:
                wrong.append(f"{plain(there)}: is not named.")
    if wrong:
        return [(FAILS, text) for text in sorted(wrong)]
    return [(HOLDS, f"{len(files)} files are named, each is what it names, and there is no other.")]


def check_before(path: str, statement: Any) -> tuple[int, str]:
    """Whether that manifest is the one before: its digest, with signature and key, is named in this one."""
    earlier, key, signature = receipt_in(path)
    whole = {
        "public": base64.b64encode(key).decode(),
        "signature": base64.b64encode(signature).decode(),
        "statement": earlier,
    }
    digest = hashlib.sha256(canonical(whole)).hexdigest()
    if (digest, earlier.get("number")) == (statement.get("previous"), statement.get("number", 0) - 1):
        return HOLDS, f"{plain(path)}: is the manifest before this one."
    return FAILS, f"{plain(path)}: is not the manifest before this one."


def verify(path: str, documents: list[str], keys: list[bytes] | None, before: str | None = None) -> int:
    """Check everything, say it, and return the exit code. Raises Unreadable."""
    statement, key, signature = receipt_in(path)
    try:
        lines = told(statement)
        signed = is_signed(key, canonical(statement), signature)
        results = [
            (HOLDS, "The signature is right: nothing in it was altered.")
            if signed
            else (FAILS, "The signature is wrong: it was altered, or never signed with this key."),
            check_key(key, keys),
        ]
        results += [check_before(before, statement)] if before else []
        is_copy = statement["format"] == "cwg-copy/1"
        results += check_copy(path, statement["files"]) if is_copy else []
        results += [check_file(document, statement) for document in documents]
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"{path}: this is none of this kind") from error
    if is_withdrawal(statement) and not documents:
        results.append((WITHDRAWN, "What it is about was withdrawn."))
    marks = {HOLDS: "HOLDS", FAILS: "DOES NOT HOLD", UNKNOWN_KEY: "NOT CHECKED", WITHDRAWN: "WITHDRAWN"}
    codes = [code for code, _text in results]
    # What a forged one says is not worth reading: it comes only under a signature that is right.
    print("\n".join([*(lines if signed else []), *(f"{marks[code]:<13}  {text}" for code, text in results)]))
    if not documents and not is_copy:
        print("NOT CHECKED    No document was given.")
    return next((code for code in (FAILS, UNKNOWN_KEY, WITHDRAWN) if code in codes), HOLDS)


def main() -> int:
    """The command line."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(description="Check a receipt or a manifest, offline.")
    parser.add_argument("receipt", help="the receipt, or the manifest")
    parser.add_argument("documents", nargs="*", help="documents that should be in it")
    parser.add_argument("--key", help="the portal's public key in base64, or its keys.json, from a source you trust")
    parser.add_argument("--before", help="the manifest that should be the one before this")
    asked = parser.parse_args()
    try:
        return verify(asked.receipt, asked.documents, trusted(asked.key) if asked.key else None, asked.before)
    except Unreadable as error:
        print(f"CANNOT BE READ  {plain(error)}", file=sys.stderr)
        return UNREADABLE


if __name__ == "__main__":
    sys.exit(main())
