"""Notification settings: the kinds of notification e-mail, which of them a person receives, and the latest deliveries.

Also the endpoint for one-click unsubscription by mail programs, which needs no sign-in (RFC 8058).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.guards import Anyone
from app.asgi.house import Reading, TheHouse, Writing
from app.asgi.letter_keys import PATH
from app.core import mail
from app.core.db import transaction
from app.core.i18n import Text, say
from app.core.journal import JournalLine
from app.domain.identity.models import Person
from app.domain.letters import actions, queries, rules
from app.domain.letters.models import Fate, Kind, Letter
from app.domain.letters.occasions import KINDS, OCCASIONS, occasion
from app.web.entries import EachFieldOnce

router = APIRouter()

OWN = [Depends(Asks(rules.CHOOSE)), Depends(EachFieldOnce("kinds"))]
SHOWN = 30
LARGEST_WISH = 4096  # bytes; RFC 8058 sends a single form field
FATES: Mapping[str, tuple[str, Text]] = MappingProxyType(
    {
        Fate.WAITING: ("info", say("Waits")),
        Fate.SENT: ("good", say("Sent")),
        Fate.NEEDLESS: ("none", say("Not needed any more")),
        Fate.REFUSED: ("bad", say("Refused by the mail server")),
        Fate.EXPIRED: ("bad", say("Given up after two days")),
        Fate.RESTORED: ("none", say("Not sent: the portal was restored")),
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One delivered or pending notification in the list."""

    group: str
    what: Text
    page: str
    at: datetime
    fate: tuple[str, Text]


@router.get("/letters", name="letters", dependencies=OWN)
def shown(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the kinds of notification with the person's choice, and the latest notifications to them."""
    rules.CHOOSE.require(actor, None)
    person = session.get_one(Person, actor.person)
    return house.pages.show(
        request,
        "web/home/letters.html",
        sends_letters=house.settings.sends_letters,
        to=person.email if _is_address(person.email) else "",
        kinds=[(kind, *words) for kind, words in KINDS.items()],
        stopped=queries.stopped(session, actor.person),
        letters=[
            _notification_line(*row) for row in queries.mine(session, actor, limit=SHOWN) if row[1].event in OCCASIONS
        ],
    )


def _notification_line(letter: Letter, line: JournalLine, prefix: str) -> Line:
    """Build the list entry of one notification from its journal line."""
    about = occasion(line.event, letter.kind)
    at = letter.ended_at or letter.written_at
    return Line(prefix, about.subject, about.page.format(**line.facts), at, FATES[letter.fate])


def _is_address(text: str) -> bool:
    try:
        mail.address(text)
    except ValueError:
        return False
    return True


@router.post("/letters", name="choose-letters", dependencies=OWN)
def choose(
    actor: SignedIn,
    session: Writing,
    kinds: Annotated[list[Kind], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Save which kinds of notification the person receives."""
    actions.choose(session, actor, kinds)
    return RedirectResponse("/letters?done=letters-chosen", 303)


@router.post(PATH, name="stop-letters", dependencies=[Depends(Anyone())], max_body_size=LARGEST_WISH)
def stop(house: TheHouse, key: str = "") -> Response:
    """Unsubscribe the person and kind that the token names. Every token gets the same answer, so that none can be
    probed; only a valid one opens a database connection."""
    if subscription := house.letter_keys.read(key):
        with transaction(house.write) as session:
            actions.stop_for(session, *subscription)
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


@router.get(PATH, name="stopping-letters", dependencies=[Depends(Anyone())])
def stopping() -> Response:
    """Redirect a browser to the settings page. A GET request changes nothing (RFC 8058)."""
    return RedirectResponse("/letters", 303)
