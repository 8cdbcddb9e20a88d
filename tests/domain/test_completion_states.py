"""A state machine over an advance version: whoever translates, approves, lets out, calls back or comes as a worker, in
whatever order, it is completed once, by two people for each language, and never in part."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, DomainError
from app.core.storage import Store, open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import completion, translation
from app.domain.outputs.inputs import Because, ReleaseInstant, TranslatedTitle
from app.domain.outputs.models import Output, OutputTranslation
from app.domain.outputs.queries import translations
from app.domain.releases.actions import completion as releases
from app.domain.releases.queries import manifests
from app.domain.releases.queries import releases as released
from app.domain.releases.queries.chain_verification import verify_catalogue
from tests.world import SIGNER, World

MS, HOUR = timedelta(milliseconds=1), timedelta(hours=1)
AROUND = (-MS, timedelta(0), MS)
ZURICH = ZoneInfo("Europe/Zurich")
PROMISED = ("fr", "ru")
PEOPLE = st.sampled_from(("ines", "daniel", "laurent", "amina"))
WHO_DECIDES = ("ines", "daniel", "laurent")
BECAUSE = Because(reason="A capital has asked for time.")


def then(moment: datetime) -> ReleaseInstant:
    there = moment.astimezone(ZURICH)
    return ReleaseInstant(when="then", on=there.date(), at=there.time())


class Completing(RuleBasedStateMachine):
    """`of` are the translations: who added each, and who approved it. `at` is the instant of what is under way."""

    world: ClassVar[World]
    shelf: ClassVar[Store]
    meeting: ClassVar[Meeting]
    moment: ClassVar[datetime]

    @initialize()
    def an_advance_version_is_out(self) -> None:
        self.output = self.world.advance(self.meeting, self.shelf, *PROMISED, title="An urgent text")
        self.of: dict[str, tuple[str, str | None]] = {}
        self.at: datetime | None = None
        self.is_complete = False

    @property
    def waits(self) -> bool:
        return not self.is_complete and self.at is None

    @rule(who=PEOPLE, language=st.sampled_from(("en", *PROMISED)))
    def translate(self, who: str, language: str) -> None:
        allowed = who in ("ines", "daniel") and language in PROMISED and self.waits

        def act() -> None:
            with self.world.acting(who) as (session, actor):
                there, file = session.get_one(Output, self.output.id), self.world.file(language, f"By {who}")
                translation.add_translation(session, actor, there, file, TranslatedTitle(title=f"By {who}"))

        self.tried(act, allowed=allowed)
        if allowed:
            self.of[language] = (who, None)

    @rule(who=PEOPLE, language=st.sampled_from(PROMISED), is_stale=st.booleans())
    def approve(self, who: str, language: str, is_stale: bool) -> None:
        adder, approver = self.of.get(language, (who, None))
        allowed = who in WHO_DECIDES and who != adder and approver is None and self.waits and not is_stale

        def act() -> None:
            with self.world.acting(who) as (session, actor):
                there, it = (
                    session.get_one(Output, self.output.id),
                    session.get(OutputTranslation, (self.output.id, language)),
                )
                text = it.digest if it and not is_stale else "0" * 64
                translation.approve_translation(session, actor, there, language, digest=text)

        self.tried(act, allowed=allowed)
        if allowed:
            self.of[language] = (adder, who)

    @rule(who=PEOPLE, ahead=st.sampled_from((-HOUR, 0 * HOUR, HOUR, None)))
    def let_out(self, who: str, ahead: timedelta | None) -> None:
        approvers = {approver for _, approver in self.of.values() if approver}
        is_whole = all(self.of.get(each, ("", None))[1] for each in PROMISED)
        allowed = who in WHO_DECIDES and who not in approvers and is_whole and self.waits
        allowed = allowed and (ahead is None or ahead > 0 * HOUR)
        plan = ReleaseInstant() if ahead is None else then(self.moment + ahead)
        self.tried(lambda: self.world.completing(self.output, plan, by=who), allowed=allowed)
        if allowed:
            self.at = self.moment + (ahead or 0 * HOUR)

    @rule(who=PEOPLE)
    def call_back(self, who: str) -> None:
        allowed = who in WHO_DECIDES and self.at is not None and self.moment < self.at
        self.tried(lambda: self.called_back(who), allowed=allowed)
        self.at = None if allowed else self.at

    def called_back(self, who: str) -> None:
        with self.world.acting(who) as (session, actor):
            completion.call_back_completion(session, actor, session.get_one(Output, self.output.id), BECAUSE)

    def is_due(self) -> bool:
        return self.at is not None and self.moment >= self.at

    def completed(self) -> bool:
        with transaction(self.world.write) as session:
            return releases.complete_release(session, self.world.store, self.shelf, self.output.id)

    @rule()
    def the_worker_comes(self) -> None:
        due = self.is_due()
        assert self.completed() is due
        self.done(due=due)

    @rule()
    def the_worker_dies_before_its_commit(self) -> None:
        with pytest.raises(RuntimeError), transaction(self.world.write) as session:
            releases.complete_release(session, self.world.store, self.shelf, self.output.id)
            raise RuntimeError

    @precondition(lambda self: self.at is not None)
    @rule()
    def somebody_calls_back_while_two_workers_come(self) -> None:
        gate, due = Barrier(3), self.is_due()

        def act(number: int) -> bool:
            gate.wait()
            if number < 2:
                return self.completed()
            try:
                self.called_back("ines")
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(3) as pool:
            *by_workers, called_back = pool.map(act, range(3))
        assert sum(by_workers) == due
        assert called_back is not due
        self.at = None if called_back else self.at
        self.done(due=due)

    @precondition(lambda self: self.at is not None)
    @rule(where=st.sampled_from(AROUND))
    def wait_for_the_instant(self, where: timedelta) -> None:
        assert self.at is not None
        type(self).moment = max(self.moment, self.at + where)

    def done(self, *, due: bool) -> None:
        if due:
            self.is_complete, self.at = True, None

    def tried(self, act: Callable[[], object], *, allowed: bool) -> None:
        if allowed:
            act()
        else:
            with pytest.raises(DomainError):
                act()

    @invariant()
    def readers_have_one_language_or_all_of_them_as_signed(self) -> None:
        with transaction(self.world.read) as session:
            found = verify_catalogue(
                released.list_entries(session), [], released.iterate_manifests_backwards(session), SIGNER.public_keys
            )
            signed = {
                each.number: manifests.digest_of_manifest(each).hex() for each in released.list_manifests(session)
            }
            here = session.get_one(Output, self.output.id)
            every = {each.language: each for each in translations.list_translations(session, here)}
        assert found.faults == []
        (out,) = (each for each in found.outputs if each.symbol == self.output.symbol)
        languages = {"en", *PROMISED} if self.is_complete else {"en"}
        assert {text.language for text in out.texts} == languages
        assert out.is_advance is not self.is_complete
        assert set(here.still_to_come) == set(out.still_to_come) == (set() if self.is_complete else set(PROMISED))
        assert (here.text_digest, here.titles) == (self.output.text_digest, self.output.titles)
        assert out.completes_digest == (signed[out.completes] if out.completes else None)
        assert list(signed) == list(range(1, len(signed) + 1))
        approved = {language: approver for language, (_, approver) in self.of.items()}
        assert {code: each.is_approved for code, each in every.items()} == {
            code: approver is not None for code, approver in approved.items()
        }


def test_whatever_happens_it_is_completed_once_by_two_people_and_never_in_part(
    world: World, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Here(Completing):
        pass

    Here.world, Here.moment = world, clock.now().replace(microsecond=0)
    Here.shelf, Here.meeting = open_store(f"file://{tmp_path}/released"), world.meeting(opens_in=-1)
    monkeypatch.setattr(clock, "now", lambda: Here.moment)
    run_machine(
        Here,
        settings=settings(
            max_examples=20, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
