"""Outputs that are adopted and approved, each with random languages, sources, statements and addressees."""

import random
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from app.core import clock
from app.core.db import transaction
from app.core.errors import DomainError
from app.core.i18n import LANGUAGES
from app.domain.meetings.models import Meeting
from app.domain.outputs.inputs import Adoption, NewReleasePlan
from app.domain.outputs.models import Output, ReleaseAddressee
from app.domain.outputs.queries import outputs as output_queries
from app.domain.silence.actions import draft_texts
from app.worker.subscriptions import queue_jobs
from tests.faults.releases.observers import WatchedOutput
from tests.world import World

KINDS = ("report", "conclusions", "recommendation", "decision")
TOPICS = ("spam", "connectivity", "multilingual-internet")
OTHER_ADDRESSEES = tuple(
    each for each in ReleaseAddressee if each not in (ReleaseAddressee.MEMBERSHIP, ReleaseAddressee.PUBLIC)
)


class ReleaseSecretariat:
    """Prepares outputs of one past meeting, and schedules their releases as a secretary does."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.meeting: Meeting = world.meeting(number=21, opens_in=-3)
        coming = world.meeting(number=23)
        self.sources = [
            world.registered(coming, title=f"A source on {topic}", topics=(topic,))[1].id for topic in TOPICS
        ]

    def begin_scheduling(self) -> None:
        """From now on, what people do queues jobs; the preparation needs none."""
        self.world.write.configure(info=self.world.write.kw["info"] | {"react": queue_jobs})

    def prepare(self, number: int) -> WatchedOutput:
        """One that two people have approved, with files in some languages."""
        draft = self.world.output(
            self.meeting,
            title=f"Text {number} of a release",
            kind=self.chance.choice(KINDS),
            sources=frozenset(self.chance.sample(self.sources, number % 3)),
            for_public=self.chance.random() < 0.5,
        )
        digests = self._put_files(draft, number)
        self._adopt(draft)
        if self.chance.random() < 0.3:
            self.world.statement(draft, "rafael", text=f"We reserve our position on text {number}.")
        made = self.world.both_approve(draft)
        slug = str(made.symbol).replace(" ", "-").replace("/", "-")
        return WatchedOutput(str(made.id), slug, digests)

    def _put_files(self, draft: Output, number: int) -> Mapping[str, str]:
        """Put files in some other languages; paragraphs of some are extracted already. Return the digests."""
        digests = {}
        for language in ("en", *self.chance.sample([code for code in LANGUAGES if code != "en"], k=number % 3)):
            file = self.world.file(language, f"Text {number} of a release in {language}")
            with self.world.acting("ines") as (session, actor):
                draft_texts.put_draft_file(session, actor, session.get_one(Output, draft.id), file)
            digests[language] = file.sha256
            if self.chance.random() < 0.7:
                self.world.rendered(file.sha256, f"Text {number}", language, pdf=False)
        return digests

    def _adopt(self, draft: Output) -> None:
        with self.world.acting("laurent") as (session, actor):
            there = session.get_one(Output, draft.id)
            adoption = Adoption(
                adopted_on=self.meeting.opens_on,
                without_pdf=True,
                text=output_queries.compute_text_digest(session, there),
            )
            draft_texts.adopt_draft(session, actor, there, adoption)

    def find_instant(self, output: WatchedOutput) -> float | None:
        """The instant for which the release is scheduled, or was."""
        with transaction(self.world.read) as session:
            instant = session.get_one(Output, UUID(output.id)).release_at
        return instant.timestamp() if instant else None

    def try_to_schedule(self, output: WatchedOutput, ahead: float) -> float | None:
        """Schedule the release so many seconds from now, unless it is already; return the instant.

        None if the database does not answer. It may have been scheduled all the same: then the next call returns the
        instant.
        """
        try:
            if instant := self.find_instant(output):
                return instant
            at = clock.now() + timedelta(seconds=ahead)
            output.instants.append(at.timestamp())
            self._schedule(output, at)
        except (SQLAlchemyError, DomainError):
            return None
        return at.timestamp()

    def _schedule(self, output: WatchedOutput, at: datetime) -> None:
        with transaction(self.world.read) as session:
            made = session.get_one(Output, UUID(output.id))
        addressees = set(self.chance.sample(OTHER_ADDRESSEES, self.chance.randint(0, len(OTHER_ADDRESSEES))))
        if made.for_public and self.chance.random() < 0.7:
            addressees.add(ReleaseAddressee.PUBLIC)
        local = at.astimezone(ZoneInfo(self.meeting.zone))
        plan = NewReleasePlan(when="then", on=local.date(), at=local.time(), addressees=frozenset(addressees))
        self.world.schedule_release(made, plan)


def seconds_until(instant: float) -> float:
    return instant - time.time()
