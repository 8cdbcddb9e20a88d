"""Two worlds that are equal in all that a reader may see, and differ in what another group does: no response of the
portal differs by a byte, and none costs a statement or a row more, by which it could take longer."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import event, select

from app.core.db import transaction
from app.domain.deliveries.models import Delivery
from app.domain.documents.models import Document
from app.domain.liaisons.models import Liaison
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from tests.browser import Browser
from tests.domain.test_citations import FIRST, cite_by_item
from tests.domain.test_released_contents import make_release_store
from tests.web.bodies.test_study_groups import CANARY, PAGES, Q6, register, study_group
from tests.web.liaisons.test_liaisons import act, take_in
from tests.world import World

__all__ = ["study_group"]
Open = Callable[..., Browser]
READERS = ("chen", "marc")  # of the study group, and of no group
CITED = (f"/mandates/{FIRST}", f"/mandates/{FIRST}/trace", "/mandates/wtsa-res-75", "/action-lines/C5")
ABOUT_ALL = (
    *PAGES,
    *CITED,
    *(f"/documents?mandate={FIRST}", "/documents?action_line=C5", "/documents?source=IETF", "/documents?words=Routing"),
    *("/mandates", "/mandates/progress", "/mandates/progress.csv", "/action-lines"),
    *("/liaisons", "/search?q=Secret", "/search?q=Routing"),
)
CHANGING = re.compile(r'(?:data-left|datetime)="[^"]*"|name="(?:key|token)" value="[^"]*"|\d\d:\d\d(?::\d\d)?')


@dataclass
class Cost:
    """The statements that were sent since this was emptied, and how many rows each returned or changed."""

    statements: list[tuple[str, int]] = field(default_factory=list)


@pytest.fixture
def cost(portal) -> Iterator[Cost]:
    """What requests cost the database of the portal."""
    engine, spent = portal.app.state.portal.engine, Cost()

    def note(_connection: object, cursor: object, statement: str, *_more: object) -> None:
        spent.statements.append((statement, cursor.rowcount))

    event.listen(engine, "after_cursor_execute", note)
    yield spent
    event.remove(engine, "after_cursor_execute", note)


def observe(reader: Browser, address: str, cost: Cost) -> tuple[int, str, list[tuple[str, int]]]:
    """Everything that a reader learns from one request, and all by which it could take longer."""
    cost.statements.clear()
    answer = reader.get(address)
    return answer.status_code, CHANGING.sub("…", answer.text), list(cost.statements)


def add_secrets(world: World, english: Open, folder: Path) -> list[str]:
    """Let CWG-Internet do everything that has a page of its own; returns the addresses of these."""
    coming, over = world.meeting(opens_in=40, number=22), world.meeting(opens_in=-3, number=21)
    cited = {"mandates": (FIRST,), "action_lines": ("C5",)}
    draft = world.draft(coming, title=CANARY, **cited)
    _, document = world.registered(coming, title=CANARY, **cited)
    cite_by_item(world, coming, CANARY, **cited)
    world.agenda_released(coming)
    to_forum = {"kind": "liaison", "addressees": ({"words": "Secret forum", "wants": "reply"},)}
    output = world.released(over, make_release_store(folder), title="Secret", for_addressees_only=True, **to_forum)
    world.deliver(output)
    made = world.output(over, title="Secret of a source", sources=frozenset([document.id]))
    ines = english("ines")
    liaison = take_in(ines)
    act(ines, f"{liaison}/register", meeting=str(coming.id))
    return [
        f"/contributions/{draft.id}",
        *(f"/documents/{document.id}{page}" for page in ("", "/outcomes", "/read/en")),
        *(f"/meetings/{coming.id}{page}" for page in ("", "/agenda", "/documents", "/decisions")),
        *(f"/outputs/{each.id}" for each in (output, made)),
        *(liaison, f"{liaison}/files/en"),
    ]


def test_what_another_group_does_changes_no_byte_no_statement_and_no_row(
    world: World, english: Open, study_group: Meeting, cost: Cost, tmp_path: Path
) -> None:
    own = register(world, world.submitted(study_group, by="chen", title="A text of Lantern", questions=Q6))
    readers = {who: english(who) for who in READERS}
    addresses = [
        *ABOUT_ALL,
        f"/documents/{own.id}",
        f"/meetings/{study_group.id}",
        f"/meetings/{study_group.id}/agenda",
    ]
    for reader in readers.values():
        for address in addresses:  # what is kept from the first request on
            reader.get(address)
    quiet = {(who, each): observe(reader, each, cost) for who, reader in readers.items() for each in addresses}

    secrets = add_secrets(world, english, tmp_path)
    busy = {(who, each): observe(reader, each, cost) for who, reader in readers.items() for each in addresses}

    with transaction(world.read) as session:
        assert all(session.scalars(select(kind.id)).first() for kind in (Delivery, Document, Liaison, Output))
    assert [key for key in quiet if quiet[key] != busy[key]] == []
    assert "A text of Lantern" in busy["chen", "/documents"][1]
    assert sum(len(statements) for _status, _text, statements in busy.values()) > len(busy)
    amina = english("amina")
    assert CANARY in amina.get(f"/mandates/{FIRST}/trace").text
    assert CANARY in amina.get("/action-lines/C5").text
    assert "Routing" in amina.get("/liaisons").text
    members = amina, english("ines")  # a draft is that of its State, a draft output that of the secretariat
    for secret in secrets:
        assert 200 in [member.get(secret).status_code for member in members], secret


def test_a_secret_address_costs_as_much_as_one_of_nothing(
    world: World, english: Open, study_group: Meeting, cost: Cost, tmp_path: Path
) -> None:
    assert study_group
    secrets, amina = add_secrets(world, english, tmp_path), english("amina")
    identifier = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

    for who in READERS:
        reader = english(who)
        for secret in secrets:
            nothing = identifier.sub(str(uuid4()), secret)
            reader.get(nothing)
            there, not_there = observe(reader, secret, cost), observe(reader, nothing, cost)
            assert there[0] == 404, (who, secret)
            assert identifier.sub("", there[1]) == identifier.sub("", not_there[1]), (who, secret)
            assert there[2] == not_there[2], (who, secret)
    assert amina.get(secrets[1]).status_code == 200
