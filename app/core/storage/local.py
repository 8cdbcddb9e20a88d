"""Store in a local folder, written so that what was acknowledged survives a power cut.

Order of writing: temporary file in the folder, write, fsync, rename to the digest, fsync of every folder above. Not
done by obstore, because its local store does not sync. Needs a POSIX file system.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO
from uuid import uuid4

from app.core.storage.base import CHUNK_SIZE, AccelFile, CorruptFile, Store
from app.core.storage.digest import DIGEST_PATTERN, hash_file, require_digest
from app.core.storage.fsync import (
    fsync_descriptor,
    fsync_folder,
    lock_folder,
    make_folder_durably,
    translate_disk_errors,
)
from app.core.storage.outages import build_disk_unavailable_error

TEMPORARY_PREFIX = ".arriving-"
ABANDONED_SECONDS = 600


class LocalStore(Store):
    """Files at `root/ab/cd/abcd…`, readable by the own user only.

    A web server that runs as the same user and serves `root` internally under `accel_prefix` can send the files
    (X-Accel-Redirect).
    """

    def __init__(self, root: str, accel_prefix: str = "") -> None:
        super().__init__()
        self.root, self.accel_prefix = Path(root), accel_prefix
        with translate_disk_errors(self.root):
            make_folder_durably(self.root)

    def put(self, source: Path, sha256: str) -> None:
        """Write a copy under a temporary name, sync it, and rename it to its digest."""
        final = self._path(sha256)
        with translate_disk_errors(self.root):
            make_folder_durably(self.root)
            temporary = self._write(source, sha256)
            try:
                self._place(temporary, final)
            finally:
                temporary.unlink(missing_ok=True)

    def put_linked_if_possible(self, source: Path, sha256: str) -> None:
        """Add a hard link to the bytes; from another file system, copy. Raises CorruptFile."""
        final = self._path(sha256)
        with translate_disk_errors(self.root):
            if hash_file(source) != sha256:
                raise CorruptFile(f"the bytes given as {sha256} have another digest")
            make_folder_durably(self.root)
            temporary = self.root / f"{TEMPORARY_PREFIX}{uuid4().hex}"
            try:
                temporary.hardlink_to(source)
            except OSError:
                self.put(source, sha256)
                return
            try:
                self._place(temporary, final)
            finally:
                temporary.unlink(missing_ok=True)

    def remove(self, sha256: str) -> None:
        """Delete the file under the lock of its folder and sync the folder."""
        path = self._path(sha256)
        with translate_disk_errors(self.root):
            if not path.parent.is_dir():
                return
            with lock_folder(path.parent) as folder:
                path.unlink(missing_ok=True)
                os.fsync(folder)

    def open(self, sha256: str) -> BinaryIO:
        """Open the file itself, not a copy: damage is detected by `iter_chunks`, not here."""
        with translate_disk_errors(self.root):
            return self._path(sha256).open("rb")

    def size(self, sha256: str) -> int:
        """Return the length in bytes."""
        with translate_disk_errors(self.root):
            return self._path(sha256).stat().st_size

    def exists(self, sha256: str) -> bool:
        """Return whether the file exists."""
        with translate_disk_errors(self.root):
            return self._path(sha256).is_file()

    def verified_accel_path(self, sha256: str) -> str | None:
        """Verify the file and return its internal path; None without a web server in front."""
        if not self.accel_prefix:
            return None
        self.verify(sha256)
        return self._accel_path(sha256)

    def find_accel_file(self, sha256: str) -> AccelFile | None:
        """Return length and internal path if the file is verified and unchanged; None without a web server in front."""
        if not self.accel_prefix:
            return None
        tag = self.version_tag(sha256)
        with self._lock:
            is_proven = self._verified_tags.get(sha256) == tag
        return AccelFile(tag[0], self._accel_path(sha256)) if is_proven else None

    def _accel_path(self, sha256: str) -> str:
        """Return the internal path under which the web server in front finds the file."""
        name = require_digest(sha256)
        return f"{self.accel_prefix}/{name[:2]}/{name[2:4]}/{name}"

    def version_tag(self, sha256: str) -> tuple[int, ...]:
        """Return length, inode, and both times; the change time is set by the system and cannot be set back
        (inode(7))."""
        with translate_disk_errors(self.root):
            status = self._path(sha256).stat()
        return status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns

    def list_digests(self) -> Iterator[str]:
        """Yield the digest of every file, sorted."""
        with translate_disk_errors(self.root):
            paths = sorted(self.root.glob("??/??/*"))
        yield from (path.name for path in paths if DIGEST_PATTERN.fullmatch(path.name))

    def remove_if_older(self, sha256: str, since: float) -> bool:
        """Remove a file last put before `since`, under the lock that `_place` takes.

        A file that is put again has a new change time, since a hard link changes it too, or a new inode.
        """
        final = self._path(sha256)
        with translate_disk_errors(self.root), lock_folder(final.parent) as folder:
            try:
                if final.stat().st_ctime >= since:
                    return False
                final.unlink()
            except FileNotFoundError:
                return False
            fsync_descriptor(folder)
        return True

    def check_available(self) -> None:
        """Raise Unavailable unless the folder can be opened."""
        try:
            os.close(os.open(self.root, os.O_RDONLY | os.O_DIRECTORY))
        except OSError as error:
            raise build_disk_unavailable_error(error, self.root) from error

    def remove_abandoned_temporary_files(self) -> int:
        """Remove temporary files of uploads that were killed and return their number."""
        newest_removed = time.time() - ABANDONED_SECONDS
        with translate_disk_errors(self.root):
            abandoned = [
                path for path in self.root.glob(f"{TEMPORARY_PREFIX}*") if path.stat().st_mtime < newest_removed
            ]
            for path in abandoned:
                path.unlink(missing_ok=True)
        return len(abandoned)

    def _path(self, sha256: str) -> Path:
        """Return the path of a file. Raises ValueError for a name that is no digest."""
        name = require_digest(sha256)
        return self.root / name[:2] / name[2:4] / name

    def _read(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        with self.open(sha256) as source:
            source.seek(start)
            while chunk := source.read(min(CHUNK_SIZE, end - start)):
                start += len(chunk)
                yield chunk

    def _write(self, source: Path, sha256: str) -> Path:
        """Write a synced copy under a temporary name; NamedTemporaryFile creates it with mode 0600. Raises
        CorruptFile if the digest is wrong."""
        digest = hashlib.sha256()
        with (
            source.open("rb") as original,
            NamedTemporaryFile(dir=self.root, prefix=TEMPORARY_PREFIX, delete=False) as copy,
        ):
            path = Path(copy.name)
            try:
                while chunk := original.read(CHUNK_SIZE):
                    digest.update(chunk)
                    copy.write(chunk)
                copy.flush()
                fsync_descriptor(copy.fileno())
                if digest.hexdigest() != sha256:
                    raise CorruptFile(f"the bytes given as {sha256} have another digest")
            except BaseException:
                path.unlink(missing_ok=True)
                raise
        return path

    def _place(self, temporary: Path, final: Path) -> None:
        """Rename and sync under a lock on the folder, so that a failing sync never removes the good file of another
        process.

        An existing file is replaced by the same bytes, which repairs damage. The folders above are synced each time,
        since one that another process has just created may not be on the disk yet, and only here: a new folder takes no
        longer than one that is there, which would tell that somebody else has the bytes.
        """
        for folder_path in (final.parent.parent, final.parent):
            folder_path.mkdir(mode=0o700, exist_ok=True)
        with lock_folder(final.parent) as folder:
            existed = final.exists()
            temporary.rename(final)
            try:
                fsync_descriptor(folder)
                fsync_folder(final.parent.parent)
                fsync_folder(self.root)
            except OSError:
                if not existed:
                    final.unlink(missing_ok=True)
                raise
