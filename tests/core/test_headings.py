"""Headings of a document: which paragraphs are, and of which level."""

import io
import json

import pytest

from app.core.rendering.child import read_words
from app.core.rendering.docx_undrawn import read_docx_content
from app.core.rendering.paragraphs import MAX_HEADING_LENGTH
from tests.files import replace_in_part, with_body_xml

HEADING_STYLES = """
    <w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Own"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
    <w:style w:type="paragraph" w:styleId="Based"><w:name w:val="Based"/><w:basedOn w:val="Own"/></w:style>
    <w:style w:type="paragraph" w:styleId="Body"><w:name w:val="Body"/><w:basedOn w:val="Own"/>
      <w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>
    <w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>
"""


def read_levels(body: str, styles: str = HEADING_STYLES) -> dict[str, int]:
    made = replace_in_part(with_body_xml(body), "word/styles.xml", "</w:styles>", f"{styles}</w:styles>")
    content = read_docx_content(io.BytesIO(made))
    return dict(zip(content.paragraphs, content.heading_levels, strict=True))


def make_paragraph(words: str, properties: str) -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>"


@pytest.mark.parametrize(
    ("properties", "level"),
    [
        ("", 0),
        ('<w:pStyle w:val="Heading1"/>', 1),
        ('<w:pStyle w:val="Own"/>', 2),
        ('<w:pStyle w:val="Based"/>', 2),
        ('<w:pStyle w:val="Body"/>', 0),
        ('<w:pStyle w:val="Loop"/>', 0),
        ('<w:pStyle w:val="Missing"/>', 0),
        ('<w:outlineLvl w:val="2"/>', 3),
        ('<w:pStyle w:val="Own"/><w:outlineLvl w:val="9"/>', 0),
        ('<w:outlineLvl w:val="x"/>', 0),
        ('<w:pPrChange w:id="1"><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:pPrChange>', 0),
    ],
)
def test_a_paragraph_is_a_heading_by_its_own_level_or_that_of_its_style(properties: str, level: int) -> None:
    assert read_levels(make_paragraph("Costs", properties)) == {"Text.": 0, "Costs": level}


@pytest.mark.parametrize("name", ["heading 3", "Titre 3", "Título 3", "Заголовок 3", "标题 3", "العنوان 3", "عنوان 3"])
def test_a_style_of_headings_is_known_by_its_name_in_six_languages(name: str) -> None:
    style = f'<w:style w:type="paragraph" w:styleId="H"><w:name w:val="{name}"/></w:style>'

    assert read_levels(make_paragraph("Costs", '<w:pStyle w:val="H"/>'), style)["Costs"] == 3


def test_neither_a_cell_nor_a_long_text_is_a_heading() -> None:
    heading = make_paragraph("State", '<w:outlineLvl w:val="0"/>')
    long = "x" * (MAX_HEADING_LENGTH + 1)
    table = f"<w:tbl><w:tr><w:tc>{heading}</w:tc></w:tr></w:tbl>"

    levels = read_levels(table + make_paragraph(long, '<w:outlineLvl w:val="0"/>') + heading.replace("State", "Costs"))

    assert levels == {"Text.": 0, "State": 0, long: 0, "Costs": 1}


def test_those_who_ask_get_the_levels_of_headings() -> None:
    content = with_body_xml(make_paragraph("Costs", '<w:outlineLvl w:val="0"/>'))

    asked, unasked = (json.loads(read_words(io.BytesIO(content), arguments)) for arguments in (b"headings", b""))

    assert asked["heading_levels"] == [0, 1]
    assert "heading_levels" not in unasked
