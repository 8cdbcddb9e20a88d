"""Relationships of the parts of a DOCX, internal and external (ECMA-376 part 2, clause 9)."""

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection.archive import fold_part_name
from app.core.inspection.findings import FindingCode
from app.core.inspection.findings_collector import FindingsCollector
from app.core.inspection.links import LinkKind, classify_link, is_on_local_drive
from app.core.inspection.xml import XmlPartReader, XmlTag

# A target with a scheme or a host is external, whatever its mode says.
EXTERNAL_TARGET_PATTERN = re.compile(r"\s*([a-z][a-z0-9+.-]*:|//|\\\\)", re.IGNORECASE)
# Elements whose link is followed by a person, and never fetched by a program.
LINK_ELEMENTS = {"hyperlink", "hlinkClick", "hlinkHover", "hlinkMouseOver"}
# Elements that use a target outside by its declared kind, where they are not called as the kind is.
USING_ELEMENTS = {"hyperlink": LINK_ELEMENTS, "oleObject": {"externalData"}, "image": {"blip", "imagedata"}}
PARTS_OF_MAIL = ("cid:",)  # what Outlook leaves; it means nothing outside of the message
CHARTS_FOLDER = "word/charts/"
RELATION_ATTRIBUTES = ("r:", "o:relid")
ACTIVE_RELATIONS = {
    "vbaproject",
    "wordvbadata",
    "oleobject",
    "control",
    "activexcontrolbinary",
    "afchunk",
    "subdocument",
    "mailmergesource",
    "mailmergeheadersource",
    "recipientdata",
    "frame",
    "extensibility",
    "webextension",
    "webextensiontaskpanes",
    "audio",
    "video",
    "media",
}


BREAK_LINK_REMEDY = _(
    "In Word, open File, Info, Edit Links to Files, and break the link; or insert the picture itself."
)
INSERT_ITSELF_REMEDY = _("Insert the picture or the text itself, and save the document in Word again.")
REMOVE_LINKS_REMEDY = _(
    "Remove this link, or replace it with one that begins with https://. In Word, Ctrl+A and then "
    "Ctrl+Shift+F9 (on a Mac: Cmd+A, Cmd+Shift+F9) remove all links at once."
)
END_MAIL_MERGE_REMEDY = _(
    "In Word, open Mailings, Start Mail Merge, choose Normal Word Document, and save the document."
)
REMOVE_ADD_IN_REMEDY = _(
    "In Word, open File, Info, Check for Issues, Inspect Document, remove task pane add-ins, and save the document."
)
LOCAL_PATH_REMEDY = _("No action is needed; the path has no meaning on other computers.")
DETACH_TEMPLATE_REMEDY = _(
    "In Word, open Developer, Document Template (on a Mac Tools, Templates and Add-ins), attach Normal instead, and"
    " save the document."
)


@dataclass(frozen=True, slots=True)
class PartRelation:
    """A relationship to another part: its kind and the name of that part."""

    kind: str
    target: str
    identifier: str


@dataclass(frozen=True, slots=True)
class OutsideTarget:
    """The target outside the package of a relationship, and the kind that was declared for it."""

    kind: str
    target: str


def is_active_content_relation(kind: str) -> bool:
    """Return whether a relationship brings in a program, an object or another document."""
    return kind.casefold() in ACTIVE_RELATIONS


def check_link(target: str, where: str, collector: FindingsCollector) -> None:
    """Refuse a link that starts something; report one that is dead or foreign."""
    kind = classify_link(target)
    if kind is LinkKind.STARTING:
        collector.add_refusal(
            _("A link does not lead to a web page, an e-mail address or a telephone number: %(target)s", target=target),
            where,
            REMOVE_LINKS_REMEDY,
        )
    elif kind is LinkKind.FOREIGN:
        collector.add_finding_to_decide(
            FindingCode.LINK,
            _("A link leads to a place that most readers cannot open: %(target)s", target=target),
            where,
            _("Check that this is intended. In Word, Ctrl+A and then Ctrl+Shift+F9 remove all links at once."),
        )


def find_fetching_remedy(kind: str) -> LazyText:
    """Return what undoes a relationship of that kind to something outside."""
    if kind.startswith("mailMerge"):
        return END_MAIL_MERGE_REMEDY
    return DETACH_TEMPLATE_REMEDY if kind == "attachedTemplate" else BREAK_LINK_REMEDY


class PartRelationsReader(XmlPartReader):
    """SAX handler that reads the relationships of one part; `source_part` is its name, empty for the package itself."""

    def __init__(self, name: str, collector: FindingsCollector) -> None:
        super().__init__()
        folder, file = posixpath.split(name)
        self.base = posixpath.dirname(folder)
        self.source_part = posixpath.join(self.base, file[: -len(".rels")])
        self.relations: list[PartRelation] = []
        self.accepted_outside: dict[str, OutsideTarget] = {}
        self.collector = collector

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Store an internal relationship; refuse dangerous ones."""
        if tag.name != "Relationship":
            return
        kind = values.get("Type", "").rstrip("/").rpartition("/")[2]
        target = values.get("Target", "")
        if values.get("TargetMode", "").casefold() == "external" or EXTERNAL_TARGET_PATTERN.match(target):
            self.accepted_outside[values.get("Id", "")] = OutsideTarget(kind, target)
            self._check_outside(kind, target)
            return
        part_name = (
            target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(self.base, target))
        )
        self.relations.append(PartRelation(kind, part_name, values.get("Id", "")))
        if is_active_content_relation(kind):
            self.collector.add_refusal(
                _("The document contains an embedded object, program or other document."),
                part_name,
                REMOVE_ADD_IN_REMEDY
                if kind.casefold().startswith("webextension")
                else _("Replace it with plain text or a picture, or upload it as a separate document."),
            )

    def _check_outside(self, kind: str, target: str) -> None:
        """Check a target outside the package: only plain links, a local template, a local workbook that a chart was
        copied from, and what was a picture of a message are accepted."""
        if kind == "hyperlink":
            check_link(target, self.source_part, self.collector)
        elif kind == "attachedTemplate" and is_on_local_drive(target):
            self.collector.add_note(
                _("The document names the template it was created from: %(target)s", target=target),
                self.source_part,
                LOCAL_PATH_REMEDY,
            )
        elif kind == "oleObject" and self.source_part.startswith(CHARTS_FOLDER) and is_on_local_drive(target):
            self.collector.add_note(
                _("A chart names the workbook that its figures were copied from: %(target)s", target=target),
                self.source_part,
                LOCAL_PATH_REMEDY,
            )
        elif kind != "image" or not target.startswith(PARTS_OF_MAIL):
            self.collector.add_refusal(
                _("The document fetches something from elsewhere when it is opened: %(target)s", target=target),
                self.source_part,
                find_fetching_remedy(kind),
            )


class RelationUseInspector(XmlPartReader):
    """SAX handler that refuses a target outside the package used against its declared kind.

    A program follows the identifier of a relationship, whatever kind the relationship says (ECMA-376 part 1, 9.2).
    """

    def __init__(self, relations: Iterable[PartRelationsReader], collector: FindingsCollector) -> None:
        super().__init__()
        self.outside = {fold_part_name(each.source_part): each.accepted_outside for each in relations}
        self.collector = collector
        self.part, self.targets = "", dict[str, OutsideTarget]()

    def start_part(self, name: str) -> None:
        """Prepare for the next part."""
        self.part, self.targets = name, self.outside.get(fold_part_name(name), {})

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Refuse an element that fetches the target of a link."""
        if not self.targets:
            return
        for name, value in values.items():
            outside = self.targets.get(value)
            if outside is None or not name.startswith(RELATION_ATTRIBUTES):
                continue
            allowed = USING_ELEMENTS.get(outside.kind, {outside.kind})
            if tag.name not in allowed:
                self.collector.add_refusal(
                    _("A link is used to fetch a picture, a template or a part: %(target)s", target=outside.target),
                    self.part,
                    INSERT_ITSELF_REMEDY,
                )
