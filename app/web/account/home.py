"""The home page (sign-in page, dashboard, or help for people without a seat) and the account page."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from babel.lists import format_list
from fastapi import APIRouter, Depends, Response
from sqlalchemy import Row

from app.core import clock
from app.core.clock import SEAT_ZONE
from app.core.db import count_rows
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import UNIT_OFFICES, Body, Capacity, Office
from app.domain.bodies.queries.bodies import list_bodies_with_role
from app.domain.bodies.queries.roster import list_focal_points
from app.domain.bodies.queries.seats import list_own_seats
from app.domain.bodies.rules import DELEGATES, SEE_STATE_DECISIONS, EntityInBody
from app.domain.contributions.queries import own_lists
from app.domain.identity import queries as identity
from app.domain.identity.models.claims import OTHER_MEMBERSHIPS, MembershipCategory
from app.domain.identity.models.tables import Person
from app.domain.identity.rules import SEE_OWN_DASHBOARD
from app.domain.line_focal_points.models import LineFocalPoint
from app.domain.line_focal_points.queries import list_lines_of_person
from app.domain.meetings import queries as meetings
from app.domain.monitoring.pending import AlarmConfiguration
from app.domain.pending_actions import list_pending_actions
from app.http.authentication import SignedInGuard
from app.http.labels import MEMBERSHIP_LABELS, ROLE_LABELS, join_texts
from app.http.page_context import OpenContext, ReadContext, SignedInRequestContext
from app.http.reader_zones import ZONE_SOURCE_LABELS
from app.http.route_guards import AllowAnyone
from app.web.views.account import dashboard, dashboard_meetings
from app.web.views.account.groups_to_join import list_groups_to_join
from app.web.views.account.new_documents import list_new_agendas, list_new_documents
from app.web.views.contributions import status
from app.web.views.contributions.queue_page import build_desk_queue
from app.web.views.record.last_hour import list_lines_of_last_hour
from app.web.views.statistics.desk import load_desk_statistics

router = APIRouter()

DASHBOARD_LIST_LIMIT = 10  # rows of each list on the dashboard
CHAIR_HEADINGS = (
    (Office.CHAIR, _("Chair of %(groups)s · %(entity)s")),
    (Office.VICE_CHAIR, _("Vice-chair of %(groups)s · %(entity)s")),
)
UNIT_LABELS = {office: ROLE_LABELS[office] for office in UNIT_OFFICES}
STATE_MEMBERSHIPS = (MembershipCategory.MEMBER_STATE, MembershipCategory.RES99)


@router.get("/", dependencies=[Depends(AllowAnyone())])
def show_home(context: OpenContext) -> Response:
    """Show the sign-in page, the dashboard, or, to a person without a seat, whom to ask for one."""
    if context.actor is None:
        return context.render("web/home/signed_out.html", read_url=context.portal.settings.read_url)
    signed_in = SignedInRequestContext(context.request, context.portal, context.session, context.actor)
    return _render_dashboard(signed_in) if context.actor.seats else _render_page_without_seat(signed_in)


def _render_dashboard(context: ReadContext) -> Response:
    """Render the dashboard of a person with at least one seat, or an office in a unit of ITU."""
    session, actor, formats = context.session, context.actor, context.localizer
    convened = status.index_meetings(meetings.list_meetings_with_bodies(session, actor))
    settings, came_last_at = context.portal.settings, context.request.state.came_last_at
    pending = list_pending_actions(
        session, actor, AlarmConfiguration(settings.alarm_thresholds, settings.witness_names)
    )
    is_secretary = bool(actor.bodies_with_role(Office.SECRETARY))
    preparing = load_desk_statistics(context, convened)
    is_delegate = bool(actor.bodies_with_role(*DELEGATES))
    upcoming = dashboard_meetings.list_upcoming_meetings(actor, convened, formats)
    return context.render(
        "web/home/office_desk.html" if is_secretary or preparing else "web/home/desk.html",
        heading=_heading(context),
        now=clock.now(),
        desk=dashboard.build_desk(pending, formats, came_last_at),
        own=_list_own_documents(context, convened) if is_delegate else None,
        preparing=preparing,
        queue=build_desk_queue(context, convened, DASHBOARD_LIST_LIMIT) if is_secretary else None,
        serves=is_secretary,
        last_lines=list_lines_of_last_hour(session, actor) if is_secretary else [],
        log_zone=SEAT_ZONE,
        deciding_for=_list_bodies_to_decide_for(context),
        new_documents=list_new_documents(context),
        new_agendas=[] if is_secretary else list_new_agendas(context, upcoming),
        upcoming=upcoming,
        drafting=dashboard_meetings.find_meeting_to_draft_for(upcoming) if is_delegate else None,
        moved=dashboard_meetings.list_moved_deadlines(session, convened),
        acts_for=context.request.state.reader.acts_for,
        focal_lines=_list_own_focal_lines(context),
    )


def _list_own_focal_lines(context: ReadContext) -> Sequence[LineFocalPoint]:
    """List the action lines for which the reader is the focal point; only officers of units are."""
    if not any(context.actor.has_role(None, office) for office in UNIT_OFFICES):
        return ()
    return list_lines_of_person(context.session, context.actor.person)


def _list_own_documents(
    context: ReadContext, convened: status.MeetingsById
) -> tuple[list[status.ContributionLine], int]:
    """List the latest contributions of the reader's State, and count all of them, if there are more."""
    session, actor = context.session, context.actor
    rows = own_lists.list_latest_documents_of_state(session, actor, DASHBOARD_LIST_LIMIT)
    lines = status.build_contribution_lines(session, actor, rows, convened, context.localizer)
    if len(rows) < DASHBOARD_LIST_LIMIT:
        return lines, len(rows)
    return lines, count_rows(session, own_lists.own_state_documents(actor))


def _list_bodies_to_decide_for(context: ReadContext) -> Sequence[Body]:
    """List the bodies in which the reader acts for a State, and sees how it decides."""
    actor = context.actor
    if not actor.bodies_with_role(*DELEGATES, Capacity.FOCAL_POINT):
        return []
    bodies = list_bodies_with_role(context.session, actor)
    return [body for body in bodies if SEE_STATE_DECISIONS.allows(actor, EntityInBody(body.id, actor.entity))]


def _heading(context: ReadContext) -> LazyText:
    """Return the title of the desk: by office, by unit of ITU, then by State."""
    actor, acts_for = context.actor, context.request.state.reader.acts_for
    if actor.bodies_with_role(Office.SECRETARY):
        return _("Desk of the secretariat")
    for office, title in CHAIR_HEADINGS:
        if actor.bodies_with_role(office):
            bodies = list_bodies_with_role(context.session, actor, office)
            groups = format_list([body.prefix for body in bodies], locale=context.localizer.locale)
            return replace(title, values={"groups": groups, "entity": acts_for})
    units = [label for office, label in UNIT_LABELS.items() if actor.has_role(None, office)]
    if units and not actor.bodies_with_role():
        return _("Desk: %(units)s", units=join_texts(units))
    return _("Desk of %(entity)s", entity=acts_for)


def _render_page_without_seat(context: ReadContext) -> Response:
    """Render whom to ask for a seat: the focal points of the person's own State or member, otherwise the
    secretariat."""
    known = _list_own_focal_points(context)
    return context.render(
        "web/home/without_a_seat.html",
        kind=_visitor_kind(context.actor),
        entity=context.request.state.reader.acts_for,
        focal_points=sorted({(row.name, row.email) for row in known}),
        groups=list_groups_to_join(context, known),
        read_url=context.portal.settings.read_url,
    )


def _list_own_focal_points(context: ReadContext) -> Sequence[Row[str, str, UUID]]:
    """List the focal points of the reader's own State or member, with their bodies."""
    entity = context.actor.entity
    return list_focal_points(context.session, entity, clock.now().date()) if entity else []


def _visitor_kind(actor: Actor) -> str:
    """Return which text the page without a seat shows: "state", "member", "staff" or "external"."""
    if actor.category in STATE_MEMBERSHIPS:
        return "state"
    if actor.category in OTHER_MEMBERSHIPS:
        return "member"
    return "staff" if actor.category == MembershipCategory.ITU_STAFF else "external"


@router.get("/account", dependencies=[Depends(SignedInGuard(SEE_OWN_DASHBOARD))])
def show_account(context: ReadContext) -> Response:
    """Show the person's own profile, sign-in claims, seats, groups to join, calendar address and open sessions."""
    SEE_OWN_DASHBOARD.require(context.actor, None)
    person = context.session.get_one(Person, context.actor.person)
    return context.render(
        "web/home/account.html",
        person=person,
        membership=MEMBERSHIP_LABELS[person.membership],
        entity=context.request.state.reader.acts_for,
        seats=[
            (ROLE_LABELS[row.role], row.prefix, row.until_on)
            for row in list_own_seats(context.session, context.actor, clock.now().date())
        ],
        groups=list_groups_to_join(context, _list_own_focal_points(context)),
        sessions=identity.list_live_sessions(context.session, context.actor.person, context.portal.session_limits),
        this_session=context.request.state.user_session,
        sends_letters=context.portal.settings.sends_mail,
        zone_source=ZONE_SOURCE_LABELS[context.request.state.reader_zone.source],
        calendar_made_at=identity.find_calendar_address_creation_time(context.session, context.actor.person),
    )
