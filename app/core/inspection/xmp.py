"""Reads the metadata (XMP) of a PDF: who is named in it, and whether it can be read at all (ISO 16684-1)."""

import re

from app.core.i18n import lazy_gettext as _
from app.core.inspection.display_names import to_display_text
from app.core.inspection.findings_collector import FindingsCollector, InspectionStopped
from app.core.inspection.xml import ENTITIES_DECLARED, SAVE_AGAIN_REMEDY, XmlPartReader, XmlTag, parse_xml_part

# In any encoding that a reader may guess: as bytes, with zeros between them and in EBCDIC; UTF-7 at all, which hides
# everything.
EBCDIC_MARKS = b"\x4c[\x5a\x4f]"  # `<!` in the pages of codes 037, 1047 and 500
DECLARATION_PATTERN = re.compile(
    rb"<!(DOCTYPE|ENTITY)|encoding\s*=\s*[\"']\s*(utf-?7|unicode-1-1-utf-7|csutf7)|"
    + b"|".join(EBCDIC_MARKS + re.escape(word.encode("cp037")) for word in ("DOCTYPE", "ENTITY")),
    re.IGNORECASE,
)
PERSON_ELEMENTS = {"creator", "contributor", "Author", "Company", "Manager", "LastModifiedBy"}
MAX_NAMES = 20
MAX_NAME_LENGTH = 400


class XmpReader(XmlPartReader):
    """SAX handler that collects the names of persons; `names` keeps the order of the file."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.person_depth = 0
        self.text = ""

    def start_element(self, tag: XmlTag, _: dict[str, str]) -> None:
        """Begin the element of a person, or an item of a list in it."""
        self.person_depth += self.person_depth > 0 or tag.name in PERSON_ELEMENTS
        self.text = ""

    def characters(self, content: str) -> None:
        """Collect the text of a name."""
        if self.person_depth and len(self.text) < MAX_NAME_LENGTH:
            self.text += content

    def end_element(self, _: XmlTag) -> None:
        """Keep the name that ends here."""
        name = to_display_text(self.text) if self.person_depth else ""
        if name and name not in self.names and len(self.names) < MAX_NAMES:
            self.names.append(name)
        self.person_depth -= self.person_depth > 0
        self.text = ""


def read_named_people(data: bytes, where: str, collector: FindingsCollector) -> list[str]:
    """Return the people whom the metadata names.

    What is not well-formed is accepted with a note: no reader can be attacked by what no parser takes, and programs of
    offices write “&” into it as it is. Raises InspectionStopped for entities or a document type.
    """
    reader, trial = XmpReader(), FindingsCollector()
    try:
        parse_xml_part([data.strip(b"\0 \r\n\t")], reader, where, trial)
    except InspectionStopped:
        declares = any(finding.what == ENTITIES_DECLARED for finding in trial.findings)
        if declares or DECLARATION_PATTERN.search(data.replace(b"\0", b"")):
            raise collector.add_refusal_and_build_stop(ENTITIES_DECLARED, where, SAVE_AGAIN_REMEDY) from None
        collector.add_note(
            _("The document’s metadata cannot be read; some programs write metadata in this way."),
            where,
            _("No action is needed."),
        )
    return reader.names
