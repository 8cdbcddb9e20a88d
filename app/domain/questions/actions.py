"""Keep the Questions of a body. None is deleted, since documents name it: it ends on its last day."""

import hashlib

from app.core import journal
from app.core.canonical_json import to_canonical_json
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.bodies.rules import EntityInBody
from app.domain.questions import events, queries, rules
from app.domain.questions.inputs import NewQuestion, QuestionInput
from app.domain.questions.models import Question


def add_question(session: WriteSession, actor: Actor, body: Body, new: NewQuestion) -> None:
    """Add a Question to a body. Raises Forbidden, Conflict once it has ended, and BadRequest if its number is taken:
    the number is the address of its page."""
    lock_row(session, body)
    rules.KEEP_QUESTIONS.require(actor, EntityInBody(body.id))
    if any(each.position == new.number for each in queries.list_questions(session, body.id)):
        raise BadRequest(_("There is a Question with this code. Enter another code."))
    values = {"code": new.code, "position": new.number, "titles": new.titles, "confirmed": new.confirmed_languages}
    session.add(Question(body_id=body.id, **values, from_on=new.from_on, until_on=new.until_on))
    journal.record_event(session, actor, events.QuestionKept(new.code, _compute_digest(new), ""), body=body.id)


def change_question(session: WriteSession, actor: Actor, body: Body, question: Question, new: QuestionInput) -> None:
    """Change titles and days of a Question. Raises Forbidden, Conflict once its body has ended."""
    lock_row(session, question)
    rules.KEEP_QUESTIONS.require(actor, EntityInBody(body.id))
    before = queries.read_question(question)
    if _list_values(new) == _list_values(before):
        return
    question.titles, question.confirmed = new.titles, new.confirmed_languages
    question.from_on, question.until_on = new.from_on, new.until_on
    event = events.QuestionKept(question.code, _compute_digest(new), _compute_digest(before))
    journal.record_event(session, actor, event, body=body.id)


def set_questions_required(session: WriteSession, actor: Actor, body: Body, *, required: bool) -> None:
    """Set whether each contribution to a body names a Question. Raises Forbidden, Conflict once it has ended."""
    lock_row(session, body)
    rules.KEEP_QUESTIONS.require(actor, EntityInBody(body.id))
    was = bool(body.questions_required)
    if was != required:
        body.questions_required = required
        journal.record_event(session, actor, events.QuestionsRequired(required, was), body=body.id)


def _list_values(content: QuestionInput) -> tuple[object, ...]:
    return content.titles, content.confirmed_languages, content.from_on, content.until_on


def _compute_digest(content: QuestionInput) -> str:
    """Compute the digest of titles, the confirmed languages and days, which the journal keeps."""
    days = [content.from_on.isoformat(), content.until_on.isoformat()]
    kept = {"titles": content.titles, "confirmed": content.confirmed_languages, "days": days}
    return hashlib.sha256(to_canonical_json(kept)).hexdigest()
