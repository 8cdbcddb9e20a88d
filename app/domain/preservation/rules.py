"""Results of the comparison of read databases with the portal's, as a verification stores them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from app.domain.preservation.models import ComparisonOutcome

COMPARED_OUTCOMES = frozenset({ComparisonOutcome.SAME, ComparisonOutcome.DIFFERENT})


@dataclass(frozen=True, slots=True)
class ReadDatabaseResult:
    """The result for one read database, by its name. `differences` counts rows.

    `compared_at` is when it was compared last or, if it never was, when that was tried first.
    """

    name: str
    outcome: ComparisonOutcome
    differences: int
    compared_at: datetime

    def to_json(self) -> dict[str, object]:
        """Return the result as it is stored."""
        return {
            "name": self.name,
            "outcome": self.outcome.value,
            "differences": self.differences,
            "compared_at": self.compared_at.isoformat(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Self:
        """Read a result that was stored."""
        return cls(
            str(stored["name"]),
            ComparisonOutcome(str(stored["outcome"])),
            int(str(stored["differences"])),
            datetime.fromisoformat(str(stored["compared_at"])),
        )
