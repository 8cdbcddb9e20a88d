"""Copies a DOCX for the converter, without what would slip into its PDF: names of people, and words that were deleted.

Runs in the limited process. The PDF shows the text as its author sees it without markup, as `docx_text` reads it.
Sources: ECMA-376 part 1, 17.15.1.69 (revisionView); part 2, 10 (core properties).
"""

import posixpath
import zipfile
from collections.abc import Callable
from typing import BinaryIO

from docx.opc.oxml import serialize_part_xml
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement as Element

from app.core.inspection.archive import ZipArchive, fold_part_name
from app.core.inspection.findings import InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector
from app.core.inspection.opc import OpcPackage
from app.core.rendering.package_copy import copy_package

# Besides the title, what fields show in the text and what names no person.
KEPT_PROPERTIES = (
    *(qn("dc:title"), qn("dc:language"), qn("dc:subject"), qn("cp:keywords")),
    *(qn("dcterms:created"), qn("dcterms:modified")),
)


def remove_properties(properties: Element) -> None:
    """Remove the properties of a document that name somebody or that nothing shows."""
    for element in list(properties):
        if element.tag not in KEPT_PROPERTIES:
            properties.remove(element)


def hide_revisions(settings: Element) -> None:
    """Have the document shown without its tracked changes, as if all were accepted."""
    namespace = settings.tag.rpartition("}")[0] + "}"  # that of the older or of the strict form
    for element in settings.findall(f"{namespace}revisionView"):
        settings.remove(element)
    hidden = {f"{namespace}{kind}": "0" for kind in ("markup", "insDel", "formatting")}
    settings.insert(0, settings.makeelement(f"{namespace}revisionView", hidden))


CHANGES: dict[str, Callable[[Element], None]] = {
    "core-properties": remove_properties,
    "extended-properties": remove_properties,
    "custom-properties": remove_properties,
    "settings": hide_revisions,
}
"""What is changed in a part, by the kind of the relationship that leads to it, as converters find it."""
SETTINGS = "<w:settings xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'/>"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
ADDED_ID = "addedSettings"
SETTINGS_TYPES = [
    f"{space}/officeDocument{year}/relationships/settings"
    for space, year in (("http://schemas.openxmlformats.org", "/2006"), ("http://purl.oclc.org/ooxml", ""))
]


def copy_docx_for_conversion(source: BinaryIO) -> bytes:
    """Return the document without the names of people in its properties, to be shown without tracked changes.

    A document without settings gets some. It passed the inspection. Raises InspectionStopped, KeyError, SyntaxError,
    ValueError or `zipfile.BadZipFile` if it is no document after all.
    """
    collector = FindingsCollector()
    package = OpcPackage(ZipArchive(source, InspectionLimits(), collector), collector)
    relations = package.read_relations()
    main = package.find_main_part(relations)
    changes = {
        fold_part_name(relation.target): CHANGES[relation.kind]
        for part_relations in relations
        for relation in part_relations.relations
        if relation.kind in CHANGES
    }
    with zipfile.ZipFile(source) as archive:
        added = add_settings(archive, main)

    def change_part(name: str, content: bytes) -> bytes:
        content = added.pop(name, content)
        if change := changes.get(fold_part_name(name)):
            root = parse_xml(content)
            change(root)
            content = serialize_part_xml(root)
        return content

    return copy_package(source, change_part, added)


def add_settings(archive: zipfile.ZipFile, main: str) -> dict[str, bytes]:
    """Return the parts that give a document settings in which its tracked changes are not shown, none if it has
    settings that a converter finds."""
    names = archive.namelist()
    folder, file = posixpath.split(main)
    added, wanted = (posixpath.join(folder, name) for name in ("added-settings.xml", f"_rels/{file}.rels"))
    name = next((name for name in names if fold_part_name(name) == fold_part_name(wanted)), wanted)
    relations = parse_xml(archive.read(name) if name in names else f"<Relationships xmlns='{RELATIONSHIPS}'/>")
    for relation in list(relations):
        if relation.get("Type") in SETTINGS_TYPES:
            if posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/") in names:
                return {}
            relations.remove(relation)
        elif relation.get("Id") == ADDED_ID:
            relations.remove(relation)
    target = {"Id": ADDED_ID, "Type": SETTINGS_TYPES[0], "Target": f"/{added}"}
    relations.append(relations.makeelement(f"{{{RELATIONSHIPS}}}Relationship", target))
    settings = parse_xml(SETTINGS)
    hide_revisions(settings)
    return {added: serialize_part_xml(settings), name: serialize_part_xml(relations)}
