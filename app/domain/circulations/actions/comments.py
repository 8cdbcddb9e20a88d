"""Comment on circulated versions and answer comments. Only the State that made a comment changes it.

The row of the output is locked while a comment or an answer is written, so that its adoption comes before or after.
"""

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest, Conflict, NotFound, Stale, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.circulations import events, queries, rules
from app.domain.circulations.inputs import CommentRewording, NewComment, NewCommentAnswer
from app.domain.circulations.models import CirculatedVersion, Comment, CommentAnswer, CommentKind
from app.domain.outputs.models import Output


def add_comment(session: WriteSession, actor: Actor, version: CirculatedVersion, new: NewComment) -> Comment:
    """Comment on a paragraph or the whole of a version for the actor's State.

    Raises NotFound if there is no such text or paragraph, BadRequest if a wording changes nothing, Conflict if the
    State made the same comment already.
    """
    output = _lock_output(session, version)
    rules.ADD_COMMENT.require(actor, queries.get_circulation_rule_subject(session, version, actor.entity))
    current_text = _get_paragraph(session, version, new)
    if new.kind == CommentKind.WORDING and (not new.paragraph or new.text == current_text):
        raise BadRequest(_("Enter the proposed text of the paragraph."))
    same = (
        Comment.version_id == version.id,
        Comment.entity == actor.entity,
        Comment.language == new.language,
        Comment.paragraph == new.paragraph,
        Comment.text == new.text,
        Comment.taken_back_at.is_(None),
    )
    if session.scalar(select(Comment.id).where(*same).limit(1)) is not None:
        raise Conflict(_("Your delegation has already submitted this comment."))
    comment = Comment(
        version_id=version.id,
        language=new.language,
        paragraph=new.paragraph,
        was=current_text,
        entity=actor.entity,
        kind=new.kind,
        text=new.text,
        lang=new.lang,
        version=1,
        put_by=actor.person,
        put_at=clock.now(),
    )
    session.add(comment)
    session.flush()
    _record_comment(session, actor, output, comment)
    return comment


def change_comment(
    session: WriteSession, actor: Actor, comment: Comment, new: CommentRewording, *, version: int
) -> None:
    """Change the words of a comment that has no answer. Raises Stale if `version` is not the current one or it was
    withdrawn."""
    output = _lock_for_change(session, actor, comment, version)
    comment.text, comment.lang, comment.version = new.text, new.lang, version + 1
    comment.changed_by, comment.changed_at = actor.person, clock.now()
    _record_comment(session, actor, output, comment)


def withdraw_comment(session: WriteSession, actor: Actor, comment: Comment, *, version: int) -> None:
    """Withdraw a comment that has no answer: it is shown no more, but stays on record. Raises Stale as
    `change_comment`."""
    output = _lock_for_change(session, actor, comment, version)
    comment.taken_back_by, comment.taken_back_at = actor.person, clock.now()
    event = events.CommentTakenBack(output.id, comment.id, comment.entity)
    journal.record_event(session, actor, event, body=output.body_id)


def answer_comment(
    session: WriteSession, actor: Actor, comment: Comment, new: NewCommentAnswer, *, version: int, number: int
) -> CommentAnswer:
    """Answer a comment, or replace its answer.

    `version` is that of the comment and `number` that of the answer that were seen, 0 if there was none; raises Stale
    if either is another.
    """
    circulated = session.get_one(CirculatedVersion, comment.version_id)
    output = _lock_output(session, circulated)
    rules.ANSWER_COMMENT.require(actor, queries.get_circulation_rule_subject(session, circulated, comment.entity))
    session.refresh(comment)
    last = queries.find_last_answer(session, comment)
    _require_comment_version(comment, version)
    require_version(last.number if last else 0, number)
    comment_answer = CommentAnswer(
        comment_id=comment.id,
        number=number + 1,
        answer=new.answer,
        text=new.text,
        lang=new.lang,
        answered_by=actor.person,
        answered_at=clock.now(),
    )
    session.add(comment_answer)
    session.flush()
    event = events.CommentAnswered(output.id, comment.id, comment_answer.answer, comment_answer.number)
    journal.record_event(session, actor, event, body=output.body_id)
    return comment_answer


def _lock_output(session: WriteSession, version: CirculatedVersion) -> Output:
    """Lock the output of a version and return it."""
    output = session.get_one(Output, version.output_id)
    lock_row(session, output)
    return output


def _lock_for_change(session: WriteSession, actor: Actor, comment: Comment, version: int) -> Output:
    """Lock the output, and check that the State may change the comment. Raises Stale if it is another version or
    withdrawn."""
    circulated = session.get_one(CirculatedVersion, comment.version_id)
    output = _lock_output(session, circulated)
    session.refresh(comment)
    rules.CHANGE_COMMENT.require(actor, queries.get_comment_rule_subject(session, circulated, comment))
    _require_comment_version(comment, version)
    return output


def _require_comment_version(comment: Comment, version: int) -> None:
    """Raise Stale if the comment has another version or was withdrawn."""
    require_version(comment.version, version)
    if comment.taken_back_at is not None:
        raise Stale()


def _get_paragraph(session: WriteSession, version: CirculatedVersion, new: NewComment) -> str:
    """Return the text of the paragraph; empty if the comment is on the whole. Raises NotFound if there is no such
    paragraph."""
    if not new.paragraph:
        queries.get_circulated_text(session, version, new.language)
        return ""
    paragraphs = queries.read_paragraphs(session, version, new.language) or []
    if new.paragraph > len(paragraphs):
        raise NotFound()
    return paragraphs[new.paragraph - 1]


def _record_comment(session: WriteSession, actor: Actor, output: Output, comment: Comment) -> None:
    """Record in the journal that a comment was made or changed."""
    event = events.CommentPut(output.id, comment.id, comment.entity, comment.version)
    journal.record_event(session, actor, event, body=output.body_id)
