"""Late contributions: held, taken up, reconsidered, and who decides on them."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from app.core.db import count_rows
from app.core.errors import Conflict, Forbidden, NotFound, Stale
from app.core.validation import ReasonInput
from app.domain.contributions.actions import cosponsors, drafting, late_submissions, registration
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.late_contributions import late_contributions_to_decide
from app.domain.contributions.queries.submissions import load_submission
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from tests.domain.test_cosponsors import make_cover, reload_draft
from tests.world import GRACE, World, record_rows


def test_a_held_contribution_is_taken_up_at_a_later_meeting(world: World) -> None:
    late_meeting, earlier, later = (
        world.meeting(opens_in=3),
        world.meeting(opens_in=1, number=21),
        world.meeting(number=23),
    )
    contribution = world.submitted(late_meeting)
    with world.acting("laurent") as (session, actor):
        stored_contribution = session.get_one(Contribution, contribution.id)
        late_submissions.hold_late_contribution(
            session,
            actor,
            stored_contribution,
            ReasonInput(reason="It came too late."),
            version=stored_contribution.version,
        )
    with world.acting("ines") as (session, actor):
        stored_contribution = session.get_one(Contribution, contribution.id)
        with pytest.raises(Conflict):
            registration.register_contribution(session, actor, stored_contribution, version=stored_contribution.version)
        with pytest.raises(NotFound):
            late_submissions.take_up_held_contribution(
                session,
                actor,
                stored_contribution,
                session.get_one(Meeting, earlier.id),
                version=stored_contribution.version,
            )
        late_submissions.take_up_held_contribution(
            session, actor, stored_contribution, session.get_one(Meeting, later.id), version=stored_contribution.version
        )
        document = registration.register_contribution(
            session, actor, stored_contribution, version=stored_contribution.version
        )

    assert document.symbol == "CWG-Internet 23/1"


Decision = Callable[[World, str, int], None]


def _accept(world: World, key: str, behind: int) -> None:
    contribution = world.submitted(world.meeting(opens_in=3))
    with world.acting(key) as (session, actor):
        stored_contribution = session.get_one(Contribution, contribution.id)
        late_submissions.accept_late_contribution(
            session,
            actor,
            stored_contribution,
            ReasonInput(reason="Fog."),
            version=stored_contribution.version - behind,
        )


def _hold(world: World, key: str, behind: int) -> None:
    contribution = world.submitted(world.meeting(opens_in=3))
    with world.acting(key) as (session, actor):
        stored_contribution = session.get_one(Contribution, contribution.id)
        late_submissions.hold_late_contribution(
            session,
            actor,
            stored_contribution,
            ReasonInput(reason="Too late."),
            version=stored_contribution.version - behind,
        )


def _take_up(world: World, key: str, behind: int) -> None:
    contribution = world.held(world.meeting(opens_in=3))
    later = world.meeting(number=23)
    with world.acting(key) as (session, actor):
        stored_contribution = session.get_one(Contribution, contribution.id)
        late_submissions.take_up_held_contribution(
            session,
            actor,
            stored_contribution,
            session.get_one(Meeting, later.id),
            version=stored_contribution.version - behind,
        )


def _send_back(world: World, key: str, behind: int) -> None:
    contribution = world.submitted(world.meeting())
    with world.acting(key) as (session, actor):
        stored_contribution = session.get_one(Contribution, contribution.id)
        registration.return_contribution(
            session,
            actor,
            stored_contribution,
            ReasonInput(reason="It is empty."),
            version=stored_contribution.version - behind,
        )


@pytest.mark.parametrize(
    ("decide", "who"),
    [(_accept, "laurent"), (_hold, "laurent"), (_take_up, "ines"), (_send_back, "ines")],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_decision_on_an_outdated_version_is_refused(world: World, decide: Decision, who: str) -> None:
    with pytest.raises(Stale):
        decide(world, who, 1)


def test_a_contribution_taken_up_needs_a_new_decision_and_has_no_item(world: World) -> None:
    meeting, later = world.meeting(opens_in=3), world.meeting(number=23)
    item = world.item(meeting)
    world.agenda_released(meeting)
    with world.acting("amina") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        contribution = drafting.create_draft_contribution(session, actor, there, make_cover(item=item.id), key=uuid4())
        drafting.put_contribution_file(session, actor, contribution, world.file(), began_at=contribution.drafted_at)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=True,
        )
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Contribution, contribution.id)
        late_submissions.hold_late_contribution(
            session, actor, there, ReasonInput(reason="Too late."), version=there.version
        )
        held = there.version
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, contribution.id)
        late_submissions.take_up_held_contribution(
            session, actor, there, session.get_one(Meeting, later.id), version=held
        )

    assert (there.meeting_id, there.item_id, there.late, there.version) == (later.id, None, False, held + 1)


def test_a_held_contribution_is_not_taken_up_at_a_past_meeting(world: World) -> None:
    contribution = world.held(world.meeting(opens_in=-9))
    past, last_day, coming = (world.meeting(opens_in=days, number=30 + days) for days in (-3, -2, 20))

    def take_up(meeting: Meeting) -> None:
        with world.acting("ines") as (session, actor):
            stored_contribution = session.get_one(Contribution, contribution.id)
            late_submissions.take_up_held_contribution(
                session,
                actor,
                stored_contribution,
                session.get_one(Meeting, meeting.id),
                version=stored_contribution.version,
            )

    with world.acting("ines") as (session, actor):
        offered = meetings.list_later_meetings(session, actor, session.get_one(Meeting, contribution.meeting_id))
        assert [each.id for each in offered] == [last_day.id, coming.id]
    with pytest.raises(Conflict, match="This meeting has ended"):
        take_up(past)
    take_up(last_day)
    assert reload_draft(world, contribution).meeting_id == last_day.id


def test_a_held_contribution_is_not_taken_up_at_its_own_meeting_or_in_another_body(world: World) -> None:
    meeting = world.meeting(opens_in=3)
    world.seat("ines", "secretary", body="wg-wsis")
    elsewhere = world.meeting(number=23, body="wg-wsis")
    contribution = world.held(meeting)

    for place in (meeting, elsewhere):
        with world.acting("ines") as (session, actor), pytest.raises(NotFound):
            stored_contribution = session.get_one(Contribution, contribution.id)
            late_submissions.take_up_held_contribution(
                session,
                actor,
                stored_contribution,
                session.get_one(Meeting, place.id),
                version=stored_contribution.version,
            )


def test_a_moved_deadline_reconsiders_only_contributions_waiting_at_that_meeting(world: World) -> None:
    meeting, other = world.meeting(opens_in=3), world.meeting(opens_in=4, number=23)
    waiting, accepted, returned, held, of_other = (world.submitted(place) for place in [meeting] * 4 + [other])
    with world.acting("laurent") as (session, actor):
        one, another = (session.get_one(Contribution, each.id) for each in (accepted, held))
        late_submissions.accept_late_contribution(session, actor, one, ReasonInput(reason="Fog."), version=one.version)
        late_submissions.hold_late_contribution(
            session, actor, another, ReasonInput(reason="Too late."), version=another.version
        )
    with world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, returned.id)
        registration.return_contribution(
            session, actor, contribution, ReasonInput(reason="It is empty."), version=contribution.version
        )

    def late_after(deadline: timedelta) -> list[bool]:
        with world.acting("ines") as (session, actor):
            record_rows(session)
            stored_meeting = session.get_one(Meeting, meeting.id)
            stored_meeting.contributions_due_at = waiting.submitted_at + deadline
            late_submissions.recheck_late_contributions(session, actor, stored_meeting)
        return [reload_draft(world, each).late for each in (waiting, accepted, returned, held, of_other)]

    assert late_after(-timedelta(seconds=10)) == [True, True, True, True, True]
    assert late_after(timedelta(hours=1)) == [False, True, True, True, True]


def test_a_contribution_submitted_again_is_late_again_although_it_was_accepted(world: World) -> None:
    contribution = world.submitted(world.meeting(opens_in=3))
    with world.acting("laurent") as (session, actor):
        stored_contribution = session.get_one(Contribution, contribution.id)
        late_submissions.accept_late_contribution(
            session, actor, stored_contribution, ReasonInput(reason="Fog."), version=stored_contribution.version
        )
    with world.acting("ines") as (session, actor):
        stored_contribution = session.get_one(Contribution, contribution.id)
        registration.return_contribution(
            session, actor, stored_contribution, ReasonInput(reason="It is empty."), version=stored_contribution.version
        )
    with world.acting("amina") as (session, actor):
        stored_contribution = session.get_one(Contribution, contribution.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, stored_contribution),
            version=stored_contribution.version,
            grace=GRACE,
            accepts_lateness=True,
        )

    with world.acting("ines") as (session, actor), pytest.raises(Conflict, match="was submitted late"):
        stored_contribution = session.get_one(Contribution, contribution.id)
        registration.register_contribution(session, actor, stored_contribution, version=stored_contribution.version)


def test_the_chair_does_not_hold_a_contribution_of_their_own_state(world: World) -> None:
    world.seat("amina", "chair")
    contribution = world.submitted(world.meeting(opens_in=3))

    with world.acting("amina") as (session, actor), pytest.raises(Forbidden):
        stored_contribution = session.get_one(Contribution, contribution.id)
        late_submissions.hold_late_contribution(
            session,
            actor,
            stored_contribution,
            ReasonInput(reason="It came too late."),
            version=stored_contribution.version,
        )


@pytest.mark.parametrize(
    "decide",
    [late_submissions.accept_late_contribution, late_submissions.hold_late_contribution],
    ids=["accept", "hold"],
)
def test_a_chair_whose_state_is_asked_to_sign_does_not_decide_until_it_declined(
    world: World, decide: Callable[..., None]
) -> None:
    world.seat("laurent", "delegate")
    draft = world.asked(world.meeting(opens_in=3), "CHE")

    def submit() -> None:
        with world.acting("amina") as (session, actor):
            stored_contribution = session.get_one(Contribution, draft.id)
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, stored_contribution),
                version=stored_contribution.version,
                grace=GRACE,
                accepts_lateness=True,
            )

    def decided(who: str) -> None:
        with world.acting(who) as (session, actor):
            contribution = contributions.get_visible_contribution(session, actor, draft.id)
            decide(session, actor, contribution, ReasonInput(reason="Fog."), version=contribution.version)

    def waits_for(who: str) -> bool:
        with world.acting(who) as (session, actor):
            return count_rows(session, late_contributions_to_decide(actor)) == 1

    submit()
    assert (waits_for("laurent"), waits_for("layla")) == (False, True)
    with pytest.raises(Forbidden, match="This originates from your own delegation"):
        decided("laurent")
    with world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        registration.return_contribution(
            session, actor, contribution, ReasonInput(reason="It is empty."), version=contribution.version
        )
    with world.acting("laurent") as (session, actor):
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))
    submit()
    assert (waits_for("laurent"), waits_for("layla")) == (True, True)
    decided("laurent")
    assert (waits_for("laurent"), waits_for("layla")) == (False, False)


def test_a_form_sent_again_saves_the_later_input(world: World) -> None:
    meeting, key = world.meeting(), uuid4()

    def send(title: str, version: int | None) -> Contribution:
        with world.acting("amina") as (session, actor):
            stored_meeting = session.get_one(Meeting, meeting.id)
            return drafting.create_draft_contribution(
                session, actor, stored_meeting, make_cover(title), key=key, version=version
            )

    assert send("Fir", None).version == 1
    assert send("First keystrokes", 1).version == 2
    assert send("First keystrokes", 1).version == 2
    with pytest.raises(Stale):
        send("From another window", 1)
    assert reload_draft(world, send("First keystrokes", 2)).title == "First keystrokes"
