"""Silence procedures as a state machine: after any sequence of events, the database matches a simple model."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict
from app.core.journal import JournalLine
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.silence.actions import draft_texts
from app.domain.silence.actions import procedure as silence
from app.domain.silence.inputs import DeadlineExtension
from app.domain.silence.models import SilenceProcedure
from app.domain.silence.queries.positions import list_positions, list_statements
from tests.domain.test_silence import ZURICH
from tests.state_machines import machine_settings
from tests.world import World

MS, HOUR, DAY = timedelta(milliseconds=1), timedelta(hours=1), timedelta(days=1)
TEXTS = ("One text", "Another text")
AROUND = (-MS, timedelta(0), MS)


class Silence(RuleBasedStateMachine):
    """One text at a time. The model keeps five values and derives everything else."""

    world: World
    meeting: Meeting
    moment: datetime

    @initialize()
    def create_draft(self) -> None:
        self.output = self.world.output(self.meeting, title=TEXTS[0])
        self.text, self.status = TEXTS[0], "draft"
        self.procedure: SilenceProcedure | None = None
        self.course, self.put, self.until = "none", "", self.moment
        self.positions: dict[str, str] = {}
        self.moved = 0

    def runs(self) -> bool:
        return self.course == "open"

    def settle_model(self) -> None:
        """Update the model to what the portal derives at this moment."""
        if self.course == "open" and self.text != self.put:
            self.course = "void"
        elif self.course == "open" and self.moment >= self.until:
            self.course = self.status = "adopted"

    def attempt(self, act: object, *, allowed: bool) -> None:
        if allowed:
            act()
        else:
            with pytest.raises(Conflict):
                act()

    @rule()
    def open_procedure(self) -> None:
        allowed = self.status == "draft" and not self.runs()

        def act() -> None:
            self.procedure = self.world.silence(self.output, hours=73)

        self.attempt(act, allowed=allowed)
        if allowed:
            self.course, self.put, self.until, self.positions = "open", self.text, self.procedure.until, {}
            self.moved = 0

    @precondition(lambda self: self.procedure)
    @rule(offset=st.sampled_from(AROUND))
    def wait_for_the_deadline(self, offset: timedelta) -> None:
        self.move_clock_to(self.until + offset)

    @rule(span=st.sampled_from((MS, HOUR, DAY)))
    def wait(self, span: timedelta) -> None:
        self.move_clock_to(self.moment + span)

    def move_clock_to(self, moment: datetime) -> None:
        type(self).moment = max(self.moment, moment)

    @precondition(lambda self: self.procedure)
    @rule(
        who=st.sampled_from(("amina", "rafael", "haruka")),
        stance=st.sampled_from(("supports", "reservation", "explanation", "breaks")),
    )
    def take_position(self, who: str, stance: str) -> None:
        allowed = self.runs() and self.moment < self.until
        self.attempt(lambda: self.world.position(self.procedure, who, stance, text="Our words."), allowed=allowed)
        if allowed:
            self.positions[who] = stance
            self.course = "broken" if stance == "breaks" else self.course

    @precondition(lambda self: self.procedure)
    @rule(days=st.sampled_from((1, 7)))
    def extend(self, days: int) -> None:
        allowed = self.runs() and self.moment < self.until and self.moved < 3

        def act() -> None:
            with self.world.acting("laurent") as (session, actor):
                stored_procedure = session.get_one(SilenceProcedure, self.procedure.id)
                until = (stored_procedure.until + timedelta(days=days)).astimezone(ZURICH)
                new = DeadlineExtension(on=until.date(), at=until.time(), reason="Because.")
                silence.extend_deadline(session, actor, stored_procedure, new, version=stored_procedure.version)

        self.attempt(act, allowed=allowed)
        if allowed:
            self.until += timedelta(days=days)
            self.moved += 1

    @rule(text=st.sampled_from(TEXTS))
    def write_text(self, text: str) -> None:
        def act() -> None:
            with self.world.acting("ines") as (session, actor):
                stored_output = session.get_one(Output, self.output.id)
                draft_texts.put_draft_file(session, actor, stored_output, self.world.file("en", text))

        is_due = self.course == "open" and self.moment >= self.until
        allowed = self.status == "draft" and not is_due
        self.attempt(act, allowed=allowed)
        if allowed:
            self.text = text
            self.settle_model()

    def settle(self) -> bool:
        with transaction(self.world.write) as session:
            return silence.settle_procedure(session, self.output.id)

    @rule()
    def run_worker(self) -> None:
        before = self.course
        is_settled = self.settle()
        self.settle_model()
        assert is_settled is (self.course != before)

    @rule()
    def kill_worker_before_commit(self) -> None:
        with pytest.raises(RuntimeError), transaction(self.world.write) as session:
            silence.settle_procedure(session, self.output.id)
            session.flush()
            raise RuntimeError

    @rule()
    def run_two_workers(self) -> None:
        before, barrier = self.course, Barrier(2, timeout=60)

        def act(_: int) -> bool:
            barrier.wait()
            return self.settle()

        with ThreadPoolExecutor(2) as pool:
            settled = sum(pool.map(act, range(2)))
        self.settle_model()
        assert settled == (self.course != before)

    @invariant()
    def database_matches_model(self) -> None:
        with transaction(self.world.read) as session:
            output = session.get_one(Output, self.output.id)
            assert output.status == self.status
            of_it = JournalLine.facts["output"].astext == str(self.output.id)
            adopted = select(func.count()).where(JournalLine.event == "output:adopted", of_it)
            assert session.scalar(adopted) == (self.status == "adopted")
            if self.procedure:
                procedure = session.get_one(SilenceProcedure, self.procedure.id)
                assert (procedure.course, procedure.until) == (self.course, self.until)
                positions = list_positions(session, procedure)
                assert sorted(each.stance for each in positions) == sorted(self.positions.values())
            kinds = [each.kind for each in list_statements(session, output)]
            worded = [each for each in self.positions.values() if each in ("reservation", "explanation")]
            assert sorted(kinds) == (sorted(worded) if self.status == "adopted" else [])


def test_the_database_matches_the_model_after_any_sequence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class ThisMachine(Silence):
        pass

    ThisMachine.world, ThisMachine.moment = world, clock.now().replace(microsecond=0)
    ThisMachine.meeting = world.meeting(opens_in=-1)
    monkeypatch.setattr(clock, "now", lambda: ThisMachine.moment)
    run_state_machine_as_test(
        ThisMachine,
        settings=machine_settings(examples=25, steps=14),
    )
