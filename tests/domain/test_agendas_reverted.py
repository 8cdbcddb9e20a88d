"""Differences between the released agenda and its draft, each undone alone; and an agenda copied from another one."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, NotFound, Stale
from app.domain.agendas.actions import copying, release, reverting
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.queries import agenda_drafts, agenda_releases, agenda_versions
from app.domain.agendas.rules.diff import AgendaDifferenceKind
from app.domain.meetings.actions import sessions
from app.domain.meetings.models import Meeting, MeetingSession
from tests.domain.test_agendas_merged import Change, Draft
from tests.world import World


def released(draft: Draft) -> None:
    draft.world.agenda_released(draft.meeting)


def list_differences(draft: Draft) -> list[tuple[str, UUID]]:
    with transaction(draft.world.read) as session:
        meeting = session.get_one(Meeting, draft.meeting.id)
        found = agenda_versions.list_unreleased_differences(
            session, meeting, agenda_releases.find_current_release(session, meeting)
        )
        return [(each.kind, each.subject) for each in found]


def reverting_one(kind: str, subject: UUID) -> Change:
    return lambda session, actor, meeting, version: reverting.revert_difference(
        session, actor, meeting, kind, subject, version=version
    )


@pytest.fixture
def draft(world: World) -> Draft:
    draft = Draft(world)
    draft.change("laurent", draft.allocating(draft.papers[1], draft.second), draft.version)
    draft.change("laurent", draft.planning(draft.third, 30, draft.session_id), draft.version)
    released(draft)
    draft.seen = draft.version
    return draft


def test_every_kind_of_difference_is_undone_alone_and_the_draft_is_as_released(draft: Draft) -> None:
    first_paper, second_paper = draft.papers
    changes = [
        draft.saving(draft.first, en="Uno", fr="Un"),
        draft.saving(draft.second, minutes=45, notes="Short."),
        draft.planning(draft.third, 60),
        draft.stepping(draft.third, "up"),
        draft.adding("Four"),
        draft.allocating(first_paper, draft.third),
        draft.taking_off(second_paper),
    ]
    for change in changes:
        draft.change("laurent", change, draft.version)
    assert {kind for kind, _ in list_differences(draft)} == {
        "renamed",
        "changed",
        "moved",
        "renumbered",
        "added",
        "placed",
        "taken-off",
    }

    while differences := [each for each in list_differences(draft) if each[0] != AgendaDifferenceKind.RENUMBERED]:
        before = len(list_differences(draft))
        draft.change("layla", reverting_one(*differences[0]), draft.version)
        assert len(list_differences(draft)) < before

    assert list_differences(draft) == []
    assert list(draft.items()) == ["One", "Two", "Three"]
    assert draft.allocations() == {first_paper: draft.second, second_paper: draft.second}


def test_a_removed_item_comes_back_to_its_place_and_a_new_document_leaves(draft: Draft) -> None:
    paper = draft.world.registered(draft.meeting, title="New")[1].id
    draft.change("laurent", draft.removing(draft.first), draft.version)
    draft.change("laurent", draft.allocating(paper, draft.third), draft.version)

    draft.change("laurent", reverting_one("removed", draft.first), draft.version)
    draft.change("laurent", reverting_one("put", paper), draft.version)

    assert list(draft.items()) == ["One", "Two", "Three"]
    assert paper not in draft.allocations()
    assert list_differences(draft) == []


def test_a_difference_is_undone_once_by_an_editor_and_not_over_a_newer_change(draft: Draft) -> None:
    change = reverting_one("renamed", draft.first)
    draft.change("laurent", draft.saving(draft.first, fr="Un"), draft.version)
    with pytest.raises(Forbidden):
        draft.change("amina", change, draft.version)
    seen = draft.version
    draft.change("layla", draft.saving(draft.first, ar="واحد"), seen)
    with pytest.raises(Stale):
        draft.change("laurent", change, seen)

    draft.change("laurent", change, draft.version)

    assert draft.items()["One"].titles == {"en": "One"}
    with pytest.raises(Conflict, match="no longer there"):
        draft.change("laurent", change, draft.version)


def test_an_added_item_with_documents_and_items_of_an_adopted_agenda_are_kept(draft: Draft) -> None:
    draft.change("laurent", draft.adding("Four"), draft.version)
    four = draft.items()["Four"].id
    draft.change("laurent", draft.allocating(draft.papers[0], four), draft.version)
    with pytest.raises(Conflict, match="Documents are allocated to this item"):
        draft.change("laurent", reverting_one("added", four), draft.version)
    draft.change("laurent", reverting_one("placed", draft.papers[0]), draft.version)
    draft.change("laurent", reverting_one("added", four), draft.version)
    released(draft)
    draft.change(
        "laurent",
        lambda session, actor, meeting, _version: release.adopt_agenda(session, actor, meeting, number=2),
        draft.version,
    )

    draft.change("laurent", draft.planning(draft.first, 5), draft.version)
    with pytest.raises(Conflict, match="adopted this agenda"):
        draft.change("laurent", reverting_one("changed", draft.first), draft.version)


def test_an_agenda_is_copied_with_the_sessions_and_without_documents(draft: Draft) -> None:
    world = draft.world
    draft.change("laurent", draft.saving(draft.first, fr="Un", notes="A note."), draft.version)
    draft.change("laurent", draft.stepping(draft.second, "in"), draft.version)
    released(draft)
    draft.change("laurent", draft.adding("Not released"), draft.version)
    target = world.meeting(number=31, opens_in=90)

    with world.acting("ines") as (session, actor):
        meeting, source = (session.get_one(Meeting, each.id) for each in (target, draft.meeting))
        copies = sessions.copy_sessions(session, actor, meeting, source)
        copying.copy_agenda(session, actor, meeting, source, version=0, session_of_source=copies)

    with transaction(world.read) as session:
        meeting = session.get_one(Meeting, target.id)
        ordered = agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(session, meeting))
        assert [(item.titles["en"], path) for item, path in ordered] == [
            ("One", (1,)),
            ("Two", (1, 1)),
            ("Three", (2,)),
        ]
        first, _, third = (item for item, _ in ordered)
        assert (first.titles, first.notes, third.minutes) == ({"en": "One", "fr": "Un"}, "A note.", 30)
        assert third.session_id == copies[draft.session_id]
        was, now = (session.get_one(MeetingSession, key) for key in (draft.session_id, third.session_id))
        assert now.starts_at.date() - target.opens_on == was.starts_at.date() - draft.meeting.opens_on
        assert now.ends_at - now.starts_at == was.ends_at - was.starts_at == timedelta(hours=3)
        assert agenda_drafts.list_draft_allocations(session, meeting) == []
        assert session.get(AgendaItem, draft.first).meeting_id == draft.meeting.id


def test_an_agenda_is_copied_only_into_an_empty_draft_by_its_editors_from_what_was_released(draft: Draft) -> None:
    world = draft.world
    target, bare = world.meeting(number=31), world.meeting(number=32)

    def copy(by: str, meeting: Meeting, source: Meeting) -> None:
        with world.acting(by) as (session, actor):
            rows = (session.get_one(Meeting, each.id) for each in (meeting, source))
            version = session.get_one(Meeting, meeting.id).agenda_version
            copying.copy_agenda(session, actor, *rows, version=version, session_of_source={})

    with pytest.raises(Forbidden):
        copy("amina", target, draft.meeting)
    with pytest.raises(Conflict, match="No agenda of that meeting has been released"):
        copy("laurent", target, bare)
    with pytest.raises((Forbidden, NotFound)):
        copy("laurent", target, world.meeting(number=5, body="wg-wsis"))
    copy("laurent", target, draft.meeting)
    with pytest.raises(Conflict, match="already has items"):
        copy("laurent", target, draft.meeting)
