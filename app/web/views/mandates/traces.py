"""What became of what cites a clause: the drawing from the clause downwards, and the same as a nested list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.document_outcomes.queries.clauses import ClauseTrace
from app.domain.document_outcomes.rules.traces import name_document_key, name_item_key, name_output_key
from app.http.labels import STATUS_LABELS
from app.http.localization import Localizer
from app.http.time_zones import UTC
from app.web.views.documents.outcome_words import describe_outcome, describe_state
from app.web.views.documents.outcomes import (
    BoxWords,
    OutcomeBranch,
    OutcomeDrawing,
    build_box,
    build_outcome_box,
    nest_outcome_lines,
    place_drawing,
)
from app.web.views.documents.titles import localize_title
from app.web.views.mandates.citing_things import build_agenda_item_line

DRAFT_KEY = "contribution-"


@dataclass(frozen=True, slots=True)
class TraceBranch:
    """A thing that cites the clause, in the nested list: its name, title and page, what is to be said of it besides its
    outcomes, and these."""

    key: str
    name: str
    title: str
    lang: str | None
    href: str
    state: LazyText | str | None
    branches: Sequence[OutcomeBranch]


def build_trace_branches(trace: ClauseTrace, formats: Localizer) -> list[TraceBranch]:
    """Build the nested list: documents, contributions that are not registered, then outputs and agenda items. What came
    of another thing that cites the clause is under that one alone."""
    things = (
        *_build_documents(trace, formats),
        *_build_drafts(trace),
        *_build_outputs(trace, formats),
        *_build_items(trace, formats),
    )
    return [each for each in things if each.key in trace.traced.by_root or each.key.startswith(DRAFT_KEY)]


def _build_documents(trace: ClauseTrace, formats: Localizer) -> Iterator[TraceBranch]:
    for each in trace.documents:
        key, found = name_document_key(each.id), trace.outcomes[each.id]
        title = localize_title(each.titles, formats.language, each.original)
        state = describe_state(found, is_ended=each.ended_as is not None)
        branches = _nest(trace, key, formats)
        yield TraceBranch(key, each.symbol, *title, f"/documents/{each.id}", state, branches)


def _build_drafts(trace: ClauseTrace) -> Iterator[TraceBranch]:
    for each in trace.contributions:
        key, href = f"{DRAFT_KEY}{each.id}", f"/contributions/{each.id}"
        yield TraceBranch(key, "", each.title, each.original, href, _("Not yet registered"), ())


def _build_outputs(trace: ClauseTrace, formats: Localizer) -> Iterator[TraceBranch]:
    for each in trace.outputs:
        title = localize_title(each.titles, formats.language, each.original)
        key, href = name_output_key(each.id), f"/outputs/{each.id}"
        branches = _nest(trace, key, formats)
        yield TraceBranch(key, each.symbol or "", *title, href, STATUS_LABELS[each.status][1], branches)


def _build_items(trace: ClauseTrace, formats: Localizer) -> Iterator[TraceBranch]:
    for each in trace.agenda_items:
        line, key = build_agenda_item_line(each, formats.language), name_item_key(each.item_id)
        branches = _nest(trace, key, formats)
        yield TraceBranch(key, "", line.title, line.lang, line.href, line.place, branches)


def _nest(trace: ClauseTrace, key: str, formats: Localizer) -> list[OutcomeBranch]:
    return nest_outcome_lines(trace.traced.by_root.get(key, ()), find_trace_zone(trace), formats)


def find_trace_zone(trace: ClauseTrace) -> ZoneInfo:
    """Find the zone of all days of a trace: that of the meeting of the latest document; UTC if the reader sees none."""
    meetings = (trace.outcomes[each.id].meeting for each in trace.documents)
    return ZoneInfo(next((each.zone for each in meetings if each), UTC))


def build_trace_drawing(
    top: TraceBranch, trace: ClauseTrace, branches: Sequence[TraceBranch], formats: Localizer
) -> OutcomeDrawing | None:
    """Build the drawing from the clause (`top`) on; None if nothing cites it. What came of several things is drawn
    once."""
    if not branches:
        return None
    outcomes = trace.traced.merge()
    came_of_others = {each.key for each in outcomes}
    children = {top.key: [each.key for each in branches if each.key not in came_of_others]}
    for outcome in outcomes:
        children.setdefault(outcome.parents[0], []).append(outcome.key)
    links = [(top.key, each.key) for each in branches]
    links += [(parent, outcome.key) for outcome in outcomes for parent in outcome.parents]
    boxes = {each.key: _build_box(each, formats) for each in (top, *branches)}
    zone = find_trace_zone(trace)
    for outcome in outcomes:
        boxes[outcome.key] = build_outcome_box(describe_outcome(outcome, zone, formats), formats)
    return place_drawing(top.key, children, links, boxes, formats)


def _build_box(branch: TraceBranch, formats: Localizer) -> BoxWords:
    """Build the box of a thing: its symbol and title, or its title and what is said of it."""
    if branch.name:
        return build_box(branch.name, branch.title, branch.href)
    return build_box(branch.title, formats.translate_text(branch.state or ""), branch.href)
