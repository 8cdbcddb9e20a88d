"""The facets of a list as links: each value leads to the same list with that value, and says how much is left then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from app.asgi.formats import Formats
from app.asgi.words import KINDS
from app.core.db import Titles
from app.core.i18n import DEFAULT, LANGUAGES, Text, say
from app.dissemination.catalogue import Catalogue
from app.dissemination.choice import EVERYTHING, FACETS, Choice
from app.dissemination.shelves import Value

MOST = 30
"""So many values of a facet are offered; of years and meetings the latest. What is chosen is always among them."""

LABELS: Mapping[str, Text] = MappingProxyType(
    {
        "year": say("Year of release"),
        "meeting": say("Meeting"),
        "kind": say("Kind of text"),
        "topic": say("Topic"),
        "language": say("Language"),
    }
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that can be chosen, and the choice that it leads to."""

    choice: Choice
    words: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its values; `chosen` says in words what is chosen of it, and `without` leads to any value."""

    name: str
    label: Text
    chosen: str | None
    without: Choice
    offers: Sequence[Offer]
    more: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A facet as a field of a form."""

    name: str
    label: Text
    values: tuple[tuple[str, str], ...]

    @property
    def codes(self) -> Sequence[str]:
        return [code for code, _ in self.values]


def options(catalogue: Catalogue, language: str) -> Sequence[Field]:
    """Every facet as a field with all that is offered, whatever is chosen."""

    def make() -> Sequence[Field]:
        return [
            Field(each.name, each.label, tuple((str(getattr(one.choice, each.name)), one.words) for one in each.offers))
            for each in facets(catalogue, EVERYTHING, language)
        ]

    return catalogue.once(("options", language), make)


def facets(catalogue: Catalogue, choice: Choice, language: str) -> Iterator[Facet]:
    """Those that can be chosen from, in their order; one without any value is left out."""
    for name in FACETS:
        counts, chosen = catalogue.values(choice, name), getattr(choice, name)
        values = _in_order(name, counts)
        offered = values[:MOST]
        if chosen is not None and chosen not in offered:
            offered = [*offered, chosen]
        if offered:
            yield Facet(
                name=name,
                label=LABELS[name],
                chosen=None if chosen is None else words(catalogue, name, chosen, language),
                without=choice.but(**{name: None}),
                offers=[
                    Offer(
                        choice.but(**{name: value}),
                        words(catalogue, name, value, language),
                        counts.get(value, 0),
                        value == chosen,
                    )
                    for value in offered
                ],
                more=len(values) > MOST,
            )


def words(catalogue: Catalogue, facet: str, value: Value, language: str) -> str:
    """A value in the reader's language; one of which nothing was released, as it was asked for."""
    formats, code = Formats(language), str(value)
    if facet == "kind":
        return formats.text(KINDS.get(code, code))
    if facet == "topic":
        return topic_name(catalogue.topics.get(code, {}), language) or code
    if facet == "language":
        return formats.language_name(code) if code in LANGUAGES else code
    return code


def chosen_words(catalogue: Catalogue, choice: Choice, language: str) -> str:
    """All that is chosen, in the reader's language; nothing for everything."""
    said = {name: words(catalogue, name, value, language) for name, value in choice.chosen().items()}
    if "meeting" in said:
        said["meeting"] = say("meeting %(number)s", number=said["meeting"]).into(language)
    return ", ".join(said.values())


def topic_name(names: Titles, language: str) -> str:
    """In the reader's language, else in English."""
    return names.get(language) or names.get(DEFAULT) or next(iter(names.values()), "")


def _in_order(facet: str, counts: Mapping[Value, int]) -> list[Value]:
    """Years and meetings from the latest on, languages as the United Nations name them, others the fullest first."""
    if facet in {"year", "meeting"}:
        return sorted(counts, key=int, reverse=True)
    if facet == "language":
        return [code for code in LANGUAGES if code in counts]
    return sorted(counts, key=lambda value: (-counts[value], value))
