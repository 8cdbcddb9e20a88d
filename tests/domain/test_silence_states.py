"""Silence procedures as a machine: whatever happens in whatever order, the database says what a simple model says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import HealthCheck, settings
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
from app.domain.silence import queries
from app.domain.silence.actions import draft_texts
from app.domain.silence.actions import procedure as actions
from app.domain.silence.inputs import DeadlineExtension
from app.domain.silence.models import SilenceProcedure
from tests.domain.test_silence import ZURICH
from tests.world import World

MS, HOUR, DAY = timedelta(milliseconds=1), timedelta(hours=1), timedelta(days=1)
TEXTS = ("One text", "Another text")
AROUND = (-MS, timedelta(0), MS)


class Silence(RuleBasedStateMachine):
    """One text at a time. The model knows five things; everything else it asks of nobody."""

    world: World
    meeting: Meeting
    moment: datetime

    @initialize()
    def a_draft(self) -> None:
        self.output = self.world.output(self.meeting, title=TEXTS[0])
        self.text, self.status = TEXTS[0], "draft"
        self.procedure: SilenceProcedure | None = None
        self.course, self.put, self.until = "none", "", self.moment
        self.positions: dict[str, str] = {}
        self.moved = 0

    def runs(self) -> bool:
        return self.course == "open"

    def settled(self) -> None:
        """What the house makes of it now."""
        if self.course == "open" and self.text != self.put:
            self.course = "void"
        elif self.course == "open" and self.moment >= self.until:
            self.course = self.status = "adopted"

    def refused(self, act: object, *, allowed: bool) -> None:
        if allowed:
            act()
        else:
            with pytest.raises(Conflict):
                act()

    @rule()
    def open_one(self) -> None:
        allowed = self.status == "draft" and not self.runs()

        def act() -> None:
            self.procedure = self.world.silence(self.output, hours=73)

        self.refused(act, allowed=allowed)
        if allowed:
            self.course, self.put, self.until, self.positions = "open", self.text, self.procedure.until, {}
            self.moved = 0

    @precondition(lambda self: self.procedure)
    @rule(where=st.sampled_from(AROUND))
    def wait_for_the_deadline(self, where: timedelta) -> None:
        self.go_to(self.until + where)

    @rule(span=st.sampled_from((MS, HOUR, DAY)))
    def wait(self, span: timedelta) -> None:
        self.go_to(self.moment + span)

    def go_to(self, moment: datetime) -> None:
        type(self).moment = max(self.moment, moment)

    @precondition(lambda self: self.procedure)
    @rule(
        who=st.sampled_from(("amina", "rafael", "haruka")),
        stance=st.sampled_from(("supports", "reservation", "explanation", "breaks")),
    )
    def take(self, who: str, stance: str) -> None:
        allowed = self.runs() and self.moment < self.until
        self.refused(lambda: self.world.position(self.procedure, who, stance, text="Our words."), allowed=allowed)
        if allowed:
            self.positions[who] = stance
            self.course = "broken" if stance == "breaks" else self.course

    @precondition(lambda self: self.procedure)
    @rule(days=st.sampled_from((1, 7)))
    def extend(self, days: int) -> None:
        allowed = self.runs() and self.moment < self.until and self.moved < 3

        def act() -> None:
            with self.world.acting("laurent") as (session, actor):
                there = session.get_one(SilenceProcedure, self.procedure.id)
                until = (there.until + timedelta(days=days)).astimezone(ZURICH)
                new = DeadlineExtension(on=until.date(), at=until.time(), reason="Because.")
                actions.extend_deadline(session, actor, there, new, version=there.version)

        self.refused(act, allowed=allowed)
        if allowed:
            self.until += timedelta(days=days)
            self.moved += 1

    @rule(text=st.sampled_from(TEXTS))
    def write(self, text: str) -> None:
        def act() -> None:
            with self.world.acting("ines") as (session, actor):
                there = session.get_one(Output, self.output.id)
                draft_texts.put_draft_file(session, actor, there, self.world.file("en", text))

        is_due = self.course == "open" and self.moment >= self.until
        allowed = self.status == "draft" and not is_due
        self.refused(act, allowed=allowed)
        if allowed:
            self.text = text
            self.settled()

    def settle(self) -> bool:
        with transaction(self.world.write) as session:
            return actions.settle_procedure(session, self.output.id)

    @rule()
    def the_worker_comes(self) -> None:
        before = self.course
        done = self.settle()
        self.settled()
        assert done is (self.course != before)

    @rule()
    def the_worker_dies_before_its_commit(self) -> None:
        with pytest.raises(RuntimeError), transaction(self.world.write) as session:
            actions.settle_procedure(session, self.output.id)
            session.flush()
            raise RuntimeError

    @rule()
    def two_workers_come_at_once(self) -> None:
        before, gate = self.course, Barrier(2, timeout=60)

        def act(_: int) -> bool:
            gate.wait()
            return self.settle()

        with ThreadPoolExecutor(2) as pool:
            done = sum(pool.map(act, range(2)))
        self.settled()
        assert done == (self.course != before)

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        with transaction(self.world.read) as session:
            there = session.get_one(Output, self.output.id)
            assert there.status == self.status
            of_it = JournalLine.facts["output"].astext == str(self.output.id)
            adopted = select(func.count()).where(JournalLine.event == "output:adopted", of_it)
            assert session.scalar(adopted) == (self.status == "adopted")
            if self.procedure:
                procedure = session.get_one(SilenceProcedure, self.procedure.id)
                assert (procedure.course, procedure.until) == (self.course, self.until)
                taken = queries.list_positions(session, procedure)
                assert sorted(each.stance for each in taken) == sorted(self.positions.values())
            said = [each.kind for each in queries.list_statements(session, there)]
            worded = [each for each in self.positions.values() if each in ("reservation", "explanation")]
            assert sorted(said) == (sorted(worded) if self.status == "adopted" else [])


def test_whatever_happens_the_database_says_what_the_model_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Here(Silence):
        pass

    Here.world, Here.moment = world, clock.now().replace(microsecond=0)
    Here.meeting = world.meeting(opens_in=-1)
    monkeypatch.setattr(clock, "now", lambda: Here.moment)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=25, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
