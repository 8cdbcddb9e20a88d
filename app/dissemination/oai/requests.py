"""Parsing of OAI-PMH requests: verbs, arguments and resumption tokens, and the error codes of the protocol.

https://www.openarchives.org/OAI/openarchivesprotocol.html, sections 2.7, 3.5, 3.6 and 4.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.canonical_json import to_canonical_json
from app.dissemination.filters import FACETS, FilterChoice

METADATA_PREFIX: Final = "oai_dc"
TOKEN_ARGUMENT: Final = "resumptionToken"  # noqa: S105 - a name of the protocol, no secret
LIST_VERBS: Final = ("ListIdentifiers", "ListRecords")
MAX_VALUE_LENGTH: Final = 1_000
PRINTABLE_ASCII = re.compile(r"[!-~]+")
DAY_FORMAT, SECOND_FORMAT = "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"
DATESTAMP_PATTERN = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")
MAX_SECONDS: Final = 2**40


class OaiError(Exception):
    """An error condition of the protocol: its code, and a sentence for the operator of the harvester."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class VerbArguments:
    """The required and allowed arguments of a verb, and whether its list can be resumed."""

    required: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()
    is_resumable: bool = False


LIST_ARGUMENTS = VerbArguments(frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"}), is_resumable=True)
VERBS: Mapping[str, VerbArguments] = MappingProxyType(
    {
        "Identify": VerbArguments(),
        "ListMetadataFormats": VerbArguments(allowed=frozenset({"identifier"})),
        "ListSets": VerbArguments(is_resumable=True),
        "GetRecord": VerbArguments(frozenset({"identifier", "metadataPrefix"})),
        "ListIdentifiers": LIST_ARGUMENTS,
        "ListRecords": LIST_ARGUMENTS,
    }
)


class ListRequest(BaseModel):
    """A list and the position in it: the content of a resumption token, the same for all who request the same list.

    `after` and `at` are slug and datestamp of the last item returned, `first` and `last` the bounds in seconds since
    1970, both inclusive; `given` of `size` items were returned so far. `number` is the last manifest of the catalogue
    from which the list was started.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    verb: str
    set: str = ""
    first: Annotated[int, Field(ge=0, le=MAX_SECONDS)] = 0
    last: Annotated[int, Field(ge=0, le=MAX_SECONDS)] = MAX_SECONDS
    after: Annotated[str, Field(max_length=200)] = ""
    at: Annotated[int, Field(ge=0, le=MAX_SECONDS)] = 0
    given: Annotated[int, Field(ge=0, le=MAX_SECONDS)] = 0
    size: Annotated[int, Field(ge=0, le=MAX_SECONDS)] = 0
    number: Annotated[int, Field(ge=0, le=MAX_SECONDS)] = 0

    def encode_token(self) -> str:
        """Encode the request as a URL-safe token."""
        return urlsafe_b64encode(to_canonical_json(self.model_dump(exclude_defaults=True))).decode().rstrip("=")

    def parse_set_as_choice(self) -> FilterChoice:
        """Return the set as a choice of the read path. Raises OaiError."""
        return parse_set_spec(self.set)


def parse_arguments(pairs: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Parse the arguments of a request, including the verb. Raises OaiError."""
    given = dict(pairs)
    if (verb := given.get("verb", "")) not in VERBS or sum(name == "verb" for name, _ in pairs) != 1:
        raise OaiError("badVerb", f"The verb is one of {', '.join(VERBS)}, once.")
    if len(given) != len(pairs):
        raise OaiError("badArgument", "An argument is given twice.")
    if any(len(value) > MAX_VALUE_LENGTH or not PRINTABLE_ASCII.fullmatch(value) for value in given.values()):
        raise OaiError("badArgument", "Values are printed characters of ASCII, as in an address.")
    _check_arguments(VERBS[verb], given.keys() - {"verb"})
    return given


def _check_arguments(verb: VerbArguments, names: set[str]) -> None:
    """Check the names of the arguments of a verb. Raises OaiError."""
    if verb.is_resumable and TOKEN_ARGUMENT in names:
        if names != {TOKEN_ARGUMENT}:
            raise OaiError("badArgument", f"{TOKEN_ARGUMENT} stands alone: it says all the rest.")
        return
    if missing := sorted(verb.required - names):
        raise OaiError("badArgument", f"Missing: {', '.join(missing)}.")
    if unexpected := sorted(names - verb.required - verb.allowed):
        raise OaiError("badArgument", f"Not an argument of this verb: {', '.join(ascii(name) for name in unexpected)}.")


def parse_list_request(arguments: Mapping[str, str]) -> ListRequest:
    """Parse a list request, from its start or from a resumption token. Raises OaiError."""
    if token := arguments.get(TOKEN_ARGUMENT):
        return _decode_token(arguments["verb"], token)
    require_known_metadata_format(arguments)
    parse_set_spec(arguments.get("set", ""))
    bounds = {name: arguments[name] for name in ("from", "until") if name in arguments}
    if len({len(each) for each in bounds.values()}) > 1:
        raise OaiError("badArgument", "from and until are both days, or both seconds.")
    first, last = 0, MAX_SECONDS
    if "from" in bounds:
        first, _ = _parse_datestamp(bounds["from"])
    if "until" in bounds:
        _, last = _parse_datestamp(bounds["until"])
    if first > last:
        raise OaiError("badArgument", "from is later than until.")
    return ListRequest(verb=arguments["verb"], set=arguments.get("set", ""), first=first, last=last)


def require_known_metadata_format(arguments: Mapping[str, str]) -> None:
    """Check the metadata format; there is one. Raises OaiError."""
    if arguments["metadataPrefix"] != METADATA_PREFIX:
        raise OaiError("cannotDisseminateFormat", f"The only format is {METADATA_PREFIX}.")


def parse_set_spec(spec: str) -> FilterChoice:
    """Parse a set name, a facet and its value: `topic.iot`. Raises OaiError."""
    if not spec:
        return FilterChoice()
    facet, _, value = spec.partition(".")
    if facet not in FACETS:
        raise OaiError("badArgument", "No set is called so: ListSets names those that there are.")
    try:
        return FilterChoice.model_validate({facet: value})
    except ValidationError as fault:
        raise OaiError("badArgument", "No set is called so: ListSets names those that there are.") from fault


def format_datestamp(seconds: int) -> str:
    """Format a datestamp in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime(SECOND_FORMAT)


def _parse_datestamp(value: str) -> tuple[int, int]:
    """Parse a day into its first and last second, or an instant into the same second twice. Raises OaiError."""
    try:
        if not DATESTAMP_PATTERN.fullmatch(value):
            raise ValueError
        is_day = len(value) == len("2026-01-01")
        moment = datetime.strptime(value, DAY_FORMAT if is_day else SECOND_FORMAT).replace(tzinfo=UTC)
        end = moment + timedelta(days=1, seconds=-1) if is_day else moment
    except (ValueError, OverflowError) as fault:
        raise OaiError("badArgument", "from and until are written 2026-01-31 or 2026-01-31T23:59:59Z.") from fault
    return max(int(moment.timestamp()), 0), max(int(end.timestamp()), 0)


def _decode_token(verb: str, token: str) -> ListRequest:
    """Decode a resumption token. Raises OaiError unless it is one of ours for this verb."""
    try:
        list_request = ListRequest.model_validate(json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4))))
        is_ours = (
            list_request.encode_token() == token
            and list_request.verb == verb
            and list_request.verb in LIST_VERBS
            and bool(list_request.after)
        )
        list_request.parse_set_as_choice()
    except (ValueError, OaiError, RecursionError):
        is_ours = False
    if not is_ours:
        raise OaiError("badResumptionToken", "We gave no such token for this list. Begin the list anew.")
    return list_request
