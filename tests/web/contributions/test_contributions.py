"""The whole life of a contribution on its pages, and every refusal on the way."""

import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select

from app.core import clock
from app.core.db import set_row_security_entity, transaction
from app.domain.contributions.actions import drafting
from app.domain.contributions.models import Contribution, ContributionFile, ContributionStatus
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.submissions import load_submission
from app.domain.meetings.models import Meeting
from app.web.views.contributions.word_template import list_template_words
from tests.browser import Browser
from tests.core.test_contribution_template import FILLED, fill_in, make_template
from tests.files import make_docx, make_pdf, with_catalogue_entries
from tests.world import GRACE, World, record_rows

FILE_BUTTONS = ["/files", "/files/en/remove"]
Open = Callable[..., Browser]
PAPER = {"title": "Repair of routes", "original": "en", "purpose": "discussion", "abstract": "Two lines.\nAnd more."}


def cover_form(**changed: str) -> dict[str, object]:
    return {"key": str(uuid4()), "item": ""} | PAPER | changed


def upload_field(content: bytes | None = None, name: str = "paper.docx") -> dict[str, tuple[str, bytes, str]]:
    return {"file": (name, make_docx("A text.") if content is None else content, "application/octet-stream")}


def pdf_with_script() -> bytes:
    """A PDF with a script that runs when the file is opened."""
    return make_pdf(with_catalogue_entries(OpenAction={"/S": "/JavaScript", "/JS": "app.alert(1)"}))


def list_contributions(world: World, entity: str = "KEN") -> list[Contribution]:
    with transaction(world.read) as session:
        set_row_security_entity(session, entity)
        return list(session.scalars(select(Contribution)))


def list_files(world: World, entity: str = "KEN") -> list[ContributionFile]:
    with transaction(world.read) as session:
        set_row_security_entity(session, entity)
        return list(session.scalars(select(ContributionFile).order_by(ContributionFile.language)))


def get_only_contribution(world: World) -> Contribution:
    (contribution,) = list_contributions(world)
    return contribution


def contribution_path(contribution: Contribution, rest: str = "") -> str:
    return f"/contributions/{contribution.id}{rest}"


def pass_deadline(meeting: Meeting) -> timedelta:
    return meeting.contributions_due_at - clock.now() + timedelta(hours=1)


# Creating and changing a draft


def test_a_draft_with_its_file_is_saved_once_even_if_sent_twice(world: World, browser: Open) -> None:
    meeting = world.meeting()
    amina = browser("amina")
    page = amina.get(f"/meetings/{meeting.id}/contributions/new")
    key = re.search(r'name="key" value="([^"]+)"', page.text)
    assert key
    content = make_docx("The text.")

    sent = [
        amina.post(f"/meetings/{meeting.id}/contributions", cover_form(key=key[1]), files=upload_field(content))
        for _ in range(2)
    ]

    assert [answer.status_code for answer in sent] == [303, 303]
    assert {answer.headers["Location"] for answer in sent} == {
        f"/contributions/{get_only_contribution(world).id}/edit?done=saved"
    }
    assert (get_only_contribution(world).title, get_only_contribution(world).entity) == ("Repair of routes", "KEN")
    assert [file.sha256 for file in list_files(world)] == [hashlib.sha256(content).hexdigest()]
    shown = amina.get(sent[0].headers["Location"])
    assert "<p>Saved.</p>" in shown.text
    assert "paper.docx" in shown.text


def test_a_file_alone_makes_a_draft_with_what_was_read_in_it(world: World, english: Open) -> None:
    meeting, amina = world.meeting(), english("amina")
    french = "Le coût de la connexion des écoles est une question pour les pays et pour le groupe. " * 5
    content, sent = make_docx(french, title="Le coût de la connexion"), {"key": str(uuid4()), "version": "0"}

    made = [amina.post(f"/meetings/{meeting.id}/contributions", sent, files=upload_field(content)) for _ in range(2)]

    draft = get_only_contribution(world)
    assert {answer.headers["Location"] for answer in made} == {contribution_path(draft, "/edit?done=saved")}
    assert (draft.title, draft.original, draft.purpose) == ("Le coût de la connexion", "fr", "discussion")
    assert [(file.language, file.name) for file in list_files(world)] == [("fr", "paper.docx")]
    edit = amina.get(contribution_path(draft, "/edit")).text
    assert "Taken from the name of the file" not in edit
    assert "Taken from the properties of the file; check it." in edit
    assert "The title found in the properties of the file is “Le coût de la connexion”." in edit
    amina.post(contribution_path(draft), PAPER | {"version": draft.version})
    assert "Taken from the properties" not in amina.get(contribution_path(draft, "/edit")).text


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_file_made_from_a_word_template_fills_the_cover(world: World, english: Open, language: str) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Internet exchange points")
    world.agenda_released(meeting)
    words = list_template_words(language)
    values = {**FILLED[language], "source": "Kenya", "purpose": words.purposes[0], "item": "1"}
    content = fill_in(make_template(language), values)

    english("amina").post(
        f"/meetings/{meeting.id}/contributions",
        {"key": str(uuid4())},
        files=upload_field(content, "template.docx"),
    )

    draft = get_only_contribution(world)
    assert (draft.title, draft.original) == (values["title"], language)
    assert (draft.purpose, draft.item_id) == ("decision", item.id)
    assert (draft.abstract, draft.action, draft.contact) == (values["abstract"], values["action"], values["contact"])
    assert [(each["kind"], each["title"], each["concerns"]) for each in draft.proposals] == [
        (mark, values["proposal"], values["provision"]) for mark in ("ADD", "MOD", "SUP", "NOC")
    ]


def test_a_draft_whose_file_says_no_title_is_named_after_the_file_and_the_page_says_so(
    world: World, english: Open
) -> None:
    meeting, amina, said = world.meeting(), english("amina"), "Taken from the name of the file; check it."
    file = upload_field(make_pdf(title=""), "Schools in the north.pdf")

    amina.post(f"/meetings/{meeting.id}/contributions", {"key": str(uuid4())}, files=file)

    draft = get_only_contribution(world)
    assert (draft.title, draft.original) == ("Schools in the north", "en")
    assert said in amina.get(contribution_path(draft, "/edit")).text
    amina.post(contribution_path(draft), PAPER | {"version": draft.version})
    assert said not in amina.get(contribution_path(draft, "/edit")).text


def test_who_has_no_file_yet_is_asked_for_title_and_language(world: World, english: Open) -> None:
    meeting, amina = world.meeting(), english("amina")
    address, key = f"/meetings/{meeting.id}/contributions", {"key": str(uuid4())}

    nothing = amina.post(address, key)
    assert (nothing.status_code, 'href="#f-file"' in nothing.text) == (400, True)
    assert "Select a file, or continue without a file." in nothing.text
    empty = amina.post(address, key | {"without_file": "yes", "original": "fr"})
    assert (empty.status_code, 'href="#f-title"' in empty.text) == (400, True)
    assert '<option value="fr" lang="fr" selected>' in empty.text
    assert list_contributions(world) == []
    assert amina.post(address, key | {"without_file": "yes", "original": "fr", "title": "Later"}).status_code == 303
    assert (get_only_contribution(world).title, get_only_contribution(world).original) == ("Later", "fr")
    assert list_files(world) == []


def test_an_invalid_cover_is_shown_again_with_all_input(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())

    answer = browser("amina").post(
        contribution_path(draft), PAPER | {"title": "", "abstract": "Words <b>typed</b>", "version": draft.version}
    )

    assert answer.status_code == 400
    assert 'href="#f-title"' in answer.text
    assert "Words &lt;b&gt;typed&lt;/b&gt;" in answer.text
    assert get_only_contribution(world).title == draft.title


def test_a_file_refused_with_the_first_save_keeps_only_the_input(world: World, browser: Open) -> None:
    meeting = world.meeting()

    answer = browser("amina").post(
        f"/meetings/{meeting.id}/contributions", cover_form(), files=upload_field(pdf_with_script(), "paper.pdf")
    )

    assert answer.status_code == 400
    assert "The file was not accepted" in answer.text
    assert 'value="Repair of routes"' in answer.text
    assert list_contributions(world) == []


@pytest.mark.parametrize(
    ("who", "status"), [("amina", 200), ("ines", 200), ("joseph", 403), ("laurent", 403), ("wambui", 404)]
)
def test_only_delegates_and_the_secretariat_can_start_a_contribution(
    world: World, browser: Open, who: str, status: int
) -> None:
    meeting = world.meeting()

    assert browser(who).get(f"/meetings/{meeting.id}/contributions/new").status_code == status
    written_for = {"entity": "KEN", "series": "C"} if who == "ines" else {}
    posted = browser(who).post(f"/meetings/{meeting.id}/contributions", cover_form() | written_for)
    assert posted.status_code == (303 if status == 200 else status)


def test_a_draft_is_changed_and_keeps_its_item(world: World, browser: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Connectivity")
    world.agenda_released(meeting)
    draft = world.draft(meeting)
    amina = browser("amina")
    assert "1 Connectivity" in amina.get(contribution_path(draft, "/edit")).text

    answer = amina.post(contribution_path(draft), PAPER | {"item": str(item.id), "version": draft.version})

    assert answer.headers["Location"] == contribution_path(draft, "/edit?done=saved")
    assert (get_only_contribution(world).title, get_only_contribution(world).item_id) == ("Repair of routes", item.id)


def test_an_item_removed_from_the_agenda_is_reported_at_the_field(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())

    answer = browser("amina").post(contribution_path(draft), PAPER | {"item": str(uuid4()), "version": draft.version})

    assert answer.status_code == 400
    assert "no longer on the agenda" in answer.text
    assert 'value="Repair of routes"' in answer.text


def test_a_colleague_with_a_stale_form_sees_both_texts_and_overwrites_nothing(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    amina = browser("amina")
    assert (
        amina.post(contribution_path(draft), PAPER | {"title": "The first text", "version": draft.version}).status_code
        == 303
    )

    answer = amina.post(contribution_path(draft), PAPER | {"title": "The second text", "version": draft.version})

    assert answer.status_code == 409
    assert "The first text" in answer.text
    assert 'value="The second text"' in answer.text
    assert get_only_contribution(world).title == "The first text"
    assert f'name="version" value="{get_only_contribution(world).version}"' in answer.text


def test_the_button_to_the_check_page_saves_what_was_typed(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    typed = PAPER | {"version": draft.version, "then": "check", "language": "fr"}

    answer = browser("amina").post(contribution_path(draft), typed, files=upload_field())

    assert answer.headers["Location"] == contribution_path(draft, "/check")
    assert get_only_contribution(world).title == "Repair of routes"
    assert [file.language for file in list_files(world)] == ["en", "fr"]


def test_the_language_of_a_further_file_is_read_in_it(world: World, english: Open) -> None:
    draft, amina = world.draft(world.meeting()), english("amina")
    french = make_docx("Le coût de la connexion des écoles est une question pour les pays et pour le groupe. " * 5)

    assert amina.post(contribution_path(draft, "/files"), {}, files=upload_field(french)).status_code == 303
    assert [file.language for file in list_files(world)] == ["en", "fr"]
    unread = amina.post(contribution_path(draft, "/files"), {}, files=upload_field(make_docx("Text.")))
    assert (unread.status_code, "The language could not be read in the file." in unread.text) == (400, True)
    assert [file.language for file in list_files(world)] == ["en", "fr"]


def test_a_file_that_names_another_state_as_its_source_is_to_be_checked(world: World, browser: Open) -> None:
    draft, amina = world.draft(world.meeting()), browser("amina")

    for source, is_noticed in (("Kenya", False), ("Brazil", True)):
        amina.post(
            contribution_path(draft, "/files"),
            {"language": "en"},
            files=upload_field(make_docx(f"Source: {source}", "A text.")),
        )
        page = amina.get(contribution_path(draft, "/check")).text
        assert ("The file names another State as its source: Brazil." in page) == is_noticed


def test_a_version_that_no_draft_can_have_is_refused(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())

    assert browser("amina").post(contribution_path(draft, "/submit"), {"version": "9" * 40}).status_code == 422


def test_a_field_that_is_sent_twice_is_refused(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    twice = PAPER | {"title": ["One", "Two"], "version": draft.version}

    assert browser("amina").post(contribution_path(draft), twice).status_code == 400
    assert get_only_contribution(world).title == draft.title


# Files


def test_a_second_language_is_added_downloaded_and_removed(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    amina = browser("amina")
    content = make_docx("Le texte.")

    answer = amina.post(
        contribution_path(draft, "/files"), {"language": "fr"}, files=upload_field(content, "texte.docx")
    )

    assert answer.headers["Location"] == contribution_path(draft, "/edit?done=received")
    assert [file.language for file in list_files(world)] == ["en", "fr"]
    response = amina.get(contribution_path(draft, "/files/fr"))
    assert (response.content, response.headers["Cache-Control"]) == (content, "no-store")
    assert response.headers["Content-Disposition"] == 'attachment; filename="texte.docx"'
    assert amina.post(contribution_path(draft, "/files/fr/remove")).status_code == 303
    assert [file.language for file in list_files(world)] == ["en"]
    assert amina.get(contribution_path(draft, "/files/fr")).status_code == 404


@pytest.mark.parametrize("button", ["", *FILE_BUTTONS])
def test_no_button_of_the_page_loses_the_input_of_its_form(world: World, browser: Open, button: str) -> None:
    draft = world.draft(world.meeting())
    amina = browser("amina")
    assert amina.get(contribution_path(draft, "/edit")).text.count('<form method="post" action="/contributions/') == 1
    typed = PAPER | {"title": "Typed just now", "version": draft.version, "language": "fr"}

    answer = amina.post(contribution_path(draft, button), typed, files=None if "remove" in button else upload_field())

    assert answer.status_code == 303
    assert get_only_contribution(world).title == "Typed just now"
    assert [file.language for file in list_files(world)] == ([] if "remove" in button else ["en", "fr"])


@pytest.mark.parametrize("button", ["", *(pytest.param(each, marks=pytest.mark.thorough) for each in FILE_BUTTONS)])
def test_nothing_is_saved_in_a_draft_that_a_colleague_submits_at_the_same_time(
    world: World, browser: Open, button: str
) -> None:
    draft = world.draft(world.meeting())
    amina, typed = browser("amina"), PAPER | {"title": "Typed meanwhile", "version": draft.version, "language": "fr"}
    amina.get(contribution_path(draft))

    with ThreadPoolExecutor(1) as pool:
        with world.acting("amina") as (session, actor):
            contribution = contributions.get_visible_contribution(session, actor, draft.id, lock=True)
            sent = {"files": upload_field()} if button == "/files" else {}
            saving = pool.submit(lambda: amina.post(contribution_path(draft, button), typed, **sent))
            with pytest.raises(TimeoutError):
                saving.result(0.5)
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, contribution),
                version=contribution.version,
                grace=GRACE,
                accepts_lateness=False,
            )
        answer = saving.result(60)

    assert (answer.status_code, "Typed meanwhile" in answer.text) == (409, True)
    assert (get_only_contribution(world).title, get_only_contribution(world).version) == (
        draft.title,
        draft.version + 1,
    )
    assert [file.language for file in list_files(world)] == ["en"]


@pytest.mark.parametrize("button", ["", *FILE_BUTTONS])
@pytest.mark.parametrize(("wrong", "status"), [({"title": ""}, 400), ({"version": 0}, 409)])
def test_a_cover_that_cannot_be_saved_leaves_the_files_as_they_were(
    world: World, browser: Open, button: str, wrong: dict[str, object], status: int
) -> None:
    draft = world.draft(world.meeting())
    typed = PAPER | {"abstract": "Typed just now", "version": draft.version, "language": "fr"} | wrong

    answer = browser("amina").post(
        contribution_path(draft, button), typed, files=None if "remove" in button else upload_field()
    )

    assert (answer.status_code, "Typed just now" in answer.text) == (status, True)
    assert "If you had selected a file, select it again." in answer.text
    assert [file.language for file in list_files(world)] == ["en"]


def test_a_refused_file_keeps_the_input_on_the_page(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    typed = PAPER | {"title": "Typed just now", "version": draft.version, "language": "fr"}

    answer = browser("amina").post(
        contribution_path(draft, "/files"), typed, files=upload_field(pdf_with_script(), "paper.pdf")
    )

    assert (answer.status_code, 'value="Typed just now"' in answer.text) == (400, True)
    assert get_only_contribution(world).title == draft.title


def test_a_reused_form_is_reported_as_stale_and_not_as_a_refused_file(world: World, browser: Open) -> None:
    amina, meeting = browser("amina"), world.meeting()
    sent = cover_form()
    assert amina.post(f"/meetings/{meeting.id}/contributions", sent).status_code == 303

    answer = amina.post(f"/meetings/{meeting.id}/contributions", sent | {"title": "Another", "version": 0})

    assert answer.status_code == 409
    assert ("changed after you opened" in answer.text, "The file was not accepted" in answer.text) == (True, False)


def test_a_file_with_a_script_is_refused_with_finding_place_and_remedy(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    before = list_files(world)[0].sha256

    answer = browser("amina").post(
        contribution_path(draft, "/files"), {"language": "en"}, files=upload_field(pdf_with_script(), "paper.pdf")
    )

    assert answer.status_code == 400
    assert "Findings in this file" in answer.text
    assert answer.text.count('<span class="tag bad">Refused</span>') >= 2
    assert [file.sha256 for file in list_files(world)] == [before]


@pytest.mark.parametrize(("language", "content"), [("en", None), ("xx", b"x"), ("", b"x")])
def test_a_file_needs_a_language_and_has_to_be_chosen(
    world: World, browser: Open, language: str, content: bytes | None
) -> None:
    draft = world.draft(world.meeting(), file=False)
    sent = {} if content is None else {"files": upload_field(content)}

    answer = browser("amina").post(contribution_path(draft, "/files"), {"language": language}, **sent)

    assert answer.status_code == 400
    assert "error-summary" in answer.text
    assert list_files(world) == []


def test_a_file_that_is_too_large_is_refused_and_the_draft_is_still_shown(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting(), file=False)
    with world.acting("ines") as (session, _):
        record_rows(session)
        session.get_one(type(world.body()), draft.body_id).largest_file = 10

    answer = browser("amina").post(contribution_path(draft, "/files"), {"language": "en"}, files=upload_field())

    assert answer.status_code == 413
    assert draft.title in answer.text
    assert list_files(world) == []


# Submitting


def test_the_checked_draft_is_submitted_and_the_receipt_shows_time_and_content(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    amina = browser("amina")
    digest = list_files(world)[0].sha256
    in_groups = " ".join(digest[start : start + 4] for start in range(0, 64, 4))
    page = amina.get(contribution_path(draft, "/check"))
    assert draft.title in page.text
    assert in_groups in page.text
    assert 'name="late"' not in page.text

    answer = amina.post(contribution_path(draft, "/submit"), {"version": draft.version})

    assert answer.headers["Location"] == contribution_path(draft, "/receipt?done=submitted")
    assert (get_only_contribution(world).status, get_only_contribution(world).late) == (
        ContributionStatus.SUBMITTED,
        False,
    )
    shown = amina.get(contribution_path(draft, "/receipt?done=submitted")).text
    assert "Your contribution has been received" in shown
    assert in_groups in shown
    submitted_at = get_only_contribution(world).submitted_at
    assert submitted_at
    assert submitted_at.astimezone(ZoneInfo("Europe/Zurich")).strftime("%H:%M:%S in Geneva") in shown


def test_a_draft_changed_after_the_check_is_not_submitted(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())

    answer = browser("amina").post(contribution_path(draft, "/submit"), {"version": draft.version - 1})

    assert answer.status_code == 409
    assert "changed after you checked it" in answer.text
    assert get_only_contribution(world).status == ContributionStatus.DRAFT


def test_a_draft_without_a_file_in_the_original_language_cannot_be_submitted(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting(), file=False)
    amina = browser("amina")

    page = amina.get(contribution_path(draft, "/check"))
    answer = amina.post(contribution_path(draft, "/submit"), {"version": draft.version})

    assert contribution_path(draft, "/submit") not in page.text
    assert answer.status_code == 400
    assert "The file in the original language is missing" in answer.text
    assert get_only_contribution(world).status == ContributionStatus.DRAFT


def test_after_the_deadline_only_a_request_to_the_chair_is_accepted(world: World, browser: Open) -> None:
    meeting = world.meeting()
    draft = world.draft(meeting)
    with clock.shifted_clock(pass_deadline(meeting)):
        amina = browser("amina")
        page = amina.get(contribution_path(draft, "/check"))
        assert "Submit late and ask the chair to accept it" in page.text

        plain = amina.post(contribution_path(draft, "/submit"), {"version": draft.version})
        assert (plain.status_code, get_only_contribution(world).status) == (409, ContributionStatus.DRAFT)
        assert "Submit late and ask the chair to accept it" in plain.text

        response = amina.post(contribution_path(draft, "/submit"), {"version": draft.version, "late": "yes"})
        assert response.status_code == 303
        assert (get_only_contribution(world).status, get_only_contribution(world).late) == (
            ContributionStatus.SUBMITTED,
            True,
        )


def test_an_upload_counts_from_the_arrival_of_its_headers(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    before = clock.now()

    browser("amina").post(contribution_path(draft, "/files"), {"language": "en"}, files=upload_field())

    began, received = list_files(world)[0].began_at, list_files(world)[0].received_at
    assert began
    assert before <= began < received


@pytest.mark.parametrize(
    ("method", "rest"),
    [("get", "/edit"), ("get", "/check"), ("get", "/discard"), ("post", "/discard"), ("post", "/files/en/remove")],
)
def test_a_submitted_contribution_cannot_be_changed(world: World, browser: Open, method: str, rest: str) -> None:
    submitted = world.submitted(world.meeting())

    answer = getattr(browser("amina"), method)(contribution_path(submitted, rest))

    assert answer.status_code == 409
    assert get_only_contribution(world).status == ContributionStatus.SUBMITTED


def test_a_draft_is_deleted_after_a_confirmation_page(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    amina = browser("amina")
    assert "cannot be undone" in amina.get(contribution_path(draft, "/discard")).text

    answer = amina.post(contribution_path(draft, "/discard"))

    assert answer.headers["Location"] == "/contributions?done=discarded"
    assert list_contributions(world) == []


# The secretariat and the chair


def test_the_secretary_finds_a_contribution_in_the_queue_and_registers_it(world: World, browser: Open) -> None:
    submitted = world.submitted(world.meeting())
    ines = browser("ines")
    assert contribution_path(submitted) in ines.get("/contributions").text
    assert contribution_path(submitted, "/register") in ines.get(contribution_path(submitted)).text

    answer = ines.post(contribution_path(submitted, "/register"), {"version": submitted.version})

    document = f"/documents/{get_only_contribution(world).document_id}"
    assert answer.headers["Location"] == f"{document}/titles?done=registered"
    assert "The document has been registered." in ines.get(answer.headers["Location"]).text
    assert "CWG-Internet 22/1" in ines.get(document).text
    assert "CWG-Internet 22/1" in browser("amina").get(contribution_path(submitted)).text


def test_a_contribution_is_returned_with_a_reason_that_the_delegation_reads(world: World, browser: Open) -> None:
    submitted = world.submitted(world.meeting())
    ines = browser("ines")
    assert 'name="reason"' in ines.get(contribution_path(submitted, "/return")).text
    assert ines.post(contribution_path(submitted, "/return"), {"reason": ""}).status_code == 400

    answer = ines.post(
        contribution_path(submitted, "/return"), {"reason": "The annex is missing.", "version": submitted.version}
    )

    assert answer.headers["Location"] == "/contributions?done=returned"
    assert get_only_contribution(world).status == ContributionStatus.RETURNED
    assert "The annex is missing." in browser("amina").get(contribution_path(submitted, "/edit")).text


@pytest.mark.parametrize("deferred", [False, True], ids=["submitted", "held"])
def test_a_state_recalls_a_contribution_before_registration_and_keeps_the_receipt(
    world: World, browser: Open, deferred: bool
) -> None:
    meeting = world.meeting()
    with clock.shifted_clock(pass_deadline(meeting) if deferred else timedelta(0)):
        contribution = world.held(meeting) if deferred else world.submitted(meeting)
        amina, ines = browser("amina"), browser("ines")
        assert ines.get(contribution_path(contribution)).status_code == 200
        assert contribution_path(contribution, "/take-back") in amina.get(contribution_path(contribution)).text
        assert "The contribution becomes a draft again" in amina.get(contribution_path(contribution, "/take-back")).text
        assert (
            amina.post(contribution_path(contribution, "/take-back"), {"version": contribution.version - 1}).status_code
            == 409
        )

        answer = amina.post(contribution_path(contribution, "/take-back"), {"version": contribution.version})

        assert answer.headers["Location"] == contribution_path(contribution, "?done=draft-again")
        page = amina.get(answer.headers["Location"]).text
        assert ("The contribution has been withdrawn." in page, "Received from Kenya" in page) == (True, False)
        assert amina.get(contribution_path(contribution, "/receipt")).status_code == 200
        assert ines.get(contribution_path(contribution)).status_code == 404
        assert contribution.title not in ines.get("/contributions").text + ines.get("/").text
        again = amina.post(
            contribution_path(contribution, "/submit"), {"version": get_only_contribution(world).version, "late": "yes"}
        )
        assert again.status_code == 303
        assert get_only_contribution(world).submitted_at > contribution.submitted_at
        assert ines.get(contribution_path(contribution)).status_code == 200


@pytest.mark.parametrize("back", ["take-back", "return"])
def test_a_stale_page_does_not_report_a_returned_draft_as_submitted(world: World, browser: Open, back: str) -> None:
    contribution = world.submitted(world.meeting())
    amina, sent = browser("amina"), {"version": contribution.version - 1}
    assert "/receipt?done=submitted" in amina.post(contribution_path(contribution, "/submit"), sent).headers["Location"]
    who, why = ("ines", {"reason": "Look again."}) if back == "return" else ("amina", {})
    assert (
        browser(who)
        .post(contribution_path(contribution, f"/{back}"), why | {"version": contribution.version})
        .status_code
        == 303
    )

    answer = amina.post(contribution_path(contribution, "/submit"), sent)

    assert (answer.status_code, "Check it again, then submit it" in answer.text) == (409, True)


def test_a_registered_contribution_cannot_be_recalled(world: World, browser: Open) -> None:
    contribution, _ = world.registered(world.meeting())
    amina = browser("amina")

    assert contribution_path(contribution, "/take-back") not in amina.get(contribution_path(contribution)).text
    assert amina.get(contribution_path(contribution, "/take-back")).status_code == 409
    assert (
        amina.post(contribution_path(contribution, "/take-back"), {"version": contribution.version}).status_code == 409
    )
    assert get_only_contribution(world).status == ContributionStatus.REGISTERED


def test_a_deferred_contribution_can_be_returned(world: World, browser: Open) -> None:
    meeting = world.meeting()
    with clock.shifted_clock(pass_deadline(meeting)):
        contribution = world.held(meeting)
        sent = {"reason": "No meeting will take it up.", "version": contribution.version}

        assert browser("ines").post(contribution_path(contribution, "/return"), sent).status_code == 303

        assert "No meeting will take it up." in browser("amina").get(contribution_path(contribution)).text
    assert (get_only_contribution(world).status, get_only_contribution(world).held_because) == (
        ContributionStatus.RETURNED,
        None,
    )


def test_a_chair_does_not_see_late_contributions_of_the_own_state_in_the_list(world: World, browser: Open) -> None:
    meeting = world.meeting()
    with clock.shifted_clock(pass_deadline(meeting)):
        late = world.submitted(meeting)
        assert contribution_path(late) in browser("laurent").get("/contributions").text
        world.seat("laurent", "delegate")
        own_contribution = world.submitted(meeting, by="laurent", title="Our own late title")
        page = browser("laurent").get("/contributions").text

    assert contribution_path(late) in page
    assert page.count(own_contribution.title) == 1  # among the contributions of their own State


def test_a_late_contribution_is_registered_only_after_a_chair_of_another_state_accepted_it(
    world: World, browser: Open
) -> None:
    meeting = world.meeting()
    with clock.shifted_clock(pass_deadline(meeting)):
        late = world.submitted(meeting)
        ines, laurent = browser("ines"), browser("laurent")
        assert contribution_path(late) in laurent.get("/contributions").text
        assert ines.post(contribution_path(late, "/register")).status_code == 409
        assert 'name="reason"' in laurent.get(contribution_path(late, "/accept-late")).text
        assert laurent.post(contribution_path(late, "/accept-late"), {"reason": " "}).status_code == 400

        answer = laurent.post(
            contribution_path(late, "/accept-late"), {"reason": "The line was down.", "version": late.version}
        )

        assert answer.headers["Location"] == contribution_path(late, "?done=accepted")
        assert "The line was down." in laurent.get(contribution_path(late)).text
        assert ines.post(contribution_path(late, "/register"), {"version": late.version + 1}).status_code == 303


@pytest.mark.parametrize("act", ["register", "return", "accept-late"])
def test_a_delegation_cannot_decide_on_its_own_contribution(world: World, browser: Open, act: str) -> None:
    meeting = world.meeting()
    with clock.shifted_clock(pass_deadline(meeting)):
        late = world.submitted(meeting)
        amina = browser("amina")
        answer = amina.post(contribution_path(late, f"/{act}"), {"reason": "Because we wish it."})
        page = amina.get(contribution_path(late, f"/{act}"))

    assert answer.status_code == 403
    assert page.status_code == 403
    assert get_only_contribution(world).status == ContributionStatus.SUBMITTED


# Who sees it


@pytest.mark.parametrize("who", ["rafael", "ines", "laurent", "joseph", "wambui", "chen"])
def test_a_draft_is_visible_only_to_its_own_delegates(world: World, browser: Open, who: str) -> None:
    draft = world.draft(world.meeting())
    assert draft.title in browser("amina").get(contribution_path(draft)).text
    stranger = browser(who)
    nothing = stranger.get(f"/contributions/{uuid4()}")

    for rest in ("", "/edit", "/check", "/discard", "/files/en", "/return", "/accept-late"):
        answer = stranger.get(contribution_path(draft, rest))
        assert answer.status_code == 404
        assert draft.title not in answer.text
    assert stranger.get(contribution_path(draft)).text == nothing.text
    for rest in ("/submit", "/files", "/discard", "/register", "/files/en/remove", ""):
        sent = {"version": 1, "language": "en", "reason": "Just so."}
        assert stranger.post(contribution_path(draft, rest), sent).status_code == 404
    assert draft.title not in stranger.get("/contributions").text


def test_without_a_session_nothing_is_served(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    assert browser("amina").get(contribution_path(draft)).status_code == 200

    assert browser().get(contribution_path(draft)).status_code == 401
    assert browser().get("/contributions").status_code == 401
    assert browser().post(contribution_path(draft, "/discard")).status_code == 401


def test_a_list_of_three_needs_no_more_statements_than_a_list_of_one(
    world: World, browser: Open, portal: object
) -> None:
    meeting = world.meeting()
    ines = browser("ines")
    engine = portal.app.state.portal.engine
    counts = []
    for _ in range(2):
        world.submitted(meeting)
        statements: list[str] = []
        listen = lambda *args, into=statements: into.append(args[2])  # noqa: E731 - SQLAlchemy wants a function
        event.listen(engine, "before_cursor_execute", listen)
        assert ines.get("/contributions").status_code == 200
        event.remove(engine, "before_cursor_execute", listen)
        counts.append(len(statements))
        world.submitted(meeting)

    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("who", "name", "opens_in"),
    [("ines", "queue", 40), ("ines", "late", 0), ("laurent", "late", 0), ("amina", "own", 0)],
)
def test_a_long_list_is_paginated_and_complete(
    world: World, browser: Open, monkeypatch: pytest.MonkeyPatch, who: str, name: str, opens_in: int
) -> None:
    for module in ("contributions.pages", "views.contributions.queue_page"):
        monkeypatch.setattr(f"app.web.{module}.PAGE_SIZE", 2)
    meeting = world.meeting(opens_in=opens_in)
    ids = {str(world.submitted(meeting, title=f"Contribution {number}").id) for number in range(3)}
    reader = browser(who)

    first, second = (reader.get(f"/contributions?{name}={number}").text for number in (1, 2))

    assert f'href="?{name}=2#h-{name}" rel="next"' in first
    for page, rows in ((first, "1 to 2 of 3"), (second, "3 to 3 of 3")):
        section = page[page.index(f'id="h-{name}"') :].split("</section>")[0]
        assert rows in section
        shown = {key for key in ids if f'href="/contributions/{key}"' in section}
        assert shown
        ids -= shown
    assert ids == set()
    assert reader.get(f"/contributions?{name}=3").status_code == 404
    assert reader.get(f"/contributions?{name}=1&{name}=2").status_code == 400
