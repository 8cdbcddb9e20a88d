"""Active, hidden or external content of a PDF: scripts, actions, attachments, media, XFA forms.

Sources: ISO 32000-2, 12.6 (actions), 7.11 (files), 13 (media); XFA is deprecated there (annex K of 32000-1).
"""

from collections.abc import Iterator

import pikepdf

from app.core.gate.findings import Bounds
from app.core.gate.links import is_plain_link
from app.core.gate.notes import Notes
from app.core.gate.xml import Part, parse
from app.core.i18n import say

LARGEST_XMP = 4 * 1024 * 1024

SCRIPT = (
    say("The document contains JavaScript."),
    say("Remove scripts and actions in the program that made it, or print it to a new PDF."),
)
ELSEWHERE = (
    say("The document starts a program, sends data or opens another file."),
    say("Remove the button or link, or print the document to a new PDF."),
)
MEDIA = (
    say("The document contains sound, film or a three-dimensional model."),
    say("Replace it by a picture or a link to the web, and export it to PDF again."),
)
ATTACHED = (
    say("There is a file attached inside the document."),
    say("Remove attachments (in LibreOffice, export without “Hybrid PDF”), and hand them in as documents."),
)
XFA = (
    say("The document is an XFA form, which draws its own pages by program."),
    say("Print the filled-in form to a new PDF, and hand in that."),
)
OUTSIDE = (
    say("The document takes part of its content from another file."),
    say("Export it to PDF again with everything in it."),
)
PRINTED = (
    say("The document contains a PostScript program, which runs when it is printed."),
    say("Print it to a new PDF, and hand in that."),
)
MEND_LINK = say("Remove this link, or make it one that begins with https://, and export the PDF again.")
COMMENTED = (
    say("The document contains comments or marks made by a reader."),
    say("Check that they are meant to be seen; if not, delete them and export the PDF again."),
)
SIGNED = (say("The document carries a digital signature."), say("Nothing needs to be done; it is kept unchanged."))

ACTIONS = {
    "/JavaScript": SCRIPT,
    "/Launch": ELSEWHERE,
    "/SubmitForm": ELSEWHERE,
    "/ImportData": ELSEWHERE,
    "/GoToR": ELSEWHERE,
    "/GoToE": ELSEWHERE,
    "/Rendition": MEDIA,
    "/Movie": MEDIA,
    "/Sound": MEDIA,
    "/RichMediaExecute": MEDIA,
    "/GoTo3DView": MEDIA,
}
KINDS = {
    "/FileAttachment": ATTACHED,
    "/EmbeddedFile": ATTACHED,
    "/RichMedia": MEDIA,
    "/Movie": MEDIA,
    "/Sound": MEDIA,
    "/Rendition": MEDIA,
    "/3D": MEDIA,
    "/U3D": MEDIA,
    "/PRC": MEDIA,
    "/PS": PRINTED,
}
KEYS = {"/EF": ATTACHED, "/XFA": XFA, "/RichMediaContent": MEDIA, "/RichMediaSettings": MEDIA, "/OPI": OUTSIDE}
MARKS = {"/Text", "/FreeText", "/Highlight", "/Underline", "/StrikeOut", "/Squiggly", "/Caret", "/Ink", "/Stamp"}


class Active:
    """Inspects each dictionary in all objects of a document."""

    def __init__(self, document: pikepdf.Pdf, bounds: Bounds, notes: Notes) -> None:
        self.document, self.bounds, self.notes = document, bounds, notes
        self.places = places(document)

    def look(self) -> None:
        """Inspect the document and collect findings."""
        for holder, number in self._dictionaries():
            where = self.places.get(number, f"obj {number}" if number else "")
            self._check_names(holder, where)
            self._check_links(holder, where)
            if isinstance(metadata := holder.get("/Metadata"), pikepdf.Stream):
                self._check_metadata(metadata, where)
            if isinstance(holder, pikepdf.Stream):
                self._check_stream(holder, where)

    def _dictionaries(self) -> Iterator[tuple[pikepdf.Object, int]]:
        """Yield every dictionary and stream with the number of its object. Raises InspectionStopped if there are too
        many."""
        remaining = self.bounds.objects
        for top in (self.document.trailer, *self.document.objects):
            stack: list[object] = [top]
            while stack:
                remaining -= 1
                item = stack.pop()
                if remaining < 0:
                    raise self.notes.stop(
                        say("The document is made of more than %(most)s pieces.", most=self.bounds.objects),
                        "",
                        say("Print it to a new PDF, or divide it into several documents."),
                    )
                if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
                    yield item, top.objgen[0]
                    stack.extend(value for _, value in item.items() if is_direct(value))
                elif isinstance(item, pikepdf.Array):
                    stack.extend(value for value in item if is_direct(value))

    def _check_names(self, holder: pikepdf.Object, where: str) -> None:
        """Inspect action, type and key names of a dictionary."""
        rules = [ACTIONS.get(name_at(holder, "/S")), KINDS.get(name_at(holder, "/Subtype"))]
        rules.append(KINDS.get(name_at(holder, "/Subtype2")))
        rules.append(KINDS.get(name_at(holder, "/Type")))
        rules += [rule for key, rule in KEYS.items() if key in holder]
        if isinstance(holder.get("/JS"), (pikepdf.String, pikepdf.Stream)):
            rules.append(SCRIPT)
        if name_at(holder, "/S") == "/Thread" and "/F" in holder:
            rules.append(ELSEWHERE)
        if name_at(holder, "/FS") == "/URL":
            rules.append(OUTSIDE)
        for rule in rules:
            if rule is not None:
                self.notes.refuse(rule[0], where, rule[1])
        if name_at(holder, "/Subtype") in MARKS and "/Rect" in holder:
            self.notes.decide(COMMENTED[0], where, COMMENTED[1])
        if name_at(holder, "/Type") in {"/Sig", "/DocTimeStamp"} and "/ByteRange" in holder:
            self.notes.fine(SIGNED[0], where, SIGNED[1])

    def _check_links(self, holder: pikepdf.Object, where: str) -> None:
        """Check the target of a link, and the base of relative ones (12.6.4.8)."""
        for target in (holder.get("/URI"), holder.get("/Base")):
            if isinstance(target, pikepdf.String) and not is_plain_link(str(target)):
                what = say(
                    "A link leads neither to the web nor to a mailbox or telephone: %(target)s", target=str(target)
                )
                self.notes.refuse(what, where, MEND_LINK)

    def _check_stream(self, stream: pikepdf.Object, where: str) -> None:
        """Refuse a stream whose data is in another file; check metadata for entities."""
        if "/F" in stream or "/Ref" in stream:
            self.notes.refuse(OUTSIDE[0], where, OUTSIDE[1])
        if name_at(stream, "/Type") == "/Metadata":
            self._check_metadata(stream, where)

    def _check_metadata(self, stream: pikepdf.Object, where: str) -> None:
        """Parse XMP metadata strictly, since readers parse it as XML (CVE-2021-29421). Raises InspectionStopped."""
        data = stream.read_bytes()
        if len(data) > LARGEST_XMP:
            raise self.notes.stop(say("The document's metadata is too large."), where, OUTSIDE[1])
        parse([data.strip(b"\0 \r\n\t")], Part(), where, self.notes)


def is_direct(value: object) -> bool:
    """Return whether a value is part of the object at hand; indirect ones are inspected by themselves."""
    return isinstance(value, pikepdf.Object) and not value.is_indirect


def name_at(holder: pikepdf.Object, key: str) -> str:
    """Return the name stored under a key, empty if there is none."""
    value = holder.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""


def places(document: pikepdf.Pdf) -> dict[int, str]:
    """Map objects that belong to annotations to their page, which a person can find."""
    labels: dict[int, str] = {}
    for number, page in enumerate(document.pages, start=1):
        annotations = page.obj.get("/Annots")
        for annotation in annotations if isinstance(annotations, pikepdf.Array) else ():
            for target in (annotation, annotation.get("/A") if isinstance(annotation, pikepdf.Dictionary) else None):
                if isinstance(target, pikepdf.Object) and target.is_indirect:
                    labels[target.objgen[0]] = f"p. {number}, obj {target.objgen[0]}"
    return labels
