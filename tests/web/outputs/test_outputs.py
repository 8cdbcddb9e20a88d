"""Outputs through HTTP: from the draft to the release, and who sees what."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.core import clock
from app.core.db import count_rows, transaction
from app.core.errors import NotFound
from app.core.storage import open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting
from app.domain.outputs.inputs import Adoption
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from tests.browser import Browser
from tests.files import make_docx, with_part
from tests.world import World

FILE_BUTTONS = ["/files", "/files/en/remove"]
Open = Callable[..., Browser]
COVER = {"kind": "report", "original": "en", "title_en": "Report of the meeting", "title_fr": "Rapport de la réunion"}


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-2)


def read_output(world: World, output: UUID) -> Output:
    with transaction(world.read) as session:
        return session.get_one(Output, output)


def get_digest(world: World, output: UUID) -> str:
    with transaction(world.read) as session:
        return outputs.compute_text_digest(session, session.get_one(Output, output))


def sign_in_to_approve(world: World, browser: Browser, who: str, output: Output) -> None:
    world.sign_in_to_approve(browser.client.cookies["cwg_portal"], read_output(world, output.id), who)


def test_a_secretary_drafts_an_output_from_documents(world: World, english: Open) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting)
    ines = english("ines")
    page = ines.get(f"/meetings/{meeting.id}/outputs/new").text
    assert document.symbol in page

    answer = ines.post(f"/meetings/{meeting.id}/outputs", COVER | {"sources": [str(document.id)]})

    assert answer.status_code == 303
    output_page = ines.get(answer.headers["Location"]).text
    assert 'value="Rapport de la réunion"' in output_page
    assert f'value="{document.id}" checked' in output_page


def test_only_the_secretariat_drafts_outputs(world: World, meeting: Meeting, english: Open) -> None:
    for who, status in (("amina", 403), ("joseph", 403), ("wambui", 404)):
        assert english(who).get(f"/meetings/{meeting.id}/outputs/new").status_code == status
        assert english(who).post(f"/meetings/{meeting.id}/outputs", COVER).status_code == status
    with transaction(world.read) as session:
        assert count_rows(session, outputs.list_visible_outputs(world.actor("ines"))) == 0


def test_errors_are_shown_at_each_title(world: World, meeting: Meeting, english: Open) -> None:
    typed = COVER | {"title_en": "", "title_fr": "Rap\u202eport", "title_es": "Informe"}
    answer = english("ines").post(f"/meetings/{meeting.id}/outputs", typed)

    assert answer.status_code == 400
    assert 'id="f-title_en-error"' in answer.text
    assert 'id="f-title_fr-error"' in answer.text
    assert 'id="f-title_es-error"' not in answer.text
    assert 'value="Informe"' in answer.text


def test_a_field_that_is_sent_twice_is_refused_but_sources_may_be_several(world: World, english: Open) -> None:
    meeting = world.meeting()
    sources = [str(world.registered(meeting, title=title)[1].id) for title in ("One", "Two")]

    answer = english("ines").post(f"/meetings/{meeting.id}/outputs", COVER | {"sources": sources})
    refused = english("ines").post(f"/meetings/{meeting.id}/outputs", COVER | {"kind": ["report", "decision"]})

    assert (answer.status_code, refused.status_code) == (303, 400)


def test_a_draft_is_not_found_for_delegates_until_adopted(world: World, meeting: Meeting, english: Open) -> None:
    output = world.output(meeting, title="Secret output title")
    paths = [f"/outputs/{output.id}", f"/outputs/{output.id}/files/en"]
    for path in paths:
        assert english("laurent").get(path).status_code == 200
        assert english("amina").get(path).status_code == 404
    page = english("ines").get("/outputs").text
    assert "Secret output title" in page
    (form,) = re.findall(r'href="(/meetings/[^"]+/outputs/new)"', page)
    assert english("ines").get(form).status_code == 200
    assert "/outputs/new" not in english("amina").get("/outputs").text
    assert "Secret output title" not in english("amina").get("/outputs").text

    adopted = world.adopted(meeting, title="Adopted output title")
    page = english("amina").get(f"/outputs/{adopted.id}").text
    assert adopted.symbol in page
    assert "Adopted output title" in english("amina").get("/outputs").text
    assert english("wambui").get(f"/outputs/{adopted.id}").status_code == 404
    assert english("wambui").get("/outputs").status_code == 404


def test_the_text_is_stored_byte_for_byte(world: World, meeting: Meeting, english: Open) -> None:
    output = world.output(meeting)
    ines, content = english("ines"), make_docx("Le texte.")

    sent = ines.post(f"/outputs/{output.id}/files", {"language": "fr"}, files={"file": ("rapport.docx", content)})

    assert sent.headers["Location"] == f"/outputs/{output.id}/edit?done=received"
    response = ines.get(f"/outputs/{output.id}/files/fr")
    assert response.content == content
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["Cache-Control"] == "no-store"

    assert ines.post(f"/outputs/{output.id}/files/fr/remove").status_code == 303
    assert ines.get(f"/outputs/{output.id}/files/fr").status_code == 404


@pytest.mark.parametrize("button", ["", *FILE_BUTTONS])
def test_no_button_of_a_draft_loses_the_input_of_its_form(
    world: World, meeting: Meeting, english: Open, button: str
) -> None:
    output, ines = world.output(meeting), english("ines")
    typed = {"kind": "report", "original": "en", "title_en": "Typed just now", "version": output.version}
    files = None if "remove" in button else {"file": ("rapport.docx", make_docx("Le texte."))}

    answer = ines.post(f"/outputs/{output.id}{button}", typed | {"language": "fr"}, files=files)

    assert answer.status_code == 303
    page = ines.get(f"/outputs/{output.id}/edit").text
    assert 'value="Typed just now"' in page
    assert ("rapport.docx" in page) == ("remove" not in button)


@pytest.mark.parametrize("button", ["", *(pytest.param(each, marks=pytest.mark.thorough) for each in FILE_BUTTONS)])
def test_nothing_is_saved_in_a_draft_that_the_chair_adopts_at_the_same_time(
    world: World, meeting: Meeting, english: Open, button: str
) -> None:
    output, ines = world.output(meeting), english("ines")
    ines.get(f"/outputs/{output.id}")
    typed = COVER | {"title_en": "Typed meanwhile", "version": output.version, "language": "fr"}
    sent = {"files": {"file": ("rapport.docx", make_docx("Le texte."))}} if button == "/files" else {}

    with ThreadPoolExecutor(1) as pool:
        with world.acting("laurent") as (session, actor):
            output_row = outputs.get_visible_output(session, actor, output.id, lock=True)
            saving = pool.submit(lambda: ines.post(f"/outputs/{output.id}{button}", typed, **sent))
            with pytest.raises(TimeoutError):
                saving.result(0.5)
            text = outputs.compute_text_digest(session, output_row)
            drafting.adopt_output(
                session, actor, output_row, Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=text)
            )
        assert saving.result(60).status_code == 409

    assert read_output(world, output.id).titles == output.titles
    assert get_digest(world, output.id) == read_output(world, output.id).text_digest


def test_a_file_refused_by_inspection_is_shown_with_its_findings(world: World, meeting: Meeting, english: Open) -> None:
    output = world.output(meeting)
    files = {"file": ("rapport.docx", with_part("word/vbaProject.bin", b"x"))}

    refused = english("ines").post(f"/outputs/{output.id}/files", {"language": "fr"}, files=files)
    without = english("ines").post(f"/outputs/{output.id}/files", {"language": "fr"})

    assert (refused.status_code, without.status_code) == (400, 400)
    assert "The file was not accepted and was not saved" in refused.text
    assert 'class="findings"' in refused.text
    assert "Select a file first." in without.text
    assert english("ines").get(f"/outputs/{output.id}/files/fr").status_code == 404


def test_only_chair_and_secretariat_change_texts_and_cover(world: World, meeting: Meeting, english: Open) -> None:
    adopted = world.adopted(meeting)
    url = f"/outputs/{adopted.id}"
    content = make_docx("Le texte.")
    files = {"file": ("rapport.docx", content)}

    for who, status in (("amina", 403), ("ines", 409)):  # adopted: the secretary could before, but cannot any more
        member = english(who)
        assert member.get(f"{url}/edit").status_code == status
        assert member.post(url, COVER | {"version": "2"}).status_code == status
        assert member.post(f"{url}/files", {"language": "fr"}, files=files).status_code == status
        assert member.post(f"{url}/files/en/remove").status_code == status
    assert read_output(world, adopted.id).titles == {"en": "Secret output title"}
    with pytest.raises(NotFound):  # the file is not even stored
        world.store.size(sha256(content).hexdigest())


def test_a_stale_save_shows_both_texts(world: World, meeting: Meeting, english: Open) -> None:
    output = world.output(meeting)
    assert english("ines").post(f"/outputs/{output.id}", COVER | {"version": "2"}).status_code == 303

    late = COVER | {"version": "2", "title_en": "What the chair typed"}
    answer = english("laurent").post(f"/outputs/{output.id}", late)

    assert answer.status_code == 409
    assert "Report of the meeting" in answer.text
    assert 'value="What the chair typed"' in answer.text
    assert 'name="version" value="3"' in answer.text
    assert read_output(world, output.id).titles["en"] == "Report of the meeting"


def test_an_output_is_adopted_approved_and_released(world: World, meeting: Meeting, english: Open) -> None:
    output = world.output(meeting)
    url = f"/outputs/{output.id}"
    text = get_digest(world, output.id)
    chair, ines, daniel, layla = (english(who) for who in ("laurent", "ines", "daniel", "layla"))
    assert f'href="{url}/adopt"' in chair.get(url).text
    assert f'href="{url}/adopt"' not in ines.get(url).text
    form = chair.get(f"{url}/adopt").text
    assert f'name="text" value="{text}"' in form
    assert ("What will happen" in form, "What happens" in form) == (False, True)  # one heading says it

    day = meeting.opens_on.isoformat()
    adopted = chair.post(f"{url}/adopt", {"adopted_on": day, "text": text, "without_pdf": "yes"})
    assert adopted.headers["Location"] == f"{url}?done=adopted"
    assert f'href="{url}/approve"' not in chair.get(url).text
    for who, approver in (("ines", ines), ("layla", layla)):
        assert f'href="{url}/approve/sign-in"' in approver.get(f"{url}/approve").text
        sign_in_to_approve(world, approver, who, output)
        assert f'name="text" value="{text}"' in approver.get(f"{url}/approve").text
        assert approver.post(f"{url}/approve", {"text": text}).headers["Location"] == f"{url}?done=approved"
    page = ines.get(url).text
    assert "Inés" in page
    assert "secretary" in page
    for decided in (chair, ines, layla):
        assert "Another person must release the text." in decided.post(f"{url}/let-out", {"when": "now"}).text
    assert daniel.get(f"{url}/let-out").status_code == 200
    assert daniel.post(f"{url}/let-out", {"when": "now"}).headers["Location"] == f"{url}?done=let-out"

    assert read_output(world, output.id).status == "leaving"


def test_a_release_is_scheduled_and_cancelled_with_a_reason(world: World, meeting: Meeting, english: Open) -> None:
    output = world.approved(meeting)
    url, ines, chair = f"/outputs/{output.id}", english("ines"), english("laurent")
    release_form = ines.get(f"{url}/let-out").text
    assert "In the time zone of the meeting, Geneva (Switzerland)." in release_form
    day = (clock.now() + timedelta(days=9)).date().isoformat()
    plan = {"when": "then", "on": day, "at": "09:30", "addressees": ["tsb", "parent"]}

    assert ines.post(f"{url}/let-out", plan).headers["Location"] == f"{url}?done=scheduled"
    page = chair.get(url).text
    assert "Release scheduled" in page
    assert ", 09:30 in Geneva" in page
    assert "the Telecommunication Standardization Bureau (TSB)" in page
    assert f'href="{url}/let-out"' not in ines.get(url).text

    empty = chair.post(f"{url}/call-back", {"reason": " "})
    assert (empty.status_code, 'id="f-reason-error"' in empty.text) == (400, True)
    assert chair.get(f"{url}/call-back").status_code == 200
    cancellation = chair.post(f"{url}/call-back", {"reason": "A capital <b>asked</b>."})
    assert cancellation.headers["Location"] == f"{url}?done=called-back"
    page = english("amina").get(url).text
    assert "A capital &lt;b&gt;asked&lt;/b&gt;." in page
    assert "Release cancelled:" in page
    assert f'href="{url}/let-out"' in ines.get(url).text


def test_an_invalid_instant_is_reported_at_its_field_and_keeps_the_input(
    world: World, meeting: Meeting, english: Open
) -> None:
    output = world.approved(meeting)
    ines, today = english("ines"), clock.now().date().isoformat()

    for on, at, field in ((today, "00:00", "on"), ("", "09:30", "on"), (today, "", "at"), (today, "soon", "at")):
        plan = {"when": "then", "on": on, "at": at, "addressees": ["bdt"]}
        answer = ines.post(f"/outputs/{output.id}/let-out", plan)
        assert answer.status_code == 400
        assert f'id="f-{field}-error"' in answer.text
        assert 'value="bdt" checked' in answer.text
        assert 'value="then" checked' in answer.text
    page = ines.get(f"/outputs/{output.id}/let-out").text
    assert 'name="when" value="now"' in page
    assert 'value="now" checked' not in page  # a release now cannot be cancelled, and is never chosen by accident
    undecided = ines.post(f"/outputs/{output.id}/let-out", {"addressees": ["bdt"]})
    assert (undecided.status_code, 'id="f-when-error"' in undecided.text) == (400, True)
    strange = ines.post(f"/outputs/{output.id}/let-out", {"when": "now", "addressees": ["public"]})
    assert strange.status_code == 400
    assert read_output(world, output.id).status == "approved"


def test_an_act_at_the_wrong_time_or_by_the_wrong_person_is_refused(
    world: World, meeting: Meeting, english: Open
) -> None:
    draft, adopted, approved = world.output(meeting), world.adopted(meeting), world.approved(meeting)
    day = {"adopted_on": meeting.opens_on.isoformat(), "text": get_digest(world, draft.id)}
    cases = [
        (draft, "adopt", day, {"ines": 403, "amina": 404}),
        (adopted, "adopt", day, {"laurent": 409}),
        (adopted, "approve", {"text": adopted.text_digest}, {"laurent": 403, "amina": 403}),
        (adopted, "let-out", {}, {"ines": 409, "laurent": 403}),
        (approved, "approve", {"text": approved.text_digest}, {"layla": 403, "ines": 409}),
        (approved, "let-out", {}, {"laurent": 403, "amina": 403}),
        (approved, "call-back", {"reason": "Because."}, {"ines": 409, "amina": 403}),
    ]

    for output, act, data, answers in cases:
        for who, status in answers.items():
            assert english(who).get(f"/outputs/{output.id}/{act}").status_code == status
            assert english(who).post(f"/outputs/{output.id}/{act}", data).status_code == status
    assert [read_output(world, each.id).status for each in (draft, adopted, approved)] == [
        "draft",
        "adopted",
        "approved",
    ]


def test_a_text_that_was_replaced_meanwhile_is_not_adopted(world: World, meeting: Meeting, english: Open) -> None:
    output = world.output(meeting)
    seen = get_digest(world, output.id)
    files = {"file": ("text.docx", make_docx("Exchanged."))}
    english("ines").post(f"/outputs/{output.id}/files", {"language": "en"}, files=files)

    data = {"adopted_on": meeting.opens_on.isoformat(), "text": seen}
    answer = english("laurent").post(f"/outputs/{output.id}/adopt", data)

    assert answer.status_code == 409
    assert f'value="{get_digest(world, output.id)}"' in answer.text
    assert read_output(world, output.id).status == "draft"


def test_a_text_other_than_the_adopted_one_is_not_approved(world: World, meeting: Meeting, english: Open) -> None:
    adopted, ines = world.adopted(meeting), english("ines")
    sign_in_to_approve(world, ines, "ines", adopted)

    answer = ines.post(f"/outputs/{adopted.id}/approve", {"text": "0" * 64})

    assert answer.status_code == 409
    assert "This is not the text that was adopted." in answer.text
    assert ines.post(f"/outputs/{adopted.id}/approve", {"text": adopted.text_digest}).status_code == 303


def test_an_invalid_day_is_reported_at_its_field(world: World, english: Open) -> None:
    meeting = world.meeting(opens_in=-9)
    output = world.output(meeting)
    text = get_digest(world, output.id)
    early = (meeting.opens_on - timedelta(days=1)).isoformat()

    late = (meeting.closes_on + timedelta(days=1)).isoformat()

    form = english("laurent").get(f"/outputs/{output.id}/adopt").text
    assert f'value="{meeting.closes_on.isoformat()}"' in form
    for day in (early, late, "tomorrow", ""):
        answer = english("laurent").post(f"/outputs/{output.id}/adopt", {"adopted_on": day, "text": text})
        assert answer.status_code == 400
        assert 'id="f-adopted_on-error"' in answer.text
        assert "One of the days of the meeting, and not in the future: " in answer.text
        assert f'value="{day}"' in answer.text


def test_a_released_output_links_to_the_read_path(
    world: World, meeting: Meeting, english: Open, tmp_path: Path
) -> None:
    released = world.released(meeting, open_store(f"file://{tmp_path}/shelf"))
    leaving = world.leaving(meeting)

    assert "http://127.0.0.1:8001/outputs/CWG-Internet-22-OUT-1" in english("amina").get(f"/outputs/{released.id}").text
    assert "http://127.0.0.1:8001" not in english("amina").get(f"/outputs/{leaving.id}").text
    assert english("amina").get(f"/outputs/{uuid4()}").status_code == 404


def test_a_failed_release_is_shown_with_a_remedy_and_can_be_repeated(
    world: World, meeting: Meeting, english: Open
) -> None:
    output = world.failed(meeting, title="Report of the meeting")
    ines = english("ines")
    remedy = "Ask the system administrator to restore the adopted files, then release the text again."

    for who in ("ines", "laurent"):
        dashboard = english(who).get("/").text
        assert "The release of a text failed" in dashboard
        assert remedy in dashboard
    page = ines.get(f"/outputs/{output.id}").text
    assert "The stored text is not the adopted text" in page
    assert "Release failed" in page
    assert english("laurent").post(f"/outputs/{output.id}/let-out").status_code == 403

    assert ines.post(f"/outputs/{output.id}/let-out", {"when": "now"}).status_code == 303
    assert read_output(world, output.id).status == "leaving"
    assert "The release of a text failed" not in ines.get(f"/outputs/{output.id}").text


def test_outputs_are_narrowed_and_sorted_by_the_address(world: World, browser: Open) -> None:
    meeting, laurent = world.meeting(opens_in=-2), browser("laurent")
    world.output(meeting, title="On cables")
    world.adopted(meeting, title="On spectrum")

    def list_found(query: str) -> list[bool]:
        page = laurent.get(f"/outputs{query}").text
        return ["On cables" in page, "On spectrum" in page]

    assert list_found("") == [True, True]
    assert list_found("?words=CABLES") == [True, False]
    assert list_found("?status=adopted") == [False, True]
    assert list_found("?words=en") == [False, False]  # a language is no word of a title
    assert "No outputs match these filters." in laurent.get("/outputs?words=nothing").text
    assert laurent.get("/outputs?status=lost").status_code == 400
