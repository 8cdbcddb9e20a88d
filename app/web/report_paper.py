"""A report as a Word document: real headings, numbered paragraphs; Arabic runs from right to left."""

import io
from collections.abc import Sequence

import docx
from docx.oxml import OxmlElement
from docx.text.paragraph import Paragraph as Line

from app.core.i18n import direction
from app.domain.reports.paragraphs import Paragraph, numbered


def word(title: str, language: str, paragraphs: Sequence[Paragraph]) -> bytes:
    """The report in Word."""
    made = docx.Document()
    made.core_properties.title, made.core_properties.language = title, language
    made.core_properties.author = ""
    _turn(made.add_heading(title, level=0), language)
    for number, each in numbered(paragraphs):
        text = each.text if number is None else f"{number}.\u2002{each.text}"
        line = made.add_heading(text, level=1) if number is None else made.add_paragraph(text)
        _turn(line, each.lang)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _turn(line: Line, language: str) -> None:
    """Lay out from right to left where the words run so (ECMA-376 part 1, 17.3.1.6 and 17.3.2.30)."""
    if direction(language) == "rtl":
        line.paragraph_format.element.get_or_add_pPr().append(OxmlElement("w:bidi"))
        for run in line.runs:
            run.font.rtl = True
