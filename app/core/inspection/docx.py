"""Inspection of DOCX: an unambiguous archive of plain XML and pictures. Runs in the limited process only.

Sources: ECMA-376 part 2 (packages, content types, relationships) and part 1 (WordprocessingML). Text content is
inspected in `docx_text`, relationships in `docx_relations`.
"""

import posixpath
import re
from contextlib import suppress
from io import BytesIO
from typing import BinaryIO

from app.core.i18n import lazy_gettext as _
from app.core.inspection.archive import SAVE_AGAIN_REMEDY, ArchiveEntry, ZipArchive, fold_part_name
from app.core.inspection.docx_fonts import FontKeysReader, is_font
from app.core.inspection.docx_relations import PartRelationsReader, RelationUseInspector, is_active_content_relation
from app.core.inspection.docx_styles import HiddenStylesReader
from app.core.inspection.docx_text import DocxContentInspector
from app.core.inspection.findings import DOCX, FindingLevel, InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector, InspectionStopped
from app.core.inspection.pdf import inspect_pdf_picture
from app.core.inspection.picture_places import READ_BYTES, has_place
from app.core.inspection.signatures import PDF_SIGNATURE
from app.core.inspection.xml import XmlPartReader, XmlTag, parse_xml_part

MAIN_CONTENT_TYPE = f"{DOCX}.main+xml"
CONTENT_TYPES_PART = "[Content_Types].xml"
SHEET_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OTHER_OFFICE_TYPES = {"spreadsheetml": "XLSX", "presentationml": "PPTX", "template": "DOTX"}
XML_PART_PATTERN = re.compile(r"\.(xml|rels|vml|svg)$", re.IGNORECASE)
MAC_PICTURE_PATTERN = re.compile(r"word/media/[^/]+\.pdf", re.IGNORECASE)
CHART_WORKBOOK_PATTERN = re.compile(r"word/embeddings/[^/]+\.xlsx", re.IGNORECASE)
# Signatures with which no picture, font or printer setting begins: programs, scripts, archives, other documents.
FOREIGN_SIGNATURES = (
    *(b"\xd0\xcf\x11\xe0", b"MZ", b"\x7fELF", b"PK\x03\x04", b"%PDF", b"{\\rtf", b"#!", b"L\0\0\0\1\x14\2\0"),
    *(b"MSCF", b"ITSF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"FWS", b"CWS", b"ZWS", b"<"),
    *(b"\xef\xbb\xbf<", b"\xff\xfe<\0", b"\xfe\xff\0<", b"<\0", b"\0<"),
    *(b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"%!PS", b"\xc5\xd0\xd3\xc6"),
)
# Extensions of parts that are not XML: pictures, fonts, signature origins, and files that Word itself adds.
PICTURE_EXTENSIONS = (
    "png jpg jpeg jpe jfif gif bmp dib tif tiff emf wmf emz wmz webp ico wdp jxr hdp pict pct heic heif avif"
)
BINARY_PART_EXTENSIONS = {
    *PICTURE_EXTENSIONS.split(),
    "odttf",
    "ttf",
    "otf",
    "fntdata",
    "bin",
    "dat",
    "tmp",
    "data",
    "sigs",
    "",
}

MACROS_FOUND = _("The document contains macros.")
REMOVE_MACROS_REMEDY = _("In Word, use Save As and choose Word Document (.docx), which leaves macros out.")
PLACE_FOUND = _("A picture says where it was taken.")
REMOVE_PLACE_REMEDY = _("If that should not be known, copy the picture and insert it again by Paste Special, as PNG.")
EMBEDDED_FOUND = _("There is a file or object embedded in the document.")
REMOVE_EMBEDDED_REMEDY = _(
    "Replace it by a picture of it (Paste Special, Picture), or hand it in as a document of its own."
)


class ContentTypesReader(XmlPartReader):
    """SAX handler that reads the content type of each part."""

    def __init__(self) -> None:
        super().__init__()
        self.types_by_part: dict[str, str] = {}
        self.types_by_extension: dict[str, str] = {}

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Store an override or a default."""
        if tag.name == "Override":
            self.types_by_part[fold_part_name(values.get("PartName", "").lstrip("/"))] = values.get("ContentType", "")
        if tag.name == "Default":
            self.types_by_extension[values.get("Extension", "").casefold()] = values.get("ContentType", "")

    def type_of_part(self, part: str) -> str:
        """Return the content type of a part, empty if none is declared."""
        ending = part.rpartition(".")[2].casefold()
        return self.types_by_part.get(fold_part_name(part), self.types_by_extension.get(ending, ""))

    def all_types(self) -> list[str]:
        """Return all declared content types."""
        return [*self.types_by_part.values(), *self.types_by_extension.values()]


class OpcPackage:
    """A package of parts (OPC): the document itself, or the workbook of a chart in it."""

    def __init__(self, archive: ZipArchive, collector: FindingsCollector) -> None:
        self.archive, self.collector = archive, collector
        self.content_types = ContentTypesReader()
        if CONTENT_TYPES_PART in archive.by_name:
            parse_xml_part(
                archive.iter_entry_chunks(archive.by_name[CONTENT_TYPES_PART]),
                self.content_types,
                CONTENT_TYPES_PART,
                collector,
            )

    def check_macros(self) -> None:
        """Add a refusal if the package contains macros."""
        names = [entry.name for entry in self.archive.entries if "vbaproject" in entry.name.casefold()]
        kinds = [
            kind
            for kind in self.content_types.all_types()
            if re.search("macroenabled|vbaproject|vbadata", kind, re.IGNORECASE)
        ]
        if names or kinds:
            self.collector.add_refusal(MACROS_FOUND, (names or kinds)[0], REMOVE_MACROS_REMEDY)

    def read_relations(self) -> list[PartRelationsReader]:
        """Read the relationships of all parts; dangerous targets are refused on the way."""
        all_relations = []
        for entry in self.archive.entries:
            if entry.name.casefold().endswith(".rels"):
                relations = PartRelationsReader(entry.name, self.collector)
                parse_xml_part(self.archive.iter_entry_chunks(entry), relations, entry.name, self.collector)
                all_relations.append(relations)
        return all_relations

    def find_main_part(self, relations: list[PartRelationsReader]) -> str:
        """Return the name of the main document part, or an empty text."""
        targets = [
            relation.target
            for part_relations in relations
            if part_relations.source_part == ""
            for relation in part_relations.relations
            if relation.kind == "officeDocument"
        ]
        return targets[0] if len(targets) == 1 and targets[0] in self.archive.by_name else ""


def inspect_docx(source: BinaryIO, limits: InspectionLimits, collector: FindingsCollector) -> None:
    """Inspect a DOCX and collect findings. Raises InspectionStopped where reading on is pointless."""
    package = OpcPackage(ZipArchive(source, limits, collector), collector)
    package.check_macros()
    relations = package.read_relations()
    main = package.find_main_part(relations)
    if package.content_types.type_of_part(main) != MAIN_CONTENT_TYPE or not main:
        raise build_not_docx_stop(package, collector, main)
    fonts = read_font_keys(package, relations)
    charts = {
        relation.target
        for part_relations in relations
        for relation in part_relations.relations
        if relation.kind == "package"
        and part_relations.source_part.startswith("word/charts/")
        and CHART_WORKBOOK_PATTERN.fullmatch(relation.target)
    }
    content_reader = DocxContentInspector(relations, read_hidden_styles(package, relations, main), collector)
    for entry in package.archive.entries:
        if MAC_PICTURE_PATTERN.fullmatch(entry.name):
            check_pdf_picture(package, entry, limits)
        elif entry.name.casefold().endswith(".odttf"):
            check_font(package, entry, fonts.get(fold_part_name(entry.name), []))
        else:
            check_part(package, entry.name, charts, content_reader, limits)
    content_reader.report_document_findings()


def build_not_docx_stop(package: OpcPackage, collector: FindingsCollector, main: str) -> Exception:
    """Build the refusal of an archive that is no DOCX."""
    kind = package.content_types.type_of_part(main) or " ".join(package.content_types.all_types())
    what = _("This archive is not a Word document (DOCX): its main part is missing or of another kind.")
    for type_mark, ending in OTHER_OFFICE_TYPES.items():
        if type_mark in kind and MAIN_CONTENT_TYPE not in kind:
            what = _("This is not a Word document (DOCX) but an Office file of type %(type)s.", type=ending)
            break
    return collector.add_refusal_and_build_stop(
        what, main, _("In Word, use Save As and choose Word Document (.docx), or export it to PDF.")
    )


def check_part(
    package: OpcPackage, name: str, charts: set[str], content_reader: DocxContentInspector, limits: InspectionLimits
) -> None:
    """Inspect one part: XML is read; of other parts, only pictures, fonts and chart workbooks are accepted.

    Raises InspectionStopped for an XML part that is too large.
    """
    archive, notes, kind = package.archive, package.collector, package.content_types.type_of_part(name)
    entry = archive.by_name[name]
    if name in charts:
        check_workbook(archive.read_entry(name), name, limits, notes)
        return
    if XML_PART_PATTERN.search(name) or kind.endswith(("+xml", "/xml")):
        if entry.size > limits.max_part_bytes:
            raise notes.add_refusal_and_build_stop(
                _("A part of the document is too large."), name, _("Divide the document.")
            )
        content_reader.start_part(name, kind)
        parse_xml_part(archive.iter_entry_chunks(entry), content_reader, name, notes)
        return
    start = read_entry_start(archive, entry)
    if has_place(start):
        notes.add_finding_to_decide(PLACE_FOUND, name, REMOVE_PLACE_REMEDY)
    is_suspect = re.search("activex|oleobject|embeddings/", f"{name} {kind}", re.IGNORECASE)
    ending = posixpath.splitext(name)[1][1:].casefold()
    is_packed_picture = start.startswith(b"\x1f\x8b") and ending in {"emz", "wmz"}  # compressed Windows metafiles
    if (
        start
        and not is_packed_picture
        and (is_suspect or ending not in BINARY_PART_EXTENSIONS or start.lstrip().startswith(FOREIGN_SIGNATURES))
    ):
        notes.add_refusal(EMBEDDED_FOUND, name, REMOVE_EMBEDDED_REMEDY)


def read_hidden_styles(package: OpcPackage, relations: list[PartRelationsReader], main: str) -> HiddenStylesReader:
    """Read which styles of the document hide text."""
    reader = HiddenStylesReader()
    for part_relations in relations:
        for relation in part_relations.relations if part_relations.source_part == main else ():
            if relation.kind == "styles" and relation.target in package.archive.by_name:
                chunks = package.archive.iter_entry_chunks(package.archive.by_name[relation.target])
                parse_xml_part(chunks, reader, relation.target, package.collector)
    return reader


def read_font_keys(package: OpcPackage, relations: list[PartRelationsReader]) -> dict[str, list[bytes]]:
    """Return the keys of embedded fonts by the names of their parts."""
    keys: dict[str, list[bytes]] = {}
    for part_relations in relations:
        name = part_relations.source_part
        has_fonts = any(relation.kind == "font" for relation in part_relations.relations)
        if has_fonts and name in package.archive.by_name:
            reader = FontKeysReader(part_relations)
            chunks = package.archive.iter_entry_chunks(package.archive.by_name[name])
            parse_xml_part(chunks, reader, name, package.collector)
            keys |= {fold_part_name(part): found for part, found in reader.keys.items()}
    return keys


def check_font(package: OpcPackage, entry: ArchiveEntry, keys: list[bytes]) -> None:
    """Refuse a part that is no font when its key is taken off; without a key nothing reads it."""
    start = read_entry_start(package.archive, entry)
    is_foreign = not is_font(start, keys) if keys else start.lstrip().startswith(FOREIGN_SIGNATURES)
    if start and is_foreign:
        package.collector.add_refusal(EMBEDDED_FOUND, entry.name, REMOVE_EMBEDDED_REMEDY)


def check_pdf_picture(package: OpcPackage, entry: ArchiveEntry, limits: InspectionLimits) -> None:
    """Inspect a picture that Word for Mac keeps as PDF, by the rules for active content."""
    trial = FindingsCollector()
    data = package.archive.read_entry(entry.name)
    if not data.startswith(PDF_SIGNATURE):
        package.collector.add_refusal(EMBEDDED_FOUND, entry.name, REMOVE_EMBEDDED_REMEDY)
        return
    with suppress(InspectionStopped):
        inspect_pdf_picture(BytesIO(data), limits, trial)
    for finding in trial.findings:
        if finding.level is FindingLevel.REFUSED:
            where = f"{entry.name} › {finding.where}" if finding.where else entry.name
            package.collector.add_refusal(finding.what, where, REMOVE_EMBEDDED_REMEDY)


def read_entry_start(archive: ZipArchive, entry: ArchiveEntry) -> bytes:
    """Return the first bytes of a part. It is read to the end, since only then a wrong length is detected."""
    start = b""
    for chunk in archive.iter_entry_chunks(entry):
        start = (start + chunk[: READ_BYTES - len(start)]) if len(start) < READ_BYTES else start
    return start


def check_workbook(data: bytes, name: str, limits: InspectionLimits, collector: FindingsCollector) -> None:
    """Inspect the workbook of a chart: a plain XLSX without macros, objects or links to other files.

    Raises InspectionStopped for another kind of file.
    """
    package = OpcPackage(ZipArchive(BytesIO(data), limits, collector, inside=name), collector)
    package.check_macros()
    relations = package.read_relations()
    if package.content_types.type_of_part(package.find_main_part(relations)) != f"{SHEET_CONTENT_TYPE}.main+xml":
        raise collector.add_refusal_and_build_stop(EMBEDDED_FOUND, name, REMOVE_EMBEDDED_REMEDY)
    for part_relations in relations:
        if any(
            is_active_content_relation(relation.kind) or relation.kind in {"package", "externalLink"}
            for relation in part_relations.relations
        ):
            collector.add_refusal(EMBEDDED_FOUND, f"{name} › {part_relations.source_part}", REMOVE_EMBEDDED_REMEDY)
    use_reader = RelationUseInspector(relations, collector)
    for entry in package.archive.entries:
        if XML_PART_PATTERN.search(entry.name):
            use_reader.start_part(entry.name)
            parse_xml_part(package.archive.iter_entry_chunks(entry), use_reader, f"{name} › {entry.name}", collector)
        elif read_entry_start(package.archive, entry).lstrip().startswith(FOREIGN_SIGNATURES):
            collector.add_refusal(EMBEDDED_FOUND, f"{name} › {entry.name}", SAVE_AGAIN_REMEDY)
