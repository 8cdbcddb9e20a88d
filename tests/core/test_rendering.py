"""Renditions of files, made in bounded processes: text, pages, pictures; and the limits of a hostile file."""

import io
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryFile, mkdtemp

import docx
import pikepdf
import pytest

from app.core.file_service.client import FileServiceOptions, close_connections, open_bytes
from app.core.file_service.limits import MIB, TaskLimits
from app.core.file_service.process import SERVICE_USER
from app.core.file_service.tasks import CONVERSION_LIMITS
from app.core.inspection import DOCX, PDF
from app.core.rendering import docx_text, render_document
from app.core.rendering.docx_copy import SETTINGS_TYPES, copy_docx_for_conversion
from app.core.rendering.pdf_lines import TextLine, join_lines_into_paragraphs, repair_arabic_order
from app.core.rendering.pdf_times import CHUNK_BYTES, copy_pdf_without_times
from app.core.rendering.template_filling import RenderingCutOff, RenderingError, convert_docx_to_pdf
from app.http.exports.pdf_export import render_pdf
from tests.docx_charts import make_docx_with_chart
from tests.files import make_docx, make_pdf, replace_in_part, with_body_xml, with_hiding_style
from tests.pango import needs_pango

SOFFICE = shutil.which("soffice") or ""
PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
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


@pytest.mark.parametrize(
    "place",
    ["<w:rPrDefault><w:rPr>", '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'],
    ids=["defaults", "default style"],
)
def test_text_that_is_hidden_by_default_is_no_text(place: str) -> None:
    hides = "<w:vanish/>" if place.endswith("<w:rPr>") else "<w:rPr><w:vanish/></w:rPr>"
    shown = make_docx("a")

    assert read_text(shown) == ["a"]
    assert read_text(replace_in_part(shown, "word/styles.xml", place, place + hides)) == []


def test_a_paragraph_whose_end_was_deleted_continues_in_the_next() -> None:
    deleted = (
        '<w:p><w:pPr><w:rPr><w:del w:id="1"/></w:rPr></w:pPr><w:r><w:t xml:space="preserve">One </w:t></w:r></w:p>'
    )

    assert read_text(with_body_xml(deleted + "<w:p><w:r><w:t>text</w:t></w:r></w:p>")) == ["Text.", "One text"]


def test_the_levels_of_headings_are_those_of_the_paragraphs(tmp_path: Path) -> None:
    source, levels = tmp_path / "source", []
    for properties in ('<w:outlineLvl w:val="0"/>', ""):
        source.write_bytes(with_body_xml(f"<w:p><w:pPr>{properties}</w:pPr>{make_run('Costs')}</w:p>"))
        levels.append(render_document(source, DOCX, tmp_path, FileServiceOptions()).heading_levels)

    assert levels == [[0, 1], None]


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


@needs_pango
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

    rendition = render_document(path, PDF, tmp_path, FileServiceOptions())

    assert rendition.is_complete
    assert "".join(rendition.paragraphs).replace(" ", "") == words.replace(" ", "")


def test_a_pdf_is_its_own_rendition_and_gets_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "source"
    path.write_bytes(make_pdf(pages=3))

    rendition = render_document(path, PDF, tmp_path, FileServiceOptions())

    assert (rendition.is_complete, rendition.pages, rendition.pdf) == (True, 3, path)
    assert rendition.picture[8:12] == b"WEBP"


@pytest.mark.parametrize("content", [b"%PDF-1.7 nonsense", b"PK\x03\x04 nonsense", b""])
def test_invalid_content_gives_no_rendition_and_reports_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "source"
    path.write_bytes(content)

    rendition = render_document(path, PDF if content.startswith(b"%PDF") else DOCX, tmp_path, FileServiceOptions())

    assert (rendition.is_complete, rendition.paragraphs, rendition.pdf, rendition.picture) == (False, None, None, None)


@pytest.fixture
def program_folder() -> Iterator[Path]:
    """A folder that the service can read: pytest's are for one user alone."""
    folder = Path(mkdtemp(prefix="cwg-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    close_connections()
    rmtree(folder)


def write_program(folder: Path, *lines: str) -> str:
    path = folder / "soffice"
    path.write_text("\n".join(["#!/bin/sh", *lines]))
    path.chmod(0o755)
    return str(path)


def convert(soffice: str, content: bytes, limits: TaskLimits = CONVERSION_LIMITS) -> bytes:
    with open_bytes(content) as source, TemporaryFile() as target:
        convert_docx_to_pdf(source, target, FileServiceOptions(soffice=soffice), limits)
        target.seek(0)
        return target.read()


def list_processes_of_service() -> list[list[str]]:
    """The commands of all processes of the service's user."""
    commands = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if process.stat().st_uid == SERVICE_USER:
                commands.append((process / "cmdline").read_bytes().decode().split("\0"))
    return commands


def test_a_hanging_converter_is_killed_with_its_child_processes(program_folder: Path) -> None:
    """A document can make LibreOffice loop in this way."""
    soffice = write_program(program_folder, "setsid sleep 300.125 &", "sleep 300.125")
    start_time = time.monotonic()

    with pytest.raises(RenderingCutOff):
        convert(soffice, make_docx(), replace(CONVERSION_LIMITS, seconds=5))

    assert time.monotonic() - start_time < 120
    assert not [command for command in list_processes_of_service() if "300.125" in command]


@pytest.mark.parametrize(
    ("line", "limits"),
    [
        ("while :; do :; done", replace(CONVERSION_LIMITS, cpu_seconds=1)),
        ("mkdir out; head -c 9000000 /dev/zero > out/document.pdf", replace(CONVERSION_LIMITS, max_file_bytes=MIB)),
        (": > /dev/tcp/127.0.0.1/1; exit 0", CONVERSION_LIMITS),
        ("mkdir out; ln -s /etc/passwd out/document.pdf", CONVERSION_LIMITS),
        ("ln -s /etc out; exit 0", CONVERSION_LIMITS),
        ("mkdir out; ln document.docx out/document.pdf", CONVERSION_LIMITS),
    ],
    ids=["processor", "disk", "network", "link", "linked folder", "second name"],
)
def test_a_converter_that_exceeds_its_limits_makes_no_pdf(program_folder: Path, line: str, limits: TaskLimits) -> None:
    with pytest.raises(RenderingError):
        convert(write_program(program_folder, line), make_docx(), limits)


def test_what_a_converter_writes_is_the_pdf(program_folder: Path) -> None:
    """The other side of the test before."""
    assert convert(write_program(program_folder, "mkdir out; echo made > out/document.pdf"), make_docx()) == b"made\n"


@needs_soffice
def test_libreoffice_works_within_its_limits_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(make_docx("The costs of transit.", "تكاليف العبور"))

    rendition = render_document(source, DOCX, tmp_path, FileServiceOptions(soffice=SOFFICE))

    assert (rendition.is_complete, rendition.pages) == (True, 1)
    assert rendition.paragraphs == ["The costs of transit.", "تكاليف العبور"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["document.pdf", "source"]


def read_pdf(content: bytes) -> tuple[list[str], pikepdf.Dictionary]:
    """Read the words of a PDF and its properties."""
    text = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True).stdout
    words = text.decode().split()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return words, pikepdf.Dictionary({key: str(value) for key, value in pdf.docinfo.items()})


@needs_soffice
def test_a_document_gives_the_same_pdf_whenever_it_is_converted() -> None:
    """The time would tell when the draft of another State was begun."""
    made = convert(SOFFICE, make_docx("The costs of transit."))
    words, properties = read_pdf(made)

    assert words == ["The", "costs", "of", "transit."]
    assert "/Producer" in properties
    assert not {"/CreationDate", "/ModDate"} & set(properties)
    assert not re.search(rb"/ID|/DocChecksum|20[2-9]\d-?[01]\d-?[0-3]\d", made[made.rindex(b"xref\n") :])


def test_what_depends_on_the_time_is_found_where_two_pieces_of_a_pdf_meet() -> None:
    words = b"/CreationDate(D:20261129061754Z')/ID [ <%b>\n<%b> ]/DocChecksum /%b " % ((b"0F" * 16,) * 3)
    for before in range(CHUNK_BYTES - len(words), CHUNK_BYTES + 1):
        target = io.BytesIO()
        copy_pdf_without_times(io.BytesIO(b"a" * before + words + b"b" * 300), target)
        assert target.getvalue().split() == [b"a" * before, b"b" * 300]
        assert len(target.getvalue()) == before + len(words) + 300


@needs_soffice
def test_what_a_chart_says_is_in_the_pdf() -> None:
    words, _properties = read_pdf(convert(SOFFICE, make_docx_with_chart(["Kenya", "Brazil"], [4711, 815])))

    assert {"Kenya", "Brazil", "4711", "815"} <= set(words)


Parts = dict[str, bytes]
SETTINGS_PART, MAIN_RELATIONS, TYPES = "word/settings.xml", "word/_rels/document.xml.rels", "[Content_Types].xml"


def change_parts(archive: bytes, change: Callable[[Parts], object]) -> bytes:
    """Return an archive whose parts were changed."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return out.getvalue()


def lose_settings(parts: Parts) -> None:
    parts[MAIN_RELATIONS] = re.sub(rb"<Relationship [^>]*settings[^>]*/>", b"", parts[MAIN_RELATIONS])
    parts[TYPES] = re.sub(rb"<Override [^>]*/word/settings.xml[^>]*/>", b"", parts[TYPES])
    del parts[SETTINGS_PART]


def lose_settings_but_their_relation(parts: Parts) -> None:
    relations = parts[MAIN_RELATIONS]
    lose_settings(parts)
    parts[MAIN_RELATIONS] = relations


def relate_settings_by_another_name(parts: Parts) -> None:
    parts[MAIN_RELATIONS] = parts[MAIN_RELATIONS].replace(b"relationships/settings", b"relationships/x/settings")


def type_settings_by_default(parts: Parts) -> None:
    settings = parts[SETTINGS_PART]
    lose_settings(parts)
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"
    relation = f'<Relationship Id="r98" Type="{SETTINGS_TYPES[0]}" Target="a.set"/></Relationships>'
    parts |= {
        "word/a.set": settings,
        TYPES: parts[TYPES].replace(b"</Types>", f'<Default Extension="set" ContentType="{kind}"/></Types>'.encode()),
        MAIN_RELATIONS: parts[MAIN_RELATIONS].replace(b"</Relationships>", relation.encode()),
    }


SETTINGS_CASES = [
    lose_settings,
    lose_settings_but_their_relation,
    relate_settings_by_another_name,
    type_settings_by_default,
]


def read_settings_of_copy(archive: bytes) -> list[bytes]:
    """Return the settings of the copy, as a converter finds them."""
    with zipfile.ZipFile(io.BytesIO(copy_docx_for_conversion(io.BytesIO(archive)))) as copy:
        found = re.findall(rf'Type="{SETTINGS_TYPES[0]}" Target="([^"]*)"'.encode(), copy.read(MAIN_RELATIONS))
        return [copy.read(f"word/{target.decode()}".replace("word//", "")) for target in found]


@pytest.mark.parametrize("change", [dict, *SETTINGS_CASES])
def test_the_copy_has_settings_in_which_changes_are_not_shown(change: Callable[[Parts], object]) -> None:
    (settings,) = read_settings_of_copy(change_parts(make_docx("a"), change))

    assert b'insDel="0"' in settings


def test_the_copy_keeps_properties_that_fields_show_and_none_that_name_somebody() -> None:
    document = docx.Document(io.BytesIO(make_docx("a")))
    document.core_properties.author = document.core_properties.last_modified_by = "Amina Otieno"
    document.core_properties.subject, document.core_properties.keywords = "On transit", "costs"
    out = io.BytesIO()
    document.save(out)
    owner = "<property name='Owner'><v>Amina</v></property>"
    custom = f"<Properties xmlns='{PROPERTIES}/custom-properties'>{owner}</Properties>"
    extended = f"<Properties xmlns='{PROPERTIES}/extended-properties'><Manager>Amina</Manager></Properties>"

    def change(parts: Parts) -> None:
        for name, content in (("custom", custom), ("extended", extended)):
            relation = f'<Relationship Id="{name}" Type="{PROPERTIES}/{name}-properties" Target="docProps/{name}.xml"/>'
            relations = parts["_rels/.rels"].decode().replace("</Relationships>", f"{relation}</Relationships>")
            parts |= {"_rels/.rels": relations.encode(), f"docProps/{name}.xml": content.encode()}

    given = change_parts(out.getvalue(), change)

    with (
        zipfile.ZipFile(io.BytesIO(given)) as before,
        zipfile.ZipFile(io.BytesIO(copy_docx_for_conversion(io.BytesIO(given)))) as after,
    ):
        names = [name for name in before.namelist() if name.startswith("docProps/")]
        whole, kept = ({name: each.read(name) for name in names} for each in (before, after))
    assert sorted(name for name in names if b"Amina" in whole[name]) == [
        "docProps/core.xml",
        "docProps/custom.xml",
        "docProps/extended.xml",
    ]
    assert not any(b"Amina" in content for content in kept.values())
    assert b"On transit" in kept["docProps/core.xml"]
    assert b"costs" in kept["docProps/core.xml"]


@needs_soffice
@pytest.mark.parametrize(
    ("shown", "change"),
    [("", dict), ('<w:revisionView w:insDel="1"/>', dict), ("", lose_settings), ("", relate_settings_by_another_name)],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_neither_deleted_words_nor_names_of_people_are_in_the_pdf(
    shown: str, change: Callable[[Parts], object]
) -> None:
    by = 'w:id="1" w:author="Amina Otieno" w:date="2026-01-01T00:00:00Z"'
    inserted, deleted = f"<w:ins {by}>%s</w:ins>", f"<w:del {by}>%s</w:del>"
    changed = with_body_xml(
        f"<w:p>{make_run('kept')}{make_run(' added', inserted)}{make_run(' gone', deleted, 'delText')}</w:p>"
    )
    document = docx.Document(io.BytesIO(replace_in_part(changed, "word/settings.xml", "<w:zoom", f"{shown}<w:zoom")))
    document.core_properties.author = document.core_properties.last_modified_by = "Amina Otieno"
    document.core_properties.title = "On transit"
    source = io.BytesIO()
    document.save(source)

    pdf = convert(SOFFICE, change_parts(source.getvalue(), change))
    words, properties = read_pdf(pdf)

    assert "".join(words) == "Text.keptadded"
    assert properties.Title == "On transit"
    assert b"Amina" not in pdf
    assert "Amina" not in str(properties)
