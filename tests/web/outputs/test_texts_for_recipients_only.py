"""What is said of a text for its recipients only: nowhere that all ITU members can read it, at any step."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

from app.core.storage import Store, open_store
from app.domain.notifications.rules import catalogue_outputs
from app.domain.outputs import pending
from app.domain.outputs.models import Output
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
FORUM = {"words": "A forum", "wants": "reply"}
ONLY = {"kind": "liaison", "addressees": (FORUM,), "for_addressees_only": True}
MENTIONS_MEMBERS = re.compile(r"ITU members?\b[^.]*\.|Release to all ITU members")
TRUE_OF_IT = "No other ITU member outside the group can read it."
PEOPLE = ("ines", "laurent", "layla", "amina")
STEPS = ("adopted", "approved", "scheduled", "leaving", "failed", "released", "proposed", "withdrawing", "withdrawn")
PAGES = ("", "/let-out", "/let-out-alone", "/approve", "/call-back", "/withdraw", "/withdraw-alone", "/withdrawal")


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


def shown_words(page: str) -> str:
    """Return the words of the main part of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def bring_to(world: World, step: str, release_store: Store, **cover: object) -> Output:
    """Make an output and bring it to a step."""
    meeting, title = world.meeting(opens_in=-1), {"title": "On the security of routes"}
    if step in ("adopted", "approved", "scheduled", "leaving", "failed"):
        return getattr(world, step)(meeting, **title, **cover)
    output = world.released(meeting, release_store, **title, **cover)
    if step in ("proposed", "withdrawing", "withdrawn"):
        world.to_be_withdrawn(output)
    if step in ("withdrawing", "withdrawn"):
        world.decide_withdrawal(output)
    if step == "withdrawn":
        world.take_out(output)
    return output


def list_mentions(english: Open, output: Output) -> list[str]:
    """List what the desk and the pages of an output say of ITU members to anybody who can open them."""
    found = []
    for who in PEOPLE:
        browser = english(who)
        for path in ("/", *(f"/outputs/{output.id}{page}" for page in PAGES)):
            answer = browser.get(path)
            if answer.status_code == 200:
                words = shown_words(answer.text)
                found += [f"{who} {path}: {each}" for each in MENTIONS_MEMBERS.findall(words) if each not in TRUE_OF_IT]
    return found


@pytest.mark.parametrize("step", STEPS)
def test_no_page_says_that_all_members_can_read_it(
    world: World, release_store: Store, english: Open, step: str
) -> None:
    output = bring_to(world, step, release_store, **ONLY)

    assert list_mentions(english, output) == []


@pytest.mark.parametrize("step", STEPS)
def test_of_a_text_for_all_members_the_same_pages_say_it(
    world: World, release_store: Store, english: Open, step: str
) -> None:
    output = bring_to(world, step, release_store, kind="liaison", addressees=(FORUM,))

    assert list_mentions(english, output)


def test_who_releases_and_withdraws_it_reads_what_happens(world: World, release_store: Store, english: Open) -> None:
    output, ines, laurent = bring_to(world, "approved", release_store, **ONLY), english("ines"), english("laurent")
    here = f"/outputs/{output.id}"

    desk = shown_words(ines.get("/").text)
    assert "Release an approved text" in desk
    assert "It is delivered to its recipients and not published." in desk
    check = shown_words(ines.get(f"{here}/let-out").text)
    assert "The recipients of the text, and all members of the group" in check
    assert "The recipients do not get the text before that time." in check
    released = ines.post(f"{here}/let-out", {"when": "now"}).headers["Location"]
    assert "The text is delivered to its recipients only." in ines.get(released).text

    world.left(output, release_store)
    proposing = shown_words(ines.get(f"{here}/withdraw").text)
    assert "the text is withdrawn from its recipients" in proposing
    ines.post(f"{here}/withdraw", {"reason": "The annex is wrong.", "lang": "en"})
    assert "The text is withdrawn from its recipients" in shown_words(laurent.get(f"{here}/withdrawal").text)
    withdrawn = laurent.post(f"{here}/withdrawal/confirm", {"seen": str(world.withdrawal(output))})
    assert "Its recipients are informed." in laurent.get(withdrawn.headers["Location"]).text


def test_one_person_alone_reads_what_happens(world: World, release_store: Store, english: Open) -> None:
    output, ines = bring_to(world, "adopted", release_store, **ONLY), english("ines")
    here, form = f"/outputs/{output.id}", {"reason": "All are ill.", "lang": "en", "text": str(output.text_digest)}

    page = shown_words(ines.get(f"{here}/let-out-alone").text)
    assert "Exactly this text is delivered to its recipients at once" in page
    assert "All members of the group can read these exact words" in page
    assert "digitally signed" not in page
    assert "?done=let-out-alone" in ines.post(f"{here}/let-out-alone", form).headers["Location"]
    world.left(output, release_store)
    assert "The text is withdrawn from its recipients" in shown_words(ines.get(f"{here}/withdraw-alone").text)


def test_no_email_and_no_task_of_an_output_says_who_can_read_it() -> None:
    """Their words are the same for texts for all members and for recipients only; but a release to members is another
    event."""
    by_event = {name: types for name, types in catalogue_outputs.TYPES.items() if name.startswith("output:")}
    kinds = [kind for source in pending.SOURCES for kind in source.kinds]
    texts = [str(each) for types in by_event.values() for kind in types for each in (kind.subject, kind.words)]
    texts += [str(each) for kind in kinds for each in (kind.heading, kind.words, kind.impersonal_heading)]

    assert "The text can be released." in texts
    assert [each for each in texts if "ITU member" in each] == []
