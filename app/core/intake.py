"""The one way in for bytes: bounded, hashed, examined, and only then kept. Every document goes through here."""

import hashlib
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import BinaryIO

from app.core.errors import TooMuch, Unacceptable
from app.core.gate import Bounds, Finding, Level, Report, shown_name
from app.core.gate.sandbox import examine
from app.core.i18n import Text, say
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


class Refused(Unacceptable):
    """The gate said no. `findings` holds everything it found, so that all of it can be mended at once."""

    def __init__(self, reason: Text, findings: tuple[Finding, ...]) -> None:
        super().__init__(reason)
        self.findings = findings


def take_in(
    store: Store, stream: BinaryIO, offered_name: str, largest: int, *, bounds: Bounds | None = None
) -> Received:
    """Take a file from `stream` and keep it.

    Raises TooMuch beyond `largest` bytes, Refused for what the gate does not let in, and Unavailable when the store
    fails. Until it is kept the file has no name on any disk, so nothing remains of it, even after a kill or power cut.
    """
    with TemporaryFile() as waiting:
        sha256, size = copied(stream, waiting, largest)
        report = examine(nameless(waiting), offered_name, bounds)
        kind = insist(report)
        store.keep(nameless(waiting), sha256)
    name = shown_name(offered_name, kind)
    return Received(sha256, size, kind, name, report.findings, report.pages, report.title, report.language)


def copied(stream: BinaryIO, waiting: BinaryIO, largest: int) -> tuple[str, int]:
    """Copy at most `largest` bytes; their digest and number."""
    seen, size = hashlib.sha256(), 0
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > largest:
            raise TooMuch(
                say(
                    "The file is larger than %(most)s, the most that can be taken. Make its pictures smaller, or"
                    " divide it, and hand it in again.",
                    most=Size.of(largest),
                )
            )
        seen.update(piece)
        waiting.write(piece)
    waiting.flush()
    return seen.hexdigest(), size


def insist(report: Report) -> str:
    """The kind of an accepted file. Raises Refused, with the first refusal as its reason."""
    if report.refused or report.kind is None:
        first = next((f for f in report.findings if f.level is Level.REFUSED), None)
        reason = say("The file cannot be taken.")
        if first is not None:
            reason = say("%(what)s %(remedy)s", what=first.what, remedy=first.remedy)
        raise Refused(reason, report.findings)
    return report.kind
