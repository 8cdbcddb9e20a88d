"""A separate file system, whose power can be cut: ext4 in a file, where the kernel lets us mount one.

`EXT4_IOC_SHUTDOWN` stops it at once, without writing what was not synced; mounted again, it holds what a disk would
hold after a power cut (ext4's own journal is replayed first).
"""

import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32), include/uapi/linux/ext4.h
WITHOUT_FLUSHING = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH
SIZE = 64 * 1024 * 1024
OPTIONS = "loop,commit=300,noauto_da_alloc"  # nothing reaches the disk by itself while a run lasts


@contextmanager
def volume(folder: Path) -> Iterator[Path | None]:
    """A mounted file system in that folder, or None where there cannot be one."""
    image, mount = folder / "volume.img", folder / "volume"
    mount.mkdir()
    if os.geteuid() or not which("mkfs.ext4") or not _create(image, mount):
        yield None
        return
    try:
        yield mount
    finally:
        subprocess.run(["umount", "--lazy", mount], check=False)


def _create(image: Path, mount: Path) -> bool:
    with image.open("wb") as file:
        file.truncate(SIZE)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
    return (
        subprocess.run(["mkfs.ext4", "-q", image], **quiet).returncode == 0
        and subprocess.run(["mount", "-o", OPTIONS, image, mount], **quiet).returncode == 0
    )


def cut_power(mount: Path) -> None:
    """The power is gone."""
    folder = os.open(mount, os.O_RDONLY)
    try:
        fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING))
    finally:
        os.close(folder)


def remount(mount: Path) -> None:
    """The power is back. Processes that had files open there must have ended."""
    subprocess.run(["umount", mount], check=True)
    subprocess.run(["mount", "-o", OPTIONS, mount.with_suffix(".img"), mount], check=True)
