"""Concurrent and repeated actions: both succeed, and neither answer is untrue."""

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
from app.domain.contributions.queries import contributions, submissions
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents.actions import relations
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from tests.waiting import is_lock_waiting, wait_until
from tests.world import GRACE, World, record_rows

Act = Callable[[WriteSession, Actor], object]


def run_overlapping(world: World, first: tuple[str, Act], later: tuple[str, Act]) -> None:
    """Start the second act when the first has done everything but its commit; both have to end."""

    def run_second() -> None:
        with world.acting(later[0]) as (session, actor):
            later[1](session, actor)

    with ThreadPoolExecutor(1) as pool:
        with world.acting(first[0]) as (session, actor):
            record_rows(session)
            first[1](session, actor)
            session.flush()
            second: Future[None] = pool.submit(run_second)
            with world.read() as observer:
                wait_until(lambda: second.done() or is_lock_waiting(observer), "the second neither waits nor ends")
        second.result()


def count_lines(world: World, event: str) -> int:
    with transaction(world.read) as session:
        return session.scalar(select(func.count()).where(journal.JournalLine.event == event)) or 0


def reload_draft(world: World, draft: Contribution) -> Contribution:
    with world.acting("amina") as (session, _):
        return session.get_one(Contribution, draft.id)


def move_deadline(meeting: Meeting) -> Act:
    def act(session: WriteSession, actor: Actor) -> None:
        stored_meeting = session.get_one(Meeting, meeting.id)
        stored_meeting.contributions_due_at += timedelta(days=10)
        session.flush()
        late_submissions.recheck_late_contributions(session, actor, stored_meeting)

    return act


def test_a_submission_during_a_move_of_the_deadline_is_measured_by_the_new_one(world: World) -> None:
    meeting = world.meeting(opens_in=11)
    draft = world.draft(meeting)

    def submit(session: WriteSession, actor: Actor) -> None:
        locked_draft = contributions.get_visible_contribution(session, actor, draft.id, lock=True)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, locked_draft),
            version=locked_draft.version,
            grace=GRACE,
            accepts_lateness=True,
        )

    run_overlapping(world, ("ines", move_deadline(meeting)), ("amina", submit))

    assert not reload_draft(world, draft).late


def test_a_contribution_taken_up_during_a_move_of_the_deadline_is_measured_by_the_new_one(world: World) -> None:
    held, later = world.held(world.meeting(opens_in=5)), world.meeting(number=23, opens_in=11)

    def take_up(session: WriteSession, actor: Actor) -> None:
        contribution, at = session.get_one(Contribution, held.id), session.get_one(Meeting, later.id)
        late_submissions.take_up_held_contribution(session, actor, contribution, at, version=contribution.version)

    run_overlapping(world, ("ines", move_deadline(later)), ("daniel", take_up))

    assert not reload_draft(world, held).late


def test_two_delegates_of_one_state_support_a_document_at_once(world: World) -> None:
    _, document = world.registered(world.meeting())

    def support(session: WriteSession, actor: Actor) -> None:
        relations.support_document(session, actor, session.get_one(Document, document.id))

    run_overlapping(world, ("rafael", support), ("rafael", support))

    with world.acting("rafael") as (session, _):
        stored_document = session.get_one(Document, document.id)
        assert [
            each.entity
            for each in documents.list_sponsors(session, documents.get_edition_in_force(session, stored_document))
        ] == ["BRA"]


@pytest.mark.parametrize("required", [True, False])
def test_two_people_set_the_clearance_requirement_at_once(world: World, required: bool) -> None:
    place = EntityInBody(world.body().id, "KEN")

    def want(session: WriteSession, actor: Actor) -> None:
        cosponsors.set_clearance_requirement_of_state(session, actor, place, required=required)

    if not required:
        with world.acting("joseph") as (session, actor):
            cosponsors.set_clearance_requirement_of_state(session, actor, place, required=True)
    before = count_lines(world, "clearance:required")

    run_overlapping(world, ("joseph", want), ("amina", want))

    with world.acting("amina") as (session, _):
        assert submissions.has_clearance_requirement(session, place.body_id, "KEN") is required
    assert count_lines(world, "clearance:required") == before + 1


def test_the_first_signatory_of_a_state_stays_on_record(world: World) -> None:
    draft = world.asked(world.meeting(), "BRA")

    def signed() -> object:
        with world.acting("rafael") as (session, actor):
            contribution = session.get_one(Contribution, draft.id)
            cosponsors.sign_contribution(session, actor, contribution, version=contribution.version)
            return contributions.get_cosponsor(session, contribution, "BRA").answered_at

    assert signed() == signed()
    assert count_lines(world, "contribution:signature") == 2  # asked, and signed


def test_an_identical_file_sent_again_keeps_text_and_time(world: World) -> None:
    draft = world.asked(world.meeting(), "BRA")
    with world.acting("rafael") as (session, actor):
        cosponsors.sign_contribution(
            session, actor, session.get_one(Contribution, draft.id), version=reload_draft(world, draft).version
        )
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        version, came = (
            contribution.version,
            contributions.get_contribution_file(session, contribution, "en").received_at,
        )

        drafting.put_contribution_file(session, actor, contribution, world.file(), began_at=clock.now())

        assert (contribution.version, contributions.get_contribution_file(session, contribution, "en").received_at) == (
            version,
            came,
        )
        assert contributions.get_cosponsor(session, contribution, "BRA").signs


def test_a_repeated_save_after_a_lost_answer_loses_nothing(world: World) -> None:
    draft = world.draft(world.meeting())
    wanted = ContributionCover(title="As saved", original="en", purpose="discussion")

    def save(cover: ContributionCover) -> int:
        with world.acting("amina") as (session, actor):
            contribution = session.get_one(Contribution, draft.id)
            drafting.save_draft_cover(session, actor, contribution, cover, version=draft.version)
            return contribution.version

    assert save(wanted) == save(wanted)
    with pytest.raises(Conflict, match="You saved"):
        save(wanted.model_copy(update={"title": "As typed since"}))
    assert reload_draft(world, draft).title == "As saved"
