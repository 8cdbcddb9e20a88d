"""The warnings before a release as the page shows them: each with its items, and where each is changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.agendas.rules.release_warnings import ReleaseWarnings
from app.domain.agendas.rules.time_plan import SessionLoad
from app.domain.meetings.models import Meeting
from app.http.localization import Localizer
from app.web.views.agendas.edit_conflicts import name_row
from app.web.views.agendas.items import AgendaItemLine, AgendaView
from app.web.views.meetings.meetings import DocumentLine


@dataclass(frozen=True, slots=True)
class WarnedItem:
    """An item of a warning, the address where it is changed, and a note after its title or an empty text."""

    line: AgendaItemLine
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class OverrunWarning:
    """A session whose items take longer than the session: its label, the minutes that it lacks, and the items."""

    session: str
    minutes_over: int
    items: list[WarnedItem]


@dataclass(frozen=True, slots=True)
class ReleaseWarningsView:
    """All warnings of a draft; an empty list is no warning. `unallocated` are documents in force under no item."""

    without_minutes: list[WarnedItem]
    without_session: list[WarnedItem]
    overruns: list[OverrunWarning]
    out_of_order: list[WarnedItem]
    untitled: list[WarnedItem]
    unallocated: list[DocumentLine]

    @property
    def count(self) -> int:
        """Return the number of warnings: one for each kind, and one for each session."""
        kinds = self.without_minutes, self.without_session, self.out_of_order, self.untitled, self.unallocated
        return len(self.overruns) + sum(1 for each in kinds if each)


def build_release_warnings(
    agenda: AgendaView, warnings: ReleaseWarnings, meeting: Meeting, formats: Localizer
) -> ReleaseWarningsView:
    """Build the view of the warnings for the draft of a meeting."""
    lines = {line.id: line for line in agenda.items}
    labels = _label_sessions(warnings.session_loads, meeting, formats)
    base = f"/meetings/{meeting.id}"

    def warn(ids: Iterable[UUID], notes: Mapping[UUID, str] | None = None) -> list[WarnedItem]:
        return [
            WarnedItem(lines[key], f"{base}/agenda/edit#{name_row(key)}", (notes or {}).get(key, "")) for key in ids
        ]

    return ReleaseWarningsView(
        without_minutes=warn(warnings.without_minutes),
        without_session=warn(warnings.without_session),
        overruns=[
            OverrunWarning(labels[load.session.id], load.minutes_over, warn(item.item_id for item in load.items))
            for load in warnings.overrun_sessions
        ],
        out_of_order=warn(
            warnings.out_of_order,
            {key: labels[session] for key, session in warnings.session_of_item.items()},
        ),
        untitled=[
            WarnedItem(
                lines[key],
                f"{base}/agenda/items/{key}#f-title_{missing[0]}",
                formats.format_language_names(missing),
            )
            for key, missing in warnings.missing_titles.items()
        ],
        unallocated=[line for line in agenda.unallocated if not line.ended],
    )


def _label_sessions(loads: Sequence[SessionLoad], meeting: Meeting, formats: Localizer) -> dict[UUID, str]:
    return {
        load.session.id: formats.format_short_instant(load.session.starts_at, meeting.zone, weekday=True)
        for load in loads
    }
