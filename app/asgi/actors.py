"""Authentication of the portal: from the cookie to the session, the person, and the seats they hold at this moment."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from app.asgi.forms import form_token, genuine
from app.asgi.house import House, Reading, TheHouse, the_house
from app.asgi.words import ROLES
from app.core import clock
from app.core.access import Actor, Permission
from app.core.db import ReadSession, act_for, transaction
from app.core.errors import Expired
from app.core.i18n import Text, say
from app.domain import member_states
from app.domain.bodies import queries as bodies
from app.domain.bodies.models import Office
from app.domain.bodies.rules import SEE_PEOPLE, Place
from app.domain.identity import people
from app.domain.identity.claims import Membership
from app.domain.identity.models import Person, UserSession

COOKIE = "cwg_portal"
TOUCH_AFTER = 60  # the session row is not updated on every request
# Highest first: the role that the masthead shows next to the State.
PRECEDENCE = ("chair", "vice_chair", "secretary", "head_of_delegation", "delegate", "focal_point")


class EntityName(Text):
    """Name of a member: a State's in the language of the page, any other member's own name."""

    def into(self, language: str) -> str:
        if member_states.is_known(self.message):
            return member_states.name(self.message, language)
        return str(self.values.get("otherwise", self.message))


@dataclass(frozen=True, slots=True)
class Visitor:
    """The signed-in person as the masthead shows them."""

    name: str
    acts_for: Text
    capacity: Text | None
    locale: str | None


def cookie_name(house: House) -> str:
    """Name of the session cookie, with the `__Host-` prefix over TLS (RFC 6265bis)."""
    return f"__Host-{COOKIE}" if house.settings.portal_url.startswith("https:") else COOKIE


def who_is_asking(request: Request, session: Reading, house: TheHouse) -> Actor | None:
    """FastAPI dependency: the actor of the session cookie with the seats held now; None without a live session.

    Sets the row security variable of the transaction, and what every page shows of the person.
    """
    secret = request.cookies.get(cookie_name(house))
    session_and_person = people.by_secret(session, secret, house.limits) if secret else None
    if session_and_person is None:
        return None
    user_session, person = session_and_person
    actor = bodies.seated(session, person)
    act_for(session, person.entity)
    _touch(house, user_session)
    _set_page_context(request, house, person, actor, user_session)
    return actor


def still_there(session: ReadSession, house: House, secret: str) -> Actor | None:
    """Find the actor of a session secret again during a long request; None if the session has ended meanwhile."""
    session_and_person = people.by_secret(session, secret, house.limits)
    return bodies.seated(session, session_and_person[1]) if session_and_person else None


async def recognise(request: Request) -> None:
    """Set the page context for a page without a guard, such as the 404 page."""
    portal = the_house(request)
    if cookie_name(portal) in request.cookies:
        async with portal.turns.taken(is_writer=False):
            await run_in_threadpool(_identify_visitor, request, portal)


def _identify_visitor(request: Request, portal: House) -> None:
    with transaction(portal.read) as session:
        who_is_asking(request, session, portal)


def _touch(portal: House, user_session: UserSession) -> None:
    """Note that the session was used, in a separate transaction: a GET request cannot write in its own."""
    if (clock.now() - user_session.seen_at).total_seconds() > TOUCH_AFTER:
        with transaction(portal.touch) as session:
            people.touch(session, user_session.id)


def _set_page_context(request: Request, portal: House, person: Person, actor: Actor, user_session: UserSession) -> None:
    """Set on `request.state` what every page shows of the person."""
    roles = {seat.role for seat in actor.seats}
    role = next((role for role in PRECEDENCE if role in roles), next(iter(sorted(roles)), None))
    is_staff = person.membership == Membership.ITU_STAFF  # the code ITU is short enough for its own staff
    entity_name = EntityName(person.entity, {"otherwise": (not is_staff and person.entity_name) or person.entity})
    request.state.reader = Visitor(person.name, entity_name, ROLES.get(role or ""), person.locale)
    request.state.form_token = form_token(portal.settings.session_secret.get_secret_value(), person.id)
    request.state.menu = menu(request.url.path, actor)
    request.state.user_session = user_session.id
    request.state.came_last_at = user_session.came_last_at


def menu(path: str, actor: Actor) -> list[tuple[str, Text, bool]]:
    """Build the main menu as (href, label, is current): only entries that this person can open."""
    entries = [("/", say("Desk"))]
    if actor.bodies():
        entries.append(("/meetings", say("Meetings")))
    entries += [("/documents", say("Documents")), ("/topics", say("Topics"))]
    if actor.bodies():
        entries += [("/outputs", say("Outputs")), ("/record", say("Record"))]
    if any(SEE_PEOPLE.allows(actor, Place(body, actor.entity)) for body in actor.bodies()):
        entries.append(("/people", say("People")))
    if actor.bodies(Office.SECRETARY):
        entries.append(("/states", say("Member States")))
    return [(href, label, path == href or (href != "/" and path.startswith(href + "/"))) for href, label in entries]


MaybeSignedIn = Annotated[Actor | None, Depends(who_is_asking)]


async def insist(actor: MaybeSignedIn) -> Actor:
    """FastAPI dependency: the signed-in actor. Raises Unauthenticated if nobody is signed in."""
    if actor is None:
        raise not_signed_in()
    return actor


def not_signed_in() -> Expired:
    """Build the error for a request without a live session."""
    return Expired(say("You are not signed in, or your session has ended. Sign in, then go on from here."))


async def signed_in(request: Request, house: TheHouse, actor: Annotated[Actor, Depends(insist)]) -> Actor:
    """FastAPI dependency: the signed-in actor, after the CSRF check. Raises Unauthenticated, Forbidden."""
    secret = house.settings.session_secret.get_secret_value()
    await genuine(request, origin=house.settings.portal_url, secret=secret, person=actor.person)
    return actor


SignedIn = Annotated[Actor, Depends(signed_in)]


class Asks:
    """Guard of the portal: requires a signed-in person and declares the permission of the route.

    The guard does not check the permission; the action or query behind the route does. The rights matrix is generated
    from the declarations, and its test compares every route with them.
    """

    def __init__(self, permission: Permission[Any]) -> None:
        self.permission = permission

    async def __call__(self, actor: SignedIn) -> Actor:
        return actor
