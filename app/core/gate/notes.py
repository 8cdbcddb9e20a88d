"""Collector of findings, bounded so that a file cannot make the report endless."""

from dataclasses import dataclass, field

from app.core.gate.findings import Finding, Level
from app.core.gate.names import shown
from app.core.i18n import Text

MOST = 40
MOST_ALIKE = 5


class Stop(Exception):  # noqa: N818 - control flow rather than a fault
    """Raised after a refusal that makes the rest of the file unreadable."""


@dataclass(slots=True)
class Notes:
    """Findings so far, and pages, title and language as far as they are known."""

    findings: list[Finding] = field(default_factory=list)
    pages: int | None = None
    title: str | None = None
    language: str | None = None

    def refuse(self, what: Text, where: str, remedy: Text) -> None:
        """Add a finding that refuses the file."""
        self._add(Level.REFUSED, what, where, remedy)

    def decide(self, what: Text, where: str, remedy: Text) -> None:
        """Add a finding that a person has to decide about."""
        self._add(Level.DECIDE, what, where, remedy)

    def note(self, what: Text, where: str, remedy: Text) -> None:
        """Add a finding for information."""
        self._add(Level.NOTE, what, where, remedy)

    def fine(self, what: Text, where: str, remedy: Text) -> None:
        """Add a finding that needs no action."""
        self._add(Level.FINE, what, where, remedy)

    def stop(self, what: Text, where: str, remedy: Text) -> Stop:
        """Add a refusal and return the exception: `raise collector.refuse_and_stop(…)`."""
        self.refuse(what, where, remedy)
        return Stop()

    def _add(self, level: Level, what: Text, where: str, remedy: Text) -> None:
        """Add a finding unless it is a duplicate or a limit is reached."""
        finding = Finding(level, legible(what), shown(where), legible(remedy))
        alike = [other for other in self.findings if (other.level, other.what.message) == (level, what.message)]
        # Each level has its own limit: many notes must not displace a refusal.
        count_of_level = sum(other.level is level for other in self.findings)
        if finding not in alike and len(alike) < MOST_ALIKE and count_of_level < MOST:
            self.findings.append(finding)


def legible(text: Text) -> Text:
    """Clean the values of a message, which come out of the file, for display and storage."""
    values = {name: value if isinstance(value, int) else shown(str(value), 120) for name, value in text.values.items()}
    return Text(text.message, values)
