"""Fields in a Word template: `{{ title }}` is replaced by a text; a field alone in a paragraph, by many paragraphs.

A template is filled, never executed: a field is only a name, so that no one can put a program into one. Runs in the
limited process. Word may split a field into several runs, so fields are searched in whole paragraphs.
"""

import io
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import accumulate, pairwise
from typing import BinaryIO

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement as Element
from docx.text.paragraph import Paragraph

from app.core.i18n import text_direction
from app.core.rendering.template_values import TemplateFilling, TemplatePassage

FIELD_PATTERN = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
STRAY_PATTERN = re.compile(r"\{\{[^{}]*|\}\}|\{%[^%]*%?\}?")
PARAGRAPH_TAG, TEXT_TAG, PARAGRAPH_PROPERTIES_TAG = qn("w:p"), qn("w:t"), qn("w:pPr")
PICTURE_TAGS = (qn("w:drawing"), qn("w:pict"), qn("w:object"))
# Elements that may follow `w:bidi` in the properties of a paragraph (ECMA-376 part 1, 17.3.1.26).
TAGS_AFTER_BIDI = (
    *("w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents"),
    *("w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment", "w:textboxTightWrap", "w:outlineLvl"),
    *("w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange"),
)


def list_template_fields(source: BinaryIO) -> list[tuple[str, bool]]:
    """List every field and whether it is alone in a paragraph of the body; fragments of a field are listed too."""
    document = docx.Document(io.BytesIO(source.read()))
    fields = []
    for paragraph in _iter_paragraphs(document):
        text = "".join(element.text or "" for element in _text_elements(paragraph))
        is_alone = _is_single_field(text) and paragraph.getparent() is document.element.body
        fields += [(name, is_alone) for name in FIELD_PATTERN.findall(text)]
        fields += [(fragment, False) for fragment in STRAY_PATTERN.findall(FIELD_PATTERN.sub("", text))]
    return fields


def fill_template(source: BinaryIO, filling: TemplateFilling) -> bytes:
    """Return the template with all values filled in. A paragraph that only had empty fields is removed."""
    document = docx.Document(io.BytesIO(source.read()))
    for paragraph in list(_iter_paragraphs(document)):
        text = "".join(element.text or "" for element in _text_elements(paragraph))
        if _is_single_field(text) and FIELD_PATTERN.findall(text) == [filling.block]:
            _insert_passages(document, paragraph, filling.passages)
        elif FIELD_PATTERN.search(text):
            _fill_paragraph(paragraph, filling)
    properties = document.core_properties
    properties.title, properties.language, properties.author = filling.texts.get("title", ""), filling.language, ""
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def _iter_paragraphs(document: Document) -> Iterator[Element]:
    """Yield every paragraph of body, headers and footers, including tables and text boxes."""
    yield from document.element.body.iter(PARAGRAPH_TAG)
    for part in document.part.package.iter_parts():
        root = getattr(part, "element", None)
        if root is not None and root.tag in (qn("w:hdr"), qn("w:ftr")):
            yield from root.iter(PARAGRAPH_TAG)


def _text_elements(paragraph: Element) -> list[Element]:
    """Return the text elements of a paragraph, without those of a text box inside it."""
    return [element for element in paragraph.iter(TEXT_TAG) if next(element.iterancestors(PARAGRAPH_TAG)) is paragraph]


def _is_single_field(text: str) -> bool:
    """Return whether a text is exactly one field."""
    return FIELD_PATTERN.fullmatch(text.strip()) is not None


def _fill_paragraph(paragraph: Element, filling: TemplateFilling) -> None:
    """Replace the fields of a paragraph by their values."""
    elements = _text_elements(paragraph)
    text = "".join(element.text or "" for element in elements)
    for match in reversed(list(FIELD_PATTERN.finditer(text))):
        _replace_range(elements, match.start(), match.end(), filling.texts.get(match[1], ""))
    if not "".join(element.text or "" for element in elements).strip() and _is_removable(paragraph):
        paragraph.getparent().remove(paragraph)
    elif text_direction(filling.language) == "rtl":
        set_language(Paragraph(paragraph, None), filling.language)  # type: ignore[arg-type]  # its parent is not used


def _replace_range(elements: Sequence[Element], start: int, end: int, value: str) -> None:
    """Replace a field, which may span several text elements, by its value: the first one takes all of it."""
    edges = [0, *accumulate(len(element.text or "") for element in elements)]
    for element, (begins, ends) in zip(elements, pairwise(edges), strict=True):
        if begins < end and ends > start:
            text = element.text or ""
            element.text = text[: max(start - begins, 0)] + value + text[end - begins :]
            element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            value = ""


def _is_removable(paragraph: Element) -> bool:
    """Return whether a paragraph can be removed: a cell keeps its last one, and one that ends a section or holds a
    picture or a text box stays (ECMA-376 part 1, 17.4.65, 17.6.18, 17.3.3.9 and 17.3.3.21)."""
    if any(True for _ in paragraph.iter(*PICTURE_TAGS)):
        return False
    return (
        len(paragraph.getparent().findall(PARAGRAPH_TAG)) > 1
        and paragraph.find(f"{PARAGRAPH_PROPERTIES_TAG}/{qn('w:sectPr')}") is None
    )


def _insert_passages(document: Document, place: Element, passages: Sequence[TemplatePassage]) -> None:
    """Insert passages in place of a paragraph; if the template lacks their style, with the format of that paragraph."""
    styles = {style.name for style in document.styles if style.type == WD_STYLE_TYPE.PARAGRAPH}
    format_, run = place.find(PARAGRAPH_PROPERTIES_TAG), place.find(f"{qn('w:r')}/{qn('w:rPr')}")
    for passage in passages:
        paragraph = Paragraph(OxmlElement("w:p"), document._body)
        place.addprevious(paragraph._p)
        if passage.style in styles:
            paragraph.style = passage.style
        elif format_ is not None:
            paragraph._p.append(deepcopy(format_))
        new_run = paragraph.add_run(passage.text)
        if passage.style not in styles and run is not None:
            new_run._r.insert(0, deepcopy(run))
        set_language(paragraph, passage.language)
    place.getparent().remove(place)


def set_language(paragraph: Paragraph, language: str) -> None:
    """Set language and direction of a paragraph (ECMA-376 part 1, 17.3.1.6 and 17.3.2.30)."""
    rtl = text_direction(language) == "rtl"
    properties = paragraph._p.get_or_add_pPr()
    if rtl and properties.find(qn("w:bidi")) is None:
        properties.insert_element_before(OxmlElement("w:bidi"), *TAGS_AFTER_BIDI)
    for run in paragraph.runs:
        if rtl:
            run.font.rtl = True
        run_properties = run._r.get_or_add_rPr()
        for existing in run_properties.findall(qn("w:lang")):
            run_properties.remove(existing)
        language_element = OxmlElement("w:lang")
        language_element.set(
            qn({"rtl": "w:bidi"}.get(text_direction(language), "w:eastAsia" if language == "zh" else "w:val")), language
        )
        run_properties.append(language_element)
