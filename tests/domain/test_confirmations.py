"""What the secretariat submits in the name of a State: who confirms it, and what is registered without."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import event, select, update

from app.core import clock
from app.core.db import WriteSession, transaction
from app.core.errors import Conflict, Forbidden, NotFound, Stale
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies.models import Accreditation
from app.domain.bodies.queries.seats import is_represented, list_actors, select_people_with_seats
from app.domain.bodies.rules import EntityInBody
from app.domain.contributions.actions import confirmations, cosponsors, drafting, late_submissions, registration
from app.domain.contributions.inputs import ContributionCover, CosponsorInvitation
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries import contributions, own_lists
from app.domain.contributions.queries.submissions import load_submission
from app.domain.contributions.rules import permissions as rules
from app.domain.documents.actions import registration as register_of_documents
from app.domain.documents.inputs import EditionContent, NewEdition
from app.domain.documents.models import Document, Edition, EditionStep
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.receipts import queries as receipts
from app.domain.receipts.models import Receipt, ReceiptKind
from tests.world import GRACE, PLAYERS, World, record_rows

BECAUSE = ReasonInput(reason="Our ministry has not seen it.")


def register(world: World, waiting: Contribution, *, by: str = "daniel") -> Document:
    with world.acting(by) as (session, actor):
        contribution = contributions.get_visible_contribution(session, actor, waiting.id)
        return registration.register_contribution(session, actor, contribution, version=contribution.version)


def confirm(world: World, waiting: Contribution, *, by: str = "amina") -> Contribution:
    with world.acting(by) as (session, actor):
        contribution = contributions.get_visible_contribution(session, actor, waiting.id)
        confirmations.confirm_contribution(session, actor, contribution, version=contribution.version)
        return contribution


def submit_again(world: World, waiting: Contribution, *, by: str) -> None:
    with world.acting(by) as (session, actor):
        contribution = contributions.get_visible_contribution(session, actor, waiting.id)
        drafting.recall_contribution(session, actor, contribution, version=contribution.version)
        submission, version = load_submission(session, contribution), contribution.version
        drafting.submit_contribution(session, actor, submission, version=version, grace=GRACE, accepts_lateness=True)


def list_events(world: World, contribution: Contribution) -> list[str]:
    about = JournalLine.facts["contribution"].astext == str(contribution.id)
    with transaction(world.read) as session:
        return list(session.scalars(select(JournalLine.event).where(about).order_by(JournalLine.seq)))


def end_seats(world: World, entity: str) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(update(Accreditation).where(Accreditation.entity == entity).values(ended_at=clock.now()))


def forget_confirmations(world: World) -> None:
    """Leave the columns as a portal of before the migration `state_confirmation` left them."""
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(update(Contribution).values(confirmed_by=None, confirmed_at=None))


def hold(world: World, waiting: Contribution) -> None:
    with world.acting("laurent") as (session, actor):
        contribution = session.get_one(Contribution, waiting.id)
        late_submissions.hold_late_contribution(session, actor, contribution, BECAUSE, version=contribution.version)


def take_up(world: World, waiting: Contribution, meeting: Meeting) -> Contribution:
    with world.acting("ines") as (session, actor):
        contribution, later = session.get_one(Contribution, waiting.id), session.get_one(Meeting, meeting.id)
        version = contribution.version
        late_submissions.take_up_held_contribution(session, actor, contribution, later, version=version)
        return contribution


def list_tasks(world: World, who: str) -> list[Contribution]:
    with world.acting(who) as (session, actor):
        return list(session.scalars(own_lists.contributions_to_confirm(actor)))


@pytest.mark.parametrize("who", ["amina", "wambui", "joseph"])
def test_head_delegate_or_focal_point_of_the_state_confirms_what_is_then_registered_as_its_own(
    world: World, who: str
) -> None:
    world.seat("wambui", "delegate")
    waiting = world.submitted_for(world.meeting())
    assert [each.id for each in list_tasks(world, who)] == [waiting.id]
    with pytest.raises(Conflict, match="must confirm it first"):
        register(world, waiting)

    confirmed = confirm(world, waiting, by=who)

    assert (confirmed.confirmed_by, list_tasks(world, who)) == (world.actor(who).person, [])
    document = register(world, waiting)
    assert (document.entity, document.symbol, document.at_request) == ("KEN", "CWG-Internet 22/1", None)
    assert list_events(world, waiting)[-4:] == [
        "contribution:submitted",
        "contribution:confirmation-requested",
        "contribution:confirmed",
        "contribution:registered",
    ]


def test_confirming_gives_a_receipt_that_the_registration_names(world: World) -> None:
    waiting = world.submitted_for(world.meeting())
    confirm(world, waiting)
    register(world, waiting)

    with transaction(world.read) as session:
        found = receipts.list_receipts(session, waiting.id)
        assert [each.kind for each in found] == [
            ReceiptKind.DEPOSIT,
            ReceiptKind.CONFIRMATION,
            ReceiptKind.REGISTRATION,
        ]
        assert found[1].person_id == world.actor("amina").person
        assert f'"sha256":"{found[0].digest}"' in found[1].statement
        assert f'"confirmation":{{"receipt":"{found[1].id}","sha256":"{found[1].digest}"}}' in found[2].statement


def test_a_registration_does_not_name_the_confirmation_of_an_earlier_text(world: World) -> None:
    waiting = world.submitted_for(world.meeting())
    confirm(world, waiting)
    submit_again(world, waiting, by="amina")
    register(world, waiting)

    with transaction(world.read) as session:
        _, _, deposit, registration = receipts.list_receipts(session, waiting.id)
        assert (deposit.kind, registration.kind) == (ReceiptKind.DEPOSIT, ReceiptKind.REGISTRATION)
        assert f'"deposit":{{"receipt":"{deposit.id}","sha256":"{deposit.digest}"}}' in registration.statement
        assert '"confirmation"' not in registration.statement


def test_only_the_state_itself_confirms_or_declines(world: World) -> None:
    waiting = world.submitted_for(world.meeting())

    for who in sorted(PLAYERS.keys() - {"amina", "joseph"}):
        with world.acting(who) as (session, actor):
            contribution = session.get_one(Contribution, waiting.id)
            with pytest.raises(Forbidden):
                confirmations.confirm_contribution(session, actor, contribution, version=contribution.version)
            with pytest.raises(Forbidden):
                confirmations.decline_to_confirm(session, actor, contribution, BECAUSE, version=contribution.version)
    assert confirm(world, waiting).confirmed_by == world.actor("amina").person


def test_a_state_confirms_exactly_the_version_that_it_read_and_once(world: World) -> None:
    waiting = world.submitted_for(world.meeting())

    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, waiting.id)
        with pytest.raises(Stale):
            confirmations.confirm_contribution(session, actor, contribution, version=contribution.version - 1)
    confirm(world, waiting)
    with pytest.raises(Conflict, match="already confirmed it"):
        confirm(world, waiting, by="joseph")


def test_confirming_twice_gives_one_receipt_as_long_as_the_confirmation_counts(world: World) -> None:
    waiting = world.submitted_for(world.meeting())

    def confirm_as_submitted() -> Receipt:
        with world.acting("amina") as (session, actor):
            contribution = session.get_one(Contribution, waiting.id)
            return confirmations.confirm_contribution(session, actor, contribution, version=waiting.version)

    assert confirm_as_submitted().id == confirm_as_submitted().id
    assert list_events(world, waiting).count("contribution:confirmed") == 1
    submit_again(world, waiting, by="ines")
    with pytest.raises(Stale):
        confirm_as_submitted()


def test_what_the_state_declines_is_returned_with_its_reason_and_waits_again_once_it_is_submitted(world: World) -> None:
    waiting = world.submitted_for(world.meeting())
    with world.acting("joseph") as (session, actor):
        contribution = contributions.get_visible_contribution(session, actor, waiting.id)
        confirmations.decline_to_confirm(session, actor, contribution, BECAUSE, version=contribution.version)

    with world.acting("ines") as (session, actor):
        returned = contributions.get_visible_contribution(session, actor, waiting.id)
        assert (returned.status, returned.returned_because) == (ContributionStatus.RETURNED, BECAUSE.reason)
        assert returned.confirmation_declined_by == world.actor("joseph").person
        with pytest.raises(Conflict):
            registration.register_contribution(session, actor, returned, version=returned.version)
        submission, version = load_submission(session, returned), returned.version
        drafting.submit_contribution(session, actor, submission, version=version, grace=GRACE, accepts_lateness=False)
        assert (returned.confirmed_by, returned.confirmation_declined_by) == (None, None)
    assert [each.id for each in list_tasks(world, "amina")] == [waiting.id]


def test_a_text_that_was_changed_after_its_confirmation_is_confirmed_again(world: World) -> None:
    waiting = world.submitted_for(world.meeting())
    confirm(world, waiting)

    submit_again(world, waiting, by="ines")

    with pytest.raises(Conflict, match="must confirm it first"):
        register(world, waiting)


@pytest.mark.parametrize("is_held", [False, True])
def test_the_secretariat_changes_nothing_of_what_a_state_confirmed(world: World, *, is_held: bool) -> None:
    """It has to take it back first; and what is registered is not taken up at another meeting."""
    waiting, later = world.submitted_for(world.meeting(opens_in=0)), world.meeting(number=23)
    confirm(world, waiting)
    if is_held:
        hold(world, waiting)
    cover = ContributionCover(title="Another title", original="en", purpose="discussion")

    def change_all(contribution: Contribution, session: WriteSession, actor: Actor) -> Iterator[Callable[[], object]]:
        version = contribution.version
        yield partial(drafting.save_draft_cover, session, actor, contribution, cover, version=version)
        new = world.file("en", "Another text.")
        yield partial(drafting.put_contribution_file, session, actor, contribution, new, began_at=clock.now())
        yield partial(drafting.remove_contribution_file, session, actor, contribution, "en")
        invitation = CosponsorInvitation(entity="BRA")
        yield partial(cosponsors.invite_cosponsor, session, actor, contribution, invitation)
        if not is_held:
            meeting = session.get_one(Meeting, later.id)
            act = late_submissions.take_up_held_contribution
            yield partial(act, session, actor, contribution, meeting, version=version)

    with world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, waiting.id)
        for change in change_all(contribution, session, actor):
            with pytest.raises(Conflict):
                change()
    if is_held:
        return
    with world.acting("laurent") as (session, actor):
        contribution = session.get_one(Contribution, waiting.id)
        version = contribution.version
        late_submissions.accept_late_contribution(session, actor, contribution, BECAUSE, version=version)
    register(world, waiting)
    with pytest.raises(Conflict, match="not held for a later meeting"):
        take_up(world, waiting, later)


def test_what_is_taken_up_at_another_meeting_is_confirmed_again_for_that_one(world: World) -> None:
    waiting, later = world.submitted_for(world.meeting(opens_in=0)), world.meeting(number=23)
    confirm(world, waiting)
    hold(world, waiting)
    assert list_tasks(world, "amina") == []

    taken = take_up(world, waiting, later)

    assert (taken.confirmed_by, taken.confirmed_at) == (None, None)
    assert list_events(world, waiting)[-3:] == [
        "contribution:taken-up",
        "contribution:confirmation-voided",
        "contribution:confirmation-requested",
    ]
    assert [each.id for each in list_tasks(world, "joseph")] == [waiting.id]
    with pytest.raises(Conflict, match="must confirm it first"):
        register(world, waiting)
    confirm(world, waiting, by="joseph")
    assert register(world, waiting).symbol == "CWG-Internet 23/1"
    with transaction(world.read) as session:
        _, first, second, registration = receipts.list_receipts(session, waiting.id)
        assert (first.kind, second.kind) == (ReceiptKind.CONFIRMATION, ReceiptKind.CONFIRMATION)
        numbers = [json.loads(each.statement)["meeting"]["number"] for each in (first, second, registration)]
        assert numbers == [22, 23, 23]
        assert json.loads(registration.statement)["confirmation"]["receipt"] == str(second.id)


def test_what_waits_for_its_state_and_is_taken_up_is_not_requested_twice(world: World) -> None:
    waiting, later = world.submitted_for(world.meeting(opens_in=0)), world.meeting(number=23)
    hold(world, waiting)

    take_up(world, waiting, later)

    assert list_events(world, waiting).count("contribution:confirmation-requested") == 1
    with pytest.raises(Conflict, match="must confirm it first"):
        register(world, waiting)


def test_what_is_taken_up_once_the_last_seat_of_the_state_ended_is_registered_at_its_request(world: World) -> None:
    """It confirmed it for another meeting, and no one can be asked about this one."""
    waiting, later = world.submitted_for(world.meeting(opens_in=0)), world.meeting(number=23)
    confirm(world, waiting)
    hold(world, waiting)
    end_seats(world, "KEN")

    take_up(world, waiting, later)

    assert list_events(world, waiting)[-1] == "contribution:confirmation-voided"
    assert register(world, waiting).at_request


@pytest.mark.parametrize("has_note", [True, False])
def test_what_the_state_submitted_itself_is_taken_up_like_what_it_wrote_itself(world: World, *, has_note: bool) -> None:
    """The State takes it back if it does not want it there. A portal of before did not note such a submission."""
    meeting, later = world.meeting(opens_in=0), world.meeting(number=23)
    waiting, own = world.submitted_for(meeting), world.submitted(meeting, by="amina")
    submit_again(world, waiting, by="amina")
    if not has_note:
        forget_confirmations(world)
    for each in (waiting, own):
        hold(world, each)
        take_up(world, each, later)

    with transaction(world.read) as session:
        confirmed_by = world.actor("amina").person if has_note else None
        assert session.get_one(Contribution, waiting.id).confirmed_by == confirmed_by
    assert list_tasks(world, "amina") == []
    assert list_events(world, waiting)[-1] == "contribution:taken-up"
    assert [register(world, each).at_request for each in (waiting, own)] == [None, None]


def test_a_confirmation_from_before_the_last_submission_does_not_count(world: World) -> None:
    """A portal of the version before leaves it when it submits the next text."""
    waiting = world.submitted_for(world.meeting())
    confirm(world, waiting)
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(update(Contribution).values(submitted_at=clock.now()))

    assert [each.id for each in list_tasks(world, "amina")] == [waiting.id]
    with pytest.raises(Conflict, match="must confirm it first"):
        register(world, waiting)
    confirm(world, waiting)
    assert register(world, waiting).at_request is None


def test_a_confirmation_counts_though_the_clock_was_set_back(world: World) -> None:
    waiting = world.submitted_for(world.meeting())
    with clock.shifted_clock(timedelta(seconds=-5)):
        confirm(world, waiting)

    assert register(world, waiting).at_request is None


def test_what_a_delegate_submits_of_a_text_that_the_secretariat_wrote_needs_no_other_confirmation(world: World) -> None:
    waiting = world.submitted_for(world.meeting())
    submit_again(world, waiting, by="amina")

    assert register(world, waiting).at_request is None


@pytest.mark.parametrize("is_represented", [True, False])
def test_what_the_state_submitted_before_there_were_confirmations_does_not_wait(
    world: World, is_represented: bool
) -> None:
    waiting = world.submitted_for(world.meeting())
    submit_again(world, waiting, by="amina")
    forget_confirmations(world)
    if not is_represented:
        end_seats(world, "KEN")

    assert list_tasks(world, "amina") == []
    with world.acting("amina") as (session, actor):
        assert not contributions.may_confirm(session, actor, session.get_one(Contribution, waiting.id))
    assert register(world, waiting).at_request is None


def test_what_the_state_submitted_is_neither_confirmed_nor_declined_afterwards(world: World) -> None:
    waiting = world.submitted_for(world.meeting())
    submit_again(world, waiting, by="amina")
    forget_confirmations(world)

    with pytest.raises(Conflict, match="already confirmed it"):
        confirm(world, waiting)
    with pytest.raises(Conflict, match="already confirmed it"), world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, waiting.id)
        because = ReasonInput(reason="Not ours.")
        confirmations.decline_to_confirm(session, actor, contribution, because, version=contribution.version)
    assert register(world, waiting).at_request is None


@pytest.mark.parametrize(("by", "awaits_state"), [("ines", True), ("amina", False)])
def test_who_submitted_it_is_read_once(world: World, by: str, awaits_state: bool) -> None:
    waiting = world.submitted_for(world.meeting())
    submit_again(world, waiting, by=by)
    forget_confirmations(world)
    statements: list[str] = []
    with world.acting("daniel") as (session, actor):
        contribution = contributions.get_visible_contribution(session, actor, waiting.id)
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *details: statements.append(details[2]))
        submission = load_submission(session, contribution)

    assert (submission.awaits_state, submission.is_own_submission) == (awaits_state, not awaits_state)
    assert sum("journal_line" in each for each in statements) == 1


def test_what_the_secretariat_submitted_after_the_state_waits_as_before(world: World) -> None:
    waiting = world.submitted_for(world.meeting())
    submit_again(world, waiting, by="amina")
    submit_again(world, waiting, by="ines")
    forget_confirmations(world)

    assert [each.id for each in list_tasks(world, "amina")] == [waiting.id]
    with pytest.raises(Conflict, match="must confirm it first"):
        register(world, waiting)


def test_where_the_head_clears_what_the_state_submits_the_head_alone_confirms(world: World) -> None:
    world.seat("wambui", "delegate")
    waiting = world.submitted_for(world.meeting())
    with world.acting("joseph") as (session, actor):
        place = EntityInBody(waiting.body_id, "KEN")
        cosponsors.set_clearance_requirement_of_state(session, actor, place, required=True)

    for who in ("wambui", "joseph"):
        with pytest.raises(Conflict, match="Only the head of delegation can confirm"):
            confirm(world, waiting, by=who)
    assert confirm(world, waiting).confirmed_at


def test_without_anybody_of_the_state_it_is_registered_at_its_request(world: World) -> None:
    waiting = world.submitted_for(world.meeting(), "FRA")
    assert "contribution:confirmation-requested" not in list_events(world, waiting)

    document = register(world, waiting)

    assert (document.entity, document.at_request) == ("FRA", True)
    assert list_events(world, waiting)[-2:] == ["contribution:registered", "contribution:registered-at-request"]
    with transaction(world.read) as session:
        assert session.scalars(select(Edition.at_request).where(Edition.document_id == document.id)).all() == [True]
        assert '"at_request":true' in receipts.list_receipts(session, waiting.id)[-1].statement


def test_who_is_seated_while_it_waits_has_to_confirm_it(world: World) -> None:
    end_seats(world, "KEN")
    waiting = world.submitted_for(world.meeting())
    world.seat("wambui", "delegate")

    with pytest.raises(Conflict, match="must confirm it first"):
        register(world, waiting)
    confirm(world, waiting, by="wambui")
    assert register(world, waiting).at_request is None


def test_once_the_last_seat_of_the_state_ended_it_waits_no_more(world: World) -> None:
    waiting = world.submitted_for(world.meeting())
    with pytest.raises(Conflict, match="must confirm it first"):
        register(world, waiting)

    end_seats(world, "KEN")

    assert register(world, waiting).at_request


def test_the_query_and_the_rule_agree_on_who_can_confirm(world: World) -> None:
    """One after the other, each thing that a seat rests on ends, and is put back."""
    waiting = world.submitted_for(world.meeting(), "BRA")
    today = clock.now().date()
    ends = (
        (update(Accreditation).values(ended_at=clock.now()), update(Accreditation).values(ended_at=None)),
        (
            update(Accreditation).values(until_on=today - timedelta(days=1)),
            update(Accreditation).values(until_on=today),
        ),
        (
            update(Accreditation).values(from_on=today + timedelta(days=1), until_on=today + timedelta(days=1)),
            update(Accreditation).values(from_on=today, until_on=today),
        ),
        (
            update(Person).where(Person.entity == "BRA").values(entity="ARG"),
            update(Person).where(Person.entity == "ARG").values(entity="BRA"),
        ),
        (
            update(Person).where(Person.entity == "BRA").values(membership="sector_member"),  # not admitted here
            update(Person).where(Person.entity == "BRA").values(membership="member_state"),
        ),
    )

    def can_somebody() -> tuple[bool, bool]:
        with transaction(world.read) as session:
            actors: list[Actor] = list_actors(session, Person.id.in_(select_people_with_seats(waiting.body_id)))
            found = any(rules.CONFIRM.allows(actor, waiting) for actor in actors)
            return found, is_represented(session, waiting.body_id, "BRA")

    assert can_somebody() == (True, True)
    for ending, undoing in ends:
        for statement, expected in ((ending, False), (undoing, True)):
            with transaction(world.write) as session:
                record_rows(session)
                session.execute(statement)
            assert can_somebody() == (expected, expected)


def test_lateness_is_decided_when_the_secretariat_submits(world: World) -> None:
    in_time = world.submitted_for(world.meeting(opens_in=13))
    late = world.submitted_for(world.meeting(opens_in=0, number=21))

    with clock.shifted_clock(timedelta(days=2)):
        assert confirm(world, in_time).late is False
        assert confirm(world, late).late is True
        with pytest.raises(Conflict, match="was submitted late"):
            register(world, late)
        with world.acting("layla") as (session, actor):
            contribution = session.get_one(Contribution, late.id)
            late_submissions.accept_late_contribution(
                session, actor, contribution, BECAUSE, version=contribution.version
            )
        assert register(world, in_time).symbol == "CWG-Internet 22/1"
        assert register(world, late).symbol == "CWG-Internet 21/1"


def test_a_revision_by_the_state_itself_has_its_name_alone(world: World) -> None:
    document = register(world, world.submitted_for(world.meeting(), "FRA"))
    own = EditionContent(original="en", titles={"en": "A revised title"}, files=(world.file(),))

    with world.acting("ines") as (session, actor):
        stored = session.get_one(Document, document.id)
        register_of_documents.add_edition(session, actor, stored, NewEdition(step=EditionStep.REVISION, text=own))
        assert stored.at_request is None


def test_a_focal_point_sees_of_the_states_contributions_those_that_it_may_confirm(world: World) -> None:
    meeting = world.meeting()
    own, waiting = world.submitted(meeting), world.submitted_for(meeting)

    with world.acting("joseph") as (session, actor):
        assert contributions.get_visible_contribution(session, actor, waiting.id)
        with pytest.raises(NotFound):
            contributions.get_visible_contribution(session, actor, own.id)
