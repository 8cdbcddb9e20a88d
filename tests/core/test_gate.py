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

from app.core.gate import DOCX, PDF, Bounds, Finding, Level, Report, shown_name
from app.core.gate.inspect import inspect
from app.core.gate.kept import finding as kept_finding
from app.core.gate.links import is_on_local_drive, is_plain_link
from app.core.gate.no_sockets import KNOWN
from app.core.gate.sandbox import examine
from app.core.gate.tongue import tongue_of
from app.core.i18n import say
from app.core.intake import Received
from tests.files import (
    DTD,
    MAIN,
    OLE,
    SCRIPT,
    a_bomb,
    a_docx,
    a_pdf,
    a_workbook,
    acting,
    an_ole,
    annotated,
    attaching,
    charted,
    doubled,
    drawing_from_another_file,
    field,
    hidden_between,
    in_text,
    lying_about_its_size,
    named_twice,
    patched,
    related,
    relations,
    repacked,
    rooted,
    typed,
    with_metadata,
    with_part,
)

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
SHEET = "spreadsheetml.sheet"
WORD = "wordprocessingml.document.main+xml"
Maker = Callable[[], bytes]


def seen(folder: Path, data: bytes, name: str, bounds: Bounds | None = None) -> Report:
    path = folder / "given"
    path.write_bytes(data)
    return examine(path, name, bounds)


def refusals(report: Report) -> list[str]:
    return [finding.what.message for finding in report.findings if finding.level is Level.REFUSED]


def levels(report: Report) -> list[Level]:
    return [finding.level for finding in report.findings]


GOOD_PDF: dict[str, tuple[Maker, list[Level]]] = {
    "plain": (a_pdf, []),
    "packed": (lambda: a_pdf(packed=True), []),
    "web link": (lambda: a_pdf(acting(S=Name.URI, URI="https://www.itu.int/")), []),
    "mail link": (lambda: a_pdf(acting(S=Name.URI, URI="mailto:a@example.org")), []),
    "opens at a place": (lambda: a_pdf(rooted(OpenAction=Array([Name.Fit]))), []),
    "form": (lambda: a_pdf(rooted(AcroForm=Dictionary(Fields=Array([])))), []),
    "metadata": (lambda: a_pdf(with_metadata(b"<x/>")), []),
    "author": (lambda: a_pdf(lambda pdf: pdf.docinfo.__setitem__("/Author", "A. Person")), [Level.NOTE]),
    "comment": (lambda: a_pdf(annotated(Subtype=Name.Text)), [Level.DECIDE]),
    "restricted": (lambda: a_pdf(encryption=pikepdf.Encryption(owner="o", user="")), [Level.DECIDE]),
    "layer that is off": (
        lambda: a_pdf(rooted(OCProperties=Dictionary(D=Dictionary(OFF=Array([Dictionary(Type=Name.OCG)]))))),
        [Level.DECIDE],
    ),
    "signed": (lambda: a_pdf(rooted(Sig=Dictionary(Type=Name.Sig, ByteRange=[0, 1, 2, 3]))), [Level.FINE]),
}


@pytest.mark.parametrize("case", GOOD_PDF)
def test_a_pdf_such_as_offices_make_comes_in(tmp_path: Path, case: str) -> None:
    make, expected = GOOD_PDF[case]

    report = seen(tmp_path, make(), "report.PDF")

    assert (report.kind, report.pages, report.title) == (PDF, 2, "Report")
    assert levels(report) == expected


ELSEWHERE = "The document starts a program, sends data or opens another file."
MEDIA = "The document contains sound, film or a three-dimensional model."
ATTACHED = "There is a file attached inside the document."
JAVASCRIPT = "The document contains JavaScript."
BAD_LINK = "A link leads neither to the web nor to a mailbox or telephone: %(target)s"
OUTSIDE = "The document takes part of its content from another file."
PASSWORD = "The document is protected with a password."
TWO_KINDS = "The file can be read as a PDF and also as another kind of file."
AFTER_END = "There are bytes after the end of the document, which may be a second file or a part cut off."
CUT_OFF = "The file is cut off: its end is missing."
XML_ENTITIES = "The document declares XML entities or a document type."

BAD_PDF: dict[str, tuple[Maker, str]] = {
    "script on opening": (lambda: a_pdf(rooted(OpenAction=SCRIPT)), JAVASCRIPT),
    "script in an object stream": (lambda: a_pdf(acting(S=Name.JavaScript, JS="x"), packed=True), JAVASCRIPT),
    "script on leaving": (lambda: a_pdf(rooted(AA=Dictionary(WC=SCRIPT))), JAVASCRIPT),
    "script in the names": (
        lambda: a_pdf(rooted(Names=Dictionary(JavaScript=Dictionary(Names=Array(["a", SCRIPT]))))),
        JAVASCRIPT,
    ),
    "script after another action": (lambda: a_pdf(acting(S=Name.GoTo, D="a", Next=Array([SCRIPT]))), JAVASCRIPT),
    "script without a kind": (lambda: a_pdf(rooted(Odd=Dictionary(JS="x"))), JAVASCRIPT),
    "script under restrictions": (
        lambda: a_pdf(rooted(OpenAction=SCRIPT), encryption=pikepdf.Encryption(owner="o", user="")),
        JAVASCRIPT,
    ),
    "launch": (lambda: a_pdf(acting(S=Name.Launch, F="cmd.exe")), ELSEWHERE),
    "submit": (lambda: a_pdf(acting(S=Name.SubmitForm, F="https://example.org")), ELSEWHERE),
    "import": (lambda: a_pdf(acting(S=Name.ImportData, F="a.fdf")), ELSEWHERE),
    "other file": (lambda: a_pdf(acting(S=Name.GoToR, F="a.pdf", D="b")), ELSEWHERE),
    "thread elsewhere": (lambda: a_pdf(acting(S=Name.Thread, F="a.pdf")), ELSEWHERE),
    "file link": (lambda: a_pdf(acting(S=Name.URI, URI="file:///etc/passwd")), BAD_LINK),
    "attachment": (lambda: a_pdf(attaching), ATTACHED),
    "attachment without a type": (lambda: a_pdf(rooted(Odd=Dictionary(EF=Dictionary(F="a")))), ATTACHED),
    "attachment on a page": (lambda: a_pdf(annotated(Subtype=Name.FileAttachment)), ATTACHED),
    "film": (lambda: a_pdf(annotated(Subtype=Name.RichMedia)), MEDIA),
    "sound": (lambda: a_pdf(acting(S=Name.Sound)), MEDIA),
    "model": (lambda: a_pdf(annotated(Subtype=Name("/3D"))), MEDIA),
    "XFA": (
        lambda: a_pdf(rooted(AcroForm=Dictionary(Fields=Array([]), XFA="x"))),
        "The document is an XFA form, which draws its own pages by program.",
    ),
    "portfolio": (
        lambda: a_pdf(rooted(Collection=Dictionary())),
        "This is a PDF portfolio, a folder of other files.",
    ),
    "content elsewhere": (lambda: a_pdf(drawing_from_another_file), OUTSIDE),
    "metadata with entities": (lambda: a_pdf(with_metadata(DTD + b"<x>&a;</x>")), XML_ENTITIES),
    "password": (lambda: a_pdf(encryption=pikepdf.Encryption(owner="o", user="u")), PASSWORD),
    "cut off": (lambda: a_pdf()[:-30], CUT_OFF),
    "bytes after": (lambda: a_pdf() + b"MZ and more", AFTER_END),
    "bytes before": (
        lambda: b"#!/bin/sh\n" + a_pdf(),
        "There is something else in front of the document, so that it could be read as two kinds of file.",
    ),
    "web page too": (lambda: a_pdf().replace(b"%PDF-1.", b"%PDF-1.\n<html>", 1), TWO_KINDS),
    "archive too": (lambda: a_pdf() + b"PK\x05\x06" + bytes(16) + b"\6\0\n%%EOF", TWO_KINDS),
    "damaged": (
        lambda: a_pdf().replace(b"startxref\n", b"startxref\n9", 1),
        "The PDF is damaged and can only be read by guessing.",
    ),
}


@pytest.mark.parametrize("case", BAD_PDF)
def test_a_pdf_that_acts_or_hides_something_is_refused_with_the_reason(tmp_path: Path, case: str) -> None:
    make, reason = BAD_PDF[case]

    report = seen(tmp_path, make(), "report.pdf")

    assert reason in refusals(report)
    assert all(str(finding.remedy.message) for finding in report.findings)


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


GOOD_DOCX: dict[str, tuple[Maker, list[Level]]] = {
    "plain": (a_docx, []),
    "web link": (lambda: related("hyperlink", "https://www.itu.int/"), []),
    "telephone": (lambda: related("hyperlink", "tel:+41227305111"), []),
    "template": (lambda: related("attachedTemplate", LOCAL_TEMPLATE, part="settings.xml"), [Level.NOTE]),
    "inserted": (lambda: change("ins"), [Level.DECIDE]),
    "hidden text": (lambda: a_run("<w:vanish/>", "<w:t>secret</w:t>"), [Level.DECIDE]),
    "text hidden no more": (lambda: a_run('<w:vanish w:val="0"/>', "<w:t>open</w:t>"), []),
    "hidden field": (lambda: a_run("<w:vanish/>", "<w:instrText>XE word</w:instrText>"), []),
    "hidden end of a paragraph": (
        lambda: in_text("<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr><w:r><w:t>open</w:t></w:r></w:p>"),
        [],
    ),
    "comments": (lambda: with_part("word/comments.xml", COMMENTS.encode()), [Level.DECIDE]),
    "chart": (lambda: charted(a_workbook()), []),
    "font": (lambda: with_part("word/fonts/font1.odttf", b"\1\2\3"), []),
    "same second name": (lambda: named_twice("word/a.bin"), []),
    "page number": (lambda: field("PAGE"), []),
    "link by field": (lambda: field('HYPERLINK "https://www.itu.int/"'), []),
    "picture by field": (lambda: field('INCLUDEPICTURE "https://example.org/a.png"'), [Level.DECIDE]),
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


MACROS = "The document contains macros."
EMBEDDED = "There is a file or object embedded in the document."
BROUGHT_IN = "The document brings in an object, a program or another document."
FETCHES = "The document fetches something from elsewhere when it is opened: %(target)s"
FIELD = "A field starts a program or fetches data from elsewhere: %(field)s"
SAME_NAME = "Two parts of the file have the same name."
BAD_NAME = "A part of the file has a name that points outside the document."
CONTRADICTS = "The directory and a part of the file contradict each other."
HIDDEN = "There are hidden bytes between the parts of the file."
LENGTH = "The archive's directory does not agree with the length of the file."
OTHER_OFFICE = "This is not a Word document (DOCX) but an Office file of type %(type)s."

BAD_DOCX: dict[str, tuple[Maker, str]] = {
    "macro part": (lambda: with_part("word/vbaProject.bin", b"x"), MACROS),
    "docm": (
        lambda: typed(f"vnd.openxmlformats-officedocument.{WORD}", "vnd.ms-word.document.macroEnabled.main+xml"),
        MACROS,
    ),
    "template": (lambda: typed("wordprocessingml.document.main", "wordprocessingml.template.main"), OTHER_OFFICE),
    "workbook": (a_workbook, OTHER_OFFICE),
    "remote template": (
        lambda: related("attachedTemplate", "https://example.org/a.dotm", part="settings.xml"),
        FETCHES,
    ),
    "template on a server": (lambda: related("attachedTemplate", "\\\\server\\a.dotm", part="settings.xml"), FETCHES),
    "remote picture": (lambda: related("image", "https://example.org/a.png"), FETCHES),
    "remote though called internal": (lambda: related("image", "https://example.org/a.png", "Internal"), FETCHES),
    "remote object": (lambda: related("oleObject", "file:///c:/a.xlsx"), FETCHES),
    "file link": (lambda: related("hyperlink", "file:///c:/a.exe"), BAD_LINK),
    "server link": (lambda: related("hyperlink", "\\\\server\\share"), BAD_LINK),
    "script link": (lambda: related("hyperlink", "javascript:alert(1)"), BAD_LINK),
    "object": (lambda: related("oleObject", "embeddings/a.bin", "Internal"), BROUGHT_IN),
    "altChunk relation": (lambda: related("aFChunk", "a.html", "Internal"), BROUGHT_IN),
    "altChunk": (lambda: in_text('<w:altChunk w:id="a"/>'), BROUGHT_IN),
    "control": (lambda: in_text("<w:p><w:r><w:control/></w:r></w:p>"), BROUGHT_IN),
    "OLE element": (lambda: in_text('<o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office"/>'), BROUGHT_IN),
    "OLE bytes": (lambda: with_part("word/media/image1.png", OLE + b"x"), EMBEDDED),
    "program bytes": (lambda: with_part("word/media/image1.png", b"MZ" + bytes(90)), EMBEDDED),
    "embedded": (lambda: with_part("word/embeddings/a.bin", b"anything"), EMBEDDED),
    "ActiveX": (lambda: with_part("word/activeX/activeX1.bin", b"anything"), EMBEDDED),
    "workbook without chart": (lambda: with_part("word/embeddings/a.xlsx", a_workbook()), EMBEDDED),
    "chart with macros": (lambda: charted(a_workbook({"xl/vbaProject.bin": b"x"})), MACROS),
    "chart with object": (lambda: charted(a_workbook({"xl/media/a.png": OLE})), EMBEDDED),
    "chart with ties to another workbook": (
        lambda: charted(a_workbook({"xl/_rels/workbook.xml.rels": relations("externalLink", "externalLinks/a.xml")})),
        EMBEDDED,
    ),
    "chart with other file": (lambda: charted(b"not a workbook, but long enough to read"), CUT_OFF),
    "DDE": (lambda: field('DDE cmd "/c calc"'), FIELD),
    "DDE in pieces": (lambda: field(" DD", "EAU", "TO c:\\a.exe"), FIELD),
    "DDE in a simple field": (lambda: in_text('<w:p><w:fldSimple w:instr="DDEAUTO a b"/></w:p>'), FIELD),
    "DDE behind a decoy": (
        lambda: in_text('<w:p><w:fldSimple xmlns:z="urn:z" w:instr="DDEAUTO a b" z:instr="PAGE"/></w:p>'),
        FIELD,
    ),
    "DDE never ended": (
        lambda: in_text('<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>DDE a</w:instrText></w:r></w:p>'),
        FIELD,
    ),
    "DDE with an element in it": (lambda: field('DD<z:z xmlns:z="urn:z"/>E a'), FIELD),
    "link by field": (lambda: field('HYPERLINK "\\\\\\\\server\\\\a"'), FIELD),
    "VML picture": (
        lambda: in_text('<v:imagedata xmlns:v="urn:schemas-microsoft-com:vml" src="file://server/a"/>'),
        FIELD,
    ),
    "entities": (lambda: with_part("customXml/item9.xml", DTD + b"<x>&a;</x>"), XML_ENTITIES),
    "entities in a relation": (lambda: with_part("word/_rels/a.xml.rels", DTD + b"<x/>"), XML_ENTITIES),
    "not well-formed": (lambda: with_part("word/a.xml", b"<x>"), "A part of the document is not well-formed XML."),
    "same name": (lambda: doubled("word/aa.bin", "word/aa.bin"), SAME_NAME),
    "same name but for case": (lambda: doubled("word/aa.bin", "WORD/AA.bin"), SAME_NAME),
    "second name": (
        lambda: named_twice("word/b.bin"),
        "A part of the file has a name that programs read differently.",
    ),
    "absolute": (lambda: with_part("/etc/passwd", b"x"), BAD_NAME),
    "upwards": (lambda: with_part("word/../../a", b"x"), BAD_NAME),
    "backslash": (lambda: doubled("word/b.bin", "word\\a.bin"), BAD_NAME),
    "bytes before": (
        lambda: b"GIF89a" + a_docx(),
        "There is something else in front of the document, so that it could be read as two kinds of file.",
    ),
    "bytes after": (
        lambda: a_docx() + b"x",
        "There are bytes after the end of the document, which may be a second file.",
    ),
    "archive comment": (
        lambda: a_docx()[:-2] + b"\x05\x00HELLO",
        "There are bytes after the end of the document, which may be a second file.",
    ),
    "entry before, not in the directory": (lambda: a_docx()[: a_docx().index(b"PK\x03\x04", 9)] + a_docx(), LENGTH),
    "hidden between": (hidden_between, HIDDEN),
    "cut off": (lambda: a_docx()[:-1000], CUT_OFF),
    "other name in the header": (lambda: patched(a_docx(), MAIN, 30, b"W", central=False), CONTRADICTS),
    "other size in the header": (lambda: patched(a_docx(), MAIN, 22, b"\1\0\0\0", central=False), CONTRADICTS),
    "other method in the header": (lambda: patched(a_docx(), MAIN, 8, b"\0\0", central=False), CONTRADICTS),
    "encrypted": (lambda: patched(a_docx(), MAIN, 8, b"\1\0", central=True), "A part of the file is encrypted."),
    "unusual method": (
        lambda: repacked(a_docx(), {}, zipfile.ZIP_LZMA),
        "A part of the file is packed in an unusual way.",
    ),
    "overlap": (lambda: patched(a_docx(), MAIN, 42, bytes(4), central=True), "Two parts of the file overlap."),
    "lying size": (lying_about_its_size, "A part of the file is damaged, or unpacks to more than it says."),
    "bomb": (a_bomb, "The file unpacks to more than %(ratio)s times its size."),
    "old Word": (lambda: an_ole("WordDocument"), "This is a Word document of the old kind (.doc)."),
    "encrypted Word": (lambda: an_ole("EncryptionInfo", "EncryptedPackage"), PASSWORD),
    "other old Office": (lambda: an_ole("Workbook"), "This is an Office file of an old kind."),
    "broken old Office": (lambda: OLE + b"x" * 40, "This is an Office file of an old kind."),
    "picture": (
        lambda: b"\x89PNG\r\n\x1a\n" + bytes(60),
        "This is neither a PDF nor a Word document (DOCX); it seems to be a file of type %(type)s.",
    ),
    "text": (lambda: b"only words", "This is neither a PDF nor a Word document (DOCX)."),
    "empty": (lambda: b"", "The file is empty."),
}


@pytest.mark.parametrize("case", BAD_DOCX)
def test_a_docx_that_acts_hides_or_deceives_is_refused_with_the_reason(tmp_path: Path, case: str) -> None:
    make, reason = BAD_DOCX[case]

    report = seen(tmp_path, make(), "report.docx")

    assert reason in refusals(report)


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        (Bounds(entries=3), "The file has more than %(most)s parts."),
        (Bounds(part=1000), "A part of the document is too large."),
        (Bounds(unpacked=10_000), "Unpacked, the file is larger than %(most)s bytes."),
    ],
)
def test_a_docx_beyond_its_bounds_is_refused(tmp_path: Path, bounds: Bounds, reason: str) -> None:
    assert not seen(tmp_path, a_docx(), "a.docx").refused
    assert refusals(seen(tmp_path, a_docx(), "a.docx", bounds)) == [reason]


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        (Bounds(pages=1), "The document has %(pages)s pages; from 1 to %(most)s can be taken."),
        (Bounds(objects=5), "The document is made of more than %(most)s pieces."),
    ],
)
def test_a_pdf_beyond_its_bounds_is_refused(tmp_path: Path, bounds: Bounds, reason: str) -> None:
    assert not seen(tmp_path, a_pdf(), "a.pdf").refused
    assert refusals(seen(tmp_path, a_pdf(), "a.pdf", bounds)) == [reason]


UNREADABLE = "The file could not be examined: it is damaged, or takes more time or memory than one file may."


def test_an_examination_that_takes_too_long_refuses_the_file(tmp_path: Path) -> None:
    assert refusals(seen(tmp_path, a_pdf(), "a.pdf", Bounds(seconds=0))) == [UNREADABLE]


def test_an_examination_that_needs_too_much_memory_refuses_the_file(tmp_path: Path) -> None:
    big = a_pdf(with_metadata(b" " * (100 * 1024 * 1024) + b"<x/>"))

    assert refusals(seen(tmp_path, big, "a.pdf")) == ["The document's metadata is too large."]
    assert refusals(seen(tmp_path, big, "a.pdf", Bounds(memory=150 * 1024 * 1024))) == [UNREADABLE]


CONFINED = """
import json, resource, socket, sys
sys.path.insert(0, sys.argv[1])
from app.core.gate.child import confine
confine(memory=2**30, cpu_seconds=7)
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
        port = server.stdout.readline().decode().strip()
        arguments = [sys.executable, "-I", "-c", CONFINED, root, str(tmp_path / "out"), port]
        answer = subprocess.run(arguments, check=True, capture_output=True)
        server.kill()

    assert json.loads(answer.stdout) == [[2**30, 7, 0], False, False]


CALLS = CONFINED.replace("confine(memory", "import ctypes; ctypes.CDLL(None).prctl(38, 1, 0, 0, 0); #").replace(
    "limits =",
    "from app.core.gate.no_sockets import give_up_sockets; assert give_up_sockets(ctypes.CDLL(None)); limits =",
)


def test_the_network_is_given_up_where_no_namespace_can_be_had(tmp_path: Path) -> None:
    """The filter of system calls alone: the namespace is left as it is."""
    if platform.machine() not in KNOWN:
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
    assert tongue_of("12.3 C/22 – 4") is None


def test_what_was_read_is_said_beside_what_was_typed() -> None:
    received = Received("0" * 64, 1, PDF, "a.pdf", (), 3, "A title", "fr")

    assert [finding.level for finding in received.read("fr")] == [Level.FINE] * 3
    assert [finding.level for finding in received.read("en")] == [Level.FINE, Level.FINE, Level.DECIDE]
    assert Received("0" * 64, 1, PDF, "a.pdf", (), None, None, "xx").read("en") == ()


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

    assert not seen(tmp_path, a_pdf(), "a.pdf").refused
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
    finding = Finding(Level.NOTE, say("There are %(n)s of %(what)s.", n=3, what="جدول"), "word/a.xml", say("Nothing."))

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
    assert shown_name(offered, kind) == expected


def test_a_long_name_keeps_its_ending() -> None:
    name = shown_name("x" * 500 + ".pdf", PDF)

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
    assert {path.name: refusals(examine(path, path.name)) for path in documents} == {p.name: [] for p in documents}


def test_inspect_tells_what_it_finds_and_whether_all_would_come_in(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.docx"
    good.write_bytes(a_pdf())
    bad.write_bytes(field("DDE a"))
    lines: list[str] = []

    assert inspect([good], False, lines.append) == 0
    assert lines == ["good.pdf: accepted (application/pdf, 2 pages)", "  title: Report"]
    assert inspect([good, bad], True, lines.append) == 1
    told = json.loads(lines[-1])
    assert [(each["accepted"], each["kind"], len(each["findings"])) for each in told] == [
        (True, PDF, 0),
        (False, DOCX, 1),
    ]
    assert told[1]["findings"][0]["what"] == "A field starts a program or fetches data from elsewhere: DDE a"
    assert inspect([bad], False, lines.append) == 1
    assert inspect([tmp_path / "absent.pdf"], False, lines.append) == 1
    assert lines[-1] == "absent.pdf: refused (No such file or directory)"
