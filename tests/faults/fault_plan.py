"""Which strokes of fate there are, in which order, and in what kind of house."""

import math
import random
import traceback
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import SecretStr

from app.domain.meetings.models import Meeting
from app.settings import Settings
from tests.clamd import CLAMD, Daemon, run_clamd
from tests.faults import clocks, common_steps, concurrent_kills, databases, disks, external_services, poison
from tests.faults import system_calls as calls
from tests.faults.common_steps import Outcome
from tests.faults.delegation import Delegation
from tests.faults.installation import House, a_house
from tests.faults.s3_server import a_bucket
from tests.faults.volume import volume
from tests.http_server import free_port
from tests.world import SIGNER, SIGNING_KEY

SECRET = "faults-0123456789-abcdefghijklmnopqrstuvwxyz"
SHARES = {"portal": 0.22, "database": 0.12, "worker": 0.12}  # of the time, for system calls
MOST_SYNCS = 12
DATABASES, KILLS, CUTS = 8, 12, 4


def settings_of_a_house() -> Settings:
    """Secrets of a house that lives for minutes."""
    return Settings(
        demo=True,
        session_secret=SecretStr(SECRET),
        read_session_secret=SecretStr(SECRET[::-1]),
        signing_key=SecretStr(SIGNING_KEY),
        read_public_keys=SIGNER.public_key.text,
        oidc_issuer=f"http://127.0.0.1:{free_port()}/demo-provider",
        oidc_client_id="portal",
        oidc_client_secret=SecretStr(SECRET),
        read_oidc_client_id="reader",
        read_oidc_client_secret=SecretStr(SECRET),
    )


@dataclass(frozen=True, slots=True)
class Scene:
    """The house, where people hand in, and what else there is on this machine."""

    house: House
    meeting: Meeting
    mount: Path | None
    scanner: Daemon | None
    asked: Namespace
    luck: random.Random

    def somebody(self, who: str = "amina", told: str = "told") -> Delegation:
        """What they are told is noted in that folder."""
        return Delegation.of(self.house, self.meeting, self.house.folder / told, who)


def every_run(folder: Path, asked: Namespace) -> Iterator[Outcome]:
    """Each kind of fault, in a house that goes on from one to the next; then one whose store is a bucket."""
    with a_scene(folder, asked) as scene:
        for name, part in IN_ONE_HOUSE.items():
            if name in asked.only:
                common_steps.supervised(scene.house)
                yield from to_its_end(name, part(scene))
    if "bucket" in asked.only:
        yield from to_its_end("bucket", in_a_bucket(folder / "other", asked))


def to_its_end(name: str, part: Iterator[Outcome]) -> Iterator[Outcome]:
    """What falls over is told of as what is not as it has to be; the other parts are done all the same."""
    try:
        yield from part
    except Exception as fault:
        traceback.print_exc()
        yield Outcome(f"{name} fell over", False, (f"{type(fault).__name__}: {fault}",))


@contextmanager
def a_scene(folder: Path, asked: Namespace) -> Iterator[Scene]:
    """Portal, worker, provider and scanner; the store has a file system of its own where there can be one."""
    with ExitStack() as undo:
        mount, settings = undo.enter_context(volume(folder)), settings_of_a_house()
        scanner = undo.enter_context(run_clamd(folder)) if CLAMD.exists() else None
        if scanner:
            settings = settings.model_copy(update={"clamd": scanner.socket})
        store = f"file://{mount}/store" if mount else ""
        house = undo.enter_context(a_house(folder, settings, store=store))
        common_steps.open_portal(house)
        house.begin("worker", "work")
        undo.callback(house.end)  # before the file system goes
        yield Scene(house, house.world.meeting(), mount, scanner, asked, random.Random(asked.seed))


def system_calls(scene: Scene) -> Iterator[Outcome]:
    """At every system call of portal, database and worker; and a disk that refuses to sync."""
    if calls.STRACE is None:
        print("strace is not installed: no kills at system calls, no failing sync", flush=True)
        return
    amina = scene.somebody()
    for part, share in SHARES.items():
        seconds = math.inf if scene.asked.long else share * scene.asked.minutes * 60
        yield from calls.every_call(scene.house, amina, part, seconds, scene.luck)
    for number in range(1, MOST_SYNCS):
        outcome = calls.failing_sync(scene.house, amina, number)
        yield outcome
        if not outcome.struck:
            break


def answers_and_databases(scene: Scene) -> Iterator[Outcome]:
    amina = scene.somebody()
    yield concurrent_kills.lost_answer(scene.house, amina, "A paper whose answer was lost")
    yield databases.hanging_database(scene.house, amina, "A paper before a database that hangs")
    for number in range(DATABASES):
        after = scene.luck.uniform(0.0, 0.6)
        yield databases.killed_database(scene.house, amina, f"A paper and a database {number}", after)


def load(scene: Scene) -> Iterator[Outcome]:
    crowd = [scene.somebody(who) for who in ("amina", "rafael", "haruka")]
    yield concurrent_kills.under_load(scene.house, crowd, KILLS, scene.asked.seed)


def asked_ones(scene: Scene) -> Iterator[Outcome]:
    """Scanner and identity provider."""
    house, amina = scene.house, scene.somebody()
    with external_services.a_provider(house) as provider:
        common_steps.again(house, anew=True)  # one that has not asked it yet
        yield external_services.hanging_provider(house, amina, provider)
    if scene.scanner is None:
        print("clamd is not installed: no scanner that hangs", flush=True)
        return
    yield external_services.hanging_scanner(house, amina, scene.scanner)
    yield external_services.hanging_scanner_and_a_crowd(house, amina, scene.scanner)


def time_itself(scene: Scene) -> Iterator[Outcome]:
    yield clocks.clock_steps(scene.house, scene.somebody())


def background(scene: Scene) -> Iterator[Outcome]:
    yield poison.poisoned(scene.house, scene.somebody(), scene.somebody("ines"))


def disk(scene: Scene) -> Iterator[Outcome]:
    """Full, and without power."""
    if scene.mount is None:
        print("no file system can be mounted here: no full disk, no power cut", flush=True)
        return
    house, amina = scene.house, scene.somebody()
    yield disks.full_disk(house, amina, scene.mount)
    for _ in range(CUTS):
        house.kill("worker")
        yield disks.power_cut(house, amina, scene.mount, syncs=True)
        house.begin("worker", "work")


def controls(scene: Scene) -> Iterator[Outcome]:
    """Last, as each leaves a house that lacks something; each is asked about what it told itself."""
    house = scene.house
    house.kill("worker")
    yield databases.careless_database(house, scene.somebody(told="early"), "A paper that is acknowledged too early")
    if scene.mount and calls.STRACE:
        yield disks.power_cut(house, scene.somebody(told="unsynced"), scene.mount, syncs=False)


def in_a_bucket(folder: Path, asked: Namespace) -> Iterator[Outcome]:
    """A house of its own, whose store hangs or is gone."""
    folder.mkdir()
    folder.chmod(0o755)
    with ExitStack() as undo:
        bucket = undo.enter_context(a_bucket())
        settings = settings_of_a_house().model_copy(update={"staging": str(folder / "staging")})
        house = undo.enter_context(a_house(folder, settings, store=bucket.url, beside=bucket.environment))
        house.fetched = lambda: bucket.fetched(folder / "fetched")
        common_steps.open_portal(house)
        house.begin("worker", "work")
        scene = Scene(house, house.world.meeting(), None, None, asked, random.Random(asked.seed))
        for hangs in (True, False):
            yield external_services.store_away(house, scene.somebody(), bucket, hangs=hangs)
        house.end()


IN_ONE_HOUSE: Mapping[str, Callable[[Scene], Iterator[Outcome]]] = MappingProxyType(
    {
        "calls": system_calls,
        "databases": answers_and_databases,
        "load": load,
        "peers": asked_ones,
        "clock": time_itself,
        "jobs": background,
        "disk": disk,
        "controls": controls,
    }
)
PARTS = (*IN_ONE_HOUSE, "bucket")
