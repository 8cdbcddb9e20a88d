"""Queries for topics, in their order. Everybody who has signed in sees all topics."""

import re
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Select, func, select

from app.core.db import ReadSession, add_row_lock
from app.core.errors import BadRequest, NotFound
from app.core.i18n import lazy_gettext as _
from app.domain.topics.models import Topic

TOPIC_CODE_PATTERN = re.compile(r"[a-z0-9-]{1,40}")


def select_topics() -> Select[Topic]:
    """Select all topics, including retired ones, in the order of the list."""
    return select(Topic).order_by(Topic.position, Topic.code)


def list_topics(session: ReadSession) -> Sequence[Topic]:
    """List all topics, including retired ones."""
    return session.scalars(select_topics()).all()


def get_topic(session: ReadSession, code: str, *, lock: bool = False) -> Topic:
    """Return the topic with this code; with `lock`, locked until the transaction ends. Raises NotFound."""
    statement = select(Topic).where(Topic.code == code)
    if lock:
        statement = add_row_lock(statement)
    topic = session.scalar(statement) if TOPIC_CODE_PATTERN.fullmatch(code) else None
    if topic is None:
        raise NotFound()
    return topic


def find_last_position(session: ReadSession) -> int:
    """Return the position of the last topic; 0 if there is none."""
    return session.scalar(select(func.max(Topic.position))) or 0


def list_choosable_topics(session: ReadSession, *, already_chosen: Collection[str] = ()) -> Sequence[Topic]:
    """List the topics that can be chosen now, and those that a document has already and may keep."""
    return filter_choosable_topics(list_topics(session), already_chosen)


def filter_choosable_topics(topics: Iterable[Topic], already_chosen: Collection[str]) -> Sequence[Topic]:
    """Return those of all topics that can be chosen now, or were already."""
    return [topic for topic in topics if topic.retired_at is None or topic.code in already_chosen]


def require_choosable_topics(
    session: ReadSession, codes: Collection[str], *, already_chosen: Collection[str] = ()
) -> list[str]:
    """Return these topic codes in the order of the list. Raises BadRequest if one cannot be chosen (any more)."""
    choosable_codes = [topic.code for topic in list_choosable_topics(session, already_chosen=already_chosen)]
    if not set(codes) <= set(choosable_codes):
        raise BadRequest(_("One of these topics can no longer be selected. Select from the current list."))
    return [code for code in choosable_codes if code in codes]
