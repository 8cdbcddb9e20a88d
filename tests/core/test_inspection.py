"""The gate lets in what offices make, and nothing that acts; each hostile file is a good one with one thing changed."""

import io
import json
import platform
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from app.core.files.ingest import IngestedFile
from app.core.i18n import lazy_gettext as _
from app.core.inspection import DOCX, PDF, Finding, FindingLevel, InspectionLimits, InspectionReport, to_display_name
from app.core.inspection.inspect import inspect_files
from app.core.inspection.language_detection import detect_language
from app.core.inspection.links import is_on_local_drive, is_plain_link
from app.core.inspection.no_network import SOCKET_CALLS
from app.core.inspection.report_schema import parse_finding as kept_finding
from app.core.inspection.sandbox import inspect_in_sandbox
from tests.files import (
    a_docx,
    a_pdf,
    a_workbook,
    acting,
    annotated,
    charted,
    field,
    in_text,
    named_twice,
    related,
    repacked,
    rooted,
    with_metadata,
    with_part,
)
from tests.hostile import BAD_DOCX, BAD_PDF, BEGIN, BROUGHT_IN, END, PAGE, UNREADABLE, row
from tests.waiting import at_most

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
SHEET = "spreadsheetml.sheet"
WORD = "wordprocessingml.document.main+xml"
Maker = Callable[[], bytes]


def seen(folder: Path, data: bytes, name: str, bounds: InspectionLimits | None = None) -> InspectionReport:
    path = folder / "given"
    path.write_bytes(data)
    return inspect_in_sandbox(path, name, bounds)


def refusals(report: InspectionReport) -> list[str]:
    return [finding.what.message for finding in report.findings if finding.level is FindingLevel.REFUSED]


def levels(report: InspectionReport) -> list[FindingLevel]:
    return [finding.level for finding in report.findings]


GOOD_PDF: dict[str, tuple[Maker, list[FindingLevel]]] = {
    "plain": (a_pdf, []),
    "packed": (lambda: a_pdf(packed=True), []),
    "web link": (lambda: a_pdf(acting(S=Name.URI, URI="https://www.itu.int/")), []),
    "mail link": (lambda: a_pdf(acting(S=Name.URI, URI="mailto:a@example.org")), []),
    "opens at a place": (lambda: a_pdf(rooted(OpenAction=Array([Name.Fit]))), []),
    "form": (lambda: a_pdf(rooted(AcroForm=Dictionary(Fields=Array([])))), []),
    "metadata": (lambda: a_pdf(with_metadata(b"<x/>")), []),
    "author": (lambda: a_pdf(lambda pdf: pdf.docinfo.__setitem__("/Author", "A. Person")), [FindingLevel.NOTE]),
    "comment": (lambda: a_pdf(annotated(Subtype=Name.Text)), [FindingLevel.DECIDE]),
    "restricted": (lambda: a_pdf(encryption=pikepdf.Encryption(owner="o", user="")), [FindingLevel.DECIDE]),
    "layer that is off": (
        lambda: a_pdf(rooted(OCProperties=Dictionary(D=Dictionary(OFF=Array([Dictionary(Type=Name.OCG)]))))),
        [FindingLevel.DECIDE],
    ),
    "signed": (lambda: a_pdf(rooted(Sig=Dictionary(Type=Name.Sig, ByteRange=[0, 1, 2, 3]))), [FindingLevel.FINE]),
}


@pytest.mark.parametrize("case", GOOD_PDF)
def test_a_pdf_such_as_offices_make_comes_in(tmp_path: Path, case: str) -> None:
    make, expected = GOOD_PDF[case]

    report = seen(tmp_path, make(), "report.PDF")

    assert (report.kind, report.pages, report.title) == (PDF, 2, "Report")
    assert levels(report) == expected


@pytest.mark.parametrize("case", BAD_PDF)
def test_a_pdf_that_acts_or_hides_something_is_refused_with_the_reason(tmp_path: Path, case: str) -> None:
    make, reason = BAD_PDF[case]

    report = seen(tmp_path, make(), "report.pdf")

    assert reason in refusals(report)
    assert all(str(finding.remedy.message) for finding in report.findings)
    assert row(case, report) in PAGE.read_text(encoding="utf-8"), "python -m tests.hostile makes the page anew"


def test_a_refusal_says_on_which_page_it_was_found(tmp_path: Path) -> None:
    report = seen(tmp_path, a_pdf(acting(S=Name.Launch, F="cmd.exe")), "report.pdf")

    assert [finding.where.split(",")[0] for finding in report.findings] == ["p. 2"]


def change(kind: str) -> bytes:
    return in_text(f'<w:p><w:{kind} w:id="1" w:author="A"><w:r><w:t>x</w:t></w:r></w:{kind}></w:p>')


COMMENTS = (
    '<w:comments xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:comment/></w:comments>'
)
LOCAL_TEMPLATE = "file:///C:\\Users\\a\\Normal.dotm"


def a_run(properties: str, content: str) -> bytes:
    return in_text(f"<w:p><w:r><w:rPr>{properties}</w:rPr>{content}</w:r></w:p>")


GOOD_DOCX: dict[str, tuple[Maker, list[FindingLevel]]] = {
    "plain": (a_docx, []),
    "web link": (lambda: related("hyperlink", "https://www.itu.int/"), []),
    "telephone": (lambda: related("hyperlink", "tel:+41227305111"), []),
    "template": (lambda: related("attachedTemplate", LOCAL_TEMPLATE, part="settings.xml"), [FindingLevel.NOTE]),
    "inserted": (lambda: change("ins"), [FindingLevel.DECIDE]),
    "hidden text": (lambda: a_run("<w:vanish/>", "<w:t>secret</w:t>"), [FindingLevel.DECIDE]),
    "text hidden no more": (lambda: a_run('<w:vanish w:val="0"/>', "<w:t>open</w:t>"), []),
    "hidden field": (lambda: a_run("<w:vanish/>", "<w:instrText>XE word</w:instrText>"), []),
    "hidden end of a paragraph": (
        lambda: in_text("<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr><w:r><w:t>open</w:t></w:r></w:p>"),
        [],
    ),
    "comments": (lambda: with_part("word/comments.xml", COMMENTS.encode()), [FindingLevel.DECIDE]),
    "chart": (lambda: charted(a_workbook()), []),
    "font": (lambda: with_part("word/fonts/font1.odttf", b"\1\2\3"), []),
    "same second name": (lambda: named_twice("word/a.bin"), []),
    "page number": (lambda: field("PAGE"), []),
    "link by field": (lambda: field('HYPERLINK "https://www.itu.int/"'), []),
    "picture by field": (lambda: field('INCLUDEPICTURE "https://example.org/a.png"'), [FindingLevel.DECIDE]),
    "placeholder": (lambda: field("MACROBUTTON NoMacro Click here"), []),
    "stored": (lambda: repacked(a_docx(), {}, zipfile.ZIP_STORED), []),
}


@pytest.mark.parametrize("case", GOOD_DOCX)
def test_a_docx_such_as_offices_make_comes_in(tmp_path: Path, case: str) -> None:
    make, expected = GOOD_DOCX[case]

    report = seen(tmp_path, make(), "report.docx")

    assert (report.kind, report.title) == (DOCX, "Report")
    assert levels(report) == expected


def streamed(archive: bytes) -> bytes:
    """The same parts written to something that cannot be sought, so with data descriptors."""

    class Pipe(io.RawIOBase):
        got = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes are all that zipfile writes
            self.got += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return pipe.got


def test_a_docx_written_as_a_stream_comes_in(tmp_path: Path) -> None:
    assert levels(seen(tmp_path, streamed(a_docx()), "report.docx")) == []


@pytest.mark.parametrize("case", BAD_DOCX)
def test_a_docx_that_acts_hides_or_deceives_is_refused_with_the_reason(tmp_path: Path, case: str) -> None:
    make, reason = BAD_DOCX[case]

    report = seen(tmp_path, make(), "report.docx")

    assert reason in refusals(report)
    assert row(case, report) in PAGE.read_text(encoding="utf-8"), "python -m tests.hostile makes the page anew"


def test_the_page_names_these_hostile_files_and_no_other() -> None:
    table = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]

    told = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if line.startswith("| ")]

    assert [case for case in told if not case.startswith("hostile ")] == [*BAD_PDF, *BAD_DOCX]


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        (InspectionLimits(max_entries=3), "The file has more than %(most)s parts."),
        (InspectionLimits(max_part_bytes=1000), "A part of the document is too large."),
        (InspectionLimits(max_unpacked_bytes=10_000), "Unpacked, the file is larger than %(most)s bytes."),
    ],
)
def test_a_docx_beyond_its_bounds_is_refused(tmp_path: Path, bounds: InspectionLimits, reason: str) -> None:
    assert not seen(tmp_path, a_docx(), "a.docx").is_refused
    assert refusals(seen(tmp_path, a_docx(), "a.docx", bounds)) == [reason]


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        (InspectionLimits(max_pages=1), "The document has %(pages)s pages; from 1 to %(most)s can be taken."),
        (InspectionLimits(max_objects=5), "The document is made of more than %(most)s pieces."),
    ],
)
def test_a_pdf_beyond_its_bounds_is_refused(tmp_path: Path, bounds: InspectionLimits, reason: str) -> None:
    assert not seen(tmp_path, a_pdf(), "a.pdf").is_refused
    assert refusals(seen(tmp_path, a_pdf(), "a.pdf", bounds)) == [reason]


def test_an_examination_that_takes_too_long_refuses_the_file(tmp_path: Path) -> None:
    assert refusals(seen(tmp_path, a_pdf(), "a.pdf", InspectionLimits(seconds=0))) == [UNREADABLE]


def test_an_examination_that_needs_too_much_memory_refuses_the_file(tmp_path: Path) -> None:
    big = a_pdf(with_metadata(b" " * (100 * 1024 * 1024) + b"<x/>"))

    assert refusals(seen(tmp_path, big, "a.pdf")) == ["The document's metadata is too large."]
    assert refusals(seen(tmp_path, big, "a.pdf", InspectionLimits(memory=150 * 1024 * 1024))) == [UNREADABLE]


CONFINED = """
import json, resource, socket, sys
sys.path.insert(0, sys.argv[1])
from app.core.inspection.child import confine_process
confine_process(memory=2**30, cpu_seconds=7)
limits = [resource.getrlimit(x)[1] for x in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)]
try:
    open(sys.argv[2], "wb").write(bytes(2 * 2**20))
    wrote = True
except OSError:
    wrote = False
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[3])), 2)
    connected = True
except OSError:
    connected = False
print(json.dumps([limits, wrote, connected]))
"""


def test_the_examining_process_gives_up_memory_time_writing_and_network(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    if subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system does not let programs give up the network")
    listener = (
        "import socket,sys; s=socket.create_server(('127.0.0.1',0)); print(s.getsockname()[1],flush=True); s.accept()"
    )
    with subprocess.Popen([sys.executable, "-c", listener], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        with at_most(60, server):
            port = server.stdout.readline().decode().strip()
            arguments = [sys.executable, "-I", "-c", CONFINED, root, str(tmp_path / "out"), port]
            answer = subprocess.run(arguments, check=False, capture_output=True, timeout=60)
        server.kill()

    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == [[2**30, 7, 0], False, False]


CALLS = CONFINED.replace("confine_process(memory", "import ctypes; ctypes.CDLL(None).prctl(38, 1, 0, 0, 0); #").replace(
    "limits =",
    "from app.core.inspection.no_network import deny_sockets; assert deny_sockets(ctypes.CDLL(None)); limits =",
)


def test_the_network_is_given_up_where_no_namespace_can_be_had(tmp_path: Path) -> None:
    """The filter of system calls alone: the namespace is left as it is."""
    if platform.machine() not in SOCKET_CALLS:
        pytest.skip(f"the calls of {platform.machine()} are not known here")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        root, port = str(Path(__file__).parents[2]), str(listener.getsockname()[1])
        arguments = [sys.executable, "-I", "-c", CALLS, root, str(tmp_path / "out"), port]
        answer = subprocess.run(arguments, check=True, capture_output=True)

    assert json.loads(answer.stdout)[2] is False


TEXTS = {
    "en": "The Working Group recalls that the management of the Internet is the task of all, and that it shall report.",
    "fr": "Le Groupe de travail rappelle que la gestion de l’Internet est la tâche de tous, et qu’il rend compte.",
    "es": "El Grupo de Trabajo recuerda que la gestión de Internet es tarea de todos, y que los informes se presentan.",
    "ru": "Рабочая группа напоминает, что управление интернетом является задачей всех заинтересованных сторон.",
    "ar": "يذكّر فريق العمل بأن إدارة الإنترنت مهمة جميع أصحاب المصلحة، وأنه يرفع تقريره إلى المجلس.",
    "zh": "工作组忆及，互联网的管理是所有利益攸关方的任务，并应向理事会提交报告。",
}


@pytest.mark.parametrize("language", TEXTS)
def test_the_language_is_told_from_the_text_whatever_the_file_declares(tmp_path: Path, language: str) -> None:
    assert seen(tmp_path, a_docx(TEXTS[language]), "a.docx").language == language
    assert detect_language("12.3 C/22 – 4") is None


def test_what_was_read_is_said_beside_what_was_typed() -> None:
    received = IngestedFile("0" * 64, 1, PDF, "a.pdf", (), 3, "A title", "fr")

    assert [finding.level for finding in received.content_findings("fr")] == [FindingLevel.FINE] * 3
    assert [finding.level for finding in received.content_findings("en")] == [
        FindingLevel.FINE,
        FindingLevel.FINE,
        FindingLevel.DECIDE,
    ]
    assert IngestedFile("0" * 64, 1, PDF, "a.pdf", (), None, None, "xx").content_findings("en") == ()


def test_the_examining_process_inherits_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither Python nor the loader is told anything: a trace that LD_DEBUG_OUTPUT asks for is not written."""
    monkeypatch.setenv("LD_DEBUG", "libs")
    monkeypatch.setenv("LD_DEBUG_OUTPUT", str(tmp_path / "trace"))
    subprocess.run(["true"], check=True)
    traces = list(tmp_path.glob("trace*"))
    assert traces
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert not seen(tmp_path, a_pdf(), "a.pdf").is_refused
    assert list(tmp_path.glob("trace*")) == traces


@pytest.mark.parametrize(
    ("data", "name"), [(a_pdf(), "a.docx"), (a_docx(), "a.pdf"), (a_docx(), "a.docm"), (a_docx(), "docx")]
)
def test_a_name_that_promises_something_else_is_refused(tmp_path: Path, data: bytes, name: str) -> None:
    report = seen(tmp_path, data, name)

    assert refusals(report) == ["The name of the file does not end in %(ending)s, which is what the file really is."]


def test_refusals_are_not_crowded_out_by_lesser_findings(tmp_path: Path) -> None:
    calls = "".join(f'<w:p><w:fldSimple w:instr="INCLUDETEXT a{n}"/></w:p>' for n in range(300))
    report = seen(tmp_path, in_text(calls + '<w:altChunk w:id="a"/>'), "a.docx")

    assert refusals(report) == [BROUGHT_IN]
    assert len(report.findings) == 6


def test_a_finding_survives_being_kept_as_json() -> None:
    finding = Finding(
        FindingLevel.NOTE, _("There are %(n)s of %(what)s.", n=3, what="جدول"), "word/a.xml", _("Nothing.")
    )

    kept = json.loads(json.dumps(finding.to_json()))

    assert kept_finding(kept) == finding
    with pytest.raises(ValueError, match="level"):
        kept_finding(kept | {"level": "superb"})


def test_values_out_of_a_file_hold_nothing_invisible(tmp_path: Path) -> None:
    report = seen(tmp_path, a_pdf(acting(S=Name.URI, URI="file:a\u202egnp.exe\0" + "x" * 500)), "a.pdf")

    target = str(report.findings[0].what.values["target"])
    assert target.startswith("file:agnp.exe")
    assert len(target) == 120


@pytest.mark.parametrize(
    ("offered", "kind", "expected"),
    [
        ("Report.docx", DOCX, "Report.docx"),
        ("Report.DOCX", DOCX, "Report.docx"),
        ("../../etc/passwd", PDF, "passwd.pdf"),
        ("C:\\Users\\a\\Rapport final.pdf", PDF, "Rapport final.pdf"),
        ("gnp\u202efdp.exe\0\n", PDF, "gnpfdp.exe.pdf"),
        ("Re\u0301sume\u0301.pdf", PDF, "Résumé.pdf"),
        ("مساهمة.pdf", PDF, "مساهمة.pdf"),
        ("", DOCX, "unnamed.docx"),
        (".pdf", PDF, "pdf.pdf"),
        ("..", PDF, "unnamed.pdf"),
    ],
)
def test_an_offered_name_is_made_fit_to_be_shown(offered: str, kind: str, expected: str) -> None:
    assert to_display_name(offered, kind) == expected


def test_a_long_name_keeps_its_ending() -> None:
    name = to_display_name("x" * 500 + ".pdf", PDF)

    assert (len(name), name[-5:]) == (200, "x.pdf")


def test_only_harmless_addresses_are_plain_links() -> None:
    assert all(map(is_plain_link, ["https://a", "HTTP://a", "mailto:a@b", "tel:1", "#place", "www.itu.int"]))
    assert not any(map(is_plain_link, ["file:///a", "\\\\a\\b", "javascript:a", "a.docx", "smb://a", "ms-word:a"]))


def test_only_paths_on_the_authors_machine_are_local() -> None:
    assert all(map(is_on_local_drive, [LOCAL_TEMPLATE, "C:\\a.dotm", "file:///Users/a.dotm", "Normal.dotm"]))
    assert not any(
        map(is_on_local_drive, ["file://server/a", "file:////server/a", "file:///%5C%5Cserver", "\\\\s\\a", "http://a"])
    )


def test_every_real_document_at_hand_comes_in() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("there are no sample documents beside this tree (../shared/samples)")
    documents = [path for path in sorted(SAMPLES.iterdir()) if path.suffix in {".pdf", ".docx"}]

    assert documents
    assert {path.name: refusals(inspect_in_sandbox(path, path.name)) for path in documents} == {
        p.name: [] for p in documents
    }


def test_inspect_tells_what_it_finds_and_whether_all_would_come_in(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.docx"
    good.write_bytes(a_pdf())
    bad.write_bytes(field("DDE a"))
    lines: list[str] = []

    assert inspect_files([good], False, lines.append) == 0
    assert lines == ["good.pdf: accepted (application/pdf, 2 pages)", "  title: Report"]
    assert inspect_files([good, bad], True, lines.append) == 1
    told = json.loads(lines[-1])
    assert [(each["accepted"], each["kind"], len(each["findings"])) for each in told] == [
        (True, PDF, 0),
        (False, DOCX, 1),
    ]
    assert told[1]["findings"][0]["what"] == "A field starts a program or fetches data from elsewhere: DDE a"
    assert inspect_files([bad], False, lines.append) == 1
    assert inspect_files([tmp_path / "absent.pdf"], False, lines.append) == 1
    assert lines[-1] == "absent.pdf: refused (No such file or directory)"
