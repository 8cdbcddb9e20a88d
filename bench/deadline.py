"""The last half hour before a deadline: hundreds of submissions over bad lines, and everybody looking at pages.

On the wire, through nginx where it is installed, to a portal in two processes and a worker. Open loop: what comes does
not wait for what came before. Times of pages and receipts are in real seconds, not in those of the deadline.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import cast
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import Engine, make_url, select

from app.core import clock
from app.core.db import transaction, write_session_factory
from app.core.signing import SigningPurpose
from app.core.storage import hash_file, open_store
from app.demo.children import ProcessSpec, run_processes
from app.domain.bodies.actions import roster_import
from app.domain.contributions.models import Contribution, ContributionFile
from app.domain.identity.actions import sessions
from app.domain.identity.models.claims import Claims, MembershipCategory
from app.domain.identity.models.tables import MemberState
from app.domain.meetings.models import Meeting
from app.http.csrf import create_form_token
from app.settings import Settings
from bench.deadline_plan import MINUTE, DeadlinePlan, PlannedLook, PlannedSubmission, draw_looks, draw_submissions
from bench.filling import record_rows
from bench.installation import ISSUER
from bench.lines import Line, LineCut, NoAnswer
from bench.papers import write_paper
from bench.processor_time import used_seconds
from bench.results import Measured
from bench.signing import key_environment
from bench.submitting import Deposit, NotDone, Sender, Submitter
from bench.upload import PORT, portal_environment
from tests.nginx_server import NGINX, run_nginx

FRONT = PORT + 20
WORKERS = 2
CALM_LOOKS = 200  # one after the other before it begins, for what a look costs
LEAD = 2.0  # seconds until the half hour begins
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
class Gathering:
    """The people of the half hour, their meeting and its deadline."""

    senders: Sequence[Sender]
    meeting: UUID
    body: UUID
    met: Counter[str]


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


def measure(settings: Settings, engine: Engine, folder: Path, plan: DeadlinePlan) -> Iterator[Measured]:
    """Play the half hour and compare what was received with what is kept."""
    gathering = gather(settings, engine, plan)
    papers = folder / "papers"
    papers.mkdir()
    submissions = draw_submissions(plan)
    for each in submissions:
        write_paper(papers / each.name, each.number, each.size, Random(each.number))  # noqa: S311 - the same each time
    with run_servers(settings, folder, plan) as servers:
        played = asyncio.run(play(plan, gathering, submissions, papers, engine, servers))
    yield from tell_load(plan, played)
    yield from tell_kept(settings, engine, plan, played)
    yield from tell_times(plan, played)
    yield from tell_projection(plan, played)


def gather(settings: Settings, engine: Engine, plan: DeadlinePlan) -> Gathering:
    """Give seats and sessions to the people of all delegations."""
    met, secret = Counter[str](), settings.session_secret.get_secret_value()
    senders = []
    with transaction(write_session_factory(engine)) as session:
        states = list(session.scalars(select(MemberState.code).order_by(MemberState.code)))
        chosen = [states[number % min(plan.delegations, len(states))] for number in range(plan.people)]
        claims = [_claims(number, state) for number, state in enumerate(chosen)]
        people = [sessions.save_person_from_claims(session, each) for each in claims]
        roster_import.import_roster(session, roster_import.parse_roster([_seat(each) for each in claims]))
        meeting, body = session.execute(select(Meeting.id, Meeting.body_id).where(Meeting.number == 22)).one()
        for person in people:
            cookie, _ = sessions.create_user_session(session, person, provider_sid=None, browser="bench")
            token = create_form_token(secret, person.id)
            senders.append(Sender(person.id, cookie, token, f"http://127.0.0.1:{FRONT}", met))
    return Gathering(senders, meeting, body, met)


def _claims(number: int, state: str) -> Claims:
    return Claims(
        issuer=ISSUER,
        subject=f"delegate-{number}",
        name=f"Delegate {number}",
        email=f"delegate-{number}@example.org",
        locale="en",
        membership=MembershipCategory.MEMBER_STATE,
        entity=state,
        entity_name=state,
        roles=frozenset({"delegate"}),
    )


def _seat(claims: Claims) -> Mapping[str, str]:
    return {
        "iss": claims.issuer,
        "sub": claims.subject,
        "name": claims.name,
        "email": claims.email,
        "membership": claims.membership,
        "entity": claims.entity,
        "body": "cwg-internet",
        "capacity": "delegate",
    }


@dataclass(frozen=True, slots=True)
class Servers:
    """The processes that serve, by part, and the port at which all is asked."""

    pids: Mapping[str, int]
    port: int

    def used_seconds(self) -> Mapping[str, float]:
        """Return the seconds of processor time that each part has used."""
        return {part: used_seconds([pid]) for part, pid in self.pids.items()}

    def used_for_pages(self) -> float:
        """Return the seconds of those parts that pages need: all but the worker."""
        return sum(seconds for part, seconds in self.used_seconds().items() if part != "worker")


@contextmanager
def run_servers(settings: Settings, folder: Path, plan: DeadlinePlan) -> Iterator[Servers]:
    """Run portal and worker behind nginx, or without it where it is not installed."""
    has_nginx = Path(NGINX).exists()
    port = PORT + 21 if has_nginx else FRONT
    grace = int(plan.grace / plan.factor / MINUTE)
    portal = portal_environment(settings, f"http://127.0.0.1:{FRONT}") | {"CWG_UPLOAD_GRACE_MINUTES": str(grace)}
    if has_nginx:
        portal["CWG_FILES_FRONT"] = "/_files"
    worker = portal | {
        "CWG_WORKER_DATABASE_URL": str(settings.worker_database_url),
        "CWG_READER_DATABASE_URL": str(settings.reader_database_url),
        **key_environment(settings, SigningPurpose.RELEASES, SigningPurpose.LEDGER),
    }
    specs = [
        ProcessSpec(
            "portal",
            ("-m", "app", "pages", "--port", str(port), "--workers", str(WORKERS)),
            portal,
            f"http://127.0.0.1:{port}/readyz",
        ),
        ProcessSpec("worker", ("-m", "app", "work"), worker),
    ]
    with ExitStack() as running, run_processes(specs, folder / "logs") as processes:
        pids = {each.spec.name: each.process.pid for each in processes} | {"postgres": find_postmaster(settings)}
        if has_nginx:
            (folder / "nginx").mkdir()
            running.enter_context(
                run_nginx(
                    folder / "nginx",
                    FRONT,
                    CWG_PORTAL_HOST="127.0.0.1",
                    CWG_READ_HOST="localhost",
                    CWG_PORTAL_AT=f"127.0.0.1:{port}",
                    CWG_READ_AT=f"127.0.0.1:{port}",
                    CWG_STORE=urlsplit(settings.store_url).path,
                    CWG_RELEASE_STORE=folder / "nothing",
                )
            )
            pids["nginx"] = int((folder / "nginx" / "nginx.pid").read_text())
        yield Servers(pids, FRONT)


def find_postmaster(settings: Settings) -> int:
    """Return the process of the database server, from the lock of its socket."""
    lock = Path(str(make_url(str(settings.database_url)).query["host"])) / ".s.PGSQL.5432.lock"
    return int(lock.read_text(encoding="ascii").split()[0])


async def play(
    plan: DeadlinePlan,
    gathering: Gathering,
    submissions: Sequence[PlannedSubmission],
    papers: Path,
    engine: Engine,
    servers: Servers,
) -> Played:
    """Play the half hour until the last submission has ended."""
    look_costs = await measure_calm_looks(plan, gathering, servers)
    start, before = time.monotonic() + LEAD, servers.used_seconds()
    client = time.process_time()
    due = start + plan.window / plan.factor
    set_deadline(engine, gathering.meeting, clock.now() + timedelta(seconds=due - time.monotonic()))
    looks: list[tuple[float, float]] = []
    deposits = [Deposit(each.number, hash_file(papers / each.name)) for each in submissions]
    async with asyncio.TaskGroup() as acts:
        acts.create_task(look_in_time(acts, plan, gathering, start, looks))
        for each, deposit in zip(submissions, deposits, strict=True):
            acts.create_task(submit_in_time(plan, gathering, each, papers / each.name, start, deposit))
    used = {part: seconds - before[part] for part, seconds in servers.used_seconds().items()}
    used["client"] = time.process_time() - client
    return Played(looks, deposits, due, used, time.monotonic() - start, look_costs, gathering.met)


async def measure_calm_looks(plan: DeadlinePlan, gathering: Gathering, servers: Servers) -> float:
    """Look at pages one after the other; return the seconds of the servers' processor time for each."""
    planned = [look for look, _ in zip(draw_looks(plan), range(CALM_LOOKS * 2), strict=False)]
    before = 0.0
    for number, look in enumerate(planned):
        if number == CALM_LOOKS:  # what is loaded at first does not count
            before = servers.used_for_pages()
        await look_at(gathering, look)
    return (servers.used_for_pages() - before) / (len(planned) - CALM_LOOKS)


def set_deadline(engine: Engine, meeting: UUID, due: datetime) -> None:
    """Set the deadline for contributions to this instant, as no page allows."""
    with transaction(write_session_factory(engine)) as session:
        session.get_one(Meeting, meeting).contributions_due_at = due
        session.flush()
        record_rows(session.connection())


async def look_in_time(
    acts: asyncio.TaskGroup, plan: DeadlinePlan, gathering: Gathering, start: float, looks: list[tuple[float, float]]
) -> None:
    """Let everybody look at pages, each at its time, whatever became of the looks before."""

    async def look(planned: PlannedLook, at: float) -> None:
        if await look_at(gathering, planned):
            looks.append((planned.at, time.monotonic() - at))

    for planned in draw_looks(plan):
        at = start + planned.at / plan.factor
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        acts.create_task(look(planned, at))


async def look_at(gathering: Gathering, planned: PlannedLook) -> bool:
    """Look at a page; return whether it came. What did not is counted."""
    sender = gathering.senders[planned.person]
    line = Line(FRONT, planned.person, 0.0, 1e9, Random(planned.person))  # noqa: S311
    path = planned.page.format(meeting=f"/meetings/{gathering.meeting}")
    try:
        answer = await line.exchange("GET", path, {"Cookie": f"cwg_portal={sender.cookie}; cwg_lang=en"})
    except (LineCut, NoAnswer) as silence:
        gathering.met[f"look: {silence}"] += 1
        return False
    if answer.status != 200:
        gathering.met[f"{answer.status} look at {planned.page}"] += 1
    return answer.status == 200


async def submit_in_time(
    plan: DeadlinePlan,
    gathering: Gathering,
    planned: PlannedSubmission,
    paper: Path,
    start: float,
    deposit: Deposit,
) -> None:
    """Submit a paper at its time; a fault is noted in the deposit."""
    await asyncio.sleep(max(0.0, start + planned.begins_at / plan.factor - time.monotonic()))
    sender, chance = gathering.senders[planned.person], Random(planned.number)  # noqa: S311
    line = Line(FRONT, planned.person, planned.speed * plan.factor, plan.cut_every / plan.factor, chance)
    submitter = Submitter(sender, line, gathering.meeting, gathering.body, uuid4(), paper.read_bytes(), plan.factor)
    try:
        await submitter.submit(deposit, paper.name)
    except (NotDone, KeyError, ValueError) as fault:
        deposit.fault = repr(fault)


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
    was_whole = deposit.received_at < due - MARGIN and deposit.asked_at > due + MARGIN
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
