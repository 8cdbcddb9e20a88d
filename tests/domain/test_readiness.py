"""What is counted of the preparation of a meeting, for chair and secretariat, in one statement."""

import pytest

from app.core.errors import Forbidden
from app.domain.meetings.models import Meeting
from app.domain.readiness.queries import ReadinessCounts, count_readiness
from tests.document_history import withdraw_document
from tests.world import World


def count(world: World, meeting: Meeting, *, by: str = "ines") -> ReadinessCounts:
    with world.acting(by) as (session, actor):
        return count_readiness(session, actor, session.get_one(Meeting, meeting.id))


def test_a_new_meeting_has_nothing_but_its_delegations(world: World) -> None:
    counts = count(world, world.meeting())

    assert counts.delegations > 1
    assert counts == ReadinessCounts(
        documents=0,
        allocated_documents=0,
        open_proposals=0,
        release=0,
        delegations=counts.delegations,
        registered_delegations=0,
        invited_states=0,
        late_contributions=0,
        translations=0,
        contributions=0,
        untitled_documents=0,
    )


def test_documents_count_until_they_are_withdrawn_and_by_their_place_on_the_draft(world: World) -> None:
    meeting, other = world.meeting(), world.meeting(number=23)
    first, second, third = (world.registered(meeting, title=f"Title {number}")[1] for number in range(3))
    world.registered(other)
    world.allocated(meeting, first, world.item(meeting))

    counts = count(world, meeting)
    assert (counts.documents, counts.allocated_documents, counts.untitled_documents) == (3, 1, 3)

    withdraw_document(world, third)
    world.allocated(meeting, second, world.item(meeting))
    counts = count(world, meeting)
    assert (counts.documents, counts.allocated_documents, counts.untitled_documents) == (2, 2, 2)


def test_the_number_of_the_release_is_counted(world: World) -> None:
    meeting = world.meeting()
    world.item(meeting)
    assert count(world, meeting).release == 0

    world.agenda_released(meeting)
    world.agenda_released(meeting)
    assert count(world, meeting).release == 2


def test_proposals_contributions_and_translations_count_while_they_are_open(world: World) -> None:
    meeting, other = world.meeting(), world.meeting(number=23)
    for each in (meeting, other):
        world.proposed(each)
        world.submitted(each)
        world.registered(each)
    world.registered(meeting)
    world.works_in("en", "fr", "es")

    counts = count(world, meeting)

    assert (counts.open_proposals, counts.contributions, counts.translations) == (1, 1, 4)


def test_a_delegation_counts_once_and_only_if_it_is_of_the_group(world: World) -> None:
    meeting = world.meeting()
    world.participant(meeting)
    world.participant(meeting, "Otieno Ouma")
    world.participant(meeting, "An observer", entity="", capacity="observer", organization="ICANN", by="ines")
    world.participant(meeting, "Of a State without accreditation", entity="TUV", by="ines")

    assert count(world, meeting).registered_delegations == 1
    assert count(world, world.meeting(number=23)).registered_delegations == 0


def test_a_chair_counts_late_contributions_and_nothing_that_only_the_secretariat_sees(world: World) -> None:
    meeting = world.meeting(opens_in=5)
    world.submitted(meeting, title="A late title")
    world.works_in("en", "fr")

    by_chair, by_secretary = count(world, meeting, by="laurent"), count(world, meeting)

    assert (by_chair.late_contributions, by_secretary.late_contributions) == (1, 1)
    assert (by_chair.contributions, by_chair.untitled_documents) == (None, None)
    assert (by_secretary.contributions, by_secretary.untitled_documents) == (0, 0)


def test_a_chair_counts_the_missing_translations_too(world: World) -> None:
    meeting = world.meeting()
    world.registered(meeting)
    world.works_in("en", "fr", "es")

    assert count(world, meeting, by="laurent").translations == count(world, meeting).translations == 2


@pytest.mark.parametrize("who", ["amina", "joseph", "wambui"])
def test_no_delegate_counts_anything(world: World, who: str) -> None:
    meeting = world.meeting()

    with pytest.raises(Forbidden):
        count(world, meeting, by=who)
    assert count(world, meeting, by="laurent").documents == 0
