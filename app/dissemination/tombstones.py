"""Tombstones: what remains of a withdrawn output, for pages and for programs.

Its files are gone; that it existed, and why it was withdrawn, stays. `withdrawn` shows them.
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
        "year": lambda withdrawn: (withdrawn.released_on.year,),
        "meeting": lambda withdrawn: (withdrawn.meeting,),
        "kind": lambda withdrawn: (withdrawn.kind,),
        "topic": lambda withdrawn: withdrawn.topics,
        "language": lambda withdrawn: (text.language for text in withdrawn.texts),
    }
)
"""Its facet values while it was released, like `facets.FACET_VALUES`."""


class IsWithdrawn(Gone):
    """The requested output was withdrawn."""

    def __init__(self, withdrawn: Withdrawn) -> None:
        super().__init__(say("%(symbol)s was withdrawn.", symbol=withdrawn.symbol))
        self.withdrawn = withdrawn


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A withdrawn output as pages show it.

    `lang` is the language of the title if it differs from the page; `instead` is the symbol and path of its
    replacement, if that is in the catalogue. `confirmed` is None if one person withdrew it alone.
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
    """Tell whether a withdrawn output matched a choice while it was released."""
    return all(value in tuple(VALUES[name](withdrawn)) for name, value in choice.chosen().items())


def tombstone(withdrawn: Withdrawn, language: str) -> Tombstone:
    """Build the tombstone of an output in a language."""
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
    """Return the path of an output."""
    return f"/outputs/{quote(slug, safe='')}"


def body_name(names: Titles, code: str, language: str) -> str:
    """Return the name of a body in a language, else in English, else its code."""
    return names.get(language) or names.get(DEFAULT) or code


def capacities(codes: str, language: str) -> str:
    """Format the capacities in which a person decided, without a name: the read path shows none."""
    formats = Formats(language)
    return str(format_list([formats.text(ROLES.get(code, code)) for code in codes.split()], locale=formats.locale))


def told(withdrawn: Withdrawn, number: int, origin: str) -> dict[str, object]:
    """Describe a withdrawn output for programs; field names as in the database, instants in UTC.

    `number` is that of the manifest of the withdrawal.
    """
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
    """Return the withdrawn outputs that match a choice."""
    return [withdrawn for withdrawn in every if fits(withdrawn, choice)]
