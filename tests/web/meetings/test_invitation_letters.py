"""Letters of invitation through HTTP: the page, a preview, the ZIP of what was made, and the templates."""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable

import docx
import pytest
from docx.document import Document
from starlette.types import ASGIApp

from app.core.clamav import ScanState
from app.core.inspection import InspectionLimits
from app.core.inspection.classify import inspect_stream
from app.core.rendering.template_fields import list_template_fields
from app.domain.invitation_letters.rules import DATES_FIELD, TEXT_FIELDS
from app.domain.meetings.actions.sessions import cancel_session
from app.domain.meetings.models import Meeting, MeetingSession
from app.settings import Settings
from app.web.views.meetings import invitation_docx
from app.web.views.meetings.invitation_docx import FIELD_LABELS, build_default_invitation_template
from tests.browser import Browser
from tests.domain.test_invitation_letters import speaks
from tests.web.meetings.test_meetings import count_statements
from tests.web.reports.test_templates import build_template, paragraph_texts
from tests.world import BODY, World

Open = Callable[..., Browser]
HEADING = {"reference": "CL-27/3", "signatory": "Inés Ortega", "function": "Secretary of the group"}
TEMPLATE = f"/bodies/{BODY}/invitation-template"


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting()


def get_path(meeting: Meeting) -> str:
    return f"/meetings/{meeting.id}/invitation"


def make(who: Browser, meeting: Meeting, **more: object) -> str:
    """Make letters; returns the address of the latest ZIP."""
    answer = who.post(get_path(meeting), HEADING | {"which": "selected"} | more)
    assert answer.status_code == 303, answer.text
    page = who.get(answer.headers["Location"]).text
    assert "The letters of invitation were made." in page
    return re.search(r'href="([^"]+\.zip)"', page)[1]


def download_letters(who: Browser, address: str) -> dict[str, bytes]:
    answer = who.get(address)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def read_letter(content: bytes) -> Document:
    return docx.Document(io.BytesIO(content))


def test_letters_are_made_in_the_language_of_each_state_and_downloaded_as_a_zip(
    world: World, meeting: Meeting, english: Open, settings: Settings
) -> None:
    speaks(world, "joseph", "fr")
    files = download_letters(english("ines"), make(english("ines"), meeting, selected=["KEN", "BRA"]))

    assert list(files) == [
        "list.csv",
        "CWG-Internet-22-invitation-BRA_EN.docx",
        "CWG-Internet-22-invitation-KEN_FR.docx",
    ]
    assert "KEN,Kenya,fr,CWG-Internet-22-invitation-KEN_FR.docx" in files["list.csv"].decode()
    brazil, kenya = (read_letter(content) for name, content in files.items() if name.endswith(".docx"))
    lines = paragraph_texts(brazil)
    for line in (
        "Reference: CL-27/3",
        "To the Administration of the Member State",
        "Brazil",
        "Invitation: CWG-Internet, meeting 22",
        "Dear Sir or Madam,",
    ):
        assert line in lines
    assert lines[-3:] == ["Yours faithfully,", "Inés Ortega", "Secretary of the group"]
    assert any(line.startswith("Contributions due: ") for line in lines)
    assert f"Agenda, documents and practical information: {settings.portal_url}/meetings/{meeting.id}" in lines
    assert "Madame, Monsieur," in paragraph_texts(kenya)
    assert "{{" not in "".join((*lines, *paragraph_texts(kenya)))


def test_a_preview_is_the_letter_to_one_state_and_nothing_is_noted(meeting: Meeting, english: Open) -> None:
    ines, path = english("ines"), get_path(meeting)

    answer = ines.post(f"{path}/preview", HEADING | {"state": "JPN", "format": "docx"})
    assert answer.status_code == 200, answer.text
    assert 'filename="CWG-Internet-22-invitation-JPN_EN.docx"' in answer.headers["Content-Disposition"]
    assert "Japan" in paragraph_texts(read_letter(answer.content))
    page = ines.get(path).text
    assert "0 of 194 Member States" in page
    assert 'value=""' in page.split('id="f-reference"')[1].split(">")[0]

    wrong = ines.post(f"{path}/preview", HEADING | {"state": "ATL", "format": "docx"})
    assert (wrong.status_code, "Select the Member State." in wrong.text, "CL-27/3" in wrong.text) == (400, True, True)


def test_the_page_lists_who_has_no_letter_and_keeps_what_was_typed(
    world: World, meeting: Meeting, english: Open
) -> None:
    ines, path = english("ines"), get_path(meeting)
    world.participant(meeting)
    make(ines, meeting, selected=["KEN"])

    page = ines.get(path).text
    assert "1 of 194 Member States" in page
    assert "Make 194 letters of invitation" in page
    assert 'value="CL-27/3"' in page
    for show, shown in (("without-letter", 193), ("unregistered", 193)):
        listed = ines.get(f"{path}?show={show}").text
        assert listed.count('name="selected"') == shown
        assert 'value="KEN"' not in listed.split('id="h-states"')[1]
        assert f"Make {shown} letters of invitation" in listed
    nothing = ines.post(path, HEADING | {"which": "selected"})
    assert (nothing.status_code, "Select at least one Member State" in nothing.text) == (400, True)
    missing = ines.post(path, HEADING | {"which": "all", "reference": " "})
    assert (missing.status_code, "Enter the reference number." in missing.text) == (400, True)
    assert "Inés Ortega" in missing.text
    assert 'value="CL-27/3"' not in ines.get(get_path(world.meeting(number=23))).text


def test_a_check_page_says_what_would_be_made_and_what_is_missing(
    world: World, meeting: Meeting, english: Open
) -> None:
    speaks(world, "joseph", "fr")
    ines, path = english("ines"), get_path(meeting)
    make(ines, meeting, selected=["JPN"])
    assert f'action="{path}/check"' in ines.get(path).text

    page = ines.post(f"{path}/check", HEADING | {"which": "all"}).text
    assert "194 letters of invitation will be made. The portal sends none." in page
    french, english_ones = (
        page.split(f'<th scope="row">{name}</th>')[1].split("</tr>")[0] for name in ("French", "English")
    )
    assert ("Kenya" in french, "1 Member State<" in french, "193 Member States" in english_ones) == (True, True, True)
    missing = page.split('id="h-missing"')[1]
    assert "No focal point, or none who chose a language." in missing
    assert "and a further one is made" in missing
    assert "1 of 194 Member States" in ines.get(path).text  # nothing was noted

    one = ines.post(f"{path}/check", HEADING | {"which": "selected", "selected": ["KEN"], "language": "es"}).text
    assert "1 letter of invitation will be made." in one
    assert "chose a language" not in one
    fields = dict(re.findall(r'type="hidden" name="([a-z]+)" value="([^"]*)"', one))
    assert ines.post(path, fields).headers["Location"] == f"{path}?done=letters-made"
    assert "2 of 194 Member States" in ines.get(path).text

    wrong = ines.post(f"{path}/check", HEADING | {"which": "selected"})
    assert (wrong.status_code, "Select at least one Member State" in wrong.text) == (400, True)


def test_the_overview_counts_the_states_with_a_letter_for_secretaries(meeting: Meeting, english: Open) -> None:
    make(english("ines"), meeting, selected=["KEN", "JPN"])

    page = english("ines").get(f"/meetings/{meeting.id}").text
    assert get_path(meeting) in page
    assert "2 of 194" in page
    for who in ("laurent", "amina"):
        assert f'href="{get_path(meeting)}"' not in english(who).get(f"/meetings/{meeting.id}").text


def test_to_others_than_the_secretariat_there_is_no_such_page(meeting: Meeting, english: Open) -> None:
    path, letters = get_path(meeting), make(english("ines"), meeting, selected=["KEN"])
    other = english("ines").get(letters.replace(str(meeting.id), str(meeting.body_id)))
    assert other.status_code == 404

    for who in ("laurent", "layla", "amina", "joseph", "olga"):
        visitor = english(who)
        answers = [
            visitor.get(path),
            visitor.post(path, HEADING | {"which": "all"}),
            visitor.post(f"{path}/check", HEADING | {"which": "all"}),
            visitor.post(f"{path}/preview", HEADING | {"state": "KEN"}),
            visitor.get(letters),
            visitor.get(f"{TEMPLATE}/en"),
            visitor.post(f"{TEMPLATE}/en", files={"file": ("a.docx", build_template("{{ state }}"))}),
            visitor.post(f"{TEMPLATE}/en/drop"),
            visitor.get(f"{TEMPLATE}/en/file"),
        ]
        assert {answer.status_code for answer in answers} == {404}
    assert "1 of 194 Member States" in english("ines").get(path).text


def test_own_templates_are_used_for_the_letters_of_their_language(meeting: Meeting, english: Open) -> None:
    ines = english("ines")
    uploaded = build_template("À {{ state }}", "{{ dates_to_keep }}", "{{ reference }} / {{ signatory }}")
    assert ines.post(f"{TEMPLATE}/fr", files={"file": ("lettre.docx", uploaded)}).status_code == 303
    assert ines.get(f"{TEMPLATE}/fr/file").content == uploaded
    assert "lettre.docx" in ines.get(f"{TEMPLATE}/fr").text
    assert "lettre.docx" not in ines.get(f"{TEMPLATE}/es").text

    address = make(ines, meeting, selected=["KEN"], language="fr")
    lines = paragraph_texts(read_letter(download_letters(ines, address)["CWG-Internet-22-invitation-KEN_FR.docx"]))
    assert (lines[0], lines[-1]) == ("À Kenya", "CL-27/3 / Inés Ortega")
    assert len(lines) == 6

    wrong = ines.post(f"{TEMPLATE}/fr", files={"file": ("a.docx", build_template("{{ chairman }}"))})
    assert (wrong.status_code, "unknown fields: “chairman”" in wrong.text) == (400, True)
    assert ines.post(f"{TEMPLATE}/fr/drop").status_code == 303
    assert ines.get(f"{TEMPLATE}/fr/file").content == build_default_invitation_template("fr")
    assert ines.get(f"{TEMPLATE}/de").status_code == 404
    lines = paragraph_texts(read_letter(download_letters(ines, address)["CWG-Internet-22-invitation-KEN_FR.docx"]))
    assert lines[0] == "À Kenya"  # as it was made


@pytest.mark.parametrize("language", ["en", "fr", "es", "ru", "zh", "ar"])
def test_the_default_template_of_each_language_is_a_sample_to_start_from(language: str, english: Open) -> None:
    content = build_default_invitation_template(language)

    fields = {name for name, _is_alone in list_template_fields(io.BytesIO(content))}
    assert fields < {*TEXT_FIELDS, DATES_FIELD} == FIELD_LABELS.keys()
    assert not inspect_stream(io.BytesIO(content), InspectionLimits()).is_refused
    ines = english("ines")
    assert ines.post(f"{TEMPLATE}/{language}", files={"file": ("own.docx", content)}).status_code == 303
    is_rtl = "w:bidi" in read_letter(content).paragraphs[5]._p.xml
    assert is_rtl == (language == "ar")


def test_a_default_template_is_made_while_no_connection_is_held(
    english: Open, portal: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, in_use, make_template = portal.app.state.portal, [], invitation_docx.make_letter_template

    def watched(*args: object) -> bytes:
        in_use.append(state.engine.pool.checkedout() + state.writing_engine.pool.checkedout())
        return make_template(*args)

    monkeypatch.setattr(invitation_docx, "make_letter_template", watched)
    build_default_invitation_template.cache_clear()

    assert english("ines").get(f"{TEMPLATE}/en/file?of=default").status_code == 200
    assert in_use == [0]


def test_the_statements_of_the_page_do_not_grow_with_letters(meeting: Meeting, english: Open) -> None:
    ines, path = english("ines"), get_path(meeting)
    zip_path = make(ines, meeting, selected=["KEN"])
    before = count_statements(ines, path), count_statements(ines, zip_path)

    all_letters = make(ines, meeting, which="all")

    assert (count_statements(ines, path), count_statements(ines, all_letters)) == before
    assert len(download_letters(ines, all_letters)) == 195


def test_a_template_with_a_virus_is_neither_sent_nor_filled(world: World, meeting: Meeting, english: Open) -> None:
    ines, path = english("ines"), get_path(meeting)
    uploaded = build_template("{{ state }}")
    assert ines.post(f"{TEMPLATE}/en", files={"file": ("letter.docx", uploaded)}).status_code == 303
    address = make(ines, meeting, selected=["KEN"])
    preview = HEADING | {"state": "KEN", "format": "docx"}
    assert ines.post(f"{path}/preview", preview).status_code == 200

    world.scanned(hashlib.sha256(uploaded).hexdigest(), ScanState.INFECTED, "Eicar")

    answers = [ines.get(f"{TEMPLATE}/en/file"), ines.get(address), ines.post(f"{path}/preview", preview)]
    assert [answer.status_code for answer in answers] == [409, 409, 409]


def test_letters_leave_out_cancelled_sessions(world: World, meeting: Meeting, english: Open) -> None:
    ines = english("ines")
    planned = world.session_of(meeting)
    preview = HEADING | {"state": "KEN", "format": "docx"}

    def read_preview() -> str:
        return "\n".join(paragraph_texts(read_letter(ines.post(f"{get_path(meeting)}/preview", preview).content)))

    assert "9:30 AM" in read_preview() or "09:30" in read_preview()
    with world.acting("ines") as (session, actor):
        cancel_session(session, actor, session.get_one(MeetingSession, planned.id), version=planned.version)
    assert "9:30" not in read_preview()
