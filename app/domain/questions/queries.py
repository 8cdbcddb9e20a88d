"""Queries for Questions: those of a body, and those that a contribution can name."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import Select, select

from app.core import clock
from app.core.db import LocalizedText, ReadSession
from app.core.errors import BadRequest, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import ORDER_OF_BODIES
from app.domain.questions.inputs import QuestionInput
from app.domain.questions.models import Question

NOT_ON_LIST = _("One of these Questions can no longer be selected. Select from the current list.")


def list_confirmed_titles(question: Question) -> LocalizedText:
    """Return the titles of a Question that were compared with the source: only these are shown outside its list."""
    confirmed = question.titles if question.confirmed is None else question.confirmed
    return {language: title for language, title in question.titles.items() if language in confirmed}


def read_question(question: Question) -> QuestionInput:
    """Read what is known of a Question, as it is entered."""
    return QuestionInput(
        titles=question.titles,
        confirmed=tuple(list_confirmed_titles(question)),
        from_on=question.from_on,
        until_on=question.until_on,
    )


def list_questions(session: ReadSession, body_id: UUID) -> Sequence[Question]:
    """List the Questions of a body, also past ones, in their order. The caller may see the body."""
    return session.scalars(select_questions(body_id)).all()


def select_questions(body_id: UUID) -> Select[Question]:
    """Select the Questions of a body, also past ones, in their order."""
    of_body = select(Question).where(Question.body_id == body_id)
    return of_body.order_by(Question.position, Question.code)


def get_question(session: ReadSession, body_id: UUID, number: int) -> Question:
    """Return the Question of a body with this number. Raises NotFound."""
    question = session.scalar(select(Question).where(Question.body_id == body_id, Question.position == number))
    if question is None:
        raise NotFound()
    return question


def list_choosable_questions(
    session: ReadSession, body: Body, *, already_chosen: Collection[str] = ()
) -> Sequence[Question]:
    """List the Questions that are studied today, and those that a document names already."""
    return filter_choosable_questions(list_questions(session, body.id), already_chosen)


def filter_choosable_questions(questions: Iterable[Question], already_chosen: Collection[str]) -> Sequence[Question]:
    """Return those of the Questions of a body that are studied today, or were chosen already."""
    today = clock.now().date()
    return [each for each in questions if each.from_on <= today <= each.until_on or each.code in already_chosen]


def require_choosable_questions(
    session: ReadSession, body: Body, codes: Iterable[str], *, already_chosen: Collection[str] = ()
) -> list[str] | None:
    """Return these codes in the order of the list; None for none. Raises BadRequest if one cannot be chosen."""
    chosen = frozenset(codes)
    if not chosen:
        return None
    choosable = [each.code for each in list_choosable_questions(session, body, already_chosen=already_chosen)]
    if not chosen <= set(choosable):
        raise BadRequest(NOT_ON_LIST)
    return [code for code in choosable if code in chosen]


def list_questions_of_own_bodies(session: ReadSession, actor: Actor) -> Sequence[Question]:
    """List the Questions of the bodies in which the actor has a seat: values of a filter."""
    return session.scalars(select_questions_of_own_bodies(actor)).all()


def select_questions_of_own_bodies(actor: Actor) -> Select[Question]:
    """Select what `list_questions_of_own_bodies` lists."""
    return (
        select(Question)
        .join(Body, Body.id == Question.body_id)
        .where(Question.body_id.in_(actor.bodies_with_role()))
        .order_by(*ORDER_OF_BODIES, Question.position, Question.code)
    )
