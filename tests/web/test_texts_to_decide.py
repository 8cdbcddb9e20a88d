"""The text is on every page on which one decides on it."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest

from app.core.clamav import ScanState, ScanVerdict
from app.core.db import transaction
from app.core.long_texts import MAX_PARAGRAPHS
from app.worker.maintenance import apply_scan_verdict
from tests.browser import Browser
from tests.document_history import add_translation
from tests.world import GRACE, World

Open = Callable[..., Browser]
PARAGRAPH = re.compile(r'<p class="para" id="p-(\d+)" dir="auto">([^<]*)</p>')
TEXT = "A text of one paragraph."


def sign(world: World) -> tuple[str, str, str]:
    """A contribution that Brazil is invited to co-sponsor."""
    return "rafael", f"/contributions/{world.asked(world.meeting(), 'BRA').id}/sign", world.file().sha256


def support(world: World) -> tuple[str, str, str]:
    return "rafael", f"/documents/{world.registered(world.meeting())[1].id}/support", world.file().sha256


def output_act(act: str, who: str) -> Callable[[World], tuple[str, str, str]]:
    def find(world: World) -> tuple[str, str, str]:
        meeting = world.meeting(opens_in=-1)
        output = world.output(meeting) if act != "approve" else world.adopted(meeting)
        return who, f"/outputs/{output.id}{'/' if act else ''}{act}", world.file("en", "Secret output title").sha256

    return find


def position(page: str) -> Callable[[World], tuple[str, str, str]]:
    def find(world: World) -> tuple[str, str, str]:
        procedure = world.silence(world.output(world.meeting(opens_in=-1)))
        return "amina", f"/silence/{procedure.id}{page}", world.file("en", "Secret output title").sha256

    return find


PAGES = {
    "co-sponsor": sign,
    "support": support,
    "adopt": output_act("adopt", "laurent"),
    "approve": output_act("approve", "ines"),
    "output": output_act("", "ines"),
    "silence": position(""),
    "position": position("/position"),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_text_is_on_the_page_on_which_one_decides(world: World, english: Open, name: str) -> None:
    who, page, sha256 = PAGES[name](world)
    reader = english(who)
    assert "The text is being prepared for reading." in reader.get(page).text

    world.rendered(sha256, TEXT, "A second one.")

    shown = reader.get(page).text
    assert PARAGRAPH.findall(shown) == [("1", TEXT), ("2", "A second one.")]
    choices = re.findall(r'<option value="(\d+)">([^<]*)</option>', shown.partition("<datalist")[2])
    assert choices == ([("1", TEXT), ("2", "A second one.")] if name == "position" else [])


@pytest.mark.parametrize("name", ["co-sponsor", "support", "adopt"])
def test_a_text_in_which_a_virus_was_found_is_not_shown(world: World, english: Open, name: str) -> None:
    who, page, sha256 = PAGES[name](world)
    world.rendered(sha256, TEXT)
    assert TEXT in english(who).get(page).text

    contribution = UUID(page.split("/")[2]) if name == "co-sponsor" else None
    with transaction(world.work) as session:
        verdict = ScanVerdict(ScanState.INFECTED, "Eicar")
        apply_scan_verdict(session, sha256, verdict, contribution=contribution, grace=GRACE)

    assert TEXT not in english(who).get(page).text


def test_a_long_text_continues_in_the_file(world: World, english: Open) -> None:
    who, page, sha256 = support(world)
    world.rendered(sha256, *(f"Number {number}." for number in range(MAX_PARAGRAPHS + 1)))

    shown = english(who).get(page).text

    assert len(PARAGRAPH.findall(shown)) == MAX_PARAGRAPHS
    assert "The text continues in the file." in shown
    assert f'href="{page.removesuffix("/support")}/files/en"' in shown


def test_one_decides_in_the_language_that_one_chooses(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting())
    add_translation(world, document, "es", text="Un texto.")
    world.rendered(world.file().sha256, TEXT)
    world.rendered(world.file("es", "Un texto.").sha256, "Un texto.")
    rafael, page = english("rafael"), f"/documents/{document.id}/support"

    own, chosen = rafael.get(page).text, rafael.get(f"{page}?language=es").text

    assert (PARAGRAPH.findall(own), PARAGRAPH.findall(chosen)) == ([("1", TEXT)], [("1", "Un texto.")])
    assert f'href="{page}?language=es#text"' in own
