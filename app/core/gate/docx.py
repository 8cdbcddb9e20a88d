"""Inspection of DOCX: an unambiguous archive of plain XML and pictures. Runs in the limited process only.

Sources: ECMA-376 part 2 (packages, content types, relationships) and part 1 (WordprocessingML). Text content is
inspected in `docx_text`, relationships in `docx_relations`.
"""

import posixpath
import re
from io import BytesIO
from typing import BinaryIO

from app.core.gate.archive import SAVE_AGAIN, Archive, Entry
from app.core.gate.docx_relations import Relations, is_active_relation
from app.core.gate.docx_text import Words
from app.core.gate.findings import DOCX, Bounds
from app.core.gate.notes import Notes
from app.core.gate.xml import Part, Tag, parse
from app.core.i18n import say

MAIN = f"{DOCX}.main+xml"
TYPES = "[Content_Types].xml"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OTHERS = {"spreadsheetml": "XLSX", "presentationml": "PPTX", "template": "DOTX"}
XML_NAME = re.compile(r"\.(xml|rels|vml|svg)$", re.IGNORECASE)
CHART_BOOK = re.compile(r"word/embeddings/[^/]+\.xlsx", re.IGNORECASE)
# Signatures with which no picture, font or printer setting begins: programs, scripts, archives, other documents.
BINARIES = (
    *(b"\xd0\xcf\x11\xe0", b"MZ", b"\x7fELF", b"PK\x03\x04", b"%PDF", b"{\\rtf", b"#!", b"L\0\0\0\1\x14\2\0"),
    *(b"MSCF", b"ITSF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"FWS", b"CWS", b"ZWS", b"<"),
    *(b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"%!PS", b"\xc5\xd0\xd3\xc6"),
)
# Extensions of parts that are not XML: pictures, fonts, signature origins, and files that Word itself adds.
PICTURES = "png jpg jpeg jpe jfif gif bmp dib tif tiff emf wmf emz wmz webp ico wdp jxr hdp pict pct heic heif avif"
ENDINGS = {*PICTURES.split(), "odttf", "ttf", "otf", "fntdata", "bin", "dat", "tmp", "data", "sigs", ""}

MACROS = say("The document contains macros.")
NO_MACROS = say("In Word, use Save As and choose Word Document (.docx), which leaves macros out.")
EMBEDDED = say("There is a file or object embedded in the document.")
NO_EMBEDDED = say("Replace it by a picture of it (Paste Special, Picture), or hand it in as a document of its own.")


class ContentTypes(Part):
    """SAX handler that reads the content type of each part."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: dict[str, str] = {}
        self.endings: dict[str, str] = {}

    def opened(self, tag: Tag, values: dict[str, str]) -> None:
        """Store an override or a default."""
        if tag.name == "Override":
            self.parts[values.get("PartName", "").lstrip("/").casefold()] = values.get("ContentType", "")
        if tag.name == "Default":
            self.endings[values.get("Extension", "").casefold()] = values.get("ContentType", "")

    def of(self, part: str) -> str:
        """Return the content type of a part, empty if none is declared."""
        ending = part.rpartition(".")[2].casefold()
        return self.parts.get(part.casefold(), self.endings.get(ending, ""))

    def all(self) -> list[str]:
        """Return all declared content types."""
        return [*self.parts.values(), *self.endings.values()]


class Package:
    """A package of parts (OPC): the document itself, or the workbook of a chart in it."""

    def __init__(self, archive: Archive, notes: Notes) -> None:
        self.archive, self.notes = archive, notes
        self.types = ContentTypes()
        if TYPES in archive.by_name:
            parse(archive.pieces(archive.by_name[TYPES]), self.types, TYPES, notes)

    def check_macros(self) -> None:
        """Add a refusal if the package contains macros."""
        names = [entry.name for entry in self.archive.entries if "vbaproject" in entry.name.casefold()]
        kinds = [kind for kind in self.types.all() if re.search("macroenabled|vbaproject|vbadata", kind, re.IGNORECASE)]
        if names or kinds:
            self.notes.refuse(MACROS, (names or kinds)[0], NO_MACROS)

    def relations(self) -> list[Relations]:
        """Read the relationships of all parts; dangerous targets are refused on the way."""
        all_relations = []
        for entry in self.archive.entries:
            if entry.name.casefold().endswith(".rels"):
                relations = Relations(entry.name, self.notes)
                parse(self.archive.pieces(entry), relations, entry.name, self.notes)
                all_relations.append(relations)
        return all_relations

    def main_part(self, relations: list[Relations]) -> str:
        """Return the name of the main document part, or an empty text."""
        targets = [
            relation.target
            for part_relations in relations
            if part_relations.source == ""
            for relation in part_relations.all
            if relation.kind == "officeDocument"
        ]
        return targets[0] if len(targets) == 1 and targets[0] in self.archive.by_name else ""


def look(source: BinaryIO, bounds: Bounds, notes: Notes) -> None:
    """Inspect a DOCX and collect findings. Raises InspectionStopped where reading on is pointless."""
    package = Package(Archive(source, bounds, notes), notes)
    package.check_macros()
    relations = package.relations()
    main = package.main_part(relations)
    if package.types.of(main) != MAIN or not main:
        raise not_a_document(package, notes, main)
    charts = {
        relation.target
        for part_relations in relations
        for relation in part_relations.all
        if relation.kind == "package"
        and part_relations.source.startswith("word/charts/")
        and CHART_BOOK.fullmatch(relation.target)
    }
    content_reader = Words(notes)
    for entry in package.archive.entries:
        check_part(package, entry.name, charts, content_reader, bounds)
    content_reader.summarise()


def not_a_document(package: Package, notes: Notes, main: str) -> Exception:
    """Build the refusal of an archive that is no DOCX."""
    kind = package.types.of(main) or " ".join(package.types.all())
    what = say("This archive is not a Word document (DOCX): its main part is missing or of another kind.")
    for type_mark, ending in OTHERS.items():
        if type_mark in kind and MAIN not in kind:
            what = say("This is not a Word document (DOCX) but an Office file of type %(type)s.", type=ending)
            break
    return notes.stop(what, main, say("In Word, use Save As and choose Word Document (.docx), or export it to PDF."))


def check_part(package: Package, name: str, charts: set[str], words: Words, bounds: Bounds) -> None:
    """Inspect one part: XML is read; of other parts, only pictures, fonts and chart workbooks are accepted.

    Raises InspectionStopped for an XML part that is too large.
    """
    archive, notes, kind = package.archive, package.notes, package.types.of(name)
    entry = archive.by_name[name]
    if name in charts:
        check_workbook(archive.read(name), name, bounds, notes)
        return
    if XML_NAME.search(name) or kind.endswith(("+xml", "/xml")):
        if entry.size > bounds.part:
            raise notes.stop(say("A part of the document is too large."), name, say("Divide the document."))
        words.enter(name, kind)
        parse(archive.pieces(entry), words, name, notes)
        return
    start = beginning(archive, entry)
    is_suspect = re.search("activex|oleobject|embeddings/", f"{name} {kind}", re.IGNORECASE)
    ending = posixpath.splitext(name)[1][1:].casefold()
    is_packed_picture = start.startswith(b"\x1f\x8b") and ending in {"emz", "wmz"}  # compressed Windows metafiles
    if start and not is_packed_picture and (is_suspect or ending not in ENDINGS or start.lstrip().startswith(BINARIES)):
        notes.refuse(EMBEDDED, name, NO_EMBEDDED)


def beginning(archive: Archive, entry: Entry) -> bytes:
    """Return the first bytes of a part. It is read to the end, since only then a wrong length is detected."""
    start = b""
    for chunk in archive.pieces(entry):
        start = start or chunk[:16]
    return start


def check_workbook(data: bytes, name: str, bounds: Bounds, notes: Notes) -> None:
    """Inspect the workbook of a chart: a plain XLSX without macros, objects or links to other files.

    Raises InspectionStopped for another kind of file.
    """
    package = Package(Archive(BytesIO(data), bounds, notes, inside=name), notes)
    package.check_macros()
    relations = package.relations()
    if package.types.of(package.main_part(relations)) != f"{SHEET}.main+xml":
        raise notes.stop(EMBEDDED, name, NO_EMBEDDED)
    for part_relations in relations:
        if any(
            is_active_relation(relation.kind) or relation.kind in {"package", "externalLink"}
            for relation in part_relations.all
        ):
            notes.refuse(EMBEDDED, f"{name} › {part_relations.source}", NO_EMBEDDED)
    for entry in package.archive.entries:
        if XML_NAME.search(entry.name):
            parse(package.archive.pieces(entry), Part(), f"{name} › {entry.name}", notes)
        elif beginning(package.archive, entry).lstrip().startswith(BINARIES):
            notes.refuse(EMBEDDED, f"{name} › {entry.name}", SAVE_AGAIN)
