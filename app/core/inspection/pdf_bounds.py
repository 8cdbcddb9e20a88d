"""Limits of what a PDF asks of the programs that show it: sizes of pages and pictures, depth, loops, unpacked size."""

from collections import Counter
from decimal import Decimal
from functools import partial
from typing import TypeGuard

import pikepdf

from app.core.i18n import lazy_gettext as _
from app.core.inspection.embedded.pdf_filters import (
    FLATE_FILTERS,
    RUN_FILTERS,
    SWELLING_FILTERS,
    list_filters,
    take_filters_off,
    unpack_layers,
)
from app.core.inspection.embedded.pdf_pictures import SIZE_READERS
from app.core.inspection.findings import InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector, InspectionStopped
from app.core.inspection.pdf_graph import (
    Children,
    LoopFound,
    count_uses,
    is_drawing,
    list_arrays_below,
    list_contents,
    list_drawings_below,
    list_trees,
    list_values_below,
    read_content,
)

BOX_KEYS = ("/MediaBox", "/CropBox")
# Points: 35 m, as no ordinary page; and as many as 5 m × 5 m, which the format once had as its own limit.
MAX_PAGE_SIDE, MAX_PAGE_AREA = 100_000, 14_400**2
MAX_PICTURE_POINTS = 400_000_000  # A2 at 1,000 points an inch
MAX_ROW_VALUES = 4_000_000
MAX_USES = 1_000_000
MAX_NESTING = 200
QPDF_NESTING_WARNING = "parser-max-nesting"  # qpdf leaves out what is nested more than 500 deep, and only warns
PACKED_BYTES_TO_CHECK = 64 * 1024  # a stream of this size unpacks to 64 MiB at most (RFC 1951)
CHAIN_KEYS = ("/K", "/Parent", "/Next", "/Functions", "/SMask", "/DescendantFonts", "/UseCMap")

PRINT_REMEDY = _("Print it to a new PDF, and upload that file.")


class ViewerBoundsInspector:
    """Refuses what stops or fills a viewer. `check_holder` gets every dictionary and stream, `check_graph` ends it."""

    def __init__(self, document: pikepdf.Pdf, limits: InspectionLimits, collector: FindingsCollector) -> None:
        self.document, self.limits, self.collector = document, limits, collector
        self.contents = count_contents(document)
        self.drawings: list[pikepdf.Object] = []
        self.chains: dict[str, list[pikepdf.Object]] = {key: [] for key in CHAIN_KEYS}
        self.arrays: list[pikepdf.Object] = []
        self.packed_bytes = self.unpacked_bytes = 0

    def note_array(self, array: pikepdf.Array) -> None:
        """Note an array that is an object of its own: a colour space, an order of layers or any other."""
        self.arrays.append(array)

    def check_holder(self, holder: pikepdf.Object, where: str) -> None:
        """Check the sizes of a page, a picture or a stream. Raises InspectionStopped for one that swells."""
        for key in BOX_KEYS:
            if key in holder:
                self._check_box(holder.get(key), holder.get("/UserUnit"), where)
        if is_drawing(holder):
            self.drawings.append(holder)
        for key, holders in self.chains.items():
            if key in holder:
                holders.append(holder)
        if "/Columns" in holder:
            self._check_row(holder, where)
        if not isinstance(holder, pikepdf.Stream):
            return
        if holder.get("/PatternType") == 1:
            self._check_tiling(holder, where)
        if "/Alternate" in holder:
            self.arrays.append(holder)
        is_picture = holder.get("/Subtype") == "/Image"
        if is_picture or ("/Width" in holder and "/Height" in holder):
            self._check_picture(holder, where)
        if not is_picture or holder.objgen in self.contents:
            self._check_unpacked_size(holder, where)

    def check_graph(self) -> None:
        """Check depth, loops and repetitions, when all objects were read. Raises InspectionStopped for a loop."""
        if any(QPDF_NESTING_WARNING in warning for warning in self.document.get_warnings()):
            raise self.build_nesting_stop("")
        for root, children in list_trees(self.document):
            self._count(root, children, {})
        for key, holders in self.chains.items():
            self._check_uses(holders, partial(list_values_below, key))
        self._check_uses(self.arrays, list_arrays_below)
        self._check_uses([*self.drawings, *(page.obj for page in self.document.pages)], list_drawings_below)
        self._check_forms_without_resources()

    def _check_forms_without_resources(self) -> None:
        """Check what is drawn by forms that use the resources of the page, as old ones do (8.10.1)."""
        if all("/Resources" in drawing or "/CharProcs" in drawing for drawing in self.drawings):
            return
        for page in self.document.pages:
            self._check_uses([page.obj], partial(list_drawings_below, resources=page.obj.get("/Resources")))

    def _check_uses(self, holders: list[pikepdf.Object], children: Children) -> None:
        """Check each of these. Raises InspectionStopped for a loop, and for one that uses too many others."""
        known: dict[tuple[int, int], int] = {}
        for holder in holders:
            if self._count(holder, children, known) > MAX_USES:
                raise self._build_repetition_stop(format_place(holder))

    def _build_repetition_stop(self, where: str) -> InspectionStopped:
        """Build the refusal of a drawing that repeats itself or others."""
        return self.collector.add_refusal_and_build_stop(
            _("A drawing in the document repeats its parts more than %(most)s times.", most=MAX_USES),
            where,
            PRINT_REMEDY,
        )

    def build_nesting_stop(self, where: str) -> InspectionStopped:
        """Build the refusal of arrays or dictionaries in one another."""
        return self.collector.add_refusal_and_build_stop(
            _("Parts of the document are nested more than %(most)s levels deep.", most=MAX_NESTING), where, PRINT_REMEDY
        )

    def _count(self, root: pikepdf.Object, children: Children, known: dict[tuple[int, int], int]) -> int:
        """Count what is used. Raises InspectionStopped for a loop."""
        try:
            return count_uses(root, children, known, MAX_USES)
        except LoopFound:
            raise self.collector.add_refusal_and_build_stop(
                _("A part of the document contains itself, so viewers can never finish reading it."),
                format_place(root),
                PRINT_REMEDY,
            ) from None

    def _check_box(self, box: object, unit: object, where: str) -> None:
        """Refuse a page that is too large; `unit` multiplies its points (7.7.3.3)."""
        corners = [float(value) for value in box if is_number(value)] if isinstance(box, pikepdf.Array) else []
        if len(corners) < 4:
            return
        scale = float(unit) if is_number(unit) else 1.0
        width, height = (abs(corners[at + 2] - corners[at]) * scale for at in (0, 1))
        if max(width, height) > MAX_PAGE_SIDE or width * height > MAX_PAGE_AREA:
            what = _(
                "A page is larger than viewers can display: %(width)s × %(height)s points.", **name_size(width, height)
            )
            remedy = _("Set a standard page size in the program that created the document, and export it to PDF again.")
            self.collector.add_refusal(what, where, remedy)

    def _check_picture(self, stream: pikepdf.Object, where: str) -> None:
        """Refuse a picture that is too large, by what the PDF says or by what the picture says itself."""
        sizes: list[tuple[object, object]] = [(stream.get("/Width"), stream.get("/Height"))]
        *around, last = [*list_filters(stream)] or [""]
        if list_sizes := SIZE_READERS.get(last):
            sizes += list_sizes(take_filters_off(stream.read_raw_bytes(), around))
        for width, height in sizes:
            if is_number(width) and is_number(height) and float(width) * float(height) > MAX_PICTURE_POINTS:
                self._refuse_picture(float(width), float(height), where)

    def _check_row(self, parameters: pikepdf.Object, where: str) -> None:
        """Refuse a row of a picture that is too long: decoders take memory for it before they read one (7.4.4.4)."""
        columns, colors = parameters.get("/Columns"), parameters.get("/Colors", 1)
        if is_number(columns) and float(columns) * (float(colors) if is_number(colors) else 1) > MAX_ROW_VALUES:
            self._refuse_picture(float(columns), 1, where)

    def _refuse_picture(self, width: float, height: float, where: str) -> None:
        """Add the refusal of a picture of that size."""
        size = name_size(width, height)
        what = _("A picture is larger than viewers can display: %(width)s × %(height)s points.", **size)
        remedy = _("Make the picture smaller, and export the document to PDF again.")
        self.collector.add_refusal(what, where, remedy)

    def _check_tiling(self, pattern: pikepdf.Object, where: str) -> None:
        """Refuse a pattern whose tiles repeat within a tile a million times (8.7.3.3)."""
        box, tiles = pattern.get("/BBox"), 1.0
        if not isinstance(box, pikepdf.Array) or len(box) < 4:
            return
        for at, step in enumerate((pattern.get("/XStep"), pattern.get("/YStep"))):
            first, last = box[at], box[at + 2]
            if is_number(step) and step and is_number(first) and is_number(last):
                tiles *= max(1.0, abs(float(last) - float(first)) / abs(float(step)))
        if tiles > MAX_USES:
            raise self._build_repetition_stop(where)

    def _check_unpacked_size(self, stream: pikepdf.Object, where: str) -> None:
        """Unpack a stream piece by piece where it may swell. Raises InspectionStopped if the streams do."""
        filters = list_filters(stream)
        packings = [name for name in filters if name in FLATE_FILTERS]
        length = stream.get("/Length")
        times = self.contents.get(stream.objgen, 0)
        is_small = len(packings) <= 1 and is_number(length) and float(length) < PACKED_BYTES_TO_CHECK
        if not filters or (is_small and not times and not SWELLING_FILTERS & set(filters)):
            return
        raw = stream.read_raw_bytes()
        self.packed_bytes += len(raw)
        is_known = all(name in FLATE_FILTERS | RUN_FILTERS for name in filters)
        pieces = unpack_layers([raw], filters) if is_known else iter([read_content(stream)])
        for piece in pieces:
            self.unpacked_bytes += len(piece) * max(times, 1)
            if self.unpacked_bytes > max(self.limits.ratio_checked_above, self.limits.max_ratio * self.packed_bytes):
                raise self.collector.add_refusal_and_build_stop(
                    _("The file unpacks to more than %(ratio)s times its size.", ratio=self.limits.max_ratio),
                    where,
                    PRINT_REMEDY,
                )


def name_size(width: float, height: float) -> dict[str, str]:
    """Return the values of a message that names a size."""
    return {"width": f"{width:.0f}", "height": f"{height:.0f}"}


def count_contents(document: pikepdf.Pdf) -> dict[tuple[int, int], int]:
    """Return the streams that draw pages, each with how often the page that has it most often draws it."""
    counts: dict[tuple[int, int], int] = {}
    for page in document.pages:
        for place, times in Counter(stream.objgen for stream in list_contents(page.obj)).items():
            counts[place] = max(times, counts.get(place, 0))
    return counts


def is_number(value: object) -> TypeGuard[int | Decimal]:
    """Return whether a value is a number of a PDF."""
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def format_place(item: pikepdf.Object) -> str:
    """Return the number of an object as a place."""
    return f"obj {item.objgen[0]}" if item.is_indirect else ""
