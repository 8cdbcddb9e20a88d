"""A BagIt package (RFC 8493), written file by file: its payload in `data/`, and lists by which anybody checks it."""

import hashlib
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from app.core.store.disk import make_durably, sync

DECLARED = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
LIST = "manifest-sha256.txt"


class Bag:
    """A package that is being written into an empty folder. Raises ValueError for one that is not."""

    def __init__(self, folder: Path) -> None:
        make_durably(folder)
        if any(folder.iterdir()):
            raise ValueError(f"{folder} is not empty: name another folder")
        self.folder, self.bytes = folder, 0
        self._listed: dict[str, str] = {}

    def put(self, path: str, pieces: Iterable[bytes]) -> None:
        """A file of the payload."""
        name = f"data/{path}"
        if name in self._listed:
            raise ValueError(f"{name} is there already")
        self._listed[name], length = self._write(name, pieces)
        self.bytes += length

    def close(self, **info: str) -> str:
        """The lists; the SHA-256 of the one that names every file. Without them it is no package."""
        about = {"Bagging-Date": date.today().isoformat(), "Payload-Oxum": f"{self.bytes}.{len(self._listed)}"}
        lines = [f"{label.replace('_', '-')}: {value}\n" for label, value in {**info, **about}.items()]
        files = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(self._listed.items()))
        tags = {"bag-info.txt": "".join(lines), "bagit.txt": DECLARED, LIST: files}
        said = {name: self._write(name, [text.encode()])[0] for name, text in tags.items()}
        listed = "".join(f"{sha256}  {name}\n" for name, sha256 in said.items())
        self._write("tagmanifest-sha256.txt", [listed.encode()])
        return said[LIST]

    def _write(self, name: str, pieces: Iterable[bytes]) -> tuple[str, int]:
        path, seen, length = self.folder / name, hashlib.sha256(), 0
        make_durably(path.parent)
        with path.open("xb") as file:
            for piece in pieces:
                seen.update(piece)
                length += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        sync(path.parent)
        return seen.hexdigest(), length
