"""Where the rules write down what they find. Bounded, so that a file cannot make the report endless."""

from dataclasses import dataclass, field

from app.core.gate.findings import Finding, Level
from app.core.gate.names import shown
from app.core.i18n import Text

MOST = 40
MOST_ALIKE = 5


class Stop(Exception):  # noqa: N818 - not an error: the file is refused and there is no point in reading on
    """Raised after a refusal that makes the rest of the file unreadable."""


@dataclass(slots=True)
class Notes:
    """Findings so far, and what else was learned on the way."""

    findings: list[Finding] = field(default_factory=list)
    pages: int | None = None
    title: str | None = None
    language: str | None = None

    def refuse(self, what: Text, where: str, remedy: Text) -> None:
        self._add(Level.REFUSED, what, where, remedy)

    def decide(self, what: Text, where: str, remedy: Text) -> None:
        self._add(Level.DECIDE, what, where, remedy)

    def note(self, what: Text, where: str, remedy: Text) -> None:
        self._add(Level.NOTE, what, where, remedy)

    def fine(self, what: Text, where: str, remedy: Text) -> None:
        self._add(Level.FINE, what, where, remedy)

    def stop(self, what: Text, where: str, remedy: Text) -> Stop:
        """Refuse, and hand back what to raise: `raise notes.stop(…)`."""
        self.refuse(what, where, remedy)
        return Stop()

    def _add(self, level: Level, what: Text, where: str, remedy: Text) -> None:
        found = Finding(level, legible(what), shown(where), legible(remedy))
        alike = [other for other in self.findings if (other.level, other.what.message) == (level, what.message)]
        # Each level has its own room: a flood of notes must not crowd out a refusal.
        level_so_far = sum(other.level is level for other in self.findings)
        if found not in alike and len(alike) < MOST_ALIKE and level_so_far < MOST:
            self.findings.append(found)


def legible(text: Text) -> Text:
    """The values come out of the file: shown without anything that could confuse a page or a database."""
    values = {name: value if isinstance(value, int) else shown(str(value), 120) for name, value in text.values.items()}
    return Text(text.message, values)
