"""Packages of parts (OPC): content types, relationships and the main part (ECMA-376 part 2)."""

import re

from app.core.i18n import lazy_gettext as _
from app.core.inspection.archive import ZipArchive, fold_part_name
from app.core.inspection.docx_relations import PartRelationsReader
from app.core.inspection.findings_collector import FindingsCollector
from app.core.inspection.xml import XmlPartReader, XmlTag, parse_xml_part

CONTENT_TYPES_PART = "[Content_Types].xml"
XML_PART_PATTERN = re.compile(r"\.(xml|rels|vml|svg)$", re.IGNORECASE)
MACROS_FOUND = _("The document contains macros.")
REMOVE_MACROS_REMEDY = _("In Word, use Save As and choose Word Document (.docx), which does not contain macros.")


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
