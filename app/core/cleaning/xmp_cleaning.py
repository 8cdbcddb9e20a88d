"""Takes people, places and properties of their own out of metadata (XMP, ISO 16684-1). Runs in the limited process."""

from typing import Final

from docx.opc.oxml import serialize_part_xml
from docx.oxml import parse_xml

from app.core.cleaning.removals import RemovalKind, Removals
from app.core.inspection.xmp import PERSON_ELEMENTS

MORE_PEOPLE: Final = {
    *("AuthorsPosition", "CaptionWriter", "CreatorContactInfo", "OwnerName", "CameraOwnerName", "Artist"),
}
OWN_PROPERTIES: Final = "http://ns.adobe.com/pdfx/1.3/"
PACKET_START: Final = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
PACKET_END: Final = b'\n<?xpacket end="w"?>'


def clean_xmp(data: bytes) -> tuple[bytes | None, Removals]:
    """Return the metadata without what tells more than the document, and what was taken out; None for metadata that
    no parser reads, which may name anybody."""
    try:
        root = parse_xml(data.strip(b"\0 \r\n\t"))
    except (SyntaxError, ValueError):
        return None, Removals({RemovalKind.PEOPLE: 1})
    removals = Removals()
    for element in list(root.iter()):
        for name in [name for name in element.attrib if _find_kind(str(name))]:
            removals[_require_kind(str(name))] += bool(str(element.attrib.pop(name)).strip())
        if isinstance(element.tag, str) and (kind := _find_kind(element.tag)) and element.getparent() is not None:
            removals[kind] += bool("".join(element.itertext()).strip())
            element.getparent().remove(element)
    if not removals.total():
        return data, removals
    return PACKET_START + serialize_part_xml(root).partition(b"?>")[2].strip() + PACKET_END, removals


def _find_kind(name: str) -> RemovalKind | None:
    """Find what an element or attribute tells, if it is taken out."""
    space, _, local = name.rpartition("}")
    if local in PERSON_ELEMENTS or local in MORE_PEOPLE:
        return RemovalKind.PEOPLE
    if local.startswith("GPS"):
        return RemovalKind.PICTURES
    return RemovalKind.PROPERTIES if space.endswith(OWN_PROPERTIES) else None


def _require_kind(name: str) -> RemovalKind:
    """Return what an attribute tells that is taken out."""
    kind = _find_kind(name)
    assert kind is not None
    return kind
