"""Files of the demo's documents: Word files in six languages, and one PDF, from the texts of `papers.json`."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

import docx
import pikepdf
from docx.oxml import OxmlElement
from docx.text.paragraph import Paragraph
from pikepdf import Dictionary, Name

from app.core.i18n import text_direction

PAGE_SIZE = (595, 842)  # A4 in points
LINES_PER_PAGE, LINE_WIDTH = 48, 85  # lines on a page, characters in a line


@dataclass(frozen=True, slots=True)
class DemoText:
    """The text of a document in one language: its title, and headings with a paragraph each."""

    language: str
    title: str
    sections: Sequence[tuple[str, str]]


def render_docx(text: DemoText) -> bytes:
    """Render a text as a Word document with headings; Arabic is laid out from right to left."""
    document = docx.Document()
    document.core_properties.title = text.title
    document.core_properties.language = text.language
    document.core_properties.author = ""
    paragraphs = [document.add_heading(text.title, level=0)]
    for number, (heading, body) in enumerate(text.sections, start=1):
        paragraphs += [document.add_heading(f"{number}. {heading}", level=1), document.add_paragraph(body)]
    if text_direction(text.language) == "rtl":
        for paragraph in paragraphs:
            _set_right_to_left(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_right_to_left(paragraph: Paragraph) -> None:
    """Lay out from right to left: the paragraph, and each run in it (ECMA-376 part 1, 17.3.1.6 and 17.3.2.30)."""
    paragraph.paragraph_format.element.get_or_add_pPr().append(OxmlElement("w:bidi"))
    for run in paragraph.runs:
        run.font.rtl = True


def render_pdf(text: DemoText) -> bytes:
    """Render a text as a PDF in a standard font; for Latin letters without accents."""
    with pikepdf.new() as document:
        font = document.make_indirect(
            Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        )
        lines = list(_wrap_lines(text))
        for start in range(0, len(lines), LINES_PER_PAGE):
            document.add_blank_page(page_size=PAGE_SIZE)
            page = document.pages[-1].obj
            page.Resources = Dictionary(Font=Dictionary(F1=font))
            page.Contents = document.make_stream(_draw_page(lines[start : start + LINES_PER_PAGE]))
        document.docinfo["/Title"] = text.title
        document.Root.Lang = pikepdf.String(text.language)
        out = io.BytesIO()
        document.save(out, fix_metadata_version=False)
    return out.getvalue()


def _wrap_lines(text: DemoText) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text, each with its font size in points."""
    yield from ((16, line) for line in wrap(text.title, LINE_WIDTH * 11 // 16))
    for number, (heading, body) in enumerate(text.sections, start=1):
        yield from ((11, ""), (13, f"{number}. {heading}"))
        yield from ((11, line) for line in wrap(body, LINE_WIDTH))


def _draw_page(lines: Sequence[tuple[int, str]]) -> bytes:
    """Return the content stream of a page with these lines."""
    operators = ["BT", "16 TL", "60 770 Td"]
    for size, line in lines:
        escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        operators += [f"/F1 {size} Tf", f"({escaped}) Tj", "T*"]
    return "\n".join([*operators, "ET"]).encode("cp1252")
