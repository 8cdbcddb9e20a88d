"""Renders documents: a PDF, the text, and a picture of the first page. All parsing runs in limited processes.

`pipeline` combines the steps; `docx_text` and `pdf` read; `paragraphs` normalizes what was read. `template_filling`
fills Word templates and converts them, with `template_fields` inside the process. The package does not know what a
document is for.
"""

from app.core.rendering.pipeline import RenderedDocument, render_document

__all__ = ["RenderedDocument", "render_document"]
