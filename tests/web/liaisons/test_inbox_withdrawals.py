"""Organizations withdraw by machine what they sent: marked once, acknowledged, and nothing of it is lost."""

import hashlib
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select

from app.core import clock
from app.core.canonical_json import to_canonical_json
from app.core.db import transaction
from app.core.exchange.courier_client import carry_request
from app.core.exchange.public_https import PublicAnswer
from app.core.exchange.signed_statements import parse_signed_statement, sign_request
from app.core.journal import JournalLine
from app.core.signing import Signer
from app.core.storage import open_store
from app.domain.liaisons import actions
from app.domain.liaisons.models import Liaison
from app.domain.transmissions import queries
from app.domain.transmissions.inputs import ACKNOWLEDGMENT_FORMAT
from app.domain.transmissions.models import OutgoingTransmission, WithdrawalTransmission
from app.domain.transmissions.rules import build_withdrawal_statement, is_acknowledgment_of
from app.settings import Settings
from tests.browser import Browser
from tests.domain.test_liaisons import hold, register, reply_to
from tests.forked import ForkedProcess
from tests.http_server import free_port
from tests.inbox_of_organization import run_courier, served_over_tls
from tests.liaison_letters import (
    IETF,
    ISOC,
    STRANGER,
    TEXT,
    build_letter,
    build_statement,
    build_withdrawal,
    enter_inbox,
    send,
    sign_alone,
)
from tests.portal_app import open_portal_copy
from tests.test_verify_liaison import READER
from tests.waiting import wait_until
from tests.web.liaisons.test_inbox import ServedInbox, served_inbox  # noqa: F401 - a fixture
from tests.worker.test_worker import REPOSITORY, hold_journal_lock, is_commit_waiting
from tests.world import RECEIPT_SIGNER, World, key_environment

Open = Callable[..., Browser]


@pytest.fixture
def client(world: World, browser: Open) -> httpx2.Client:
    """The program of the IETF, whose key is in force."""
    enter_inbox(world, "IETF", IETF)
    return browser().client


def send_letter(client: httpx2.Client, **more: Any) -> dict[str, Any]:
    statement = build_statement(**more)
    assert send(client, build_letter(statement)).status_code == 202
    return statement


def withdraw(client: httpx2.Client, letter: dict[str, Any], signer: Signer = IETF, **more: Any) -> httpx2.Response:
    return send(client, sign_alone(build_withdrawal(letter, **more), signer), signer)


def get_liaison(world: World) -> Liaison:
    with transaction(world.read) as session:
        return session.scalars(select(Liaison)).one()


def list_events(world: World) -> list[str]:
    with transaction(world.read) as session:
        names = select(JournalLine.event).where(JournalLine.event.contains("withdraw")).order_by(JournalLine.seq)
        return list(session.scalars(names))


def test_a_withdrawal_marks_what_it_withdraws_and_asks_for_nothing_any_more(
    client: httpx2.Client, world: World, english: Open
) -> None:
    letter = send_letter(client)
    liaison = get_liaison(world)
    register(world, liaison, world.meeting())
    hold(world, liaison, "amina")
    ines, amina, here = english("ines"), english("amina"), f"/liaisons/{liaison.id}"
    assert "Prepare the reply to a liaison statement" in amina.get("/").text
    assert "Withdrawn by its sender" not in amina.get(here).text

    answer = withdraw(client, letter)

    assert answer.status_code == 202
    found = get_liaison(world)
    assert (found.state, found.withdrawn_at is not None) == ("closed", True)
    assert list_events(world) == ["liaison:withdrawn", "liaison:withdrawal-received"]
    assert "Prepare the reply to a liaison statement" not in amina.get("/").text
    for reader in (ines, amina):
        assert "Withdrawn by its sender" in reader.get(here).text
        assert "Withdrawn by its sender" in reader.get("/liaisons").text
        assert "Withdrawn by its sender" in reader.get(f"/documents/{found.document_id}").text
        assert reader.get(f"{here}/files/en").content == TEXT  # nothing is lost
    page = amina.get(here).text
    assert "no reply is asked for any more" in page
    assert "There is no reply yet" not in page


def test_the_sender_has_a_signed_acknowledgment_and_gets_it_again(client: httpx2.Client, world: World) -> None:
    letter = send_letter(client)
    withdrawal = build_withdrawal(letter)

    first, again = (send(client, sign_alone(withdrawal)) for _ in range(2))

    assert (first.status_code, again.status_code, again.content) == (202, 200, first.content)
    said = first.json()["statement"]
    digest = hashlib.sha256(to_canonical_json(withdrawal)).hexdigest()
    assert (said["id"], said["sha256"], said["to"]) == (withdrawal["id"], digest, {"organization": "IETF"})
    assert list_events(world) == ["liaison:withdrawn", "liaison:withdrawal-received"]


def test_the_page_has_the_withdrawal_with_its_acknowledgment(
    client: httpx2.Client, world: World, english: Open
) -> None:
    letter = send_letter(client)
    answer = withdraw(client, letter)
    kept = english("ines").get(f"/liaisons/{get_liaison(world).id}/transmission.json").json()
    keys = [READER.decode_base64(IETF.public_key.text, 32)]
    assert kept["withdrawal_acknowledgment"] == answer.json()
    results = READER.check_withdrawal(kept["withdrawal"], kept["letter"], keys)
    assert {code for code, _said in results} == {READER.HOLDS}


def test_other_bytes_under_the_same_identifier_are_a_conflict(client: httpx2.Client, world: World) -> None:
    letter = send_letter(client)
    withdrawal = build_withdrawal(letter)
    assert send(client, sign_alone(withdrawal)).status_code == 202

    other = send(client, sign_alone(withdrawal | {"sent_at": "2026-11-30T12:00:00Z"}))
    with_another_id = withdraw(client, letter)
    as_a_letter = send(client, build_letter(build_statement(id=withdrawal["id"])))
    as_the_letter = withdraw(client, letter, id=letter["id"])

    for answer in (other, with_another_id, as_a_letter, as_the_letter):
        assert (answer.status_code, answer.json()["error"]) == (409, "other-bytes")
    assert list_events(world) == ["liaison:withdrawn", "liaison:withdrawal-received"]


def of_a_letter_that_never_came(letter: dict[str, Any]) -> tuple[dict[str, Any], Signer]:
    return build_withdrawal(build_statement()), IETF


def of_a_letter_of_another_organization(letter: dict[str, Any]) -> tuple[dict[str, Any], Signer]:
    return build_withdrawal(letter, **{"from": {"organization": "ISOC"}}), ISOC


def of_another_digest(letter: dict[str, Any]) -> tuple[dict[str, Any], Signer]:
    return build_withdrawal(letter, withdraws={"id": letter["id"], "sha256": "0" * 64}), IETF


def addressed_to_someone_else(letter: dict[str, Any]) -> tuple[dict[str, Any], Signer]:
    return build_withdrawal(letter, to=[{"organization": "ISOC"}]), IETF


@pytest.mark.parametrize(
    "build",
    [
        of_a_letter_that_never_came,
        of_a_letter_of_another_organization,
        of_another_digest,
        addressed_to_someone_else,
    ],
)
def test_there_is_one_answer_for_every_letter_that_is_not_the_senders(
    client: httpx2.Client, world: World, build: Callable[..., tuple[dict[str, Any], Signer]]
) -> None:
    enter_inbox(world, "ISOC", ISOC)
    letter = send_letter(client)
    statement, signer = build(letter)

    answer = send(client, sign_alone(statement, signer), signer)

    assert answer.status_code == 404
    assert answer.json() == {
        "error": "no-such-letter",
        "explanation": "no letter of your organization with this id and sha256 was taken in here",
    }
    assert (get_liaison(world).withdrawn_at, list_events(world)) == (None, [])
    assert withdraw(client, letter).status_code == 202  # and its sender can


@pytest.mark.parametrize("signer", [STRANGER, ISOC])
def test_only_the_key_of_the_sender_withdraws(client: httpx2.Client, world: World, signer: Signer) -> None:
    enter_inbox(world, "ISOC", ISOC)
    letter = send_letter(client)
    forged = sign_alone(build_withdrawal(letter), signer)
    in_its_own_request, in_one_of_the_sender = send(client, forged, signer), send(client, forged)

    assert [each.status_code for each in (in_its_own_request, in_one_of_the_sender)] == [403, 403]
    assert get_liaison(world).withdrawn_at is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"withdraws": {"id": "urn:uuid:x", "sha256": "0" * 64}}, "withdraws.id"),
        ({"withdraws": "x"}, "withdraws"),
        ({"withdrawn_at": "yesterday"}, "withdrawn_at"),
        ({"sent_at": "2026-02-30T11:00:00Z"}, "sent_at"),
        ({"to": []}, "to"),
        ({"id": "x"}, "id"),
    ],
)
def test_a_withdrawal_that_is_not_as_described_is_refused(
    client: httpx2.Client, world: World, change: dict[str, Any], said: str
) -> None:
    answer = withdraw(client, send_letter(client), **change)

    assert (answer.status_code, answer.json()["error"]) == (400, "malformed")
    assert answer.json()["explanation"].startswith(said)
    assert list_events(world) == []


def test_a_withdrawal_has_no_files(client: httpx2.Client) -> None:
    answer = send(client, build_letter(build_withdrawal(send_letter(client))))
    assert (answer.status_code, answer.json()["error"]) == (400, "malformed")


def test_one_that_is_not_registered_yet_is_never_shown_to_delegations(
    client: httpx2.Client, world: World, english: Open
) -> None:
    letter = send_letter(client)
    ines, amina = english("ines"), english("amina")
    assert "A liaison statement is not registered" in ines.get("/").text

    withdraw(client, letter)

    liaison = get_liaison(world)
    assert liaison.state == "returned"
    assert "A liaison statement is not registered" not in ines.get("/").text
    assert "Withdrawn by its sender" in ines.get(f"/liaisons/{liaison.id}").text
    assert amina.get(f"/liaisons/{liaison.id}").status_code == 404
    assert "Routing of the Internet" not in amina.get("/liaisons").text


def test_one_that_was_answered_is_marked_alone(
    client: httpx2.Client, world: World, english: Open, settings: Settings
) -> None:
    letter, meeting = send_letter(client), world.meeting(opens_in=0)
    liaison = get_liaison(world)
    register(world, liaison, meeting)
    draft = world.output(meeting, kind="liaison", addressees=({"organization": "IETF", "wants": "information"},))
    reply_to(world, liaison, draft)
    output = world.released(meeting, open_store(settings.release_store_url), draft=draft)
    with transaction(world.write) as session:
        assert actions.answer_liaisons(session, output.id) == 1

    withdraw(client, letter)

    found = get_liaison(world)
    assert (found.state, found.reply_id, found.withdrawn_at is not None) == ("answered", output.id, True)
    page = english("amina").get(f"/liaisons/{liaison.id}").text
    assert "Withdrawn by its sender" in page
    assert str(output.symbol) in page


def test_one_for_information_stays_registered(client: httpx2.Client, world: World) -> None:
    to = [{"organization": "ITU", "group": "CWG-Internet", "wants": "information"}]
    letter = send_letter(client, to=to)
    register(world, get_liaison(world), world.meeting())

    withdraw(client, letter)

    assert (get_liaison(world).state, get_liaison(world).withdrawn_at is not None) == ("registered", True)


def test_a_withdrawn_one_makes_room_for_another(
    client: httpx2.Client, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setattr(queries, "MOST_WAITING", 1)
    letter = send_letter(client)
    assert send(client, build_letter(build_statement())).status_code == 429
    assert withdraw(client, letter).status_code == 202
    assert send(client, build_letter(build_statement())).status_code == 202


def test_a_withdrawal_that_arrives_twice_at_once_is_taken_in_once(
    served_inbox: ServedInbox,  # noqa: F811 - the fixture
    world: World,
) -> None:
    with served_inbox.open_client() as client:
        letter = send_letter(client)
        body = sign_alone(build_withdrawal(letter))
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda _: send(client, body), range(2)))
        while any(each.status_code == 429 for each in answers):  # one of an organization at a time
            answers = [each if each.status_code != 429 else send(client, body) for each in answers]

    assert sorted(each.status_code for each in answers) == [200, 202]
    assert len({each.content for each in answers}) == 1
    assert list_events(world) == ["liaison:withdrawn", "liaison:withdrawal-received"]


def test_what_our_courier_carries_our_inbox_takes_in(world: World, settings: Settings, tmp_path: Path) -> None:
    """The withdrawal is built as the portal builds its own, carried by the courier over TLS, and the answer is what the
    portal counts as the acknowledgment of its own."""
    enter_inbox(world, "IETF", IETF)
    port = free_port()
    here = f"https://localhost:{port}"
    with (
        open_portal_copy(settings.model_copy(update={"portal_url": here})) as portal,
        served_over_tls(portal, port, tmp_path / "tls") as authority,
        run_courier(authority, f"localhost:{port}") as courier,
    ):

        def carry(body: bytes) -> PublicAnswer:
            return carry_request(courier, f"{here}/inbox/liaisons", sign_request(IETF, body), body)

        letter = build_statement()
        assert carry(build_letter(letter)).status == 202
        sent = OutgoingTransmission(organization="ITU", statement=to_canonical_json(letter).decode())
        key = uuid4()
        statement = build_withdrawal_statement(key, sent, clock.now(), clock.now())
        answers = [carry(sign_alone(statement)) for _ in range(2)]

    assert [each.status for each in answers] == [202, 200]
    withdrawal = WithdrawalTransmission(id=key, organization="ITU", statement=to_canonical_json(statement).decode())
    for answer in answers:
        acknowledgment = parse_signed_statement(answer.body, (ACKNOWLEDGMENT_FORMAT,))
        assert is_acknowledgment_of(acknowledgment, withdrawal, RECEIPT_SIGNER.public_key)
    assert get_liaison(world).withdrawn_at is not None


@contextmanager
def portal_process(settings: Settings, log: Path) -> Iterator[tuple[ForkedProcess, httpx2.Client]]:
    """A portal of its own process that can be killed, and the program of the IETF."""
    port = free_port()
    environment = {
        "CWG_DATABASE_URL": str(settings.database_url),
        "CWG_STORE_URL": settings.store_url,
        "CWG_STAGING": str(log.parent / "staging"),
        "CWG_PORTAL_URL": f"http://127.0.0.1:{port}",
        "CWG_SESSION_SECRET": settings.session_secret.get_secret_value(),
        "CWG_OIDC_ISSUER": settings.oidc_issuer,
        "CWG_OIDC_CLIENT_ID": "portal",
        **key_environment("receipt_key"),
        "PYTHONPATH": str(REPOSITORY),
    }
    process = ForkedProcess(["pages", "--port", str(port)], environment, REPOSITORY, log)
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            wait_until(lambda: is_up(client))
            yield process, client
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(60)


def is_up(client: httpx2.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx2.HTTPError:
        return False


def test_a_portal_that_is_killed_between_the_bytes_and_the_answer_has_it_once(
    world: World, settings: Settings, tmp_path: Path, engine, database
) -> None:
    enter_inbox(world, "IETF", IETF)
    log = tmp_path / "portal.log"
    with portal_process(settings, log) as (process, client):
        letter = send_letter(client)
        body = sign_alone(build_withdrawal(letter))
        with hold_journal_lock(database), ThreadPoolExecutor(1) as pool:  # the bytes are there, nothing is committed
            cut = pool.submit(send, client, body)
            wait_until(lambda: is_commit_waiting(engine))
            process.send_signal(signal.SIGKILL)
            process.wait(60)
            with pytest.raises(httpx2.HTTPError):
                cut.result(60)
    assert (get_liaison(world).withdrawn_at, list_events(world)) == (None, [])

    with portal_process(settings, log) as (_process, client):
        answers = [send(client, body) for _ in range(2)]

    assert [each.status_code for each in answers] == [202, 200]
    assert answers[0].content == answers[1].content
    assert list_events(world) == ["liaison:withdrawn", "liaison:withdrawal-received"]
