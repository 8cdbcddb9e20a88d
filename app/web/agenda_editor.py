"""Editing the draft of an agenda: items, allocated documents, numbering, and who may edit.

Every change names the version it was made on. A stale one changes nothing, and both versions are shown.
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
    """Return the form fields of an agenda item as typed."""
    titles = (title_ar, title_zh, title_en, title_fr, title_ru, title_es)
    titles_by_field = {
        f"title_{code}": title for code, title in zip(("ar", "zh", "en", "fr", "ru", "es"), titles, strict=True)
    }
    other_fields = {"kind": kind, "minutes": minutes, "responsible": responsible, "notes": notes}
    return titles_by_field | other_fields | {"restricted": restricted, "session": session}


ItemFields = Annotated[dict[str, str], Depends(item_fields)]


@router.get(f"{HERE}/edit", name="edit-agenda", dependencies=KEEPS)
def edit(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the editor of the agenda's draft."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, meeting_row)
    return show_editor(session, actor, house, request, meeting_row)


@router.post(f"{HERE}/items", name="add-item", dependencies=KEEPS)
def add(turn: TheTurn, title: Typed = "", kind: Typed = ItemKind.DISCUSSION, under: Typed = "") -> Response:
    """Add an item to the draft."""
    fields = {"title": title, "kind": kind, "under": under}
    entry = read(NewItem, {"title": title, "kind": kind})
    attempt = Wanted(say("You wanted to add an item:"), "/items", fields, errors=entry.errors)
    if (new := entry.made) is None:
        return editor(turn, attempt, None, 400)
    parent = _parse_item_id(under)

    def act() -> None:
        actions.add_item(turn.session, turn.actor, turn.meeting, new, turn.language, version=turn.version, under=parent)

    return turn.take(attempt, act, editor)


@router.get(f"{HERE}/items/{{item}}", name="edit-item", dependencies=KEEPS)
def edit_item(
    meeting: UUID, item: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form of one item."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, meeting_row)
    return show_item(session, actor, house, request, meeting_row, queries.one_item(session, meeting_row, item))


@router.post(f"{HERE}/items/{{item}}", name="change-item", dependencies=KEEPS)
def change(item: UUID, turn: TheTurn, typed: ItemFields) -> Response:
    """Save the form of one item."""
    language, entry = _read_item(typed, turn.language)
    attempt = Wanted(say("You wanted to change an item:"), f"/items/{item}", typed, item, entry.errors)
    if (new := entry.made) is None:
        return item_form(turn, attempt, None, 400)

    def act() -> None:
        item_row = turn.item(item)
        actions.change_item(turn.session, turn.actor, turn.meeting, item_row, new, language, version=turn.version)

    return turn.take(attempt, act, item_form)


@router.post(f"{HERE}/items/{{item}}/move", name="move-item", dependencies=KEEPS)
def move(
    item: UUID,
    turn: TheTurn,
    direction: Annotated[Step | None, Form()] = None,
    under: Typed = "",
    position: Annotated[int, Form(ge=0, le=LAST)] = LAST,
) -> Response:
    """Move an item one step in a direction, or to a position under another item or on the top level."""
    if direction:
        attempt = Wanted(STEPS[direction], f"/items/{item}/move", {"direction": direction}, item)
    else:
        fields = {"under": under, "position": str(position)}
        attempt = Wanted(say("You wanted to move an item."), f"/items/{item}/move", fields, item)
    parent = _parse_item_id(under)

    def act() -> None:
        item_row = turn.item(item)
        if direction:
            actions.step_item(turn.session, turn.actor, turn.meeting, item_row, direction, version=turn.version)
        else:
            actions.move_item(
                turn.session, turn.actor, turn.meeting, item_row, under=parent, position=position, version=turn.version
            )

    return turn.take(attempt, act, editor)


@router.post(f"{HERE}/items/{{item}}/remove", name="remove-item", dependencies=KEEPS)
def remove(item: UUID, turn: TheTurn) -> Response:
    """Remove an item from the draft."""
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
    chosen, fields = _get_chosen_documents(turn, document or [])
    attempt = Wanted(
        say("You wanted to put documents under an item."),
        "/allocations",
        fields | {"item": str(item or ""), "position": str(position)},
        item,
        {} if chosen and item else {"document": say("Choose one or more documents, and an item.")},
    )
    if item is None or not chosen:
        return editor(turn, attempt, None, 400)
    return turn.take(
        attempt,
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
    """Move a document up or down under its item."""
    document_row = documents.one_visible(turn.session, turn.actor, document)
    attempt = Wanted(
        say("You wanted to move %(symbol)s.", symbol=document_row.symbol),
        f"/allocations/{document}/move",
        {"direction": direction},
    )
    return turn.take(
        attempt,
        lambda: allocating.step_document(
            turn.session, turn.actor, turn.meeting, document_row, direction, version=turn.version
        ),
        editor,
    )


@router.post(f"{HERE}/allocations/{{document}}/remove", name="take-off", dependencies=KEEPS)
def take_off(document: UUID, turn: TheTurn) -> Response:
    """Take a document off the agenda."""
    document_row = documents.one_visible(turn.session, turn.actor, document)
    words = say("You wanted to take %(symbol)s off the agenda.", symbol=document_row.symbol)
    return turn.take(
        Wanted(words, f"/allocations/{document}/remove"),
        lambda: allocating.take_off(turn.session, turn.actor, turn.meeting, document_row, version=turn.version),
        editor,
    )


@router.post(f"{HERE}/together", name="discuss-together", dependencies=KEEPS)
def discuss_together(turn: TheTurn, document: Annotated[list[UUID] | None, Form()] = None) -> Response:
    """Group the chosen documents of one item; a single document leaves its group."""
    _, fields = _get_chosen_documents(turn, document or [])
    allocations = queries.allocations(turn.session, turn.meeting)
    item_ids = {each.item_id for each in allocations if each.document_id in (document or [])}
    complaint = say("Choose documents that stand under one and the same item.")
    attempt = Wanted(
        say("You wanted to group documents."),
        "/together",
        fields,
        next(iter(item_ids), None),
        {} if len(item_ids) == 1 else {"document": complaint},
    )
    if len(item_ids) != 1:
        return editor(turn, attempt, None, 400)
    return turn.take(
        attempt,
        lambda: allocating.discuss_together(
            turn.session,
            turn.actor,
            turn.meeting,
            turn.item(next(iter(item_ids))),
            document or [],
            version=turn.version,
        ),
        editor,
    )


@router.post(f"{HERE}/numbering", name="number-agenda", dependencies=KEEPS)
def number(turn: TheTurn, style: Typed = "") -> Response:
    """Change the numbering style of the items."""
    return turn.take(
        Wanted(say("You wanted another style of numbers."), "/numbering", {"style": style}),
        lambda: actions.renumber(turn.session, turn.actor, turn.meeting, style, version=turn.version),
        editor,
    )


@router.post(f"{HERE}/undo", name="undo-agenda", dependencies=KEEPS)
def undo(turn: TheTurn) -> Response:
    """Undo the last change of the draft."""
    return turn.take(
        Wanted(say("You wanted to undo the last change."), "/undo"),
        lambda: actions.undo(turn.session, turn.actor, turn.meeting, version=turn.version),
        editor,
    )


@router.post(f"{HERE}/deputies", name="let-work", dependencies=[Depends(Asks(rules.LET_WORK))])
def let_work(turn: TheTurn, office: Annotated[list[str] | None, Form()] = None) -> Response:
    """Choose the offices that may edit the agenda as deputies of the chair."""
    return turn.take(
        Wanted(say("You wanted to choose who works on the agenda."), "/deputies", {"office": office or []}),
        lambda: actions.let_work(turn.session, turn.actor, turn.meeting, office or []),
        editor,
        to="edit?done=saved",
    )


def _read_item(typed: Mapping[str, str], language: str) -> tuple[str, Entry[NewItem]]:
    """Validate the form of an item; return the language of its first title (the reader's, if typed) and the parsed
    form."""
    titles = {code: typed[f"title_{code}"] for code in LANGUAGES if typed[f"title_{code}"].strip()}
    first = language if language in titles or not titles else next(iter(titles))
    rest = {code: title for code, title in titles.items() if code != first}
    plain_fields = {name: typed[name] for name in ("kind", "minutes", "responsible", "notes", "session")}
    item_fields_read = plain_fields | {"title": titles.get(first, ""), "restricted": typed["restricted"] == "yes"}
    entry = read(NewItem, item_fields_read)
    if entry.made is not None:
        entry = read(NewItem, item_fields_read | {"titles": rest})
    errors = {f"title_{first}" if name in ("title", "titles") else name: words for name, words in entry.errors.items()}
    return first, Entry(typed, entry.made, errors)


def _get_chosen_documents(edit: Turn, document_ids: list[UUID]) -> tuple[list[Document], dict[str, str | list[str]]]:
    """Return the chosen documents, and the form fields that repeat the choice."""
    chosen_documents = [documents.one_visible(edit.session, edit.actor, key) for key in document_ids]
    return chosen_documents, {"document": [str(key) for key in document_ids]}


def _parse_item_id(typed: str) -> UUID | None:
    """Return the id of an item, or None for the top level. Raises NotFound if it is no UUID."""
    try:
        return UUID(typed) if typed else None
    except ValueError as error:
        raise Unknown() from error
