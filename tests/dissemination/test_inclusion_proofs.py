"""A released manifest carries a proof that its line is in the ledger, frozen and checked before it is served."""

import hashlib
import json
from pathlib import Path

import pytest

from app.core import clock
from app.core.canonical_json import to_canonical_json
from app.core.signing import Signer
from app.core.storage import open_store
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import check_inclusion, hash_leaf
from app.domain.ledger.rules.signed_notes import Checkpoint, NoteVerifier, SignedNote
from app.domain.outputs.models import Output
from app.domain.releases.actions.inclusion_proofs import COSIGNATURE_TIMEOUT
from app.worker.ledger_heads import add_lines_and_sign_head, add_release_proofs
from tests.conftest import Database
from tests.dissemination.read_path_site import ReaderSite
from tests.web.contributions.test_receipts import run
from tests.worker.test_worker import make_worker_context
from tests.world import LEDGER_SIGNER, RELEASE_SIGNER, World

TAMPERED_PROOF = {
    "number": "number = 9",
    "entry": "entry = replace(entry, 'output:released', 'output:rewritten')",
    "proof": "proof = replace(proof, 'index', 'xedni')",
}


@pytest.fixture
def output(world: World, settings) -> Output:
    return world.released(world.meeting(number=22, opens_in=-3), open_store(settings.release_store_url))


def read_manifest(reader_site: ReaderSite, output: Output) -> dict:
    reader_site.renew()
    slug = str(output.symbol).replace(" ", "-").replace("/", "-")
    return json.loads(reader_site.browser("academia").get(f"/outputs/{slug}.manifest.json").content)


def test_a_release_is_proven_by_the_next_head_and_keeps_its_proof(reader_site, output, world, engine, settings) -> None:
    context = make_worker_context(engine, settings)
    assert read_manifest(reader_site, output)["log"] is None
    assert add_release_proofs(context) == 0

    head = add_lines_and_sign_head(context)
    assert add_release_proofs(context) == 1

    whole = read_manifest(reader_site, output)
    log, entry = whole["log"], json.loads(whole["log"]["entry"])
    assert entry["facts"]["manifest"] == hashlib.sha256(to_canonical_json(whole["statement"])).hexdigest()
    index, hashes, checkpoint = signed_notes.parse_inclusion_proof(log["proof"])
    note = SignedNote.parse_note(checkpoint)
    assert note.find_verifier(
        [NoteVerifier(signed_notes.ledger_origin(LEDGER_SIGNER.portal), LEDGER_SIGNER.public_key)]
    )
    assert Checkpoint.parse_body(note.body).root == head.root
    check_inclusion(hash_leaf(log["entry"].encode()), index, head.size, hashes, head.root)
    world.registered(world.meeting(number=23))
    add_lines_and_sign_head(context)
    assert add_release_proofs(context) == 0
    assert read_manifest(reader_site, output) == whole


def test_the_offline_program_checks_a_manifest_with_the_keys_that_the_read_path_lists(
    reader_site, output, engine, settings, tmp_path: Path
) -> None:
    context = make_worker_context(engine, settings)
    add_lines_and_sign_head(context)
    assert add_release_proofs(context) == 1
    manifest, keys = tmp_path / "manifest.json", tmp_path / "keys.json"
    manifest.write_text(json.dumps(read_manifest(reader_site, output)), encoding="utf-8")
    keys.write_bytes(reader_site.browser().get("/keys.json").content)

    assert run(manifest, "--key", keys)[0] == 0
    bare = ("--key", RELEASE_SIGNER.public_key.text)
    assert run(manifest, *bare)[0] == 5  # no key of the ledger was given
    assert run(manifest, *bare, "--ledger-key", RELEASE_SIGNER.public_key.text)[0] == 1  # it is signed with another key


@pytest.mark.parametrize("column", TAMPERED_PROOF)
def test_an_invalid_proof_is_not_served(reader_site, output, engine, settings, database: Database, column: str) -> None:
    context = make_worker_context(engine, settings)
    add_lines_and_sign_head(context)
    add_release_proofs(context)
    assert read_manifest(reader_site, output)["log"]

    database.run_as_superuser(f"UPDATE release.proof SET {TAMPERED_PROOF[column]}")

    changed = read_manifest(reader_site, output)
    assert changed["log"] is None
    assert changed["statement"]["number"] == 1


@pytest.mark.parametrize(
    "other",
    [Signer.from_secret(LEDGER_SIGNER.portal, "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="), RELEASE_SIGNER],
    ids=["foreign", "of-releases"],
)
def test_a_proof_by_a_head_of_another_signer_is_not_served(
    reader_site, output, engine, settings, database: Database, other: Signer
) -> None:
    context = make_worker_context(engine, settings)
    add_lines_and_sign_head(context)
    add_release_proofs(context)
    log = read_manifest(reader_site, output)["log"]
    index, hashes, checkpoint = signed_notes.parse_inclusion_proof(log["proof"])
    forged = signed_notes.format_inclusion_proof(
        index,
        hashes,
        signed_notes.sign_checkpoint(Checkpoint.parse_body(SignedNote.parse_note(checkpoint).body), other),
    )

    database.run_as_superuser(f"UPDATE release.proof SET proof = '{forged}'")

    assert read_manifest(reader_site, output)["log"] is None


def test_a_proof_waits_for_witnesses_for_a_limited_time(reader_site, output, engine, settings) -> None:
    context = make_worker_context(engine, settings)
    other = Signer.from_secret("w", "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=")
    witness = NoteVerifier("witness.example.org/w1", other.public_key, signed_notes.SignatureType.COSIGNATURE)
    add_lines_and_sign_head(context)

    assert add_release_proofs(context, [witness]) == 0
    assert read_manifest(reader_site, output)["log"] is None
    with clock.shifted_clock(COSIGNATURE_TIMEOUT):
        assert add_release_proofs(context, [witness]) == 1
    assert read_manifest(reader_site, output)["log"]
