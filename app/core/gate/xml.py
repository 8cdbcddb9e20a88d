"""Strict streaming XML reader: no document types, no entities, nothing external."""

from collections.abc import Iterable
from typing import NamedTuple
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from app.core.gate.notes import Notes
from app.core.i18n import say

XLINK = "http://www.w3.org/1999/xlink"
DEEPEST = 2000  # nested elements; real documents stay below a tenth of it

Name = tuple[str | None, str]


class TooDeep(ValueError):  # noqa: N818 - named for the fault
    """Elements are nested too deeply."""


class Tag(NamedTuple):
    """Name of an element: namespace and local name."""

    space: str
    name: str


class Part(ContentHandler):
    """Base of SAX handlers: `start_element` gets namespace, local name and attributes, `end_element` only the name."""

    depth = 0

    def opened(self, tag: Tag, values: dict[str, str]) -> None:
        """Handle the start of an element.

        `values` has `Target` for a plain attribute, `:instr` for one in the namespace of the element, and `xlink:href`;
        those of other namespaces are left out, so that none can be mistaken for another.
        """

    def closed(self, tag: Tag) -> None:
        """Handle the end of an element."""

    def startElementNS(self, name: Name, _: str | None, attrs: AttributesNSImpl) -> None:  # noqa: N802 - SAX names it
        """Collect the attributes and call `start_element`. Raises XmlTooDeep."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooDeep
        values = {
            f":{local}" if space else local: value
            for (space, local), value in attrs.items()
            if space in (None, name[0])
        }
        if (link := attrs.get((XLINK, "href"))) is not None:
            values["xlink:href"] = link
        self.opened(Tag(name[0] or "", name[1]), values)

    def endElementNS(self, name: Name, _: str | None) -> None:  # noqa: N802 - SAX names it
        """Call `end_element`."""
        self.depth -= 1
        self.closed(Tag(name[0] or "", name[1]))


def parse(pieces: Iterable[bytes], reader: Part, where: str, notes: Notes) -> None:
    """Parse one part with its handler. Raises InspectionStopped for a document type, an entity (CVE-2016-5851) or
    malformed XML."""
    reader.depth = 0
    parser = DefusedExpatParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(reader)
    remedy = say("Open the document in the program that made it, save or export it again, and hand in that file.")
    try:
        for piece in pieces:
            parser.feed(piece)
        parser.close()
    except DefusedXmlException:
        raise notes.stop(say("The document declares XML entities or a document type."), where, remedy) from None
    except TooDeep:
        raise notes.stop(say("A part of the document is too large."), where, say("Divide the document.")) from None
    except (SAXParseException, ValueError, LookupError):
        raise notes.stop(say("A part of the document is not well-formed XML."), where, remedy) from None
