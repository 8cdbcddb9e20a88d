"""The disk of the store is full, or its power is cut (`volume.py`)."""

import os
from contextlib import ExitStack, suppress
from pathlib import Path
from uuid import uuid4

from tests.faults.common_steps import Outcome, is_alive, open_portal, run_checker
from tests.faults.delegation import Delegation, Unanswered
from tests.faults.installation import Installation
from tests.faults.system_calls import injected
from tests.faults.volume import cut_power, remount
from tests.files import make_docx


def full_disk(installation: Installation, delegation: Delegation, mount: Path) -> Outcome:
    """Fill the store's file system: papers are refused, nothing is half done, reading continues; then it recovers."""
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
    if not is_alive(installation, "portal"):
        wrong.append("no room: the process ended")
    ballast.unlink()
    delegation.hand_in_until_done(title, key=key)
    return Outcome("disk full", struck, (*wrong, *run_checker(installation, delegation.notes.parent)))


def _refused(delegation: Delegation, title: str, key: str) -> bool:
    try:
        delegation.hand_in(title, key=key)
    except Unanswered as why:
        return str(why) in ("503", "507")
    return False


def power_cut(installation: Installation, delegation: Delegation, mount: Path, *, syncs: bool) -> Outcome:
    """Stop the store's file system as in a power cut, once a receipt was given; without syncs, a file must be lost."""
    title = f"A paper before cut {uuid4().hex[:8]}, {'with' if syncs else 'without'} syncs"
    content = make_docx(title, title="")  # no title of its own: it is handed in under two
    with ExitStack() as undo:
        if not syncs:
            undo.enter_context(injected(installation, "fsync:retval=0", "fdatasync:retval=0"))
        delegation.hand_in_until_done(title, content)
        cut_power(mount)
        installation.kill("portal")
    remount(mount)
    open_portal(installation)
    name = "power cut" if syncs else "control: power cut of a store that does not sync"
    found = run_checker(installation, delegation.notes.parent)
    delegation.hand_in_until_done(f"{title}, handed in anew", content)  # the same bytes, which restores what was lost
    return Outcome(name, True, found)
