"""Only what a good manifest covers is shown: whatever else somebody wrote into the tables is not, and the rest is."""

import hashlib
import json
import subprocess
import sys
from base64 import b64encode
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from app.core import clock
from app.core.canonical_json import to_canonical_json
from app.core.db import SIGNER_KEY, transaction, write_session_factory
from app.core.signing import Signer
from app.domain.releases.actions.manifest_signing import LockedCatalogues
from app.domain.releases.models import ReleaseBase
from app.domain.releases.queries import manifests
from app.domain.releases.queries import releases as queries
from app.domain.releases.queries.chain_verification import CatalogueFaultKind
from app.domain.releases.queries.incremental import FULL_VERIFICATION_INTERVAL
from tests.conftest import Database
from tests.dissemination.read_path_site import Place, text_of
from tests.dissemination.test_inclusion_proofs import TAMPERED_PROOF
from tests.dissemination.test_indexing import TAMPERED_TEXT
from tests.dissemination.test_outputs import listed
from tests.dissemination.test_public import TAMPERED_PUBLIC
from tests.dissemination.test_withdrawn import TAMPERED_WITHDRAWAL
from tests.world import SIGNER

PROGRAM = Path(__file__).parent.parent.parent / "app" / "static" / "verify_receipt.py"
FORGER = Signer.from_secret(SIGNER.portal, b64encode(b"somebody else signs with this ke").decode())
SAID = {"state": "KEN", "kind": "reservation", "text": "Kenya reserves.", "language": "en"}
SECOND = "22/OUT/2"
# What somebody with the database in their hands might write over a column of the second output.
TAMPERED = {
    "output.slug": "slug = slug || '-x'",
    "output.symbol": "symbol = symbol || ' bis'",
    "output.kind": "kind = 'decision'",
    "output.body": "body = 'another'",
    "output.body_names": """body_names = '{"en": "Another group"}'""",
    "output.meeting": "meeting = 21",
    "output.titles": """titles = jsonb_set(titles, '{en}', '"Another title"')""",
    "output.original": "original = 'ar'",
    "output.for_action": "for_action = ARRAY['ITU-T Study Group 2']",
    "output.for_information": "for_information = ARRAY['ITU-T Study Group 2']",
    "output.reply_by": "reply_by = '2026-12-01'",
    "output.adopted_on": "adopted_on = adopted_on + 1",
    "output.adopted_how": "adopted_how = 'silence'",
    "output.addressees": "addressees = addressees || '{tsb}'",
    "output.alone_because": "alone_because = 'Another reason.'",
    "output.alone_language": "alone_language = 'fr'",
    "output.alone_capacity": "alone_capacity = 'secretary'",
    "output.released_at": "released_at = released_at + interval '1 microsecond'",
    "output.still_to_come": "still_to_come = '{zh}'",
    "output.translations": "translations = '{fr}'",
    "output.completed_at": "completed_at = now(), completes = 1, completes_digest = repeat('0', 64)",
    "output.completes": "completed_at = now(), completes = 3, completes_digest = repeat('0', 64)",
    "output.completes_digest": "completed_at = now(), completes = 1, completes_digest = repeat('1', 64)",
    "file.output_id": "output_id = (SELECT id FROM release.output WHERE symbol LIKE '%/9')",
    "file.language": "language = 'xx'",
    "file.sha256": "sha256 = repeat('0', 64)",
    "file.size": "size = size + 1",
    "file.media": "media = 'text/html'",
    "file.name": "name = name || '.exe'",
    "statement.output_id": "output_id = (SELECT id FROM release.output WHERE symbol LIKE '%/9')",
    "statement.state": "state = 'BRA'",
    "statement.kind": "kind = 'explanation'",
    "statement.text": "text = 'Kenya agrees.'",
    "statement.language": "language = 'fr'",
    "statement.put_at": "put_at = put_at + interval '1 second'",
    "topic.output_id": "output_id = (SELECT id FROM release.output WHERE symbol LIKE '%/9')",
    "topic.code": "code = 'another'",
    "topic.position": "position = 9",
    "topic.names": """names = '{"en": "Another topic"}'""",
    "manifest.number": "number = 7",
    "manifest.statement": "statement = replace(statement, 'Report 2', 'Report 3')",
    "manifest.signature": "signature = (SELECT m.signature FROM release.manifest m WHERE m.number = 1)",
    "manifest.public_key": f"public_key = '{FORGER.public_key.text}'",
}
# They name rows, and nothing of them is shown.
NAMES_OF_ROWS = {"output.id", "statement.id", "withdrawal.id"}
OF = {
    "output": f"symbol LIKE '%{SECOND}'",
    "file": f"language = 'en' AND output_id = (SELECT id FROM release.output WHERE symbol LIKE '%{SECOND}')",
    "statement": f"output_id = (SELECT id FROM release.output WHERE symbol LIKE '%{SECOND}')",
    "topic": f"code = 'spam' AND output_id = (SELECT id FROM release.output WHERE symbol LIKE '%{SECOND}')",
    "manifest": "number = 2",
}
TOPICS = {"spam": {"en": "Spam"}, "privacy": {"en": "Privacy"}}


@pytest.fixture
def three(place: Place) -> Place:
    """Three outputs, the second with a statement of a State; and a fourth without files, for rows to be moved to."""
    for number in (1, 2, 3):
        place.release(number, statements=[SAID] if number == 2 else [], topics=TOPICS if number == 2 else {})
    place.release(9, languages=())
    assert seen(place) == {"1", "2", "3", "9"}
    return place


def seen(place: Place) -> set[str]:
    """What of it a reader sees: the same on every surface."""
    place.renew()
    reader = place.browser("academia")
    shown = set(listed(reader.get("/outputs").text))
    assert {each["symbol"].rpartition("/")[2] for each in reader.get("/outputs.json").json()} == shown
    for number in ("1", "2", "3", "9"):
        address = f"/outputs/CWG-Internet-22-OUT-{number}"
        status = {reader.get(address + more).status_code for more in ("", ".json", ".manifest.json", "/cite.bib")}
        assert status == {200 if number in shown else 404}
    return shown


def ready(place: Place) -> list[str]:
    return place.browser().get("/readyz").text.splitlines()


@pytest.mark.parametrize("column", TAMPERED)
def test_an_output_of_which_one_value_was_changed_is_shown_nowhere_and_the_others_are(
    three: Place, database: Database, column: str
) -> None:
    table = column.partition(".")[0]
    database.run_as_superuser(f"UPDATE release.{table} SET {TAMPERED[column]} WHERE {OF[table]}")

    shown = seen(three)

    assert "2" not in shown
    assert shown >= {"1", "3"}
    assert ready(three)[0] == "ready"
    assert any(line.startswith("manifest 2: ") for line in ready(three))


def test_every_column_of_what_the_read_path_selects_was_tampered_with() -> None:
    columns = {f"{table.name}.{column.name}" for table in ReleaseBase.metadata.sorted_tables for column in table.c}

    of_texts = {f"text.{column}" for column in TAMPERED_TEXT}  # signed by themselves
    of_proofs = {f"proof.{column}" for column in TAMPERED_PROOF}  # checked by themselves
    of_withdrawals = {f"withdrawal.{column}" for column in TAMPERED_WITHDRAWAL}  # in `test_withdrawn`
    every = set(TAMPERED) | of_texts | of_proofs | of_withdrawals | set(TAMPERED_PUBLIC)  # in `test_public`
    assert columns - NAMES_OF_ROWS == every


@pytest.mark.parametrize(
    "removal",
    [
        f"DELETE FROM release.statement WHERE {OF['statement']}",
        f"DELETE FROM release.file WHERE {OF['file']}",
        "DELETE FROM release.manifest WHERE number = 2",
        f"DELETE FROM release.topic WHERE {OF['topic']}",
        f"DELETE FROM release.statement; DELETE FROM release.topic; DELETE FROM release.file WHERE {OF['statement']};"
        f"DELETE FROM release.output WHERE {OF['output']}",
    ],
)
def test_what_is_taken_away_is_missed(three: Place, database: Database, removal: str) -> None:
    database.run_as_superuser(removal)

    assert seen(three) == {"1", "3", "9"}
    assert any(line.startswith("manifest 2: ") for line in ready(three))


def test_what_was_never_signed_is_not_shown(three: Place) -> None:
    three.release(4, sealed=False)

    assert seen(three) == {"1", "2", "3", "9"}
    assert ready(three) == ["ready", "manifest 0: an output has no manifest"]


def test_what_somebody_else_signed_is_not_shown_until_their_key_is_believed(three: Place) -> None:
    three.release(4, sealed=False)
    sign = Signer.from_secret(
        FORGER.portal, b64encode(b"somebody else signs with this ke").decode(), [SIGNER.public_key.text]
    )
    with transaction(write_session_factory(three.portal, {SIGNER_KEY: sign})) as session:
        LockedCatalogues(session).sign_output(three.identity(4))

    assert seen(three) == {"1", "2", "3", "9"}
    assert ready(three) == [
        "ready",
        "manifest 0: an output has no manifest",
        "manifest 5: signed with a key that is not believed",
    ]

    three.library.refresher.public_keys = (FORGER.public_key, SIGNER.public_key)
    assert seen(three) == {"1", "2", "3", "4", "9"}
    assert ready(three) == ["ready"]


def signed_again(place: Place, database: Database, number: int, previous: str) -> None:
    """Somebody who has the key signs what the tables say of an output once more, under a number that was given."""
    with transaction(write_session_factory(place.portal)) as session:
        (output,) = queries.list_entries(session, place.identity(number))
    said = to_canonical_json(
        manifests.build_manifest_statement(output, number=number, previous=previous, portal=SIGNER.portal)
    ).decode()
    signature = b64encode(SIGNER.sign(said.encode())).decode()
    quoted = said.replace("'", "''").replace(":", "\\:")
    database.run_as_superuser(
        f"UPDATE release.manifest SET statement = '{quoted}', signature = '{signature}' WHERE number = {number}"
    )


def test_a_number_that_was_signed_twice_is_not_shown_since_the_next_one_names_the_first(
    three: Place, database: Database
) -> None:
    database.run_as_superuser(f"UPDATE release.output SET meeting = 21 WHERE {OF['output']}")
    with transaction(write_session_factory(three.portal)) as session:
        first = queries.list_manifests(session)[0]
    signed_again(three, database, 2, manifests.digest_of_manifest(first).hex())

    assert seen(three) == {"1", "3", "9"}
    assert "manifest 2: not the one that the manifest after it names" in ready(three)


def test_a_process_notices_that_the_end_of_the_catalogue_is_gone(three: Place, database: Database) -> None:
    database.run_as_superuser(
        "DELETE FROM release.manifest WHERE number = 4; DELETE FROM release.output WHERE symbol LIKE '%/9'"
    )

    assert seen(three) == {"1", "2", "3"}
    assert ready(three) == ["ready", "manifest 4: known here before, and is gone or another one"]


@pytest.mark.parametrize("is_last", [True, False], ids=["the last one", "the one before one that is gone"])
def test_where_no_later_manifest_vouches_for_one_its_own_signature_has_to_hold(
    three: Place, database: Database, is_last: bool
) -> None:
    """Table and manifest say the same, and it is not what was signed."""
    number, symbol = (4, "CWG-Internet 22/OUT/9") if is_last else (2, "CWG-Internet 22/OUT/2")
    if not is_last:
        database.run_as_superuser("DELETE FROM release.manifest WHERE number = 3")
        assert seen(three) == {"1", "2", "9"}
    database.run_as_superuser(
        f"UPDATE release.output SET kind = 'decision' WHERE symbol = '{symbol}';"
        f"UPDATE release.manifest SET statement = replace(statement, '\"report\"', '\"decision\"')"
        f" WHERE number = {number}"
    )

    assert seen(three) == ({"1", "2", "3"} if is_last else {"1", "9"})
    assert f"manifest {number}: altered, or never signed" in ready(three)


def test_each_fault_is_logged_once_for_as_long_as_it_lasts(three: Place, database: Database) -> None:
    database.run_as_superuser(f"UPDATE release.output SET meeting = 21 WHERE {OF['output']}")

    with capture_logs() as lines:
        for _ in range(3):
            three.renew()

    assert [(each["event"], each["manifest"], each["symbol"]) for each in lines] == [
        ("not-as-signed", 2, "CWG-Internet 22/OUT/2")
    ]


@pytest.mark.parametrize(
    ("gone", "is_known", "told"),
    [
        (5, True, (CatalogueFaultKind.ROLLED_BACK, CatalogueFaultKind.MISSING_MANIFEST)),
        (5, False, (CatalogueFaultKind.MISSING_MANIFEST,)),
        (6, False, (CatalogueFaultKind.MISSING_MANIFEST,)),
    ],
)
def test_a_manifest_that_others_followed_is_missed_and_goes_on_being_missed(
    three: Place, database: Database, gone: int, is_known: bool, told: tuple[CatalogueFaultKind, ...]
) -> None:
    """What is shown is signed all the same, so nothing else tells of it."""
    renew, three.renew = three.renew, lambda: None
    three.release(4, still_to_come=["zh"])
    if is_known:
        renew()
    three.complete(4)
    three.withdraw(4)
    database.run_as_superuser(f"DELETE FROM release.manifest WHERE number = {gone}")

    with capture_logs() as lines:
        renew()
    with capture_logs() as later:
        three.release(5)
        renew()
        with clock.shifted_clock(FULL_VERIFICATION_INTERVAL):
            renew()

    assert [(each["event"], each["manifest"], each["what"]) for each in lines] == [
        ("not-as-signed", gone, wrong.value) for wrong in told
    ]
    assert later == []
    three.renew = renew
    assert seen(three) == {"1", "2", "3", "5", "9"}


def test_the_last_manifest_stands_for_the_whole_catalogue(three: Place) -> None:
    reader = three.browser("academia")
    head = reader.get("/catalogue.json").json()
    kept = [
        json.loads(reader.get(f"{each['url']}.manifest.json").content)
        for each in sorted(reader.get("/outputs.json").json(), key=lambda each: each["number"])
    ]

    digests = [
        hashlib.sha256(
            to_canonical_json(
                {"public": each["key"]["public"], "signature": each["signature"], "statement": each["statement"]}
            )
        ).hexdigest()
        for each in kept
    ]

    assert [each["statement"]["number"] for each in kept] == [1, 2, 3, 4]
    assert [each["statement"]["previous"] for each in kept] == ["0" * 64, *digests[:3]]
    assert (head["number"], head["sha256"], head["shown"], head["not_as_signed"]) == (4, digests[3], 4, [])


def run(*arguments: object) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-I", PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_a_manifest_that_was_kept_is_checked_without_us(three: Place, tmp_path: Path) -> None:
    reader = three.browser("academia")
    one, two, file = (tmp_path / name for name in ("one.json", "two.json", "text.docx"))
    for number, path in ((1, one), (2, two)):
        path.write_bytes(reader.get(f"/outputs/CWG-Internet-22-OUT-{number}.manifest.json").content)
    file.write_bytes(text_of(2, "ar"))

    code, told = run(two, file, "--key", SIGNER.public_key.text, "--before", one)

    assert code == 0
    assert "CWG-Internet 22/OUT/2" in told
    assert "Kenya reserves." in told
    assert "text.docx: is named there, byte for byte (ar)." in told
    assert "one.json: is the manifest before this one." in told
    assert run(one, file, "--key", SIGNER.public_key.text)[0] == 1
    assert run(one, "--key", SIGNER.public_key.text, "--before", two)[0] == 1
    two.write_text(two.read_text().replace("Kenya reserves.", "Kenya agrees."))
    code, told = run(two, "--key", SIGNER.public_key.text)
    assert code == 1
    assert "Kenya" not in told


def test_the_page_says_of_a_digest_what_was_released_under_it(three: Place) -> None:
    reader, digest = three.browser("academia"), three.shelve(text_of(2, "fr"))

    found = reader.get("/verify", params={"sha256": f"  {digest.upper()} "}).text
    assert "CWG-Internet 22/OUT/2" in found
    assert "CWG-Internet 22/OUT/1" not in found
    assert "Nothing was released under this digest" in reader.get(f"/verify?sha256={'0' * 64}").text
    assert "64 digits" in reader.get("/verify?sha256=<b>").text
    assert "64 digits" not in reader.get("/verify").text


def test_the_list_of_digests_is_asked_for_again_only_when_it_is_another(three: Place) -> None:
    reader, digest = three.browser("academia"), three.shelve(text_of(2, "fr"))
    answer = reader.get("/verify/digests.json")

    assert {each["symbol"] for each in answer.json() if digest in each["files"]} == {"CWG-Internet 22/OUT/2"}
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = {"If-None-Match": answer.headers["ETag"]}
    assert reader.get("/verify/digests.json", headers=again).status_code == 304
    three.release(5)
    assert reader.get("/verify/digests.json", headers=again).status_code == 200


def test_whatever_is_added_to_what_is_shown_is_signed_too(three: Place) -> None:
    with transaction(write_session_factory(three.portal)) as session:
        (found,) = queries.list_entries(session, three.identity(2))
    empty = [name for name, value in asdict(found).items() if value in (None, ())]
    output = replace(found, **dict.fromkeys(empty, "something") | {"completed_at": found.released_at})

    said = manifests.build_manifest_statement(output, number=1, previous="", portal="")

    parts = (said["output"], said["files"][0], said["statements"][0])
    named = {name for part in parts for name in part} | {"texts", "statements", "topics"}
    assert not set(empty) & set(manifests.build_manifest_statement(found, number=1, previous="", portal="")["output"])
    assert said["topics"] == [asdict(topic) for topic in output.topics] != []
    assert named == {name for part in (output, output.texts[0], output.statements[0]) for name in asdict(part)}


@pytest.mark.parametrize(
    "change",
    [
        "released_at = 'infinity'",
        "adopted_on = '-infinity'",
        "adopted_on = '0001-01-01 BC'",
        "reply_by = 'infinity'",
        "addressees = '{NULL}'",
        "for_action = '{{a,b}}'",
        "still_to_come = '{NULL}'",
        "translations = '{{a,b}}'",
        "completed_at = 'infinity', completes = 1, completes_digest = 'x'",
        "completes = 1",
        "still_to_come = '{fr}', completed_at = now(), completes = 1, completes_digest = 'x'",
    ],
)
def test_a_row_that_no_program_can_read_is_not_written(place: Place, database: Database, change: str) -> None:
    place.release(1)

    with pytest.raises(IntegrityError):
        database.run_as_superuser(f"UPDATE release.output SET {change}")


def test_a_key_that_was_replaced_signs_nothing_new(place: Place) -> None:
    old = Signer.from_secret(
        SIGNER.portal, b64encode(b"an earlier key of the same house").decode(), [SIGNER.public_key.text]
    )
    place.library.refresher.public_keys = (SIGNER.public_key, old.public_key)
    place.release(1, sign=old)
    place.release(2, sign=replace(SIGNER, previous_keys=(old.public_key,)))
    place.renew()
    assert seen(place) >= {"1", "2"}

    place.release(3, sign=old)  # by somebody who found it
    place.renew()

    assert seen(place) & {"1", "2", "3"} == {"1", "2"}
    assert any("manifest 3: " in line and "in whose place" in line for line in ready(place))
    place.library.refresher.public_keys = (
        old.public_key,
        SIGNER.public_key,
    )  # had it been the newer one, it would be believed
    place.renew()
    assert "3" in seen(place)
