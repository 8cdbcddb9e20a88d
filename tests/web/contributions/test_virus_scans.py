"""Files that the virus scanner has not checked or found infected: received in time, and held in quarantine."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as text_of

from app.core.clamav import ScanState, ScanVerdict, VirusScanner
from app.core.db import transaction
from app.core.errors import Conflict, NotFound
from app.domain.contributions.actions import drafting, registration
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries import contributions, submissions
from app.domain.contributions.queries.submissions import load_submission
from app.domain.files import actions as file_actions
from app.domain.files import queries as file_queries
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.inputs import Adoption
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs as output_queries
from app.settings import Settings
from app.worker.maintenance import apply_scan_verdict, rescan_waiting_files
from app.worker.release import WorkerContext
from tests.browser import Browser
from tests.clamd import TEST_SIGNATURE, TEST_SIGNATURE_NAME, needs_clamd, run_clamd
from tests.files import make_pdf
from tests.portal_app import open_portal_copy
from tests.world import GRACE, World, answer_all, record_rows


@pytest.fixture
def open_browser(settings: Settings, world: World, tmp_path: Path) -> Iterator[Callable[[str], Browser]]:
    """Open browsers of a portal whose scanner socket is given with each; by default no scanner listens."""
    with ExitStack() as opened:

        def open_with_scanner(who: str, clamd: str = str(tmp_path / "absent.sock")) -> Browser:
            portal = opened.enter_context(open_portal_copy(settings.model_copy(update={"clamd": clamd})))
            return opened.enter_context(Browser(portal, settings, world, who))

        yield open_with_scanner


def worker_context(world: World, scanner: VirusScanner | None) -> WorkerContext:
    return WorkerContext(world.work, world.store, world.store, None, scanner)  # no upload is staged here


def upload_file(browser: Browser, contribution: Contribution, data: bytes) -> Any:
    sent = {"file": ("text.pdf", data)}
    return browser.post(f"/contributions/{contribution.id}/files", {"language": "en"}, files=sent)


def submit_unscanned(world: World, browser: Browser, data: bytes) -> Contribution:
    """Submit a contribution with a file that arrived while the scanner was down."""
    draft = world.draft(world.meeting(), file=False)
    assert upload_file(browser, draft, data).status_code == 303
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        submission = load_submission(session, contribution)
        drafting.submit_contribution(
            session,
            actor,
            submission,
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
            answers=answer_all(submission),
        )
        return contribution


def get_file_digest(world: World, contribution: Contribution) -> str:
    """The digest of the contribution's file."""
    with world.acting("amina") as (session, _):
        return submissions.list_contribution_files(session, contribution)[0].sha256


def test_an_invited_cosponsor_does_not_read_an_unchecked_file(open_browser: Any, world: World) -> None:
    draft = world.asked(world.meeting(), "BRA")
    rafael, url = open_browser("rafael"), f"/contributions/{draft.id}"
    assert rafael.get(url).status_code == 200
    upload_file(open_browser("amina"), draft, make_pdf())

    for page in (url, f"{url}/sponsors", f"{url}/files/en", f"{url}/read/en"):
        assert rafael.get(page).status_code == 404
    for page in ("/", "/contributions"):
        assert draft.title not in rafael.get(page).text
    assert rafael.post(f"{url}/sign", {"version": draft.version}).status_code == 404

    world.scanned(get_file_digest(world, draft), ScanState.CLEAN)
    assert rafael.get(f"{url}/files/en").status_code == 200


@needs_clamd
def test_an_infected_file_is_refused_with_the_name_of_the_virus(
    open_browser: Any, world: World, tmp_path: Path
) -> None:
    draft = world.draft(world.meeting(), file=False)
    with run_clamd(tmp_path) as daemon:
        amina = open_browser("amina", daemon.socket)
        refused = upload_file(amina, draft, make_pdf(title=TEST_SIGNATURE))
        assert (refused.status_code, TEST_SIGNATURE_NAME in refused.text) == (400, True)
        assert upload_file(amina, draft, make_pdf()).status_code == 303
    page = amina.get(f"/contributions/{draft.id}/edit").text
    assert "Received and checked" in page
    assert "Awaiting the virus check" not in page


def test_while_the_scanner_is_down_a_submission_is_in_time_but_visible_only_to_its_delegation(
    open_browser: Any, world: World
) -> None:
    amina, ines = open_browser("amina"), open_browser("ines")
    contribution = submit_unscanned(world, amina, make_pdf())

    assert (contribution.status, contribution.late) == (ContributionStatus.SUBMITTED, False)
    page = f"/contributions/{contribution.id}"
    assert "Awaiting the virus check" in amina.get(page).text
    assert amina.get(f"{page}/files/en").status_code == 200
    for address in (page, f"{page}/files/en"):
        assert ines.get(address).status_code == 404
    assert contribution.title not in ines.get("/contributions").text
    assert ines.post(f"{page}/register", {"version": contribution.version}).status_code == 404
    with world.acting("ines") as (session, actor), pytest.raises(Conflict):
        registration.register_contribution(
            session, actor, session.get_one(Contribution, contribution.id), version=contribution.version
        )


@needs_clamd
def test_the_worker_scans_again_and_releases_a_clean_submission(
    open_browser: Any, world: World, tmp_path: Path
) -> None:
    contribution = submit_unscanned(world, open_browser("amina"), make_pdf())
    rescan_waiting_files(worker_context(world, None))
    rescan_waiting_files(worker_context(world, VirusScanner(str(tmp_path / "absent.sock"))))
    with world.acting("ines") as (session, actor), pytest.raises(NotFound):
        contributions.get_visible_contribution(session, actor, contribution.id)

    with run_clamd(tmp_path) as daemon:
        rescan_waiting_files(worker_context(world, VirusScanner(daemon.socket)))

    with world.acting("ines") as (session, actor):
        checked_contribution = contributions.get_visible_contribution(session, actor, contribution.id)
        assert registration.register_contribution(
            session, actor, checked_contribution, version=checked_contribution.version
        ).symbol


@needs_clamd
def test_the_worker_returns_a_submission_found_infected_later(open_browser: Any, world: World, tmp_path: Path) -> None:
    amina = open_browser("amina")
    contribution = submit_unscanned(world, amina, make_pdf(title=TEST_SIGNATURE))

    with run_clamd(tmp_path) as daemon:
        rescan_waiting_files(worker_context(world, VirusScanner(daemon.socket)))

    page = amina.get(f"/contributions/{contribution.id}/edit").text
    assert TEST_SIGNATURE_NAME in page
    assert "A virus was found" in page
    world.rendered(get_file_digest(world, contribution), "A text.")
    for part in ("files", "read", "pages", "picture"):
        assert amina.get(f"/contributions/{contribution.id}/{part}/en").status_code == 409
    with world.acting("amina") as (session, actor):
        back = contributions.get_visible_contribution(session, actor, contribution.id)
        assert back.status == ContributionStatus.RETURNED
        with pytest.raises(Conflict):
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, back),
                version=back.version,
                grace=GRACE,
                accepts_lateness=False,
                answers=answer_all(load_submission(session, back)),
            )
        drafting.put_contribution_file(session, actor, back, world.file(), began_at=back.changed_at)
        drafting.submit_contribution(
            session, actor, load_submission(session, back), version=back.version, grace=GRACE, accepts_lateness=False
        )


def test_a_file_found_infected_during_the_submission_is_returned_too(open_browser: Any, world: World) -> None:
    """The scanner's verdict comes between the check and the commit of a submission: it waits, and then sees it."""
    draft = world.draft(world.meeting(), file=False)
    upload_file(open_browser("amina"), draft, make_pdf())
    verdict = ScanVerdict(ScanState.INFECTED, TEST_SIGNATURE_NAME)

    def answer(sha256: str) -> None:
        with transaction(world.work) as session:
            apply_scan_verdict(session, sha256, verdict, contribution=draft.id, grace=GRACE)

    with ThreadPoolExecutor(1) as pool:
        with world.acting("amina") as (session, actor):
            contribution = session.get_one(Contribution, draft.id)
            sha256 = submissions.list_contribution_files(session, contribution)[0].sha256
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, contribution),
                version=contribution.version,
                grace=GRACE,
                accepts_lateness=False,
                answers=answer_all(load_submission(session, contribution)),
            )
            answering = pool.submit(answer, sha256)
            with pytest.raises(TimeoutError):
                answering.result(0.3)
        answering.result(60)

    with world.acting("amina") as (session, actor):
        assert contributions.get_visible_contribution(session, actor, draft.id).status == ContributionStatus.RETURNED


def test_a_registered_contribution_stays_visible_when_its_bytes_are_uploaded_again_unchecked(
    browser: Any, world: World
) -> None:
    contribution, _ = world.registered(world.meeting())
    world.scanned(get_file_digest(world, contribution), ScanState.WAITING)

    assert browser("ines").get(f"/contributions/{contribution.id}").status_code == 200


def test_an_unchecked_text_is_not_adopted(world: World) -> None:
    meeting = world.meeting(opens_in=-1)
    output = world.output(meeting)
    with transaction(world.write) as session:
        record_rows(session)
        text = output_queries.compute_text_digest(session, session.get_one(Output, output.id))
        file = output_queries.list_output_files(session, output)[0]
        file_actions.save_scan_verdict(session, file.sha256, ScanVerdict(ScanState.WAITING))
    with world.acting("laurent") as (session, actor), pytest.raises(Conflict):
        outputs.adopt_output(
            session,
            actor,
            session.get_one(Output, output.id),
            Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=text),
        )


def find_scan_state(world: World, file: str, contribution: Contribution | None = None) -> str | None:
    with transaction(world.work) as session:
        found = file_queries.find_scan_states(session, [file], contribution=contribution.id if contribution else None)
    return found.get(file)


@pytest.mark.parametrize(
    ("earlier", "later"), [(None, "clean"), (ScanState.WAITING, "clean"), (ScanState.INFECTED, "infected")]
)
def test_a_document_has_the_verdict_on_its_contribution_unless_a_virus_was_found(
    world: World, earlier: ScanState | None, later: str
) -> None:
    file, contribution = world.file().sha256, world.submitted(world.meeting())
    with transaction(world.work) as session:
        if earlier:
            file_actions.save_scan_verdict(session, file, ScanVerdict(earlier))
        verdict = ScanVerdict(ScanState.CLEAN)
        file_actions.save_scan_verdict(session, file, verdict, contribution=contribution.id)
        record_rows(session)
    assert find_scan_state(world, file) == earlier

    with world.acting("ines") as (session, actor):
        row = contributions.get_visible_contribution(session, actor, contribution.id)
        registration.register_contribution(session, actor, row, version=row.version)

    assert find_scan_state(world, file) == later


def test_a_virus_counts_for_all_who_have_the_file(world: World) -> None:
    meeting, file = world.meeting(), world.file().sha256
    drafts = [world.draft(meeting, by=who) for who in ("amina", "rafael")]
    world.scanned(file, ScanState.CLEAN)

    with transaction(world.work) as session:
        verdict = ScanVerdict(ScanState.INFECTED, TEST_SIGNATURE_NAME)
        apply_scan_verdict(session, file, verdict, contribution=drafts[0].id, grace=GRACE)

    assert [find_scan_state(world, file, each) for each in (*drafts, None)] == ["infected"] * 3


def test_a_failed_scan_keeps_an_earlier_verdict(world: World) -> None:
    with transaction(world.write) as session:
        for verdict in (ScanVerdict(ScanState.CLEAN), ScanVerdict(ScanState.WAITING)):
            file_actions.save_scan_verdict(session, "0" * 64, verdict)
        for verdict in (ScanVerdict(ScanState.INFECTED, "A"), ScanVerdict(ScanState.WAITING)):
            file_actions.save_scan_verdict(session, "1" * 64, verdict)
    with transaction(world.read) as session:
        states = dict(session.execute(text_of("SELECT sha256, state FROM portal.scan")).all())
    assert states == {"0" * 64: "clean", "1" * 64: "infected"}


def test_the_secretariat_sees_that_there_is_no_scanner(open_browser: Any, browser: Any, world: World) -> None:
    assert "No virus scanner is configured" in browser("ines").get("/contributions").text
    assert "No virus scanner is configured" not in open_browser("ines").get("/contributions").text
