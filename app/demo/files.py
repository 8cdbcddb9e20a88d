"""Makes the demo's documents: Word files in six languages, and one PDF, from the texts of `papers.json`."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

import docx
import pikepdf
from docx.oxml import OxmlElement
from docx.text.paragraph import Paragraph
from pikepdf import Dictionary, Name

from app.core.i18n import direction

PAGE = (595, 842)  # A4 in points
LINES, WIDTH = 48, 85


@dataclass(frozen=True, slots=True)
class Text:
    """A document in one language: its title, and headings each with a paragraph."""

    language: str
    title: str
    sections: Sequence[tuple[str, str]]


def word(text: Text) -> bytes:
    """A Word document with real headings; Arabic runs from right to left."""
    made = docx.Document()
    made.core_properties.title = text.title
    made.core_properties.language = text.language
    made.core_properties.author = ""
    paragraphs = [made.add_heading(text.title, level=0)]
    for number, (heading, body) in enumerate(text.sections, start=1):
        paragraphs += [made.add_heading(f"{number}. {heading}", level=1), made.add_paragraph(body)]
    if direction(text.language) == "rtl":
        for paragraph in paragraphs:
            _turn(paragraph)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _turn(paragraph: Paragraph) -> None:
    """Lay out from right to left: the paragraph, and each run in it (ECMA-376 part 1, 17.3.1.6 and 17.3.2.30)."""
    paragraph.paragraph_format.element.get_or_add_pPr().append(OxmlElement("w:bidi"))
    for run in paragraph.runs:
        run.font.rtl = True


def pdf(text: Text) -> bytes:
    """A PDF in a standard font, for text in Latin letters without accents."""
    with pikepdf.new() as made:
        font = made.make_indirect(
            Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        )
        lines = list(_lines(text))
        for start in range(0, len(lines), LINES):
            made.add_blank_page(page_size=PAGE)
            page = made.pages[-1].obj
            page.Resources = Dictionary(Font=Dictionary(F1=font))
            page.Contents = made.make_stream(_drawn(lines[start : start + LINES]))
        made.docinfo["/Title"] = text.title
        made.Root.Lang = pikepdf.String(text.language)
        out = io.BytesIO()
        made.save(out, fix_metadata_version=False)
    return out.getvalue()


def _lines(text: Text) -> Iterator[tuple[int, str]]:
    """Each line with the size of its letters."""
    yield from ((16, line) for line in wrap(text.title, WIDTH * 11 // 16))
    for number, (heading, body) in enumerate(text.sections, start=1):
        yield from ((11, ""), (13, f"{number}. {heading}"))
        yield from ((11, line) for line in wrap(body, WIDTH))


def _drawn(lines: Sequence[tuple[int, str]]) -> bytes:
    """The page's operators: one line under the other."""
    drawn = ["BT", "16 TL", "60 770 Td"]
    for size, line in lines:
        plain = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        drawn += [f"/F1 {size} Tf", f"({plain}) Tj", "T*"]
    return "\n".join([*drawn, "ET"]).encode("cp1252")
