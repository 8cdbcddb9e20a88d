"""What a half hour before a deadline came to: what is kept, whether the rule was obeyed, times, what an act costs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import Engine, select

from app.core.db import transaction, write_session_factory
from app.core.storage import open_store
from app.domain.contributions.models import Contribution, ContributionFile
from app.settings import Settings
from bench.deadline_plan import MINUTE, DeadlinePlan
from bench.results import Measured
from bench.submitting import Deposit

MARGIN = 1.0
"""Seconds around the deadline in which an act under way may count as in time or as late."""
TARGETS = {
    "deadline_lost": "0",
    "deadline_refused": "0",
    "deadline_rule_broken": "0",
    "deadline_page_p99_ms": "<= 2000",
    "deadline_rush_page_p99_ms": "<= 2000",
    "deadline_receipt_p99_s": "<= 5",
}


@dataclass(frozen=True, slots=True)
class Played:
    """What happened: times of looks by the minute of the deadline's time, deposits, and processor time by part."""

    looks: Sequence[tuple[float, float]]
    deposits: Sequence[Deposit]
    due: float
    """The deadline, on the clock of the submissions."""
    used: Mapping[str, float]
    spent: float
    look_costs: float
    """Seconds of the servers' processor time for one look, measured before."""
    met: Mapping[str, int]


def tell_figures(plan: DeadlinePlan, settings: Settings, engine: Engine, played: Played) -> Iterator[Measured]:
    """Yield all figures of a half hour that was played."""
    yield from tell_load(plan, played)
    yield from tell_kept(settings, engine, plan, played)
    yield from tell_times(plan, played)
    yield from tell_projection(plan, played)


def tell_load(plan: DeadlinePlan, played: Played) -> Iterator[Measured]:
    """Yield what was asked of the servers, and what they refused."""
    refused = {name: number for name, number in played.met.items() if name != "cut"}
    what = f"{plan.delegations} delegations, {plan.people} people, {plan.submissions} and {plan.late} submissions"
    pace = f"{plan.window / MINUTE:.0f} minutes played {plan.factor} times as fast in {played.spent:.0f} s"
    yield (
        "deadline_refused",
        float(sum(refused.values())),
        "",
        f"answers 429 and 5xx, and none; {refused or 'none'}; {what}; {pace}; {played.met.get('cut', 0)} cuts",
    )


def tell_kept(settings: Settings, engine: Engine, plan: DeadlinePlan, played: Played) -> Iterator[Measured]:
    """Yield how many submissions are lost, and how often the rule of the deadline was broken."""
    kept = read_kept(settings, engine)
    lost = [each for each in played.deposits if not is_kept(each, kept)]
    faults = "; ".join(f"{each.number}: {each.fault or 'not as in its receipt'}" for each in lost[:3])
    yield (
        "deadline_lost",
        float(len(lost)),
        "",
        f"of {len(played.deposits)}: without a receipt, or with another file than it says; {faults or 'none'}",
    )
    done = [each for each in played.deposits if each.done_at]
    timings = Counter(str(_statement(each).get("timing")) for each in done)
    grace = plan.grace / plan.factor
    broken = [each for each in done if breaks_rule(each, played.due, grace)]
    yield (
        "deadline_rule_broken",
        float(len(broken)),
        "",
        f"late though sent before, or in time though begun after; {dict(timings)}; {[e.number for e in broken[:5]]}",
    )


def read_kept(settings: Settings, engine: Engine) -> Mapping[UUID, str]:
    """Return the digest of the file of each submitted contribution, computed again from what the store holds."""
    store = open_store(settings.store_url)
    with transaction(write_session_factory(engine)) as session:
        rows = session.execute(
            select(Contribution.id, ContributionFile.sha256)
            .join(ContributionFile, ContributionFile.contribution_id == Contribution.id)
            .where(Contribution.status == "submitted")
        ).all()
    for _, sha256 in rows:
        store.verify(sha256)
    return {contribution: sha256 for contribution, sha256 in rows}  # noqa: C416 - typed, which dict(rows) is not


def is_kept(deposit: Deposit, kept: Mapping[UUID, str]) -> bool:
    """Return whether the file that was sent is the one of the receipt and the one that is kept."""
    statement = _statement(deposit)
    files = cast("list[dict[str, object]]", statement.get("files", []))
    digests = [file["sha256"] for file in files]
    return digests == [deposit.sha256] and kept.get(UUID(str(statement["contribution"]))) == deposit.sha256


def breaks_rule(deposit: Deposit, due: float, grace: float) -> bool:
    """Return whether a submission counts otherwise than by the clock of the sender.

    In time is what was submitted before the deadline, and what was submitted within the time of grace if its file was
    begun before the deadline and under way when it passed. What happened close to one of these instants may be either.
    """
    is_in_time = _statement(deposit)["timing"] in ("in-time", "grace")
    if deposit.submitted_at < due - MARGIN:
        return not is_in_time
    if deposit.began_at > due + MARGIN or deposit.asked_at > due + grace + MARGIN:
        return is_in_time
    was_whole = deposit.acknowledged_at < due - MARGIN and deposit.asked_at > due + MARGIN
    is_under_way = deposit.received_at > due + MARGIN and deposit.submitted_at < due + grace - MARGIN
    return (was_whole and is_in_time) or (is_under_way and deposit.file_began_at < due - MARGIN and not is_in_time)


def _statement(deposit: Deposit) -> dict[str, object]:
    statement = deposit.receipt.get("statement", {})
    return statement if isinstance(statement, dict) else {}


def tell_times(plan: DeadlinePlan, played: Played) -> Iterator[Measured]:
    """Yield times of pages and receipts: each the percentile of all, with the spread over parts of the time."""
    by_part: dict[int, list[float]] = {}
    for at, spent in played.looks:
        by_part.setdefault(int(at // plan.rush), []).append(spent * 1000)
    parts = [sorted(times) for _, times in sorted(by_part.items())]
    of = f"{len(played.looks)} looks at desk, lists and meeting, from when each was due"
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        times = [percentile(each, share) for each in parts]
        in_order = ", ".join(f"{each:.0f}" for each in times)
        how = f"{of}, in {len(parts)} parts of {plan.rush / MINUTE:.0f} minutes: {in_order}"
        yield f"deadline_page_{name}_ms", times, "ms", how
    rush = sorted(by_part.get(int(plan.window // plan.rush) - 1, [0.0]))
    yield "deadline_rush_page_p99_ms", percentile(rush, 0.99), "ms", "the same, of the last minutes before the deadline"
    done = sorted(each.done_at - each.received_at for each in played.deposits if each.done_at)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        if done:
            yield (
                f"deadline_receipt_{name}_s",
                percentile(done, share),
                "s",
                f"from the last byte of a file to its receipt, with draft and check; {done[0]:.1f} to {done[-1]:.1f} s",
            )


def percentile(times: Sequence[float], share: float) -> float:
    """Return a percentile of times that are in order."""
    return times[min(len(times) - 1, int(len(times) * share))]


def tell_projection(plan: DeadlinePlan, played: Played) -> Iterator[Measured]:
    """Yield what an act costs, and how many processors the rush of a real deadline keeps busy by that."""
    of_servers = sum(seconds for part, seconds in played.used.items() if part != "client")
    submissions = sum(1 for each in played.deposits if each.done_at)
    submission = max(0.0, of_servers - len(played.looks) * played.look_costs) / max(1, submissions)
    used = ", ".join(f"{part} {seconds:.0f}" for part, seconds in played.used.items())
    yield "deadline_look_cpu_ms", played.look_costs * 1000, "ms", "of processors of all servers, for one look"
    yield (
        "deadline_submission_cpu_s",
        submission,
        "s",
        f"of processors of all servers, for one submission with its pages and its inspection; used {used} s",
    )
    rush = plan.submissions // 3 / plan.rush * submission + plan.people / plan.look_every * played.look_costs
    yield (
        "deadline_busy_cores",
        rush,
        "",
        "processors kept busy by the last five minutes at their real pace; projected from both costs: N cores at half"
        f" load carry {0.5 / rush if rush else 0:.2f} N such deadlines",
    )
