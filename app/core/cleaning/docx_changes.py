"""Accepts the tracked changes of a part of a DOCX: what was inserted is text, what was deleted is gone.

Runs in the limited process. Source: ECMA-376 part 1, 17.13.5 (revisions).
"""

from docx.oxml.xmlchemy import BaseOxmlElement as Element

WORD_NAMESPACES = ("/wordprocessingml/2006/main", "/wordprocessingml/main")
FORMER_PROPERTIES = {
    *("rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "tblPrExChange", "tblGridChange"),
    *("trPrChange", "tcPrChange", "numberingChange"),
}
INSERTED, DELETED = {"ins", "moveTo"}, {"del", "moveFrom"}
CELL_MARKS = {"cellIns", "cellMerge"}
RANGE_MARKS = {
    f"{kind}Range{end}"
    for kind in ("moveFrom", "moveTo", "customXmlIns", "customXmlDel", "customXmlMoveFrom", "customXmlMoveTo")
    for end in ("Start", "End")
}
PROPERTIES = {"rPr", "trPr", "numPr"}
BLOCKS = {"p", "tbl", "sdt", "sectPr", "customXml", "altChunk"}


def get_word_name(element: Element) -> str:
    """Return the local name of an element of WordprocessingML; empty for every other one."""
    tag = element.tag
    if not isinstance(tag, str):  # a comment or an instruction
        return ""
    space, _, name = tag.rpartition("}")
    return name if space.endswith(WORD_NAMESPACES) else ""


def list_elements(root: Element, *names: str) -> list[Element]:
    """List the elements of WordprocessingML with these names, in the order of the document."""
    return [element for element in root.iter() if get_word_name(element) in names]


def find_child(element: Element, name: str) -> Element | None:
    """Find the child of that name, in WordprocessingML."""
    return next((child for child in element if get_word_name(child) == name), None)


def remove_element(element: Element) -> None:
    """Remove an element from its parent, unless it went with one around it."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def accept_changes(root: Element) -> int:
    """Accept all tracked changes; return their number."""
    count = _remove_rows_and_cells(root)
    for element in list_elements(root, *FORMER_PROPERTIES, *RANGE_MARKS, *CELL_MARKS):
        count += get_word_name(element) not in RANGE_MARKS
        remove_element(element)
    ended: list[tuple[Element, bool]] = []
    for element in list_elements(root, *DELETED, *INSERTED):
        count += 1
        name, parent = get_word_name(element), element.getparent()
        if parent is not None and get_word_name(parent) in PROPERTIES:
            paragraph = _find_paragraph_of_mark(element)
            if paragraph is not None and name in DELETED:
                ended.append((paragraph, name == "del"))
            remove_element(element)
        elif name in DELETED:
            remove_element(element)
        else:
            _unwrap(element)
    for paragraph, is_joined in ended:
        _end_paragraph(paragraph, is_joined=is_joined)
    return count


def _remove_rows_and_cells(root: Element) -> int:
    """Remove the rows and cells of tables that were deleted, and tables of which nothing is left; return how many."""
    count = 0
    for properties in list_elements(root, "trPr", "tcPr"):
        mark = "del" if get_word_name(properties) == "trPr" else "cellDel"
        owner = properties.getparent()
        if owner is not None and find_child(properties, mark) is not None:
            remove_element(owner)
            count += 1
    for table in list_elements(root, "tbl") if count else ():
        for row in [each for each in table if get_word_name(each) == "tr"]:
            if find_child(row, "tc") is None and not list_elements(row, "tc"):
                remove_element(row)
        if not list_elements(table, "tr"):
            _remove_table(table)
    return count


def _remove_table(table: Element) -> None:
    """Remove a table; a cell around it ends with a paragraph, as each has to."""
    parent = table.getparent()
    remove_element(table)
    if parent is not None and get_word_name(parent) == "tc" and find_child(parent, "p") is None:
        parent.append(parent.makeelement(f"{table.tag.rpartition('}')[0]}}}p"))


def _find_paragraph_of_mark(mark: Element) -> Element | None:
    """Find the paragraph whose mark was inserted or deleted: `p/pPr/rPr/del`."""
    above = [get_word_name(each) for each in mark.iterancestors()][:3]
    return list(mark.iterancestors())[2] if above == ["rPr", "pPr", "p"] else None


def _unwrap(element: Element) -> None:
    """Put the content of an element in its place."""
    parent = element.getparent()
    if parent is not None:
        at = parent.index(element)
        for offset, child in enumerate(list(element)):
            parent.insert(at + offset, child)
        parent.remove(element)


def _end_paragraph(paragraph: Element, *, is_joined: bool) -> None:
    """Remove a paragraph whose mark was deleted or moved: what is left of it is joined with the next one, which keeps
    its properties, unless its mark was moved."""
    parent, properties = paragraph.getparent(), find_child(paragraph, "pPr")
    if parent is None or (properties is not None and find_child(properties, "sectPr") is not None):
        return
    content = [child for child in paragraph if child is not properties]
    following = next((each for each in paragraph.itersiblings() if get_word_name(each) in BLOCKS), None)
    if following is None or (content and not (is_joined and get_word_name(following) == "p")):
        return
    at = 1 if find_child(following, "pPr") is not None else 0
    for offset, child in enumerate(content):
        following.insert(at + offset, child)
    parent.remove(paragraph)
