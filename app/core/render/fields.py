"""Fields in a Word document: `{{ title }}` stands for a text, and one that stands alone for many paragraphs.

A template is filled and never run: a field is a name and nothing else, so that nobody can write a program into one.
Runs in the bounded process. Word cuts a field into pieces as it likes; it is looked for in whole paragraphs.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import BinaryIO

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement as Element
from docx.text.paragraph import Paragraph as Line

from app.core.i18n import direction

FIELD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
STRAY = re.compile(r"\{\{[^{}]*|\}\}|\{%[^%]*%?\}?")
P, T, P_PR = qn("w:p"), qn("w:t"), qn("w:pPr")
PICTURES = (qn("w:drawing"), qn("w:pict"), qn("w:object"))
# What may follow `w:bidi` in the properties of a paragraph (ECMA-376 part 1, 17.3.1.26).
AFTER_BIDI = (
    *("w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents"),
    *("w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment", "w:textboxTightWrap", "w:outlineLvl"),
    *("w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange"),
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph that is put in: in the style of that name, where the template has it."""

    text: str
    style: str
    language: str


@dataclass(frozen=True, slots=True)
class Filling:
    """What a template is filled with: texts by field, in one language, and passages where `block` stands alone."""

    language: str
    texts: Mapping[str, str]
    block: str
    passages: Sequence[Passage]


def names(source: BinaryIO) -> list[tuple[str, bool]]:
    """Every field, and whether it stands alone in a paragraph of the text; what looks like half a field counts."""
    document = docx.Document(io.BytesIO(source.read()))
    found = []
    for line in _lines(document):
        text = "".join(piece.text or "" for piece in _pieces(line))
        alone = _is_alone(text) and line.getparent() is document.element.body
        found += [(name, alone) for name in FIELD.findall(text)]
        found += [(half, False) for half in STRAY.findall(FIELD.sub("", text))]
    return found


def fill(source: BinaryIO, filling: Filling) -> bytes:
    """The document with everything in its place. A paragraph of which only empty fields are left goes."""
    document = docx.Document(io.BytesIO(source.read()))
    for line in list(_lines(document)):
        text = "".join(piece.text or "" for piece in _pieces(line))
        if _is_alone(text) and FIELD.findall(text) == [filling.block]:
            _put_in(document, line, filling.passages)
        elif FIELD.search(text):
            _replace(line, filling)
    made = document.core_properties
    made.title, made.language, made.author = filling.texts.get("title", ""), filling.language, ""
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _lines(document: Document) -> Iterator[Element]:
    """Every paragraph of the text, of headers and of footers; in tables and boxes too."""
    yield from document.element.body.iter(P)
    for part in document.part.package.iter_parts():
        root = getattr(part, "element", None)
        if root is not None and root.tag in (qn("w:hdr"), qn("w:ftr")):
            yield from root.iter(P)


def _pieces(line: Element) -> list[Element]:
    """The pieces of text of a paragraph, without those of a box in it."""
    return [piece for piece in line.iter(T) if next(piece.iterancestors(P)) is line]


def _is_alone(text: str) -> bool:
    return FIELD.fullmatch(text.strip()) is not None


def _replace(line: Element, filling: Filling) -> None:
    pieces = _pieces(line)
    text = "".join(piece.text or "" for piece in pieces)
    for found in reversed(list(FIELD.finditer(text))):
        _write_over(pieces, found.start(), found.end(), filling.texts.get(found[1], ""))
    if not "".join(piece.text or "" for piece in pieces).strip() and _may_go(line):
        line.getparent().remove(line)
    elif direction(filling.language) == "rtl":
        _turn(Line(line, None), filling.language)  # type: ignore[arg-type]  # its parent is not asked


def _write_over(pieces: Sequence[Element], start: int, end: int, value: str) -> None:
    """Put a value where a field is, which may lie over several pieces: the first takes all of it."""
    edges = [0, *accumulate(len(piece.text or "") for piece in pieces)]
    for piece, (begins, ends) in zip(pieces, pairwise(edges), strict=True):
        if begins < end and ends > start:
            text = piece.text or ""
            piece.text = text[: max(start - begins, 0)] + value + text[end - begins :]
            piece.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            value = ""


def _may_go(line: Element) -> bool:
    """A cell keeps its last paragraph, and one that ends a section or holds a picture or a box stays (ECMA-376 part 1,
    17.4.65, 17.6.18, 17.3.3.9 and 17.3.3.21)."""
    if any(True for _ in line.iter(*PICTURES)):
        return False
    return len(line.getparent().findall(P)) > 1 and line.find(f"{P_PR}/{qn('w:sectPr')}") is None


def _put_in(document: Document, place: Element, passages: Sequence[Passage]) -> None:
    """Passages in place of a paragraph; where the template lacks their style, they look as that paragraph does."""
    there = {style.name for style in document.styles if style.type == WD_STYLE_TYPE.PARAGRAPH}
    usual, run = place.find(P_PR), place.find(f"{qn('w:r')}/{qn('w:rPr')}")
    for each in passages:
        line = Line(OxmlElement("w:p"), document._body)
        place.addprevious(line._p)
        if each.style in there:
            line.style = each.style
        elif usual is not None:
            line._p.append(deepcopy(usual))
        written = line.add_run(each.text)
        if each.style not in there and run is not None:
            written._r.insert(0, deepcopy(run))
        _turn(line, each.language)
    place.getparent().remove(place)


def _turn(line: Line, language: str) -> None:
    """Say in which language it is, and from which side it is read (ECMA-376 part 1, 17.3.1.6 and 17.3.2.30)."""
    rtl = direction(language) == "rtl"
    properties = line._p.get_or_add_pPr()
    if rtl and properties.find(qn("w:bidi")) is None:
        properties.insert_element_before(OxmlElement("w:bidi"), *AFTER_BIDI)
    for run in line.runs:
        if rtl:
            run.font.rtl = True
        about = run._r.get_or_add_rPr()
        for former in about.findall(qn("w:lang")):
            about.remove(former)
        said = OxmlElement("w:lang")
        said.set(
            qn({"rtl": "w:bidi"}.get(direction(language), "w:eastAsia" if language == "zh" else "w:val")), language
        )
        about.append(said)
