"""Facets of a list as links: each value leads to the list narrowed to it, and shows the number of results."""

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
"""Values offered per facet; of years and meetings the latest. The selected value is always included."""

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
    """A value that can be selected, and the choice that it leads to."""

    choice: Choice
    words: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its values; `chosen` is the label of the selected value, and `without` the choice for any value."""

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
        """The codes of its values."""
        return [code for code, _ in self.values]


def options(catalogue: Catalogue, language: str) -> Sequence[Field]:
    """List every facet as a form field with all its values, whatever is selected."""

    def make() -> Sequence[Field]:
        return [
            Field(
                facet.name,
                facet.label,
                tuple((str(getattr(option.choice, facet.name)), option.words) for option in facet.offers),
            )
            for facet in facets(catalogue, EVERYTHING, language)
        ]

    return catalogue.once(("options", language), make)


def facets(catalogue: Catalogue, choice: Choice, language: str) -> Iterator[Facet]:
    """Yield the facets with their links, in order; facets without values are left out."""
    for name in FACETS:
        counts, chosen = catalogue.values(choice, name), getattr(choice, name)
        values = _sort_values(name, counts)
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
    """Format a facet value in a language; an unknown value is returned as given."""
    formats, code = Formats(language), str(value)
    if facet == "kind":
        return formats.text(KINDS.get(code, code))
    if facet == "topic":
        return topic_name(catalogue.topics.get(code, {}), language) or code
    if facet == "language":
        return formats.language_name(code) if code in LANGUAGES else code
    return code


def chosen_words(catalogue: Catalogue, choice: Choice, language: str) -> str:
    """Describe a choice in a language; empty if nothing is selected."""
    labels = {name: words(catalogue, name, value, language) for name, value in choice.chosen().items()}
    if "meeting" in labels:
        labels["meeting"] = say("meeting %(number)s", number=labels["meeting"]).into(language)
    return ", ".join(labels.values())


def topic_name(names: Titles, language: str) -> str:
    """Return the name of a topic in a language, else in English."""
    return names.get(language) or names.get(DEFAULT) or next(iter(names.values()), "")


def _sort_values(facet: str, counts: Mapping[Value, int]) -> list[Value]:
    """Sort values: years and meetings latest first, languages in UN order, others by number of results."""
    if facet in {"year", "meeting"}:
        return sorted(counts, key=int, reverse=True)
    if facet == "language":
        return [code for code in LANGUAGES if code in counts]
    return sorted(counts, key=lambda value: (-counts[value], value))
