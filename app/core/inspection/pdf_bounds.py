"""Limits of what a PDF asks of the programs that show it: sizes of pages and pictures, depth, loops, unpacked size."""

import zlib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TypeGuard

import pikepdf

from app.core.i18n import lazy_gettext as _
from app.core.inspection.findings import InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector, InspectionStopped
from app.core.inspection.pdf_graph import (
    Children,
    LoopFound,
    count_uses,
    is_drawing,
    list_drawings_below,
    list_trees,
)

BOX_KEYS = ("/MediaBox", "/CropBox")
# Points: 35 m, as no ordinary page; and as many as 5 m × 5 m, which the format once had as its own limit.
MAX_PAGE_SIDE, MAX_PAGE_AREA = 100_000, 14_400**2
MAX_PICTURE_POINTS = 400_000_000  # A2 at 1,000 points an inch
MAX_USES = 1_000_000
MAX_NESTING = 200
QPDF_NESTING_WARNING = "parser-max-nesting"  # qpdf leaves out what is nested more than 500 deep, and only warns
FLATE_FILTERS = {"/FlateDecode", "/Fl"}
PACKED_BYTES_TO_CHECK = 64 * 1024  # a stream of this size unpacks to 64 MiB at most (RFC 1951)
PIECE_BYTES = 256 * 1024
FRAME_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}

PRINT_REMEDY = _("Print it to a new PDF, and hand in that.")


class ViewerBoundsInspector:
    """Refuses what stops or fills a viewer. `check_holder` gets every dictionary and stream, `check_graph` ends it."""

    def __init__(self, document: pikepdf.Pdf, limits: InspectionLimits, collector: FindingsCollector) -> None:
        self.document, self.limits, self.collector = document, limits, collector
        self.contents = {stream.objgen for page in document.pages for stream in list_contents(page.obj)}
        self.drawings: list[pikepdf.Object] = []
        self.packed_bytes = self.unpacked_bytes = 0

    def check_holder(self, holder: pikepdf.Object, where: str) -> None:
        """Check the sizes of a page, a picture or a stream. Raises InspectionStopped for one that swells."""
        for key in BOX_KEYS:
            if key in holder:
                self._check_box(holder.get(key), holder.get("/UserUnit"), where)
        if is_drawing(holder):
            self.drawings.append(holder)
        if not isinstance(holder, pikepdf.Stream):
            return
        is_picture = "/Width" in holder and "/Height" in holder
        if is_picture:
            self._check_picture(holder, where)
        if not is_picture or holder.objgen in self.contents:
            self._check_unpacked_size(holder, where)

    def check_graph(self) -> None:
        """Check depth, loops and repetitions, when all objects were read. Raises InspectionStopped for a loop."""
        if any(QPDF_NESTING_WARNING in warning for warning in self.document.get_warnings()):
            raise self.build_nesting_stop("")
        for root, children in list_trees(self.document):
            self._count(root, children, {})
        known: dict[tuple[int, int], int] = {}
        for drawing in self.drawings:
            if self._count(drawing, list_drawings_below, known) > MAX_USES:
                raise self.collector.add_refusal_and_build_stop(
                    _("A drawing in the document repeats its parts more than %(most)s times.", most=MAX_USES),
                    format_place(drawing),
                    PRINT_REMEDY,
                )

    def build_nesting_stop(self, where: str) -> InspectionStopped:
        """Build the refusal of arrays or dictionaries in one another."""
        return self.collector.add_refusal_and_build_stop(
            _("Parts of the document are nested more than %(most)s deep.", most=MAX_NESTING), where, PRINT_REMEDY
        )

    def _count(self, root: pikepdf.Object, children: Children, known: dict[tuple[int, int], int]) -> int:
        """Count what is used. Raises InspectionStopped for a loop."""
        try:
            return count_uses(root, children, known, MAX_USES)
        except LoopFound:
            raise self.collector.add_refusal_and_build_stop(
                _("A part of the document contains itself, so that viewers never end."),
                format_place(root),
                PRINT_REMEDY,
            ) from None

    def _check_box(self, box: object, unit: object, where: str) -> None:
        """Refuse a page that is too large; `unit` multiplies its points (7.7.3.3)."""
        corners = [float(value) for value in box if is_number(value)] if isinstance(box, pikepdf.Array) else []
        if len(corners) != 4:
            return
        scale = float(unit) if is_number(unit) else 1.0
        width, height = (abs(corners[at + 2] - corners[at]) * scale for at in (0, 1))
        if max(width, height) > MAX_PAGE_SIDE or width * height > MAX_PAGE_AREA:
            what = _(
                "A page is larger than viewers can show: %(width)s × %(height)s points.", **name_size(width, height)
            )
            remedy = _("Set an ordinary page size in the program that made it, and export it to PDF again.")
            self.collector.add_refusal(what, where, remedy)

    def _check_picture(self, stream: pikepdf.Object, where: str) -> None:
        """Refuse a picture that is too large, by what the PDF says or by what the picture says itself."""
        sizes: list[tuple[object, object]] = [(stream.get("/Width"), stream.get("/Height"))]
        if list_filters(stream)[-1:] in (["/DCTDecode"], ["/DCT"]) and len(list_filters(stream)) == 1:
            sizes.append(read_jpeg_size(stream.read_raw_bytes()))
        for width, height in sizes:
            if is_number(width) and is_number(height) and float(width) * float(height) > MAX_PICTURE_POINTS:
                size = name_size(float(width), float(height))
                what = _("A picture is larger than viewers can show: %(width)s × %(height)s points.", **size)
                remedy = _("Make the picture smaller, and export the document to PDF again.")
                self.collector.add_refusal(what, where, remedy)

    def _check_unpacked_size(self, stream: pikepdf.Object, where: str) -> None:
        """Unpack a stream piece by piece where it may swell. Raises InspectionStopped if the streams do."""
        filters = list_filters(stream)
        packings = [name for name in filters if name in FLATE_FILTERS]
        length = stream.get("/Length")
        if not packings or filters != packings:
            return
        if len(packings) == 1 and is_number(length) and float(length) < PACKED_BYTES_TO_CHECK:
            return
        raw = stream.read_raw_bytes()
        self.packed_bytes += len(raw)
        for piece in unpack_layers([raw], len(packings)):
            self.unpacked_bytes += len(piece)
            if self.unpacked_bytes > max(self.limits.ratio_checked_above, self.limits.max_ratio * self.packed_bytes):
                raise self.collector.add_refusal_and_build_stop(
                    _("The file unpacks to more than %(ratio)s times its size.", ratio=self.limits.max_ratio),
                    where,
                    PRINT_REMEDY,
                )


def name_size(width: float, height: float) -> dict[str, str]:
    """Return the values of a message that names a size."""
    return {"width": f"{width:.0f}", "height": f"{height:.0f}"}


def unpack_layers(pieces: Iterable[bytes], times: int) -> Iterator[bytes]:
    """Yield unpacked pieces of bounded size; data that cannot be unpacked ends them, as it does in viewers."""
    for _ignored in range(min(times, 8)):
        pieces = unpack_once(pieces)
    yield from pieces


def unpack_once(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the unpacked pieces of one layer."""
    decoder = zlib.decompressobj()
    for piece in pieces:
        while piece and not decoder.eof:
            try:
                yield decoder.decompress(piece, PIECE_BYTES)
            except zlib.error:
                return
            piece = decoder.unconsumed_tail


def list_contents(page: pikepdf.Object) -> list[pikepdf.Object]:
    """Return the streams that draw a page."""
    contents = page.get("/Contents")
    items = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    return [item for item in items if isinstance(item, pikepdf.Stream)]


def list_filters(stream: pikepdf.Object) -> list[str]:
    """Return the names of the filters of a stream, the outermost first."""
    filters = stream.get("/Filter")
    if isinstance(filters, pikepdf.Array):
        return [str(name) for name in filters]
    return [str(filters)] if isinstance(filters, pikepdf.Name) else []


def read_jpeg_size(data: bytes) -> tuple[int | None, int | None]:
    """Return width and height that a JPEG says of itself, None for each that is not found (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        if data[at + 1] in FRAME_MARKERS:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 1 if data[at + 1] == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4])
    return None, None


def is_number(value: object) -> TypeGuard[int | Decimal]:
    """Return whether a value is a number of a PDF."""
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def format_place(item: pikepdf.Object) -> str:
    """Return the number of an object as a place."""
    return f"obj {item.objgen[0]}" if item.is_indirect else ""
