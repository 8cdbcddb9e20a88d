"""Facets of a list as links: each value leads to the list narrowed to it, and shows the number of results."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from app.core.charts import Bar, place_bars
from app.core.db import LocalizedText
from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES, LazyText, text_direction
from app.core.i18n import lazy_gettext as _
from app.dissemination.catalogue import Catalogue
from app.dissemination.facets import FacetValue
from app.dissemination.filters import FACETS, NO_FILTER, FilterChoice
from app.http.labels import KIND_LABELS
from app.http.localization import Localizer

MAX_FACET_VALUES = 30
"""Values offered per facet; of years and meetings the latest. The selected value is always included."""

FACET_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "group": _("Group"),
        "year": _("Year of release"),
        "meeting": _("Meeting"),
        "kind": _("Kind of text"),
        "topic": _("Topic"),
        "mandate": _("Mandate"),
        "action_line": _("Action line"),
        "question": _("Question"),
        "language": _("Language"),
    }
)

VALUES_AT_ONCE: Mapping[str, int] = MappingProxyType({"kind": 5, "year": 4})
"""How many values of a facet are shown at once; all others are folded up."""
CHARTED_FACETS: Mapping[str, LazyText] = MappingProxyType(
    {"year": _("Released by year"), "topic": _("Released by topic")}
)
MAX_BARS = 10


@dataclass(frozen=True, slots=True)
class FacetOption:
    """A value that can be selected, and the choice that it leads to."""

    choice: FilterChoice
    words: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class FacetLinks:
    """A facet with its values; `chosen` is the label of the selected value, and `without` the choice for any value."""

    name: str
    label: LazyText
    chosen: str | None
    without: FilterChoice
    offers: Sequence[FacetOption]
    more: bool

    @property
    def has_values_at_once(self) -> bool:
        """Whether some of its values are shown at once."""
        return self.name in VALUES_AT_ONCE

    @property
    def offers_at_once(self) -> Sequence[FacetOption]:
        """The values that are shown at once: the first ones and the selected one."""
        most = VALUES_AT_ONCE.get(self.name, 0)
        return [offer for place, offer in enumerate(self.offers) if place < most or offer.current]

    @property
    def has_folded_values(self) -> bool:
        """Whether there are more values than are shown at once."""
        return len(self.offers) > VALUES_AT_ONCE.get(self.name, 0)


@dataclass(frozen=True, slots=True)
class FacetField:
    """A facet as a field of a form."""

    name: str
    label: LazyText
    values: tuple[tuple[str, str], ...]

    @property
    def codes(self) -> Sequence[str]:
        """The codes of its values."""
        return [code for code, _ignored in self.values]


@dataclass(frozen=True, slots=True)
class FacetBar:
    """A value as a bar that is as long as its number of results, and leads to the list narrowed to it."""

    href: str
    label: str
    count: int
    current: bool
    bar: Bar


@dataclass(frozen=True, slots=True)
class FacetChart:
    """The values of a facet as bars."""

    name: str
    label: LazyText
    bars: Sequence[FacetBar]


def list_facet_charts(facets: Iterable[FacetLinks], language: str) -> list[FacetChart]:
    """List the facets that are drawn, with the counts of their links; one without a choice of values is left out."""
    mirrored = text_direction(language) == "rtl"
    drawn = [facet for facet in facets if facet.name in CHARTED_FACETS and len(facet.offers) > 1]
    return [_build_chart(facet, mirrored=mirrored) for facet in drawn]


def _build_chart(facet: FacetLinks, *, mirrored: bool) -> FacetChart:
    offers = facet.offers[:MAX_BARS]
    bars = place_bars([offer.count for offer in offers], mirrored=mirrored)
    return FacetChart(
        facet.name,
        CHARTED_FACETS[facet.name],
        [
            FacetBar(offer.choice.page_address(), offer.words, offer.count, offer.current, bar)
            for offer, bar in zip(offers, bars, strict=True)
        ],
    )


def list_facet_fields(catalogue: Catalogue, language: str) -> Sequence[FacetField]:
    """List every facet as a form field with all its values, whatever is selected."""

    def make() -> Sequence[FacetField]:
        return [
            FacetField(
                facet.name,
                facet.label,
                tuple((str(getattr(option.choice, facet.name)), option.words) for option in facet.offers),
            )
            for facet in list_facets(catalogue, NO_FILTER, language)
        ]

    return catalogue.compute_once(("options", language), make)


def list_facets(catalogue: Catalogue, choice: FilterChoice, language: str) -> Iterator[FacetLinks]:
    """Yield the facets with their links, in order; facets without values are left out, and that of groups while all
    outputs are from one."""
    for name in FACETS:
        counts, chosen = catalogue.count_facet_values(choice, name), getattr(choice, name)
        values = _sort_values(name, counts)
        offered = values[:MAX_FACET_VALUES]
        if chosen is not None and chosen not in offered:
            offered = [*offered, chosen]
        if offered and (name != "group" or chosen is not None or len(offered) > 1):
            yield FacetLinks(
                name=name,
                label=FACET_LABELS[name],
                chosen=None if chosen is None else format_facet_value(catalogue, name, chosen, language),
                without=choice.with_changes(**{name: None}),
                offers=[
                    FacetOption(
                        choice.with_changes(**{name: value}),
                        format_facet_value(catalogue, name, value, language),
                        counts.get(value, 0),
                        value == chosen,
                    )
                    for value in offered
                ],
                more=len(values) > MAX_FACET_VALUES,
            )


def format_facet_value(catalogue: Catalogue, facet: str, value: FacetValue, language: str) -> str:
    """Format a facet value in a language; an unknown value is returned as given."""
    formats, code = Localizer(language), str(value)
    if facet == "kind":
        return formats.translate_text(KIND_LABELS.get(code, code))
    if facet == "topic":
        return localized_topic_name(catalogue.topic_names.get(code, {}), language) or code
    if facet == "group":
        return catalogue.group_prefixes.get(code, code)
    if facet == "mandate":
        return localized_topic_name(catalogue.mandate_names.get(code, {}), language) or code
    if facet == "action_line":
        name = localized_topic_name(catalogue.action_line_names.get(code, {}), language)
        return f"{code} – {name}" if name else code
    if facet == "question":
        name = localized_topic_name(catalogue.question_names.get(code, {}), language)
        return f"{code} – {name}" if name else code
    if facet == "language":
        return formats.language_name(code) if code in LANGUAGES else code
    return code


def describe_choice(catalogue: Catalogue, choice: FilterChoice, language: str) -> str:
    """Describe a choice in a language; empty if nothing is selected."""
    labels = {
        name: format_facet_value(catalogue, name, value, language) for name, value in choice.selected_values().items()
    }
    if "meeting" in labels:
        labels["meeting"] = _("meeting %(number)s", number=labels["meeting"]).translate(language)
    return ", ".join(labels.values())


def localized_topic_name(names: LocalizedText, language: str) -> str:
    """Return the name of a topic in a language, else in English."""
    return names.get(language) or names.get(DEFAULT_LANGUAGE) or next(iter(names.values()), "")


def _sort_values(facet: str, counts: Mapping[FacetValue, int]) -> list[FacetValue]:
    """Sort values: years and meetings latest first, languages in UN order, others by number of results."""
    if facet in {"year", "meeting"}:
        return sorted(counts, key=int, reverse=True)
    if facet == "language":
        return [code for code in LANGUAGES if code in counts]
    return sorted(counts, key=lambda value: (-counts[value], value))
