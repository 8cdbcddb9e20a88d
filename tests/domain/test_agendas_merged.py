"""Two people edit one draft at once: changes of different items and fields are merged; of the same field the second one
is refused, and nothing of it happens."""

from collections.abc import Callable
from uuid import UUID

import pytest

from app.core.db import WriteSession, transaction
from app.core.errors import Stale
from app.core.permissions import Actor
from app.domain.agendas.actions import allocation, draft_lock, editing
from app.domain.agendas.inputs import ItemSchedule, NewAgendaItem
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.queries import agenda_drafts
from app.domain.agendas.rules.merging import CITATION_FIELDS
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting
from tests.world import World

Change = Callable[[WriteSession, Actor, Meeting, int], object]


class Draft:
    """A draft with three items, the second with a document and the third in a session, as two people opened it."""

    def __init__(self, world: World) -> None:
        self.world, self.meeting = world, world.meeting()
        self.session_id = world.session_of(self.meeting).id
        self.first, self.second, self.third = (world.item(self.meeting, title).id for title in ("One", "Two", "Three"))
        self.papers = [world.registered(self.meeting, title=f"Paper {number}")[1].id for number in range(2)]
        self.change("laurent", self.allocating(self.papers[0], self.second), self.version)
        self.seen = self.version

    @property
    def version(self) -> int:
        with transaction(self.world.read) as session:
            return session.get_one(Meeting, self.meeting.id).agenda_version

    def change(self, by: str, change: Change, version: int) -> None:
        with self.world.acting(by) as (session, actor):
            change(session, actor, session.get_one(Meeting, self.meeting.id), version)

    def at_once(self, former: Change, latter: Change) -> None:
        """Make two changes by two people who opened the same version."""
        self.change("layla", former, self.seen)
        self.change("laurent", latter, self.seen)

    def items(self) -> dict[str, AgendaItem]:
        """The items by their English titles, from the top."""
        with transaction(self.world.read) as session:
            meeting = session.get_one(Meeting, self.meeting.id)
            ordered = agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(session, meeting))
            return {item.titles.get("en", ""): item for item, _path in ordered}

    def allocations(self) -> dict[UUID, UUID]:
        with transaction(self.world.read) as session:
            meeting = session.get_one(Meeting, self.meeting.id)
            return {row.document_id: row.item_id for row in agenda_drafts.list_draft_allocations(session, meeting)}

    def saving(self, item: UUID, **fields: object) -> Change:
        """Save the form of an item with what it had, except for these fields; titles by their language."""

        def change(session: WriteSession, actor: Actor, meeting: Meeting, version: int) -> None:
            base = agenda_drafts.load_draft_at(session, meeting, version)
            seen = next(each for each in base["items"] if each["id"] == str(item))
            titles = seen["titles"] | {code: fields[code] for code in ("en", "fr", "ar") if code in fields}
            details = {name: fields.get(name, seen[name]) for name in ("minutes", "notes")}
            details |= {name: tuple(fields.get(name, seen.get(name, ()))) for name in CITATION_FIELDS}
            new = NewAgendaItem(title=titles.pop("en"), titles=titles, **details)
            editing.change_agenda_item(
                session, actor, meeting, session.get(AgendaItem, item), new, "en", version=version
            )

        return change

    def planning(self, item: UUID, minutes: int | None, session_id: UUID | None = None) -> Change:
        schedules = {item: ItemSchedule(minutes=minutes, session=session_id)}
        return lambda session, actor, meeting, version: editing.schedule_agenda_items(
            session, actor, meeting, schedules, version=version
        )

    def stepping(self, item: UUID, direction: str) -> Change:
        return lambda session, actor, meeting, version: editing.move_agenda_item_one_step(
            session, actor, meeting, session.get_one(AgendaItem, item), direction, version=version
        )

    def removing(self, item: UUID) -> Change:
        return lambda session, actor, meeting, version: editing.remove_agenda_item(
            session, actor, meeting, session.get_one(AgendaItem, item), version=version
        )

    def adding(self, title: str, parent: UUID | None = None) -> Change:
        return lambda session, actor, meeting, version: editing.add_agenda_item(
            session, actor, meeting, NewAgendaItem(title=title), "en", version=version, parent_id=parent
        )

    def allocating(self, document: UUID, item: UUID) -> Change:
        return lambda session, actor, meeting, version: allocation.allocate_document(
            session,
            actor,
            meeting,
            session.get_one(Document, document),
            AgendaItem(id=item),  # as it was loaded before another person removed it
            version=version,
        )

    def taking_off(self, document: UUID) -> Change:
        return lambda session, actor, meeting, version: allocation.unallocate_document(
            session, actor, meeting, session.get_one(Document, document), version=version
        )

    def numbering(self, style: str) -> Change:
        return lambda session, actor, meeting, version: editing.set_numbering_style(
            session, actor, meeting, style, version=version
        )

    def undoing(self) -> Change:
        return lambda session, actor, meeting, version: editing.undo_last_change(
            session, actor, meeting, version=version
        )


@pytest.fixture
def draft(world: World) -> Draft:
    return Draft(world)


def test_two_fields_of_one_item_are_merged(draft: Draft) -> None:
    draft.at_once(draft.saving(draft.first, fr="Un", minutes=20), draft.saving(draft.first, ar="واحد", notes="Short."))

    item = draft.items()["One"]
    assert item.titles == {"en": "One", "fr": "Un", "ar": "واحد"}
    assert (item.minutes, item.notes) == (20, "Short.")
    assert draft.version == draft.seen + 2


def test_minutes_session_title_place_and_documents_of_items_are_merged(draft: Draft) -> None:
    changes = [
        draft.planning(draft.third, 30),
        draft.planning(draft.third, None, draft.session_id),
        draft.saving(draft.third, en="Third"),
        draft.stepping(draft.third, "up"),
        draft.allocating(draft.papers[1], draft.third),
        draft.adding("Four"),
        draft.numbering("roman"),
    ]
    for number, change in enumerate(changes):
        draft.change(("laurent", "layla", "ines")[number % 3], change, draft.seen)

    items = draft.items()
    assert list(items) == ["One", "Third", "Two", "Four"]
    assert (items["Third"].minutes, items["Third"].session_id) == (30, draft.session_id)
    assert draft.allocations() == {draft.papers[0]: draft.second, draft.papers[1]: draft.third}


def test_the_same_value_of_the_same_field_is_no_conflict_and_no_change(draft: Draft) -> None:
    draft.at_once(draft.planning(draft.first, 45), draft.planning(draft.first, 45))

    assert draft.version == draft.seen + 1


@pytest.mark.parametrize(
    ("former", "latter"),
    [
        (lambda draft: draft.saving(draft.first, fr="Un"), lambda draft: draft.saving(draft.first, fr="Premier")),
        (lambda draft: draft.planning(draft.first, 10), lambda draft: draft.saving(draft.first, minutes=20)),
        (lambda draft: draft.planning(draft.first, 10), lambda draft: draft.planning(draft.first, 20)),
        (lambda draft: draft.stepping(draft.third, "up"), lambda draft: draft.stepping(draft.third, "in")),
        (lambda draft: draft.planning(draft.first, 10), lambda draft: draft.removing(draft.first)),
        (lambda draft: draft.removing(draft.first), lambda draft: draft.adding("Under it", draft.first)),
        (
            lambda draft: draft.allocating(draft.papers[1], draft.first),
            lambda draft: draft.allocating(draft.papers[1], draft.second),
        ),
        (
            lambda draft: draft.taking_off(draft.papers[0]),
            lambda draft: draft.allocating(draft.papers[0], draft.third),
        ),
        (lambda draft: draft.allocating(draft.papers[0], draft.third), lambda draft: draft.taking_off(draft.papers[0])),
        (lambda draft: draft.removing(draft.first), lambda draft: draft.allocating(draft.papers[1], draft.first)),
        (lambda draft: draft.numbering("roman"), lambda draft: draft.numbering("lettered")),
        (lambda draft: draft.adding("Four"), lambda draft: draft.undoing()),
    ],
)
def test_a_change_of_what_another_person_changed_is_refused(
    draft: Draft, former: Callable[[Draft], Change], latter: Callable[[Draft], Change]
) -> None:
    first, second = former(draft), latter(draft)
    draft.change("layla", first, draft.seen)
    items, allocations = draft.items(), draft.allocations()

    with pytest.raises(Stale, match="The agenda was changed after you opened the page"):
        draft.change("laurent", second, draft.seen)

    assert {name: agenda_drafts.dump_item(item) for name, item in draft.items().items()} == {
        name: agenda_drafts.dump_item(item) for name, item in items.items()
    }
    assert draft.allocations() == allocations


def test_a_version_that_is_no_longer_kept_is_refused(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_lock, "MAX_UNDO_STEPS", 1)
    for minutes in (5, 10):
        draft.change("layla", draft.planning(draft.second, minutes), draft.version)

    for version in (draft.seen, draft.version + 1):
        with pytest.raises(Stale):
            draft.change("laurent", draft.planning(draft.first, 20), version)
