"""Ingest of files: the only way for bytes into a store. They are bounded, hashed, inspected, and only then stored."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import BinaryIO, Final

from app.core.clamav import ScanState, ScanVerdict, VirusScanner
from app.core.errors import BadRequest, PayloadTooLarge
from app.core.file_service.fair_slots import ALONE
from app.core.file_sizes import FileSize
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import (
    CoverReading,
    Finding,
    FindingCode,
    FindingLevel,
    InspectionLimits,
    InspectionReport,
    to_display_name,
    to_display_text,
)
from app.core.inspection.cover_reading import NOTHING_READ
from app.core.inspection.sandbox import MAX_WAIT_SECONDS, InspectionBusy, add_extension_finding, inspect_in_sandbox
from app.core.inspection.signatures import find_media_type
from app.core.observability.metrics import FileCheckVerdict, count_file_check
from app.core.storage import CHUNK_SIZE, Store
from app.core.storage.base import get_path_of_open_file

HEAD_BYTES: Final = 8192
QUICK_LIMITS: Final = InspectionLimits(seconds=5)
"""Limits of an inspection that a person waits for; a file that needs more is inspected by the worker."""
QUICK_WAIT_SECONDS: Final = 3
TITLE_IN_PROPERTIES: Final = _("The title found in the properties of the file is “%(title)s”.")
LANGUAGE_TEXTS: Mapping[str, LazyText] = MappingProxyType(
    {
        "ar": _("Its text is in Arabic."),
        "en": _("Its text is in English."),
        "es": _("Its text is in Spanish."),
        "fr": _("Its text is in French."),
        "ru": _("Its text is in Russian."),
        "zh": _("Its text is in Chinese."),
    }
)


@dataclass(frozen=True, slots=True)
class IngestedFile:
    """A file that was stored. `offered_name` is the name that its sender gave, cleaned for display; nothing depends
    on it. Unless `is_inspected`, nothing is known of it but its first bytes, and it is not given out."""

    sha256: str
    size: int
    kind: str
    offered_name: str
    findings: tuple[Finding, ...]
    pages: int | None
    title: str | None
    language: str | None
    scan_verdict: ScanVerdict | None = None
    """Verdict of the virus scanner; None where none is configured."""
    is_inspected: bool = True
    reading: CoverReading = NOTHING_READ
    """What the file says on its cover."""

    def content_findings(self, language: str) -> tuple[Finding, ...]:
        """Return what was read in the file as findings, for its submitter to compare with the form.

        `language` is the language that the submitter stated.
        """
        findings = []
        if self.pages:
            number = _("Number of pages: %(pages)s.", pages=self.pages)
            findings.append(_fine(number, _("Check that no page is missing.")))
        if self.title:
            findings.append(build_title_finding(self.title, is_property=self.reading.title_is_property))
        if self.language and self.language in LANGUAGE_TEXTS:
            findings.append(build_language_finding(self.language, language))
        return tuple(findings)


def build_title_finding(title: str, *, is_property: bool) -> Finding:
    """Build what is said of the title that was found in a file: in its text, or in its properties alone."""
    text = _("The title found in the file is “%(title)s”.", title=title)
    property_ = replace(TITLE_IN_PROPERTIES, values={"title": title})
    return _fine(property_ if is_property else text, _("Check that it matches the cover."), FindingCode.TITLE)


def is_title_of_properties(finding: Finding) -> bool:
    """Return whether a finding is the title that a file has in its properties alone.

    Known by its message, since a stored finding with a code of its own would be refused by the version before.
    """
    return finding.code is FindingCode.TITLE and finding.what.message == TITLE_IN_PROPERTIES.message


def build_language_finding(found: str, stated: str) -> Finding:
    """Build what is said of the language that was found in a file, compared with the one that its submitter stated."""
    if found == stated:
        return _fine(LANGUAGE_TEXTS[found], _("No action is needed."), FindingCode.LANGUAGE)
    remedy = _("Check that you chose the right file or language.")
    return Finding(FindingLevel.DECIDE, LANGUAGE_TEXTS[found], "", remedy, FindingCode.LANGUAGE)


def find_language_named(finding: Finding) -> str | None:
    """Find the language that a finding of `build_language_finding` names."""
    return next((code for code, text in LANGUAGE_TEXTS.items() if text.message == finding.what.message), None)


def _fine(what: LazyText, remedy: LazyText, code: FindingCode | None = None) -> Finding:
    """Build a finding of level `fine`."""
    return Finding(FindingLevel.FINE, what, "", remedy, code)


class FileRefused(BadRequest):
    """The inspection refused the file. `findings` holds everything it found, so that all of it can be fixed at once."""

    def __init__(self, reason: LazyText, findings: tuple[Finding, ...]) -> None:
        super().__init__(reason)
        self.findings = findings


def ingest_file(
    store: Store,
    stream: BinaryIO,
    offered_name: str,
    max_bytes: int,
    *,
    scanner: VirusScanner | None = None,
    party: str = ALONE,
    may_wait: bool = False,
) -> IngestedFile:
    """Read a file of at most `max_bytes` from `stream`, inspect it and store it.

    `party` is the State or organisation that hands it in: different ones are served in a fair order. Where it
    `may_wait`, a file that cannot be inspected within some seconds is stored uninspected. Raises PayloadTooLarge,
    FileRefused, or Unavailable if the store fails. Until it is stored the file has no name on any disk, so that nothing
    remains of it, even after a kill or a power cut.
    """
    with TemporaryFile() as temporary:
        sha256, size = copy_and_hash(stream, temporary, max_bytes)
        path = get_path_of_open_file(temporary)
        inspect = inspect_if_quick if may_wait else inspect_and_scan
        ingested = inspect(path, sha256, size, offered_name, scanner, party=party)
        store.put(get_path_of_open_file(temporary), sha256)
    return ingested


def ingest_completed_upload(
    store: Store,
    path: Path,
    sha256: str,
    size: int,
    offered_name: str,
    scanner: VirusScanner | None,
    *,
    party: str = ALONE,
    may_wait: bool = False,
) -> IngestedFile:
    """Inspect and store an upload that is complete and durable at `path`; where the store can, without copying it.

    Raises as `ingest_file` does. The file at `path` remains; the caller removes it.
    """
    inspect = inspect_if_quick if may_wait else inspect_and_scan
    ingested = inspect(path, sha256, size, offered_name, scanner, party=party)
    store.put_linked_if_possible(path, sha256)
    return ingested


def inspect_if_quick(
    path: Path, sha256: str, size: int, offered_name: str, scanner: VirusScanner | None, *, party: str
) -> IngestedFile:
    """Inspect a file within some seconds, or return it uninspected. Raises FileRefused if it may not be stored."""
    try:
        return inspect_and_scan(
            *(path, sha256, size, offered_name, scanner),
            limits=QUICK_LIMITS,
            party=party,
            max_wait_seconds=QUICK_WAIT_SECONDS,
        )
    except InspectionBusy:
        with path.open("rb") as file:
            media_type = require_known_kind(file.read(HEAD_BYTES))
        name = to_display_name(offered_name, media_type)
        known = add_extension_finding(InspectionReport(media_type, ()), offered_name)
        return IngestedFile(sha256, size, media_type, name, known.findings, None, None, None, is_inspected=False)


def require_known_kind(head: bytes) -> str:
    """Return the media type of a file by its first bytes. Raises FileRefused if it is neither PDF nor DOCX."""
    if media_type := find_media_type(head):
        return media_type
    finding = Finding(
        FindingLevel.REFUSED,
        _("The file is neither a PDF nor a Word document (DOCX), or it is protected with a password."),
        "",
        _("Save or export the document as DOCX or PDF, then upload that file."),
    )
    raise FileRefused(_("%(what)s %(remedy)s", what=finding.what, remedy=finding.remedy), (finding,))


def inspect_and_scan(
    path: Path,
    sha256: str,
    size: int,
    offered_name: str,
    scanner: VirusScanner | None,
    *,
    limits: InspectionLimits | None = None,
    party: str = ALONE,
    max_wait_seconds: float = MAX_WAIT_SECONDS,
    is_alone: bool = False,
) -> IngestedFile:
    """Inspect a file, with `is_alone` while nothing else is inspected, and scan it for viruses. Raises FileRefused if
    it may not be stored."""
    try:
        report = inspect_in_sandbox(
            *(path, offered_name, limits), party=party, max_wait_seconds=max_wait_seconds, is_alone=is_alone
        )
    except InspectionBusy:
        count_file_check(FileCheckVerdict.BUSY)
        raise
    verdict = scanner.scan_file(path) if scanner and not report.is_refused else None
    count_file_check(find_check_verdict(report, verdict))
    media_type = require_accepted(report)
    if verdict and verdict.state is ScanState.INFECTED:
        raise build_infected_refusal(verdict, report)
    display_name = to_display_name(offered_name, media_type)
    return IngestedFile(
        *(sha256, size, media_type, display_name, report.findings, report.pages, report.title, report.language),
        scan_verdict=verdict,
        reading=report.reading,
    )


def find_check_verdict(report: InspectionReport, scan: ScanVerdict | None) -> FileCheckVerdict:
    """Return the verdict on a file as it is counted, from its inspection and its scan."""
    if report.is_refused or report.kind is None:
        return FileCheckVerdict.REFUSED
    if scan and scan.state is not ScanState.CLEAN:
        return FileCheckVerdict.INFECTED if scan.state is ScanState.INFECTED else FileCheckVerdict.NOT_SCANNED
    has_question = any(finding.level is FindingLevel.DECIDE for finding in report.findings)
    return FileCheckVerdict.QUESTION if has_question else FileCheckVerdict.ACCEPTED


def build_infected_refusal(verdict: ScanVerdict, report: InspectionReport) -> FileRefused:
    """Build the error for a file in which the scanner found a virus."""
    finding = Finding(
        FindingLevel.REFUSED,
        _("The virus scanner found %(name)s in the file.", name=to_display_text(verdict.detail)),
        "",
        _("Remove the virus from your computer, save the document again on a clean computer, and upload that file."),
    )
    reason = _("%(what)s %(remedy)s", what=finding.what, remedy=finding.remedy)
    return FileRefused(reason, (finding, *report.findings))


def copy_and_hash(stream: BinaryIO, target: BinaryIO, max_bytes: int) -> tuple[str, int]:
    """Copy the stream to `target` and return its SHA-256 and length. Raises PayloadTooLarge beyond `max_bytes`."""
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK_SIZE):
        size += len(chunk)
        if size > max_bytes:
            raise build_too_large_error(max_bytes)
        digest.update(chunk)
        target.write(chunk)
    target.flush()
    return digest.hexdigest(), size


def build_too_large_error(max_bytes: int) -> PayloadTooLarge:
    """Build the error for a file of more than `max_bytes` bytes."""
    return PayloadTooLarge(
        _(
            "The file is larger than %(most)s, the maximum size. Make its pictures smaller or split the file, "
            "then upload it again.",
            most=FileSize.from_bytes(max_bytes),
        )
    )


def require_accepted(report: InspectionReport) -> str:
    """Return the media type of an accepted file. Raises FileRefused with the first refusal as its reason."""
    if report.is_refused or report.kind is None:
        first = next((f for f in report.findings if f.level is FindingLevel.REFUSED), None)
        reason = _("The file cannot be accepted.")
        if first is not None:
            reason = _("%(what)s %(remedy)s", what=first.what, remedy=first.remedy)
        raise FileRefused(reason, report.findings)
    return report.kind
