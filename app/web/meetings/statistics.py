"""The statistics of a meeting's contributions, for its chair and secretariat: charts, a CSV file, and which Member
States have submitted and which have not."""

from collections.abc import Iterator, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.statistics import rules
from app.domain.statistics.queries import Dimension
from app.http.authentication import SignedInGuard
from app.http.exports.csv_export import csv_response
from app.http.page_context import ReadContext
from app.web.views.documents.filters import REGION_LABELS
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.statistics.states import RegionChoice, StateChoice, load_state_listing
from app.web.views.statistics.statistics import MeetingStatistics, describe_counted, load_meeting_statistics

router = APIRouter()

STATISTICS_PATH = "/meetings/{meeting}/statistics"
SEE_STATISTICS_GUARDS = [Depends(SignedInGuard(rules.SEE))]
CSV_HEADINGS = (_("Counted by"), _("Code"), _("Name"), _("This meeting"), _("Previous meeting"))
DIMENSION_LABELS = {
    Dimension.REGION: _("Region"),
    Dimension.TOPIC: _("Topic"),
    Dimension.LANGUAGE: _("Original language"),
    Dimension.PUNCTUALITY: _("Deadline"),
}
CsvLine = Sequence[LazyText | str | int]


@router.get(STATISTICS_PATH, dependencies=SEE_STATISTICS_GUARDS)
def show_statistics(context: ReadContext, meeting: UUID) -> Response:
    """Show the statistics of a meeting."""
    meeting_row = _get_meeting(context, meeting)
    return context.render(
        "web/meetings/statistics.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "overview", context.language),
        statistics=_load_statistics(context, meeting_row),
        dimensions=DIMENSION_LABELS,
        regions=REGION_LABELS,
    )


def _load_statistics(context: ReadContext, meeting: Meeting) -> MeetingStatistics:
    """Load the statistics of a meeting that was found for the actor."""
    previous = meetings.find_previous_meeting(context.session, context.actor, meeting)
    return load_meeting_statistics(context, meeting, previous)


@router.get(f"{STATISTICS_PATH}.csv", dependencies=SEE_STATISTICS_GUARDS)
def export_statistics_csv(context: ReadContext, meeting: UUID) -> Response:
    """Send the statistics of a meeting as CSV: a line for each value that is counted, and for each Member State."""
    meeting_row = _get_meeting(context, meeting)
    lines = [*_iter_counts(_load_statistics(context, meeting_row)), *_iter_states(context, meeting_row)]
    language = context.language
    rows = [[cell.translate(language) if isinstance(cell, LazyText) else cell for cell in line] for line in lines]
    return csv_response(rows, f"statistics-{meeting_row.number}.csv")


@router.get(f"{STATISTICS_PATH}/states", dependencies=SEE_STATISTICS_GUARDS)
def show_states(
    context: ReadContext,
    meeting: UUID,
    region: Annotated[RegionChoice, Query()] = "",
    shown: Annotated[StateChoice, Query()] = "",
) -> Response:
    """Show the Member States that have submitted, those that have not, or both; of one region or all."""
    meeting_row = _get_meeting(context, meeting)
    return context.render(
        "web/meetings/statistics_states.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "overview", context.language),
        listing=load_state_listing(context, meeting_row, region, shown),
        counted=describe_counted(context.actor, meeting_row),
        regions=REGION_LABELS,
    )


def _get_meeting(context: ReadContext, meeting_id: UUID) -> Meeting:
    """Return a meeting of which the actor may see the statistics. Raises NotFound, Forbidden."""
    meeting = meetings.get_visible_meeting(context.session, context.actor, meeting_id)
    rules.SEE.require(context.actor, meeting)
    return meeting


def _iter_counts(statistics: MeetingStatistics) -> Iterator[CsvLine]:
    """Yield the lines of what is counted."""
    yield CSV_HEADINGS
    for dimension, label in DIMENSION_LABELS.items():
        for each in statistics.bars[dimension]:
            yield label, each.code, each.label, each.count, each.before if statistics.previous else ""
    for row in statistics.arrivals.rows if statistics.arrivals else ():
        previous = "" if row.previous is None else row.previous
        yield _("Arrived by"), row.day.isoformat(), "", "" if row.current is None else row.current, previous


def _iter_states(context: ReadContext, meeting: Meeting) -> Iterator[CsvLine]:
    """Yield a line for each Member State: 1 if it submitted or co-sponsors a contribution, otherwise 0."""
    for each in load_state_listing(context, meeting).lines:
        yield _("Member State"), each.code, each.name, int(each.is_contributing), ""
