"""The PDF of a text: kept before the adoption, adopted and released with it, and never added afterwards."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.clamav import ScanState
from app.core.db import transaction
from app.core.errors import Conflict
from app.core.journal import JournalLine
from app.core.storage import Store, open_store
from app.domain.files import actions as file_actions
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting
from app.domain.outputs.models import Output, OutputFile, OutputTranslation
from app.domain.outputs.queries import outputs
from app.domain.outputs.queries.pdfs import list_outputs_awaiting_pdf
from app.domain.outputs.rules import texts
from app.domain.receipts.models import Receipt
from app.domain.releases.actions import completion
from app.domain.releases.actions import release as releases
from app.domain.releases.actions import withdrawal as releasing
from app.domain.releases.actions.copy import TextMismatch
from app.domain.releases.actions.release import InfectedFileError
from app.domain.releases.queries import manifests, stored_manifests
from app.domain.releases.queries import releases as released
from app.domain.releases.queries.catalogue_entries import CatalogueEntry
from app.domain.silence.actions import draft_texts
from app.domain.silence.queries import procedures
from app.record_verification.releases import find_released_text_mismatches, find_withdrawal_faults
from tests.conftest import Database
from tests.waiting import is_lock_waiting, wait_until
from tests.world import World

DIGEST_BEFORE = "6b222d7f55f8446ef323a62e282ee2a795785768fe86cea7cca4032981c4c217"
TRANSLATION_DIGEST_BEFORE = "d3cf580e551f752ad0a6574e819999ba02cf673db0ad1b3dd549933c46a37716"
"""Computed by the version before, of the text and the translation below."""


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def get_file(world: World, output: Output, language: str = "en") -> OutputFile:
    with transaction(world.read) as session:
        return session.get_one(OutputFile, (output.id, language))


def get_translation(world: World, output: Output, language: str) -> OutputTranslation:
    with transaction(world.read) as session:
        return session.get_one(OutputTranslation, (output.id, language))


def add_pdfs(world: World, output: Output) -> int:
    with transaction(world.work) as session:
        return draft_texts.add_pdfs_to_draft(session, output.id)


def compute_digest(world: World, output: Output) -> str:
    with transaction(world.read) as session:
        return outputs.compute_text_digest(session, session.get_one(Output, output.id))


def find_entry(world: World, output: Output) -> CatalogueEntry:
    with transaction(world.read) as session:
        return released.list_entries(session, output.id)[0]


def list_receipts(world: World, output: Output) -> dict[str, dict]:
    with transaction(world.read) as session:
        rows = session.scalars(select(Receipt).where(Receipt.subject == output.id))
        return {row.kind: json.loads(row.statement) for row in rows}


def count_added(world: World) -> int:
    with transaction(world.read) as session:
        lines = select(JournalLine).where(JournalLine.event == "output:pdf-added")
        return len(session.scalars(lines).all())


def test_a_text_without_a_pdf_has_the_digest_that_it_had_before_texts_had_one() -> None:
    output = Output(kind="report", original="en", titles={"en": "A title", "fr": "Un titre"}, for_public=False)
    output.for_action, output.for_information, output.reply_by = [], [], None
    files = [OutputFile(language="en", sha256="a" * 64), OutputFile(language="fr", sha256="b" * 64)]
    translation = OutputTranslation(language="ar", sha256="c" * 64, text="d" * 64, title=None)
    assert texts.digest_of_text(output, files, documents=(), decisions=()) == (DIGEST_BEFORE)
    assert texts.compute_translation_digest(translation) == (TRANSLATION_DIGEST_BEFORE)

    for each in (*files[:1], translation):
        each.pdf, each.pdf_size = "e" * 64, 5

    assert texts.digest_of_text(output, files, documents=(), decisions=()) != DIGEST_BEFORE
    assert texts.compute_translation_digest(translation) != TRANSLATION_DIGEST_BEFORE


def test_a_pdf_is_added_once_and_changes_what_is_adopted(world: World, meeting: Meeting) -> None:
    draft = world.output(meeting)
    seen = compute_digest(world, draft)
    assert add_pdfs(world, draft) == 0
    world.rendered(get_file(world, draft).sha256, "The text.")
    with transaction(world.read) as session:
        assert list_outputs_awaiting_pdf(session) == [draft.id]

    assert [add_pdfs(world, draft) for _ in range(2)] == [1, 0]

    file = get_file(world, draft)
    assert world.store.size(file.pdf) == file.pdf_size
    assert compute_digest(world, draft) != seen
    assert count_added(world) == 1
    with transaction(world.read) as session:
        assert list_outputs_awaiting_pdf(session) == []
    with pytest.raises(Conflict, match="changed after you opened"), world.acting("laurent") as (session, actor):
        adoption = drafting.Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=seen)
        draft_texts.adopt_draft(session, actor, session.get_one(Output, draft.id), adoption)
    assert world.adopted(meeting, draft=draft).text_digest == compute_digest(world, draft)


def adopt(world: World, output: Output, meeting: Meeting, **more: bool) -> None:
    with world.acting("laurent") as (session, actor):
        adoption = drafting.Adoption(adopted_on=meeting.opens_on, text=compute_digest(world, output), **more)
        draft_texts.adopt_draft(session, actor, session.get_one(Output, output.id), adoption)


def test_a_text_whose_pdf_is_being_made_is_adopted_without_it_only_if_that_is_said(
    world: World, meeting: Meeting
) -> None:
    unrendered, made = world.output(meeting), world.output(meeting, title="Another text")
    world.rendered(get_file(world, made).sha256, "The text.")
    for draft in (unrendered, made):
        with pytest.raises(drafting.PdfIsBeingMade):
            adopt(world, draft, meeting)

    adopt(world, unrendered, meeting, without_pdf=True)
    assert add_pdfs(world, made) == 1
    adopt(world, made, meeting)


def test_a_text_whose_pdf_could_not_be_made_is_adopted_as_it_is(world: World, meeting: Meeting) -> None:
    draft = world.output(meeting)
    world.rendered(get_file(world, draft).sha256, "The text.", pdf=False, whole=False)

    adopt(world, draft, meeting)


def test_a_pdf_that_is_being_removed_is_not_added(world: World, meeting: Meeting) -> None:
    draft = world.output(meeting)
    world.rendered(get_file(world, draft).sha256, "The text.")

    with ThreadPoolExecutor(1) as threads:
        with transaction(world.work) as session, world.work() as other:  # its role sees that of the worker
            file_actions.delete_orphaned_renditions(session, (), before=clock.now() + timedelta(hours=1))
            added = threads.submit(add_pdfs, world, draft)
            wait_until(lambda: is_lock_waiting(other), "the addition waits for no lock")
        assert added.result(60) == 0

    assert get_file(world, draft).pdf is None


def test_a_replaced_file_does_not_keep_the_pdf_of_the_one_before(world: World, meeting: Meeting) -> None:
    draft = world.with_pdf(world.output(meeting))

    with world.acting("ines") as (session, actor):
        file = world.file("en", "Another text.")
        draft_texts.put_draft_file(session, actor, session.get_one(Output, draft.id), file)

    assert (get_file(world, draft).pdf, get_file(world, draft).pdf_size) == (None, None)


def test_no_pdf_is_added_after_the_adoption(world: World, meeting: Meeting) -> None:
    adopted = world.adopted(meeting)
    world.rendered(get_file(world, adopted).sha256, "The text.")

    with transaction(world.read) as session:
        assert list_outputs_awaiting_pdf(session) == []
    assert add_pdfs(world, adopted) == 0

    assert get_file(world, adopted).pdf is None
    assert compute_digest(world, adopted) == adopted.text_digest


def test_a_draft_under_silence_gets_its_pdf_only_once_silence_was_broken(world: World, meeting: Meeting) -> None:
    draft = world.output(meeting)
    procedure = world.silence(draft)
    world.rendered(get_file(world, draft).sha256, "The text.")

    assert add_pdfs(world, draft) == 0
    assert get_file(world, draft).pdf is None

    world.position(procedure, "amina", "breaks")
    assert add_pdfs(world, draft) == 1


def test_the_states_decide_on_the_text_with_its_pdf(world: World, meeting: Meeting, release_store: Store) -> None:
    draft = world.with_pdf(world.output(meeting))
    procedure = world.silence(draft)
    world.position(procedure, "amina", "supports")
    pdf = get_file(world, draft).pdf

    with transaction(world.read) as session:
        (text,) = procedures.list_procedure_texts(session, procedure)
        receipt = session.scalars(select(Receipt).where(Receipt.kind == "position")).one()
    assert text.pdf == pdf
    assert json.loads(receipt.statement)["files"][0]["pdf"]["sha256"] == pdf


def test_the_pdf_is_released_with_the_text_and_signed(world: World, meeting: Meeting, release_store: Store) -> None:
    draft = world.with_pdf(world.output(meeting))
    output = world.as_released(world.adopted(meeting, draft=draft), release_store)
    file = get_file(world, output)

    (text,) = find_entry(world, output).texts

    assert (text.pdf.sha256, text.pdf.size, text.pdf.media) == (file.pdf, file.pdf_size, "application/pdf")
    assert text.pdf.name == text.name.replace(".docx", ".pdf")
    assert b"".join(release_store.iter_chunks(file.pdf)) == b"".join(world.store.iter_chunks(file.pdf))
    with transaction(world.read) as session:
        (manifest,) = stored_manifests.list_manifests(session)
    assert json.loads(manifest.statement)["files"] == [manifests.build_file_values(text)]
    assert json.loads(manifest.statement)["files"][0]["pdf"]["sha256"] == file.pdf
    receipts = list_receipts(world, output)
    for kind in ("adoption", "release"):
        (stated,) = receipts[kind]["files"]
        assert stated["pdf"] == {
            "language": "en",
            "media": "application/pdf",
            "name": file.name.replace(".docx", ".pdf"),
            "sha256": file.pdf,
            "size": file.pdf_size,
        }


@pytest.mark.parametrize(
    ("name", "expected"), [("Report.v2.docx", "Report.v2.pdf"), ("Report", "Report.pdf"), (".docx", ".docx.pdf")]
)
def test_the_pdf_is_named_after_its_file_in_the_receipt_and_the_catalogue(
    world: World, meeting: Meeting, release_store: Store, database: Database, name: str, expected: str
) -> None:
    draft = world.with_pdf(world.output(meeting))
    database.run_as_superuser(f"UPDATE portal.output_file SET name = '{name}'")

    output = world.as_released(world.adopted(meeting, draft=draft), release_store)
    database.run_as_superuser(f"UPDATE release.file SET name = '{name}'")

    assert list_receipts(world, output)["adoption"]["files"][0]["pdf"]["name"] == expected
    assert find_entry(world, output).texts[0].pdf.name == expected


def test_a_text_without_a_pdf_is_signed_without_naming_one(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.released(meeting, release_store)

    with transaction(world.read) as session:
        (manifest,) = stored_manifests.list_manifests(session)

    statements = [json.loads(manifest.statement), *list_receipts(world, output).values()]
    assert [set(file) for each in statements for file in each["files"]] == [
        {"language", "media", "name", "sha256", "size"}
    ] * 3


@pytest.mark.parametrize(
    "change",
    [
        f"pdf = '{'1' * 64}'",
        "pdf = NULL, pdf_size = NULL",
        "pdf_size = pdf_size + 1",
    ],
)
def test_a_pdf_other_than_the_adopted_one_is_not_released(
    world: World, meeting: Meeting, release_store: Store, database: Database, change: str
) -> None:
    draft = world.with_pdf(world.output(meeting))
    leaving = world.schedule_release(world.both_approve(world.adopted(meeting, draft=draft)))
    pdf = get_file(world, draft).pdf
    database.run_as_superuser(f"UPDATE portal.output_file SET {change}")

    with pytest.raises(TextMismatch), transaction(world.work) as session:
        releases.release_output(session, world.store, release_store, leaving.id)

    assert not release_store.exists(pdf)


def test_a_translation_brings_its_pdf_and_is_approved_with_it(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.advance(meeting, release_store, "fr")
    world.translated(output, "fr", approved_by="")
    without = get_translation(world, output, "fr").digest
    world.with_pdf(output, "fr")
    translation = get_translation(world, output, "fr")
    assert translation.pdf
    assert translation.digest != without
    with pytest.raises(Conflict, match="not the translation that you read"):
        world.approve_translation(output, "fr", by="layla", digest=without)

    world.approve_translation(output, "fr", by="layla")
    world.verify_approvals(output)
    world.left(world.completing(output), release_store)

    english, french = find_entry(world, output).texts
    assert english.pdf is None
    assert french.pdf.sha256 == translation.pdf
    assert release_store.exists(translation.pdf)


@pytest.mark.parametrize(
    ("state", "message"), [(ScanState.INFECTED, "found a problem"), (ScanState.WAITING, "not been checked")]
)
def test_a_text_is_neither_adopted_nor_put_under_silence_while_its_pdf_is_not_clean(
    world: World, meeting: Meeting, state: ScanState, message: str
) -> None:
    draft = world.with_pdf(world.output(meeting))
    world.scanned(get_file(world, draft).pdf, state, "a virus")

    for decide in (lambda: world.adopted(meeting, draft=draft), lambda: world.silence(draft)):
        with pytest.raises(Conflict, match=message):
            decide()

    world.scanned(get_file(world, draft).pdf, ScanState.CLEAN)
    assert world.adopted(meeting, draft=draft).text_digest


def test_a_virus_in_the_pdf_of_an_adopted_text_stops_its_release(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    draft = world.with_pdf(world.output(meeting))
    leaving = world.schedule_release(world.both_approve(world.adopted(meeting, draft=draft)))
    pdf = get_file(world, draft).pdf
    world.scanned(pdf, ScanState.INFECTED, "a virus")

    with pytest.raises(InfectedFileError), transaction(world.work) as session:
        releases.release_output(session, world.store, release_store, leaving.id)

    assert not release_store.exists(pdf)


def test_a_virus_in_the_pdf_of_a_translation_stops_its_approval_and_its_release(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.advance(meeting, release_store, "fr")
    world.translated(output, "fr", approved_by="")
    world.with_pdf(output, "fr")
    pdf = get_translation(world, output, "fr").pdf
    world.scanned(pdf, ScanState.INFECTED, "a virus")
    with pytest.raises(Conflict, match="found a problem"):
        world.approve_translation(output, "fr", by="layla")
    world.scanned(pdf, ScanState.CLEAN)
    world.approve_translation(output, "fr", by="layla")
    world.verify_approvals(output)
    world.completing(output)

    world.scanned(pdf, ScanState.INFECTED, "a virus")

    with pytest.raises(InfectedFileError), transaction(world.work) as session:
        completion.release_missing_languages(session, world.store, release_store, output.id)
    assert not release_store.exists(pdf)


def test_no_pdf_is_added_to_an_approved_translation(world: World, meeting: Meeting, release_store: Store) -> None:
    output = world.advance(meeting, release_store, "fr")
    world.translated(output, "fr")
    approved = get_translation(world, output, "fr")
    world.rendered(approved.sha256, "Le texte.")

    with transaction(world.read) as session:
        assert list_outputs_awaiting_pdf(session) == []
    assert add_pdfs(world, output) == 0

    assert get_translation(world, output, "fr").digest == approved.digest == approved.approved


def test_the_pdf_leaves_with_its_withdrawn_text_unless_another_has_it(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    one, other = (
        world.as_released(
            world.adopted(meeting, draft=world.with_pdf(world.output(meeting, title=title))), release_store
        )
        for title in ("The same", "The same")
    )
    pdf = get_file(world, one).pdf
    assert pdf == get_file(world, other).pdf

    for output, is_left in ((one, True), (other, False)):
        world.withdrawn(output)
        with transaction(world.work) as session:
            if not is_left:
                assert any(pdf in fault for fault in find_withdrawal_faults(session, release_store))
            releasing.remove_files_of_withdrawn_output(session, release_store, output.id)
        assert release_store.exists(pdf) == is_left
    with transaction(world.read) as session:
        (entry, _) = released.list_withdrawn_entries(session)
        assert not list(find_withdrawal_faults(session, release_store))
    assert entry.texts[0].pdf.sha256 == pdf
    assert world.store.exists(pdf)


def test_verify_names_a_released_pdf_that_was_not_adopted(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    output = world.as_released(world.adopted(meeting, draft=world.with_pdf(world.output(meeting))), release_store)
    with transaction(world.read) as session:
        assert not list(find_released_text_mismatches(session))

    database.run_as_superuser("UPDATE release.file SET pdf = repeat('1', 64)")

    with transaction(world.read) as session:
        assert list(find_released_text_mismatches(session)) == [f"{output.symbol} is not the text that was adopted"]
