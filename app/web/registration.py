"""Registering several contributions in one act, and the page that says what became of each of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.errors import Unacceptable, Unknown
from app.core.i18n import Text, say
from app.domain.bodies.models import Office
from app.domain.contributions import registering, rules
from app.domain.contributions.models import Contribution
from app.web.entries import EachFieldOnce
from app.web.queue import key_of
from app.web.titles import foreign

router = APIRouter(dependencies=[Depends(EachFieldOnce("chosen"))])

ASKS = [Depends(Asks(rules.REGISTER))]
MOST = 50  # as many as a page of the queue holds
KEY = re.compile(r"([0-9a-f]{32})\.([0-9]{1,9})", re.ASCII)
AGAIN = say("Nothing stands against it now. It waits in the queue.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one: its symbol, or why it has none."""

    href: str
    title: str
    lang: str | None
    entity: Text
    symbol: str = ""
    reason: Text | None = None


@router.post("/registration", name="register-several", dependencies=ASKS)
def register_several(
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    chosen: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    _insist_on_a_secretary(actor)
    wanted = _chosen(chosen)
    if not wanted:
        return RedirectResponse("/contributions?ticked=none#h-queue", 303)
    registering.register_several(session, actor, wanted, sign=house.signer)
    keys = [("of", key_of(contribution, version)) for contribution, version in wanted.items()]
    return RedirectResponse(f"/registration?{urlencode(keys)}", 303)


@router.get("/registration", name="registration", dependencies=ASKS)
def outcome(
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    of: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Read anew each time: sent twice, or opened tomorrow, it says how it stands."""
    _insist_on_a_secretary(actor)
    wanted, language = _chosen(of), house.pages.language(request)
    given, refused = registering.outcome(session, actor, wanted)
    return house.pages.show(
        request,
        "web/contributions/registration.html",
        given=[_said(each, language, symbol=symbol) for each, symbol in given],
        refused=[_said(each, language, reason=reason or AGAIN) for each, reason in refused],
        gone=len(wanted) - len(given) - len(refused),
    )


def _insist_on_a_secretary(actor: Actor) -> None:
    """The queue exists for secretaries alone; each contribution is asked about by the verb."""
    if not actor.bodies(Office.SECRETARY):
        raise Unknown()


def _chosen(keys: Sequence[str]) -> dict[UUID, int]:
    """Which contributions, in which version. Raises Unacceptable for what no form of ours sends."""
    found = [KEY.fullmatch(key) for key in keys]
    chosen = {UUID(match[1]): int(match[2]) for match in found if match}
    if len(chosen) != len(keys) or len(chosen) > MOST:
        raise Unacceptable(say("This names no contributions as the queue does. Open the queue and tick them there."))
    return chosen


def _said(each: Contribution, language: str, *, symbol: str = "", reason: Text | None = None) -> Outcome:
    href = f"/documents/{each.document_id}" if symbol else f"/contributions/{each.id}"
    return Outcome(href, each.title, foreign(each.original, language), EntityName(each.entity), symbol, reason)
