"""What goes along with an output when it is released: topics of its sources, and what stands in its files."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.scanner import State
from app.core.store import Store, open_store
from app.domain.outputs.models import Output, OutputFile
from app.domain.releases import actions as releases
from app.domain.releases import carrying, wordings
from app.domain.releases import queries as released
from app.domain.scans.models import Scan
from app.domain.subjects import actions as subjects
from app.domain.subjects import queries as topics
from app.domain.subjects.inputs import Names
from app.domain.subjects.models import Topic
from tests.world import SIGNER, World


def shelf(folder: Path) -> Store:
    return open_store(f"file://{folder}/released")


def carried(world: World) -> list[tuple[str, str]]:
    with transaction(world.read) as session:
        (output,) = released.everything(session)
        return [(topic.code, topic.names["fr"]) for topic in output.topics]


def test_an_output_is_about_what_its_sources_are_about_in_the_order_of_the_list(world: World, tmp_path: Path) -> None:
    coming = world.meeting(number=23)
    _, one = world.registered(coming, topics=("spam",))
    _, other = world.registered(coming, topics=("privacy", "spam"))
    with transaction(world.read) as session:
        names = {topic.code: topic.names["fr"] for topic in topics.listed(session)}
        expected = [code for code in names if code in ("spam", "privacy")]

    world.released(world.meeting(opens_in=0), shelf(tmp_path), sources=frozenset([one.id, other.id]))

    assert carried(world) == [(code, names[code]) for code in expected]


def test_topics_are_named_as_they_were_at_the_release(world: World, tmp_path: Path) -> None:
    _, source = world.registered(world.meeting(number=23), topics=("spam",))
    world.released(world.meeting(opens_in=0), shelf(tmp_path), sources=frozenset([source.id]))
    before = carried(world)

    with world.acting("ines") as (session, actor):
        topic = session.scalars(select(Topic).where(Topic.code == "spam")).one()
        names = {language: f"Other {language}" for language in topic.names}
        new = Names.model_validate({**names, "basis": topic.basis})
        subjects.rename(session, actor, topic, new, version=topic.version)

    with transaction(world.read) as session:
        assert topics.one(session, "spam").names["fr"] == "Other fr"
    assert carried(world) == before


def texts(world: World) -> dict[str, list[str]]:
    """What is released of texts, by digest."""
    with transaction(world.read) as session:
        found = released.texts_of(session, released.read_files(session))
    assert all(wordings.is_signed(each, SIGNER.keys) for each in found)
    return {each.sha256: list(each.paragraphs) for each in found}


def file_of(world: World, output: Output) -> str:
    with transaction(world.read) as session:
        return session.scalars(select(OutputFile.sha256).where(OutputFile.output_id == output.id)).one()


def test_what_was_read_of_the_files_goes_along_and_nothing_of_other_files(world: World, tmp_path: Path) -> None:
    meeting = world.meeting(opens_in=0)
    leaving, draft = world.leaving(meeting), world.draft(world.meeting(number=23))
    read, secret = file_of(world, leaving), world.file("fr", "Another file").sha256
    world.rendered(read, "The first paragraph.", "The second.")
    world.rendered(secret, "Secret.")
    assert draft

    with transaction(world.write) as session:
        releases.release(session, world.store, shelf(tmp_path), leaving.id, sign=SIGNER)

    assert texts(world) == {read: ["The first paragraph.", "The second."]}


def test_a_file_that_is_read_after_the_release_is_carried_then_and_once(world: World, tmp_path: Path) -> None:
    output = world.released(world.meeting(opens_in=0), shelf(tmp_path))
    file = file_of(world, output)
    assert texts(world) == {}
    with transaction(world.write) as session:
        assert carrying.carry_text(session, file, sign=SIGNER) == 0

    world.rendered(file, "Read at last.")
    with transaction(world.write) as session:
        assert (
            carrying.carry_text(session, file, sign=SIGNER),
            carrying.carry_texts(session, output.id, sign=SIGNER),
        ) == (1, 0)

    assert texts(world) == {file: ["Read at last."]}


def test_the_text_of_a_file_in_which_a_virus_was_found_is_not_carried(world: World, tmp_path: Path) -> None:
    output = world.released(world.meeting(opens_in=0), shelf(tmp_path))
    file = file_of(world, output)
    world.rendered(file, "Infected.")
    with transaction(world.write) as session:
        session.merge(Scan(sha256=file, state=State.INFECTED, what="x", asked_at=clock.now()))

    with transaction(world.write) as session:
        assert carrying.carry_text(session, file, sign=SIGNER) == 0
    with transaction(world.write) as session:
        session.get_one(Scan, file).state = State.CLEAN
    with transaction(world.write) as session:
        assert carrying.carry_text(session, file, sign=SIGNER) == 1


def test_texts_of_what_was_released_earlier_follow_once(world: World, tmp_path: Path) -> None:
    file = file_of(world, world.released(world.meeting(opens_in=0), shelf(tmp_path)))
    world.rendered(file, "Read at last.")

    with transaction(world.write) as session:
        assert [carrying.carry_earlier(session, sign=SIGNER) for _ in range(2)] == [1, 0]

    assert texts(world) == {file: ["Read at last."]}


def test_a_signature_holds_for_exactly_these_paragraphs_of_exactly_this_file() -> None:
    row = wordings.signed("a" * 64, ["One.", "Two."], SIGNER)
    good = released.Wording(**row | {"paragraphs": ("One.", "Two.")})
    assert wordings.is_signed(good, SIGNER.keys)

    assert not wordings.is_signed(replace(good, paragraphs=("One.", "Three.")), SIGNER.keys)
    assert not wordings.is_signed(replace(good, paragraphs=("One. Two.",)), SIGNER.keys)
    assert not wordings.is_signed(replace(good, sha256="b" * 64), SIGNER.keys)
    assert not wordings.is_signed(replace(good, signature="no base64"), SIGNER.keys)
    assert not wordings.is_signed(good, ())
