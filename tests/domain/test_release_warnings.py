"""What a chair is warned of before a release, as pure functions of the items and the sessions."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from app.core.db import LocalizedText
from app.core.i18n import LANGUAGES
from app.domain.agendas.rules.release_warnings import ReleaseWarnings, find_release_warnings
from app.domain.meetings.models import MeetingSession

IN_ALL = dict.fromkeys(LANGUAGES, "A title")
MORNING = datetime(2031, 2, 10, 9, 30, tzinfo=UTC)


@dataclass
class Item:
    """An item of an agenda, planned or not."""

    minutes: int | None = 10
    session_id: UUID | None = None
    parent_id: UUID | None = None
    titles: LocalizedText = field(default_factory=lambda: dict(IN_ALL))
    id: UUID = field(default_factory=uuid4)


def hold_session(day: int = 0, *, minutes: int = 60, cancelled: bool = False) -> MeetingSession:
    starts_at = MORNING + timedelta(days=day)
    return MeetingSession(
        id=uuid4(), starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes), cancelled=cancelled
    )


def find(items: list[Item], *sessions: MeetingSession) -> ReleaseWarnings:
    return find_release_warnings(items, sessions)


def test_an_item_without_minutes_or_session_is_named_once_there_are_sessions() -> None:
    session = hold_session()
    bare, timed, planned = Item(minutes=None), Item(), Item(session_id=session.id)

    found = find([bare, timed, planned], session)

    assert found.without_minutes == (bare.id,)
    assert found.without_session == (bare.id, timed.id)
    without_sessions = find([bare, timed])
    assert (without_sessions.without_minutes, without_sessions.without_session) == ((), ())


def test_no_minutes_are_enough_if_they_were_entered() -> None:
    session = hold_session()

    assert find([Item(minutes=0, session_id=session.id)], session).without_minutes == ()


def test_a_subitem_follows_its_parent_which_needs_no_time_of_its_own() -> None:
    session = hold_session()
    parent, heading = Item(minutes=None, session_id=session.id), Item(minutes=None)
    below = [Item(parent_id=parent.id), Item(parent_id=heading.id, session_id=session.id)]

    found = find([parent, below[0], heading, below[1]], session)

    assert (found.without_minutes, found.without_session) == ((), ())
    assert [load.planned_minutes for load in found.session_loads] == [20]


def test_a_parent_with_minutes_needs_a_session() -> None:
    session = hold_session()
    parent = Item(minutes=5)
    below = Item(parent_id=parent.id, session_id=session.id)

    assert find([parent, below], session).without_session == (parent.id,)


def test_a_session_is_overrun_by_what_exceeds_it_and_not_at_its_last_minute() -> None:
    full, over, empty = hold_session(), hold_session(1), hold_session(2)
    items = [Item(60, full.id), Item(45, over.id), Item(30, over.id)]

    found = find(items, full, over, empty)

    assert [(load.session, load.minutes_over) for load in found.overrun_sessions] == [(over, 15)]
    assert [item.item_id for item in found.overrun_sessions[0].items] == [items[1].id, items[2].id]
    assert [load.session for load in found.empty_sessions] == [empty]


def test_a_cancelled_session_is_none() -> None:
    held, cancelled = hold_session(), hold_session(1, cancelled=True)
    item = Item(500, cancelled.id)

    found = find([item], held, cancelled)

    assert found.without_session == (item.id,)
    assert found.overrun_sessions == []
    assert [load.session for load in found.session_loads] == [held]


def test_the_one_item_against_the_order_of_the_sessions_is_named_and_no_other() -> None:
    first, second = hold_session(), hold_session(1)
    early, late, then, last = Item(10, first.id), Item(10, second.id), Item(10, first.id), Item(10, second.id)
    unplanned = Item()

    assert find([early, late, then, unplanned, Item(10, first.id), last], first, second).out_of_order == (late.id,)
    assert find([early, then, late, last], first, second).out_of_order == ()


def test_an_item_lacks_a_title_in_the_languages_without_one() -> None:
    whole, partial = Item(), Item(titles={"en": "A title", "fr": "", "ru": "Пункт"})

    assert find([whole, partial]).missing_titles == {partial.id: ("ar", "zh", "fr", "es")}
