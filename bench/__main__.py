"""`python -m bench`: benchmarks of a small installation with the demo's story; results as JSON too.

`python -m bench documents upload` measures only these parts; `results.json` keeps the results of the others. What was
measured is kept after each part, and a part that fails does not end the others.
"""

import gzip
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast
from urllib.parse import urlencode
from uuid import uuid4

from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from app.core import clock
from app.core.db import (
    SIGNERS_KEY,
    WriteSession,
    set_row_security_entity,
    transaction,
    write_session_factory,
)
from app.core.files.ingest import ingest_file
from app.core.signing import SigningPurpose
from app.core.storage import open_store
from app.demo.builder import GRACE_PERIOD
from app.demo.files import DemoText, render_docx
from app.dissemination import app as dissemination
from app.domain.contributions.actions import drafting as contributions
from app.domain.contributions.inputs import ContributionCover
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents.inputs import LanguageFile
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting
from app.server.run import freeze_startup_objects
from app.settings import Settings
from app.web import app as web
from bench import (
    agenda,
    catalogue,
    deadline,
    deadline_figures,
    documents,
    download,
    floor,
    ledger,
    notifications,
    readers,
    scale,
    search,
    signed_in,
    submit_pages,
    upload,
)
from bench.deadline_plan import DeadlinePlan
from bench.installation import create_installation, find_person, get_actor, open_owner_engine, sign_in
from bench.reader_cookies import reader_cookie, reader_cookies
from bench.results import RESULTS, Result, write_results
from bench.signing import SIGNERS

SECONDS = 5.0
EDITOR_FIGURES = {100: "agenda_edit_ms", 1000: "agenda_1000_edit_ms"}
"""Name of the figure of the editor by the number of items of its agenda, one of `agenda.LENGTHS`."""
SUBMISSIONS = 10
READER_SESSIONS = 50
SCALE_TARGETS = {"list_100000_ratio": "<= 1.1", "search_p99_ratio": "<= 2"}


Part = Callable[[Settings, Engine, Path], Iterable[Result]]


def main(names: Sequence[str]) -> None:
    """Measure these parts, or all; print and keep each result. Raises SystemExit for an unknown part, and at the end
    for parts that failed."""
    if unknown := set(names) - PARTS.keys():
        raise SystemExit(f"There is no part {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}.")
    chosen = {name: part for name, part in PARTS.items() if not names or name in names}
    with TemporaryDirectory(prefix="cwg-bench-") as folder, create_installation(Path(folder)) as (settings, engine):
        failed = [name for name, part in chosen.items() if not run_part(part, settings, engine, Path(folder, name))]
    if failed:
        raise SystemExit(f"Not measured: {', '.join(failed)}. What was measured is in {RESULTS}.")


def run_part(part: Part, settings: Settings, engine: Engine, folder: Path) -> bool:
    """Measure one part in a folder of its own, and print and keep each result as it comes; return whether it ended
    without a failure."""
    folder.mkdir()
    try:
        for result in part(settings, engine, folder):
            write_results([result], RESULTS)
            print(result.format_line(), flush=True)
    except Exception:
        traceback.print_exc()
        return False
    return True


def measure_documents(settings: Settings, engine: Engine, _folder: Path) -> list[Result]:
    """Measure the document list over growing archives, then the search over the longest, as a delegate."""
    secret = sign_in(engine, "rafael")
    lists = []
    portal = web.build_fastapi_app(settings)
    freeze_startup_objects()  # as the server does
    portal_engine = portal.state.portal.engine
    with TestClient(portal, base_url=settings.portal_url, cookies={"cwg_portal": secret}) as client:
        for length in documents.ARCHIVES:
            documents.fill_register(cast("str", settings.owner_database_url), length)
            lists.append((length, documents.time_requests(client, portal_engine, ["/documents"], SECONDS)))
        size = len(client.get("/documents").content)
        questions = [f"/search?{urlencode({'q': each})}" for each in documents.QUESTIONS]
        timed = documents.time_requests(client, portal_engine, questions, 2 * SECONDS)
    return [*list_results(lists, size), search_result(timed)]


def list_results(lists: Sequence[tuple[int, documents.Timing]], size: int) -> Iterator[Result]:
    """Yield the rate with the longest archive, and the cost of a page relative to the shortest."""
    rates = "; ".join(
        f"{length}: {each.rate:.0f}/s, p99 {each.p99:.0f} ms, {each.statements:.0f} statements"
        for length, each in lists
    )
    page = f"100 rows, {size / 1000:.0f} kB"
    how = f"GET /documents as a delegate, {page}, in process, one after the other; out of {rates}"
    yield Result.of(("document_list_rps", lists[-1][1].rates, "1/s", how))
    growth = lists[0][1].rate / lists[-1][1].rate
    yield Result(
        "document_list_growth", growth, "", "cost of a page out of the longest archive to that of the shortest"
    )


def search_result(timed: documents.Timing) -> Result:
    """Return the p99 of queries: a common, a rare and two words, a phrase, an exclusion, a symbol, an absent word."""
    how = f"GET /search over {documents.ARCHIVES[-1]} documents, {timed.rate:.0f}/s, {timed.statements:.0f} statements"
    return Result.of(("document_search_p99_ms", timed.p99s, "ms", how))


def measure_scale(settings: Settings, engine: Engine, folder: Path) -> Iterator[Result]:
    """Measure list and search over a long archive, compared with a second installation that has a short one."""
    with create_installation(folder / "short") as (short_settings, short_engine):
        documents.fill_register(cast("str", short_settings.owner_database_url), scale.SHORT)
        documents.fill_register(cast("str", settings.owner_database_url), scale.LONG)
        short = scale.Portal(short_settings, sign_in(short_engine, "rafael"), scale.SHORT, scale.PORTS[0])
        long = scale.Portal(settings, sign_in(engine, "rafael"), scale.LONG, scale.PORTS[1])
        for each in scale.measure(short, long, folder):
            yield Result.of(each, target=SCALE_TARGETS[each[0]])


def measure_upload(settings: Settings, engine: Engine, folder: Path) -> list[Result]:
    """Measure the upload of a large file by a delegate."""
    secret = sign_in(engine, "rafael")
    with transaction(write_session_factory(engine)) as session:
        delegate = find_person(session, "rafael")
        body = session.scalars(select(Meeting.body_id).where(Meeting.number == 22)).one()
    return [Result.of(each) for each in upload.measure(settings, folder, secret, delegate.id, body)]


def measure_deadline(settings: Settings, engine: Engine, folder: Path) -> Iterator[Result]:
    """Measure the last half hour before a deadline."""
    for each in deadline.measure(settings, engine, folder, DeadlinePlan()):
        yield Result.of(each, target=deadline_figures.TARGETS.get(each[0], ""))


def measure_floor(settings: Settings, engine: Engine, _folder: Path) -> list[Result]:
    """Measure many listeners to the floor of a meeting."""
    secret = sign_in(engine, "rafael")
    with transaction(write_session_factory(engine)) as session:
        meeting = session.scalars(select(Meeting.id).where(Meeting.number == 22)).one()
        chair, delegate = get_actor(session, "laurent"), get_actor(session, "rafael")
    return [Result.of(each) for each in floor.measure(settings, engine, meeting, chair, delegate, secret)]


def measure_agendas(settings: Settings, engine: Engine, _folder: Path) -> list[Result]:
    """Measure the agenda of a meeting, short and long: its page as a delegate, its editor as the chair."""
    secret = sign_in(engine, "rafael")
    editing_secret = sign_in(engine, "laurent")
    with transaction(write_session_factory(engine)) as session:
        chair = get_actor(session, "laurent")
    portal = web.build_fastapi_app(settings)
    freeze_startup_objects()
    results = []
    with (
        TestClient(portal, base_url=settings.portal_url, cookies={"cwg_portal": secret}) as client,
        TestClient(portal, base_url=settings.portal_url, cookies={"cwg_portal": editing_secret}) as editor,
    ):
        for length in agenda.LENGTHS:
            page = (
                "/meetings/"
                f"{agenda.create_agenda(cast('str', settings.owner_database_url), engine, chair, length)}/agenda"
            )
            timed = documents.time_requests(client, portal.state.portal.engine, [page], SECONDS)
            size = len(client.get(page).content) / 1000
            how = f"GET of an agenda with {length} items and as many documents as a delegate, {size:.0f} kB, in process"
            description = f"{how}, one after the other; p99 {timed.p99:.0f} ms, {timed.statements:.0f} statements"
            results.append(Result.of((f"agenda_{length}_rps", timed.rates, "1/s", description)))
            figure = EDITOR_FIGURES[length]
            results.append(_measure_agenda_editor(editor, portal.state.portal.engine, f"{page}/edit", length, figure))
    return results


def _measure_agenda_editor(client: TestClient, engine: Engine, page: str, length: int, figure: str) -> Result:
    """Measure the page of the agenda's editor as the chair."""
    timed = documents.time_requests(client, engine, [page], SECONDS)
    content = client.get(page).content
    how = f"GET of the editor of an agenda with {length} items and as many documents as the chair, in process"
    sizes = f"{len(content) / 1000:.0f} kB, {len(gzip.compress(content)) / 1000:.0f} kB if compressed"
    description = f"{how}, one after the other; {sizes}; p99 {timed.p99:.0f} ms, {timed.statements:.0f} statements"
    return Result.of((figure, [1000 / rate for rate in timed.rates], "ms", description))


def measure_signed_in_pages(settings: Settings, engine: Engine, _folder: Path) -> Iterator[Result]:
    """Measure pages of a delegate on the wire, relative to bare pages."""
    secret = sign_in(engine, "rafael")
    with transaction(write_session_factory(engine)) as session:
        chair = get_actor(session, "laurent")
    owner_url = cast("str", settings.owner_database_url)
    documents.fill_register(owner_url, documents.ARCHIVES[0])
    meeting = agenda.create_agenda(owner_url, engine, chair, agenda.LENGTHS[0])
    with transaction(write_session_factory(engine)) as session:
        number = session.get_one(Meeting, meeting).number
        document = session.scalars(select(Document.id).where(Document.scope == str(number)).limit(1)).one()
    for each in signed_in.measure(settings, owner_url, secret, document, meeting):
        yield Result.of(each)


def measure_output_page(settings: Settings, _engine: Engine, _folder: Path) -> list[Result]:
    """Measure the read path's page of one output in six languages."""
    app = dissemination.create_inner_app(settings)
    name, _, value = reader_cookie(settings).partition("=")
    with TestClient(app, base_url=settings.read_url, cookies={name: value}) as client:
        rates = [
            runs_per_second(lambda: client.get("/outputs/CWG-Internet-21-OUT-1").raise_for_status())
            for _ in range(documents.ROUNDS)
        ]
    how = "GET of an output's page as a reader, in process, one after the other"
    return [Result.of(("output_page_rps", rates, "1/s", how))]


def measure_catalogue(settings: Settings, _engine: Engine, _folder: Path) -> list[Result]:
    """Measure the read path's list for a reader, in server processes."""
    with open_owner_engine(settings) as engine:
        measured = catalogue.measure(settings, engine, reader_cookie(settings), SIGNERS[SigningPurpose.RELEASES])
    return [Result.of(each) for each in measured]


def measure_output_search(settings: Settings, _engine: Engine, _folder: Path) -> list[Result]:
    """Measure the read path's search for a reader, in server processes."""
    with open_owner_engine(settings) as engine:
        measured = search.measure(settings, engine, reader_cookie(settings), SIGNERS[SigningPurpose.RELEASES])
    return [Result.of(each) for each in measured]


def measure_download(settings: Settings, _engine: Engine, folder: Path) -> list[Result]:
    """Measure the download of a released file by a reader, behind nginx."""
    with open_owner_engine(settings) as engine:
        measured = download.measure(settings, engine, folder, reader_cookie(settings), SIGNERS[SigningPurpose.RELEASES])
    return [Result.of(each) for each in measured]


def measure_readers(settings: Settings, _engine: Engine, folder: Path) -> Iterator[Result]:
    """Measure an output that is released to a hundred thousand readers at an instant."""
    with open_owner_engine(settings) as engine:
        for each in readers.measure(settings, engine, folder, reader_cookies(settings, READER_SESSIONS)):
            yield Result.of(each)


def measure_submission(settings: Settings, engine: Engine, _folder: Path) -> list[Result]:
    """Measure the time from the first byte of a Word file to the committed submission, and that of its pages."""
    spent = []
    for number in range(SUBMISSIONS):
        start = time.perf_counter()
        submit_contribution(settings, engine, f"A document of the bench, number {number}")
        spent.append((time.perf_counter() - start) * 1000)
    how = f"taking in a DOCX through the gate, drafting and submitting; median of {SUBMISSIONS}"
    secret = sign_in(engine, "rafael")
    with transaction(write_session_factory(engine, {SIGNERS_KEY: SIGNERS})) as session:
        draft = create_draft(settings, session, "A draft of the bench")
        meeting_id, draft_id = draft.meeting_id, draft.id
    portal = web.build_fastapi_app(settings)
    with TestClient(portal, base_url=settings.portal_url, cookies={"cwg_portal": secret}) as client:
        pages = submit_pages.measure(client, portal.state.portal.engine, meeting_id, draft_id)
    return [Result.of(("submission_ms", spent, "ms", how)), Result.of(pages)]


def submit_contribution(settings: Settings, engine: Engine, title: str) -> None:
    """Submit one contribution of Brazil."""
    with transaction(write_session_factory(engine, {SIGNERS_KEY: SIGNERS})) as session:
        draft = create_draft(settings, session, title)
        contributions.submit_contribution(
            session,
            get_actor(session, "rafael"),
            load_submission(session, draft),
            version=draft.version,
            grace=GRACE_PERIOD,
            accepts_lateness=False,
        )


def create_draft(settings: Settings, session: WriteSession, title: str) -> Contribution:
    """Create a draft of Brazil with a file."""
    content = render_docx(DemoText("en", title, [("Purpose", "A text of one paragraph.")]))
    received = ingest_file(open_store(settings.store_url), BytesIO(content), "bench.docx", settings.largest_file)
    file = LanguageFile("en", received.sha256, received.size, received.kind, received.offered_name, [])
    actor = get_actor(session, "rafael")
    set_row_security_entity(session, actor.entity)
    meeting = session.scalars(select(Meeting).where(Meeting.number == 22)).one()
    cover = ContributionCover.model_validate({"title": title, "original": "en", "purpose": "discussion"})
    draft = contributions.create_draft_contribution(session, actor, meeting, cover, key=uuid4())
    contributions.put_contribution_file(session, actor, draft, file, began_at=clock.now())
    return draft


def measure_ledger(settings: Settings, engine: Engine, _folder: Path) -> list[Result]:
    """Measure the ledger: its cost for submissions, and its proofs."""
    numbers = count(1)

    def once() -> None:
        submit_contribution(settings, engine, f"A document beside the ledger, number {next(numbers)}")

    return [Result.of(each) for each in ledger.measure(settings, engine, once, SIGNERS[SigningPurpose.LEDGER])]


def measure_notifications(settings: Settings, _engine: Engine, _folder: Path) -> list[Result]:
    """Measure e-mail about many events to many people, with a sender that is killed."""
    return [Result.of(each) for each in notifications.measure(settings)]


def runs_per_second(act: Callable[[], object]) -> float:
    """Return how often the act runs in a second, after a warm-up."""
    for _ in range(5):
        act()
    start, times = time.perf_counter(), 0
    while (spent := time.perf_counter() - start) < SECONDS / documents.ROUNDS:
        act()
        times += 1
    return times / spent


PARTS: dict[str, Part] = {
    "output": measure_output_page,
    "download": measure_download,
    "readers": measure_readers,
    "catalogue": measure_catalogue,
    "search": measure_output_search,
    "submission": measure_submission,
    "documents": measure_documents,
    "scale": measure_scale,
    "upload": measure_upload,
    "deadline": measure_deadline,
    "floor": measure_floor,
    "agenda": measure_agendas,
    "ledger": measure_ledger,
    "notifications": measure_notifications,
    "signed-in": measure_signed_in_pages,
}

if __name__ == "__main__":
    main(sys.argv[1:])
