"""Pairs of files: a hostile one, and its twin, which differs from it in one thing and is let in.

`python -m tests.hostile` writes what the inspection says of both into docs/file-inspection.md.
"""

import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pikepdf
from pikepdf import Array, Dictionary, Name

from app.core.inspection import DOCX, PDF
from tests.files import (
    CATALOGUE,
    DTD,
    MAIN,
    SCRIPT,
    TREE,
    Maker,
    make_docx,
    make_pdf,
    patch_header,
    relationships_part,
    repack,
    replace_in_part,
    with_action,
    with_annotation,
    with_body_xml,
    with_catalogue_entries,
    with_field,
    with_metadata,
    with_part,
    with_relation,
    write_pdf,
)

FIELD_FETCHES = "A field fetches a file when the document is opened: %(field)s"
FIELD = "A field starts a program or fetches data from elsewhere: %(field)s"
UPDATING = "The document asks to update its fields when it is opened, which may fetch other files."
MISUSED = "A link is used to fetch a picture, a template or a part: %(target)s"
FETCHES = "The document fetches something from elsewhere when it is opened: %(target)s"
SAME_NAME = "Two parts of the file have the same name."
CALLS = (
    "The document contacts an address automatically when it is opened, closed or displayed, which reveals "
    "who is reading it."
)
OUTSIDE = "The document takes part of its content from another file."
PAGE_SIZE = "A page is larger than viewers can display: %(width)s × %(height)s points."
PICTURE_SIZE = "A picture is larger than viewers can display: %(width)s × %(height)s points."
NESTED = "Parts of the document are nested more than %(most)s levels deep."
LOOP = "A part of the document contains itself, so viewers can never finish reading it."
REPEATED = "A drawing in the document repeats its parts more than %(most)s times."
SWELLS = "The file unpacks to more than %(ratio)s times its size."
BAD_LINK = "A link does not lead to a web page, an e-mail address or a telephone number: %(target)s"
XML_ENTITIES = "The document declares XML entities or a document type."
EMBEDDED = "A file or an object is embedded in the document."
JAVASCRIPT = "The document contains JavaScript."
PROTECTED = "The document is protected by a certificate or an unusual kind of encryption."
ELSEWHERE = "The document starts a program, sends data or opens another file."
ATTACHED = "A file is attached inside the document."
DIVIDED = "The archive is split, or is larger than a document can be."
IN_FRONT = (
    "There is other content before the start of the document, so the file could be read as two different file types."
)
AFTER_ARCHIVE = "There are bytes after the end of the document; they may be a second file."
BAD_NAME = "A part of the file has a name that points outside the document."

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
VML = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'


@dataclass(frozen=True, slots=True)
class Pair:
    """A hostile file, the reason why it is refused, in what its twin differs, and the twin."""

    hostile: Maker
    reason: str
    difference: str
    twin: Maker
    kind: str = DOCX


def of_field(hostile: str, twin: str, difference: str, reason: str = FIELD_FETCHES) -> Pair:
    """Pair two documents with a field each."""
    return Pair(lambda: with_field(hostile), reason, difference, lambda: with_field(twin))


def of_relation(kind: str, hostile: str, twin: str, difference: str, reason: str, part: str = "document.xml") -> Pair:
    """Pair two documents with a relation to something outside each."""
    return Pair(
        lambda: with_relation(kind, hostile, part=part),
        reason,
        difference,
        lambda: with_relation(kind, twin, part=part),
    )


def with_link_used_by(element: str, part: str = MAIN, target: str = "https://example.org/a") -> bytes:
    """Make a document in which an element refers to a relation of type hyperlink, which has the identifier `rId97`."""
    folder, name = part.rsplit("/", 1)
    link = f'<Relationship Id="rId97" Type="{RELATIONS}/hyperlink" Target="{target}" TargetMode="External"/>'
    archive = make_docx()
    if part == MAIN:
        archive = replace_in_part(
            archive, "word/_rels/document.xml.rels", "</Relationships>", f"{link}</Relationships>"
        )
        return replace_in_part(archive, part, "<w:sectPr", f"{element}<w:sectPr")
    relations = relationships_part("hyperlink", target).replace(b'"r1"', b'"rId97"')
    relations = relations.replace(b"/>", b' TargetMode="External"/>')
    archive = repack(archive, {f"{folder}/_rels/{name}.rels": relations})
    return replace_in_part(archive, part, "</w:settings>", f"{element}</w:settings>")


def of_link_use(hostile: str, difference: str, twin: str, part: str = MAIN) -> Pair:
    """Pair two documents that use a link in an element each, `%s` the attribute of its namespace."""
    space = f'xmlns:r="{RELATIONS}" xmlns:a="{DRAWING}" {VML}'
    return Pair(
        lambda: with_link_used_by(hostile.replace("%s", space), part),
        MISUSED,
        difference,
        lambda: with_link_used_by(twin.replace("%s", space), part),
    )


def with_vml(element: str) -> bytes:
    return with_body_xml(f"<w:p><w:r><w:pict>{element.replace('%s', VML)}</w:pict></w:r></w:p>")


def of_vml(hostile: str, twin: str, difference: str) -> Pair:
    """Pair two documents with a drawing in VML each."""
    return Pair(lambda: with_vml(hostile), FIELD, difference, lambda: with_vml(twin))


def with_setting(element: str) -> bytes:
    return replace_in_part(make_docx(), "word/settings.xml", "</w:settings>", f"{element}</w:settings>")


def with_computed_include(twin: bool) -> bytes:
    """Make a field whose file is named by another field, or which has one in its result only."""
    begin, divide, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
    outer, inner = (f"<w:r><w:instrText>{text}</w:instrText></w:r>" for text in (" INCLUDEPICTURE a.png ", " PAGE "))
    inside = f"{begin}{inner}{end}"
    return with_body_xml(f"<w:p>{begin}{outer}{divide if twin else inside}{inside if twin else divide}{end}</w:p>")


HYPERLINK = '<w:hyperlink %s r:id="rId97"><w:r><w:t>a</w:t></w:r></w:hyperlink>'

WATCHING_DOCX: dict[str, Pair] = {
    "picture by field from the web": of_field(
        'INCLUDEPICTURE "https://example.org/a.png" \\d', "INCLUDEPICTURE a.png \\d", "a bare name"
    ),
    "picture by field from a server": of_field(
        'INCLUDEPICTURE "\\\\\\\\server\\\\share\\\\a.png" \\d', 'INCLUDEPICTURE "a.png" \\d', "a bare name"
    ),
    "text by field from a server": of_field(
        'INCLUDETEXT "\\\\\\\\server\\\\share\\\\a.docx"', 'INCLUDETEXT "a.docx"', "a bare name"
    ),
    "text by field from a drive": of_field(
        'INCLUDETEXT "C:\\\\Users\\\\a.docx" \\* MERGEFORMAT',
        'INCLUDETEXT "Users\\\\a.docx" \\* MERGEFORMAT',
        "a relative name",
    ),
    "text by field from the root": of_field("INCLUDETEXT /etc/passwd", "INCLUDETEXT passwd", "a bare name"),
    "text by the old field": of_field("INCLUDE http://example.org/a", "INCLUDE a.docx", "a bare name"),
    "index of a document elsewhere": of_field('RD "\\\\\\\\server\\\\a.docx"', 'RD "a.docx" \\f', "a bare name"),
    "server under percent signs": of_field(
        'INCLUDETEXT "%5C%5Cserver%5Ca.docx"', 'INCLUDETEXT "100%25.docx"', "a name with a percent sign"
    ),
    "address in curly quotes": of_field(
        "INCLUDEPICTURE “http://example.org/a.png”", "INCLUDEPICTURE “a.png”", "a bare name"
    ),
    "file that another field names": Pair(
        lambda: with_computed_include(twin=False),
        FIELD_FETCHES,
        "the other field is in the result",
        lambda: with_computed_include(twin=True),
    ),
    "object kept up to date": of_field("LINK Excel.Sheet.8 a R1C1", "REF a", "a place in the document", FIELD),
    "fields updated on opening": Pair(
        lambda: with_setting("<w:updateFields/>"),
        UPDATING,
        "switched off",
        lambda: with_setting('<w:updateFields w:val="0"/>'),
    ),
    "VML picture from the web": of_vml(
        '<v:imagedata %s src="https://example.org/a.png"/>', '<v:imagedata %s src=""/>', "no source"
    ),
    "VML filling from the web": of_vml(
        '<v:fill %s src="http://example.org/a.png"/>', '<v:fill %s src="#a"/>', "a place in the document"
    ),
    "VML picture and its original": of_vml(
        '<v:imagedata %s o:href="file://server/a.png"/>', '<v:imagedata %s o:href="cid:a@b"/>', "a part of a mail"
    ),
    "VML link to a server": of_vml(
        '<v:shape %s href="\\\\server\\a"/>', '<v:shape %s href="https://example.org"/>', "the web"
    ),
    "link used as a picture": of_link_use(
        '<a:blip %s r:link="rId97"/>', "used as a link", '<a:hlinkClick %s r:id="rId97"/>'
    ),
    "link used as a VML picture": of_link_use('<v:imagedata %s r:href="rId97"/>', "used as a link", HYPERLINK),
    "link used as a VML picture of Office": of_link_use(
        '<v:imagedata %s o:relid="rId97"/>', "used as a link", HYPERLINK
    ),
    "link used as a header": of_link_use('<w:headerReference %s r:id="rId97"/>', "used as a link", HYPERLINK),
    "link used as a template": of_link_use(
        '<w:attachedTemplate %s r:id="rId97"/>', "used as a link", HYPERLINK, "word/settings.xml"
    ),
    "local template used as a picture": Pair(
        lambda: with_template_used_by("w:pict"),
        MISUSED,
        "used as a template",
        lambda: with_template_used_by("w:attachedTemplate"),
    ),
    "template on a server of files": of_relation(
        "attachedTemplate",
        "file://server/a.dotm",
        "file:///C:/a.dotm",
        "a path on a drive",
        FETCHES,
        "settings.xml",
    ),
    "part under percent signs": Pair(
        lambda: with_part("word/%64ocument.xml", b"<x/>"),
        SAME_NAME,
        "another letter",
        lambda: with_part("word/%65ocument.xml", b"<x/>"),
    ),
    "part upwards under percent signs": Pair(
        lambda: with_part("word/%2e%2e/a.xml", b"<x/>"),
        BAD_NAME,
        "no dots",
        lambda: with_part("word/%61%61/a.xml", b"<x/>"),
    ),
    "XML in UTF-16 under another name": Pair(
        lambda: with_part("word/media/a.bin", "<x/>".encode("utf-16")),
        "A file or an object is embedded in the document.",
        "no XML",
        lambda: with_part("word/media/a.bin", "x/>".encode("utf-16")),
    ),
}


def with_template_used_by(element: str) -> bytes:
    """Make a document in which an element of the settings refers to the local template it was made from."""
    archive = with_relation("attachedTemplate", "Normal.dotm", part="settings.xml")
    used = f'<{element} xmlns:r="{RELATIONS}" r:id="rId99"/>'
    return replace_in_part(archive, "word/settings.xml", "</w:settings>", f"{used}</w:settings>")


Change = Callable[[pikepdf.Pdf], object]
URI = Dictionary(S=Name.URI, URI="https://example.org/")
GO_TO = Dictionary(S=Name.GoTo, D=Array([0, Name.Fit]))


def of_pdf(hostile: Change, twin: Change, difference: str, reason: str) -> Pair:
    """Pair two changes of a PDF."""
    return Pair(lambda: make_pdf(hostile), reason, difference, lambda: make_pdf(twin), PDF)


def with_page(**entries: object) -> Change:
    def change(document: pikepdf.Pdf) -> None:
        for key, value in entries.items():
            document.pages[0].obj[f"/{key}"] = value

    return change


def with_picture(width: int, height: int, data: bytes = b"", **entries: object) -> Change:
    """Return a change that adds a picture to the first page."""

    def change(document: pikepdf.Pdf) -> None:
        sizes = {"Width": width, "Height": height, "BitsPerComponent": 8, "ColorSpace": Name.DeviceGray}
        picture = document.make_stream(data, Type=Name.XObject, Subtype=Name.Image, **(sizes | entries))
        document.pages[0].obj.Resources = Dictionary(XObject=Dictionary(P=picture))

    return change


def format_jpeg(width: int, height: int) -> bytes:
    """Format the head of a JPEG that says these sizes of itself."""
    frame = b"\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x01\x01\x11\x00"
    return b"\xff\xd8\xff\xc0" + (len(frame) + 2).to_bytes(2) + frame + b"\xff\xd9"


def with_bookmarks(*, loops: bool) -> Change:
    def change(document: pikepdf.Pdf) -> None:
        first, second = (document.make_indirect(Dictionary(Title=title)) for title in ("a", "b"))
        first.Next = second
        if loops:
            second.Next = first
        document.Root.Outlines = document.make_indirect(Dictionary(First=first, Last=second, Count=2))

    return change


def with_name_tree(*, loops: bool) -> Change:
    def change(document: pikepdf.Pdf) -> None:
        node, leaf = (document.make_indirect(Dictionary()) for _ in range(2))
        leaf.Names = Array(["a", Array([0, Name.Fit])])
        node.Kids = Array([node if loops else leaf])
        document.Root.Names = Dictionary(Dests=node)

    return change


def with_fields(*, loops: bool) -> Change:
    def change(document: pikepdf.Pdf) -> None:
        above, below = (document.make_indirect(Dictionary(T=name)) for name in ("a", "b"))
        above.Kids, below.Kids = Array([below]), Array([above] if loops else [])
        document.Root.AcroForm = Dictionary(Fields=Array([above]))

    return change


def make_form(document: pikepdf.Pdf, content: bytes, **drawings: pikepdf.Object) -> pikepdf.Object:
    return document.make_stream(
        content,
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 9, 9]),
        Resources=Dictionary(XObject=Dictionary(**drawings)),
    )


def with_form(content: bytes) -> Change:
    """Return a change that adds a form whose resources have the form itself, as those that all forms share do."""

    def change(document: pikepdf.Pdf) -> None:
        form = make_form(document, content)
        form.Resources.XObject.Me = form
        document.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Me=form))

    return change


def with_forms_in_forms(times: int) -> Change:
    """Return a change that adds eight forms, each of which draws the one before this number of times."""

    def change(document: pikepdf.Pdf) -> None:
        form = make_form(document, b"0 0 9 9 re f")
        for _ in range(8):
            form = make_form(document, b"/X Do " * times, X=form)
        document.pages[0].obj.Resources = Dictionary(XObject=Dictionary(X=form))

    return change


def with_glyph(content: bytes) -> Change:
    """Return a change that adds a Type 3 font, which is in its own resources."""

    def change(document: pikepdf.Pdf) -> None:
        glyph = document.make_stream(b"9 0 d0 " + content)
        font = document.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type3, CharProcs=Dictionary(a=glyph)))
        font.Resources = Dictionary(Font=Dictionary(Me=font))
        document.pages[0].obj.Resources = Dictionary(Font=Dictionary(Me=font))

    return change


def of_nesting(depth: int) -> Pair:
    """Pair two files with arrays in arrays, written byte by byte."""

    def make(depth: int) -> bytes:
        return write_pdf(CATALOGUE, TREE, b"[" * depth + b"]" * depth)

    return Pair(lambda: make(depth), NESTED, "40 deep", lambda: make(40), PDF)


def with_swelling(megabytes: int) -> Change:
    """Return a change that adds a packed stream of this many megabytes of zeros."""

    def change(document: pikepdf.Pdf) -> None:
        packed = zlib.compress(bytes(megabytes << 20), 9)
        document.Root.Big = document.make_stream(packed, Filter=Name.FlateDecode)

    return change


HOSTILE_TO_VIEWERS: dict[str, Pair] = {
    "web page on opening": of_pdf(
        with_catalogue_entries(OpenAction=URI), with_catalogue_entries(OpenAction=GO_TO), "a place in it", CALLS
    ),
    "web page after a place on opening": of_pdf(
        with_catalogue_entries(OpenAction=Dictionary(S=Name.GoTo, D=Array([0, Name.Fit]), Next=Array([URI]))),
        with_catalogue_entries(OpenAction=Dictionary(S=Name.GoTo, D=Array([0, Name.Fit]), Next=Array([GO_TO]))),
        "two places in it",
        CALLS,
    ),
    "web page on leaving": of_pdf(
        with_catalogue_entries(AA=Dictionary(WC=URI)), with_catalogue_entries(AA=Dictionary(WC=GO_TO)), "a place", CALLS
    ),
    "web page when a page is shown": of_pdf(
        with_page(AA=Dictionary(O=URI)), with_action(S=Name.URI, URI="https://example.org/"), "at a click", CALLS
    ),
    "web page when the pointer comes near": of_pdf(
        with_annotation(Subtype=Name.Link, AA=Dictionary(E=URI)),
        with_annotation(Subtype=Name.Link, A=URI),
        "at a click",
        CALLS,
    ),
    "file on a server": of_pdf(
        with_catalogue_entries(X=Dictionary(Type=Name.Filespec, F="\\\\server\\a")),
        with_catalogue_entries(X=Dictionary(Type=Name.Filespec, F="a")),
        "a bare name",
        OUTSIDE,
    ),
    "page of a thousand million points": of_pdf(
        with_page(MediaBox=Array([0, 0, 10**9, 800])),
        with_page(MediaBox=Array([0, 0, 10**4, 800])),
        "ten thousand",
        PAGE_SIZE,
    ),
    "page of large points": of_pdf(
        with_page(UserUnit=1000), with_page(UserUnit=2), "twice as large, not a thousand times", PAGE_SIZE
    ),
    "picture of 2^31 points": of_pdf(
        with_picture(65536, 32768), with_picture(4096, 4096), "16 million points", PICTURE_SIZE
    ),
    "picture larger than it says": of_pdf(
        with_picture(9, 9, format_jpeg(65000, 65000), Filter=Name.DCTDecode),
        with_picture(9, 9, format_jpeg(9, 9), Filter=Name.DCTDecode),
        "as large as it says",
        PICTURE_SIZE,
    ),
    "arrays in arrays": of_nesting(400),
    "arrays in arrays, very many": of_nesting(100_000),
    "bookmarks without end": of_pdf(
        with_bookmarks(loops=True), with_bookmarks(loops=False), "the last has none after it", LOOP
    ),
    "names without end": of_pdf(with_name_tree(loops=True), with_name_tree(loops=False), "the node has a leaf", LOOP),
    "fields without end": of_pdf(with_fields(loops=True), with_fields(loops=False), "none is above itself", LOOP),
    "form that draws itself": of_pdf(
        with_form(b"/Me Do"), with_form(b"0 0 9 9 re f"), "it may draw itself and does not", LOOP
    ),
    "glyph in its own font": of_pdf(
        with_glyph(b"BT /Me 9 Tf (a) Tj ET"), with_glyph(b"0 0 9 9 re f"), "it may use its font and does not", LOOP
    ),
    "forms in forms": of_pdf(with_forms_in_forms(10), with_forms_in_forms(2), "twice, not ten times", REPEATED),
    "stream that swells": of_pdf(with_swelling(80), with_swelling(8), "8 megabytes, not 80", SWELLS),
}

AUTHOR_AND = b"<x xmlns='a'><creator>Foreign Affairs & Trade</creator></x>"


def with_odttf(key: str, start: bytes) -> bytes:
    """Make a document with an embedded font whose part begins with `start`, mixed with the key."""
    mixed = bytes(byte ^ bytes.fromhex(key.replace("-", ""))[::-1][at % 16] for at, byte in enumerate(start[:32]))
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    table = (
        f'<w:fonts xmlns:w="{space}" xmlns:r="{RELATIONS}"><w:font w:name="A">'
        f'<w:embedRegular r:id="r1" w:fontKey="{{{key}}}"/></w:font></w:fonts>'
    )
    return repack(
        make_docx(),
        {
            "word/fontTable.xml": table.encode(),
            "word/_rels/fontTable.xml.rels": relationships_part("font", "fonts/font1.odttf"),
            "word/fonts/font1.odttf": mixed + start[32:],
        },
    )


FONT_START = b"\0\1\0\0\0\x0f\0\x80\0\3\0\x70" + bytes(40)
KEY_OF_LESS_THAN = "00112233-4455-6677-8899-AABBCCDDEE3C"


def with_large_values(size: int) -> bytes:
    """Make a document whose directory has the size of a part in the extra field for large ones, which .NET writes."""
    name = "word/media/a.bin"
    out = io.BytesIO(make_docx())
    with zipfile.ZipFile(out, "a") as archive:
        entry = zipfile.ZipInfo(name)
        entry.extra = b"\x01\0\x08\0" + (1).to_bytes(8, "little")
        archive.writestr(entry, b"x")
    archive_bytes = patch_header(out.getvalue(), name, 24, b"\xff" * 4, central=True)
    field = b"\x01\0\x08\0" + (1).to_bytes(8, "little")
    at = archive_bytes.rindex(field)
    return archive_bytes[: at + 4] + size.to_bytes(8, "little") + archive_bytes[at + 12 :]


def of_link(hostile: str, twin: str, difference: str) -> Pair:
    """Pair two documents with a link each."""
    return of_relation("hyperlink", hostile, twin, difference, BAD_LINK)


def of_pdf_link(hostile: str, twin: str, difference: str) -> Pair:
    """Pair two PDFs with a link each."""
    return of_pdf(with_action(S=Name.URI, URI=hostile), with_action(S=Name.URI, URI=twin), difference, BAD_LINK)


def with_chart_link(target: str, element: str = "externalData") -> bytes:
    """Make a document with a chart that was copied from a workbook and is tied to it; `element` uses that tie."""
    tie = relationships_part("oleObject", target).replace(b"/>", b' TargetMode="External"/>')
    chart = f'<c xmlns="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:r="{RELATIONS}">'
    chart += f'<{element} r:id="r1"/></c>'
    parts = {"word/charts/chart1.xml": chart.encode(), "word/charts/_rels/chart1.xml.rels": tie}
    return repack(make_docx(), parts)


def with_settings(data: bytes, name: str = "Press Quality.joboptions") -> Change:
    """Return a change that attaches a file as Acrobat Distiller attaches its settings."""

    def change(document: pikepdf.Pdf) -> None:
        stream = document.make_stream(data, Type=Name.EmbeddedFile)
        place = document.make_indirect(Dictionary(Type=Name.Filespec, F=name, EF=Dictionary(F=stream)))
        document.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array([name, place])))

    return change


def of_chart_link(hostile: str, twin: str, difference: str) -> Pair:
    """Pair two documents with a chart that is tied to a workbook each."""
    return Pair(lambda: with_chart_link(hostile), FETCHES, difference, lambda: with_chart_link(twin))


def with_picture_link(target: str) -> bytes:
    """Make a document with a picture that is taken from outside, as pasting from a message leaves it."""
    tie = f'<Relationship Id="rId97" Type="{RELATIONS}/image" Target="{target}" TargetMode="External"/>'
    archive = replace_in_part(make_docx(), "word/_rels/document.xml.rels", "</Relationships>", f"{tie}</Relationships>")
    blip = f'<a:blip xmlns:a="{DRAWING}" xmlns:r="{RELATIONS}" r:link="rId97"/>'
    return replace_in_part(archive, MAIN, "<w:sectPr", f"{blip}<w:sectPr")


def of_picture_link(hostile: str, twin: str, difference: str) -> Pair:
    """Pair two documents with a picture from outside each."""
    return Pair(lambda: with_picture_link(hostile), FETCHES, difference, lambda: with_picture_link(twin))


def of_mail_merge(source: str) -> Pair:
    """Pair two main documents of a mail merge, the first with that source of data."""
    begin, end = '<w:mailMerge><w:mainDocumentType w:val="formLetters"/>', "</w:mailMerge>"
    return Pair(lambda: with_setting(f"{begin}{source}{end}"), FIELD, "no data", lambda: with_setting(f"{begin}{end}"))


ORDINARY: dict[str, Pair] = {
    "metadata with entities that is not well-formed": of_pdf(
        with_metadata(b"<x>&" + DTD + b"</x>"), with_metadata(AUTHOR_AND), "no document type", XML_ENTITIES
    ),
    "metadata with entities, in UTF-16 and not well-formed": of_pdf(
        with_metadata("<x>&<!DOCTYPE y></x>".encode("utf-16")),
        with_metadata("<x>&<y></x>".encode("utf-16")),
        "no document type",
        XML_ENTITIES,
    ),
    "template on a server of a Mac": of_relation(
        "attachedTemplate",
        "file:////server/a.dotm",
        "file:////Users/a/a.dotm",
        "a path on a Mac",
        FETCHES,
        "settings.xml",
    ),
    "template on the web": of_relation(
        "attachedTemplate",
        "https://Users/a.dotm",
        "Macintosh%20HD:Users:a:a.dotm",
        "a disk of a Mac",
        FETCHES,
        "settings.xml",
    ),
    "program in place of a font": Pair(
        lambda: with_odttf(KEY_OF_LESS_THAN, b"MZ" + FONT_START),
        EMBEDDED,
        "a font, whose first byte is mixed to <",
        lambda: with_odttf(KEY_OF_LESS_THAN, FONT_START),
    ),
    "script in a picture of a Mac": Pair(
        lambda: with_part("word/media/image1.pdf", make_pdf(with_catalogue_entries(OpenAction=SCRIPT))),
        JAVASCRIPT,
        "no script",
        lambda: with_part("word/media/image1.pdf", make_pdf()),
    ),
    "web page under the name of a picture of a Mac": Pair(
        lambda: with_part("word/media/image1.pdf", b"<html>%PDF-1.7"),
        EMBEDDED,
        "a PDF",
        lambda: with_part("word/media/image1.pdf", make_pdf()),
    ),
    "part that is too large for a document": Pair(
        lambda: with_large_values(2**32), DIVIDED, "one byte", lambda: with_large_values(1)
    ),
    "web page in front": Pair(
        lambda: b"<script>x</script>" + make_pdf(),
        IN_FRONT,
        "in the title",
        lambda: make_pdf(title="<script>x</script>"),
        PDF,
    ),
    "bytes after the end": Pair(
        lambda: make_docx() + b"\n\n x", AFTER_ARCHIVE, "white space", lambda: make_docx() + b"\n\n  "
    ),
    "zeros and more after the end": Pair(
        lambda: make_docx() + bytes(500) + b"PK", AFTER_ARCHIVE, "zeros", lambda: make_docx() + bytes(500)
    ),
    "link to a file of the machine": of_link("file:///C:/a.com", "file:///C:/a.docx", "a document"),
    "link to a file on a server": of_link("file://C/a.docx", "file:///C:/a.docx", "on a drive"),
    "link to a program of a Mac": of_link("file:///bin/ls", "file:///bin/ls.txt", "a text"),
    "link to a program": of_link("Annex.exe", "Annex%201.docx", "a document"),
    "link with a script": of_link("javascript:open()", "javascript:void(0)", "an empty script"),
    "link to data of a page": of_link("data:text/html,a", "urn:isbn:1", "a name of a book"),
    "link to a program of Office": of_link("ms-excel:ofv|u|http://a/b.xls", "ftp://a/b.xls", "a server of files"),
    "link to a search of Windows": of_link("search-ms:query=a", "consultantplus://offline/ref=A", "legal texts"),
    "link to a script of Windows": of_link("vbscript:x", "sip:a@example.org", "a telephone"),
    "link to a server": of_link("\\\\server\\a", "doi:10.1000/182", "a number of an article"),
    "link to a server with strokes": of_link("//server/a", "server/a", "a relative name"),
    "field with a link to a server": of_field(
        'HYPERLINK \\o "a tip" "\\\\\\\\server\\\\a"', 'HYPERLINK \\o "a: tip" "https://a"', "the web", FIELD
    ),
    "field with a link to a program of the machine": of_field(
        'HYPERLINK "file:///C:\\\\a.exe"', 'HYPERLINK "file:///C:\\\\a.docx"', "a document", FIELD
    ),
    "web page after a byte order mark": Pair(
        lambda: b"\xef\xbb\xbf<html>" + make_pdf(), IN_FRONT, "no web page", lambda: b"\xef\xbb\xbf" + make_pdf(), PDF
    ),
    "script with a name in Latin-1": Pair(
        lambda: write_pdf(CATALOGUE, TREE, b"<</S/JavaScript/JS(x)/Type/\xdcberschrift>>"),
        JAVASCRIPT,
        "a heading with such a name",
        lambda: write_pdf(CATALOGUE, TREE, b"<</S/\xdcberschrift/Type/StructElem>>"),
        PDF,
    ),
    "link of a PDF to a file": of_pdf_link("file:///a", "annex.pdf", "a relative name"),
    "link of a PDF to another from the root": of_pdf(
        with_action(S=Name.GoToR, F="/a.pdf", D="b"),
        with_action(S=Name.GoToR, F="a.pdf", D="b"),
        "a relative name",
        ELSEWHERE,
    ),
    "link of a PDF to a program in its folder": of_pdf(
        with_action(S=Name.GoToR, F=Dictionary(F="a.pdf", UF="a.exe"), D="b"),
        with_action(S=Name.GoToR, F=Dictionary(F="a.pdf", UF="a.pdf"), D="b"),
        "a document",
        ELSEWHERE,
    ),
    "PDF that opens another": of_pdf(
        with_catalogue_entries(OpenAction=Dictionary(S=Name.GoToR, F="a.pdf", D="b")),
        with_action(S=Name.GoToR, F="a.pdf", D="b"),
        "at a click",
        ELSEWHERE,
    ),
    "program in place of settings": of_pdf(
        with_settings(b"<< /A (a) (w) file >> setdistillerparams"),
        with_settings(b"<< /A (a) /B [1 .5 true] >> setdistillerparams\n<< /C <</D null>> >> setpagedevice\n"),
        "values only",
        ATTACHED,
    ),
    "settings under another name": of_pdf(
        with_settings(b"<< >> setdistillerparams", "a.joboptions.exe"),
        with_settings(b"<< >> setdistillerparams"),
        "their own name",
        ATTACHED,
    ),
    "link of a PDF with a script": of_pdf_link("javascript:open()", "about:blank", "an empty page"),
    "link of a PDF to a server": of_pdf_link("\\\\server\\a", "news:a.b", "news"),
    "base of links on a server": Pair(
        lambda: with_link_base("\\\\server\\a"), BAD_LINK, "the web", lambda: with_link_base("https://a/")
    ),
    "link of a PDF with a script that looks like a server": of_pdf_link(
        "javascript:a.b/c:d", "dx.doi.org/10.1385/A:135", "a server without https://"
    ),
    "link with a script in brackets": of_link("(javascript:open())", "(https://example.org)", "a web page"),
    "link to an office program that looks mistyped": of_link("ms-https://a", "hthttps://a", "mistyped"),
    "picture that was linked from a server": of_picture_link("file://server/a.png", "cid:a@b", "a part of a mail"),
    "link to a file from the root, as TeX writes it": of_pdf_link("file:/a.pdf", "file:a.pdf", "a relative name"),
    "link to a program, as TeX writes it": of_pdf_link("file:a.exe", "file:a.pdf", "a document"),
    "template on a server that is called C": of_relation(
        "attachedTemplate", "file:////C/a.dot", "file:////C:\\a.dot", "a path on a drive", FETCHES, "settings.xml"
    ),
    "chart of a workbook on a server": of_chart_link("file://server/a.xlsx", "file:///C:/a.xlsx", "on a drive"),
    "chart of a workbook on the web": of_chart_link("https://example.org/a.xlsx", "a.xlsx", "a bare name"),
    "workbook of a chart used as a picture": Pair(
        lambda: with_chart_link("file:///C:/a.xlsx", "blip"),
        MISUSED,
        "used for its data",
        lambda: with_chart_link("file:///C:/a.xlsx"),
    ),
    "object on a drive": Pair(
        lambda: with_relation("oleObject", "file:///C:/a.xlsx"),
        FETCHES,
        "a chart has it",
        lambda: with_chart_link("file:///C:/a.xlsx"),
    ),
    "letters with a connection of their own": of_mail_merge('<w:odso><w:udl w:val="Provider=a"/></w:odso>'),
    "letters that ask for data": of_mail_merge('<w:query w:val="SELECT * FROM a"/>'),
}


def with_link_base(place: str) -> bytes:
    """Make a document whose properties say where relative links begin."""
    archive = make_docx()
    return replace_in_part(
        archive, "docProps/app.xml", "</Properties>", f"<HyperlinkBase>{place}</HyperlinkBase></Properties>"
    )


def with_protection(entries: bytes, name: bytes = b"Encrypt") -> bytes:
    return write_pdf(CATALOGUE, TREE, entries, trailer=b"/%s 4 0 R/ID[<00><00>]" % name)


def of_protection(entries: bytes) -> Pair:
    """Pair two PDFs, one of which is protected by this dictionary."""
    return Pair(
        lambda: with_protection(entries), PROTECTED, "not used", lambda: with_protection(entries, b"Unused"), PDF
    )


PROTECTED_PDF: dict[str, Pair] = {
    "another kind of protection": of_protection(b"<</Filter/Foo.Bar/V 4>>"),
    "another filter of protection": of_protection(
        b"<</Filter/Standard/V 5/R 6/CF<</A<</CFM/B>>>>/StmF/A/StrF/A/O(x)/U(x)/P -1>>"
    ),
}
