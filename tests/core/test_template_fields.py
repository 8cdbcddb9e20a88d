"""Templates in Word: their fields, and the text after they are filled."""

import io
from pathlib import Path

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from PIL import Image

from app.core.file_service.client import open_bytes
from app.core.inspection import DOCX, InspectionLimits
from app.core.inspection.classify import inspect_stream
from app.core.rendering.template_fields import fill_template, list_template_fields
from app.core.rendering.template_filling import RenderingError, fill_template_file, read_template_fields
from app.core.rendering.template_values import TemplateFilling, TemplatePassage
from tests.files import with_body_xml

FILLING = TemplateFilling(
    "en",
    {"title": "Report", "body": "The group", "symbol": ""},
    "report",
    [TemplatePassage("Opening", "Heading 1", "en"), TemplatePassage("1.\tIt met.", "Nothing of the kind", "en")],
)


def make_template(*paragraphs: str) -> io.BytesIO:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    return save(document)


def save(document: object) -> io.BytesIO:
    out = io.BytesIO()
    document.save(out)
    out.seek(0)
    return out


def list_texts(content: bytes) -> list[str]:
    return [each.text for each in docx.Document(io.BytesIO(content)).paragraphs]


def test_a_field_is_found_however_word_split_it() -> None:
    pieces = "".join(
        f'<w:r><w:t xml:space="preserve">{piece}</w:t></w:r>' for piece in ("See {", "{ ti", "tle }", "} now")
    )
    template = with_body_xml(f"<w:p>{pieces}</w:p>")

    assert list_template_fields(io.BytesIO(template)) == [("title", False)]
    assert list_texts(fill_template(io.BytesIO(template), FILLING))[-1] == "See Report now"


def test_fields_are_found_in_headers_tables_and_boxes() -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "{{ body }}"
    document.add_table(1, 1).cell(0, 0).text = "{{ title }} of {{ body }}"
    box = OxmlElement("w:txbxContent")
    box.append(docx.Document().add_paragraph("{{title}}")._p)
    document.add_paragraph("Around it. ").runs[0]._r.append(box)
    document.tables[0].add_row().cells[0].text = "{{ report }}"
    template = save(document)
    expected = [("title", False), ("body", False), ("report", False), ("title", False), ("body", False)]
    assert list_template_fields(template) == expected
    template.seek(0)

    filled_document = docx.Document(io.BytesIO(fill_template(template, FILLING)))
    assert filled_document.sections[0].header.paragraphs[0].text == "The group"
    assert filled_document.tables[0].cell(0, 0).text == "Report of The group"
    assert [each.text for each in filled_document.element.body.iter(qn("w:t")) if each.text == "Report"]


def test_half_fields_are_named_and_fields_alone_in_a_paragraph_are_marked() -> None:
    template = make_template("{{ report }}", "{{title", "The {{ report }}.", "{% for each in all %}")

    assert list_template_fields(template) == [
        ("report", True),
        ("{{title", False),
        ("report", False),
        ("{% for each in all %}", False),
    ]


def test_passages_replace_the_field() -> None:
    document = docx.Document()
    document.add_paragraph("{{ title }}")
    place = document.add_paragraph("{{ report }}")
    place.paragraph_format.left_indent = 1000
    place.runs[0].bold = True
    document.add_paragraph("After it.")

    filled_document = docx.Document(io.BytesIO(fill_template(save(document), FILLING)))
    assert [each.text for each in filled_document.paragraphs] == ["Report", "Opening", "1.\tIt met.", "After it."]
    assert filled_document.paragraphs[1].style.name == "Heading 1"
    assert filled_document.paragraphs[2].paragraph_format.left_indent
    assert filled_document.paragraphs[2].runs[0].bold
    assert filled_document.core_properties.title == "Report"


def test_a_style_that_is_not_a_paragraph_style_is_not_used() -> None:
    document = docx.Document(make_template("{{ report }}"))
    document.styles.add_style("Nothing of the kind", WD_STYLE_TYPE.CHARACTER)

    assert list_texts(fill_template(save(document), FILLING)) == ["Opening", "1.\tIt met."]


def test_a_line_of_empty_fields_is_removed() -> None:
    template = make_template("{{ symbol }}", "{{ symbol }}{{ title }}", "")
    document = docx.Document(template)
    document.add_table(1, 1).cell(0, 0).text = "{{ symbol }}"

    filled_document = docx.Document(io.BytesIO(fill_template(save(document), FILLING)))
    assert [each.text for each in filled_document.paragraphs] == ["Report", ""]
    assert len(filled_document.tables[0].cell(0, 0).paragraphs) == 1


def test_a_line_with_a_picture_stays(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1)).save(tmp_path / "emblem.png")
    document = docx.Document(make_template("{{ symbol }}", "{{ report }}"))
    document.paragraphs[0].add_run().add_picture(str(tmp_path / "emblem.png"))

    filled_document = docx.Document(io.BytesIO(fill_template(save(document), FILLING)))
    assert filled_document.paragraphs[0].text == ""
    assert filled_document.paragraphs[0]._p.findall(f".//{qn('w:drawing')}")


def test_arabic_runs_from_right_to_left() -> None:
    arabic = TemplateFilling(
        "ar", {"title": "تقرير"}, "report", [TemplatePassage("Hello.", "", "en"), TemplatePassage("افتتاح", "", "ar")]
    )
    filled_document = docx.Document(
        io.BytesIO(fill_template(make_template("{{ title }}", "{{ report }}", "Untouched"), arabic))
    )

    turned = [each._p.find(f"{qn('w:pPr')}/{qn('w:bidi')}") is not None for each in filled_document.paragraphs]
    assert turned == [True, False, True, False]
    assert filled_document.paragraphs[0].runs[0].font.rtl


def test_a_filled_template_passes_the_file_inspection() -> None:
    document_bytes = fill_template(make_template("{{ title }}", "{{ report }}"), FILLING)

    report = inspect_stream(io.BytesIO(document_bytes), InspectionLimits())
    assert (report.kind, report.is_refused) == (DOCX, False)


def test_filling_runs_in_a_separate_process() -> None:
    template = make_template("{{ title }}", "{{ report }}")
    with open_bytes(template.getvalue()) as file:
        assert read_template_fields(file) == [("title", True), ("report", True)]
    with open_bytes(template.getvalue()) as file:
        assert list_texts(fill_template_file(file, FILLING)) == ["Report", "Opening", "1.\tIt met."]
    with open_bytes(b"no document") as file, pytest.raises(RenderingError):
        read_template_fields(file)
