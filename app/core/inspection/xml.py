"""Strict streaming XML reader: no document types, no entities, nothing external."""

from collections.abc import Iterable
from typing import NamedTuple
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from app.core.i18n import lazy_gettext as _
from app.core.inspection.findings_collector import FindingsCollector

# Namespaces of attributes that are read on elements of other namespaces, each with its prefix.
ATTRIBUTE_PREFIXES = {
    "http://www.w3.org/1999/xlink": "xlink:",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r:",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r:",
    "urn:schemas-microsoft-com:office:office": "o:",
}
# One vocabulary under two names, which programs do not tell apart (ECMA-376 part 4, annex A).
WORD_NAMESPACES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
}
MAX_DEPTH = 2000  # nested elements; real documents stay below a tenth of it
MAX_TAG_BYTES = 8 * 1024 * 1024
"""Bytes of one tag, comment or instruction. Before version 2.6 expat read it from its beginning with each chunk: 8 MiB
took 0.85 s, 50 MB half a minute (CVE-2023-52425). Since then it may wait for twice as much before it reads again. Word
writes pictures of some megabytes into attributes."""

ENTITIES_DECLARED = _("The document declares XML entities or a document type.")
SAVE_AGAIN_REMEDY = _(
    "Open the document in the program that created it, save or export it again, and upload that file."
)

QualifiedName = tuple[str | None, str]


class XmlTooLarge(ValueError):
    """Elements are nested too deeply, or there are too many."""


class XmlTagTooLong(ValueError):
    """A tag, comment or instruction does not end within `MAX_TAG_BYTES`."""


class XmlTag(NamedTuple):
    """Name of an element: namespace and local name."""

    space: str
    name: str


class XmlPartReader(ContentHandler):
    """Base of SAX handlers: `start_element` gets namespace, local name and attributes, `end_element` only the name."""

    depth = 0
    elements_left = 0

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:
        """Handle the start of an element.

        `values` has `Target` for a plain attribute, `:instr` for one in the namespace of the element, and `xlink:href`,
        `r:id`, `o:href`; those of other namespaces are left out, so that none can be mistaken for another.
        """

    def end_element(self, tag: XmlTag) -> None:
        """Handle the end of an element."""

    def startElementNS(self, name: QualifiedName, _ignored: str | None, attrs: AttributesNSImpl) -> None:  # noqa: N802 - SAX names it
        """Collect the attributes and call `start_element`. Raises XmlTooLarge, and ValueError for an attribute that is
        there twice under both names of a vocabulary."""
        self.depth += 1
        self.elements_left -= 1
        if self.depth > MAX_DEPTH or self.elements_left < 0:
            raise XmlTooLarge
        values = {}
        for (space, local), value in attrs.items():
            if space in (None, name[0]) or (space in WORD_NAMESPACES and name[0] in WORD_NAMESPACES):
                if (key := f":{local}" if space else local) in values:
                    raise ValueError
                values[key] = value
            if space in ATTRIBUTE_PREFIXES:
                values[ATTRIBUTE_PREFIXES[space] + local] = value
        self.start_element(XmlTag(name[0] or "", name[1]), values)

    def endElementNS(self, name: QualifiedName, _ignored: str | None) -> None:  # noqa: N802 - SAX names it
        """Call `end_element`."""
        self.depth -= 1
        self.end_element(XmlTag(name[0] or "", name[1]))


def parse_xml_part(chunks: Iterable[bytes], reader: XmlPartReader, where: str, collector: FindingsCollector) -> None:
    """Parse one part with its handler. Raises InspectionStopped for a document type, an entity (CVE-2016-5851), a tag
    that is too long, elements that are too deep or too many, or malformed XML."""
    reader.depth, reader.elements_left = 0, collector.elements_left
    parser = DefusedExpatParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(reader)
    try:
        _feed_bounded(parser, chunks)
        parser.close()
        collector.elements_left = reader.elements_left
    except DefusedXmlException:
        raise collector.add_refusal_and_build_stop(ENTITIES_DECLARED, where, SAVE_AGAIN_REMEDY) from None
    except (XmlTooLarge, XmlTagTooLong):
        raise collector.add_refusal_and_build_stop(
            _("A part of the document is too large."), where, _("Split the document into several documents.")
        ) from None
    except (SAXParseException, ValueError, LookupError):
        raise collector.add_refusal_and_build_stop(
            _("A part of the document is not well-formed XML."), where, SAVE_AGAIN_REMEDY
        ) from None


def _feed_bounded(parser: DefusedExpatParser, chunks: Iterable[bytes]) -> None:
    """Feed the chunks to the parser. Raises XmlTagTooLong once what it has not understood yet is too long."""
    fed = 0
    for piece in chunks:
        parser.feed(piece)
        fed += len(piece)
        # A SAX locator tells lines only.
        understood: int = parser._parser.CurrentByteIndex  # type: ignore[attr-defined]
        if fed - understood > MAX_TAG_BYTES:
            raise XmlTagTooLong
