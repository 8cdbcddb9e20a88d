"""The desk of one person: pending actions by deadline, news, and the counters of queues."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core import clock
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, Urgency
from app.domain.floor.pending import FOLLOW
from app.domain.pending_actions import PendingActions
from app.http.localization import Localizer
from app.http.titles import format_heading, format_request, localize_subject
from app.web.views.contributions.status import TextPair

SOON = timedelta(days=2)
MAX_ACTIONS_SEEN_AT_ONCE = 7
MAX_GROUPS_NAMED = 3
SECTION_LABELS: tuple[tuple[str, LazyText], ...] = (
    ("overdue", _("Overdue")),
    ("soon", _("Due within two days")),
    ("later", _("Later, or without a deadline")),
)


@dataclass(frozen=True, slots=True)
class PendingActionLine:
    """A pending action, or news, as the desk shows it. `is_pressing` is whether it is overdue or due within two days,
    `is_new` whether it began after the last visit."""

    heading: LazyText
    title: str
    lang: str | None
    words: LazyText
    href: str
    action: LazyText
    due: TextPair | None
    is_pressing: bool
    is_new: bool


@dataclass(frozen=True, slots=True)
class PendingActionSection:
    """The pending actions of one span of time."""

    key: str
    label: LazyText
    lines: Sequence[PendingActionLine]


@dataclass(frozen=True, slots=True)
class DeskCounter:
    """A counter on the desk, with the page or the part of the desk that it leads to. Each thing is either counted with
    its queue, or listed in a section; several sections have a counter each."""

    href: str
    label: LazyText
    count: int
    note: LazyText | str | None
    is_pressing: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """All that is pending for one person, as their desk shows it."""

    sessions: Sequence[PendingActionLine]
    """The sessions that are open now, for those who follow them: the first thing on the page."""
    sections: Sequence[PendingActionSection]
    news: Sequence[PendingActionLine]
    counters: Sequence[DeskCounter]
    full_lists: Sequence[tuple[str, LazyText]]
    first_due: TextPair | None
    """The first deadline that is still to come."""

    @property
    def count(self) -> int:
        """The number of listed actions."""
        return sum(len(section.lines) for section in self.sections)

    @property
    def overdue(self) -> int:
        """The number of listed actions whose deadline has passed."""
        return sum(len(section.lines) for section in self.sections if section.key == "overdue")


def build_desk(pending: PendingActions, formats: Localizer, came_last_at: datetime | None) -> Desk:
    """Build the desk from what is pending. `came_last_at` is the time of the last visit, if there was one."""
    listed = [action for action in pending.actions if not action.kind.queue]
    sections = _build_sections([a for a in listed if a.kind.urgency is Urgency.ACTION], formats, came_last_at)
    news = [a for a in listed if a.kind.urgency is Urgency.NEWS]
    counters = [*_count_sections(sections), *_count_queues(pending, formats)]
    return Desk(
        [_build_line(a, formats, came_last_at) for a in news if a.kind is FOLLOW],
        sections,
        [_build_line(a, formats, came_last_at) for a in news if a.kind is not FOLLOW],
        counters,
        pending.full_lists,
        _find_first_due(listed, formats),
    )


def _find_first_due(actions: Sequence[PendingAction], formats: Localizer) -> TextPair | None:
    """Find the first deadline that is still to come, of what has to be done."""
    now = clock.now()
    ahead = [(a.due_at, a.zone) for a in actions if a.kind.urgency is Urgency.ACTION and a.due_at and a.due_at > now]
    return formats.format_short_due(*min(ahead)) if ahead else None


def _build_sections(
    actions: Sequence[PendingAction], formats: Localizer, came_last_at: datetime | None
) -> list[PendingActionSection]:
    """Divide actions by deadline; a section without any is left out."""
    lines: dict[str, list[PendingActionLine]] = {}
    for action in actions:
        lines.setdefault(_find_section(action), []).append(_build_line(action, formats, came_last_at))
    return [PendingActionSection(key, label, lines[key]) for key, label in SECTION_LABELS if key in lines]


def _find_section(action: PendingAction) -> str:
    if action.due_at is None or action.due_at > clock.now() + SOON:
        return "later"
    return "soon" if action.due_at > clock.now() else "overdue"


def _build_line(action: PendingAction, formats: Localizer, came_last_at: datetime | None) -> PendingActionLine:
    title, lang = localize_subject(action, formats)
    due = action.due_at
    return PendingActionLine(
        heading=format_heading(action, formats),
        title=title,
        lang=lang,
        words=format_request(action, formats),
        href=action.path,
        action=action.kind.button,
        due=formats.format_short_due(due, action.zone) if due else None,
        is_pressing=due is not None and due <= clock.now() + SOON,
        is_new=bool(came_last_at and action.since and action.since > came_last_at),
    )


def _count_sections(sections: Sequence[PendingActionSection]) -> list[DeskCounter]:
    """Count the actions of each section, where there are several and more actions than are seen at once."""
    if len(sections) < 2 or sum(len(section.lines) for section in sections) <= MAX_ACTIONS_SEEN_AT_ONCE:
        return []
    return [
        DeskCounter(f"#h-{section.key}", section.label, len(section.lines), None, section.key != "later")
        for section in sections
    ]


def _count_queues(pending: PendingActions, formats: Localizer) -> list[DeskCounter]:
    """Count what is in queues with pages of their own, in the order of the first deadline."""
    queues: dict[PendingActionKind, list[PendingAction]] = {}
    for action in pending.actions:
        if action.kind.queue:
            queues.setdefault(action.kind, []).append(action)
    return [_build_queue_counter(kind, actions, pending, formats) for kind, actions in queues.items()]


def _build_queue_counter(
    kind: PendingActionKind, actions: Sequence[PendingAction], pending: PendingActions, formats: Localizer
) -> DeskCounter:
    assert kind.queue is not None
    now = clock.now()
    overdue = sum(each.overdue or int(each.due_at is not None and each.due_at <= now) for each in actions)
    first = actions[0].due_at
    oldest = min((each.since for each in actions if each.since), default=None)
    note: LazyText | str | None = _("first deadline: %(left)s", left=formats.format_time_left(first)) if first else None
    if oldest and not first:
        note = _("oldest: %(age)s", age=formats.format_time_left(oldest))
    if overdue and first:
        note = _("%(count)s overdue", count=formats.format_number(overdue))
    if note is None:
        note = _name_groups(actions, formats)
    return DeskCounter(kind.queue.path, kind.queue.label, pending.totals[kind.name], note, overdue > 0)


def _name_groups(actions: Sequence[PendingAction], formats: Localizer) -> str | None:
    """Name the groups of a queue that has no dates, those with most first: "CWG-Internet 15 · SG3 2"."""
    counts = {str(each.values["group"]): each.count for each in actions if "group" in each.values}
    most = sorted(counts, key=lambda prefix: (-counts[prefix], prefix))
    if len(most) < 2:
        return most[0] if most else None
    shown = [f"{prefix} {formats.format_number(counts[prefix])}" for prefix in most[:MAX_GROUPS_NAMED]]
    return " · ".join([*shown, "…"] if len(most) > MAX_GROUPS_NAMED else shown)
