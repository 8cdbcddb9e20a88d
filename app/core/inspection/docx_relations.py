"""Relationships of the parts of a DOCX, internal and external (ECMA-376 part 2, clause 9)."""

import posixpath
import re
from dataclasses import dataclass

from app.core.i18n import lazy_gettext as _
from app.core.inspection.findings_collector import FindingsCollector
from app.core.inspection.links import is_on_local_drive, is_plain_link
from app.core.inspection.xml import XmlPartReader, XmlTag

# A target with a scheme or a host is external, whatever its mode says.
EXTERNAL_TARGET_PATTERN = re.compile(r"\s*([a-z][a-z0-9+.-]*:|//|\\\\)", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class PartRelation:
    """A relationship to another part: its kind and the name of that part."""

    kind: str
    target: str


def is_active_content_relation(kind: str) -> bool:
    """Return whether a relationship brings in a program, an object or another document."""
    return kind.casefold() in ACTIVE_RELATIONS


class PartRelationsReader(XmlPartReader):
    """SAX handler that reads the relationships of one part; `source_part` is its name, empty for the package itself."""

    def __init__(self, name: str, collector: FindingsCollector) -> None:
        super().__init__()
        folder, file = posixpath.split(name)
        self.base = posixpath.dirname(folder)
        self.source_part = posixpath.join(self.base, file[: -len(".rels")])
        self.relations: list[PartRelation] = []
        self.collector = collector

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Store an internal relationship; refuse dangerous ones."""
        if tag.name != "Relationship":
            return
        kind = values.get("Type", "").rstrip("/").rpartition("/")[2]
        target = values.get("Target", "")
        if values.get("TargetMode", "").casefold() == "external" or EXTERNAL_TARGET_PATTERN.match(target):
            self._check_outside(kind, target)
            return
        part_name = (
            target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(self.base, target))
        )
        self.relations.append(PartRelation(kind, part_name))
        if is_active_content_relation(kind):
            self.collector.add_refusal(
                _("The document brings in an object, a program or another document."),
                part_name,
                _("Replace it by plain text or a picture, or hand it in as a document of its own."),
            )

    def _check_outside(self, kind: str, target: str) -> None:
        """Check a target outside the package: only plain links and a local template are accepted."""
        if kind == "hyperlink":
            if not is_plain_link(target):
                self.collector.add_refusal(
                    _("A link leads neither to the web nor to a mailbox or telephone: %(target)s", target=target),
                    self.source_part,
                    _("Remove this link, or make it one that begins with https://."),
                )
        elif kind == "attachedTemplate" and is_on_local_drive(target):
            self.collector.add_note(
                _("The document names the template it was made from: %(target)s", target=target),
                self.source_part,
                _("Nothing needs to be done; the path means nothing on other machines."),
            )
        else:
            self.collector.add_refusal(
                _("The document fetches something from elsewhere when it is opened: %(target)s", target=target),
                self.source_part,
                _("In Word, open File, Info, Edit Links to Files, and break the link; or insert the picture itself."),
            )
