"""Advance versions through HTTP: what the plan asks, who translates and approves, and what everybody sees of it."""

from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest

from app.core import clock
from app.core.clamav import ScanState, ScanVerdict
from app.core.db import transaction
from app.core.storage import Store, open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.inputs import ReleaseInstant
from app.domain.outputs.models import Output, OutputStatus
from app.domain.outputs.queries import translations
from app.domain.outputs.rules.texts import compute_digest_of_translations
from app.domain.scans import actions as scans
from app.http.pdf_export import is_pdf_available
from tests.browser import Browser
from tests.files import a_docx
from tests.world import World

Open = Callable[..., Browser]
MARK = "Advance, unedited version"


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-2)


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def made(world: World, meeting: Meeting, shelf: Store) -> Output:
    """An advance version in English alone, of a text that should be in French too."""
    return world.advance(meeting, shelf, "fr", title="An urgent text", kind="parent_report")


def digests(world: World, output: Output) -> tuple[str, str]:
    """Of the one translation that there is, and of all that a completion adds."""
    with transaction(world.read) as session:
        there = session.get_one(Output, output.id)
        every = translations.list_translations(session, there)
        return (every[0].digest if every else ""), compute_digest_of_translations(
            translations.list_translations_to_release(session, there)
        )


def send(browser: Browser, output: Output, **typed: str) -> object:
    files = {"file": ("texte.docx", a_docx("Un texte urgent."))}
    fields = {"language": "fr", "title": "Un texte urgent"} | typed
    return browser.post(f"/outputs/{output.id}/translate", fields, files=files)


def on_paper(browser: Browser, output: Output) -> str:
    """The adoption record as a PDF, its text."""
    document = pypdfium2.PdfDocument(browser.get(f"/outputs/{output.id}/record.pdf").content)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def test_the_plan_names_what_is_missing_and_asks_as_what_it_goes_out(
    world: World, meeting: Meeting, english: Open
) -> None:
    world.works_in("en", "fr", "zh")
    made = world.approved(meeting, title="An urgent text")
    ines, address = english("ines"), f"/outputs/{made.id}/let-out"
    page = ines.get(address).text
    assert "Chinese and French" in page
    assert 'value="complete" checked' in page

    refused = ines.post(address, {"form": "complete", "when": "now", "addressees": "tsb"})
    assert (refused.status_code, 'id="f-form-error"' in refused.text) == (400, True)
    assert "中文, Français" in refused.text
    assert 'value="tsb" checked' in refused.text
    answer = ines.post(address, {"form": "advance", "when": "now"})

    assert answer.headers["Location"].endswith("?done=let-out")
    page = english("amina").get(f"/outputs/{made.id}").text
    assert MARK in page
    assert "Chinese and French" in page


def test_the_plan_asks_nothing_of_it_where_nothing_is_missing(world: World, meeting: Meeting, english: Open) -> None:
    made = world.approved(meeting)
    ines, address = english("ines"), f"/outputs/{made.id}/let-out"
    assert MARK not in ines.get(address).text

    refused = ines.post(address, {"form": "advance", "when": "now"})

    assert (refused.status_code, "let it out complete" in refused.text) == (400, True)
    assert ines.post(address, {"form": "half", "when": "now"}).status_code == 400
    assert ines.post(address, {"form": "complete", "when": "now"}).status_code == 303


def test_whoever_approves_or_acts_alone_is_told_that_languages_are_missing(
    world: World, meeting: Meeting, english: Open
) -> None:
    world.works_in("en", "fr")
    made, other = world.adopted(meeting), world.adopted(meeting)
    ines = english("ines")

    assert "Languages are missing" in ines.get(f"/outputs/{made.id}/approve").text
    assert "It goes out as an advance, unedited version" in ines.get(f"/outputs/{other.id}/let-out-alone").text
    world.works_in("en")
    assert "Languages are missing" not in ines.get(f"/outputs/{made.id}/approve").text
    assert "It goes out as an advance" not in ines.get(f"/outputs/{other.id}/let-out-alone").text


def test_it_is_translated_approved_and_completed_by_different_people(
    world: World, made: Output, shelf: Store, english: Open
) -> None:
    ines, layla, amina = (english(who) for who in ("ines", "layla", "amina"))
    here = f"/outputs/{made.id}"
    assert "An advance version lacks languages" in ines.get("/").text

    answer = send(ines, made)
    assert answer.headers["Location"].endswith("?done=translated#languages")
    assert "waits for a second person" in layla.get("/").text
    assert "waits for a second person" not in ines.get("/").text
    assert f"{here}/translations/fr/approve" not in ines.get(here).text
    page = layla.get(f"{here}/translations/fr/approve").text
    assert "Un texte urgent" in page
    answer = layla.post(f"{here}/translations/fr/approve", {"text": digests(world, made)[0]})
    assert answer.headers["Location"].endswith("?done=translation-approved#languages")

    assert "An advance version can be completed" in ines.get("/").text
    assert "An advance version can be completed" not in layla.get("/").text
    assert f"{here}/complete" not in layla.get(here).text
    assert "Un texte urgent" in ines.get(f"{here}/complete").text
    answer = ines.post(f"{here}/complete", {"when": "now", "adds": digests(world, made)[1]})
    assert answer.headers["Location"].endswith("?done=completing")
    world.left(made, shelf)

    page = amina.get(here).text
    assert MARK not in page
    assert "Released in all languages" in page
    for words in ("Un texte urgent", world.person("ines").name, world.person("layla").name):
        assert words in page
    assert amina.get(f"{here}/translations/fr").status_code == 200


def test_a_translation_is_for_the_chair_and_the_secretariat_until_readers_have_it(
    world: World, made: Output, shelf: Store, english: Open
) -> None:
    world.translated(made, "fr", title="Pas encore")
    address = f"/outputs/{made.id}/translations/fr"

    for who, sees in (("laurent", True), ("daniel", True), ("amina", False), ("rafael", False)):
        browser = english(who)
        assert browser.get(address).status_code == (200 if sees else 404)
        assert ("Pas encore" in browser.get(f"/outputs/{made.id}").text) is sees
    world.left(world.completing(made), shelf)
    assert "Pas encore" in english("amina").get(f"/outputs/{made.id}").text
    assert f"{address}" in english("amina").get("/outputs").text


def test_a_file_in_which_a_virus_was_found_is_served_to_nobody(world: World, made: Output, english: Open) -> None:
    sha256, address = world.translated(made, "fr").sha256, f"/outputs/{made.id}/translations/fr"
    assert english("laurent").get(address).status_code == 200

    with transaction(world.write) as session:
        scans.save_verdict(session, sha256, ScanVerdict(ScanState.INFECTED, "Eicar"))

    assert english("laurent").get(address).status_code == 409


def test_what_was_typed_is_kept_and_told_what_is_wrong(world: World, made: Output, english: Open) -> None:
    ines = english("ines")

    wrong = send(ines, made, language="xx", title="Un titre")
    assert (wrong.status_code, 'id="f-language-error"' in wrong.text) == (400, True)
    assert 'value="Un titre"' in wrong.text
    without = send(ines, made, title="")
    assert (without.status_code, "Give the title in this language" in without.text) == (400, True)
    there = send(ines, made, language="en")
    assert (there.status_code, "is there in this language" in there.text) == (400, True)
    no_file = ines.post(f"/outputs/{made.id}/translate", {"language": "fr", "title": "Un titre"})
    assert (no_file.status_code, "Choose a file first" in no_file.text) == (400, True)
    with transaction(world.read) as session:
        assert translations.list_translations(session, made) == []


def test_only_what_was_read_is_approved_and_let_out(world: World, made: Output, english: Open) -> None:
    world.translated(made, "fr", approved_by="")
    here = f"/outputs/{made.id}"

    stale = english("layla").post(f"{here}/translations/fr/approve", {"text": "0" * 64})
    assert (stale.status_code, "not the translation that you read" in stale.text) == (409, True)
    english("layla").post(f"{here}/translations/fr/approve", {"text": digests(world, made)[0]})
    stale = english("ines").post(f"{here}/complete", {"when": "now", "adds": "0" * 64})
    assert (stale.status_code, "not those that you saw" in stale.text) == (409, True)
    past = {"when": "then", "on": "2020-01-01", "at": "10:00", "adds": digests(world, made)[1]}
    refused = english("ines").post(f"{here}/complete", past)
    assert (refused.status_code, 'id="f-on-error"' in refused.text) == (400, True)


def test_what_stands_beside_now_in_the_fields_of_an_instant_is_not_read(
    world: World, meeting: Meeting, made: Output, english: Open
) -> None:
    world.works_in("en")
    text = world.approved(meeting)
    world.translated(made, "fr")
    ines, unread = english("ines"), {"when": "now", "on": "tomorrow", "at": "noon"}

    answer = ines.post(f"/outputs/{text.id}/let-out", unread)
    assert answer.headers["Location"].endswith("?done=let-out")
    adds = {"adds": digests(world, made)[1]}
    refused = ines.post(f"/outputs/{made.id}/complete", unread | adds | {"when": "then"})
    assert (refused.status_code, 'id="f-on-error"' in refused.text) == (400, True)
    answer = ines.post(f"/outputs/{made.id}/complete", unread | adds)
    assert answer.headers["Location"].endswith("?done=completing")


def test_an_instant_is_set_and_called_back_with_a_reason(world: World, made: Output, english: Open) -> None:
    world.translated(made, "fr")
    ines, here = english("ines"), f"/outputs/{made.id}"
    day = str(clock.now().year + 1)

    answer = ines.post(
        f"{here}/complete", {"when": "then", "on": f"{day}-01-05", "at": "10:00", "adds": digests(world, made)[1]}
    )
    assert answer.headers["Location"].endswith("?done=completion-scheduled")
    address = f"{here}/call-back-completion"
    assert address in english("laurent").get(here).text
    assert f"{day}" in english("laurent").get(address).text
    assert english("laurent").post(address, {"reason": ""}).status_code == 400
    answer = english("laurent").post(address, {"reason": "A capital asked."})

    assert answer.headers["Location"].endswith("?done=completion-called-back")
    assert "A capital asked." in english("ines").get(here).text
    assert f"{here}/complete" in ines.get(here).text


def test_lists_and_the_adoption_record_carry_the_mark(world: World, made: Output, shelf: Store, english: Open) -> None:
    amina = english("amina")
    for path in ("/outputs", f"/outputs/{made.id}", f"/outputs/{made.id}/record"):
        assert MARK in amina.get(path).text
    assert "French" in amina.get(f"/outputs/{made.id}/record").text
    if is_pdf_available():
        assert MARK in on_paper(amina, made)

    world.completed(made, shelf)

    for path in ("/outputs", f"/outputs/{made.id}", f"/outputs/{made.id}/record"):
        assert MARK not in amina.get(path).text
    assert "A title (fr)" in amina.get(f"/outputs/{made.id}/record").text
    if is_pdf_available():
        assert MARK not in on_paper(amina, made)
        assert "Translations of the adopted text" in on_paper(amina, made)


def test_what_it_became_in_the_parent_group_carries_it_too(
    world: World, made: Output, shelf: Store, english: Open
) -> None:
    document = world.forwarded(made, world.parent_meeting())
    ines, address = english("ines"), f"/documents/{document.id}"
    assert MARK in ines.get(address).text

    world.completed(made, shelf)

    assert MARK not in ines.get(address).text
    later = world.forwarded(made, world.parent_meeting(number=45, opens_in=90))
    assert "Français" in ines.get(f"/documents/{later.id}").text or "French" in ines.get(f"/documents/{later.id}").text


def test_a_failure_is_told_and_it_is_let_out_again(world: World, made: Output, shelf: Store, english: Open) -> None:
    world.translated(made, "fr")
    world.not_completed(world.completing(made))

    assert "The release of a text in all languages failed" in english("ines").get("/").text
    page = english("ines").get(f"/outputs/{made.id}").text
    assert f"/outputs/{made.id}/complete" in page
    assert "What is stored is not the text that was adopted" in page
    world.left(world.completing(made, ReleaseInstant()), shelf)
    with transaction(world.read) as session:
        assert (session.get_one(Output, made.id).status, session.get_one(Output, made.id).still_to_come) == (
            OutputStatus.RELEASED,
            [],
        )
