"""Relationships of the parts of a DOCX, internal and external (ECMA-376 part 2, clause 9)."""

import posixpath
import re
from dataclasses import dataclass

from app.core.gate.links import is_on_local_drive, is_plain_link
from app.core.gate.notes import Notes
from app.core.gate.xml import Part, Tag
from app.core.i18n import say

# A target with a scheme or a host is external, whatever its mode says.
OUTSIDE = re.compile(r"\s*([a-z][a-z0-9+.-]*:|//|\\\\)", re.IGNORECASE)
ACTIVE = {
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
class Relation:
    """A relationship to another part: its kind and the name of that part."""

    kind: str
    target: str


def is_active_relation(kind: str) -> bool:
    """Return whether a relationship brings in a program, an object or another document."""
    return kind.casefold() in ACTIVE


class Relations(Part):
    """SAX handler that reads the relationships of one part; `source_part` is its name, empty for the package itself."""

    def __init__(self, name: str, notes: Notes) -> None:
        super().__init__()
        folder, file = posixpath.split(name)
        self.base = posixpath.dirname(folder)
        self.source = posixpath.join(self.base, file[: -len(".rels")])
        self.all: list[Relation] = []
        self.notes = notes

    def opened(self, tag: Tag, values: dict[str, str]) -> None:
        """Store an internal relationship; refuse dangerous ones."""
        if tag.name != "Relationship":
            return
        kind = values.get("Type", "").rstrip("/").rpartition("/")[2]
        target = values.get("Target", "")
        if values.get("TargetMode", "").casefold() == "external" or OUTSIDE.match(target):
            self._check_outside(kind, target)
            return
        part_name = (
            target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(self.base, target))
        )
        self.all.append(Relation(kind, part_name))
        if is_active_relation(kind):
            self.notes.refuse(
                say("The document brings in an object, a program or another document."),
                part_name,
                say("Replace it by plain text or a picture, or hand it in as a document of its own."),
            )

    def _check_outside(self, kind: str, target: str) -> None:
        """Check a target outside the package: only plain links and a local template are accepted."""
        if kind == "hyperlink":
            if not is_plain_link(target):
                self.notes.refuse(
                    say("A link leads neither to the web nor to a mailbox or telephone: %(target)s", target=target),
                    self.source,
                    say("Remove this link, or make it one that begins with https://."),
                )
        elif kind == "attachedTemplate" and is_on_local_drive(target):
            self.notes.note(
                say("The document names the template it was made from: %(target)s", target=target),
                self.source,
                say("Nothing needs to be done; the path means nothing on other machines."),
            )
        else:
            self.notes.refuse(
                say("The document fetches something from elsewhere when it is opened: %(target)s", target=target),
                self.source,
                say("In Word, open File, Info, Edit Links to Files, and break the link; or insert the picture itself."),
            )
