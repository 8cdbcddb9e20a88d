"""Creates the people of the demo and gives them their seats, as an operator and two secretaries do."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select

from app.core import clock
from app.demo.builder import StoryBuilder
from app.demo.cast import CAST, DemoPerson
from app.demo.extras import (
    FURTHER_DELEGATES,
    FURTHER_STAFF,
    LINE_FOCAL_POINTS,
    PARENT_SEATS,
    STAFF_OFFICES,
    STUDY_GROUP_SEATS,
)
from app.domain.bodies.actions import roster_import, seats
from app.domain.bodies.inputs import NewAppointment
from app.domain.bodies.models import Body
from app.domain.identity.actions import sessions
from app.domain.identity.models.claims import Claims, MembershipCategory
from app.domain.identity.models.tables import Person
from app.domain.line_focal_points.actions import confirm_focal_point, propose_focal_point
from app.domain.line_focal_points.inputs import NewLineFocalPoint
from app.domain.mandates.queries import get_action_line

TERM = timedelta(days=730)
PLAYERS = {player.key: player for player in (*CAST, *FURTHER_DELEGATES, *FURTHER_STAFF)}


def create_people(builder: StoryBuilder) -> None:
    """Create all people, and grant them their seats."""
    for player in PLAYERS.values():
        builder.people[player.key] = sessions.save_person_from_claims(builder.session, _claims(builder, player)).id
    held = [(player, "cwg-internet", player.capacity) for player in PLAYERS.values() if player.capacity]
    held += [(PLAYERS[key], "wg-wsis", capacity) for key, capacity in PARENT_SEATS]
    held += [(PLAYERS[key], "sg3", capacity) for key, capacity in STUDY_GROUP_SEATS]
    entries = [_entry(builder, player, body, capacity) for player, body, capacity in held]
    roster_import.import_roster(builder.session, roster_import.parse_roster(entries))
    body = builder.session.scalars(select(Body).where(Body.code == "cwg-internet")).one()
    for key, office in STAFF_OFFICES:
        appoint_officer(builder, body, key, office, by="ines", confirmed_by="daniel")
    _name_focal_points_of_lines(builder)


def appoint_officer(builder: StoryBuilder, body: Body, key: str, office: str, *, by: str, confirmed_by: str) -> None:
    """Appoint a person to an office: one secretary proposes, another confirms."""
    today, session = clock.now().date(), builder.session
    new = NewAppointment(person=builder.people[key], office=office, from_on=today, until_on=today + TERM)
    with builder.act_as(by) as secretary:
        appointment = seats.propose_office(session, secretary, body, session.get_one(Person, new.person), new)
    with builder.act_as(confirmed_by) as secretary:
        seats.confirm_office(session, secretary, appointment)


def _name_focal_points_of_lines(builder: StoryBuilder) -> None:
    """Name the focal points of action lines: one secretary proposes them, another confirms."""
    today = clock.now().date()
    for line, key in LINE_FOCAL_POINTS:
        new = NewLineFocalPoint(person=builder.people[key], from_on=today, until_on=today + TERM)
        with builder.act_as("ines") as secretary:
            term = propose_focal_point(builder.session, secretary, get_action_line(builder.session, line), new)
        with builder.act_as("daniel") as secretary:
            confirm_focal_point(builder.session, secretary, term)


def _claims(builder: StoryBuilder, player: DemoPerson) -> Claims:
    return Claims(
        issuer=builder.issuer,
        subject=player.subject,
        name=player.name,
        email=player.email,
        locale=player.locale,
        membership=MembershipCategory(player.membership),
        entity=player.entity,
        entity_name=player.entity_name,
        roles=frozenset(player.roles),
    )


def _entry(builder: StoryBuilder, player: DemoPerson, body: str, capacity: str) -> Mapping[str, str]:
    return {
        "iss": builder.issuer,
        "sub": player.subject,
        "name": player.name,
        "email": player.email,
        "membership": player.membership,
        "entity": player.entity,
        "body": body,
        "capacity": capacity,
    }
