"""Lines of the activity log in words: what happened to which thing, what changed, who did it and in which capacity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from types import MappingProxyType
from zoneinfo import ZoneInfo

from app.core.clock import SEAT_ZONE
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event, JournalLine
from app.core.permissions import Actor
from app.domain.audit_trail.queries.authors import index_author_names
from app.domain.audit_trail.queries.corrections import find_corrections
from app.domain.audit_trail.queries.lines import LineRun
from app.domain.audit_trail.queries.objects import LineObject, ObjectKey, find_objects, list_objects_of_line
from app.domain.audit_trail.rules import RUN_FACTS_BY_EVENT, ObjectKind
from app.domain.outputs.events import ApprovalChecked, TranslationApprovalChecked
from app.domain.outputs.models import ApprovalCheckOutcome
from app.http.authentication import EntityName
from app.http.labels import ROLE_LABELS
from app.http.localization import Localizer
from app.web.views.record.changes import list_changes
from app.web.views.record.objects import NamedObject, name_objects

APPROVAL_CHECK_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        ApprovalCheckOutcome.VERIFIED: _("The sign-in for an approval was verified: the approval is valid"),
        ApprovalCheckOutcome.REFUSED: _("The sign-in for an approval could not be verified: the approval is not valid"),
    }
)


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A line, or a run of `count` lines from `began_at` to `at` of which this is the last. `author` is empty where the
    reader may not know the person; a run says what its lines have in common."""

    seq: int
    event: str
    at: datetime
    words: LazyText
    who: LazyText
    author: str
    capacities: Sequence[LazyText]
    objects: Sequence[NamedObject]
    changes: Sequence[LazyText]
    count: int = 1
    began_at: datetime | None = None


def label_line(line: JournalLine) -> LazyText:
    """Return what happened, in words."""
    is_check = line.event in (ApprovalChecked.name, TranslationApprovalChecked.name)
    if is_check and (label := APPROVAL_CHECK_LABELS.get(str(line.facts["outcome"]))):
        return label
    return list_event_labels().get(line.event, LazyText(line.event))


@cache
def list_event_labels() -> Mapping[str, LazyText]:
    """Return the label of each event by its name."""
    return MappingProxyType({event.name: event.words for event in Event.__subclasses__()})


def build_record_lines(
    session: ReadSession, actor: Actor, lines: Sequence[JournalLine], formats: Localizer
) -> list[RecordLine]:
    """Build these lines, which the actor may see. The number of statements does not grow with theirs."""
    return build_record_runs(session, actor, [LineRun(line, 1, line.at, line.at) for line in lines], formats)


def build_record_runs(
    session: ReadSession, actor: Actor, runs: Sequence[LineRun], formats: Localizer
) -> list[RecordLine]:
    """Build these runs of lines, which the actor may see. The number of statements does not grow with theirs."""
    lines = [run.last for run in runs]
    found = find_objects(session, actor, lines)
    authors, corrections = index_author_names(session, actor, lines), find_corrections(session, actor, lines)
    return [
        RecordLine(
            seq=run.last.seq,
            event=run.last.event,
            at=run.ended_at,
            words=label_line(run.last),
            who=EntityName(run.last.entity) if run.last.entity else _("The portal"),
            author=authors.get(run.last.person, "") if run.last.person else "",
            capacities=[ROLE_LABELS[role] for role in run.last.capacity.split() if role in ROLE_LABELS],
            objects=name_objects(_list_things(run, found), formats, acting=run.last.entity),
            changes=list_changes(run.last, corrections, formats) if run.count == 1 else [],
            count=run.count,
            began_at=run.began_at,
        )
        for run in runs
    ]


def _list_things(run: LineRun, found: Mapping[ObjectKey, LineObject]) -> list[LineObject]:
    """List the things of a line, or what all lines of a run are about."""
    things = list_objects_of_line(run.last, found)
    if run.count == 1:
        return things
    common = RUN_FACTS_BY_EVENT.get(run.last.event)
    return [thing for thing in things if common and thing.kind == ObjectKind(common)]


def group_by_day(lines: Sequence[RecordLine]) -> list[tuple[datetime, list[RecordLine]]]:
    """Group lines by their day in Geneva, in their order, each with an instant of the day."""
    zone = ZoneInfo(SEAT_ZONE)
    days = [list(day) for _date, day in groupby(lines, key=lambda line: line.at.astimezone(zone).date())]
    return [(day[0].at, day) for day in days]
