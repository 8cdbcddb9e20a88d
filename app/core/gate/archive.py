"""Reads a ZIP archive in the one way that leaves nothing to interpretation, and unpacks it within bounds.

Python's zipfile forgives what others read differently; here every byte of the file must belong to exactly one entry,
the central directory or the end record (APPNOTE.TXT 6.3.10; PyPI's rules of August 2025).
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from unicodedata import normalize

from app.core.gate.findings import Bounds
from app.core.gate.notes import Notes, Stop
from app.core.i18n import Text, say

END = struct.Struct("<4s4H2LH")
CENTRAL = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
EXTRA = struct.Struct("<2H")
UNICODE_NAME = 0x7075
ENCRYPTED = 1 | 1 << 6 | 1 << 13
DESCRIPTOR = 1 << 3
UTF8 = 1 << 11
STORED, DEFLATED = 0, 8
UNKNOWN_YET = (0, 0xFFFFFFFF)
NO_GAP = (0,)
DESCRIPTOR_LENGTHS = (12, 16, 20, 24)
PIECE = 64 * 1024
# Outside, or read differently: control and direction characters, names that end where Windows cuts them.
BAD_NAME = re.compile(r"^/|\\|:|[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]|(^|/)\.\.?(/|$)|//|[. ](/|$)")
KIND_OF_FILE, SYMBOLIC_LINK = 0o170000, 0o120000

SAVE_AGAIN = say("Open the document in Word or LibreOffice, save it again as DOCX, and hand in that file.")
SMALLER = say("Make pictures in the document smaller, or divide it into several documents.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the archive, as both of its headers agree."""

    name: str
    flags: int
    method: int
    check: int
    packed: int
    size: int
    start: int
    raw_name: bytes


class Archive:
    """The entries of a ZIP archive whose every byte is accounted for.

    Made by reading it: refuses in `notes` and raises Stop for whatever is ambiguous, encrypted or too large.
    """

    def __init__(self, source: BinaryIO, bounds: Bounds, notes: Notes, inside: str = "") -> None:
        self.source, self.bounds, self.notes, self.inside = source, bounds, notes, inside
        self.length = source.seek(0, 2)
        self.data: dict[str, int] = {}
        central, count = self._end()
        self.entries = self._central(central, count)
        self._check_names()
        self._check_bounds()
        self._check_locals(central)
        self.by_name = {entry.name: entry for entry in self.entries}

    def read(self, name: str) -> bytes:
        return b"".join(self.pieces(self.by_name[name]))

    def pieces(self, entry: Entry) -> Iterator[bytes]:
        """Unpack one entry; raises Stop unless it is exactly as long as its header says, with the right checksum."""
        seen, check = 0, 0
        for piece in self._unpacked(entry):
            seen += len(piece)
            check = zlib.crc32(piece, check)
            if seen > entry.size:
                break
            yield piece
        if (seen, check) != (entry.size, entry.check):
            raise self._stop(
                say("A part of the file is damaged, or unpacks to more than it says."), entry.name, SAVE_AGAIN
            )

    def _unpacked(self, entry: Entry) -> Iterator[bytes]:
        decoder = zlib.decompressobj(-15)
        at, left = self.data[entry.name], entry.packed
        while left:
            self.source.seek(at)
            raw = self.source.read(min(PIECE, left))
            at, left = at + len(raw), left - len(raw)
            if entry.method == STORED:
                yield raw
                continue
            while raw and not decoder.eof:
                try:
                    yield decoder.decompress(raw, PIECE)
                except zlib.error:
                    raise self._stop(say("A part of the file cannot be unpacked."), entry.name, SAVE_AGAIN) from None
                raw = decoder.unconsumed_tail
        if entry.method == DEFLATED and (not decoder.eof or decoder.unused_data):
            raise self._stop(say("A part of the file is cut off, or followed by hidden bytes."), entry.name, SAVE_AGAIN)

    def _end(self) -> tuple[int, int]:
        """Where the central directory begins and how many entries it has."""
        tail = self._bytes(max(0, self.length - END.size), END.size)
        if len(tail) < END.size or not tail.startswith(b"PK\x05\x06"):
            raise self._no_end()
        _, disk, first, here, count, size, offset, comment = END.unpack(tail)
        if disk or first or here != count or comment or offset + size + END.size != self.length:
            raise self._ambiguous(say("The archive's directory does not agree with the length of the file."))
        return offset, count

    def _no_end(self) -> Stop:
        if b"PK\x05\x06" in self._bytes(max(0, self.length - 65_600), 65_600):
            return self._ambiguous(say("There are bytes after the end of the document, which may be a second file."))
        return self._stop(
            say("The file is cut off: its end is missing."),
            "",
            say("Copy the file again in full, and hand it in again."),
        )

    def _central(self, at: int, count: int) -> list[Entry]:
        if count > self.bounds.entries:
            raise self._stop(say("The file has more than %(most)s parts.", most=self.bounds.entries), "", SMALLER)
        entries = []
        for _ in range(count):
            raw = self._bytes(at, CENTRAL.size)
            if len(raw) < CENTRAL.size or not raw.startswith(b"PK\x01\x02"):
                raise self._ambiguous(say("The archive's directory is damaged."))
            _, _, _, flags, method, _, _, check, packed, size, n, extra, comment, disk, _, mode, start = CENTRAL.unpack(
                raw
            )
            raw_name = self._bytes(at + CENTRAL.size, n)
            if disk or UNKNOWN_YET[1] in (packed, size, start):
                raise self._ambiguous(say("The archive is divided, or larger than a document can be."))
            if (mode >> 16) & KIND_OF_FILE == SYMBOLIC_LINK:
                raise self._ambiguous(say("A part of the file has a name that points outside the document."))
            self._check_extra(self._bytes(at + CENTRAL.size + n, extra), raw_name)
            entries.append(Entry(self._name(raw_name, flags), flags, method, check, packed, size, start, raw_name))
            at += CENTRAL.size + n + extra + comment
        if at != self.length - END.size:
            raise self._ambiguous(say("The archive's directory has more or fewer entries than it says."))
        return entries

    def _name(self, raw: bytes, flags: int) -> str:
        try:
            return raw.decode("utf-8" if flags & UTF8 else "ascii")
        except UnicodeDecodeError:
            raise self._ambiguous(say("A part of the file has a name that programs read differently.")) from None

    def _check_extra(self, extra: bytes, raw_name: bytes) -> None:
        """A second name for the entry (APPNOTE 4.6.9) is one that some programs follow and others do not."""
        while len(extra) >= EXTRA.size:
            kind, length = EXTRA.unpack_from(extra)
            if kind == UNICODE_NAME and extra[EXTRA.size + 5 : EXTRA.size + length] != raw_name:
                raise self._ambiguous(say("A part of the file has a name that programs read differently."))
            extra = extra[EXTRA.size + length :]

    def _check_names(self) -> None:
        seen: set[str] = set()
        for entry in self.entries:
            if BAD_NAME.search(entry.name) or not entry.name:
                raise self._stop(
                    say("A part of the file has a name that points outside the document."), entry.name, SAVE_AGAIN
                )
            if (folded := normalize("NFKC", entry.name).casefold()) in seen:
                raise self._stop(say("Two parts of the file have the same name."), entry.name, SAVE_AGAIN)
            seen.add(folded)

    def _check_bounds(self) -> None:
        """Before anything is unpacked (ASVS 5.2.3)."""
        for entry in self.entries:
            if entry.flags & ENCRYPTED:
                raise self._stop(
                    say("A part of the file is encrypted."), entry.name, say("Save the document without a password.")
                )
            if entry.method not in (STORED, DEFLATED):
                raise self._stop(say("A part of the file is packed in an unusual way."), entry.name, SAVE_AGAIN)
        unpacked = sum(entry.size for entry in self.entries)
        if unpacked > self.bounds.unpacked:
            raise self._stop(
                say("Unpacked, the file is larger than %(most)s bytes.", most=self.bounds.unpacked), "", SMALLER
            )
        if unpacked > self.bounds.ratio_above and unpacked > self.bounds.ratio * self.length:
            raise self._stop(
                say("The file unpacks to more than %(ratio)s times its size.", ratio=self.bounds.ratio), "", SMALLER
            )

    def _check_locals(self, central: int) -> None:
        """Each local header says what the directory says, and the entries lie side by side from first to last byte."""
        at = 0
        allowed: tuple[int, ...] = NO_GAP
        for entry in sorted(self.entries, key=lambda entry: entry.start):
            self._check_gap(entry.start - at, allowed, entry.name)
            at = self._after(entry)
            allowed = DESCRIPTOR_LENGTHS if entry.flags & DESCRIPTOR else NO_GAP
        self._check_gap(central - at, allowed, "")

    def _check_gap(self, gap: int, allowed: tuple[int, ...], where: str) -> None:
        """Nothing between, or just the data descriptor that the entry before announced (APPNOTE 4.3.9)."""
        if gap < 0:
            raise self._ambiguous(say("Two parts of the file overlap."), where)
        if gap not in allowed:
            raise self._ambiguous(say("There are hidden bytes between the parts of the file."), where)

    def _after(self, entry: Entry) -> int:
        raw = self._bytes(entry.start, LOCAL.size)
        if len(raw) < LOCAL.size or not raw.startswith(b"PK\x03\x04"):
            raise self._ambiguous(say("A part of the file is not where the directory says."), entry.name)
        _, _, flags, method, _, _, check, packed, size, n, extra = LOCAL.unpack(raw)
        name = self._bytes(entry.start + LOCAL.size, n)
        later = bool(flags & DESCRIPTOR)
        sizes_agree = (packed, size, check) == (entry.packed, entry.size, entry.check) or (
            later and packed in (*UNKNOWN_YET, entry.packed) and size in (*UNKNOWN_YET, entry.size)
        )
        if (name, flags, method) != (entry.raw_name, entry.flags, entry.method) or not sizes_agree:
            raise self._ambiguous(say("The directory and a part of the file contradict each other."), entry.name)
        start: int = entry.start + LOCAL.size + n + extra
        self.data[entry.name] = start
        return start + entry.packed

    def _bytes(self, at: int, count: int) -> bytes:
        self.source.seek(at)
        return self.source.read(count)

    def _ambiguous(self, what: Text, where: str = "") -> Stop:
        return self._stop(what, where, SAVE_AGAIN)

    def _stop(self, what: Text, where: str, remedy: Text) -> Stop:
        return self.notes.stop(
            what, f"{self.inside} › {where}" if self.inside and where else self.inside + where, remedy
        )
