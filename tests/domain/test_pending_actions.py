"""What is pending for people: one registry of kinds, which every permission and every status is compared with."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.core.i18n import LazyText
from app.core.pending_actions import PendingAction, PendingActionKind, remove_hidden, sort_by_deadline
from app.domain.pending_actions import KINDS

WORD = LazyText("View")
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
ADOPT = PendingActionKind("text:adopt", WORD, WORD, WORD, WORD)
BROKEN = PendingActionKind("text:broken", WORD, WORD, WORD, WORD, hides=("text:adopt",))


def build_action(kind: PendingActionKind, number: int = 1, **more: object) -> PendingAction:
    return PendingAction(kind, UUID(int=number), "/", WORD, **more)


def test_overdue_comes_first_and_without_a_deadline_last() -> None:
    overdue = build_action(ADOPT, due_at=NOON - timedelta(days=1))
    soon = build_action(ADOPT, due_at=NOON + timedelta(days=1))
    oldest, newer, unknown = (build_action(ADOPT, since=since) for since in (NOON, NOON + timedelta(hours=1), None))

    assert sort_by_deadline([unknown, newer, soon, oldest, overdue]) == [overdue, soon, oldest, newer, unknown]


def test_a_kind_hides_another_one_on_the_same_subject_only() -> None:
    first, second = build_action(ADOPT, 1), build_action(ADOPT, 2)
    broken = build_action(BROKEN, 1)

    assert remove_hidden([first, second, broken]) == [second, broken]


def test_kinds_have_names_of_their_own_and_hide_kinds_that_exist() -> None:
    names = [kind.name for kind in KINDS]

    assert len(names) == len(set(names))
    assert {name for kind in KINDS for name in kind.hides} <= set(names)
