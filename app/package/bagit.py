"""Writer of BagIt packages (RFC 8493): payload in `data/`, and lists of digests by which anybody can verify it."""

import hashlib
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from app.core.storage.fsync import fsync_folder, make_folder_durably

BAGIT_DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD_MANIFEST = "manifest-sha256.txt"


class BagWriter:
    """A package being written into an empty folder."""

    def __init__(self, folder: Path) -> None:
        """Start a package. Raises ValueError if the folder is not empty."""
        make_folder_durably(folder)
        if any(folder.iterdir()):
            raise ValueError(f"{folder} is not empty: name another folder")
        self.folder, self.total_bytes = folder, 0
        self._digests: dict[str, str] = {}

    def add_file(self, path: str, chunks: Iterable[bytes]) -> None:
        """Add a file to the payload. Raises ValueError if the path exists."""
        name = f"data/{path}"
        if name in self._digests:
            raise ValueError(f"{name} is there already")
        self._digests[name], length = self._write(name, chunks)
        self.total_bytes += length

    def write_manifests(self, **info: str) -> str:
        """Write the lists that complete the package; return the SHA-256 of the list of payload files."""
        computed = {
            "Bagging-Date": date.today().isoformat(),
            "Payload-Oxum": f"{self.total_bytes}.{len(self._digests)}",
        }
        lines = [f"{label.replace('_', '-')}: {value}\n" for label, value in {**info, **computed}.items()]
        files = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(self._digests.items()))
        tags = {"bag-info.txt": "".join(lines), "bagit.txt": BAGIT_DECLARATION, PAYLOAD_MANIFEST: files}
        tag_digests = {name: self._write(name, [text.encode()])[0] for name, text in tags.items()}
        tag_manifest = "".join(f"{sha256}  {name}\n" for name, sha256 in tag_digests.items())
        self._write("tagmanifest-sha256.txt", [tag_manifest.encode()])
        return tag_digests[PAYLOAD_MANIFEST]

    def _write(self, name: str, pieces: Iterable[bytes]) -> tuple[str, int]:
        path, hasher, length = self.folder / name, hashlib.sha256(), 0
        make_folder_durably(path.parent)
        with path.open("xb") as file:
            for chunk in pieces:
                hasher.update(chunk)
                length += file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        fsync_folder(path.parent)
        return hasher.hexdigest(), length
