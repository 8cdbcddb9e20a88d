"""The steps of a text under the silence procedure, and how much of the time has passed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.circulations.models import CirculatedVersion
from app.domain.outputs.models import READABLE_STATUSES, OutputStatus
from app.domain.silence.models import SilenceProcedure, SilenceStatus
from app.http.localization import Localizer
from app.web.views.silence.silence import SilenceSummary

Step = tuple[str, LazyText, LazyText | str]

OUTCOME_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        SilenceStatus.ADOPTED: _("Adopted"),
        SilenceStatus.BROKEN: _("Silence was broken"),
        SilenceStatus.VOID: _("This procedure is void"),
    }
)


def list_silence_steps(
    summary: SilenceSummary, circulated: CirculatedVersion | None, formats: Localizer
) -> Iterator[Step]:
    """Yield what was done, what is going on and what follows, each with its time or a note."""
    procedure, zone = summary.procedure, summary.meeting.zone
    if circulated:
        yield "done", _("Circulated to the delegations"), formats.format_instant(circulated.circulated_at, zone)
    yield "done", _("Procedure opened"), formats.format_instant(procedure.opened_at, zone)
    until = _("until %(day)s", day=formats.format_instant(procedure.until, zone))
    outcome = OUTCOME_LABELS.get(summary.course)
    yield "now" if summary.course == SilenceStatus.OPEN else "done", _("States can take a position"), until
    yield _place_outcome(summary.course), outcome or _("Adopted, unless a State breaks silence"), ""
    if outcome is None or summary.course == SilenceStatus.ADOPTED:
        was_released = summary.output.status in (*READABLE_STATUSES, OutputStatus.WITHDRAWN)
        yield "done" if was_released else "next", _("Released in all languages at the same time"), ""


def _place_outcome(course: str) -> str:
    """Return whether the outcome is known, follows now that the deadline is reached, or is still to come."""
    if course in OUTCOME_LABELS:
        return "done"
    return "next" if course == SilenceStatus.OPEN else "now"


def compute_time_passed(procedure: SilenceProcedure, moment: datetime) -> tuple[int, int]:
    """Compute the seconds of a procedure that have passed, and its seconds in all."""
    total = int((procedure.until - procedure.opened_at).total_seconds())
    return min(total, int((moment - procedure.opened_at).total_seconds())), total
