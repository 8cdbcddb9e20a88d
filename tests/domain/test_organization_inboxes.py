"""The key and the inbox of an organization: entered by one secretary, confirmed by another, replaced, revoked."""

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.db import ReadSession, transaction
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound
from app.core.journal import JournalLine
from app.core.validation import ReasonInput
from app.domain.organization_inboxes import actions, queries
from app.domain.organization_inboxes.inputs import NewInbox
from app.domain.organization_inboxes.models import OrganizationInbox
from app.domain.organizations.actions import end_organization
from app.domain.organizations.inputs import OrganizationEnd
from app.domain.organizations.models import Organization
from app.domain.organizations.queries import get_organization
from tests.world import World

KEY, OTHER_KEY = (b64encode(text.encode().ljust(32, b".")).decode() for text in ("a key", "another key"))
ADDRESS = "https://inbox.example.org/liaisons"
BECAUSE = ReasonInput(reason="It was stolen.")


def propose(world: World, *, by: str = "ines", code: str = "IETF", key: str = KEY, address: str = ADDRESS) -> UUID:
    with world.acting(by) as (session, actor):
        new = NewInbox(public_key=key, address=address)
        return actions.propose_inbox(session, actor, session.get_one(Organization, code), new).id


def confirm(world: World, inbox: UUID, *, by: str = "daniel") -> None:
    with world.acting(by) as (session, actor):
        actions.confirm_inbox(session, actor, queries.get_inbox(session, actor, inbox))


def end(world: World, inbox: UUID, *, by: str = "ines", decline: bool = False) -> None:
    with world.acting(by) as (session, actor):
        row = queries.get_inbox(session, actor, inbox)
        (actions.decline_inbox if decline else actions.revoke_inbox)(session, actor, row, BECAUSE)


def in_force(world: World, code: str = "IETF") -> tuple[str, str] | None:
    with transaction(world.read) as session:
        found = queries.find_inbox_in_force(session, code)
        assert found == (queries.find_inbox_by_key(session, found.public_key) if found else None)
        return (found.public_key, found.address) if found else None


def test_a_key_counts_once_a_second_secretary_confirmed_it(world: World) -> None:
    inbox = propose(world)
    assert in_force(world) is None
    with pytest.raises(Forbidden, match="entered this yourself"):
        confirm(world, inbox, by="ines")

    confirm(world, inbox)

    assert in_force(world) == (KEY, ADDRESS)
    with transaction(world.read) as session:
        of_inboxes = select(JournalLine).where(JournalLine.event.like("organization:inbox-%"))
        lines = session.scalars(of_inboxes.order_by(JournalLine.seq)).all()
        assert [line.event for line in lines] == ["organization:inbox-proposed", "organization:inbox-confirmed"]
        assert lines[0].facts["content"] == lines[1].facts["content"]
        assert not {KEY, ADDRESS} & {str(value) for line in lines for value in line.facts.values()}


def test_the_database_refuses_one_person_who_enters_and_confirms(world: World) -> None:
    inbox = propose(world)

    with pytest.raises(IntegrityError, match="confirmed_by_another"), transaction(world.write) as session:
        row = session.get_one(OrganizationInbox, inbox)
        row.confirmed_by, row.confirmed_at = row.proposed_by, row.proposed_at
        session.flush()


@pytest.mark.parametrize("who", ["amina", "laurent", "olga", "chen", "joseph"])
def test_only_secretaries_see_and_enter_a_key(world: World, who: str) -> None:
    inbox = propose(world)

    with pytest.raises(Forbidden):
        propose(world, by=who, code="ISOC")
    with pytest.raises(NotFound):
        confirm(world, inbox, by=who)


def test_a_new_key_replaces_the_one_in_force_and_a_revoked_one_counts_no_more_at_once(world: World) -> None:
    first = propose(world)
    confirm(world, first)
    second = propose(world, key=OTHER_KEY)
    with pytest.raises(Conflict, match="already pending"):
        propose(world, by="daniel")
    assert in_force(world) == (KEY, ADDRESS)

    confirm(world, second)
    assert in_force(world) == (OTHER_KEY, ADDRESS)
    with pytest.raises(Conflict, match="not in force"):
        end(world, first)
    end(world, second)

    assert in_force(world) is None
    with pytest.raises(Conflict, match="already been confirmed, declined or revoked"):
        confirm(world, second)


def test_one_entry_is_declined_by_another_secretary_or_by_who_made_it(world: World) -> None:
    for who in ("ines", "daniel"):
        end(world, propose(world), by=who, decline=True)

    assert in_force(world) is None


def test_no_two_organizations_have_one_key(world: World) -> None:
    inbox = propose(world, code="ISOC")
    with pytest.raises(BadRequest, match="Another organization"):
        propose(world)

    end(world, inbox, decline=True)
    propose(world)


def test_of_one_key_that_was_entered_for_two_organizations_at_once_none_is_confirmed_while_both_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_read, has_key_of_another = Barrier(2), queries.has_key_of_another

    def read_both(session: ReadSession, organization: str, public_key: str) -> bool:
        found = has_key_of_another(session, organization, public_key)
        both_have_read.wait(30)
        return found

    with monkeypatch.context() as patched, ThreadPoolExecutor(2) as pool:
        patched.setattr(queries, "has_key_of_another", read_both)
        of_ietf, of_isoc = pool.map(lambda code: propose(world, code=code), ("IETF", "ISOC"))

    for inbox in (of_ietf, of_isoc):
        with pytest.raises(Conflict, match="Another organization"):
            confirm(world, inbox)
    end(world, of_isoc, decline=True)
    confirm(world, of_ietf)
    assert in_force(world) == (KEY, ADDRESS)


def test_the_key_of_an_ended_organization_does_not_count(world: World) -> None:
    confirm(world, propose(world))
    with world.acting("ines") as (session, actor):
        organization = get_organization(session, "IETF", lock=True)
        last = OrganizationEnd(until_on=clock.now().date())
        end_organization(session, actor, organization, last, version=organization.version)
    with clock.shifted_clock(timedelta(days=2)):
        assert in_force(world) is None


@pytest.mark.parametrize(
    "address",
    [
        "http://inbox.example.org/",
        "https://user@inbox.example.org/",
        "https://user:secret@inbox.example.org/",
        "https:///liaisons",
        "https://inbox.example.org/#x",
        "https://inbox.example.org:0/",
        "https://inbox.example.org:99999/",
        "https://inbox.example.org\\@127.0.0.1/",
        "https://ínbox.example.org/",
        "file:///etc/passwd",
        "inbox.example.org",
    ],
)
def test_an_address_is_https_with_a_host_and_nothing_that_hides_another(address: str) -> None:
    with pytest.raises(ValidationError):
        NewInbox(public_key=KEY, address=address)


@pytest.mark.parametrize("key", ["", "x", KEY[:-4], KEY + KEY])
def test_a_key_is_32_bytes_in_base64(key: str) -> None:
    with pytest.raises(ValidationError):
        NewInbox(public_key=key)
