"""The vocabulary: what it begins with, who keeps it, and that what carries a topic keeps it."""

import pytest

from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, Stale, Unacceptable
from app.core.i18n import LANGUAGES
from app.core.journal import JournalLine
from app.domain.contributions import actions as contributions
from app.domain.contributions.inputs import Cover
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Document, DocumentCorrection, Step
from app.domain.subjects import actions, queries
from app.domain.subjects.inputs import Names, NewTopic
from app.domain.subjects.models import Topic
from tests.register import added, corrected
from tests.world import World

IN_ALL = dict.fromkeys(LANGUAGES, "Routing")


def retired(world: World, code: str) -> None:
    with world.acting("ines") as (session, actor):
        actions.retire(session, actor, queries.one(session, code))


def test_it_begins_with_the_twelve_of_resolution_1305_in_six_languages(world: World) -> None:
    with transaction(world.read) as session:
        topics = queries.listed(session)

    assert [topic.code for topic in topics][:2] == ["multilingual-internet", "connectivity"]
    assert len(topics) == 12
    assert {topic.basis for topic in topics} == {"Council Resolution 1305"}
    for language in LANGUAGES:
        assert len({topic.names[language] for topic in topics}) == 12


def test_a_secretary_adds_and_renames_and_nobody_else_does(world: World) -> None:
    new = NewTopic(code="routing", basis="Decision 9", **IN_ALL)
    for who in ("amina", "joseph", "laurent", "olga"):
        with pytest.raises(Forbidden), world.acting(who) as (session, actor):
            actions.add(session, actor, new)
    with world.acting("ines") as (session, actor):
        made = actions.add(session, actor, new)
    with pytest.raises(Unacceptable), world.acting("ines") as (session, actor):
        actions.add(session, actor, new)

    renamed = Names(**IN_ALL | {"fr": "Acheminement"})
    with world.acting("ines") as (session, actor):
        actions.rename(session, actor, session.get_one(Topic, "routing"), renamed, version=made.version)
    with pytest.raises(Stale), world.acting("daniel") as (session, actor):
        actions.rename(session, actor, session.get_one(Topic, "routing"), renamed, version=made.version)

    with transaction(world.read) as session:
        last = queries.listed(session)[-1]
        happened = [line.event for line in session.query(JournalLine).order_by(JournalLine.seq).all()][-2:]
    assert (last.code, last.names["fr"], last.basis, last.version) == ("routing", "Acheminement", "", 2)
    assert happened == ["topic:added", "topic:renamed"]


def test_what_carries_a_retired_topic_keeps_it_and_nothing_new_takes_it(world: World) -> None:
    meeting = world.meeting()
    draft = world.draft(meeting, topics=("spam",))
    retired(world, "spam")

    with pytest.raises(Unacceptable, match="cannot be chosen any more"):
        world.draft(meeting, topics=("spam",))
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        cover = Cover(title="Another title", original="en", purpose="discussion", topics=("privacy", "spam"))
        contributions.change(session, actor, there, cover, version=there.version)
        assert there.topics == ["spam", "privacy"]
    with pytest.raises(Conflict):
        retired(world, "spam")
    with world.acting("ines") as (session, actor):
        actions.restore(session, actor, queries.one(session, "spam"))
    assert world.draft(meeting, topics=("spam",)).topics == ["spam"]


def test_a_revision_carries_its_own_topics_and_a_correction_keeps_old_and_new(world: World) -> None:
    _, document = world.registered(world.meeting(), topics=("spam", "privacy"))
    assert document.topics == ["spam", "privacy"]
    corrected(world, document, topics=("children", "spam"))
    corrected(world, document, title="The topics stay")

    with transaction(world.read) as session:
        kept = session.query(DocumentCorrection).filter_by(what="topics").one()
        assert (kept.old, kept.new) == ("spam privacy", "spam children")
        assert session.get_one(Document, document.id).topics == ["spam", "children"]
    added(world, document, Step.ADDENDUM)
    with transaction(world.read) as session:
        assert session.get_one(Document, document.id).topics == ["spam", "children"]
    added(world, document, Step.REVISION)
    with transaction(world.read) as session:
        assert session.get_one(Document, document.id).topics == []

    with pytest.raises(Unacceptable, match="Nothing is different"):
        corrected(world, document, topics=())
