"""Liaison statements that leave by machine: signed once, carried by a real courier to a real inbox over TLS, none twice
and none lost when a process is killed, and given up with a reason."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.core import clock
from app.core.canonical_json import to_canonical_json
from app.core.db import transaction
from app.core.storage import Store, open_store
from app.domain.deliveries.models import Delivery
from app.domain.deliveries.queries import list_deliveries
from app.domain.liaisons.models import Liaison
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.transmissions.actions.attempts import RETRY_DELAYS
from app.domain.transmissions.models import OutgoingTransmission, WithdrawalTransmission
from app.domain.transmissions.rules import LEASE
from app.settings import Settings
from app.worker.release import WorkerContext
from app.worker.transmissions import send_due_transmissions
from tests import liaison_letters as letters
from tests.browser import Browser
from tests.forked import ForkedProcess
from tests.http_server import free_port
from tests.inbox_of_organization import InboxOfOrganization, open_inbox, run_courier
from tests.liaison_letters import IETF, STRANGER, enter_inbox, revoke_inbox
from tests.test_verify_liaison import READER
from tests.waiting import wait_until
from tests.worker import one_transmission
from tests.worker.test_worker import REPOSITORY, fetch_value, hold_journal_lock, is_commit_waiting
from tests.world import PUBLIC_KEY_LISTS, World, key_environment

TO_IETF = ({"organization": "IETF", "wants": "reply", "reply_by": "2027-03-01"},)
DAY = timedelta(days=1)


@dataclass
class Exchange:
    """A world in which the IETF has an inbox: its inbox, the courier, and the worker."""

    world: World
    inbox: InboxOfOrganization
    key: UUID
    context: WorkerContext
    settings: Settings
    store: Store
    meeting: Meeting | None = None

    def release(self) -> Output:
        """Release a liaison statement that is addressed to the IETF."""
        self.meeting = self.meeting or self.world.meeting(opens_in=-1)
        return self.world.released(self.meeting, self.store, kind="liaison", title="On routing", addressees=TO_IETF)

    def send(self, *, later: timedelta = timedelta()) -> int:
        """Let the worker send what is due."""
        with clock.shifted_clock(later):
            return send_due_transmissions(self.context, self.settings)

    def delivery(self, output: Output) -> Delivery:
        with transaction(self.world.read) as session:
            (found,) = list_deliveries(session, output)
            return found

    def transmission(self, output: Output) -> OutgoingTransmission:
        with transaction(self.world.read) as session:
            return session.get_one(OutgoingTransmission, self.delivery(output).id)


@pytest.fixture
def exchange(context: WorkerContext, world: World, settings: Settings, tmp_path: Path) -> Iterator[Exchange]:
    inbox, store = InboxOfOrganization(IETF), open_store(settings.release_store_url)
    with open_inbox(inbox, tmp_path / "inbox") as authority:
        key = enter_inbox(world, "IETF", IETF, inbox.address)
        with run_courier(authority, f"localhost:{inbox.port}") as courier:
            settings = settings.model_copy(update={"courier": courier})
            yield Exchange(world, inbox, key, replace(context, store=world.store), settings, store)


def test_a_statement_for_an_organization_arrives_once_and_its_acknowledgment_is_kept(exchange: Exchange) -> None:
    output = exchange.release()
    assert (exchange.delivery(output).channel, exchange.delivery(output).state) == ("machine", "due")

    assert [exchange.send(), exchange.send()] == [1, 0]

    (request,) = exchange.inbox.requests
    keys = [READER.decode_base64(each, 32) for each in PUBLIC_KEY_LISTS["release_public_keys"].split(",")]
    assert {code for code, _said in READER.check_letter(request["letter"], keys)} == {READER.HOLDS}
    statement = request["letter"]["statement"]
    assert (statement["symbol"], statement["subject"]["en"]) == (output.symbol, "On routing")
    assert statement["to"] == [{"organization": "IETF", "wants": "reply"}]
    assert (statement["from"]["group"], statement["reply_by"]) == ("CWG-Internet", "2027-03-01")
    found, kept = exchange.delivery(output), exchange.transmission(output)
    assert (found.state, kept.try_at, kept.problem) == ("sent", None, "")
    assert (
        to_canonical_json(json.loads(exchange.inbox.taken_in[statement["id"]])["statement"]).decode()
        == kept.acknowledgment
    )
    assert kept.acknowledgment_key == IETF.public_key.text


def test_their_answer_closes_the_circle(exchange: Exchange, portal, settings: Settings) -> None:
    """The organization answers the letter by machine: the liaison replies to our output."""
    output = exchange.release()
    exchange.send()
    ours = exchange.inbox.requests[0]["letter"]["statement"]["id"]

    with Browser(portal, settings, exchange.world) as program:
        answer = letters.send(program.client, letters.build_letter(letters.build_statement(in_reply_to=ours)))

    assert answer.status_code == 202
    with transaction(exchange.world.read) as session:
        assert session.query(Liaison).one().answers == output.id


def not_signed(_status: int, acknowledgment: bytes) -> tuple[int, bytes]:
    return 202, to_canonical_json({"statement": json.loads(acknowledgment)["statement"]})


def a_page(_status: int, _acknowledgment: bytes) -> tuple[int, bytes]:
    return 200, b"<!doctype html><title>Received</title>"


def nothing(_status: int, _acknowledgment: bytes) -> tuple[int, bytes]:
    return 204, b""


@pytest.mark.parametrize("answer", [not_signed, a_page, nothing])
def test_an_answer_that_is_no_acknowledgment_counts_as_none(exchange: Exchange, answer: Callable) -> None:
    output = exchange.release()
    exchange.inbox.answer = answer

    assert exchange.send() == 0

    assert (exchange.delivery(output).state, exchange.transmission(output).problem) == ("due", "no-acknowledgment")
    exchange.inbox.answer = None
    assert exchange.send(later=DAY) == 1
    assert len(exchange.inbox.taken_in) == 1
    assert exchange.inbox.requests[0]["bytes"] == exchange.inbox.requests[1]["bytes"]


@pytest.mark.parametrize(
    "more",
    [
        {"signer": STRANGER},
        {"sha256": "0" * 64},
        {"id": "urn:uuid:3f0c7c1e-8a52-4c0b-9d4e-2b7f5a6c1d80"},
        {"from": {"organization": "ISOC"}},
    ],
)
def test_an_acknowledgment_of_another_or_by_another_counts_as_none(exchange: Exchange, more: dict[str, object]) -> None:
    output = exchange.release()
    inbox = exchange.inbox
    inbox.answer = lambda status, _: (status, inbox.acknowledge(inbox.requests[-1]["letter"]["statement"], **more))

    assert exchange.send() == 0
    assert (exchange.delivery(output).state, exchange.transmission(output).problem) == ("due", "no-acknowledgment")


@pytest.mark.parametrize(
    ("status", "state", "problem"),
    [
        (302, "due", "redirect"),
        (403, "due", "refused-now"),
        (503, "due", "refused-now"),
        (400, "failed", "refused"),
        (409, "failed", "refused"),
        (422, "failed", "refused"),
    ],
)
def test_a_refusal_is_tried_again_or_given_up_and_a_redirect_not_followed(
    exchange: Exchange, status: int, state: str, problem: str
) -> None:
    output = exchange.release()
    exchange.inbox.answer = lambda _status, _acknowledgment: (status, b"{}")

    assert exchange.send() == 0

    assert (exchange.delivery(output).state, exchange.transmission(output).problem) == (state, problem)
    assert len(exchange.inbox.requests) == 1


def test_the_pages_say_when_it_was_acknowledged_or_why_it_failed(
    exchange: Exchange, portal, settings: Settings
) -> None:
    acknowledged = exchange.release()
    exchange.send()
    exchange.inbox.answer = lambda _status, _acknowledgment: (422, b"{}")
    refused = exchange.release()
    exchange.send()

    with Browser(portal, settings, exchange.world, "ines") as ines:
        here = f"/deliveries/{exchange.delivery(acknowledged).id}"
        assert "Acknowledged by the organization" in ines.get(here).text
        kept = ines.get(f"{here}/transmission.json").json()
        assert READER.check_acknowledgment(kept["acknowledgment"], kept["letter"], None)[0][0] == READER.HOLDS
        page = ines.get(f"/deliveries/{exchange.delivery(refused).id}").text
        assert "The inbox refused the text." in page
        assert "Record the delivery" in page
        assert "Not delivered" in ines.get(f"/outputs/{refused.id}").text
        assert f"/deliveries/{exchange.delivery(refused).id}" in ines.get("/").text
    with Browser(portal, settings, exchange.world, "amina") as amina:
        assert amina.get(f"{here}/transmission.json").status_code == 404


def test_an_inbox_with_a_private_address_is_not_reached(exchange: Exchange, tmp_path: Path) -> None:
    output = exchange.release()
    with run_courier(tmp_path / "inbox" / "authority.pem") as courier:
        exchange.settings = exchange.settings.model_copy(update={"courier": courier})
        exchange.send()

    assert exchange.inbox.requests == []
    assert (exchange.delivery(output).state, exchange.transmission(output).problem) == ("due", "private-address")


def test_tries_are_bounded_and_then_a_secretary_delivers_it(exchange: Exchange) -> None:
    output = exchange.release()
    exchange.inbox.answer = lambda _status, _acknowledgment: (503, b"")
    exchange.send()
    assert exchange.send() == 0
    assert len(exchange.inbox.requests) == 1, "not before its time"

    for number in range(len(RETRY_DELAYS)):
        assert exchange.delivery(output).state == "due"
        exchange.send(later=(number + 1) * DAY)

    assert (exchange.delivery(output).state, exchange.transmission(output).try_at) == ("failed", None)
    assert len(exchange.inbox.requests) == len(RETRY_DELAYS) + 1
    exchange.send(later=30 * DAY)
    assert len(exchange.inbox.requests) == len(RETRY_DELAYS) + 1


def test_nothing_is_sent_once_the_key_is_revoked(exchange: Exchange) -> None:
    output = exchange.release()
    revoke_inbox(exchange.world, exchange.key)

    exchange.send()

    assert exchange.inbox.requests == []
    assert (exchange.delivery(output).state, exchange.transmission(output).problem) == ("failed", "no-inbox")


def test_without_a_courier_it_waits(exchange: Exchange) -> None:
    output = exchange.release()
    exchange.settings = exchange.settings.model_copy(update={"courier": ""})
    assert exchange.send() == 0
    assert exchange.delivery(output).state == "due"

    exchange.settings = exchange.settings.model_copy(update={"courier": f"http://127.0.0.1:{free_port()}"})
    exchange.send()
    assert exchange.transmission(output).problem == "no-courier"


@contextmanager
def sending_process(exchange: Exchange) -> Iterator[ForkedProcess]:
    """A process that sends what is due, as the worker does, and can be killed."""
    environment = {
        "CWG_WORKER_DATABASE_URL": exchange.settings.worker_database_url,
        "CWG_STORE_URL": exchange.settings.store_url,
        "CWG_RELEASE_STORE_URL": exchange.settings.release_store_url,
        "CWG_OIDC_ISSUER": exchange.settings.oidc_issuer,
        "CWG_OIDC_CLIENT_ID": exchange.settings.oidc_client_id,
        "CWG_COURIER": exchange.settings.courier,
        **key_environment("release_key", "ledger_key"),
        "PYTHONPATH": str(REPOSITORY),
    }
    process = ForkedProcess([], environment, REPOSITORY, os.devnull, main=one_transmission.main)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait(60)


def kill(process: ForkedProcess) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(60)


def test_whenever_the_worker_is_killed_the_organization_has_the_statement_once(
    exchange: Exchange, engine, database
) -> None:
    output = exchange.release()
    signed = "SELECT count(*) FROM portal.outgoing_transmission"

    with hold_journal_lock(database), sending_process(exchange) as process:  # before the letter is signed
        wait_until(lambda: is_commit_waiting(engine))
        kill(process)
    assert (fetch_value(engine, signed), exchange.inbox.requests) == (0, [])

    exchange.inbox.go_on.clear()
    with sending_process(exchange) as process:  # while the inbox takes the letter in
        wait_until(lambda: exchange.inbox.taken_in)
        kill(process)
    exchange.inbox.go_on.set()
    assert (fetch_value(engine, signed), exchange.delivery(output).state) == (1, "due")
    first = exchange.transmission(output).id

    expire_lease(exchange, output)
    exchange.inbox.go_on.clear()
    with sending_process(exchange) as process:  # before the acknowledgment is kept
        wait_until(lambda: len(exchange.inbox.requests) == 2)
        with hold_journal_lock(database):
            exchange.inbox.go_on.set()
            wait_until(lambda: is_commit_waiting(engine))
            kill(process)
    assert exchange.delivery(output).state == "due"

    expire_lease(exchange, output)
    assert exchange.send() == 1
    assert (exchange.delivery(output).state, exchange.transmission(output).id) == ("sent", first)
    assert len(exchange.inbox.requests) == 3
    assert list(exchange.inbox.taken_in) == [f"urn:uuid:{first}"]
    assert len({request["bytes"] for request in exchange.inbox.requests}) == 1
    events = "SELECT count(*) FROM portal.journal_line WHERE event = 'delivery:transmission-acknowledged'"
    assert fetch_value(engine, events) == 1


def expire_lease(exchange: Exchange, output: Output) -> None:
    """Let the time of an attempt be over that no one finishes."""
    with transaction(exchange.context.write_sessions) as session:
        row = session.get_one(OutgoingTransmission, exchange.delivery(output).id)
        assert row.try_at is not None
        row.try_at -= LEASE


def test_a_killed_courier_leaves_the_same_letter_to_be_sent_again(exchange: Exchange, tmp_path: Path) -> None:
    output, port = exchange.release(), free_port()
    environment = {
        "CWG_COURIER_PRIVATE_HOSTS": f"localhost:{exchange.inbox.port}",
        "CWG_COURIER_AUTHORITY": str(tmp_path / "inbox" / "authority.pem"),
        "PYTHONPATH": str(REPOSITORY),
    }
    working = exchange.settings
    exchange.settings = working.model_copy(update={"courier": f"http://127.0.0.1:{port}"})
    process = ForkedProcess(["courier", "--port", str(port)], environment, REPOSITORY, os.devnull)
    wait_until(lambda: is_listening(port))
    exchange.inbox.go_on.clear()
    with ThreadPoolExecutor(1) as worker:
        sent = worker.submit(exchange.send)
        wait_until(lambda: exchange.inbox.taken_in)
        kill(process)
        assert sent.result(60) == 0
    exchange.inbox.go_on.set()
    assert (exchange.delivery(output).state, exchange.transmission(output).problem) == ("due", "no-courier")

    exchange.settings = working
    assert exchange.send(later=DAY) == 1
    assert (exchange.delivery(output).state, len(exchange.inbox.taken_in)) == ("sent", 1)
    assert len({request["bytes"] for request in exchange.inbox.requests}) == 1


def is_listening(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def withdrawal_of(exchange: Exchange, output: Output) -> WithdrawalTransmission:
    with transaction(exchange.world.read) as session:
        return session.get_one(WithdrawalTransmission, exchange.delivery(output).id)


def list_withdrawals(exchange: Exchange) -> list[dict]:
    """List the withdrawals that the inbox was sent."""
    letters_sent = [request["letter"] for request in exchange.inbox.requests]
    return [each for each in letters_sent if each["statement"]["format"] == READER.WITHDRAWAL]


def test_who_was_sent_a_statement_is_informed_once_that_it_was_withdrawn(
    exchange: Exchange, portal, settings: Settings
) -> None:
    output = exchange.release()
    exchange.send()
    exchange.world.withdrawn(output)

    assert [exchange.send(), exchange.send(), exchange.send(later=DAY)] == [1, 0, 0]

    letter, withdrawal = (request["letter"] for request in exchange.inbox.requests)
    keys = [READER.decode_base64(each, 32) for each in PUBLIC_KEY_LISTS["release_public_keys"].split(",")]
    assert {code for code, _said in READER.check_withdrawal(withdrawal, letter, keys)} == {READER.HOLDS}
    assert "files" not in withdrawal
    assert "On routing" not in str(withdrawal)
    kept = withdrawal_of(exchange, output)
    assert (kept.try_at, kept.problem, kept.acknowledgment_key) == (None, "", IETF.public_key.text)
    here = f"/deliveries/{exchange.delivery(output).id}"
    with Browser(portal, settings, exchange.world, "ines") as ines:
        assert "The withdrawal was acknowledged" in ines.get(here).text
        both = ines.get(f"{here}/transmission.json").json()
    assert READER.check_withdrawal(both["withdrawal"], both["letter"], keys)[0][0] == READER.HOLDS
    acknowledgment = both["withdrawal_acknowledgment"]
    results = READER.check_acknowledgment(acknowledgment, both["withdrawal"], None, READER.WITHDRAWAL)
    assert READER.FAILS not in {code for code, _said in results}


def test_who_was_never_sent_a_statement_or_refused_it_is_not_informed(exchange: Exchange) -> None:
    waiting = exchange.release()
    exchange.world.withdrawn(waiting)
    exchange.inbox.answer = lambda _status, _acknowledgment: (422, b"{}")
    refused = exchange.release()
    exchange.send()
    exchange.inbox.answer = None
    exchange.world.withdrawn(refused)

    exchange.send(later=DAY)

    assert len(exchange.inbox.requests) == 1
    assert list_withdrawals(exchange) == []


def test_who_may_have_a_statement_without_having_acknowledged_it_is_informed(exchange: Exchange) -> None:
    output = exchange.release()
    exchange.inbox.answer = nothing
    exchange.send()
    exchange.inbox.answer = None
    exchange.world.withdrawn(output)

    exchange.send(later=DAY)

    assert len(list_withdrawals(exchange)) == 1
    assert withdrawal_of(exchange, output).acknowledged_at
    assert [each["statement"]["format"] for each in (request["letter"] for request in exchange.inbox.requests)] == [
        "cwg-liaison/1",
        READER.WITHDRAWAL,
    ]


def test_no_withdrawal_overtakes_its_letter(exchange: Exchange) -> None:
    output = exchange.release()
    exchange.inbox.go_on.clear()
    with ThreadPoolExecutor(1) as worker:
        sent = worker.submit(exchange.send)
        wait_until(lambda: exchange.inbox.taken_in)
        exchange.world.withdrawn(output)
        assert exchange.send() == 0
        assert list_withdrawals(exchange) == []
        exchange.inbox.go_on.set()
        sent.result(30)

    assert exchange.transmission(output).acknowledged_at
    assert exchange.delivery(output).state == "called-back"
    assert exchange.send() == 1
    assert len(list_withdrawals(exchange)) == 1


def test_no_withdrawal_is_sent_once_the_key_is_revoked(exchange: Exchange, portal, settings: Settings) -> None:
    output = exchange.release()
    exchange.send()
    revoke_inbox(exchange.world, exchange.key)
    exchange.world.withdrawn(output)

    exchange.send()
    exchange.send(later=DAY)

    assert list_withdrawals(exchange) == []
    kept = withdrawal_of(exchange, output)
    assert (kept.problem, kept.try_at) == ("no-inbox", None)
    with Browser(portal, settings, exchange.world, "ines") as ines:
        page = ines.get(f"/deliveries/{exchange.delivery(output).id}").text
    assert "The organization was not informed by machine that the text was withdrawn. Inform it in another way." in page


def test_an_acknowledgment_of_the_letter_is_none_of_its_withdrawal(exchange: Exchange) -> None:
    output = exchange.release()
    exchange.send()
    exchange.world.withdrawn(output)
    of_letter = exchange.inbox.acknowledge(exchange.inbox.requests[0]["letter"]["statement"])
    exchange.inbox.answer = lambda _status, _acknowledgment: (202, of_letter)

    assert exchange.send() == 0
    assert (withdrawal_of(exchange, output).acknowledged_at, withdrawal_of(exchange, output).problem) == (
        None,
        "no-acknowledgment",
    )


def test_whenever_the_worker_is_killed_the_organization_is_informed_of_the_withdrawal_once(
    exchange: Exchange, engine, database
) -> None:
    output = exchange.release()
    exchange.send()
    exchange.world.withdrawn(output)
    signed = "SELECT count(*) FROM portal.withdrawal_transmission"

    with hold_journal_lock(database), sending_process(exchange) as process:  # before the withdrawal is signed
        wait_until(lambda: is_commit_waiting(engine))
        kill(process)
    assert (fetch_value(engine, signed), list_withdrawals(exchange)) == (0, [])

    exchange.inbox.go_on.clear()
    with sending_process(exchange) as process:  # while the inbox takes it in
        wait_until(lambda: len(exchange.inbox.taken_in) == 2)
        kill(process)
    exchange.inbox.go_on.set()
    assert fetch_value(engine, signed) == 1
    first = withdrawal_of(exchange, output).id

    expire_lease_of_withdrawal(exchange, output)
    exchange.inbox.go_on.clear()
    with sending_process(exchange) as process:  # before the acknowledgment is kept
        wait_until(lambda: len(list_withdrawals(exchange)) == 2)
        with hold_journal_lock(database):
            exchange.inbox.go_on.set()
            wait_until(lambda: is_commit_waiting(engine))
            kill(process)
    assert withdrawal_of(exchange, output).acknowledged_at is None

    expire_lease_of_withdrawal(exchange, output)
    assert exchange.send() == 1
    assert (withdrawal_of(exchange, output).id, len(list_withdrawals(exchange))) == (first, 3)
    letter = exchange.transmission(output).id
    assert set(exchange.inbox.taken_in) == {f"urn:uuid:{letter}", f"urn:uuid:{first}"}
    assert len({request["bytes"] for request in exchange.inbox.requests}) == 2
    events = "SELECT count(*) FROM portal.journal_line WHERE event = 'delivery:withdrawal-acknowledged'"
    assert fetch_value(engine, events) == 1


def expire_lease_of_withdrawal(exchange: Exchange, output: Output) -> None:
    """Let the time of an attempt be over that no one finishes."""
    with transaction(exchange.context.write_sessions) as session:
        row = session.get_one(WithdrawalTransmission, exchange.delivery(output).id)
        assert row.try_at is not None
        row.try_at -= LEASE
