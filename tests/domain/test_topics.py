"""The vocabulary of topics: its initial entries, who edits it, and that texts keep the topics they have."""

import pytest

from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden, Stale
from app.core.i18n import LANGUAGES
from app.core.journal import JournalLine
from app.domain.contributions.actions import drafting as contributions
from app.domain.contributions.inputs import ContributionCover
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Document, DocumentCorrection, EditionStep
from app.domain.topics import actions, queries
from app.domain.topics.inputs import NewTopic, TopicNames
from app.domain.topics.models import Topic
from tests.document_history import add_edition, correct_document
from tests.world import World

IN_ALL = dict.fromkeys(LANGUAGES, "Routing")


def retire_topic(world: World, code: str) -> None:
    with world.acting("ines") as (session, actor):
        actions.retire_topic(session, actor, queries.get_topic(session, code))


def test_the_vocabulary_starts_with_the_twelve_topics_of_resolution_1305_in_six_languages(world: World) -> None:
    with transaction(world.read) as session:
        topics = queries.list_topics(session)

    assert [topic.code for topic in topics][:2] == ["multilingual-internet", "connectivity"]
    assert len(topics) == 12
    assert {topic.basis for topic in topics} == {"Council Resolution 1305"}
    for language in LANGUAGES:
        assert len({topic.names[language] for topic in topics}) == 12


def test_only_a_secretary_adds_and_renames_topics(world: World) -> None:
    new = NewTopic(code="routing", basis="Decision 9", **IN_ALL)
    for who in ("amina", "joseph", "laurent", "olga"):
        with pytest.raises(Forbidden), world.acting(who) as (session, actor):
            actions.create_topic(session, actor, new)
    with world.acting("ines") as (session, actor):
        topic = actions.create_topic(session, actor, new)
    with pytest.raises(BadRequest), world.acting("ines") as (session, actor):
        actions.create_topic(session, actor, new)

    renamed = TopicNames(**IN_ALL | {"fr": "Acheminement"})
    with world.acting("ines") as (session, actor):
        actions.rename_topic(session, actor, session.get_one(Topic, "routing"), renamed, version=topic.version)
    with pytest.raises(Stale), world.acting("daniel") as (session, actor):
        actions.rename_topic(session, actor, session.get_one(Topic, "routing"), renamed, version=topic.version)

    with transaction(world.read) as session:
        last = queries.list_topics(session)[-1]
        happened = [line.event for line in session.query(JournalLine).order_by(JournalLine.seq).all()][-2:]
    assert (last.code, last.names["fr"], last.basis, last.version) == ("routing", "Acheminement", "", 2)
    assert happened == ["topic:added", "topic:renamed"]


def test_a_retired_topic_stays_where_it_is_and_is_not_used_again(world: World) -> None:
    meeting = world.meeting()
    draft = world.draft(meeting, topics=("spam",))
    retire_topic(world, "spam")

    with pytest.raises(BadRequest, match="can no longer be selected"):
        world.draft(meeting, topics=("spam",))
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        cover = ContributionCover(
            title="Another title", original="en", purpose="discussion", topics=("privacy", "spam")
        )
        contributions.save_draft_cover(session, actor, contribution, cover, version=contribution.version)
        assert contribution.topics == ["spam", "privacy"]
    with pytest.raises(Conflict):
        retire_topic(world, "spam")
    with world.acting("ines") as (session, actor):
        actions.restore_topic(session, actor, queries.get_topic(session, "spam"))
    assert world.draft(meeting, topics=("spam",)).topics == ["spam"]


def test_a_revision_has_its_own_topics_and_a_correction_keeps_old_and_new(world: World) -> None:
    _, document = world.registered(world.meeting(), topics=("spam", "privacy"))
    assert document.topics == ["spam", "privacy"]
    correct_document(world, document, topics=("children", "spam"))
    correct_document(world, document, title="The topics stay")

    with transaction(world.read) as session:
        correction = session.query(DocumentCorrection).filter_by(what="topics").one()
        assert (correction.old, correction.new) == ("spam privacy", "spam children")
        assert session.get_one(Document, document.id).topics == ["spam", "children"]
    add_edition(world, document, EditionStep.ADDENDUM)
    with transaction(world.read) as session:
        assert session.get_one(Document, document.id).topics == ["spam", "children"]
    add_edition(world, document, EditionStep.REVISION)
    with transaction(world.read) as session:
        assert session.get_one(Document, document.id).topics == []

    with pytest.raises(BadRequest, match="No changes were made"):
        correct_document(world, document, topics=())
