"""What comes to somebody by mail: which kinds there are, which they want, and what was sent to them lately.

And the door at which a mail program stops a kind for its reader, who need not sign in for that (RFC 8058).
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
LARGEST_WISH = 4096  # bytes: a mail program says no more than one word
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
    """A letter in a list."""

    group: str
    what: Text
    page: str
    at: datetime
    fate: tuple[str, Text]


@router.get("/letters", name="letters", dependencies=OWN)
def shown(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """The kinds with what the reader chose, and the last letters to them."""
    rules.CHOOSE.require(actor, None)
    person = session.get_one(Person, actor.person)
    return house.pages.show(
        request,
        "web/home/letters.html",
        sends_letters=house.settings.sends_letters,
        to=person.email if _is_address(person.email) else "",
        kinds=[(kind, *words) for kind, words in KINDS.items()],
        stopped=queries.stopped(session, actor.person),
        letters=[_line(*row) for row in queries.mine(session, actor, limit=SHOWN) if row[1].event in OCCASIONS],
    )


def _line(letter: Letter, line: JournalLine, prefix: str) -> Line:
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
    actions.choose(session, actor, kinds)
    return RedirectResponse("/letters?done=letters-chosen", 303)


@router.post(PATH, name="stop-letters", dependencies=[Depends(Anyone())], max_body_size=LARGEST_WISH)
def stop(house: TheHouse, key: str = "") -> Response:
    """Stop what the key is for. Any key has one answer, so that nobody learns whether it was one; only a true one is
    worth a connection to the database."""
    if found := house.letter_keys.read(key):
        with transaction(house.write) as session:
            actions.stop_for(session, *found)
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


@router.get(PATH, name="stopping-letters", dependencies=[Depends(Anyone())])
def stopping() -> Response:
    """Whoever opens the address in a browser changes nothing by that; they choose on their page."""
    return RedirectResponse("/letters", 303)
