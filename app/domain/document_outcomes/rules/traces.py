"""What became of all that cites a clause, as one graph: each thing hangs from what it came of, and is there once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from uuid import UUID

from app.domain.document_outcomes.rules.outcomes import (
    DocumentOutcomes,
    ForwardingOutcome,
    MadeFromOutcome,
    MandateOutcome,
    Outcome,
    OutputOutcome,
    ReplyOutcome,
    order_outcomes,
)

ITEM_KEY = "item-"


def name_document_key(document_id: UUID) -> str:
    """Return the key of a document among the outcomes of several things."""
    return f"document-{document_id}"


def name_item_key(item_id: UUID) -> str:
    """Return the key of an agenda item; that of the outcome which says that a document is under it is the same."""
    return f"{ITEM_KEY}{item_id}"


def name_output_key(output_id: UUID) -> str:
    """Return the key of an output; that of the outcome which says that it was made from something is the same."""
    return f"output-{output_id}"


@dataclass(frozen=True, slots=True)
class TracedOutcomes:
    """What came of the things that cite a clause, in the order of time, by the key of the thing. A thing that came of
    another has no entry: it is continued there."""

    by_root: Mapping[str, Sequence[Outcome]]

    def merge(self) -> list[Outcome]:
        """Return the outcomes of all in the order of time, each once, with all that it came of: what has no parents
        came of its thing, which is named last."""
        outcomes = [(root, each) for root, found in self.by_root.items() for each in found]
        nested = (each for _root, each in outcomes if each.parents)
        beneath = (replace(each, parents=(root,)) for root, each in outcomes if not each.parents)
        return order_outcomes(chain(nested, beneath), self.by_root.keys())


def trace_outcomes(found: Mapping[str, DocumentOutcomes], clause: str) -> TracedOutcomes:
    """Put together what became of the things that cite a clause, by their keys.

    A document that an output was forwarded as is continued under the forwarding, an output under what it was made
    from. An agenda item that documents are under has an entry of its own only if more came of it.
    """
    listed = {key: _leave_out_citation(each.outcomes, clause) for key, each in found.items()}
    places = _find_places(listed.values())
    by_root: dict[str, list[Outcome]] = {}
    passed: set[str] = set()
    for key in sorted(listed, key=places.__contains__):  # those without a place first
        if key not in passed:
            by_root[key] = _continue(key, listed, places, passed)
    shown = {each.key for key, outcomes in by_root.items() if not key.startswith(ITEM_KEY) for each in outcomes}
    return TracedOutcomes(
        {
            key: outcomes
            for key, outcomes in by_root.items()
            if not (key.startswith(ITEM_KEY) and key in shown and shown.issuperset(each.key for each in outcomes))
        }
    )


def _leave_out_citation(outcomes: Iterable[Outcome], clause: str) -> list[Outcome]:
    """Leave out that an output cites the clause itself: that is why it is in the trace."""
    return [
        each
        for each in outcomes
        if not (isinstance(each, MandateOutcome) and each.clause is not None and each.clause.code == clause)
    ]


def _find_places(listed: Iterable[Sequence[Outcome]]) -> dict[str, str]:
    """Find which things of a trace are outcomes too: the keys that they have as these, by those that they have as
    things."""
    places: dict[str, str] = {}
    for outcomes in listed:
        for each in outcomes:
            match each:
                case ForwardingOutcome():
                    places[name_document_key(each.forwarded_id)] = each.key
                case OutputOutcome():
                    places[name_output_key(each.output_id)] = each.key
                case ReplyOutcome():
                    places.setdefault(name_output_key(each.output_id), each.key)
    return places


def _continue(
    root: str, listed: Mapping[str, Sequence[Outcome]], places: Mapping[str, str], passed: set[str]
) -> list[Outcome]:
    """Return the outcomes of a thing, with those of the things that it led to, each under its place; note which things
    were passed."""
    outcomes, reached = list(listed[root]), {root}
    while True:
        keys = {each.key for each in outcomes}
        led_to = [each for each in listed if places.get(each) in keys and each not in reached]
        if not led_to:
            passed |= reached
            return order_outcomes(outcomes)
        for thing in led_to:
            reached.add(thing)
            below = (each for each in listed[thing] if not isinstance(each, MadeFromOutcome))
            outcomes += (_hang_under(each, thing, places[thing]) for each in below)


def _hang_under(outcome: Outcome, thing: str, place: str) -> Outcome:
    """Return an outcome of a thing as one of its place: it names this place where it named the thing, or nothing."""
    parents = tuple(place if parent == thing else parent for parent in outcome.parents)
    return replace(outcome, parents=parents or (place,))
