"""Outputs through HTTP: from the draft to the moment it is let out, and who sees what."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.core import clock
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.storage import open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting
from app.domain.outputs.inputs import Adoption
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from tests.browser import Browser
from tests.files import a_docx, with_part
from tests.world import World

Open = Callable[..., Browser]
COVER = {"kind": "report", "original": "en", "title_en": "Report of the meeting", "title_fr": "Rapport de la réunion"}


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-2)


def read(world: World, output: UUID) -> Output:
    with transaction(world.read) as session:
        return session.get_one(Output, output)


def digest(world: World, output: UUID) -> str:
    with transaction(world.read) as session:
        return outputs.compute_text_digest(session, session.get_one(Output, output))


def test_a_secretary_drafts_an_output_from_documents(world: World, english: Open) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting)
    ines = english("ines")
    page = ines.get(f"/meetings/{meeting.id}/outputs/new").text
    assert document.symbol in page

    answer = ines.post(f"/meetings/{meeting.id}/outputs", COVER | {"sources": [str(document.id)]})

    assert answer.status_code == 303
    made = ines.get(answer.headers["Location"]).text
    assert 'value="Rapport de la réunion"' in made
    assert f'value="{document.id}" checked' in made


def test_nobody_else_drafts(world: World, meeting: Meeting, english: Open) -> None:
    for who, status in (("amina", 403), ("joseph", 403), ("wambui", 404)):
        assert english(who).get(f"/meetings/{meeting.id}/outputs/new").status_code == status
        assert english(who).post(f"/meetings/{meeting.id}/outputs", COVER).status_code == status
    with transaction(world.read) as session:
        assert outputs.count_outputs(session, world.actor("ines")) == 0


def test_each_title_is_told_what_is_wrong_with_it(world: World, meeting: Meeting, english: Open) -> None:
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


def test_a_draft_is_unknown_to_delegates_and_known_once_adopted(world: World, meeting: Meeting, english: Open) -> None:
    output = world.output(meeting, title="Secret output title")
    paths = [f"/outputs/{output.id}", f"/outputs/{output.id}/files/en"]
    for path in paths:
        assert english("laurent").get(path).status_code == 200
        assert english("amina").get(path).status_code == 404
    assert "Secret output title" in english("ines").get("/outputs").text
    assert "Secret output title" not in english("amina").get("/outputs").text

    adopted = world.adopted(meeting, title="Adopted output title")
    page = english("amina").get(f"/outputs/{adopted.id}").text
    assert adopted.symbol in page
    assert "Adopted output title" in english("amina").get("/outputs").text
    assert english("wambui").get(f"/outputs/{adopted.id}").status_code == 404
    assert english("wambui").get("/outputs").status_code == 404


def test_the_text_is_taken_byte_for_byte(world: World, meeting: Meeting, english: Open) -> None:
    output = world.output(meeting)
    ines, content = english("ines"), a_docx("Le texte.")

    sent = ines.post(f"/outputs/{output.id}/files", {"language": "fr"}, files={"file": ("rapport.docx", content)})

    assert sent.headers["Location"] == f"/outputs/{output.id}/edit?done=received"
    taken = ines.get(f"/outputs/{output.id}/files/fr")
    assert taken.content == content
    assert taken.headers["Content-Disposition"].startswith("attachment")
    assert taken.headers["Cache-Control"] == "private, no-cache"

    assert ines.post(f"/outputs/{output.id}/files/fr/remove").status_code == 303
    assert ines.get(f"/outputs/{output.id}/files/fr").status_code == 404


@pytest.mark.parametrize("button", ["/files", "/files/en/remove", ""])
def test_no_button_of_a_draft_loses_what_was_typed_beside_it(
    world: World, meeting: Meeting, english: Open, button: str
) -> None:
    output, ines = world.output(meeting), english("ines")
    typed = {"kind": "report", "original": "en", "title_en": "Typed just now", "version": output.version}
    files = None if "remove" in button else {"file": ("rapport.docx", a_docx("Le texte."))}

    answer = ines.post(f"/outputs/{output.id}{button}", typed | {"language": "fr"}, files=files)

    assert answer.status_code == 303
    page = ines.get(f"/outputs/{output.id}/edit").text
    assert 'value="Typed just now"' in page
    assert ("rapport.docx" in page) == ("remove" not in button)


@pytest.mark.parametrize("button", ["/files", "/files/en/remove", ""])
def test_nothing_is_saved_in_what_the_chair_adopts_at_the_same_time(
    world: World, meeting: Meeting, english: Open, button: str
) -> None:
    output, ines = world.output(meeting), english("ines")
    ines.get(f"/outputs/{output.id}")
    typed = COVER | {"title_en": "Typed meanwhile", "version": output.version, "language": "fr"}
    sent = {"files": {"file": ("rapport.docx", a_docx("Le texte."))}} if button == "/files" else {}

    with ThreadPoolExecutor(1) as pool:
        with world.acting("laurent") as (session, actor):
            there = outputs.get_visible_output(session, actor, output.id, lock=True)
            saving = pool.submit(lambda: ines.post(f"/outputs/{output.id}{button}", typed, **sent))
            with pytest.raises(TimeoutError):
                saving.result(2)
            text = outputs.compute_text_digest(session, there)
            drafting.adopt_output(session, actor, there, Adoption(adopted_on=meeting.opens_on, text=text))
        assert saving.result(10).status_code == 409

    assert read(world, output.id).titles == output.titles
    assert digest(world, output.id) == read(world, output.id).text_digest


def test_what_the_gate_refuses_is_shown_with_what_was_found(world: World, meeting: Meeting, english: Open) -> None:
    output = world.output(meeting)
    files = {"file": ("rapport.docx", with_part("word/vbaProject.bin", b"x"))}

    refused = english("ines").post(f"/outputs/{output.id}/files", {"language": "fr"}, files=files)
    without = english("ines").post(f"/outputs/{output.id}/files", {"language": "fr"})

    assert (refused.status_code, without.status_code) == (400, 400)
    assert "The file was not taken" in refused.text
    assert 'class="findings"' in refused.text
    assert "Choose a file first." in without.text
    assert english("ines").get(f"/outputs/{output.id}/files/fr").status_code == 404


def test_texts_and_cover_are_changed_by_chair_and_secretariat_only(
    world: World, meeting: Meeting, english: Open
) -> None:
    adopted = world.adopted(meeting)
    here = f"/outputs/{adopted.id}"
    content = a_docx("Le texte.")
    files = {"file": ("rapport.docx", content)}

    for who, status in (("amina", 403), ("ines", 409)):  # adopted: the secretary could, but not any more
        them = english(who)
        assert them.get(f"{here}/edit").status_code == status
        assert them.post(here, COVER | {"version": "2"}).status_code == status
        assert them.post(f"{here}/files", {"language": "fr"}, files=files).status_code == status
        assert them.post(f"{here}/files/en/remove").status_code == status
    assert read(world, adopted.id).titles == {"en": "Secret output title"}
    with pytest.raises(NotFound):  # not even taken in
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
    assert read(world, output.id).titles["en"] == "Report of the meeting"


def test_from_adoption_to_letting_out(world: World, meeting: Meeting, english: Open) -> None:
    output = world.output(meeting)
    here = f"/outputs/{output.id}"
    text = digest(world, output.id)
    chair, ines, daniel, layla = (english(who) for who in ("laurent", "ines", "daniel", "layla"))
    assert f'href="{here}/adopt"' in chair.get(here).text
    assert f'href="{here}/adopt"' not in ines.get(here).text
    assert f'name="text" value="{text}"' in chair.get(f"{here}/adopt").text

    day = meeting.opens_on.isoformat()
    adopted = chair.post(f"{here}/adopt", {"adopted_on": day, "text": text})
    assert adopted.headers["Location"] == f"{here}?done=adopted"
    assert f'href="{here}/approve"' not in chair.get(here).text
    for approver in (ines, layla):
        assert f'name="text" value="{text}"' in approver.get(f"{here}/approve").text
        assert approver.post(f"{here}/approve", {"text": text}).headers["Location"] == f"{here}?done=approved"
    page = ines.get(here).text
    assert "Inés" in page
    assert "secretary" in page
    for decided in (chair, ines, layla):
        assert "Somebody else lets the text out." in decided.post(f"{here}/let-out").text
    assert daniel.get(f"{here}/let-out").status_code == 200
    assert daniel.post(f"{here}/let-out").headers["Location"] == f"{here}?done=let-out"

    assert read(world, output.id).status == "leaving"


def test_a_release_is_set_for_an_instant_and_called_back_with_a_reason(
    world: World, meeting: Meeting, english: Open
) -> None:
    output = world.approved(meeting)
    here, ines, chair = f"/outputs/{output.id}", english("ines"), english("laurent")
    asked = ines.get(f"{here}/let-out").text
    assert "In the time zone of the meeting, Europe/Zurich." in asked
    day = (clock.now() + timedelta(days=9)).date().isoformat()
    plan = {"when": "then", "on": day, "at": "09:30", "addressees": ["tsb", "parent"]}

    assert ines.post(f"{here}/let-out", plan).headers["Location"] == f"{here}?done=scheduled"
    page = chair.get(here).text
    assert "Its release is set" in page
    assert "09:30:00" in page
    assert "The Telecommunication Standardization Bureau (TSB)" in page
    assert f'href="{here}/let-out"' not in ines.get(here).text

    empty = chair.post(f"{here}/call-back", {"reason": " "})
    assert (empty.status_code, 'id="f-reason-error"' in empty.text) == (400, True)
    assert chair.get(f"{here}/call-back").status_code == 200
    called_back = chair.post(f"{here}/call-back", {"reason": "A capital <b>asked</b>."})
    assert called_back.headers["Location"] == f"{here}?done=called-back"
    page = english("amina").get(here).text
    assert "A capital &lt;b&gt;asked&lt;/b&gt;." in page
    assert "Called back:" in page
    assert f'href="{here}/let-out"' in ines.get(here).text


def test_an_instant_that_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(
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
    strange = ines.post(f"/outputs/{output.id}/let-out", {"when": "now", "addressees": ["public"]})
    assert strange.status_code == 400
    assert read(world, output.id).status == "approved"


def test_an_act_at_the_wrong_time_or_by_the_wrong_person_is_refused(
    world: World, meeting: Meeting, english: Open
) -> None:
    draft, adopted, approved = world.output(meeting), world.adopted(meeting), world.approved(meeting)
    day = {"adopted_on": meeting.opens_on.isoformat(), "text": digest(world, draft.id)}
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
    assert [read(world, each.id).status for each in (draft, adopted, approved)] == ["draft", "adopted", "approved"]


def test_a_text_that_was_exchanged_meanwhile_is_not_adopted(world: World, meeting: Meeting, english: Open) -> None:
    output = world.output(meeting)
    seen = digest(world, output.id)
    files = {"file": ("text.docx", a_docx("Exchanged."))}
    english("ines").post(f"/outputs/{output.id}/files", {"language": "en"}, files=files)

    data = {"adopted_on": meeting.opens_on.isoformat(), "text": seen}
    answer = english("laurent").post(f"/outputs/{output.id}/adopt", data)

    assert answer.status_code == 409
    assert f'value="{digest(world, output.id)}"' in answer.text
    assert read(world, output.id).status == "draft"


def test_another_text_than_the_adopted_one_is_not_approved(world: World, meeting: Meeting, english: Open) -> None:
    adopted = world.adopted(meeting)

    answer = english("ines").post(f"/outputs/{adopted.id}/approve", {"text": "0" * 64})

    assert answer.status_code == 409
    assert "This is not the text that was adopted." in answer.text
    assert english("ines").post(f"/outputs/{adopted.id}/approve", {"text": adopted.text_digest}).status_code == 303


def test_a_day_that_cannot_be_is_said_beside_the_field(world: World, meeting: Meeting, english: Open) -> None:
    output = world.output(meeting)
    text = digest(world, output.id)
    early = (meeting.opens_on - timedelta(days=1)).isoformat()

    for day in (early, "tomorrow", ""):
        answer = english("laurent").post(f"/outputs/{output.id}/adopt", {"adopted_on": day, "text": text})
        assert answer.status_code == 400
        assert 'id="f-adopted_on-error"' in answer.text
        assert f'value="{day}"' in answer.text


def test_a_released_output_links_to_the_read_path(
    world: World, meeting: Meeting, english: Open, tmp_path: Path
) -> None:
    released = world.released(meeting, open_store(f"file://{tmp_path}/shelf"))
    leaving = world.leaving(meeting)

    assert "http://127.0.0.1:8001/outputs/CWG-Internet-22-OUT-1" in english("amina").get(f"/outputs/{released.id}").text
    assert "http://127.0.0.1:8001" not in english("amina").get(f"/outputs/{leaving.id}").text
    assert english("amina").get(f"/outputs/{uuid4()}").status_code == 404


def test_a_release_that_failed_is_shown_with_what_to_do_and_can_be_tried_again(
    world: World, meeting: Meeting, english: Open
) -> None:
    output = world.failed(meeting, title="Report of the meeting")
    ines = english("ines")
    what_to_do = "Ask those who run the portal to put back the adopted files, then let it out again."

    for who in ("ines", "laurent"):
        desk = english(who).get("/").text
        assert "The release of a text failed" in desk
        assert what_to_do in desk
    page = ines.get(f"/outputs/{output.id}").text
    assert "What is stored is not the text that was adopted" in page
    assert "Release failed" in page
    assert english("laurent").post(f"/outputs/{output.id}/let-out").status_code == 403

    assert ines.post(f"/outputs/{output.id}/let-out").status_code == 303
    assert read(world, output.id).status == "leaving"
    assert "The release of a text failed" not in ines.get(f"/outputs/{output.id}").text
