"""Loops and repetitions in the structure of a PDF: bookmarks, names, fields of forms, and drawings that draw others.

Sources: ISO 32000-2, 12.3.3 (bookmarks), 7.9.6 (name trees), 12.7.4 (fields), 8.10 (forms), 9.6.4 (Type 3 fonts).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pikepdf

Children = Callable[[pikepdf.Object], Iterator[tuple[pikepdf.Object, int]]]
"""The objects below one, each with how often it is used there."""

NAME_PATTERN = re.compile(rb"/([^\s/\[\]<>(){}%]+)")
ESCAPE_PATTERN = re.compile(rb"#([0-9A-Fa-f]{2})")
BOOKMARK_KEYS = ("/First", "/Next")


class LoopFound(Exception):
    """An object is below itself."""


@dataclass(slots=True)
class UseCount:
    """An object whose use is being counted, and how often the one above uses it."""

    item: pikepdf.Object
    times: int
    remaining: Iterator[tuple[pikepdf.Object, int]]
    total: int = 1


def count_uses(root: pikepdf.Object, children: Children, known: dict[tuple[int, int], int], most: int) -> int:
    """Return how many objects are used when `root` is, up to `most` + 1; `known` keeps the counts of indirect ones.

    Raises LoopFound if one is below itself; direct objects cannot be.
    """
    if root.objgen in known:
        return known[root.objgen]
    stack = [UseCount(root, 1, children(root))]
    path = {root.objgen} if root.is_indirect else set()
    while True:
        top = stack[-1]
        below, times = next(top.remaining, (None, 0))
        if below is not None and below.is_indirect and below.objgen in path:
            raise LoopFound
        if below is not None and not (below.is_indirect and below.objgen in known):
            if below.is_indirect:
                path.add(below.objgen)
            stack.append(UseCount(below, times, children(below)))
            continue
        if below is not None:
            top.total = min(top.total + times * known[below.objgen], most + 1)
            continue
        stack.pop()
        if top.item.is_indirect:
            path.discard(top.item.objgen)
            known[top.item.objgen] = top.total
        if not stack:
            return top.total
        stack[-1].total = min(stack[-1].total + top.times * top.total, most + 1)


def list_bookmarks_below(item: pikepdf.Object) -> Iterator[tuple[pikepdf.Object, int]]:
    """Yield the bookmarks that one leads to."""
    for key in BOOKMARK_KEYS:
        if isinstance(below := item.get(key), pikepdf.Dictionary):
            yield below, 1


def list_values_below(key: str, item: pikepdf.Object) -> Iterator[tuple[pikepdf.Object, int]]:
    """Yield the dictionaries under a key of one."""
    value = item.get(key)
    for below in value if isinstance(value, pikepdf.Array) else (value,):
        if isinstance(below, (pikepdf.Dictionary, pikepdf.Stream)):
            yield below, 1


def list_kids(item: pikepdf.Object) -> Iterator[tuple[pikepdf.Object, int]]:
    """Yield the nodes below a node of a tree of names, numbers or fields."""
    kids = item.get("/Kids")
    for kid in kids if isinstance(kids, pikepdf.Array) else ():
        if isinstance(kid, pikepdf.Dictionary):
            yield kid, 1


def list_trees(document: pikepdf.Pdf) -> Iterator[tuple[pikepdf.Object, Children]]:
    """Yield the roots of bookmarks, names, page labels and fields, each with its children."""
    root = document.Root
    if isinstance(outlines := root.get("/Outlines"), pikepdf.Dictionary):
        yield outlines, list_bookmarks_below
    names = root.get("/Names")
    trees: list[object] = [tree for _ignored, tree in names.items()] if isinstance(names, pikepdf.Dictionary) else []
    form = root.get("/AcroForm")
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    trees += [root.get("/PageLabels"), *(fields if isinstance(fields, pikepdf.Array) else ())]
    structure = root.get("/StructTreeRoot")
    if isinstance(structure, pikepdf.Dictionary):
        trees += [structure.get("/ParentTree"), structure.get("/IDTree")]
    yield from ((tree, list_kids) for tree in trees if isinstance(tree, pikepdf.Dictionary))


def list_arrays_below(item: pikepdf.Object) -> Iterator[tuple[pikepdf.Object, int]]:
    """Yield the arrays in an array, and the profiles of colours in it; of a profile the colour space instead of it."""
    for below in item if isinstance(item, pikepdf.Array) else (item.get("/Alternate"),):
        if isinstance(below, pikepdf.Array) or (isinstance(below, pikepdf.Stream) and "/Alternate" in below):
            yield below, 1


def list_drawings_below(
    item: pikepdf.Object, resources: pikepdf.Object | None = None
) -> Iterator[tuple[pikepdf.Object, int]]:
    """Yield forms, patterns and Type 3 fonts that a form, a pattern or a glyph uses, by the names in its content;
    of a font its glyphs. `resources` are those of what has none of its own."""
    if "/CharProcs" in item:
        yield from list_glyphs(item)
        return
    below = find_drawing_resources(item.get("/Resources", resources))
    if below:
        contents = [item] if isinstance(item, pikepdf.Stream) else list_contents(item)
        names = Counter(name for stream in contents for name in find_names(read_content(stream)))
        for name, drawing in below.items():
            if times := names[name.encode()]:
                yield drawing, times


def list_glyphs(font: pikepdf.Object) -> Iterator[tuple[pikepdf.Object, int]]:
    """Yield the drawings that the glyphs of a Type 3 font use; their resources are those of the font."""
    below = find_drawing_resources(font.get("/Resources"))
    glyphs = font.get("/CharProcs")
    if not below or not isinstance(glyphs, pikepdf.Dictionary):
        return
    names: Counter[bytes] = Counter()
    for _ignored, glyph in glyphs.items():
        if isinstance(glyph, pikepdf.Stream):
            names.update(find_names(read_content(glyph)))
    for name, drawing in below.items():
        if times := names[name.encode()]:
            yield drawing, times


def find_names(content: bytes) -> Iterator[bytes]:
    """Yield the names in a content, without their escapes (7.3.5)."""
    for name in NAME_PATTERN.findall(content):
        yield ESCAPE_PATTERN.sub(lambda match: bytes([int(match[1], 16)]), name) if b"#" in name else name


def list_contents(page: pikepdf.Object) -> list[pikepdf.Object]:
    """Return the streams that draw a page."""
    contents = page.get("/Contents")
    items = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    return [item for item in items if isinstance(item, pikepdf.Stream)]


def read_content(stream: pikepdf.Object) -> bytes:
    """Return the unpacked content of a stream, empty if it cannot be unpacked: viewers draw nothing then."""
    try:
        return stream.read_bytes(pikepdf.StreamDecodeLevel.specialized)
    except pikepdf.PdfError:
        return b""


def find_drawing_resources(resources: object) -> dict[str, pikepdf.Object]:
    """Return the resources that are drawings themselves, by their names."""
    found: dict[str, pikepdf.Object] = {}
    if not isinstance(resources, pikepdf.Dictionary):
        return found
    for key in ("/XObject", "/Pattern", "/Font", "/ExtGState"):
        group = resources.get(key)
        for name, item in group.items() if isinstance(group, pikepdf.Dictionary) else ():
            mask = item.get("/SMask") if isinstance(item, pikepdf.Dictionary) else None
            drawing = mask.get("/G") if isinstance(mask, pikepdf.Dictionary) else item
            if isinstance(drawing, pikepdf.Object) and is_drawing(drawing):
                found[name[1:]] = drawing
    return found


def is_drawing(item: object) -> bool:
    """Return whether an object is a form, a tiling pattern or a Type 3 font, which can draw others."""
    if isinstance(item, pikepdf.Stream):
        return item.get("/Subtype") == "/Form" or item.get("/PatternType") == 1
    return isinstance(item, pikepdf.Dictionary) and "/CharProcs" in item
