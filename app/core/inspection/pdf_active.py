"""Active, hidden or external content of a PDF: scripts, actions, attachments, media, XFA forms.

Sources: ISO 32000-2, 12.6 (actions), 7.11 (files), 13 (media); XFA is deprecated there (annex K of 32000-1).
"""

from collections.abc import Iterator

import pikepdf

from app.core.i18n import lazy_gettext as _
from app.core.inspection.findings import InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector
from app.core.inspection.links import LinkKind, classify_link, names_other_place, names_server
from app.core.inspection.pdf_bounds import MAX_NESTING, ViewerBoundsInspector
from app.core.inspection.pdf_settings import find_distiller_settings, list_settings_of
from app.core.inspection.xmp import read_named_people

MAX_XMP_BYTES = 4 * 1024 * 1024

SCRIPT_FINDING = (
    _("The document contains JavaScript."),
    _("Remove scripts and actions in the program that made it, or print it to a new PDF."),
)
ELSEWHERE_FINDING = (
    _("The document starts a program, sends data or opens another file."),
    _("Remove the button or link, or print the document to a new PDF."),
)
CALLING_FINDING = (
    _("The document calls an address by itself when it is opened, left or shown, which tells who reads it."),
    _("Remove the action in the program that made it, or print the document to a new PDF."),
)
MEDIA_FINDING = (
    _("The document contains sound, film or a three-dimensional model."),
    _("Replace it by a picture or a link to the web, and export it to PDF again."),
)
ATTACHMENT_FINDING = (
    _("There is a file attached inside the document."),
    _(
        "Remove attachments (in LibreOffice, export without “Hybrid PDF”), or print the document to a new PDF; hand in"
        " the attached files as documents."
    ),
)
XFA_FINDING = (
    _("The document is an XFA form, which draws its own pages by program."),
    _("Print the filled-in form to a new PDF, and hand in that."),
)
EXTERNAL_CONTENT_FINDING = (
    _("The document takes part of its content from another file."),
    _("Export it to PDF again with everything in it."),
)
POSTSCRIPT_FINDING = (
    _("The document contains a PostScript program, which runs when it is printed."),
    _("Print it to a new PDF, and hand in that."),
)
MEND_LINK_REMEDY = _("Remove this link, or make it one that begins with https://, and export the PDF again.")
CHECK_LINK_REMEDY = _("Check that it is meant so; if not, remove it, and export the PDF again.")
COMMENTS_FINDING = (
    _("The document contains comments or marks made by a reader."),
    _("Check that they are meant to be seen; if not, delete them and export the PDF again."),
)
REDACTION_FINDING = (
    _("Something was marked to be blacked out, and is still in the document."),
    _("Apply the redactions in the program that made them, and save the PDF again."),
)
SETTINGS_FINDING = (
    _("The settings of the program that made the PDF are attached to it."),
    _("Nothing needs to be done."),
)
SIGNATURE_FINDING = (
    _("The document carries a digital signature."),
    _("Nothing needs to be done; it is kept unchanged."),
)

ACTION_FINDINGS = {
    "/JavaScript": SCRIPT_FINDING,
    "/Launch": ELSEWHERE_FINDING,
    "/SubmitForm": ELSEWHERE_FINDING,
    "/ImportData": ELSEWHERE_FINDING,
    "/GoToR": ELSEWHERE_FINDING,
    "/GoToE": ELSEWHERE_FINDING,
    "/Rendition": MEDIA_FINDING,
    "/Movie": MEDIA_FINDING,
    "/Sound": MEDIA_FINDING,
    "/RichMediaExecute": MEDIA_FINDING,
    "/GoTo3DView": MEDIA_FINDING,
}
TYPE_FINDINGS = {
    "/FileAttachment": ATTACHMENT_FINDING,
    "/EmbeddedFile": ATTACHMENT_FINDING,
    "/RichMedia": MEDIA_FINDING,
    "/Movie": MEDIA_FINDING,
    "/Sound": MEDIA_FINDING,
    "/Rendition": MEDIA_FINDING,
    "/3D": MEDIA_FINDING,
    "/U3D": MEDIA_FINDING,
    "/PRC": MEDIA_FINDING,
    "/PS": POSTSCRIPT_FINDING,
}
KEY_FINDINGS = {
    "/EF": ATTACHMENT_FINDING,
    "/XFA": XFA_FINDING,
    "/RichMediaContent": MEDIA_FINDING,
    "/RichMediaSettings": MEDIA_FINDING,
    "/OPI": EXTERNAL_CONTENT_FINDING,
}
FILE_KEYS = ("/F", "/UF", "/Unix", "/Mac", "/DOS")
COMMENT_SUBTYPES = {
    "/Text",
    "/FreeText",
    "/Highlight",
    "/Underline",
    "/StrikeOut",
    "/Squiggly",
    "/Caret",
    "/Ink",
    "/Stamp",
}


class ActiveContentInspector:
    """Inspects each dictionary in all objects of a document."""

    def __init__(self, document: pikepdf.Pdf, limits: InspectionLimits, collector: FindingsCollector) -> None:
        self.document, self.limits, self.collector = document, limits, collector
        self.bounds = ViewerBoundsInspector(document, limits, collector)
        self.named_people: dict[str, str] = {}
        self.annotation_places = locate_annotations(document)
        self.settings_files = find_distiller_settings(document)

    def inspect(self) -> None:
        """Inspect the document and collect findings."""
        for holder, number in self._dictionaries():
            where = self.annotation_places.get(number, f"obj {number}" if number else "")
            self._check_names(holder, where)
            self._check_links(holder, where)
            self._check_events(holder, where)
            self.bounds.check_holder(holder, where)
            if isinstance(metadata := holder.get("/Metadata"), pikepdf.Stream):
                self._check_metadata(metadata, where)
            if isinstance(holder, pikepdf.Stream):
                self._check_stream(holder, where)
        self.bounds.check_graph()

    def _dictionaries(self) -> Iterator[tuple[pikepdf.Object, int]]:
        """Yield every dictionary and stream with the number of its object. Raises InspectionStopped if there are too
        many."""
        remaining = self.limits.max_objects
        for top in (self.document.trailer, *self.document.objects):
            stack: list[tuple[object, int]] = [(top, 0)]
            if isinstance(top, pikepdf.Array):
                self.bounds.note_array(top)
            while stack:
                remaining -= 1
                item, depth = stack.pop()
                if remaining < 0:
                    raise self.collector.add_refusal_and_build_stop(
                        _("The document is made of more than %(most)s pieces.", most=self.limits.max_objects),
                        "",
                        _("Print it to a new PDF, or divide it into several documents."),
                    )
                if depth > MAX_NESTING:
                    raise self.bounds.build_nesting_stop(f"obj {top.objgen[0]}")
                if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
                    yield item, top.objgen[0]
                    stack.extend((value, depth + 1) for _ignored, value in item.items() if is_direct_object(value))
                elif isinstance(item, pikepdf.Array):
                    stack.extend((value, depth + 1) for value in item if is_direct_object(value))

    def _check_names(self, holder: pikepdf.Object, where: str) -> None:
        """Inspect action, type and key names of a dictionary."""
        rules = [
            ACTION_FINDINGS.get(read_pdf_name_value(holder, "/S")),
            TYPE_FINDINGS.get(read_pdf_name_value(holder, "/Subtype")),
        ]
        rules.append(TYPE_FINDINGS.get(read_pdf_name_value(holder, "/Subtype2")))
        rules.append(TYPE_FINDINGS.get(read_pdf_name_value(holder, "/Type")))
        rules += [rule for key, rule in KEY_FINDINGS.items() if key in holder]
        if isinstance(holder.get("/JS"), (pikepdf.String, pikepdf.Stream)):
            rules.append(SCRIPT_FINDING)
        if read_pdf_name_value(holder, "/S") == "/Thread" and "/F" in holder:
            rules.append(ELSEWHERE_FINDING)
        if read_pdf_name_value(holder, "/S") == "/MCD" and "/D" in holder:
            rules.append(MEDIA_FINDING)
        if isinstance(holder.get("/RF"), pikepdf.Dictionary) and any(key in holder for key in FILE_KEYS):
            rules.append(ATTACHMENT_FINDING)
        if read_pdf_name_value(holder, "/FS") == "/URL":
            rules.append(EXTERNAL_CONTENT_FINDING)
        for rule in rules:
            if rule is ATTACHMENT_FINDING and self._is_settings(holder):
                self.collector.add_note(SETTINGS_FINDING[0], where, SETTINGS_FINDING[1])
            elif rule is ELSEWHERE_FINDING and (relative := find_relative_document(holder)):
                self.collector.add_finding_to_decide(
                    _("A link leads to a place that most readers cannot open: %(target)s", target=relative),
                    where,
                    CHECK_LINK_REMEDY,
                )
            elif rule is not None:
                self.collector.add_refusal(rule[0], where, rule[1])
        if read_pdf_name_value(holder, "/Subtype") in COMMENT_SUBTYPES and "/Rect" in holder:
            self.collector.add_finding_to_decide(COMMENTS_FINDING[0], where, COMMENTS_FINDING[1])
        if read_pdf_name_value(holder, "/Subtype") == "/Redact":
            self.collector.add_finding_to_decide(REDACTION_FINDING[0], where, REDACTION_FINDING[1])
        if read_pdf_name_value(holder, "/Type") in {"/Sig", "/DocTimeStamp"} and "/ByteRange" in holder:
            self.collector.add_finding_needing_no_action(SIGNATURE_FINDING[0], where, SIGNATURE_FINDING[1])

    def _is_settings(self, holder: pikepdf.Object) -> bool:
        """Return whether an attachment is settings of the program that made the PDF."""
        if isinstance(holder, pikepdf.Stream):
            return holder.objgen in self.settings_files
        return bool(list_settings_of(holder))

    def _check_links(self, holder: pikepdf.Object, where: str) -> None:
        """Check the target of a link, and the base of relative ones (12.6.4.8)."""
        for target in (holder.get("/URI"), holder.get("/Base")):
            kind = classify_link(str(target)) if isinstance(target, pikepdf.String) else LinkKind.PLAIN
            if kind is LinkKind.STARTING:
                what = _(
                    "A link leads neither to the web nor to a mailbox or telephone: %(target)s", target=str(target)
                )
                self.collector.add_refusal(what, where, MEND_LINK_REMEDY)
            elif kind is LinkKind.FOREIGN:
                what = _("A link leads to a place that most readers cannot open: %(target)s", target=str(target))
                self.collector.add_finding_to_decide(what, where, CHECK_LINK_REMEDY)

        is_action = read_pdf_name_value(holder, "/S") == "/URI"
        if isinstance(holder.get("/URI"), pikepdf.Stream) and is_action:  # its text is not known to every viewer
            self.collector.add_refusal(ELSEWHERE_FINDING[0], where, ELSEWHERE_FINDING[1])
        for place in (holder.get(key) for key in FILE_KEYS if key in holder):
            if isinstance(place, pikepdf.String) and names_server(str(place)):
                self.collector.add_refusal(EXTERNAL_CONTENT_FINDING[0], where, EXTERNAL_CONTENT_FINDING[1])

    def _check_events(self, holder: pikepdf.Object, where: str) -> None:
        """Refuse an action that follows a link or opens another document without anybody's click (12.6.3)."""
        events = holder.get("/AA")
        starts = [value for _ignored, value in events.items()] if isinstance(events, pikepdf.Dictionary) else [events]
        for action in iter_actions([holder.get("/OpenAction"), *starts]):
            if read_pdf_name_value(action, "/S") == "/URI":
                self.collector.add_refusal(CALLING_FINDING[0], where, CALLING_FINDING[1])
            elif read_pdf_name_value(action, "/S") == "/GoToR":
                self.collector.add_refusal(ELSEWHERE_FINDING[0], where, ELSEWHERE_FINDING[1])

    def _check_stream(self, stream: pikepdf.Object, where: str) -> None:
        """Refuse a stream whose data is in another file; check metadata for entities."""
        if "/F" in stream or "/Ref" in stream:
            self.collector.add_refusal(EXTERNAL_CONTENT_FINDING[0], where, EXTERNAL_CONTENT_FINDING[1])
        if read_pdf_name_value(stream, "/Type") == "/Metadata":
            self._check_metadata(stream, where)

    def _check_metadata(self, stream: pikepdf.Object, where: str) -> None:
        """Read XMP metadata, which readers parse as XML (CVE-2021-29421). Raises InspectionStopped."""
        data = stream.read_bytes()
        if len(data) > MAX_XMP_BYTES:
            raise self.collector.add_refusal_and_build_stop(
                _("The document's metadata is too large."), where, EXTERNAL_CONTENT_FINDING[1]
            )
        for name in read_named_people(data, where, self.collector):
            self.named_people.setdefault(name, where)


def find_relative_document(action: pikepdf.Object) -> str | None:
    """Return the name of the document that an action goes to, if it is relative to this one (12.6.4.3): a person who
    follows it needs that file too. None for every other action or place."""
    place = action.get("/F")
    if read_pdf_name_value(action, "/S") != "/GoToR" or "/JS" in action or place is None:
        return None
    if isinstance(place, pikepdf.Dictionary):
        if "/EF" in place or "/FS" in place:
            return None
        places = [place.get(key) for key in FILE_KEYS if key in place]
    else:
        places = [place]
    names = [str(name) for name in places if isinstance(name, pikepdf.String)]
    is_relative = all(not names_other_place(name) and classify_link(name) is LinkKind.FOREIGN for name in names)
    return names[0] if names and len(names) == len(places) and is_relative else None


def iter_actions(starts: list[object]) -> Iterator[pikepdf.Object]:
    """Yield actions and those that follow them, each indirect one once (12.6.2)."""
    seen: set[tuple[int, int]] = set()
    while starts:
        action = starts.pop()
        if isinstance(action, pikepdf.Array):
            starts.extend(action)
        elif isinstance(action, (pikepdf.Dictionary, pikepdf.Stream)) and action.objgen not in seen:
            if action.is_indirect:
                seen.add(action.objgen)
            yield action
            starts.append(action.get("/Next"))


def is_direct_object(value: object) -> bool:
    """Return whether a value is part of the object at hand; indirect ones are inspected by themselves."""
    return isinstance(value, pikepdf.Object) and not value.is_indirect


def read_pdf_name_value(holder: pikepdf.Object, key: str) -> str:
    """Return the name stored under a key; empty if there is none, or one in Latin-1, which no rule asks for."""
    value = holder.get(key)
    try:
        return str(value) if isinstance(value, pikepdf.Name) else ""
    except UnicodeDecodeError:
        return ""


def locate_annotations(document: pikepdf.Pdf) -> dict[int, str]:
    """Map objects that belong to annotations to their page, which a person can find."""
    labels: dict[int, str] = {}
    for number, page in enumerate(document.pages, start=1):
        annotations = page.obj.get("/Annots")
        for annotation in annotations if isinstance(annotations, pikepdf.Array) else ():
            for target in (annotation, annotation.get("/A") if isinstance(annotation, pikepdf.Dictionary) else None):
                if isinstance(target, pikepdf.Object) and target.is_indirect:
                    labels[target.objgen[0]] = f"p. {number}, obj {target.objgen[0]}"
    return labels
