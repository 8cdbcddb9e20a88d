"""The people of a body, narrowed and sorted by the address of the page."""

from collections.abc import Sequence

from sqlalchemy import Row

from app.domain import member_states
from app.domain.bodies.inputs import PeopleFilter
from app.domain.bodies.models import Accreditation
from app.domain.identity.models.tables import Person
from app.web.forms.term_fields import build_entity_name

PersonInBody = Row[Accreditation, Person]


def narrow_accreditations(rows: Sequence[PersonInBody], filters: PeopleFilter, language: str) -> list[PersonInBody]:
    """Keep the accreditations with this role, and those whose person, State or member has these words."""
    return [
        row
        for row in rows
        if (filters.role is None or row[0].capacity == filters.role)
        and (filters.words is None or matches_person(row[1], row[0].entity, filters.words, language))
    ]


def matches_person(person: Person, entity: str, words: str, language: str) -> bool:
    """Return whether the name of a person, or of whom they act for, has these words."""
    name = build_entity_name(entity, person.entity_name).translate(language)
    is_named = words.casefold() in f"{person.name}\n{name}".casefold()
    return is_named or entity in member_states.find_states(words, language)


def sort_accreditations(rows: Sequence[PersonInBody], sort: str) -> list[PersonInBody]:
    """Sort accreditations by the name of the person, or by the last day."""
    by_name = sorted(rows, key=lambda row: row[1].name.casefold())
    if sort.removeprefix("-") == "until":
        by_name.sort(key=lambda row: row[0].until_on)
    return by_name[::-1] if sort.startswith("-") else by_name
