"""A state machine over an advance version. In any order of translations, approvals, releases, recalls and worker runs,
it is completed once, by two people for each language, and never in part."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, DomainError
from app.core.storage import Store, open_store
from app.core.validation import ReasonInput
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import completion
from app.domain.outputs.actions import translation as translating
from app.domain.outputs.inputs import ReleaseInstant, TranslatedTitle
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.releases.actions import completion as releases
from app.domain.releases.queries import manifests, stored_manifests
from app.domain.releases.queries import releases as released
from app.domain.releases.queries.chain_verification import verify_catalogue
from tests.state_machines import machine_settings
from tests.world import RELEASE_SIGNER, World

MS, HOUR = timedelta(milliseconds=1), timedelta(hours=1)
AROUND = (-MS, timedelta(0), MS)
ZURICH = ZoneInfo("Europe/Zurich")
PROMISED = ("fr", "ru")
PEOPLE = st.sampled_from(("ines", "daniel", "laurent", "amina"))
WHO_DECIDES = ("ines", "daniel", "laurent")
BECAUSE = ReasonInput(reason="A capital has asked for time.")


def moment_at(moment: datetime) -> ReleaseInstant:
    local_time = moment.astimezone(ZURICH)
    return ReleaseInstant(when="then", on=local_time.date(), at=local_time.time())


class Completing(RuleBasedStateMachine):
    """`of` maps each translated language to who added and who approved it; `at` is the scheduled instant."""

    world: ClassVar[World]
    release_store: ClassVar[Store]
    meeting: ClassVar[Meeting]
    moment: ClassVar[datetime]

    @initialize()
    def release_advance_version(self) -> None:
        self.output = self.world.advance(self.meeting, self.release_store, *PROMISED, title="An urgent text")
        self.of: dict[str, tuple[str, str | None]] = {}
        self.at: datetime | None = None
        self.is_complete = False

    @property
    def is_open(self) -> bool:
        return not self.is_complete and self.at is None

    @rule(who=PEOPLE, language=st.sampled_from(("en", *PROMISED)))
    def translate(self, who: str, language: str) -> None:
        allowed = who in ("ines", "daniel") and language in PROMISED and self.is_open

        def act() -> None:
            with self.world.acting(who) as (session, actor):
                output, file = session.get_one(Output, self.output.id), self.world.file(language, f"By {who}")
                translating.add_translation(session, actor, output, file, TranslatedTitle(title=f"By {who}"))

        self.attempt(act, allowed=allowed)
        if allowed:
            self.of[language] = (who, None)

    @rule(who=PEOPLE, language=st.sampled_from(PROMISED), is_stale=st.booleans())
    def approve(self, who: str, language: str, is_stale: bool) -> None:
        adder, approver = self.of.get(language, (who, None))
        allowed = who in WHO_DECIDES and who != adder and approver is None and self.is_open and not is_stale

        digest = "0" * 64 if is_stale else None
        act = partial(self.world.approve_translation, self.output, language, by=who, digest=digest)
        self.attempt(act, allowed=allowed)
        if allowed:
            self.world.verify_approvals(self.output)
            self.of[language] = (adder, who)

    @rule(who=PEOPLE, ahead=st.sampled_from((-HOUR, 0 * HOUR, HOUR, None)))
    def schedule(self, who: str, ahead: timedelta | None) -> None:
        approvers = {approver for _, approver in self.of.values() if approver}
        is_whole = all(self.of.get(each, ("", None))[1] for each in PROMISED)
        allowed = who in WHO_DECIDES and who not in approvers and is_whole and self.is_open
        allowed = allowed and (ahead is None or ahead > 0 * HOUR)
        plan = ReleaseInstant() if ahead is None else moment_at(self.moment + ahead)
        self.attempt(lambda: self.world.completing(self.output, plan, by=who), allowed=allowed)
        if allowed:
            self.at = self.moment + (ahead or 0 * HOUR)

    @rule(who=PEOPLE)
    def call_back(self, who: str) -> None:
        allowed = who in WHO_DECIDES and self.at is not None and self.moment < self.at
        self.attempt(lambda: self.recall_completion(who), allowed=allowed)
        self.at = None if allowed else self.at

    def recall_completion(self, who: str) -> None:
        with self.world.acting(who) as (session, actor):
            completion.cancel_scheduled_completion(session, actor, session.get_one(Output, self.output.id), BECAUSE)

    def is_due(self) -> bool:
        return self.at is not None and self.moment >= self.at

    def run_completion(self) -> bool:
        with transaction(self.world.write) as session:
            return releases.release_missing_languages(session, self.world.store, self.release_store, self.output.id)

    @rule()
    def run_worker(self) -> None:
        due = self.is_due()
        assert self.run_completion() is due
        self.note_completion(due=due)

    @rule()
    def kill_worker_before_commit(self) -> None:
        with pytest.raises(RuntimeError), transaction(self.world.write) as session:
            releases.release_missing_languages(session, self.world.store, self.release_store, self.output.id)
            raise RuntimeError

    @precondition(lambda self: self.at is not None)
    @rule()
    def recall_while_two_workers_run(self) -> None:
        barrier, due = Barrier(3), self.is_due()

        def act(number: int) -> bool:
            barrier.wait()
            if number < 2:
                return self.run_completion()
            try:
                self.recall_completion("ines")
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(3) as pool:
            *by_workers, called_back = pool.map(act, range(3))
        assert sum(by_workers) == due
        assert called_back is not due
        self.at = None if called_back else self.at
        self.note_completion(due=due)

    @precondition(lambda self: self.at is not None)
    @rule(offset=st.sampled_from(AROUND))
    def wait_for_the_instant(self, offset: timedelta) -> None:
        assert self.at is not None
        type(self).moment = max(self.moment, self.at + offset)

    def note_completion(self, *, due: bool) -> None:
        if due:
            self.is_complete, self.at = True, None

    def attempt(self, act: Callable[[], object], *, allowed: bool) -> None:
        if allowed:
            act()
        else:
            with pytest.raises(DomainError):
                act()

    @invariant()
    def released_languages_are_one_or_all_and_signed(self) -> None:
        with transaction(self.world.read) as session:
            report = verify_catalogue(
                released.list_entries(session),
                [],
                stored_manifests.iterate_manifests_backwards(session),
                RELEASE_SIGNER.public_keys,
            )
            signed = {
                each.number: manifests.digest_of_manifest(each).hex()
                for each in stored_manifests.list_manifests(session)
            }
            stored_output = session.get_one(Output, self.output.id)
            every = {each.language: each for each in outputs.list_translations(session, stored_output)}
        assert report.faults == []
        (released_output,) = (each for each in report.outputs if each.symbol == self.output.symbol)
        languages = {"en", *PROMISED} if self.is_complete else {"en"}
        assert {text.language for text in released_output.texts} == languages
        assert released_output.is_advance is not self.is_complete
        assert (
            set(stored_output.still_to_come)
            == set(released_output.still_to_come)
            == (set() if self.is_complete else set(PROMISED))
        )
        assert (stored_output.text_digest, stored_output.titles) == (self.output.text_digest, self.output.titles)
        assert released_output.completes_digest == (
            signed[released_output.completes] if released_output.completes else None
        )
        assert list(signed) == list(range(1, len(signed) + 1))
        approved = {language: approver for language, (_, approver) in self.of.items()}
        assert {code: each.is_approved for code, each in every.items()} == {
            code: approver is not None for code, approver in approved.items()
        }


def test_an_advance_version_is_completed_once_by_two_people_and_never_in_part(
    world: World, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ThisMachine(Completing):
        pass

    ThisMachine.world, ThisMachine.moment = world, clock.now().replace(microsecond=0)
    ThisMachine.release_store, ThisMachine.meeting = (
        open_store(f"file://{tmp_path}/released"),
        world.meeting(opens_in=-1),
    )
    monkeypatch.setattr(clock, "now", lambda: ThisMachine.moment)
    run_machine(
        ThisMachine,
        settings=machine_settings(examples=20, steps=16),
    )
