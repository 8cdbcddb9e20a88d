"""The position of a State in a silence procedure: taken by its delegates, changed until the deadline."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.words import STANCES
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict
from app.core.i18n import Text, say
from app.core.journal import apart
from app.domain.silence import actions, queries, rules
from app.domain.silence.inputs import NewPosition
from app.domain.silence.models import SilencePosition, SilenceProcedure
from app.web.entries import TONGUES, EachFieldOnce, Typed, Version, read
from app.web.silence_view import about

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

TAKES = [Depends(Asks(rules.TAKE))]
HINTS: Mapping[str, Text] = {
    "breaks": say("The text is not adopted, and the procedure ends at once. This cannot be taken back."),
    "supports": say("You may say why."),
    "explanation": say("Your words go with the text if it is adopted."),
    "reservation": say("Your words go with the text if it is adopted."),
    "non_association": say("Your words go with the text if it is adopted."),
}


def position_fields(stance: Typed = "", paragraph: Typed = "", text: Typed = "", lang: Typed = "") -> dict[str, str]:
    """Return the form fields of a position as typed."""
    return {"stance": stance, "paragraph": paragraph, "text": text, "lang": lang}


PositionFields = Annotated[dict[str, str], Depends(position_fields)]


@router.get("/silence/{procedure}/position", name="taking-position", dependencies=TAKES)
def taking(procedure: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form for the position of the actor's State."""
    procedure_row = queries.one_visible(session, actor, procedure)
    rules.TAKE.require(actor, queries.on_procedure(session, procedure_row, actor.entity))
    mine = queries.position(session, procedure_row, actor.entity)
    return _render_page(
        session, actor, house, request, procedure_row, _current_form_fields(mine, house.pages.language(request))
    )


@router.post("/silence/{procedure}/position", name="take-position", dependencies=TAKES)
def take(
    procedure: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: PositionFields,
    version: Version = 0,
) -> Response:
    """Save the position of the actor's State."""
    procedure_row = queries.one_visible(session, actor, procedure)
    rules.TAKE.require_who(actor, queries.on_procedure(session, procedure_row, actor.entity))
    entry = read(NewPosition, typed)
    if entry.made is None:
        return _render_page(session, actor, house, request, procedure_row, typed, errors=entry.errors)
    try:
        with apart(session):
            actions.take(session, actor, procedure_row, entry.made, version=version)
    except Conflict as error:
        return _render_page(session, actor, house, request, procedure_row, typed, refused=error.reason)
    return RedirectResponse(f"/silence/{procedure_row.id}?done=position", 303)


def _current_form_fields(mine: SilencePosition | None, language: str) -> dict[str, str]:
    if mine is None:
        return {"stance": "", "paragraph": "", "text": "", "lang": language}
    return {"stance": mine.stance, "paragraph": mine.paragraph, "text": mine.text, "lang": mine.lang}


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    procedure: SilenceProcedure,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Text] | None = None,
    refused: Text | None = None,
) -> Response:
    """Render the form. What a colleague of the same delegation saved meanwhile is shown above the typed values."""
    procedure = queries.one_visible(session, actor, procedure.id)
    mine = queries.position(session, procedure, actor.entity)
    return house.pages.show(
        request,
        "web/silence/position.html",
        status=409 if refused else 400 if errors else 200,
        about=about(session, procedure, house.pages.language(request)),
        state=EntityName(actor.entity),
        stances=[(stance, words, HINTS[stance]) for stance, (_, words) in STANCES.items()],
        tongues=TONGUES,
        mine=mine,
        mine_words=STANCES[mine.stance][1] if mine else None,
        typed=typed,
        errors=errors or {},
        refused=refused,
    )
