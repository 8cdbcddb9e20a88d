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
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import Engine, make_url, select

from app.core import clock
from app.core.db import transaction, write_session_factory
from app.core.signing import SigningPurpose
from app.core.storage import hash_file
from app.demo.children import ProcessSpec, run_processes
from app.domain.bodies.actions import roster_import
from app.domain.identity.actions import sessions
from app.domain.identity.models.claims import Claims, MembershipCategory
from app.domain.identity.models.tables import MemberState
from app.domain.meetings.models import Meeting
from app.http.csrf import create_form_token
from app.settings import Settings
from bench.deadline_figures import Played, tell_figures
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


@dataclass(frozen=True, slots=True)
class Gathering:
    """The people of the half hour, their meeting and its deadline."""

    senders: Sequence[Sender]
    meeting: UUID
    body: UUID
    met: Counter[str]


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
    yield from tell_figures(plan, settings, engine, played)


def gather(settings: Settings, engine: Engine, plan: DeadlinePlan) -> Gathering:
    """Give seats and sessions to the people of all delegations."""
    met, secret = Counter[str](), settings.session_secret.get_secret_value()
    senders = []
    with transaction(write_session_factory(engine)) as session:
        is_member = MemberState.category == MembershipCategory.MEMBER_STATE  # another code has a category of its own
        states = list(session.scalars(select(MemberState.code).where(is_member).order_by(MemberState.code)))
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
