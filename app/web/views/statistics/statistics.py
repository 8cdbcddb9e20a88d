"""The statistics of a meeting: the arrivals of contributions, and bars by region, topic, language and punctuality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.charts import Bar, place_bars
from app.core.i18n import LANGUAGES, LazyText, text_direction
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.meetings.models import Meeting
from app.domain.statistics.queries import (
    NO_REGION,
    Dimension,
    MeetingCounts,
    Punctuality,
    RegionOfStates,
    load_contribution_figures,
)
from app.http.localization import Localizer
from app.http.page_context import ReadContext
from app.web.views.documents.filters import NO_REGION_LABEL, REGION_LABELS
from app.web.views.documents.topics import localize_topic_names
from app.web.views.statistics.arrivals import ArrivalsChart, build_arrivals_chart

PUNCTUALITY_LABELS: Mapping[str, LazyText] = {
    Punctuality.ON_TIME: _("On time"),
    Punctuality.LATE: _("After the deadline"),
}
COUNTED_FOR_SECRETARY = _(
    "Contributions submitted to the meeting are counted, registered or not; not those that were returned, withdrawn "
    "or voided, or are held for a later meeting."
)
COUNTED_FOR_CHAIR = _(
    "Registered contributions are counted, and those awaiting your decision because they are late; not those that "
    "were withdrawn or voided, or are held for a later meeting."
)


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A bar with its label and count; `before` is the count at the meeting before. `href` is the list of
    the States of a region."""

    code: str
    label: LazyText | str
    count: int
    before: int
    bar: Bar
    href: str | None


@dataclass(frozen=True, slots=True)
class MeetingStatistics:
    """The statistics of one meeting, and of the one before for comparison, if there is one.

    `contributing` of `states` Member States submitted or co-sponsor a contribution; of a body that admits no Member
    States, `states` is 0 and there are no bars by region.
    """

    meeting: Meeting
    previous: Meeting | None
    total: int
    counted: LazyText
    arrivals: ArrivalsChart | None
    bars: Mapping[Dimension, Sequence[ChartBar]]
    regions: Sequence[RegionOfStates]

    @property
    def states(self) -> int:
        """The number of Member States."""
        return sum(each.states for each in self.regions)

    @property
    def contributing(self) -> int:
        """The number of Member States behind a contribution."""
        return sum(each.contributing for each in self.regions)


def load_meeting_statistics(context: ReadContext, meeting: Meeting, previous: Meeting | None) -> MeetingStatistics:
    """Load the statistics of a meeting and of the one before it, both found for the actor, in one SQL statement.
    Raises Forbidden."""
    session, actor, formats = context.session, context.actor, context.localizer
    figures = load_contribution_figures(session, actor, meeting, previous)
    now, before = figures.counts[meeting.id], figures.counts[previous.id] if previous else None
    mirrored = text_direction(formats.language) == "rtl"
    labels = _list_labels(localize_topic_names(figures.topics, formats.language), formats)
    if not figures.regions:
        labels[Dimension.REGION] = {}
    return MeetingStatistics(
        meeting=meeting,
        previous=previous,
        total=now.total,
        counted=describe_counted(actor, meeting),
        arrivals=_build_arrivals(meeting, now, previous, before, formats.language),
        bars={
            dimension: _build_bars(meeting, dimension, named, now, before, mirrored=mirrored)
            for dimension, named in labels.items()
        },
        regions=figures.regions,
    )


def describe_counted(actor: Actor, meeting: Meeting) -> LazyText:
    """Describe what the statistics of a meeting count for the actor."""
    return COUNTED_FOR_SECRETARY if actor.has_role(meeting.body_id, Office.SECRETARY) else COUNTED_FOR_CHAIR


def _list_labels(topic_names: Mapping[str, str], formats: Localizer) -> dict[Dimension, dict[str, LazyText | str]]:
    """List the values of each dimension of which bars are shown, in their order, with their labels."""
    return {
        Dimension.REGION: {**REGION_LABELS, NO_REGION: NO_REGION_LABEL},
        Dimension.TOPIC: dict(topic_names),
        Dimension.LANGUAGE: {code: formats.language_name(code) for code in LANGUAGES},
        Dimension.PUNCTUALITY: dict(PUNCTUALITY_LABELS),
    }


def _build_arrivals(
    meeting: Meeting, now: MeetingCounts, previous: Meeting | None, before: MeetingCounts | None, language: str
) -> ArrivalsChart | None:
    """Build the chart of arrivals; None where nothing arrived, at either meeting."""
    if not now.total and not (before and before.total):
        return None
    return build_arrivals_chart(meeting, now.by_day, previous, before.by_day if before else {}, language)


def _build_bars(
    meeting: Meeting,
    dimension: Dimension,
    labels: Mapping[str, LazyText | str],
    now: MeetingCounts,
    before: MeetingCounts | None,
    *,
    mirrored: bool,
) -> list[ChartBar]:
    """Build the bars of a dimension: of every region; otherwise of what is not zero, topics with the largest first."""
    counts, earlier = now.by[dimension], before.by[dimension] if before else {}
    codes = [code for code in labels if counts.get(code) or earlier.get(code) or code in REGION_LABELS]
    if dimension is Dimension.TOPIC:
        codes.sort(key=lambda code: -counts.get(code, 0))
    bars = place_bars([counts.get(code, 0) for code in codes], mirrored=mirrored)
    return [
        ChartBar(
            code,
            labels[code],
            counts.get(code, 0),
            earlier.get(code, 0),
            bar,
            f"/meetings/{meeting.id}/statistics/states?region={code}" if code in REGION_LABELS else None,
        )
        for code, bar in zip(codes, bars, strict=True)
    ]
