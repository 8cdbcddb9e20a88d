"""Only outputs covered by a valid manifest are shown; rows that others wrote into the tables are not."""

import hashlib
import json
import subprocess
import sys
from base64 import b64encode
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from app.core import clock
from app.core.canonical_json import to_canonical_json
from app.core.db import SIGNERS_KEY, transaction, write_session_factory
from app.core.signing import Signer, SigningPurpose
from app.domain.releases.actions.manifest_signing import LockedCatalogues
from app.domain.releases.models import ReleaseBase
from app.domain.releases.queries import manifests, releases, stored_manifests
from app.domain.releases.queries.chain_verification import CatalogueFaultKind
from app.domain.releases.queries.incremental import FULL_VERIFICATION_INTERVAL
from tests.conftest import Database
from tests.dissemination.read_path_site import ReaderSite, text_of
from tests.dissemination.test_inclusion_proofs import TAMPERED_PROOF
from tests.dissemination.test_indexing import TAMPERED_TEXT
from tests.dissemination.test_outputs import list_numbers
from tests.dissemination.test_public import TAMPERED_PUBLIC
from tests.dissemination.test_reports import TAMPERED_DUTY
from tests.dissemination.test_withdrawn import TAMPERED_WITHDRAWAL
from tests.world import RELEASE_SIGNER, record_rows

PROGRAM = Path(__file__).parent.parent.parent / "app" / "static" / "verify_receipt.py"
FORGER = Signer.from_secret(RELEASE_SIGNER.portal, b64encode(b"somebody else signs with this ke").decode())
STATEMENT = {"state": "KEN", "kind": "reservation", "text": "Kenya reserves.", "language": "en"}
SECOND = "22/OUT/2"
# What an attacker with write access to the database might change in the second output.
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
    "output.mandates": "mandates = NULL",
    "output.action_lines": """action_lines = '[{"code": "C2", "names": {}}]'""",
    "output.questions": "questions = NULL",
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
    "file.pdf": "pdf = repeat('0', 64)",
    "file.pdf_size": "pdf_size = pdf_size + 1",
    "statement.output_id": "output_id = (SELECT id FROM release.output WHERE symbol LIKE '%/9')",
    "statement.state": "state = 'BRA'",
    "statement.kind": "kind = 'explanation'",
    "statement.text": "text = 'Kenya agrees.'",
    "statement.language": "language = 'fr'",
    "statement.names": """names = '{"en": "Another company"}'""",
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
# They identify rows, and are not shown.
NAMES_OF_ROWS = {"output.id", "statement.id", "withdrawal.id"}
SAY_NOTHING_OF_OUTPUTS = {"version.id", "version.number", "heartbeat.id", "heartbeat.at"}
ROW = {
    "output": f"symbol LIKE '%{SECOND}'",
    "file": f"language = 'en' AND output_id = (SELECT id FROM release.output WHERE symbol LIKE '%{SECOND}')",
    "statement": f"output_id = (SELECT id FROM release.output WHERE symbol LIKE '%{SECOND}')",
    "topic": f"code = 'spam' AND output_id = (SELECT id FROM release.output WHERE symbol LIKE '%{SECOND}')",
    "manifest": "number = 2",
}
MANDATES = [{"code": "pp-res-102", "names": {"en": "Resolution 102"}}]
ACTION_LINES = [{"code": "C5", "names": {"en": "Security"}}]
QUESTIONS = [{"code": "Q6/3", "names": {"en": "Costs"}}]
TOPICS = {"spam": {"en": "Spam"}, "privacy": {"en": "Privacy"}}


@pytest.fixture
def site_with_three(reader_site: ReaderSite) -> ReaderSite:
    """Three outputs, the second with a statement of a State and PDF; and a fourth without files, as a target for moved
    rows."""
    for number in (1, 2, 3):
        cited = {"mandates": MANDATES, "action_lines": ACTION_LINES, "questions": QUESTIONS}
        more = {"statements": [STATEMENT], "topics": TOPICS, "pdf": True, **cited} if number == 2 else {}
        reader_site.release(number, **more)
    reader_site.release(9, languages=())
    assert list_shown(reader_site) == {"1", "2", "3", "9"}
    return reader_site


def list_shown(reader_site: ReaderSite) -> set[str]:
    """The numbers of the outputs that a reader sees, which must be the same on every surface."""
    reader_site.renew()
    reader = reader_site.browser("academia")
    shown = set(list_numbers(reader.get("/outputs").text))
    assert {each["symbol"].rpartition("/")[2] for each in reader.get("/outputs.json").json()} == shown
    for number in ("1", "2", "3", "9"):
        address = f"/outputs/CWG-Internet-22-OUT-{number}"
        status = {reader.get(address + more).status_code for more in ("", ".json", ".manifest.json", "/cite.bib")}
        assert status == {200 if number in shown else 404}
    return shown


def ready_lines(reader_site: ReaderSite) -> list[str]:
    return reader_site.browser().get("/readyz").text.splitlines()


def list_first_columns() -> set[str]:
    """The first of the columns of each table; the others repeat what it shows."""
    return set({column.partition(".")[0]: column for column in reversed(TAMPERED)}.values())


@pytest.mark.parametrize(
    "column",
    [pytest.param(each, marks=() if each in list_first_columns() else pytest.mark.thorough) for each in TAMPERED],
)
def test_an_output_with_a_changed_value_is_shown_nowhere_and_the_others_are(
    site_with_three: ReaderSite, database: Database, column: str
) -> None:
    table = column.partition(".")[0]
    database.run_as_superuser(f"UPDATE release.{table} SET {TAMPERED[column]} WHERE {ROW[table]}")

    shown = list_shown(site_with_three)

    assert "2" not in shown
    assert shown >= {"1", "3"}
    assert ready_lines(site_with_three)[0] == "ready"
    assert any(line.startswith("manifest 2: ") for line in ready_lines(site_with_three))


def test_every_column_that_the_read_path_selects_has_a_tampering_test() -> None:
    columns = {f"{table.name}.{column.name}" for table in ReleaseBase.metadata.sorted_tables for column in table.c}

    of_texts = {f"text.{column}" for column in TAMPERED_TEXT}  # each has a signature of its own
    of_proofs = {f"proof.{column}" for column in TAMPERED_PROOF}  # each is verified on its own
    of_withdrawals = {f"withdrawal.{column}" for column in TAMPERED_WITHDRAWAL}  # in `test_withdrawn`
    tested = set(TAMPERED) | of_texts | of_proofs | of_withdrawals | set(TAMPERED_PUBLIC)  # in `test_public`
    tested |= set(TAMPERED_DUTY)  # in `test_reports`
    assert columns - NAMES_OF_ROWS - SAY_NOTHING_OF_OUTPUTS == tested


@pytest.mark.parametrize(
    "removal",
    [
        f"DELETE FROM release.statement WHERE {ROW['statement']}",
        f"DELETE FROM release.file WHERE {ROW['file']}",
        f"UPDATE release.file SET pdf = NULL, pdf_size = NULL WHERE {ROW['file']}",
        "DELETE FROM release.manifest WHERE number = 2",
        f"DELETE FROM release.topic WHERE {ROW['topic']}",
        f"DELETE FROM release.statement; DELETE FROM release.topic; DELETE FROM release.file WHERE {ROW['statement']};"
        f"DELETE FROM release.output WHERE {ROW['output']}",
    ],
)
def test_a_removed_row_is_detected(site_with_three: ReaderSite, database: Database, removal: str) -> None:
    database.run_as_superuser(removal)

    assert list_shown(site_with_three) == {"1", "3", "9"}
    assert any(line.startswith("manifest 2: ") for line in ready_lines(site_with_three))


def test_an_unsigned_output_is_not_shown(site_with_three: ReaderSite) -> None:
    site_with_three.release(4, sealed=False)

    assert list_shown(site_with_three) == {"1", "2", "3", "9"}
    assert ready_lines(site_with_three) == ["ready", "manifest 0: an output has no manifest"]


def test_an_output_signed_with_a_foreign_key_is_not_shown_until_the_key_is_trusted(site_with_three: ReaderSite) -> None:
    site_with_three.release(4, sealed=False)
    sign = Signer.from_secret(
        FORGER.portal, b64encode(b"somebody else signs with this ke").decode(), [RELEASE_SIGNER.public_key.text]
    )
    with transaction(
        write_session_factory(site_with_three.worker, {SIGNERS_KEY: {SigningPurpose.RELEASES: sign}})
    ) as session:
        record_rows(session)
        LockedCatalogues(session).sign_output(releases.find_entries_by_audience(session, site_with_three.identity(4)))

    assert list_shown(site_with_three) == {"1", "2", "3", "9"}
    assert ready_lines(site_with_three) == [
        "ready",
        "manifest 0: an output has no manifest",
        "manifest 5: signed with a key that is not believed",
    ]

    site_with_three.state.refresher.public_keys = (FORGER.public_key, RELEASE_SIGNER.public_key)
    assert list_shown(site_with_three) == {"1", "2", "3", "4", "9"}
    assert ready_lines(site_with_three) == ["ready"]


def sign_again(reader_site: ReaderSite, database: Database, number: int, previous: str) -> None:
    """Sign the current values of an output again, with the real key, under an existing number."""
    with transaction(write_session_factory(reader_site.worker)) as session:
        (output,) = releases.list_entries(session, reader_site.identity(number))
    statement = to_canonical_json(
        manifests.build_manifest_statement(output, number=number, previous=previous, portal=RELEASE_SIGNER.portal)
    ).decode()
    signature = b64encode(RELEASE_SIGNER.sign(statement.encode())).decode()
    quoted = statement.replace("'", "''").replace(":", "\\:")
    database.run_as_superuser(
        f"UPDATE release.manifest SET statement = '{quoted}', signature = '{signature}' WHERE number = {number}"
    )


def test_a_manifest_number_that_was_signed_twice_is_not_shown(site_with_three: ReaderSite, database: Database) -> None:
    database.run_as_superuser(f"UPDATE release.output SET meeting = 21 WHERE {ROW['output']}")
    with transaction(write_session_factory(site_with_three.worker)) as session:
        first = stored_manifests.list_manifests(session)[0]
    sign_again(site_with_three, database, 2, manifests.digest_of_manifest(first).hex())

    assert list_shown(site_with_three) == {"1", "3", "9"}
    assert "manifest 2: not the one that the manifest after it names" in ready_lines(site_with_three)


def test_a_process_detects_a_truncated_catalogue(site_with_three: ReaderSite, database: Database) -> None:
    database.run_as_superuser(
        "DELETE FROM release.manifest WHERE number = 4; DELETE FROM release.output WHERE symbol LIKE '%/9'"
    )

    assert list_shown(site_with_three) == {"1", "2", "3"}
    assert ready_lines(site_with_three) == ["ready", "manifest 4: known here before, and is gone or another one"]


@pytest.mark.parametrize("is_last", [True, False], ids=["the last one", "the one before one that is gone"])
def test_the_last_manifest_needs_a_valid_signature_of_its_own(
    site_with_three: ReaderSite, database: Database, is_last: bool
) -> None:
    """Table and manifest agree, and differ from what was signed."""
    number, symbol = (4, "CWG-Internet 22/OUT/9") if is_last else (2, "CWG-Internet 22/OUT/2")
    if not is_last:
        database.run_as_superuser("DELETE FROM release.manifest WHERE number = 3")
        assert list_shown(site_with_three) == {"1", "2", "9"}
    database.run_as_superuser(
        f"UPDATE release.output SET kind = 'decision' WHERE symbol = '{symbol}';"
        f"UPDATE release.manifest SET statement = replace(statement, '\"report\"', '\"decision\"')"
        f" WHERE number = {number}"
    )

    assert list_shown(site_with_three) == ({"1", "2", "3"} if is_last else {"1", "9"})
    assert f"manifest {number}: altered, or never signed" in ready_lines(site_with_three)


def test_each_fault_is_logged_once_while_it_lasts(site_with_three: ReaderSite, database: Database) -> None:
    database.run_as_superuser(f"UPDATE release.output SET meeting = 21 WHERE {ROW['output']}")

    with capture_logs() as lines:
        for _ in range(3):
            site_with_three.renew()

    assert [(each["event"], each["manifest"], each["symbol"]) for each in lines] == [
        ("not-as-signed", 2, "CWG-Internet 22/OUT/2")
    ]


@pytest.mark.parametrize(
    ("missing", "is_known", "expected"),
    [
        (5, True, (CatalogueFaultKind.ROLLED_BACK, CatalogueFaultKind.MISSING_MANIFEST)),
        (5, False, (CatalogueFaultKind.MISSING_MANIFEST,)),
        (6, False, (CatalogueFaultKind.MISSING_MANIFEST,)),
    ],
)
def test_a_missing_earlier_manifest_is_reported_at_every_refresh(
    site_with_three: ReaderSite,
    database: Database,
    missing: int,
    is_known: bool,
    expected: tuple[CatalogueFaultKind, ...],
) -> None:
    """The outputs shown are all signed, so no other check reports the missing manifest."""
    renew, site_with_three.renew = site_with_three.renew, lambda: None
    site_with_three.release(4, still_to_come=["zh"])
    if is_known:
        renew()
    site_with_three.complete(4)
    site_with_three.withdraw(4)
    database.run_as_superuser(f"DELETE FROM release.manifest WHERE number = {missing}")

    with capture_logs() as lines:
        renew()
    with capture_logs() as later:
        site_with_three.release(5)
        renew()
        with clock.shifted_clock(FULL_VERIFICATION_INTERVAL):
            renew()

    assert [(each["event"], each["manifest"], each["what"]) for each in lines] == [
        ("not-as-signed", missing, wrong.value) for wrong in expected
    ]
    assert later == []
    site_with_three.renew = renew
    assert list_shown(site_with_three) == {"1", "2", "3", "5", "9"}


def test_the_last_manifest_covers_the_whole_catalogue(site_with_three: ReaderSite) -> None:
    reader = site_with_three.browser("academia")
    head = reader.get("/catalogue.json").json()
    manifest_files = [
        json.loads(reader.get(f"{each['url']}.manifest.json").content)
        for each in sorted(reader.get("/outputs.json").json(), key=lambda each: each["number"])
    ]

    digests = [
        hashlib.sha256(
            to_canonical_json(
                {"public": each["key"]["public"], "signature": each["signature"], "statement": each["statement"]}
            )
        ).hexdigest()
        for each in manifest_files
    ]

    assert [each["statement"]["number"] for each in manifest_files] == [1, 2, 3, 4]
    assert [each["statement"]["previous"] for each in manifest_files] == ["0" * 64, *digests[:3]]
    assert (head["number"], head["sha256"], head["shown"], head["not_as_signed"]) == (4, digests[3], 4, [])


def run_verifier(*arguments: object) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-I", PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_a_saved_manifest_is_verified_without_the_portal(site_with_three: ReaderSite, tmp_path: Path) -> None:
    reader = site_with_three.browser("academia")
    one, two, file = (tmp_path / name for name in ("one.json", "two.json", "text.docx"))
    for number, path in ((1, one), (2, two)):
        path.write_bytes(reader.get(f"/outputs/CWG-Internet-22-OUT-{number}.manifest.json").content)
    file.write_bytes(text_of(2, "ar"))

    code, printed = run_verifier(two, file, "--key", RELEASE_SIGNER.public_key.text, "--before", one)

    assert code == 5
    assert "CWG-Internet 22/OUT/2" in printed
    assert "Kenya reserves." in printed
    assert "text.docx: matches the statement byte for byte (ar)." in printed
    assert "one.json: is the previous manifest." in printed
    assert run_verifier(one, file, "--key", RELEASE_SIGNER.public_key.text)[0] == 1
    assert run_verifier(one, "--key", RELEASE_SIGNER.public_key.text, "--before", two)[0] == 1
    two.write_text(two.read_text().replace("Kenya reserves.", "Kenya agrees."))
    code, printed = run_verifier(two, "--key", RELEASE_SIGNER.public_key.text)
    assert code == 1
    assert "Kenya" not in printed


def test_the_check_page_finds_the_output_of_a_digest(site_with_three: ReaderSite) -> None:
    reader, digest = site_with_three.browser("academia"), site_with_three.store_bytes(text_of(2, "fr"))

    page = reader.get("/verify", params={"sha256": f"  {digest.upper()} "}).text
    assert "CWG-Internet 22/OUT/2" in page
    assert "CWG-Internet 22/OUT/1" not in page
    assert "No file with this digest has been released" in reader.get(f"/verify?sha256={'0' * 64}").text
    assert "64 digits" in reader.get("/verify?sha256=<b>").text
    assert "64 digits" not in reader.get("/verify").text


def test_an_unchanged_list_of_digests_is_not_sent_again(site_with_three: ReaderSite) -> None:
    reader, digest = site_with_three.browser("academia"), site_with_three.store_bytes(text_of(2, "fr"))
    answer = reader.get("/verify/digests.json")

    assert {each["symbol"] for each in answer.json() if digest in each["files"]} == {"CWG-Internet 22/OUT/2"}
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = {"If-None-Match": answer.headers["ETag"]}
    assert reader.get("/verify/digests.json", headers=again).status_code == 304
    site_with_three.release(5)
    assert reader.get("/verify/digests.json", headers=again).status_code == 200


def test_every_shown_field_is_part_of_the_signed_statement(site_with_three: ReaderSite) -> None:
    with transaction(write_session_factory(site_with_three.worker)) as session:
        (released,) = releases.list_entries(session, site_with_three.identity(2))
    empty = [name for name, value in asdict(released).items() if value in (None, ())]
    named_party = replace(released.statements[0], names={"en": "A party that is no State"})
    filled: dict[str, Any] = dict.fromkeys(empty, "something") | {"completed_at": released.released_at}
    output = replace(released, **filled | {"statements": (named_party,)})

    statement = manifests.build_manifest_statement(output, number=1, previous="", portal="")

    parts = (statement["output"], statement["files"][0], statement["statements"][0])
    named = {name for part in parts for name in part} | {"texts", "statements", *manifests.CITED_FIELDS}
    assert not set(empty) & set(
        manifests.build_manifest_statement(released, number=1, previous="", portal="")["output"]
    )
    for field in manifests.CITED_FIELDS:
        assert statement[field] == [asdict(each) for each in getattr(output, field)] != []
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
def test_a_row_that_cannot_be_parsed_is_not_written(reader_site: ReaderSite, database: Database, change: str) -> None:
    reader_site.release(1)

    with pytest.raises(IntegrityError):
        database.run_as_superuser(f"UPDATE release.output SET {change}")


def test_a_replaced_key_signs_nothing_new(reader_site: ReaderSite) -> None:
    old = Signer.from_secret(
        RELEASE_SIGNER.portal, b64encode(b"an earlier key of the same house").decode(), [RELEASE_SIGNER.public_key.text]
    )
    reader_site.state.refresher.public_keys = (RELEASE_SIGNER.public_key, old.public_key)
    reader_site.release(1, sign=old)
    reader_site.release(2, sign=replace(RELEASE_SIGNER, other_keys=(old.public_key,)))
    reader_site.renew()
    assert list_shown(reader_site) >= {"1", "2"}

    reader_site.release(3, sign=old)  # by an attacker who found the key
    reader_site.renew()

    assert list_shown(reader_site) & {"1", "2", "3"} == {"1", "2"}
    assert any("manifest 3: " in line and "in whose place" in line for line in ready_lines(reader_site))
    reader_site.state.refresher.public_keys = (
        old.public_key,
        RELEASE_SIGNER.public_key,
    )  # a newer one would be accepted
    reader_site.renew()
    assert "3" in list_shown(reader_site)
