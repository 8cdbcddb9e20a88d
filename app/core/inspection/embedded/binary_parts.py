"""Parts of a DOCX that are not XML, known by their names and first bytes: pictures, fonts, and what is none."""

import re
import zlib
from collections.abc import Iterable

from app.core.i18n import lazy_gettext as _
from app.core.inspection.archive import ArchiveEntry, ZipArchive
from app.core.inspection.picture_places import READ_BYTES

# Signatures with which no picture, font or printer setting begins: programs, scripts, archives, other documents.
FOREIGN_SIGNATURES = (
    *(b"\xd0\xcf\x11\xe0", b"MZ", b"\x7fELF", b"PK\x03\x04", b"%PDF", b"{\\rtf", b"#!", b"L\0\0\0\1\x14\2\0"),
    *(b"MSCF", b"ITSF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"FWS", b"CWS", b"ZWS", b"<"),
    *(b"\xef\xbb\xbf<", b"\xff\xfe<\0", b"\xfe\xff\0<", b"<\0", b"\0<"),
    *(b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"%!PS", b"\xc5\xd0\xd3\xc6"),
)
# Markup in any encoding, with white space or a byte order mark before it; `<ftyp` is the length and kind of a picture.
MARKUP_PATTERN = re.compile(rb"(\xef\xbb\xbf|\xff\xfe|(\0\0)?\xfe\xff)?(\0{0,3}[ \t\r\n])*\0{0,3}<(?!ftyp)")
PACKED_SIGNATURE = b"\x1f\x8b"
METAFILE_PATTERN = re.compile(rb"\xd7\xcd\xc6\x9a|[\x01\x02]\0\x09\0|\x01\0\0\0.{36} EMF", re.DOTALL)
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

EMBEDDED_FOUND = _("A file or an object is embedded in the document.")
REMOVE_EMBEDDED_REMEDY = _(
    "Replace it with a picture of it (Paste Special, Picture), or upload it as a separate document."
)


def has_foreign_start(start: bytes) -> bool:
    """Return whether a part begins as no picture, font or printer setting does."""
    return start.lstrip().startswith(FOREIGN_SIGNATURES) or MARKUP_PATTERN.match(start) is not None


def is_packed_metafile(chunks: Iterable[bytes], most: int) -> bool:
    """Return whether a compressed part is a Windows metafile of at most that many bytes."""
    decoder, start, length = zlib.decompressobj(wbits=31), b"", 0
    for chunk in chunks:
        while chunk and not decoder.eof:
            try:
                piece = decoder.decompress(chunk, READ_BYTES)
            except zlib.error:
                return False
            start, length, chunk = start or piece[:64], length + len(piece), decoder.unconsumed_tail
            if length > most:
                return False
    return METAFILE_PATTERN.match(start) is not None


def read_entry_start(archive: ZipArchive, entry: ArchiveEntry) -> bytes:
    """Return the first bytes of a part. It is read to the end, since only then a wrong length is detected."""
    start = b""
    for chunk in archive.iter_entry_chunks(entry):
        start = (start + chunk[: READ_BYTES - len(start)]) if len(start) < READ_BYTES else start
    return start
