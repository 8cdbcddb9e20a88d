"""The built-in template of a letter: header, paragraphs with fields, and page number. Runs in the confined process."""

import io

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm

from app.core.rendering.default_template import (
    HEADING_COLOUR,
    SECONDARY_COLOUR,
    add_page_number,
    set_up_styles,
    style_runs,
)
from app.core.rendering.template_fields import set_language
from app.core.rendering.template_values import LetterWords


def build_letter_template(words: LetterWords) -> bytes:
    """Build the template of a letter as a Word document."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.bottom_margin = Mm(25)
    section.top_margin = Mm(30)
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name != "Normal Table":
            style.delete()  # it is filled 194 times
    set_up_styles(document)
    header_line, body_line = section.header.paragraphs[0], section.header.add_paragraph(words.header[1], "Header")
    header_line.text = words.header[0]
    style_runs(header_line, 11, HEADING_COLOUR, bold=True)
    style_runs(body_line, 9.5, SECONDARY_COLOUR)
    paragraphs = [header_line, body_line]
    for passage in words.paragraphs:
        paragraphs.append(document.add_paragraph(passage.text, passage.style))
    for paragraph in paragraphs:
        set_language(paragraph, words.language)
    footer_line = section.footer.paragraphs[0]
    footer_line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_page_number(footer_line)
    properties = document.core_properties
    properties.author = properties.comments = properties.title = ""
    properties.language = words.language
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()
