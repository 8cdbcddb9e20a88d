"""Clean copies: what each kind of removal takes out is in no byte of the copy, and the text is as it was."""

import io
import shutil
import zipfile
from collections.abc import Callable
from tempfile import TemporaryFile

import docx
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image

from app.core.cleaning import clean_copy
from app.core.cleaning.child import clean_file
from app.core.cleaning.clean_copy import CleaningReport, open_clean_copy
from app.core.cleaning.picture_metadata import remove_picture_metadata
from app.core.cleaning.removals import (
    CleaningObstacle,
    RemovalKind,
    can_be_removed,
    find_obstacle,
)
from app.core.errors import Conflict
from app.core.file_service.client import FileServiceOptions, open_bytes
from app.core.inspection import Finding, InspectionLimits
from app.core.inspection.classify import inspect_stream
from app.core.rendering import docx_text
from app.core.rendering.pdf import extract_picture_and_paragraphs
from app.core.rendering.template_filling import convert_docx_to_pdf
from tests.files import (
    MAIN,
    OFFICE,
    TYPES,
    make_docx,
    make_pdf,
    relationships_part,
    repack,
    replace_in_part,
    with_annotation,
    with_body_xml,
    with_catalogue_entries,
    with_hiding_style,
    with_metadata,
    with_part,
    with_relation,
)

SOFFICE = shutil.which("soffice") or ""
SECRET = "Kamau Wanjiku"
SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MICROSOFT = "http://schemas.microsoft.com/office"
HIDDEN = "<w:rPr><w:vanish/></w:rPr>"


def clean(content: bytes) -> tuple[bytes, CleaningReport]:
    copy, _, report = clean_file(io.BytesIO(content), b"").rpartition(b"\n")
    return copy, CleaningReport.model_validate_json(report)


def list_findings(content: bytes) -> list[Finding]:
    report = inspect_stream(io.BytesIO(content), InspectionLimits())
    assert not report.is_refused, [str(each.what) for each in report.findings]
    return list(report.findings)


def read_everything(content: bytes) -> str:
    """All bytes of a file, unpacked, as text."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(f"{name}\n{archive.read(name).decode('latin-1')}" for name in archive.namelist())
    with pikepdf.open(io.BytesIO(content)) as document:
        out = io.BytesIO()
        document.save(out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.all, qdf=True)
    return content.decode("latin-1") + out.getvalue().decode("latin-1")


def read_text(content: bytes) -> list[str]:
    if content.startswith(b"PK"):
        return docx_text.read_docx_paragraphs(io.BytesIO(content))
    return extract_picture_and_paragraphs(io.BytesIO(content))["paragraphs"]


def add_part(
    archive: bytes, name: str, data: str | bytes, kind: str, relations: str = "word/_rels/document.xml.rels"
) -> bytes:
    """Return the archive with a part to which a relationship of that type leads."""
    number = len(name)
    relation = f'<Relationship Id="rId9{number}" Type="{kind}" Target="/{name}"/></Relationships>'
    entry = f'<Override PartName="/{name}" ContentType="application/xml"/></Types>'
    archive = replace_in_part(archive, relations, "</Relationships>", relation)
    if isinstance(data, str):
        archive = replace_in_part(archive, TYPES, "</Types>", entry)
    return repack(archive, {name: data.encode() if isinstance(data, str) else data})


def make_run(words: str, *, properties: str = "", tag: str = "t") -> str:
    return f'<w:r>{properties}<w:{tag} xml:space="preserve">{words}</w:{tag}></w:r>'


def with_comments() -> bytes:
    xml = (
        '<w:p><w:commentRangeStart w:id="1"/><w:r><w:t>Seen</w:t></w:r><w:commentRangeEnd w:id="1"/>'
        '<w:r><w:commentReference w:id="1"/></w:r></w:p>'
    )
    comment = f'<w:comment w:id="1" w:author="{SECRET}"><w:p><w:r><w:t>{SECRET} says no</w:t></w:r></w:p></w:comment>'
    archive = add_part(
        with_body_xml(xml),
        "word/comments.xml",
        f'<w:comments xmlns:w="{SPACE}">{comment}</w:comments>',
        f"{OFFICE}/comments",
    )
    people = f'<p:people xmlns:p="{MICROSOFT}/word/2012/wordml"><p:person p:author="{SECRET}"/></p:people>'
    archive = add_part(archive, "word/people.xml", people, f"{MICROSOFT}/2011/relationships/people")
    picture = b"\x89PNG\r\n\x1a\n" + SECRET.encode()
    relations = relationships_part("image", "media/of-comment.png")
    return repack(archive, {"word/_rels/comments.xml.rels": relations, "word/media/of-comment.png": picture})


def with_changes() -> bytes:
    who = f'w:author="{SECRET}"'
    tag = "delText"
    xml = "".join(
        [
            f'<w:p>{make_run("kept ")}<w:ins w:id="1" {who}>{make_run("added")}</w:ins>',
            f'<w:del w:id="2" {who}>{make_run(SECRET, tag=tag)}</w:del></w:p>',
            f'<w:p><w:pPr><w:rPr><w:del w:id="3" {who}/></w:rPr></w:pPr>{make_run("one ")}</w:p>',
            f'<w:p><w:pPr><w:rPr><w:ins w:id="4" {who}/></w:rPr></w:pPr>{make_run("line")}</w:p>',
            f'<w:moveFromRangeStart w:id="5" {who} w:name="m"/>',
            f'<w:p><w:pPr><w:rPr><w:moveFrom w:id="6" {who}/></w:rPr></w:pPr>',
            f'<w:moveFrom w:id="7" {who}>{make_run("moved")}</w:moveFrom></w:p><w:moveFromRangeEnd w:id="5"/>',
            f'<w:p><w:moveTo w:id="8" {who}>{make_run("moved")}</w:moveTo></w:p>',
            f'<w:p><w:pPr><w:jc w:val="left"/><w:pPrChange w:id="9" {who}><w:pPr/></w:pPrChange></w:pPr>',
            f'<w:r><w:rPr><w:b/><w:rPrChange w:id="10" {who}><w:rPr/></w:rPrChange></w:rPr><w:t>bold</w:t></w:r></w:p>',
            "<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid>",
            f'<w:tr><w:trPr><w:del w:id="11" {who}/></w:trPr><w:tc><w:p><w:del w:id="13" {who}>',
            f"{make_run(SECRET, tag=tag)}</w:del></w:p></w:tc></w:tr>",
            f'<w:tr><w:trPr><w:ins w:id="12" {who}/></w:trPr><w:tc><w:p>{make_run("cell")}</w:p></w:tc></w:tr>',
            "</w:tbl><w:p/>",
        ]
    )
    return with_body_xml(xml)


def with_deleted_picture() -> bytes:
    """A document in which a picture and a footnote were deleted with changes tracked; the note's text was not."""
    blip = f'<a:blip xmlns:a="urn:a" xmlns:r="{OFFICE}" r:embed="rId916"/>'
    deleted = f'<w:r><w:drawing>{blip}</w:drawing></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
    archive = with_body_xml(f'<w:p><w:del w:id="1" w:author="A">{deleted}</w:del></w:p>')
    texts = [
        f'<w:footnote w:id="{number}"><w:p>{make_run(text)}</w:p></w:footnote>'
        for number, text in enumerate(("A note", SECRET), 1)
    ]
    notes = f'<w:footnotes xmlns:w="{SPACE}">{"".join(texts)}</w:footnotes>'
    archive = replace_in_part(
        archive, MAIN, "<w:sectPr", '<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p><w:sectPr'
    )
    archive = add_part(archive, "word/footnotes.xml", notes, f"{OFFICE}/footnotes")
    return add_part(archive, "word/media/a.png", b"\x89PNG\r\n\x1a\n" + SECRET.encode(), f"{OFFICE}/image")


def with_people() -> bytes:
    document = docx.Document(io.BytesIO(make_docx()))
    document.core_properties.author = document.core_properties.last_modified_by = SECRET
    document.core_properties.keywords = "routes"
    out = io.BytesIO()
    document.save(out)
    extended = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
    named = f"<Company>{SECRET}</Company><Manager>{SECRET}</Manager><Pages>2</Pages>"
    properties = f'<Properties xmlns="{extended}">{named}</Properties>'
    return repack(out.getvalue(), {"docProps/app.xml": properties.encode()})


def with_properties() -> bytes:
    space = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
    custom = (
        f'<Properties xmlns="{space}"><property name="MSIP_Label_Owner" pid="2"><v>{SECRET}</v></property></Properties>'
    )
    archive = add_part(make_docx(), "docProps/custom.xml", custom, f"{OFFICE}/custom-properties", "_rels/.rels")
    labels = f'<l:labelList xmlns:l="{MICROSOFT}/2020/mipLabelMetadata"><l:label id="{SECRET}"/></l:labelList>'
    kind = f"{MICROSOFT}/2020/02/relationships/classificationlabels"
    return add_part(archive, "docMetadata/LabelInfo.xml", labels, kind, "_rels/.rels")


def with_template() -> bytes:
    archive = with_relation("attachedTemplate", f"file:///C:\\Users\\{SECRET}\\a.dotm", part="settings.xml")
    element = f'<w:attachedTemplate xmlns:r="{OFFICE}" r:id="rId99"/></w:settings>'
    return replace_in_part(archive, "word/settings.xml", "</w:settings>", element)


def make_picture(kind: str) -> bytes:
    """A picture that says where it was taken and who took it, and that it lies on its side."""
    picture = Image.new("RGB", (8, 4), "red")
    picture.putpixel((1, 1), (0, 255, 0))
    exif = Image.Exif()
    exif[0x013B], exif[0x0112] = SECRET, 6
    exif.get_ifd(0x8825).update({0: b"\2\3\0\0", 1: "N", 2: (46.0, 12.0, 0.0), 3: "E", 4: (6.0, 9.0, 0.0)})
    out = io.BytesIO()
    picture.save(out, kind, exif=exif, **({"comment": SECRET} if kind == "JPEG" else {}))
    return out.getvalue()


def with_place() -> bytes:
    return with_part("word/media/a.jpeg", make_picture("JPEG"))


def with_thumbnail() -> bytes:
    return repack(make_docx(), {"docProps/thumbnail.jpeg": make_picture("JPEG")})


def with_hidden_runs() -> bytes:
    field = "".join(f'<w:r>{HIDDEN}<w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
    return with_body_xml(
        f"<w:p>{make_run('seen')}{make_run(SECRET, properties=HIDDEN)}{field}</w:p>"
        f"<w:p>{make_run('shown', properties='<w:rPr><w:vanish w:val=' + chr(34) + '0' + chr(34) + '/></w:rPr>')}</w:p>"
    )


def with_hidden_style() -> bytes:
    return with_hiding_style(
        "paragraph",
        f'<w:p><w:pPr><w:pStyle w:val="Hid"/></w:pPr>{make_run(SECRET)}</w:p><w:p>{make_run("seen")}</w:p>',
        base="Base",
    )


DOCX_CASES: dict[str, tuple[Callable[[], bytes], dict[RemovalKind, int]]] = {
    "comments": (with_comments, {RemovalKind.COMMENTS: 1}),
    "changes": (with_changes, {RemovalKind.CHANGES: 11}),
    "hidden runs": (with_hidden_runs, {RemovalKind.HIDDEN_TEXT: 1}),
    "hidden style": (with_hidden_style, {RemovalKind.HIDDEN_TEXT: 1}),
    "people": (with_people, {RemovalKind.PEOPLE: 4}),
    "properties": (with_properties, {RemovalKind.PROPERTIES: 2}),
    "template": (with_template, {RemovalKind.TEMPLATE: 1}),
    "place": (with_place, {RemovalKind.PICTURES: 1}),
    "thumbnail": (with_thumbnail, {}),
}


def write_page(document: pikepdf.Pdf) -> None:
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    document.pages[0].obj.Resources = Dictionary(Font=Dictionary(F=font))
    document.pages[0].obj.Contents = document.make_stream(b"BT /F 12 Tf 9 99 Td (The text.) Tj ET")


def make_paper(change: Callable[[pikepdf.Pdf], object]) -> bytes:
    def both(document: pikepdf.Pdf) -> None:
        write_page(document)
        change(document)

    return make_pdf(both)


def with_information(**entries: str) -> bytes:
    def change(document: pikepdf.Pdf) -> None:
        for key, value in entries.items():
            document.docinfo[f"/{key}"] = value

    return make_paper(change)


def with_note(**entries: object) -> bytes:
    def change(document: pikepdf.Pdf) -> None:
        with_annotation(Type=Name.Annot, T=SECRET, Contents=SECRET, **entries)(document)
        note = document.pages[0].obj.Annots[0]
        window = document.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Popup, Rect=[0, 0, 9, 9], Parent=note))
        note.Popup = window
        document.pages[0].obj.Annots.append(window)
        document.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=Dictionary(Type=Name.OBJR, Obj=note))

    return make_paper(change)


XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:pdfx="http://ns.adobe.com/pdfx/1.3/" xmlns:photoshop="urn:photoshop" exif:GPSLatitude="46,12N"
 photoshop:CaptionWriter="{0}"><dc:creator><rdf:Seq><rdf:li>{0}</rdf:li></rdf:Seq></dc:creator>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Repair</rdf:li></rdf:Alt></dc:title>
<pdfx:MSIP_Label_Owner>{0}</pdfx:MSIP_Label_Owner></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def with_photograph(document: pikepdf.Pdf) -> None:
    stream = document.make_stream(
        make_picture("JPEG"),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=8,
        Height=4,
        BitsPerComponent=8,
        ColorSpace=Name.DeviceRGB,
        Filter=Name.DCTDecode,
    )
    document.pages[0].obj.Resources.XObject = Dictionary(I=stream)


PDF_CASES: dict[str, tuple[Callable[[], bytes], dict[RemovalKind, int]]] = {
    "information": (
        lambda: with_information(Author=SECRET, Company=SECRET, MSIP_Label=SECRET, Subject="Routes"),
        {RemovalKind.PEOPLE: 2, RemovalKind.PROPERTIES: 1},
    ),
    "note": (lambda: with_note(Subtype=Name.Text), {RemovalKind.COMMENTS: 1}),
    "highlight": (lambda: with_note(Subtype=Name.Highlight, C=Array([1, 1, 0])), {RemovalKind.COMMENTS: 1}),
    "XMP": (
        lambda: make_paper(with_metadata(XMP.format(SECRET).encode())),
        {RemovalKind.PEOPLE: 2, RemovalKind.PICTURES: 1, RemovalKind.PROPERTIES: 1},
    ),
    "XMP that no parser reads": (
        lambda: make_paper(with_metadata(f"<x><creator>{SECRET} & others</creator></x>".encode())),
        {RemovalKind.PEOPLE: 1},
    ),
    "photograph": (lambda: make_paper(with_photograph), {RemovalKind.PICTURES: 1}),
}
ALL_CASES = PDF_CASES | {
    case: (make, expected | {RemovalKind.THUMBNAIL: 1})  # python-docx writes one into each
    for case, (make, expected) in DOCX_CASES.items()
}


@pytest.mark.parametrize("case", ALL_CASES)
def test_nothing_of_what_is_taken_out_is_in_the_copy(case: str) -> None:
    make, expected = ALL_CASES[case]
    original = make()
    assert SECRET in read_everything(original) or case == "template"
    list_findings(original)

    copy, report = clean(original)

    assert report.removed == expected
    everything = read_everything(copy)
    assert SECRET not in everything
    assert SECRET.encode("utf-16-be").decode("latin-1") not in everything
    assert not [str(each.what) for each in list_findings(copy) if can_be_removed(each)]
    assert clean(original)[0] == copy
    assert clean(copy)[1] == CleaningReport()


@pytest.mark.parametrize("case", [case for case in ALL_CASES if case not in {"thumbnail", "photograph"}])
def test_the_inspection_names_what_can_be_taken_out(case: str) -> None:
    findings = list_findings(ALL_CASES[case][0]())

    if case == "XMP that no parser reads":
        assert not any(map(can_be_removed, findings))
    else:
        assert any(map(can_be_removed, findings))


@pytest.mark.parametrize("case", ALL_CASES)
def test_the_text_of_the_copy_is_that_of_the_file(case: str) -> None:
    original = ALL_CASES[case][0]()

    text = read_text(original)

    assert text
    assert read_text(clean(original)[0]) == text


def test_parts_of_which_nothing_is_taken_out_stay_byte_by_byte() -> None:
    original = with_comments()
    copy, _ = clean(original)

    with zipfile.ZipFile(io.BytesIO(original)) as before, zipfile.ZipFile(io.BytesIO(copy)) as after:
        gone = set(before.namelist()) - set(after.namelist())
        changed = {name for name in after.namelist() if after.read(name) != before.read(name)}
    assert gone == {
        *("word/comments.xml", "word/_rels/comments.xml.rels", "word/media/of-comment.png", "word/people.xml"),
        "docProps/thumbnail.jpeg",
    }
    assert changed == {MAIN, "word/_rels/document.xml.rels", "_rels/.rels", TYPES}


def test_a_picture_and_a_note_that_were_deleted_are_not_in_the_copy() -> None:
    original = with_deleted_picture()
    assert "A note" in read_text(original)

    copy, report = clean(original)

    assert report.removed[RemovalKind.CHANGES] == 1
    assert SECRET not in read_everything(copy)
    assert read_text(copy) == ["Text.", "A note"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_the_points_of_a_picture_stay(kind: str) -> None:
    original = make_picture(kind)
    assert SECRET.encode() in original

    cleaned = remove_picture_metadata(original)

    assert SECRET.encode() not in cleaned
    with Image.open(io.BytesIO(original)) as before, Image.open(io.BytesIO(cleaned)) as after:
        assert before.getexif()[0x013B] == SECRET
        assert bool(before.getexif().get_ifd(0x8825)) is (kind != "TIFF")  # Pillow writes none into it
        assert not after.getexif().get_ifd(0x8825)
        assert after.getexif().get(0x0112) == (None if kind == "PNG" else 6)
        assert before.tobytes() == after.tobytes()
    assert remove_picture_metadata(cleaned) == cleaned


def test_places_in_a_directory_of_a_tiff_are_taken_out() -> None:
    """An Exif block is one: directories, and their values behind them."""
    block = make_picture("JPEG").partition(b"Exif\0\0")[2]
    block = block[: block.index(b"\xff\xdb")]
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + block)
    assert exif.get_ifd(0x8825)[4] == (6.0, 9.0, 0.0)

    cleaned = remove_picture_metadata(block)

    assert len(cleaned) == len(block)
    exif.load(b"Exif\0\0" + cleaned)
    assert dict(exif) == {0x0112: 6}
    assert cleaned.rstrip(b"\0")[8:].count(b"\0\0\0\1") <= 1  # the orientation alone


@pytest.mark.parametrize("cut", range(2, 60, 3))
def test_a_picture_that_is_damaged_stays_as_it_is(cut: int) -> None:
    damaged = make_picture("JPEG")[:cut]

    assert remove_picture_metadata(damaged) == damaged


def test_what_follows_the_end_of_a_picture_is_taken_out() -> None:
    """Telephones put a second picture or a film behind the first, with places of its own."""
    cleaned = remove_picture_metadata(make_picture("JPEG") + make_picture("JPEG"))

    assert cleaned == remove_picture_metadata(make_picture("JPEG"))


SIGNATURE = Dictionary(Type=Name.Sig, ByteRange=Array([0, 1, 2, 3]), Contents=b"signed")


@pytest.mark.parametrize(
    ("original", "obstacle"),
    [
        (lambda: make_paper(with_catalogue_entries(X=SIGNATURE)), CleaningObstacle.SIGNED),
        (lambda: make_pdf(encryption=pikepdf.Encryption(owner="a", user="")), CleaningObstacle.RESTRICTED),
        (lambda: repack(make_docx(), {"_xmlsignatures/sig1.xml": b"<Signature/>"}), CleaningObstacle.SIGNED),
    ],
)
def test_no_copy_is_made_of_what_is_signed_or_restricted(
    original: Callable[[], bytes], obstacle: CleaningObstacle
) -> None:
    copy, report = clean(original())

    assert (copy, report) == (b"", CleaningReport(obstacle=obstacle))
    if original().startswith(b"%PDF"):
        assert find_obstacle(list_findings(original())) is obstacle


@pytest.mark.parametrize(
    "mark",
    [
        {"Subtype": Name.Highlight, "C": Array([0, 0, 0])},
        {"Subtype": Name.Highlight, "C": Array([0, 0, 0, 1])},
        {"Subtype": Name.Stamp},
        {"Subtype": Name.Redact},
    ],
)
def test_what_may_cover_text_stays_without_who_drew_it_and_is_named(mark: dict[str, object]) -> None:
    copy, report = clean(with_note(**mark))

    assert report.removed == {RemovalKind.PEOPLE: 1}
    with pikepdf.open(io.BytesIO(copy)) as document:
        assert document.pages[0].obj.Annots[0].Subtype == mark["Subtype"]
        assert "/T" not in document.pages[0].obj.Annots[0]
    assert [each.level for each in list_findings(copy) if each.level == "decide"] == ["decide"]


def test_of_annotations_without_numbers_of_their_own_the_notes_alone_are_taken_out() -> None:
    """A page may hold its annotations themselves: then all have the same number, 0."""

    def change(document: pikepdf.Pdf) -> None:
        place = {"Type": Name.Annot, "Rect": Array([0, 0, 9, 9])}
        kept = document.make_indirect(Dictionary(Subtype=Name.Square, IC=Array([0, 0, 0]), T=SECRET, **place))
        note = document.make_indirect(Dictionary(Subtype=Name.Text, Contents=SECRET, **place))
        document.pages[0].obj.Annots = Array(
            [
                *(kept, Dictionary(Subtype=Name.Popup, Parent=kept, **place)),
                *(note, Dictionary(Subtype=Name.Popup, Parent=note, **place)),
                Dictionary(Subtype=Name.Text, T=SECRET, Contents=SECRET, **place),
                Dictionary(Subtype=Name.Stamp, T=SECRET, **place),
                Dictionary(Subtype=Name.Link, Dest=Array([document.pages[0].obj, Name.Fit]), **place),
            ]
        )

    copy, report = clean(make_paper(change))

    assert report.removed == {RemovalKind.COMMENTS: 2, RemovalKind.PEOPLE: 2}
    assert SECRET not in read_everything(copy)
    with pikepdf.open(io.BytesIO(copy)) as document:
        assert [str(each.Subtype) for each in document.pages[0].obj.Annots] == ["/Square", "/Popup", "/Stamp", "/Link"]


def test_the_service_makes_the_copy_and_says_what_it_left_out() -> None:
    original = with_comments()

    with open_bytes(original) as source, open_clean_copy(source, party="KEN") as made:
        assert made.file.read() == clean(original)[0]
        assert made.report == clean(original)[1]


def test_what_the_service_cannot_clean_is_refused() -> None:
    damaged = make_docx()[:400]

    with open_bytes(damaged) as source, pytest.raises(Conflict, match="which was not changed"), open_clean_copy(source):
        pass


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"%PDF-1.7",
        b"%PDF-1.7\n" + b" " * 4096 + b"{}",
        b'%PDF-1.7\n{"removed": {"people": 0}}',
        b'%PDF-1.7\n{"removed": {"people": -1}}',
        b'%PDF-1.7\n{"removed": {"nothing": 1}}',
        b'%PDF-1.7\n{"obstacle": "none"}',
        b'%PDF-1.7\n{"removed": {}, "more": 1}',
    ],
)
def test_an_answer_of_another_form_is_no_copy(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the service that makes copies were in the hands of an attacker."""
    monkeypatch.setattr(clean_copy, "run_task", lambda _task, _source, target, **_options: target.write(answer))

    with open_bytes(b"") as source, pytest.raises(Conflict, match="which was not changed"), open_clean_copy(source):
        pass


@pytest.mark.skipif(not SOFFICE, reason="there is no soffice on this machine")
def test_a_copy_opens_in_libreoffice_with_the_text_that_it_had() -> None:
    copy, _ = clean(replace_in_part(with_changes(), MAIN, "<w:sectPr", f"<w:p>{make_run('End.')}</w:p><w:sectPr"))

    with open_bytes(copy) as source, TemporaryFile() as pdf:
        convert_docx_to_pdf(source, pdf, FileServiceOptions(soffice=SOFFICE))
        pdf.seek(0)
        text = " ".join(extract_picture_and_paragraphs(pdf)["paragraphs"])
    assert "one line" in text
    assert SECRET not in text
    assert text.endswith("End.")
