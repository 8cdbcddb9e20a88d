"""Pending actions: what is required of a person, or is news to them, described once for the desk, e-mails, counters and
calendars.

A domain package describes its kinds (`pending.py`), each with its texts, and sources: one statement each, that starts
from what the actor may see. `app.domain.pending_actions` collects them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select

from app.core.db import LocalizedText, ReadSession
from app.core.i18n import LazyText
from app.core.permissions import Actor, Permission

LATEST_INSTANT = datetime.max.replace(year=9998, tzinfo=UTC)


class Urgency(StrEnum):
    """Whether somebody has to act, or only to know."""

    ACTION = "action"
    NEWS = "news"


@dataclass(frozen=True, slots=True)
class QueueLabel:
    """A queue with a page of its own: the label of its counter on the desk, and the address of that page. What is
    in a queue is counted on the desk and not listed there one by one."""

    label: LazyText
    path: str


@dataclass(frozen=True, slots=True)
class PendingActionKind:
    """A kind of pending action. Placeholders of its texts are filled with the values of each action.

    It begins with an event whose name is in `begun_by`, or with time, while its subject has one of the `statuses`. It
    is settled by an act that needs one of the permissions `settled_by`, or by nothing if it is news. `hides` are the
    kinds that are not shown to the same person for the same subject while this one is pending. `impersonal` is the
    heading for e-mails and calendars if `heading` names a State, a person or a document.
    """

    name: str
    heading: LazyText
    words: LazyText
    button: LazyText
    waits_for: LazyText
    settled_by: tuple[Permission[Any], ...] = ()
    statuses: tuple[StrEnum, ...] = ()
    begun_by: tuple[str, ...] = ()
    urgency: Urgency = Urgency.ACTION
    hides: tuple[str, ...] = ()
    queue: QueueLabel | None = None
    impersonal: LazyText | None = None

    @property
    def impersonal_heading(self) -> LazyText:
        """The heading where other systems read it, in e-mails and calendars: without States, people and documents."""
        return self.impersonal or self.heading


@dataclass(frozen=True, slots=True)
class PendingAction:
    """One pending action of one person.

    `title` is that of the subject, by language with `original` as the one to fall back on, or a text. Without `due_at`
    it has no deadline; `zone` is the time zone in which the deadline was set. `since` is when it began, if that is
    known. `values` fill the placeholders: `entity` is the code of a member, `office` that of an office, others are
    numbers or texts; who renders them names codes in the language of the reader. `count` is the number of things that
    it is about, `overdue` how many of them are past their deadline. `words` replace those of the kind where they depend
    on the subject.
    """

    kind: PendingActionKind
    subject: UUID
    path: str
    title: LocalizedText | LazyText
    original: str = ""
    due_at: datetime | None = None
    zone: str = "UTC"
    since: datetime | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    words: LazyText | None = None
    count: int = 1
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class PendingActionSource:
    """One statement and the kinds of actions that its rows are for a person with one of `roles` in some body.

    `select_rows` builds the statement for the actor, and `build_actions` makes the actions of its rows. `count_actions`
    counts all of them where there are more than were read; `full_list` is the page that lists them, with its label.
    """

    kinds: tuple[PendingActionKind, ...]
    roles: tuple[str, ...]
    select_rows: Callable[[Actor], Select[*tuple[Any, ...]]]
    build_actions: Callable[[ReadSession, Actor, Sequence[Any]], Iterable[PendingAction]]
    count_actions: Callable[[ReadSession, Actor], int] | None = None
    full_list: tuple[str, LazyText] | None = None

    def is_for(self, actor: Actor) -> bool:
        """Return whether the actor holds one of the roles, in a body or as an office of the whole system."""
        return any(seat.role in self.roles for seat in actor.seats)


def sort_by_deadline(actions: Iterable[PendingAction]) -> list[PendingAction]:
    """Sort actions: the first deadline first, then those without one, the longest pending first."""
    return sorted(actions, key=lambda action: (action.due_at is None, action.due_at or action.since or LATEST_INSTANT))


def remove_hidden(actions: Iterable[PendingAction]) -> list[PendingAction]:
    """Remove the actions of kinds that another action on the same subject hides."""
    kept = list(actions)
    hidden = {(action.subject, name) for action in kept for name in action.kind.hides}
    return [action for action in kept if (action.subject, action.kind.name) not in hidden]
