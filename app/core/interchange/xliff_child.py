"""What the confined process does with an XLIFF file that was handed in: finds its languages, its key, and the
translated title, or several of them. Document types and entities are refused before they are expanded."""

import json
from typing import BinaryIO

from app.core.i18n import lazy_gettext as _
from app.core.inspection.display_names import to_display_text
from app.core.inspection.findings_collector import FindingsCollector, InspectionStopped
from app.core.inspection.xml import XmlPartReader, XmlTag, parse_xml_part
from app.core.interchange.xliff import EXPORT_AGAIN, ITEM_UNIT_PREFIX, TITLE_UNIT, XLIFF_NAMESPACE

CHUNK_SIZE = 64 * 1024
MAX_TITLE_LENGTH, MAX_KEY_LENGTH = 1_000, 100
MAX_ELEMENTS = 200_000
MAX_ITEM_UNITS = 3_000


class XliffReader(XmlPartReader):
    """SAX handler that reads the languages, the key of the first file, the target of the unit of the title, and source
    and target of each unit of an item."""

    def __init__(self) -> None:
        super().__init__()
        self.is_xliff = False
        self.language = ""
        self.key = ""
        self.title = ""
        self.source_language = ""
        self.items: dict[str, dict[str, str]] = {}
        self._unit = ""
        self._in = ""

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Note where the reader is."""
        if tag.space != XLIFF_NAMESPACE:
            return
        if self.depth == 1 and tag.name == "xliff":
            self.is_xliff, self.language = True, values.get("trgLang", "")
            self.source_language = values.get("srcLang", "")
        elif tag.name == "file":
            self.key = self.key or values.get("id", "")[:MAX_KEY_LENGTH]
        elif tag.name == "unit":
            self._unit = values.get("id", "")
            if self._unit.startswith(ITEM_UNIT_PREFIX) and len(self.items) < MAX_ITEM_UNITS:
                self.items.setdefault(self._unit[:MAX_KEY_LENGTH], {"source": "", "target": ""})
        elif tag.name in ("source", "target"):
            self._in = tag.name

    def end_element(self, tag: XmlTag) -> None:
        """Note what ended."""
        if tag == XmlTag(XLIFF_NAMESPACE, self._in):
            self._in = ""

    def characters(self, content: str) -> None:
        """Collect the titles; what marks the text inside them is left out."""
        if self._in == "target" and self._unit == TITLE_UNIT and len(self.title) < MAX_TITLE_LENGTH:
            self.title += content
        item = self.items.get(self._unit) if self._in else None
        if item and len(item[self._in]) < MAX_TITLE_LENGTH:
            item[self._in] += content


def read_xliff(source: BinaryIO, _arguments: bytes) -> bytes:
    """Return what an XLIFF file says, or the finding that refuses it, as JSON."""
    collector, reader = FindingsCollector(elements_left=MAX_ELEMENTS), XliffReader()
    try:
        source.seek(0)
        parse_xml_part(iter(lambda: source.read(CHUNK_SIZE), b""), reader, "", collector)
        if not reader.is_xliff:
            raise collector.add_refusal_and_build_stop(_("This is not an XLIFF 2.0 file."), "", EXPORT_AGAIN)
    except InspectionStopped:
        return json.dumps({"refusal": collector.findings[0].to_json()}).encode()
    title = to_display_text(reader.title, MAX_TITLE_LENGTH)
    language = to_display_text(reader.language, 20)
    items = [
        {"name": to_display_text(name)} | {part: to_display_text(text, MAX_TITLE_LENGTH) for part, text in item.items()}
        for name, item in reader.items.items()
    ]
    said = {"key": to_display_text(reader.key), "language": language, "title": title, "items": items}
    return json.dumps(said | {"source_language": to_display_text(reader.source_language, 20)}).encode()
