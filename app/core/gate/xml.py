"""Reads the XML parts of a document piece by piece, without document types, entities or anything from elsewhere."""

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
DEEPEST = 2000  # elements within elements; no program writes a tenth of it

Name = tuple[str | None, str]


class TooDeep(ValueError):  # noqa: N818 - what it is
    """Elements within elements without end."""


class Tag(NamedTuple):
    """The name of an element: its namespace and its local name."""

    space: str
    name: str


class Part(ContentHandler):
    """Base of what reads a part: `opened` and `closed` get namespace and local name, and the former the attributes."""

    depth = 0

    def opened(self, tag: Tag, values: dict[str, str]) -> None:
        """An element begins. `values` has `Target` for a plain attribute, `:instr` for one in the element's own
        namespace, and `xlink:href`; those of other namespaces are left out, so that none can pass for another."""

    def closed(self, tag: Tag) -> None:
        """An element ends."""

    def startElementNS(self, name: Name, _: str | None, attrs: AttributesNSImpl) -> None:  # noqa: N802 - SAX names it
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooDeep
        values = {
            f":{local}" if space else local: value
            for (space, local), value in attrs.items()
            if space in (None, name[0])
        }
        if (linked := attrs.get((XLINK, "href"))) is not None:
            values["xlink:href"] = linked
        self.opened(Tag(name[0] or "", name[1]), values)

    def endElementNS(self, name: Name, _: str | None) -> None:  # noqa: N802 - SAX names it
        self.depth -= 1
        self.closed(Tag(name[0] or "", name[1]))


def parse(pieces: Iterable[bytes], reader: Part, where: str, notes: Notes) -> None:
    """Feed one part to its reader. Raises Stop for a document type, an entity (CVE-2016-5851) or bad form."""
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
