"""Makes a PDF, text and a picture of a document. Everything that parses runs in bounded processes (`bounded`, `child`).

`make` puts the parts together; `docx_text` and `pdf` read; `paragraphs` tidies what was read. Nothing here knows what a
document is for.
"""

from app.core.render.make import Rendered, make

__all__ = ["Rendered", "make"]
