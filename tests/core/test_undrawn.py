"""What LibreOffice does not draw of a DOCX is found: each case is converted too, where there is a converter."""

import io
import shutil
import struct
import subprocess
from pathlib import Path

import pikepdf
import pytest

from app.core.file_service.client import FileServiceOptions, can_do_task
from app.core.file_service.tasks import FORMULAS
from app.core.inspection import DOCX
from app.core.rendering import render_document
from app.core.rendering.docx_undrawn import read_docx_content
from app.core.rendering.undrawn import UndrawnContent, UndrawnKind
from tests.docx_charts import (
    DRAWINGS,
    PICTURE,
    make_alternatives,
    make_docx_with_chart,
    make_docx_with_newer_chart,
    make_drawing,
    make_png,
    with_parts,
)
from tests.files import OFFICE, make_docx, repack, with_body_xml, with_field

SOFFICE = shutil.which("soffice") or ""
WITH_SOFFICE = FileServiceOptions(soffice=SOFFICE)
needs_soffice = pytest.mark.skipif(not SOFFICE, reason="there is no soffice on this machine")
INK = "http://schemas.microsoft.com/office/word/2010/wordprocessingInk"
PART = '<w14:contentPart xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" r:id="rId97"/>'
SHOWN = make_drawing(f"{DRAWINGS}/picture", PICTURE)
FORMULA = f'<m:oMath xmlns:m="{OFFICE.removesuffix("/relationships")}/math"><m:r><m:t>E=mc</m:t></m:r></m:oMath>'
DIAGRAM = f'<dgm:relIds xmlns:dgm="{DRAWINGS}/diagram" r:dm="a" r:lo="a" r:qs="a" r:cs="a"/>'
METAFILE = struct.pack("<II", 1, 108) + bytes(32) + b" EMF" + struct.pack("<II", 0x10000, 9000) + bytes(60)


def with_run(content: str, picture: bytes | None = None) -> bytes:
    """Make a document with this in a run, whose picture has these bytes."""
    made = with_parts(with_body_xml(f"<w:p><w:r>{content}</w:r></w:p>"), {}, {})
    return made if picture is None else repack(made, {"word/media/a.png": picture})


def deleted(content: str) -> bytes:
    return with_parts(with_body_xml(f'<w:p><w:del w:id="1"><w:r>{content}</w:r></w:del></w:p>'), {}, {})


def count_undrawn(content: bytes) -> dict[UndrawnKind, int]:
    return {each.kind: each.count for each in read_docx_content(io.BytesIO(content)).undrawn}


UNDRAWN = {
    "newer chart": (make_docx_with_newer_chart(), UndrawnKind.CHART),
    "diagram without a drawing": (with_run(make_drawing(f"{DRAWINGS}/diagram", DIAGRAM)), UndrawnKind.DIAGRAM),
    "ink": (with_run(make_alternatives("wpi", make_drawing(INK, PART), "")), UndrawnKind.INK),
    "object": (with_run(make_drawing("http://example.org/a", "")), UndrawnKind.OBJECT),
    "damaged picture": (with_run(SHOWN, make_png()[:30]), UndrawnKind.PICTURE),
    "short metafile": (with_run(SHOWN, METAFILE), UndrawnKind.PICTURE),
    "barcode": (with_field('DISPLAYBARCODE "1" QR'), UndrawnKind.FIELD),
    "fraction": (with_field("EQ \\f(1,2)"), UndrawnKind.FIELD),
}
DRAWN = {
    "chart": make_docx_with_chart(["Kenya"], [4711]),
    "newer chart with a picture": make_docx_with_newer_chart(has_picture=True),
    "ink with a picture": with_run(make_alternatives("wpi", make_drawing(INK, PART), SHOWN)),
    "picture": with_run(SHOWN),
    "letters above one another": with_field("EQ \\o(A,B)"),
    "date": with_field("DATE"),
}


@pytest.mark.parametrize(("content", "kind"), UNDRAWN.values(), ids=UNDRAWN)
def test_what_is_not_drawn_is_found(content: bytes, kind: UndrawnKind) -> None:
    assert count_undrawn(content) == {kind: 1}


@pytest.mark.parametrize("content", DRAWN.values(), ids=DRAWN)
def test_what_is_drawn_is_not_named(content: bytes) -> None:
    assert count_undrawn(content) == {}


def test_what_was_deleted_is_not_named() -> None:
    drawing = make_drawing("http://example.org/a", "")

    assert count_undrawn(with_run(drawing)) == {UndrawnKind.OBJECT: 1}
    assert count_undrawn(deleted(drawing)) == {}


def test_the_place_is_the_text_before_it() -> None:
    found = read_docx_content(io.BytesIO(make_docx_with_newer_chart())).undrawn

    assert found == [UndrawnContent(UndrawnKind.CHART, 1, ["How costs grew"])]


def test_what_a_header_has_is_named_without_a_place() -> None:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    content = f'<w:hdr xmlns:w="{space}"><w:p><w:r>{make_drawing("http://example.org/a", "")}</w:r></w:p></w:hdr>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
    made = with_parts(
        make_docx(), {"header9.xml": (content.encode(), kind)}, {"rId9": (f"{OFFICE}/header", "header9.xml")}
    )

    assert read_docx_content(io.BytesIO(made)).undrawn == [UndrawnContent(UndrawnKind.OBJECT, 1)]


def is_anything_drawn(content: bytes, folder: Path) -> bool:
    """Convert a document; return whether its PDF shows a picture, lines, or more text than the first paragraph."""
    (folder / "source").write_bytes(content)
    rendition = render_document(folder / "source", DOCX, folder, WITH_SOFFICE)
    assert rendition.pdf
    words = subprocess.run(["pdftotext", rendition.pdf, "-"], capture_output=True, check=True).stdout.split()
    with pikepdf.open(rendition.pdf) as pdf:
        page = pikepdf.parse_content_stream(pdf.pages[0])
        drawn = [each for each in page if str(each.operator) in {"Do", "S", "B", "f*"}]
    return bool(drawn) or set(words) - {b"Text.", b"How", b"costs", b"grew"} != set()


@needs_soffice
@pytest.mark.parametrize("content", [content for content, _kind in UNDRAWN.values()], ids=UNDRAWN)
def test_libreoffice_draws_nothing_of_what_is_named(content: bytes, tmp_path: Path) -> None:
    assert not is_anything_drawn(content, tmp_path)


@needs_soffice
@pytest.mark.parametrize("content", DRAWN.values(), ids=DRAWN)
def test_libreoffice_draws_what_is_not_named(content: bytes, tmp_path: Path) -> None:
    assert is_anything_drawn(content, tmp_path)


@needs_soffice
def test_libreoffice_draws_formulas_with_its_module_or_they_are_named(tmp_path: Path) -> None:
    content = with_parts(with_body_xml(f"<w:p>{FORMULA}</w:p>"), {}, {})  # a child of its paragraph, as in Word
    assert count_undrawn(content) == {UndrawnKind.FORMULA: 1}
    (tmp_path / "source").write_bytes(content)

    rendition = render_document(tmp_path / "source", DOCX, tmp_path, WITH_SOFFICE)

    assert rendition.pdf
    words = subprocess.run(["pdftotext", rendition.pdf, "-"], capture_output=True, check=True).stdout
    is_drawn = can_do_task(FORMULAS, WITH_SOFFICE)
    assert (b"mc" in words) == is_drawn
    assert (UndrawnKind.FORMULA in {each.kind for each in rendition.undrawn}) == (not is_drawn)
