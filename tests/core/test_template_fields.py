"""Templates in Word: which fields they have, and what stands there once they are filled."""

import io
from contextlib import ExitStack
from pathlib import Path

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from PIL import Image

from app.core.inspection import DOCX, InspectionLimits
from app.core.inspection.classify import inspect_stream
from app.core.rendering.subprocess_limits import RenderingError
from app.core.rendering.template_fields import TemplateFilling, TemplatePassage, fill_template, list_template_fields
from app.core.rendering.template_filling import (
    WAITING_SLOTS,
    RenderingBusy,
    fill_template_file,
    read_template_fields,
    render_docx_to_pdf,
)
from tests.files import in_text

FILLING = TemplateFilling(
    "en",
    {"title": "Report", "body": "The group", "symbol": ""},
    "report",
    [TemplatePassage("Opening", "Heading 1", "en"), TemplatePassage("1.\tIt met.", "Nothing of the kind", "en")],
)


def a_template(*paragraphs: str) -> io.BytesIO:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    return saved(document)


def saved(document: object) -> io.BytesIO:
    out = io.BytesIO()
    document.save(out)
    out.seek(0)
    return out


def texts(content: bytes) -> list[str]:
    return [each.text for each in docx.Document(io.BytesIO(content)).paragraphs]


def test_a_field_is_found_however_word_has_cut_it() -> None:
    pieces = "".join(
        f'<w:r><w:t xml:space="preserve">{piece}</w:t></w:r>' for piece in ("See {", "{ ti", "tle }", "} now")
    )
    template = in_text(f"<w:p>{pieces}</w:p>")

    assert list_template_fields(io.BytesIO(template)) == [("title", False)]
    assert texts(fill_template(io.BytesIO(template), FILLING))[-1] == "See Report now"


def test_fields_stand_in_headers_tables_and_boxes_too() -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "{{ body }}"
    document.add_table(1, 1).cell(0, 0).text = "{{ title }} of {{ body }}"
    box = OxmlElement("w:txbxContent")
    box.append(docx.Document().add_paragraph("{{title}}")._p)
    document.add_paragraph("Around it. ").runs[0]._r.append(box)
    document.tables[0].add_row().cells[0].text = "{{ report }}"
    template = saved(document)
    found = [("title", False), ("body", False), ("report", False), ("title", False), ("body", False)]
    assert list_template_fields(template) == found
    template.seek(0)

    made = docx.Document(io.BytesIO(fill_template(template, FILLING)))
    assert made.sections[0].header.paragraphs[0].text == "The group"
    assert made.tables[0].cell(0, 0).text == "Report of The group"
    assert [each.text for each in made.element.body.iter(qn("w:t")) if each.text == "Report"]


def test_what_is_half_a_field_is_named_and_what_is_alone_is_known() -> None:
    template = a_template("{{ report }}", "{{title", "The {{ report }}.", "{% for each in all %}")

    assert list_template_fields(template) == [
        ("report", True),
        ("{{title", False),
        ("report", False),
        ("{% for each in all %}", False),
    ]


def test_passages_take_the_place_of_the_field() -> None:
    document = docx.Document()
    document.add_paragraph("{{ title }}")
    place = document.add_paragraph("{{ report }}")
    place.paragraph_format.left_indent = 1000
    place.runs[0].bold = True
    document.add_paragraph("After it.")

    made = docx.Document(io.BytesIO(fill_template(saved(document), FILLING)))
    assert [each.text for each in made.paragraphs] == ["Report", "Opening", "1.\tIt met.", "After it."]
    assert made.paragraphs[1].style.name == "Heading 1"
    assert made.paragraphs[2].paragraph_format.left_indent
    assert made.paragraphs[2].runs[0].bold
    assert made.core_properties.title == "Report"


def test_a_style_that_is_none_of_paragraphs_is_not_used() -> None:
    document = docx.Document(a_template("{{ report }}"))
    document.styles.add_style("Nothing of the kind", WD_STYLE_TYPE.CHARACTER)

    assert texts(fill_template(saved(document), FILLING)) == ["Opening", "1.\tIt met."]


def test_a_line_of_empty_fields_goes() -> None:
    template = a_template("{{ symbol }}", "{{ symbol }}{{ title }}", "")
    document = docx.Document(template)
    document.add_table(1, 1).cell(0, 0).text = "{{ symbol }}"

    made = docx.Document(io.BytesIO(fill_template(saved(document), FILLING)))
    assert [each.text for each in made.paragraphs] == ["Report", ""]
    assert len(made.tables[0].cell(0, 0).paragraphs) == 1


def test_a_line_with_a_picture_stays(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1)).save(tmp_path / "emblem.png")
    document = docx.Document(a_template("{{ symbol }}", "{{ report }}"))
    document.paragraphs[0].add_run().add_picture(str(tmp_path / "emblem.png"))

    made = docx.Document(io.BytesIO(fill_template(saved(document), FILLING)))
    assert made.paragraphs[0].text == ""
    assert made.paragraphs[0]._p.findall(f".//{qn('w:drawing')}")


def test_arabic_runs_from_right_to_left() -> None:
    arabic = TemplateFilling(
        "ar", {"title": "تقرير"}, "report", [TemplatePassage("Hello.", "", "en"), TemplatePassage("افتتاح", "", "ar")]
    )
    made = docx.Document(io.BytesIO(fill_template(a_template("{{ title }}", "{{ report }}", "Untouched"), arabic)))

    turned = [each._p.find(f"{qn('w:pPr')}/{qn('w:bidi')}") is not None for each in made.paragraphs]
    assert turned == [True, False, True, False]
    assert made.paragraphs[0].runs[0].font.rtl


def test_what_was_filled_passes_the_gate() -> None:
    whole = fill_template(a_template("{{ title }}", "{{ report }}"), FILLING)

    report = inspect_stream(io.BytesIO(whole), InspectionLimits())
    assert (report.kind, report.is_refused) == (DOCX, False)


def test_it_is_done_in_a_process_of_its_own(tmp_path: Path) -> None:
    template = tmp_path / "template.docx"
    template.write_bytes(a_template("{{ title }}", "{{ report }}").getvalue())

    assert read_template_fields(template) == [("title", True), ("report", True)]
    assert texts(fill_template_file(template, FILLING, tmp_path)) == ["Report", "Opening", "1.\tIt met."]
    template.write_bytes(b"no document")
    with pytest.raises(RenderingError):
        read_template_fields(template)


def test_only_a_few_wait_and_the_others_are_told_at_once(tmp_path: Path) -> None:
    template = tmp_path / "template.docx"
    template.write_bytes(a_template("{{ report }}").getvalue())
    with ExitStack() as held:
        while WAITING_SLOTS.acquire(blocking=False):
            held.callback(WAITING_SLOTS.release)
        with pytest.raises(RenderingBusy):
            fill_template_file(template, FILLING, tmp_path)
        with pytest.raises(RenderingBusy):
            render_docx_to_pdf("/bin/false", b"", tmp_path)

    assert texts(fill_template_file(template, FILLING, tmp_path))
