"""Makes a PDF, text and a picture of a document. Everything that parses runs in bounded processes (`bounded`, `child`).

`make` puts the parts together; `docx_text` and `pdf` read; `paragraphs` tidies what was read. `filling` fills templates
and lays them out, with `fields` in the process. Nothing here knows what a
document is for.
"""

from app.core.render.make import Rendered, make

__all__ = ["Rendered", "make"]
