"""The stand-alone verification program, on the ledger: every proof of small trees, and every manipulation.

Trees and proofs are made here as RFC 9162 defines them, by recursion; the program walks them in a loop.
"""

import hashlib
import importlib.util
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.core.canonical_json import to_canonical_json
from app.core.signing import Signer

PROGRAM = Path(__file__).parent.parent / "app" / "static" / "verify_receipt.py"
ORIGIN = "portal.example.org/ledger"
SIGNER = Signer.from_secret("https://portal.example.org", b64encode(b"the key that signs in this test.").decode())
LEDGER_SIGNER = Signer.from_secret(SIGNER.portal, b64encode(b"the key of the ledger, in here. ").decode())
FORGER = Signer.from_secret("https://portal.example.org", b64encode(b"the key of somebody else, alas! ").decode())
WITNESS = Signer.from_secret("", b64encode(b"the key of a witness elsewhere. ").decode())
NAME = "witness.example.net/w1"
STATEMENT = {
    "at": "2027-01-26T10:42:07.125000Z",
    "body": {"code": "cwg-internet", "prefix": "CWG-Internet"},
    "entity": "KEN",
    "files": [],
    "format": "cwg-receipt/1",
    "kind": "deposit",
    "meeting": {"number": 22, "zone": "Europe/Zurich"},
    "person": {"capacities": ["delegate"], "entity": "KEN", "name": "Amina Wanjiru"},
    "portal": "https://portal.example.org",
    "title": "Repair of routes",
}


def load_program(program: Path = PROGRAM):
    """Load the program as a module."""
    spec = importlib.util.spec_from_file_location(program.stem, program)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PROGRAM_ITSELF = load_program()


# RFC 9162, 2.1.1, 2.1.3.1 and 2.1.4.1


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def split(size: int) -> int:
    """Return the largest power of two that is smaller."""
    return 1 << ((size - 1).bit_length() - 1)


def root(entries: Sequence[bytes]) -> bytes:
    if not entries:
        return sha()
    if len(entries) == 1:
        return sha(b"\x00", entries[0])
    k = split(len(entries))
    return sha(b"\x01", root(entries[:k]), root(entries[k:]))


def path(index: int, entries: Sequence[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if index < k:
        return [*path(index, entries[:k]), root(entries[k:])]
    return [*path(index - k, entries[k:]), root(entries[:k])]


def consistency_steps(old: int, entries: Sequence[bytes], whole: bool = True) -> list[bytes]:
    if old == len(entries):
        return [] if whole else [root(entries)]
    k = split(len(entries))
    if old <= k:
        return [*consistency_steps(old, entries[:k], whole), root(entries[k:])]
    return [*consistency_steps(old - k, entries[k:], False), root(entries[:k])]


# Notes, checkpoints, cosignatures and proofs (C2SP)


def body(entries: Sequence[bytes], origin: str = ORIGIN) -> str:
    return f"{origin}\n{len(entries)}\n{b64encode(root(entries)).decode()}\n"


def line(name: str, kind: int, who: Signer, signature: bytes) -> str:
    key_id = sha(name.encode(), b"\n", bytes([kind]), who.public_key.raw)[:4]
    return f"\u2014 {name} {b64encode(key_id + signature).decode()}\n"


def sign_note(text: str, who: Signer = SIGNER, *, name: str = ORIGIN) -> str:
    return text + "\n" + line(name, 1, who, who.sign(text.encode()))


def cosign(head: str, at: int = 1_800_000_000) -> str:
    text = head.rpartition("\n\n")[0]
    message = f"cosignature/v1\ntime {at}\n{text}\n"
    return head + line(NAME, 4, WITNESS, at.to_bytes(8, "big") + WITNESS.sign(message.encode()))


def vkey(who: Signer = WITNESS, name: str = NAME, kind: int = 4) -> str:
    key = bytes([kind]) + who.public_key.raw
    key_id = sha(name.encode(), b"\n", key)[:4]
    return f"{name}+{key_id.hex()}+{b64encode(key).decode()}"


def build_journal(count: int, about: int, statement: object = None) -> list[bytes]:
    """Return this number of journal lines, of which one names the receipt."""
    digest = hashlib.sha256(to_canonical_json(statement or STATEMENT)).hexdigest()
    return [
        to_canonical_json(
            {
                "at": "2027-01-26T10:42:07.130000Z",
                "body": "0d2c8b1e",
                "capacity": "delegate",
                "entity": "KEN",
                "event": "contribution:submitted",
                "facts": {"receipt": digest if index == about else "0"},
                "person": "7c5b6a49",
                "seq": index + 1,
            }
        )
        for index in range(count)
    ]


def build_proof(index: int, entries: Sequence[bytes], head: str) -> str:
    hashes = "".join(b64encode(each).decode() + "\n" for each in path(index, entries))
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{head}"


def build_receipt(count: int = 7, index: int = 4, *, entries: list[bytes] | None = None, head: str = "") -> dict:
    lines = entries or build_journal(count, index)
    log = {"entry": lines[index].decode(), "proof": build_proof(index, lines, head or cosign(sign_note(body(lines))))}
    return {
        "statement": STATEMENT,
        "signature": b64encode(SIGNER.sign(to_canonical_json(STATEMENT))).decode(),
        "key": {"algorithm": "Ed25519", "id": SIGNER.public_key.id, "public": SIGNER.public_key.text},
        "log": log,
    }


def two_heads(old: int, entries: list[bytes], *, before: list[bytes] | None = None) -> dict:
    return {
        "format": "cwg-consistency/1",
        "old": sign_note(body((before or entries)[:old])),
        "new": cosign(sign_note(body(entries))),
        "proof": [b64encode(each).decode() for each in consistency_steps(old, entries)],
    }


@pytest.fixture
def run_program(tmp_path: Path):
    """Run the program as a reader does: on files, with only the standard library."""

    def run_program(first: object, *options: str, **others: object) -> tuple[int, str]:
        for name, content in {"first": first, **others}.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
        command = [sys.executable, "-I", "-S", PROGRAM, "first.json", *options]
        result = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, cwd=tmp_path)
        assert "Traceback" not in result.stderr
        return result.returncode, result.stdout + result.stderr

    return run_program


STATEMENT_KEY = ("--key", SIGNER.public_key.text)
KEY = (*STATEMENT_KEY, "--ledger-key", SIGNER.public_key.text)  # of the time when one key signed both


# Every tree up to 40


@pytest.mark.parametrize("size", range(1, 41))
def test_every_entry_of_a_small_tree_is_proven_at_its_place_and_at_no_other(size: int) -> None:
    entries = [bytes([number]) for number in range(size)]
    compute_root = PROGRAM_ITSELF.compute_root_from_proof

    for index, entry in enumerate(entries):
        hashes = path(index, entries)
        assert compute_root(index, size, entry, hashes) == root(entries)
        assert all(compute_root(other, size, entry, hashes) != root(entries) for other in range(size) if other != index)
        assert compute_root(index, size, entry + b".", hashes) != root(entries)
        assert compute_root(index, size, entry, [*hashes, sha()]) != root(entries)
        assert not hashes or compute_root(index, size, entry, hashes[:-1]) != root(entries)
    assert compute_root(size, size, entries[-1], []) is None


@pytest.mark.parametrize("size", range(1, 41))
def test_every_small_tree_is_consistent_with_each_earlier_one_and_no_other(size: int) -> None:
    entries = [bytes([number]) for number in range(size)]
    head = PROGRAM_ITSELF.parse_head(sign_note(body(entries)))

    for old in range(size + 1):
        before, hashes = (
            PROGRAM_ITSELF.parse_head(sign_note(body(entries[:old]))),
            consistency_steps(old, entries) if old else [],
        )
        assert PROGRAM_ITSELF.is_consistent(before, head, hashes)
        if old:
            forked = PROGRAM_ITSELF.parse_head(sign_note(body([*entries[: old - 1], b"another"])))
            assert not PROGRAM_ITSELF.is_consistent(forked, head, hashes)
        assert not PROGRAM_ITSELF.is_consistent(before, head, [*hashes, sha()])
        assert not hashes or not PROGRAM_ITSELF.is_consistent(before, head, hashes[:-1])
        assert old == size or not PROGRAM_ITSELF.is_consistent(head, before, hashes)  # a ledger that shrank


# Receipts


def test_a_receipt_is_valid_with_its_place_in_the_ledger_and_its_witness(run_program) -> None:
    code, output = run_program(build_receipt(), *KEY, "--witness", vkey())

    assert code == 0
    assert "VALID          The ledger contains it as entry 5, written at 2027-01-26T10:42:07.130000Z." in output
    assert "VALID          The head of the ledger with 7 entries has a valid signature." in output
    assert "VALID          witness.example.net/w1 cosigned this head on 2027-01-15T08:00:00Z." in output
    assert "NOT VALID" not in output


def test_a_receipt_without_a_proof_is_reported_as_unchecked(run_program) -> None:
    code, output = run_program(build_receipt() | {"log": None}, *KEY)

    assert code == 5
    assert "NOT CHECKED    It has no inclusion proof yet." in output


def test_a_receipt_is_no_manifest_of_the_public(run_program) -> None:
    """A person who has the key can sign anything: no word in a receipt excuses it from being in the ledger."""
    code, output = run_program(sign_statement(STATEMENT | {"catalogue": "public"}), *KEY)

    assert code == 5
    assert "It has no inclusion proof yet." in output


def test_a_line_of_another_subject_is_not_accepted(run_program) -> None:
    entries = build_journal(7, 2)  # the line at 4 names no receipt

    code, output = run_program(build_receipt(entries=entries), *KEY)

    assert code == 1
    assert "NOT VALID      The ledger entry concerns another statement." in output


@pytest.mark.parametrize("change", ["line", "index", "hash", "root", "size"])
def test_a_changed_proof_is_not_valid(run_program, change: str) -> None:
    document = build_receipt()
    log, lines = document["log"], document["log"]["proof"].split("\n")
    if change == "line":
        log["entry"] = log["entry"].replace("10:42:07.130", "09:42:07.130")
    elif change == "index":
        log["proof"] = log["proof"].replace("index 4", "index 3")
    elif change == "hash":
        log["proof"] = log["proof"].replace(lines[2], b64encode(sha()).decode())
    elif change == "root":
        log["proof"] = log["proof"].replace(lines[-5], b64encode(sha()).decode())
    else:
        log["proof"] = log["proof"].replace("/ledger\n7\n", "/ledger\n8\n")
    assert log != build_receipt()["log"]

    code, output = run_program(document, *KEY)

    assert code == 1
    assert "NOT VALID" in output


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (sign_note(body(build_journal(7, 4)), FORGER), "is not signed with a trusted key"),
        (sign_note(body(build_journal(7, 4)), name="other.example/ledger"), "is not signed with a trusted key"),
        (
            sign_note(body(build_journal(7, 4), "other.example/ledger"), name="other.example/ledger"),
            "belongs to another ledger: other.example/ledger",
        ),
    ],
)
def test_a_head_of_another_signer_is_not_valid(run_program, head: str, reason: str) -> None:
    code, output = run_program(build_receipt(head=head), *KEY)

    assert code == 1
    assert f"NOT VALID      The head of the ledger with 7 entries {reason}" in output


@pytest.mark.parametrize("key", [vkey(name="witness.example.net/w2"), vkey(FORGER)])
def test_a_witness_that_did_not_cosign_is_named(run_program, key: str) -> None:
    code, output = run_program(build_receipt(), *KEY, "--witness", key)

    assert code == 1
    assert "did not cosign this head." in output


@pytest.mark.parametrize("key", ["", "w1+00000000", vkey(kind=1), vkey().replace("+", "+0", 1)])
def test_an_invalid_witness_key_is_refused(run_program, key: str) -> None:
    assert run_program(build_receipt(), *KEY, "--witness", key)[0] == 2


@pytest.mark.parametrize(
    "build_proof",
    [
        None,
        "",
        "c2sp.org/tlog-proof@v1\n\n",
        "c2sp.org/tlog-proof@v1\nindex 04\n\n" + sign_note(body(build_journal(7, 4))),
        "c2sp.org/tlog-proof@v1\nindex 4\nAA==\n\n" + sign_note(body(build_journal(7, 4))),
        "c2sp.org/tlog-proof@v1\nindex 4\n\n" + body(build_journal(7, 4)),
        "c2sp.org/tlog-proof@v1\nindex 4\n\n" + sign_note(body(build_journal(7, 4))).replace("\u2014", "-"),
    ],
)
def test_an_invalid_proof_is_refused(run_program, build_proof: object) -> None:
    document = build_receipt()
    document["log"]["proof"] = build_proof

    code, output = run_program(document, *KEY)

    assert (code, output.startswith("CANNOT BE READ")) == (2, True)


# A key for each purpose


def keys_file(**keys: Signer) -> dict:
    """Return a keys.json; a key under the name `any` says of no purpose."""
    entries = [
        {"public": who.public_key.text} | ({"purpose": name} if name != "any" else {}) for name, who in keys.items()
    ]
    return {"keys": entries}


LEDGER_KEY = ("--ledger-key", LEDGER_SIGNER.public_key.text)
BY_LEDGER_KEY = cosign(sign_note(body(build_journal(7, 4)), LEDGER_SIGNER))


def test_a_head_is_checked_with_the_key_of_the_ledger(run_program) -> None:
    receipt = build_receipt(head=BY_LEDGER_KEY)

    assert run_program(receipt, *STATEMENT_KEY, *LEDGER_KEY)[0] == 0
    assert run_program(build_receipt(), *KEY)[0] == 0  # of the time when one key signed both
    assert run_program(receipt, *KEY)[0] == 1


@pytest.mark.parametrize("by", [SIGNER, LEDGER_SIGNER, FORGER])
def test_without_a_key_of_the_ledger_nothing_is_proven(run_program, by: Signer) -> None:
    """A thief of the key of receipts signs a ledger with it too: that key is no proof of it."""
    head = cosign(sign_note(body(build_journal(7, 4)), by))
    assert run_program(build_receipt(head=head), *STATEMENT_KEY, "--ledger-key", by.public_key.text)[0] == 0

    for options in (STATEMENT_KEY, ("--key", "keys.json")):  # a keys.json that does not say what its keys are for
        code, output = run_program(build_receipt(head=head), *options, keys=keys_file(any=SIGNER))
        assert code == 5
        assert "NOT CHECKED    The head of the ledger with 7 entries: its signature was not checked." in output
        assert "--ledger-key" in output
    own_file = ("--key", "keys.json", "--ledger-key", "keys.json")
    assert run_program(build_receipt(), *own_file, keys=keys_file(any=SIGNER))[0] == 0


def test_a_head_signed_with_the_key_of_receipts_is_not_valid_where_a_key_of_the_ledger_was_given(run_program) -> None:
    assert run_program(build_receipt(), *KEY)[0] == 0

    for options in ((*STATEMENT_KEY, *LEDGER_KEY), ("--key", "keys.json", *LEDGER_KEY), ("--key", "keys.json")):
        code, output = run_program(build_receipt(), *options, keys=keys_file(receipts=SIGNER, ledger=LEDGER_SIGNER))
        assert code == 1
        assert "VALID          The key is trusted." in output
        assert "NOT VALID      The head of the ledger with 7 entries is not signed with a trusted key." in output


def test_the_key_of_the_ledger_signs_no_receipt(run_program) -> None:
    receipt = build_receipt(head=BY_LEDGER_KEY)

    code, output = run_program(receipt, "--key", LEDGER_SIGNER.public_key.text, *LEDGER_KEY)

    assert (code, "The key is not trusted" in output) == (1, True)
    assert run_program(receipt, *LEDGER_KEY)[0] == 3  # whose receipt it is was not checked


def test_several_keys_may_be_given(run_program) -> None:
    other = ("--key", FORGER.public_key.text, "--ledger-key", FORGER.public_key.text)

    assert run_program(build_receipt(head=BY_LEDGER_KEY), *other, *STATEMENT_KEY, *LEDGER_KEY)[0] == 0
    assert run_program(build_receipt(head=BY_LEDGER_KEY), *other)[0] == 1


@pytest.mark.parametrize(
    ("kind", "purposes"),
    [
        ("position", {"receipts"}),
        ("adoption", {"receipts", "releases"}),  # by silence: whichever process found the deadline passed
        ("release", {"releases"}),
    ],
)
def test_a_key_counts_only_for_what_a_keys_file_says(run_program, kind: str, purposes: set[str]) -> None:
    statement = sign_statement(WITHOUT | {"kind": kind} | KINDS[kind])

    assert run_program(statement, "--key", "keys.json", keys=keys_file(any=SIGNER))[0] == 5
    accepted = {
        purpose
        for purpose in ("receipts", "releases", "ledger")
        if run_program(statement, "--key", "keys.json", keys=keys_file(**{purpose: SIGNER}))[0] == 5
    }
    assert accepted == purposes


def test_two_heads_are_checked_with_the_key_of_the_ledger(run_program) -> None:
    entries = build_journal(20, 4)
    heads = two_heads(7, entries) | {
        "old": sign_note(body(entries[:7]), LEDGER_SIGNER),
        "new": sign_note(body(entries), LEDGER_SIGNER),
    }

    assert run_program(heads, *LEDGER_KEY)[0] == 0
    assert run_program(heads, *STATEMENT_KEY, "--ledger-key", FORGER.public_key.text)[0] == 1
    assert run_program(heads, *STATEMENT_KEY)[0] == 3


# From one head to another


def test_an_old_receipt_leads_to_a_newer_head(run_program) -> None:
    entries = build_journal(20, 4)

    code, output = run_program(
        build_receipt(entries=entries[:7]), *KEY, "--later", "later.json", later=two_heads(7, entries)
    )

    assert code == 0
    assert "VALID          The ledger grew from 7 to 20 entries; no earlier entry was changed." in output


def test_an_old_receipt_detects_a_rewritten_ledger(run_program) -> None:
    original, entries = build_journal(7, 4), build_journal(20, 4)
    rewritten = [*entries[:2], to_canonical_json({"seq": 3, "facts": {}}), *entries[3:]]

    # The portal shows a forged history: with its true old head the proof fails, and a new old head is not the
    # one that the receipt contains.
    fork = run_program(
        build_receipt(entries=original), *KEY, "--later", "later.json", later=two_heads(7, rewritten, before=original)
    )
    other = run_program(build_receipt(entries=original), *KEY, "--later", "later.json", later=two_heads(7, rewritten))

    assert fork[0] == other[0] == 1
    assert "NOT VALID      The ledger with 20 entries is not a continuation of the one with 7 entries." in fork[1]
    assert "NOT VALID      later.json: does not start from the head in this file." in other[1]


def build_line(entries: list[bytes], head: str = "") -> dict:
    """Build the file of line 5 of this ledger, as a receipt has it in `log`."""
    return build_receipt(entries=entries, head=head)["log"]


def test_a_line_is_valid_at_its_place_in_the_ledger(run_program) -> None:
    line = build_line(build_journal(7, 4))

    code, output = run_program(line, *KEY[2:], "--witness", vkey())

    assert code == 0
    assert "VALID          The ledger contains it as entry 5 of 7." in output
    for value in (ORIGIN, "contribution:submitted", "2027-01-26T10:42:07.130000Z", "7c5b6a49", "KEN", "delegate"):
        assert value in output
    assert run_program(line)[0] == 5  # no key of the ledger was given
    assert run_program(line, *KEY[2:], "--witness", vkey(FORGER))[0] == 1


@pytest.mark.parametrize("change", ["entry", "number", "signer"])
def test_a_line_that_the_ledger_does_not_hold_is_not_valid_and_not_shown(run_program, change: str) -> None:
    entries = build_journal(7, 4)
    if change == "number":
        entries[4] = entries[4].replace(b'"seq":5', b'"seq":4')
    line = build_line(entries, sign_note(body(entries), FORGER) if change == "signer" else "")
    if change == "entry":
        line["entry"] = line["entry"].replace("KEN", "BRA")

    code, output = run_program(line, *KEY[2:])

    assert (code, "NOT VALID" in output, "contribution:submitted" in output) == (1, True, False)


def test_a_line_leads_to_a_newer_head_and_is_compared_with_nothing_else(run_program) -> None:
    entries, rewritten = build_journal(20, 4), build_journal(20, 3)
    line = build_line(entries[:7])

    assert run_program(line, *KEY[2:], "--later", "later.json", later=two_heads(7, entries))[0] == 0
    assert run_program(line, *KEY[2:], "--later", "later.json", later=two_heads(7, rewritten))[0] == 1
    for options in (("later.json",), ("--before", "later.json")):
        assert run_program(line, *KEY[2:], *options, later=two_heads(7, entries))[0] == 2


def test_two_heads_are_checked_without_a_receipt(run_program) -> None:
    entries = build_journal(20, 4)

    code, output = run_program(two_heads(7, entries), *KEY, "--witness", vkey())

    assert (code, output.count("VALID  "), output.count("NOT")) == (0, 4, 0)
    assert run_program(two_heads(7, entries))[0] == 3
    assert run_program(two_heads(7, entries), "--ledger-key", FORGER.public_key.text)[0] == 1
    assert run_program(two_heads(7, entries) | {"proof": []}, *KEY)[0] == 1
    assert run_program(two_heads(7, entries) | {"proof": ["AA=="]}, *KEY)[0] == 2
    assert run_program(two_heads(7, entries) | {"old": "none"}, *KEY)[0] == 2


# Receipts of every kind, and the example of the documentation

LEDGER = PROGRAM.parent.parent.parent / "docs" / "ledger.md"


def read_example(kind: str, number: int) -> str:
    """Return a block of the documentation, byte for byte."""
    return LEDGER.read_text(encoding="utf-8").split(f"```{kind}\n")[number].split("\n```")[0]


def test_the_example_of_the_documentation_is_valid_and_invalid_when_changed(run_program) -> None:
    text, steps_, witness = read_example("json", 1), read_example("json", 2), read_example("text", 1)
    key = json.loads(text)["key"]["public"]  # one for all, as in the command of the page
    options = ("--ledger-key", key, "--key", key, "--later", "later.json", "--witness", witness)

    code, output = run_program(text, *options, later=steps_)

    assert code == 0, output
    assert "The ledger contains it as entry 3" in output
    assert "cosigned this head on" in output
    assert "The ledger grew from 5 to 8 entries" in output
    assert json.loads(text)["log"]["proof"].endswith("\n\n" + read_example("text", 2) + "\n")
    assert json.loads(steps_)["old"] == read_example("text", 2) + "\n"
    assert run_program(text.replace('\\"late\\":false', '\\"late\\":true'), *options, later=steps_)[0] == 1
    assert run_program(steps_.replace("\\n8\\n", "\\n9\\n"), *options[:2])[0] == 1


TEXT = {"files": [], "original": "en", "output": "o", "text": "t", "titles": {"en": "On repair"}}
WITHOUT = {name: STATEMENT[name] for name in ("at", "body", "format", "portal")}
KINDS = {
    "adoption": TEXT
    | {"adopted_on": "2027-01-26", "how": "silence", "meeting": {"number": 22}, "person": None, "symbol": "OUT-1"},
    "position": TEXT
    | {
        "entity": "KEN",
        "language": "en",
        "paragraph": "",
        "person": STATEMENT["person"],
        "procedure": "p",
        "stance": "supports",
        "until": "2027-01-26T10:42:07.125000Z",
        "words": "",
    },
    "release": TEXT
    | {"manifest": {"number": 3, "sha256": "m"}, "meeting": {"number": 22}, "person": None, "symbol": "OUT-1"},
    "something-of-later": {"files": [], "person": None},
}


def sign_statement(statement: dict) -> dict:
    return {
        "statement": statement,
        "signature": b64encode(SIGNER.sign(to_canonical_json(statement))).decode(),
        "key": {"algorithm": "Ed25519", "id": SIGNER.public_key.id, "public": SIGNER.public_key.text},
        "log": None,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_receipt_of_any_kind_is_read(run_program, kind: str) -> None:
    statement = WITHOUT | {"kind": kind} | KINDS[kind]

    code, output = run_program(sign_statement(statement), *KEY)

    assert code == 5, output
    assert f"Receipt of a{'n' if kind == 'adoption' else ''} {kind}" in output


@pytest.mark.parametrize(("kind", "missing"), [("adoption", "how"), ("position", "words"), ("release", "manifest")])
def test_a_receipt_without_a_required_field_of_its_kind_is_refused(run_program, kind: str, missing: str) -> None:
    statement = WITHOUT | {"kind": kind} | KINDS[kind]
    del statement[missing]

    assert run_program(sign_statement(statement), *KEY)[0] == 2
