"""The home page (sign-in page, dashboard, or help for people without a seat) and the account page."""

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Select

from app.asgi.actors import Asks, MaybeSignedIn, SignedIn
from app.asgi.formats import Formats
from app.asgi.guards import Anyone
from app.asgi.house import House, Reading, TheHouse
from app.asgi.words import MEMBERSHIPS, ROLES
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.domain.bodies import queries as bodies
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.contributions import queries as contributions
from app.domain.contributions.models import Contribution
from app.domain.documents import due
from app.domain.identity import people
from app.domain.identity.claims import Membership
from app.domain.identity.models import Person
from app.domain.identity.rules import SEE_OWN_DESK
from app.domain.meetings import queries as meetings
from app.web import desk, standing

router = APIRouter()

FIRST = 10  # rows of each list on the dashboard
FROM_A_STATE = (Membership.MEMBER_STATE, Membership.RES99)
MEMBERS = (Membership.SECTOR_MEMBER, Membership.ASSOCIATE, Membership.ACADEMIA)


@router.get("/", name="home", dependencies=[Depends(Anyone())])
def home(actor: MaybeSignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the sign-in page, the dashboard, or, to a person without a seat, whom to ask for one."""
    if actor is None:
        return house.pages.show(request, "web/home/signed_out.html", read_url=house.settings.read_url)
    if not actor.bodies():
        return _render_page_without_seat(actor, session, house, request)
    return _render_dashboard(actor, session, house, request)


def _render_dashboard(actor: Actor, session: ReadSession, house: House, request: Request) -> Response:
    """Render the dashboard of a person with at least one seat."""
    formats = Formats(house.pages.language(request))
    convened = standing.by_id(meetings.listed(session, actor))
    upcoming = desk.upcoming(actor, convened, formats)
    serves = bool(actor.bodies(Office.SECRETARY))

    def first_of(chosen: Select[Contribution]) -> tuple[list[standing.Line], int]:
        rows = contributions.listed(session, chosen, limit=FIRST)
        return standing.lines(rows, convened, actor.entity, formats.language), contributions.how_many(session, chosen)

    return house.pages.show(
        request,
        "web/home/desk.html",
        heading=_heading(actor, request),
        now=clock.now(),
        waiting=desk.waiting(session, actor, convened, formats),
        own=first_of(contributions.of_own_state(actor)) if actor.bodies(*DELEGATES) else None,
        queue=first_of(contributions.to_register(actor)) if serves else None,
        late=contributions.how_many(session, contributions.late_ones(actor, Office.SECRETARY)) if serves else 0,
        upcoming=upcoming,
        moved=desk.deadlines_moved(session, convened, formats),
        due=sum(count for count, _ in due.by_language(session, actor).values()) if serves else 0,
        acts_for=request.state.reader.acts_for,
    )


def _heading(actor: Actor, request: Request) -> Text:
    if actor.bodies(Office.SECRETARY):
        return say("Desk of the secretariat")
    if actor.bodies(*CHAIRS) and not actor.bodies(*DELEGATES):
        return say("Desk of the chair")
    return say("Desk of %(entity)s", entity=request.state.reader.acts_for)


def _render_page_without_seat(actor: Actor, session: ReadSession, house: House, request: Request) -> Response:
    """Render whom to ask for a seat: the focal points of the person's own State or member, otherwise the
    secretariat."""
    known = bodies.focal_points(session, actor.entity, clock.now().date()) if actor.entity else []
    return house.pages.show(
        request,
        "web/home/without_a_seat.html",
        kind=_visitor_kind(actor),
        entity=request.state.reader.acts_for,
        focal_points=sorted({(row.name, row.email) for row in known}),
        read_url=house.settings.read_url,
    )


def _visitor_kind(actor: Actor) -> str:
    """Return which text the page without a seat shows: "state", "member", "staff" or "external"."""
    if actor.category in FROM_A_STATE:
        return "state"
    if actor.category in MEMBERS:
        return "member"
    return "staff" if actor.category == Membership.ITU_STAFF else "external"


@router.get("/account", name="account", dependencies=[Depends(Asks(SEE_OWN_DESK))])
def account(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the person's own profile, sign-in claims, seats, calendar address and open sessions."""
    SEE_OWN_DESK.require(actor, None)
    person = session.get_one(Person, actor.person)
    return house.pages.show(
        request,
        "web/home/account.html",
        person=person,
        membership=MEMBERSHIPS[person.membership],
        entity=request.state.reader.acts_for,
        seats=[
            (ROLES[row.role], row.prefix, row.until_on) for row in bodies.own_terms(session, actor, clock.now().date())
        ],
        sessions=people.living(session, actor.person, house.limits),
        this_session=request.state.user_session,
        sends_letters=house.settings.sends_letters,
        calendar_made_at=people.calendar_made_at(session, actor.person),
    )
