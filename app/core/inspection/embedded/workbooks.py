"""Workbooks of the charts in a DOCX: plain ones, which hold figures and neither fetch nor start anything."""

import posixpath
import re
from io import BytesIO

from app.core.inspection.archive import SAVE_AGAIN_REMEDY, ArchiveEntry, ZipArchive
from app.core.inspection.docx_relations import RelationUseInspector, is_active_content_relation
from app.core.inspection.embedded.binary_parts import (
    BINARY_PART_EXTENSIONS,
    EMBEDDED_FOUND,
    REMOVE_EMBEDDED_REMEDY,
    has_foreign_start,
    read_entry_start,
)
from app.core.inspection.findings import InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector
from app.core.inspection.opc import XML_PART_PATTERN, OpcPackage
from app.core.inspection.xml import XmlTag, parse_xml_part

SHEET_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORKBOOK_TIES = {"package", "externalLink", "connections", "queryTable"}
# Formulas that fetch from an address or a program, and a program with a topic (DDE), outside of texts and names of
# sheets (18.17).
FORMULA_ELEMENTS = {
    "f",
    "definedName",
    "formula",
    "formula1",
    "formula2",
    "calculatedColumnFormula",
    "totalsRowFormula",
}
QUOTED_PATTERN = re.compile(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'")
FETCHING_PATTERN = re.compile(
    r"\b(?:WEBSERVICE|FILTERXML|RTD|IMAGE|CALL|REGISTER(?:\.ID)?|EXEC|DDE|SQL\.REQUEST|STOCKHISTORY)\s*\(|\|",
    re.IGNORECASE,
)
MAX_FORMULA_LENGTH = 8192  # as Excel has it


class WorkbookPartInspector(RelationUseInspector):
    """SAX handler that refuses a formula which fetches something, besides links that are used against their kind."""

    formula = ""
    in_formula = False

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Begin a formula."""
        super().start_element(tag, values)
        if tag.name in FORMULA_ELEMENTS:
            self.in_formula, self.formula = True, ""

    def characters(self, content: str) -> None:
        """Collect the text of a formula."""
        if self.in_formula and len(self.formula) <= MAX_FORMULA_LENGTH:
            self.formula += content

    def end_element(self, tag: XmlTag) -> None:
        """Inspect the formula that ends here."""
        if tag.name in FORMULA_ELEMENTS:
            self.in_formula = False
            if FETCHING_PATTERN.search(QUOTED_PATTERN.sub("", self.formula)):
                self.collector.add_refusal(EMBEDDED_FOUND, self.part, REMOVE_EMBEDDED_REMEDY)


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
            is_active_content_relation(relation.kind) or relation.kind in WORKBOOK_TIES
            for relation in part_relations.relations
        ):
            collector.add_refusal(EMBEDDED_FOUND, f"{name} › {part_relations.source_part}", REMOVE_EMBEDDED_REMEDY)
    reader = WorkbookPartInspector(relations, collector)
    for entry in package.archive.entries:
        if XML_PART_PATTERN.search(entry.name):
            reader.start_part(entry.name)
            parse_xml_part(package.archive.iter_entry_chunks(entry), reader, f"{name} › {entry.name}", collector)
        elif is_foreign_part(package.archive, entry):
            collector.add_refusal(EMBEDDED_FOUND, f"{name} › {entry.name}", SAVE_AGAIN_REMEDY)


def is_foreign_part(archive: ZipArchive, entry: ArchiveEntry) -> bool:
    """Return whether a part is no picture or printer setting, by its name or first bytes."""
    ending = posixpath.splitext(entry.name)[1][1:].casefold()
    return ending not in BINARY_PART_EXTENSIONS or has_foreign_start(read_entry_start(archive, entry))
