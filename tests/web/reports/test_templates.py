"""The template of the reports of a body through HTTP, and reports in Word and as PDFs that are made with it."""

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
from app.web.views.reports.default_template import build_default_report_template
from tests.browser import Browser
from tests.files import a_pdf
from tests.world import BODY, World

Open = Callable[..., Browser]
HERE = f"/bodies/{BODY}/report-template"
SOFFICE = shutil.which("soffice") or ""
needs_soffice = pytest.mark.skipif(not SOFFICE, reason="there is no soffice on this machine")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"soffice": SOFFICE})


@pytest.fixture
def meeting(world: World) -> Meeting:
    made = world.meeting()
    world.reported(made, ReportStage.CIRCULATED, text="The group met.")
    return made


def template(*paragraphs: str) -> bytes:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def sent(who: Browser, content: bytes, name: str = "letterhead.docx") -> tuple[int, str]:
    answer = who.post(HERE, files={"file": (name, content)})
    return answer.status_code, answer.text


def in_word(who: Browser, meeting: Meeting) -> Document:
    answer = who.get(f"/meetings/{meeting.id}/report/docx")
    assert answer.status_code == 200
    assert 'filename="CWG-Internet-22-report.docx"' in answer.headers["Content-Disposition"]
    return docx.Document(io.BytesIO(answer.content))


def texts(made: Document) -> list[str]:
    return [each.text for each in made.paragraphs]


def test_the_house_has_a_template_of_its_own(meeting: Meeting, english: Open) -> None:
    made = in_word(english("amina"), meeting)

    title = "Report: CWG-Internet, meeting 22"
    assert texts(made)[0] == title
    assert texts(made)[-2:] == ["Circulated · Revision 1", "1.\tThe group met."]
    assert made.paragraphs[-1].style.name == "Report paragraph"
    assert made.sections[0].header.paragraphs[0].text == "International Telecommunication Union"
    assert made.core_properties.title == title


def test_it_is_one_that_could_be_sent_back(english: Open) -> None:
    ines = english("ines")
    own = ines.get(f"{HERE}/file")

    assert own.content == build_default_report_template()
    assert {name for name, _ in list_template_fields(io.BytesIO(own.content))} == {REPORT_FIELD, *TEXT_FIELDS}
    assert not inspect_stream(io.BytesIO(own.content), InspectionLimits()).is_refused
    assert sent(ines, own.content)[0] == 303


def test_the_secretariat_changes_it_for_every_report(meeting: Meeting, english: Open) -> None:
    ines, amina = english("ines"), english("amina")
    given = template("UIT · {{ body }}", "{{ title }} ({{ stage }})", "{{ report }}", "Geneva, for the record.")
    assert sent(ines, given)[0] == 303

    made = texts(in_word(amina, meeting))
    assert made[1:] == [
        "Report: CWG-Internet, meeting 22 (Circulated)",
        "1.\tThe group met.",
        "Geneva, for the record.",
    ]
    assert made[0].startswith("UIT · Council Working Group")
    assert ines.get(f"{HERE}/file").content == given
    assert ines.get(f"{HERE}/file?of=house").content == build_default_report_template()
    assert "letterhead.docx" in ines.get(HERE).text

    assert ines.post(f"{HERE}/drop").status_code == 303
    assert texts(in_word(amina, meeting))[0] == "Report: CWG-Internet, meeting 22"
    page = ines.get(HERE).text
    assert page.count("letterhead.docx") == 1  # among those before
    assert ines.get(f"{HERE}/file").content == build_default_report_template()


def test_what_cannot_be_filled_in_is_told(meeting: Meeting, english: Open) -> None:
    ines = english("ines")

    status, page = sent(ines, template("{{ report }}", "{{ chairman }}", "{{title"))
    assert status == 400
    assert "fields that are not known here: “chairman”, “{{title”. Known fields: report, organization, body" in page
    for wrong in (("{{ title }}",), ("See {{ report }}",), ("{{ report }}", "{{ report }}")):
        status, page = sent(ines, template(*wrong))
        assert (status, "once, in a paragraph of its own" in page) == (400, True)
    status, page = sent(ines, a_pdf(), "letterhead.pdf")
    assert (status, "A template is a Word document (DOCX)." in page) == (400, True)
    status, page = sent(ines, b"no document")
    assert (status, "What was found in it" in page) == (400, True)
    status, page = sent(ines, b"")
    assert status == 400
    assert "letterhead.docx" not in ines.get(HERE).text
    assert texts(in_word(ines, meeting))[0] == "Report: CWG-Internet, meeting 22"


def test_only_the_secretariat_sees_and_changes_it(meeting: Meeting, english: Open) -> None:
    for who, answer in (("laurent", 403), ("amina", 403), ("olga", 404)):
        visitor = english(who)
        assert visitor.get(HERE).status_code == answer
        assert visitor.get(f"{HERE}/file").status_code == answer
        assert sent(visitor, template("{{ report }}"))[0] == answer
        assert visitor.post(f"{HERE}/drop").status_code == answer
    report = f"/meetings/{meeting.id}/report"
    assert HERE in english("ines").get(report).text
    assert HERE not in english("laurent").get(report).text


def test_no_connection_is_held_while_a_report_is_laid_out(
    world: World, meeting: Meeting, english: Open, portal: ASGIApp
) -> None:
    ines = english("ines")
    assert sent(ines, template("{{ report }}"))[0] == 303
    done = world.meeting(number=23)
    world.reported(done, ReportStage.ADOPTED)
    house, held = portal.app.state.portal, []
    kept = house.store.pieces

    def watched(*given: object) -> object:
        held.append(house.engine.pool.checkedout() + house.writing_engine.pool.checkedout())
        return kept(*given)

    house.store.pieces = watched
    for kind in ("docx", "pdf"):
        ines.get(f"/meetings/{meeting.id}/report/{kind}")
    assert ines.post(f"/meetings/{done.id}/report/register").status_code == 303
    assert sent(ines, template("{{ report }}", "Another one"))[0] == 303

    assert held == [0] * (4 if SOFFICE else 3)


def test_a_template_in_which_a_virus_was_found_later_is_not_used(world: World, meeting: Meeting, english: Open) -> None:
    ines, given = english("ines"), template("{{ report }}")
    assert sent(ines, given)[0] == 303
    with transaction(world.write) as session:
        file_actions.save_verdict(session, sha256(given).hexdigest(), ScanVerdict(ScanState.INFECTED, "Eicar"))

    assert ines.get(f"/meetings/{meeting.id}/report/docx").status_code == 409
    assert ines.get(f"{HERE}/file").status_code == 409
    assert ines.post(f"{HERE}/drop").status_code == 303
    assert ines.get(f"/meetings/{meeting.id}/report/docx").status_code == 200


def test_a_converter_that_fails_is_no_fault_of_the_reader(
    meeting: Meeting, english: Open, portal: ASGIApp, settings: Settings
) -> None:
    broken = settings.model_copy(update={"soffice": "/bin/false"})
    object.__setattr__(portal.app.state.portal, "settings", broken)

    answer = english("amina").get(f"/meetings/{meeting.id}/report/pdf")
    assert answer.status_code == 503
    assert "The report could not be laid out." in answer.text


@needs_soffice
def test_a_pdf_is_made_of_the_same(meeting: Meeting, english: Open) -> None:
    answer = english("amina").get(f"/meetings/{meeting.id}/report/pdf")

    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    assert "The group met." in text_of(answer.content)
    assert "International Telecommunication Union" in text_of(answer.content)


def text_of(pdf: bytes) -> str:

    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
