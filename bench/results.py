"""What a benchmark found: each figure with its spread and the load of the machine, kept as soon as it is there."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).with_name("results.json")
Measured = tuple[str, float | Sequence[float], str, str]
"""Name, value or the values of all repetitions, unit, and how it was measured."""


def _read_load() -> float:
    return round(os.getloadavg()[0], 1)


@dataclass(frozen=True, slots=True)
class Result:
    """One figure: the median of its repetitions, the least and the most of them.

    `target` is the bound that is wanted, such as `<= 1.1`; empty if the figure has none. `load` is the load average
    of the last minute when it was measured: figures of a busy machine are compared with each other only.
    """

    name: str
    value: float
    unit: str
    how: str
    least: float | None = None
    most: float | None = None
    times: int = 1
    target: str = ""
    load: float = field(default_factory=_read_load)

    @classmethod
    def of(cls, measured: Measured, target: str = "") -> "Result":
        """Build the figure of one or of several repetitions."""
        name, found, unit, how = measured
        values = list(found) if isinstance(found, Sequence) else [found]
        return cls(name, median(values), unit, how, min(values), max(values), len(values), target)

    def format_line(self) -> str:
        """Format the figure as a line of a table."""
        spread = f"({self.least:.2f} to {self.most:.2f}, {self.times} times) " if self.times > 1 else ""
        wanted = f"[{self.target}] " if self.target else ""
        return f"{self.name:<28}{self.value:>10.2f} {self.unit:<6}{wanted}{spread}{self.how}; load {self.load:.1f}"


def write_results(results: Sequence[Result], file: Path) -> None:
    """Write the results, replacing earlier ones of the same names."""
    earlier = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    by_name = {each["name"]: each for each in earlier} | {result.name: asdict(result) for result in results}
    written = file.with_suffix(".new")
    written.write_text(json.dumps(list(by_name.values()), indent=2) + "\n", encoding="utf-8")
    written.replace(file)
