"""The one way in for bytes: bounded, hashed, examined, and only then kept. Every document goes through here."""

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
    """A file that is in the store. `offered_name` is for display and decides nothing."""

    sha256: str
    size: int
    kind: str
    offered_name: str
    findings: tuple[Finding, ...]
    pages: int | None
    title: str | None
    language: str | None
    scan: Verdict | None = None
    """What the virus scanner said; None where there is none."""

    def read(self, language: str) -> tuple[Finding, ...]:
        """What was read in it, for its submitter to compare with what they typed; `language` is what they said."""
        found = []
        if self.pages:
            found.append(_fine(say("It has %(pages)s pages.", pages=self.pages), say("Check that none is missing.")))
        if self.title:
            title = say("The title found in the file is “%(title)s”.", title=self.title)
            found.append(_fine(title, say("Check that it agrees with the cover.")))
        if self.language and self.language in OWN_NAMES:
            tongue = say("Its text is in this language: %(language)s.", language=OWN_NAMES[self.language])
            alike = self.language == language
            remedy = (
                say("Nothing needs to be done.") if alike else say("Check that you chose the right file or language.")
            )
            found.append(Finding(Level.FINE if alike else Level.DECIDE, tongue, "", remedy))
        return tuple(found)


def _fine(what: Text, remedy: Text) -> Finding:
    return Finding(Level.FINE, what, "", remedy)


class Refused(Unacceptable):
    """The gate said no. `findings` holds everything it found, so that all of it can be mended at once."""

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
    """Take a file from `stream` and keep it.

    Raises TooMuch beyond `largest` bytes, Refused for what the gate does not let in, and Unavailable when the store
    fails. Until it is kept the file has no name on any disk, so nothing remains of it, even after a kill or power cut.
    """
    with TemporaryFile() as waiting:
        sha256, size = copied(stream, waiting, largest)
        received = looked_at(nameless(waiting), sha256, size, offered_name, bounds, scanner)
        store.keep(nameless(waiting), sha256)
    return received


def take_whole(
    store: Store, path: Path, sha256: str, size: int, offered_name: str, scanner: Scanner | None
) -> Received:
    """Take a file that has arrived piece by piece and is durable at `path`; where the store can, it is not copied.

    Raises as `take_in` does. The file stays where it was: its owner removes it.
    """
    received = looked_at(path, sha256, size, offered_name, None, scanner)
    store.adopt(path, sha256)
    return received


def looked_at(
    path: Path, sha256: str, size: int, offered_name: str, bounds: Bounds | None, scanner: Scanner | None
) -> Received:
    """What the gate and the scanner say of a file that may come in. Raises Refused for one that may not."""
    report = examine(path, offered_name, bounds)
    kind = insist(report)
    verdict = scanner.scan(path) if scanner else None
    if verdict and verdict.state is State.INFECTED:
        raise infected(verdict, report)
    name = shown_name(offered_name, kind)
    return Received(sha256, size, kind, name, report.findings, report.pages, report.title, report.language, verdict)


def infected(verdict: Verdict, report: Report) -> Refused:
    """What to raise for a file in which the scanner found something."""
    finding = Finding(
        Level.REFUSED,
        say("The virus scanner found %(name)s in the file.", name=shown(verdict.what)),
        "",
        say("Clean your computer, save the document again from a machine that is clean, and hand in that file."),
    )
    reason = say("%(what)s %(remedy)s", what=finding.what, remedy=finding.remedy)
    return Refused(reason, (finding, *report.findings))


def copied(stream: BinaryIO, waiting: BinaryIO, largest: int) -> tuple[str, int]:
    """Copy at most `largest` bytes; their digest and number."""
    seen, size = hashlib.sha256(), 0
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > largest:
            raise too_large(largest)
        seen.update(piece)
        waiting.write(piece)
    waiting.flush()
    return seen.hexdigest(), size


def too_large(largest: int) -> TooMuch:
    """What to raise for a file of more than `largest` bytes."""
    return TooMuch(
        say(
            "The file is larger than %(most)s, the most that can be taken. Make its pictures smaller, or"
            " divide it, and hand it in again.",
            most=Size.of(largest),
        )
    )


def insist(report: Report) -> str:
    """The kind of an accepted file. Raises Refused, with the first refusal as its reason."""
    if report.refused or report.kind is None:
        first = next((f for f in report.findings if f.level is Level.REFUSED), None)
        reason = say("The file cannot be taken.")
        if first is not None:
            reason = say("%(what)s %(remedy)s", what=first.what, remedy=first.remedy)
        raise Refused(reason, report.findings)
    return report.kind
