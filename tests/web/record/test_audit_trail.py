"""The record: each Member reads what concerns its bodies and what it may see, the secretariat all of its bodies."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.domain.ledger import actions
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import check_inclusion, hash_leaf
from app.domain.ledger.rules.signed_notes import Checkpoint, SignedNote
from app.domain.silence.models import SilenceProcedure
from app.worker.ledger_heads import add_lines_and_sign_head
from tests.worker.test_worker import make_worker_context
from tests.world import PARENT, World


def list_record_lines(browser, who: str, query: str = "") -> list[str]:
    """The texts of the record's lines, the earliest first."""
    page = browser(who).get(f"/record{query}")
    assert page.status_code == 200
    rows = re.findall(r'<th scope="row" class="wide">(.*?)</th>', page.text, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in rows][::-1]


@pytest.fixture
def active_world(world: World) -> World:
    meeting = world.meeting(number=22)
    world.registered(meeting, title="Registered")
    world.draft(meeting, title="A draft of Kenya")
    world.meeting(number=23)
    world.silence(world.output(world.meeting(number=21, opens_in=-3)))
    return world


def test_a_delegation_reads_effective_acts_and_its_own_acts(active_world, browser) -> None:
    kenya, brazil, secretary = (list_record_lines(browser, who) for who in ("amina", "rafael", "ines"))

    submitted, registered = "A contribution was submitted", "A contribution was registered under a symbol"
    opened = "A silence procedure was opened"
    assert any(line.startswith(submitted) for line in kenya)
    assert not any(line.startswith(submitted) for line in brazil)
    assert any(line.startswith(submitted) for line in secretary)
    for lines in (kenya, brazil, secretary):
        assert any(line.startswith(registered) for line in lines)
        assert any(line.startswith(opened) for line in lines)
    assert any("draft output" in line for line in secretary)
    assert not any("draft output" in line for line in kenya + brazil)
    assert [line for line in kenya + brazil + secretary if "session" in line or "signed in" in line] == []


def test_members_of_another_body_and_visitors_read_nothing_of_a_body(active_world, browser, world) -> None:
    assert browser().get("/record").status_code == 401
    assert browser("chen").get("/record").status_code == 404
    assert list_record_lines(browser, "amina", "?symbol=CWG-Internet+22/1")


def test_a_seat_in_one_body_shows_nothing_of_another(active_world, browser, world) -> None:
    world.seat("chen", "delegate", body=PARENT)
    world.parent_meeting()

    lines = list_record_lines(browser, "chen")

    assert lines
    assert all("meeting" in line.lower() for line in lines)  # of the meeting that was planned and convened there
    assert any("silence procedure" in line for line in list_record_lines(browser, "amina"))
    assert list_record_lines(browser, "chen", "?symbol=CWG-Internet+22/1") == []


def test_a_position_is_in_the_record_of_those_who_see_it_on_the_page_of_the_procedure(
    active_world, browser, world
) -> None:
    """Where a body shows it to fewer: tests/web/silence/test_position_audience.py."""
    with transaction(world.read) as session:
        procedure = session.scalars(select(SilenceProcedure)).one()
    words = "A State submitted its position in a silence procedure"
    assert not any(line.startswith(words) for line in list_record_lines(browser, "ines"))
    world.position(procedure, "amina", "supports")

    for who in ("amina", "rafael", "ines"):
        assert any(line.startswith(words) for line in list_record_lines(browser, who))


def test_lines_are_filtered_by_kind_time_and_document(active_world, browser) -> None:
    everything = list_record_lines(browser, "ines")
    of_documents = list_record_lines(browser, "ines", "?kind=documents")
    assert of_documents
    assert set(of_documents) < set(everything)
    assert all("document" in line.lower() for line in of_documents)
    of_one = list_record_lines(browser, "amina", "?symbol=cwg-internet+22/1")
    assert any(line.startswith("A contribution was submitted") for line in of_one)
    assert not any("silence" in line for line in of_one)
    assert list_record_lines(browser, "amina", "?symbol=CWG-Internet+22/99") == []
    tomorrow = (clock.now() + timedelta(days=2)).date().isoformat()
    assert list_record_lines(browser, "ines", f"?since={tomorrow}") == []
    assert list_record_lines(browser, "ines", f"?until={tomorrow}") == everything
    assert browser("ines").get("/record?since=yesterday").status_code == 400


def test_the_proof_of_a_line_is_visible_only_to_those_who_see_the_line(active_world, browser, engine, settings) -> None:
    head = add_lines_and_sign_head(make_worker_context(engine, settings))

    page = browser("amina").get("/record?kind=contributions").text
    numbers = [int(each) for each in re.findall(r'href="/record/(\d+)"', page)]

    assert len(numbers) > 3
    for number in numbers:
        entry_proof = json.loads(browser("amina").get(f"/record/{number}.json").content)
        index, hashes, checkpoint = signed_notes.parse_inclusion_proof(entry_proof["proof"])
        entry = json.loads(entry_proof["entry"])
        check_inclusion(hash_leaf(entry_proof["entry"].encode()), index, head.size, hashes, head.root)
        assert (entry["seq"], index) == (number, number - 1)
        assert Checkpoint.parse_body(SignedNote.parse_note(checkpoint).body).root == head.root
    hidden = set(numbers) - {
        int(each) for each in re.findall(r'href="/record/(\d+)"', browser("rafael").get("/record").text)
    }
    assert hidden
    unknown = browser("rafael").get("/record/999999.json")
    for number in hidden:
        answer = browser("rafael").get(f"/record/{number}.json")
        assert (answer.status_code, answer.content) == (404, unknown.content)


def configure_witness(portal) -> None:
    portal_state = portal.app.state.portal
    key = signed_notes.NoteVerifier(
        "witness.example.org/w1", portal_state.public_keys.ledger[0], signed_notes.SignatureType.COSIGNATURE
    ).vkey
    changed = portal_state.settings.model_copy(update={"witnesses": (f"https://w.example.org {key}",)})
    object.__setattr__(portal_state, "settings", changed)


def sign_fresh_head(world: World) -> None:
    """Sign a head now."""
    with transaction(world.work) as session:
        assert actions.sign_head(session)


@pytest.mark.parametrize("seen", [0, 1], ids=["never", "once"])
def test_an_absent_witness_is_an_alarm_even_if_the_last_head_is_new(
    active_world, browser, portal, world, database, seen: int
) -> None:
    configure_witness(portal)
    sign_fresh_head(world)
    if seen:
        database.run_as_superuser("INSERT INTO portal.ledger_witness VALUES ('witness.example.org/w1', 1, now())")
    ines = browser("ines")
    assert "The witness is behind" not in ines.get("/record").text

    with clock.shifted_clock(timedelta(minutes=40)):
        world.meeting(number=77)
        sign_fresh_head(world)

        assert "The witness is behind" in ines.get("/record").text
        assert "The witness is behind" in browser("amina").get("/record").text
        assert "No witness outside the portal has confirmed the latest actions yet." in ines.get("/house").text


def test_the_page_says_once_a_witness_has_cosigned_the_last_head(
    active_world, browser, portal, world, database
) -> None:
    configure_witness(portal)
    sign_fresh_head(world)
    amina = browser("amina")
    assert "has not seen it yet" in amina.get("/record").text

    database.run_as_superuser(
        "INSERT INTO portal.ledger_witness SELECT 'witness.example.org/w1', max(size), now() FROM portal.ledger_head"
    )
    page = amina.get("/record").text

    assert ("has not seen it yet" in page, "has seen it" in page) == (False, True)


def test_a_witness_that_refused_is_an_alarm_for_the_secretariat(active_world, browser, portal, database) -> None:
    configure_witness(portal)
    database.run_as_superuser(
        "INSERT INTO portal.ledger_witness VALUES ('witness.example.org/w1', 1, now(), 'fork', now())"
    )

    page = unescape(browser("ines").get("/record").text)

    assert (
        page.count("The witness has seen a different activity log: entries were changed after they were signed.") == 2
    )
    assert "Witness witness.example.org/w1: " in page
    assert "Witness witness.example.org/w1: " not in browser("amina").get("/record").text
