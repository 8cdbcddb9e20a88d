"""Finds what a DOCX contains and its PDF will not show, besides the text. Runs in the limited process.

LibreOffice reads of alternatives the first that it knows, else what is there for old readers: often a picture. What it
draws was tried with version 25.2. Sources: ECMA-376 part 1, 20.1.2.2.17 (graphicData), 17.16 (fields), 22.1 (formulas);
part 3, 10 (alternate content); MS-ODRAWXML 2.24 (newer charts).
"""

import re
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from app.core.inspection.xml import XmlTag
from app.core.rendering.docx_pictures import is_picture_drawn
from app.core.rendering.docx_text import DocxParagraphReader, OpenedDocx, open_docx
from app.core.rendering.docx_typefaces import MissingTypefaces, open_typefaces
from app.core.rendering.paragraphs import tidy_leveled_paragraphs, tidy_paragraphs
from app.core.rendering.undrawn import UndrawnContent, UndrawnKind

MAX_PLACES: Final = 5
MAX_EXCERPT_LENGTH: Final = 60


ALTERNATIVES: Final = XmlTag("http://schemas.openxmlformats.org/markup-compatibility/2006", "AlternateContent")
DRAWINGS: Final = ("http://schemas.openxmlformats.org/drawingml/2006", "http://purl.oclc.org/ooxml/drawingml")
WORD_DRAWINGS: Final = "http://schemas.microsoft.com/office/word/2010/wordprocessing"
MATH: Final = (
    "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "http://purl.oclc.org/ooxml/officeDocument/math",
)
DRAWN_GRAPHICS: Final = {
    *(f"{space}/{kind}" for space in DRAWINGS for kind in ("picture", "chart", "diagram", "lockedCanvas")),
    # `Ink` is found by the element that holds it, which is also in groups.
    *(f"{WORD_DRAWINGS}{kind}" for kind in ("Shape", "Group", "Canvas", "Ink")),
}
UNDRAWN_GRAPHICS: Final = {"http://schemas.microsoft.com/office/drawing/2014/chartex": UndrawnKind.CHART}
PICTURES: Final = {
    **{XmlTag(f"{space}/main", "blip"): "r:embed" for space in DRAWINGS},
    XmlTag("urn:schemas-microsoft-com:vml", "imagedata"): "r:id",
}
"""Elements that show a picture, each with the attribute that names it."""
# What Word computes and the converter does not; of EQ it knows letters above one another (\o).
UNDRAWN_FIELD: Final = re.compile(r"\s*(?:(?:DISPLAY|MERGE)?BARCODE\b|EQ\b(?!.*\\o))", re.IGNORECASE | re.DOTALL)


@dataclass(slots=True)
class Alternatives:
    """Alternatives that are being read: what of the newer one is not drawn, and whether the older has a picture."""

    undrawn: list[UndrawnKind] = field(default_factory=list)
    nested: list[UndrawnKind] = field(default_factory=list)
    has_picture: bool = False


@dataclass(slots=True)
class UnfinishedField:
    """A field that is being read."""

    instruction: str = ""
    is_in_result: bool = False
    has_result: bool = False


class UndrawnContentReader(DocxParagraphReader):
    """SAX handler that also notes what is not drawn, of one part after the other."""

    def __init__(self, document: OpenedDocx, typefaces: MissingTypefaces | None) -> None:
        super().__init__(document.styles)
        self.document = document
        self.typefaces = typefaces
        self.targets: dict[str, str] = {}
        self.has_drawn_diagrams = False
        self.drawn_pictures: dict[str, bool] = {}
        self.found: dict[UndrawnKind, UndrawnContent] = {}
        self.alternatives: list[Alternatives] = []
        self.fields: list[UnfinishedField] = []
        self.in_instruction = False
        self.has_places = True

    def start_part(self, name: str) -> None:
        """Prepare for the next part."""
        relations = [each for part in self.document.relations if part.source_part == name for each in part.relations]
        self.targets = {each.identifier: each.target for each in relations}
        self.has_drawn_diagrams = any(each.kind == "diagramDrawing" for each in relations)
        self.alternatives, self.fields = [], []

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Note what is not drawn, unless it was deleted or is hidden."""
        super().start_element(tag, values)
        self.in_instruction = self.element_path[-1] == "instrText"
        if tag == ALTERNATIVES:
            self.alternatives.append(Alternatives())
        elif self.removed_depth:
            if self.alternatives and tag in PICTURES and self._is_drawn(values.get(PICTURES[tag], "")):
                self.alternatives[-1].has_picture = True
        elif not self.visibility.is_hidden:
            if self.element_path[-1] == "fldSimple" and UNDRAWN_FIELD.match(values.get(":instr", "")):
                self._note(UndrawnKind.FIELD)
            elif kind := self._find_kind(tag, values):
                self._note(kind)
        if self.element_path[-1] == "fldChar":
            self._follow_field(values.get(":fldCharType", ""))
        if self.typefaces and self.element_path[-1] == "r":
            self.typefaces.begin_run()
        elif self.typefaces and self.element_path[-3:] == ["r", "rPr", "rFonts"]:
            self.typefaces.set_own(values)

    def characters(self, content: str) -> None:
        """Add characters to the text, or to the instruction of a field."""
        super().characters(content)
        if self.fields and self.in_instruction:
            self.fields[-1].instruction += content
        elif self.fields and self.in_text and self.fields[-1].is_in_result:
            self.fields[-1].has_result = True
        if self.typefaces and self.in_text and not self.removed_depth and not self.visibility.is_hidden:
            self.typefaces.add_text(content, self.visibility.paragraph_style, self.visibility.run_style)

    def end_element(self, tag: XmlTag) -> None:
        """End alternatives: a picture in the older one is drawn in place of what is in the newer one."""
        super().end_element(tag)
        self.in_instruction = False
        if tag != ALTERNATIVES or not self.alternatives:
            return
        ended = self.alternatives.pop()
        left = ended.nested + ([] if ended.has_picture else ended.undrawn)
        if self.alternatives:
            outer = self.alternatives[-1]
            outer.nested += left
            outer.has_picture |= bool(self.removed_depth) and ended.has_picture
            return
        for kind in left:
            self._count(kind)

    def _find_kind(self, tag: XmlTag, values: dict[str, str]) -> UndrawnKind | None:
        """Find the kind of an element that is not drawn; None if it is drawn, or shows nothing by itself."""
        if tag.name == "graphicData":
            uri = values.get("uri", "")
            return None if uri in DRAWN_GRAPHICS else UNDRAWN_GRAPHICS.get(uri, UndrawnKind.OBJECT)
        if tag in PICTURES:
            identifier = values.get(PICTURES[tag], "")
            return UndrawnKind.PICTURE if identifier and not self._is_drawn(identifier) else None
        if tag.name == "relIds" and tag.space.endswith("/diagram"):
            return None if self.has_drawn_diagrams else UndrawnKind.DIAGRAM
        if tag.name == "contentPart":
            return UndrawnKind.INK
        return UndrawnKind.FORMULA if tag.name == "oMath" and tag.space in MATH else None

    def _is_drawn(self, identifier: str) -> bool:
        """Return whether the picture with this relationship is there, and is drawn."""
        name, archive = self.targets.get(identifier, ""), self.document.archive
        if name not in self.drawn_pictures:
            self.drawn_pictures[name] = name in archive.by_name and is_picture_drawn(name, archive.read_entry(name))
        return self.drawn_pictures[name]

    def _follow_field(self, step: str) -> None:
        """Begin a field, go on to its result, or end it: one without a result that only Word computes is not drawn."""
        if step == "begin":
            self.fields.append(UnfinishedField())
        elif step == "separate" and self.fields:
            self.fields[-1].is_in_result = True
        elif step == "end" and self.fields:
            ended = self.fields.pop()
            is_shown = not self.removed_depth and not self.visibility.is_hidden
            if is_shown and not ended.has_result and UNDRAWN_FIELD.match(ended.instruction):
                self._note(UndrawnKind.FIELD)

    def _note(self, kind: UndrawnKind) -> None:
        """Count something that is not drawn, once it is known that no picture is drawn in its place."""
        if self.alternatives:
            self.alternatives[-1].undrawn.append(kind)
        else:
            self._count(kind)

    def _count(self, kind: UndrawnKind) -> None:
        found = self.found.setdefault(kind, UndrawnContent(kind))
        found.count += 1
        if self.has_places and len(found.after) < MAX_PLACES and (excerpt := self._read_excerpt()):
            found.after.append(excerpt)

    def _read_excerpt(self) -> str:
        """Return the end of the text before this place, empty if there is none."""
        nearest = [*self.paragraphs[-1:], *self.open_paragraphs]
        text = next((tidy[-1] for part in reversed(nearest) if (tidy := tidy_paragraphs([part]))), "")
        return text if len(text) <= MAX_EXCERPT_LENGTH else f"{text[:MAX_EXCERPT_LENGTH]}…"


@dataclass(frozen=True, slots=True)
class DocxContent:
    """The paragraphs of a DOCX, the level of each as a heading (0 if it is none), and what its PDF will not show."""

    paragraphs: list[str]
    heading_levels: list[int]
    undrawn: list[UndrawnContent]


def read_docx_content(source: BinaryIO, installed: frozenset[str] = frozenset()) -> DocxContent:
    """Read the text of a DOCX, and what of it its PDF will not show; with typefaces that are not `installed`, unless it
    is not known which are. Raises InspectionStopped for a file that the inspection would have refused."""
    document = open_docx(source)
    typefaces = open_typefaces(document, installed) if installed else None
    reader = UndrawnContentReader(document, typefaces)
    for name in document.text_parts:
        reader.start_part(name)
        document.parse(name, reader)
    text = tidy_leveled_paragraphs(zip(reader.paragraphs, reader.heading_levels, strict=True))
    reader.has_places = False
    for name in document.margin_parts:
        reader.start_part(name)
        document.parse(name, reader)
    undrawn = [*reader.found.values(), *(typefaces.describe() if typefaces else ())]
    return DocxContent([line for line, _ in text], [level for _, level in text], undrawn)
