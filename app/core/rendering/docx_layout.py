"""Page, styles, header and footer of Word documents that are built here. Runs in the confined process."""

import io
from collections.abc import Sequence
from typing import Final

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.font import Font
from docx.text.paragraph import Paragraph

HEADING_COLOUR, SECONDARY_COLOUR = RGBColor(0x15, 0x3E, 0x75), RGBColor(0x50, 0x53, 0x5A)
SCRIPT_FONTS = {"ascii": "Noto Sans", "hAnsi": "Noto Sans", "cs": "Noto Sans Arabic", "eastAsia": "Noto Sans CJK SC"}
OF_THE_LIBRARY = (RELATIONSHIP_TYPE.EXTENDED_PROPERTIES, RELATIONSHIP_TYPE.THUMBNAIL)
StyleMeasures = tuple[str, float, int, int]
"""A style by name; its size, and the space before and after, in points."""
USUAL_MEASURES: Final[Sequence[StyleMeasures]] = (
    ("Normal", 10.5, 0, 6),
    ("Title", 18, 12, 6),
    ("Heading 1", 12.5, 18, 6),
)


def set_up_page(section: Section, margin: int, top_margin: int) -> None:
    """Set the page to A4 with these margins, in millimetres, and its number in the middle of the footer."""
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.bottom_margin = Mm(margin)
    section.top_margin = Mm(top_margin)
    line = section.footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_page_number(line)


def add_header(section: Section, organization: str, body: str) -> list[Paragraph]:
    """Add the two lines of the header, and return them."""
    first, second = section.header.paragraphs[0], section.header.add_paragraph(body, "Header")
    first.text = organization
    style_runs(first, 11, HEADING_COLOUR, bold=True)
    style_runs(second, 9.5, SECONDARY_COLOUR)
    return [first, second]


def remove_table_styles(document: Document) -> None:
    """Remove the styles of tables that a new document has and does not use: they are its larger part."""
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name != "Normal Table":
            style.delete()


def save_document(document: Document, language: str = "") -> bytes:
    """Return the document without the properties and the picture of the library's own template, which name a program
    and a number of pages that are not its own."""
    relationships = document.part.package.rels
    for key in [key for key, each in relationships.items() if each.reltype in OF_THE_LIBRARY]:
        del relationships[key]
    properties = document.core_properties
    properties.author = properties.comments = properties.title = ""
    if language:
        properties.language = language
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def set_up_styles(document: Document, measures: Sequence[StyleMeasures] = USUAL_MEASURES) -> None:
    """Set fonts, sizes and spaces of styles that every document has."""
    for name, size, before, after in measures:
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        set_font(style, size, None if name == "Normal" else HEADING_COLOUR)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    title = document.styles["Title"].element.pPr
    for border in title.findall(qn("w:pBdr")):
        title.remove(border)


def set_font(style: ParagraphStyle, size: float, colour: RGBColor | None) -> None:
    """Set fonts for every script by name, instead of those of a theme."""
    style.font.color.rgb = colour
    style.font.cs_bold = style.font.bold = style.name != "Normal"
    set_size(style.font, size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.attrib.clear()
    for script, name in SCRIPT_FONTS.items():
        fonts.set(qn(f"w:{script}"), name)


def set_size(font: Font, size: float) -> None:
    """Set the font size, also for complex scripts such as Arabic, for which python-docx has no property (ECMA-376
    part 1, 17.3.2.39)."""
    font.size = Pt(size)
    properties = font.element.rPr
    for former in properties.findall(qn("w:szCs")):
        properties.remove(former)
    complex_size = OxmlElement("w:szCs")
    complex_size.set(qn("w:val"), str(int(size * 2)))
    properties.find(qn("w:sz")).addnext(complex_size)


def style_runs(line: Paragraph, size: float, colour: RGBColor, *, bold: bool = False) -> None:
    """Set size in points, colour and weight of the runs of a paragraph."""
    for run in line.runs:
        run.font.color.rgb, run.font.bold, run.font.cs_bold = colour, bold, bold
        set_size(run.font, size)


def add_page_number(line: Paragraph) -> None:
    """Add the number of the page to a paragraph."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    line._p.append(field)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
