"""Several registered in one act: each a decision of its own, in the order in which they came in."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.core import clock, journal
from app.core.clamav import ScanState
from app.core.db import transaction
from app.core.errors import Conflict
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.domain.contributions.actions import bulk_registration, drafting
from app.domain.contributions.inputs import Because, ContributionCover, FollowUpTarget
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents.models import Document, EditionStep, SeriesCounter
from app.domain.meetings.models import Meeting
from app.domain.receipts.models import Receipt, ReceiptKind
from app.domain.scans.models import Scan
from app.record_verification import find_number_faults
from tests.document_history import withdrawn
from tests.world import GRACE, World


def chosen(*contributions: Contribution) -> dict[UUID, int]:
    """As the queue showed them."""
    return {each.id: each.version for each in contributions}


def registered(world: World, wanted: Mapping[UUID, int], *, by: str = "ines") -> None:
    with world.acting(by) as (session, actor):
        bulk_registration.register_contributions(session, actor, wanted)


def outcome(world: World, wanted: Mapping[UUID, int], *, by: str = "ines") -> tuple[list[str], list[str]]:
    """Titles with their symbols, and titles with what stands against them."""
    with world.acting(by) as (session, actor):
        given, refused = bulk_registration.list_registration_outcome(session, actor, wanted)
        return [f"{each.title}: {symbol}" for each, symbol in given], [
            f"{each.title}: {reason.translate('en') if reason else 'nothing'}" for each, reason in refused
        ]


def revision(world: World, meeting: Meeting, document: Document) -> Contribution:
    """A revision that was submitted."""
    cover = ContributionCover(title="A revision", original="en", purpose="discussion", note="What is new.")
    with world.acting("amina") as (session, actor):
        there = session.get_one(Document, document.id)
        place = session.get_one(Meeting, meeting.id)
        made = drafting.create_draft_contribution(
            session, actor, place, cover, key=uuid4(), following=FollowUpTarget(there, EditionStep.REVISION)
        )
        drafting.put_contribution_file(session, actor, made, world.file(), began_at=clock.now())
        drafting.submit_contribution(
            session, actor, load_submission(session, made), version=made.version, grace=GRACE, accepts_lateness=True
        )
        return made


def test_they_get_their_numbers_in_the_order_in_which_they_came_in(world: World) -> None:
    meeting = world.meeting()
    came = [world.submitted(meeting, title=f"Number {number}") for number in (1, 2, 3)]
    registered(world, chosen(*reversed(came)))

    given, refused = outcome(world, chosen(*came))

    assert given == [f"Number {number}: CWG-Internet 22/{number}" for number in (1, 2, 3)]
    assert refused == []
    with transaction(world.read) as session:
        receipts = select(func.count()).where(Receipt.kind == ReceiptKind.REGISTRATION)
        told = select(func.count()).where(JournalLine.event == "contribution:registered")
        assert (session.scalar(receipts), session.scalar(told)) == (3, 3)
        assert journal.find_journal_faults(session) == []


def test_what_is_refused_keeps_no_other_from_its_number_and_takes_none(world: World) -> None:
    meeting, late_meeting = world.meeting(), world.meeting(opens_in=3, number=21)
    _ignored, ended = world.registered(meeting)
    following = revision(world, meeting, ended)
    stale, late = world.submitted(meeting, title="Stale"), world.submitted(late_meeting, title="Late")
    waiting, fine = world.submitted(meeting, by="rafael", title="Unchecked"), world.submitted(meeting, title="Fine")
    gone = world.submitted(meeting, title="Returned meanwhile")
    wanted = chosen(following, stale, late, waiting, gone, fine) | {stale.id: stale.version - 1}
    withdrawn(world, ended)
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, gone.id)
        drafting.return_contribution(session, actor, there, Because(reason="It is empty."), version=there.version)
    registered(world, wanted)

    given, refused = outcome(world, wanted)

    assert given == ["Unchecked: CWG-Internet 22/2", "Fine: CWG-Internet 22/3"]
    assert refused == [
        "A revision: This document was withdrawn, or its number is void. Nothing of it is given out.",
        "Stale: This was changed after you opened the page. Look at it as it is now, then decide again.",
        "Late: It came late. The chair has to accept it first.",
    ]
    with transaction(world.read) as session:
        assert session.scalars(select(SeriesCounter.last)).all() == [3]
        assert list(find_number_faults(session)) == []


def test_what_awaits_the_virus_check_does_not_go_through(world: World) -> None:
    made = world.submitted(world.meeting(), title="Unchecked")
    with transaction(world.write) as session:
        session.add(Scan(sha256=world.file().sha256, state=ScanState.WAITING, asked_at=clock.now()))

    registered(world, chosen(made))

    assert outcome(world, chosen(made)) == ([], [])  # the secretariat does not see it before it is checked
    with transaction(world.read) as session:
        assert session.scalars(select(Document.symbol)).all() == []


def test_the_outcome_is_read_anew_and_the_act_sent_twice_changes_nothing(world: World) -> None:
    made, other = (world.submitted(world.meeting(number=number), title="Once") for number in (22, 23))
    wanted = chosen(made)
    registered(world, wanted)
    first = outcome(world, wanted)

    registered(world, wanted)

    assert outcome(world, wanted) == first == (["Once: CWG-Internet 22/1"], [])
    assert outcome(world, chosen(other)) == ([], ["Once: nothing"])


def test_nobody_but_a_secretary_registers_anything(world: World) -> None:
    made = world.submitted(world.meeting(), title="Of Kenya")

    for who in ("amina", "laurent", "olga", "chen"):
        registered(world, chosen(made), by=who)
        assert outcome(world, chosen(made), by=who) == ([], [])

    assert outcome(world, chosen(made)) == ([], ["Of Kenya: nothing"])


def test_two_secretaries_at_once_leave_no_gap_and_give_nothing_twice(world: World) -> None:
    meetings = [world.meeting(number=number) for number in (22, 23)]
    came = [world.submitted(meetings[number % 2], title=f"Number {number}") for number in range(6)]
    halves = (chosen(*came[:4]), chosen(*came[2:]))

    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda half, who: registered(world, half, by=who), halves, ("ines", "daniel")))

    given, refused = outcome(world, chosen(*came))
    assert refused == []
    assert sorted(line.rpartition(" ")[2] for line in given) == ["22/1", "22/2", "22/3", "23/1", "23/2", "23/3"]
    with transaction(world.read) as session:
        assert list(find_number_faults(session)) == []
        assert journal.find_journal_faults(session) == []


def test_acts_that_need_the_same_two_runs_of_numbers_take_turns(world: World) -> None:
    first, second = (world.meeting(number=number) for number in (22, 23))
    ways = [[world.submitted(place) for place in way] for way in ((first, second), (second, first))]
    both_have_one = Barrier(2)

    def one_after_the_other(way: list[Contribution], who: str) -> None:
        with world.acting(who) as (session, actor):
            bulk_registration.register_contributions(session, actor, chosen(way[0]))
            with suppress(BrokenBarrierError):  # who has to wait for their turn does not come here meanwhile
                both_have_one.wait(timeout=1)
            bulk_registration.register_contributions(session, actor, chosen(way[1]))

    with ThreadPoolExecutor() as pool:
        list(pool.map(one_after_the_other, ways, ("ines", "daniel")))

    assert len(outcome(world, chosen(*ways[0], *ways[1]))[0]) == 4


def test_a_part_that_fails_takes_back_what_it_changed_and_what_it_recorded(world: World) -> None:
    meeting = world.meeting()
    first, second = world.submitted(meeting, title="First"), world.submitted(meeting, title="Second")

    with world.acting("ines") as (session, actor):
        for made in (first, second):
            there = session.get_one(Contribution, made.id)
            try:
                with journal.savepoint(session):
                    drafting.register_contribution(session, actor, there, version=there.version)
                    if made is first:
                        raise Conflict(_("It is done, and on record."))
            except Conflict:
                continue
        waiting = select(func.count()).where(JournalLine.event == "contribution:registered")
        assert session.scalar(waiting) == 0  # the lines are for the very end

    assert outcome(world, chosen(first, second)) == (["Second: CWG-Internet 22/1"], ["First: nothing"])
    with transaction(world.read) as session:
        assert session.scalar(waiting) == 1
        assert journal.find_journal_faults(session) == []


def test_a_fault_undoes_all_of_it(world: World) -> None:
    made = world.submitted(world.meeting(), title="Once")

    with pytest.raises(RuntimeError), world.acting("ines") as (session, actor):
        bulk_registration.register_contributions(session, actor, chosen(made))
        raise RuntimeError("the power went")

    assert outcome(world, chosen(made)) == ([], ["Once: nothing"])
