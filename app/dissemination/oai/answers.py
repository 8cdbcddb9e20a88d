"""The response to each verb of OAI-PMH, as an XML element. Lists are ordered by datestamp."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml

from app.core.errors import Unknown
from app.core.i18n import DEFAULT, LANGUAGES, say
from app.dissemination.catalogue import Catalogue
from app.dissemination.choice import EVERYTHING, FACETS
from app.dissemination.narrowing import LABELS, words
from app.dissemination.oai.asking import PREFIX, TOKEN, Wish, Wrong, insist_on_prefix, wish, written
from app.dissemination.oai.items import Item, items
from app.dissemination.oai.records import (
    OAI_DC,
    SCHEMA,
    XSI,
    add,
    dublin_core,
    header,
    identifier,
    in_each,
    record,
    spec,
)
from app.domain.releases.queries import Withdrawn

NAME: Final = say("CWG-Internet, released outputs")
BEGINNING: Final = 1_767_225_600
"""1 January 2026, seconds since 1970: earliest datestamp of an empty repository."""
NAMES: Final = "http://www.openarchives.org/OAI/2.0/oai-identifier"


class Behind(Exception):  # noqa: N818 - a temporary condition, not an error
    """A list was started from a later catalogue, which this process has not read yet."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A parsed request and what it is answered from; `base` is the requested URL, including its key."""

    given: Mapping[str, str]
    catalogue: Catalogue
    base: str
    origin: str
    mail: str

    @property
    def host(self) -> str:
        """The host name of the read path, without port."""
        return urlsplit(self.origin).hostname or ""

    def item(self) -> Item:
        """Return the output of the requested identifier, withdrawn or not. Raises OaiError."""
        prefix, requested = identifier("", self.host), self.given["identifier"]
        try:
            return self.catalogue.either(requested.removeprefix(prefix) if requested.startswith(prefix) else "")
        except Unknown as error:
            raise Wrong("idDoesNotExist", "There is nothing of that identifier.") from error


def identify(asked: Asked) -> Xml.Element:
    """Describe this repository."""
    element = Xml.Element("Identify")
    earliest = items(asked.catalogue).earliest
    add(element, "repositoryName", NAME.into(DEFAULT))
    add(element, "baseURL", asked.base)
    add(element, "protocolVersion", "2.0")
    add(
        element, "adminEmail", asked.mail or f"postmaster@{asked.host}"
    )  # RFC 5321, 4.5.1: every mail domain must have this mailbox
    add(element, "earliestDatestamp", written(BEGINNING if earliest is None else earliest))
    add(element, "deletedRecord", "persistent")  # a tombstone stays
    add(element, "granularity", "YYYY-MM-DDThh:mm:ssZ")
    if _is_domain(asked.host):
        add(element, "description").append(_identifier_description(asked.host))
    return element


def list_formats(asked: Asked) -> Xml.Element:
    """List the one metadata format. Raises OaiError for a withdrawn output."""
    if "identifier" in asked.given and isinstance(asked.item(), Withdrawn):
        raise Wrong("noMetadataFormats", "It was withdrawn.")
    element = Xml.Element("ListMetadataFormats")
    metadata_format = add(element, "metadataFormat")
    for name, value in {"metadataPrefix": PREFIX, "schema": SCHEMA, "metadataNamespace": OAI_DC}.items():
        add(metadata_format, name, value)
    return element


def list_sets(asked: Asked) -> Xml.Element:
    """List a set for each value of each facet, in one response.

    Raises OaiError for a token, or if there are no sets.
    """
    if TOKEN in asked.given:
        raise Wrong("badResumptionToken", "Sets come all at once.")
    element = Xml.Element("ListSets")
    for facet in FACETS:
        for value in sorted(asked.catalogue.values(EVERYTHING, facet)):
            names = {
                code: f"{LABELS[facet].into(code)}: {words(asked.catalogue, facet, value, code)}" for code in LANGUAGES
            }
            set_element = add(element, "set")
            add(set_element, "setSpec", spec(facet, value))
            add(set_element, "setName", names[DEFAULT])
            add(set_element, "setDescription").append(dublin_core(in_each("title", names)))
    if not len(element):
        raise Wrong("noSetHierarchy", "Nothing was released yet, so there are no sets.")
    return element


def get_record(asked: Asked) -> Xml.Element:
    """Return one record."""
    insist_on_prefix(asked.given)
    element = Xml.Element("GetRecord")
    element.append(record(asked.item(), asked.host, asked.origin))
    return element


def list_identifiers(asked: Asked) -> Xml.Element:
    """List headers only."""
    return _build_list(asked, lambda item: header(item, asked.host))


def list_records(asked: Asked) -> Xml.Element:
    """List whole records."""
    return _build_list(asked, lambda item: record(item, asked.host, asked.origin))


def _build_list(request: Asked, write: Callable[[Item], Xml.Element]) -> Xml.Element:
    """Build one part of a list. Raises OaiError if nothing matches, CatalogueBehind if this catalogue is too old."""
    list_request, catalogue = wish(request.given), request.catalogue
    number = catalogue.head.number if catalogue.head else 0
    if list_request.number > number:
        raise Behind()
    part = items(catalogue).part(list_request, number)
    if not part.items and not list_request.after:
        raise Wrong("noRecordsMatch", "Nothing fits all of this.")
    element = Xml.Element(request.given["verb"])
    element.extend(write(item) for item in part.items)
    element.extend(_resumption_token(list_request, part.size, part.rest))
    return element


def _resumption_token(list_request: Wish, size: int, next_request: Wish | None) -> Iterator[Xml.Element]:
    """Yield the resumption token; an empty one at the end of a list in several parts."""
    if next_request or list_request.after:
        token = Xml.Element(TOKEN, completeListSize=str(size), cursor=str(list_request.given))
        token.text = next_request.token() if next_request else None
        yield token


def _is_domain(host: str) -> bool:
    """Tell whether a host is a valid namespace for identifiers: a domain name of two or more labels, no IP address."""
    try:
        ip_address(host)
    except ValueError:
        return "." in host
    return False


def _identifier_description(host: str) -> Xml.Element:
    element = Xml.Element(
        "oai-identifier", {"xmlns": NAMES, "xmlns:xsi": XSI, "xsi:schemaLocation": f"{NAMES} {NAMES}.xsd"}
    )
    sample = identifier("CWG-Internet-22-OUT-1", host)
    for name, value in {"scheme": "oai", "repositoryIdentifier": host, "delimiter": ":"}.items():
        add(element, name, value)
    add(element, "sampleIdentifier", sample)
    return element


ANSWERS: Mapping[str, Callable[[Asked], Xml.Element]] = MappingProxyType(
    {
        "Identify": identify,
        "ListMetadataFormats": list_formats,
        "ListSets": list_sets,
        "GetRecord": get_record,
        "ListIdentifiers": list_identifiers,
        "ListRecords": list_records,
    }
)
