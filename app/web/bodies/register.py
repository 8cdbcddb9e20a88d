"""The list of groups, the page of each, and the form with which its secretariat changes it."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from app.core import clock
from app.core.errors import BadRequest, DomainError
from app.domain.bodies import rules as bodies
from app.domain.bodies.actions.bodies import change_body
from app.domain.bodies.inputs import BodyInput
from app.domain.bodies.models import Body, Office
from app.domain.bodies.queries.bodies import get_known_body, get_visible_body, select_known_bodies
from app.domain.bodies.queries.contents import read_body_content
from app.domain.bodies.rules import AccreditationOrOffice, EntityInBody
from app.domain.body_proposals import queries, rules
from app.domain.documents.queries.series import list_first_symbols
from app.domain.meetings.queries import list_meetings_of_body
from app.domain.questions.queries import list_questions
from app.http.authentication import SignedInGuard
from app.http.labels import BODY_PROPOSAL_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.bodies.body_forms import BodyForm, fill_body_form, parse_body_form
from app.web.forms.actions import get_form_http_status, submit_parsed_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, VersionField
from app.web.forms.term_fields import NO_PERSON
from app.web.views.bodies.bodies import (
    SERIES_LABELS,
    describe_admission,
    describe_term,
    is_body_of_staff,
    list_names,
    list_parent_choices,
)
from app.web.views.bodies.questions import build_question_lines
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import localize_title
from app.web.views.mandates.focal_points import list_lines_with_focal_points

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])
MAX_MEETINGS = 5
CHANGE_BODY_GUARDS = [Depends(SignedInGuard(bodies.CHANGE_BODY))]


@router.get("/bodies", dependencies=[Depends(SignedInGuard(rules.SEE_BODY))])
def show_bodies(context: ReadContext) -> Response:
    """Show the groups that the reader may know of; to secretaries also what waits for a second one."""
    session, actor, language = context.session, context.actor, context.language
    today = clock.now().date()
    return context.render(
        "web/bodies/list.html",
        bodies=[
            (
                body,
                localize_title(body.names, language),
                describe_admission(body, language),
                describe_term(body, today, context.localizer),
            )
            for body in session.scalars(select_known_bodies(actor))
        ],
        proposal_words=BODY_PROPOSAL_LABELS,
        proposals=queries.list_open_proposals(session, actor),
        may_propose=rules.PROPOSE_BODY.allows(actor, AccreditationOrOffice(None, "", NO_PERSON, Office.SECRETARY)),
    )


@router.get("/bodies/{group}", dependencies=[Depends(SignedInGuard(rules.SEE_BODY))])
def show_body(context: ReadContext, group: str) -> Response:
    """Show what a group is, and what the reader may do about it."""
    session, actor, language = context.session, context.actor, context.language
    body_row = get_known_body(session, actor, group)
    parent = session.scalar(select_known_bodies(actor).where(Body.id == body_row.parent_id))
    place = EntityInBody(body_row.id)
    new_secretary = AccreditationOrOffice(body_row.id, "", NO_PERSON, Office.SECRETARY)
    return context.render(
        "web/bodies/show.html",
        body=body_row,
        body_name=localize_title(body_row.names, language),
        names=list_names(body_row.names),
        admission=describe_admission(body_row, language),
        term=describe_term(body_row, clock.now().date(), context.localizer),
        parent=parent,
        questions=build_question_lines(list_questions(session, body_row.id), language),
        symbols=[(SERIES_LABELS.get(code, code), symbol) for code, symbol in list_first_symbols(session, body_row)],
        meetings=[
            (meeting, format_meeting_name(meeting, body_row))
            for meeting in list_meetings_of_body(session, actor, body_row.id)[:MAX_MEETINGS]
        ],
        is_member=body_row.id in actor.bodies_with_role(),
        may_see_people=bodies.SEE_PEOPLE.allows(actor, place),
        lines=list_lines_with_focal_points(session, language) if is_body_of_staff(body_row) else [],
        may_change=bodies.CHANGE_BODY.allows(actor, place),
        may_admit=bodies.SET_ADMITTED_CATEGORIES.allows(actor, place),
        may_end=body_row.ends_on is None and rules.PROPOSE_END.allows(actor, place),
        may_propose_secretary=rules.PROPOSE_BODY.allows(actor, new_secretary)
        and not queries.has_secretary(session, body_row.id),
        proposal_words=BODY_PROPOSAL_LABELS,
        proposals=[each for each in queries.list_open_proposals(session, actor) if each.body_id == body_row.id],
    )


@router.get("/bodies/{body}/edit", dependencies=CHANGE_BODY_GUARDS)
def show_body_form(context: ReadContext, body: str) -> Response:
    """Show the form that changes a group."""
    body_row = get_visible_body(context.session, context.actor, body)
    bodies.CHANGE_BODY.require(context.actor, EntityInBody(body_row.id))
    return _render_form(context, body_row, ParsedForm(fill_body_form(read_body_content(body_row)), None, {}))


@router.post("/bodies/{body}/edit", dependencies=CHANGE_BODY_GUARDS)
def change_group(
    context: WriteContext, body: str, form: Annotated[BodyForm, Form()], version: VersionField = 0
) -> Response:
    """Change a group."""
    body_row = get_visible_body(context.session, context.actor, body)
    bodies.CHANGE_BODY.require(context.actor, EntityInBody(body_row.id))
    return submit_parsed_form(
        context,
        parse_body_form(BodyInput, form.typed, context.language),
        action=lambda content: change_body(context.session, context.actor, body_row, content, version=version),
        render=partial(_render_form, context, body_row),
        done=f"/bodies/{body_row.code}?done=saved",
        refusals=(BadRequest,),
        refusal_at="parent",
    )


def _render_form(
    context: ReadContext, body: Body, entry: ParsedForm[BodyInput], refusal: DomainError | None = None
) -> Response:
    others = [each for each in context.session.scalars(select_known_bodies(context.actor)) if each.id != body.id]
    return context.render(
        "web/bodies/edit.html",
        status=get_form_http_status(entry, refusal),
        body=body,
        body_name=localize_title(body.names, context.language),
        version=body.version or 1,
        typed=entry.typed,
        errors=entry.errors,
        parents=list_parent_choices(others),
    )
