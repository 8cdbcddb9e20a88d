"""Bulk registration: each document a decision of its own, in the order of submission."""

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
from app.core.validation import ReasonInput
from app.domain.contributions.actions import bulk_registration, drafting, registration
from app.domain.contributions.inputs import ContributionCover, FollowUpTarget
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents.models import Document, EditionStep, SeriesCounter
from app.domain.meetings.models import Meeting
from app.domain.receipts.models import Receipt, ReceiptKind
from app.record_verification.register import find_register_number_faults
from tests.document_history import withdraw_document
from tests.world import GRACE, World


def select_versions(*contributions: Contribution) -> dict[UUID, int]:
    """Return the versions as the queue showed them."""
    return {each.id: each.version for each in contributions}


def register(world: World, wanted: Mapping[UUID, int], *, by: str = "ines") -> None:
    with world.acting(by) as (session, actor):
        bulk_registration.register_contributions(session, actor, wanted)


def list_outcome(world: World, wanted: Mapping[UUID, int], *, by: str = "ines") -> tuple[list[str], list[str]]:
    """Return titles with their symbols, and titles with the reason for refusal."""
    with world.acting(by) as (session, actor):
        accepted, refused = bulk_registration.list_registration_outcome(session, actor, wanted)
        return [f"{each.title}: {symbol}" for each, symbol, _ in accepted], [
            f"{each.title}: {reason.translate('en') if reason else 'nothing'}" for each, reason in refused
        ]


def submit_revision(world: World, meeting: Meeting, document: Document) -> Contribution:
    """Submit a revision of a document."""
    cover = ContributionCover(title="A revision", original="en", purpose="discussion", note="What is new.")
    with world.acting("amina") as (session, actor):
        stored_document = session.get_one(Document, document.id)
        place = session.get_one(Meeting, meeting.id)
        contribution = drafting.create_draft_contribution(
            session, actor, place, cover, key=uuid4(), following=FollowUpTarget(stored_document, EditionStep.REVISION)
        )
        drafting.put_contribution_file(session, actor, contribution, world.file(), began_at=clock.now())
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=True,
        )
        return contribution


def test_numbers_are_given_in_the_order_of_submission(world: World) -> None:
    meeting = world.meeting()
    came = [world.submitted(meeting, title=f"Number {number}") for number in (1, 2, 3)]
    register(world, select_versions(*reversed(came)))

    accepted, refused = list_outcome(world, select_versions(*came))

    assert accepted == [f"Number {number}: CWG-Internet 22/{number}" for number in (1, 2, 3)]
    assert refused == []
    with transaction(world.read) as session:
        receipts = select(func.count()).where(Receipt.kind == ReceiptKind.REGISTRATION)
        registrations = select(func.count()).where(JournalLine.event == "contribution:registered")
        assert (session.scalar(receipts), session.scalar(registrations)) == (3, 3)
        assert journal.find_journal_faults(session) == []


def test_a_refused_contribution_takes_no_number_and_does_not_block_others(world: World) -> None:
    meeting, late_meeting = world.meeting(), world.meeting(opens_in=3, number=21)
    _ignored, ended = world.registered(meeting)
    following = submit_revision(world, meeting, ended)
    stale, late_contribution = world.submitted(meeting, title="Stale"), world.submitted(late_meeting, title="Late")
    waiting, valid = world.submitted(meeting, by="rafael", title="Unchecked"), world.submitted(meeting, title="Fine")
    returned = world.submitted(meeting, title="Returned meanwhile")
    wanted = select_versions(following, stale, late_contribution, waiting, returned, valid) | {
        stale.id: stale.version - 1
    }
    withdraw_document(world, ended)
    with world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, returned.id)
        registration.return_contribution(
            session, actor, contribution, ReasonInput(reason="It is empty."), version=contribution.version
        )
    register(world, wanted)

    accepted, refused = list_outcome(world, wanted)

    assert accepted == ["Unchecked: CWG-Internet 22/2", "Fine: CWG-Internet 22/3"]
    assert refused == [
        "A revision: This document was withdrawn, or its number is void. Its text is no longer available.",
        "Stale: This was changed after you opened the page. Review the current version, then decide again.",
        "Late: The contribution was submitted late. The chair must accept it first.",
    ]
    with transaction(world.read) as session:
        assert session.scalars(select(SeriesCounter.last)).all() == [3]
        assert list(find_register_number_faults(session)) == []


def test_a_contribution_waiting_for_its_virus_check_is_not_registered(world: World) -> None:
    contribution = world.submitted(world.meeting(), title="Unchecked")
    world.scanned(world.file().sha256, ScanState.WAITING)

    register(world, select_versions(contribution))

    assert list_outcome(world, select_versions(contribution)) == (
        [],
        [],
    )  # the secretariat does not see it before its virus check
    with transaction(world.read) as session:
        assert session.scalars(select(Document.symbol)).all() == []


def test_the_outcome_is_read_from_the_database_and_a_repeated_act_changes_nothing(world: World) -> None:
    submitted, other = (world.submitted(world.meeting(number=number), title="Once") for number in (22, 23))
    wanted = select_versions(submitted)
    register(world, wanted)
    first = list_outcome(world, wanted)

    register(world, wanted)

    assert list_outcome(world, wanted) == first == (["Once: CWG-Internet 22/1"], [])
    assert list_outcome(world, select_versions(other)) == ([], ["Once: nothing"])


def test_only_a_secretary_registers(world: World) -> None:
    contribution = world.submitted(world.meeting(), title="Of Kenya")

    for who in ("amina", "laurent", "olga", "chen"):
        register(world, select_versions(contribution), by=who)
        assert list_outcome(world, select_versions(contribution), by=who) == ([], [])

    assert list_outcome(world, select_versions(contribution)) == ([], ["Of Kenya: nothing"])


def test_two_concurrent_registrations_leave_no_gap_and_no_duplicate(world: World) -> None:
    meetings = [world.meeting(number=number) for number in (22, 23)]
    came = [world.submitted(meetings[number % 2], title=f"Number {number}") for number in range(6)]
    halves = (select_versions(*came[:4]), select_versions(*came[2:]))

    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda half, who: register(world, half, by=who), halves, ("ines", "daniel")))

    accepted, refused = list_outcome(world, select_versions(*came))
    assert refused == []
    assert sorted(line.rpartition(" ")[2] for line in accepted) == ["22/1", "22/2", "22/3", "23/1", "23/2", "23/3"]
    with transaction(world.read) as session:
        assert list(find_register_number_faults(session)) == []
        assert journal.find_journal_faults(session) == []


def test_acts_on_the_same_two_number_series_run_one_after_the_other(world: World) -> None:
    first, second = (world.meeting(number=number) for number in (22, 23))
    ways = [[world.submitted(place) for place in way] for way in ((first, second), (second, first))]
    both_have_one = Barrier(2)

    def one_after_the_other(way: list[Contribution], who: str) -> None:
        with world.acting(who) as (session, actor):
            bulk_registration.register_contributions(session, actor, select_versions(way[0]))
            with suppress(BrokenBarrierError):  # a caller that has to wait for the lock does not get here
                both_have_one.wait(timeout=1)
            bulk_registration.register_contributions(session, actor, select_versions(way[1]))

    with ThreadPoolExecutor() as pool:
        list(pool.map(one_after_the_other, ways, ("ines", "daniel")))

    assert len(list_outcome(world, select_versions(*ways[0], *ways[1]))[0]) == 4


def test_a_failed_part_undoes_its_changes_and_journal_lines(world: World) -> None:
    meeting = world.meeting()
    first, second = world.submitted(meeting, title="First"), world.submitted(meeting, title="Second")

    with world.acting("ines") as (session, actor):
        for pending in (first, second):
            contribution = session.get_one(Contribution, pending.id)
            try:
                with journal.savepoint(session):
                    registration.register_contribution(session, actor, contribution, version=contribution.version)
                    if pending is first:
                        raise Conflict(_("The action has been completed and recorded."))
            except Conflict:
                continue
        waiting = select(func.count()).where(JournalLine.event == "contribution:registered")
        assert session.scalar(waiting) == 0  # journal lines are written at the very end

    assert list_outcome(world, select_versions(first, second)) == (["Second: CWG-Internet 22/1"], ["First: nothing"])
    with transaction(world.read) as session:
        assert session.scalar(waiting) == 1
        assert journal.find_journal_faults(session) == []


def test_an_unexpected_fault_undoes_the_whole_act(world: World) -> None:
    contribution = world.submitted(world.meeting(), title="Once")

    with pytest.raises(RuntimeError), world.acting("ines") as (session, actor):
        bulk_registration.register_contributions(session, actor, select_versions(contribution))
        raise RuntimeError("the power went")

    assert list_outcome(world, select_versions(contribution)) == ([], ["Once: nothing"])
