"""Builders of good and hostile files: real ones, written by python-docx and pikepdf, then altered byte by byte."""

import io
import zipfile
from collections.abc import Callable
from functools import cache

import docx
import olefile
import pikepdf
from docx.enum.style import WD_STYLE_TYPE
from pikepdf import Array, Dictionary, Name

Maker = Callable[[], bytes]
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "word/document.xml"
TYPES = "[Content_Types].xml"
DTD = b'<!DOCTYPE x [<!ENTITY a "b">]>'
OLE = olefile.MAGIC


def make_pdf(
    change: Callable[[pikepdf.Pdf], object] | None = None,
    *,
    title: str = "Report",
    pages: int = 2,
    encryption: pikepdf.Encryption | bool = False,
    packed: bool = False,
) -> bytes:
    """Make a PDF of empty pages, changed as given; `packed` puts its objects into object streams."""
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page()
        document.docinfo["/Title"] = title
        if change is not None:
            change(document)
        mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
        out = io.BytesIO()
        document.save(out, encryption=encryption, object_stream_mode=mode, fix_metadata_version=False)
    return out.getvalue()


def with_action(**action: object) -> Callable[[pikepdf.Pdf], object]:
    """Return a change that adds an action to a link of the second page."""

    def change(document: pikepdf.Pdf) -> None:
        annotation = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=Dictionary(**action))
        document.pages[1].obj.Annots = Array([document.make_indirect(annotation)])

    return change


def with_annotation(**annotation: object) -> Callable[[pikepdf.Pdf], object]:
    def change(document: pikepdf.Pdf) -> None:
        document.pages[0].obj.Annots = Array([document.make_indirect(Dictionary(Rect=[0, 0, 9, 9], **annotation))])

    return change


def with_catalogue_entries(**entries: object) -> Callable[[pikepdf.Pdf], object]:
    """Return a change that adds entries to the document catalogue."""

    def change(document: pikepdf.Pdf) -> None:
        for key, value in entries.items():
            document.Root[f"/{key}"] = value

    return change


def attach_file(document: pikepdf.Pdf) -> None:
    document.attachments["secret.txt"] = b"inside"


def with_metadata(data: bytes) -> Callable[[pikepdf.Pdf], object]:
    def change(document: pikepdf.Pdf) -> None:
        document.Root.Metadata = document.make_stream(data, Type=Name.Metadata, Subtype=Name.XML)

    return change


def add_external_drawing(document: pikepdf.Pdf) -> None:
    document.Root.Elsewhere = document.make_stream(b"", F=pikepdf.String("other.pdf"))


SCRIPT = Dictionary(S=Name.JavaScript, JS="app.alert(1)")


@cache
def make_template() -> bytes:
    """The template of python-docx without its 99 table styles, twice 9,000 elements that are inspected each time."""
    document = docx.Document()
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name != "Normal Table":
            style.delete()
    relations = document.part.rels
    for name in [name for name, relation in relations.items() if relation.reltype.endswith("/stylesWithEffects")]:
        del relations[name]
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def make_docx(*paragraphs: str, title: str = "Report") -> bytes:
    """Make a Word document with a title and these paragraphs."""
    document = docx.Document(io.BytesIO(make_template()))
    document.core_properties.title = title
    document.core_properties.author = ""
    for paragraph in paragraphs or ("Text.",):
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def repack(archive: bytes, changes: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return the archive with some parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", method) as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            new.writestr(name, changes[name] if name in changes else old.read(name))
    return out.getvalue()


def replace_in_part(archive: bytes, part: str, old: str, new: str) -> bytes:
    """Return the archive with a substring of one part replaced, which must be present."""
    with zipfile.ZipFile(io.BytesIO(archive)) as parts:
        text = parts.read(part).decode()
    assert old in text
    return repack(archive, {part: text.replace(old, new, 1).encode()})


def with_body_xml(xml: str) -> bytes:
    """Make a document with this XML at the end of its text."""
    return replace_in_part(make_docx(), MAIN, "<w:sectPr", f"{xml}<w:sectPr")


def with_field(*runs: str) -> bytes:
    """Make a document with a field whose instruction is in these runs."""
    inside = "".join(f"<w:r><w:instrText>{run}</w:instrText></w:r>" for run in runs)
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
    return with_body_xml(f"<w:p>{begin}{inside}{end}</w:p>")


def with_relation(kind: str, target: str, mode: str = "External", part: str = "document.xml") -> bytes:
    """Make a document in which one part points to this target."""
    relation = f'<Relationship Id="rId99" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="{mode}"/>'
    name = f"word/_rels/{part}.rels"
    if part == "document.xml":
        return replace_in_part(make_docx(), name, "</Relationships>", f"{relation}</Relationships>")
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return repack(make_docx(), {name: f'<Relationships xmlns="{space}">{relation}</Relationships>'.encode()})


def relationships_part(kind: str, target: str) -> bytes:
    """Return a part with one relationship within the package."""
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    relation = f'<Relationship Id="r1" Type="{OFFICE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{space}">{relation}</Relationships>'.encode()


def with_part(name: str, data: bytes) -> bytes:
    return repack(make_docx(), {name: data})


def with_content_type(old: str, new: str) -> bytes:
    return replace_in_part(make_docx(), TYPES, old, new)


def make_workbook(extra: dict[str, bytes] | None = None) -> bytes:
    """Make the smallest XLSX that a chart may have."""
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    space = "http://schemas.openxmlformats.org/package/2006/"
    types = f'<Override PartName="/xl/workbook.xml" ContentType="{sheet}"/>'
    parts = {
        TYPES: f'<Types xmlns="{space}content-types">{types}</Types>'.encode(),
        "_rels/.rels": relationships_part("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": b"<workbook/>",
    } | (extra or {})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def with_chart(workbook: bytes, name: str = "word/embeddings/book.xlsx") -> bytes:
    """Make a document whose chart has that workbook."""
    rels = relationships_part("package", f"../embeddings/{name.rpartition('/')[2]}")
    parts = {"word/charts/chart1.xml": b"<chart/>", "word/charts/_rels/chart1.xml.rels": rels, name: workbook}
    return repack(make_docx(), parts)


def with_duplicate_parts(first: str, second: str) -> bytes:
    """Make an archive with two parts under these names (of one length), by changing the name in both headers."""
    stand_in = "x" * len(second)
    archive = repack(make_docx(), {first: b"1", stand_in: b"2"})
    return archive.replace(stand_in.encode(), second.encode())


def patch_header(archive: bytes, name: str, at: int, value: bytes, *, central: bool) -> bytes:
    """Return the archive with bytes in one header of one entry overwritten, `at` counted from its signature."""
    mark, length = (b"PK\x01\x02", 46) if central else (b"PK\x03\x04", 30)
    start = archive.index(mark)
    while archive[start + length : start + length + len(name)] != name.encode():
        start = archive.index(mark, start + 1)
    return archive[: start + at] + value + archive[start + at + len(value) :]


def with_two_names(second: str) -> bytes:
    """Make an entry whose directory record has a second, Unicode name (Info-ZIP)."""
    out = io.BytesIO(make_docx())
    with zipfile.ZipFile(out, "a") as archive:
        entry = zipfile.ZipInfo("word/a.bin")
        body = b"\1" + bytes(4) + second.encode()
        entry.extra = (0x7075).to_bytes(2, "little") + len(body).to_bytes(2, "little") + body
        archive.writestr(entry, b"x")
    return out.getvalue()


def with_hidden_bytes() -> bytes:
    """Insert bytes between the last entry and the directory, and correct its offset."""
    archive = make_docx()
    central = archive.index(b"PK\x01\x02")
    end = archive.rindex(b"PK\x05\x06")
    offset = int.from_bytes(archive[end + 16 : end + 20], "little") + 5
    return (
        archive[:central]
        + b"HELLO"
        + archive[central:end]
        + archive[end : end + 16]
        + offset.to_bytes(4, "little")
        + archive[end + 20 :]
    )


def make_bomb(megabytes: int = 80) -> bytes:
    return repack(make_docx(), {"word/media/zeros.bin": bytes(megabytes * 1024 * 1024)})


def with_false_size() -> bytes:
    """Make an entry whose headers claim an unpacked size of one byte, and which unpacks to many."""
    archive = with_part("word/media/a.bin", bytes(100_000))
    for central, at in ((True, 24), (False, 22)):
        archive = patch_header(archive, "word/media/a.bin", at, (1).to_bytes(4, "little"), central=central)
    return archive


def make_ole(*streams: str) -> bytes:
    """Make a minimal OLE compound file with empty streams of these names (MS-CFB, version 3)."""

    def entry(name: str, kind: int, child: int = -1, right: int = -1) -> bytes:
        spelled = name.encode("utf-16-le") + b"\0\0"
        numbers = [child if kind == 5 else -1, right]
        body = spelled.ljust(64, b"\0") + len(spelled).to_bytes(2, "little") + bytes([kind, 1])
        body += (-1).to_bytes(4, "little", signed=True) + numbers[1].to_bytes(4, "little", signed=True)
        body += numbers[0].to_bytes(4, "little", signed=True) + bytes(36)
        return body + (-2).to_bytes(4, "little", signed=True) + bytes(8)

    directory = entry("Root Entry", 5, child=1)
    for number, name in enumerate(streams, start=1):
        directory += entry(name, 2, right=number + 1 if number < len(streams) else -1)
    free, end, table = (number.to_bytes(4, "little", signed=True) for number in (-1, -2, -3))
    header = OLE + bytes(16) + bytes.fromhex("3e000300feff0900060000000000000000000000")
    header += (1).to_bytes(4, "little") + (1).to_bytes(4, "little") + bytes(4) + (4096).to_bytes(4, "little")
    header += end + bytes(4) + end + bytes(4) + bytes(4) + free * 108
    return header + (table + end).ljust(512, b"\xff") + directory.ljust(512, b"\0")


CATALOGUE, TREE = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
LEAF = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"


def write_pdf(catalogue: bytes = CATALOGUE, tree: bytes = TREE, *more: bytes, trailer: bytes = b"") -> bytes:
    """Write a PDF byte by byte: objects 1, 2, 3 (a page) and more from 4. `@` in the trailer is the table offset."""
    out, starts = b"%PDF-1.7\n", []
    for number, body in enumerate((catalogue, tree, LEAF, *more), start=1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    render_table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    at, size = len(out), len(starts) + 1
    ends = b"trailer\n<</Size %d/Root 1 0 R%s>>\n" % (size, trailer.replace(b"@", b"%d" % at))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s%sstartxref\n%d\n%%%%EOF\n" % (size, render_table, ends, at)


def with_hiding_style(kind: str, text: str, *, base: str = "") -> bytes:
    """Make a document with a style `Hid` of that type, hiding itself or by the style it builds on."""
    hides = "<w:rPr><w:vanish/></w:rPr>"
    below = f'<w:style w:type="{kind}" w:styleId="Base"><w:name w:val="Base"/>{hides}</w:style>' if base else ""
    inside = f'<w:basedOn w:val="{base}"/>' if base else hides
    style = f'{below}<w:style w:type="{kind}" w:styleId="Hid"><w:name w:val="Hid"/>{inside}</w:style>'
    return replace_in_part(with_body_xml(text), "word/styles.xml", "</w:styles>", f"{style}</w:styles>")
