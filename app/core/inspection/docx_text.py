"""Inspection of the text parts of a DOCX: fields, objects, tracked changes, comments, title and authors."""

from collections.abc import Iterable

from app.core.i18n import lazy_gettext as _
from app.core.inspection.display_names import to_display_text
from app.core.inspection.docx_cover import DocxCoverReader
from app.core.inspection.docx_fields import FieldInspector
from app.core.inspection.docx_relations import (
    END_MAIL_MERGE_REMEDY,
    INSERT_ITSELF_REMEDY,
    PARTS_OF_MAIL,
    REMOVE_LINKS_REMEDY,
    PartRelationsReader,
    RelationUseInspector,
    check_link,
)
from app.core.inspection.docx_styles import DocxStylesReader, RunVisibility, read_switch
from app.core.inspection.embedded.svg import SVG_NAMESPACE, XHTML_NAMESPACE, is_active_element, loads_outside
from app.core.inspection.findings import FindingCode
from app.core.inspection.findings_collector import FindingsCollector
from app.core.inspection.language_detection import detect_language
from app.core.inspection.links import LinkKind, classify_link, is_on_local_drive, names_other_place
from app.core.inspection.xml import SAVE_AGAIN_REMEDY, XmlPartReader, XmlTag

WORD_NAMESPACE = "wordprocessingml"
VML_NAMESPACES = {"urn:schemas-microsoft-com:vml", "urn:schemas-microsoft-com:office:office"}
TRACKED_CHANGE_ELEMENTS = {
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
OBJECT_ELEMENTS = {"altChunk", "control", "subDoc", "movie"}
DATA_SOURCE_ELEMENTS = {"connectString", "dataSource", "udl", "query"}  # of a mail merge (17.14)
INSTRUCTION_ELEMENTS = {"instrText", "delInstrText"}
BREAKING_ELEMENTS = {"tab", "ptab", "br", "cr", "p"}  # white space between the words of an instruction
MAX_TEXT_LENGTH = 20_000

INSPECT_REMEDY = _("If you do not want this to be known: in Word, open File, Info, Check for Issues, Inspect Document.")
AUTHOR_PROPERTIES = {"creator", "lastModifiedBy", "Company", "Manager"}
MAX_PEOPLE = 20
READ_PROPERTIES = AUTHOR_PROPERTIES | {"title", "language", "Pages", "HyperlinkBase"}
STORY_ELEMENTS = {"document", "hdr", "ftr", "footnotes", "endnotes", "comments", "glossaryDocument"}


class DocxContentInspector(XmlPartReader):
    """SAX handler that reads all XML parts of one document, one after the other."""

    def __init__(
        self,
        relations: Iterable[PartRelationsReader],
        styles: DocxStylesReader,
        collector: FindingsCollector,
        main: str = "",
    ) -> None:
        super().__init__()
        self.collector = collector
        self.relation_use = RelationUseInspector(relations, collector)
        self.fields = FieldInspector(collector)
        self.name = self.kind = ""
        self.collecting: XmlTag | None = None
        self.is_drawing = False
        self.text = ""
        self.prose: list[str] = []
        self.prose_length = 0
        self.in_run = self.in_text = self.in_instruction = self.has_hidden = False
        self.visibility = RunVisibility(styles)
        self.styles = styles
        self.main = main
        self.cover = DocxCoverReader(styles)
        self.tracked_changes = 0
        self.has_comments = False
        self.people: dict[str, None] = {}
        self.property_name = ""

    def start_part(self, name: str, kind: str) -> None:
        """Prepare for the next part."""
        self.name, self.kind = name, kind
        self.is_drawing = "svg" in kind.casefold() or name.casefold().endswith(".svg")
        self.relation_use.start_part(name)
        self.cover.is_active = name == self.main
        self.fields.start_part(name)
        self.text = ""
        self.collecting = None
        self.in_run = self.in_text = self.in_instruction = False
        self.visibility = RunVisibility(self.styles)

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Inspect an element by its namespace."""
        space, name = tag
        self.relation_use.start_element(tag, values)
        if self.cover.is_active:
            self.cover.start_element(tag, values)
        if WORD_NAMESPACE not in space or name == "txbxContent":
            self.fields.enter(is_story=name == "txbxContent")
        if WORD_NAMESPACE in space:
            self._inspect_word_element(tag, values)
        elif name in {"OLEObject", "webVideoPr"} or (space == XHTML_NAMESPACE and self.is_drawing):
            self._refuse_object()
        elif name == "schema" and (place := values.get(":manifestLocation", "")):
            self._check_manifest(place)
        elif space == SVG_NAMESPACE:
            self._inspect_svg_element(tag, values)
        elif space in VML_NAMESPACES:
            self._inspect_vml_element(values)
        elif self.name == "docProps/custom.xml" and name == "property":
            self.property_name = values.get("name", "")
            self._start_collecting(tag)
        elif name in READ_PROPERTIES and (self.name.startswith("docProps/") or space.endswith("/extended-properties")):
            self._start_collecting(tag)

    def processingInstruction(self, target: str, _: str) -> None:  # noqa: N802 - SAX names it
        """Refuse a style sheet of a drawing, which is elsewhere."""
        if self.is_drawing and target == "xml-stylesheet":
            self._refuse_object()

    def characters(self, content: str) -> None:
        """Collect text of fields, cover and prose."""
        if self.in_instruction or (self.in_text and self.fields.is_in_instruction):
            self.fields.add_instruction(content)
        if self.in_text:
            self.has_hidden |= self.visibility.is_hidden and not content.isspace()
            if self.cover.is_active and not self.visibility.is_hidden and not self.fields.is_in_instruction:
                self.cover.add_text(content)
            if self.prose_length < MAX_TEXT_LENGTH:
                self.prose.append(content)
                self.prose_length += len(content)
        if self.collecting and len(self.text) < MAX_TEXT_LENGTH:
            self.text += content

    def end_element(self, tag: XmlTag) -> None:
        """End an element; a story that ends closes all open fields."""
        if self.cover.is_active:
            self.cover.end_element(tag)
        if tag == self.collecting:
            self.collecting = None
            self._use_collected(tag.space, tag.name, self.text)
        elif WORD_NAMESPACE in tag.space and tag.name in STORY_ELEMENTS:
            self.fields.end_all()
        if WORD_NAMESPACE not in tag.space or tag.name == "txbxContent":
            self.fields.leave(is_story=tag.name == "txbxContent")
        elif tag.name in BREAKING_ELEMENTS and self.fields.is_in_instruction:
            self.fields.add_instruction(" ")
        if WORD_NAMESPACE in tag.space and tag.name in INSTRUCTION_ELEMENTS:
            self.in_instruction = False
        if WORD_NAMESPACE in tag.space and tag.name in {"r", "t"}:
            self.in_text = False
            self.in_run &= tag.name == "t"
        elif WORD_NAMESPACE in tag.space and tag.name == "p":
            self.visibility.end_paragraph()

    def _start_collecting(self, tag: XmlTag) -> None:
        """Collect the text up to the end of this element; nested elements do not end it."""
        if self.collecting is None:
            self.collecting, self.text = tag, ""

    def _use_collected(self, space: str, name: str, text: str) -> None:
        """Use the collected text of an element: style sheet or property."""
        if space == SVG_NAMESPACE:
            if loads_outside(text):
                self._refuse_object()
        else:
            self._read_property(name, text)

    def report_document_findings(self) -> None:
        """Add the findings that are reported once for the whole document."""
        self.fields.end_all()
        reading = self.cover.finish(self.collector.title)
        self.collector.title, self.collector.reading = to_display_text(reading.title or "") or None, reading
        self.collector.language = detect_language("".join(self.prose)) or self.collector.language
        if self.cover.unfilled:
            self.collector.add_finding_to_decide(
                FindingCode.UNFILLED,
                _("Fields of the template were not filled in: %(fields)s.", fields="; ".join(self.cover.unfilled)),
                "word/document.xml",
                _("Fill them in or delete them in the document, save it, and upload it again."),
            )
        if self.has_hidden:
            self.collector.add_finding_to_decide(
                FindingCode.HIDDEN,
                _("The document contains hidden text."),
                "word/document.xml",
                _("In Word, press Ctrl+Shift+8 to see it; delete it, or make it visible, and save the document."),
            )
        if self.tracked_changes:
            self.collector.add_finding_to_decide(
                FindingCode.CHANGES,
                _("The document contains %(count)s tracked changes.", count=self.tracked_changes),
                "word/document.xml",
                _("Check that they are meant to be seen; if not, accept or reject all changes and save it again."),
            )
        if self.people:
            self.collector.add_note(
                _("Comments or tracked changes contain the name of a person: %(who)s.", who=", ".join(self.people)),
                "word/document.xml",
                INSPECT_REMEDY,
            )
        if self.has_comments:
            self.collector.add_finding_to_decide(
                FindingCode.COMMENTS,
                _("The document contains comments."),
                "word/comments.xml",
                _("Check that they are meant to be seen; if not, delete all comments and save it again."),
            )

    def _inspect_word_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Inspect an element of WordprocessingML."""
        name = tag.name
        self._track_hidden_text(name, values)
        if (name == "comment" or name in TRACKED_CHANGE_ELEMENTS) and len(self.people) < MAX_PEOPLE:
            self.people |= dict.fromkeys(filter(None, [to_display_text(values.get(":author", ""))]))
        self.tracked_changes += name in TRACKED_CHANGE_ELEMENTS
        self.has_comments |= name == "comment"
        if name in OBJECT_ELEMENTS:
            self._refuse_object()
        elif name in DATA_SOURCE_ELEMENTS and (source := values.get(":val", name).strip()):
            self.fields.refuse(source, END_MAIL_MERGE_REMEDY)
        elif name == "fldSimple":
            self.fields.read_simple(values.get(":instr", ""))
        elif name == "fldChar":
            self.fields.read_mark(values.get(":fldCharType", ""))
        elif name == "updateFields" and read_switch(values):
            self._refuse_updating()
        elif name == "lang" and self.name == "word/styles.xml":
            self.collector.language = self.collector.language or to_display_text(values.get(":val", ""), 40) or None
        elif name in INSTRUCTION_ELEMENTS:
            self.in_instruction = True

    def _inspect_svg_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Refuse a drawing that runs scripts or loads something from outside."""
        if is_active_element(tag, values):
            self._refuse_object()
        if tag.name == "style":
            self._start_collecting(tag)

    def _track_hidden_text(self, name: str, values: dict[str, str]) -> None:
        """Track hidden text: a run is hidden by its own properties (17.3.2.41) or by styles; those of a paragraph
        mark or a field do not count."""
        if name == "p":
            self.visibility.begin_paragraph()
        elif name == "pStyle":
            self.visibility.set_paragraph_style(values.get(":val", ""))
        elif name == "r":
            self.in_run = True
            self.visibility.begin_run()
        elif name == "rStyle" and self.in_run:
            self.visibility.run_style = values.get(":val", "")
        elif name == "vanish" and self.in_run:
            self.visibility.own = read_switch(values)
        elif name == "t":
            self.in_text = True

    def _inspect_vml_element(self, values: dict[str, str]) -> None:
        """Refuse a drawing whose picture is not in the package: `src` is fetched, `href` followed (part 4, 19.1.2)."""
        originals = (values.get("o:href", ""), values.get("o:althref", ""))
        sources = [values.get("src", ""), *(place for place in originals if not place.startswith(PARTS_OF_MAIL))]
        for source in filter(str.strip, sources):
            if not source.strip().startswith("#"):
                self.fields.refuse(source, INSERT_ITSELF_REMEDY)
        if classify_link(target := values.get("href", "")) is LinkKind.STARTING:
            self.fields.refuse(target, REMOVE_LINKS_REMEDY)
        else:
            check_link(target, self.name, self.collector)

    def _refuse_updating(self) -> None:
        """Add the refusal of a document that fetches what its fields name."""
        self.collector.add_refusal(
            _("The document asks to update its fields when it is opened, which may fetch other files."),
            self.name,
            _("Open it in Word, answer the question, press Ctrl+S to save it, and upload that file."),
        )

    def _check_manifest(self, place: str) -> None:
        """Refuse a schema whose programs are on a server (23.2.1)."""
        if names_other_place(place) and not is_on_local_drive(place):
            self.collector.add_refusal(
                _("The document fetches something from elsewhere when it is opened: %(target)s", target=place),
                self.name,
                SAVE_AGAIN_REMEDY,
            )

    def _refuse_object(self) -> None:
        """Add the refusal of an object."""
        self.collector.add_refusal(
            _("The document contains an embedded object, program or other document."),
            self.name,
            _("Replace it with plain text or a picture, or upload it as a separate document."),
        )

    def _read_property(self, name: str, value: str) -> None:
        """Use a document property: authors are reported; title, language and pages are kept."""
        if not value.strip():
            return
        if name == "property":
            self.collector.add_note(
                _("The file has a property %(name)s: %(value)s.", name=self.property_name, value=value),
                self.name,
                INSPECT_REMEDY,
            )
        elif name in AUTHOR_PROPERTIES:
            self.collector.add_note(
                _("The file’s properties contain the name of a person: %(who)s.", who=value),
                self.name,
                INSPECT_REMEDY,
            )
        elif name == "HyperlinkBase":
            check_link(value, self.name, self.collector)
        elif name == "title":
            self.collector.title = self.collector.title or to_display_text(value) or None
        elif name == "language":
            self.collector.language = to_display_text(value, 40) or None
        elif name == "Pages" and value.strip().isascii() and value.strip().isdigit():
            self.collector.pages = int(value.strip()[:6])
