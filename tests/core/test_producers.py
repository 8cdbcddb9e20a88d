"""Ordinary documents of ordinary programs come in. Each is made here, by the program itself; see docs/gate.md.

A program that is not installed is skipped, and says so.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import docx
import pikepdf
import pytest
from docx.shared import Cm

from app.core.inspection import DOCX, PDF
from app.core.inspection.sandbox import inspect_in_sandbox
from app.domain.member_states import get_state_name as name_of
from tests.journeys.chromium import CHROMIUM, chromium

WORDS = "The Group considers the cost of connectivity, and that it is shared by all. Le coût. الكلفة. 费用."
PAGE = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Cost</title></head><body><h1>Cost</h1>
<p>{WORDS} <a href="https://www.itu.int">ITU</a></p><table><tr><td>1</td><td>2</td></tr></table></body></html>"""

PDF_A = 'pdf:writer_pdf_Export:{"SelectPdfVersion":{"type":"long","value":"2"}}'


def office(folder: Path, to: str, source: Path) -> Path:
    """LibreOffice, with a profile of its own."""
    if not shutil.which("soffice"):
        pytest.skip("LibreOffice is not installed: apt-get install libreoffice-writer-nogui")
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", to, "--outdir", folder / "out", source]
    subprocess.run(command, check=True, capture_output=True, timeout=170, env=os.environ | {"HOME": str(folder)})
    return folder / "out" / f"{source.stem}.{to.partition(':')[0]}"


def page(folder: Path) -> Path:
    path = folder / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def python_docx(folder: Path) -> Path:
    made = docx.Document()
    made.core_properties.author, made.core_properties.title = "A. Delegate", "Cost"
    made.add_heading("Cost", 0)
    made.add_paragraph(WORDS, style="List Bullet")
    made.add_table(2, 2).cell(0, 0).text = name_of("KEN", "en")
    made.sections[0].header.paragraphs[0].text = "CWG-Internet"
    made.sections[0].left_margin = Cm(2)
    path = folder / "text.docx"
    made.save(str(path))
    return path


def weasyprint_pdf(folder: Path) -> Path:
    weasyprint = pytest.importorskip("weasyprint", exc_type=(ImportError, OSError))
    path = folder / "text.pdf"
    weasyprint.HTML(string=PAGE).write_pdf(str(path))
    return path


def chromium_pdf(folder: Path) -> Path:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    path = folder / "text.pdf"
    with chromium() as browser:
        shown = browser.new_page()
        shown.set_content(PAGE)
        shown.pdf(path=str(path), format="A4", tagged=True, outline=True)
    return path


def qpdf(folder: Path, **options: object) -> Path:
    path, again = office(folder, "pdf", python_docx(folder)), folder / "again.pdf"
    with pikepdf.open(path) as document:
        document.save(again, **options)
    return again


def groff_pdf(folder: Path) -> Path:
    path = folder / "text.pdf"
    if not shutil.which("groff"):
        pytest.skip("groff is not installed")
    made = subprocess.run(["groff", "-Tpdf", "-ms"], input=f".TL\nCost\n.PP\n{WORDS}".encode(), capture_output=True)
    if made.returncode or not made.stdout.startswith(b"%PDF"):
        pytest.skip("this groff cannot write PDF: apt-get install groff")
    path.write_bytes(made.stdout)
    return path


def with_program(folder: Path, *command: object) -> Path:
    """What a program makes of a PDF; `command` ends before source and target are named."""
    name = str(command[0])
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    source, target = weasyprint_pdf(folder), folder / "again.pdf"
    ends = [f"-sOutputFile={target}", source] if name == "gs" else [source, target]
    subprocess.run([*command, *ends], check=True, capture_output=True, timeout=60)
    return target


PRODUCERS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "python-docx": (python_docx, DOCX),
    "LibreOffice, DOCX out of HTML": (lambda folder: office(folder, "docx:MS Word 2007 XML", page(folder)), DOCX),
    "LibreOffice, DOCX saved again": (lambda folder: office(folder, "docx", python_docx(folder)), DOCX),
    "LibreOffice, PDF": (lambda folder: office(folder, "pdf", python_docx(folder)), PDF),
    "LibreOffice, PDF/A and tagged": (
        lambda folder: office(
            folder,
            PDF_A,
            python_docx(folder),
        ),
        PDF,
    ),
    "WeasyPrint": (weasyprint_pdf, PDF),
    "Chromium, print to PDF": (chromium_pdf, PDF),
    "qpdf, linearized": (lambda folder: qpdf(folder, linearize=True), PDF),
    "qpdf, object streams": (lambda folder: qpdf(folder, object_stream_mode=pikepdf.ObjectStreamMode.generate), PDF),
    "groff": (groff_pdf, PDF),
    "Ghostscript": (lambda folder: with_program(folder, "gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite"), PDF),
    "Cairo, through Poppler": (lambda folder: with_program(folder, "pdftocairo", "-pdf"), PDF),
    "Poppler, joined": (lambda folder: with_program(folder, "pdfunite"), PDF),
}


@pytest.mark.filterwarnings("ignore")  # other people's programs warn about other people's programs
@pytest.mark.parametrize("producer", PRODUCERS)
def test_what_an_ordinary_program_makes_comes_in(tmp_path: Path, producer: str) -> None:
    make, kind = PRODUCERS[producer]
    path = make(tmp_path)

    report = inspect_in_sandbox(path, path.name)

    assert (report.kind, [str(finding.what) for finding in report.findings if finding.level == "refused"]) == (kind, [])
