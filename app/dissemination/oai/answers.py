"""What each verb answers, as an element of the protocol. Lists come in the order of datestamps."""

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
"""1 January 2026: before there was anything."""
NAMES: Final = "http://www.openarchives.org/OAI/2.0/oai-identifier"


class Behind(Exception):  # noqa: N818 - it passes in a moment
    """A list was begun from a later catalogue, which this process is about to read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what it is answered from: `base` is the address that was asked, with its key."""

    given: Mapping[str, str]
    catalogue: Catalogue
    base: str
    origin: str
    mail: str

    @property
    def host(self) -> str:
        """The name of the read path without its port."""
        return urlsplit(self.origin).hostname or ""

    def item(self) -> Item:
        """The output of that identifier, withdrawn or not. Raises Wrong."""
        start, named = identifier("", self.host), self.given["identifier"]
        try:
            return self.catalogue.either(named.removeprefix(start) if named.startswith(start) else "")
        except Unknown as fault:
            raise Wrong("idDoesNotExist", "There is nothing of that identifier.") from fault


def identify(asked: Asked) -> Xml.Element:
    """What this repository is."""
    made = Xml.Element("Identify")
    earliest = items(asked.catalogue).earliest
    add(made, "repositoryName", NAME.into(DEFAULT))
    add(made, "baseURL", asked.base)
    add(made, "protocolVersion", "2.0")
    add(
        made, "adminEmail", asked.mail or f"postmaster@{asked.host}"
    )  # RFC 5321, 4.5.1: everybody who takes mail has it
    add(made, "earliestDatestamp", written(BEGINNING if earliest is None else earliest))
    add(made, "deletedRecord", "persistent")  # a tombstone stays
    add(made, "granularity", "YYYY-MM-DDThh:mm:ssZ")
    if _is_domain(asked.host):
        add(made, "description").append(_naming(asked.host))
    return made


def list_formats(asked: Asked) -> Xml.Element:
    """The one format, in which everything can be had."""
    if "identifier" in asked.given and isinstance(asked.item(), Withdrawn):
        raise Wrong("noMetadataFormats", "It was withdrawn.")
    made = Xml.Element("ListMetadataFormats")
    found = add(made, "metadataFormat")
    for name, value in {"metadataPrefix": PREFIX, "schema": SCHEMA, "metadataNamespace": OAI_DC}.items():
        add(found, name, value)
    return made


def list_sets(asked: Asked) -> Xml.Element:
    """A set for each value of each facet, whole."""
    if TOKEN in asked.given:
        raise Wrong("badResumptionToken", "Sets come all at once.")
    made = Xml.Element("ListSets")
    for facet in FACETS:
        for value in sorted(asked.catalogue.values(EVERYTHING, facet)):
            named = {
                code: f"{LABELS[facet].into(code)}: {words(asked.catalogue, facet, value, code)}" for code in LANGUAGES
            }
            found = add(made, "set")
            add(found, "setSpec", spec(facet, value))
            add(found, "setName", named[DEFAULT])
            add(found, "setDescription").append(dublin_core(in_each("title", named)))
    if not len(made):
        raise Wrong("noSetHierarchy", "Nothing was released yet, so there are no sets.")
    return made


def get_record(asked: Asked) -> Xml.Element:
    """One record."""
    insist_on_prefix(asked.given)
    made = Xml.Element("GetRecord")
    made.append(record(asked.item(), asked.host, asked.origin))
    return made


def list_identifiers(asked: Asked) -> Xml.Element:
    """Headers alone."""
    return _list(asked, lambda item: header(item, asked.host))


def list_records(asked: Asked) -> Xml.Element:
    """Whole records."""
    return _list(asked, lambda item: record(item, asked.host, asked.origin))


def _list(asked: Asked, write: Callable[[Item], Xml.Element]) -> Xml.Element:
    wanted, catalogue = wish(asked.given), asked.catalogue
    number = catalogue.head.number if catalogue.head else 0
    if wanted.number > number:
        raise Behind()
    part = items(catalogue).part(wanted, number)
    if not part.items and not wanted.after:
        raise Wrong("noRecordsMatch", "Nothing fits all of this.")
    made = Xml.Element(asked.given["verb"])
    made.extend(write(item) for item in part.items)
    made.extend(_token(wanted, part.size, part.rest))
    return made


def _token(wanted: Wish, size: int, rest: Wish | None) -> Iterator[Xml.Element]:
    """Where the list goes on; at the end of one that came in parts, an empty one."""
    if rest or wanted.after:
        token = Xml.Element(TOKEN, completeListSize=str(size), cursor=str(wanted.given))
        token.text = rest.token() if rest else None
        yield token


def _is_domain(host: str) -> bool:
    """Whether it is a name as the scheme of identifiers wants it: in two parts or more, and no number."""
    try:
        ip_address(host)
    except ValueError:
        return "." in host
    return False


def _naming(host: str) -> Xml.Element:
    made = Xml.Element(
        "oai-identifier", {"xmlns": NAMES, "xmlns:xsi": XSI, "xsi:schemaLocation": f"{NAMES} {NAMES}.xsd"}
    )
    sample = identifier("CWG-Internet-22-OUT-1", host)
    for name, value in {"scheme": "oai", "repositoryIdentifier": host, "delimiter": ":"}.items():
        add(made, name, value)
    add(made, "sampleIdentifier", sample)
    return made


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
