"""File inspection accepts ordinary office files and nothing active; each hostile file is a good one with one change."""

import io
import json
import subprocess
import zipfile
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from app.core.files.ingest import LANGUAGE_TEXTS, IngestedFile
from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.inspection import DOCX, PDF, Finding, FindingLevel, InspectionLimits, InspectionReport, to_display_name
from app.core.inspection.classify import inspect_stream
from app.core.inspection.inspect import inspect_files
from app.core.inspection.language_detection import detect_language
from app.core.inspection.links import LinkKind, classify_link, is_on_local_drive
from app.core.inspection.report_schema import parse_finding as kept_finding
from app.core.inspection.report_schema import parse_report
from app.core.inspection.sandbox import add_extension_finding, inspect_in_sandbox
from tests.files import (
    Maker,
    make_docx,
    make_pdf,
    make_workbook,
    repack,
    with_action,
    with_annotation,
    with_body_xml,
    with_catalogue_entries,
    with_chart,
    with_field,
    with_hiding_style,
    with_metadata,
    with_part,
    with_relation,
    with_two_names,
)
from tests.hostile import BAD_DOCX, BAD_PDF, BEGIN, BROUGHT_IN, END, EXCESSIVE, PAGE, pair_row, table_row
from tests.hostile_pairs import PAIRS

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
SHEET = "spreadsheetml.sheet"
WORD = "wordprocessingml.document.main+xml"


def inspect_bytes(folder: Path, data: bytes, name: str, bounds: InspectionLimits | None = None) -> InspectionReport:
    """In a limited process."""
    path = folder / "given"
    path.write_bytes(data)
    return inspect_in_sandbox(path, name, bounds)


def apply_rules(data: bytes, name: str, bounds: InspectionLimits | None = None) -> InspectionReport:
    """The same code in this process, its report read back as that of a limited process is."""
    report = inspect_stream(io.BytesIO(data), bounds or InspectionLimits())
    return add_extension_finding(parse_report(json.dumps(report.to_json()).encode()), name)


def list_refusals(report: InspectionReport) -> list[str]:
    return [finding.what.message for finding in report.findings if finding.level is FindingLevel.REFUSED]


def list_levels(report: InspectionReport) -> list[FindingLevel]:
    return [finding.level for finding in report.findings]


GOOD_PDF: dict[str, tuple[Maker, list[FindingLevel]]] = {
    "plain": (make_pdf, []),
    "packed": (lambda: make_pdf(packed=True), []),
    "web link": (lambda: make_pdf(with_action(S=Name.URI, URI="https://www.itu.int/")), []),
    "mail link": (lambda: make_pdf(with_action(S=Name.URI, URI="mailto:a@example.org")), []),
    "opens at a place": (lambda: make_pdf(with_catalogue_entries(OpenAction=Array([Name.Fit]))), []),
    "form": (lambda: make_pdf(with_catalogue_entries(AcroForm=Dictionary(Fields=Array([])))), []),
    "metadata": (lambda: make_pdf(with_metadata(b"<x/>")), []),
    "author": (lambda: make_pdf(lambda pdf: pdf.docinfo.__setitem__("/Author", "A. Person")), [FindingLevel.NOTE]),
    "comment": (lambda: make_pdf(with_annotation(Subtype=Name.Text)), [FindingLevel.DECIDE]),
    "restricted": (lambda: make_pdf(encryption=pikepdf.Encryption(owner="o", user="")), [FindingLevel.DECIDE]),
    "redaction that was only drawn": (lambda: make_pdf(with_annotation(Subtype=Name.Redact)), [FindingLevel.DECIDE]),
    "layer that is off": (
        lambda: make_pdf(
            with_catalogue_entries(OCProperties=Dictionary(D=Dictionary(OFF=Array([Dictionary(Type=Name.OCG)]))))
        ),
        [FindingLevel.DECIDE],
    ),
    "signed": (
        lambda: make_pdf(with_catalogue_entries(Sig=Dictionary(Type=Name.Sig, ByteRange=[0, 1, 2, 3]))),
        [FindingLevel.FINE],
    ),
}


@pytest.mark.parametrize("case", GOOD_PDF)
def test_an_ordinary_pdf_is_accepted(case: str) -> None:
    make, expected = GOOD_PDF[case]

    report = apply_rules(make(), "report.PDF")

    assert (report.kind, report.pages, report.title) == (PDF, 2, "Report")
    assert list_levels(report) == expected


@pytest.mark.parametrize("case", BAD_PDF)
def test_an_active_or_deceptive_pdf_is_refused_with_the_reason(tmp_path: Path, case: str) -> None:
    make, reason = BAD_PDF[case]

    # What exceeds the limits of a process is inspected in one.
    report = inspect_bytes(tmp_path, make(), "report.pdf") if reason == EXCESSIVE else apply_rules(make(), "report.pdf")

    assert reason in list_refusals(report)
    assert all(str(finding.remedy.message) for finding in report.findings)
    assert table_row(case, report) in PAGE.read_text(encoding="utf-8"), "python -m tests.hostile makes the page again"


def test_a_refusal_names_the_page() -> None:
    report = apply_rules(make_pdf(with_action(S=Name.Launch, F="cmd.exe")), "report.pdf")

    assert [finding.where.split(",")[0] for finding in report.findings] == ["p. 2"]


def with_tracked_change(kind: str) -> bytes:
    return with_body_xml(f'<w:p><w:{kind} w:id="1" w:author="A"><w:r><w:t>x</w:t></w:r></w:{kind}></w:p>')


COMMENTS = (
    '<w:comments xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:comment/></w:comments>'
)
LABEL = (
    '<Properties xmlns="a" xmlns:vt="b"><property name="MSIP_Label_Owner"><vt:lpwstr>a@b</vt:lpwstr></property>'
    "</Properties>"
)


def make_jpeg(*, place: bool) -> bytes:
    """Make the start of a JPEG with a directory of places, which is empty but for its version or has a latitude."""
    exif = b"II*\0\x08\0\0\0" + b"\1\0" + b"\x25\x88\4\0\1\0\0\0\x1a\0\0\0" + bytes(4)
    tags = [b"\0\0\1\0\4\0\0\0\2\3\0\0", *([b"\1\0\2\0\2\0\0\0N\0\0\0"] * place)]
    return b"\xff\xd8\xff\xe1\0\x60Exif\0\0" + exif + len(tags).to_bytes(2, "little") + b"".join(tags) + bytes(4)


LOCAL_TEMPLATE = "file:///C:\\Users\\a\\Normal.dotm"


def with_run(properties: str, content: str) -> bytes:
    return with_body_xml(f"<w:p><w:r><w:rPr>{properties}</w:rPr>{content}</w:r></w:p>")


HIDDEN_PARAGRAPH = '<w:p><w:pPr><w:pStyle w:val="Hid"/></w:pPr><w:r><w:t>secret</w:t></w:r></w:p>'
HIDDEN_RUN = '<w:p><w:r><w:rPr><w:rStyle w:val="Hid"/></w:rPr><w:t>secret</w:t></w:r></w:p>'
SHOWN_RUN = '<w:p><w:r><w:rPr><w:rStyle w:val="Hid"/><w:vanish w:val="0"/></w:rPr><w:t>open</w:t></w:r></w:p>'

GOOD_DOCX: dict[str, tuple[Maker, list[FindingLevel]]] = {
    "plain": (make_docx, []),
    "web link": (lambda: with_relation("hyperlink", "https://www.itu.int/"), []),
    "telephone": (lambda: with_relation("hyperlink", "tel:+41227305111"), []),
    "template": (lambda: with_relation("attachedTemplate", LOCAL_TEMPLATE, part="settings.xml"), [FindingLevel.NOTE]),
    "inserted": (lambda: with_tracked_change("ins"), [FindingLevel.DECIDE, FindingLevel.NOTE]),
    "property of its own": (lambda: with_part("docProps/custom.xml", LABEL.encode()), [FindingLevel.NOTE]),
    "picture with a place": (lambda: with_part("word/media/a.jpg", make_jpeg(place=True)), [FindingLevel.DECIDE]),
    "picture without a place": (lambda: with_part("word/media/a.jpg", make_jpeg(place=False)), []),
    "hidden text": (lambda: with_run("<w:vanish/>", "<w:t>secret</w:t>"), [FindingLevel.DECIDE]),
    "text hidden no more": (lambda: with_run('<w:vanish w:val="0"/>', "<w:t>open</w:t>"), []),
    "hidden by the style of a paragraph": (
        lambda: with_hiding_style("paragraph", HIDDEN_PARAGRAPH),
        [FindingLevel.DECIDE],
    ),
    "hidden by the style of a run": (lambda: with_hiding_style("character", HIDDEN_RUN), [FindingLevel.DECIDE]),
    "hidden by a style below": (
        lambda: with_hiding_style("character", HIDDEN_RUN, base="Base"),
        [FindingLevel.DECIDE],
    ),
    "hidden by a style, and shown": (lambda: with_hiding_style("character", SHOWN_RUN), []),
    "hidden field": (lambda: with_run("<w:vanish/>", "<w:instrText>XE word</w:instrText>"), []),
    "hidden end of a paragraph": (
        lambda: with_body_xml("<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr><w:r><w:t>open</w:t></w:r></w:p>"),
        [],
    ),
    "comments": (lambda: with_part("word/comments.xml", COMMENTS.encode()), [FindingLevel.DECIDE]),
    "chart": (lambda: with_chart(make_workbook()), []),
    "font": (lambda: with_part("word/fonts/font1.odttf", b"\1\2\3"), []),
    "same second name": (lambda: with_two_names("word/a.bin"), []),
    "page number": (lambda: with_field("PAGE"), []),
    "link by field": (lambda: with_field('HYPERLINK "https://www.itu.int/"'), []),
    "picture by field": (lambda: with_field('INCLUDEPICTURE "a.png"'), [FindingLevel.DECIDE]),
    "placeholder": (lambda: with_field("MACROBUTTON NoMacro Click here"), []),
    "stored": (lambda: repack(make_docx(), {}, zipfile.ZIP_STORED), []),
}


@pytest.mark.parametrize("case", GOOD_DOCX)
def test_an_ordinary_docx_is_accepted(case: str) -> None:
    make, expected = GOOD_DOCX[case]

    report = apply_rules(make(), "report.docx")

    assert (report.kind, report.title) == (DOCX, "Report")
    assert list_levels(report) == expected


def write_streamed(archive: bytes) -> bytes:
    """Write the same parts to a stream that cannot seek, therefore with data descriptors."""

    class Pipe(io.RawIOBase):
        received = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes are all that zipfile writes
            self.received += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return pipe.received


def test_a_docx_written_as_a_stream_is_accepted() -> None:
    assert list_levels(apply_rules(write_streamed(make_docx()), "report.docx")) == []


@pytest.mark.parametrize("case", BAD_DOCX)
def test_an_active_or_deceptive_docx_is_refused_with_the_reason(case: str) -> None:
    make, reason = BAD_DOCX[case]

    report = apply_rules(make(), "report.docx")

    assert reason in list_refusals(report)
    assert table_row(case, report) in PAGE.read_text(encoding="utf-8"), "python -m tests.hostile makes the page again"


@pytest.mark.parametrize("case", PAIRS)
def test_of_a_pair_the_hostile_file_is_refused_and_its_twin_is_let_in(case: str) -> None:
    pair = PAIRS[case]
    name = "report.pdf" if pair.kind == PDF else "report.docx"

    hostile, twin = apply_rules(pair.hostile(), name), apply_rules(pair.twin(), name)

    assert pair.reason in list_refusals(hostile)
    assert (twin.kind, list_refusals(twin)) == (pair.kind, [])
    assert pair_row(case, pair, hostile, twin) in PAGE.read_text(encoding="utf-8"), "python -m tests.hostile makes it"


def test_the_remedy_for_an_add_in_removes_it() -> None:
    report = apply_rules(BAD_DOCX["add-in inside"][0](), "a.docx")

    assert "task pane add-ins" in report.findings[0].remedy.message


@pytest.mark.parametrize("case", ["letters with a connection of their own", "letters that ask for data"])
def test_the_remedy_for_a_mail_merge_ends_it(case: str) -> None:
    report = apply_rules(PAIRS[case].hostile(), "a.docx")

    assert "Start Mail Merge" in report.findings[0].remedy.message


def test_the_remedy_for_a_template_on_a_server_is_where_templates_are_attached() -> None:
    report = apply_rules(with_relation("attachedTemplate", "\\\\server\\a.dotm", part="settings.xml"), "a.docx")

    assert [finding.where for finding in report.findings] == ["word/settings.xml"]
    assert "Developer, Document Template" in report.findings[0].remedy.message


ALL_FILES: dict[str, tuple[Maker, str]] = {
    f"{name}, {case}": (make, name)
    for name, cases in (
        *(("report.pdf", GOOD_PDF), ("report.pdf", BAD_PDF)),
        *(("report.docx", GOOD_DOCX), ("report.docx", BAD_DOCX)),
    )
    for case, (make, expected) in cases.items()
    if expected != EXCESSIVE
}
# Of each kind one that is accepted, one that is accepted with a finding, and one that is refused; and of another kind.
REPRESENTATIVES = {
    *("report.pdf, plain", "report.pdf, comment", "report.pdf, script in an object stream"),
    *("report.docx, plain", "report.docx, comments", "report.docx, a billion laughs", "report.docx, RTF"),
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[] if case in REPRESENTATIVES else pytest.mark.thorough) for case in ALL_FILES]
)
def test_the_limited_process_reports_what_the_rules_find(tmp_path: Path, case: str) -> None:
    make, name = ALL_FILES[case]
    data = make()

    assert inspect_bytes(tmp_path, data, name) == apply_rules(data, name)


def test_the_documentation_lists_exactly_these_hostile_files() -> None:
    table = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]

    listed = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if line.startswith("| ")]

    assert [case for case in listed if not case.startswith("hostile")] == [*BAD_PDF, *BAD_DOCX, *PAIRS]


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        (InspectionLimits(max_entries=3), "The file has more than %(most)s parts."),
        (InspectionLimits(max_part_bytes=1000), "A part of the document is too large."),
        (InspectionLimits(max_unpacked_bytes=10_000), "Unpacked, the file is larger than %(most)s bytes."),
    ],
)
def test_a_docx_beyond_the_limits_is_refused(bounds: InspectionLimits, reason: str) -> None:
    assert not apply_rules(make_docx(), "a.docx").is_refused
    assert list_refusals(apply_rules(make_docx(), "a.docx", bounds)) == [reason]


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        (InspectionLimits(max_pages=1), "The document has %(pages)s pages; it must have from 1 to %(most)s pages."),
        (InspectionLimits(max_objects=5), "The document consists of more than %(most)s parts."),
    ],
)
def test_a_pdf_beyond_the_limits_is_refused(tmp_path: Path, bounds: InspectionLimits, reason: str) -> None:
    assert not apply_rules(make_pdf(), "a.pdf").is_refused
    assert list_refusals(inspect_bytes(tmp_path, make_pdf(), "a.pdf", bounds)) == [reason]


TEXTS = {
    "en": "The Working Group recalls that the management of the Internet is the task of all, and that it shall report.",
    "fr": "Le Groupe de travail rappelle que la gestion de l’Internet est la tâche de tous, et qu’il rend compte.",
    "es": "El Grupo de Trabajo recuerda que la gestión de Internet es tarea de todos, y que los informes se presentan.",
    "ru": "Рабочая группа напоминает, что управление интернетом является задачей всех заинтересованных сторон.",
    "ar": "يذكّر فريق العمل بأن إدارة الإنترنت مهمة جميع أصحاب المصلحة، وأنه يرفع تقريره إلى المجلس.",
    "zh": "工作组忆及，互联网的管理是所有利益攸关方的任务，并应向理事会提交报告。",
}


@pytest.mark.parametrize("language", TEXTS)
def test_the_language_is_detected_from_the_text_whatever_the_file_declares(language: str) -> None:
    assert apply_rules(make_docx(TEXTS[language]), "a.docx").language == language
    assert detect_language("12.3 C/22 – 4") is None


def test_detected_values_are_reported_with_the_typed_ones() -> None:
    received = IngestedFile("0" * 64, 1, PDF, "a.pdf", (), 3, "A title", "fr")

    assert [finding.level for finding in received.content_findings("fr")] == [FindingLevel.FINE] * 3
    assert [finding.level for finding in received.content_findings("en")] == [
        FindingLevel.FINE,
        FindingLevel.FINE,
        FindingLevel.DECIDE,
    ]
    assert received.content_findings("fr")[-1].what.translate("fr") == "Son texte est en français."
    assert set(LANGUAGE_TEXTS) == set(LANGUAGES)
    assert IngestedFile("0" * 64, 1, PDF, "a.pdf", (), None, None, "xx").content_findings("en") == ()


def test_the_inspecting_process_inherits_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python and the loader inherit no settings: the trace requested by LD_DEBUG_OUTPUT is not written."""
    monkeypatch.setenv("LD_DEBUG", "libs")
    monkeypatch.setenv("LD_DEBUG_OUTPUT", str(tmp_path / "trace"))
    subprocess.run(["true"], check=True)
    traces = list(tmp_path.glob("trace*"))
    assert traces
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert not inspect_bytes(tmp_path, make_pdf(), "a.pdf").is_refused
    assert list(tmp_path.glob("trace*")) == traces


@pytest.mark.parametrize(
    ("data", "name"), [(make_pdf(), "a.docx"), (make_docx(), "a.pdf"), (make_docx(), "a.docm"), (make_docx(), "docx")]
)
def test_a_name_with_a_wrong_extension_is_to_be_checked(data: bytes, name: str) -> None:
    report = apply_rules(data, name)

    assert [finding.what.message for finding in report.findings if finding.level is FindingLevel.DECIDE] == [
        "The file name does not end in %(ending)s, which is the actual type of the file."
    ]


def test_a_name_that_is_too_long_to_show_has_its_extension() -> None:
    assert apply_rules(make_pdf(), "x" * 250 + ".pdf").findings == ()
    assert [finding.level for finding in apply_rules(make_pdf(), "x.pdf" * 50 + ".exe").findings] == [
        FindingLevel.DECIDE
    ]


def test_a_label_and_who_changed_the_text_are_shown() -> None:
    labelled = apply_rules(with_part("docProps/custom.xml", LABEL.encode()), "a.docx")
    changed = apply_rules(with_tracked_change("ins"), "a.docx")

    assert [finding.what.values for finding in labelled.findings] == [{"name": "MSIP_Label_Owner", "value": "a@b"}]
    assert [finding.what.values for finding in changed.findings] == [{"count": 1}, {"who": "A"}]


def test_people_whom_only_the_metadata_names_are_shown() -> None:
    data = b"<x xmlns='a'><creator><li>A. Delegate</li><li>B. Delegate</li></creator><subject>C</subject></x>"

    report = apply_rules(make_pdf(with_metadata(data)), "a.pdf")

    assert [finding.what.values for finding in report.findings] == [{"who": "A. Delegate"}, {"who": "B. Delegate"}]


def test_refusals_are_not_crowded_out_by_lesser_findings() -> None:
    calls = "".join(f'<w:p><w:fldSimple w:instr="INCLUDETEXT a{n}"/></w:p>' for n in range(300))
    report = apply_rules(with_body_xml(calls + '<w:altChunk w:id="a"/>'), "a.docx")

    assert list_refusals(report) == [BROUGHT_IN]
    assert len(report.findings) == 6


def test_a_finding_survives_storage_as_json() -> None:
    finding = Finding(
        FindingLevel.NOTE, _("There are %(n)s of %(what)s.", n=3, what="جدول"), "word/a.xml", _("Nothing.")
    )

    stored = json.loads(json.dumps(finding.to_json()))

    assert kept_finding(stored) == finding
    with pytest.raises(ValueError, match="level"):
        kept_finding(stored | {"level": "superb"})


def test_values_from_a_file_contain_nothing_invisible() -> None:
    report = apply_rules(make_pdf(with_action(S=Name.URI, URI="file:a\u202egnp.exe\0" + "x" * 500)), "a.pdf")

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
def test_an_offered_name_is_sanitized_for_display(offered: str, kind: str, expected: str) -> None:
    assert to_display_name(offered, kind) == expected


def test_a_long_name_keeps_its_ending() -> None:
    name = to_display_name("x" * 500 + ".pdf", PDF)

    assert (len(name), name[-5:]) == (200, "x.pdf")


def test_only_harmless_addresses_are_plain_links() -> None:
    plain = ["https://a", "HTTP://a", "mailto:a@b", "tel:1", "#place", "www.itu.int", ""]
    foreign = [
        *("a.docx", "../a%20b.htm", "foo.bar.com", "ftp://a", "urn:a", "about:blank", "consultantplus://a"),
        *("dx.doi.org/10.1000/a:1", "file:a.pdf", "FILE:www.itu.int/a", "./http:%2F%2Fa", "(https:/a)"),
        *("hthttps://a", "htp://a", "v7.1http://a", "[https://a", "a.org/Category:B"),
        *("file:///C:/a%20b.docx", "file:///C:\\a\\b", "file:///Users/a/b.htm#c", "file:///home/a/https:%2F%2Fb.c:1"),
        "file:///Users/a/b",
    ]
    starting = [
        *("file:///a", "\\\\a\\b", "%5C%5Ca", "C:\\a", "smb://a", "a.lnk#b"),
        *("javascript:a", "java\tscript:a", "ms-word:a", "java\tscript:a.b/c:d", "a:b.c/d", "a.b/c.docx:d.exe"),
        *("file:/a", "file:a.exe", "file:C:\\a", "file:%5C%5Ca\\b", "file: \\\\a\\b", "file:\t//a", "file:file://a"),
        *("file:javascript:a", "file:smb://a", "(javascript:a)", "(file://a/b)", "(C:\\a)", "java\u200bscript:a"),
        *("file:///C:/", "file:///C:/a.com", "file:///C:/a.exe", "file:///bin/ls", "file:////C/a.docx"),
        *("file:///C:/a.docx:b\\\\c", "file:///.a", "file:///A.app/", "file:///C:/a.msc?b"),
        *("ms-https:a", "tab:a", "(\\\\a\\b)", "[ms-word:ofe|u|http://a", "\x01javascript:a"),
    ]

    assert {classify_link(target) for target in plain} == {LinkKind.PLAIN}
    assert {classify_link(target) for target in foreign} == {LinkKind.FOREIGN}
    assert {classify_link(target) for target in starting} == {LinkKind.STARTING}


def test_only_paths_on_the_authors_machine_are_local() -> None:
    mac = ["file:////Users/a/a.dotm", "Macintosh%20HD:Users:a:a.dotm"]
    assert all(
        map(
            is_on_local_drive,
            [*mac, "file:////C:\\a.dot", LOCAL_TEMPLATE, "C:\\a.dotm", "file:///Users/a.dotm", "Normal.dotm"],
        )
    )
    assert not any(
        map(
            is_on_local_drive,
            [
                "file:////Userserver/a",
                "smb:Users",
                "ms-x:Users/a",
                "file://server/a",
                "file:////server/a",
                "file:///%5C%5Cserver",
                "file:////C/a",
                "\\\\s\\a",
                "http://a",
            ],
        )
    )


def test_every_available_real_document_is_accepted() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("there are no sample documents beside this tree (../shared/samples)")
    documents = [path for path in sorted(SAMPLES.iterdir()) if path.suffix in {".pdf", ".docx"}]

    assert documents
    assert {path.name: list_refusals(inspect_in_sandbox(path, path.name)) for path in documents} == {
        p.name: [] for p in documents
    }


def test_inspect_reports_findings_and_whether_every_file_is_accepted(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.docx"
    good.write_bytes(make_pdf())
    bad.write_bytes(with_field("DDE a"))
    lines: list[str] = []

    assert inspect_files([good], False, lines.append) == 0
    assert lines == ["good.pdf: accepted (application/pdf, 2 pages)", "  title: Report"]
    assert inspect_files([good, bad], True, lines.append) == 1
    report = json.loads(lines[-1])
    assert [(each["accepted"], each["kind"], len(each["findings"])) for each in report] == [
        (True, PDF, 0),
        (False, DOCX, 1),
    ]
    assert report[1]["findings"][0]["what"] == "A field starts a program or fetches data from elsewhere: DDE a"
    assert inspect_files([bad], False, lines.append) == 1
    assert inspect_files([tmp_path / "absent.pdf"], False, lines.append) == 1
    assert lines[-1] == "absent.pdf: refused (No such file or directory)"
