"""Kills at random moments while many delegations submit, and answers that are not received."""

import random
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from threading import Event, Thread

import psycopg

from tests.faults.common_steps import Outcome, owner_address, run_checker
from tests.faults.delegation import Delegation
from tests.faults.installation import Installation
from tests.waiting import wait_until


def under_load(installation: Installation, crowd: Sequence[Delegation], kills: int, seed: int) -> Outcome:
    """Delegations submit without end; portal, worker and database are killed at random, some at the same time."""
    rng, over, titles, done = random.Random(seed), Event(), count(), list[Delegation]()

    def hand_in(delegation: Delegation) -> None:
        while not over.is_set():
            delegation.hand_in_until_done(f"A paper in the crowd {next(titles)}")
            done.append(delegation)

    working = [Thread(target=hand_in, args=(each,), daemon=True) for each in crowd]
    for each in working:
        each.start()
    for _ in range(kills):
        time.sleep(rng.uniform(0.2, 2.0))
        for part in rng.sample(("portal", "worker", "database"), k=rng.choice((1, 1, 2))):
            kill_and_restart(installation, part)
        so_far = len(done)
        with suppress(TimeoutError):  # some succeed between two kills, else nothing could be lost
            wait_until(lambda so_far=so_far: len(done) > so_far, within=30)
    over.set()
    for each in working:
        each.join(180)
    wrong = ("somebody got no answer",) if any(each.is_alive() for each in working) else ()
    notes = crowd[0].notes.parent
    return Outcome(
        f"{kills} kills under load, {len(done)} papers, seed {seed}",
        bool(done),
        (*wrong, *run_checker(installation, notes)),
        kind="kills of portal, worker and database under load",
    )


def kill_and_restart(installation: Installation, part: str) -> None:
    if part == "database":
        server = installation.postmaster()
        server.kill()
        server.start()
    elif part == "worker":
        installation.kill("worker")
        installation.begin("worker", "work")
    else:
        installation.kill("portal")
        installation.begin("portal", "pages", "--port", installation.settings.portal_url.rpartition(":")[2])


def lost_answer(installation: Installation, delegation: Delegation, title: str) -> Outcome:
    """Close the connection once the form is sent: the form, sent again, leads to the one receipt that was made."""
    place, version = delegation.draft(title)
    with delegation.send_without_reading(f"{place}/submit", {"version": version}):
        wait_until(lambda: bool(_receipts(installation, place)))
    first = delegation.submit_for_receipt(place, version, title)
    wrong = () if _receipts(installation, place) == [first["statement"]["receipt"]] else ("6: another receipt",)
    return Outcome("answer lost, form sent again", True, (*wrong, *run_checker(installation, delegation.notes.parent)))


def _receipts(installation: Installation, place: str) -> list[str]:
    with psycopg.connect(owner_address(installation), connect_timeout=10) as connection:
        rows = connection.execute("SELECT id FROM portal.receipt WHERE subject = %s", [place.rpartition("/")[2]])
        return [str(id_) for (id_,) in rows]
