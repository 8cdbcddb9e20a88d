"""The kinds of fault, their order, and the installation in which they happen."""

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
from tests.faults.installation import Installation, run_installation
from tests.faults.releases.plan import release_under_kills
from tests.faults.s3_server import run_bucket
from tests.faults.volume import volume
from tests.http_server import free_port
from tests.world import PRIVATE_KEYS, PUBLIC_KEY_LISTS

SECRET = "faults-0123456789-abcdefghijklmnopqrstuvwxyz"
SHARES = {"portal": 0.22, "database": 0.12, "worker": 0.12}  # of the time, for system calls
MOST_SYNCS = 12
DATABASES, KILLS, CUTS = 8, 12, 4


def installation_settings() -> Settings:
    """Settings of a temporary installation."""
    return Settings(
        demo=True,
        session_secret=SecretStr(SECRET),
        read_session_secret=SecretStr(SECRET[::-1]),
        **PRIVATE_KEYS,
        **PUBLIC_KEY_LISTS,
        oidc_issuer=f"http://127.0.0.1:{free_port()}/demo-provider",
        oidc_client_id="portal",
        oidc_client_secret=SecretStr(f"client-{SECRET}"),
        read_oidc_client_id="reader",
        read_oidc_client_secret=SecretStr(f"client-{SECRET}"),
    )


@dataclass(frozen=True, slots=True)
class Scene:
    """The installation, the meeting of the submissions, and what else there is on this machine."""

    installation: Installation
    meeting: Meeting
    mount: Path | None
    scanner: Daemon | None
    asked: Namespace
    rng: random.Random

    def new_delegation(self, who: str = "amina", folder: str = "told") -> Delegation:
        """A delegation whose notes are in that folder."""
        return Delegation.of(self.installation, self.meeting, self.installation.folder / folder, who)


def every_run(folder: Path, asked: Namespace) -> Iterator[Outcome]:
    """Run each kind of fault in one installation, then those of one whose store is a bucket, and of one with two
    clusters."""
    if not IN_ONE_INSTALLATION.keys().isdisjoint(asked.only):
        with run_scene(folder, asked) as scene:
            for name, part in IN_ONE_INSTALLATION.items():
                if name in asked.only:
                    common_steps.restart_ended_processes(scene.installation)
                    yield from run_part(name, part(scene))
    if "bucket" in asked.only:
        yield from run_part("bucket", with_bucket_store(folder / "other", asked))
    if "releases" in asked.only:
        in_two_clusters = release_under_kills(folder / "clusters", installation_settings(), asked.releases, asked.seed)
        yield from run_part("releases", in_two_clusters)


def run_part(name: str, part: Iterator[Outcome]) -> Iterator[Outcome]:
    """Run a part; an exception becomes a bad outcome, and the other parts are still run."""
    try:
        yield from part
    except Exception as fault:
        traceback.print_exc()
        yield Outcome(f"{name} fell over", False, (f"{type(fault).__name__}: {fault}",))


@contextmanager
def run_scene(folder: Path, asked: Namespace) -> Iterator[Scene]:
    """Run portal, worker and scanner; the store has a separate file system if one can be mounted."""
    with ExitStack() as undo:
        mount, settings = undo.enter_context(volume(folder)), installation_settings()
        scanner = undo.enter_context(run_clamd(folder)) if CLAMD.exists() else None
        if scanner:
            settings = settings.model_copy(update={"clamd": scanner.socket})
        store = f"file://{mount}/store" if mount else ""
        installation = undo.enter_context(run_installation(folder, settings, store=store))
        common_steps.open_portal(installation)
        installation.begin("worker", "work")
        undo.callback(installation.end)  # before the file system goes
        yield Scene(installation, installation.world.meeting(), mount, scanner, asked, random.Random(asked.seed))


def system_calls(scene: Scene) -> Iterator[Outcome]:
    """Kills at system calls of portal, database and worker; and a disk that refuses to sync."""
    if calls.STRACE is None:
        print("strace is not installed: no kills at system calls, no failing sync", flush=True)
        return
    amina = scene.new_delegation()
    for part, share in SHARES.items():
        seconds = math.inf if scene.asked.long else share * scene.asked.minutes * 60
        yield from calls.every_call(scene.installation, amina, part, seconds, scene.rng)
    for number in range(1, MOST_SYNCS):
        outcome = calls.failing_sync(scene.installation, amina, number)
        yield outcome
        if not outcome.struck:
            break


def answers_and_databases(scene: Scene) -> Iterator[Outcome]:
    amina = scene.new_delegation()
    yield concurrent_kills.lost_answer(scene.installation, amina, "A paper whose answer was lost")
    yield databases.hanging_database(scene.installation, amina, "A paper before a database that hangs")
    for number in range(DATABASES):
        after = scene.rng.uniform(0.0, 0.6)
        yield databases.killed_database(scene.installation, amina, f"A paper and a database {number}", after)


def load(scene: Scene) -> Iterator[Outcome]:
    crowd = [scene.new_delegation(who) for who in ("amina", "rafael", "haruka")]
    yield concurrent_kills.under_load(scene.installation, crowd, KILLS, scene.asked.seed)


def scanner_and_provider(scene: Scene) -> Iterator[Outcome]:
    """Scanner and identity provider."""
    installation, amina = scene.installation, scene.new_delegation()
    with external_services.run_provider(installation) as provider:
        common_steps.ensure_portal(installation, restart=True)  # a portal that has not asked the provider yet
        yield external_services.hanging_provider(installation, amina, provider)
    if scene.scanner is None:
        print("clamd is not installed: no scanner that hangs", flush=True)
        return
    yield external_services.hanging_scanner(installation, amina, scene.scanner)
    yield external_services.hanging_scanner_and_a_crowd(installation, amina, scene.scanner)


def clock_changes(scene: Scene) -> Iterator[Outcome]:
    yield clocks.clock_steps(scene.installation, scene.new_delegation())


def background(scene: Scene) -> Iterator[Outcome]:
    yield poison.failing_job(scene.installation, scene.new_delegation(), scene.new_delegation("ines"))


def disk(scene: Scene) -> Iterator[Outcome]:
    """Full, and without power."""
    if scene.mount is None:
        print("no file system can be mounted here: no full disk, no power cut", flush=True)
        return
    installation, amina = scene.installation, scene.new_delegation()
    yield disks.full_disk(installation, amina, scene.mount)
    for _ in range(CUTS):
        installation.kill("worker")
        yield disks.power_cut(installation, amina, scene.mount, syncs=True)
        installation.begin("worker", "work")


def controls(scene: Scene) -> Iterator[Outcome]:
    """Last, as each loses data of the installation; each is compared with its own notes only."""
    installation = scene.installation
    installation.kill("worker")
    yield databases.database_without_sync_commit(
        installation, scene.new_delegation(folder="early"), "A paper that is acknowledged too early"
    )
    if scene.mount and calls.STRACE:
        yield disks.power_cut(installation, scene.new_delegation(folder="unsynced"), scene.mount, syncs=False)


def with_bucket_store(folder: Path, asked: Namespace) -> Iterator[Outcome]:
    """A separate installation, whose store hangs or is gone."""
    folder.mkdir()
    folder.chmod(0o755)
    with ExitStack() as undo:
        bucket = undo.enter_context(run_bucket())
        settings = installation_settings().model_copy(update={"staging": str(folder / "staging")})
        installation = undo.enter_context(
            run_installation(folder, settings, store=bucket.url, extra_environment=bucket.environment)
        )
        installation.fetched = lambda: bucket.fetched(folder / "fetched")
        common_steps.open_portal(installation)
        installation.begin("worker", "work")
        scene = Scene(installation, installation.world.meeting(), None, None, asked, random.Random(asked.seed))
        for hangs in (True, False):
            yield external_services.store_unavailable(installation, scene.new_delegation(), bucket, hangs=hangs)
        installation.end()


IN_ONE_INSTALLATION: Mapping[str, Callable[[Scene], Iterator[Outcome]]] = MappingProxyType(
    {
        "calls": system_calls,
        "databases": answers_and_databases,
        "load": load,
        "peers": scanner_and_provider,
        "clock": clock_changes,
        "jobs": background,
        "disk": disk,
        "controls": controls,
    }
)
PARTS = (*IN_ONE_INSTALLATION, "bucket", "releases")
