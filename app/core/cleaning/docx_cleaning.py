"""Makes the clean copy of a DOCX, part by part; parts of which nothing is taken out stay byte by byte.

Runs in the limited process. Sources: ECMA-376 part 1, 17.13.4 (comments); part 2, 6.5 (relationships), 10 (core
properties).
"""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from docx.opc.oxml import serialize_part_xml
from docx.oxml import parse_xml
from docx.oxml.xmlchemy import BaseOxmlElement as Element

from app.core.cleaning.docx_changes import accept_changes, get_word_name, list_elements, remove_element
from app.core.cleaning.docx_hidden import remove_hidden_text
from app.core.cleaning.picture_metadata import remove_picture_metadata
from app.core.cleaning.removals import CleaningObstacle, RemovalKind, Removals
from app.core.inspection.archive import ZipArchive, fold_part_name
from app.core.inspection.docx import TEXT_RELATIONS, read_styles
from app.core.inspection.docx_relations import PartRelationsReader
from app.core.inspection.docx_styles import DocxStylesReader
from app.core.inspection.findings import InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector
from app.core.inspection.opc import CONTENT_TYPES_PART, XML_PART_PATTERN, OpcPackage
from app.core.rendering.package_copy import copy_package

COMMENTS, CUSTOM_PROPERTIES = "comments", "custom-properties"
# Parts that are left out whole, by the kind of the relationship that leads to them.
REMOVED_PARTS: Final = {
    *(COMMENTS, "commentsExtended", "commentsIds", "commentsExtensible", "people"),
    *(CUSTOM_PROPERTIES, "classificationlabels", "thumbnail"),
}
CUSTOM_PROPERTIES_PART: Final = "docProps/custom.xml"
PERSON_PROPERTIES: Final = {"creator", "lastModifiedBy", "Company", "Manager"}
COMMENT_MARKS: Final = {"commentRangeStart", "commentRangeEnd", "commentReference"}
TEMPLATE_RELATION: Final = "attachedTemplate"
SIGNATURES_FOLDER: Final = "_xmlsignatures/"
RELATIONS_NAMESPACES: Final = ("/officeDocument/2006/relationships", "/officeDocument/relationships")


@dataclass(slots=True)
class DocxCleaning:
    """A DOCX that is being cleaned: its relationships, the new content of its parts, and what was taken out.

    `dropped` are identifiers of relationships that are left out, by the part that has them; `notes` those of footnotes
    and endnotes that nothing refers to any more.
    """

    package: OpcPackage
    relations: list[PartRelationsReader]
    styles: DocxStylesReader
    removals: Removals = field(default_factory=Removals)
    contents: dict[str, bytes] = field(default_factory=dict)
    dropped: dict[str, set[str]] = field(default_factory=dict)
    notes: dict[str, set[str]] = field(default_factory=dict)


def clean_docx(source: BinaryIO) -> tuple[bytes, Removals] | CleaningObstacle:
    """Return the clean copy of a document that passed the inspection, and what was taken out; or why none is made.

    Raises InspectionStopped, KeyError, SyntaxError, ValueError or `zipfile.BadZipFile` if it is no document after all.
    """
    collector = FindingsCollector()
    package = OpcPackage(ZipArchive(source, InspectionLimits(), collector), collector)
    if any(fold_part_name(entry.name).startswith(SIGNATURES_FOLDER) for entry in package.archive.entries):
        return CleaningObstacle.SIGNED
    relations = package.read_relations()
    cleaning = DocxCleaning(package, relations, read_styles(package, relations, package.find_main_part(relations)))
    removed = _find_removed_parts(cleaning)
    text_parts = {
        fold_part_name(relation.target)
        for each in relations
        for relation in each.relations
        if relation.kind in TEXT_RELATIONS
    }
    for entry in package.archive.entries:
        if fold_part_name(entry.name) in removed:
            _count_removed_part(cleaning, entry.name, removed[fold_part_name(entry.name)])
        elif _is_xml(package, entry.name, text_parts):
            _clean_xml_part(cleaning, entry.name)
        else:
            _clean_picture(cleaning, entry.name)
    _remove_notes(cleaning)
    _drop_template(cleaning)
    left_out = _list_parts_left_out(cleaning, set(removed))
    _change_relations(cleaning, left_out)

    def change_part(name: str, content: bytes) -> bytes | None:
        return None if fold_part_name(name) in left_out else cleaning.contents.get(name, content)

    return copy_package(source, change_part), cleaning.removals


def _find_removed_parts(cleaning: DocxCleaning) -> dict[str, str]:
    """Find the parts that are left out whole, with the kind of the relationship that leads to each."""
    found = {
        fold_part_name(relation.target): relation.kind
        for each in cleaning.relations
        for relation in each.relations
        if relation.kind in REMOVED_PARTS
    }
    return {fold_part_name(CUSTOM_PROPERTIES_PART): CUSTOM_PROPERTIES} | found


def _is_xml(package: OpcPackage, name: str, text_parts: set[str]) -> bool:
    """Return whether a part is one that the inspection reads as XML, but for relationships and types."""
    if name == CONTENT_TYPES_PART or name.casefold().endswith((".rels", ".svg")):
        return False
    kind = package.content_types.type_of_part(name).casefold().partition(";")[0].strip()
    is_xml = kind.endswith(("+xml", "/xml")) or bool(XML_PART_PATTERN.search(name))
    return is_xml or fold_part_name(name) in text_parts


def _count_removed_part(cleaning: DocxCleaning, name: str, kind: str) -> None:
    """Count what is in a part that is left out."""
    if kind == "thumbnail":
        cleaning.removals[RemovalKind.THUMBNAIL] += 1
    elif kind == COMMENTS:
        root = parse_xml(cleaning.package.archive.read_entry(name))
        cleaning.removals[RemovalKind.COMMENTS] += len(list_elements(root, "comment"))
    elif kind in (CUSTOM_PROPERTIES, "classificationlabels"):
        root = parse_xml(cleaning.package.archive.read_entry(name))
        cleaning.removals[RemovalKind.PROPERTIES] += len(root)


def _clean_xml_part(cleaning: DocxCleaning, name: str) -> None:
    """Take out of an XML part what does not belong to its text."""
    root = parse_xml(cleaning.package.archive.read_entry(name))
    ids, notes = _list_relation_ids(root), _list_note_ids(root)
    counts = Removals(
        {
            RemovalKind.COMMENTS: _remove_comments(root),
            RemovalKind.CHANGES: accept_changes(root),
            RemovalKind.HIDDEN_TEXT: remove_hidden_text(root, cleaning.styles),
            RemovalKind.PEOPLE: _remove_people(root, name),
        }
    )
    marks = _remove_comment_marks(root)
    if get_word_name(root) == "settings":
        for element in list_elements(root, TEMPLATE_RELATION):
            remove_element(element)
            marks += 1
    if not counts.total() and not marks:
        return
    cleaning.removals += counts
    cleaning.contents[name] = serialize_part_xml(root)
    cleaning.dropped[fold_part_name(name)] = ids - _list_relation_ids(root)
    for kind, present in _list_note_ids(root).items():
        cleaning.notes[kind] = cleaning.notes.get(kind, set()) | (notes[kind] - present)


def _list_relation_ids(root: Element) -> set[str]:
    """List the identifiers of relationships that a part uses."""
    return {
        str(value)
        for element in root.iter()
        for name, value in element.attrib.items()
        if str(name).rpartition("}")[0].endswith(RELATIONS_NAMESPACES) or str(name).endswith("}relid")
    }


def _list_note_ids(root: Element) -> dict[str, set[str]]:
    """List the numbers of the footnotes and endnotes that a text refers to."""
    return {
        kind: {value for each in list_elements(root, f"{kind}Reference") if (value := _find_id(each))}
        for kind in ("footnote", "endnote")
    }


def _find_id(element: Element) -> str:
    """Return the number of a note, empty if it has none."""
    return next((str(value) for name, value in element.attrib.items() if str(name).rpartition("}")[2] == "id"), "")


def _remove_people(root: Element, name: str) -> int:
    """Remove the properties of the document that name somebody; return how many."""
    space = str(root.tag).rpartition("}")[0]
    if not name.startswith("docProps/") and not space.endswith(("/extended-properties", "/core-properties")):
        return 0
    named = [each for each in root.iter() if str(each.tag).rpartition("}")[2] in PERSON_PROPERTIES]
    for element in named:
        remove_element(element)
    return sum(bool((element.text or "").strip()) for element in named)


def _remove_comments(root: Element) -> int:
    """Remove comments from a part that no relationship calls one of comments; return how many."""
    comments = list_elements(root, "comment")
    for comment in comments:
        remove_element(comment)
    return len(comments)


def _remove_comment_marks(root: Element) -> int:
    """Remove the places of comments from a text, with runs that hold nothing else; return how many."""
    marks = list_elements(root, *COMMENT_MARKS)
    for mark in marks:
        run = mark.getparent()
        remove_element(mark)
        if run is not None and get_word_name(run) == "r" and all(get_word_name(each) == "rPr" for each in run):
            remove_element(run)
    return len(marks)


def _clean_picture(cleaning: DocxCleaning, name: str) -> None:
    """Take the metadata out of a part that is a picture."""
    data = cleaning.package.archive.read_entry(name)
    cleaned = remove_picture_metadata(data)
    if cleaned != data:
        cleaning.contents[name] = cleaned
        cleaning.removals[RemovalKind.PICTURES] += 1


def _remove_notes(cleaning: DocxCleaning) -> None:
    """Remove the footnotes and endnotes whose places in the text were taken out."""
    for relation in (each for reader in cleaning.relations for each in reader.relations):
        numbers = cleaning.notes.get(relation.kind.removesuffix("s"), set())
        if not numbers or relation.target not in cleaning.package.archive.by_name:
            continue
        content = cleaning.contents.get(relation.target) or cleaning.package.archive.read_entry(relation.target)
        root = parse_xml(content)
        ids = _list_relation_ids(root)
        for note in [each for each in root if get_word_name(each) and _find_id(each) in numbers]:
            root.remove(note)
        cleaning.contents[relation.target] = serialize_part_xml(root)
        dropped = cleaning.dropped.setdefault(fold_part_name(relation.target), set())
        dropped |= ids - _list_relation_ids(root)


def _drop_template(cleaning: DocxCleaning) -> None:
    """Leave out the relationship that names the template on the author's machine."""
    for reader in cleaning.relations:
        for identifier, outside in reader.accepted_outside.items():
            if outside.kind == TEMPLATE_RELATION:
                cleaning.dropped.setdefault(fold_part_name(reader.source_part), set()).add(identifier)
                cleaning.removals[RemovalKind.TEMPLATE] += 1


def _list_parts_left_out(cleaning: DocxCleaning, removed: set[str]) -> set[str]:
    """List the parts that are not in the copy: those removed, those that only they or what was taken out led to, and
    the relationships of all of them."""
    before = _list_reachable(cleaning.relations, {}, set())
    after = _list_reachable(cleaning.relations, cleaning.dropped, removed)
    gone = removed | (before - after)
    return gone | {fold_part_name(_name_relations(part)) for part in gone}


def _list_reachable(
    relations: Iterable[PartRelationsReader], dropped: dict[str, set[str]], removed: set[str]
) -> set[str]:
    """List the parts to which relationships lead from the package, without those dropped and removed."""
    targets = {
        fold_part_name(reader.source_part): {
            fold_part_name(relation.target)
            for relation in reader.relations
            if relation.identifier not in dropped.get(fold_part_name(reader.source_part), set())
        }
        for reader in relations
    }
    found: set[str] = set()
    waiting = set(targets.get("", set()))
    while waiting:
        part = waiting.pop()
        if part not in found and part not in removed:
            found.add(part)
            waiting |= targets.get(part, set())
    return found


def _name_relations(part: str) -> str:
    """Return the name of the part with the relationships of a part."""
    folder, file = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{file}.rels")


def _change_relations(cleaning: DocxCleaning, left_out: set[str]) -> None:
    """Take relationships and types of parts that are left out from the parts that list them."""
    archive = cleaning.package.archive
    for entry in archive.entries:
        reader = next((each for each in cleaning.relations if _is_of(entry.name, each)), None)
        if reader and fold_part_name(entry.name) not in left_out:
            gone = {each.identifier for each in reader.relations if fold_part_name(each.target) in left_out}
            gone |= cleaning.dropped.get(fold_part_name(reader.source_part), set())
            _remove_by_attribute(cleaning, entry.name, "Id", gone)
    types = parse_xml(archive.read_entry(CONTENT_TYPES_PART))
    names = {str(each.get("PartName", "")) for each in types}
    gone = {name for name in names if fold_part_name(name.lstrip("/")) in left_out}
    _remove_by_attribute(cleaning, CONTENT_TYPES_PART, "PartName", gone)


def _is_of(name: str, reader: PartRelationsReader) -> bool:
    """Return whether the part of that name has these relationships."""
    return fold_part_name(name) == fold_part_name(_name_relations(reader.source_part))


def _remove_by_attribute(cleaning: DocxCleaning, name: str, attribute: str, values: set[str]) -> None:
    """Remove the elements of a part whose attribute has one of these values."""
    if values:
        root = parse_xml(cleaning.package.archive.read_entry(name))
        for element in [each for each in root if each.get(attribute) in values]:
            root.remove(element)
        cleaning.contents[name] = serialize_part_xml(root)
