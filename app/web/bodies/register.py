"""The list of groups, and the page of each."""

from fastapi import APIRouter, Depends, Response

from app.core import clock
from app.domain.bodies.models import Body, Office
from app.domain.bodies.queries.bodies import get_known_body, select_known_bodies
from app.domain.bodies.rules import SEE_PEOPLE, AccreditationOrOffice, EntityInBody, get_position_audience
from app.domain.body_proposals import queries, rules
from app.domain.documents.queries.series import list_first_symbols
from app.domain.meetings.queries import list_meetings_of_body
from app.domain.questions.queries import list_questions
from app.domain.questions.rules import KEEP_QUESTIONS
from app.http.authentication import SignedInGuard
from app.http.labels import BODY_PROPOSAL_LABELS, POSITION_AUDIENCE_LABELS
from app.http.page_context import ReadContext
from app.web.forms.parsing import RejectRepeatedFields
from app.web.forms.term_fields import NO_PERSON
from app.web.views.bodies.bodies import (
    SERIES_LABELS,
    describe_admission,
    describe_term,
    is_body_of_staff,
    list_names,
)
from app.web.views.bodies.questions import build_question_lines
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import localize_title
from app.web.views.mandates.focal_points import list_lines_with_focal_points

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])
MAX_MEETINGS = 5


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
        may_see_people=SEE_PEOPLE.allows(actor, place),
        lines=list_lines_with_focal_points(session, language) if is_body_of_staff(body_row) else [],
        audience=POSITION_AUDIENCE_LABELS[get_position_audience(body_row.positions_shown_to)],
        may_change=rules.PROPOSE_CHANGE.allows(actor, place),
        may_keep_questions=KEEP_QUESTIONS.allows(actor, place),
        may_end=body_row.ends_on is None and rules.PROPOSE_END.allows(actor, place),
        may_propose_secretary=rules.PROPOSE_BODY.allows(actor, new_secretary)
        and not queries.has_secretary(session, body_row.id),
        proposal_words=BODY_PROPOSAL_LABELS,
        proposals=[each for each in queries.list_open_proposals(session, actor) if each.body_id == body_row.id],
    )
