"""Data copied with a released output: topics of its sources, and texts of its files."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from sqlalchemy import select

from app.core import clock
from app.core.clamav import ScanState
from app.core.db import set_row_security_entity, transaction
from app.core.storage import Store, open_store
from app.domain.documents.models import Document
from app.domain.files.models import VirusScanResult
from app.domain.outputs.models import Output, OutputFile
from app.domain.questions.models import Question
from app.domain.releases.actions import copy_texts
from app.domain.releases.actions import release as releases
from app.domain.releases.actions.copy_citations import find_party_names
from app.domain.releases.queries import releases as released
from app.domain.releases.queries import signed_texts
from app.domain.silence.models import OutputStatement
from app.domain.topics import actions as subjects
from app.domain.topics import queries as topics
from app.domain.topics.inputs import TopicNames
from app.domain.topics.models import Topic
from tests.world import RELEASE_SIGNER, World, record_rows


def make_release_store(folder: Path) -> Store:
    return open_store(f"file://{folder}/released")


def list_topics(world: World) -> list[tuple[str, str]]:
    with transaction(world.read) as session:
        (output,) = released.list_entries(session)
        return [(topic.code, topic.names["fr"]) for topic in output.topics]


def test_an_output_has_the_topics_of_its_sources_in_list_order(world: World, tmp_path: Path) -> None:
    coming = world.meeting(number=23)
    _, one = world.registered(coming, topics=("spam",))
    _, other = world.registered(coming, topics=("privacy", "spam"))
    with transaction(world.read) as session:
        names = {topic.code: topic.names["fr"] for topic in topics.list_topics(session)}
        expected = [code for code in names if code in ("spam", "privacy")]

    world.released(world.meeting(opens_in=0), make_release_store(tmp_path), sources=frozenset([one.id, other.id]))

    assert list_topics(world) == [(code, names[code]) for code in expected]


def test_topics_are_named_as_they_were_at_the_release(world: World, tmp_path: Path) -> None:
    _, source = world.registered(world.meeting(number=23), topics=("spam",))
    world.released(world.meeting(opens_in=0), make_release_store(tmp_path), sources=frozenset([source.id]))
    before = list_topics(world)

    with world.acting("ines") as (session, actor):
        topic = session.scalars(select(Topic).where(Topic.code == "spam")).one()
        names = {language: f"Other {language}" for language in topic.names}
        new = TopicNames.model_validate({**names, "basis": topic.basis})
        subjects.rename_topic(session, actor, topic, new, version=topic.version)

    with transaction(world.read) as session:
        assert topics.get_topic(session, "spam").names["fr"] == "Other fr"
    assert list_topics(world) == before


def list_texts(world: World) -> dict[str, list[str]]:
    """Return the released paragraphs by file digest."""
    with transaction(world.read) as session:
        released_texts = released.list_file_texts(session, released.list_files_with_text(session))
    assert all(signed_texts.is_file_text_signed(each, RELEASE_SIGNER.public_keys) for each in released_texts)
    return {each.sha256: list(each.paragraphs) for each in released_texts}


def get_file_digest(world: World, output: Output) -> str:
    with transaction(world.read) as session:
        return session.scalars(select(OutputFile.sha256).where(OutputFile.output_id == output.id)).one()


def test_texts_of_the_released_files_are_copied_and_no_others(world: World, tmp_path: Path) -> None:
    meeting = world.meeting(opens_in=0)
    leaving, draft = world.leaving(meeting), world.draft(world.meeting(number=23))
    read, secret = get_file_digest(world, leaving), world.file("fr", "Another file").sha256
    world.rendered(read, "The first paragraph.", "The second.")
    world.rendered(secret, "Secret.")
    assert draft

    with transaction(world.work) as session:
        releases.release_output(session, world.store, make_release_store(tmp_path), leaving.id)

    assert list_texts(world) == {read: ["The first paragraph.", "The second."]}


def test_a_file_read_after_the_release_is_copied_once(world: World, tmp_path: Path) -> None:
    output = world.released(world.meeting(opens_in=0), make_release_store(tmp_path))
    file = get_file_digest(world, output)
    assert list_texts(world) == {}
    with transaction(world.work) as session:
        assert copy_texts.copy_text_of_file(session, file) == 0

    world.rendered(file, "Read at last.")
    with transaction(world.work) as session:
        assert (
            copy_texts.copy_text_of_file(session, file),
            copy_texts.copy_texts_of_output(session, output.id),
        ) == (1, 0)

    assert list_texts(world) == {file: ["Read at last."]}


def test_the_text_of_an_infected_file_is_not_copied(world: World, tmp_path: Path) -> None:
    output = world.released(world.meeting(opens_in=0), make_release_store(tmp_path))
    file = get_file_digest(world, output)
    world.rendered(file, "Infected.")
    with transaction(world.write) as session:
        record_rows(session)
        session.merge(VirusScanResult(sha256=file, state=ScanState.INFECTED, what="x", asked_at=clock.now()))

    with transaction(world.work) as session:
        assert copy_texts.copy_text_of_file(session, file) == 0
    with transaction(world.write) as session:
        record_rows(session)
        session.get_one(VirusScanResult, file).state = ScanState.CLEAN
    with transaction(world.work) as session:
        assert copy_texts.copy_text_of_file(session, file) == 1


def test_texts_of_earlier_releases_are_copied_once(world: World, tmp_path: Path) -> None:
    file = get_file_digest(world, world.released(world.meeting(opens_in=0), make_release_store(tmp_path)))
    world.rendered(file, "Read at last.")

    with transaction(world.work) as session:
        assert [copy_texts.copy_all_missing_texts(session) for _ in range(2)] == [1, 0]

    assert list_texts(world) == {file: ["Read at last."]}


def test_a_signature_is_valid_for_exactly_these_paragraphs_of_this_file() -> None:
    row = signed_texts.sign_file_text("a" * 64, ["One.", "Two."], RELEASE_SIGNER)
    good = released.SignedFileText(**row | {"paragraphs": ("One.", "Two.")})
    assert signed_texts.is_file_text_signed(good, RELEASE_SIGNER.public_keys)

    assert not signed_texts.is_file_text_signed(
        replace(good, paragraphs=("One.", "Three.")), RELEASE_SIGNER.public_keys
    )
    assert not signed_texts.is_file_text_signed(replace(good, paragraphs=("One. Two.",)), RELEASE_SIGNER.public_keys)
    assert not signed_texts.is_file_text_signed(replace(good, sha256="b" * 64), RELEASE_SIGNER.public_keys)
    assert not signed_texts.is_file_text_signed(replace(good, signature="no base64"), RELEASE_SIGNER.public_keys)
    assert not signed_texts.is_file_text_signed(good, ())


def test_an_output_names_what_it_and_its_sources_cite_as_at_the_release(world: World, tmp_path: Path) -> None:
    clause = "wtsa-res-75/2008-resolves-1"
    _, source = world.registered(world.meeting(number=23), mandates=(clause,), action_lines=("C5",))
    own = {"mandates": ("pp-res-102",), "sources": frozenset([source.id])}
    world.released(world.meeting(opens_in=0), make_release_store(tmp_path), **own)

    with transaction(world.read) as session:
        (entry,) = released.list_entries(session)
        assert [(cited.code, cited.names["fr"]) for cited in entry.mandates] == [
            ("pp-res-102", "Résolution 102 (PP)"),
            ("wtsa-res-75", "Résolution 75 (AMNT)"),
            (clause, "Résolution 75 (AMNT) (2008), décide 1"),
        ]
        assert [(cited.code, list(cited.names)) for cited in entry.action_lines] == [("C5", ["en"])]


def test_an_output_has_the_questions_of_its_sources_with_confirmed_titles_alone(world: World, tmp_path: Path) -> None:
    coming = world.meeting(number=23)
    *sources, other = (world.registered(coming)[1] for _ in range(3))
    with transaction(world.write) as session:
        record_rows(session)
        for number, code in ((6, "Q6/3"), (7, "Q7/3")):
            days = {"from_on": date(2025, 1, 1), "until_on": date(2028, 12, 31)}
            titles = {"titles": {"en": f"Title {number}", "fr": f"Titre {number}"}, "confirmed": ["en"]}
            session.add(Question(body_id=coming.body_id, code=code, position=number, **titles, **days))
        session.get_one(Document, sources[0].id).questions = ["Q6/3"]
        session.get_one(Document, other.id).questions = ["Q7/3"]

    world.output(world.meeting(number=21), sources=frozenset([other.id]))
    made = frozenset(each.id for each in sources)
    world.released(world.meeting(opens_in=0), make_release_store(tmp_path), sources=made)

    with transaction(world.read) as session:
        (output,) = released.list_entries(session)
        assert [(each.code, each.names) for each in output.questions] == [("Q6/3", {"en": "Title 6"})]


def test_a_party_that_is_no_state_is_named_as_its_people_brought_it(world: World, tmp_path: Path) -> None:
    chen = world.person("chen")
    adopted = world.adopted(world.meeting(opens_in=0))
    world.statement(adopted)
    with transaction(world.write) as session:
        record_rows(session)
        set_row_security_entity(session, chen.entity)
        said = {"kind": "reservation", "text": "As a company.", "lang": "en", "put_at": clock.now()}
        session.add(OutputStatement(output_id=adopted.id, entity=chen.entity, put_by=chen.id, **said))
    world.as_released(adopted, make_release_store(tmp_path))

    with transaction(world.read) as session:
        (entry,) = released.list_entries(session)
        names = {each.state: each.names for each in entry.statements}
        assert names == {"KEN": {}, chen.entity: {"en": chen.entity_name}}
    with transaction(world.write) as session:
        assert chen.entity_name
        assert find_party_names(session, chen.entity) == {"en": chen.entity_name}
        assert find_party_names(session, "KEN") is None
        assert find_party_names(session, "NOT-KNOWN") is None
