"""The template of a contribution: the cover of ITU, and styles for text and proposals. Runs in the confined process.

Each field is a content control, by whose tag the inspection reads it back (`app/core/inspection/docx_cover.py`).
"""

from collections.abc import Sequence
from typing import Final

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.xmlchemy import BaseOxmlElement as Element
from docx.shared import Length, Mm, Pt
from docx.styles.style import CharacterStyle, ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from app.core.i18n import text_direction
from app.core.rendering.docx_layout import (
    HEADING_COLOUR,
    SECONDARY_COLOUR,
    StyleMeasures,
    remove_table_styles,
    save_document,
    set_up_page,
    set_up_styles,
    style_runs,
)
from app.core.rendering.template_values import ContributionWords

CONTROL_PREFIX: Final = "contribution-"
COVER_FIELDS: Final = ("source", "purpose", "item", "action", "abstract", "contact")
MULTILINE_FIELDS: Final = ("action", "abstract", "contact")
MARKS: Final = ("ADD", "MOD", "SUP", "NOC")
NUMBERED_STYLE: Final = "Contribution paragraph"
PLACEHOLDER_STYLE: Final = "Placeholder Text"
LABEL_STYLE: Final = "Cover label"
NAMES_WIDTH, DATE_WIDTH, LABEL_WIDTH, VALUE_WIDTH, INDENT = Mm(111), Mm(55), Mm(42), Mm(124), Mm(12)
LABEL_FILL, LINE_COLOUR = "EEF2F7", "B8C1CE"
MEASURES: Final[Sequence[StyleMeasures]] = (
    ("Normal", 10.5, 0, 6),
    ("Title", 18, 18, 12),
    ("Heading 1", 13, 18, 6),
    ("Heading 2", 11, 12, 4),
)


def build_contribution_template(words: ContributionWords) -> bytes:
    """Build the template of a contribution as a Word document."""
    document = docx.Document()
    section = document.sections[0]
    set_up_page(section, margin=22, top_margin=22)
    is_rtl = text_direction(words.language) == "rtl"
    add_styles(document, words.language, is_rtl=is_rtl)
    add_masthead(document, words, is_rtl=is_rtl)
    add_control(document.add_paragraph(style="Title"), words, "title")
    add_cover(document, words, is_rtl=is_rtl)
    add_body(document, words)
    return save_document(document, words.language)


def add_styles(document: Document, language: str, *, is_rtl: bool) -> None:
    """Set up the styles; those of tables that are not used are left out."""
    remove_table_styles(document)
    set_up_styles(document, MEASURES)
    label = add_paragraph_style(document, LABEL_STYLE)
    label.font.bold = label.font.cs_bold = True
    numbered = add_paragraph_style(document, NUMBERED_STYLE)
    numbered.element.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = add_numbering(document)
    proposal = add_paragraph_style(document, "Proposal", before=18)
    proposal.font.bold = proposal.font.cs_bold = proposal.paragraph_format.keep_with_next = True
    proposal.paragraph_format.tab_stops.add_tab_stop(Mm(20))
    for mark in MARKS:
        add_paragraph_style(document, f"Proposal {mark}", "Proposal", before=18)
    proposal_title = add_paragraph_style(document, "Proposal title")
    proposal_title.font.bold = proposal_title.font.cs_bold = proposal_title.paragraph_format.keep_with_next = True
    proposal_title.font.color.rgb = HEADING_COLOUR
    add_paragraph_style(document, "Proposal reasons")
    placeholder = document.styles.add_style(PLACEHOLDER_STYLE, WD_STYLE_TYPE.CHARACTER)
    assert isinstance(placeholder, CharacterStyle)
    placeholder.font.color.rgb = SECONDARY_COLOUR
    set_language(document, language, is_rtl=is_rtl)


def add_paragraph_style(document: Document, name: str, base: str = "Normal", *, before: float = 0) -> ParagraphStyle:
    """Add a style of paragraphs that is offered in the gallery of Word."""
    style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(style, ParagraphStyle)
    style.base_style, style.quick_style = document.styles[base], True
    style.paragraph_format.space_before = Pt(before)
    return style


def set_language(document: Document, language: str, *, is_rtl: bool) -> None:
    """Set the language of the text, and the direction of every style (ECMA-376 part 1, 17.3.1.6 and 17.3.2.30)."""
    for existing in document.styles.element.iter(qn("w:lang")):
        existing.attrib.clear()
        for script in ("val", "eastAsia", "bidi"):
            existing.set(qn(f"w:{script}"), language)
    if is_rtl:
        normal = document.styles["Normal"].element
        normal.get_or_add_pPr().insert(0, OxmlElement("w:bidi"))
        normal.get_or_add_rPr().append(OxmlElement("w:rtl"))
        document.sections[0]._sectPr.append(OxmlElement("w:bidi"))


def add_numbering(document: Document) -> int:
    """Add a list that numbers paragraphs 1, 2, 3; return its number."""
    numbering = document.part.numbering_part.element
    numbers = [int(each.get(qn("w:abstractNumId"))) for each in numbering.findall(qn("w:abstractNum"))]
    identifier = max(numbers, default=0) + 1
    indent = int(Length(INDENT).twips)
    abstract = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{identifier}"><w:multiLevelType w:val="singleLevel"/>'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
        '<w:lvlText w:val="%1."/><w:lvlJc w:val="left"/>'
        f'<w:pPr><w:ind w:left="{indent}" w:hanging="{indent}"/></w:pPr></w:lvl></w:abstractNum>'
    )
    numbering.insert(len(numbers), abstract)
    return int(numbering.add_num(identifier).numId)


def add_masthead(document: Document, words: ContributionWords, *, is_rtl: bool) -> None:
    """Add organisation, group and meeting on one side, date and original language."""
    table = add_table(document, 1, (NAMES_WIDTH, DATE_WIDTH), is_rtl=is_rtl, lines=("bottom",))
    left, right = table.rows[0].cells
    style_runs(fill_paragraph(left.paragraphs[0], words.organization), 12, HEADING_COLOUR, bold=True)
    add_control(left.add_paragraph(), words, "group")
    add_control(left.add_paragraph(), words, "meeting")
    add_control(right.paragraphs[0], words, "date")
    style_runs(fill_paragraph(right.add_paragraph(), words.original), 10.5, SECONDARY_COLOUR)


def add_cover(document: Document, words: ContributionWords, *, is_rtl: bool) -> None:
    """Add the table of the cover: a label and a field in each row."""
    lines = ("top", "bottom", "insideH")
    table = add_table(document, len(COVER_FIELDS), (LABEL_WIDTH, VALUE_WIDTH), is_rtl=is_rtl, lines=lines)
    for row, name in zip(table.rows, COVER_FIELDS, strict=True):
        label, value = row.cells
        shade_cell(label)
        label.paragraphs[0].style = LABEL_STYLE
        fill_paragraph(label.paragraphs[0], words.labels[name])
        add_control(value.paragraphs[0], words, name)


def add_body(document: Document, words: ContributionWords) -> None:
    """Add the body: a heading, numbered paragraphs, and one proposal of each mark."""
    document.add_paragraph(words.headings["introduction"], "Heading 1")
    for _paragraph in range(2):
        add_control(document.add_paragraph(style=NUMBERED_STYLE), words, "paragraph")
    document.add_paragraph(words.headings["proposals"], "Heading 1")
    add_control(document.add_paragraph(), words, "hint")
    for mark in MARKS:
        add_control(document.add_paragraph(f"{mark}\t", f"Proposal {mark}"), words, "provision")
        add_control(document.add_paragraph(style="Proposal title"), words, "proposal")
        if mark in {"ADD", "MOD"}:
            add_control(document.add_paragraph(), words, "text")
        add_control(document.add_paragraph(f"{words.labels['reasons']} ", "Proposal reasons"), words, "reasons")


def add_control(paragraph: Paragraph, words: ContributionWords, name: str) -> None:
    """Add a content control that shows its placeholder (ECMA-376 part 1, 17.5.2)."""
    control, properties, content = (OxmlElement(f"w:{tag}") for tag in ("sdt", "sdtPr", "sdtContent"))
    for tag, value in (("alias", words.placeholders[name]), ("tag", CONTROL_PREFIX + name), ("showingPlcHdr", None)):
        properties.append(build_element(tag, value))
    properties.append(build_kind(words, name))
    run = paragraph.add_run(f"[{words.placeholders[name]}]", PLACEHOLDER_STYLE)
    content.append(run._r)
    control.append(properties)
    control.append(content)
    paragraph._p.append(control)


def build_kind(words: ContributionWords, name: str) -> Element:
    """Build the kind of a content control: a choice, or a text of one or more lines."""
    if name == "purpose":
        choice = OxmlElement("w:dropDownList")
        for label in words.purposes:
            item = build_element("listItem", label)
            item.set(qn("w:displayText"), label)
            item.attrib[qn("w:value")] = item.attrib.pop(qn("w:val"))
            choice.append(item)
        return choice
    text = OxmlElement("w:text")
    if name in MULTILINE_FIELDS:
        text.set(qn("w:multiLine"), "1")
    return text


def build_element(tag: str, value: str | None = None) -> Element:
    """Build an element of WordprocessingML with the attribute `val`."""
    element = OxmlElement(f"w:{tag}")
    if value is not None:
        element.set(qn("w:val"), value)
    return element


def fill_paragraph(paragraph: Paragraph, text: str) -> Paragraph:
    """Add a text to a paragraph and return it."""
    paragraph.add_run(text)
    return paragraph


def add_table(
    document: Document, rows: int, widths: tuple[Length, ...], *, is_rtl: bool, lines: tuple[str, ...]
) -> Table:
    """Add a table with columns of these widths and these lines; its columns begin at the right where text does."""
    table: Table = document.add_table(rows, len(widths))
    table.autofit = False
    properties = table._tbl.tblPr
    if is_rtl:
        properties.insert_element_before(OxmlElement("w:bidiVisual"), "w:tblW", "w:jc", "w:tblLayout", "w:tblLook")
    borders = OxmlElement("w:tblBorders")
    for line in lines:
        border = build_element(line, "single")
        border.set(qn("w:sz"), "4")
        border.set(qn("w:color"), LINE_COLOUR)
        borders.append(border)
    properties.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.space_before = Pt(4)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    return table


def shade_cell(cell: _Cell) -> None:
    """Give a cell a light background."""
    shading = build_element("shd", "clear")
    shading.set(qn("w:fill"), LABEL_FILL)
    cell._tc.get_or_add_tcPr().append(shading)
