"""Forwarding a released text to the parent group: who may, only what is for it, once, and exactly the same files."""

from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import NullPool, create_engine, select, text
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.clamav import ScanState
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden
from app.core.journal import JournalLine
from app.core.storage import Store, open_store
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.domain.files.models import Scan
from app.domain.meetings.models import Meeting
from app.domain.outputs.inputs import Adoption, NewReleasePlan
from app.domain.outputs.models import Forwarding, Output
from app.domain.outputs.queries import forwarding as tracing
from app.domain.outputs.queries import outputs
from app.domain.silence.actions import draft_texts
from app.record_verification import find_number_faults
from tests.conftest import Database
from tests.world import PARENT, World


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


@pytest.fixture
def above(world: World) -> Meeting:
    return world.parent_meeting()


@pytest.fixture
def made(world: World, meeting: Meeting, shelf: Store) -> Output:
    return world.for_the_parent(meeting, shelf, title="A report to the parent")


def released(world: World, draft: Output, shelf: Store, *, to: Set[str] = frozenset()) -> Output:
    """Adopted, approved and released, to these beside the membership."""
    with world.acting("laurent") as (session, actor):
        made = session.get_one(Output, draft.id)
        on = session.get_one(Meeting, made.meeting_id).opens_on
        draft_texts.adopt_draft(
            session, actor, made, Adoption(adopted_on=on, text=outputs.compute_text_digest(session, made))
        )
    return world.as_released(made, shelf, NewReleasePlan(addressees=frozenset(to)))


def there(world: World) -> list[Document]:
    with transaction(world.read) as session:
        body = world.body(PARENT).id
        return list(session.scalars(select(Document).where(Document.body_id == body).order_by(Document.number)))


def test_it_is_a_document_of_the_parent_group_with_the_same_files(
    world: World, meeting: Meeting, above: Meeting, shelf: Store
) -> None:
    world.seat("amina", "delegate", body=PARENT)
    _, source = world.registered(world.meeting(number=30, opens_in=60))
    with world.acting("ines") as (session, _):
        session.get_one(Document, source.id).topics = ["spam", "privacy"]
    made = world.for_the_parent(meeting, shelf, title="A report", sources=frozenset({source.id}))

    world.forwarded(made, above)

    (document,) = there(world)
    assert document.symbol == "CWG-WSIS 44/LS/1"
    assert (document.kind, document.entity, document.access) == ("parent_report", "ITU", "membership")
    assert (document.original, document.titles) == ("en", {"en": "A report"})
    assert set(document.topics) == {"spam", "privacy"}
    with transaction(world.read) as session:
        kept = documents.list_all_language_versions(session, document)
        adopted = outputs.list_output_files(session, made)
        assert [(each.language, each.sha256, each.size, each.media) for each in kept] == [
            (each.language, each.sha256, each.size, each.media) for each in adopted
        ]
        assert [each.language for each in kept] == ["en"]
        assert all(world.store.exists(each.sha256) for each in kept)
        assert documents.get_visible_document(session, world.actor("amina"), document.id)


def test_all_its_languages_go_along(world: World, meeting: Meeting, above: Meeting, shelf: Store) -> None:
    titles = {"en": "A report", "fr": "Un rapport"}
    draft = world.output(meeting, kind="parent_report", titles=titles)
    with world.acting("ines") as (session, actor):
        draft_texts.put_draft_file(session, actor, session.get_one(Output, draft.id), world.file("fr", "Un rapport."))
    made = released(world, draft, shelf)

    document = world.forwarded(made, above)

    with transaction(world.read) as session:
        files = {each.language: each.sha256 for each in outputs.list_output_files(session, made)}
        assert set(files) == {"en", "fr"}
        assert {each.language: each.sha256 for each in documents.list_all_language_versions(session, document)} == files
    assert document.titles == titles


def test_both_ends_tell_of_it_and_the_journal_too(world: World, made: Output, above: Meeting) -> None:
    document = world.forwarded(made, above)

    with transaction(world.read) as session:
        ((forwarding, found, meeting),) = tracing.list_forwardings(session, made)
        assert (found.id, meeting.id) == (document.id, above.id)
        assert forwarding.forwarded_by == world.person("ines").id
        came_from = tracing.find_forwarding_of_document(session, document)
        assert came_from
        assert came_from[1].symbol == made.symbol
        (line,) = session.scalars(select(JournalLine).where(JournalLine.event == "output:forwarded"))
    assert line.facts == {"output": str(made.id), "meeting": str(above.id), "document": str(document.id)}
    assert line.body == made.body_id


@pytest.mark.parametrize("who", ["amina", "laurent", "chen"])
def test_only_the_secretariat_forwards(world: World, made: Output, above: Meeting, who: str) -> None:
    with pytest.raises(Forbidden, match="secretariat of this body"):
        world.forwarded(made, above, by=who)
    assert there(world) == []


def test_who_serves_one_of_the_groups_only_does_not(world: World, made: Output, above: Meeting) -> None:
    with pytest.raises(Forbidden, match="secretary of both"):
        world.forwarded(made, above, by="daniel")
    world.seat("joseph", "secretary", body=PARENT)
    with pytest.raises(Forbidden):
        world.forwarded(made, above, by="joseph")
    assert there(world) == []

    world.serve_the_parent("daniel")
    world.forwarded(made, above, by="daniel")
    assert len(there(world)) == 1


def test_only_what_is_released_and_stands(world: World, meeting: Meeting, above: Meeting, shelf: Store) -> None:
    kind = {"kind": "parent_report"}
    gone = world.withdrawn(world.for_the_parent(meeting, shelf))
    for made in (world.adopted(meeting, **kind), world.approved(meeting, **kind), world.leaving(meeting, **kind), gone):
        with pytest.raises(Conflict, match="not released"):
            world.forwarded(made, above)
    assert there(world) == []


def test_only_what_goes_to_the_parent_group(world: World, meeting: Meeting, above: Meeting, shelf: Store) -> None:
    """By its kind, or since it was released to the parent group."""
    with pytest.raises(Conflict, match="does not go to the parent"):
        world.forwarded(world.released(meeting, shelf), above)
    assert there(world) == []

    world.forwarded(released(world, world.output(meeting), shelf, to={"parent"}), above)
    assert len(there(world)) == 1


def test_only_to_a_meeting_of_the_parent_group_that_is_to_come(
    world: World, meeting: Meeting, made: Output, above: Meeting
) -> None:
    own = world.meeting(number=33, opens_in=20)
    over = world.parent_meeting(number=43, opens_in=-10)
    planned = world.planned(number=45, body=PARENT)
    cancelled = world.moved(world.parent_meeting(number=46), "cancel")
    for other in (own, over, planned, cancelled, Meeting(id=uuid4())):
        with pytest.raises(BadRequest, match="Choose a meeting"):
            world.forwarded(made, other)
    assert there(world) == []

    with transaction(world.read) as session:
        assert [each.number for each in tracing.list_forwarding_meetings(session, world.actor("ines"), made)] == [44]
    world.forwarded(made, above)
    with transaction(world.read) as session:
        assert tracing.list_forwarding_meetings(session, world.actor("ines"), made) == []


def test_a_group_without_a_parent_has_nowhere_to_forward_to(
    world: World, made: Output, above: Meeting, database: Database
) -> None:
    with create_engine(database.owner, poolclass=NullPool).begin() as connection:
        connection.execute(text("UPDATE portal.body SET parent_id = NULL WHERE code = 'cwg-internet'"))

    with pytest.raises(Conflict, match="no parent group"):
        world.forwarded(made, above)
    assert there(world) == []


def test_said_twice_it_is_done_once_and_each_meeting_has_its_own(world: World, made: Output, above: Meeting) -> None:
    later = world.parent_meeting(number=45, opens_in=300)

    first, again = world.forwarded(made, above), world.forwarded(made, above)
    other = world.forwarded(made, later)

    assert first.id == again.id
    assert [each.symbol for each in there(world)] == ["CWG-WSIS 44/LS/1", "CWG-WSIS 45/LS/1"]
    assert other.symbol == "CWG-WSIS 45/LS/1"


def test_two_secretaries_at_once_make_one_document(world: World, made: Output, above: Meeting) -> None:
    world.serve_the_parent("daniel")
    ready = Barrier(4, timeout=60)

    def forward(who: str) -> Document:
        ready.wait()
        return world.forwarded(made, above, by=who)

    with ThreadPoolExecutor(4) as pool:
        found = {document.id for document in pool.map(forward, ("ines", "daniel", "ines", "daniel"))}

    assert [each.id for each in there(world)] == list(found)


def test_the_database_holds_it_once(world: World, made: Output, above: Meeting) -> None:
    document = world.forwarded(made, above)

    with pytest.raises(IntegrityError, match="pk_forwarding"), world.acting("ines") as (session, actor):
        twice = {"output_id": made.id, "meeting_id": above.id, "document_id": document.id}
        session.add(Forwarding(**twice, forwarded_by=actor.person, forwarded_at=document.registered_at))


def test_numbers_have_no_gap_whatever_is_refused_between(
    world: World, meeting: Meeting, above: Meeting, shelf: Store
) -> None:
    texts = [world.for_the_parent(meeting, shelf) for _ in range(3)]
    for number, made in enumerate(texts):
        world.forwarded(made, above)
        with pytest.raises(Conflict):
            world.forwarded(world.approved(meeting, kind="parent_report"), above)
        assert len(there(world)) == number + 1

    assert [each.number for each in there(world)] == [1, 2, 3]
    with transaction(world.read) as session:
        assert list(find_number_faults(session)) == []


def test_a_file_in_which_a_virus_was_found_goes_nowhere(world: World, made: Output, above: Meeting) -> None:
    with transaction(world.write) as session:
        (file,) = outputs.list_output_files(session, made)
        session.merge(Scan(sha256=file.sha256, state=ScanState.INFECTED, what="x", asked_at=clock.now()))

    with pytest.raises(Conflict, match="virus"):
        world.forwarded(made, above)
    assert there(world) == []
