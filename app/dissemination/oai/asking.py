"""What a harvester asks for: verbs, arguments and tokens, and in which words of the protocol they are refused.

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
TOKEN: Final = "resumptionToken"  # noqa: S105 - the protocol's word, no secret
LISTING: Final = ("ListIdentifiers", "ListRecords")
LONGEST: Final = 1_000
PRINTED = re.compile(r"[!-~]+")
DAY, SECOND = "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"
WRITTEN = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")
FOREVER: Final = 2**40


class Wrong(Exception):  # noqa: N818 - what a harvester is told, not a fault of ours
    """A condition of the protocol: its code, and a sentence for whoever runs the harvester."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a verb has to be given, what it may be, and whether it can be asked to go on."""

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
    """A list and how far it was given: what a token holds. It is the same for everybody who asks for the same.

    `after` is the last item that was given, `first` and `last` are seconds since 1970 and both count; `given` of
    `size` were given until now. `number` is the last manifest of the catalogue that the list was begun from.
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
        """It, written so that it fits into an address."""
        return urlsafe_b64encode(canonical(self.model_dump(exclude_defaults=True))).decode().rstrip("=")

    def choice(self) -> Choice:
        """The set as the lists of the read path choose. Raises Wrong."""
        return chosen(self.set)


def read(pairs: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """The arguments of a request, the verb among them. Raises Wrong."""
    given = dict(pairs)
    if (verb := given.get("verb", "")) not in VERBS or sum(name == "verb" for name, _ in pairs) != 1:
        raise Wrong("badVerb", f"The verb is one of {', '.join(VERBS)}, once.")
    if len(given) != len(pairs):
        raise Wrong("badArgument", "An argument is given twice.")
    if any(len(value) > LONGEST or not PRINTED.fullmatch(value) for value in given.values()):
        raise Wrong("badArgument", "Values are printed characters of ASCII, as in an address.")
    _insist(VERBS[verb], given.keys() - {"verb"})
    return given


def _insist(verb: Arguments, names: set[str]) -> None:
    if verb.goes_on and TOKEN in names:
        if names != {TOKEN}:
            raise Wrong("badArgument", f"{TOKEN} stands alone: it says all the rest.")
        return
    if missing := sorted(verb.needed - names):
        raise Wrong("badArgument", f"Missing: {', '.join(missing)}.")
    if more := sorted(names - verb.needed - verb.allowed):
        raise Wrong("badArgument", f"Not an argument of this verb: {', '.join(ascii(name) for name in more)}.")


def wish(given: Mapping[str, str]) -> Wish:
    """The list that is asked for, from its beginning or from where a token says. Raises Wrong."""
    if token := given.get(TOKEN):
        return _resumed(given["verb"], token)
    insist_on_prefix(given)
    chosen(given.get("set", ""))
    bounds = {name: given[name] for name in ("from", "until") if name in given}
    if len({len(each) for each in bounds.values()}) > 1:
        raise Wrong("badArgument", "from and until are both days, or both seconds.")
    first, last = 0, FOREVER
    if "from" in bounds:
        first, _ = _seconds(bounds["from"])
    if "until" in bounds:
        _, last = _seconds(bounds["until"])
    if first > last:
        raise Wrong("badArgument", "from is later than until.")
    return Wish(verb=given["verb"], set=given.get("set", ""), first=first, last=last)


def insist_on_prefix(given: Mapping[str, str]) -> None:
    """There is one format. Raises Wrong."""
    if given["metadataPrefix"] != PREFIX:
        raise Wrong("cannotDisseminateFormat", f"The only format is {PREFIX}.")


def chosen(spec: str) -> Choice:
    """A set is a facet and its value: `topic.iot`. Raises Wrong."""
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
    """A datestamp."""
    return datetime.fromtimestamp(seconds, UTC).strftime(SECOND)


def _seconds(value: str) -> tuple[int, int]:
    """The first and the last second of a day, or a second twice. Raises Wrong."""
    try:
        if not WRITTEN.fullmatch(value):
            raise ValueError
        is_day = len(value) == len("2026-01-01")
        moment = datetime.strptime(value, DAY if is_day else SECOND).replace(tzinfo=UTC)
        end = moment + timedelta(days=1, seconds=-1) if is_day else moment
    except (ValueError, OverflowError) as fault:
        raise Wrong("badArgument", "from and until are written 2026-01-31 or 2026-01-31T23:59:59Z.") from fault
    return max(int(moment.timestamp()), 0), max(int(end.timestamp()), 0)


def _resumed(verb: str, token: str) -> Wish:
    try:
        found = Wish.model_validate(json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4))))
        is_ours = found.token() == token and found.verb == verb and found.verb in LISTING and bool(found.after)
        found.choice()
    except (ValueError, Wrong, RecursionError):
        is_ours = False
    if not is_ours:
        raise Wrong("badResumptionToken", "We gave no such token for this list. Begin the list anew.")
    return found
