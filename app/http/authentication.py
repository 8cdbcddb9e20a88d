"""Authentication of the portal: from the cookie to the session, the person, and the seats they hold at this moment."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from app.core import clock
from app.core.db import ReadSession, transaction
from app.core.errors import Unauthenticated, Unavailable
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission
from app.domain import member_states
from app.domain.bodies.models import UNIT_OFFICES, Office
from app.domain.bodies.queries.signed_in_people import SignedInPerson, find_signed_in_person
from app.domain.bodies.rules import SEE_PEOPLE, EntityInBody
from app.domain.identity.actions import sessions
from app.domain.identity.models.claims import MembershipCategory
from app.domain.identity.models.tables import UserSession
from app.http.csrf import create_form_token, verify_csrf
from app.http.labels import ROLE_LABELS, join_texts
from app.http.portal_state import PortalState, RequestReadSession, get_portal_state
from app.http.reader_zones import ZONE_COOKIE, find_reader_zone
from app.http.recent_sign_in import LastAuthentication, RecentSignInRequired

SESSION_COOKIE = "cwg_portal"
TOUCH_AFTER_SECONDS = 60  # the session row is not updated on every request
MOST_GROUPS_NAMED = 2  # in the masthead and the titles of pages
MENU_ENTRY_OF_SECTION = {
    "/silence": "/outputs",
    "/deliveries": "/outputs",
    "/liaisons": "/outputs",
    "/sent-liaisons": "/outputs",
    "/reporting-duties": "/outputs",
    "/expected-reports": "/outputs",
    "/organizations": "/states",
    "/mandates": "/topics",
    "/action-lines": "/topics",
}
"""The entry of the main menu for the first part of an address that is none itself, for this person."""
RECEIVING_ROLES = (*UNIT_OFFICES, Office.SECRETARY)
"""Roles to which released texts are delivered, or which deliver them."""
# Highest first: the role that the masthead shows next to the State.
ROLE_PRECEDENCE = ("chair", "vice_chair", "secretary", "head_of_delegation", "delegate", "focal_point")


EntityName = member_states.EntityName


@dataclass(frozen=True, slots=True)
class MastheadVisitor:
    """The signed-in person as the masthead shows them; `groups` are the prefixes of their one or two groups."""

    name: str
    acts_for: LazyText
    capacity: LazyText | None
    locale: str | None
    groups: str = ""


def session_cookie_name(portal: PortalState) -> str:
    """Name of the session cookie."""
    return portal.cookie_name(SESSION_COOKIE)


def current_actor(request: Request, session: RequestReadSession) -> Actor | None:
    """FastAPI dependency: the actor of the session cookie with the seats held now; None without a live session.

    Sets for whom the database lets the transaction read, and what every page shows of the person.
    """
    portal = get_portal_state(request)
    secret = request.cookies.get(session_cookie_name(portal))
    signed_in = find_signed_in_person(session, secret, portal.session_limits) if secret else None
    if signed_in is None:
        return None
    _touch(portal, signed_in.user_session)
    _set_page_context(request, portal, signed_in)
    request.state.session = session
    return signed_in.actor


def find_actor_by_secret(session: ReadSession, portal: PortalState, secret: str) -> Actor | None:
    """Find the actor of a session secret again during a long request; None if the session has ended meanwhile."""
    signed_in = find_signed_in_person(session, secret, portal.session_limits)
    return signed_in.actor if signed_in else None


async def set_unguarded_page_context(request: Request) -> None:
    """Set the page context for a page without a guard, such as the 404 page. Without the database it names no one."""
    portal = get_portal_state(request)
    if session_cookie_name(portal) in request.cookies:
        with suppress(Unavailable):
            async with portal.limiter.acquire_slot(is_writer=False):
                await run_in_threadpool(_set_context_of_actor, request, portal)


def _set_context_of_actor(request: Request, portal: PortalState) -> None:
    with transaction(portal.read_sessions) as session:
        current_actor(request, session)


def _touch(portal: PortalState, user_session: UserSession) -> None:
    """Note that the session was used, in a separate transaction: a GET request cannot write in its own."""
    if (clock.now() - user_session.seen_at).total_seconds() > TOUCH_AFTER_SECONDS:
        with transaction(portal.touch_sessions) as session:
            sessions.touch_session(session, user_session.id)


def build_capacity(actor: Actor) -> LazyText | None:
    """Return the first role of a person in each body, without repetition: who chairs one body may be vice-chair of
    another."""
    by_body: dict[UUID | None, set[str]] = {}
    for seat in actor.seats:
        by_body.setdefault(seat.body, set()).add(seat.role)
    order = [*ROLE_PRECEDENCE, *sorted({seat.role for seat in actor.seats}.difference(ROLE_PRECEDENCE))]
    first = {next(role for role in order if role in roles) for roles in by_body.values()}
    labels = [ROLE_LABELS[role] for role in order if role in first and role in ROLE_LABELS]
    return join_texts(labels) if labels else None


def _name_groups(prefixes: Sequence[str]) -> str:
    """Return the prefixes of the groups of a person where there is room for them; empty for more than two."""
    return " · ".join(prefixes) if len(prefixes) <= MOST_GROUPS_NAMED else ""


def _set_page_context(request: Request, portal: PortalState, signed_in: SignedInPerson) -> None:
    """Set on `request.state` what every page shows of the person."""
    person, actor, user_session = signed_in.person, signed_in.actor, signed_in.user_session
    is_staff = person.membership == MembershipCategory.ITU_STAFF  # the code ITU is short enough for its own staff
    entity_name = EntityName(person.entity, {"otherwise": (not is_staff and person.entity_name) or person.entity})
    capacity, groups = build_capacity(actor), _name_groups(signed_in.prefixes)
    request.state.reader = MastheadVisitor(person.name, entity_name, capacity, person.locale, groups)
    request.state.form_token = create_form_token(portal.settings.session_secret.get_secret_value(), person.id)
    request.state.menu = build_menu(request.url.path, actor)
    request.state.person = person.id
    request.state.user_session = user_session.id
    request.state.last_authentication = LastAuthentication(user_session.authenticated_at, user_session.acr)
    request.state.came_last_at = user_session.came_last_at
    request.state.reader_zone = find_reader_zone(
        chosen=person.zone, browser=request.cookies.get(portal.cookie_name(ZONE_COOKIE)), entity=person.entity
    )


def build_menu(path: str, actor: Actor) -> list[tuple[str, LazyText, bool]]:
    """Build the main menu as (href, label, is current): only entries that this person can open."""
    entries = [("/", _("Desk"))]
    if actor.bodies_with_role():
        entries.append(("/meetings", _("Meetings")))
    entries += [("/documents", _("Documents")), ("/topics", _("Topics"))]
    if actor.bodies_with_role():
        entries += [("/outputs", _("Outputs")), ("/record", _("Activity log"))]
    if any(actor.has_role(None, office) for office in UNIT_OFFICES):  # others find it on the page of outputs
        entries.append(("/deliveries", _("Deliveries")))
    if any(SEE_PEOPLE.allows(actor, EntityInBody(body, actor.entity)) for body in actor.bodies_with_role()):
        entries.append(("/people", _("People")))
    if actor.bodies_with_role(Office.SECRETARY):
        entries.append(("/states", _("Member States")))
    section = "/" + path.split("/")[1]
    is_entry = any(href == section for href, _label in entries)
    current = section if is_entry else MENU_ENTRY_OF_SECTION.get(section, section)
    return [(href, label, href == current) for href, label in entries]


OptionalActor = Annotated[Actor | None, Depends(current_actor)]


def not_signed_in_error() -> Unauthenticated:
    """Build the error for a request without a live session."""
    return Unauthenticated(_("You are not signed in, or your session has ended. Sign in to continue from here."))


async def require_signed_in_actor(request: Request, actor: OptionalActor) -> Actor:
    """FastAPI dependency: the signed-in actor, after the CSRF check; kept for the context of the request. Raises
    Unauthenticated, Forbidden."""
    if actor is None:
        raise not_signed_in_error()
    portal = get_portal_state(request)
    secret = portal.settings.session_secret.get_secret_value()
    await verify_csrf(request, origin=portal.settings.portal_url, secret=secret, person=actor.person)
    request.state.actor = actor
    return actor


SignedInActor = Annotated[Actor, Depends(require_signed_in_actor)]


class SignedInGuard:
    """Guard of the portal: requires a signed-in person and declares the permission of the route.

    The guard does not check the permission; the action or query behind the route does. The rights matrix is generated
    from the declarations, and its test compares every route with them. If the permission needs a recent sign-in, the
    guard requires it, before anything is looked up: so no route can forget it, and the answer tells nothing.
    """

    def __init__(self, permission: Permission[Any]) -> None:
        self.permission = permission

    async def __call__(self, request: Request, actor: SignedInActor) -> Actor:
        """Return the actor. Raises RecentSignInRequired."""
        if self.permission.needs_recent_sign_in:
            policy = get_portal_state(request).recent_sign_in_policy
            if not policy.accepts(request.state.last_authentication):
                raise RecentSignInRequired(self.permission.label)
        return actor
