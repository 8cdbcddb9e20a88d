"""An output as an OAI-PMH record: header and Dublin Core (ISO 15836-1) in the format `oai_dc`.

Values in several languages are repeated, marked by `xml:lang`. The texts stay behind the sign-in: a record contains
their URLs.
"""

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as Xml

from app.asgi.words import KINDS, STATEMENTS
from app.core.i18n import LANGUAGES, Text, say
from app.dissemination import tombstones
from app.dissemination.citing import PUBLISHER
from app.dissemination.oai.asking import PREFIX, written
from app.dissemination.oai.items import Item, stamp
from app.dissemination.outputs import address, advance_of, state_name
from app.dissemination.shelves import VALUES
from app.domain.releases.queries import Released, Withdrawn

XSI = "http://www.w3.org/2001/XMLSchema-instance"
DC = "http://purl.org/dc/elements/1.1/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
LANG = "xml:lang"
RIGHTS = say("For the members of ITU. The texts ask for a sign-in.")
PUBLIC = say("Public: everybody may read it, without signing in.")

Said = tuple[str, str, str | None]
"""Element name of Dublin Core, value, and language or None."""


def header(item: Item, host: str) -> Xml.Element:
    """Build the header: identifier, datestamp, sets, and the status `deleted` of a withdrawn output."""
    root = Xml.Element("header", {"status": "deleted"} if isinstance(item, Withdrawn) else {})
    add(root, "identifier", identifier(item.slug, host))
    add(root, "datestamp", written(stamp(item)))
    for facet, value in _facet_values(item):
        add(root, "setSpec", spec(facet, value))
    return root


def record(item: Item, host: str, origin: str) -> Xml.Element:
    """Build the record; that of a withdrawn output has a header only (section 2.5.1)."""
    root = Xml.Element("record")
    root.append(header(item, host))
    if isinstance(item, Released):
        add(root, "metadata").append(dublin_core(described(item, origin)))
    return root


def _facet_values(item: Item) -> Iterator[tuple[str, object]]:
    """Yield the facets of an item with their values."""
    if isinstance(item, Withdrawn):
        return ((facet, value) for facet, values in tombstones.VALUES.items() for value in values(item))
    return ((facet, value) for facet, values in VALUES.items() for value in values(item))


def identifier(slug: str, host: str) -> str:
    """Return `oai:host:slug`, permanent for an output."""
    return f"oai:{host}:{slug}"


def spec(facet: str, value: object) -> str:
    """Return the name of a set."""
    return f"{facet}.{value}"


def dublin_core(said: Iterator[Said]) -> Xml.Element:
    """Build a document of the format `oai_dc`."""
    root = Xml.Element(
        f"{PREFIX}:dc",
        {
            f"xmlns:{PREFIX}": OAI_DC,
            "xmlns:dc": DC,
            "xmlns:xsi": XSI,
            "xsi:schemaLocation": f"{OAI_DC} {SCHEMA}",
        },
    )
    for element, words, language in said:
        add(root, f"dc:{element}", words, **({LANG: language} if language else {}))
    return root


def described(output: Released, origin: str) -> Iterator[Said]:
    """Yield the Dublin Core values of an output; nothing that its page does not show."""
    yield from in_each("title", output.titles)
    yield from in_each("creator", output.body_names)
    for topic in output.topics:
        yield from in_each("subject", topic.names)
    if output.is_advance:
        for language in LANGUAGES:
            yield "description", advance_of(output, language), language
    for statement in output.statements:
        for language in LANGUAGES:
            yield (
                "description",
                f"{state_name(statement.state, language)}: {STATEMENTS[statement.kind].into(language)}",
                language,
            )
    yield "publisher", PUBLISHER, "en"
    yield "date", output.adopted_on.isoformat(), None
    yield "type", "Text", None  # a term of the DCMI Type Vocabulary
    yield from in_all("type", KINDS.get(output.kind, Text(output.kind)))
    for media in sorted({text.media for text in output.texts}):
        yield "format", media, None
    yield "identifier", origin + address(output), None
    yield "identifier", output.symbol, None
    for text in output.texts:
        yield "language", text.language, None
    for text in output.texts:
        yield "relation", origin + address(output, text.language), None
    yield "relation", f"{origin}{address(output)}.manifest.json", None
    yield from in_all("rights", PUBLIC if output.is_public else RIGHTS)


def in_each(element: str, words: Mapping[str, str]) -> Iterator[Said]:
    """Yield a value in every language in which it exists, in UN order."""
    for language in LANGUAGES:
        if language in words:
            yield element, words[language], language


def add(parent: Xml.Element, name: str, text: str = "", **attributes: str) -> Xml.Element:
    """Append a child element and return it."""
    child = Xml.SubElement(parent, name, attributes)
    child.text = text or None
    return child


def in_all(element: str, words: Text) -> Iterator[Said]:
    """Yield a lazy text in all six languages."""
    yield from in_each(element, {language: words.into(language) for language in LANGUAGES})
