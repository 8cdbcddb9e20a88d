"""Outcomes of a document: what each is, in which order they are shown, and what they came of."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum
from uuid import UUID

from app.core.db import LocalizedText
from app.domain.mandates.models import Clause, Mandate
from app.domain.meetings.models import Meeting


class OutcomeStage(IntEnum):
    """Stage at which an outcome comes, by which outcomes of one instant are ordered."""

    AGENDA = 1
    DECISION = 2
    OUTPUT = 3
    FOLLOW_UP = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Something that became of a document; where what cites a clause is traced, also of an agenda item or an output.

    `origin_id` is the identifier of that thing. `key` names the outcome among all of them, `at` is when it happened.
    `parents` are the keys of the outcomes that it came of; without any, it came of the thing itself.
    """

    origin_id: UUID
    key: str
    stage: OutcomeStage
    at: datetime
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOutcome(Outcome):
    """It was put under an item of the released agenda of a meeting. `hour` is when the item begins, if it is planned,
    `starts_at` when its session does."""

    item_id: UUID
    label: str
    titles: LocalizedText
    meeting: Meeting
    starts_at: datetime | None
    hour: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionOutcome(Outcome):
    """A decision of a meeting names it, or was taken under it. `text` is how it begins, in the language `lang`."""

    meeting_id: UUID
    number: int
    how: str
    text: str
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOutcome(Outcome):
    """An output was made from it, or from one of its decisions. One without a symbol is a draft."""

    output_id: UUID
    symbol: str | None
    titles: LocalizedText
    original: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPointOutcome(Outcome):
    """Somebody has to do something that follows from a decision that names it."""

    meeting_id: UUID
    point_id: UUID
    owner: str
    owner_name: str
    due_on: date | None
    progress: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingOutcome(Outcome):
    """An output that was made from it became a document of another body."""

    forwarded_id: UUID
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationOutcome(Outcome):
    """Another document comments on it, replies to it or supersedes it."""

    relation: str
    other_id: UUID
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOutcome(Outcome):
    """Paragraphs of the report of a meeting cite it, or quote a decision that names it: their numbers, and the key of
    the first."""

    meeting_id: UUID
    number: int
    paragraphs: tuple[int, ...]
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOutcome(Outcome):
    """An output that was made from it was delivered, or is to be. `recipient` is a staff office or the code of a body,
    or the addressee in words; `names` are those of a body."""

    output_id: UUID
    kind: str
    recipient: str
    names: LocalizedText
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiaisonOutcome(Outcome):
    """A liaison statement came in reply to an output that was made from it: its sender is an organization, by its code,
    or a body, by its prefix. `is_withdrawn` is whether its sender withdrew it."""

    liaison_id: UUID
    organization: str | None
    sender: str
    subject: str
    is_withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderWithdrawalOutcome(Outcome):
    """It is a liaison statement that was received, and its sender withdrew it."""

    liaison_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyOutcome(Outcome):
    """It is a liaison statement that was received, and an output is the reply to it. One without a symbol is a
    draft."""

    output_id: UUID
    symbol: str | None
    titles: LocalizedText
    original: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateOutcome(Outcome):
    """An output that was made from it cites a mandate, or a clause, that it does not cite itself."""

    mandate: Mandate
    clause: Clause | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFromOutcome(Outcome):
    """Of an output that cites a clause: a document, or a decision of a meeting, that it was made from. A trace shows it
    where nothing that cites the clause leads to the output."""

    document_id: UUID | None
    symbol: str
    meeting_id: UUID | None
    number: int
    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class OutcomeNode:
    """An outcome with those that came of it."""

    outcome: Outcome
    children: Sequence["OutcomeNode"]


def order_outcomes(outcomes: Iterable[Outcome], roots: Container[str] = ()) -> list[Outcome]:
    """Return outcomes in the order of time, each once, with the parents that are among them or these roots."""
    merged: dict[str, Outcome] = {}
    for each in outcomes:
        first = merged.setdefault(each.key, each)
        parents = dict.fromkeys((*first.parents, *each.parents))
        merged[each.key] = replace(first, parents=tuple(parents))
    kept = (
        replace(each, parents=tuple(key for key in each.parents if key in merged or key in roots))
        for each in merged.values()
    )
    return sorted(kept, key=lambda each: (each.at, each.stage, each.key))


def build_outcome_tree(outcomes: Sequence[Outcome]) -> list[OutcomeNode]:
    """Nest outcomes under what they came of, in their order. One that came of several is under the first of these."""
    keys = {each.key for each in outcomes}
    by_parent: dict[str | None, list[Outcome]] = {}
    for each in outcomes:
        parent = next((key for key in each.parents if key in keys), None)
        by_parent.setdefault(parent, []).append(each)

    def nest(parent: str | None) -> list[OutcomeNode]:
        return [OutcomeNode(each, nest(each.key)) for each in by_parent.get(parent, ())]

    return nest(None)


def walk_outcome_tree(nodes: Iterable[OutcomeNode]) -> Iterator[OutcomeNode]:
    """Yield the nodes of a tree, each before what came of it."""
    for node in nodes:
        yield node
        yield from walk_outcome_tree(node.children)


def find_latest_outcome(outcomes: Sequence[Outcome]) -> Outcome | None:
    """Find the latest of ordered outcomes after the agenda; None while there is none."""
    return next((each for each in reversed(outcomes) if each.stage > OutcomeStage.AGENDA), None)


@dataclass(frozen=True, slots=True)
class DocumentOutcomes:
    """The outcomes of a document in the order of time, and the meeting that it was registered for; None for readers who
    do not see that meeting."""

    outcomes: Sequence[Outcome] = ()
    meeting: Meeting | None = None

    @property
    def items(self) -> list[ItemOutcome]:
        """Return the items that it is under, the earliest meeting first."""
        items = (each for each in self.outcomes if isinstance(each, ItemOutcome))
        return sorted(items, key=lambda each: (each.meeting.opens_on, each.label))

    @property
    def has_result(self) -> bool:
        """Whether more became of it than a place on an agenda and words in a report."""
        return any(not isinstance(each, ItemOutcome | ReportOutcome) for each in self.outcomes)


def group_outcomes(
    document_ids: Iterable[UUID], outcomes: Iterable[Outcome], meetings: Mapping[UUID, Meeting]
) -> dict[UUID, DocumentOutcomes]:
    """Group outcomes by their documents."""
    by_document: dict[UUID, list[Outcome]] = {each: [] for each in document_ids}
    for each in outcomes:
        by_document[each.origin_id].append(each)
    return {
        document_id: DocumentOutcomes(order_outcomes(found), meetings.get(document_id))
        for document_id, found in by_document.items()
    }
