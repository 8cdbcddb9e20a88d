"""Pairs of DOCX: what is hostile in them is disguised, in the spelling, the encoding or the place."""

import gzip
import io
import zipfile

from tests.files import (
    make_docx,
    make_workbook,
    relationships_part,
    repack,
    replace_in_part,
    with_body_xml,
    with_chart,
    with_part,
)
from tests.hostile_twins import (
    AFTER_ARCHIVE,
    DRAWING,
    EMBEDDED,
    FETCHES,
    FIELD,
    FIELD_FETCHES,
    FONT_START,
    MISUSED,
    RELATIONS,
    VML,
    Pair,
    of_field,
    of_link,
    of_link_use,
    of_relation,
    of_vml,
    with_setting,
)

BROUGHT_IN = "The document contains an embedded object, program or other document."
STRICT_FIELD = '<w:p><w:fldSimple xmlns:s="http://purl.oclc.org/ooxml/wordprocessingml/main" s:instr="%s"/></w:p>'


def with_svg_fill(place: str) -> bytes:
    """Make a document with a drawing that is filled by what is at a place."""
    fill = f"<rect fill=\"url('{place}')\"/>"
    return with_part("word/media/a.svg", f'<svg xmlns="http://www.w3.org/2000/svg">{fill}</svg>'.encode())


def write_runs(*parts: str) -> str:
    """Write runs of a field: `{`, `|` and `}` are its marks, what begins with `<` is an element, the rest its code."""
    marks = {
        mark: f'<w:fldChar w:fldCharType="{kind}"/>'
        for mark, kind in zip("{|}", ("begin", "separate", "end"), strict=True)
    }
    kept = {part: marks.get(part, part) if part in marks or part.startswith("<") else "" for part in parts}
    code = '<w:instrText xml:space="preserve">%s</w:instrText>'
    return "".join(f"<w:r>{kept[part] or code % part}</w:r>" for part in parts)


def of_runs(hostile: tuple[str, ...], twin: tuple[str, ...], difference: str, reason: str = FIELD) -> Pair:
    """Pair two documents with a field in these runs each."""
    return Pair(
        lambda: with_body_xml(f"<w:p>{write_runs(*hostile)}</w:p>"),
        reason,
        difference,
        lambda: with_body_xml(f"<w:p>{write_runs(*twin)}</w:p>"),
    )


def with_branch(*, around: bool) -> bytes:
    """Make a field with a branch that programs leave out: in its code, or around a whole field."""
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:z="urn:z"'
    branch = f'<mc:AlternateContent {space}><mc:Choice Requires="z">%s</mc:Choice><mc:Fallback/></mc:AlternateContent>'
    inside = branch % write_runs("{", "PAGE", "}") if around else branch % write_runs("EAUTO c:a")
    before, after = (("{", "PAGE", "|"), ("}",)) if around else (("{", "DD"), ("}",))
    return with_body_xml(f"<w:p>{write_runs(*before)}{inside}{write_runs(*after)}</w:p>")


def with_header(name: str, data: bytes) -> bytes:
    """Make a document with a header in a part of that name."""
    relation = f'<Relationship Id="rId77" Type="{RELATIONS}/header" Target="{name}"/></Relationships>'
    archive = replace_in_part(make_docx(), "word/_rels/document.xml.rels", "</Relationships>", relation)
    return repack(archive, {f"word/{name}": data})


def format_header(field: str) -> str:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return f'<w:hdr xmlns:w="{space}"><w:p><w:fldSimple w:instr="{field}"/></w:p></w:hdr>'


def of_header(name: str, before: str, encoding: str) -> Pair:
    """Pair two documents with a header that is no XML by its name."""
    return Pair(
        lambda: with_header(name, (before + format_header("DDE a")).encode(encoding)),
        FIELD,
        "a page number",
        lambda: with_header(name, (before + format_header("PAGE")).encode(encoding)),
    )


def of_packed(hostile: bytes) -> Pair:
    """Pair two documents with a compressed Windows metafile each."""
    metafile = b"\1\0\0\0" + bytes(36) + b" EMF" + bytes(50)
    return Pair(
        lambda: with_part("word/media/a.emz", gzip.compress(hostile)),
        EMBEDDED,
        "a metafile",
        lambda: with_part("word/media/a.emz", gzip.compress(metafile)),
    )


CODE = "DDEAUTO c:a b"
SCHEMA = (
    '<sl:schemaLibrary xmlns:sl="http://schemas.openxmlformats.org/schemaLibrary/2006/main">'
    '<sl:schema sl:manifestLocation="%s"/></sl:schemaLibrary>'
)
SHEET = b'<?%s href="https://example.org/a.css"?><svg xmlns="http://www.w3.org/2000/svg"/>'


def of_svg(hostile: str, twin: str, difference: str) -> Pair:
    """Pair two documents with a drawing each."""
    drawing = '<svg xmlns="http://www.w3.org/2000/svg">%s</svg>'
    return Pair(
        lambda: with_part("word/media/a.svg", (drawing % hostile).encode()),
        BROUGHT_IN,
        difference,
        lambda: with_part("word/media/a.svg", (drawing % twin).encode()),
    )


def of_formula(hostile: str, twin: str, difference: str) -> Pair:
    """Pair two documents with a chart each, whose workbook has a formula."""

    def make(formula: str) -> bytes:
        return with_chart(
            make_workbook({"xl/worksheets/sheet1.xml": f"<worksheet><f>{formula}</f></worksheet>".encode()})
        )

    return Pair(lambda: make(hostile), EMBEDDED, difference, lambda: make(twin))


def with_two_parts(first: str, second: str) -> bytes:
    """Make a document with two parts that are no stories; a field begins in the first and does not end."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    parts = (write_runs("{", first), write_runs(second) if second else "")
    made = {f"word/{name}.xml": f"<w:x {space}>{part}</w:x>".encode() for name, part in zip("ab", parts, strict=True)}
    return repack(make_docx(), made)


def with_simple_field_inside(*, in_result: bool) -> bytes:
    """Make a field with another in one element, in its instruction or in its result."""
    simple = '<w:fldSimple w:instr="PAGE"/>'
    before, after = (
        (("{", "INCLUDEPICTURE a.png", "|"), ("}",)) if in_result else (("{", "INCLUDEPICTURE a.png"), ("|", "}"))
    )
    return with_body_xml(f"<w:p>{write_runs(*before)}{simple}{write_runs(*after)}</w:p>")


def make_linked_workbook(element: str) -> bytes:
    """Make a workbook in which an element uses a link to the web."""
    link = relationships_part("hyperlink", "https://example.org/a").replace(b"/>", b' TargetMode="External"/>')
    sheet = f'<worksheet xmlns:r="{RELATIONS}"><{element} r:id="r1"/></worksheet>'.encode()
    return make_workbook({"xl/worksheets/sheet1.xml": sheet, "xl/worksheets/_rels/sheet1.xml.rels": link})


def with_linked_header(element: str) -> bytes:
    """Make a document with a header, whose name is in capitals, unlike that of its relationships."""
    space = f'xmlns:r="{RELATIONS}" xmlns:a="{DRAWING}" {VML}'
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    link = relationships_part("hyperlink", "https://example.org/a").replace(b'"r1"', b'"rId97"')
    header = f'<w:hdr xmlns:w="{main}">{element.replace("%s", space)}</w:hdr>'.encode()
    parts = {
        "word/HEADER9.xml": header,
        "word/_rels/header9.xml.rels": link.replace(b"/>", b' TargetMode="External"/>'),
    }
    return repack(make_docx(), parts)


def with_odttf_program(mark: bytes) -> bytes:
    """Make a document with a program in place of a font: its key makes its first bytes those of a font."""
    start = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + mark + bytes(40)
    key = bytes(at ^ to for at, to in zip(start[:16], FONT_START, strict=False))[::-1].hex()
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    font = f'<w:font w:name="A"><w:embedRegular r:id="r1" w:fontKey="{{{key}}}"/></w:font>'
    parts = {
        "word/fontTable.xml": f'<w:fonts xmlns:w="{space}" xmlns:r="{RELATIONS}">{font}</w:fonts>'.encode(),
        "word/_rels/fontTable.xml.rels": relationships_part("font", "fonts/font1.odttf"),
        "word/fonts/font1.odttf": start,
    }
    return repack(make_docx(), parts)


def with_large_local_values(size: int) -> bytes:
    """Make a document with a part of one byte, whose own header has its size in the extra field for large ones."""
    name = "word/media/a.bin"
    out = io.BytesIO(make_docx())
    with zipfile.ZipFile(out, "a") as archive, archive.open(name, "w", force_zip64=True) as part:
        part.write(b"x")
    start = out.getvalue().index(b"PK\x03\x04\x2d")
    at = start + 30 + len(name) + 4
    assert out.getvalue()[at - 4 : at] == b"\x01\0\x10\0"
    return out.getvalue()[:at] + size.to_bytes(8, "little") + out.getvalue()[at + 8 :]


HIDDEN_IN_DOCX: dict[str, Pair] = {
    "DDE with its argument close to it": of_field('DDEAUTO"c:a" b', 'DATE"c:a"', "a date", FIELD),
    "picture from the web close to a switch": of_field(
        "INCLUDEPICTURE\\dhttps://example.org/a.png", "INCLUDEPICTURE\\d a.png", "a bare name"
    ),
    "DDE in quotation marks": of_field('"DDEAUTO" c:a b', '"DATE" c:a b', "a date", FIELD),
    "DDE as ordinary text": of_runs(
        ("{", f"<w:t>{CODE}</w:t>", "|", "}"), ("{", "DATE", "|", f"<w:t>{CODE}</w:t>", "}"), "in the result"
    ),
    "DDE with a tab after it": of_runs(
        ("{", "DDEAUTO", "<w:tab/>", "c:a", "}"), ("{", "DATE", "<w:tab/>", "c:a", "}"), "a date"
    ),
    "DDE after very many spaces": of_runs(("{", " " * 20_000, CODE, "}"), ("{", " " * 20_000, "DATE", "}"), "a date"),
    "DDE that another field names": of_runs(
        ("{", "{", "REF a", "|", "<w:t>DDEAUTO</w:t>", "}", " c:a", "}"),
        ("{", "=", "{", "PAGE", "}", " + 1", "}"),
        "a sum",
    ),
    "DDE with a branch in it": Pair(
        lambda: with_branch(around=False), FIELD, "a whole field in the branch", lambda: with_branch(around=True)
    ),
    "DDE under the other name of the vocabulary": Pair(
        lambda: with_body_xml(STRICT_FIELD % "DDE a"),
        FIELD,
        "a page number",
        lambda: with_body_xml(STRICT_FIELD % "PAGE"),
    ),
    "DDE in a header called data": of_header("a.dat", "\ufeff ", "utf-16-le"),
    "DDE in a header called binary": of_header("a.bin", "\ufeff\n", "utf-8"),
    "drawing as a packed metafile": of_packed(b"<svg/>"),
    "metafile that swells": of_packed(bytes(80 << 20)),
    "drawing after a byte order mark": Pair(
        lambda: with_part("word/media/a.png", b"\xef\xbb\xbf\n<svg/>"),
        EMBEDDED,
        "no markup",
        lambda: with_part("word/media/a.png", b"\xef\xbb\xbf\nsvg/>"),
    ),
    "mail merge by its connection alone": Pair(
        lambda: with_setting('<w:mailMerge><w:odso><w:udl w:val="Data Source=a"/></w:odso></w:mailMerge>'),
        FIELD,
        "no connection",
        lambda: with_setting(
            '<w:mailMerge><w:connectString w:val=""/><w:odso><w:udl w:val=""/></w:odso></w:mailMerge>'
        ),
    ),
    "drawing with a picture in quotation marks": Pair(
        lambda: with_svg_fill("https://example.org/a"), BROUGHT_IN, "a place in it", lambda: with_svg_fill("#a")
    ),
    "link to a console of Windows": of_link("a.msc", "a.docx#a: b", "a document"),
    "link to a folder that is called www": of_link("www.a\\a.exe", "www.a/a.exe", "the web"),
    "link of a program to a page": of_link("x-unknown:a", "applewebdata://a/#_ftn1", "a footnote of a page on a Mac"),
    "DDE left open in the part before": Pair(
        lambda: with_two_parts("DDE a", ""), FIELD, "a page number", lambda: with_two_parts("PAGE", "")
    ),
    "DDE after a field left open in the part before": Pair(
        lambda: with_two_parts("PAGE", "DDE a"), FIELD, "a page number", lambda: with_two_parts("PAGE", "PAGE")
    ),
    "file that a field in one element names": Pair(
        lambda: with_simple_field_inside(in_result=False),
        FIELD_FETCHES,
        "the other field is in the result",
        lambda: with_simple_field_inside(in_result=True),
    ),
    "link to a server behind a dot": of_link(".\\\\server\\a", ".\\server\\a", "a folder"),
    "identifier of a link used by a picture": of_link_use(
        '<a:blip %s r:link="rId97"/>', "a name that is the same", '<w:bookmarkStart %s w:id="9" w:name="rId97"/>'
    ),
    "link of a workbook used as a drawing": Pair(
        lambda: with_chart(make_linked_workbook("drawing")),
        MISUSED,
        "used as a link",
        lambda: with_chart(make_linked_workbook("hyperlink")),
    ),
    "link used by a part whose name has other letters": Pair(
        lambda: with_linked_header('<a:blip %s r:link="rId97"/>'),
        MISUSED,
        "used as a link",
        lambda: with_linked_header('<w:p><w:hyperlink %s r:id="rId97"/></w:p>'),
    ),
    "VML picture and its other original": of_vml(
        '<v:imagedata %s o:althref="file://server/a.png"/>', '<v:imagedata %s o:althref="cid:a@b"/>', "a part of a mail"
    ),
    "picture of a drawing from the web": of_svg(
        '<image href="https://example.org/a"/>', '<a href="https://example.org/a"/>', "a link"
    ),
    "script of web pages in a drawing": of_svg(
        '<x:script xmlns:x="http://www.w3.org/1999/xhtml"/>', '<x:script xmlns:x="urn:x"/>', "of no web page"
    ),
    "style with escaped letters": of_svg(
        '<rect style="fill:u\\72l(https://example.org/a)"/>', '<rect style="fill:u\\72l(#a)"/>', "a place in it"
    ),
    "style with a set of pictures": of_svg(
        "<style>a{background:image-set('https://example.org/a' 1x)}</style>",
        "<style>a{background:red}</style>",
        "a colour",
    ),
    "drawing that sets a target": of_svg(
        '<set attributeName="href" to="https://example.org/a"/>', '<set attributeName="x" to="1"/>', "a place"
    ),
    "drawing with a style sheet elsewhere": Pair(
        lambda: with_part("word/media/a.svg", SHEET % b"xml-stylesheet"),
        BROUGHT_IN,
        "another instruction",
        lambda: with_part("word/media/a.svg", SHEET % b"xml-other"),
    ),
    "formula that calls an address": of_formula("WEBSERVICE(&quot;https://example.org/&quot;)", "SUM(A2:A3)", "a sum"),
    "formula that starts a program": of_formula(
        "cmd|&apos;/c a&apos;!A0", "&apos;a|b&apos;!A1", "a sheet of that name"
    ),
    "batch file in a workbook": Pair(
        lambda: with_chart(make_workbook({"xl/a.bat": b"a"})),
        EMBEDDED,
        "a printer setting",
        lambda: with_chart(make_workbook({"xl/a.bin": b"a"})),
    ),
    "connections of a workbook": Pair(
        lambda: with_chart(make_workbook({"xl/_rels/workbook.xml.rels": relationships_part("connections", "a.xml")})),
        EMBEDDED,
        "a theme",
        lambda: with_chart(make_workbook({"xl/_rels/workbook.xml.rels": relationships_part("theme", "a.xml")})),
    ),
    "program that a key makes a font": Pair(
        lambda: with_odttf_program(b"PE\0\0"), EMBEDDED, "no program", lambda: with_odttf_program(b"PF\0\0")
    ),
    "programs of a schema on the web": Pair(
        lambda: with_setting(SCHEMA % "https://example.org/a.xml"),
        FETCHES,
        "on a drive",
        lambda: with_setting(SCHEMA % "C:\\a.xml"),
    ),
    "template on a server under two percent signs": of_relation(
        "attachedTemplate",
        "file:///%255C%255Cserver%255Ca.dotm",
        "file:///%2541.dotm",
        "a letter under them",
        FETCHES,
        "settings.xml",
    ),
    "template on a server by a name of devices": of_relation(
        "attachedTemplate",
        "file:///?/UNC/server/a.dotm",
        "file:///UNC/server/a.dotm",
        "folders",
        FETCHES,
        "settings.xml",
    ),
    "link to a program in the root": of_link("/usr/bin/a", "/en/council/a", "a path of a site"),
    "link to a server with its port": of_link("file://itu.int:8080/a", "itu.int:8080/a", "without a scheme"),
    "link to a mailbox of a program": of_link("e-mail:a.exe", "Email:a@example.org", "a mailbox"),
    "link with a script of a page": of_link(
        "javascript:__doPostBack(open(),'')", "javascript:__doPostBack('a$b','')", "texts only"
    ),
    "field with a script": of_field(
        'HYPERLINK \\s "1,256,a" "javascript:open()"', 'HYPERLINK \\s "1,256,Slide 1: a"', "a slide", FIELD
    ),
    "size in a field for large ones that is another": Pair(
        lambda: with_large_local_values(2),
        "The directory and a part of the file contradict each other.",
        "the same",
        lambda: with_large_local_values(1),
    ),
    "zeros and white space after the end": Pair(
        lambda: make_docx() + bytes(50) + b"\n", AFTER_ARCHIVE, "zeros", lambda: make_docx() + bytes(50)
    ),
}
