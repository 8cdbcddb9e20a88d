"""A released manifest carries the proof that its line is in the ledger: frozen, and checked before anybody gets it."""

import hashlib
import json

import pytest

from app.core import clock
from app.core.canonical import canonical
from app.core.signing import Signer
from app.core.store import open_store
from app.domain.ledger import notes
from app.domain.ledger.notes import Checkpoint, Note, Verifier
from app.domain.ledger.tree import check_inclusion, leaf_hash
from app.domain.outputs.models import Output
from app.domain.releases.proving import PATIENCE
from app.jobs.ledger import prove, sign
from tests.conftest import Database
from tests.dissemination.place import Place
from tests.jobs.test_worker import a_desk
from tests.world import SIGNER, World

TAMPERED_PROOF = {
    "number": "number = 9",
    "entry": "entry = replace(entry, 'output:released', 'output:rewritten')",
    "proof": "proof = replace(proof, 'index', 'xedni')",
}


@pytest.fixture
def output(world: World, settings) -> Output:
    return world.released(world.meeting(number=22, opens_in=-3), open_store(settings.release_store_url))


def manifest(place: Place, output: Output) -> dict:
    place.renew()
    slug = str(output.symbol).replace(" ", "-").replace("/", "-")
    return json.loads(place.browser("academia").get(f"/outputs/{slug}.manifest.json").content)


def test_a_release_is_proven_by_the_head_that_came_next_and_stays_so(place, output, world, engine, settings) -> None:
    desk = a_desk(engine, settings)
    assert manifest(place, output)["log"] is None
    assert prove(desk) == 0

    head = sign(desk)
    assert prove(desk) == 1

    whole = manifest(place, output)
    log, entry = whole["log"], json.loads(whole["log"]["entry"])
    assert entry["facts"]["manifest"] == hashlib.sha256(canonical(whole["statement"])).hexdigest()
    index, hashes, checkpoint = notes.read_proof(log["proof"])
    note = Note.read(checkpoint)
    assert note.signed_by([Verifier(notes.origin_of(SIGNER.portal), SIGNER.public)])
    assert Checkpoint.read(note.body).root == head.root
    check_inclusion(leaf_hash(log["entry"].encode()), index, head.size, hashes, head.root)
    world.registered(world.meeting(number=23))
    sign(desk)
    assert prove(desk) == 0
    assert manifest(place, output) == whole


@pytest.mark.parametrize("column", TAMPERED_PROOF)
def test_a_proof_that_does_not_hold_is_given_to_nobody(
    place, output, engine, settings, database: Database, column: str
) -> None:
    desk = a_desk(engine, settings)
    sign(desk)
    prove(desk)
    assert manifest(place, output)["log"]

    database.run_as_superuser(f"UPDATE release.proof SET {TAMPERED_PROOF[column]}")

    changed = manifest(place, output)
    assert changed["log"] is None
    assert changed["statement"]["number"] == 1


def test_a_proof_by_a_head_that_somebody_else_signed_is_given_to_nobody(
    place, output, engine, settings, database: Database
) -> None:
    desk = a_desk(engine, settings)
    sign(desk)
    prove(desk)
    log = manifest(place, output)["log"]
    index, hashes, checkpoint = notes.read_proof(log["proof"])
    other = Signer.of(SIGNER.portal, "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=")
    forged = notes.proof(index, hashes, notes.signed(Checkpoint.read(Note.read(checkpoint).body), other))

    database.run_as_superuser(f"UPDATE release.proof SET proof = '{forged}'")

    assert manifest(place, output)["log"] is None


def test_a_proof_waits_for_witnesses_and_then_no_longer(place, output, engine, settings) -> None:
    desk = a_desk(engine, settings)
    other = Signer.of("w", "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=")
    witness = Verifier("witness.example.org/w1", other.public, notes.Kind.COSIGNATURE)
    sign(desk)

    assert prove(desk, [witness]) == 0
    assert manifest(place, output)["log"] is None
    with clock.shifted(PATIENCE):
        assert prove(desk, [witness]) == 1
    assert manifest(place, output)["log"]
