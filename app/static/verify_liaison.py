#!/usr/bin/env python3
"""Checks a liaison statement that an organization sent by machine, without the portal or any network: a letter, an
acknowledgment, a withdrawal, or a file with all of them.

    python3 verify_liaison.py LETTER.json [DOCUMENT ...] [--key KEY] [--acknowledgment FILE] [--acknowledgment-key KEY]
                              [--withdrawal FILE]

It needs Python 3.8 or newer and nothing else. KEY is the public key of who signed, as you know it from elsewhere: 32
bytes in base64, or a keys.json that you kept. Without it the program cannot know whose key signed, and says so.

Exit code: 0 everything holds, signed with KEY; 1 something does not hold; 2 it cannot be read; 3 everything holds, but
a key was not given.

It is written from the description (docs/liaisons.md, RFC 8032) and shares no line with the portal.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import datetime
import hashlib
import json
import re
import sys
from typing import Any

LETTER, ACKNOWLEDGMENT = "cwg-liaison/1", "cwg-liaison-acknowledgment/1"
WITHDRAWAL = "cwg-liaison-withdrawal/1"
HOLDS, FAILS, UNREADABLE, UNKNOWN_KEY = 0, 1, 2, 3
MAX_STATEMENT = 64 * 1024
LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")
WANTS = ("action", "comment", "information", "reply")
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}")
URN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SHA256 = re.compile(r"[0-9a-f]{64}")
INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?Z")


class UnreadableLetter(ValueError):
    """This is no letter, no acknowledgment or no key."""


# Ed25519 (RFC 8032, 5.1). Only public values are worked on: it need not take equal time.

PRIME = 2**255 - 19
GROUP = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, PRIME) % PRIME


def decode_point(raw: bytes) -> tuple[int, int] | None:
    """Decode a point of the curve (5.1.3); None if the bytes encode none."""
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= PRIME:
        return None
    over, under = (y * y - 1) % PRIME, (CURVE * y * y + 1) % PRIME
    square = over * pow(under, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if (x * x - square) % PRIME or (x == 0 and sign):
        return None
    return (x if x & 1 == sign else PRIME - x, y)


def add_points(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    """Add two points, by the law of the curve."""
    product = CURVE * left[0] * right[0] * left[1] * right[1] % PRIME
    x = (left[0] * right[1] + right[0] * left[1]) * pow(1 + product, -1, PRIME)
    y = (left[1] * right[1] + left[0] * right[0]) * pow(1 - product, -1, PRIME)
    return x % PRIME, y % PRIME


def multiply_point(times: int, point: tuple[int, int]) -> tuple[int, int]:
    """Add a point to itself so many times."""
    total = (0, 1)
    for bit in bin(times)[2:]:
        total = add_points(total, total)
        if bit == "1":
            total = add_points(total, point)
    return total


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether the owner of the key signed exactly this message (5.1.7)."""
    owner, first = decode_point(key), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    base = decode_point((4 * pow(5, -1, PRIME) % PRIME).to_bytes(32, "little"))
    if owner is None or first is None or base is None or s >= GROUP:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % GROUP
    return multiply_point(s, base) == add_points(first, multiply_point(k, owner))


def decode_base64(text: Any, length: int | None = None) -> bytes:
    """Decode base64. Raises UnreadableLetter for anything else, and for another length."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (AttributeError, UnicodeError, ValueError, binascii.Error) as error:
        raise UnreadableLetter("something that should be base64 is not") from error
    if length is not None and len(raw) != length:
        raise UnreadableLetter(f"something should have {length} bytes and has {len(raw)}")
    return raw


def require_single_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object. Raises UnreadableLetter if it names a member twice."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise UnreadableLetter("an object names a member twice")
    return dict(pairs)


def refuse_number(text: str) -> Any:
    """Raise UnreadableLetter: numbers are integers."""
    raise UnreadableLetter(f"a number is not an integer: {text}")


def parse_json(raw: bytes) -> dict[str, Any]:
    """Parse a JSON object in UTF-8. Raises UnreadableLetter."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=require_single_names,
            parse_float=refuse_number,
            parse_constant=refuse_number,
        )
    except UnreadableLetter:
        raise
    except (ValueError, RecursionError) as error:
        raise UnreadableLetter("it is not JSON in UTF-8") from error
    if not isinstance(value, dict):
        raise UnreadableLetter("it is not an object")
    return value


def canonical_json(value: Any) -> bytes:
    """Write a value as canonical bytes. Raises UnreadableLetter for text that is no Unicode."""
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
    except UnicodeError as error:
        raise UnreadableLetter("a text cannot be written in UTF-8") from error


def read_envelope(envelope: dict[str, Any], form: str) -> tuple[dict[str, Any], bytes, bytes]:
    """Return statement, key and signature of an envelope. Raises UnreadableLetter unless it has this format."""
    statement, key = envelope.get("statement"), envelope.get("key")
    if not isinstance(statement, dict) or statement.get("format") != form:
        raise UnreadableLetter(f"the statement has not the format {form}")
    if not isinstance(key, dict) or key.get("algorithm") != "Ed25519":
        raise UnreadableLetter("the algorithm of the key is not Ed25519")
    return statement, decode_base64(key.get("public"), 32), decode_base64(envelope.get("signature"), 64)


def list_faults_of_letter(statement: dict[str, Any]) -> list[str]:
    """List what is not as described in the statement of a letter."""
    faults = []
    files, subject, to = statement.get("files"), statement.get("subject"), statement.get("to")
    if not is_match(URN, statement.get("id")):
        faults.append("id is not urn:uuid: with a UUID in lower case")
    sender = statement.get("from")
    if not isinstance(sender, dict) or not is_match(CODE, sender.get("organization")):
        faults.append("from names no organization")
    if not isinstance(to, list) or not to or not all(is_addressee(each) for each in to):
        faults.append("to is not a list of organizations with what each is asked for")
    if not isinstance(subject, dict) or not isinstance(subject.get(statement.get("original")), str):
        faults.append("subject is not there in the original language")
    if not is_instant(statement.get("sent_at")):
        faults.append("sent_at is no instant in UTC")
    if not isinstance(files, list) or not files or not all(is_file(each) for each in files):
        faults.append("files is not a list of files")
    else:
        languages = [each["language"] for each in files]
        if len(set(languages)) != len(languages) or statement.get("original") not in languages:
            faults.append("files are not one for a language, with the original")
    return faults


def is_match(pattern: re.Pattern[str], value: Any) -> bool:
    """Tell whether a value is a text that matches as a whole."""
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def is_organization(value: Any) -> bool:
    """Tell whether a value names an organization."""
    return isinstance(value, dict) and is_match(CODE, value.get("organization"))


def is_addressee(value: Any) -> bool:
    """Tell whether a value names an organization and what it is asked for."""
    return is_organization(value) and value.get("wants") in WANTS


def is_instant(value: Any) -> bool:
    """Tell whether a value is an instant in UTC of the calendar."""
    if not is_match(INSTANT, value):
        return False
    try:
        datetime.datetime.strptime(value[:19], "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return True


def is_file(value: Any) -> bool:
    """Tell whether a value describes a file."""
    return (
        isinstance(value, dict)
        and value.get("language") in LANGUAGES
        and isinstance(value.get("size"), int)
        and not isinstance(value.get("size"), bool)
        and value["size"] > 0
        and is_match(SHA256, value.get("sha256"))
        and all(isinstance(value.get(name), str) and value[name] for name in ("media", "name"))
    )


def list_faults_of_files(envelope: dict[str, Any], statement: dict[str, Any]) -> list[str]:
    """List the enclosed files that are not those of the statement. An envelope without files was kept without them."""
    enclosed = envelope.get("files")
    if enclosed is None:
        return []
    if not isinstance(enclosed, dict) or set(enclosed) != {each["sha256"] for each in statement["files"]}:
        return ["the enclosed files are not exactly those of the statement"]
    faults = []
    for each in statement["files"]:
        content = decode_base64(enclosed[each["sha256"]])
        if (len(content), hashlib.sha256(content).hexdigest()) != (each["size"], each["sha256"]):
            faults.append(f"the enclosed file in {each['language']} has other bytes")
    return faults


def check_key(key: bytes, trusted: list[bytes] | None) -> tuple[int, str]:
    """Check that a key is one that is trusted."""
    if trusted is None:
        return UNKNOWN_KEY, f"The key was not checked. Compare it: {base64.b64encode(key).decode()}"
    return (HOLDS, "The key is trusted.") if key in trusted else (FAILS, "The key is not trusted.")


def check_letter(envelope: dict[str, Any], trusted: list[bytes] | None) -> list[tuple[int, str]]:
    """Check a letter with its files. Raises UnreadableLetter."""
    statement, key, signature = read_envelope(envelope, LETTER)
    message = canonical_json(statement)
    faults = list_faults_of_letter(statement)
    if len(message) > MAX_STATEMENT:
        faults.append(f"the statement has more than {MAX_STATEMENT} bytes")
    faults += [] if faults else list_faults_of_files(envelope, statement)
    signed = is_signed(key, message, signature)
    return [
        (HOLDS, "The letter is signed with its key.") if signed else (FAILS, "The signature of the letter is wrong."),
        check_key(key, trusted),
        *((FAILS, f"The letter: {fault}.") for fault in faults),
    ]


def list_faults_of_withdrawal(statement: dict[str, Any]) -> list[str]:
    """List what is not as described in the statement of a withdrawal."""
    faults = []
    sender, withdraws, to = statement.get("from"), statement.get("withdraws"), statement.get("to")
    if not is_match(URN, statement.get("id")):
        faults.append("id is not urn:uuid: with a UUID in lower case")
    if not isinstance(sender, dict) or not is_match(CODE, sender.get("organization")):
        faults.append("from names no organization")
    if not isinstance(to, list) or not to or not all(is_organization(each) for each in to):
        faults.append("to is not a list of organizations")
    if not isinstance(withdraws, dict) or not (
        is_match(URN, withdraws.get("id")) and is_match(SHA256, withdraws.get("sha256"))
    ):
        faults.append("withdraws names no letter")
    if not is_instant(statement.get("withdrawn_at")) or not is_instant(statement.get("sent_at")):
        faults.append("withdrawn_at or sent_at is no instant in UTC")
    return faults


def check_withdrawal(
    envelope: dict[str, Any], letter: dict[str, Any] | None, trusted: list[bytes] | None
) -> list[tuple[int, str]]:
    """Check a withdrawal and, if the letter is given, that it is of that one and from its sender. Raises
    UnreadableLetter."""
    statement, key, signature = read_envelope(envelope, WITHDRAWAL)
    faults = list_faults_of_withdrawal(statement)
    if letter is not None and not faults:
        about = read_envelope(letter, LETTER)[0]
        named = {"id": about.get("id"), "sha256": hashlib.sha256(canonical_json(about)).hexdigest()}
        if {name: statement["withdraws"][name] for name in named} != named:
            faults.append("it withdraws another letter")
        sender = about.get("from")
        if not isinstance(sender, dict) or sender.get("organization") != statement["from"]["organization"]:
            faults.append("it is not from the sender of the letter")
    signed = is_signed(key, canonical_json(statement), signature)
    return [
        (HOLDS, "The withdrawal is signed with its key.")
        if signed
        else (FAILS, "The signature of the withdrawal is wrong."),
        check_key(key, trusted),
        *((FAILS, f"The withdrawal: {fault}.") for fault in faults),
    ]


def check_acknowledgment(
    envelope: dict[str, Any], sent: dict[str, Any] | None, trusted: list[bytes] | None, form: str = LETTER
) -> list[tuple[int, str]]:
    """Check an acknowledgment and, if the letter or the withdrawal is given, that it is of that one. Raises
    UnreadableLetter."""
    statement, key, signature = read_envelope(envelope, ACKNOWLEDGMENT)
    signed = is_signed(key, canonical_json(statement), signature)
    results = [
        (HOLDS, "The acknowledgment is signed with its key.")
        if signed
        else (FAILS, "The signature of the acknowledgment is wrong."),
        check_key(key, trusted),
    ]
    if not is_match(URN, statement.get("id")) or not is_match(SHA256, statement.get("sha256")):
        results.append((FAILS, "The acknowledgment names nothing that was sent."))
    if not is_instant(statement.get("at")):
        results.append((FAILS, "The acknowledgment has no instant."))
    if sent is not None:
        about = read_envelope(sent, form)[0]
        named = (about.get("id"), hashlib.sha256(canonical_json(about)).hexdigest())
        if (statement.get("id"), statement.get("sha256")) != named:
            results.append((FAILS, "The acknowledgment is of something else."))
    return results


def check_document(path: str, statement: dict[str, Any]) -> tuple[int, str]:
    """Check that a document is, byte for byte, one that the letter names. Raises UnreadableLetter if there is none."""
    content = read_file(path)
    digest = hashlib.sha256(content).hexdigest()
    if any((each.get("sha256"), each.get("size")) == (digest, len(content)) for each in statement.get("files", [])):
        return HOLDS, f"{path!r} is named by the letter, byte for byte."
    return FAILS, f"{path!r} is not named by the letter."


def read_file(path: str) -> bytes:
    """Read a file. Raises UnreadableLetter."""
    try:
        with open(path, "rb") as source:  # noqa: PTH123 - one module for all of it
            return source.read()
    except OSError as error:
        raise UnreadableLetter(f"{path!r}: {error.strerror}") from error


def read_keys(given: list[str]) -> list[bytes] | None:
    """Read the trusted keys, each in base64 or in a keys.json; None if none was given. Raises UnreadableLetter."""
    keys = []
    for each in given:
        if each.endswith(".json"):
            listed = parse_json(read_file(each)).get("keys")
            if not isinstance(listed, list):
                raise UnreadableLetter(f"{each!r} has no list of keys")
            keys += [decode_base64(key.get("public"), 32) for key in listed if isinstance(key, dict)]
        else:
            keys.append(decode_base64(each, 32))
    return keys if given else None


def check_given_files(asked: argparse.Namespace) -> list[tuple[int, str]]:
    """Check everything that was given. Raises UnreadableLetter."""
    whole = parse_json(read_file(asked.letter))
    keys, keys_of_receiver = read_keys(asked.key), read_keys(asked.acknowledgment_key)
    statement = whole.get("statement")
    if isinstance(statement, dict) and statement.get("format") == ACKNOWLEDGMENT:
        return check_acknowledgment(whole, None, keys)
    apart = asked.acknowledgment
    acknowledgment = parse_json(read_file(apart)) if apart else whole.get("acknowledgment")
    if isinstance(statement, dict) and statement.get("format") == WITHDRAWAL:
        return check_withdrawal_with_acknowledgment(whole, None, acknowledgment, keys, keys_of_receiver)
    letter = whole.get("letter", whole)
    if not isinstance(letter, dict):
        raise UnreadableLetter("there is no letter in it")
    results = check_letter(letter, keys)
    results += [check_document(each, letter["statement"]) for each in asked.documents]
    if isinstance(acknowledgment, dict):
        results += check_acknowledgment(acknowledgment, letter, keys_of_receiver)
    withdrawal = parse_json(read_file(asked.withdrawal)) if asked.withdrawal else whole.get("withdrawal")
    if isinstance(withdrawal, dict):
        of_withdrawal = whole.get("withdrawal_acknowledgment")
        results += check_withdrawal_with_acknowledgment(withdrawal, letter, of_withdrawal, keys, keys_of_receiver)
    return results


def check_withdrawal_with_acknowledgment(
    withdrawal: dict[str, Any],
    letter: dict[str, Any] | None,
    acknowledgment: Any,
    keys: list[bytes] | None,
    keys_of_receiver: list[bytes] | None,
) -> list[tuple[int, str]]:
    """Check a withdrawal, and its acknowledgment if there is one. Raises UnreadableLetter."""
    results = check_withdrawal(withdrawal, letter, keys)
    if isinstance(acknowledgment, dict):
        results += check_acknowledgment(acknowledgment, withdrawal, keys_of_receiver, WITHDRAWAL)
    return results


def run_command_line() -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(description="Check a liaison statement that was sent by machine, offline.")
    parser.add_argument("letter", help="the letter, an acknowledgment, a withdrawal, or a file with all of them")
    parser.add_argument("documents", nargs="*", help="documents to compare with the letter")
    parser.add_argument("--key", action="append", default=[], help="the public key of who signed the letter")
    parser.add_argument("--acknowledgment", help="the acknowledgment of the letter, or of the withdrawal")
    parser.add_argument("--withdrawal", help="the withdrawal of the letter")
    parser.add_argument("--acknowledgment-key", action="append", default=[], help="the public key of who received it")
    try:
        results = check_given_files(parser.parse_args())
    except UnreadableLetter as error:
        print(f"CANNOT BE READ  {error}", file=sys.stderr)
        return UNREADABLE
    marks = {HOLDS: "VALID", FAILS: "NOT VALID", UNKNOWN_KEY: "NOT CHECKED"}
    print("\n".join(f"{marks[code]:<13}  {text}" for code, text in results).encode("ascii", "replace").decode())
    codes = {code for code, _ in results}
    return next((code for code in (FAILS, UNKNOWN_KEY) if code in codes), HOLDS)


if __name__ == "__main__":
    sys.exit(run_command_line())
