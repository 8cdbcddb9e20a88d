"""The Questions of a group, kept by its secretariat."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Response

from app.core.errors import BadRequest, DomainError
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.bodies.rules import EntityInBody
from app.domain.questions import actions, queries
from app.domain.questions.inputs import NewQuestion, QuestionInput
from app.domain.questions.models import Question
from app.domain.questions.rules import KEEP_QUESTIONS
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_parsed_form
from app.web.forms.by_language import list_texts_by_language, parse_texts_by_language
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, TypedForm
from app.web.views.bodies.questions import build_question_lines
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("confirmed"))])
GUARDS = [Depends(SignedInGuard(KEEP_QUESTIONS))]
PREFIXES = {"titles": "title_"}
QuestionNumber = Annotated[int, Path(ge=0, le=999)]


class QuestionForm(TypedForm):
    """The fields of a Question, as typed."""

    code: str = ""
    title_ar: str = ""
    title_zh: str = ""
    title_en: str = ""
    title_fr: str = ""
    title_ru: str = ""
    title_es: str = ""
    confirmed: tuple[str, ...] = ()
    from_on: str = ""
    until_on: str = ""


@router.get("/bodies/{body}/questions", dependencies=GUARDS)
def show_questions_of_body(context: ReadContext, body: str) -> Response:
    """Show the Questions of a group to its secretariat, with the form that adds one."""
    body_row = _get_body(context, body)
    return _render_list(context, body_row, ParsedForm(QuestionForm().typed, None, {}))


@router.post("/bodies/{body}/questions", dependencies=GUARDS)
def add_question_to_body(context: WriteContext, body: str, form: Annotated[QuestionForm, Form()]) -> Response:
    """Add a Question."""
    body_row = _get_body(context, body)
    return submit_parsed_form(
        context,
        parse_texts_by_language(NewQuestion, form.typed, PREFIXES, context.language),
        action=lambda new: actions.add_question(context.session, context.actor, body_row, new),
        render=partial(_render_list, context, body_row),
        done=f"/bodies/{body_row.code}/questions?done=saved",
        refusals=(BadRequest,),
        refusal_at="code",
    )


@router.post("/bodies/{body}/questions/required", dependencies=GUARDS)
def set_questions_required_in_body(context: WriteContext, body: str, required: TextField = "") -> Response:
    """Set whether each contribution to a group names a Question."""
    body_row = _get_body(context, body)
    actions.set_questions_required(context.session, context.actor, body_row, required=required == "yes")
    return context.redirect(f"/bodies/{body_row.code}/questions?done=saved")


@router.get("/bodies/{body}/questions/{number}", dependencies=GUARDS)
def show_question_form(context: ReadContext, body: str, number: QuestionNumber) -> Response:
    """Show the form that changes a Question."""
    body_row = _get_body(context, body)
    question = queries.get_question(context.session, body_row.id, number)
    titles = list_texts_by_language(question.titles, PREFIXES["titles"])
    days = {"from_on": question.from_on.isoformat(), "until_on": question.until_on.isoformat()}
    confirmed = {"confirmed": tuple(queries.list_confirmed_titles(question))}
    return _render_form(context, body_row, question, ParsedForm(titles | confirmed | days, None, {}))


@router.post("/bodies/{body}/questions/{number}", dependencies=GUARDS)
def change_question_of_body(
    context: WriteContext, body: str, number: QuestionNumber, form: Annotated[QuestionForm, Form()]
) -> Response:
    """Change a Question."""
    body_row = _get_body(context, body)
    question = queries.get_question(context.session, body_row.id, number)
    return submit_parsed_form(
        context,
        parse_texts_by_language(QuestionInput, form.typed, PREFIXES, context.language),
        action=lambda new: actions.change_question(context.session, context.actor, body_row, question, new),
        render=partial(_render_form, context, body_row, question),
        done=f"/bodies/{body_row.code}/questions?done=saved",
        refusals=(),
    )


def _get_body(context: ReadContext, code: str) -> Body:
    body = get_visible_body(context.session, context.actor, code)
    KEEP_QUESTIONS.require(context.actor, EntityInBody(body.id))
    return body


def _render_list(
    context: ReadContext, body: Body, entry: ParsedForm[NewQuestion], refusal: DomainError | None = None
) -> Response:
    return context.render(
        "web/bodies/questions.html",
        status=get_form_http_status(entry, refusal),
        body=body,
        body_name=localize_title(body.names, context.language),
        questions=build_question_lines(queries.list_questions(context.session, body.id), context.language),
        typed=entry.typed,
        errors=entry.errors,
    )


def _render_form(
    context: ReadContext,
    body: Body,
    question: Question,
    entry: ParsedForm[QuestionInput],
    refusal: DomainError | None = None,
) -> Response:
    return context.render(
        "web/bodies/question.html",
        status=get_form_http_status(entry, refusal),
        body=body,
        body_name=localize_title(body.names, context.language),
        question=question,
        typed=entry.typed,
        errors=entry.errors,
    )
