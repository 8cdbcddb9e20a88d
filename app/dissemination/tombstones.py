"""A tombstone: what is left of an output that was withdrawn, in words for pages and for programs. Its files are gone;
that it was there, and why it is not, stays. Where tombstones are shown: `withdrawn`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from urllib.parse import quote

from babel.lists import format_list

from app.asgi.formats import Formats
from app.asgi.words import KINDS, ROLES
from app.core.db import Titles
from app.core.errors import Gone
from app.core.i18n import DEFAULT, Text, say
from app.dissemination.choice import Choice
from app.domain.releases.queries import Withdrawn

VALUES: Mapping[str, Callable[[Withdrawn], Iterable[int | str]]] = MappingProxyType(
    {
        "year": lambda each: (each.released_on.year,),
        "meeting": lambda each: (each.meeting,),
        "kind": lambda each: (each.kind,),
        "topic": lambda each: each.topics,
        "language": lambda each: (text.language for text in each.texts),
    }
)
"""By what it was chosen while it was there (`shelves.VALUES`)."""


class IsWithdrawn(Gone):
    """What was asked for belongs to an output that was withdrawn."""

    def __init__(self, withdrawn: Withdrawn) -> None:
        super().__init__(say("%(symbol)s was withdrawn.", symbol=withdrawn.symbol))
        self.withdrawn = withdrawn


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A withdrawn output as pages show it. `lang` is the language of the title where that is not the page's; `instead`
    is the symbol of what replaces it, with its address if that is here. Nobody `confirmed` what one person did alone.
    """

    symbol: str
    href: str
    title: str
    lang: str | None
    kind: Text | str
    body: str
    meeting: int
    adopted_on: date
    released_on: date
    withdrawn_on: date
    withdrawn_at: datetime
    reason: str
    reason_lang: str
    proposed: str
    confirmed: str | None
    instead: tuple[str, str] | None
    slug: str
    instead_slug: str | None


def fits(withdrawn: Withdrawn, choice: Choice) -> bool:
    """Whether a reader who chooses so would have found it."""
    return all(value in tuple(VALUES[name](withdrawn)) for name, value in choice.chosen().items())


def tombstone(withdrawn: Withdrawn, language: str) -> Tombstone:
    """It in a language."""
    titles, original = withdrawn.titles, withdrawn.original
    proposed, *confirmed = (capacities(each, language) for each in withdrawn.decided_by)
    instead = withdrawn.replaced_by_slug
    return Tombstone(
        symbol=withdrawn.symbol,
        href=at(withdrawn.slug),
        title=titles.get(language, titles[original]),
        lang=None if language in titles else original,
        kind=KINDS.get(withdrawn.kind, withdrawn.kind),
        body=body_name(withdrawn.body_names, withdrawn.body, language),
        meeting=withdrawn.meeting,
        adopted_on=withdrawn.adopted_on,
        released_on=withdrawn.released_on,
        withdrawn_on=withdrawn.withdrawn_on,
        withdrawn_at=withdrawn.withdrawn_at,
        reason=withdrawn.reason,
        reason_lang=withdrawn.language,
        proposed=proposed,
        confirmed=confirmed[0] if confirmed else None,
        instead=(withdrawn.replaced_by or instead, at(instead)) if instead else None,
        slug=withdrawn.slug,
        instead_slug=instead,
    )


def at(slug: str) -> str:
    """The address of an output."""
    return f"/outputs/{quote(slug, safe='')}"


def body_name(names: Titles, code: str, language: str) -> str:
    """What a body is called."""
    return names.get(language) or names.get(DEFAULT) or code


def capacities(codes: str, language: str) -> str:
    """What a person was in the body when they decided. No name: this side shows none."""
    formats = Formats(language)
    return str(format_list([formats.text(ROLES.get(each, each)) for each in codes.split()], locale=formats.locale))


def told(withdrawn: Withdrawn, number: int, origin: str) -> dict[str, object]:
    """For programs; names as in the database, instants in UTC. `number` is that of the manifest of the withdrawal."""
    url = origin + at(withdrawn.slug)
    instead = withdrawn.replaced_by_slug
    return {
        "status": "withdrawn",
        "symbol": withdrawn.symbol,
        "kind": withdrawn.kind,
        "body": withdrawn.body,
        "meeting": withdrawn.meeting,
        "topics": list(withdrawn.topics),
        "titles": withdrawn.titles,
        "original": withdrawn.original,
        "adopted_on": withdrawn.adopted_on.isoformat(),
        "released_at": withdrawn.released_at.isoformat(),
        "withdrawn_at": withdrawn.withdrawn_at.isoformat(),
        "reason": withdrawn.reason,
        "reason_language": withdrawn.language,
        "decided_by": [each.split() for each in withdrawn.decided_by],
        "alone": len(withdrawn.decided_by) == 1,
        "replaced_by": {"symbol": withdrawn.replaced_by, "url": origin + at(instead)} if instead else None,
        "url": url,
        "number": number,
        "manifest": f"{url}.manifest.json",
        "files": [
            {"language": text.language, "media": text.media, "size": text.size, "sha256": text.sha256}
            for text in withdrawn.texts
        ],
    }


def chosen(every: Sequence[Withdrawn], choice: Choice) -> Sequence[Withdrawn]:
    """Those that fit."""
    return [each for each in every if fits(each, choice)]
