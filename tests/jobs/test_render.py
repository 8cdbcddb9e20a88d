"""The job that renders: once for each digest, three tries at most, and what people see stays what came in."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.db import transaction, writers
from app.core.errors import Unavailable
from app.core.staging import Staging
from app.core.store import Store, open_store
from app.domain.contributions import actions as contributions
from app.domain.contributions.models import Contribution
from app.domain.receipts.actions import HAND
from app.domain.renditions.models import Rendition, State
from app.jobs.disseminate import Desk
from app.jobs.reactions import RENDER, RENDER_DOCUMENT, react
from app.jobs.render import NotWhole, render, render_document
from tests.world import SIGNER

SOFFICE = shutil.which("soffice") or ""
needs_soffice = pytest.mark.skipif(not SOFFICE, reason="there is no soffice on this machine")


@pytest.fixture
def desk(engine, settings) -> Desk:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    return Desk(writers(engine, {HAND: SIGNER}), *stores, Staging(settings.staging_folder), None, SIGNER)


def rendition(desk: Desk, sha256: str) -> Rendition:
    with transaction(desk.write) as session:
        return session.get_one(Rendition, sha256)


def made_events(engine) -> object:
    with engine.connect() as connection:
        statement = "SELECT count(*) FROM portal.journal_line WHERE event = 'rendition:made'"
        return connection.scalar(text(statement))


def a_program(folder: Path, *lines: str) -> str:
    path = folder / "soffice"
    path.write_text("\n".join(["#!/bin/sh", *lines]))
    path.chmod(0o755)
    return str(path)


@needs_soffice
def test_a_docx_gets_a_pdf_a_picture_and_its_text(world, desk: Desk, engine) -> None:
    file = world.file("en", "The costs of transit.")
    render(replace(desk, soffice=SOFFICE), file.sha256)
    render(replace(desk, soffice=SOFFICE), file.sha256)

    found = rendition(desk, file.sha256)

    assert (found.state, found.pages, found.tries) == (State.READY, 1, 1)
    assert "The costs of transit." in found.paragraphs
    assert b"".join(desk.store.pieces(found.pdf)).startswith(b"%PDF-")
    assert b"".join(desk.store.pieces(found.picture))[8:12] == b"WEBP"
    assert desk.store.size(found.pdf) == found.pdf_size
    assert made_events(engine) == 1


def test_without_a_converter_there_is_the_text(world, desk: Desk) -> None:
    file = world.file("en", "The costs of transit.")
    render(desk, file.sha256)

    found = rendition(desk, file.sha256)

    assert (found.state, found.pdf) == (State.READY, None)
    assert found.paragraphs == ["The costs of transit."]


def test_after_three_tries_it_is_left_alone_with_what_could_be_made(world, desk: Desk, engine, tmp_path: Path) -> None:
    broken = replace(desk, soffice=a_program(tmp_path, f"echo tried >> {tmp_path}/tries", "exit 1"))
    file = world.file("en", "The costs of transit.")
    for _ in range(2):
        with pytest.raises(NotWhole):
            render(broken, file.sha256)
    assert made_events(engine) == 0

    render(broken, file.sha256)
    render(broken, file.sha256)

    found = rendition(desk, file.sha256)
    assert (found.state, found.pdf, found.paragraphs) == (State.FAILED, None, ["The costs of transit."])
    assert (tmp_path / "tries").read_text().count("tried") == 3
    assert made_events(engine) == 1


class Full(Store):
    """A store that can be read and takes nothing."""

    def __init__(self, other: Store) -> None:
        self.other = other
        self.pieces = other.pieces

    def keep(self, *_: object) -> None:
        raise Unavailable("full")

    size = has = answers = _read = None


@needs_soffice
def test_a_store_that_is_full_costs_the_file_no_try(world, desk: Desk) -> None:
    file = world.file("en", "The costs of transit.")
    Full.__abstractmethods__ = frozenset()

    with pytest.raises(Unavailable):
        render(replace(desk, store=Full(desk.store), soffice=SOFFICE), file.sha256)

    assert (rendition(desk, file.sha256).tries, rendition(desk, file.sha256).state) == (0, State.WAITING)


def test_all_files_of_a_document_are_made_ready(world, desk: Desk) -> None:
    _, document = world.registered(world.meeting())
    world.revised(document, "Another text.")

    render_document(desk, document.id)

    for file in (world.file(), world.file("en", "Another text.")):
        assert rendition(desk, file.sha256).state == State.READY


def test_a_file_that_is_received_is_queued_in_the_same_transaction(world, engine) -> None:
    draft = world.draft(world.meeting(), file=False)
    actor, file = world.actor("amina"), world.file()
    with transaction(writers(engine, {"react": react})) as session:
        session.execute(text("SELECT set_config('cwg.entity', 'KEN', true)"))
        there = session.get_one(Contribution, draft.id)
        contributions.put_file(session, actor, there, file, began_at=there.drafted_at)

    with engine.connect() as connection:
        jobs = connection.execute(text("SELECT task_name, args, lock FROM jobs.procrastinate_jobs")).all()
    assert [(name, lock) for name, _, lock in jobs] == [(RENDER, "rendering")]
    assert jobs[0].args["file"] == file.sha256
    assert RENDER_DOCUMENT != RENDER
