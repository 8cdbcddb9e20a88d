"""The disk of the store is full, or its power is cut (`volume.py`)."""

import os
from contextlib import ExitStack, suppress
from pathlib import Path
from uuid import uuid4

from tests.faults.common_steps import Outcome, is_alive, open_portal, verdict
from tests.faults.delegation import Delegation, Unanswered
from tests.faults.installation import House
from tests.faults.system_calls import tampered
from tests.faults.volume import cut, mounted_again
from tests.files import make_docx


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


def power_cut(house: House, delegation: Delegation, mount: Path, *, syncs: bool) -> Outcome:
    """The store's file system stops as in a power cut, once a receipt was given; without syncs, a file must be lost."""
    title = f"A paper before cut {uuid4().hex[:8]}, {'with' if syncs else 'without'} syncs"
    content = make_docx(title)
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
