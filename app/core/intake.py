"""Ingest of files: the only way for bytes into a store. They are bounded, hashed, inspected, and only then stored."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from app.core.errors import TooMuch, Unacceptable
from app.core.gate import Bounds, Finding, Level, Report, shown, shown_name
from app.core.gate.sandbox import examine
from app.core.i18n import OWN_NAMES, Text, say
from app.core.scanner import Scanner, State, Verdict
from app.core.sizes import Size
from app.core.store import PIECE, Store
from app.core.store.shelf import nameless


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was stored. `offered_name` is the name that its sender gave, cleaned for display; nothing depends
    on it."""

    sha256: str
    size: int
    kind: str
    offered_name: str
    findings: tuple[Finding, ...]
    pages: int | None
    title: str | None
    language: str | None
    scan: Verdict | None = None
    """Verdict of the virus scanner; None where none is configured."""

    def read(self, language: str) -> tuple[Finding, ...]:
        """Return what was read in the file as findings, for its submitter to compare with the form.

        `language` is the language that the submitter stated.
        """
        findings = []
        if self.pages:
            findings.append(_fine(say("It has %(pages)s pages.", pages=self.pages), say("Check that none is missing.")))
        if self.title:
            title = say("The title found in the file is “%(title)s”.", title=self.title)
            findings.append(_fine(title, say("Check that it agrees with the cover.")))
        if self.language and self.language in OWN_NAMES:
            what = say("Its text is in this language: %(language)s.", language=OWN_NAMES[self.language])
            agrees = self.language == language
            remedy = (
                say("Nothing needs to be done.") if agrees else say("Check that you chose the right file or language.")
            )
            findings.append(Finding(Level.FINE if agrees else Level.DECIDE, what, "", remedy))
        return tuple(findings)


def _fine(what: Text, remedy: Text) -> Finding:
    """Build a finding of level `fine`."""
    return Finding(Level.FINE, what, "", remedy)


class Refused(Unacceptable):
    """The inspection refused the file. `findings` holds everything it found, so that all of it can be fixed at once."""

    def __init__(self, reason: Text, findings: tuple[Finding, ...]) -> None:
        super().__init__(reason)
        self.findings = findings


def take_in(
    store: Store,
    stream: BinaryIO,
    offered_name: str,
    largest: int,
    *,
    bounds: Bounds | None = None,
    scanner: Scanner | None = None,
) -> Received:
    """Read a file of at most `max_bytes` from `stream`, inspect it and store it.

    Raises PayloadTooLarge, FileRefused, or Unavailable if the store fails. Until it is stored the file has no name on
    any disk, so that nothing remains of it, even after a kill or a power cut.
    """
    with TemporaryFile() as temporary:
        sha256, size = copied(stream, temporary, largest)
        ingested = looked_at(nameless(temporary), sha256, size, offered_name, bounds, scanner)
        store.keep(nameless(temporary), sha256)
    return ingested


def take_whole(
    store: Store, path: Path, sha256: str, size: int, offered_name: str, scanner: Scanner | None
) -> Received:
    """Inspect and store an upload that is complete and durable at `path`; where the store can, without copying it.

    Raises as `ingest_file` does. The file at `path` remains; the caller removes it.
    """
    ingested = looked_at(path, sha256, size, offered_name, None, scanner)
    store.adopt(path, sha256)
    return ingested


def looked_at(
    path: Path, sha256: str, size: int, offered_name: str, bounds: Bounds | None, scanner: Scanner | None
) -> Received:
    """Inspect a file and scan it for viruses. Raises FileRefused if it may not be stored."""
    report = examine(path, offered_name, bounds)
    media_type = insist(report)
    verdict = scanner.scan(path) if scanner else None
    if verdict and verdict.state is State.INFECTED:
        raise infected(verdict, report)
    display_name = shown_name(offered_name, media_type)
    return Received(
        sha256, size, media_type, display_name, report.findings, report.pages, report.title, report.language, verdict
    )


def infected(verdict: Verdict, report: Report) -> Refused:
    """Build the error for a file in which the scanner found a virus."""
    finding = Finding(
        Level.REFUSED,
        say("The virus scanner found %(name)s in the file.", name=shown(verdict.what)),
        "",
        say("Clean your computer, save the document again from a machine that is clean, and hand in that file."),
    )
    reason = say("%(what)s %(remedy)s", what=finding.what, remedy=finding.remedy)
    return Refused(reason, (finding, *report.findings))


def copied(stream: BinaryIO, waiting: BinaryIO, largest: int) -> tuple[str, int]:
    """Copy the stream to `target` and return its SHA-256 and length. Raises PayloadTooLarge beyond `max_bytes`."""
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(PIECE):
        size += len(chunk)
        if size > largest:
            raise too_large(largest)
        digest.update(chunk)
        waiting.write(chunk)
    waiting.flush()
    return digest.hexdigest(), size


def too_large(largest: int) -> TooMuch:
    """Build the error for a file of more than `max_bytes` bytes."""
    return TooMuch(
        say(
            "The file is larger than %(most)s, the most that can be taken. Make its pictures smaller, or"
            " divide it, and hand it in again.",
            most=Size.of(largest),
        )
    )


def insist(report: Report) -> str:
    """Return the media type of an accepted file. Raises FileRefused with the first refusal as its reason."""
    if report.refused or report.kind is None:
        first = next((f for f in report.findings if f.level is Level.REFUSED), None)
        reason = say("The file cannot be taken.")
        if first is not None:
            reason = say("%(what)s %(remedy)s", what=first.what, remedy=first.remedy)
        raise Refused(reason, report.findings)
    return report.kind
