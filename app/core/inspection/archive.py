"""Strict ZIP reader: leaves nothing to interpretation, and unpacks within limits.

Python's zipfile accepts files that other programs read differently; here every byte of the file must belong to exactly
one entry, the central directory or the end record (APPNOTE.TXT 6.3.10; PyPI's rules of August 2025).
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from unicodedata import normalize
from urllib.parse import unquote

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection.findings import InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector, InspectionStopped

END_RECORD = struct.Struct("<4s4H2LH")
CENTRAL_HEADER = struct.Struct("<4s6H3L5H2L")
LOCAL_HEADER = struct.Struct("<4s5H3L2H")
EXTRA_HEADER = struct.Struct("<2H")
UNICODE_NAME_FIELD = 0x7075
ENCRYPTED_FLAGS = 1 | 1 << 6 | 1 << 13
DESCRIPTOR_FLAG = 1 << 3
UTF8_FLAG = 1 << 11
STORED, DEFLATED = 0, 8
DEFERRED_VALUES = (0, 0xFFFFFFFF)
LARGE_VALUE_BYTES = 8
NO_GAP = (0,)
DESCRIPTOR_LENGTHS = (12, 16, 20, 24)
CHUNK_SIZE = 64 * 1024
MAX_END_BYTES = 65_600
LARGE_FIELD = 0x0001  # holds what the header says as 0xFFFFFFFF (APPNOTE 4.5.3)
# Names that lead outside or are read differently: control and direction characters, endings that Windows cuts off.
BAD_NAME_PATTERN = re.compile(
    r"^/|\\|:|[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]|(^|/)\.\.?(/|$)|//|[. ](/|$)"
)
FILE_TYPE_MASK, SYMBOLIC_LINK_TYPE = 0o170000, 0o120000

SAVE_AGAIN_REMEDY = _("Open the document in Word or LibreOffice, save it again as DOCX, and upload that file.")
MAKE_SMALLER_REMEDY = _("Make the pictures in the document smaller, or split it into several documents.")


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """An entry of the archive, on which both of its headers agree."""

    name: str
    flags: int
    method: int
    crc32: int
    packed_size: int
    size: int
    start: int
    raw_name: bytes


def read_large_values(values: tuple[int, ...], extra: bytes) -> tuple[int, ...]:
    """Return values with those that are 0xFFFFFFFF taken from the extra field for large ones, in their order; a value
    stays as it is where the field does not hold it."""
    large = b""
    while len(extra) >= EXTRA_HEADER.size:
        field, length = EXTRA_HEADER.unpack_from(extra)
        if field == LARGE_FIELD:
            large = extra[EXTRA_HEADER.size : EXTRA_HEADER.size + length]
            break
        extra = extra[EXTRA_HEADER.size + length :]
    found = []
    for value in values:
        if value == DEFERRED_VALUES[1] and len(large) >= LARGE_VALUE_BYTES:
            value, large = int.from_bytes(large[:LARGE_VALUE_BYTES], "little"), large[LARGE_VALUE_BYTES:]
        found.append(value)
    return tuple(found)


def fold_part_name(name: str) -> str:
    """Return the same text for all names that a reader may take for the same part: without case, composed, and without
    percent-encoding (ECMA-376 part 2, 6.2.2)."""
    return normalize("NFKC", unquote(name)).casefold()


class ZipArchive:
    """Entries of a ZIP archive in which every byte is accounted for.

    The constructor checks the whole structure: it adds a refusal to the collector and raises InspectionStopped for
    anything ambiguous, encrypted or too large.
    """

    def __init__(
        self, source: BinaryIO, limits: InspectionLimits, collector: FindingsCollector, inside: str = ""
    ) -> None:
        self.source, self.limits, self.collector, self.inside = source, limits, collector, inside
        self.length = source.seek(0, 2)
        self.data_offsets: dict[str, int] = {}
        central, count = self._read_end_record()
        self.entries = self._read_directory(central, count)
        self._check_names()
        self._check_sizes()
        self._check_locals(central)
        self.by_name = {entry.name: entry for entry in self.entries}

    def read_entry(self, name: str) -> bytes:
        """Return the unpacked bytes of an entry."""
        return b"".join(self.iter_entry_chunks(self.by_name[name]))

    def iter_entry_chunks(self, entry: ArchiveEntry) -> Iterator[bytes]:
        """Yield the unpacked bytes of an entry; raises InspectionStopped unless length and checksum are as its
        header says."""
        length, crc = 0, 0
        for chunk in self._iter_unpacked(entry):
            length += len(chunk)
            crc = zlib.crc32(chunk, crc)
            if length > entry.size:
                break
            yield chunk
        if (length, crc) != (entry.size, entry.crc32):
            raise self._stop(
                _("A part of the file is damaged, or is larger than declared when unpacked."),
                entry.name,
                SAVE_AGAIN_REMEDY,
            )

    def _iter_unpacked(self, entry: ArchiveEntry) -> Iterator[bytes]:
        """Yield the bytes of an entry without checking their length. Raises InspectionStopped for data that cannot
        be unpacked."""
        decoder = zlib.decompressobj(-15)
        offset, remaining = self.data_offsets[entry.name], entry.packed_size
        while remaining:
            self.source.seek(offset)
            raw = self.source.read(min(CHUNK_SIZE, remaining))
            offset, remaining = offset + len(raw), remaining - len(raw)
            if entry.method == STORED:
                yield raw
                continue
            while raw and not decoder.eof:
                try:
                    yield decoder.decompress(raw, CHUNK_SIZE)
                except zlib.error:
                    raise self._stop(
                        _("A part of the file cannot be unpacked."), entry.name, SAVE_AGAIN_REMEDY
                    ) from None
                raw = decoder.unconsumed_tail
        if entry.method == DEFLATED and (not decoder.eof or decoder.unused_data):
            raise self._stop(
                _("A part of the file is truncated, or is followed by hidden bytes."), entry.name, SAVE_AGAIN_REMEDY
            )

    def _read_end_record(self) -> tuple[int, int]:
        """Return offset and number of entries of the central directory. Raises InspectionStopped if the end record
        is ambiguous."""
        self.length = self._find_end()
        tail = self._read_at(max(0, self.length - END_RECORD.size), END_RECORD.size)
        if len(tail) < END_RECORD.size or not tail.startswith(b"PK\x05\x06"):
            raise self._missing_end()
        _ignored, disk, first_disk, count_here, count, size, offset, comment = END_RECORD.unpack(tail)
        if disk or first_disk or count_here != count or comment or offset + size + END_RECORD.size != self.length:
            raise self._ambiguous(_("The archive’s directory does not match the length of the file."))
        return offset, count

    def _find_end(self) -> int:
        """Return where the archive ends: one run of white space or of zeros after it is no part of it, as web servers
        and disks leave it."""
        start = max(0, self.length - MAX_END_BYTES)
        tail = self._read_at(start, MAX_END_BYTES)
        end = tail.rfind(b"PK\x05\x06") + END_RECORD.size
        after = tail[end:]
        is_blank = not after.strip(b"\t\n\r ") or not after.strip(b"\0")
        return start + end if end >= END_RECORD.size and is_blank and len(tail) >= end else self.length

    def _missing_end(self) -> InspectionStopped:
        """Build the refusal of a file without an end record at its end."""
        if b"PK\x05\x06" in self._read_at(max(0, self.length - MAX_END_BYTES), MAX_END_BYTES):
            return self._ambiguous(_("There are bytes after the end of the document; they may be a second file."))
        return self._stop(
            _("The file is truncated: its end is missing."),
            "",
            _("Copy the complete file again, then upload it again."),
        )

    def _read_directory(self, offset: int, count: int) -> list[ArchiveEntry]:
        """Read the central directory. Raises InspectionStopped if it is damaged, too long or ambiguous."""
        if count > self.limits.max_entries:
            raise self._stop(
                _("The file has more than %(most)s parts.", most=self.limits.max_entries), "", MAKE_SMALLER_REMEDY
            )
        entries = []
        for _ignored in range(count):
            raw = self._read_at(offset, CENTRAL_HEADER.size)
            if len(raw) < CENTRAL_HEADER.size or not raw.startswith(b"PK\x01\x02"):
                raise self._ambiguous(_("The archive's directory is damaged."))
            (
                _ignored,
                _ignored,
                _ignored,
                flags,
                method,
                _ignored,
                _ignored,
                crc,
                packed_size,
                size,
                n,
                extra,
                comment,
                disk,
                _ignored,
                mode,
                start,
            ) = CENTRAL_HEADER.unpack(raw)
            raw_name = self._read_at(offset + CENTRAL_HEADER.size, n)
            extra_data = self._read_at(offset + CENTRAL_HEADER.size + n, extra)
            size, packed_size, start = read_large_values((size, packed_size, start), extra_data)
            if disk or max(packed_size, size, start) >= DEFERRED_VALUES[1]:
                raise self._ambiguous(_("The archive is split, or is larger than a document can be."))
            if (mode >> 16) & FILE_TYPE_MASK == SYMBOLIC_LINK_TYPE:
                raise self._ambiguous(_("A part of the file has a name that points outside the document."))
            self._check_extra(extra_data, raw_name)
            entries.append(
                ArchiveEntry(self._decode_name(raw_name, flags), flags, method, crc, packed_size, size, start, raw_name)
            )
            offset += CENTRAL_HEADER.size + n + extra + comment
        if offset != self.length - END_RECORD.size:
            raise self._ambiguous(_("The archive’s directory has more or fewer entries than it declares."))
        return entries

    def _decode_name(self, raw: bytes, flags: int) -> str:
        """Decode the name of an entry. Raises InspectionStopped if programs would decode it differently."""
        try:
            return raw.decode("utf-8" if flags & UTF8_FLAG else "ascii")
        except UnicodeDecodeError:
            raise self._ambiguous(
                _("A part of the file has a name that different programs read differently.")
            ) from None

    def _check_extra(self, extra: bytes, raw_name: bytes) -> None:
        """Raise InspectionStopped for a different second name (APPNOTE 4.6.9), which only some programs use."""
        while len(extra) >= EXTRA_HEADER.size:
            field, length = EXTRA_HEADER.unpack_from(extra)
            if field == UNICODE_NAME_FIELD and extra[EXTRA_HEADER.size + 5 : EXTRA_HEADER.size + length] != raw_name:
                raise self._ambiguous(_("A part of the file has a name that different programs read differently."))
            extra = extra[EXTRA_HEADER.size + length :]

    def _check_names(self) -> None:
        """Raise InspectionStopped for a name that leads outside or occurs twice."""
        names: set[str] = set()
        for entry in self.entries:
            if any(map(BAD_NAME_PATTERN.search, (entry.name, unquote(entry.name)))) or not entry.name:
                raise self._stop(
                    _("A part of the file has a name that points outside the document."), entry.name, SAVE_AGAIN_REMEDY
                )
            if (folded := fold_part_name(entry.name)) in names:
                raise self._stop(_("Two parts of the file have the same name."), entry.name, SAVE_AGAIN_REMEDY)
            names.add(folded)

    def _check_sizes(self) -> None:
        """Check method, encryption and sizes before anything is unpacked (ASVS 5.2.3). Raises InspectionStopped."""
        for entry in self.entries:
            if entry.flags & ENCRYPTED_FLAGS:
                raise self._stop(
                    _("A part of the file is encrypted."), entry.name, _("Save the document without a password.")
                )
            if entry.method not in (STORED, DEFLATED):
                raise self._stop(
                    _("A part of the file is compressed in an unusual way."), entry.name, SAVE_AGAIN_REMEDY
                )
        unpacked = sum(entry.size for entry in self.entries)
        if unpacked > self.limits.max_unpacked_bytes:
            raise self._stop(
                _("Unpacked, the file is larger than %(most)s bytes.", most=self.limits.max_unpacked_bytes),
                "",
                MAKE_SMALLER_REMEDY,
            )
        if unpacked > self.limits.ratio_checked_above and unpacked > self.limits.max_ratio * self.length:
            raise self._stop(
                _("The file unpacks to more than %(ratio)s times its size.", ratio=self.limits.max_ratio),
                "",
                MAKE_SMALLER_REMEDY,
            )

    def _check_locals(self, central: int) -> None:
        """Check that each local header agrees with the directory, and that the entries follow each other without
        gaps."""
        position = 0
        allowed: tuple[int, ...] = NO_GAP
        for entry in sorted(self.entries, key=lambda entry: entry.start):
            self._check_gap(entry.start - position, allowed, entry.name)
            position = self._check_local_header(entry)
            allowed = DESCRIPTOR_LENGTHS if entry.flags & DESCRIPTOR_FLAG else NO_GAP
        self._check_gap(central - position, allowed, "")

    def _check_gap(self, gap: int, allowed: tuple[int, ...], where: str) -> None:
        """Raise InspectionStopped unless the gap is empty or holds just the data descriptor that the entry before
        announced (APPNOTE 4.3.9)."""
        if gap < 0:
            raise self._ambiguous(_("Two parts of the file overlap."), where)
        if gap not in allowed:
            raise self._ambiguous(_("There are hidden bytes between the parts of the file."), where)

    def _check_local_header(self, entry: ArchiveEntry) -> int:
        """Check the local header of an entry and return the offset behind its data. Raises InspectionStopped."""
        raw = self._read_at(entry.start, LOCAL_HEADER.size)
        if len(raw) < LOCAL_HEADER.size or not raw.startswith(b"PK\x03\x04"):
            raise self._ambiguous(_("A part of the file is not where the directory says."), entry.name)
        _ignored, _ignored, flags, method, _ignored, _ignored, check, packed, size, n, extra = LOCAL_HEADER.unpack(raw)
        name = self._read_at(entry.start + LOCAL_HEADER.size, n)
        extra_data = self._read_at(entry.start + LOCAL_HEADER.size + n, extra)
        size, packed = read_large_values((size, packed), extra_data)
        has_descriptor = bool(flags & DESCRIPTOR_FLAG)
        sizes_agree = (packed, size, check) == (entry.packed_size, entry.size, entry.crc32) or (
            has_descriptor
            and packed in (*DEFERRED_VALUES, entry.packed_size)
            and size in (*DEFERRED_VALUES, entry.size)
        )
        if (name, flags, method) != (entry.raw_name, entry.flags, entry.method) or not sizes_agree:
            raise self._ambiguous(_("The directory and a part of the file contradict each other."), entry.name)
        start: int = entry.start + LOCAL_HEADER.size + n + extra
        self.data_offsets[entry.name] = start
        return start + entry.packed_size

    def _read_at(self, at: int, count: int) -> bytes:
        """Return up to `count` bytes from an offset."""
        self.source.seek(at)
        return self.source.read(count)

    def _ambiguous(self, what: LazyText, where: str = "") -> InspectionStopped:
        """Build the refusal of an ambiguous archive."""
        return self._stop(what, where, SAVE_AGAIN_REMEDY)

    def _stop(self, what: LazyText, where: str, remedy: LazyText) -> InspectionStopped:
        """Add a refusal with its place and return the exception to raise."""
        return self.collector.add_refusal_and_build_stop(
            what, f"{self.inside} › {where}" if self.inside and where else self.inside + where, remedy
        )
