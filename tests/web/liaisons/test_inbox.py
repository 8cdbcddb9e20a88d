"""The inbox of the portal: letters of organizations are taken in once, acknowledged, or refused with a reason."""

import hashlib
import json
import socket
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import func, select

from app.core import clock
from app.core.canonical_json import to_canonical_json
from app.core.db import transaction
from app.core.journal import JournalLine
from app.core.signing import PublicKey, Signer
from app.domain.deliveries.models import Delivery, DeliveryChannel, RecipientKind
from app.domain.liaisons.models import Liaison, LiaisonFile
from app.domain.transmissions import queries
from app.http.portal_state import TRANSMISSIONS_UNDER_WAY, PortalState
from app.settings import Settings
from app.web.liaisons import inbox
from app.web.liaisons.inbox import MAX_TRANSMISSION_BYTES
from tests import liaison_letters as letters
from tests.browser import Browser
from tests.domain.test_body_proposals import decide, propose
from tests.files import make_docx
from tests.http_server import free_port, served
from tests.liaison_letters import IETF, ISOC, STRANGER, TEXT, build_letter, build_statement, enter_inbox, send
from tests.waiting import wait_until
from tests.world import World, record_rows

Open = Callable[..., Browser]


@pytest.fixture
def client(world: World, browser: Open) -> httpx2.Client:
    """The program of the IETF, whose key is in force."""
    enter_inbox(world, "IETF", IETF)
    return browser().client


def count_liaisons(world: World) -> int:
    with transaction(world.read) as session:
        return session.scalar(select(func.count()).select_from(Liaison)) or 0


def test_a_letter_waits_for_the_secretariat_and_its_sender_has_a_signed_acknowledgment(
    client: httpx2.Client, world: World, english: Open, settings: Settings
) -> None:
    statement = build_statement()

    answer = send(client, build_letter(statement))

    assert (answer.status_code, answer.headers["Content-Type"]) == (202, "application/json")
    receipt = answer.json()
    acknowledged, key = receipt["statement"], PublicKey.parse(receipt["key"]["public"])
    assert key.verify(b64decode(receipt["signature"]), to_canonical_json(acknowledged))
    assert key in settings.list_public_keys_by_purpose().receipts
    assert acknowledged["id"] == statement["id"]
    assert acknowledged["sha256"] == hashlib.sha256(to_canonical_json(statement)).hexdigest()
    assert acknowledged["to"] == {"organization": "IETF"}
    with transaction(world.read) as session:
        row = session.scalars(select(Liaison)).one()
        assert (row.organization, row.subject, row.symbol, row.wants, row.state) == (
            *("IETF", "Routing of the Internet", "LS-7", "reply", "received"),
        )
        file = session.scalars(select(LiaisonFile)).one()
        assert (file.sha256, file.name) == (hashlib.sha256(TEXT).hexdigest(), "LS-7.docx")
        line = session.scalars(select(JournalLine).where(JournalLine.event == "liaison:transmission-received")).one()
        digest = hashlib.sha256(to_canonical_json(acknowledged)).hexdigest()
        assert (line.facts["sha256"], line.facts["acknowledgment"]) == (acknowledged["sha256"], digest)
    assert "A liaison statement is not registered" in english("ines").get("/").text
    assert "Routing of the Internet" in english("ines").get("/liaisons").text
    assert english("amina").get(f"/liaisons/{row.id}").status_code == 404
    assert english("ines").get(f"/liaisons/{row.id}/files/en").content == TEXT


def test_the_same_letter_again_has_the_same_answer_and_other_bytes_are_a_conflict(
    client: httpx2.Client, world: World
) -> None:
    statement = build_statement()
    first = send(client, build_letter(statement))

    again = send(client, build_letter(statement))
    other = send(client, build_letter(statement | {"subject": {"en": "Another subject"}}))

    assert (first.status_code, again.status_code) == (202, 200)
    assert again.content == first.content
    assert (other.status_code, other.json()["error"]) == (409, "other-bytes")
    assert count_liaisons(world) == 1


def test_organizations_do_not_share_identifiers(client: httpx2.Client, world: World) -> None:
    enter_inbox(world, "ISOC", ISOC)
    statement = build_statement()
    of_another = statement | {"from": {"organization": "ISOC"}}

    assert send(client, build_letter(statement)).status_code == 202
    assert send(client, build_letter(of_another, ISOC), ISOC).status_code == 202
    assert count_liaisons(world) == 2


def signed_by_a_stranger() -> tuple[bytes, Signer]:
    return build_letter(build_statement(), STRANGER), STRANGER


def signed_by_a_stranger_in_a_request_of_the_organization() -> tuple[bytes, Signer]:
    return build_letter(build_statement(), STRANGER), IETF


def in_the_name_of_another_organization() -> tuple[bytes, Signer]:
    return build_letter(build_statement(**{"from": {"organization": "ISOC"}})), IETF


def changed_after_its_signature() -> tuple[bytes, Signer]:
    letter = json.loads(build_letter(build_statement()))
    letter["statement"]["subject"]["en"] = "Another subject"
    return to_canonical_json(letter), IETF


@pytest.mark.parametrize(
    "attack",
    [
        signed_by_a_stranger,
        signed_by_a_stranger_in_a_request_of_the_organization,
        in_the_name_of_another_organization,
        changed_after_its_signature,
    ],
)
def test_what_is_not_signed_with_the_key_of_its_organization_is_refused(
    client: httpx2.Client, world: World, attack: Callable[[], tuple[bytes, Signer]]
) -> None:
    enter_inbox(world, "ISOC", ISOC)

    answer = send(client, *attack())

    assert (answer.status_code, answer.json()["error"]) == (403, "unknown-key")
    assert count_liaisons(world) == 0


def test_a_revoked_key_takes_effect_at_once_and_what_it_signed_gets_no_acknowledgment_any_more(
    client: httpx2.Client, world: World
) -> None:
    inbox = enter_inbox(world, "ISOC", ISOC)
    letter = build_letter(build_statement(**{"from": {"organization": "ISOC"}}), ISOC)
    assert send(client, letter, ISOC).status_code == 202

    letters.revoke_inbox(world, inbox)

    answer = send(client, letter, ISOC)
    assert (answer.status_code, answer.json()["error"]) == (403, "unknown-key")
    assert "statement" not in answer.json()


@pytest.mark.parametrize("name", ["Content-Digest", "Liaison-Key", "Liaison-Signature"])
def test_a_request_that_proves_no_key_is_refused_before_its_body_is_read(client: httpx2.Client, name: str) -> None:
    body = build_letter(build_statement())
    headers = letters.build_headers(body)
    without = {each: value for each, value in headers.items() if each != name}
    of_another = headers | {name: letters.build_headers(b"another body", STRANGER)[name]}

    for fields in (without, of_another):
        answer = client.post("/inbox/liaisons", content=body, headers=fields)
        assert (answer.status_code, answer.json()["error"]) == (403, "unknown-key")


def test_no_body_of_a_stranger_is_read_whatever_it_is(client: httpx2.Client) -> None:
    assert send(client, b"{").status_code == 400

    answer = send(client, b"{", STRANGER)

    assert (answer.status_code, answer.json()["error"]) == (403, "unknown-key")


def test_a_body_that_is_not_the_announced_one_is_refused(client: httpx2.Client) -> None:
    headers = letters.build_headers(build_letter(build_statement()))

    answer = client.post("/inbox/liaisons", content=build_letter(build_statement()), headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (400, "malformed")


PARTS = build_statement()
FILE = PARTS["files"][0]
NO_GROUP = [{"organization": "ITU", "wants": "reply"}]
TO_US = PARTS["to"][0]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"format": "cwg-liaison/2"}, 400),
        ({"id": "7"}, 400),
        ({"id": "urn:uuid:" + "A" * 8 + "-aaaa-4aaa-8aaa-aaaaaaaaaaaa"}, 400),
        ({"to": []}, 400),
        ({"to": NO_GROUP}, 404),
        ({"to": [{"organization": "ITU", "group": "CWG-Nothing", "wants": "reply"}]}, 404),
        ({"to": [{"organization": "ISOC", "group": "CWG-Internet", "wants": "reply"}]}, 404),
        ({"to": [TO_US, TO_US]}, 404),
        ({"subject": {"fr": "Un sujet"}}, 400),
        ({"subject": {"en": "A subject\u202e"}}, 400),
        ({"original": "de"}, 400),
        ({"reply_by": "soon"}, 400),
        ({"sent_at": "2026-13-30T10:00:00Z"}, 400),
        ({"files": []}, 400),
        ({"files": [FILE, FILE]}, 400),
        ({"files": [FILE | {"size": 1}]}, 400),
        ({"files": [FILE | {"sha256": "0" * 64}]}, 400),
        ({"x": "y" * 70_000}, 413),
    ],
)
def test_a_statement_that_is_not_as_described_is_refused(
    client: httpx2.Client, world: World, more: dict[str, Any], status: int
) -> None:
    answer = send(client, build_letter(build_statement(**more)))

    assert answer.status_code == status, answer.text
    assert answer.json()["explanation"]
    assert count_liaisons(world) == 0


def test_a_group_of_the_staff_is_there_only_for_an_organization_that_it_has_written_to(
    client: httpx2.Client, world: World
) -> None:
    """No member knows of the WSIS Task Force: a program learns nothing of it either, not even by a refused file."""
    decide(world, "daniel", propose(world, prefix="WSIS-TF", admits=["itu_staff"]))

    def send_to(group: str, content: bytes = TEXT) -> tuple[int, str]:
        to = [{"organization": "ITU", "group": group, "wants": "reply"}]
        answer = send(client, build_letter(build_statement(content, to=to), IETF, content))
        return answer.status_code, answer.text if answer.status_code != 202 else ""

    for content in (TEXT, b"no document"):
        assert send_to("WSIS-TF", content) == send_to("WSIS-TG", content)
        assert send_to("WSIS-TF", content)[0] == 404
    assert count_liaisons(world) == 0

    output = world.output(world.meeting())
    with transaction(world.work) as session:
        session.add(
            Delivery(
                output_id=output.id,
                body_id=world.body("wsis-tf").id,
                kind=RecipientKind.ORGANIZATION,
                recipient="IETF",
                channel=DeliveryChannel.MACHINE,
                due_at=clock.now(),
            )
        )
        record_rows(session)

    assert send_to("WSIS-TF") == (202, "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"statement":{},"statement":{}}',
        b'{"statement":{"format":"cwg-liaison/1","x":1.5}}',
        b'{"statement":{"format":"cwg-liaison/1","x":NaN}}',
        b'{"statement":{"format":"cwg-liaison/1","x":"\\ud800"}}',
        b'{"statement":{"format":"cwg-liaison/1"},"key":{"algorithm":"RSA"}}',
    ],
)
def test_what_is_no_letter_is_refused(client: httpx2.Client, body: bytes) -> None:
    answer = send(client, body)

    assert (answer.status_code, answer.json()["error"]) == (400, "malformed")


def test_files_go_through_the_gate_and_a_refused_one_leaves_no_trace(client: httpx2.Client, world: World) -> None:
    program = b"MZ\x90\x00 a program"
    answer = send(client, build_letter(build_statement(program), IETF, program))

    assert (answer.status_code, answer.json()["error"]) == (422, "file-refused")
    assert "neither a PDF nor a Word document" in answer.json()["explanation"]
    assert count_liaisons(world) == 0


def test_a_letter_in_two_languages_arrives_with_both(client: httpx2.Client, world: World) -> None:
    french = make_docx("Une déclaration.")
    statement = build_statement()
    other = {"language": "fr", "media": letters.DOCX, "name": "LS-7-fr.docx", "size": len(french)}
    statement["files"].insert(0, other | {"sha256": hashlib.sha256(french).hexdigest()})

    assert send(client, build_letter(statement, IETF, TEXT, french)).status_code == 202
    with transaction(world.read) as session:
        assert set(session.scalars(select(LiaisonFile.language))) == {"en", "fr"}


def test_a_letter_that_is_too_large_is_refused_by_its_announcement_and_while_it_arrives(client: httpx2.Client) -> None:
    headers = letters.build_headers(b"")
    announced = headers | {"Content-Length": str(MAX_TRANSMISSION_BYTES + 1)}

    def endless() -> Iterator[bytes]:
        for _ in range(MAX_TRANSMISSION_BYTES // 2**20 + 1):
            yield bytes(2**20)

    assert client.post("/inbox/liaisons", content=b"", headers=announced).status_code == 413
    assert client.post("/inbox/liaisons", content=endless(), headers=headers).status_code == 413


@dataclass(frozen=True)
class ServedInbox:
    """The inbox on a port of this machine, and the state of its portal."""

    port: int
    host: str
    state: PortalState

    def open_client(self) -> httpx2.Client:
        """Open a client of the programs of organizations."""
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", headers={"Host": self.host}, timeout=30)


@pytest.fixture
def served_inbox(world: World, portal: Any, settings: Settings) -> Iterator[ServedInbox]:
    """The inbox while the keys of the IETF and ISOC are in force."""
    enter_inbox(world, "IETF", IETF)
    enter_inbox(world, "ISOC", ISOC)
    port, host = free_port(), httpx2.URL(settings.portal_url).netloc.decode()
    with served(portal, port):
        yield ServedInbox(port, host, portal.app.state.portal)


@contextmanager
def sending_slowly(here: ServedInbox, body: bytes) -> Iterator[socket.socket]:
    """A request of the IETF of which the head arrived, and the body does not."""
    fields = letters.build_headers(body) | {"Host": here.host, "Content-Length": str(len(body))}
    head = "\r\n".join(["POST /inbox/liaisons HTTP/1.1", *(f"{name}: {text}" for name, text in fields.items())])
    with socket.create_connection(("127.0.0.1", here.port), timeout=30) as line:
        line.sendall(f"{head}\r\n\r\n".encode() + body[:10])
        yield line


def test_an_organization_that_sends_slowly_keeps_no_other_one_from_sending(served_inbox: ServedInbox) -> None:
    of_ietf, of_isoc = build_letter(build_statement()), build_statement(**{"from": {"organization": "ISOC"}})
    senders = served_inbox.state.senders_under_way
    with served_inbox.open_client() as client:
        with sending_slowly(served_inbox, of_ietf):
            wait_until(lambda: senders)
            refused = [send(client, build_letter(build_statement())) for _ in range(TRANSMISSIONS_UNDER_WAY + 1)]
            assert {(each.status_code, each.json()["error"]) for each in refused} == {(429, "too-many")}
            assert "one after another" in refused[0].json()["explanation"]
            assert send(client, build_letter(of_isoc, ISOC), ISOC).status_code == 202
        wait_until(lambda: not senders)
        assert send(client, of_ietf).status_code == 202


def test_a_body_that_does_not_arrive_is_given_up(served_inbox: ServedInbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "BODY_SECONDS", 0.2)
    with sending_slowly(served_inbox, build_letter(build_statement())) as line:
        assert b" 429 " in line.recv(4096)

    assert served_inbox.state.senders_under_way == set()


def test_a_program_that_loops_fills_no_more_than_a_bounded_number(
    client: httpx2.Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST_WAITING", 1)
    first = build_letter(build_statement())
    assert send(client, first).status_code == 202

    answer = send(client, build_letter(build_statement()))

    assert (answer.status_code, answer.json()["error"]) == (429, "too-many")
    assert send(client, first).status_code == 200
    assert count_liaisons(world) == 1


def test_a_reply_to_something_unknown_is_taken_in_as_it_is(client: httpx2.Client, world: World) -> None:
    assert send(client, build_letter(build_statement(in_reply_to=f"urn:uuid:{uuid4()}"))).status_code == 202
    with transaction(world.read) as session:
        assert session.scalars(select(Liaison)).one().answers is None


def test_the_page_of_the_liaison_has_the_letter_and_the_acknowledgment(
    client: httpx2.Client, world: World, english: Open
) -> None:
    answer = send(client, build_letter(build_statement()))
    with transaction(world.read) as session:
        here = f"/liaisons/{session.scalars(select(Liaison.id)).one()}"
    ines, amina = english("ines"), english("amina")

    assert f"{here}/transmission.json" in ines.get(here).text
    kept = ines.get(f"{here}/transmission.json").json()
    assert kept["acknowledgment"] == answer.json()
    assert PublicKey.parse(kept["letter"]["key"]["public"]).verify(
        b64decode(kept["letter"]["signature"]), to_canonical_json(kept["letter"]["statement"])
    )
    assert amina.get(f"{here}/transmission.json").status_code == 404


def test_two_secretaries_enter_a_key_on_the_pages_of_the_organization(world: World, english: Open) -> None:
    ines, daniel = english("ines"), english("daniel")
    page = ines.get("/organizations/IETF").text
    assert "Exchange by machine" in page
    assert "Exchange by machine" not in english("amina").get("/organizations/IETF").text
    wrong = ines.post("/organizations/IETF/inbox", {"public_key": "x", "address": "http://inbox.example.org"})
    assert wrong.status_code == 400
    assert "Enter the public key: an Ed25519 key" in wrong.text
    assert "begins with https://" in wrong.text

    key = b64encode(b"the key of an organization, here").decode()
    entered = ines.post("/organizations/IETF/inbox", {"public_key": key, "address": "https://inbox.example.org/"})
    here = str(entered.headers["location"]).partition("?")[0]
    assert "Confirm or decline the key of an organization" in daniel.get("/").text
    assert "A second secretary must confirm it" in ines.get(here).text
    assert daniel.post(f"{here}/confirm").status_code == 303
    assert "In force" in ines.get("/organizations/IETF").text
    assert ines.post(f"{here}/revoke", {"reason": ""}).status_code == 400
    assert ines.post(f"{here}/revoke", {"reason": "It was stolen."}).status_code == 303

    assert "It was stolen." in daniel.get(here).text
    assert "In force" not in daniel.get("/organizations/IETF").text
