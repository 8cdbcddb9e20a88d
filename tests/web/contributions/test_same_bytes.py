"""Identical bytes tell no one that somebody else has them: two worlds are compared that differ in that alone."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.core.clamav import ScanState, ScanVerdict
from app.core.db import set_row_security_entity, transaction
from app.core.errors import Conflict
from app.core.inspection import DOCX
from app.core.storage import Store, open_store
from app.domain.contributions.actions import drafting
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.submissions import list_contribution_files
from app.domain.documents.inputs import LanguageFile
from app.domain.files import actions as file_actions
from app.domain.files import queries as file_queries
from app.domain.meetings.models import Meeting
from app.settings import Settings
from app.web.views.documents.reading import list_file_previews
from app.worker.release import WorkerContext
from app.worker.renditions import render_file
from app.worker.subscriptions import build_event_handler
from tests.browser import Browser
from tests.files import make_docx
from tests.portal_app import open_portal_copy
from tests.world import World, record_rows

CHANGING = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|(?<=sha256 )[0-9a-f ]{79}"  # ids and digests
    r'|(?<=name="token" value=")[^"]+|\d\d:\d\d(?::\d\d)?|(?<=datetime=")[^"]+'  # form tokens and times
)
PARTS = ("", "/edit", "/check", "/read/en", "/pages/en", "/picture/en")


@pytest.fixture
def amina(settings: Settings, world: World, tmp_path: Path) -> Iterator[Browser]:
    """Her browser, on a portal that queues jobs, and whose virus scanner does not answer."""
    absent = settings.model_copy(update={"clamd": str(tmp_path / "absent.sock")})
    with open_portal_copy(absent, build_event_handler(sends_mail=False)) as portal:
        yield Browser(portal, settings, world, "amina")


@pytest.fixture
def context(world: World, settings: Settings) -> WorkerContext:
    store: Store = open_store(settings.store_url)
    return WorkerContext(world.work, store, store, None, None)


def let_brazil_have(world: World, context: WorkerContext, meeting: Meeting, data: bytes, path: Path) -> None:
    """A secret draft of Brazil with this file, examined, scanned and rendered."""
    draft = world.draft(meeting, by="rafael", file=False)
    file = LanguageFile("en", sha256(data).hexdigest(), len(data), DOCX, "a.docx", [])
    path.write_bytes(data)
    context.store.put(path, file.sha256)
    with world.acting("rafael") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        drafting.put_contribution_file(session, actor, row, file, began_at=row.drafted_at)
    with transaction(world.work) as session:
        file_actions.save_scan_verdict(session, file.sha256, ScanVerdict(ScanState.CLEAN), contribution=draft.id)
    render_file(context, file.sha256, "BRA", str(draft.id))


def read_pages(browser: Browser, draft: Contribution) -> list[tuple[int, str]]:
    answers = [browser.get(f"/contributions/{draft.id}{part}") for part in PARTS]
    return [(answer.status_code, CHANGING.sub("…", answer.text)) for answer in answers]


def describe_work(engine: Engine, draft: Contribution) -> tuple[list[str], list[str]]:
    """The lines of the journal since this draft was begun, which number those of everybody, and the jobs."""
    with engine.connect() as connection:
        lines = connection.scalars(
            text(
                "SELECT event FROM portal.journal_line WHERE seq > (SELECT seq FROM portal.journal_line"
                " WHERE event = 'contribution:drafted' AND facts ->> 'contribution' = :draft) ORDER BY seq"
            ),
            {"draft": str(draft.id)},
        ).all()
        jobs = connection.scalars(text("SELECT task_name FROM jobs.procrastinate_jobs ORDER BY id")).all()
    return list(lines), list(jobs)


def test_no_one_sees_or_causes_anything_else_because_another_state_has_the_same_bytes(
    amina: Browser, world: World, context: WorkerContext, engine: Engine, tmp_path: Path
) -> None:
    meeting = world.meeting()
    held, not_held = make_docx("A paragraph, A."), make_docx("A paragraph, B.")
    let_brazil_have(world, context, meeting, held, tmp_path / "held")
    worlds = []
    for data in (held, not_held):
        draft, steps = world.draft(meeting, file=False), list[object]()
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM jobs.procrastinate_jobs"))
        answer = amina.post(
            f"/contributions/{draft.id}/files", {"language": "en"}, files={"file": ("paper.docx", data)}
        )
        steps += [answer.status_code, CHANGING.sub("…", answer.headers["Location"])]
        steps += [read_pages(amina, draft), describe_work(engine, draft)]
        render_file(context, sha256(data).hexdigest(), "KEN", str(draft.id))
        steps += [read_pages(amina, draft), describe_work(engine, draft)]
        with world.acting("amina") as (session, actor):
            drafting.delete_draft_contribution(session, actor, session.get_one(Contribution, draft.id))
        worlds.append(steps)

    with_another, alone = worlds
    assert alone[0] == 303
    assert "Awaiting the virus check" in alone[2][1][1]
    assert "A paragraph, B." not in alone[2][3][1]
    assert "A paragraph, B." in alone[4][3][1]
    assert "render" in alone[3][1]
    for with_another_step, step in zip(with_another, alone, strict=True):
        assert str(with_another_step).replace("A paragraph, A.", "A paragraph, B.") == str(step)


def test_the_secretariat_sees_no_verdict_that_was_given_on_a_draft(
    world: World, context: WorkerContext, tmp_path: Path
) -> None:
    """It has the same text in a file of its own, which arrived while the scanner did not answer."""
    text = make_docx("A paragraph.")
    let_brazil_have(world, context, world.meeting(), text, tmp_path / "held")
    file = sha256(text).hexdigest()
    with transaction(world.write) as session:
        file_actions.save_scan_verdict(session, file, ScanVerdict(ScanState.WAITING))
        record_rows(session)

    with transaction(world.read) as session, pytest.raises(Conflict, match="not been checked"):
        file_queries.require_clean_scans(session, [file])


def test_a_preview_is_withheld_for_a_virus_that_was_found_in_this_contribution_alone(world: World) -> None:
    """A virus that was found in the same bytes before they were handed in says that somebody else had them."""
    draft, previews = world.draft(world.meeting()), list[int]()
    for contribution in (None, draft.id):
        with transaction(world.work) as session:
            record_rows(session)
            file_actions.save_virus(session, world.file().sha256, "Eicar", contribution=contribution)
        with transaction(world.read) as session:
            set_row_security_entity(session, "KEN")
            files = list_contribution_files(session, session.get_one(Contribution, draft.id))
            previews.append(len(list_file_previews(session, "", files)))

    assert previews == [1, 0]


def test_a_file_that_was_scanned_before_gets_as_many_lines_of_the_journal(world: World, engine: Engine) -> None:
    """Who sees the numbers of their own lines sees how many others were written."""
    counts = []
    for digest in ("0" * 64, "0" * 64, "1" * 64):
        with transaction(world.write) as session:
            file_actions.save_scan_verdict(session, digest, ScanVerdict(ScanState.CLEAN))
        with engine.connect() as connection:
            counts.append(connection.scalar(text("SELECT count(*) FROM portal.journal_line")))

    first, again, other = counts
    assert again - first == other - again == 1
