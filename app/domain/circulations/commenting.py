"""Comments of States on circulated versions, and their answers. A State's words are its own: nobody else changes them.

The output is held while a comment or an answer is written, so that its adoption comes wholly before or after.
"""

from sqlalchemy import select

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession, hold
from app.core.errors import Conflict, Stale, Unacceptable, Unknown
from app.core.i18n import say
from app.domain.circulations import events, queries, rules
from app.domain.circulations.inputs import NewAnswer, NewComment, Rewording
from app.domain.circulations.models import CirculatedVersion, Comment, CommentAnswer, CommentKind
from app.domain.outputs.models import Output


def put(session: WriteSession, actor: Actor, version: CirculatedVersion, new: NewComment) -> Comment:
    """Comment on a paragraph or on the whole, for the actor's own State. Raises Unknown, Unacceptable, Conflict."""
    output = _held(session, version)
    rules.PUT.require(actor, queries.on(session, version, actor.entity))
    was = _paragraph(session, version, new)
    if new.kind == CommentKind.WORDING and (not new.paragraph or new.text == was):
        raise Unacceptable(say("Say how the paragraph should read instead."))
    same = (
        Comment.version_id == version.id,
        Comment.entity == actor.entity,
        Comment.language == new.language,
        Comment.paragraph == new.paragraph,
        Comment.text == new.text,
        Comment.taken_back_at.is_(None),
    )
    if session.scalar(select(Comment.id).where(*same).limit(1)) is not None:
        raise Conflict(say("Your State has said exactly this already."))
    made = Comment(
        version_id=version.id,
        language=new.language,
        paragraph=new.paragraph,
        was=was,
        entity=actor.entity,
        kind=new.kind,
        text=new.text,
        lang=new.lang,
        version=1,
        put_by=actor.person,
        put_at=clock.now(),
    )
    session.add(made)
    session.flush()
    _note(session, actor, output, made)
    return made


def change(session: WriteSession, actor: Actor, comment: Comment, new: Rewording, *, version: int) -> None:
    """Put other words in their place, until it is answered. Raises Stale, Conflict."""
    output = _turn(session, actor, comment, version)
    comment.text, comment.lang, comment.version = new.text, new.lang, version + 1
    comment.changed_by, comment.changed_at = actor.person, clock.now()
    _note(session, actor, output, comment)


def take_back(session: WriteSession, actor: Actor, comment: Comment, *, version: int) -> None:
    """It is shown to nobody any more; that it was there stays on record. Raises Stale, Conflict."""
    output = _turn(session, actor, comment, version)
    comment.taken_back_by, comment.taken_back_at = actor.person, clock.now()
    happened = events.CommentTakenBack(output.id, comment.id, comment.entity)
    journal.record(session, actor, happened, body=output.body_id)


def answer(
    session: WriteSession, actor: Actor, comment: Comment, new: NewAnswer, *, version: int, number: int
) -> CommentAnswer:
    """Answer a comment whose words were read, or answer it otherwise than before. Raises Stale.

    `version` is that of the comment and `number` that of the answer which were seen, 0 if there was none.
    """
    there = session.get_one(CirculatedVersion, comment.version_id)
    output = _held(session, there)
    rules.ANSWER.require(actor, queries.on(session, there, comment.entity))
    session.refresh(comment)
    last = queries.last_answer(session, comment)
    if comment.version != version or comment.taken_back_at is not None or (last.number if last else 0) != number:
        raise Stale()
    made = CommentAnswer(
        comment_id=comment.id,
        number=number + 1,
        answer=new.answer,
        text=new.text,
        lang=new.lang,
        answered_by=actor.person,
        answered_at=clock.now(),
    )
    session.add(made)
    session.flush()
    happened = events.CommentAnswered(output.id, comment.id, made.answer, made.number)
    journal.record(session, actor, happened, body=output.body_id)
    return made


def _held(session: WriteSession, version: CirculatedVersion) -> Output:
    output = session.get_one(Output, version.output_id)
    hold(session, output)
    return output


def _turn(session: WriteSession, actor: Actor, comment: Comment, version: int) -> Output:
    """The State's turn: nothing was answered, and its words are those that were seen."""
    there = session.get_one(CirculatedVersion, comment.version_id)
    output = _held(session, there)
    session.refresh(comment)
    rules.CHANGE.require(actor, queries.on_comment(session, there, comment))
    if comment.version != version or comment.taken_back_at is not None:
        raise Stale()
    return output


def _paragraph(session: WriteSession, version: CirculatedVersion, new: NewComment) -> str:
    """What the paragraph reads; nothing where the comment is on the whole. Raises Unknown if there is no such one."""
    if not new.paragraph:
        queries.one_text(session, version, new.language)
        return ""
    paragraphs = queries.paragraphs(session, version, new.language) or []
    if new.paragraph > len(paragraphs):
        raise Unknown()
    return paragraphs[new.paragraph - 1]


def _note(session: WriteSession, actor: Actor, output: Output, comment: Comment) -> None:
    happened = events.CommentPut(output.id, comment.id, comment.entity, comment.version)
    journal.record(session, actor, happened, body=output.body_id)
