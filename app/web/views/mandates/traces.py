"""What became of what cites a clause: the drawing from the clause downwards, and the same as a nested list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.core.charts import place_flow
from app.core.i18n import LazyText, text_direction
from app.core.i18n import lazy_gettext as _
from app.domain.document_outcomes.queries.clauses import ClauseTrace
from app.domain.document_outcomes.rules.traces import name_document_key, name_item_key, name_output_key
from app.http.labels import STATUS_LABELS
from app.http.localization import Localizer
from app.http.time_zones import UTC
from app.web.views.documents.outcome_words import describe_outcome, describe_state, find_outcome_zone
from app.web.views.documents.outcomes import (
    OutcomeBranch,
    OutcomeDrawing,
    build_drawing,
    name_in_box,
    nest_outcome_lines,
)
from app.web.views.documents.titles import localize_title
from app.web.views.mandates.citing_things import build_agenda_item_line

CLAUSE = "clause"
"""The key of the clause itself in the drawing."""
DRAFT_KEY = "contribution-"
UTC_ZONE = ZoneInfo(UTC)


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
        branches = _nest(trace, key, find_outcome_zone(found), formats)
        yield TraceBranch(key, each.symbol, *title, f"/documents/{each.id}", state, branches)


def _build_drafts(trace: ClauseTrace) -> Iterator[TraceBranch]:
    for each in trace.contributions:
        key, href = f"{DRAFT_KEY}{each.id}", f"/contributions/{each.id}"
        yield TraceBranch(key, "", each.title, each.original, href, _("Not yet registered"), ())


def _build_outputs(trace: ClauseTrace, formats: Localizer) -> Iterator[TraceBranch]:
    for each in trace.outputs:
        title = localize_title(each.titles, formats.language, each.original)
        key, href = name_output_key(each.id), f"/outputs/{each.id}"
        branches = _nest(trace, key, UTC_ZONE, formats)
        yield TraceBranch(key, each.symbol or "", *title, href, STATUS_LABELS[each.status][1], branches)


def _build_items(trace: ClauseTrace, formats: Localizer) -> Iterator[TraceBranch]:
    for each in trace.agenda_items:
        line, key = build_agenda_item_line(each, formats.language), name_item_key(each.item_id)
        branches = _nest(trace, key, UTC_ZONE, formats)
        yield TraceBranch(key, "", line.title, line.lang, line.href, line.place, branches)


def _nest(trace: ClauseTrace, key: str, zone: ZoneInfo, formats: Localizer) -> list[OutcomeBranch]:
    return nest_outcome_lines(trace.traced.by_root.get(key, ()), zone, formats)


def build_trace_drawing(
    name: str, label: str, trace: ClauseTrace, branches: Sequence[TraceBranch], formats: Localizer
) -> OutcomeDrawing | None:
    """Build the drawing from the clause on; None if nothing cites it. What came of several things is drawn once."""
    if not branches:
        return None
    outcomes = trace.traced.merge()
    came_of_others = {each.key for each in outcomes}
    children: dict[str, list[str]] = {CLAUSE: [each.key for each in branches if each.key not in came_of_others]}
    for outcome in outcomes:
        children.setdefault(outcome.parents[0], []).append(outcome.key)
    links = [(CLAUSE, each.key) for each in branches]
    links += [(parent, outcome.key) for outcome in outcomes for parent in outcome.parents]
    texts = {CLAUSE: (label, name)}
    texts |= {each.key: _name_in_box(each, formats) for each in branches}
    for outcome in outcomes:
        texts[outcome.key] = name_in_box(describe_outcome(outcome, UTC_ZONE, formats), formats)
    plan = place_flow(CLAUSE, children, links, mirrored=text_direction(formats.language) == "rtl")
    return build_drawing(plan, texts)


def _name_in_box(branch: TraceBranch, formats: Localizer) -> tuple[str, str]:
    """Return the two lines of the box of a thing: symbol and title, or title and what is to be said of it."""
    if branch.name:
        return branch.name, branch.title
    return branch.title, formats.translate_text(branch.state or "")
