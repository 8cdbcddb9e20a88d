"""Pairs of worlds made at random: what was released is the same in both, what was not is anything, in one of them.

`CWG_TEST_WORLDS=100` makes so many pairs.
"""

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
from tests.dissemination.read_path_site import ALONE, NOON, Place
from tests.dissemination.test_two_worlds import ADDRESSES, CALLERS, UNROUTED, as_if_released, new_world, seen
from tests.world import World

PAIRS = int(os.environ.get("CWG_TEST_WORLDS", "3"))
NOT_THERE = re.compile(r"CWG-Internet-22-OUT-1(?!\d)")
FIRST = 1000  # numbers of what is released, far from those that are not


class Secrets:
    """A world that works: at each call it does something more that is not released, chosen by `luck`."""

    def __init__(self, place: Place, luck: random.Random) -> None:
        self.engine = create_database_engine(str(place.settings.database_url))
        self.world = World(
            write_session_factory(self.engine), read_session_factory(self.engine), open_store(place.settings.store_url)
        )
        self.luck, self.place, self.symbols = luck, place, ["CWG-Internet 22/OUT/1"]
        self.coming, self.over = self.world.meeting(number=23), self.world.meeting(number=22, opens_in=-3)

    def more(self) -> None:
        self.luck.choice(self.kinds())()

    def kinds(self) -> Sequence[Callable[[], object]]:
        world, title = self.world, self.luck.randbytes(8).hex()
        return [
            lambda: world.draft(self.coming, title=title),
            lambda: world.asked(self.coming, "BRA", title=title),
            lambda: world.submitted(self.coming, title=title),
            lambda: world.returned(self.coming),
            lambda: world.registered(self.coming, title=title),
            lambda: world.agenda_released(self.coming, note=title) if world.item(self.coming, title) else None,
            lambda: world.participant(self.coming, title),
            lambda: world.output(self.over, title=title),
            lambda: world.silence(world.output(self.over, title=title)),
            lambda: self.numbered(world.adopted, title),
            lambda: world.statement(self.numbered(world.adopted, title), text=title),
            lambda: self.numbered(world.approved, title),
            lambda: self.numbered(world.leaving, title),
            lambda: self.numbered(world.failed, title),
            lambda: world.let_out_alone(self.numbered(world.adopted, title), reason=title),
            lambda: world.translated(self.numbered(world.adopted, title), "fr", title=title),
            lambda: self.to_be_withdrawn(title),
            lambda: self.place.shelve(title.encode()),  # bytes of a release that has not happened
        ]

    def to_be_withdrawn(self, title: str) -> None:
        """One person proposes it; another has not decided, or declined."""
        made = as_if_released(self.world, self.numbered(self.world.leaving, title))
        self.world.to_be_withdrawn(made, reason=title)
        if self.luck.random() < 0.5:
            self.world.decline_withdrawal(made, reason=title)

    def numbered(self, make: Callable[..., Output], title: str) -> Output:
        made = make(self.over, title=title)
        self.symbols.append(str(made.symbol))
        return made


def releases(luck: random.Random, number: int) -> dict[str, object]:
    """A release as `Place.release` takes it, at random."""
    languages = luck.sample(LANGUAGES, luck.randint(1, 6))
    titled = [languages[0], *(code for code in LANGUAGES if luck.random() < 0.4)]
    said = {"state": "KEN", "kind": "reservation", "text": luck.randbytes(8).hex(), "language": "en"}
    lacks = [code for code in LANGUAGES if code not in languages and luck.random() < 0.2]
    return {
        "number": number,
        "still_to_come": lacks,
        "languages": tuple(languages),
        "original": languages[0],
        "titles": {code: f"Title {luck.randbytes(4).hex()} in {code}" for code in titled},
        "kind": luck.choice(("report", "decision", "conclusions", "recommendation")),
        "released_at": NOON - timedelta(hours=luck.randrange(20_000)),
        "statements": [said] * luck.randrange(2),
    } | (ALONE if luck.random() < 0.3 else {})


def addresses(luck: random.Random, released: int, hidden: str) -> list[str]:
    """Those of `ADDRESSES`, with this output in the place of the one that is there, and that symbol in the other's."""
    slug = hidden.replace(" ", "-").replace("/", "-")
    paths = [*(path for group in ADDRESSES.values() for path in group), *UNROUTED]
    there = [NOT_THERE.sub(slug, path).replace("OUT-7", f"OUT-{released}") for path in paths]
    return luck.sample(there, len(there))


def test_no_answer_tells_a_pair_of_worlds_apart(
    new_database: Callable[[], Database], settings: Settings, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    luck = random.Random(seed)
    worlds = [new_world(new_database(), settings, tmp_path / name) for name in ("quiet", "busy")]
    quiet, busy = worlds
    secrets, reached = Secrets(busy, luck), set()

    for pair in range(PAIRS):
        release = releases(luck, FIRST + pair)
        for place in worlds:
            place.release(**release)
        if release["still_to_come"] and luck.random() < 0.5:
            for place in worlds:
                place.complete(FIRST + pair)
        if luck.random() < 0.3:
            for place in worlds:
                place.withdraw(FIRST + pair, reason=f"Reason {pair}", decided_by=["secretary", "chair"][: 1 + pair % 2])
        for _ in range(luck.randint(1, 3)):
            secrets.more()
        for who in (luck.choice(list(CALLERS[:-1])), None):
            cookie = quiet.cookie(who) if who else None
            for path in addresses(luck, FIRST + pair, luck.choice(secrets.symbols)):
                method = luck.choice(("GET", "GET", "HEAD"))
                one, other = (seen(place, cookie, path, method) for place in worlds)
                assert one == other, f"{method} {path} as {who}, pair {pair} with seed {seed}"
                reached.add(one[0])

    assert {200, 401, 404} <= reached
    secrets.engine.dispose()
    for place in worlds:
        place.close()
