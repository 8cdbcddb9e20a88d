"""Pairs of files: a hostile one, and its twin, which differs from it in one thing and is let in.

`python -m tests.hostile` writes what the inspection says of both into docs/file-inspection.md.
"""

from dataclasses import dataclass

from app.core.inspection import DOCX
from tests.files import (
    MAIN,
    Maker,
    make_docx,
    relationships_part,
    repack,
    replace_in_part,
    with_body_xml,
    with_field,
    with_part,
    with_relation,
)

FIELD_FETCHES = "A field fetches a file when the document is opened: %(field)s"
FIELD = "A field starts a program or fetches data from elsewhere: %(field)s"
UPDATING = "The document asks to update its fields when it is opened, which may fetch other files."
MISUSED = "A link is used to fetch a picture, a template or a part: %(target)s"
FETCHES = "The document fetches something from elsewhere when it is opened: %(target)s"
SAME_NAME = "Two parts of the file have the same name."
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
        "There is a file or object embedded in the document.",
        "no XML",
        lambda: with_part("word/media/a.bin", "x/>".encode("utf-16")),
    ),
}


def with_template_used_by(element: str) -> bytes:
    """Make a document in which an element of the settings refers to the local template it was made from."""
    archive = with_relation("attachedTemplate", "Normal.dotm", part="settings.xml")
    used = f'<{element} xmlns:r="{RELATIONS}" r:id="rId99"/>'
    return replace_in_part(archive, "word/settings.xml", "</w:settings>", f"{used}</w:settings>")


PAIRS: dict[str, Pair] = WATCHING_DOCX
