"""Files that arrive before they are inspected count from their arrival, are not given out, and get a verdict."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from app.core import clock
from app.core.clamav import ScanState, ScanVerdict
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, NotFound
from app.core.file_service.fair_slots import LARGE_FILE
from app.core.inspection.sandbox import InspectionInterrupted
from app.core.storage import Store, open_store
from app.domain.contributions.actions import arrivals, confirmations, cosponsors, drafting, registration
from app.domain.contributions.inputs import ContributionCover
from app.domain.contributions.models import Contribution, ContributionStatus, FileVerdict, RefusedFile, WaitingFile
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents.inputs import LanguageFile
from app.domain.meetings.models import Meeting
from app.domain.receipts.models import Receipt
from app.settings import Settings
from app.worker import waiting_files
from app.worker.maintenance import apply_scan_verdict
from app.worker.release import WorkerContext
from tests.files import make_docx, make_pdf, with_field
from tests.world import GRACE, World, answer_all, record_rows

GOOD, BAD = make_pdf(), with_field('INCLUDETEXT "https://example.org/a.docx"')
HOUR = timedelta(hours=1)


@pytest.fixture
def store(settings: Settings) -> Store:
    return open_store(settings.store_url)


@pytest.fixture
def arrive(world: World, store: Store, tmp_path: Path) -> Callable[..., None]:
    """Let a file of a draft arrive uninspected."""

    def let_file_arrive(
        draft: Contribution, data: bytes, *, language: str = "en", by: str = "amina", received: timedelta = timedelta()
    ) -> None:
        digest, source = sha256(data).hexdigest(), tmp_path / "arrived"
        source.write_bytes(data)
        store.put(source, digest)
        file = LanguageFile(language, digest, len(data), "application/pdf", "text.pdf", [])
        with world.acting(by) as (session, actor):
            row = contributions.get_visible_contribution(session, actor, draft.id, lock=True)
            now = clock.now() + received
            drafting.put_contribution_file(session, actor, row, file, began_at=now, received_at=now, is_inspected=False)

    return let_file_arrive


@pytest.fixture
def inspect_next(world: World, store: Store) -> Callable[..., bool]:
    """Inspect the next file as the worker does."""
    context = WorkerContext(world.work, store, store, None, None, upload_grace=GRACE)
    return lambda: waiting_files.inspect_next_file(context)


@contextmanager
def submitting(world: World, draft: Contribution, *, by: str = "amina") -> Iterator[Callable[..., Receipt]]:
    with world.acting(by) as (session, actor):
        row = contributions.get_visible_contribution(session, actor, draft.id, lock=True)
        yield lambda *, late=False: drafting.submit_contribution(
            session,
            actor,
            load_submission(session, row),
            version=row.version,
            grace=GRACE,
            accepts_lateness=late,
            answers=answer_all(load_submission(session, row)),
        )


def submit(world: World, draft: Contribution, *, late: bool = False) -> dict[str, object]:
    """Submit and return the statement of the receipt."""
    with submitting(world, draft) as submit_now:
        statement: dict[str, object] = json.loads(submit_now(late=late).statement)
    return statement


def pass_deadline(world: World, meeting: Meeting, *, ago: timedelta = timedelta(minutes=1)) -> None:
    with world.write.begin() as session:
        session.execute(update(Meeting).where(Meeting.id == meeting.id).values(contributions_due_at=clock.now() - ago))
        record_rows(session)


def status_of(world: World, draft: Contribution) -> str:
    with world.acting("amina") as (session, actor):
        return contributions.get_visible_contribution(session, actor, draft.id).status


def sees(world: World, who: str, draft: Contribution) -> bool:
    with world.acting(who) as (session, actor):
        try:
            contributions.get_visible_contribution(session, actor, draft.id)
        except NotFound:
            return False
    return True


def download(world: World, draft: Contribution, who: str = "amina") -> str:
    with world.acting(who) as (session, actor):
        return contributions.get_downloadable_file(session, actor, draft.id, "en").sha256


def test_a_file_that_is_not_inspected_is_not_given_out_and_counts_from_its_arrival(
    world: World, arrive: Callable[..., None], inspect_next: Callable[..., bool]
) -> None:
    meeting = world.meeting()
    draft = world.asked(meeting, "BRA")
    assert sees(world, "rafael", draft)

    arrive(draft, GOOD)
    assert not sees(world, "rafael", draft)
    with pytest.raises(Conflict, match="still being checked"):
        download(world, draft)
    statement = submit(world, draft)
    assert statement["timing"] == "in-time"
    assert [file["inspected"] for file in statement["files"]] == [False]
    assert not sees(world, "ines", draft)

    assert inspect_next()
    assert not inspect_next()
    assert download(world, draft) == download(world, draft, "ines") == sha256(GOOD).hexdigest()
    with world.acting("ines") as (session, actor):
        row = contributions.get_visible_contribution(session, actor, draft.id, lock=True)
        registration.register_contribution(session, actor, row, version=row.version)


def test_a_waiting_file_that_names_another_state_as_its_source_is_to_be_checked(
    world: World, arrive: Callable[..., None], inspect_next: Callable[..., bool]
) -> None:
    draft = world.draft(world.meeting())
    arrive(draft, make_docx("Source: Brazil"))
    assert inspect_next()

    with world.acting("amina") as (session, actor):
        file = contributions.get_downloadable_file(session, actor, draft.id, "en")
    assert "The file names another State as its source: %(source)s." in str(file.findings)


def test_what_is_not_inspected_is_not_registered(world: World, arrive: Callable[..., None]) -> None:
    draft = world.draft(world.meeting())
    arrive(draft, GOOD)
    submit(world, draft)
    with world.acting("ines") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        with pytest.raises(Conflict, match="still being checked"):
            registration.register_contribution(session, actor, row, version=row.version)


def test_what_is_not_inspected_is_not_confirmed_by_its_state(world: World, arrive: Callable[..., None]) -> None:
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        cover = ContributionCover(title="In its name", original="en", purpose="discussion")
        there = session.get_one(Meeting, meeting.id)
        draft = drafting.create_draft_contribution(session, actor, there, cover, key=uuid4(), entity="KEN")
    arrive(draft, GOOD, by="ines")
    with submitting(world, draft, by="ines") as submit_now:
        submit_now()
    with world.acting("amina") as (session, actor):
        row = contributions.get_visible_contribution(session, actor, draft.id, lock=True)
        with pytest.raises(Conflict, match="still being checked"):
            confirmations.confirm_contribution(session, actor, row, version=row.version)


def test_what_is_not_inspected_is_not_cleared(world: World, arrive: Callable[..., None]) -> None:
    draft = world.draft(world.meeting())
    arrive(draft, GOOD)
    with world.acting("amina") as (session, actor):
        row = contributions.get_visible_contribution(session, actor, draft.id, lock=True)
        with pytest.raises(Conflict, match="still being checked"):
            cosponsors.give_clearance_to_contribution(session, actor, row, version=row.version)


def test_a_draft_with_a_refused_file_is_not_submitted(
    world: World, arrive: Callable[..., None], inspect_next: Callable[..., bool]
) -> None:
    draft = world.draft(world.meeting())
    arrive(draft, BAD)
    assert inspect_next()
    assert status_of(world, draft) == ContributionStatus.DRAFT
    with pytest.raises(Conflict, match="rejected"):
        download(world, draft)
    with submitting(world, draft) as submit_now, pytest.raises(BadRequest, match="rejected after it was received"):
        submit_now()
    arrive(draft, GOOD)
    assert inspect_next()
    assert submit(world, draft)["timing"] == "in-time"


def list_replaceable(world: World) -> list[datetime]:
    """Until when files of Kenya may be replaced, or might have been."""
    with world.acting("amina") as (session, _actor):
        return list(session.scalars(select(RefusedFile.until)))


@pytest.fixture
def refuse(world: World, arrive: Callable[..., None], inspect_next: Callable[..., bool]) -> Callable[..., Contribution]:
    """Submit a contribution in time, which is returned for a refused file after the deadline."""

    def submit_and_refuse() -> Contribution:
        meeting = world.meeting()
        draft = world.draft(meeting)
        arrive(draft, BAD)
        submit(world, draft)
        pass_deadline(world, meeting)
        assert inspect_next()
        assert status_of(world, draft) == ContributionStatus.RETURNED
        return draft

    return submit_and_refuse


def test_a_file_refused_after_the_submission_is_replaced_in_time(
    world: World, arrive: Callable[..., None], refuse: Callable[..., Contribution]
) -> None:
    draft = refuse()
    assert [timedelta(0) < until - clock.now() <= GRACE for until in list_replaceable(world)] == [True]
    arrive(draft, GOOD)
    statement = submit(world, draft)

    assert statement["timing"] == "replacement"
    replaced = statement["files"][0]["replaces"]
    assert replaced["sha256"] == sha256(BAD).hexdigest()
    assert replaced["received_at"] < replaced["refused_at"]


def test_with_another_file_the_replacement_is_late(
    world: World, arrive: Callable[..., None], refuse: Callable[..., Contribution]
) -> None:
    draft = refuse()
    arrive(draft, GOOD)
    arrive(draft, make_pdf(title="Un autre"), language="fr")
    with submitting(world, draft) as submit_now, pytest.raises(Conflict, match="deadline has passed"):
        submit_now()


def test_with_another_cover_the_replacement_is_late(
    world: World, arrive: Callable[..., None], refuse: Callable[..., Contribution]
) -> None:
    draft = refuse()
    arrive(draft, GOOD)
    with world.acting("amina") as (session, actor):
        row = contributions.get_visible_contribution(session, actor, draft.id, lock=True)
        cover = ContributionCover(title="Another title", original="en", purpose="discussion")
        drafting.save_draft_cover(session, actor, row, cover, version=row.version)
    with submitting(world, draft) as submit_now, pytest.raises(Conflict, match="deadline has passed"):
        submit_now()


def test_a_file_prepared_in_time_and_added_afterwards_makes_the_replacement_late(
    world: World, arrive: Callable[..., None], refuse: Callable[..., Contribution]
) -> None:
    draft = refuse()
    arrive(draft, GOOD)
    arrive(draft, make_pdf(title="Préparé"), language="fr", received=timedelta(days=-1))
    with submitting(world, draft) as submit_now, pytest.raises(Conflict, match="deadline has passed"):
        submit_now()


def test_what_was_recalled_after_its_replacement_is_late(
    world: World, arrive: Callable[..., None], refuse: Callable[..., Contribution]
) -> None:
    draft = refuse()
    arrive(draft, GOOD)
    submit(world, draft)
    with world.acting("amina") as (session, actor):
        row = contributions.get_visible_contribution(session, actor, draft.id, lock=True)
        drafting.recall_contribution(session, actor, row, version=row.version)
    arrive(draft, make_pdf(title="A third text"))
    with submitting(world, draft) as submit_now, pytest.raises(Conflict, match="deadline has passed"):
        submit_now()


def test_after_the_time_for_it_the_replacement_is_late(
    world: World, arrive: Callable[..., None], refuse: Callable[..., Contribution]
) -> None:
    draft = refuse()
    arrive(draft, GOOD)
    with (
        clock.shifted_clock(GRACE + HOUR),
        submitting(world, draft) as submit_now,
        pytest.raises(Conflict, match="deadline has passed"),
    ):
        submit_now()


def test_a_replacement_that_is_refused_gets_no_more_time(
    world: World,
    arrive: Callable[..., None],
    inspect_next: Callable[..., bool],
    refuse: Callable[..., Contribution],
) -> None:
    draft = refuse()
    until = list_replaceable(world)
    arrive(draft, with_field('INCLUDETEXT "https://example.org/b.docx"'))
    submit(world, draft)
    assert inspect_next()
    assert status_of(world, draft) == ContributionStatus.RETURNED
    assert list_replaceable(world) == until


def test_what_came_late_gets_no_time_to_replace(
    world: World, arrive: Callable[..., None], inspect_next: Callable[..., bool]
) -> None:
    draft = world.draft(world.meeting(opens_in=3))
    arrive(draft, BAD)
    assert submit(world, draft, late=True)["timing"] == "late"
    assert inspect_next()
    assert status_of(world, draft) == ContributionStatus.RETURNED
    assert [until <= clock.now() for until in list_replaceable(world)] == [True]


def test_the_verdict_on_a_file_that_was_replaced_meanwhile_changes_nothing(
    world: World, arrive: Callable[..., None], monkeypatch: pytest.MonkeyPatch, inspect_next: Callable[..., bool]
) -> None:
    draft = world.draft(world.meeting())
    arrive(draft, BAD)
    inspect = waiting_files.inspect_and_scan

    def replace_and_inspect(*arguments: object, **options: object) -> object:
        arrive(draft, GOOD)
        return inspect(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(waiting_files, "inspect_and_scan", replace_and_inspect)
        assert inspect_next()
    with world.acting("amina") as (session, actor):
        row = contributions.get_visible_contribution(session, actor, draft.id)
        assert contributions.get_contribution_file(session, row, "en").verdict == FileVerdict.WAITING
    assert inspect_next()
    assert download(world, draft) == sha256(GOOD).hexdigest()


def claim(world: World, *, slots: int = 4) -> tuple[str, int] | None:
    with transaction(world.work) as session:
        waiting = arrivals.claim_waiting_file(session, slots=slots)
        return (waiting.entity, waiting.size) if waiting else None


def test_states_are_served_alternately_and_none_has_all_slots(world: World, arrive: Callable[..., None]) -> None:
    meeting = world.meeting()
    kenya = [world.draft(meeting) for _ in range(4)]
    for number, draft in enumerate(kenya):
        arrive(draft, make_pdf(title=f"Kenya {number}"))
    brazil = world.draft(meeting, by="rafael")
    arrive(brazil, make_pdf(title="Brazil"), by="rafael")

    served = [claim(world) for _ in range(5)]
    assert [each and each[0] for each in served] == ["KEN", "BRA", "KEN", "KEN", None]


def test_a_small_file_of_a_state_goes_before_a_large_one(world: World, arrive: Callable[..., None]) -> None:
    meeting = world.meeting()
    large, small = world.draft(meeting), world.draft(meeting)
    arrive(large, GOOD + b"\n" * LARGE_FILE)
    arrive(small, GOOD)
    assert claim(world) == ("KEN", len(GOOD))


def test_a_file_that_ends_its_worker_each_time_is_refused(
    world: World, arrive: Callable[..., None], inspect_next: Callable[..., bool]
) -> None:
    draft = world.draft(world.meeting())
    arrive(draft, GOOD)
    for _ in range(arrivals.MAX_TRIES):
        assert claim(world)
        with world.work.begin() as session:
            session.execute(update(WaitingFile).values(claimed_until=None))
    assert inspect_next()
    with pytest.raises(Conflict, match="rejected"):
        download(world, draft)


def test_a_file_that_is_inspected_is_claimed_once_and_its_tries_are_counted(
    world: World, arrive: Callable[..., None], inspect_next: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(world.draft(world.meeting()), GOOD)
    inspect, seen = waiting_files.inspect_and_scan, list[object]()

    def look_and_inspect(*arguments: object, **options: object) -> object:
        seen.append(claim(world))
        with transaction(world.work) as session:
            seen.append(session.scalars(select(WaitingFile.tries)).one())
        return inspect(*arguments, **options)

    monkeypatch.setattr(waiting_files, "inspect_and_scan", look_and_inspect)
    assert inspect_next()
    assert seen == [None, 1]


def test_a_fault_of_the_store_refuses_no_file_and_leaves_the_others_their_place(
    world: World, store: Store, arrive: Callable[..., None], inspect_next: Callable[..., bool]
) -> None:
    meeting = world.meeting()
    lost, brazil = world.draft(meeting), world.draft(meeting, by="rafael")
    arrive(lost, GOOD)
    arrive(brazil, make_pdf(title="Brazil"), by="rafael")
    store.remove(sha256(GOOD).hexdigest())

    with pytest.raises(NotFound):
        inspect_next()
    assert inspect_next()
    assert not inspect_next()
    with world.acting("amina") as (session, actor):
        row = contributions.get_visible_contribution(session, actor, lost.id)
        assert contributions.get_contribution_file(session, row, "en").verdict == FileVerdict.WAITING
    with transaction(world.work) as session:
        assert session.scalars(select(WaitingFile.tries)).all() == [0]


def test_two_refused_files_of_one_submission_are_both_replaced_in_time(
    world: World, arrive: Callable[..., None], inspect_next: Callable[..., bool]
) -> None:
    meeting = world.meeting()
    draft = world.draft(meeting)
    arrive(draft, BAD)
    arrive(draft, with_field('INCLUDETEXT "https://example.org/b.docx"'), language="fr")
    submit(world, draft)
    pass_deadline(world, meeting)
    assert inspect_next()
    assert inspect_next()
    assert len(list_replaceable(world)) == 2

    arrive(draft, GOOD)
    arrive(draft, make_pdf(title="Deuxième"), language="fr")
    assert submit(world, draft)["timing"] == "replacement"


def test_the_present_file_sent_again_keeps_its_time_of_arrival(world: World, arrive: Callable[..., None]) -> None:
    draft = world.draft(world.meeting())

    def find_arrival() -> datetime:
        with world.acting("amina") as (session, actor):
            row = contributions.get_visible_contribution(session, actor, draft.id)
            return contributions.get_contribution_file(session, row, "en").received_at

    arrive(draft, GOOD)
    arrived_at = find_arrival()
    arrive(draft, GOOD)
    assert find_arrival() == arrived_at


def test_a_file_in_which_a_virus_is_found_after_the_submission_is_replaced_in_time(
    world: World, arrive: Callable[..., None], inspect_next: Callable[..., bool]
) -> None:
    meeting = world.meeting()
    draft = world.draft(meeting)
    arrive(draft, GOOD)
    assert inspect_next()
    submit(world, draft)
    pass_deadline(world, meeting)
    with transaction(world.work) as session:
        verdict = ScanVerdict(ScanState.INFECTED, "Eicar")
        apply_scan_verdict(session, sha256(GOOD).hexdigest(), verdict, grace=GRACE)
    assert status_of(world, draft) == ContributionStatus.RETURNED

    arrive(draft, make_pdf(title="Cleaned"))
    assert submit(world, draft)["timing"] == "replacement"


def test_a_file_that_ends_the_service_each_time_is_refused_and_others_go_before_it(
    world: World, arrive: Callable[..., None], inspect_next: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = world.meeting()
    poison, ordinary = world.draft(meeting), world.draft(meeting)
    arrive(poison, BAD)
    arrive(ordinary, GOOD)
    inspect, order, alone = waiting_files.inspect_and_scan, list[str](), list[object]()

    def end_the_service(*arguments: object, **options: object) -> object:
        order.append(str(arguments[1]))
        if arguments[1] == sha256(BAD).hexdigest():
            alone.append(options["is_alone"])
            raise InspectionInterrupted
        return inspect(*arguments, **options)

    monkeypatch.setattr(waiting_files, "inspect_and_scan", end_the_service)
    monkeypatch.setattr(waiting_files, "RETRY_AFTER", timedelta(0))
    for _ in range(2):
        assert inspect_next()
    assert order == [sha256(BAD).hexdigest(), sha256(GOOD).hexdigest()]
    for _ in range(arrivals.MAX_TRIES):
        assert inspect_next()
    assert len(order) == 1 + arrivals.MAX_TRIES
    assert alone == [False] + [True] * (arrivals.MAX_TRIES - 1), "others may have ended it the first time"
    with pytest.raises(Conflict, match="rejected"):
        download(world, poison)
