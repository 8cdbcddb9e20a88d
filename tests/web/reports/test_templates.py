"""The report template of a body through HTTP, and reports in Word and PDF made with it."""

import io
import shutil
from collections.abc import Callable
from hashlib import sha256

import docx
import pypdfium2
import pytest
from docx.document import Document
from starlette.types import ASGIApp

from app.core.clamav import ScanState, ScanVerdict
from app.core.db import transaction
from app.core.inspection import InspectionLimits
from app.core.inspection.classify import inspect_stream
from app.core.rendering.template_fields import list_template_fields
from app.domain.files import actions as file_actions
from app.domain.meetings.models import Meeting
from app.domain.reports.actions.templates import REPORT_FIELD, TEXT_FIELDS
from app.domain.reports.models import ReportStage
from app.settings import Settings
from app.web.views.reports.print import build_default_report_template
from tests.browser import Browser
from tests.files import make_pdf, make_template
from tests.world import BODY, World

Open = Callable[..., Browser]
URL = f"/bodies/{BODY}/report-template"
SOFFICE = shutil.which("soffice") or ""
needs_soffice = pytest.mark.skipif(not SOFFICE, reason="there is no soffice on this machine")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"soffice": SOFFICE})


@pytest.fixture
def meeting(world: World) -> Meeting:
    new_meeting = world.meeting()
    world.reported(new_meeting, ReportStage.CIRCULATED, text="The group met.")
    return new_meeting


def build_template(*paragraphs: str) -> bytes:
    document = docx.Document(io.BytesIO(make_template()))
    for text in paragraphs:
        document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def upload_template(who: Browser, content: bytes, name: str = "letterhead.docx") -> tuple[int, str]:
    answer = who.post(URL, files={"file": (name, content)})
    return answer.status_code, answer.text


def download_report(who: Browser, meeting: Meeting) -> Document:
    answer = who.get(f"/meetings/{meeting.id}/report/docx")
    assert answer.status_code == 200
    assert 'filename="CWG-Internet-22-report.docx"' in answer.headers["Content-Disposition"]
    return docx.Document(io.BytesIO(answer.content))


def paragraph_texts(document: Document) -> list[str]:
    return [each.text for each in document.paragraphs]


def test_the_portal_has_a_default_template(meeting: Meeting, english: Open) -> None:
    report = download_report(english("amina"), meeting)

    title = "Report: CWG-Internet, meeting 22"
    assert paragraph_texts(report)[0] == title
    assert paragraph_texts(report)[-2:] == ["Circulated · Revision 1", "1.\tThe group met."]
    assert report.paragraphs[-1].style.name == "Report paragraph"
    assert report.sections[0].header.paragraphs[0].text == "International Telecommunication Union"
    assert report.core_properties.title == title


def test_the_default_template_can_be_uploaded_again(english: Open) -> None:
    ines = english("ines")
    default_template = ines.get(f"{URL}/file")

    assert default_template.content == build_default_report_template()
    assert {name for name, _ in list_template_fields(io.BytesIO(default_template.content))} == {
        REPORT_FIELD,
        *TEXT_FIELDS,
    }
    assert not inspect_stream(io.BytesIO(default_template.content), InspectionLimits()).is_refused
    assert upload_template(ines, default_template.content)[0] == 303


def test_the_secretariat_changes_it_for_every_report(meeting: Meeting, english: Open) -> None:
    ines, amina = english("ines"), english("amina")
    uploaded = build_template(
        "UIT · {{ body }}", "{{ title }} ({{ stage }})", "{{ report }}", "Geneva, for the record."
    )
    assert upload_template(ines, uploaded)[0] == 303

    paragraphs = paragraph_texts(download_report(amina, meeting))
    assert paragraphs[1:] == [
        "Report: CWG-Internet, meeting 22 (Circulated)",
        "1.\tThe group met.",
        "Geneva, for the record.",
    ]
    assert paragraphs[0].startswith("UIT · Council Working Group")
    assert ines.get(f"{URL}/file").content == uploaded
    assert ines.get(f"{URL}/file?of=default").content == build_default_report_template()
    assert "letterhead.docx" in ines.get(URL).text

    assert ines.post(f"{URL}/drop").status_code == 303
    assert paragraph_texts(download_report(amina, meeting))[0] == "Report: CWG-Internet, meeting 22"
    page = ines.get(URL).text
    assert page.count("letterhead.docx") == 1  # listed only among earlier templates
    assert ines.get(f"{URL}/file").content == build_default_report_template()


def test_placeholders_that_cannot_be_filled_in_are_reported(meeting: Meeting, english: Open) -> None:
    ines = english("ines")

    status, page = upload_template(ines, build_template("{{ report }}", "{{ chairman }}", "{{title"))
    assert status == 400
    assert "unknown fields: “chairman”, “{{title”. Fields that you can use: report, organization, body" in page
    for wrong in (("{{ title }}",), ("See {{ report }}",), ("{{ report }}", "{{ report }}")):
        status, page = upload_template(ines, build_template(*wrong))
        assert (status, "once, in a separate paragraph outside tables" in page) == (400, True)
    status, page = upload_template(ines, make_pdf(), "letterhead.pdf")
    assert (status, "Upload a Word document (DOCX) as the template." in page) == (400, True)
    status, page = upload_template(ines, b"no document")
    assert (status, "Findings in this file" in page) == (400, True)
    status, page = upload_template(ines, b"")
    assert status == 400
    assert "letterhead.docx" not in ines.get(URL).text
    assert paragraph_texts(download_report(ines, meeting))[0] == "Report: CWG-Internet, meeting 22"


def test_only_the_secretariat_sees_and_changes_it(meeting: Meeting, english: Open) -> None:
    for who, answer in (("laurent", 403), ("amina", 403), ("olga", 404)):
        visitor = english(who)
        assert visitor.get(URL).status_code == answer
        assert visitor.get(f"{URL}/file").status_code == answer
        assert upload_template(visitor, build_template("{{ report }}"))[0] == answer
        assert visitor.post(f"{URL}/drop").status_code == answer
    report = f"/meetings/{meeting.id}/report"
    assert URL in english("ines").get(report).text
    assert URL not in english("laurent").get(report).text


def test_rendering_a_report_holds_no_connection(world: World, meeting: Meeting, english: Open, portal: ASGIApp) -> None:
    ines = english("ines")
    assert upload_template(ines, build_template("{{ report }}"))[0] == 303
    done = world.meeting(number=23)
    world.reported(done, ReportStage.ADOPTED)
    portal_state, connections_in_use = portal.app.state.portal, []
    read_chunks = portal_state.store.iter_chunks

    def watched(*args: object) -> object:
        connections_in_use.append(portal_state.engine.pool.checkedout() + portal_state.writing_engine.pool.checkedout())
        return read_chunks(*args)

    portal_state.store.iter_chunks = watched
    for kind in ("docx", "pdf"):
        ines.get(f"/meetings/{meeting.id}/report/{kind}")
    assert ines.post(f"/meetings/{done.id}/report/register").status_code == 303
    assert upload_template(ines, build_template("{{ report }}", "Another one"))[0] == 303

    assert connections_in_use == [0] * (4 if SOFFICE else 3)


def test_a_template_in_which_a_virus_was_found_later_is_not_used(world: World, meeting: Meeting, english: Open) -> None:
    ines, uploaded = english("ines"), build_template("{{ report }}")
    assert upload_template(ines, uploaded)[0] == 303
    with transaction(world.write) as session:
        file_actions.save_scan_verdict(session, sha256(uploaded).hexdigest(), ScanVerdict(ScanState.INFECTED, "Eicar"))

    assert ines.get(f"/meetings/{meeting.id}/report/docx").status_code == 409
    assert ines.get(f"{URL}/file").status_code == 409
    assert ines.post(f"{URL}/drop").status_code == 303
    assert ines.get(f"/meetings/{meeting.id}/report/docx").status_code == 200


def test_a_failing_converter_is_not_a_client_error(
    meeting: Meeting, english: Open, portal: ASGIApp, settings: Settings
) -> None:
    broken = settings.model_copy(update={"soffice": "/bin/false"})
    object.__setattr__(portal.app.state.portal, "settings", broken)

    answer = english("amina").get(f"/meetings/{meeting.id}/report/pdf")
    assert answer.status_code == 503
    assert "The report could not be formatted." in answer.text


@needs_soffice
def test_the_pdf_has_the_text_of_the_template(meeting: Meeting, english: Open) -> None:
    answer = english("amina").get(f"/meetings/{meeting.id}/report/pdf")

    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    assert "The group met." in text_of(answer.content)
    assert "International Telecommunication Union" in text_of(answer.content)


def text_of(pdf: bytes) -> str:

    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
