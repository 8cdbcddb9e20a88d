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
from app.core.inspection.archive import ArchiveEntry, ZipArchive, fold_part_name
from app.core.inspection.docx_relations import PartRelationsReader
from app.core.inspection.docx_styles import DocxStylesReader
from app.core.inspection.docx_text import DocxContentInspector
from app.core.inspection.embedded.binary_parts import (
    BINARY_PART_EXTENSIONS,
    EMBEDDED_FOUND,
    PACKED_SIGNATURE,
    REMOVE_EMBEDDED_REMEDY,
    has_foreign_start,
    is_packed_metafile,
    read_entry_start,
)
from app.core.inspection.embedded.fonts import FontKeysReader, is_font
from app.core.inspection.embedded.workbooks import check_workbook
from app.core.inspection.findings import DOCX, FindingCode, FindingLevel, InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector, InspectionStopped
from app.core.inspection.opc import XML_PART_PATTERN, OpcPackage
from app.core.inspection.pdf import inspect_pdf_picture
from app.core.inspection.picture_places import has_place
from app.core.inspection.signatures import PDF_SIGNATURE
from app.core.inspection.xml import parse_xml_part

MAIN_CONTENT_TYPE = f"{DOCX}.main+xml"
OTHER_OFFICE_TYPES = {"spreadsheetml": "XLSX", "presentationml": "PPTX", "template": "DOTX"}
MAC_PICTURE_PATTERN = re.compile(r"word/media/[^/]+\.pdf", re.IGNORECASE)
CHART_WORKBOOK_PATTERN = re.compile(r"word/embeddings/[^/]+\.xlsx", re.IGNORECASE)
# Relationships by which programs read text, whatever the name and the type of the part.
TEXT_RELATIONS = {
    *("header", "footer", "footnotes", "endnotes", "comments", "glossaryDocument", "settings", "webSettings", "styles"),
    *("numbering", "fontTable", "theme", "customXml", "chart", "diagramData", "diagramDrawing", "officeDocument"),
    *("core-properties", "extended-properties", "custom-properties"),
}
PLACE_FOUND = _("A picture contains information on where it was taken.")
REMOVE_PLACE_REMEDY = _(
    "If you do not want this to be known, copy the picture and insert it again using Paste Special, as PNG."
)


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
    text_parts = {
        fold_part_name(relation.target)
        for part_relations in relations
        for relation in part_relations.relations
        if relation.kind in TEXT_RELATIONS
    }
    content_reader = DocxContentInspector(relations, read_styles(package, relations, main), collector, main)
    for entry in package.archive.entries:
        if MAC_PICTURE_PATTERN.fullmatch(entry.name):
            check_pdf_picture(package, entry, limits)
        elif entry.name.casefold().endswith(".odttf"):
            check_font(package, entry, fonts.get(fold_part_name(entry.name), []))
        else:
            check_part(package, entry.name, charts, text_parts, content_reader, limits)
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
    package: OpcPackage,
    name: str,
    charts: set[str],
    text_parts: set[str],
    content_reader: DocxContentInspector,
    limits: InspectionLimits,
) -> None:
    """Inspect one part: XML is read; of other parts, only pictures, fonts and chart workbooks are accepted.

    Raises InspectionStopped for an XML part that is too large.
    """
    archive, notes, kind = package.archive, package.collector, package.content_types.type_of_part(name)
    entry = archive.by_name[name]
    if name in charts:
        check_workbook(archive.read_entry(name), name, limits, notes)
        return
    is_xml = kind.casefold().partition(";")[0].strip().endswith(("+xml", "/xml"))
    if is_xml or XML_PART_PATTERN.search(name) or fold_part_name(name) in text_parts:
        if entry.size > limits.max_part_bytes:
            raise notes.add_refusal_and_build_stop(
                _("A part of the document is too large."), name, _("Split the document into several documents.")
            )
        content_reader.start_part(name, kind)
        parse_xml_part(archive.iter_entry_chunks(entry), content_reader, name, notes)
        return
    start = read_entry_start(archive, entry)
    if has_place(start):
        notes.add_finding_to_decide(FindingCode.PLACE, PLACE_FOUND, name, REMOVE_PLACE_REMEDY)
    is_suspect = re.search("activex|oleobject|embeddings/", f"{name} {kind}", re.IGNORECASE)
    ending = posixpath.splitext(name)[1][1:].casefold()
    if start.startswith(PACKED_SIGNATURE) and ending in {"emz", "wmz"}:  # compressed Windows metafiles
        is_foreign = not is_packed_metafile(archive.iter_entry_chunks(entry), limits.max_part_bytes)
    else:
        is_foreign = has_foreign_start(start)
    if start and (is_suspect or ending not in BINARY_PART_EXTENSIONS or is_foreign):
        notes.add_refusal(EMBEDDED_FOUND, name, REMOVE_EMBEDDED_REMEDY)


def read_styles(package: OpcPackage, relations: list[PartRelationsReader], main: str) -> DocxStylesReader:
    """Read the styles of the document."""
    reader = DocxStylesReader()
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
    is_foreign = not is_font(start, keys) if keys else has_foreign_start(start)
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
