"""The PDF of a text on the pages where it is read, adopted, put under silence and approved."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from app.core.clamav import ScanState
from app.core.db import transaction
from app.core.storage import open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output, OutputFile, OutputTranslation
from app.settings import Settings
from tests.browser import Browser
from tests.web.account.test_recent_sign_in import hidden_fields
from tests.world import World

Open = Callable[..., Browser]
BEING_MADE = "The PDF is being made."
NOT_MADE = "No PDF could be made of this file."
NO_CONVERTER = "No PDF is made of Word documents here."
WITHOUT = "the text is released without a PDF"


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-2)


def get_file(world: World, output: Output) -> OutputFile:
    with transaction(world.read) as session:
        return session.get_one(OutputFile, (output.id, "en"))


def test_the_chair_sees_the_pdf_that_is_adopted(world: World, meeting: Meeting, english: Open) -> None:
    draft, laurent = world.with_pdf(world.output(meeting)), english("laurent")
    file, here = get_file(world, draft), f"/outputs/{draft.id}"

    for page in (laurent.get(path).text for path in (here, f"{here}/adopt", f"{here}/silence", f"{here}/edit")):
        assert f'href="{here}/files/en/pdf"' in page
        assert "2 pages" in page
        assert f"sha256 {file.pdf[:4]} {file.pdf[4:8]}" in page
        assert WITHOUT not in page
    answer = laurent.get(f"{here}/files/en/pdf")
    assert sha256(answer.content).hexdigest() == file.pdf
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Disposition"].endswith('.pdf"')
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("made", "cause"),
    [
        (None, BEING_MADE),
        ({"pdf": False, "whole": False}, NOT_MADE),
        ({"pdf": False}, NO_CONVERTER),
    ],
)
def test_the_chair_sees_why_there_is_no_pdf_and_may_adopt_without(
    world: World, meeting: Meeting, english: Open, made: dict[str, bool] | None, cause: str
) -> None:
    draft, laurent = world.output(meeting), english("laurent")
    if made is not None:
        world.rendered(get_file(world, draft).sha256, "The text.", **made)
    here = f"/outputs/{draft.id}"

    for page in (laurent.get(path).text for path in (f"{here}/adopt", f"{here}/silence")):
        assert cause in page
        assert WITHOUT in page
    assert laurent.get(f"{here}/files/en/pdf").status_code == 404

    adopted = world.adopted(meeting, draft=draft)
    page = english("amina").get(f"/outputs/{adopted.id}").text
    assert "The text was adopted without a PDF, so none is released." in page
    assert WITHOUT not in english("joseph").get(f"{here}/approve").text


def test_adopting_while_the_pdf_is_being_made_is_asked_and_keeps_what_was_typed(
    world: World, meeting: Meeting, english: Open
) -> None:
    draft, laurent = world.output(meeting), english("laurent")
    path, day = f"/outputs/{draft.id}/adopt", meeting.opens_on.isoformat()
    page = laurent.get(path).text
    assert 'name="without_pdf" value="yes">' in page  # not chosen before
    typed = {"adopted_on": day, "text": hidden_fields(page)["text"]}

    unasked = laurent.post(path, typed)

    assert (unasked.status_code, 'id="f-without_pdf-error"' in unasked.text) == (400, True)
    assert f'value="{day}"' in unasked.text
    assert laurent.post(path, typed | {"without_pdf": "yes"}).status_code == 303

    failed = world.output(meeting, title="A text of which no PDF can be made")
    world.rendered(get_file(world, failed).sha256, "The text.", pdf=False, whole=False)
    assert 'name="without_pdf"' not in laurent.get(f"/outputs/{failed.id}/adopt").text


def test_the_pdf_of_a_draft_is_not_found_for_delegates_until_adopted(
    world: World, meeting: Meeting, english: Open
) -> None:
    draft = world.with_pdf(world.output(meeting))
    path = f"/outputs/{draft.id}/files/en/pdf"
    assert english("ines").get(path).status_code == 200
    assert english("amina").get(path).status_code == 404

    world.adopted(meeting, draft=draft)

    assert english("amina").get(path).status_code == 200
    assert english("wambui").get(path).status_code == 404


@pytest.mark.parametrize("infected", ["sha256", "pdf"])
def test_the_pdf_of_an_infected_file_is_not_given_out(
    world: World, meeting: Meeting, english: Open, infected: str
) -> None:
    draft = world.with_pdf(world.output(meeting))
    path = f"/outputs/{draft.id}/files/en/pdf"
    assert english("laurent").get(path).status_code == 200

    world.scanned(getattr(get_file(world, draft), infected), ScanState.INFECTED, "a virus")

    assert english("laurent").get(path).status_code == 409


def test_the_states_read_the_pdf_of_a_text_under_silence(world: World, meeting: Meeting, english: Open) -> None:
    draft = world.with_pdf(world.output(meeting))
    procedure, without = world.silence(draft), world.silence(world.output(meeting, title="Another"))
    path = f"/silence/{procedure.id}/files/en/pdf"

    assert f'href="{path}"' in english("amina").get(f"/silence/{procedure.id}").text
    assert sha256(english("amina").get(path).content).hexdigest() == get_file(world, draft).pdf
    assert english("wambui").get(path).status_code == 404
    assert "/pdf" not in english("amina").get(f"/silence/{without.id}").text
    assert english("amina").get(f"/silence/{without.id}/files/en/pdf").status_code == 404
    page = english("laurent").get(f"/outputs/{without.output_id}").text
    assert "The silence procedure was started without a PDF of this text, so none is added." in page


def test_a_translation_is_approved_with_its_pdf_or_known_to_have_none(
    world: World, meeting: Meeting, settings: Settings, english: Open
) -> None:
    output = world.advance(meeting, open_store(settings.release_store_url), "fr")
    world.translated(output, "fr", approved_by="")
    path = f"/outputs/{output.id}/translations/fr"
    assert WITHOUT in english("layla").get(f"{path}/approve").text

    world.with_pdf(output, "fr")

    page = english("layla").get(f"{path}/approve").text
    assert WITHOUT not in page
    assert f'href="{path}/pdf"' in page
    with transaction(world.read) as session:
        pdf = session.get_one(OutputTranslation, (output.id, "fr")).pdf
    assert sha256(english("layla").get(f"{path}/pdf").content).hexdigest() == pdf
    assert english("amina").get(f"{path}/pdf").status_code == 404
