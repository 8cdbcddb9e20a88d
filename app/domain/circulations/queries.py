"""Circulated versions of the bodies where somebody has a seat, with comments. Of the draft itself nothing is told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.circulations.models import CirculatedText, CirculatedVersion, Comment, CommentAnswer
from app.domain.circulations.rules import On
from app.domain.decisions.models import Decision
from app.domain.identity.models import Person
from app.domain.meetings.models import Meeting
from app.domain.outputs import queries as outputs
from app.domain.outputs.models import Output, Status
from app.domain.renditions import queries as renditions
from app.domain.scans import queries as scans

STANDS: ColumnElement[bool] = Comment.taken_back_at.is_(None)
IS_OPEN: ColumnElement[bool] = STANDS & ~exists().where(CommentAnswer.comment_id == Comment.id)
Said = Row[Comment, int]
"""A comment that was not taken back, and the number of the version on which it is."""


def visible(actor: Actor) -> Select[CirculatedVersion]:
    """The one statement from which every list, count, page and download starts."""
    return select(CirculatedVersion).where(CirculatedVersion.body_id.in_(actor.bodies()))


def one_visible(session: ReadSession, actor: Actor, output: UUID, number: int) -> CirculatedVersion:
    """That version, or Unknown."""
    of_it = CirculatedVersion.output_id == output, CirculatedVersion.number == number
    found = session.scalar(visible(actor).where(*of_it))
    if found is None:
        raise Unknown()
    return found


def versions(session: ReadSession, actor: Actor, output: UUID) -> Sequence[Row[CirculatedVersion, str]]:
    """Every version of an output and who circulated it, the latest first; or Unknown where there is none."""
    rows = session.execute(
        visible(actor)
        .join(Person, Person.id == CirculatedVersion.circulated_by)
        .add_columns(Person.name)
        .where(CirculatedVersion.output_id == output)
        .order_by(CirculatedVersion.number.desc())
    ).all()
    if not rows:
        raise Unknown()
    return rows


def latest(session: ReadSession, output: Output) -> CirculatedVersion | None:
    """The latest version of an output, whoever asks."""
    of_it = select(CirculatedVersion).where(CirculatedVersion.output_id == output.id)
    return session.scalar(of_it.order_by(CirculatedVersion.number.desc()).limit(1))


def texts(session: ReadSession, version: CirculatedVersion) -> Sequence[CirculatedText]:
    """The texts of a version, by language."""
    of_it = select(CirculatedText).where(CirculatedText.version_id == version.id)
    return session.scalars(of_it.order_by(CirculatedText.language)).all()


def one_text(session: ReadSession, version: CirculatedVersion, language: str) -> CirculatedText:
    """The text in that language, or Unknown."""
    found = session.get(CirculatedText, (version.id, language))
    if found is None:
        raise Unknown()
    return found


def paragraphs(session: ReadSession, version: CirculatedVersion, language: str) -> list[str] | None:
    """Its paragraphs in that language; None while they are not read yet, cannot be, or may not be given."""
    text = one_text(session, version, language)
    made = renditions.of(session, text.sha256)
    return made.paragraphs if made and not scans.infected(session, [text.sha256]) else None


Before = Row[*tuple[Any, ...]]
"""The latest version of a draft, its meeting, and its languages."""


def before_the_delegations(
    session: ReadSession, actor: Actor, *, limit: int, meeting: UUID | None = None
) -> Sequence[Before]:
    """The latest version of each output that is still a draft: (version, meeting, languages), the latest first."""
    newest = (
        visible(actor)
        .with_only_columns(CirculatedVersion.id)
        .ext(distinct_on(CirculatedVersion.output_id))
        .order_by(CirculatedVersion.output_id, CirculatedVersion.number.desc())
    )
    languages = select(func.array_agg(CirculatedText.language)).where(CirculatedText.version_id == CirculatedVersion.id)
    drafts = (
        select(CirculatedVersion, Meeting, languages.scalar_subquery().label("languages"))
        .join(Output, Output.id == CirculatedVersion.output_id)
        .join(Meeting, Meeting.id == Output.meeting_id)
        .where(CirculatedVersion.id.in_(newest), Output.status == Status.DRAFT)
    )
    if meeting:
        drafts = drafts.where(Output.meeting_id == meeting)
    ordered = drafts.order_by(CirculatedVersion.circulated_at.desc(), CirculatedVersion.id)
    return session.execute(ordered.limit(limit)).all()


def to_read(session: ReadSession, actor: Actor, since: datetime, *, limit: int) -> list[Before]:
    """For delegates: drafts whose latest version was circulated since then, or still is to be commented on, and on
    which their State has said nothing."""
    theirs, today = actor.bodies(*DELEGATES), clock.now().date()
    rows = before_the_delegations(session, actor, limit=limit)
    keys = [row[0].id for row in rows]
    of_them = select(Comment.version_id).where(Comment.version_id.in_(keys), Comment.entity == actor.entity, STANDS)
    heard = set(session.scalars(of_them))
    return [
        row
        for row in rows
        if row[0].body_id in theirs
        and row[0].id not in heard
        and (row[0].circulated_at >= since or (row[0].comments_by and row[0].comments_by >= today))
    ]


def decisions(session: ReadSession, version: CirculatedVersion) -> Sequence[Row[Decision, Meeting]]:
    """The decisions that it was made from, with their meetings, as they fell."""
    keys = [UUID(each) for each in version.decisions]
    made_from = select(Decision, Meeting).join(Meeting, Meeting.id == Decision.meeting_id)
    ordered = made_from.order_by(Meeting.opens_on, Meeting.number, Decision.number)
    return session.execute(ordered.where(Decision.id.in_(keys))).all()


def on(session: ReadSession, version: CirculatedVersion, entity: str = "") -> On:
    """A version as the rules look at it."""
    output = session.get_one(Output, version.output_id)
    last = latest(session, output)
    return On(outputs.case(session, output), entity, last is None or last.number == version.number)


def on_comment(session: ReadSession, version: CirculatedVersion, comment: Comment) -> On:
    """A comment on that version as the rules look at it."""
    there = on(session, version, comment.entity)
    return On(there.output, there.entity, there.is_latest, last_answer(session, comment) is not None)


def comments(session: ReadSession, version: CirculatedVersion) -> Sequence[Said]:
    """Every comment on the output of a version that was found for the actor: by version, language and paragraph."""
    standing = (
        select(Comment, CirculatedVersion.number)
        .join(CirculatedVersion, CirculatedVersion.id == Comment.version_id)
        .where(CirculatedVersion.output_id == version.output_id, STANDS)
    )
    order = (CirculatedVersion.number, Comment.language, Comment.paragraph, Comment.put_at, Comment.id)
    return session.execute(standing.order_by(*order)).all()


def one_comment(session: ReadSession, actor: Actor, output: UUID, comment: UUID) -> tuple[Comment, int]:
    """That comment and the number of its version, if it stands and the actor may see it; or Unknown."""
    theirs = (
        visible(actor)
        .join(Comment, Comment.version_id == CirculatedVersion.id)
        .with_only_columns(Comment, CirculatedVersion.number)
        .where(Comment.id == comment, CirculatedVersion.output_id == output, STANDS)
    )
    found = session.execute(theirs).one_or_none()
    if found is None:
        raise Unknown()
    return found[0], found[1]


def last_answers(session: ReadSession, asked: Sequence[Comment]) -> Mapping[UUID, CommentAnswer]:
    """The answer that holds, by comment."""
    given = select(CommentAnswer).where(CommentAnswer.comment_id.in_([each.id for each in asked]))
    return {each.comment_id: each for each in session.scalars(given.order_by(CommentAnswer.number))}


def last_answer(session: ReadSession, comment: Comment) -> CommentAnswer | None:
    """The answer that holds; None where nobody has answered."""
    return last_answers(session, [comment]).get(comment.id)


def open_comments(session: ReadSession, output: UUID) -> int:
    """How many comments on an output wait for an answer."""
    of_it = select(func.count()).select_from(Comment).join(CirculatedVersion)
    return session.scalar(of_it.where(CirculatedVersion.output_id == output, IS_OPEN)) or 0


def unanswered(session: ReadSession, actor: Actor, *, limit: int) -> Sequence[Row[Output, int]]:
    """For whoever answers: drafts with comments that wait, and how many; the longest first."""
    return session.execute(
        select(Output, func.count())
        .join(CirculatedVersion, CirculatedVersion.output_id == Output.id)
        .join(Comment, Comment.version_id == CirculatedVersion.id)
        .where(Output.body_id.in_(actor.bodies(*CHAIRS, Office.SECRETARY)), Output.status == Status.DRAFT, IS_OPEN)
        .group_by(Output.id)
        .order_by(func.min(Comment.put_at), Output.id)
        .limit(limit)
    ).all()
