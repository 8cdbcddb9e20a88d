"""Queries on circulated versions of the bodies where the actor has a seat, and on comments. The draft itself stays
hidden."""

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
"""A comment that was not withdrawn, and the number of its version."""


def visible(actor: Actor) -> Select[CirculatedVersion]:
    """Select the versions that the actor may see. Every list, count, page and download starts from this statement."""
    return select(CirculatedVersion).where(CirculatedVersion.body_id.in_(actor.bodies()))


def one_visible(session: ReadSession, actor: Actor, output: UUID, number: int) -> CirculatedVersion:
    """Return this version of an output if the actor may see it. Raises NotFound otherwise."""
    conditions = CirculatedVersion.output_id == output, CirculatedVersion.number == number
    version = session.scalar(visible(actor).where(*conditions))
    if version is None:
        raise Unknown()
    return version


def versions(session: ReadSession, actor: Actor, output: UUID) -> Sequence[Row[CirculatedVersion, str]]:
    """List the versions of an output with the names of those who circulated them, the latest first. Raises NotFound if
    there is none."""
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
    """Find the latest version of an output, whether or not the actor may see it."""
    versions_of_output = select(CirculatedVersion).where(CirculatedVersion.output_id == output.id)
    return session.scalar(versions_of_output.order_by(CirculatedVersion.number.desc()).limit(1))


def texts(session: ReadSession, version: CirculatedVersion) -> Sequence[CirculatedText]:
    """List the texts of a version, by language."""
    statement = select(CirculatedText).where(CirculatedText.version_id == version.id)
    return session.scalars(statement.order_by(CirculatedText.language)).all()


def one_text(session: ReadSession, version: CirculatedVersion, language: str) -> CirculatedText:
    """Return the text of a version in this language. Raises NotFound if there is none."""
    row = session.get(CirculatedText, (version.id, language))
    if row is None:
        raise Unknown()
    return row


def paragraphs(session: ReadSession, version: CirculatedVersion, language: str) -> list[str] | None:
    """Return the paragraphs of a version in this language; None if they are not extracted, cannot be, or the file is
    infected."""
    text = one_text(session, version, language)
    rendition = renditions.of(session, text.sha256)
    return rendition.paragraphs if rendition and not scans.infected(session, [text.sha256]) else None


Before = Row[*tuple[Any, ...]]
"""The latest version of a draft, its meeting, and its languages."""


def before_the_delegations(
    session: ReadSession, actor: Actor, *, limit: int, meeting: UUID | None = None
) -> Sequence[Before]:
    """List the latest version of each output that is still a draft: (version, meeting, languages), the latest first."""
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
    """List drafts on which the actor's State, as delegates see it, has not commented.

    Their latest version was circulated since then, or comments on it are wished for today or later.
    """
    bodies, today = actor.bodies(*DELEGATES), clock.now().date()
    rows = before_the_delegations(session, actor, limit=limit)
    keys = [row[0].id for row in rows]
    commented = select(Comment.version_id).where(Comment.version_id.in_(keys), Comment.entity == actor.entity, STANDS)
    commented_keys = set(session.scalars(commented))
    return [
        row
        for row in rows
        if row[0].body_id in bodies
        and row[0].id not in commented_keys
        and (row[0].circulated_at >= since or (row[0].comments_by and row[0].comments_by >= today))
    ]


def decisions(session: ReadSession, version: CirculatedVersion) -> Sequence[Row[Decision, Meeting]]:
    """List the decisions that a version was made from, with their meetings, in the order in which they were taken."""
    keys = [UUID(key) for key in version.decisions]
    decisions_with_meetings = select(Decision, Meeting).join(Meeting, Meeting.id == Decision.meeting_id)
    ordered = decisions_with_meetings.order_by(Meeting.opens_on, Meeting.number, Decision.number)
    return session.execute(ordered.where(Decision.id.in_(keys))).all()


def on(session: ReadSession, version: CirculatedVersion, entity: str = "") -> On:
    """Return the state of a version as the rules need it."""
    output = session.get_one(Output, version.output_id)
    newest = latest(session, output)
    return On(outputs.case(session, output), entity, newest is None or newest.number == version.number)


def on_comment(session: ReadSession, version: CirculatedVersion, comment: Comment) -> On:
    """Return the state of a comment on a version as the rules need it."""
    state = on(session, version, comment.entity)
    return On(state.output, state.entity, state.is_latest, last_answer(session, comment) is not None)


def comments(session: ReadSession, version: CirculatedVersion) -> Sequence[Said]:
    """List the comments on the output of a version, by version, language and paragraph."""
    statement = (
        select(Comment, CirculatedVersion.number)
        .join(CirculatedVersion, CirculatedVersion.id == Comment.version_id)
        .where(CirculatedVersion.output_id == version.output_id, STANDS)
    )
    order = (CirculatedVersion.number, Comment.language, Comment.paragraph, Comment.put_at, Comment.id)
    return session.execute(statement.order_by(*order)).all()


def one_comment(session: ReadSession, actor: Actor, output: UUID, comment: UUID) -> tuple[Comment, int]:
    """Return this comment and the number of its version. Raises NotFound if it was withdrawn or the actor may not see
    it."""
    statement = (
        visible(actor)
        .join(Comment, Comment.version_id == CirculatedVersion.id)
        .with_only_columns(Comment, CirculatedVersion.number)
        .where(Comment.id == comment, CirculatedVersion.output_id == output, STANDS)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise Unknown()
    return row[0], row[1]


def last_answers(session: ReadSession, asked: Sequence[Comment]) -> Mapping[UUID, CommentAnswer]:
    """Return the current answers to these comments, by comment."""
    answers = select(CommentAnswer).where(CommentAnswer.comment_id.in_([answer.id for answer in asked]))
    return {answer.comment_id: answer for answer in session.scalars(answers.order_by(CommentAnswer.number))}


def last_answer(session: ReadSession, comment: Comment) -> CommentAnswer | None:
    """Find the current answer to a comment; None if it has none."""
    return last_answers(session, [comment]).get(comment.id)


def open_comments(session: ReadSession, output: UUID) -> int:
    """Count the comments on an output that have no answer."""
    statement = select(func.count()).select_from(Comment).join(CirculatedVersion)
    return session.scalar(statement.where(CirculatedVersion.output_id == output, IS_OPEN)) or 0


def unanswered(session: ReadSession, actor: Actor, *, limit: int) -> Sequence[Row[Output, int]]:
    """List drafts with comments that have no answer, and their number, the longest waiting first, for the chair and the
    secretariat."""
    return session.execute(
        select(Output, func.count())
        .join(CirculatedVersion, CirculatedVersion.output_id == Output.id)
        .join(Comment, Comment.version_id == CirculatedVersion.id)
        .where(Output.body_id.in_(actor.bodies(*CHAIRS, Office.SECRETARY)), Output.status == Status.DRAFT, IS_OPEN)
        .group_by(Output.id)
        .order_by(func.min(Comment.put_at), Output.id)
        .limit(limit)
    ).all()
