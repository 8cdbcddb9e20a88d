"""Who is calling: from the cookie to the session, to the person, and to the seats they hold at this moment."""

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
TOUCH_AFTER = 60  # seconds; a session is not written to on every request
# The highest first: what stands beside the State in the masthead.
PRECEDENCE = ("chair", "vice_chair", "secretary", "head_of_delegation", "delegate", "focal_point")


class EntityName(Text):
    """The name of a State in the language of the page; of any other member, the name it gives itself."""

    def into(self, language: str) -> str:
        if member_states.is_known(self.message):
            return member_states.name(self.message, language)
        return str(self.values.get("otherwise", self.message))


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person in the masthead."""

    name: str
    acts_for: Text
    capacity: Text | None
    locale: str | None


def cookie_name(house: House) -> str:
    """Bound to the host where TLS lets us (RFC 6265bis, `__Host-`)."""
    return f"__Host-{COOKIE}" if house.settings.portal_url.startswith("https:") else COOKIE


def who_is_asking(request: Request, session: Reading, house: TheHouse) -> Actor | None:
    """The person behind the cookie with the seats they hold now; None if there is no living session."""
    secret = request.cookies.get(cookie_name(house))
    found = people.by_secret(session, secret, house.limits) if secret else None
    if found is None:
        return None
    user_session, person = found
    actor = bodies.seated(session, person)
    act_for(session, person.entity)
    _touch(house, user_session)
    _furnish(request, house, person, actor, user_session)
    return actor


def still_there(session: ReadSession, house: House, secret: str) -> Actor | None:
    """Whoever began something long with this secret, as they stand now; None if their session has ended meanwhile."""
    found = people.by_secret(session, secret, house.limits)
    return bodies.seated(session, found[1]) if found else None


async def recognise(request: Request) -> None:
    """Furnish a page that no guard stands before, such as that there is no such page."""
    house = the_house(request)
    if cookie_name(house) in request.cookies:
        async with house.turns.taken(is_writer=False):
            await run_in_threadpool(_recognised, request, house)


def _recognised(request: Request, house: House) -> None:
    with transaction(house.read) as session:
        who_is_asking(request, session, house)


def _touch(house: House, user_session: UserSession) -> None:
    """In a transaction of its own: this request may be a GET, which cannot write."""
    if (clock.now() - user_session.seen_at).total_seconds() > TOUCH_AFTER:
        with transaction(house.touch) as session:
            people.touch(session, user_session.id)


def _furnish(request: Request, house: House, person: Person, actor: Actor, user_session: UserSession) -> None:
    """What every page shows of the person."""
    held = {seat.role for seat in actor.seats}
    role = next((role for role in PRECEDENCE if role in held), next(iter(sorted(held)), None))
    of_staff = person.membership == Membership.ITU_STAFF  # the organization's own code says it in the fewest letters
    named = EntityName(person.entity, {"otherwise": (not of_staff and person.entity_name) or person.entity})
    request.state.reader = Visitor(person.name, named, ROLES.get(role or ""), person.locale)
    request.state.form_token = form_token(house.settings.session_secret.get_secret_value(), person.id)
    request.state.menu = menu(request.url.path, actor)
    request.state.user_session = user_session.id
    request.state.came_last_at = user_session.came_last_at


def menu(path: str, actor: Actor) -> list[tuple[str, Text, bool]]:
    """The main menu: only what leads somewhere for this person."""
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
    return [(href, words, path == href or (href != "/" and path.startswith(href + "/"))) for href, words in entries]


MaybeSignedIn = Annotated[Actor | None, Depends(who_is_asking)]


async def insist(actor: MaybeSignedIn) -> Actor:
    """Somebody has to be signed in. Raises Expired."""
    if actor is None:
        raise not_signed_in()
    return actor


def not_signed_in() -> Expired:
    return Expired(say("You are not signed in, or your session has ended. Sign in, then go on from here."))


async def signed_in(request: Request, house: TheHouse, actor: Annotated[Actor, Depends(insist)]) -> Actor:
    """Somebody is signed in, and what changes something came from a form made for them. Raises Expired, Forbidden."""
    secret = house.settings.session_secret.get_secret_value()
    await genuine(request, origin=house.settings.portal_url, secret=secret, person=actor.person)
    return actor


SignedIn = Annotated[Actor, Depends(signed_in)]


class Asks:
    """The guard of the portal: needs somebody who is signed in. The verb or query behind asks this permission of them.

    The declaration is what the matrix of rights is generated from, and that test holds the route to it.
    """

    def __init__(self, permission: Permission[Any]) -> None:
        self.permission = permission

    async def __call__(self, actor: SignedIn) -> Actor:
        return actor
