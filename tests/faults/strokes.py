"""What befalls a house: each fault as a function that strikes while a delegation hands in, and is over afterwards."""

import os
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from shutil import which
from threading import Event, Thread
from uuid import uuid4

import httpx2
import psycopg
from sqlalchemy import make_url

from app.settings import Settings
from tests.faults.checker import check
from tests.faults.delegation import Delegation, Unanswered
from tests.faults.house import House, answers
from tests.faults.volume import cut, mounted_again
from tests.files import a_docx
from tests.waiting import standing_still, until
from tests.world import SIGNER

STRACE = which("strace")
TRIES = 8  # of a control that loses nothing if somebody else is quick
# What a submission does to the disk, to the database and to whoever waits for the answer.
CALLS = (
    "fsync",
    "rename",
    "renameat",
    "link",
    "linkat",
    "unlink",
    "mkdir",
    "ftruncate",
    "sendfile",
    "writev",
    "write",
    "pwrite64",
    "sendto",
    "sendmsg",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run: whether the fault struck, what the checker says, and how long the house was away."""

    name: str
    struck: bool
    wrong: tuple[str, ...]
    seconds: float = 0.0


def owner_address(house: House) -> str:
    return plain(str(house.settings.owner_database_url))


def plain(address: str) -> str:
    """As libpq reads it."""
    return make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)


def superuser_address(house: House) -> str:
    address = make_url(str(house.settings.owner_database_url)).set(drivername="postgresql", username="postgres")
    return address.render_as_string(hide_password=False)


def verdict(house: House, told: Path) -> tuple[str, ...]:
    return verdict_of(house.settings, told)


def verdict_of(settings: Settings, told: Path) -> tuple[str, ...]:
    """What the independent checker says."""
    store = Path(settings.store_url.removeprefix("file://"))
    return tuple(check(told, plain(str(settings.owner_database_url)), store, SIGNER.public.text))


def open_portal(house: House) -> None:
    house.begin("portal", "pages", "--port", house.settings.portal_url.rpartition(":")[2])
    answers(house.settings.portal_url)


def is_alive(house: House, name: str) -> bool:
    return house.running[name].poll() is None


def again(house: House, *, anew: bool = False) -> float:
    """Start the portal anew if it is gone, or in any case; seconds until it answers."""
    began = time.monotonic()
    if anew or not is_alive(house, "portal"):
        house.kill("portal")
        open_portal(house)
    return time.monotonic() - began


@contextmanager
def tampered(house: House, *rules: str, only: str = "") -> Iterator["subprocess.Popen[bytes]"]:
    """While this lasts, system calls of the portal go as the rules say (strace's `inject=`)."""
    command = [str(STRACE), "-f", "-qq", "-o", str(house.folder / "strace"), "-p", str(house.running["portal"].pid)]
    for rule in rules:
        command += ["-e", f"inject={rule}"]
    if only:
        command += ["-P", only]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _attached(house.running["portal"].pid)
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def _attached(number: int) -> None:
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up:
        status = Path(f"/proc/{number}/status").read_text()
        if "TracerPid:\t0\n" not in status:
            time.sleep(0.05)
            return
        time.sleep(0.01)
    raise TimeoutError("strace did not attach")


def killed_at(house: House, delegation: Delegation, call: str, number: int, title: str) -> Outcome:
    """`kill -9` at the nth such call of one of its threads; then the portal comes back, and the delegation insists."""
    key = str(uuid4())
    with tampered(house, f"{call}:signal=SIGKILL:when={number}"), suppress(Unanswered):
        delegation.hand_in(title, key=key)
    time.sleep(0.05)
    struck = not is_alive(house, "portal")
    seconds = again(house)
    delegation.insist(title, key=key)
    return Outcome(f"kill -9 at {call} {number}", struck, verdict(house, delegation.notes.parent), seconds)


def every_call(
    house: House, delegation: Delegation, calls: tuple[str, ...] = CALLS, most: int = 60
) -> Iterator[Outcome]:
    """One submission after the other, each killed one call later, until none is left to be killed at."""
    for call in calls:
        for number in range(1, most):
            outcome = killed_at(house, delegation, call, number, f"A paper, {call} {number}")
            yield outcome
            if not outcome.struck:
                break


def failing_sync(house: House, delegation: Delegation, number: int) -> Outcome:
    """The disk refuses a sync: no answer that says it was kept, and the process ends by itself."""
    key = str(uuid4())
    title, wrong = f"A paper, failing sync {number}", []
    with tampered(house, f"fsync:error=EIO:when={number}"):
        try:
            delegation.hand_in(title, key=key)
            wrong.append("EIO: a receipt was given")
        except Unanswered:
            pass
        with suppress(subprocess.TimeoutExpired):
            house.running["portal"].wait(20)
    struck = not is_alive(house, "portal")
    if struck and house.running["portal"].returncode == 0:
        wrong.append("EIO: the process ended as if all was well")
    seconds = again(house)
    delegation.insist(title, key=key)
    found = (*(wrong if struck else ()), *verdict(house, delegation.notes.parent))
    return Outcome(f"EIO at fsync {number}", struck, found, seconds)


def full_disk(house: House, delegation: Delegation, mount: Path) -> Outcome:
    """No room on the store's file system: refused with words, nothing half, reading goes on; and it heals by itself."""
    key = str(uuid4())
    title, wrong, ballast = "A paper without room", [], mount / "ballast"
    with ballast.open("wb") as file:
        for size in (1 << power for power in range(25, 11, -1)):
            with suppress(OSError):
                while True:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)
    struck = _refused(delegation, title, key)
    if delegation.send("GET", "/contributions").status_code != 200:
        wrong.append("no room: reading stopped")
    if not is_alive(house, "portal"):
        wrong.append("no room: the process ended")
    ballast.unlink()
    delegation.insist(title, key=key)
    return Outcome("disk full", struck, (*wrong, *verdict(house, delegation.notes.parent)))


def _refused(delegation: Delegation, title: str, key: str) -> bool:
    try:
        delegation.hand_in(title, key=key)
    except Unanswered as why:
        return str(why) in ("503", "507")
    return False


def lost_answer(house: House, delegation: Delegation, title: str) -> Outcome:
    """The line is cut once the form is sent: the form, sent again, leads to the one receipt that was made."""
    place, version = delegation.draft(title)
    with delegation.sent_and_not_heard(f"{place}/submit", {"version": version}):
        until(lambda: bool(_receipts(house, place)))
    first = delegation.insist_on_receipt(place, version, title)
    wrong = () if _receipts(house, place) == [first["statement"]["receipt"]] else ("6: another receipt",)
    return Outcome("answer lost, form sent again", True, (*wrong, *verdict(house, delegation.notes.parent)))


def _receipts(house: House, place: str) -> list[str]:
    with psycopg.connect(owner_address(house), connect_timeout=10) as connection:
        rows = connection.execute("SELECT id FROM portal.receipt WHERE subject = %s", [place.rpartition("/")[2]])
        return [str(id_) for (id_,) in rows]


def killed_database(house: House, delegation: Delegation, title: str, after: float) -> Outcome:
    """`kill -9` of PostgreSQL and of all that serve for it while a paper is on its way; then it comes back."""
    server = house.postmaster()
    paper = Thread(target=delegation.insist, args=(title,), daemon=True)
    paper.start()
    time.sleep(after)
    server.kill()
    began = time.monotonic()
    server.start()
    paper.join(120)
    seconds = time.monotonic() - began
    delegation.insist(f"{title}, and the next one")
    return Outcome(
        f"kill -9 of the database after {after:.2f} s", True, verdict(house, delegation.notes.parent), seconds
    )


def under_load(house: House, crowd: Sequence[Delegation], kills: int, seed: int) -> Outcome:
    """Everybody hands in without end; portal, worker and database die at random moments, some at the same time."""
    luck, over, titles = random.Random(seed), Event(), count()

    def hand_in(delegation: Delegation) -> None:
        while not over.is_set():
            delegation.insist(f"A paper in the crowd {next(titles)}")

    working = [Thread(target=hand_in, args=(each,), daemon=True) for each in crowd]
    for each in working:
        each.start()
    began = time.monotonic()
    for _ in range(kills):
        time.sleep(luck.uniform(0.2, 2.0))
        for part in luck.sample(("portal", "worker", "database"), k=luck.choice((1, 1, 2))):
            strike(house, part)
    over.set()
    for each in working:
        each.join(180)
    seconds = time.monotonic() - began
    wrong = ("somebody got no answer",) if any(each.is_alive() for each in working) else ()
    told = crowd[0].notes.parent
    return Outcome(
        f"{kills} kills under load, {next(titles)} papers, seed {seed}", True, (*wrong, *verdict(house, told)), seconds
    )


def strike(house: House, part: str) -> None:
    if part == "database":
        server = house.postmaster()
        server.kill()
        server.start()
    elif part == "worker":
        house.kill("worker")
        house.begin("worker", "work")
    else:
        house.kill("portal")
        house.begin("portal", "pages", "--port", house.settings.portal_url.rpartition(":")[2])


def hanging_database(house: House, delegation: Delegation, title: str) -> Outcome:
    """It does not answer, and does not die: the portal is alive and not ready, and all goes on afterwards."""
    seen = []

    def look() -> None:
        began = time.monotonic()
        seen.append(httpx2.get(f"{house.settings.portal_url}/healthz", timeout=5).status_code)
        with suppress(httpx2.HTTPError):
            seen.append(httpx2.get(f"{house.settings.portal_url}/readyz", timeout=20).status_code)
        seen.append(time.monotonic() - began)

    with standing_still(house.postmaster().processes()):
        look()
    delegation.insist(title)
    alive, *ready, seconds = seen
    wrong = [] if alive == 200 else [f"/healthz said {alive}"]
    wrong += [] if ready == [503] else [f"/readyz said {ready or 'nothing in 20 s'}"]
    return Outcome("database hangs", True, (*wrong, *verdict(house, delegation.notes.parent)), seconds)


def power_cut(house: House, delegation: Delegation, mount: Path, *, syncs: bool) -> Outcome:
    """The store's file system stops as in a power cut, once a receipt was given; without syncs, a file must be lost."""
    title = f"A paper before cut {uuid4().hex[:8]}, {'with' if syncs else 'without'} syncs"
    content = a_docx(title)
    with ExitStack() as undo:
        if not syncs:
            undo.enter_context(tampered(house, "fsync:retval=0", "fdatasync:retval=0"))
        delegation.insist(title, content)
        cut(mount)
        house.kill("portal")
    mounted_again(mount)
    open_portal(house)
    name = "power cut" if syncs else "control: power cut of a store that does not sync"
    found = verdict(house, delegation.notes.parent)
    delegation.insist(f"{title}, handed in anew", content)  # the same bytes, which heals what was lost
    return Outcome(name, True, found)


def careless_database(house: House, delegation: Delegation, title: str) -> Outcome:
    """Control: PostgreSQL says that it committed before that is on the disk. What was acknowledged must be lost.

    Any other process that commits meanwhile takes it along to the disk, so it is tried some times.
    """
    found: tuple[str, ...] = ()
    with psycopg.connect(superuser_address(house), autocommit=True, connect_timeout=10) as connection:
        connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("ALTER ROLE cwg_portal SET synchronous_commit = off")
    try:
        again(house, anew=True)
        for attempt in range(1, TRIES + 1):
            delegation.insist(f"{title}, {attempt}")
            server = house.postmaster()
            server.kill()
            server.start()
            again(house, anew=True)
            if found := verdict(house, delegation.notes.parent):
                break
    finally:
        until(lambda: _reset(house))
        again(house, anew=True)
    return Outcome("control: answer before the commit is on the disk", True, found)


def _reset(house: House) -> bool:
    with (
        suppress(psycopg.OperationalError),
        psycopg.connect(superuser_address(house), autocommit=True, connect_timeout=10) as connection,
    ):
        connection.execute("ALTER SYSTEM RESET wal_writer_delay")
        connection.execute("ALTER ROLE cwg_portal RESET synchronous_commit")
        return True
    return False


def jobs(house: House) -> list[tuple[str, str, int]]:
    with psycopg.connect(owner_address(house), connect_timeout=10) as connection:
        rows = connection.execute("SELECT task_name, status::text, priority FROM jobs.procrastinate_jobs ORDER BY id")
        return [(str(task), str(status), int(priority)) for task, status, priority in rows]
