"""Makes the clean copy of a PDF: pages are not drawn again, and earlier states of the file are not in it.

Runs in the limited process. Sources: ISO 32000-2, 12.5.6 (annotations), 12.8 (signatures), 14.3 (metadata).
"""

import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

import pikepdf

from app.core.cleaning.picture_metadata import remove_picture_metadata
from app.core.cleaning.removals import CleaningObstacle, RemovalKind, Removals
from app.core.cleaning.xmp_cleaning import clean_xmp

KEPT_INFORMATION: Final = {
    *("/Title", "/Subject", "/Keywords", "/Creator", "/Producer", "/CreationDate", "/ModDate", "/Trapped"),
}
PERSON_INFORMATION: Final = {"/Author", "/Company", "/Manager"}
# Notes, and marks on the text. What a reader drew or wrote on the page stays: it may cover something.
REMOVED_ANNOTATIONS: Final = {"/Text", "/Highlight", "/Underline", "/StrikeOut", "/Squiggly", "/Caret"}
DRAWN_ANNOTATIONS: Final = {
    *("/FreeText", "/Ink", "/Stamp", "/Square", "/Circle", "/Line", "/Polygon", "/PolyLine", "/Redact", "/Highlight"),
}
DARK: Final = 0.35
"""How bright a mark is at most that may cover text; white is 1."""


def clean_pdf(source: BinaryIO) -> tuple[bytes, Removals] | CleaningObstacle:
    """Return the clean copy of a PDF that passed the inspection, and what was taken out; or why none is made.

    Raises `pikepdf.PdfError` if it is no PDF after all.
    """
    with pikepdf.open(source, attempt_recovery=False, suppress_warnings=True) as document:
        if document.is_encrypted:
            return CleaningObstacle.RESTRICTED
        dictionaries = list(_list_dictionaries(document))
        if any("/ByteRange" in each for each in dictionaries):
            return CleaningObstacle.SIGNED
        removals = _clean_information(document)
        removals += _remove_annotations(dictionaries)
        removals += _clean_metadata(document, dictionaries)
        removals += _clean_pictures(dictionaries)
        out = io.BytesIO()
        document.save(
            out,
            fix_metadata_version=False,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            deterministic_id=True,
        )
    return out.getvalue(), removals


def _list_dictionaries(document: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Yield every dictionary and stream of a document, once."""
    for top in (document.trailer, *document.objects):
        stack: list[object] = [top]
        while stack:
            item = stack.pop()
            if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
                yield item
                below: Iterable[object] = [value for _ignored, value in item.items()]
            else:
                below = list(item) if isinstance(item, pikepdf.Array) else []
            stack.extend(each for each in below if isinstance(each, pikepdf.Object) and not each.is_indirect)


def _read_name(holder: pikepdf.Object, key: str) -> str:
    """Return the name under a key; empty if there is none."""
    value = holder.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _clean_information(document: pikepdf.Pdf) -> Removals:
    """Remove who is named in the properties of the document, and properties that a program added."""
    removals = Removals()
    information = document.trailer.get("/Info")
    if not isinstance(information, pikepdf.Dictionary):
        return removals
    for key in list(information.keys()):
        if key not in KEPT_INFORMATION:
            kind = RemovalKind.PEOPLE if key in PERSON_INFORMATION else RemovalKind.PROPERTIES
            removals[kind] += bool(str(information[key]).strip())
            del information[key]
    return removals


def _remove_annotations(dictionaries: list[pikepdf.Object]) -> Removals:
    """Remove the notes and marks of readers; others that are drawn on a page lose the name of who drew them."""
    removals, removed = Removals(), set()
    for holder in dictionaries:
        if _is_note(holder):
            removals[RemovalKind.COMMENTS] += 1
            removed.add(holder.objgen)
        elif _is_annotation(holder, DRAWN_ANNOTATIONS) and "/T" in holder:
            removals[RemovalKind.PEOPLE] += 1
            del holder["/T"]
    removed |= {each.objgen for each in dictionaries if each.is_indirect and _is_window_of_note(each, removed)}
    for holder in dictionaries:
        if isinstance(notes := holder.get("/Annots"), pikepdf.Array):
            holder["/Annots"] = pikepdf.Array([each for each in notes if not _is_removed(each, removed)])
    for holder in dictionaries:
        if holder.is_indirect and holder.objgen in removed:  # the structure of the document may still refer to it
            for key in list(holder.keys()):
                del holder[key]
    return removals


def _is_annotation(holder: pikepdf.Object, subtypes: set[str]) -> bool:
    """Return whether a dictionary is an annotation of one of these kinds."""
    return isinstance(holder, pikepdf.Dictionary) and "/Rect" in holder and _read_name(holder, "/Subtype") in subtypes


def _is_note(holder: pikepdf.Object) -> bool:
    """Return whether a dictionary is a note or mark of a reader that is removed."""
    return _is_annotation(holder, REMOVED_ANNOTATIONS) and not _may_cover(holder)


def _is_window_of_note(holder: pikepdf.Object, removed: set[tuple[int, int]]) -> bool:
    """Return whether a dictionary is the window of a note that is removed."""
    parent = holder.get("/Parent") if _is_annotation(holder, {"/Popup"}) else None
    return parent is not None and (parent.objgen in removed if parent.is_indirect else _is_note(parent))


def _is_removed(annotation: pikepdf.Object, removed: set[tuple[int, int]]) -> bool:
    """Return whether an annotation of a page is removed. Those that are no objects of their own share one number."""
    if annotation.is_indirect:
        return annotation.objgen in removed
    return _is_note(annotation) or _is_window_of_note(annotation, removed)


def _may_cover(annotation: pikepdf.Object) -> bool:
    """Return whether a mark is so dark that it may have been meant to cover the text under it."""
    colour = annotation.get("/C")
    if _read_name(annotation, "/Subtype") != "/Highlight" or not isinstance(colour, pikepdf.Array):
        return False
    parts = [float(each) for each in colour]  # grey, red-green-blue, or four inks
    if len(parts) == 4:
        return min(1.0, max(parts[:3]) + parts[3]) >= 1 - DARK
    return bool(parts) and max(parts) <= DARK


def _clean_metadata(document: pikepdf.Pdf, dictionaries: list[pikepdf.Object]) -> Removals:
    """Take people and places out of all metadata; what no parser reads is removed."""
    removals = Removals()
    streams = {each.objgen for each in dictionaries if isinstance(each, pikepdf.Stream) and _is_metadata(each)}
    streams |= {each["/Metadata"].objgen for each in dictionaries if isinstance(each.get("/Metadata"), pikepdf.Stream)}
    for number in sorted(streams):
        stream = document.get_object(number)
        cleaned, counts = clean_xmp(stream.read_bytes())
        removals += counts
        if cleaned is None:
            cleaned = b""
        if counts.total():
            stream.write(cleaned)
    for holder in dictionaries:
        metadata = holder.get("/Metadata")
        if isinstance(metadata, pikepdf.Stream) and not metadata.read_bytes():
            del holder["/Metadata"]
    return removals


def _is_metadata(stream: pikepdf.Object) -> bool:
    """Return whether a stream says that it is metadata."""
    return "/Metadata" in {_read_name(stream, "/Type"), _read_name(stream, "/Subtype")}


def _clean_pictures(dictionaries: list[pikepdf.Object]) -> Removals:
    """Take the metadata out of pictures that are kept as JPEG; their points stay as they are."""
    removals = Removals()
    for holder in dictionaries:
        packing, settings = holder.get("/Filter"), holder.get("/DecodeParms")
        if isinstance(packing, pikepdf.Array) and len(packing) == 1:
            packing = packing[0]
        if not isinstance(holder, pikepdf.Stream) or packing != pikepdf.Name.DCTDecode or settings is not None:
            continue
        data = holder.read_raw_bytes()
        cleaned = remove_picture_metadata(data)
        if cleaned != data:
            removals[RemovalKind.PICTURES] += 1
            holder.write(cleaned, filter=pikepdf.Name.DCTDecode)
    return removals
