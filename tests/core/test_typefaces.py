"""The typefaces of a DOCX that are named as missing: those of its letters that the converter does not have."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import docx
import pikepdf
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from docx.text.run import Run

from app.core.file_service.client import FileServiceOptions, read_task
from app.core.inspection import DOCX
from app.core.rendering import render_document
from app.core.rendering.docx_undrawn import read_docx_content
from app.core.rendering.undrawn import UndrawnKind
from tests.files import repack

SOFFICE = shutil.which("soffice") or ""
needs_soffice = pytest.mark.skipif(not SOFFICE, reason="there is no soffice on this machine")
INSTALLED = frozenset({"noto sans", "noto sans cjk sc", "carlito"})
CHINESE, ARABIC = "过境费用", "تكاليف العبور"


def make_document(fill: Callable[[Document], object]) -> bytes:
    document = docx.Document()
    fill(document)
    with io.BytesIO() as file:
        document.save(file)
        return file.getvalue()


def add_run(document: Document, text: str = "The costs of transit.", **typefaces: str) -> Run:
    """Add a paragraph with a run in these typefaces, by kind of letters."""
    run = document.add_paragraph().add_run(text)
    fonts = run._r.get_or_add_rPr().get_or_add_rFonts()
    for kind, name in typefaces.items():
        fonts.set(qn(f"w:{kind}"), name)
    return run


def add_run_of_style(document: Document, **typefaces: str) -> None:
    """Add a run without typefaces of its own to a paragraph whose style builds on one that names Verdana."""
    styles = document.styles
    styles["Heading 1"].font.name, styles["Heading 2"].base_style = "Verdana", styles["Heading 1"]
    for kind in ("asciiTheme", "hAnsiTheme"):
        for name in ("Heading 1", "Heading 2"):
            styles[name].element.rPr.rFonts.attrib.pop(qn(f"w:{kind}"), None)
    styles["Heading 2"].element.rPr.remove(styles["Heading 2"].element.rPr.rFonts)
    add_run(document, **typefaces)
    document.paragraphs[-1].style = styles["Heading 2"]


def list_missing(content: bytes, installed: frozenset[str] = INSTALLED) -> list[str]:
    found = read_docx_content(io.BytesIO(content), installed).undrawn
    return [name for each in found if each.kind is UndrawnKind.TYPEFACE for name in each.names]


def with_font_table(content: bytes, said: str) -> bytes:
    """Replace the font table by one that says this of Aptos."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    table = f'<w:fonts xmlns:w="{space}"><w:font w:name="Aptos">{said}</w:font></w:fonts>'
    return repack(content, {"word/fontTable.xml": table.encode()})


CASES: dict[str, tuple[Callable[[Document], object], list[str]]] = {
    "of a run": (lambda made: add_run(made, ascii="Aptos"), ["Aptos"]),
    "that is there": (lambda made: add_run(made, ascii="NOTO Sans"), []),
    "as wide as another": (lambda made: add_run(made, ascii="Calibri"), []),
    "of the style on which one builds": (add_run_of_style, ["Verdana"]),
    "of a run before that of its style": (lambda made: add_run_of_style(made, ascii="Noto Sans"), []),
    "of the theme": (lambda made: add_run(made), ["Cambria"]),
    "of the theme before a name": (lambda made: add_run(made, ascii="Noto Sans", asciiTheme="minorHAnsi"), ["Cambria"]),
    "for Chinese": (lambda made: add_run(made, CHINESE, ascii="Noto Sans", eastAsia="SimSun"), ["SimSun"]),
    "for Chinese that is there": (lambda made: add_run(made, CHINESE, eastAsia="Noto Sans CJK SC"), []),
    "for Chinese, of which there is none": (lambda made: add_run(made, ascii="Calibri", eastAsia="SimSun"), []),
    "for Arabic, as wide in Latin only": (lambda made: add_run(made, ARABIC, cs="Calibri"), ["Calibri"]),
    "for Russian": (lambda made: add_run(made, "Россия", ascii="Noto Sans", hAnsi="Aptos"), ["Aptos"]),
    "without letters": (lambda made: add_run(made, "2026 → 7", ascii="Aptos", hAnsi="Aptos"), []),
    "of a symbol": (lambda made: add_run(made, "\uf0b7", ascii="Wingdings", hAnsi="Wingdings"), []),
}


@pytest.mark.parametrize(("fill", "missing"), CASES.values(), ids=CASES)
def test_a_typeface_is_missing(fill: Callable[[Document], object], missing: list[str]) -> None:
    assert list_missing(make_document(fill)) == missing


def test_what_is_hidden_needs_no_typeface() -> None:
    def fill(made: Document) -> None:
        add_run(made, ascii="Aptos").font.hidden = True

    assert list_missing(make_document(fill)) == []


@pytest.mark.parametrize("said", ['<w:altName w:val="Other, Noto Sans"/>', "<w:embedRegular/>"])
def test_a_typeface_with_another_name_or_in_the_document_is_there(said: str) -> None:
    content = make_document(lambda made: add_run(made, ascii="Aptos"))

    assert list_missing(with_font_table(content, "")) == ["Aptos"]
    assert list_missing(with_font_table(content, said)) == []


def test_names_are_few_and_short() -> None:
    def fill(made: Document) -> None:
        for number in range(12):
            add_run(made, ascii=f"{number} {'x' * 90}")

    found = read_docx_content(io.BytesIO(make_document(fill)), INSTALLED).undrawn

    assert [(each.count, len(each.names), len(each.names[0])) for each in found] == [(12, 10, 60)]


def test_nothing_is_named_where_the_typefaces_are_not_known() -> None:
    assert list_missing(make_document(lambda made: add_run(made, ascii="Aptos")), frozenset()) == []


@needs_soffice
@pytest.mark.parametrize(("name", "is_drawn"), [("Noto Sans", True), ("Verdana Nowhere", False)])
def test_libreoffice_replaces_what_is_named(name: str, is_drawn: bool, tmp_path: Path) -> None:
    content = make_document(lambda made: add_run(made, ascii=name, hAnsi=name))
    (tmp_path / "source").write_bytes(content)

    options = FileServiceOptions(soffice=SOFFICE)
    rendition = render_document(tmp_path / "source", DOCX, tmp_path, options)

    assert rendition.pdf
    with pikepdf.open(rendition.pdf) as pdf:
        drawn = {str(font.BaseFont).partition("+")[2] for font in pdf.pages[0].Resources.Font.values()}
    assert any(each.startswith(name.replace(" ", "")) for each in drawn) == is_drawn
    assert [each.names for each in rendition.undrawn] == ([] if is_drawn else [[name]])
    with (tmp_path / "source").open("rb") as source:
        assert b"typeface" not in read_task("words", source, options=options), "an earlier worker knows none"
