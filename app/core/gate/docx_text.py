"""Inspection of the text parts of a DOCX: fields, objects, tracked changes, comments, title and authors."""

import re

from app.core.gate.links import is_plain_link
from app.core.gate.names import shown
from app.core.gate.notes import Notes
from app.core.gate.tongue import tongue_of
from app.core.gate.xml import Part, Tag
from app.core.i18n import say

WORD = "wordprocessingml"
VML = "urn:schemas-microsoft-com:vml"
SVG = "http://www.w3.org/2000/svg"
CHANGES = {
    "ins",
    "del",
    "moveFrom",
    "moveTo",
    "rPrChange",
    "pPrChange",
    "sectPrChange",
    "tblPrChange",
    "numberingChange",
}
ACTIVE_FIELDS = {
    *("DDE", "DDEAUTO", "LINK", "DATABASE", "IMPORT", "EMBED"),
    *("CONTROL", "OCX", "HTMLCONTROL", "HTMLACTIVEX", "PRINT"),
}
OBJECTS = {"altChunk", "control", "subDoc", "movie"}
DATA_SOURCES = {"connectString", "dataSource"}
SVG_ELSEWHERE = re.compile(r"@import|url\(\s*[\"']?(?!#|data:)", re.IGNORECASE)
CALLING_FIELDS = {"INCLUDETEXT", "INCLUDEPICTURE", "RD"}
HEADINGS = {"title", "heading1"}
HYPERLINK = re.compile(r'\s*HYPERLINK\s+(?:"([^"]*)"|([^\s"\\]\S*))', re.IGNORECASE)
LONGEST_FIELD = 20_000

PLAIN_TEXT = say("In Word, select the field, press Ctrl+Shift+F9 to turn it into plain text, and save the document.")
AUTHORS = {"creator", "lastModifiedBy", "Company", "Manager"}
PROPERTIES = AUTHORS | {"title", "language", "Pages"}
STORIES = {"document", "hdr", "ftr", "footnotes", "endnotes", "comments", "glossaryDocument"}


class Words(Part):
    """SAX handler that reads all XML parts of one document, one after the other."""

    def __init__(self, notes: Notes) -> None:
        super().__init__()
        self.notes = notes
        self.name = self.kind = ""
        self.fields: list[str] = []
        self.collecting: Tag | None = None
        self.is_heading = False
        self.text = self.heading = ""
        self.prose: list[str] = []
        self.has_read = 0
        self.in_run = self.in_text = self.run_is_hidden = self.has_hidden = False
        self.changed = 0
        self.commented = False

    def enter(self, name: str, kind: str) -> None:
        """Prepare for the next part."""
        self.name, self.kind = name, kind
        self.fields, self.text = [], ""
        self.collecting, self.is_heading = None, False
        self.in_run = self.in_text = self.run_is_hidden = False

    def opened(self, tag: Tag, values: dict[str, str]) -> None:
        """Inspect an element by its namespace."""
        space, name = tag
        if WORD in space:
            self._inspect_word_element(tag, values)
        elif name in {"OLEObject", "webVideoPr"}:
            self._refuse_object()
        elif space == SVG:
            self._inspect_svg_element(tag, values)
        elif space == VML:
            for target in (values.get("src", ""), values.get("href", "")):
                if not is_plain_link(target):
                    self._refuse_field(target)
        elif self.name.startswith("docProps/") and name in PROPERTIES:
            self._start_collecting(tag)

    def characters(self, content: str) -> None:
        """Collect text of fields, headings and prose."""
        if self.in_text:
            self.has_hidden |= self.run_is_hidden and not content.isspace()
            if self.has_read < LONGEST_FIELD:
                self.prose.append(content)
                self.has_read += len(content)
        if self.collecting and len(self.text) < LONGEST_FIELD:
            self.text += content

    def closed(self, tag: Tag) -> None:
        """End an element; a story that ends closes all open fields."""
        if tag == self.collecting:
            self.collecting = None
            self._use_collected(tag.space, tag.name, self.text)
        elif WORD in tag.space and tag.name in STORIES:
            self._end_all_fields()
        if WORD in tag.space and tag.name in {"r", "t"}:
            self.in_text = False
            self.in_run &= tag.name == "t"

    def _start_collecting(self, tag: Tag) -> None:
        """Collect the text up to the end of this element; nested elements do not end it."""
        if self.collecting is None:
            self.collecting, self.text = tag, ""

    def _use_collected(self, space: str, name: str, text: str) -> None:
        """Use the collected text of an element: style sheet, property, heading or field."""
        if space == SVG:
            if SVG_ELSEWHERE.search(text):
                self._refuse_object()
        elif WORD not in space:
            self._read_property(name, text)
        elif name == "t":
            self.heading = (self.heading + text)[:LONGEST_FIELD]
        else:
            self.fields = self.fields or [""]
            self.fields[-1] = (self.fields[-1] + text)[:LONGEST_FIELD]

    def summarise(self) -> None:
        """Add the findings that are reported once for the whole document."""
        self.notes.title = self.notes.title or shown(self.heading) or None
        self.notes.language = tongue_of("".join(self.prose)) or self.notes.language
        if self.has_hidden:
            self.notes.decide(
                say("The document contains hidden text."),
                "word/document.xml",
                say("In Word, press Ctrl+Shift+8 to see it; delete it, or make it visible, and save the document."),
            )
        if self.changed:
            self.notes.decide(
                say("The document contains %(count)s tracked changes.", count=self.changed),
                "word/document.xml",
                say("Check that they are meant to be seen; if not, accept or reject all changes and save it again."),
            )
        if self.commented:
            self.notes.decide(
                say("The document contains comments."),
                "word/comments.xml",
                say("Check that they are meant to be seen; if not, delete all comments and save it again."),
            )

    def _inspect_word_element(self, tag: Tag, values: dict[str, str]) -> None:
        """Inspect an element of WordprocessingML."""
        name = tag.name
        self._track_hidden_text(name, values)
        self.changed += name in CHANGES
        self.commented |= name == "comment"
        if name in OBJECTS:
            self._refuse_object()
        elif name in DATA_SOURCES:
            self._refuse_field(values.get(":val", name))
        elif name == "fldSimple":
            self._inspect_field(values.get(":instr", ""))
        elif name == "fldChar":
            self._begin_or_end_field(values.get(":fldCharType", ""))
        elif name == "pStyle":
            self.is_heading = not self.heading and values.get(":val", "").casefold() in HEADINGS
        elif name == "p":
            self.is_heading = False
        elif name == "lang" and self.name == "word/styles.xml":
            self.notes.language = self.notes.language or shown(values.get(":val", ""), 40) or None
        elif name in {"instrText", "delInstrText"} or (name == "t" and self.is_heading):
            self._start_collecting(tag)

    def _inspect_svg_element(self, tag: Tag, values: dict[str, str]) -> None:
        """Refuse a drawing that runs scripts or loads something external; a link in it may lead to the web."""
        is_active = tag.name in {"script", "foreignObject"} or any(name.startswith("on") for name in values)
        targets = [value.strip() for name in ("href", "xlink:href") if (value := values.get(name))]
        if tag.name == "a":
            bad_targets = [target for target in targets if not is_plain_link(target)]
        else:
            bad_targets = [target for target in targets if not target.startswith(("#", "data:image/"))]
        if is_active or bad_targets or any(SVG_ELSEWHERE.search(value) for value in values.values()):
            self._refuse_object()
        if tag.name == "style":
            self._start_collecting(tag)

    def _track_hidden_text(self, name: str, values: dict[str, str]) -> None:
        """Track hidden text: a run is hidden by its own properties (17.3.2.41); those of a paragraph mark or a field
        do not count."""
        if name == "r":
            self.in_run, self.run_is_hidden = True, False
        elif name == "vanish" and self.in_run:
            self.run_is_hidden = values.get(":val", "true") not in {"0", "false", "off"}
        elif name == "t":
            self.in_text = True

    def _begin_or_end_field(self, kind: str) -> None:
        """Begin or end a field, which may span many runs and nest (ECMA-376 part 1, 17.16.18)."""
        if kind == "begin":
            self.fields.append("")
        elif kind == "end" and self.fields:
            self._inspect_field(self.fields.pop())

    def _end_all_fields(self) -> None:
        """Inspect the fields that are still open."""
        while self.fields:
            self._inspect_field(self.fields.pop())

    def _inspect_field(self, instruction: str) -> None:
        """Inspect the instruction of a field."""
        field_name = instruction.split(maxsplit=1)[0].upper() if instruction.strip() else ""
        if field_name in ACTIVE_FIELDS:
            self._refuse_field(instruction)
        elif field_name in CALLING_FIELDS:
            self.notes.decide(
                say("A field refers to another file: %(field)s", field=instruction), self.name, PLAIN_TEXT
            )
        elif field_name == "QUOTE" and self.fields:  # its result is part of the enclosing field
            self.fields[-1] = (self.fields[-1] + quoted(instruction))[:LONGEST_FIELD]
        elif (link := HYPERLINK.match(instruction)) and not is_plain_link(link[1] or link[2] or ""):
            self._refuse_field(instruction)

    def _refuse_field(self, instruction: str) -> None:
        """Add the refusal of a field."""
        self.notes.refuse(
            say("A field starts a program or fetches data from elsewhere: %(field)s", field=instruction),
            self.name,
            PLAIN_TEXT,
        )

    def _refuse_object(self) -> None:
        """Add the refusal of an object."""
        self.notes.refuse(
            say("The document brings in an object, a program or another document."),
            self.name,
            say("Replace it by plain text or a picture, or hand it in as a document of its own."),
        )

    def _read_property(self, name: str, value: str) -> None:
        """Use a document property: authors are reported; title, language and pages are kept."""
        if not value.strip():
            return
        if name in AUTHORS:
            self.notes.note(
                say("The file's properties name somebody: %(who)s.", who=value),
                self.name,
                say("If that should not be known: in Word, File, Info, Check for Issues, Inspect Document."),
            )
        elif name == "title":
            self.notes.title = self.notes.title or shown(value) or None
        elif name == "language":
            self.notes.language = shown(value, 40) or None
        elif name == "Pages" and value.strip().isascii() and value.strip().isdigit():
            self.notes.pages = int(value.strip()[:6])


def quoted(instruction: str) -> str:
    """Return the result of a QUOTE field: texts, and characters by their numbers (17.16.5.49)."""
    words = instruction.split()[1:]
    return "".join(chr(int(word)) if word.isdecimal() and int(word) < 0x10FFFF else word.strip('"') for word in words)
