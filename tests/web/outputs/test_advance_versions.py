"""Advance versions through HTTP: what the release plan asks, who translates and approves, and what readers see."""

from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest

from app.core import clock
from app.core.clamav import ScanState, ScanVerdict
from app.core.db import transaction
from app.core.storage import Store, open_store
from app.domain.files import actions as file_actions
from app.domain.meetings.models import Meeting
from app.domain.outputs.inputs import ReleaseInstant
from app.domain.outputs.models import Output, OutputStatus
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.rules.texts import compute_digest_of_translations
from tests.browser import Browser
from tests.files import make_docx
from tests.pango import HAS_PANGO
from tests.world import World

Open = Callable[..., Browser]
MARK = "Advance, unedited version"


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-2)


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def output(world: World, meeting: Meeting, release_store: Store) -> Output:
    """An advance version in English alone, of a text that should exist in French too."""
    return world.advance(meeting, release_store, "fr", title="An urgent text", kind="parent_report")


def get_digests(world: World, output: Output) -> tuple[str, str]:
    """The digest of the only translation, and the digest of all files that a completion adds."""
    with transaction(world.read) as session:
        output_row = session.get_one(Output, output.id)
        translated = outputs.list_translations(session, output_row)
        return (translated[0].digest if translated else ""), compute_digest_of_translations(
            translations.list_translations_to_release(session, output_row)
        )


def send_translation(browser: Browser, output: Output, **typed: str) -> object:
    files = {"file": ("texte.docx", make_docx("Un texte urgent."))}
    fields = {"language": "fr", "title": "Un texte urgent"} | typed
    return browser.post(f"/outputs/{output.id}/translate", fields, files=files)


def sign_in_to_approve(world: World, layla: Browser, output: Output) -> None:
    """Layla has signed in for the approval of the translation."""
    world.sign_in_to_approve(layla.client.cookies["cwg_portal"], output, "layla", language="fr")


def record_text(browser: Browser, output: Output) -> str:
    """The text of the adoption record's PDF."""
    document = pypdfium2.PdfDocument(browser.get(f"/outputs/{output.id}/record.pdf").content)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def test_the_plan_names_missing_languages_and_asks_for_the_form_of_release(
    world: World, meeting: Meeting, english: Open
) -> None:
    world.works_in("en", "fr", "zh")
    output = world.approved(meeting, title="An urgent text")
    ines, address = english("ines"), f"/outputs/{output.id}/let-out"
    page = ines.get(address).text
    assert "Chinese and French" in page
    assert 'value="complete" checked' in page

    refused = ines.post(address, {"form": "complete", "when": "now", "addressees": "tsb"})
    assert (refused.status_code, 'id="f-form-error"' in refused.text) == (400, True)
    assert "中文, Français" in refused.text
    assert 'value="tsb" checked' in refused.text
    answer = ines.post(address, {"form": "advance", "when": "now"})

    assert answer.headers["Location"].endswith("?done=let-out")
    page = english("amina").get(f"/outputs/{output.id}").text
    assert MARK in page
    assert "Chinese and French" in page


def test_the_plan_offers_no_advance_version_when_all_languages_are_there(
    world: World, meeting: Meeting, english: Open
) -> None:
    output = world.approved(meeting)
    ines, address = english("ines"), f"/outputs/{output.id}/let-out"
    assert MARK not in ines.get(address).text

    refused = ines.post(address, {"form": "advance", "when": "now"})

    assert (refused.status_code, "release the complete text" in refused.text) == (400, True)
    assert ines.post(address, {"form": "half", "when": "now"}).status_code == 400
    assert ines.post(address, {"form": "complete", "when": "now"}).status_code == 303


def test_those_who_adopt_approve_or_decide_alone_see_that_languages_are_missing(
    world: World, meeting: Meeting, english: Open
) -> None:
    world.works_in("en", "fr")
    output, other = world.adopted(meeting), world.adopted(meeting)
    ines, adoption = english("ines"), f"/outputs/{world.output(meeting).id}/adopt"

    assert "Missing languages" in english("laurent").get(adoption).text
    assert "Missing languages" in ines.get(f"/outputs/{output.id}/approve").text
    assert "It is released as an advance, unedited version" in ines.get(f"/outputs/{other.id}/let-out-alone").text
    world.works_in("en")
    assert "Missing languages" not in english("laurent").get(adoption).text
    assert "Missing languages" not in ines.get(f"/outputs/{output.id}/approve").text
    assert "It is released as an advance" not in ines.get(f"/outputs/{other.id}/let-out-alone").text


def test_an_advance_version_is_translated_approved_and_completed_by_different_people(
    world: World, output: Output, release_store: Store, english: Open
) -> None:
    ines, layla, amina = (english(who) for who in ("ines", "layla", "amina"))
    url = f"/outputs/{output.id}"
    assert "Translations of an advance version are missing" in ines.get("/").text

    answer = send_translation(ines, output)
    assert answer.headers["Location"].endswith("?done=translated#languages")
    assert "is awaiting approval by a second person" in layla.get("/").text
    assert "is awaiting approval by a second person" not in ines.get("/").text
    assert f"{url}/translations/fr/approve" not in ines.get(url).text
    page = layla.get(f"{url}/translations/fr/approve").text
    assert "Un texte urgent" in page
    sign_in_to_approve(world, layla, output)
    answer = layla.post(f"{url}/translations/fr/approve", {"text": get_digests(world, output)[0]})
    assert answer.headers["Location"].endswith("?done=translation-approved#languages")

    assert "An advance version can be released in all languages" in ines.get("/").text
    assert "An advance version can be released in all languages" not in layla.get("/").text
    assert f"{url}/complete" not in layla.get(url).text
    assert "Un texte urgent" in ines.get(f"{url}/complete").text
    answer = ines.post(f"{url}/complete", {"when": "now", "adds": get_digests(world, output)[1]})
    assert answer.headers["Location"].endswith("?done=completing")
    world.verify_approvals(output)
    world.left(output, release_store)

    page = amina.get(url).text
    assert MARK not in page
    assert "Released in all languages" in page
    for words in ("Un texte urgent", world.person("ines").name, world.person("layla").name):
        assert words in page
    assert amina.get(f"{url}/translations/fr").status_code == 200


def test_a_translation_is_visible_only_to_the_chair_and_the_secretariat_until_released(
    world: World, output: Output, release_store: Store, english: Open
) -> None:
    world.translated(output, "fr", title="Pas encore")
    address = f"/outputs/{output.id}/translations/fr"

    for who, sees in (("laurent", True), ("daniel", True), ("amina", False), ("rafael", False)):
        browser = english(who)
        assert browser.get(address).status_code == (200 if sees else 404)
        assert ("Pas encore" in browser.get(f"/outputs/{output.id}").text) is sees
    world.left(world.completing(output), release_store)
    assert "Pas encore" in english("amina").get(f"/outputs/{output.id}").text
    assert f"{address}" in english("amina").get("/outputs").text


def test_a_file_in_which_a_virus_was_found_is_not_served(world: World, output: Output, english: Open) -> None:
    sha256, address = world.translated(output, "fr").sha256, f"/outputs/{output.id}/translations/fr"
    assert english("laurent").get(address).status_code == 200

    with transaction(world.write) as session:
        file_actions.save_scan_verdict(session, sha256, ScanVerdict(ScanState.INFECTED, "Eicar"))

    assert english("laurent").get(address).status_code == 409


def test_a_refused_form_keeps_the_input_and_names_the_error(world: World, output: Output, english: Open) -> None:
    ines = english("ines")

    wrong = send_translation(ines, output, language="xx", title="Un titre")
    assert (wrong.status_code, 'id="f-language-error"' in wrong.text) == (400, True)
    assert 'value="Un titre"' in wrong.text
    without = send_translation(ines, output, title="")
    assert (without.status_code, "Enter the title in this language" in without.text) == (400, True)
    response = send_translation(ines, output, language="en")
    assert (response.status_code, "already available in this language" in response.text) == (400, True)
    no_file = ines.post(f"/outputs/{output.id}/translate", {"language": "fr", "title": "Un titre"})
    assert (no_file.status_code, "Select a file first" in no_file.text) == (400, True)
    with transaction(world.read) as session:
        assert outputs.list_translations(session, output) == []


def test_only_the_files_that_were_read_are_approved_and_released(world: World, output: Output, english: Open) -> None:
    world.translated(output, "fr", approved_by="")
    url = f"/outputs/{output.id}"

    layla = english("layla")
    sign_in_to_approve(world, layla, output)
    stale = layla.post(f"{url}/translations/fr/approve", {"text": "0" * 64})
    assert (stale.status_code, "not the translation that you read" in stale.text) == (409, True)
    assert layla.post(f"{url}/translations/fr/approve", {"text": get_digests(world, output)[0]}).status_code == 303
    stale = english("ines").post(f"{url}/complete", {"when": "now", "adds": "0" * 64})
    assert (stale.status_code, "not those that you saw" in stale.text) == (409, True)
    past = {"when": "then", "on": "2020-01-01", "at": "10:00", "adds": get_digests(world, output)[1]}
    refused = english("ines").post(f"{url}/complete", past)
    assert (refused.status_code, 'id="f-on-error"' in refused.text) == (400, True)


def test_the_fields_of_an_instant_are_ignored_for_an_immediate_release(
    world: World, meeting: Meeting, output: Output, english: Open
) -> None:
    world.works_in("en")
    text = world.approved(meeting)
    world.translated(output, "fr")
    ines, unread = english("ines"), {"when": "now", "on": "tomorrow", "at": "noon"}

    answer = ines.post(f"/outputs/{text.id}/let-out", unread)
    assert answer.headers["Location"].endswith("?done=let-out")
    adds = {"adds": get_digests(world, output)[1]}
    refused = ines.post(f"/outputs/{output.id}/complete", unread | adds | {"when": "then"})
    assert (refused.status_code, 'id="f-on-error"' in refused.text) == (400, True)
    answer = ines.post(f"/outputs/{output.id}/complete", unread | adds)
    assert answer.headers["Location"].endswith("?done=completing")


def test_a_scheduled_instant_is_cancelled_with_a_reason(world: World, output: Output, english: Open) -> None:
    world.translated(output, "fr")
    ines, url = english("ines"), f"/outputs/{output.id}"
    day = str(clock.now().year + 1)

    answer = ines.post(
        f"{url}/complete", {"when": "then", "on": f"{day}-01-05", "at": "10:00", "adds": get_digests(world, output)[1]}
    )
    assert answer.headers["Location"].endswith("?done=completion-scheduled")
    address = f"{url}/call-back-completion"
    assert address in english("laurent").get(url).text
    assert f"{day}" in english("laurent").get(address).text
    assert english("laurent").post(address, {"reason": ""}).status_code == 400
    answer = english("laurent").post(address, {"reason": "A capital asked."})

    assert answer.headers["Location"].endswith("?done=completion-called-back")
    assert "A capital asked." in english("ines").get(url).text
    assert f"{url}/complete" in ines.get(url).text


def test_lists_and_the_adoption_record_carry_the_advance_version_mark(
    world: World, output: Output, release_store: Store, english: Open
) -> None:
    amina = english("amina")
    for path in ("/outputs", f"/outputs/{output.id}", f"/outputs/{output.id}/record"):
        assert MARK in amina.get(path).text
    assert "French" in amina.get(f"/outputs/{output.id}/record").text
    if HAS_PANGO:
        assert MARK in record_text(amina, output)

    world.completed(output, release_store)

    for path in ("/outputs", f"/outputs/{output.id}", f"/outputs/{output.id}/record"):
        assert MARK not in amina.get(path).text
    assert "A title (fr)" in amina.get(f"/outputs/{output.id}/record").text
    if HAS_PANGO:
        assert MARK not in record_text(amina, output)
        assert "Translations of the adopted text" in record_text(amina, output)


def test_the_document_forwarded_to_the_parent_group_carries_the_mark(
    world: World, output: Output, release_store: Store, english: Open
) -> None:
    document = world.forwarded(output, world.parent_meeting())
    ines, address = english("ines"), f"/documents/{document.id}"
    assert MARK in ines.get(address).text

    world.completed(output, release_store)

    assert MARK not in ines.get(address).text
    later = world.forwarded(output, world.parent_meeting(number=45, opens_in=90))
    assert "Français" in ines.get(f"/documents/{later.id}").text or "French" in ines.get(f"/documents/{later.id}").text


def test_a_failed_release_is_shown_and_can_be_repeated(
    world: World, output: Output, release_store: Store, english: Open
) -> None:
    world.translated(output, "fr")
    world.not_completed(world.completing(output))

    assert "The release of a text in all languages failed" in english("ines").get("/").text
    page = english("ines").get(f"/outputs/{output.id}").text
    assert f"/outputs/{output.id}/complete" in page
    assert "The stored text is not the adopted text" in page
    world.left(world.completing(output, ReleaseInstant()), release_store)
    with transaction(world.read) as session:
        assert (session.get_one(Output, output.id).status, session.get_one(Output, output.id).still_to_come) == (
            OutputStatus.RELEASED,
            [],
        )
