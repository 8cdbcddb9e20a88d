"""The default template of a report, from which a secretariat starts its own. Runs in the confined process."""

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.shared import Mm
from docx.styles.style import ParagraphStyle

from app.core.rendering.docx_layout import (
    SECONDARY_COLOUR,
    add_header,
    save_document,
    set_up_page,
    set_up_styles,
    style_runs,
)
from app.core.rendering.template_values import DECISION_STYLE, PARAGRAPH_STYLE, POSITION_STYLE

NUMBER_INDENT = Mm(12)


def build_default_template() -> bytes:
    """Build the default template as a Word document."""
    document = docx.Document()
    section = document.sections[0]
    set_up_page(section, margin=22, top_margin=30)
    set_up_styles(document)
    _add_report_styles(document)
    add_header(section, "{{ organization }}", "{{ body }}")
    document.add_paragraph("{{ symbol }}", "Normal")
    document.add_paragraph("{{ title }}", "Title")
    for text in ("{{ place }}", "{{ dates }}", "{{ stage }} · {{ revision }}"):
        style_runs(document.add_paragraph(text), 9.5, SECONDARY_COLOUR)
    document.add_paragraph("{{ report }}", PARAGRAPH_STYLE)
    return save_document(document)


def _add_report_styles(document: Document) -> None:
    for name in (PARAGRAPH_STYLE, DECISION_STYLE, POSITION_STYLE):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        assert isinstance(style, ParagraphStyle)
        style.base_style = document.styles["Normal"]
        style.paragraph_format.left_indent, style.paragraph_format.first_line_indent = NUMBER_INDENT, -NUMBER_INDENT
        style.paragraph_format.tab_stops.add_tab_stop(NUMBER_INDENT)
        style.font.italic = name == POSITION_STYLE
        style.font.bold = style.font.cs_bold = name == DECISION_STYLE
