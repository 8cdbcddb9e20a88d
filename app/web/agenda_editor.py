"""Changing the draft of an agenda: its items, the documents under them, its numbering, and who may do so.

Every change says on which version it was made; a stale one changes nothing, and both versions are shown.
"""

from collections.abc import Mapping
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import Reading, TheHouse
from app.core.errors import Unknown
from app.core.i18n import LANGUAGES, say
from app.domain.agendas import actions, allocating, queries, rules
from app.domain.agendas.actions import LAST
from app.domain.agendas.inputs import NewItem
from app.domain.agendas.models import ItemKind
from app.domain.documents import queries as documents
from app.domain.documents.models import Document
from app.domain.meetings import queries as meetings
from app.web.agenda_pages import editor, item_form, show_editor, show_item
from app.web.agenda_turns import TheTurn, Turn, Wanted
from app.web.entries import EachFieldOnce, Entry, Typed, read

router = APIRouter(dependencies=[Depends(EachFieldOnce("document", "office"))])

HERE = "/meetings/{meeting}/agenda"
KEEPS = [Depends(Asks(rules.KEEP))]
STEPS = {
    "up": say("You wanted to move an item up."),
    "down": say("You wanted to move an item down."),
    "in": say("You wanted to put an item under the one before it."),
    "out": say("You wanted to move an item one level up."),
}
Step = Literal["up", "down", "in", "out"]


def item_fields(
    title_ar: Typed = "",
    title_zh: Typed = "",
    title_en: Typed = "",
    title_fr: Typed = "",
    title_ru: Typed = "",
    title_es: Typed = "",
    kind: Typed = ItemKind.DISCUSSION,
    minutes: Typed = "",
    responsible: Typed = "",
    notes: Typed = "",
    restricted: Typed = "",
    session: Typed = "",
) -> dict[str, str]:
    """The form of an item as it was typed."""
    titles = (title_ar, title_zh, title_en, title_fr, title_ru, title_es)
    said = {f"title_{code}": title for code, title in zip(("ar", "zh", "en", "fr", "ru", "es"), titles, strict=True)}
    more = {"kind": kind, "minutes": minutes, "responsible": responsible, "notes": notes}
    return said | more | {"restricted": restricted, "session": session}


ItemFields = Annotated[dict[str, str], Depends(item_fields)]


@router.get(f"{HERE}/edit", name="edit-agenda", dependencies=KEEPS)
def edit(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, found)
    return show_editor(session, actor, house, request, found)


@router.post(f"{HERE}/items", name="add-item", dependencies=KEEPS)
def add(turn: TheTurn, title: Typed = "", kind: Typed = ItemKind.DISCUSSION, under: Typed = "") -> Response:
    fields = {"title": title, "kind": kind, "under": under}
    entry = read(NewItem, {"title": title, "kind": kind})
    wanted = Wanted(say("You wanted to add an item:"), "/items", fields, errors=entry.errors)
    if (new := entry.made) is None:
        return editor(turn, wanted, None, 400)
    parent = _key(under)

    def act() -> None:
        actions.add_item(turn.session, turn.actor, turn.meeting, new, turn.language, version=turn.version, under=parent)

    return turn.take(wanted, act, editor)


@router.get(f"{HERE}/items/{{item}}", name="edit-item", dependencies=KEEPS)
def edit_item(
    meeting: UUID, item: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, found)
    return show_item(session, actor, house, request, found, queries.one_item(session, found, item))


@router.post(f"{HERE}/items/{{item}}", name="change-item", dependencies=KEEPS)
def change(item: UUID, turn: TheTurn, typed: ItemFields) -> Response:
    language, entry = _read_item(typed, turn.language)
    wanted = Wanted(say("You wanted to change an item:"), f"/items/{item}", typed, item, entry.errors)
    if (new := entry.made) is None:
        return item_form(turn, wanted, None, 400)

    def act() -> None:
        there = turn.item(item)
        actions.change_item(turn.session, turn.actor, turn.meeting, there, new, language, version=turn.version)

    return turn.take(wanted, act, item_form)


@router.post(f"{HERE}/items/{{item}}/move", name="move-item", dependencies=KEEPS)
def move(
    item: UUID,
    turn: TheTurn,
    direction: Annotated[Step | None, Form()] = None,
    under: Typed = "",
    position: Annotated[int, Form(ge=0, le=LAST)] = LAST,
) -> Response:
    """One step in a direction, or to a place: under an item (or on the top level), at a position."""
    if direction:
        wanted = Wanted(STEPS[direction], f"/items/{item}/move", {"direction": direction}, item)
    else:
        fields = {"under": under, "position": str(position)}
        wanted = Wanted(say("You wanted to move an item."), f"/items/{item}/move", fields, item)
    parent = _key(under)

    def act() -> None:
        there = turn.item(item)
        if direction:
            actions.step_item(turn.session, turn.actor, turn.meeting, there, direction, version=turn.version)
        else:
            actions.move_item(
                turn.session, turn.actor, turn.meeting, there, under=parent, position=position, version=turn.version
            )

    return turn.take(wanted, act, editor)


@router.post(f"{HERE}/items/{{item}}/remove", name="remove-item", dependencies=KEEPS)
def remove(item: UUID, turn: TheTurn) -> Response:
    return turn.take(
        Wanted(say("You wanted to remove an item."), f"/items/{item}/remove", item=item),
        lambda: actions.remove_item(turn.session, turn.actor, turn.meeting, turn.item(item), version=turn.version),
        editor,
    )


@router.post(f"{HERE}/allocations", name="allocate-documents", dependencies=KEEPS)
def allocate(
    turn: TheTurn,
    document: Annotated[list[UUID] | None, Form()] = None,
    item: Annotated[UUID | None, Form()] = None,
    position: Annotated[int, Form(ge=0, le=LAST)] = LAST,
) -> Response:
    """Put the chosen documents under an item."""
    chosen, fields = _chosen(turn, document or [])
    wanted = Wanted(
        say("You wanted to put documents under an item."),
        "/allocations",
        fields | {"item": str(item or ""), "position": str(position)},
        item,
        {} if chosen and item else {"document": say("Choose one or more documents, and an item.")},
    )
    if item is None or not chosen:
        return editor(turn, wanted, None, 400)
    return turn.take(
        wanted,
        lambda: allocating.allocate_all(
            turn.session,
            turn.actor,
            turn.meeting,
            chosen,
            turn.item(item),
            version=turn.version,
            position=position,
        ),
        editor,
    )


@router.post(f"{HERE}/allocations/{{document}}/move", name="move-document", dependencies=KEEPS)
def move_document(document: UUID, turn: TheTurn, direction: Annotated[Literal["up", "down"], Form()]) -> Response:
    found = documents.one_visible(turn.session, turn.actor, document)
    wanted = Wanted(
        say("You wanted to move %(symbol)s.", symbol=found.symbol),
        f"/allocations/{document}/move",
        {"direction": direction},
    )
    return turn.take(
        wanted,
        lambda: allocating.step_document(
            turn.session, turn.actor, turn.meeting, found, direction, version=turn.version
        ),
        editor,
    )


@router.post(f"{HERE}/allocations/{{document}}/remove", name="take-off", dependencies=KEEPS)
def take_off(document: UUID, turn: TheTurn) -> Response:
    found = documents.one_visible(turn.session, turn.actor, document)
    words = say("You wanted to take %(symbol)s off the agenda.", symbol=found.symbol)
    return turn.take(
        Wanted(words, f"/allocations/{document}/remove"),
        lambda: allocating.take_off(turn.session, turn.actor, turn.meeting, found, version=turn.version),
        editor,
    )


@router.post(f"{HERE}/together", name="discuss-together", dependencies=KEEPS)
def discuss_together(turn: TheTurn, document: Annotated[list[UUID] | None, Form()] = None) -> Response:
    """Group the chosen documents, all of one item; one alone leaves its group."""
    _, fields = _chosen(turn, document or [])
    stands = queries.allocations(turn.session, turn.meeting)
    under = {each.item_id for each in stands if each.document_id in (document or [])}
    complaint = say("Choose documents that stand under one and the same item.")
    wanted = Wanted(
        say("You wanted to group documents."),
        "/together",
        fields,
        next(iter(under), None),
        {} if len(under) == 1 else {"document": complaint},
    )
    if len(under) != 1:
        return editor(turn, wanted, None, 400)
    return turn.take(
        wanted,
        lambda: allocating.discuss_together(
            turn.session, turn.actor, turn.meeting, turn.item(next(iter(under))), document or [], version=turn.version
        ),
        editor,
    )


@router.post(f"{HERE}/numbering", name="number-agenda", dependencies=KEEPS)
def number(turn: TheTurn, style: Typed = "") -> Response:
    return turn.take(
        Wanted(say("You wanted another style of numbers."), "/numbering", {"style": style}),
        lambda: actions.renumber(turn.session, turn.actor, turn.meeting, style, version=turn.version),
        editor,
    )


@router.post(f"{HERE}/undo", name="undo-agenda", dependencies=KEEPS)
def undo(turn: TheTurn) -> Response:
    return turn.take(
        Wanted(say("You wanted to undo the last change."), "/undo"),
        lambda: actions.undo(turn.session, turn.actor, turn.meeting, version=turn.version),
        editor,
    )


@router.post(f"{HERE}/deputies", name="let-work", dependencies=[Depends(Asks(rules.LET_WORK))])
def let_work(turn: TheTurn, office: Annotated[list[str] | None, Form()] = None) -> Response:
    return turn.take(
        Wanted(say("You wanted to choose who works on the agenda."), "/deputies", {"office": office or []}),
        lambda: actions.let_work(turn.session, turn.actor, turn.meeting, office or []),
        editor,
        to="edit?done=saved",
    )


def _read_item(typed: Mapping[str, str], language: str) -> tuple[str, Entry[NewItem]]:
    """The item that a form makes; its first title is the one in the reader's language, if there is one."""
    titles = {code: typed[f"title_{code}"] for code in LANGUAGES if typed[f"title_{code}"].strip()}
    first = language if language in titles or not titles else next(iter(titles))
    rest = {code: title for code, title in titles.items() if code != first}
    said = {name: typed[name] for name in ("kind", "minutes", "responsible", "notes", "session")}
    given = said | {"title": titles.get(first, ""), "restricted": typed["restricted"] == "yes"}
    entry = read(NewItem, given)
    if entry.made is not None:
        entry = read(NewItem, given | {"titles": rest})
    errors = {f"title_{first}" if name in ("title", "titles") else name: words for name, words in entry.errors.items()}
    return first, Entry(typed, entry.made, errors)


def _chosen(turn: Turn, keys: list[UUID]) -> tuple[list[Document], dict[str, str | list[str]]]:
    found = [documents.one_visible(turn.session, turn.actor, key) for key in keys]
    return found, {"document": [str(key) for key in keys]}


def _key(typed: str) -> UUID | None:
    """An item, or None for the top level. Raises Unknown."""
    try:
        return UUID(typed) if typed else None
    except ValueError as error:
        raise Unknown() from error
