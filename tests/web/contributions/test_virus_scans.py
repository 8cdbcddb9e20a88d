"""Files that the virus scanner has not checked, or found something in: received in time, and held."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as text_of

from app.core.clamav import ScanState, ScanVerdict, VirusScanner
from app.core.db import transaction
from app.core.errors import Conflict, NotFound
from app.domain.contributions.actions import drafting
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.submissions import load_submission
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.inputs import Adoption
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs as output_queries
from app.domain.scans import actions as scans
from app.settings import Settings
from app.web.app import create_app
from app.worker.maintenance import rescan_waiting_files
from app.worker.release import WorkerContext
from tests.browser import Browser
from tests.clamd import MARK, NAME, clamd, needs_clamd
from tests.files import a_pdf
from tests.world import GRACE, World


@pytest.fixture
def scanned(settings: Settings, world: World, tmp_path: Path) -> Iterator[Callable[[str], Browser]]:
    """Browsers of a portal whose scanner is at the place given with each; there may be none there."""
    opened: list[Any] = []

    def open_one(who: str, clamd: str = str(tmp_path / "absent.sock")) -> Browser:
        app = create_app(settings.model_copy(update={"clamd": clamd}))
        opened.append(app)
        return Browser(app, settings, world, who)

    yield open_one
    for app in opened:
        app.app.state.portal.close()


def desk(world: World, scanner: VirusScanner | None) -> WorkerContext:
    return WorkerContext(world.write, world.store, world.store, None, scanner)  # nothing is staged here


def put(browser: Browser, contribution: Contribution, data: bytes) -> Any:
    sent = {"file": ("text.pdf", data)}
    return browser.post(f"/contributions/{contribution.id}/files", {"language": "en"}, files=sent)


def handed_in(world: World, browser: Browser, data: bytes) -> Contribution:
    """Drafted, with a file that came while the scanner was down, and submitted."""
    draft = world.draft(world.meeting(), file=False)
    assert put(browser, draft, data).status_code == 303
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session, actor, load_submission(session, there), version=there.version, grace=GRACE, accepts_lateness=False
        )
        return there


def digest_in(world: World, contribution: Contribution) -> str:
    """The digest of its file."""
    with world.acting("amina") as (session, _):
        return contributions.list_contribution_files(session, contribution)[0].sha256


def test_a_state_that_is_asked_does_not_read_what_was_not_checked(scanned: Any, world: World) -> None:
    draft = world.asked(world.meeting(), "BRA")
    rafael, here = scanned("rafael"), f"/contributions/{draft.id}"
    assert rafael.get(here).status_code == 200
    put(scanned("amina"), draft, a_pdf())

    for page in (here, f"{here}/sponsors", f"{here}/files/en", f"{here}/read/en"):
        assert rafael.get(page).status_code == 404
    for page in ("/", "/contributions"):
        assert draft.title not in rafael.get(page).text
    assert rafael.post(f"{here}/sign", {"version": draft.version}).status_code == 404

    with transaction(world.write) as session:
        scans.save_verdict(session, digest_in(world, draft), ScanVerdict(ScanState.CLEAN))
    assert rafael.get(f"{here}/files/en").status_code == 200


@needs_clamd
def test_what_the_scanner_finds_is_refused_with_its_name(scanned: Any, world: World, tmp_path: Path) -> None:
    draft = world.draft(world.meeting(), file=False)
    with clamd(tmp_path) as daemon:
        amina = scanned("amina", daemon.socket)
        refused = put(amina, draft, a_pdf(title=MARK))
        assert (refused.status_code, NAME in refused.text) == (400, True)
        assert put(amina, draft, a_pdf()).status_code == 303
    page = amina.get(f"/contributions/{draft.id}/edit").text
    assert "Received whole" in page
    assert "Awaits the virus check" not in page


def test_while_the_scanner_is_down_a_document_is_in_time_but_exists_for_its_delegation_only(
    scanned: Any, world: World
) -> None:
    amina, ines = scanned("amina"), scanned("ines")
    there = handed_in(world, amina, a_pdf())

    assert (there.status, there.late) == (ContributionStatus.SUBMITTED, False)
    page = f"/contributions/{there.id}"
    assert "Awaits the virus check" in amina.get(page).text
    assert amina.get(f"{page}/files/en").status_code == 200
    for address in (page, f"{page}/files/en"):
        assert ines.get(address).status_code == 404
    assert there.title not in ines.get("/contributions").text
    assert ines.post(f"{page}/register", {"version": there.version}).status_code == 404
    with world.acting("ines") as (session, actor), pytest.raises(Conflict):
        drafting.register_contribution(session, actor, session.get_one(Contribution, there.id), version=there.version)


@needs_clamd
def test_the_worker_asks_again_and_lets_it_go_on(scanned: Any, world: World, tmp_path: Path) -> None:
    there = handed_in(world, scanned("amina"), a_pdf())
    rescan_waiting_files(desk(world, None))
    rescan_waiting_files(desk(world, VirusScanner(str(tmp_path / "absent.sock"))))
    with world.acting("ines") as (session, actor), pytest.raises(NotFound):
        contributions.get_visible_contribution(session, actor, there.id)

    with clamd(tmp_path) as daemon:
        rescan_waiting_files(desk(world, VirusScanner(daemon.socket)))

    with world.acting("ines") as (session, actor):
        found = contributions.get_visible_contribution(session, actor, there.id)
        assert drafting.register_contribution(session, actor, found, version=found.version).symbol


@needs_clamd
def test_the_worker_returns_what_the_scanner_finds_later(scanned: Any, world: World, tmp_path: Path) -> None:
    amina = scanned("amina")
    there = handed_in(world, amina, a_pdf(title=MARK))

    with clamd(tmp_path) as daemon:
        rescan_waiting_files(desk(world, VirusScanner(daemon.socket)))

    page = amina.get(f"/contributions/{there.id}/edit").text
    assert NAME in page
    assert "A virus was found" in page
    world.rendered(digest_in(world, there), "A text.")
    for part in ("files", "read", "pages", "picture"):
        assert amina.get(f"/contributions/{there.id}/{part}/en").status_code == 409
    with world.acting("amina") as (session, actor):
        back = contributions.get_visible_contribution(session, actor, there.id)
        assert back.status == ContributionStatus.RETURNED
        with pytest.raises(Conflict):
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, back),
                version=back.version,
                grace=GRACE,
                accepts_lateness=False,
            )
        drafting.put_contribution_file(session, actor, back, world.file(), began_at=back.changed_at)
        drafting.submit_contribution(
            session, actor, load_submission(session, back), version=back.version, grace=GRACE, accepts_lateness=False
        )


def test_what_is_found_while_it_is_being_submitted_is_returned_too(scanned: Any, world: World) -> None:
    """The scanner's answer comes between the check and the commit of a submission: it waits, and then sees it."""
    draft = world.draft(world.meeting(), file=False)
    put(scanned("amina"), draft, a_pdf())
    found = ScanVerdict(ScanState.INFECTED, NAME)

    def answer(sha256: str) -> int:
        with transaction(world.write) as session:
            scans.save_verdict(session, sha256, found)
            return drafting.return_infected_contributions(session, sha256, NAME)

    with ThreadPoolExecutor(1) as pool:
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, draft.id)
            sha256 = contributions.list_contribution_files(session, there)[0].sha256
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, there),
                version=there.version,
                grace=GRACE,
                accepts_lateness=False,
            )
            answering = pool.submit(answer, sha256)
            with pytest.raises(TimeoutError):
                answering.result(0.3)
        assert answering.result(5) == 1

    with world.acting("amina") as (session, actor):
        assert contributions.get_visible_contribution(session, actor, draft.id).status == ContributionStatus.RETURNED


def test_a_registered_contribution_stays_in_sight_when_its_bytes_are_sent_again_unchecked(
    browser: Any, world: World
) -> None:
    contribution, _ = world.registered(world.meeting())
    with transaction(world.write) as session:
        scans.save_verdict(session, digest_in(world, contribution), ScanVerdict(ScanState.WAITING))

    assert browser("ines").get(f"/contributions/{contribution.id}").status_code == 200


def test_a_text_that_was_not_checked_is_not_adopted(world: World) -> None:
    meeting = world.meeting(opens_in=-1)
    output = world.output(meeting)
    with transaction(world.write) as session:
        text = output_queries.compute_text_digest(session, session.get_one(Output, output.id))
        file = output_queries.list_output_files(session, output)[0]
        scans.save_verdict(session, file.sha256, ScanVerdict(ScanState.WAITING))
    with world.acting("laurent") as (session, actor), pytest.raises(Conflict):
        outputs.adopt_output(
            session, actor, session.get_one(Output, output.id), Adoption(adopted_on=meeting.opens_on, text=text)
        )


def test_no_answer_takes_back_nothing_that_was_said_before(world: World) -> None:
    with transaction(world.write) as session:
        for verdict in (ScanVerdict(ScanState.CLEAN), ScanVerdict(ScanState.WAITING)):
            scans.save_verdict(session, "0" * 64, verdict)
        for verdict in (ScanVerdict(ScanState.INFECTED, "A"), ScanVerdict(ScanState.WAITING)):
            scans.save_verdict(session, "1" * 64, verdict)
    with transaction(world.read) as session:
        found = dict(session.execute(text_of("SELECT sha256, state FROM portal.scan")).all())
    assert found == {"0" * 64: "clean", "1" * 64: "infected"}


def test_the_secretariat_is_told_that_there_is_no_scanner(scanned: Any, browser: Any, world: World) -> None:
    assert "No virus scanner is configured" in browser("ines").get("/contributions").text
    assert "No virus scanner is configured" not in scanned("ines").get("/contributions").text
