"""Registration: document numbers have no gap, even when two secretaries register at once."""

from concurrent.futures import ThreadPoolExecutor

from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.documents.actions import registration
from app.domain.documents.inputs import EditionContent, NewDocument, NewEdition
from app.domain.documents.models import Document, EditionStep
from app.domain.documents.queries import documents
from tests.waiting import is_lock_waiting, wait_until
from tests.world import World


def test_two_registrations_at_once_wait_for_each_other_and_get_two_numbers(world: World) -> None:
    body, file = world.body().id, world.file()

    def register(session: WriteSession, actor: Actor) -> str:
        cover = EditionContent(original="en", titles={"en": "A title"}, files=(file,))
        new = NewDocument(body_id=body, series="C", scope="22", kind="contribution", entity="KEN", text=cover)
        return registration.register_document(session, actor, new).symbol

    def register_second() -> str:
        with world.acting("daniel") as (session, actor):
            return register(session, actor)

    with ThreadPoolExecutor(1) as pool, world.acting("ines") as (session, actor):
        first = register(session, actor)
        second = pool.submit(register_second)
        with world.read() as watching:
            wait_until(lambda: second.done() or is_lock_waiting(watching), "the second neither waits nor ends")

    assert [first, second.result()] == ["CWG-Internet 22/1", "CWG-Internet 22/2"]


def test_two_revisions_at_once_wait_for_each_other_and_get_two_numbers(world: World) -> None:
    _, document = world.registered(world.meeting())
    text = EditionContent(original="en", titles={"en": "As revised"}, files=(world.file(),))

    def revise(session: WriteSession, actor: Actor) -> str:
        stored_document = session.get_one(Document, document.id)
        return registration.add_edition(
            session, actor, stored_document, NewEdition(step=EditionStep.REVISION, text=text)
        ).symbol

    def revise_second() -> str:
        with world.acting("daniel") as (session, actor):
            return revise(session, actor)

    with ThreadPoolExecutor(1) as pool, world.acting("ines") as (session, actor):
        first = revise(session, actor)
        session.flush()
        second = pool.submit(revise_second)
        with world.read() as watching:
            wait_until(lambda: second.done() or is_lock_waiting(watching), "the second neither waits nor ends")

    assert [first, second.result()] == [f"{document.symbol} (Rev.1)", f"{document.symbol} (Rev.2)"]


def test_a_revision_replaces_the_text_and_addenda_are_listed_with_it(world: World) -> None:
    _, document = world.registered(world.meeting(), title="As it was")

    def add(step: EditionStep, title: str) -> str:
        with world.acting("ines") as (session, actor):
            text = EditionContent(original="fr", titles={"fr": title}, files=(world.file("fr"),))
            return registration.add_edition(
                session, actor, session.get_one(Document, document.id), NewEdition(step=step, text=text)
            ).symbol

    added = [
        add(EditionStep.REVISION, "Tel que révisé"),
        add(EditionStep.ADDENDUM, "Une annexe"),
        add(EditionStep.ADDENDUM, "Une autre"),
    ]
    assert added == [f"{document.symbol} ({suffix})" for suffix in ("Rev.1", "Add.1", "Add.2")]

    with world.acting("rafael") as (session, actor):
        stored_document = documents.get_visible_document(session, actor, document.id)
        assert (stored_document.symbol, stored_document.titles) == (document.symbol, {"fr": "Tel que révisé"})
        assert documents.get_edition_in_force(session, stored_document).symbol == added[0]
        assert [each.symbol for each in documents.list_editions(session, stored_document)] == [document.symbol, *added]
        assert [row.languages for row in documents.list_documents(session, actor, limit=9)] == [["fr"]]
        assert [
            file.language
            for file in documents.list_language_versions(session, documents.list_editions(session, stored_document)[0])
        ] == ["en"]
