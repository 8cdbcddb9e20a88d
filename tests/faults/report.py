"""The table of runs: a line for each while they are made, and one for each kind at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.common_steps import Outcome


@dataclass
class Report:
    """All runs and their outcomes."""

    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        said = "clean" if outcome.is_good else "NOT AS IT HAS TO BE"
        said = "lost, as it must be" if outcome.is_control and outcome.is_good else said
        struck = "struck" if outcome.struck else "not reached"
        print(f"{outcome.name:<64} {struck:<12} {outcome.seconds:6.1f} s  {said}", flush=True)
        if not outcome.is_good:
            print(*(f"    {fault}" for fault in outcome.wrong), sep="\n", flush=True)

    @property
    def bad(self) -> list[Outcome]:
        return [each for each in self.outcomes if not each.is_good]

    @property
    def kinds(self) -> dict[str, list[Outcome]]:
        kinds: dict[str, list[Outcome]] = {}
        for each in self.outcomes:
            kinds.setdefault(each.kind or each.name, []).append(each)
        return kinds

    @property
    def never_struck(self) -> list[str]:
        """Kinds of which no run struck: all was well because no fault happened."""
        return [kind for kind, outcomes in self.kinds.items() if not any(each.struck for each in outcomes)]

    @property
    def table(self) -> str:
        """The outcomes by kind, in Markdown."""
        lines = ["| what | runs | struck | not as it has to be | longest, s |", "|---|---:|---:|---:|---:|"]
        return "\n".join([*lines, *(_row(kind, of_it) for kind, of_it in self.kinds.items())])


def _row(kind: str, outcomes: Sequence[Outcome]) -> str:
    struck, bad = sum(each.struck for each in outcomes), sum(not each.is_good for each in outcomes)
    return f"| {kind} | {len(outcomes)} | {struck} | {bad} | {max(each.seconds for each in outcomes):.1f} |"
