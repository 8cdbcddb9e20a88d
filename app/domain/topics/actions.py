"""Editing of the topics. None is ever deleted, since documents that have it must remain understandable."""

from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import LocalizedText, WriteSession
from app.core.errors import BadRequest, require_version
from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.topics import events, queries, rules
from app.domain.topics.inputs import NewTopic, TopicNames
from app.domain.topics.models import Topic


def create_topic(session: WriteSession, actor: Actor, new: NewTopic) -> Topic:
    """Add a topic at the end of the list. Raises BadRequest if its code is taken."""
    rules.EDIT.require(actor, None)
    statement = insert(Topic).values(
        code=new.code,
        position=queries.find_last_position(session) + 1,
        names=_names(new),
        basis=new.basis or "",
        version=1,
    )
    if session.scalar(statement.on_conflict_do_nothing().returning(Topic.code)) is None:
        raise BadRequest(_("This code cannot be used. Enter another code."))
    journal.record_event(session, actor, events.TopicAdded(new.code))
    return queries.get_topic(session, new.code)


def rename_topic(session: WriteSession, actor: Actor, topic: Topic, names: TopicNames, *, version: int) -> None:
    """Change the names or the basis of a topic, for all documents that have it. Raises Stale."""
    rules.EDIT.require(actor, topic)
    require_version(topic.version, version)
    if (topic.names, topic.basis) == (_names(names), names.basis or ""):
        return
    topic.names, topic.basis = _names(names), names.basis or ""
    topic.version += 1
    journal.record_event(session, actor, events.TopicRenamed(topic.code, topic.version))


def _names(names: TopicNames) -> LocalizedText:
    return {language: getattr(names, language) for language in LANGUAGES}


def retire_topic(session: WriteSession, actor: Actor, topic: Topic) -> None:
    """Retire a topic: it cannot be chosen any more, but documents that have it keep it."""
    rules.RETIRE.require(actor, topic)
    topic.retired_at = clock.now()
    topic.version += 1
    journal.record_event(session, actor, events.TopicRetired(topic.code))


def restore_topic(session: WriteSession, actor: Actor, topic: Topic) -> None:
    """Restore a retired topic, so that it can be chosen again."""
    rules.RESTORE.require(actor, topic)
    topic.retired_at = None
    topic.version += 1
    journal.record_event(session, actor, events.TopicRestored(topic.code))
