"""Writes XLIFF 2.0 (OASIS, 2014): the segments of one text, with a translation as far as there is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as Xml

from app.core.i18n import lazy_gettext as _
from app.core.inspection.display_names import is_visible_character

XLIFF_NAMESPACE: Final = "urn:oasis:names:tc:xliff:document:2.0"
XLIFF_EXTENSIONS: Final = (".xlf", ".xliff")
TITLE_UNIT: Final = "title"
ITEM_UNIT_PREFIX: Final = "item-"
"""Begins the name of each unit in a file of several titles; the rest says whose title it is."""
EXPORT_AGAIN: Final = _("Export the translation from your translation program as XLIFF 2.0, then upload that file.")


@dataclass(frozen=True, slots=True)
class XliffUnit:
    """A unit to be translated: its name in the file, and the source."""

    name: str
    source: str


def render_xliff(
    key: str, original: str, units: Sequence[XliffUnit], *, source_language: str, target_language: str
) -> bytes:
    """Render one file of units as XLIFF. `key` names it for who reads it back, `original` for people."""
    Xml.register_namespace("", XLIFF_NAMESPACE)
    root = Xml.Element(_tag("xliff"), {"version": "2.0", "srcLang": source_language, "trgLang": target_language})
    file = Xml.SubElement(root, _tag("file"), {"id": key, "original": original})
    for unit in units:
        segment = Xml.SubElement(Xml.SubElement(file, _tag("unit"), {"id": unit.name}), _tag("segment"))
        Xml.SubElement(segment, _tag("source")).text = _keep_writable(unit.source)
    rendered: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return rendered


def _tag(name: str) -> str:
    return f"{{{XLIFF_NAMESPACE}}}{name}"


def _keep_writable(text: str) -> str:
    """Return the text without the characters that XML 1.0 does not know."""
    return "".join(character for character in text if character in "\n\t" or is_visible_character(character))
