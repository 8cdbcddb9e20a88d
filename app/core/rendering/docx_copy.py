"""Copies a DOCX for the converter, without what would slip into its PDF: names of people, and words that were deleted.

Runs in the limited process. The PDF shows the text as its author sees it without markup, as `docx_text` reads it.
Sources: ECMA-376 part 1, 17.15.1.69 (revisionView); part 2, 10 (core properties).
"""

import io
import zipfile
from collections.abc import Callable
from typing import BinaryIO

from docx.opc.oxml import serialize_part_xml
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement as Element

from app.core.inspection.opc import CONTENT_TYPES_PART

KEPT_PROPERTIES = (qn("dc:title"), qn("dc:language"))


def remove_properties(properties: Element) -> None:
    """Remove all properties of a document but its title and language."""
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
    "application/vnd.openxmlformats-package.core-properties+xml": remove_properties,
    "application/vnd.openxmlformats-officedocument.extended-properties+xml": remove_properties,
    "application/vnd.openxmlformats-officedocument.custom-properties+xml": remove_properties,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml": hide_revisions,
}
"""What is changed in a part, by its content type."""


def copy_docx_for_conversion(source: BinaryIO) -> bytes:
    """Return the document without the names of people in its properties, to be shown without tracked changes.

    It passed the inspection. Raises KeyError, ValueError or `zipfile.BadZipFile` if it is no document after all.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        changes = {
            override.get("PartName", "").lstrip("/").casefold(): CHANGES[override.get("ContentType")]
            for override in parse_xml(archive.read(CONTENT_TYPES_PART))
            if override.get("ContentType") in CHANGES
        }
        for name in archive.namelist():
            content = archive.read(name)
            if change := changes.get(name.casefold()):
                root = parse_xml(content)
                change(root)
                content = serialize_part_xml(root)
            copy.writestr(name, content)
    return out.getvalue()
