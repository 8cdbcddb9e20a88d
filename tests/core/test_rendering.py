"""Renditions of files, made in bounded processes: text, pages, pictures; and the limits of a hostile file."""

import io
import shutil
import subprocess
import time
from pathlib import Path

import docx
import pikepdf
import pytest

from app.core.inspection import DOCX, PDF
from app.core.rendering import docx_text, render_document
from app.core.rendering.libreoffice import convert_docx_to_pdf
from app.core.rendering.pdf_lines import TextLine, join_lines_into_paragraphs, repair_arabic_order
from app.core.rendering.subprocess_limits import MIB, ProcessLimits, ProcessTask, RenderingError, run_in_limited_process
from app.http.pdf_export import is_pdf_available, render_pdf
from tests.docx_charts import make_docx_with_chart
from tests.files import make_docx, make_pdf, replace_in_part, with_body_xml, with_hiding_style

SOFFICE = shutil.which("soffice") or ""
needs_soffice = pytest.mark.skipif(not SOFFICE, reason="there is no soffice on this machine")


def read_text(content: bytes) -> list[str]:
    return docx_text.read_docx_paragraphs(io.BytesIO(content))


def make_run(words: str, around: str = "%s", tag: str = "t", properties: str = "") -> str:
    return around % f"<w:r>{properties}<w:{tag}>{words}</w:{tag}></w:r>"


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (
            make_run("kept ", '<w:ins w:id="1">%s</w:ins>') + make_run("gone", '<w:del w:id="2">%s</w:del>', "delText"),
            "kept",
        ),
        (make_run("here ") + make_run("moved", '<w:moveFrom w:id="1">%s</w:moveFrom>'), "here"),
        (make_run("seen") + make_run(" hidden", properties="<w:rPr><w:vanish/></w:rPr>"), "seen"),
        (make_run("seen") + make_run(" too", properties='<w:rPr><w:vanish w:val="0"/></w:rPr>'), "seen too"),
        ("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>", "a b c"),
    ],
    ids=["tracked", "moved", "hidden", "not hidden", "blanks"],
)
def test_the_text_is_the_current_one(xml: str, expected: str) -> None:
    assert read_text(with_body_xml(f"<w:p>{xml}</w:p>")) == ["Text.", expected]


@pytest.mark.parametrize(
    ("kind", "shown"), [("paragraph", ["Text.", "b", "c", "d"]), ("character", ["Text.", "a", "c"])]
)
def test_text_that_a_style_hides_is_no_text(kind: str, shown: list[str]) -> None:
    paragraph, run, open_run = (
        '<w:pPr><w:pStyle w:val="Hid"/></w:pPr>',
        '<w:rPr><w:rStyle w:val="Hid"/></w:rPr>',
        '<w:rPr><w:rStyle w:val="Hid"/><w:vanish w:val="0"/></w:rPr>',
    )
    made = [("a", paragraph, ""), ("b", "", run), ("c", paragraph, open_run), ("d", "", run)]
    xml = "".join(f"<w:p>{mark}{make_run(text, properties=own)}</w:p>" for text, mark, own in made)

    assert read_text(with_hiding_style(kind, xml)) == shown


def test_a_paragraph_whose_end_was_deleted_continues_in_the_next() -> None:
    deleted = (
        '<w:p><w:pPr><w:rPr><w:del w:id="1"/></w:rPr></w:pPr><w:r><w:t xml:space="preserve">One </w:t></w:r></w:p>'
    )

    assert read_text(with_body_xml(deleted + "<w:p><w:r><w:t>text</w:t></w:r></w:p>")) == ["Text.", "One text"]


def test_a_row_of_a_table_is_one_paragraph() -> None:
    document = docx.Document()
    table = document.add_table(2, 2)
    for cell, words in zip(table._cells, ["State", "Cost", "Kenya", "12"], strict=True):
        cell.text = words
    out = io.BytesIO()
    document.save(out)

    assert read_text(out.getvalue()) == ["State | Cost", "Kenya | 12"]


def test_lines_of_a_pdf_become_paragraphs() -> None:
    def line(words: str, base: float, right: float = 500, size: float = 11) -> TextLine:
        return TextLine(words, 60, right, base, size)

    first = [line("Title of it", 800, 200, 16), line("A long line that is full and di\u2010", 770)]
    first += [line("vided.", 756, 90), line("Another one which goes on", 742), line("3", 30, 66)]
    second = [line("on the next page.", 800, 200), line("(a) an item", 786, 120), line("(b) another", 772, 120)]
    pages = [first, [*second, line("4", 30, 66)]]

    assert [each for each in join_lines_into_paragraphs(pages) if each] == [
        "Title of it",
        "A long line that is full and divided.",
        "Another one which goes on on the next page.",
        "(a) an item",
        "(b) another",
    ]


def test_signs_in_arabic_are_placed_in_reading_order() -> None:
    assert repair_arabic_order(".1 مقترح بشأن القرار .75") == "1. مقترح بشأن القرار 75."
    assert repair_arabic_order("A share of .75") == "A share of .75"
    assert repair_arabic_order("الاتصالات )WTSA )والمناقشات") == "الاتصالات (WTSA) والمناقشات"
    assert repair_arabic_order("Not (so) here") == "Not (so) here"
    assert repair_arabic_order("أ) بند") == "أ) بند"


@pytest.mark.skipif(not is_pdf_available(), reason="the system has no Pango")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "ar",
            "يقترح الفريق أن تعقد مشاورات مفتوحة بشأن تكاليف العبور في البلدان غير الساحلية، مع مراعاة القرار 75.",
        ),
        (
            "zh",
            "工作组建议就内陆国家的过境费用举行公开磋商，同时考虑世界电信标准化全会第75号决议以及此前就此问题进行的讨论。",
        ),
        ("ru", "Рабочая группа предлагает провести открытые консультации по вопросу о расходах на транзит в странах."),
    ],
)
def test_a_pdf_in_other_scripts_is_read_in_order(tmp_path: Path, language: str, words: str) -> None:
    direction = "rtl" if language == "ar" else "ltr"
    path = tmp_path / "source"
    path.write_bytes(render_pdf(f'<html lang="{language}" dir="{direction}"><body style="width: 9cm"><p>{words}</p>'))

    rendition = render_document(path, PDF, tmp_path, "")

    assert rendition.is_complete
    assert "".join(rendition.paragraphs).replace(" ", "") == words.replace(" ", "")


def test_a_pdf_is_its_own_rendition_and_gets_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "source"
    path.write_bytes(make_pdf(pages=3))

    rendition = render_document(path, PDF, tmp_path, "")

    assert (rendition.is_complete, rendition.pages, rendition.pdf) == (True, 3, path)
    assert rendition.picture[8:12] == b"WEBP"


@pytest.mark.parametrize("content", [b"%PDF-1.7 nonsense", b"PK\x03\x04 nonsense", b""])
def test_invalid_content_gives_no_rendition_and_reports_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "source"
    path.write_bytes(content)

    rendition = render_document(path, PDF if content.startswith(b"%PDF") else DOCX, tmp_path, "")

    assert (rendition.is_complete, rendition.paragraphs, rendition.pdf, rendition.picture) == (False, None, None, None)


def write_program(folder: Path, *lines: str) -> str:
    path = folder / "soffice"
    path.write_text("\n".join(["#!/bin/sh", *lines]))
    path.chmod(0o755)
    return str(path)


def test_a_hanging_converter_is_killed_with_its_child_processes(tmp_path: Path) -> None:
    """A document can make LibreOffice loop in this way."""
    soffice = write_program(tmp_path, "sleep 300 &", f"echo $! > {tmp_path}/child", "sleep 300")
    source = tmp_path / "source"
    source.write_bytes(make_docx())
    start_time = time.monotonic()

    with pytest.raises(RenderingError, match="took longer"):
        convert_docx_to_pdf(soffice, source, tmp_path, ProcessLimits(seconds=5))

    assert time.monotonic() - start_time < 30
    child = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    while child.exists() and child.read_text().split()[2] not in "ZX":  # killed, but the kernel has not reaped it yet
        assert time.monotonic() - start_time < 40
        time.sleep(0.05)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["child", "soffice", "source"]


@pytest.mark.parametrize(
    ("line", "limits"),
    [
        ("while :; do :; done", ProcessLimits(seconds=60, cpu_seconds=1)),
        ("head -c 9000000 /dev/zero > out.bin", ProcessLimits(seconds=60, max_file_bytes=MIB)),
        (": > /dev/tcp/127.0.0.1/1", ProcessLimits(seconds=60)),
    ],
    ids=["processor", "disk", "network"],
)
def test_a_converter_that_exceeds_its_limits_is_stopped(tmp_path: Path, line: str, limits: ProcessLimits) -> None:
    program = write_program(tmp_path, line)

    with pytest.raises(RenderingError, match="ended with"):
        run_in_limited_process(
            ProcessTask("become", tmp_path, (program,), {"PATH": "/usr/bin:/bin"}), tmp_path / "soffice", limits
        )


@needs_soffice
def test_libreoffice_works_within_its_limits_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(make_docx("The costs of transit.", "تكاليف العبور"))

    rendition = render_document(source, DOCX, tmp_path, SOFFICE)

    assert (rendition.is_complete, rendition.pages) == (True, 1)
    assert rendition.paragraphs == ["The costs of transit.", "تكاليف العبور"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["document.pdf", "source"]


def read_pdf(path: Path) -> tuple[list[str], pikepdf.Dictionary]:
    """Read the words of a PDF and its properties."""
    words = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout.split()
    with pikepdf.open(path) as pdf:
        return words, pikepdf.Dictionary({key: str(value) for key, value in pdf.docinfo.items()})


@needs_soffice
def test_what_a_chart_says_is_in_the_pdf(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(make_docx_with_chart(["Kenya", "Brazil"], [4711, 815]))

    words, _properties = read_pdf(convert_docx_to_pdf(SOFFICE, source, tmp_path))

    assert {"Kenya", "Brazil", "4711", "815"} <= set(words)


@needs_soffice
@pytest.mark.parametrize("shown", ["", '<w:revisionView w:insDel="1"/>'], ids=["as it comes", "markup chosen"])
def test_neither_deleted_words_nor_names_of_people_are_in_the_pdf(tmp_path: Path, shown: str) -> None:
    by = 'w:id="1" w:author="Amina Otieno" w:date="2026-01-01T00:00:00Z"'
    inserted, deleted = f"<w:ins {by}>%s</w:ins>", f"<w:del {by}>%s</w:del>"
    changed = with_body_xml(
        f"<w:p>{make_run('kept')}{make_run(' added', inserted)}{make_run(' gone', deleted, 'delText')}</w:p>"
    )
    document = docx.Document(io.BytesIO(replace_in_part(changed, "word/settings.xml", "<w:zoom", f"{shown}<w:zoom")))
    document.core_properties.author = document.core_properties.last_modified_by = "Amina Otieno"
    document.core_properties.title = "On transit"
    source = tmp_path / "source"
    document.save(str(source))

    words, properties = read_pdf(convert_docx_to_pdf(SOFFICE, source, tmp_path))

    assert "".join(words) == "Text.keptadded"
    assert properties.Title == "On transit"
    assert b"Amina" not in (tmp_path / "document.pdf").read_bytes()
    assert "Amina" not in str(properties)
