"""Takes hidden text out of a part of a DOCX: what its run hides, or the styles of its run and paragraph.

Runs in the limited process. Source: ECMA-376 part 1, 17.3.2.41 (vanish).
"""

from docx.oxml.xmlchemy import BaseOxmlElement as Element

from app.core.cleaning.docx_changes import find_child, get_word_name, list_elements, remove_element
from app.core.inspection.docx_styles import DocxStylesReader, read_switch

TEXT_ELEMENTS = {
    *("t", "delText", "tab", "ptab", "br", "cr", "sym", "noBreakHyphen", "softHyphen", "lastRenderedPageBreak"),
    *("drawing", "pict", "object"),
}


def remove_hidden_text(root: Element, styles: DocxStylesReader) -> int:
    """Remove hidden text and pictures; return from how many runs text was taken.

    What fields and notes are made of stays: a field whose beginning was taken out would show its code.
    """
    count = 0
    for run in list_elements(root, "r"):
        if not _is_hidden(run, styles):
            continue
        taken = [
            each for each in run if get_word_name(each) in TEXT_ELEMENTS and not list_elements(each, "txbxContent")
        ]
        count += any(get_word_name(each) == "t" and (each.text or "").strip() for each in taken)
        for element in taken:
            remove_element(element)
        if all(get_word_name(each) == "rPr" for each in run):
            remove_element(run)
    return count


def _is_hidden(run: Element, styles: DocxStylesReader) -> bool:
    """Return whether the text of a run is hidden."""
    properties = find_child(run, "rPr")
    vanish = find_child(properties, "vanish") if properties is not None else None
    if vanish is not None:
        return read_switch({":val": _get_value(vanish) or "true"})
    paragraph = next((each for each in run.iterancestors() if get_word_name(each) == "p"), None)
    above = find_child(paragraph, "pPr") if paragraph is not None else None
    return styles.hides_text(_find_style(above, "pStyle"), _find_style(properties, "rStyle"))


def _find_style(properties: Element | None, name: str) -> str:
    """Return the style that properties name; empty if they name none."""
    style = find_child(properties, name) if properties is not None else None
    return _get_value(style) if style is not None else ""


def _get_value(element: Element) -> str:
    """Return the value of a property, whichever name the vocabulary has."""
    values = [str(value) for name, value in element.attrib.items() if str(name).rpartition("}")[2] == "val"]
    return values[0] if values else ""
