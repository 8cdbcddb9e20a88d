"""Who sees the positions of States before the deadline: decided by the body, followed by page and audit trail alike."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.core import clock
from app.core.db import transaction
from app.domain.outputs.models import Output
from app.domain.silence.actions import procedure as silence
from tests.browser import Browser
from tests.web.record.test_audit_trail import list_record_lines
from tests.web.silence.test_silence import visible_text
from tests.world import World

Open = Callable[..., Browser]
URL = "/bodies/cwg-internet/silence"
WORDS = "Kenya welcomes this text."
TAKEN = "A State submitted its position in a silence procedure"
KENYA, SERVING, OTHERS = ("amina", "joseph"), ("laurent", "layla", "ines"), ("rafael", "haruka")


@pytest.fixture
def output(world: World) -> Output:
    return world.output(world.meeting(opens_in=-1))


def show_to(world: World, audience: str) -> None:
    world.change_body(positions_shown_to=audience)


def list_who_sees(browser: Open, path: str) -> tuple[list[str], list[str]]:
    """Return who of the group sees Kenya's position on the page of the procedure, and who in the audit trail."""
    people = (*KENYA, *SERVING, *OTHERS)
    on_page = [who for who in people if WORDS in browser(who).get(path).text]
    in_trail = [who for who in people if any(line.startswith(TAKEN) for line in list_record_lines(browser, who))]
    return on_page, in_trail


def test_positions_are_shown_to_every_delegation_unless_the_body_decided_otherwise(
    world: World, output: Output, browser: Open
) -> None:
    procedure = world.silence(output)
    show_to(world, "own-delegation")  # for procedures that are opened from now on
    world.position(procedure, "amina", "supports", text=WORDS)

    everybody = [*KENYA, *SERVING, *OTHERS]
    assert list_who_sees(browser, f"/silence/{procedure.id}") == (everybody, everybody)


def test_positions_are_shown_to_their_own_state_chairs_and_secretariat_until_the_end(
    world: World, output: Output, browser: Open
) -> None:
    show_to(world, "own-delegation")
    procedure = world.silence(output)
    world.position(procedure, "amina", "supports", text=WORDS)
    path, some = f"/silence/{procedure.id}", [*KENYA, *SERVING]

    assert list_who_sees(browser, path) == (some, some)
    assert "Support the text 1" in visible_text(browser("laurent").get(path).text)
    hidden = visible_text(browser("rafael").get(path).text)
    assert "Until the silence procedure ends: the State itself, the chairs and the secretariat" in hidden
    assert "Support the text" not in hidden
    assert "No State has submitted a position" not in hidden
    assert "Until the silence procedure ends: the State itself" in browser("rafael").get(f"{path}/position").text

    with clock.shifted_clock(timedelta(hours=74)), transaction(world.write) as session:
        assert silence.settle_procedure(session, output.id)
    assert list_who_sees(browser, path) == ([*some, *OTHERS], [*some, *OTHERS])


def test_the_seats_show_no_more_than_the_counts(world: World, output: Output, browser: Open) -> None:
    show_to(world, "own-delegation")
    procedure = world.silence(output)
    world.position(procedure, "amina", "supports")

    pages = {who: browser(who).get(f"/silence/{procedure.id}").text for who in (*KENYA, *SERVING, *OTHERS)}

    assert [who for who, page in pages.items() if 'class="seats"' in page] == list(SERVING)
    assert [who for who, page in pages.items() if "charts.css" in page] == list(SERVING)


def test_every_member_state_has_one_seat_with_its_position(world: World, output: Output, browser: Open) -> None:
    procedure = world.silence(output)
    world.position(procedure, "amina", "supports")
    world.position(procedure, "rafael", "reservation", text="Brazil understands this differently.")
    world.position(procedure, "haruka", "supports")

    page = browser("laurent").get(f"/silence/{procedure.id}").text

    seats = page.split('<ul class="seats">')[1].split("</ul>")[0]
    assert seats.count("h0") == 194
    assert re.findall(r'class="seat (supports|statement)" d="[^"]+"><title>(\w+)', seats) == [
        ("statement", "Brazil"),
        ("supports", "Kenya"),
        ("supports", "Japan"),
    ]
    silent = [int(count) for count in re.findall(r"No position taken: (\d+)", seats)]
    assert len(silent) == 5
    assert sum(silent) == 191
    assert 'D, Africa</b> <span class="meta">Support the text: 1 · No position taken:' in seats


def test_a_position_that_its_state_changed_before_the_end_stays_its_own(
    world: World, output: Output, browser: Open
) -> None:
    """The page shows what a State said last; so does the audit trail to others."""
    show_to(world, "own-delegation")
    procedure = world.silence(output)
    world.position(procedure, "amina", "reservation", text="Kenya objects to paragraph 4.")
    world.position(procedure, "amina", "supports", text=WORDS)
    world.position(procedure, "haruka", "breaks", text="Japan breaks silence.")

    def count_positions(who: str) -> int:
        return sum(line.startswith(TAKEN) for line in list_record_lines(browser, who))

    assert [count_positions(who) for who in ("amina", "rafael")] == [3, 2]
