"""Pages as PDF: the given content, and no external request."""

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from app.http.exports.pdf_export import render_pdf
from tests.pango import needs_pango

pytestmark = needs_pango


def test_the_pdf_contains_the_text_and_its_fonts() -> None:
    content = render_pdf('<html lang="fr"><title>Reçu</title><p>Déposé à Genève</p></html>')

    document = pypdfium2.PdfDocument(content)
    text = document[0].get_textpage()
    assert text.get_text_range() == "Déposé à Genève"
    text.close()
    document.close()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert pdf.Root.Lang == "fr"
        fonts = [each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/FontName" in each]
        assert fonts
        assert all(any(f"/FontFile{kind}" in each for kind in ("", "2", "3")) for each in fonts)


@pytest.mark.parametrize("kind", ["file", "http", "data"])
def test_no_external_resource_is_fetched(tmp_path: Path, kind: str) -> None:
    picture = tmp_path / "x.svg"
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>secret</text></svg>')
    addresses = {"file": picture.as_uri(), "http": "http://127.0.0.1:9/x.svg", "data": "data:image/svg+xml,<svg/>"}

    with pytest.raises(ValueError, match="print: failed"):
        render_pdf(f'<img src="{addresses[kind]}">')
