"""An output as an OAI-PMH record: header and Dublin Core (ISO 15836-1) in the format `oai_dc`.

Values in several languages are repeated, marked by `xml:lang`. The texts stay behind the sign-in: a record contains
their URLs.
"""

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as Xml

from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.dissemination import tombstones
from app.dissemination.citations import PUBLISHER
from app.dissemination.facets import FACET_VALUES
from app.dissemination.oai.items import OaiItem, item_datestamp
from app.dissemination.oai.requests import METADATA_PREFIX, format_datestamp
from app.dissemination.outputs import format_advance_notice, list_file_paths, output_or_file_path
from app.domain import member_states
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, WithdrawnEntry, list_all_files
from app.http.labels import KIND_LABELS, STATEMENT_KIND_LABELS

XSI = "http://www.w3.org/2001/XMLSchema-instance"
DC = "http://purl.org/dc/elements/1.1/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
LANGUAGE_ATTRIBUTE = "xml:lang"
MEMBERS_RIGHTS = _("For ITU members. Sign-in is required to read the texts.")
PUBLIC_RIGHTS = _("Public: no sign-in is needed to read it.")

DublinCoreValue = tuple[str, str, str | None]
"""Element name of Dublin Core, value, and language or None."""


def build_header(item: OaiItem, host: str) -> Xml.Element:
    """Build the header: identifier, datestamp, sets, and the status `deleted` of a withdrawn output."""
    root = Xml.Element("header", {"status": "deleted"} if isinstance(item, WithdrawnEntry) else {})
    add_element(root, "identifier", format_identifier(item.slug, host))
    add_element(root, "datestamp", format_datestamp(item_datestamp(item)))
    for facet, value in _facet_values(item):
        add_element(root, "setSpec", format_set_spec(facet, value))
    return root


def build_record(item: OaiItem, host: str, origin: str) -> Xml.Element:
    """Build the record; that of a withdrawn output has a header only (section 2.5.1)."""
    root = Xml.Element("record")
    root.append(build_header(item, host))
    if isinstance(item, CatalogueEntry):
        add_element(root, "metadata").append(build_dublin_core(dublin_core_values(item, origin)))
    return root


def _facet_values(item: OaiItem) -> Iterator[tuple[str, object]]:
    """Yield the facets of an item with their values."""
    if isinstance(item, WithdrawnEntry):
        return ((facet, value) for facet, values in tombstones.WITHDRAWN_FACET_VALUES.items() for value in values(item))
    return ((facet, value) for facet, values in FACET_VALUES.items() for value in values(item))


def format_identifier(slug: str, host: str) -> str:
    """Return `oai:host:slug`, permanent for an output."""
    return f"oai:{host}:{slug}"


def format_set_spec(facet: str, value: object) -> str:
    """Return the name of a set."""
    return f"{facet}.{value}"


def build_dublin_core(values: Iterator[DublinCoreValue]) -> Xml.Element:
    """Build a document of the format `oai_dc`."""
    root = Xml.Element(
        f"{METADATA_PREFIX}:dc",
        {
            f"xmlns:{METADATA_PREFIX}": OAI_DC,
            "xmlns:dc": DC,
            "xmlns:xsi": XSI,
            "xsi:schemaLocation": f"{OAI_DC} {SCHEMA}",
        },
    )
    for element, words, language in values:
        add_element(root, f"dc:{element}", words, **({LANGUAGE_ATTRIBUTE: language} if language else {}))
    return root


def dublin_core_values(output: CatalogueEntry, origin: str) -> Iterator[DublinCoreValue]:
    """Yield the Dublin Core values of an output; nothing that its page does not show."""
    yield from values_by_language("title", output.titles)
    yield from values_by_language("creator", output.body_names)
    for topic in output.topics:
        yield from values_by_language("subject", topic.names)
    if output.is_advance:
        for language in LANGUAGES:
            yield "description", format_advance_notice(output, language), language
    for statement in output.statements:
        for language in LANGUAGES:
            label = STATEMENT_KIND_LABELS[statement.kind].translate(language)
            yield "description", f"{member_states.find_state_name(statement.state, language)}: {label}", language
    yield "publisher", PUBLISHER, "en"
    yield "date", output.adopted_on.isoformat(), None
    yield "type", "Text", None  # a term of the DCMI Type Vocabulary
    yield from translated_values("type", KIND_LABELS.get(output.kind, LazyText(output.kind)))
    for media in sorted({file.media for file in list_all_files(output.texts)}):
        yield "format", media, None
    yield "identifier", origin + output_or_file_path(output), None
    yield "identifier", output.symbol, None
    for text in output.texts:
        yield "language", text.language, None
    for _file, path in list_file_paths(output):
        yield "relation", origin + path, None
    yield "relation", f"{origin}{output_or_file_path(output)}.manifest.json", None
    yield from translated_values("rights", PUBLIC_RIGHTS if output.is_public else MEMBERS_RIGHTS)


def values_by_language(element: str, words: Mapping[str, str]) -> Iterator[DublinCoreValue]:
    """Yield a value in every language in which it exists, in UN order."""
    for language in LANGUAGES:
        if language in words:
            yield element, words[language], language


def add_element(parent: Xml.Element, name: str, text: str = "", **attributes: str) -> Xml.Element:
    """Append a child element and return it."""
    child = Xml.SubElement(parent, name, attributes)
    child.text = text or None
    return child


def translated_values(element: str, words: LazyText) -> Iterator[DublinCoreValue]:
    """Yield a lazy text in all six languages."""
    yield from values_by_language(element, {language: words.translate(language) for language in LANGUAGES})
