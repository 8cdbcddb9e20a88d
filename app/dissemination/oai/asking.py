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

from app.core.canonical import canonical
from app.dissemination.choice import FACETS, Choice

PREFIX: Final = "oai_dc"
TOKEN: Final = "resumptionToken"  # noqa: S105 - a name of the protocol, no secret
LISTING: Final = ("ListIdentifiers", "ListRecords")
LONGEST: Final = 1_000
PRINTED = re.compile(r"[!-~]+")
DAY, SECOND = "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"
WRITTEN = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")
FOREVER: Final = 2**40


class Wrong(Exception):  # noqa: N818 - an error condition of the protocol, not of our program
    """An error condition of the protocol: its code, and a sentence for the operator of the harvester."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


@dataclass(frozen=True, slots=True)
class Arguments:
    """The required and allowed arguments of a verb, and whether its list can be resumed."""

    needed: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()
    goes_on: bool = False


A_LIST = Arguments(frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"}), goes_on=True)
VERBS: Mapping[str, Arguments] = MappingProxyType(
    {
        "Identify": Arguments(),
        "ListMetadataFormats": Arguments(allowed=frozenset({"identifier"})),
        "ListSets": Arguments(goes_on=True),
        "GetRecord": Arguments(frozenset({"identifier", "metadataPrefix"})),
        "ListIdentifiers": A_LIST,
        "ListRecords": A_LIST,
    }
)


class Wish(BaseModel):
    """A list and the position in it: the content of a resumption token, the same for all who request the same list.

    `after` and `at` are slug and datestamp of the last item returned, `first` and `last` the bounds in seconds since
    1970, both inclusive; `given` of `size` items were returned so far. `number` is the last manifest of the catalogue
    from which the list was started.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    verb: str
    set: str = ""
    first: Annotated[int, Field(ge=0, le=FOREVER)] = 0
    last: Annotated[int, Field(ge=0, le=FOREVER)] = FOREVER
    after: Annotated[str, Field(max_length=200)] = ""
    at: Annotated[int, Field(ge=0, le=FOREVER)] = 0
    given: Annotated[int, Field(ge=0, le=FOREVER)] = 0
    size: Annotated[int, Field(ge=0, le=FOREVER)] = 0
    number: Annotated[int, Field(ge=0, le=FOREVER)] = 0

    def token(self) -> str:
        """Encode the request as a URL-safe token."""
        return urlsafe_b64encode(canonical(self.model_dump(exclude_defaults=True))).decode().rstrip("=")

    def choice(self) -> Choice:
        """Return the set as a choice of the read path. Raises OaiError."""
        return chosen(self.set)


def read(pairs: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Parse the arguments of a request, including the verb. Raises OaiError."""
    given = dict(pairs)
    if (verb := given.get("verb", "")) not in VERBS or sum(name == "verb" for name, _ in pairs) != 1:
        raise Wrong("badVerb", f"The verb is one of {', '.join(VERBS)}, once.")
    if len(given) != len(pairs):
        raise Wrong("badArgument", "An argument is given twice.")
    if any(len(value) > LONGEST or not PRINTED.fullmatch(value) for value in given.values()):
        raise Wrong("badArgument", "Values are printed characters of ASCII, as in an address.")
    _check_arguments(VERBS[verb], given.keys() - {"verb"})
    return given


def _check_arguments(verb: Arguments, names: set[str]) -> None:
    """Check the names of the arguments of a verb. Raises OaiError."""
    if verb.goes_on and TOKEN in names:
        if names != {TOKEN}:
            raise Wrong("badArgument", f"{TOKEN} stands alone: it says all the rest.")
        return
    if missing := sorted(verb.needed - names):
        raise Wrong("badArgument", f"Missing: {', '.join(missing)}.")
    if unexpected := sorted(names - verb.needed - verb.allowed):
        raise Wrong("badArgument", f"Not an argument of this verb: {', '.join(ascii(name) for name in unexpected)}.")


def wish(given: Mapping[str, str]) -> Wish:
    """Parse a list request, from its start or from a resumption token. Raises OaiError."""
    if token := given.get(TOKEN):
        return _decode_token(given["verb"], token)
    insist_on_prefix(given)
    chosen(given.get("set", ""))
    bounds = {name: given[name] for name in ("from", "until") if name in given}
    if len({len(each) for each in bounds.values()}) > 1:
        raise Wrong("badArgument", "from and until are both days, or both seconds.")
    first, last = 0, FOREVER
    if "from" in bounds:
        first, _ = _parse_datestamp(bounds["from"])
    if "until" in bounds:
        _, last = _parse_datestamp(bounds["until"])
    if first > last:
        raise Wrong("badArgument", "from is later than until.")
    return Wish(verb=given["verb"], set=given.get("set", ""), first=first, last=last)


def insist_on_prefix(given: Mapping[str, str]) -> None:
    """Check the metadata format; there is one. Raises OaiError."""
    if given["metadataPrefix"] != PREFIX:
        raise Wrong("cannotDisseminateFormat", f"The only format is {PREFIX}.")


def chosen(spec: str) -> Choice:
    """Parse a set name, a facet and its value: `topic.iot`. Raises OaiError."""
    if not spec:
        return Choice()
    facet, _, value = spec.partition(".")
    if facet not in FACETS:
        raise Wrong("badArgument", "No set is called so: ListSets names those that there are.")
    try:
        return Choice.model_validate({facet: value})
    except ValidationError as fault:
        raise Wrong("badArgument", "No set is called so: ListSets names those that there are.") from fault


def written(seconds: int) -> str:
    """Format a datestamp in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime(SECOND)


def _parse_datestamp(value: str) -> tuple[int, int]:
    """Parse a day into its first and last second, or an instant into the same second twice. Raises OaiError."""
    try:
        if not WRITTEN.fullmatch(value):
            raise ValueError
        is_day = len(value) == len("2026-01-01")
        moment = datetime.strptime(value, DAY if is_day else SECOND).replace(tzinfo=UTC)
        end = moment + timedelta(days=1, seconds=-1) if is_day else moment
    except (ValueError, OverflowError) as fault:
        raise Wrong("badArgument", "from and until are written 2026-01-31 or 2026-01-31T23:59:59Z.") from fault
    return max(int(moment.timestamp()), 0), max(int(end.timestamp()), 0)


def _decode_token(verb: str, token: str) -> Wish:
    """Decode a resumption token. Raises OaiError unless it is one of ours for this verb."""
    try:
        list_request = Wish.model_validate(json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4))))
        is_ours = (
            list_request.token() == token
            and list_request.verb == verb
            and list_request.verb in LISTING
            and bool(list_request.after)
        )
        list_request.choice()
    except (ValueError, Wrong, RecursionError):
        is_ours = False
    if not is_ours:
        raise Wrong("badResumptionToken", "We gave no such token for this list. Begin the list anew.")
    return list_request
