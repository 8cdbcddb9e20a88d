"""Two people at once, and the same thing twice: nobody is told something untrue, and nothing fails for it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.core import clock, journal
from app.core.db import WriteSession, transaction
from app.core.errors import Conflict
from app.core.permissions import Actor
from app.domain.bodies.rules import EntityInBody
from app.domain.contributions.actions import cosponsors, drafting, late_submissions
from app.domain.contributions.inputs import ContributionCover
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents import actions as register
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from tests.waiting import somebody_waits, until
from tests.world import GRACE, World

Act = Callable[[WriteSession, Actor], object]


def at_once(world: World, one: tuple[str, Act], other: tuple[str, Act]) -> None:
    """The other begins when the first has done everything but its commit; both have to come to an end."""

    def too() -> None:
        with world.acting(other[0]) as (session, actor):
            other[1](session, actor)

    with ThreadPoolExecutor(1) as pool:
        with world.acting(one[0]) as (session, actor):
            one[1](session, actor)
            session.flush()
            second: Future[None] = pool.submit(too)
            with world.read() as watching:
                until(lambda: second.done() or somebody_waits(watching), "the second neither waits nor ends")
        second.result()


def lines(world: World, event: str) -> int:
    with transaction(world.read) as session:
        return session.scalar(select(func.count()).where(journal.JournalLine.event == event)) or 0


def there(world: World, draft: Contribution) -> Contribution:
    with world.acting("amina") as (session, _):
        return session.get_one(Contribution, draft.id)


def extend(meeting: Meeting) -> Act:
    def act(session: WriteSession, actor: Actor) -> None:
        found = session.get_one(Meeting, meeting.id)
        found.contributions_due_at += timedelta(days=10)
        session.flush()
        late_submissions.recheck_late_contributions(session, actor, found)

    return act


def test_what_is_submitted_while_its_deadline_moves_is_measured_by_the_new_one(world: World) -> None:
    meeting = world.meeting(opens_in=11)
    draft = world.draft(meeting)

    def submit(session: WriteSession, actor: Actor) -> None:
        found = contributions.get_visible_contribution(session, actor, draft.id, lock=True)
        drafting.submit_contribution(
            session, actor, load_submission(session, found), version=found.version, grace=GRACE, accepts_lateness=True
        )

    at_once(world, ("ines", extend(meeting)), ("amina", submit))

    assert not there(world, draft).late


def test_what_is_taken_up_while_that_deadline_moves_is_measured_by_the_new_one(world: World) -> None:
    held, later = world.held(world.meeting(opens_in=5)), world.meeting(number=23, opens_in=11)

    def take_up(session: WriteSession, actor: Actor) -> None:
        found, at = session.get_one(Contribution, held.id), session.get_one(Meeting, later.id)
        late_submissions.take_up_held_contribution(session, actor, found, at, version=found.version)

    at_once(world, ("ines", extend(later)), ("daniel", take_up))

    assert not there(world, held).late


def test_two_delegates_of_a_state_support_a_document_at_once(world: World) -> None:
    _, document = world.registered(world.meeting())

    def support(session: WriteSession, actor: Actor) -> None:
        register.support_document(session, actor, session.get_one(Document, document.id))

    at_once(world, ("rafael", support), ("rafael", support))

    with world.acting("rafael") as (session, _):
        found = session.get_one(Document, document.id)
        assert [
            each.entity for each in documents.list_sponsors(session, documents.get_edition_in_force(session, found))
        ] == ["BRA"]


@pytest.mark.parametrize("required", [True, False])
def test_clearance_is_wanted_or_not_by_two_people_at_once(world: World, required: bool) -> None:
    place = EntityInBody(world.body().id, "KEN")

    def want(session: WriteSession, actor: Actor) -> None:
        cosponsors.set_clearance_requirement(session, actor, place, required=required)

    if not required:
        with world.acting("joseph") as (session, actor):
            cosponsors.set_clearance_requirement(session, actor, place, required=True)
    before = lines(world, "clearance:required")

    at_once(world, ("joseph", want), ("amina", want))

    with world.acting("amina") as (session, _):
        assert contributions.has_clearance_requirement(session, place.body_id, "KEN") is required
    assert lines(world, "clearance:required") == before + 1


def test_who_signed_first_for_a_state_stays_on_record(world: World) -> None:
    draft = world.asked(world.meeting(), "BRA")

    def signed() -> object:
        with world.acting("rafael") as (session, actor):
            found = session.get_one(Contribution, draft.id)
            cosponsors.sign_contribution(session, actor, found, version=found.version)
            return contributions.get_cosponsor(session, found, "BRA").answered_at

    assert signed() == signed()
    assert lines(world, "contribution:signature") == 2  # asked, and signed


def test_the_same_file_sent_again_is_no_other_text_and_came_when_it_came(world: World) -> None:
    draft = world.asked(world.meeting(), "BRA")
    with world.acting("rafael") as (session, actor):
        cosponsors.sign_contribution(
            session, actor, session.get_one(Contribution, draft.id), version=there(world, draft).version
        )
    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, draft.id)
        version, came = found.version, contributions.get_contribution_file(session, found, "en").received_at

        drafting.put_contribution_file(session, actor, found, world.file(), began_at=clock.now())

        assert (found.version, contributions.get_contribution_file(session, found, "en").received_at) == (version, came)
        assert contributions.get_cosponsor(session, found, "BRA").signs


def test_a_save_whose_answer_was_lost_is_sent_again_and_takes_nothing_away(world: World) -> None:
    draft = world.draft(world.meeting())
    wanted = ContributionCover(title="As saved", original="en", purpose="discussion")

    def save(cover: ContributionCover) -> int:
        with world.acting("amina") as (session, actor):
            found = session.get_one(Contribution, draft.id)
            drafting.save_draft_cover(session, actor, found, cover, version=draft.version)
            return found.version

    assert save(wanted) == save(wanted)
    with pytest.raises(Conflict, match="You saved"):
        save(wanted.model_copy(update={"title": "As typed since"}))
    assert there(world, draft).title == "As saved"
