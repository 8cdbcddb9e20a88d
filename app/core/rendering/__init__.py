"""Renders documents: a PDF, the text, and a picture of the first page. The service that opens files does all of it.

`pipeline` and `template_filling` are for callers. The service calls `child` and `printing`: `docx_text`, `docx_undrawn`
and `pdf` read, `paragraphs` normalizes what was read, `docx_copy` and `libreoffice` are for conversions,
`template_fields` fills. The package does not know what a document is for.
"""

from app.core.rendering.pipeline import RenderedDocument, render_document

__all__ = ["RenderedDocument", "render_document"]
