"""Ordinary documents of ordinary programs are accepted. Each is made here by the program itself.

See docs/file-inspection.md. The case of a program that is not installed is skipped with that reason.
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


def convert_with_office(folder: Path, to: str, source: Path) -> Path:
    """Convert a file with LibreOffice in a fresh profile."""
    if not shutil.which("soffice"):
        pytest.skip("LibreOffice is not installed: apt-get install libreoffice-writer-nogui")
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", to, "--outdir", folder / "out", source]
    subprocess.run(command, check=True, capture_output=True, timeout=170, env=os.environ | {"HOME": str(folder)})
    return folder / "out" / f"{source.stem}.{to.partition(':')[0]}"


def write_page(folder: Path) -> Path:
    path = folder / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def make_python_docx(folder: Path) -> Path:
    document = docx.Document()
    document.core_properties.author, document.core_properties.title = "A. Delegate", "Cost"
    document.add_heading("Cost", 0)
    document.add_paragraph(WORDS, style="List Bullet")
    document.add_table(2, 2).cell(0, 0).text = name_of("KEN", "en")
    document.sections[0].header.paragraphs[0].text = "CWG-Internet"
    document.sections[0].left_margin = Cm(2)
    path = folder / "text.docx"
    document.save(str(path))
    return path


def make_weasyprint_pdf(folder: Path) -> Path:
    weasyprint = pytest.importorskip("weasyprint", exc_type=(ImportError, OSError))
    path = folder / "text.pdf"
    weasyprint.HTML(string=PAGE).write_pdf(str(path))
    return path


def make_chromium_pdf(folder: Path) -> Path:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    path = folder / "text.pdf"
    with chromium() as browser:
        shown = browser.new_page()
        shown.set_content(PAGE)
        shown.pdf(path=str(path), format="A4", tagged=True, outline=True)
    return path


def make_qpdf(folder: Path, **options: object) -> Path:
    path, again = convert_with_office(folder, "pdf", make_python_docx(folder)), folder / "again.pdf"
    with pikepdf.open(path) as document:
        document.save(again, **options)
    return again


def make_groff_pdf(folder: Path) -> Path:
    path = folder / "text.pdf"
    if not shutil.which("groff"):
        pytest.skip("groff is not installed")
    result = subprocess.run(["groff", "-Tpdf", "-ms"], input=f".TL\nCost\n.PP\n{WORDS}".encode(), capture_output=True)
    if result.returncode or not result.stdout.startswith(b"%PDF"):
        pytest.skip("this groff cannot write PDF: apt-get install groff")
    path.write_bytes(result.stdout)
    return path


def run_program(folder: Path, *command: object) -> Path:
    """Run a program on a PDF; `command` ends before the names of source and target."""
    name = str(command[0])
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    source, target = make_weasyprint_pdf(folder), folder / "again.pdf"
    ends = [f"-sOutputFile={target}", source] if name == "gs" else [source, target]
    subprocess.run([*command, *ends], check=True, capture_output=True, timeout=60)
    return target


PRODUCERS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "python-docx": (make_python_docx, DOCX),
    "LibreOffice, DOCX out of HTML": (
        lambda folder: convert_with_office(folder, "docx:MS Word 2007 XML", write_page(folder)),
        DOCX,
    ),
    "LibreOffice, DOCX saved again": (
        lambda folder: convert_with_office(folder, "docx", make_python_docx(folder)),
        DOCX,
    ),
    "LibreOffice, PDF": (lambda folder: convert_with_office(folder, "pdf", make_python_docx(folder)), PDF),
    "LibreOffice, PDF/A and tagged": (
        lambda folder: convert_with_office(
            folder,
            PDF_A,
            make_python_docx(folder),
        ),
        PDF,
    ),
    "WeasyPrint": (make_weasyprint_pdf, PDF),
    "Chromium, print to PDF": (make_chromium_pdf, PDF),
    "qpdf, linearized": (lambda folder: make_qpdf(folder, linearize=True), PDF),
    "qpdf, object streams": (
        lambda folder: make_qpdf(folder, object_stream_mode=pikepdf.ObjectStreamMode.generate),
        PDF,
    ),
    "groff": (make_groff_pdf, PDF),
    "Ghostscript": (lambda folder: run_program(folder, "gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite"), PDF),
    "Cairo, through Poppler": (lambda folder: run_program(folder, "pdftocairo", "-pdf"), PDF),
    "Poppler, joined": (lambda folder: run_program(folder, "pdfunite"), PDF),
}


def is_slow(producer: str) -> bool:
    """Whether a program is started for seconds; LibreOffice’s PDF represents these in `make test`."""
    return producer.startswith(("LibreOffice", "qpdf", "Chromium")) and producer != "LibreOffice, PDF"


@pytest.mark.filterwarnings("ignore")  # third-party programs warn about third-party programs
@pytest.mark.parametrize(
    "producer", [pytest.param(name, marks=pytest.mark.thorough if is_slow(name) else ()) for name in PRODUCERS]
)
def test_files_of_ordinary_programs_are_accepted(tmp_path: Path, producer: str) -> None:
    make, kind = PRODUCERS[producer]
    path = make(tmp_path)

    report = inspect_in_sandbox(path, path.name)

    assert (report.kind, [str(finding.what) for finding in report.findings if finding.level == "refused"]) == (kind, [])
