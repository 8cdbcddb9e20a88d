"""A meeting: its overview page, and changing its dates. The list, and new meetings, are in `pages`.

The editor of the agenda is in `agendas`.
"""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.database.combined_lists import read_together
from app.core.errors import Conflict
from app.domain.agendas.queries import agenda_releases
from app.domain.agendas.rules.time_plan import compute_session_loads
from app.domain.bodies.models import Body
from app.domain.contributions.actions import late_submissions
from app.domain.invitation_letters.rules import SEE_LETTERS
from app.domain.meetings import queries, rules
from app.domain.meetings.actions import life_cycle
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import MeetingLife
from app.domain.participants import queries as participants
from app.domain.participants.rules import REGISTER, build_delegation
from app.http.authentication import SignedInGuard
from app.http.exports.pdf_export import is_pdf_available
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, VersionField
from app.web.views.agendas.gauges import build_session_gauges
from app.web.views.circulations.circulations import list_circulated_drafts
from app.web.views.contributions.status import find_deadline_change
from app.web.views.dockets.meetings import BUTTONS, build_meeting_docket
from app.web.views.documents.timeline import (
    build_meeting_date_list,
    build_meeting_timeline,
    get_deadline_day,
)
from app.web.views.documents.titles import localize_title
from app.web.views.meetings.meeting_forms import (
    MeetingForm,
    list_form_fields,
    list_unchangeable_fields,
    render_meeting_form,
)
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.meetings.ordinals import format_meeting_ordinal
from app.web.views.meetings.readiness import load_readiness
from app.web.views.statistics.registered import load_registered_chart

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

LISTS_OF_OVERVIEW = (
    queries.list_sessions,
    agenda_releases.list_current_released_items,
    agenda_releases.list_released_item_times,
    agenda_releases.list_current_releases,
)
"""What everybody's overview page reads together."""


@router.get("/meetings/{meeting}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_meeting(context: ReadContext, meeting: UUID) -> Response:
    """Show the overview page of a meeting."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    formats = context.localizer
    read_together(context.session, meeting_row, *LISTS_OF_OVERVIEW)
    sessions = queries.list_sessions(context.session, meeting_row)
    docket = build_meeting_docket(context.actor, meeting_row, context.request.state.reader.acts_for, formats)
    items = [
        (item, localize_title(item.titles, formats.language))
        for item in agenda_releases.list_current_released_items(context.session, meeting_row)
    ]
    loads = compute_session_loads(agenda_releases.list_released_item_plans(context.session, meeting_row), sessions)
    return context.render(
        "web/meetings/show.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "overview", formats.language),
        moved=find_deadline_change(context.session, meeting_row),
        readiness=load_readiness(context, meeting_row, sessions),
        items=items,
        begins={
            item.item_id: formats.format_short_instant(item.hour, meeting_row.zone, weekday=True)
            for load in loads
            for item in load.items
            if item.hour
        },
        counts=agenda_releases.count_documents_by_item(context.session, context.actor, meeting_row),
        ordinal=format_meeting_ordinal(meeting_row.number, formats),
        dates=build_meeting_date_list(meeting_row, formats),
        timeline=build_meeting_timeline(meeting_row, sessions, formats),
        due_on=get_deadline_day(meeting_row),
        sessions=build_session_gauges(loads, meeting_row, formats.language),
        registered=load_registered_chart(context, meeting_row),
        practical=localize_title(meeting_row.practical, formats.language),
        before=list_circulated_drafts(context.session, context.actor, formats, meeting_row),
        moves=rules.list_open_moves(context.actor, meeting_row),
        docket=docket,
        docket_button=BUTTONS.get((docket.row.life, docket.row.permission.name))
        if docket and docket.row.permission
        else None,
        may_join=bool(meeting_row.remote_link)
        and participants.can_join_remotely(context.session, context.actor, meeting_row),
        may_register=REGISTER.allows(context.actor, build_delegation(meeting_row, context.actor.entity)),
        may_see_letters=SEE_LETTERS.allows(context.actor, meeting_row),
        letter=is_pdf_available() and meeting_row.life != MeetingLife.CANCELLED,
    )


@router.get("/meetings/{meeting}/edit", dependencies=[Depends(SignedInGuard(rules.CHANGE))])
def show_meeting_form(context: ReadContext, meeting: UUID) -> Response:
    """Show the form of a meeting."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    rules.CHANGE.require(context.actor, meeting_row)
    body = context.session.get_one(Body, meeting_row.body_id)
    typed = list_form_fields(meeting_row, body, context.language)
    return render_meeting_form(context, body, meeting_row, ParsedForm(typed, None, {}))


@router.post("/meetings/{meeting}/edit", dependencies=[Depends(SignedInGuard(rules.CHANGE))])
def change_meeting(
    context: WriteContext, meeting: UUID, form: Annotated[MeetingForm, Form()], version: VersionField = 0
) -> Response:
    """Save the form of a meeting."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    rules.CHANGE.require(context.actor, meeting_row)
    body, language = context.session.get_one(Body, meeting_row.body_id), context.language

    def change(value: NewMeeting) -> None:
        life_cycle.change_meeting(context.session, context.actor, meeting_row, value, language, version=version)
        late_submissions.recheck_late_contributions(context.session, context.actor, meeting_row)

    return submit_form(
        context,
        NewMeeting,
        form.typed | list_unchangeable_fields(meeting_row, body, language),
        action=change,
        render=partial(render_meeting_form, context, body, meeting_row),
        done=f"/meetings/{meeting_row.id}?done=saved",
        refusals=(Conflict,),
        refusal_at="closes_on",
    )
