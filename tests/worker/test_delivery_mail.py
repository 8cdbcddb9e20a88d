"""Deliveries by e-mail: to the address of the register, with the files and the signed receipt, once, or by hand."""

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from app.core import clock
from app.core.db import transaction
from app.core.storage import Store, open_store
from app.domain.deliveries.models import Delivery
from app.domain.deliveries.queries import list_deliveries
from app.domain.outputs.models import Output
from app.domain.releases.actions.copy import slug_of_symbol
from app.worker.delivery_mail import send_delivery_mail
from app.worker.release import WorkerContext
from tests.mail_server import Postbox
from tests.world import World

ADDRESS = "liaisons@ietf.example"
TO_IETF = ({"organization": "IETF", "wants": "reply", "reply_by": "2027-03-01"},)


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def mailing(context: WorkerContext, world: World) -> WorkerContext:
    """The worker, with the files of the world."""
    return replace(context, store=world.store)


@pytest.fixture
def output(world: World, release_store: Store) -> Output:
    """A liaison statement released to an organization that has an address."""
    world.give_address("IETF", ADDRESS)
    meeting = world.meeting(opens_in=-1)
    return world.released(meeting, release_store, kind="liaison", title="On routing", addressees=TO_IETF)


def find_delivery(world: World, output: Output) -> Delivery:
    with transaction(world.read) as session:
        (delivery,) = list_deliveries(session, output)
        return delivery


def test_an_organization_gets_the_files_and_the_signed_receipt_once(
    world: World, mailing: WorkerContext, box: Postbox, output: Output
) -> None:
    assert (find_delivery(world, output).channel, find_delivery(world, output).state) == ("mail", "due")

    assert [send_delivery_mail(mailing), send_delivery_mail(mailing)] == [1, 0]

    (email,) = box.emptied()
    text, file, receipt = email.iter_parts()
    assert (email["To"], text["Content-Language"]) == (ADDRESS, "en")
    assert output.symbol in email["Subject"]
    for words in ("On routing", "For reply", "1 March 2027", f"/outputs/{slug_of_symbol(output.symbol)}"):
        assert words in text.get_content()
    assert sha256(file.get_content()).hexdigest() in json.dumps(json.loads(receipt.get_content())["statement"])
    assert "Secret" not in file.get_filename()
    found = find_delivery(world, output)
    assert (found.state, found.note, found.try_at) == ("sent", ADDRESS, None)
    assert found.sent_at


def test_what_a_server_refuses_is_delivered_by_hand(
    world: World, mailing: WorkerContext, box: Postbox, output: Output
) -> None:
    box.recipient = lambda _: "550 no such mailbox"

    assert [send_delivery_mail(mailing), send_delivery_mail(mailing)] == [1, 0]

    assert find_delivery(world, output).state == "failed"
    world.hand_over(find_delivery(world, output))
    assert (find_delivery(world, output).channel, find_delivery(world, output).state) == ("hand", "sent")


def test_what_a_server_defers_is_tried_again_for_two_days(
    world: World, mailing: WorkerContext, box: Postbox, output: Output
) -> None:
    box.recipient = lambda _: "450 later"
    send_delivery_mail(mailing)
    assert (find_delivery(world, output).state, find_delivery(world, output).tries) == ("due", 1)
    assert send_delivery_mail(mailing) == 0, "not before its time"

    with clock.shifted_clock(timedelta(days=2, minutes=1)):
        send_delivery_mail(mailing)
    assert find_delivery(world, output).state == "failed"


def test_a_lost_answer_of_the_server_repeats_the_same_message(
    world: World, mailing: WorkerContext, box: Postbox, output: Output
) -> None:
    box.dies = "taken"
    send_delivery_mail(mailing)
    box.dies = ""
    with clock.shifted_clock(timedelta(minutes=2)):
        send_delivery_mail(mailing)

    assert len({email["Message-ID"] for email in box.emptied()}) == 1
    assert find_delivery(world, output).state == "sent"


@pytest.mark.parametrize("was_sent", [True, False])
def test_who_got_the_text_is_informed_of_its_withdrawal_and_no_one_else(
    world: World, mailing: WorkerContext, box: Postbox, output: Output, was_sent: bool
) -> None:
    if was_sent:
        send_delivery_mail(mailing)
    box.emptied()
    world.withdrawn(output)

    send_delivery_mail(mailing)
    send_delivery_mail(mailing)

    assert [email["Subject"] for email in box.emptied()] == ([f"{output.symbol} was withdrawn"] if was_sent else [])
    assert find_delivery(world, output).state == "called-back"


def test_without_an_address_it_is_delivered_by_hand(world: World, release_store: Store) -> None:
    output = world.released(world.meeting(opens_in=-1), release_store, kind="liaison", addressees=TO_IETF)

    assert (find_delivery(world, output).channel, find_delivery(world, output).state) == ("hand", "due")
