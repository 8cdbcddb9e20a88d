"""The reader of letters that was written from docs/liaisons.md alone, the vectors, and what the portal says of them."""

import json
import sys
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from app.core.canonical_json import to_canonical_json
from app.core.exchange.signed_statements import MalformedStatement, build_request_message, parse_signed_statement
from app.core.signing import Signer
from app.domain.organization_inboxes.inputs import NewInbox
from app.domain.transmissions.inputs import ACKNOWLEDGMENT_FORMAT, LIAISON_FORMAT, WITHDRAWAL_FORMAT
from app.domain.transmissions.models import OutgoingTransmission
from app.domain.transmissions.rules import (
    TransmissionRefused,
    build_withdrawal_statement,
    extract_files,
    parse_transmitted_liaison,
    parse_transmitted_withdrawal,
)
from tests.test_verify_program import load_program

DOCS = Path(__file__).parent.parent / "docs"
PROGRAM = Path(__file__).parent.parent / "app" / "static" / "verify_liaison.py"
VECTORS: dict[str, Any] = json.loads((DOCS / "liaison-vectors.json").read_text("utf-8"))
LETTER, SENDER, RECEIVER = VECTORS["letter"]["text"], VECTORS["sender_key"], VECTORS["receiver_key"]
READER = load_program(PROGRAM)


def run(folder: Path, *arguments: str, **files: str) -> int:
    """Run the reader with these files in a folder; returns the exit code."""
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    given, before = (
        ["verify_liaison.py", *(str(folder / each) if each in files else each for each in arguments)],
        sys.argv,
    )
    sys.argv = given
    try:
        return READER.run_command_line()
    finally:
        sys.argv = before


def is_taken_in(text: str) -> bool:
    """Whether the portal's own parser takes a letter in, as one that the sender signed."""
    try:
        signed = parse_signed_statement(text.encode(), (LIAISON_FORMAT,))
        extract_files(signed, parse_transmitted_liaison(signed))
    except (MalformedStatement, TransmissionRefused):
        return False
    return signed.is_signed_by_its_key and signed.key.text == SENDER


def is_withdrawal_of_the_letter(text: str) -> bool:
    """Whether the portal's own parser takes a withdrawal for one of the letter, as one that its sender signed."""
    letter = parse_transmitted_liaison(parse_signed_statement(LETTER.encode(), (LIAISON_FORMAT,)))
    try:
        signed = parse_signed_statement(text.encode(), (WITHDRAWAL_FORMAT,))
        withdrawal = parse_transmitted_withdrawal(signed)
    except (MalformedStatement, TransmissionRefused):
        return False
    named = withdrawal.withdraws.id, withdrawal.withdraws.sha256, withdrawal.sender.organization
    same = named == (letter.id, VECTORS["letter"]["statement_sha256"], letter.sender.organization)
    return same and withdrawal.is_addressed_here and signed.is_signed_by_its_key and signed.key.text == SENDER


def test_the_page_has_the_vector_as_it_is() -> None:
    page, letter = (DOCS / "liaisons.md").read_text("utf-8"), json.loads(LETTER)

    assert f"\n{to_canonical_json(letter['statement']).decode()}\n" in page
    assert f"\n{letter['signature']}\n" in page
    for name, value in VECTORS["letter"]["request"].items():
        assert f"\n{name}: {value}\n" in page


def test_the_vector_is_signed_as_the_page_says() -> None:
    sender, receiver = (
        Signer.from_secret("", b64encode(bytes(range(first, first + 32))).decode()) for first in (0, 32)
    )
    letter, acknowledgment = json.loads(LETTER), json.loads(VECTORS["acknowledgment"]["text"])
    body = VECTORS["letter"]["request"]["Content-Digest"]
    digest = READER.decode_base64(body.removeprefix("sha-256=:").removesuffix(":"), 32).hex()

    assert letter["signature"] == b64encode(sender.sign(to_canonical_json(letter["statement"]))).decode()
    assert (
        acknowledgment["signature"] == b64encode(receiver.sign(to_canonical_json(acknowledgment["statement"]))).decode()
    )
    signature = b64encode(sender.sign(build_request_message(digest))).decode()
    assert VECTORS["letter"]["request"]["Liaison-Signature"] == signature
    for key in (SENDER, RECEIVER):
        with pytest.raises(ValidationError):
            NewInbox(public_key=key)


def test_reader_and_portal_accept_the_good_letter(tmp_path: Path) -> None:
    assert is_taken_in(LETTER)
    assert run(tmp_path, "letter", "--key", SENDER, letter=LETTER) == 0
    assert run(tmp_path, "letter", letter=LETTER) == 3
    assert run(tmp_path, "letter", "--key", RECEIVER, letter=LETTER) == 1
    assert run(tmp_path, "letter", "text", "--key", SENDER, letter=LETTER, text="abc") == 0
    assert run(tmp_path, "letter", "text", "--key", SENDER, letter=LETTER, text="abd") == 1


def test_the_reader_accepts_the_acknowledgment_and_a_file_with_both(tmp_path: Path) -> None:
    acknowledgment = VECTORS["acknowledgment"]["text"]
    both = json.dumps({"letter": json.loads(LETTER), "acknowledgment": json.loads(acknowledgment)})
    keys = ("--key", SENDER, "--acknowledgment-key", RECEIVER)

    assert parse_signed_statement(acknowledgment.encode(), (ACKNOWLEDGMENT_FORMAT,)).is_signed_by_its_key
    assert run(tmp_path, "ack", "--key", RECEIVER, ack=acknowledgment) == 0
    assert run(tmp_path, "letter", "--acknowledgment", "ack", *keys, letter=LETTER, ack=acknowledgment) == 0
    assert run(tmp_path, "both", *keys, both=both) == 0
    assert run(tmp_path, "both", "--key", SENDER, both=both) == 3


@pytest.mark.parametrize("vector", VECTORS["refused_letters"], ids=lambda each: each["why"])
def test_reader_and_portal_refuse_each_tampered_letter(tmp_path: Path, vector: dict[str, str]) -> None:
    assert run(tmp_path, "letter", "--key", SENDER, letter=vector["text"]) in (1, 2)
    if vector["why"] != "the file has other bytes":  # the portal compares them when it stores them: tests/web/liaisons
        assert not is_taken_in(vector["text"])


@pytest.mark.parametrize("vector", VECTORS["refused_acknowledgments"], ids=lambda each: each["why"])
def test_the_reader_refuses_each_answer_that_is_no_acknowledgment_of_the_letter(
    tmp_path: Path, vector: dict[str, str]
) -> None:
    keys = ("--key", SENDER, "--acknowledgment-key", RECEIVER)

    assert run(tmp_path, "letter", "--acknowledgment", "ack", *keys, letter=LETTER, ack=vector["text"]) in (1, 2)


def test_the_reader_accepts_the_withdrawal_alone_and_with_the_letter(tmp_path: Path) -> None:
    withdrawal, acknowledgment = VECTORS["withdrawal"]["text"], VECTORS["withdrawal"]["acknowledgment"]
    keys = ("--key", SENDER, "--acknowledgment-key", RECEIVER)
    everything = {
        "letter": json.loads(LETTER),
        "acknowledgment": json.loads(VECTORS["acknowledgment"]["text"]),
        "withdrawal": json.loads(withdrawal),
        "withdrawal_acknowledgment": json.loads(acknowledgment),
    }

    signed = parse_signed_statement(withdrawal.encode(), (WITHDRAWAL_FORMAT,))
    assert (signed.is_signed_by_its_key, signed.sha256) == (True, VECTORS["withdrawal"]["statement_sha256"])
    assert run(tmp_path, "out", "--key", SENDER, out=withdrawal) == 0
    assert run(tmp_path, "out", out=withdrawal) == 3
    assert run(tmp_path, "out", "--key", RECEIVER, out=withdrawal) == 1
    assert run(tmp_path, "letter", "--withdrawal", "out", "--key", SENDER, letter=LETTER, out=withdrawal) == 0
    assert run(tmp_path, "out", "--acknowledgment", "ack", *keys, out=withdrawal, ack=acknowledgment) == 0
    other = VECTORS["acknowledgment"]["text"]
    assert run(tmp_path, "out", "--acknowledgment", "ack", *keys, out=withdrawal, ack=other) == 1
    assert run(tmp_path, "all", *keys, all=json.dumps(everything)) == 0
    assert is_withdrawal_of_the_letter(withdrawal)
    assert not is_taken_in(withdrawal)


@pytest.mark.parametrize("vector", VECTORS["refused_withdrawals"], ids=lambda each: each["why"])
def test_reader_and_portal_refuse_each_withdrawal_that_is_none_of_the_letter(
    tmp_path: Path, vector: dict[str, str]
) -> None:
    arguments = ("letter", "--withdrawal", "out", "--key", SENDER)

    assert run(tmp_path, *arguments, letter=LETTER, out=vector["text"]) in (1, 2)
    assert not is_withdrawal_of_the_letter(vector["text"])


def test_the_portal_builds_a_withdrawal_as_the_vector_has_it() -> None:
    """With the letter of the vector as the one that it sent."""
    letter, said = json.loads(LETTER)["statement"], json.loads(VECTORS["withdrawal"]["text"])["statement"]
    sent = OutgoingTransmission(organization="ITU", statement=to_canonical_json(letter).decode())
    at = datetime(2026, 12, 3, 14, tzinfo=UTC)

    built = build_withdrawal_statement(UUID(said["id"].removeprefix("urn:uuid:")), sent, at, at)

    assert built.keys() == said.keys()
    assert (built["id"], built["withdraws"], built["to"]) == (said["id"], said["withdraws"], said["to"])
    assert READER.list_faults_of_withdrawal(built) == []


def test_the_reader_says_what_it_cannot_read(tmp_path: Path) -> None:
    assert run(tmp_path, "missing") == 2
    assert run(tmp_path, "letter", "--key", "x", letter=LETTER) == 2
