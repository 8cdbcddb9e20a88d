"""Silence procedures: adoption exactly at the deadline, once, of one text; and no decision for one's own State."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from app.core import clock
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden, Stale, Unavailable
from app.core.journal import JournalLine
from app.core.storage import open_store
from app.domain.bodies.actions.state_decisions import set_acts_by_head
from app.domain.bodies.rules import EntityInBody
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.actions import release
from app.domain.outputs.inputs import Adoption, NewReleasePlan, OutputCover
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs as texts
from app.domain.releases.actions import release as releases
from app.domain.releases.queries import releases as released
from app.domain.silence.actions import draft_texts
from app.domain.silence.actions import procedure as silence
from app.domain.silence.actions import statements as stating
from app.domain.silence.inputs import DeadlineExtension, NewSilencePosition, StatementRewording
from app.domain.silence.models import OutputStatement, SilenceProcedure
from app.domain.silence.queries.positions import list_positions, list_statements
from app.domain.silence.queries.procedures import list_extensions
from tests.world import World, record_rows

MS = timedelta(milliseconds=1)
ZURICH = ZoneInfo("Europe/Zurich")


@contextmanager
def at_time(moment: datetime) -> Iterator[None]:
    """Shift the clock so that the block runs at that instant, or some milliseconds after it."""
    with clock.shifted_clock(moment - clock.now()):
        yield


@contextmanager
def frozen_time(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> Iterator[None]:
    """Freeze the clock at exactly that instant for the block."""
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: moment)
        yield


def settle_procedure(world: World, output: Output) -> bool:
    with transaction(world.write) as session:
        return silence.settle_procedure(session, output.id)


def get_state(world: World, procedure: SilenceProcedure) -> tuple[str, str, str | None]:
    """Return course of the procedure, status of the text, and how it was adopted."""
    with transaction(world.read) as session:
        stored_procedure = session.get_one(SilenceProcedure, procedure.id)
        output = session.get_one(Output, stored_procedure.output_id)
        return stored_procedure.course, output.status, output.adopted_how


def list_events(world: World, *names: str) -> list[str]:
    with transaction(world.read) as session:
        lines = select(JournalLine.event).where(JournalLine.event.in_(names)).order_by(JournalLine.seq)
        return list(session.scalars(lines))


@pytest.fixture
def output(world: World) -> Output:
    return world.output(world.meeting(opens_in=-1), title="A text put before the States")


@pytest.fixture
def procedure(world: World, output: Output) -> SilenceProcedure:
    return world.silence(output)


@pytest.mark.parametrize(("after", "counts"), [(-MS, True), (0 * MS, False), (MS, False)])
def test_a_state_breaks_silence_until_the_millisecond_before_the_deadline(
    world: World,
    output: Output,
    procedure: SilenceProcedure,
    monkeypatch: pytest.MonkeyPatch,
    after: timedelta,
    counts: bool,
) -> None:
    with frozen_time(monkeypatch, procedure.until + after):
        if counts:
            world.position(procedure, "amina", "breaks")
        else:
            with pytest.raises(Conflict, match="deadline has passed"):
                world.position(procedure, "amina", "breaks")
        settle_procedure(world, output)

    assert get_state(world, procedure) == (("broken", "draft", None) if counts else ("adopted", "adopted", "silence"))


@pytest.mark.parametrize(("after", "is_due"), [(-MS, False), (0 * MS, True), (MS, True)])
def test_the_text_is_adopted_at_the_deadline_and_not_before(
    world: World,
    output: Output,
    procedure: SilenceProcedure,
    monkeypatch: pytest.MonkeyPatch,
    after: timedelta,
    is_due: bool,
) -> None:
    with frozen_time(monkeypatch, procedure.until + after):
        assert settle_procedure(world, output) is is_due

    with transaction(world.read) as session:
        stored_output = session.get_one(Output, output.id)
        assert (stored_output.adopted_at, stored_output.adopted_by) == (
            (procedure.until, world.person("laurent").id) if is_due else (None, None)
        )


def test_a_broken_procedure_ends_at_once_and_another_may_be_opened(
    world: World, output: Output, procedure: SilenceProcedure
) -> None:
    world.position(procedure, "amina", "breaks", paragraph="12 bis", text="Not without us.")

    assert get_state(world, procedure) == ("broken", "draft", None)
    with pytest.raises(Conflict, match="has ended"):
        world.position(procedure, "rafael", "supports")
    again = world.silence(output)
    assert get_state(world, again)[0] == "open"
    assert get_state(world, procedure)[0] == "broken"


def test_a_state_has_one_position_and_changes_it_on_the_version_it_saw(
    world: World, procedure: SilenceProcedure
) -> None:
    world.seat("wambui", "delegate")
    with world.acting("joseph") as (session, actor):
        set_acts_by_head(session, actor, EntityInBody(procedure.body_id, "KEN"), frozenset())
    world.position(procedure, "amina", "supports")
    world.position(procedure, "wambui", "reservation", text="We reserve our position.")

    with pytest.raises(Stale), world.acting("amina") as (session, actor):
        stored_procedure = session.get_one(SilenceProcedure, procedure.id)
        silence.take_position(
            session, actor, stored_procedure, NewSilencePosition(stance="supports", lang="en"), version=1
        )

    with transaction(world.read) as session:
        taken = list_positions(session, session.get_one(SilenceProcedure, procedure.id))
        assert [(each.entity, each.stance, each.version) for each in taken] == [("KEN", "reservation", 2)]
    assert len(list_events(world, "silence:position-taken")) == 2


@pytest.mark.parametrize("who", ["joseph", "laurent", "ines", "layla", "wambui"])
def test_only_delegates_take_a_position(world: World, procedure: SilenceProcedure, who: str) -> None:
    with pytest.raises(Forbidden):
        world.position(procedure, who, "breaks")


def test_only_addressed_member_states_take_a_position(world: World, procedure: SilenceProcedure) -> None:
    assert len(procedure.addressees) == 194
    with transaction(world.write) as session:
        record_rows(session)
        stored_procedure = session.get_one(SilenceProcedure, procedure.id)
        stored_procedure.addressees = [each for each in stored_procedure.addressees if each != "BRA"]

    with pytest.raises(Forbidden, match="not one of them"):
        world.position(procedure, "rafael", "breaks")


@pytest.mark.parametrize(("hours", "opens"), [(71.9, False), (72.1, True)])
def test_a_procedure_is_at_least_as_long_as_the_body_requires(
    world: World, output: Output, hours: float, opens: bool
) -> None:
    if opens:
        world.silence(output, hours=hours)
        return
    with pytest.raises(BadRequest, match="72 hours"):
        world.silence(output, hours=hours)


@pytest.mark.parametrize("who", ["amina", "joseph", "ines", "daniel"])
def test_only_a_chair_opens_a_procedure(world: World, output: Output, who: str) -> None:
    with pytest.raises(Forbidden, match="Only the chair"):
        world.silence(output, by=who)


def test_the_chair_of_a_sponsor_opens_no_procedure_and_moves_no_deadline(world: World) -> None:
    meeting = world.meeting(opens_in=40)
    world.seat("laurent", "delegate")
    _, document = world.registered(meeting, by="laurent")
    sponsored = world.output(meeting, sources=frozenset({document.id}))

    with pytest.raises(Forbidden, match="Your own delegation, or one"):
        world.silence(sponsored, by="laurent")
    procedure = world.silence(sponsored, by="layla")
    with pytest.raises(Forbidden, match="Your own delegation, or one"):
        extend_deadline(world, procedure, timedelta(hours=24), by="laurent")


def test_two_procedures_do_not_run_on_one_text(world: World, output: Output, procedure: SilenceProcedure) -> None:
    with pytest.raises(Conflict, match="is already open on this text"):
        world.silence(output, by="layla")


def extend_deadline(world: World, procedure: SilenceProcedure, by_how_much: timedelta, *, by: str = "laurent") -> None:
    with world.acting(by) as (session, actor):
        stored_procedure = session.get_one(SilenceProcedure, procedure.id)
        until = (stored_procedure.until + by_how_much).astimezone(ZURICH)
        new = DeadlineExtension(on=until.date(), at=until.time(), reason="Capitals asked for it.")
        silence.extend_deadline(session, actor, stored_procedure, new, version=stored_procedure.version)


@pytest.mark.parametrize(("hours", "moves"), [(23.9, False), (24, True), (168, True), (168.1, False)])
def test_an_extension_is_neither_too_short_nor_too_long(
    world: World, procedure: SilenceProcedure, hours: float, moves: bool
) -> None:
    if moves:
        extend_deadline(world, procedure, timedelta(hours=hours))
    else:
        with pytest.raises(BadRequest, match="at least 24 and at most 168 hours"):
            extend_deadline(world, procedure, timedelta(hours=hours))

    with transaction(world.read) as session:
        stored_procedure = session.get_one(SilenceProcedure, procedure.id)
        assert stored_procedure.until - procedure.until == (timedelta(hours=hours) if moves else timedelta(0))
        assert [each.reason for each, _ in list_extensions(session, stored_procedure)] == [
            "Capitals asked for it."
        ] * moves


def test_a_deadline_is_moved_only_before_it_is_reached(
    world: World, output: Output, procedure: SilenceProcedure
) -> None:
    extend_deadline(world, procedure, timedelta(hours=24))
    with at_time(procedure.until + timedelta(hours=1)):
        assert not settle_procedure(world, output)
        world.position(procedure, "amina", "supports")
    with at_time(procedure.until + timedelta(hours=24)), pytest.raises(Conflict, match="deadline has passed"):
        extend_deadline(world, procedure, timedelta(hours=24))


def put_file(world: World, output: Output, content: str) -> None:
    with world.acting("ines") as (session, actor):
        draft_texts.put_draft_file(session, actor, session.get_one(Output, output.id), world.file("en", content))


def change_title(world: World, output: Output) -> None:
    with world.acting("ines") as (session, actor):
        stored_output = session.get_one(Output, output.id)
        other = OutputCover(kind="report", original="en", titles={"en": "Another title"})
        draft_texts.replace_draft_cover(session, actor, stored_output, other, version=stored_output.version)


def remove_file(world: World, output: Output) -> None:
    with world.acting("ines") as (session, actor):
        draft_texts.remove_draft_file(session, actor, session.get_one(Output, output.id), "en")


def adopt_in_meeting(world: World, output: Output) -> None:
    with world.acting("layla") as (session, actor):
        stored_output = session.get_one(Output, output.id)
        day = session.get_one(Meeting, stored_output.meeting_id).opens_on
        adoption = Adoption(adopted_on=day, without_pdf=True, text=texts.compute_text_digest(session, stored_output))
        draft_texts.adopt_draft(session, actor, stored_output, adoption)


CHANGES = {
    "file": lambda world, output: put_file(world, output, "Another text"),
    "cover": change_title,
    "out": remove_file,
}


@pytest.mark.parametrize("change_statement", CHANGES)
def test_a_changed_text_voids_the_procedure_at_once_and_nothing_is_adopted(
    world: World, output: Output, procedure: SilenceProcedure, change_statement: str
) -> None:
    CHANGES[change_statement](world, output)

    assert get_state(world, procedure) == ("void", "draft", None)
    with pytest.raises(Conflict, match="has ended"):
        world.position(procedure, "amina", "supports")
    with at_time(procedure.until + MS):
        assert not settle_procedure(world, output)
    assert list_events(world, "silence:voided", "output:adopted") == ["silence:voided"]


def test_a_void_procedure_stays_void_when_the_first_bytes_are_restored(
    world: World, output: Output, procedure: SilenceProcedure
) -> None:
    put_file(world, output, "Another text")
    put_file(world, output, output.titles["en"])

    with transaction(world.read) as session:
        assert texts.compute_text_digest(session, session.get_one(Output, output.id)) == procedure.text_digest
    with at_time(procedure.until + MS):
        settle_procedure(world, output)
    assert get_state(world, procedure) == ("void", "draft", None)


@pytest.mark.parametrize("change_statement", [*CHANGES, "adopt"])
def test_a_text_is_not_changed_from_its_deadline_on_even_without_a_worker(
    world: World, output: Output, procedure: SilenceProcedure, change_statement: str
) -> None:
    act = {**CHANGES, "adopt": adopt_in_meeting}[change_statement]
    with at_time(procedure.until):
        with pytest.raises(Conflict, match="has been adopted"):
            act(world, output)
        settle_procedure(world, output)

    assert get_state(world, procedure) == ("adopted", "adopted", "silence")


@pytest.mark.parametrize("due", [False, True])
def test_a_cancelled_meeting_adopts_nothing_by_silence_unless_it_was_adopted_before(world: World, due: bool) -> None:
    meeting = world.meeting(opens_in=30)
    output = world.output(meeting)
    procedure = world.silence(output)
    with at_time(procedure.until if due else procedure.until - timedelta(hours=1)):
        world.moved(meeting, "cancel")
        ended = get_state(world, procedure)
    with at_time(procedure.until):
        settle_procedure(world, output)

    assert (
        get_state(world, procedure) == ended == (("adopted", "adopted", "silence") if due else ("void", "draft", None))
    )


def test_statements_are_kept_whichever_process_records_the_end(world: World) -> None:
    meeting = world.meeting(opens_in=30)
    output = world.output(meeting)
    procedure = world.silence(output)
    world.position(procedure, "amina", "reservation", text="We reserve.")
    with at_time(procedure.until):
        world.moved(meeting, "cancel")

    assert get_state(world, procedure)[0] == "adopted"
    with transaction(world.read) as session:
        (statement,) = list_statements(session, session.get_one(Output, output.id))
    assert (statement.entity, statement.text) == ("KEN", "We reserve.")


IN_ITS_NAME = {
    "change a position": "UPDATE portal.silence_position SET stance = 'breaks' WHERE entity = 'KEN'",
    "take a position": "INSERT INTO portal.silence_position SELECT procedure_id, 'JPN', 'breaks', '', '', 'en', 1,"
    " taken_by, taken_at FROM portal.silence_position",
    "attach a statement": "INSERT INTO portal.output_statement (id, output_id, entity, kind, text, lang, version,"
    " put_by, put_at) SELECT gen_random_uuid(), s.output_id, 'KEN', 'reservation', 'Not ours.', 'en', 1, taken_by,"
    " taken_at FROM portal.silence_position JOIN portal.silence_procedure s ON s.id = procedure_id LIMIT 1",
}


def count_written_rows(world: World, who: str, statement: str) -> int:
    """Return the number of rows that the database let a person write."""
    with world.acting(who) as (session, _):
        record_rows(session)
        return session.execute(text(statement)).rowcount


def test_the_database_lets_no_state_write_a_position_of_another(world: World, procedure: SilenceProcedure) -> None:
    world.position(procedure, "amina", "supports")

    assert count_written_rows(world, "rafael", IN_ITS_NAME["change a position"]) == 0
    assert count_written_rows(world, "amina", IN_ITS_NAME["change a position"]) == 1
    with pytest.raises(ProgrammingError, match="row-level security"):
        count_written_rows(world, "rafael", IN_ITS_NAME["take a position"])
    assert count_written_rows(world, "haruka", IN_ITS_NAME["take a position"]) == 1
    with pytest.raises(ProgrammingError, match="row-level security"):
        count_written_rows(world, "rafael", IN_ITS_NAME["attach a statement"])
    assert count_written_rows(world, "amina", IN_ITS_NAME["attach a statement"]) == 1


@pytest.mark.parametrize("status", ["scheduled", "due"])
def test_a_state_makes_statements_until_the_instant_of_the_release(world: World, status: str) -> None:
    scheduled = world.scheduled(world.meeting(opens_in=0))
    if status == "scheduled":
        world.statement(scheduled)
        return
    with at_time(scheduled.release_at), pytest.raises(Conflict, match="After that they cannot be changed"):
        world.statement(scheduled)


def test_a_cancelled_meeting_neither_adopts_nor_opens_a_procedure(world: World) -> None:
    meeting = world.meeting(opens_in=0)
    output = world.output(meeting)
    world.moved(meeting, "cancel")

    with pytest.raises(Conflict, match="cancelled"):
        world.silence(output)
    with pytest.raises(Conflict, match="cancelled"):
        adopt_in_meeting(world, output)


def test_an_adoption_in_the_meeting_voids_the_procedure(world: World) -> None:
    meeting = world.meeting(opens_in=-1)
    output = world.output(meeting)
    procedure = world.silence(output)
    with world.acting("layla") as (session, actor):
        adoption = Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=procedure.text_digest)
        outputs.adopt_output(session, actor, session.get_one(Output, output.id), adoption)

    with at_time(procedure.until):
        settle_procedure(world, output)

    assert get_state(world, procedure) == ("void", "adopted", "meeting")
    assert list_events(world, "output:adopted", "silence:kept") == ["output:adopted"]


def test_opening_a_procedure_voids_the_one_of_the_changed_text(
    world: World, output: Output, procedure: SilenceProcedure
) -> None:
    with world.acting("ines") as (session, actor):
        outputs.put_output_file(session, actor, session.get_one(Output, output.id), world.file("en", "Another text"))

    again = world.silence(output)

    assert (get_state(world, procedure)[0], get_state(world, again)[0]) == ("void", "open")


def test_a_crash_between_the_deadline_and_its_recording_gives_one_adoption(
    world: World, output: Output, procedure: SilenceProcedure
) -> None:
    with at_time(procedure.until):
        with pytest.raises(RuntimeError), transaction(world.write) as session:
            assert silence.settle_procedure(session, output.id)
            session.flush()
            raise RuntimeError("the process dies before the commit")
        assert get_state(world, procedure) == ("open", "draft", None)
        assert [settle_procedure(world, output) for _ in range(3)] == [True, False, False]

    assert list_events(world, "output:adopted", "silence:kept") == ["output:adopted", "silence:kept"]


def run_concurrently(*acts: Callable[[], object]) -> list[object]:
    """Run all acts concurrently, each in its own thread; return their results or errors."""
    barrier = Barrier(len(acts), timeout=60)
    offset = clock._offset.get()

    def run(act: Callable[[], object]) -> object:
        clock._offset.set(offset)
        barrier.wait()
        try:
            return act()
        except (Conflict, Unavailable) as refused:
            return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_concurrent_workers_adopt_once(world: World, output: Output, procedure: SilenceProcedure) -> None:
    with at_time(procedure.until):
        results = run_concurrently(*(lambda: settle_procedure(world, output) for _ in range(4)))

    assert sorted(map(bool, results)) == [False, False, False, True]
    assert list_events(world, "output:adopted", "silence:kept") == ["output:adopted", "silence:kept"]
    with transaction(world.read) as session:
        assert session.get_one(Output, output.id).symbol == "CWG-Internet 22/OUT/1"


def test_the_end_waits_for_a_position_taken_at_the_deadline(
    world: World, output: Output, procedure: SilenceProcedure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The position was taken a millisecond before the deadline and commits after it: the end waits for the commit."""
    with ThreadPoolExecutor(1) as pool:
        with world.acting("amina") as (session, actor):
            with frozen_time(monkeypatch, procedure.until - MS):
                stored_procedure = session.get_one(SilenceProcedure, procedure.id)
                silence.take_position(
                    session,
                    actor,
                    stored_procedure,
                    NewSilencePosition(stance="breaks", text="Not so.", lang="en"),
                    version=0,
                )
                session.flush()
            delay = timedelta(seconds=1) + procedure.until - clock.now()
            ending = pool.submit(lambda: _settle_later(world, output, delay))
            with pytest.raises(TimeoutError):
                ending.result(timeout=0.5)
        assert ending.result() is False

    assert get_state(world, procedure) == ("broken", "draft", None)


def test_the_end_waits_for_a_change_made_at_the_deadline(
    world: World, output: Output, procedure: SilenceProcedure
) -> None:
    """The change commits after the deadline, on a text that was a draft when it began: nothing is adopted."""
    delay = timedelta(seconds=1) + procedure.until - clock.now()
    with ThreadPoolExecutor(1) as pool:
        with world.acting("ines") as (session, actor):
            locked_output = session.scalars(select(Output).where(Output.id == output.id).with_for_update()).one()
            outputs.put_output_file(session, actor, locked_output, world.file("en", "Another text"))
            session.flush()
            ending = pool.submit(lambda: _settle_later(world, output, delay))
            with pytest.raises(TimeoutError):
                ending.result(timeout=0.5)
        assert ending.result() is True

    assert get_state(world, procedure) == ("void", "draft", None)


def _settle_later(world: World, output: Output, by: timedelta) -> bool:
    with clock.shifted_clock(by):
        return settle_procedure(world, output)


def test_two_states_break_silence_at_once_and_it_is_recorded_once(
    world: World, output: Output, procedure: SilenceProcedure
) -> None:
    results = run_concurrently(
        *(lambda who=who: world.position(procedure, who, "breaks") for who in ("amina", "rafael"))
    )

    assert sum(isinstance(each, Conflict) for each in results) == 1
    assert list_events(world, "silence:broken") == ["silence:broken"]


def test_statements_made_during_the_procedure_are_released_with_the_text(
    world: World, output: Output, procedure: SilenceProcedure
) -> None:
    world.position(procedure, "amina", "reservation", text="Nous réservons notre position.", lang="fr")
    world.position(procedure, "rafael", "supports", text="We welcome it.")
    with at_time(procedure.until):
        settle_procedure(world, output)

    with transaction(world.read) as session:
        statements = list_statements(session, session.get_one(Output, output.id))
        assert [(each.entity, each.kind, each.text, each.lang) for each in statements] == [
            ("KEN", "reservation", "Nous réservons notre position.", "fr")
        ]


def test_one_person_does_not_approve_twice_and_the_opener_not_at_all(
    world: World, output: Output, procedure: SilenceProcedure
) -> None:
    def approve(by: str) -> None:
        with world.acting(by) as (session, actor):
            stored_output = session.get_one(Output, output.id)
            outputs.approve_release(session, actor, stored_output, digest=procedure.text_digest, proof=None)

    with at_time(procedure.until):
        settle_procedure(world, output)
    with pytest.raises(Forbidden, match="recorded the adoption"):
        approve("laurent")
    approve("ines")
    with pytest.raises(Forbidden, match="second person"):
        approve("ines")
    approve("daniel")
    assert get_state(world, procedure)[1] == "approved"


def change_statement(world: World, statement: OutputStatement, by: str, words: str = "Other words.") -> None:
    with world.acting(by) as (session, actor):
        stored_statement = session.get_one(OutputStatement, statement.id)
        text = session.get_one(Output, stored_statement.output_id)
        stating.change_statement(
            session,
            actor,
            text,
            stored_statement,
            StatementRewording(text=words, lang="en"),
            version=stored_statement.version,
        )


def withdraw_statement(world: World, statement: OutputStatement, by: str) -> None:
    with world.acting(by) as (session, actor):
        stored_statement = session.get_one(OutputStatement, statement.id)
        stating.withdraw_statement(
            session,
            actor,
            session.get_one(Output, stored_statement.output_id),
            stored_statement,
            version=stored_statement.version,
        )


def test_a_state_changes_and_withdraws_only_its_own_statement(world: World) -> None:
    adopted = world.adopted(world.meeting(opens_in=0))
    statement = world.statement(adopted, "amina")

    for who in ("rafael", "laurent", "ines", "joseph"):
        for act in (change_statement, withdraw_statement):
            with pytest.raises(Forbidden, match="delegate of the State"):
                act(world, statement, who)
    change_statement(world, statement, "amina", "We reserve even more.")
    with transaction(world.read) as session:
        assert [each.text for each in list_statements(session, adopted)] == ["We reserve even more."]
    withdraw_statement(world, statement, "amina")
    with transaction(world.read) as session:
        assert list_statements(session, adopted) == []


def test_the_database_lets_no_other_state_change_a_statement(world: World) -> None:
    statement = world.statement(world.adopted(world.meeting(opens_in=0)), "amina")
    hide = text("UPDATE portal.output_statement SET taken_back_at = now()")

    for who, touched in (("rafael", 0), ("ines", 0), ("amina", 1)):
        with world.acting(who) as (session, _):
            record_rows(session)
            assert session.execute(hide).rowcount == touched
    with pytest.raises(ProgrammingError), world.acting("amina") as (session, _):
        session.execute(text("DELETE FROM portal.output_statement"))
    assert statement.entity == "KEN"


def test_one_statement_of_each_kind_and_none_before_the_adoption_or_after_the_release(
    world: World, tmp_path: Path
) -> None:
    meeting = world.meeting(opens_in=0)
    draft, adopted = world.output(meeting), world.adopted(meeting)
    world.statement(adopted, "amina")
    world.statement(adopted, "amina", kind="explanation")
    with pytest.raises(Conflict, match="already attached a statement of this kind"):
        world.statement(adopted, "amina")
    released = world.released(meeting, open_store(f"file://{tmp_path}/released"))

    for each in (draft, released, world.leaving(meeting)):
        with pytest.raises(Conflict, match="After that they cannot be changed"):
            world.statement(each, "amina")


def test_statements_are_released_with_the_text_and_final_then(world: World, tmp_path: Path) -> None:
    release_store = open_store(f"file://{tmp_path}/released")
    output = world.kept(world.meeting(opens_in=-1))
    statement, other = world.statement(output, "amina", text="نتحفظ على الفقرة 3."), world.statement(output, "rafael")
    withdraw_statement(world, other, "rafael")
    with clock.shifted_clock(timedelta(hours=80)):
        for key in ("layla", "daniel"):
            world.approve(output, key)
        world.verify_approvals(output)
        with world.acting("ines") as (session, actor):
            release.schedule_release(session, actor, session.get_one(Output, output.id))
        with transaction(world.work) as session:
            assert releases.release_output(session, world.store, release_store, output.id)

    with transaction(world.read) as session:
        (released_output,) = released.list_entries(session)
        assert released_output.adopted_how == "silence"
        assert [(each.state, each.kind, each.text) for each in released_output.statements] == [
            ("KEN", "reservation", "نتحفظ على الفقرة 3.")
        ]
    with pytest.raises(Conflict, match="After that they cannot be changed"):
        change_statement(world, statement, "amina")


def test_a_deadline_is_moved_three_times_at_most(world: World, procedure: SilenceProcedure) -> None:
    for _ in range(3):
        extend_deadline(world, procedure, timedelta(hours=24))

    with pytest.raises(Conflict, match="already been extended three times"):
        extend_deadline(world, procedure, timedelta(hours=24))


def test_a_local_time_that_does_not_exist_is_no_deadline() -> None:
    """In Zurich, 02:00 to 03:00 does not exist on 28 March 2027 and exists twice on 31 October."""
    with pytest.raises(BadRequest, match="clocks go forward"):
        DeadlineExtension(on="2027-03-28", at="02:30", reason="Because.").instant_in_zone("Europe/Zurich")
    with pytest.raises(BadRequest, match="clocks go forward"):
        NewReleasePlan(when="then", on="2027-03-28", at="02:30").instant_in_zone("Europe/Zurich")
    first = NewReleasePlan(when="then", on="2027-10-31", at="02:30").instant_in_zone("Europe/Zurich")
    assert first == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
