"""Pairs of PDF: what is hostile in them is disguised, or only asks too much of the programs that show it."""

import zlib
from decimal import Decimal

import pikepdf
from pikepdf import Array, Dictionary, Name

from tests.files import with_action, with_catalogue_entries, with_metadata
from tests.hostile_twins import (
    ATTACHED,
    CALLS,
    ELSEWHERE,
    GO_TO,
    LOOP,
    OUTSIDE,
    PAGE_SIZE,
    PICTURE_SIZE,
    REPEATED,
    SWELLS,
    URI,
    XML_ENTITIES,
    Change,
    Pair,
    format_jpeg,
    make_form,
    of_pdf,
    with_form,
    with_page,
    with_picture,
)

UTF_7 = b'<?xml version="1.0" encoding="UTF-%d"?>+ADwAIQ-DOCTYPE x+AD4-<x>&</x>'
EBCDIC = "<!DOCTYPE x><x>&</x>"


def format_jpx(side: int) -> bytes:
    """Format the head of a JPEG 2000 that says this size of itself."""
    return b"\xff\x4f\xff\x51\0\x29\0\0" + side.to_bytes(4) * 2 + bytes(30)


def format_jbig2(side: int) -> bytes:
    """Format the segment of a page of a JBIG2 that says this size of itself."""
    body = side.to_bytes(4) * 2 + bytes(11)
    return bytes(4) + b"\x30\0\1" + len(body).to_bytes(4) + body


def with_form_without_limits(content: bytes, **entries: object) -> Change:
    """Return a change that adds a form which is packed."""

    def change(document: pikepdf.Pdf) -> None:
        form = document.make_stream(content, Filter=Name.FlateDecode, Subtype=Name.Form, **entries)
        document.pages[1].obj.Resources = Dictionary(XObject=Dictionary(F=form))

    return change


def with_contents(times: int) -> Change:
    """Return a change that draws one packed stream this number of times on the last page."""

    def change(document: pikepdf.Pdf) -> None:
        stream = document.make_stream(zlib.compress(b"q Q\n" * 250_000, 9), Filter=Name.FlateDecode)
        document.pages[1].obj.Contents = Array([stream] * times)

    return change


def with_forms_on_page(times: int) -> Change:
    """Return a change that draws a form, which draws 100,000 times itself, this number of times on a page."""

    def change(document: pikepdf.Pdf) -> None:
        form = make_form(document, b"/X Do " * 100_000, X=make_form(document, b"0 0 9 9 re f"))
        document.pages[1].obj.Resources = Dictionary(XObject=Dictionary(X=form))
        document.pages[1].obj.Contents = document.make_stream(b"/X Do " * times)

    return change


def with_next_action(*, loops: bool) -> Change:
    def change(document: pikepdf.Pdf) -> None:
        first, second = (document.make_indirect(Dictionary(S=Name.GoTo, D=Array([0, Name.Fit]))) for _ in range(2))
        first.Next = first if loops else second
        document.Root.OpenAction = first

    return change


def with_form_in(group: str, content: bytes) -> Change:
    """Return a change that adds a form, which is in its own resources as a pattern or as the mask of a state."""

    def change(document: pikepdf.Pdf) -> None:
        form = make_form(document, content)
        if group == "Pattern":
            form.PatternType = 1
        drawing = form if group == "Pattern" else Dictionary(SMask=Dictionary(S=Name.Luminosity, G=form))
        form.Resources = Dictionary({f"/{group}": Dictionary(Me=drawing)})
        document.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Me=form))

    return change


def with_bare_form(content: bytes) -> Change:
    """Return a change that adds a form which uses the resources of its page."""

    def change(document: pikepdf.Pdf) -> None:
        form = document.make_stream(content, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
        document.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Me=form))
        document.pages[0].obj.Contents = document.make_stream(b"/Me Do")

    return change


def with_structure_tree(key: str, *, loops: bool) -> Change:
    def change(document: pikepdf.Pdf) -> None:
        node, leaf = (document.make_indirect(Dictionary()) for _ in range(2))
        node.Kids = Array([node if loops else leaf])
        document.Root.StructTreeRoot = Dictionary({"/Type": Name.StructTreeRoot, f"/{key}": node})

    return change


def with_structure(*, loops: bool) -> Change:
    def change(document: pikepdf.Pdf) -> None:
        above, below = (document.make_indirect(Dictionary(S=Name.P)) for _ in range(2))
        above.K = Array([above if loops else below])
        document.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=above)

    return change


def with_colours(*, loops: bool) -> Change:
    """Return a change that adds a palette of colours of a colour space."""

    def change(document: pikepdf.Pdf) -> None:
        space = document.make_indirect(Array([Name.Indexed]))
        space.append(space if loops else Name.DeviceGray)
        space.append(1)
        document.pages[0].obj.Resources = Dictionary(ColorSpace=Dictionary(C=space))

    return change


def with_profile(*, loops: bool) -> Change:
    """Return a change that adds a profile of colours, with a colour space instead of it."""

    def change(document: pikepdf.Pdf) -> None:
        profile = document.make_stream(b"", N=1)
        profile.Alternate = Array([Name.ICCBased, profile]) if loops else Name.DeviceGray
        document.pages[0].obj.Resources = Dictionary(ColorSpace=Dictionary(C=Array([Name.ICCBased, profile])))

    return change


def with_functions(depth: int) -> Change:
    """Return a change that adds functions, each of which is made of the one before twice."""

    def change(document: pikepdf.Pdf) -> None:
        function = document.make_indirect(Dictionary(FunctionType=2, N=1))
        for _ in range(depth):
            function = document.make_indirect(Dictionary(FunctionType=3, Functions=Array([function, function])))
        document.Root.X = function

    return change


def with_tiles(step: Decimal) -> Change:
    """Return a change that adds a pattern whose tiles have a side of 1 and repeat at each step."""

    def change(document: pikepdf.Pdf) -> None:
        entries = {"PatternType": 1, "BBox": Array([0, 0, 1, 1]), "XStep": step, "YStep": step}
        document.pages[0].obj.Resources = Dictionary(Pattern=Dictionary(P=document.make_stream(b"", **entries)))

    return change


def with_picture_as_content(megabytes: int) -> Change:
    """Return a change that draws the last page by a stream that says it is a picture."""

    def change(document: pikepdf.Pdf) -> None:
        entries = {"Subtype": Name.Image, "Width": 1, "Height": 1, "Filter": Name.FlateDecode}
        document.pages[1].obj.Contents = document.make_stream(zlib.compress(bytes(megabytes << 20), 9), **entries)

    return change


def with_runs(megabytes: int) -> Change:
    """Return a change that adds runs of zeros of this many megabytes, packed twice."""

    def change(document: pikepdf.Pdf) -> None:
        runs = zlib.compress(bytes([129, 0]) * (megabytes << 13) + b"\x80", 9)
        document.Root.X = document.make_stream(runs, Filter=Array([Name.FlateDecode, Name.RunLengthDecode]))

    return change


def of_place(key: str) -> Pair:
    """Pair two PDFs that name a file under this key each."""

    def change(place: str) -> Change:
        return with_catalogue_entries(X=Dictionary({"/Type": Name.Filespec, f"/{key}": pikepdf.String(place)}))

    return of_pdf(change("\\\\server\\a"), change("a"), "a bare name", OUTSIDE)


def with_stream_as_target(document: pikepdf.Pdf) -> None:
    with_action(S=Name.URI, URI=document.make_stream(b"file:///a"))(document)


def with_stream_as_action(kind: pikepdf.Name) -> Change:
    def change(document: pikepdf.Pdf) -> None:
        document.Root.OpenAction = document.make_stream(b"", S=kind, URI="https://example.org/")

    return change


HIDDEN_IN_PDF: dict[str, Pair] = {
    "form by an escaped name": of_pdf(with_form(b"/M#65 Do"), with_form(b"/M#66 Do"), "another name", LOOP),
    "action after itself": of_pdf(with_next_action(loops=True), with_next_action(loops=False), "after another", LOOP),
    "page that repeats a form": of_pdf(with_forms_on_page(20), with_forms_on_page(2), "twice", REPEATED),
    "page that repeats its content": of_pdf(with_contents(100), with_contents(2), "twice", SWELLS),
    "form that is called a picture": of_pdf(
        with_form_without_limits(zlib.compress(bytes(80 << 20), 9), Width=1, Height=1),
        with_form_without_limits(zlib.compress(bytes(8 << 20), 9), Width=1, Height=1),
        "8 megabytes, not 80",
        SWELLS,
    ),
    "picture of another kind larger than it says": of_pdf(
        with_picture(9, 9, format_jpx(65000), Filter=Name.JPXDecode),
        with_picture(9, 9, format_jpx(9), Filter=Name.JPXDecode),
        "as large as it says",
        PICTURE_SIZE,
    ),
    "picture with bytes between its markers": of_pdf(
        with_picture(9, 9, b"\xff\xd8\0" + format_jpeg(65000, 65000)[2:], Filter=Name.DCTDecode),
        with_picture(9, 9, b"\xff\xd8\0" + format_jpeg(9, 9)[2:], Filter=Name.DCTDecode),
        "as large as it says",
        PICTURE_SIZE,
    ),
    "metadata in UTF-7": of_pdf(with_metadata(UTF_7 % 7), with_metadata(UTF_7 % 8), "in UTF-8", XML_ENTITIES),
    "metadata in another code of IBM": of_pdf(
        with_metadata(EBCDIC.encode("cp500")),
        with_metadata(EBCDIC[11:].encode("cp500")),
        "no document type",
        XML_ENTITIES,
    ),
    "form that draws itself as a pattern": of_pdf(
        with_form_in("Pattern", b"/Me scn"), with_form_in("Pattern", b"/Other scn"), "another pattern", LOOP
    ),
    "form that is its own mask": of_pdf(
        with_form_in("ExtGState", b"/Me gs"), with_form_in("ExtGState", b"/Other gs"), "another state", LOOP
    ),
    "form that draws itself by what its page has": of_pdf(
        with_bare_form(b"/Me Do"), with_bare_form(b"0 0 9 9 re f"), "it may draw itself and does not", LOOP
    ),
    "tree of parents without end": of_pdf(
        with_structure_tree("ParentTree", loops=True), with_structure_tree("ParentTree", loops=False), "a leaf", LOOP
    ),
    "tree of identifiers without end": of_pdf(
        with_structure_tree("IDTree", loops=True), with_structure_tree("IDTree", loops=False), "a leaf", LOOP
    ),
    "structure without end": of_pdf(with_structure(loops=True), with_structure(loops=False), "a leaf", LOOP),
    "colours of themselves": of_pdf(with_colours(loops=True), with_colours(loops=False), "of grey", LOOP),
    "profile of colours instead of itself": of_pdf(
        with_profile(loops=True), with_profile(loops=False), "grey instead", LOOP
    ),
    "functions of functions": of_pdf(with_functions(40), with_functions(4), "4 deep, not 40", REPEATED),
    "tiles in tiles": of_pdf(with_tiles(Decimal("0.0001")), with_tiles(Decimal("0.5")), "half a tile", REPEATED),
    "page of a large area": of_pdf(
        with_page(MediaBox=Array([0, 0, 90_000, 90_000])),
        with_page(MediaBox=Array([0, 0, 90_000, 90])),
        "as long, not as high",
        PAGE_SIZE,
    ),
    "page that is cropped to more": of_pdf(
        with_page(CropBox=Array([0, 0, 10**9, 800])), with_page(CropBox=Array([0, 0, 600, 800])), "to less", PAGE_SIZE
    ),
    "row of 2^31 points": of_pdf(
        with_picture(9, 9, b"", DecodeParms=Dictionary(Columns=2**31 - 1), Filter=Name.CCITTFaxDecode),
        with_picture(9, 9, b"", DecodeParms=Dictionary(Columns=9), Filter=Name.CCITTFaxDecode),
        "9 points",
        PICTURE_SIZE,
    ),
    "scanned picture larger than it says": of_pdf(
        with_picture(9, 9, format_jbig2(65000), Filter=Name.JBIG2Decode),
        with_picture(9, 9, format_jbig2(9), Filter=Name.JBIG2Decode),
        "as large as it says",
        PICTURE_SIZE,
    ),
    "picture that is the content of a page": of_pdf(
        with_picture_as_content(80), with_picture_as_content(8), "8 megabytes, not 80", SWELLS
    ),
    "runs that swell": of_pdf(with_runs(80), with_runs(8), "8 megabytes, not 80", SWELLS),
    "file on a server under its other name": of_place("UF"),
    "file on a server for DOS": of_place("DOS"),
    "file on a server for Unix": of_place("Unix"),
    "files that belong to one": of_pdf(
        with_catalogue_entries(X=Dictionary(F="a", RF=Dictionary(F=Array(["\\\\server\\a", 1])))),
        with_catalogue_entries(X=Dictionary(F="a")),
        "none",
        ATTACHED,
    ),
    "film without its action": of_pdf(
        with_catalogue_entries(X=Dictionary(S=Name.MCD, D="http://example.org/a.mp4")),
        with_catalogue_entries(X=Dictionary(S=Name.MCD)),
        "no film",
        "The document contains audio, video or a three-dimensional model.",
    ),
    "link whose target is a stream": of_pdf(
        with_stream_as_target, with_action(S=Name.URI, URI="https://a"), "a text", ELSEWHERE
    ),
    "action that is a stream": of_pdf(
        with_stream_as_action(Name.URI), with_stream_as_action(Name.GoTo), "to a place in it", CALLS
    ),
    "web page on leaving, in an array": of_pdf(
        with_catalogue_entries(AA=Array([URI])), with_catalogue_entries(AA=Array([GO_TO])), "a place", CALLS
    ),
}
