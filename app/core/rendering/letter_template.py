"""The default template of a letter: header, paragraphs with fields, and page number. Runs in the confined process."""

import docx

from app.core.rendering.docx_layout import (
    add_header,
    remove_table_styles,
    save_document,
    set_up_page,
    set_up_styles,
)
from app.core.rendering.template_fields import set_language
from app.core.rendering.template_values import LetterWords


def build_letter_template(words: LetterWords) -> bytes:
    """Build the template of a letter as a Word document. It is small, since it is filled in for each Member State."""
    document = docx.Document()
    section = document.sections[0]
    set_up_page(section, margin=25, top_margin=30)
    remove_table_styles(document)
    set_up_styles(document)
    paragraphs = add_header(section, *words.header)
    paragraphs += [document.add_paragraph(passage.text, passage.style) for passage in words.paragraphs]
    for paragraph in paragraphs:
        set_language(paragraph, words.language)
    return save_document(document, words.language)
