"""Random pairs of sites with the same releases, one of them with unreleased data: no response may differ.

`CWG_TEST_WORLDS=100` makes so many pairs."""

import os
import random
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from app.core.db import create_database_engine, read_session_factory, write_session_factory
from app.core.i18n import LANGUAGES
from app.core.storage import open_store
from app.domain.outputs.models import Output
from app.settings import Settings
from tests.conftest import Database
from tests.dissemination.read_path_site import NOON, SOLE_DECISION, ReaderSite
from tests.dissemination.test_two_worlds import ADDRESSES, CALLERS, UNROUTED, as_if_released, new_site, observe
from tests.world import World

PAIRS = int(os.environ.get("CWG_TEST_WORLDS", "1"))
ABSENT_OUTPUT = re.compile(r"CWG-Internet-22-OUT-1(?!\d)")
FIRST = 1000  # the numbers of released outputs, far from those of unreleased ones


class SecretActivity:
    """Portal activity that releases nothing: each call adds something unreleased, chosen by `luck`."""

    def __init__(self, reader_site: ReaderSite, luck: random.Random) -> None:
        self.engine = create_database_engine(str(reader_site.settings.database_url))
        self.world = World(
            write_session_factory(self.engine),
            read_session_factory(self.engine),
            open_store(reader_site.settings.store_url),
        )
        self.luck, self.reader_site, self.symbols = luck, reader_site, ["CWG-Internet 22/OUT/1"]
        self.coming_meeting, self.past_meeting = (
            self.world.meeting(number=23),
            self.world.meeting(number=22, opens_in=-3),
        )

    def add_one(self) -> None:
        self.luck.choice(self.list_steps())()

    def list_steps(self) -> Sequence[Callable[[], object]]:
        world, title = self.world, self.luck.randbytes(8).hex()
        return [
            lambda: world.draft(self.coming_meeting, title=title),
            lambda: world.asked(self.coming_meeting, "BRA", title=title),
            lambda: world.submitted(self.coming_meeting, title=title),
            lambda: world.returned(self.coming_meeting),
            lambda: world.registered(self.coming_meeting, title=title),
            lambda: (
                world.agenda_released(self.coming_meeting, note=title)
                if world.item(self.coming_meeting, title)
                else None
            ),
            lambda: world.participant(self.coming_meeting, title),
            lambda: world.output(self.past_meeting, title=title),
            lambda: world.silence(world.output(self.past_meeting, title=title)),
            lambda: self._create_numbered(world.adopted, title),
            lambda: world.statement(self._create_numbered(world.adopted, title), text=title),
            lambda: self._create_numbered(world.approved, title),
            lambda: self._create_numbered(world.leaving, title),
            lambda: self._create_numbered(world.failed, title),
            lambda: world.release_alone(self._create_numbered(world.adopted, title), reason=title),
            lambda: world.translated(self._create_numbered(world.adopted, title), "fr", title=title),
            lambda: self._propose_withdrawal(title),
            lambda: self.reader_site.store_bytes(title.encode()),  # bytes of a release that has not happened yet
        ]

    def _propose_withdrawal(self, title: str) -> None:
        """Propose a withdrawal that has not been decided yet, or that was declined."""
        output = as_if_released(self.world, self._create_numbered(self.world.leaving, title))
        self.world.to_be_withdrawn(output, reason=title)
        if self.luck.random() < 0.5:
            self.world.decline_withdrawal(output, reason=title)

    def _create_numbered(self, make: Callable[..., Output], title: str) -> Output:
        output = make(self.past_meeting, title=title)
        self.symbols.append(str(output.symbol))
        return output


def random_release(luck: random.Random, number: int) -> dict[str, object]:
    """Random arguments of `ReaderSite.release`."""
    languages = luck.sample(LANGUAGES, luck.randint(1, 6))
    titled = [languages[0], *(code for code in LANGUAGES if luck.random() < 0.4)]
    statement = {"state": "KEN", "kind": "reservation", "text": luck.randbytes(8).hex(), "language": "en"}
    lacks = [code for code in LANGUAGES if code not in languages and luck.random() < 0.2]
    return {
        "number": number,
        "still_to_come": lacks,
        "languages": tuple(languages),
        "original": languages[0],
        "titles": {code: f"Title {luck.randbytes(4).hex()} in {code}" for code in titled},
        "kind": luck.choice(("report", "decision", "conclusions", "recommendation")),
        "released_at": NOON - timedelta(hours=luck.randrange(20_000)),
        "statements": [statement] * luck.randrange(2),
    } | (SOLE_DECISION if luck.random() < 0.3 else {})


def random_addresses(luck: random.Random, released: int, hidden: str) -> list[str]:
    """`ADDRESSES` in random order, for this output instead of the sample one and for this hidden symbol."""
    slug = hidden.replace(" ", "-").replace("/", "-")
    paths = [*(path for group in ADDRESSES.values() for path in group), *UNROUTED]
    own_paths = [ABSENT_OUTPUT.sub(slug, path).replace("OUT-7", f"OUT-{released}") for path in paths]
    return luck.sample(own_paths, len(own_paths))


def test_no_response_reveals_unreleased_data_in_random_pairs_of_sites(
    new_database: Callable[[], Database], settings: Settings, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    luck = random.Random(seed)
    sites = [new_site(new_database(), settings, tmp_path / name) for name in ("quiet", "busy")]
    quiet, busy = sites
    secrets, reached = SecretActivity(busy, luck), set()

    for pair in range(PAIRS):
        release = random_release(luck, FIRST + pair)
        for reader_site in sites:
            reader_site.release(**release)
        if release["still_to_come"] and luck.random() < 0.5:
            for reader_site in sites:
                reader_site.complete(FIRST + pair)
        if luck.random() < 0.3:
            for reader_site in sites:
                reader_site.withdraw(
                    FIRST + pair, reason=f"Reason {pair}", decided_by=["secretary", "chair"][: 1 + pair % 2]
                )
        for _ in range(luck.randint(1, 3)):
            secrets.add_one()
        for who in (luck.choice(list(CALLERS[:-1])), None):
            cookie = quiet.cookie(who) if who else None
            for path in random_addresses(luck, FIRST + pair, luck.choice(secrets.symbols)):
                method = luck.choice(("GET", "GET", "HEAD"))
                one, other = (observe(reader_site, cookie, path, method) for reader_site in sites)
                assert one == other, f"{method} {path} as {who}, pair {pair} with seed {seed}"
                reached.add(one[0])

    assert {200, 401, 404} <= reached
    secrets.engine.dispose()
    for reader_site in sites:
        reader_site.close()
