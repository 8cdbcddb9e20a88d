"""A shelf in a local folder, written so that what was acknowledged survives a power cut.

Order of writing: temporary file in the shelf, write, fsync, rename to the digest, fsync of every folder above.
Left out of obstore's hands because its local store does not sync. Needs a POSIX file system.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO
from uuid import uuid4

from app.core.store.digest import DIGEST, checked, digest_of
from app.core.store.disk import disk_faults, flush, locked, make_durably, silent, sync
from app.core.store.shelf import PIECE, AtHand, Damaged, Store

ARRIVING = ".arriving-"
ABANDONED_SECONDS = 600


class LocalStore(Store):
    """Files at `root/ab/cd/abcd…`, readable by us alone.

    A web server that runs as our user and shows `root` to itself alone at the path `front` sends them for us.
    """

    def __init__(self, root: str, front: str = "") -> None:
        super().__init__()
        self.root, self.front = Path(root), front
        with disk_faults():
            make_durably(self.root)

    def keep(self, source: Path, sha256: str) -> None:
        final = self._path(sha256)
        with disk_faults():
            make_durably(final.parent)
            arriving = self._write(source, sha256)
            try:
                self._place(arriving, final)
            finally:
                arriving.unlink(missing_ok=True)

    def adopt(self, source: Path, sha256: str) -> None:
        """One more name for the same bytes; from another file system, a copy."""
        final = self._path(sha256)
        with disk_faults():
            if digest_of(source) != sha256:
                raise Damaged(f"the bytes given as {sha256} have another digest")
            make_durably(final.parent)
            arriving = self.root / f"{ARRIVING}{uuid4().hex}"
            try:
                arriving.hardlink_to(source)
            except OSError:
                self.keep(source, sha256)
                return
            try:
                self._place(arriving, final)
            finally:
                arriving.unlink(missing_ok=True)

    def remove(self, sha256: str) -> None:
        path = self._path(sha256)
        with disk_faults():
            if not path.parent.is_dir():
                return
            with locked(path.parent) as folder:
                path.unlink(missing_ok=True)
                os.fsync(folder)

    def open(self, sha256: str) -> BinaryIO:
        """The file itself, not a copy: damage is found by `pieces`, not here."""
        with disk_faults():
            return self._path(sha256).open("rb")

    def size(self, sha256: str) -> int:
        with disk_faults():
            return self._path(sha256).stat().st_size

    def has(self, sha256: str) -> bool:
        with disk_faults():
            return self._path(sha256).is_file()

    def address(self, sha256: str) -> str | None:
        if not self.front:
            return None
        self.prove(sha256)
        return self._in_front(sha256)

    def at_hand(self, sha256: str) -> AtHand | None:
        if not self.front:
            return None
        mark = self.mark(sha256)
        with self._lock:
            is_proven = self._proven.get(sha256) == mark
        return AtHand(mark[0], self._in_front(sha256)) if is_proven else None

    def _in_front(self, sha256: str) -> str:
        name = checked(sha256)
        return f"{self.front}/{name[:2]}/{name[2:4]}/{name}"

    def mark(self, sha256: str) -> tuple[int, ...]:
        """Length, inode and both times: the last one is the system's own, and nobody sets it back (inode(7))."""
        with disk_faults():
            found = self._path(sha256).stat()
        return found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns

    def names(self) -> Iterator[str]:
        with disk_faults():
            found = sorted(self.root.glob("??/??/*"))
        yield from (path.name for path in found if DIGEST.fullmatch(path.name))

    def remove_unless_new(self, sha256: str, since: float) -> bool:
        """Under the lock of `_place`: a file that is kept again has got a new time (that of its inode, which a second
        name changes too), or is put there anew after it was removed."""
        final = self._path(sha256)
        with disk_faults(), locked(final.parent) as folder:
            try:
                if final.stat().st_ctime >= since:
                    return False
                final.unlink()
            except FileNotFoundError:
                return False
            flush(folder)
        return True

    def answers(self) -> None:
        try:
            os.close(os.open(self.root, os.O_RDONLY | os.O_DIRECTORY))
        except OSError as fault:
            raise silent() from fault

    def sweep(self) -> int:
        """Remove what an upload that was killed half-way left behind; how many there were."""
        before = time.time() - ABANDONED_SECONDS
        with disk_faults():
            old = [left for left in self.root.glob(f"{ARRIVING}*") if left.stat().st_mtime < before]
            for left in old:
                left.unlink(missing_ok=True)
        return len(old)

    def _path(self, sha256: str) -> Path:
        name = checked(sha256)
        return self.root / name[:2] / name[2:4] / name

    def _read(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        with self.open(sha256) as source:
            source.seek(start)
            while piece := source.read(min(PIECE, end - start)):
                start += len(piece)
                yield piece

    def _write(self, source: Path, sha256: str) -> Path:
        """A synced copy under a passing name. NamedTemporaryFile makes it readable by us alone (0600)."""
        seen = hashlib.sha256()
        with source.open("rb") as given, NamedTemporaryFile(dir=self.root, prefix=ARRIVING, delete=False) as copy:
            path = Path(copy.name)
            try:
                while piece := given.read(PIECE):
                    seen.update(piece)
                    copy.write(piece)
                copy.flush()
                flush(copy.fileno())
                if seen.hexdigest() != sha256:
                    raise Damaged(f"the bytes given as {sha256} have another digest")
            except BaseException:
                path.unlink(missing_ok=True)
                raise
        return path

    def _place(self, arriving: Path, final: Path) -> None:
        """Rename and sync under a lock on the folder, so that a failing sync never removes another's good file.

        A file that is there already is replaced by the same bytes: that heals one that has rotted. The folders above
        are synced each time, since one that another process has just made may not be on the disk yet.
        """
        with locked(final.parent) as folder:
            before = final.exists()
            arriving.rename(final)
            try:
                flush(folder)
                sync(final.parent.parent)
                sync(self.root)
            except OSError:
                if not before:
                    final.unlink(missing_ok=True)
                raise
