"""Badges of the participants of a meeting: choosing whose, a sheet to print, and one's own."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import Field

from app.core.errors import BadRequest, DomainError, NotFound
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.participants import queries, rules
from app.domain.participants.actions import badges
from app.domain.participants.inputs import BadgeChoice
from app.http.authentication import SignedInGuard
from app.http.page_context import COSTLY_TURN, ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm
from app.web.views.meetings.badges import build_badge_sheet, format_sheet_instant, list_made_sheets
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.meetings.participants import group_by_delegation

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("selected"))])

MAKE_GUARDS = [Depends(SignedInGuard(rules.MAKE_BADGES))]


class BadgeForm(TypedForm):
    """The fields of the choice of badges; the button that was pressed says which."""

    which: str = ""
    selected: list[str] = Field(default_factory=list)


@router.get("/meetings/{meeting}/badges", dependencies=MAKE_GUARDS)
def show_badge_choice(context: ReadContext, meeting: UUID) -> Response:
    """Show the participants with their badges, the sheets that were made, and the choice of those to make."""
    return _render_choice(context, _get_meeting(context, meeting), ParsedForm(BadgeForm().typed, None, {}))


@router.post("/meetings/{meeting}/badges", dependencies=MAKE_GUARDS)
def make_badges(context: WriteContext, meeting: UUID, form: Annotated[BadgeForm, Form()]) -> Response:
    """Make a sheet of the badges that were chosen."""
    meeting_row = _get_meeting(context, meeting)
    return submit_form(
        context,
        BadgeChoice,
        form.typed,
        action=lambda choice: badges.make_badges(context.session, context.actor, meeting_row, choice),
        render=partial(_render_choice, context, meeting_row),
        done=lambda made_at: f"/meetings/{meeting_row.id}/badges/{format_sheet_instant(made_at)}",
        refusals=(BadRequest,),
        refusal_at="selected",
        whole_form_errors_at="selected",
    )


@router.get("/meetings/{meeting}/badges/{made}", dependencies=[*MAKE_GUARDS, COSTLY_TURN])
def show_badge_sheet(context: ReadContext, meeting: UUID, made: str) -> Response:
    """Show the badges that were put on a sheet at this instant, to be printed. Raises NotFound if there are none."""
    meeting_row = _get_meeting(context, meeting)
    participants = [
        each
        for each in queries.list_participants(context.session, context.actor, meeting_row)
        if each.wears_badge and each.badge_made_at and format_sheet_instant(each.badge_made_at) == made
    ]
    if not participants:
        raise NotFound()
    sheet = build_badge_sheet(context, meeting_row, participants)
    back = f"/meetings/{meeting_row.id}/badges"
    return context.render("web/participants/badge_sheet.html", sheet=sheet, count=len(participants), back=back)


@router.get("/participants/{participant}/badge", dependencies=[Depends(SignedInGuard(rules.SEE_BADGE))])
def show_badge(context: ReadContext, participant: UUID) -> Response:
    """Show the badge of one participant, to be printed: to that person, and to the secretariat. Raises NotFound for a
    remote participant, who has none."""
    row = queries.get_visible_participant(context.session, context.actor, participant)
    meeting = meetings.get_visible_meeting(context.session, context.actor, row.meeting_id)
    rules.SEE_BADGE.require(context.actor, rules.BadgeRuleSubject(meeting.body_id, row.person_id))
    if not row.wears_badge:
        raise NotFound()
    sheet = build_badge_sheet(context, meeting, [row])
    back = f"/meetings/{meeting.id}/participants"
    return context.render("web/participants/badge_sheet.html", sheet=sheet, count=1, back=back)


def _get_meeting(context: ReadContext, meeting: UUID) -> Meeting:
    """Return a meeting of which the actor may make badges. Raises NotFound, Forbidden."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.MAKE_BADGES.require(context.actor, meeting_row)
    return meeting_row


def _render_choice(
    context: ReadContext, meeting: Meeting, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    participants = queries.list_participants(context.session, context.actor, meeting)
    on_site = [each for each in participants if each.wears_badge]
    return context.render(
        "web/participants/badges.html",
        status=get_form_http_status(entry, refusal),
        frame=build_meeting_frame(context.session, context.actor, meeting, "participants", context.language),
        groups=group_by_delegation(context.actor, meeting, on_site),
        made_sheets=list_made_sheets(on_site),
        without=sum(each.badge_made_at is None for each in on_site),
        count=len(on_site),
        remote=len(participants) - len(on_site),
        selected=entry.typed["selected"],
        errors=entry.errors,
    )
