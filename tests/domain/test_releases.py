"""What goes along with an output when it is released."""

from pathlib import Path

from sqlalchemy import select

from app.core.db import transaction
from app.core.store import Store, open_store
from app.domain.releases import queries as released
from app.domain.subjects import actions as subjects
from app.domain.subjects import queries as topics
from app.domain.subjects.inputs import Names
from app.domain.subjects.models import Topic
from tests.world import World


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
