"""The response to each verb of OAI-PMH, as an XML element. Lists are ordered by datestamp."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml

from app.core.errors import NotFound
from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.dissemination.catalogue import Catalogue
from app.dissemination.facet_links import FACET_LABELS, format_facet_value
from app.dissemination.filters import FACETS, NO_FILTER
from app.dissemination.oai.items import OaiItem, get_item_list
from app.dissemination.oai.records import (
    OAI_DC,
    SCHEMA,
    XSI,
    add_element,
    build_dublin_core,
    build_header,
    build_record,
    format_identifier,
    format_set_spec,
    values_by_language,
)
from app.dissemination.oai.requests import (
    METADATA_PREFIX,
    TOKEN_ARGUMENT,
    ListRequest,
    OaiError,
    format_datestamp,
    parse_list_request,
    require_known_metadata_format,
)
from app.domain.releases.queries.catalogue_entries import WithdrawnEntry

REPOSITORY_NAME: Final = _("ITU groups, released outputs")
EMPTY_REPOSITORY_DATESTAMP: Final = 1_767_225_600
"""1 January 2026, seconds since 1970: earliest datestamp of an empty repository."""
IDENTIFIER_NAMESPACE: Final = "http://www.openarchives.org/OAI/2.0/oai-identifier"


class CatalogueBehind(Exception):
    """A list was started from a later catalogue, which this process has not read yet."""


@dataclass(frozen=True, slots=True)
class OaiRequest:
    """A parsed request and what it is answered from; `base` is the requested URL, including its key."""

    arguments: Mapping[str, str]
    catalogue: Catalogue
    base_url: str
    origin: str
    admin_mail: str

    @property
    def host(self) -> str:
        """The host name of the read path, without port."""
        return urlsplit(self.origin).hostname or ""

    def get_item(self) -> OaiItem:
        """Return the output of the requested identifier, withdrawn or not. Raises OaiError."""
        prefix, requested = format_identifier("", self.host), self.arguments["identifier"]
        try:
            return self.catalogue.get_released_or_withdrawn(
                requested.removeprefix(prefix) if requested.startswith(prefix) else ""
            )
        except NotFound as error:
            raise OaiError("idDoesNotExist", "There is nothing of that identifier.") from error


def identify_repository(request: OaiRequest) -> Xml.Element:
    """Describe this repository."""
    element = Xml.Element("Identify")
    earliest = get_item_list(request.catalogue).earliest_datestamp
    add_element(element, "repositoryName", REPOSITORY_NAME.translate(DEFAULT_LANGUAGE))
    add_element(element, "baseURL", request.base_url)
    add_element(element, "protocolVersion", "2.0")
    add_element(
        element, "adminEmail", request.admin_mail or f"postmaster@{request.host}"
    )  # RFC 5321, 4.5.1: every mail domain must have this mailbox
    add_element(
        element, "earliestDatestamp", format_datestamp(EMPTY_REPOSITORY_DATESTAMP if earliest is None else earliest)
    )
    add_element(element, "deletedRecord", "persistent")  # a tombstone stays
    add_element(element, "granularity", "YYYY-MM-DDThh:mm:ssZ")
    if _is_domain(request.host):
        add_element(element, "description").append(_identifier_description(request.host))
    return element


def list_metadata_formats(request: OaiRequest) -> Xml.Element:
    """List the one metadata format. Raises OaiError for a withdrawn output."""
    if "identifier" in request.arguments and isinstance(request.get_item(), WithdrawnEntry):
        raise OaiError("noMetadataFormats", "It was withdrawn.")
    element = Xml.Element("ListMetadataFormats")
    metadata_format = add_element(element, "metadataFormat")
    for name, value in {"metadataPrefix": METADATA_PREFIX, "schema": SCHEMA, "metadataNamespace": OAI_DC}.items():
        add_element(metadata_format, name, value)
    return element


def list_sets(request: OaiRequest) -> Xml.Element:
    """List a set for each value of each facet, in one response.

    Raises OaiError for a token, or if there are no sets.
    """
    if TOKEN_ARGUMENT in request.arguments:
        raise OaiError("badResumptionToken", "Sets come all at once.")
    element = Xml.Element("ListSets")
    for facet in FACETS:
        label = FACET_LABELS[facet]
        for value in sorted(request.catalogue.count_facet_values(NO_FILTER, facet)):
            names = {
                code: f"{label.translate(code)}: {format_facet_value(request.catalogue, facet, value, code)}"
                for code in LANGUAGES
            }
            set_element = add_element(element, "set")
            add_element(set_element, "setSpec", format_set_spec(facet, value))
            add_element(set_element, "setName", names[DEFAULT_LANGUAGE])
            add_element(set_element, "setDescription").append(build_dublin_core(values_by_language("title", names)))
    if not len(element):
        raise OaiError("noSetHierarchy", "Nothing was released yet, so there are no sets.")
    return element


def get_record(request: OaiRequest) -> Xml.Element:
    """Return one record."""
    require_known_metadata_format(request.arguments)
    element = Xml.Element("GetRecord")
    element.append(build_record(request.get_item(), request.host, request.origin))
    return element


def list_identifiers(request: OaiRequest) -> Xml.Element:
    """List headers only."""
    return _build_list(request, lambda item: build_header(item, request.host))


def list_records(request: OaiRequest) -> Xml.Element:
    """List whole records."""
    return _build_list(request, lambda item: build_record(item, request.host, request.origin))


def _build_list(request: OaiRequest, write: Callable[[OaiItem], Xml.Element]) -> Xml.Element:
    """Build one part of a list. Raises OaiError if nothing matches, CatalogueBehind if this catalogue is too old."""
    list_request, catalogue = parse_list_request(request.arguments), request.catalogue
    number = catalogue.head.number if catalogue.head else 0
    if list_request.number > number:
        raise CatalogueBehind()
    part = get_item_list(catalogue).next_part(list_request, number)
    if not part.items and not list_request.after:
        raise OaiError("noRecordsMatch", "Nothing fits all of this.")
    element = Xml.Element(request.arguments["verb"])
    element.extend(write(item) for item in part.items)
    element.extend(_resumption_token(list_request, part.size, part.next_request))
    return element


def _resumption_token(list_request: ListRequest, size: int, next_request: ListRequest | None) -> Iterator[Xml.Element]:
    """Yield the resumption token; an empty one at the end of a list in several parts."""
    if next_request or list_request.after:
        token = Xml.Element(TOKEN_ARGUMENT, completeListSize=str(size), cursor=str(list_request.given))
        token.text = next_request.encode_token() if next_request else None
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
        "oai-identifier",
        {
            "xmlns": IDENTIFIER_NAMESPACE,
            "xmlns:xsi": XSI,
            "xsi:schemaLocation": f"{IDENTIFIER_NAMESPACE} {IDENTIFIER_NAMESPACE}.xsd",
        },
    )
    sample = format_identifier("CWG-Internet-22-OUT-1", host)
    for name, value in {"scheme": "oai", "repositoryIdentifier": host, "delimiter": ":"}.items():
        add_element(element, name, value)
    add_element(element, "sampleIdentifier", sample)
    return element


ANSWERS_BY_VERB: Mapping[str, Callable[[OaiRequest], Xml.Element]] = MappingProxyType(
    {
        "Identify": identify_repository,
        "ListMetadataFormats": list_metadata_formats,
        "ListSets": list_sets,
        "GetRecord": get_record,
        "ListIdentifiers": list_identifiers,
        "ListRecords": list_records,
    }
)
