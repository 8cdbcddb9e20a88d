"""The house's own template of a report: what a secretariat starts from that wants another one."""

import io
from functools import cache

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.font import Font
from docx.text.paragraph import Paragraph as Line

BLUE, SOFT = RGBColor(0x15, 0x3E, 0x75), RGBColor(0x50, 0x53, 0x5A)
FONTS = {"ascii": "Noto Sans", "hAnsi": "Noto Sans", "cs": "Noto Sans Arabic", "eastAsia": "Noto Sans CJK SC"}
NUMBER = Mm(12)
PARAGRAPH, DECISION, POSITION = "Report paragraph", "Report decision", "Report position"
"""Styles that a template may have beside Heading 1; what it lacks looks as the field does."""


@cache
def letterhead() -> bytes:
    """The template, as a Word document."""
    made = docx.Document()
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.bottom_margin = Mm(22)
    section.top_margin = Mm(30)
    _styles(made)
    head, body = section.header.paragraphs[0], section.header.add_paragraph("{{ body }}", "Header")
    head.text = "{{ organization }}"
    _look(head, 11, BLUE, bold=True)
    _look(body, 9.5, SOFT)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _page_number(foot)
    made.add_paragraph("{{ symbol }}", "Normal")
    made.add_paragraph("{{ title }}", "Title")
    for text in ("{{ place }}", "{{ dates }}", "{{ stage }} · {{ revision }}"):
        _look(made.add_paragraph(text), 9.5, SOFT)
    made.add_paragraph("{{ report }}", PARAGRAPH)
    made.core_properties.author = made.core_properties.comments = ""
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _styles(made: Document) -> None:
    for name, size, before, after in (("Normal", 10.5, 0, 6), ("Title", 18, 12, 6), ("Heading 1", 12.5, 18, 6)):
        style = made.styles[name]
        assert isinstance(style, ParagraphStyle)
        _font(style, size, None if name == "Normal" else BLUE)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    title = made.styles["Title"].element.pPr
    for border in title.findall(qn("w:pBdr")):
        title.remove(border)
    for name in (PARAGRAPH, DECISION, POSITION):
        style = made.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        assert isinstance(style, ParagraphStyle)
        style.base_style = made.styles["Normal"]
        style.paragraph_format.left_indent, style.paragraph_format.first_line_indent = NUMBER, -NUMBER
        style.paragraph_format.tab_stops.add_tab_stop(NUMBER)
        style.font.italic = name == POSITION
        style.font.bold = style.font.cs_bold = name == DECISION


def _font(style: ParagraphStyle, size: float, colour: RGBColor | None) -> None:
    """Fonts for every script by name, instead of those of a theme."""
    style.font.color.rgb = colour
    style.font.cs_bold = style.font.bold = style.name != "Normal"
    _size(style.font, size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.attrib.clear()
    for script, name in FONTS.items():
        fonts.set(qn(f"w:{script}"), name)


def _size(font: Font, size: float) -> None:
    """For Arabic too, which python-docx has no word for (ECMA-376 part 1, 17.3.2.39)."""
    font.size = Pt(size)
    properties = font.element.rPr
    for former in properties.findall(qn("w:szCs")):
        properties.remove(former)
    alike = OxmlElement("w:szCs")
    alike.set(qn("w:val"), str(int(size * 2)))
    properties.find(qn("w:sz")).addnext(alike)


def _look(line: Line, size: float, colour: RGBColor, *, bold: bool = False) -> None:
    for run in line.runs:
        run.font.color.rgb, run.font.bold, run.font.cs_bold = colour, bold, bold
        _size(run.font, size)


def _page_number(line: Line) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    line._p.append(field)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
