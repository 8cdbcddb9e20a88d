"""Queries on circulated versions of the bodies where the actor has a seat, and on comments. The draft itself stays
hidden."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core.database.clock_parameters import Moment, build_day_parameter
from app.core.database.combined_lists import KeyParameter, list_of_thing, rows_of_thing
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.page_sessions import read_once
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.circulations.models import CirculatedText, CirculatedVersion, Comment, CommentAnswer
from app.domain.circulations.rules import CirculationRuleSubject
from app.domain.decisions.models import Decision
from app.domain.files import queries as file_queries
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output, OutputStatus
from app.domain.outputs.queries import outputs

IS_NOT_WITHDRAWN: ColumnElement[bool] = Comment.taken_back_at.is_(None)
IS_OPEN_COMMENT: ColumnElement[bool] = IS_NOT_WITHDRAWN & ~exists().where(CommentAnswer.comment_id == Comment.id)
CommentRow = Row[Comment, int]
"""A comment that was not withdrawn, and the number of its version."""


def list_visible_circulated_versions(actor: Actor) -> Select[CirculatedVersion]:
    """Select the versions that the actor may see. Every list, count, page and download starts from this statement."""
    return select(CirculatedVersion).where(CirculatedVersion.body_id.in_(actor.bodies_with_role()))


@read_once
def get_visible_circulated_version(
    session: ReadSession, actor: Actor, output_id: UUID, number: int
) -> CirculatedVersion:
    """Return this version of an output if the actor may see it. Raises NotFound otherwise."""
    conditions = CirculatedVersion.output_id == output_id, CirculatedVersion.number == number
    version = session.scalar(list_visible_circulated_versions(actor).where(*conditions))
    if version is None:
        raise NotFound()
    return version


@read_once
def list_circulated_versions(
    session: ReadSession, actor: Actor, output_id: UUID
) -> Sequence[Row[CirculatedVersion, str]]:
    """List the versions of an output with the names of those who circulated them, the latest first. Raises NotFound if
    there is none."""
    rows = session.execute(
        list_visible_circulated_versions(actor)
        .join(Person, Person.id == CirculatedVersion.circulated_by)
        .add_columns(Person.name)
        .where(CirculatedVersion.output_id == output_id)
        .order_by(CirculatedVersion.number.desc())
    ).all()
    if not rows:
        raise NotFound()
    return rows


def get_version_among(versions: Sequence[Row[CirculatedVersion, str]], number: int) -> CirculatedVersion:
    """Return the version with this number of those that the actor may see. Raises NotFound otherwise."""
    version = next((version for version, _name in versions if version.number == number), None)
    if version is None:
        raise NotFound()
    return version


@list_of_thing
def list_latest_versions(output_id: KeyParameter) -> Select[CirculatedVersion]:
    """List the latest version of an output, if there is one, whether or not the actor may see it."""
    versions_of_output = select(CirculatedVersion).where(CirculatedVersion.output_id == output_id)
    return versions_of_output.order_by(CirculatedVersion.number.desc()).limit(1)


def find_latest_circulated_version(session: ReadSession, output: Output) -> CirculatedVersion | None:
    """Find the latest version of an output, whether or not the actor may see it."""
    return next(iter(list_latest_versions(session, output)), None)


@list_of_thing
def list_circulated_texts(version_id: KeyParameter) -> Select[CirculatedText]:
    """List the texts of a version, by language."""
    return select(CirculatedText).where(CirculatedText.version_id == version_id).order_by(CirculatedText.language)


@rows_of_thing
def list_outputs_with_meetings(output_id: KeyParameter) -> Select[Output, Meeting]:
    """List the output of a version with its meeting; whether the actor may see the version is checked by the caller."""
    return select(Output, Meeting).join(Meeting, Meeting.id == Output.meeting_id).where(Output.id == output_id)


def get_circulated_text(session: ReadSession, version: CirculatedVersion, language: str) -> CirculatedText:
    """Return the text of a version in this language. Raises NotFound if there is none."""
    row = session.get(CirculatedText, (version.id, language))
    if row is None:
        raise NotFound()
    return row


def read_paragraphs(session: ReadSession, version: CirculatedVersion, language: str) -> list[str] | None:
    """Return the paragraphs of a version in this language; None if they are not extracted, cannot be, or the file is
    infected."""
    text = get_circulated_text(session, version, language)
    rendition = file_queries.find_rendition(session, text.sha256)
    return rendition.paragraphs if rendition and not file_queries.list_infected_files(session, [text.sha256]) else None


CirculatedDraftRow = Row[*tuple[Any, ...]]
"""The latest version of a draft, its meeting, and its languages."""


def list_circulated_drafts(
    session: ReadSession, actor: Actor, *, limit: int, meeting_id: UUID | None = None
) -> Sequence[CirculatedDraftRow]:
    """List the latest version of each output that is still a draft: (version, meeting, languages), the latest first."""
    drafts = select_circulated_drafts(actor)
    if meeting_id:
        drafts = drafts.where(Output.meeting_id == meeting_id)
    return session.execute(drafts.limit(limit)).all()


def select_circulated_drafts(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the latest version of each output that is still a draft, its meeting and its languages, the latest
    first."""
    newest = (
        list_visible_circulated_versions(actor)
        .with_only_columns(CirculatedVersion.id)
        .ext(distinct_on(CirculatedVersion.output_id))
        .order_by(CirculatedVersion.output_id, CirculatedVersion.number.desc())
    )
    languages = select(func.array_agg(CirculatedText.language)).where(CirculatedText.version_id == CirculatedVersion.id)
    return (
        select(CirculatedVersion, Meeting, languages.scalar_subquery().label("languages"))
        .join(Output, Output.id == CirculatedVersion.output_id)
        .join(Meeting, Meeting.id == Output.meeting_id)
        .where(CirculatedVersion.id.in_(newest), Output.status == OutputStatus.DRAFT)
        .order_by(CirculatedVersion.circulated_at.desc(), CirculatedVersion.id)
    )


def select_drafts_to_comment_on(actor: Actor, since: Moment) -> Select[*tuple[Any, ...]]:
    """Select circulated drafts on which the actor's State, as delegates see it, has not commented.

    Their latest version was circulated since then, or comments on it are wished for today or later.
    """
    has_commented = exists().where(
        Comment.version_id == CirculatedVersion.id, Comment.entity == actor.entity, IS_NOT_WITHDRAWN
    )
    return select_circulated_drafts(actor).where(
        CirculatedVersion.body_id.in_(actor.bodies_with_role(*DELEGATES)),
        ~has_commented,
        or_(CirculatedVersion.circulated_at >= since, CirculatedVersion.comments_by >= build_day_parameter()),
    )


def list_decisions_of_version(session: ReadSession, version: CirculatedVersion) -> Sequence[Row[Decision, Meeting]]:
    """List the decisions that a version was made from, with their meetings, in the order in which they were taken."""
    keys = [UUID(key) for key in version.decisions]
    decisions_with_meetings = select(Decision, Meeting).join(Meeting, Meeting.id == Decision.meeting_id)
    ordered = decisions_with_meetings.order_by(Meeting.opens_on, Meeting.number, Decision.number)
    return session.execute(ordered.where(Decision.id.in_(keys))).all()


def get_circulation_rule_subject(
    session: ReadSession, version: CirculatedVersion, entity: str = ""
) -> CirculationRuleSubject:
    """Return a version with the facts that the rules need."""
    output = session.get_one(Output, version.output_id)
    newest = find_latest_circulated_version(session, output)
    return CirculationRuleSubject(
        outputs.get_output_rule_subject(session, output), entity, newest is None or newest.number == version.number
    )


def get_comment_rule_subject(
    session: ReadSession, version: CirculatedVersion, comment: Comment
) -> CirculationRuleSubject:
    """Return a comment on a version with the facts that the rules need."""
    state = get_circulation_rule_subject(session, version, comment.entity)
    return CirculationRuleSubject(
        state.output, state.entity, state.is_latest, find_last_answer(session, comment) is not None
    )


@rows_of_thing
def list_comments_on_output(output_id: KeyParameter) -> Select[Comment, int]:
    """List the comments on an output with the numbers of their versions, by version, language and paragraph."""
    statement = (
        select(Comment, CirculatedVersion.number)
        .join(CirculatedVersion, CirculatedVersion.id == Comment.version_id)
        .where(CirculatedVersion.output_id == output_id, IS_NOT_WITHDRAWN)
    )
    order = (CirculatedVersion.number, Comment.language, Comment.paragraph, Comment.put_at, Comment.id)
    return statement.order_by(*order)


@list_of_thing
def list_answers_on_output(output_id: KeyParameter) -> Select[CommentAnswer]:
    """List every answer to the comments on an output, in order."""
    answers = select(CommentAnswer).join(Comment, Comment.id == CommentAnswer.comment_id)
    of_output = answers.join(CirculatedVersion, CirculatedVersion.id == Comment.version_id)
    return of_output.where(CirculatedVersion.output_id == output_id).order_by(CommentAnswer.number)


def list_comments(session: ReadSession, version: CirculatedVersion) -> Sequence[CommentRow]:
    """List the comments on the output of a version, by version, language and paragraph."""
    return list_comments_on_output(session, version.output_id)


def get_comment(session: ReadSession, actor: Actor, output_id: UUID, comment_id: UUID) -> tuple[Comment, int]:
    """Return this comment and the number of its version. Raises NotFound if it was withdrawn or the actor may not see
    it."""
    statement = (
        list_visible_circulated_versions(actor)
        .join(Comment, Comment.version_id == CirculatedVersion.id)
        .with_only_columns(Comment, CirculatedVersion.number)
        .where(Comment.id == comment_id, CirculatedVersion.output_id == output_id, IS_NOT_WITHDRAWN)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound()
    return row[0], row[1]


def find_last_answers(session: ReadSession, output_id: UUID) -> Mapping[UUID, CommentAnswer]:
    """Return the current answers to the comments on an output, by comment."""
    return {answer.comment_id: answer for answer in list_answers_on_output(session, output_id)}


@list_of_thing
def list_answers(comment_id: KeyParameter) -> Select[CommentAnswer]:
    """List every answer to a comment, in order."""
    return select(CommentAnswer).where(CommentAnswer.comment_id == comment_id).order_by(CommentAnswer.number)


def find_last_answer(session: ReadSession, comment: Comment) -> CommentAnswer | None:
    """Find the current answer to a comment; None if it has none."""
    return next(reversed(list_answers(session, comment)), None)


@list_of_thing
def list_counts_of_unanswered_comments(output_id: KeyParameter) -> Select[int]:
    """List one number: how many comments on an output have no answer."""
    statement = select(func.count().label("unanswered")).select_from(Comment).join(CirculatedVersion)
    return statement.where(CirculatedVersion.output_id == output_id, IS_OPEN_COMMENT)


def count_unanswered_comments(session: ReadSession, output_id: UUID) -> int:
    """Count the comments on an output that have no answer."""
    [unanswered] = list_counts_of_unanswered_comments(session, output_id)
    return unanswered


def select_drafts_with_open_comments(actor: Actor) -> Select[Output, int]:
    """Select drafts with comments that have no answer, and the number of these, the longest waiting first, for the
    chair and the secretariat."""
    return (
        select(Output, func.count())
        .join(CirculatedVersion, CirculatedVersion.output_id == Output.id)
        .join(Comment, Comment.version_id == CirculatedVersion.id)
        .where(
            Output.body_id.in_(actor.bodies_with_role(*CHAIRS, Office.SECRETARY)),
            Output.status == OutputStatus.DRAFT,
            IS_OPEN_COMMENT,
        )
        .group_by(Output.id)
        .order_by(func.min(Comment.put_at), Output.id)
    )
