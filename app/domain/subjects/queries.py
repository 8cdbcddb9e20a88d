"""The vocabulary, in its order. It is the same for everybody who has signed in; what stands under it is not."""

import re
from collections.abc import Collection, Sequence

from sqlalchemy import func, select

from app.core.db import ReadSession
from app.core.errors import Unacceptable, Unknown
from app.core.i18n import say
from app.domain.subjects.models import Topic

CODE = re.compile(r"[a-z0-9-]{1,40}")


def listed(session: ReadSession) -> Sequence[Topic]:
    """Every topic there is, retired ones too."""
    return session.scalars(select(Topic).order_by(Topic.position, Topic.code)).all()


def one(session: ReadSession, code: str, *, lock: bool = False) -> Topic:
    """That topic, or Unknown. With `lock`, nobody else changes it until the transaction ends."""
    statement = select(Topic).where(Topic.code == code)
    found = session.scalar(statement.with_for_update() if lock else statement) if CODE.fullmatch(code) else None
    if found is None:
        raise Unknown()
    return found


def last_position(session: ReadSession) -> int:
    """Where the last one stands."""
    return session.scalar(select(func.max(Topic.position))) or 0


def choosable(session: ReadSession, *, beside: Collection[str] = ()) -> Sequence[Topic]:
    """What can be chosen now; `beside` are the codes of those that a thing carries already and may keep."""
    return [topic for topic in listed(session) if topic.retired_at is None or topic.code in beside]


def chosen(session: ReadSession, codes: Collection[str], *, beside: Collection[str] = ()) -> list[str]:
    """These topics in the order of the list. Raises Unacceptable if one cannot be chosen (any more)."""
    there = [topic.code for topic in choosable(session, beside=beside)]
    if not set(codes) <= set(there):
        raise Unacceptable(say("One of these topics cannot be chosen any more. Choose from the list as it is now."))
    return [code for code in there if code in codes]
