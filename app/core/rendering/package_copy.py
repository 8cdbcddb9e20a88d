"""Copies a package of parts, with some of them changed or left out. Runs in the limited process."""

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import BinaryIO

PartChange = Callable[[str, bytes], bytes | None]
"""Returns the content of a part in the copy, from its name and its content; None to leave it out."""


def copy_package(source: BinaryIO, change: PartChange, added: Mapping[str, bytes] | None = None) -> bytes:
    """Return a copy of a package, the same for the same parts; `added` parts come last.

    It passed the inspection. Raises `zipfile.BadZipFile` if it is no package after all.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in archive.namelist():
            content = change(name, archive.read(name))
            if content is not None:
                _write(copy, name, content)
        for name, content in (added or {}).items():
            _write(copy, name, content)
    return out.getvalue()


def _write(copy: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Write a part without the time of its writing."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    copy.writestr(entry, content)
