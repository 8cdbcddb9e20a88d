"""What the confined process does with a ZIP archive that was handed in: checks its whole structure, and unpacks it
within limits, or says why not. Nothing is written to a path: the files follow each other in one answer."""

import json
from collections.abc import Mapping
from typing import BinaryIO

from app.core.i18n import lazy_gettext as _
from app.core.inspection.archive import ArchiveEntry, ZipArchive
from app.core.inspection.findings import InspectionLimits
from app.core.inspection.findings_collector import FindingsCollector, InspectionStopped
from app.core.interchange.archive import ARCHIVE_EXTENSION, HEADER_LENGTH

SYSTEM_FOLDER = "__MACOSX/"
TAKE_OUT_REMEDY = _("Make one ZIP file of the documents themselves, without another ZIP file in it.")


def unpack_archive(source: BinaryIO, arguments: bytes) -> bytes:
    """Return the length of a header, the header (JSON: name and size of each file, or the finding that refuses the
    archive), and the bytes of the files."""
    collector, files = FindingsCollector(), []
    try:
        archive = ZipArchive(source, InspectionLimits(**json.loads(arguments)), collector)
        for entry in archive.entries:
            if _is_file(entry):
                _require_no_archive(entry, collector)
                files.append((entry.name.rpartition("/")[2], archive.read_entry(entry.name)))
    except InspectionStopped:
        return _build_answer({"refusal": collector.findings[0].to_json()})
    header = {"files": [{"name": name, "size": len(content)} for name, content in files]}
    return _build_answer(header, b"".join(content for _name, content in files))


def _is_file(entry: ArchiveEntry) -> bool:
    """Whether an entry is a file of a person; not a folder, nor what a system adds of its own."""
    name = entry.name.rpartition("/")[2]
    return bool(name) and not name.startswith(".") and not entry.name.startswith(SYSTEM_FOLDER)


def _require_no_archive(entry: ArchiveEntry, collector: FindingsCollector) -> None:
    """Raise InspectionStopped for an archive in the archive."""
    if entry.name.lower().endswith(ARCHIVE_EXTENSION):
        what = _("The ZIP file contains another ZIP file.")
        raise collector.add_refusal_and_build_stop(what, entry.name, TAKE_OUT_REMEDY)


def _build_answer(header: Mapping[str, object], content: bytes = b"") -> bytes:
    """Return length, header and content."""
    encoded = json.dumps(header).encode()
    return HEADER_LENGTH.pack(len(encoded)) + encoded + content
