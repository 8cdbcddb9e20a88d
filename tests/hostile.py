"""Every known kind of hostile file, and the expected refusals of each.

`python -m tests.hostile` writes what `python -m app inspect` says of them into docs/file-inspection.md; tests compare
the page.
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
from pikepdf import Array, Dictionary, Name

from app.core.inspection import PDF, FindingLevel, InspectionReport
from app.core.inspection.sandbox import inspect_in_sandbox
from tests.files import (
    CATALOGUE,
    DTD,
    MAIN,
    OLE,
    SCRIPT,
    TREE,
    TYPES,
    Maker,
    add_external_drawing,
    attach_file,
    make_bomb,
    make_docx,
    make_ole,
    make_pdf,
    make_workbook,
    patch_header,
    relationships_part,
    repack,
    replace_in_part,
    with_action,
    with_annotation,
    with_body_xml,
    with_catalogue_entries,
    with_chart,
    with_content_type,
    with_duplicate_parts,
    with_false_size,
    with_field,
    with_hidden_bytes,
    with_metadata,
    with_part,
    with_relation,
    with_two_names,
    write_pdf,
)
from tests.hostile_pairs import PAIRS
from tests.hostile_twins import Pair

PAGE = Path(__file__).parent.parent / "docs" / "file-inspection.md"
BEGIN, END = "<!-- made by python -m tests.hostile -->\n", "<!-- end -->\n"
SHEET = "spreadsheetml.sheet"
WORD = "wordprocessingml.document.main+xml"

DTD_16 = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("utf-16")
POSTSCRIPT = "The document contains a PostScript program, which runs when it is printed."
DAMAGED = "The PDF is damaged and cannot be read reliably."
PAGES = "The document has %(pages)s pages; it must have from 1 to %(most)s pages."
EXCESSIVE = "Examining the file takes more memory than is allowed for one file."
IN_FRONT = (
    "There is other content before the start of the document, so the file could be read as two different file types."
)
TOO_LARGE = "A part of the document is too large."
NO_KIND = "This is neither a PDF nor a Word document (DOCX)."
OTHER_KIND = "This is neither a PDF nor a Word document (DOCX); it seems to be a file of type %(type)s."
NO_WORD = "This archive is not a Word document (DOCX): its main part is missing or of another kind."
ELSEWHERE = "The document starts a program, sends data or opens another file."
MEDIA = "The document contains audio, video or a three-dimensional model."
ATTACHED = "A file is attached inside the document."
JAVASCRIPT = "The document contains JavaScript."
BAD_LINK = "A link does not lead to a web page, an e-mail address or a telephone number: %(target)s"
OUTSIDE = "The document takes part of its content from another file."
PASSWORD = "The document is protected with a password."
TWO_KINDS = "The file can be read as a PDF and also as another type of file."
AFTER_END = "There are bytes after the end of the document; they may be a second file or a truncated part."
CERTIFICATE = "The document is protected by a certificate or an unusual kind of encryption."
CUT_OFF = "The file is truncated: its end is missing."
XML_ENTITIES = "The document declares XML entities or a document type."


def on_first_page(**entries: object) -> Callable[[pikepdf.Pdf], object]:
    def change(document: pikepdf.Pdf) -> None:
        for key, value in entries.items():
            document.pages[0].obj[f"/{key}"] = value

    return change


def with_stream(key: str, data: bytes = b"x", **entries: object) -> Callable[[pikepdf.Pdf], object]:
    """Return a change that adds a stream to the catalogue."""

    def change(document: pikepdf.Pdf) -> None:
        document.Root[f"/{key}"] = document.make_stream(data, **entries)

    return change


def scripted_by_a_stream(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=document.make_stream(b"app.alert(1)"))


def associate_file(document: pikepdf.Pdf) -> None:
    file = document.make_stream(b"x", Type=Name.EmbeddedFile)
    document.Root.AF = Array([Dictionary(Type=Name.Filespec, F="a", EF=Dictionary(F=file))])


def packed_zeros(megabytes: int) -> bytes:
    """Pack this number of megabytes of zeros: one block repeatedly, which is far quicker than packing them all."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    check = ((megabytes << 20) % 65521) << 16 | 1  # Adler-32 of zeros (RFC 1950)
    return b"\x78\xda" + block * megabytes + packer.flush() + check.to_bytes(4, "big")


def make_pdf_bomb() -> bytes:
    """Make a page whose content unpacks to a gigabyte, packed twice. It is saved without unpacking."""
    data = zlib.compress(packed_zeros(1024), 9)
    head = b"<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n" % len(data)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 5 0 R>>"
    return write_pdf(CATALOGUE, TREE.replace(b"3 0", b"4 0"), page, head + data + b"\nendstream")


BAD_PDF: dict[str, tuple[Maker, str]] = {
    "script on opening": (lambda: make_pdf(with_catalogue_entries(OpenAction=SCRIPT)), JAVASCRIPT),
    "script in an object stream": (lambda: make_pdf(with_action(S=Name.JavaScript, JS="x"), packed=True), JAVASCRIPT),
    "script on leaving": (lambda: make_pdf(with_catalogue_entries(AA=Dictionary(WC=SCRIPT))), JAVASCRIPT),
    "script in the names": (
        lambda: make_pdf(with_catalogue_entries(Names=Dictionary(JavaScript=Dictionary(Names=Array(["a", SCRIPT]))))),
        JAVASCRIPT,
    ),
    "script after another action": (
        lambda: make_pdf(with_action(S=Name.GoTo, D="a", Next=Array([SCRIPT]))),
        JAVASCRIPT,
    ),
    "script without a kind": (lambda: make_pdf(with_catalogue_entries(Odd=Dictionary(JS="x"))), JAVASCRIPT),
    "script under restrictions": (
        lambda: make_pdf(with_catalogue_entries(OpenAction=SCRIPT), encryption=pikepdf.Encryption(owner="o", user="")),
        JAVASCRIPT,
    ),
    "launch": (lambda: make_pdf(with_action(S=Name.Launch, F="cmd.exe")), ELSEWHERE),
    "submit": (lambda: make_pdf(with_action(S=Name.SubmitForm, F="https://example.org")), ELSEWHERE),
    "import": (lambda: make_pdf(with_action(S=Name.ImportData, F="a.fdf")), ELSEWHERE),
    "other file": (lambda: make_pdf(with_action(S=Name.GoToR, F="/a.pdf", D="b")), ELSEWHERE),
    "thread elsewhere": (lambda: make_pdf(with_action(S=Name.Thread, F="a.pdf")), ELSEWHERE),
    "file link": (lambda: make_pdf(with_action(S=Name.URI, URI="file:///etc/passwd")), BAD_LINK),
    "attachment": (lambda: make_pdf(attach_file), ATTACHED),
    "attachment without a type": (
        lambda: make_pdf(with_catalogue_entries(Odd=Dictionary(EF=Dictionary(F="a")))),
        ATTACHED,
    ),
    "attachment on a page": (lambda: make_pdf(with_annotation(Subtype=Name.FileAttachment)), ATTACHED),
    "film": (lambda: make_pdf(with_annotation(Subtype=Name.RichMedia)), MEDIA),
    "sound": (lambda: make_pdf(with_action(S=Name.Sound)), MEDIA),
    "model": (lambda: make_pdf(with_annotation(Subtype=Name("/3D"))), MEDIA),
    "XFA": (
        lambda: make_pdf(with_catalogue_entries(AcroForm=Dictionary(Fields=Array([]), XFA="x"))),
        "The document is an XFA form, whose pages are generated by a program.",
    ),
    "portfolio": (
        lambda: make_pdf(with_catalogue_entries(Collection=Dictionary())),
        "This is a PDF portfolio: a folder of other files.",
    ),
    "content elsewhere": (lambda: make_pdf(add_external_drawing), OUTSIDE),
    "metadata with entities": (lambda: make_pdf(with_metadata(DTD + b"<x>&a;</x>")), XML_ENTITIES),
    "password": (lambda: make_pdf(encryption=pikepdf.Encryption(owner="o", user="u")), PASSWORD),
    "cut off": (lambda: make_pdf()[:-30], CUT_OFF),
    "bytes after": (lambda: make_pdf() + b"MZ and more", AFTER_END),
    "bytes before": (
        lambda: b"#!/bin/sh\n" + make_pdf(),
        IN_FRONT,
    ),
    "web page too": (lambda: b"<html>" + make_pdf(), IN_FRONT),
    "archive too": (lambda: make_pdf() + b"PK\x05\x06" + bytes(16) + b"\6\0\n%%EOF", TWO_KINDS),
    "damaged": (
        lambda: make_pdf().replace(b"startxref\n", b"startxref\n9", 1),
        "The PDF is damaged and cannot be read reliably.",
    ),
    "script of a page": (lambda: make_pdf(on_first_page(AA=Dictionary(O=SCRIPT))), JAVASCRIPT),
    "script of a field": (lambda: make_pdf(with_annotation(Subtype=Name.Link, AA=Dictionary(K=SCRIPT))), JAVASCRIPT),
    "script of a bookmark": (
        lambda: make_pdf(with_catalogue_entries(Outlines=Dictionary(First=Dictionary(Title="x", A=SCRIPT)))),
        JAVASCRIPT,
    ),
    "script in a stream": (lambda: make_pdf(scripted_by_a_stream), JAVASCRIPT),
    "script of a film": (lambda: make_pdf(with_action(S=Name.Rendition, JS="x")), JAVASCRIPT),
    "script under a disguised name": (
        lambda: write_pdf(b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/J#61vaScript/J#53(x)>>>>"),
        JAVASCRIPT,
    ),
    "launch of a Windows program": (
        lambda: make_pdf(with_action(S=Name.Launch, Win=Dictionary(F="cmd.exe"))),
        ELSEWHERE,
    ),
    "launch by an indirect name": (
        lambda: write_pdf(b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S 4 0 R/F(cmd.exe)>>>>", TREE, b"/Launch"),
        ELSEWHERE,
    ),
    "launch after a link": (
        lambda: make_pdf(with_action(S=Name.URI, URI="https://a", Next=Dictionary(S=Name.Launch, F="x"))),
        ELSEWHERE,
    ),
    "other file on a server": (
        lambda: make_pdf(with_catalogue_entries(OpenAction=Dictionary(S=Name.GoToR, F="//s/a.pdf"))),
        ELSEWHERE,
    ),
    "file inside": (lambda: make_pdf(with_action(S=Name.GoToE, T=Dictionary(R=Name.C))), ELSEWHERE),
    "script link": (lambda: make_pdf(with_action(S=Name.URI, URI="javascript:alert(1)")), BAD_LINK),
    "server link": (lambda: make_pdf(with_action(S=Name.URI, URI="//server/a")), BAD_LINK),
    "base of all links": (lambda: make_pdf(with_catalogue_entries(URI=Dictionary(Base="file:///c:/"))), BAD_LINK),
    "associated file": (lambda: make_pdf(associate_file), ATTACHED),
    "file on the web": (
        lambda: make_pdf(with_catalogue_entries(X=Dictionary(Type=Name.Filespec, FS=Name.URL, F="http://a"))),
        OUTSIDE,
    ),
    "page of another file": (
        lambda: make_pdf(with_stream("X", Type=Name.XObject, Subtype=Name.Form, Ref=Dictionary(F="a.pdf", Page=1))),
        OUTSIDE,
    ),
    "picture for the printer elsewhere": (
        lambda: make_pdf(with_stream("X", Subtype=Name.Image, OPI=Dictionary({"/2.0": Dictionary(F="a")}))),
        OUTSIDE,
    ),
    "PostScript": (lambda: make_pdf(with_stream("X", Type=Name.XObject, Subtype=Name.PS)), POSTSCRIPT),
    "PostScript in a form": (lambda: make_pdf(with_stream("X", Subtype=Name.Form, Subtype2=Name.PS)), POSTSCRIPT),
    "film by its content": (lambda: make_pdf(with_annotation(Subtype=Name.Link, RichMediaContent=Dictionary())), MEDIA),
    "metadata with entities, UTF-16": (lambda: make_pdf(with_metadata(DTD_16)), XML_ENTITIES),
    "metadata with a document type elsewhere": (
        lambda: make_pdf(with_metadata(b'<!DOCTYPE x SYSTEM "http://a/a.dtd"><x/>')),
        XML_ENTITIES,
    ),
    "metadata that is not called so": (lambda: make_pdf(with_stream("Metadata", DTD + b"<x>&a;</x>")), XML_ENTITIES),
    "password by certificate": (
        lambda: write_pdf(CATALOGUE, TREE, b"<</Filter/Adobe.PubSec/V 4>>", trailer=b"/Encrypt 4 0 R"),
        CERTIFICATE,
    ),
    "page tree that is its own child": (
        lambda: write_pdf(CATALOGUE, b"<</Type/Pages/Kids[2 0 R]/Count 1>>"),
        DAMAGED,
    ),
    "table that follows itself": (lambda: write_pdf(trailer=b"/Prev @"), DAMAGED),
    "no pages": (lambda: write_pdf(CATALOGUE, b"<</Type/Pages/Kids[]/Count 0>>"), PAGES),
    "content that is a bomb": (make_pdf_bomb, "The file unpacks to more than %(ratio)s times its size."),
    "picture too": (lambda: b"\xff\xd8\xff\xe0" + make_pdf(), IN_FRONT),
    "program too": (lambda: b"MZ" + bytes(60) + make_pdf(), IN_FRONT),
    "DOCX too": (lambda: make_pdf() + make_docx(), TWO_KINDS),
    "script for browsers": (lambda: b"<script>x</script>" + make_pdf(), IN_FRONT),
}

MACROS = "The document contains macros."
EMBEDDED = "A file or an object is embedded in the document."
BROUGHT_IN = "The document contains an embedded object, program or other document."
FETCHES = "The document fetches something from elsewhere when it is opened: %(target)s"
FIELD = "A field starts a program or fetches data from elsewhere: %(field)s"
SAME_NAME = "Two parts of the file have the same name."
BAD_NAME = "A part of the file has a name that points outside the document."
CONTRADICTS = "The directory and a part of the file contradict each other."
HIDDEN = "There are hidden bytes between the parts of the file."
LENGTH = "The archive’s directory does not match the length of the file."
OTHER_OFFICE = "This is not a Word document (DOCX) but an Office file of type %(type)s."


def with_typed_part(part: str, kind: str) -> bytes:
    """Make a document with one more part, which claims to be of that type."""
    override = f'<Override PartName="/{part}" ContentType="{kind}"/>'
    return repack(replace_in_part(make_docx(), TYPES, "</Types>", f"{override}</Types>"), {part: b"x"})


def with_relation_type(kind: str, target: str) -> bytes:
    """Make a document in which a relation of exactly that type points to the target."""
    relation = f'<Relationship Id="rId98" Type="{kind}" Target="{target}" TargetMode="External"/>'
    return replace_in_part(
        make_docx(), "word/_rels/document.xml.rels", "</Relationships>", f"{relation}</Relationships>"
    )


def with_nested_fields(*marks: str) -> bytes:
    """Build nested fields from `{`, `}` and pieces of instructions."""
    kinds = {"{": '<w:fldChar w:fldCharType="begin"/>', "}": '<w:fldChar w:fldCharType="end"/>'}
    runs = "".join(f"<w:r>{kinds.get(mark) or f'<w:instrText>{mark}</w:instrText>'}</w:r>" for mark in marks)
    return with_body_xml(f"<w:p>{runs}</w:p>")


def with_mail_merge() -> bytes:
    source = '<w:mailMerge><w:connectString w:val="Provider=SQLOLEDB;Data Source=a"/></w:mailMerge>'
    return replace_in_part(make_docx(), "word/settings.xml", "</w:settings>", f"{source}</w:settings>")


def with_svg(inside: str = "", attributes: str = "") -> bytes:
    """Make a document with an SVG drawing."""
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return with_part("word/media/image1.svg", f"<svg {space} {attributes}>{inside}</svg>".encode())


def with_entry(name: str, *, mode: int = 0) -> bytes:
    out = io.BytesIO(make_docx())
    with zipfile.ZipFile(out, "a") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, b"/etc/passwd")
    return out.getvalue()


def make_archive(name: str, data: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def with_end_record_bytes(at: int, value: bytes) -> bytes:
    """Make a document with bytes of the archive's end record overwritten."""
    archive = make_docx()
    start = archive.rindex(b"PK\5\6") + at
    return archive[:start] + value + archive[start + len(value) :]


BILLION = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]><l>&c;</l>'
VIDEO = '<v:webVideoPr xmlns:v="http://schemas.microsoft.com/office/word/2012/wordprocessingDrawing" embeddedHtml="x"/>'
STRICT_TEMPLATE = "http://purl.oclc.org/ooxml/officeDocument/relationships/attachedTemplate"
TASK_PANES = "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes"
PACKED = {
    "RAR inside": b"Rar!\x1a\7\0",
    "7-Zip inside": b"7z\xbc\xaf\x27\x1c",
    "gzip inside": b"\x1f\x8b\x08\0",
    "cabinet inside": b"MSCF\0\0",
    "program for Mac": b"\xcf\xfa\xed\xfe",
    "program for Linux": b"\x7fELF",
    "program for Java": b"\xca\xfe\xba\xbe",
    "program for Flash": b"CWS\x09",
}

BAD_DOCX: dict[str, tuple[Maker, str]] = {
    "macro part": (lambda: with_part("word/vbaProject.bin", b"x"), MACROS),
    "docm": (
        lambda: with_content_type(
            f"vnd.openxmlformats-officedocument.{WORD}", "vnd.ms-word.document.macroEnabled.main+xml"
        ),
        MACROS,
    ),
    "template": (
        lambda: with_content_type("wordprocessingml.document.main", "wordprocessingml.template.main"),
        OTHER_OFFICE,
    ),
    "workbook": (make_workbook, OTHER_OFFICE),
    "remote template": (
        lambda: with_relation("attachedTemplate", "https://example.org/a.dotm", part="settings.xml"),
        FETCHES,
    ),
    "template on a server": (
        lambda: with_relation("attachedTemplate", "\\\\server\\a.dotm", part="settings.xml"),
        FETCHES,
    ),
    "remote picture": (lambda: with_relation("image", "https://example.org/a.png"), FETCHES),
    "remote though called internal": (lambda: with_relation("image", "https://example.org/a.png", "Internal"), FETCHES),
    "remote object": (lambda: with_relation("oleObject", "file:///c:/a.xlsx"), FETCHES),
    "file link": (lambda: with_relation("hyperlink", "file:///c:/a.exe"), BAD_LINK),
    "server link": (lambda: with_relation("hyperlink", "\\\\server\\share"), BAD_LINK),
    "script link": (lambda: with_relation("hyperlink", "javascript:alert(1)"), BAD_LINK),
    "object": (lambda: with_relation("oleObject", "embeddings/a.bin", "Internal"), BROUGHT_IN),
    "altChunk relation": (lambda: with_relation("aFChunk", "a.html", "Internal"), BROUGHT_IN),
    "altChunk": (lambda: with_body_xml('<w:altChunk w:id="a"/>'), BROUGHT_IN),
    "control": (lambda: with_body_xml("<w:p><w:r><w:control/></w:r></w:p>"), BROUGHT_IN),
    "OLE element": (
        lambda: with_body_xml('<o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office"/>'),
        BROUGHT_IN,
    ),
    "OLE bytes": (lambda: with_part("word/media/image1.png", OLE + b"x"), EMBEDDED),
    "program bytes": (lambda: with_part("word/media/image1.png", b"MZ" + bytes(90)), EMBEDDED),
    "embedded": (lambda: with_part("word/embeddings/a.bin", b"anything"), EMBEDDED),
    "ActiveX": (lambda: with_part("word/activeX/activeX1.bin", b"anything"), EMBEDDED),
    "workbook without chart": (lambda: with_part("word/embeddings/a.xlsx", make_workbook()), EMBEDDED),
    "chart with macros": (lambda: with_chart(make_workbook({"xl/vbaProject.bin": b"x"})), MACROS),
    "chart with object": (lambda: with_chart(make_workbook({"xl/media/a.png": OLE})), EMBEDDED),
    "chart with ties to another workbook": (
        lambda: with_chart(
            make_workbook({"xl/_rels/workbook.xml.rels": relationships_part("externalLink", "externalLinks/a.xml")})
        ),
        EMBEDDED,
    ),
    "chart with other file": (lambda: with_chart(b"not a workbook, but long enough to read"), CUT_OFF),
    "DDE": (lambda: with_field('DDE cmd "/c calc"'), FIELD),
    "DDE in pieces": (lambda: with_field(" DD", "EAU", "TO c:\\a.exe"), FIELD),
    "DDE in a simple field": (lambda: with_body_xml('<w:p><w:fldSimple w:instr="DDEAUTO a b"/></w:p>'), FIELD),
    "DDE behind a decoy": (
        lambda: with_body_xml('<w:p><w:fldSimple xmlns:z="urn:z" w:instr="DDEAUTO a b" z:instr="PAGE"/></w:p>'),
        FIELD,
    ),
    "DDE never ended": (
        lambda: with_body_xml(
            '<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>DDE a</w:instrText></w:r></w:p>'
        ),
        FIELD,
    ),
    "DDE with an element in it": (lambda: with_field('DD<z:z xmlns:z="urn:z"/>E a'), FIELD),
    "link by field": (lambda: with_field('HYPERLINK "\\\\\\\\server\\\\a"'), FIELD),
    "VML picture": (
        lambda: with_body_xml('<v:imagedata xmlns:v="urn:schemas-microsoft-com:vml" src="file://server/a"/>'),
        FIELD,
    ),
    "entities": (lambda: with_part("customXml/item9.xml", DTD + b"<x>&a;</x>"), XML_ENTITIES),
    "entities in a relation": (lambda: with_part("word/_rels/a.xml.rels", DTD + b"<x/>"), XML_ENTITIES),
    "not well-formed": (lambda: with_part("word/a.xml", b"<x>"), "A part of the document is not well-formed XML."),
    "same name": (lambda: with_duplicate_parts("word/aa.bin", "word/aa.bin"), SAME_NAME),
    "same name but for case": (lambda: with_duplicate_parts("word/aa.bin", "WORD/AA.bin"), SAME_NAME),
    "second name": (
        lambda: with_two_names("word/b.bin"),
        "A part of the file has a name that different programs read differently.",
    ),
    "absolute": (lambda: with_part("/etc/passwd", b"x"), BAD_NAME),
    "upwards": (lambda: with_part("word/../../a", b"x"), BAD_NAME),
    "backslash": (lambda: with_duplicate_parts("word/b.bin", "word\\a.bin"), BAD_NAME),
    "bytes before": (
        lambda: b"GIF89a" + make_docx(),
        IN_FRONT,
    ),
    "bytes after": (
        lambda: make_docx() + b"x",
        "There are bytes after the end of the document; they may be a second file.",
    ),
    "archive comment": (
        lambda: make_docx()[:-2] + b"\x05\x00HELLO",
        "There are bytes after the end of the document; they may be a second file.",
    ),
    "entry before, not in the directory": (
        lambda: make_docx()[: make_docx().index(b"PK\x03\x04", 9)] + make_docx(),
        LENGTH,
    ),
    "hidden between": (with_hidden_bytes, HIDDEN),
    "cut off": (lambda: make_docx()[:-1000], CUT_OFF),
    "other name in the header": (lambda: patch_header(make_docx(), MAIN, 30, b"W", central=False), CONTRADICTS),
    "other size in the header": (lambda: patch_header(make_docx(), MAIN, 22, b"\1\0\0\0", central=False), CONTRADICTS),
    "other method in the header": (lambda: patch_header(make_docx(), MAIN, 8, b"\0\0", central=False), CONTRADICTS),
    "encrypted": (
        lambda: patch_header(make_docx(), MAIN, 8, b"\1\0", central=True),
        "A part of the file is encrypted.",
    ),
    "unusual method": (
        lambda: repack(make_docx(), {}, zipfile.ZIP_LZMA),
        "A part of the file is compressed in an unusual way.",
    ),
    "overlap": (lambda: patch_header(make_docx(), MAIN, 42, bytes(4), central=True), "Two parts of the file overlap."),
    "lying size": (with_false_size, "A part of the file is damaged, or is larger than declared when unpacked."),
    "bomb": (make_bomb, "The file unpacks to more than %(ratio)s times its size."),
    "old Word": (lambda: make_ole("WordDocument"), "This is a Word document in the old format (.doc)."),
    "encrypted Word": (lambda: make_ole("EncryptionInfo", "EncryptedPackage"), PASSWORD),
    "other old Office": (lambda: make_ole("Workbook"), "This is an Office file in an old format."),
    "broken old Office": (lambda: OLE + b"x" * 40, "This is an Office file in an old format."),
    "picture": (
        lambda: b"\x89PNG\r\n\x1a\n" + bytes(60),
        "This is neither a PDF nor a Word document (DOCX); it seems to be a file of type %(type)s.",
    ),
    "text": (lambda: b"only words", "This is neither a PDF nor a Word document (DOCX)."),
    "empty": (lambda: b"", "The file is empty."),
    "docm template": (
        lambda: with_content_type(
            f"vnd.openxmlformats-officedocument.{WORD}", "vnd.ms-word.template.macroEnabledTemplate.main+xml"
        ),
        MACROS,
    ),
    "macros under another name": (
        lambda: with_typed_part("word/a.bin", "application/vnd.ms-office.vbaProject"),
        MACROS,
    ),
    "macros by relation": (lambda: with_relation("vbaProject", "a.bin", "Internal"), BROUGHT_IN),
    "remote template, strict": (lambda: with_relation_type(STRICT_TEMPLATE, "https://example.org/a.dotm"), FETCHES),
    "remote frame": (lambda: with_relation("frame", "https://example.org/a.htm", part="webSettings.xml"), FETCHES),
    "remote sub-document": (lambda: with_relation("subDocument", "https://example.org/a.docx"), FETCHES),
    "remote altChunk": (lambda: with_relation("aFChunk", "https://example.org/a.html"), FETCHES),
    "remote object through a handler": (
        lambda: with_relation("oleObject", "mhtml:https://example.org/a!x-usc:a"),
        FETCHES,
    ),
    "remote film": (lambda: with_relation("video", "https://example.org/a"), FETCHES),
    "film on the web": (lambda: with_body_xml(f"<w:p>{VIDEO}</w:p>"), BROUGHT_IN),
    "film": (lambda: with_relation("video", "media/a.mp4", "Internal"), BROUGHT_IN),
    "add-in": (lambda: with_relation_type(TASK_PANES, "https://example.org/a"), FETCHES),
    "add-in inside": (
        lambda: with_relation("webextensiontaskpanes", "webextensions/taskpanes.xml", "Internal"),
        BROUGHT_IN,
    ),
    "ribbon of its own": (lambda: with_relation("extensibility", "customUI/customUI.xml", "Internal"), BROUGHT_IN),
    "mail merge": (with_mail_merge, FIELD),
    "mail merge from a file": (
        lambda: with_relation("mailMergeSource", "file:///c:/a.mdb", part="settings.xml"),
        FETCHES,
    ),
    "link to Office": (lambda: with_relation("hyperlink", "ms-word:ofe|u|https://example.org/a.docm"), BAD_LINK),
    "link to a search": (lambda: with_relation("hyperlink", "search-ms:query=a"), BAD_LINK),
    "link to data": (lambda: with_relation("hyperlink", "data:text/html,a"), BAD_LINK),
    "link to a program beside it": (lambda: with_relation("hyperlink", "a.exe"), BAD_LINK),
    "DDE spelled by another field": (lambda: with_nested_fields("{", "{", "QUOTE 68 68 69", "}", " cmd a", "}"), FIELD),
    "DDE inside another field": (lambda: with_nested_fields("{", "SET a ", "{", "DDE cmd a", "}", "}"), FIELD),
    "link field": (lambda: with_field("LINK Excel.Sheet.8 a R1C1"), FIELD),
    "database field": (lambda: with_field("DATABASE a"), FIELD),
    "import field": (lambda: with_field("IMPORT https://example.org/a"), FIELD),
    "embed field": (lambda: with_field("EMBED Package"), FIELD),
    "control field": (lambda: with_field("CONTROL Forms.HTML"), FIELD),
    "print field": (lambda: with_field("PRINT 27"), FIELD),
    "VML link": (
        lambda: with_body_xml('<v:shape xmlns:v="urn:schemas-microsoft-com:vml" href="file://server/a"/>'),
        FIELD,
    ),
    "drawing with a script": (lambda: with_svg("<script>x</script>"), BROUGHT_IN),
    "drawing that acts": (lambda: with_svg(attributes='onload="x"'), BROUGHT_IN),
    "drawing with a web page": (lambda: with_svg("<foreignObject/>"), BROUGHT_IN),
    "drawing with a remote picture": (lambda: with_svg('<image xlink:href="https://example.org/a.png"/>'), BROUGHT_IN),
    "drawing with a file": (lambda: with_svg('<image href="file:///etc/passwd"/>'), BROUGHT_IN),
    "drawing with a remote style": (lambda: with_svg('<style>@import "https://example.org/a"</style>'), BROUGHT_IN),
    "drawing with a script link": (lambda: with_svg('<a xlink:href="javascript:x"/>'), BROUGHT_IN),
    "entities, UTF-16": (lambda: with_part("word/a.xml", DTD_16), XML_ENTITIES),
    "a billion laughs": (lambda: with_part("word/a.xml", BILLION), XML_ENTITIES),
    "entity elsewhere": (
        lambda: with_part("word/a.xml", b'<!DOCTYPE l [<!ENTITY % a SYSTEM "http://a">%a;]><l/>'),
        XML_ENTITIES,
    ),
    "document type elsewhere": (
        lambda: with_part("docProps/custom.xml", b'<!DOCTYPE l SYSTEM "file:///etc/passwd"><l/>'),
        XML_ENTITIES,
    ),
    "endless depth": (lambda: with_part("word/a.xml", b"<a>" * 9000 + b"</a>" * 9000), TOO_LARGE),
    "symbolic link": (lambda: with_entry("word/a.bin", mode=0o120777), BAD_NAME),
    "stream of Windows": (lambda: with_entry("word/a.bin:b"), BAD_NAME),
    "name that ends in a dot": (lambda: with_entry("word/document.xml."), BAD_NAME),
    "name that turns around": (lambda: with_entry("word/a\u202egnp.bin"), BAD_NAME),
    "name with a null": (lambda: with_duplicate_parts("word/b.bin", "word/a\0bin"), BAD_NAME),
    "same name but for composition": (
        lambda: repack(make_docx(), {"word/\u00e9.bin": b"1", "word/e\u0301.bin": b"2"}),
        SAME_NAME,
    ),
    "several disks": (lambda: with_end_record_bytes(4, b"\1"), LENGTH),
    "fewer entries than there are": (
        lambda: with_end_record_bytes(8, b"\1\0\1\0"),
        "The archive’s directory has more or fewer entries than it declares.",
    ),
    "archive inside": (lambda: with_part("word/media/a.bin", make_archive("a", bytes(10**6))), EMBEDDED),
    "document inside": (lambda: repack(make_docx(), {"word/media/a.bin": make_docx()}), EMBEDDED),
    **{name: (lambda data=data: with_part("word/media/a.bin", data), EMBEDDED) for name, data in PACKED.items()},
    "shortcut": (lambda: with_part("word/media/a.bin", b"L\0\0\0\x01\x14\2\0"), EMBEDDED),
    "web page inside": (lambda: with_part("word/media/a.bin", b" <script>x</script>"), EMBEDDED),
    "script by its name": (lambda: with_part("word/media/a.js", b"x"), EMBEDDED),
    "batch file": (lambda: with_part("word/media/a.bat", b"@echo off"), EMBEDDED),
    "PostScript picture": (lambda: with_part("word/media/image1.wmf", b"%!PS-Adobe-3.0 EPSF-3.0"), EMBEDDED),
    "other archive": (lambda: make_archive("a.txt"), NO_WORD),
    "OpenDocument": (lambda: make_archive("mimetype", b"application/vnd.oasis.opendocument.text"), NO_WORD),
    "RTF": (lambda: b"{\\rtf1 x}", OTHER_KIND),
    "web page": (lambda: b"<html><body>x", NO_KIND),
    "flat Word XML": (lambda: b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><a/>', NO_KIND),
}


def format_refusals(report: InspectionReport) -> str:
    """Return the refusals, in English, with the places where they were found."""
    refused = [finding for finding in report.findings if finding.level is FindingLevel.REFUSED]
    return " ".join(f"{each.what} [{each.where}]" if each.where else str(each.what) for each in refused)


def table_row(case: str, report: InspectionReport) -> str:
    """Return one line of the table of the page."""
    plain = format_refusals(report).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return f"| {case} | {plain} |\n"


def table_rows(cases: dict[str, tuple[Maker, str]], name: str) -> Iterator[str]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        for case, (make, _) in cases.items():
            path.write_bytes(make())
            yield table_row(case, inspect_in_sandbox(path, name))


def pair_row(case: str, pair: Pair, hostile: InspectionReport, twin: InspectionReport) -> str:
    """Return one line of the table of pairs."""
    levels = {finding.level.value for finding in twin.findings}
    verdict = next((f"let in, {level}" for level in ("decide", "note") if level in levels), "let in")
    verdict = "refused" if twin.is_refused else verdict
    return f"{table_row(case, hostile).rstrip()} {pair.difference} | {verdict} |\n"


def pair_rows() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        for case, pair in PAIRS.items():
            path = Path(folder) / ("report.pdf" if pair.kind == PDF else "report.docx")
            reports = []
            for make in (pair.hostile, pair.twin):
                path.write_bytes(make())
                reports.append(inspect_in_sandbox(path, path.name))
            yield pair_row(case, pair, *reports)


def render_table() -> str:
    """Return the table of what inspect says of every hostile file, as on the page."""
    parts = []
    for kind, cases, name in (("PDF", BAD_PDF, "report.pdf"), ("DOCX", BAD_DOCX, "report.docx")):
        parts.append(f"\n| hostile {kind} | what inspect says |\n|---|---|\n{''.join(table_rows(cases, name))}")
    head = "| hostile | what inspect says | its twin differs in this | and is |\n|---|---|---|---|\n"
    return "".join(parts) + f"\n{head}{''.join(pair_rows())}\n"


if __name__ == "__main__":
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(before + BEGIN + render_table() + END + rest.partition(END)[2], encoding="utf-8")
