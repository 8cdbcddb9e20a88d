"""Receipts: given once for each action, stored forever, readable as a page, and verifiable without the portal."""

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from app.core import clock, journal
from app.core.canonical_json import format_instant, to_canonical_json
from app.core.db import transaction
from app.core.errors import Conflict, Stale
from app.core.signing import PublicKey
from app.core.validation import ReasonInput
from app.domain.contributions.actions import cosponsors, drafting, registration
from app.domain.contributions.inputs import ContributionCover, FollowUpTarget
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents.models import Document, EditionStep
from app.domain.ledger.rules.signed_notes import NoteVerifier, ledger_origin
from app.domain.meetings.models import Meeting
from app.domain.receipts import queries
from app.domain.receipts.models import Receipt, ReceiptKind
from app.record_verification import verify_record
from app.settings import Settings
from tests.browser import Browser
from tests.conftest import Database
from tests.ed25519_vectors import VECTORS, Vector
from tests.pango import HAS_PANGO, needs_pango
from tests.world import GRACE, LEDGER_SIGNER, PORTAL, RECEIPT_SIGNER, RELEASE_SIGNER, World, record_rows

Open = Callable[..., Browser]
PROGRAM = Path(__file__).parents[3] / "app" / "static" / "verify_receipt.py"
DOCS = Path(__file__).parents[3] / "docs" / "receipts.md"
KEY = RECEIPT_SIGNER.public_key.text


def contribution_path(contribution: Contribution, rest: str = "") -> str:
    return f"/contributions/{contribution.id}{rest}"


def list_receipts(world: World, contribution: Contribution) -> list[Receipt]:
    with transaction(world.read) as session:
        return list(queries.list_receipts(session, contribution.id))


def download_receipt(browser: Browser, contribution: Contribution) -> dict[str, object]:
    """Download the latest receipt as JSON."""
    page = browser.get(contribution_path(contribution, "/receipt")).text
    address = page.split('.json"')[0].rpartition('href="')[2] + ".json"
    answer = browser.get(address)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return answer.json()


def submit_in_grace(world: World, meeting: Meeting) -> Contribution:
    """Submit a contribution whose upload began before the deadline and was complete after it."""
    draft = world.draft(meeting, file=False)
    due = meeting.contributions_due_at
    with clock.shifted_clock(due - clock.now() + timedelta(minutes=5)), world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.put_contribution_file(session, actor, contribution, world.file(), began_at=due - timedelta(minutes=5))
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
        return contribution


# Content


def test_a_receipt_states_who_submitted_what_and_when(world: World, browser: Open) -> None:
    meeting = world.meeting()
    contribution = world.submitted(meeting, title="Repair of “routes”")
    file = world.file()

    receipt = download_receipt(browser("amina"), contribution)
    statement = receipt["statement"]

    assert statement["format"] == "cwg-receipt/1"
    assert statement["portal"] == RECEIPT_SIGNER.portal
    assert statement["person"] == {
        "name": "Amina Wanjiru Otieno",
        "entity": "KEN",
        "capacities": ["head_of_delegation"],
    }
    assert (statement["entity"], statement["title"], statement["kind"]) == ("KEN", "Repair of “routes”", "deposit")
    assert (statement["body"], statement["meeting"]) == (
        {"code": "cwg-internet", "prefix": "CWG-Internet"},
        {"number": 22, "zone": "Europe/Zurich"},
    )
    assert (statement["step"], statement["follows"], statement["only_language"]) == ("text", None, None)
    assert statement["timing"] == "in-time"
    assert statement["at"] == format_instant(contribution.submitted_at)
    assert statement["deadline"] == format_instant(meeting.contributions_due_at)
    assert [(each["sha256"], each["size"], each["language"]) for each in statement["files"]] == [
        (file.sha256, file.size, "en")
    ]
    assert receipt["log"] is None
    assert RECEIPT_SIGNER.public_key.verify(b64decode(receipt["signature"]), to_canonical_json(statement))


def test_the_line_of_the_journal_names_the_receipt(world: World) -> None:
    document, _ = world.registered(world.meeting())
    line = journal.JournalLine

    with transaction(world.read) as session:
        named = session.scalars(
            select(line.facts["receipt"].astext)
            .where(line.event.in_(["contribution:submitted", "contribution:registered"]))
            .order_by(line.seq)
        ).all()

    assert named == [receipt.digest for receipt in list_receipts(world, document)]
    assert len(set(named)) == 2


@pytest.mark.parametrize(
    ("timing", "expected", "unexpected"),
    [
        ("in-time", "complete and on time", "started before the deadline"),
        ("grace", "An upload was started before the deadline and completed within the grace period.", "Late"),
        ("late", "complete, after the deadline", "On time"),
    ],
)
def test_a_receipt_distinguishes_in_time_within_grace_and_late(
    world: World, browser: Open, timing: str, expected: str, unexpected: str
) -> None:
    meeting = world.meeting(opens_in=5) if timing == "late" else world.meeting()
    contribution = submit_in_grace(world, meeting) if timing == "grace" else world.submitted(meeting)
    amina = browser("amina")

    receipt = download_receipt(amina, contribution)["statement"]
    article = (
        amina.get(contribution_path(contribution, "/receipt")).text.partition("<article")[2].partition("</article>")[0]
    )

    assert receipt["timing"] == timing
    assert expected in article
    assert unexpected not in article
    if timing == "grace":
        assert receipt["files"][0]["began_at"] < receipt["deadline"] < receipt["files"][0]["received_at"]


def submit_corrigendum(world: World) -> Contribution:
    """Submit a corrigendum long after the deadline of its meeting."""
    _, document = world.registered(world.meeting(), title="With a slip")
    with world.acting("ines") as (session, _):
        record_rows(session)
        session.scalars(select(Meeting)).one().contributions_due_at = clock.now() - timedelta(days=300)
    cover = ContributionCover(title="Without it", original="en", purpose="discussion", note="A slip.")
    with world.acting("amina") as (session, actor):
        meeting, document_row = session.scalars(select(Meeting)).one(), session.get_one(Document, document.id)
        following = FollowUpTarget(document_row, EditionStep.CORRIGENDUM)
        contribution = drafting.create_draft_contribution(
            session, actor, meeting, cover, key=uuid4(), following=following
        )
        drafting.put_contribution_file(session, actor, contribution, world.file(), began_at=clock.now())
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
        return contribution


def test_the_receipt_of_a_corrigendum_has_no_deadline(world: World, browser: Open, tmp_path: Path) -> None:
    corrigendum = submit_corrigendum(world)
    amina = browser("amina")
    receipt = download_receipt(amina, corrigendum)
    statement = receipt["statement"]
    assert (statement["step"], statement["follows"]) == ("corr", "CWG-Internet 22/1")
    assert {"deadline", "timing"} & statement.keys() == set()

    for page in (
        amina.get(contribution_path(corrigendum, "/receipt")).text,
        amina.get(contribution_path(corrigendum)).text,
    ):
        article = page.partition("<article")[2].partition("</article>")[0]
        assert "Received from Kenya, complete" in article
        for words in ("on time", "On time", "Late", "after the deadline", "Due by"):
            assert words not in article
    if HAS_PANGO:
        sheet = amina.get(contribution_path(corrigendum, f"/receipts/{receipt['statement']['receipt']}.pdf"))
        assert sheet.content.startswith(b"%PDF-")

    (tmp_path / "receipt.json").write_text(json.dumps(receipt), encoding="utf-8")
    code, printed = run(tmp_path / "receipt.json", "--key", KEY)
    assert (code, "Without it" in printed, "Deadline" in printed) == (5, True, False)


def test_a_receipt_names_only_the_states_that_signed(world: World, browser: Open, tmp_path: Path) -> None:
    draft = world.asked(world.meeting(), "BRA", "JPN", "FRA")
    for who, answer in (("rafael", cosponsors.sign_contribution), ("haruka", cosponsors.decline_to_sign)):
        with world.acting(who) as (session, actor):
            contribution = session.get_one(Contribution, draft.id)
            answer(
                session,
                actor,
                contribution,
                **({"version": contribution.version} if answer is cosponsors.sign_contribution else {}),
            )
    amina = browser("amina")
    version = amina.get(contribution_path(draft, "/check")).text.split('name="version" value="')[1].split('"')[0]
    assert amina.post(contribution_path(draft, "/submit"), {"version": version}).status_code == 303
    browser("ines").post(contribution_path(draft, "/register"), {"version": int(version) + 1})

    deposit, registration = (json.loads(each.statement) for each in list_receipts(world, draft))
    assert (deposit["signed_by"], registration["signed_by"]) == (["BRA"], ["BRA"])
    article = amina.get(contribution_path(draft, "/receipt")).text.partition("<article")[2].partition("</article>")[0]
    assert re.search(r"<dt>Co-sponsors</dt>\s*<dd[^>]*>Brazil</dd>", article)
    assert "Japan" not in article

    (tmp_path / "receipt.json").write_text(json.dumps(download_receipt(amina, draft)), encoding="utf-8")
    code, printed = run(tmp_path / "receipt.json", "--key", KEY)
    assert code == 5
    assert re.search(r"^Signed by +BRA$", printed, re.MULTILINE)


def test_a_receipt_of_one_state_alone_names_no_signatures(world: World, browser: Open) -> None:
    contribution = world.submitted(world.meeting())
    amina = browser("amina")

    assert "signed_by" not in download_receipt(amina, contribution)["statement"]
    assert "<dt>Co-sponsors</dt>" not in amina.get(contribution_path(contribution, "/receipt")).text


def test_the_page_names_the_second_the_digests_and_the_key(world: World, browser: Open) -> None:
    contribution = world.submitted(world.meeting())
    receipt = list_receipts(world, contribution)[0]

    page = browser("amina").get(contribution_path(contribution, "/receipt")).text

    assert contribution.submitted_at.astimezone(ZoneInfo("Europe/Zurich")).strftime("%H:%M:%S in Geneva (UTC+") in page
    digest = world.file().sha256
    assert " ".join(digest[start : start + 4] for start in range(0, 64, 4)) in page
    for part in (receipt.signature, KEY, RECEIPT_SIGNER.public_key.id):
        assert part in page.replace("&#43;", "+")


@needs_pango
@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_the_receipt_is_a_pdf_in_the_readers_language(world: World, browser: Open, language: str) -> None:
    contribution = world.submitted(world.meeting())

    answer = browser("amina").get(
        contribution_path(contribution, f"/receipts/{list_receipts(world, contribution)[0].id}.pdf?lang={language}")
    )

    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert f"-{language.upper()}.pdf" in answer.headers["Content-Disposition"]


# Given once, stored forever


def test_a_second_click_gives_the_same_receipt_and_changes_nothing(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    amina = browser("amina")

    answers = [amina.post(contribution_path(draft, "/submit"), {"version": draft.version}) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {303}
    assert {answer.headers["Location"] for answer in answers} == {contribution_path(draft, "/receipt?done=submitted")}
    assert len(list_receipts(world, draft)) == 1
    with transaction(world.read) as session:
        lines = session.scalars(select(journal.JournalLine.seq).filter_by(event="contribution:submitted")).all()
    assert len(lines) == 1


def test_a_submission_by_a_colleague_or_of_another_version_is_not_a_retry(world: World) -> None:
    world.seat("wambui", "delegate")
    contribution = world.submitted(world.meeting())
    version = list_receipts(world, contribution)[0].version

    for who, sent_version in (("wambui", version), ("amina", version + 1)):
        with pytest.raises(Conflict), world.acting(who) as (session, actor):
            contribution_row = session.get_one(Contribution, contribution.id)
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, contribution_row),
                version=sent_version,
                grace=GRACE,
                accepts_lateness=False,
            )


def test_receipts_survive_a_return_a_new_submission_and_the_registration(world: World, browser: Open) -> None:
    contribution = world.submitted(world.meeting())
    first = list_receipts(world, contribution)[0]
    with world.acting("ines") as (session, actor):
        contribution_row = session.get_one(Contribution, contribution.id)
        registration.return_contribution(
            session,
            actor,
            contribution_row,
            ReasonInput(reason="The annex is missing."),
            version=contribution_row.version,
        )
    amina = browser("amina")
    assert amina.get(contribution_path(contribution, "/receipt")).status_code == 200
    with world.acting("amina") as (session, actor):
        contribution_row = session.get_one(Contribution, contribution.id)
        drafting.put_contribution_file(
            session, actor, contribution_row, world.file(text="With its annex."), began_at=clock.now()
        )
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution_row),
            version=contribution_row.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    with world.acting("ines") as (session, actor):
        contribution_row = session.get_one(Contribution, contribution.id)
        document = registration.register_contribution(
            session, actor, contribution_row, version=contribution_row.version
        )

    receipts = list_receipts(world, contribution)
    third = json.loads(receipts[2].statement)

    assert [receipt.kind for receipt in receipts] == [
        ReceiptKind.DEPOSIT,
        ReceiptKind.DEPOSIT,
        ReceiptKind.REGISTRATION,
    ]
    assert (receipts[0].statement, receipts[0].signature) == (first.statement, first.signature)
    assert third["symbol"] == document.symbol
    assert third["deposit"] == {"receipt": str(receipts[1].id), "sha256": receipts[1].digest}
    page = amina.get(contribution_path(contribution, "/receipt")).text
    assert f"Contribution from Kenya registered as {document.symbol}" in page
    for receipt in receipts[:2]:
        assert contribution_path(contribution, f"/receipts/{receipt.id}") in page
        assert "complete and on time" in amina.get(contribution_path(contribution, f"/receipts/{receipt.id}")).text


def test_a_receipt_exists_only_if_the_action_was_committed(world: World) -> None:
    draft = world.draft(world.meeting())
    with pytest.raises(RuntimeError), world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
        raise RuntimeError("the process dies before the commit")

    assert list_receipts(world, draft) == []


@pytest.mark.parametrize("statement", ["UPDATE portal.receipt SET signature = ''", "DELETE FROM portal.receipt"])
def test_the_portals_database_role_can_neither_change_nor_remove_a_receipt(world: World, statement: str) -> None:
    world.submitted(world.meeting())

    with pytest.raises(Exception, match="permission denied"), transaction(world.write) as session:
        session.execute(text(statement))


def test_a_stale_decision_gives_no_receipt(world: World) -> None:
    contribution = world.submitted(world.meeting())

    with pytest.raises(Stale), world.acting("ines") as (session, actor):
        contribution_row = session.get_one(Contribution, contribution.id)
        registration.register_contribution(session, actor, contribution_row, version=contribution_row.version - 1)

    assert [receipt.kind for receipt in list_receipts(world, contribution)] == [ReceiptKind.DEPOSIT]


# Who sees it


def test_a_receipt_is_visible_only_to_its_state_and_the_secretariat(world: World, browser: Open) -> None:
    late = world.submitted(world.meeting(opens_in=5))
    receipt = list_receipts(world, late)[0]
    addresses = [
        contribution_path(late, "/receipt"),
        *(contribution_path(late, f"/receipts/{receipt.id}{end}") for end in ("", ".json", ".pdf")),
    ]

    for who in ("amina", "ines"):
        assert browser(who).get(addresses[1]).status_code == 200
    for who in ("laurent", "rafael", "joseph", "chen"):
        stranger = browser(who)
        nothing = stranger.get(f"/contributions/{uuid4()}/receipt")
        for address in addresses:
            answer = stranger.get(address)
            assert (answer.status_code, answer.content) == (404, nothing.content)
    assert (
        browser("laurent").get(contribution_path(late)).status_code == 200
    )  # the chair sees the text, and decides on it


def test_a_receipt_of_one_contribution_is_not_found_under_another(world: World, browser: Open) -> None:
    meeting = world.meeting()
    kenyan, brazilian = world.submitted(meeting), world.submitted(meeting, by="rafael")
    foreign_receipt = list_receipts(world, brazilian)[0]
    assert (
        browser("rafael").get(contribution_path(brazilian, f"/receipts/{foreign_receipt.id}.json")).status_code == 202
    )

    for end in ("", ".json", ".pdf"):
        assert (
            browser("amina").get(contribution_path(kenyan, f"/receipts/{foreign_receipt.id}{end}")).status_code == 404
        )


def test_the_receipts_of_a_returned_contribution_are_visible_only_to_its_state(world: World, browser: Open) -> None:
    returned = world.returned(world.meeting())

    assert browser("amina").get(contribution_path(returned, "/receipt")).status_code == 200
    assert browser("ines").get(contribution_path(returned, "/receipt")).status_code == 404


def test_a_draft_has_no_receipt(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())

    assert browser("amina").get(contribution_path(draft, "/receipt")).status_code == 409
    assert "/receipt" not in browser("amina").get(contribution_path(draft)).text


# Keys


def test_the_keys_are_published_with_earlier_ones(settings: Settings, world: World, browser: Open, portal) -> None:
    earlier = PublicKey(bytes(32))
    portal_state = portal.app.state.portal
    published = replace(portal_state.public_keys, ledger=(*portal_state.public_keys.ledger, earlier))
    object.__setattr__(portal_state, "public_keys", published)

    listed = browser().get("/keys.json").json()

    verifiers = [NoteVerifier(ledger_origin(PORTAL), key).vkey for key in published.ledger]
    current = [
        {"algorithm": "Ed25519", "id": key.id, "in_use": True, "public": key.text, "purpose": purpose}
        for purpose, key in (
            ("receipts", RECEIPT_SIGNER.public_key),
            ("releases", RELEASE_SIGNER.public_key),
            ("ledger", LEDGER_SIGNER.public_key),
        )
    ]
    of_ledger = current.pop() | {"verifier": verifiers[0]}
    also = {"id": earlier.id, "in_use": False, "public": earlier.text, "verifier": verifiers[1]}
    assert listed == {"portal": settings.portal_url, "keys": [*current, of_ledger, of_ledger | also]}
    arabic = browser().get("/keys?lang=ar").text
    assert "These keys sign" not in arabic
    assert "Receipts" not in arabic
    page = unescape(browser().get("/keys").text)
    assert all(words in page for words in (*verifiers, "Receipts", "Releases", "Ledger", "Also valid"))
    assert NoteVerifier(ledger_origin(PORTAL), RECEIPT_SIGNER.public_key).vkey not in page


def test_a_page_says_if_the_key_of_its_receipt_is_no_longer_published(
    world: World, database: Database, browser: Open
) -> None:
    contribution = world.submitted(world.meeting())
    words = "no longer publishes the key"
    assert words not in browser("amina").get(contribution_path(contribution, "/receipt")).text

    database.run_as_superuser(f"UPDATE portal.receipt SET public_key = '{b64encode(bytes(32)).decode()}'")

    assert words in browser("amina").get(contribution_path(contribution, "/receipt")).text


# The portal's own check


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE portal.receipt SET statement = replace(statement, 'KEN', 'BRA')",
        "UPDATE portal.receipt SET version = 77",
        "DELETE FROM portal.receipt",
    ],
)
def test_the_check_names_an_altered_or_removed_receipt(
    world: World, database: Database, settings: Settings, tampering: str
) -> None:
    world.registered(world.meeting())
    stores = (world.store, world.store)
    assert verify_record(database.owner, *stores).faults == ()

    database.run_as_superuser(tampering)

    assert any("receipt" in fault for fault in verify_record(database.owner, *stores).faults)


# The standalone verifier


def load_verifier():
    """The standalone verifier as a module."""
    spec = importlib.util.spec_from_file_location("verify_receipt", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VERIFIER = load_verifier()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_verifier_agrees_with_the_vectors_of_rfc_8032(vector: Vector) -> None:
    holds, key, message, signature = VERIFIER.is_signature_valid, vector.public, vector.message, vector.signature
    assert holds(key, message, signature)

    for place in (0, 31, 32, 63):
        bent = bytearray(signature)
        bent[place] ^= 1
        assert not holds(key, message, bytes(bent))
    assert not holds(key, message + b".", signature)
    assert not holds(bytes([key[0] ^ 1]) + key[1:], message, signature)
    assert not holds(key[:-1], message, signature)
    # The same S plus the order of the group: a second signature for the same message (RFC 8032, section 8.4).
    second = (int.from_bytes(signature[32:], "little") + VERIFIER.ORDER).to_bytes(32, "little")
    assert not holds(key, message, signature[:32] + second)


def test_a_non_canonical_point_is_rejected() -> None:
    assert VERIFIER.decode_point((VERIFIER.P + 1).to_bytes(32, "little")) is None
    assert VERIFIER.decode_point((1 | 1 << 255).to_bytes(32, "little")) is None  # x = 0 has no odd twin


def test_the_example_of_the_documentation_verifies(tmp_path: Path) -> None:
    example = DOCS.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0]
    (tmp_path / "receipt.json").write_text(example, encoding="utf-8")
    key = json.loads(example)["key"]["public"]
    signed = DOCS.read_text(encoding="utf-8").split("```text\n")[1].split("\n```")[0]

    assert to_canonical_json(json.loads(example)["statement"]) == signed.encode()
    assert run(tmp_path / "receipt.json", "--key", key)[0] == 5


def run(*args: object) -> tuple[int, str]:
    """Run the downloaded verifier with the standard library only; returns its exit code and output."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", PROGRAM, *map(str, args)], capture_output=True, encoding="utf-8", timeout=60
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def receipt_folder(world: World, browser: Open, tmp_path: Path) -> Path:
    """Amina's folder: her receipt and document, and the verifier and the keys as the portal serves them."""
    contribution = world.submitted(world.meeting())
    amina = browser("amina")
    (tmp_path / "receipt.json").write_text(json.dumps(download_receipt(amina, contribution)), encoding="utf-8")
    (tmp_path / "text.docx").write_bytes(amina.get(contribution_path(contribution, "/files/en")).content)
    (tmp_path / "keys.json").write_bytes(browser().get("/keys.json").content)
    assert browser().get("/verify/receipt.py").content == PROGRAM.read_bytes()
    return tmp_path


@pytest.mark.parametrize("key", ["keys.json", KEY])
def test_a_receipt_and_its_document_verify(receipt_folder: Path, key: str) -> None:
    code, printed = run(
        receipt_folder / "receipt.json",
        receipt_folder / "text.docx",
        "--key",
        receipt_folder / key if key.endswith(".json") else key,
    )

    assert (code, printed.count("VALID  "), printed.count("NOT")) == (5, 3, 1)  # no head covers its journal line yet
    for words in ("KEN", "Amina Wanjiru", "A submitted title", "CWG-Internet, meeting 22", "on time"):
        assert words in printed


def test_without_a_key_the_verifier_says_that_the_signer_is_unknown(receipt_folder: Path) -> None:
    code, printed = run(receipt_folder / "receipt.json")

    assert code == 3
    assert f"NOT CHECKED    The key was not checked. Compare it with a key that you trust: {KEY}" in printed
    assert "NOT CHECKED    No document was given to compare." in printed


@pytest.mark.parametrize("part", ["title", "entity", "at", "timing", "file", "signature", "key"])
def test_an_altered_receipt_does_not_verify(receipt_folder: Path, part: str) -> None:
    receipt = json.loads((receipt_folder / "receipt.json").read_text(encoding="utf-8"))
    altered = deepcopy(receipt)
    if part == "signature":
        altered["signature"] = b64encode(bytes(64)).decode()
    elif part == "key":
        altered["key"]["public"] = b64encode(VECTORS[0].public).decode()
    elif part == "file":
        altered["statement"]["files"][0]["sha256"] = hashlib.sha256(b"another text").hexdigest()
    else:
        altered["statement"][part] += "x"
    (receipt_folder / "altered.json").write_text(json.dumps(altered), encoding="utf-8")

    code, printed = run(receipt_folder / "altered.json", "--key", KEY)

    assert code == 1
    assert "NOT VALID      The signature is not valid" in printed
    assert "A submitted title" not in printed  # the claim is not repeated as if it were true


def test_a_receipt_with_a_foreign_signature_does_not_verify_with_the_portals_key(receipt_folder: Path) -> None:
    forger = type(RECEIPT_SIGNER).from_secret(
        RECEIPT_SIGNER.portal, b64encode(b"somebody else signs with this ke").decode()
    )
    receipt = json.loads((receipt_folder / "receipt.json").read_text(encoding="utf-8"))
    receipt["signature"] = b64encode(forger.sign(to_canonical_json(receipt["statement"]))).decode()
    receipt["key"] = {"algorithm": "Ed25519", "id": forger.public_key.id, "public": forger.public_key.text}
    (receipt_folder / "forged.json").write_text(json.dumps(receipt), encoding="utf-8")

    code, printed = run(receipt_folder / "forged.json", "--key", receipt_folder / "keys.json")

    assert code == 1
    assert "NOT VALID      The key is not trusted" in printed
    assert run(receipt_folder / "forged.json")[0] == 3


def test_another_document_does_not_verify_and_a_missing_one_is_named(receipt_folder: Path) -> None:
    (receipt_folder / "other.docx").write_bytes((receipt_folder / "text.docx").read_bytes() + b"\n")

    code, printed = run(
        receipt_folder / "receipt.json",
        receipt_folder / "text.docx",
        receipt_folder / "other.docx",
        receipt_folder / "gone.docx",
        "--key",
        KEY,
    )

    assert code == 1
    assert "text.docx: matches the statement byte for byte (en)." in printed
    assert "other.docx: is not listed in the statement." in printed
    assert "gone.docx: cannot be read" in printed


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "no JSON",
        '{"statement": {"format": "cwg-receipt/2"}, "key": {"algorithm": "Ed25519", "public": ""}, "signature": ""}',
        '{"statement": {"format": "cwg-receipt/1"}, "key": {"algorithm": "Ed25519", "public": "AA=="}, "signature": 1}',
        '{"statement": 1, "statement": 2}',
        '{"statement": {"version": 1.0}}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_not_a_receipt_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "receipt.json").write_text(content, encoding="utf-8")

    code, printed = run(tmp_path / "receipt.json", "--key", KEY)

    assert code == 2
    assert printed.startswith("CANNOT BE READ")
    assert "Traceback" not in printed


def test_control_characters_of_a_title_are_not_printed(receipt_folder: Path) -> None:
    receipt = json.loads((receipt_folder / "receipt.json").read_text(encoding="utf-8"))
    receipt["statement"]["title"] = "\x1b[2J\u202eHOLDS"
    receipt["signature"] = b64encode(RECEIPT_SIGNER.sign(to_canonical_json(receipt["statement"]))).decode()
    (receipt_folder / "receipt.json").write_text(json.dumps(receipt), encoding="utf-8")

    code, printed = run(receipt_folder / "receipt.json", "--key", KEY)

    assert code == 5
    assert "?[2J?HOLDS" in printed
