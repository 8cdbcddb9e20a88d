"""The demo's story: made by the actions of the domain, complete, and consistent with what the portal documents."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from app.core import clock, journal
from app.core.db import (
    SIGNERS_KEY,
    ReadSession,
    create_database_engine,
    read_session_factory,
    set_row_security_entity,
    transaction,
    write_session_factory,
)
from app.core.i18n import LANGUAGES
from app.core.inspection.sandbox import inspect_in_sandbox
from app.core.storage import open_store
from app.demo import story
from app.demo.builder import DemoStores
from app.demo.cast import CAST, PEOPLE_BY_KEY
from app.demo.files import DemoText, render_docx
from app.demo.papers import DemoPapers
from app.domain.agendas.models import AgendaItem, DraftAllocation
from app.domain.agendas.queries.agenda_drafts import list_draft_items
from app.domain.agendas.queries.agenda_releases import find_current_release
from app.domain.agendas.queries.agenda_versions import load_agenda_version
from app.domain.agendas.rules.diff import compare_agenda_versions
from app.domain.bodies.models import Body
from app.domain.bodies.queries.seats import list_seats
from app.domain.circulations.models import CirculatedVersion, Comment
from app.domain.contributions.models import Contribution
from app.domain.decisions.models import ActionPoint
from app.domain.documents.models import Document, LanguageVersion
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.preservation.events import RecordInventoried
from app.domain.releases.models import ReleasedFile, ReleasedOutput, ReleasedWithdrawal
from app.domain.silence.models import SilencePosition, SilenceProcedure
from app.record_verification import verify_record
from tests.conftest import TEMPLATE, Database, Server
from tests.world import SIGNERS

ISSUER = "http://127.0.0.1:8002/demo-provider"


@pytest.fixture(scope="module")
def place(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, DemoStores]]:
    """One database and one release store for the tests that only read: creating the story takes long."""
    folder = tmp_path_factory.mktemp("story")
    stores = DemoStores(open_store(f"file://{folder}/store"), open_store(f"file://{folder}/release"))
    name = f"t_{uuid4().hex}"
    server.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER cwg_owner STRATEGY FILE_COPY")
    yield Database(server, name), stores
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def created_story(
    place: tuple[Database, DemoStores],
) -> Iterator[tuple[sessionmaker[ReadSession], tuple[bool, object]]]:
    """The factory of sessions that read the story, and what another session saw before it was committed."""
    database, stores = place
    engine = create_database_engine(database.worker)
    with transaction(write_session_factory(engine, {SIGNERS_KEY: SIGNERS})) as session:
        assert not story.has_any_meeting(session)
        story.create_demo_story(session, stores, ISSUER)
        assert story.has_any_meeting(session)
        with transaction(read_session_factory(engine)) as other:
            meanwhile = story.has_any_meeting(other), other.scalar(select(Person.id).limit(1))
    yield read_session_factory(engine), meanwhile
    engine.dispose()


@pytest.fixture(scope="module")
def story_sessions(created_story) -> sessionmaker[ReadSession]:
    return created_story[0]


def test_the_story_is_complete_and_passes_every_check(story_sessions, place) -> None:
    database, stores = place
    found = verify_record(database.owner, stores.portal, stores.release)
    assert found.faults == ()
    assert found.released_files == 8
    with transaction(story_sessions) as session:
        assert story.has_any_meeting(session)
        of_story = select(journal.JournalLine.at).where(journal.JournalLine.event != RecordInventoried.name)
        times = session.scalars(of_story.order_by(journal.JournalLine.seq)).all()
        assert times == sorted(times)
        assert times[-1] <= clock.now()

        body = session.scalars(select(Body).where(Body.code == "cwg-internet")).one()
        present = session.scalars(select(Meeting).where(Meeting.body_id == body.id, Meeting.number == 22)).one()
        assert present.opens_on == clock.now().date() + timedelta(days=25)
        assert present.contributions_due_at > clock.now() + timedelta(days=10)

        symbols = session.scalars(select(Document.symbol).where(Document.scope == "22").order_by(Document.number)).all()
        assert symbols == [f"CWG-Internet 22/{number}" for number in range(1, 8)]
        placed = select(DraftAllocation).join(AgendaItem).where(AgendaItem.meeting_id == present.id)
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


def test_one_text_was_withdrawn_and_one_was_forwarded_to_the_parent_group(story_sessions, place) -> None:
    _, stores = place
    with transaction(story_sessions) as session:
        (tomb,) = session.scalars(select(ReleasedWithdrawal))
        assert (tomb.symbol, tomb.replaced_by) == ("CWG-Internet 21/OUT/4", "CWG-Internet 21/OUT/2")
        assert [stores.release.exists(str(file["sha256"])) for file in tomb.files] == [False]
        forwarded = session.scalars(select(Document).where(Document.kind == "parent_report")).one()
        assert forwarded.symbol == "CWG-WSIS 44/LS/1"


def test_two_contributions_wait_one_was_returned_and_a_draft_is_seen_by_its_state_and_those_it_asks(
    story_sessions,
) -> None:
    with transaction(story_sessions) as session:
        seen = Counter(session.scalars(select(Contribution.status)))
        assert seen == {"registered": 19, "submitted": 2, "returned": 1}
        late = session.scalars(select(Contribution).where(Contribution.late)).all()
        assert [(one.entity, one.status) for one in late] == [("LANTERN-TELECOM", "submitted")]
    drafts = select(Contribution.entity).where(Contribution.status == "draft").order_by(Contribution.entity)
    for state, expected in (("KEN", ["BRA", "KEN"]), ("BRA", ["BRA"]), ("JPN", ["BRA"]), ("FRA", [])):
        with transaction(story_sessions) as session:
            set_row_security_entity(session, state)
            assert list(session.scalars(drafts)) == expected


def test_something_of_each_kind_is_under_way(story_sessions) -> None:
    with transaction(story_sessions) as session:
        now = clock.now()
        procedure = session.scalars(select(SilenceProcedure)).one()
        assert (procedure.course, procedure.until > now) == ("open", True)
        assert session.scalars(select(SilencePosition.entity)).all() == ["JPN"]

        version = session.scalars(select(CirculatedVersion)).one()
        assert version.comments_by is not None
        comments = select(Comment.entity).where(Comment.version_id == version.id).order_by(Comment.entity)
        assert session.scalars(comments).all() == ["BRA", "JPN"]

        points = select(ActionPoint.owner).where(ActionPoint.progress == "open").order_by(ActionPoint.due_on)
        assert session.scalars(points).all() == ["KEN", "MEX", "secretariat", "FRA"]
        assert session.scalars(points.where(ActionPoint.due_on < now.date())).all() == ["KEN"]

        present = session.scalars(select(Meeting).where(Meeting.number == 22)).one()
        current = load_agenda_version(session, present, find_current_release(session, present))
        draft = load_agenda_version(session, present, None)
        assert len(compare_agenda_versions(current, draft)) == 1
        minutes = Counter[object]()
        for item in list_draft_items(session, present):
            minutes[item.session_id] += item.minutes or 0
        assert max(minutes.values()) > 180  # of a session of three hours
        documents = session.scalars(select(Document).where(Document.scope == "22")).all()
        assert all(document.topics for document in documents)


def test_everybody_of_the_cast_is_known_and_holds_the_seat_the_cast_says(story_sessions) -> None:
    with transaction(story_sessions) as session:
        body = session.scalars(select(Body.id).where(Body.code == "cwg-internet")).one()
        parent = session.scalars(select(Body.id).where(Body.code == "wg-wsis")).one()
        for player in CAST:
            person = session.scalars(select(Person).filter_by(issuer=ISSUER, subject=player.subject)).one()
            seats = list_seats(session, person.id, person.membership, person.entity, clock.now().date())
            assert {seat.role for seat in seats if seat.body == body} == ({player.capacity} - {None})
            if player == PEOPLE_BY_KEY["chen"]:
                assert {seat.role for seat in seats if seat.body == parent} == {"delegate"}


def test_an_interrupted_story_leaves_nothing(created_story) -> None:
    """It is one transaction: what no other session sees at its end would be gone if it ended otherwise."""
    assert created_story[1] == (False, None)


def test_arabic_documents_run_from_right_to_left_and_pass_the_file_inspection(tmp_path) -> None:
    text = DemoPapers.load().outputs[0].texts["ar"]
    path = tmp_path / "report.docx"
    path.write_bytes(render_docx(DemoText("ar", text.title, text.sections)))

    report = inspect_in_sandbox(path, path.name)

    assert (report.is_refused, report.language, report.title) == (False, "ar", text.title)
