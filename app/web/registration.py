"""Registration of several contributions in one request, and the page with the outcome of each."""

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
MOST = 50  # the size of a page of the queue
KEY = re.compile(r"([0-9a-f]{32})\.([0-9]{1,9})", re.ASCII)
AGAIN = say("Nothing stands against it now. It waits in the queue.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome for one contribution: its symbol, or the reason why it has none."""

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
    """Register the contributions that were ticked, and redirect to their outcome."""
    _require_secretary(actor)
    versions = _parse_keys(chosen)
    if not versions:
        return RedirectResponse("/contributions?ticked=none#h-queue", 303)
    registering.register_several(session, actor, versions, sign=house.signer)
    keys = [("of", key_of(contribution, version)) for contribution, version in versions.items()]
    return RedirectResponse(f"/registration?{urlencode(keys)}", 303)


@router.get("/registration", name="registration", dependencies=ASKS)
def outcome(
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    of: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Show the outcome, read from the tables each time, so that a repeated or later request shows the present state."""
    _require_secretary(actor)
    versions, language = _parse_keys(of), house.pages.language(request)
    registered, rejected = registering.outcome(session, actor, versions)
    return house.pages.show(
        request,
        "web/contributions/registration.html",
        given=[_build_outcome(contribution, language, symbol=symbol) for contribution, symbol in registered],
        refused=[_build_outcome(contribution, language, reason=reason or AGAIN) for contribution, reason in rejected],
        gone=len(versions) - len(registered) - len(rejected),
    )


def _require_secretary(actor: Actor) -> None:
    """Raises NotFound for anybody but a secretary; the domain action checks each contribution."""
    if not actor.bodies(Office.SECRETARY):
        raise Unknown()


def _parse_keys(keys: Sequence[str]) -> dict[UUID, int]:
    """Parse keys of the queue into versions by contribution.

    Raises BadRequest for keys that no form sends, repeated ones, and more than `MAX_SELECTED`.
    """
    matches = [KEY.fullmatch(key) for key in keys]
    versions = {UUID(match[1]): int(match[2]) for match in matches if match}
    if len(versions) != len(keys) or len(versions) > MOST:
        raise Unacceptable(say("This names no contributions as the queue does. Open the queue and tick them there."))
    return versions


def _build_outcome(
    contribution: Contribution, language: str, *, symbol: str = "", reason: Text | None = None
) -> Outcome:
    """Build the line of one contribution."""
    href = f"/documents/{contribution.document_id}" if symbol else f"/contributions/{contribution.id}"
    return Outcome(
        href,
        contribution.title,
        foreign(contribution.original, language),
        EntityName(contribution.entity),
        symbol,
        reason,
    )
