"""The command `roster`: imports a list of people, prints an example of one, and lists who has no seat yet."""

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import cast

from sqlalchemy import select

from app.core import clock
from app.core.db import (
    ReadSession,
    create_database_engine,
    read_session_factory,
    transaction,
    write_session_factory,
)
from app.domain.bodies.actions import roster_import as rosters
from app.domain.bodies.queries.seats import list_seats
from app.domain.identity.models.tables import Person
from app.server.database_urls import with_embedded_database_if_unset
from app.settings import Settings
from app.worker.subscriptions import queue_jobs

EXAMPLE_ISSUER = "https://idp.example.org/realms/itu"
EXAMPLE_ENTRIES = (
    {
        "sub": "the subject of the first secretary",
        "name": "First Secretary",
        "email": "secretary@example.org",
        "membership": "itu_staff",
        "entity": "ITU",
        "entity_name": "International Telecommunication Union",
        "locale": "fr",
        "body": "cwg-internet",
        "capacity": "secretary",
    },
    {
        "sub": "the subject of a focal point",
        "name": "Focal Point",
        "email": "focal.point@example.org",
        "membership": "member_state",
        "entity": "KEN",
        "entity_name": "Kenya",
        "locale": "en",
        "body": "cwg-internet",
        "capacity": "focal_point",
    },
    {
        "sub": "the subject of somebody in a Bureau",
        "name": "Officer",
        "email": "officer@example.org",
        "membership": "itu_staff",
        "entity": "TSB",
        "entity_name": "Telecommunication Standardization Bureau",
        "capacity": "tsb",
    },
)
"""One entry for each kind of seat: an office of a body, an accreditation, an office of the staff of ITU."""


def run_roster(settings: Settings, args: Namespace) -> int:
    """Import the file, or print what was asked for instead."""
    if args.example:
        return print_example(settings)
    if args.unseated:
        return print_people_without_seat(settings)
    return import_roster(settings, args.file)


def print_example(settings: Settings) -> int:
    """Print a list that can be imported once its people are real, with the issuer of the settings."""
    issuer = settings.oidc_issuer or EXAMPLE_ISSUER
    print(json.dumps([{"iss": issuer, **entry} for entry in EXAMPLE_ENTRIES], indent=2, ensure_ascii=False))
    return 0


def print_people_without_seat(settings: Settings) -> int:
    """Print who signed in and has no seat: entries of a list, without `capacity` and `body`, which are to be added."""
    with with_embedded_database_if_unset(settings, "database_url") as resolved:
        engine = create_database_engine(cast("str", resolved.database_url), pool_size=1, application_name="cwg-roster")
        try:
            with transaction(read_session_factory(engine)) as session:
                entries = [_build_entry(person) for person in list_people_without_seat(session)]
        finally:
            engine.dispose()
    print(json.dumps(entries, indent=2, ensure_ascii=False))
    if not entries:
        print("No one who signed in is without a seat. People are listed once they have signed in.", file=sys.stderr)
    return 0


def list_people_without_seat(session: ReadSession) -> list[Person]:
    """List the people who signed in and hold no seat today, those who signed in last first.

    People whom no body admits are among them.
    """
    today = clock.now().date()
    signed_in = select(Person).where(Person.signed_in_at.is_not(None)).order_by(Person.signed_in_at.desc())
    return [
        person
        for person in session.scalars(signed_in)
        if not list_seats(session, person.id, person.membership, person.entity, today)
    ]


def _build_entry(person: Person) -> dict[str, str]:
    """Return what a list says of a person."""
    return {
        "iss": person.issuer,
        "sub": person.subject,
        "name": person.name,
        "email": person.email,
        "membership": person.membership,
        "entity": person.entity,
        "entity_name": person.entity_name,
        "locale": person.locale,
    }


def import_roster(settings: Settings, path: Path) -> int:
    """Import a JSON list of people into the roster, all or none, and print one line for each."""
    try:
        entries = rosters.parse_roster(json.loads(path.read_bytes()))
        with with_embedded_database_if_unset(settings, "database_url") as resolved:
            imported = _import_entries(resolved, entries)
    except rosters.RosterError as refusal:
        print("Nothing was entered.", *refusal.faults, sep="\n", file=sys.stderr)
        return 1
    for entered in imported:
        print(_format_entered(entered))
    return 0


def _import_entries(settings: Settings, entries: list[rosters.RosterEntry]) -> list[rosters.RosterEntryResult]:
    """Import the entries in one transaction."""
    engine = create_database_engine(cast("str", settings.database_url), pool_size=1, application_name="cwg-roster")
    try:
        with transaction(write_session_factory(engine, {"react": queue_jobs})) as session:
            return rosters.import_roster(session, entries)
    finally:
        engine.dispose()


def _format_entered(entered: rosters.RosterEntryResult) -> str:
    """Format one imported entry as a line."""
    entry = entered.entry
    where = f" of {entry.body}" if entry.body else ""
    status = "new here" if entered.is_new_person else "known here"
    return f"{entry.name} ({status}): {entry.capacity}{where}, {'granted' if entered.is_granted else 'held already'}"
