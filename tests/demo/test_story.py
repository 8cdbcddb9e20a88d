"""The demo's story: told through the verbs, whole, and true to what the house promises."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from app.core import clock, journal
from app.core.db import ReadSession, make_engine, readers, transaction, writers
from app.core.gate.sandbox import examine
from app.core.i18n import LANGUAGES
from app.core.store import open_store
from app.demo import story
from app.demo.cast import BY_KEY, CAST
from app.demo.files import Text, word
from app.demo.papers import Papers
from app.domain.agendas.models import AgendaItem, Allocation
from app.domain.bodies.models import Body
from app.domain.bodies.queries import seats_of
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Document, LanguageVersion
from app.domain.identity.models import Person
from app.domain.meetings.models import Meeting
from app.domain.receipts.actions import HAND
from app.domain.releases.models import ReleasedFile, ReleasedOutput, ReleasedWithdrawal
from app.verify import verify
from tests.conftest import TEMPLATE, Database, Server
from tests.world import SIGNER

ISSUER = "http://127.0.0.1:8002/demo-provider"


@pytest.fixture(scope="module")
def place(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, story.Stores]]:
    """One database and one shelf for the tests that only read: a story takes its time."""
    folder = tmp_path_factory.mktemp("story")
    stores = story.Stores(open_store(f"file://{folder}/store"), open_store(f"file://{folder}/release"))
    name = f"t_{uuid4().hex}"
    server.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER cwg_owner STRATEGY FILE_COPY")
    yield Database(server, name), stores
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def telling(place: tuple[Database, story.Stores]) -> Iterator[tuple[sessionmaker[ReadSession], tuple[bool, object]]]:
    """The factory of sessions that read what the story left, and what one saw when all was told but not committed."""
    database, stores = place
    engine = make_engine(database.portal)
    with transaction(writers(engine, {HAND: SIGNER})) as session:
        assert not story.is_told(session)
        story.tell(session, stores, ISSUER, SIGNER)
        assert story.is_told(session)
        with transaction(readers(engine)) as other:
            meanwhile = story.is_told(other), other.scalar(select(Person.id).limit(1))
    yield readers(engine), meanwhile
    engine.dispose()


@pytest.fixture(scope="module")
def told(telling) -> sessionmaker[ReadSession]:
    return telling[0]


def test_the_story_is_whole_and_stands_every_check(told, place) -> None:
    database, stores = place
    found = verify(database.owner, stores.kept, stores.released)
    assert found.faults == ()
    assert found.released == 8
    with transaction(told) as session:
        assert story.is_told(session)
        times = session.scalars(select(journal.JournalLine.at).order_by(journal.JournalLine.seq)).all()
        assert times == sorted(times)
        assert times[-1] <= clock.now()

        body = session.scalars(select(Body).where(Body.code == "cwg-internet")).one()
        present = session.scalars(select(Meeting).where(Meeting.body_id == body.id, Meeting.number == 22)).one()
        assert present.opens_on == clock.now().date() + timedelta(days=25)
        assert present.contributions_due_at > clock.now() + timedelta(days=10)

        symbols = session.scalars(select(Document.symbol).where(Document.scope == "22").order_by(Document.number)).all()
        assert symbols == [f"CWG-Internet 22/{number}" for number in range(1, 8)]
        placed = select(Allocation).join(AgendaItem).where(AgendaItem.meeting_id == present.id)
        assert len(session.scalars(placed).all()) == 7
        items = session.scalars(select(AgendaItem).where(AgendaItem.meeting_id == present.id)).all()
        assert len(items) == 8
        assert all(set(item.titles) == set(LANGUAGES) for item in items)

        written = set(session.scalars(select(LanguageVersion.language)))
        assert written == set(LANGUAGES)
        media = Counter(session.scalars(select(LanguageVersion.media)))
        assert media["application/pdf"] == 1
        outputs = session.scalars(select(ReleasedOutput).order_by(ReleasedOutput.symbol)).all()
        assert [output.symbol for output in outputs] == [f"CWG-Internet 21/OUT/{number}" for number in (1, 2, 3)]
        assert ["public" in output.addressees for output in outputs] == [True, False, False]
        files = session.scalars(select(ReleasedFile.language).where(ReleasedFile.output_id == outputs[0].id)).all()
        assert set(files) == set(LANGUAGES)


def test_one_text_was_withdrawn_and_one_lies_before_the_parent_group(told, place) -> None:
    _, stores = place
    with transaction(told) as session:
        (tomb,) = session.scalars(select(ReleasedWithdrawal))
        assert (tomb.symbol, tomb.replaced_by) == ("CWG-Internet 21/OUT/4", "CWG-Internet 21/OUT/2")
        assert [stores.released.has(str(file["sha256"])) for file in tomb.files] == [False]
        forwarded = session.scalars(select(Document).where(Document.kind == "parent_report")).one()
        assert forwarded.symbol == "CWG-WSIS 44/LS/1"


def test_one_contribution_waits_one_was_returned_and_the_draft_is_kenyas_alone(told) -> None:
    with transaction(told) as session:
        seen = Counter(session.scalars(select(Contribution.status)))
        assert seen == {"registered": 10, "submitted": 1, "returned": 1}
    with transaction(told) as session:
        story.act_for(session, "KEN")
        assert [c.entity for c in session.scalars(select(Contribution).where(Contribution.status == "draft"))] == [
            "KEN"
        ]


def test_everybody_of_the_cast_is_known_and_holds_the_seat_the_cast_says(told) -> None:
    with transaction(told) as session:
        body = session.scalars(select(Body.id).where(Body.code == "cwg-internet")).one()
        parent = session.scalars(select(Body.id).where(Body.code == "wg-wsis")).one()
        for player in CAST:
            person = session.scalars(select(Person).filter_by(issuer=ISSUER, subject=player.subject)).one()
            seats = seats_of(session, person.id, person.membership, person.entity, clock.now().date())
            assert {seat.role for seat in seats if seat.body == body} == ({player.capacity} - {None})
            if player == BY_KEY["chen"]:
                assert {seat.role for seat in seats if seat.body == parent} == {"delegate"}


def test_a_story_that_is_broken_off_leaves_nothing(telling) -> None:
    """It is one transaction: what nobody else sees at its end would be gone if it ended otherwise."""
    assert telling[1] == (False, None)


def test_arabic_documents_run_from_right_to_left_and_pass_the_gate(tmp_path) -> None:
    text = Papers.read().outputs[0].texts["ar"]
    path = tmp_path / "report.docx"
    path.write_bytes(word(Text("ar", text.title, text.sections)))

    report = examine(path, path.name)

    assert (report.refused, report.language, report.title) == (False, "ar", text.title)
