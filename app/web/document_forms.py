"""Pages of the actions on a registered document: what will happen, and the form for it."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.house import House
from app.asgi.words import ACCESSES, RELATIONS
from app.core.db import ReadSession, WriteSession
from app.core.errors import Refusal, Unacceptable
from app.core.i18n import LANGUAGES, OWN_NAMES, Text, say
from app.core.journal import apart
from app.domain.bodies.models import Body
from app.domain.documents import proposals, queries, rules
from app.domain.documents.inputs import Because
from app.domain.documents.models import Document, DocumentRelation, Edition
from app.web.editions import slug
from app.web.entries import Entry
from app.web.proposal_forms import KINDS, as_typed, with_spare
from app.web.receiving import why_not
from app.web.titles import foreign, in_language
from app.web.topic_names import choices

WORDS: Mapping[str, tuple[Text, Text]] = {
    "translate": (
        say("The file is added beside the original. Who added it, and when, is shown with it. It cannot be replaced."),
        say("Put it on record"),
    ),
    "relate": (
        say("Both documents show it, each to those who may see the other one. It stays on record."),
        say("Put it on record"),
    ),
    "open": (
        say("It holds for every text of the document, at once. Who changed it, when and why stays on record."),
        say("Put it on record"),
    ),
    "correct": (
        say("Old and new words stay on record, with your reason. The registered texts themselves do not change."),
        say("Put it on record"),
    ),
    "relist": (
        say("Old and new list stay on record, with your reason. The registered text itself does not change."),
        say("Put it on record"),
    ),
    "withdraw": (
        say(
            "The number stays taken and says who withdrew the document, when and why. Its texts are not given any more."
        ),
        say("Withdraw it"),
    ),
    "void": (
        say(
            "For what was registered in error. The number is never given again; its page says who did it, when and why."
        ),
        say("Declare the number void"),
    ),
}


def done(found: Document, part: str = "") -> Response:
    """Redirect to the document, or to one of its editions."""
    return RedirectResponse(f"/documents/{found.id}{part}?done=on-record", 303)


def or_ask_again(
    session: WriteSession,
    house: House,
    request: Request,
    found: Document,
    act: str,
    entry: Entry[Any],
    field: str,
    do: Callable[[], None],
    *,
    edition: Edition | None = None,
) -> Response:
    """Do the action, or show its form again with the refusal at `field` and everything that was typed."""
    try:
        with apart(session):
            do()
    except Unacceptable as refusal:
        retry: Entry[Any] = Entry(entry.typed, None, {field: refusal.reason})
        return act_page(session, house, request, found, act, retry, edition=edition)
    return done(found, f"/{slug(edition)}" if edition else "")


def act_page(
    session: ReadSession,
    house: House,
    request: Request,
    found: Document,
    act: str,
    entry: Entry[Any] | None = None,
    *,
    edition: Edition | None = None,
    refused: Refusal | None = None,
    language: str = "",
) -> Response:
    """Render the page of an action; with an `entry`, again with what was typed and what is wrong with it."""
    preselected = {"language": language} if language else {}
    language = house.pages.language(request)
    title, lang = in_language(found.titles, language, found.original)
    body = session.get_one(Body, found.body_id)
    initial = {**_initial_values(found, language), **_initial_proposals(session, found, act, edition), **preselected}
    typed = {**initial, **(entry.typed if entry else {})}
    return house.pages.show(
        request,
        "web/documents/act.html",
        status=refused.status if refused else 400 if entry else 200,
        act=act,
        heading=rules.MOVES[act].words,
        words=WORDS[act],
        document=found,
        edition=edition,
        back=f"/documents/{found.id}" + (f"/{slug(edition)}" if edition else ""),
        title=title,
        lang=lang,
        typed=typed,
        errors=entry.errors if entry else {},
        refused=why_not(refused),
        largest=min(body.largest_file, house.settings.largest_file),
        choices=_list_missing_languages(session, found, edition) if act == "translate" else _list_languages(),
        relations=[(kind, words[0]) for kind, words in RELATIONS.items()],
        accesses=[(access, *words) for access, words in ACCESSES.items()],
        abstract_lang=foreign(found.original, language),
        topics=choices(session, language, found.topics) if act == "correct" else [],
        proposals=with_spare(typed.get("proposals", [])),
        kinds=KINDS,
    )


def take_back_page(
    house: House,
    request: Request,
    found: Document,
    relation: DocumentRelation,
    other: Document,
    entry: Entry[Because] | None = None,
) -> Response:
    """Render the page that asks why a relation is revoked."""
    title, lang = in_language(other.titles, house.pages.language(request), other.original)
    return house.pages.show(
        request,
        "web/documents/take_back.html",
        status=400 if entry else 200,
        document=found,
        relation=relation,
        words=RELATIONS[relation.kind][0],
        other=other,
        title=title,
        lang=lang,
        reason=entry.typed["reason"] if entry else "",
        error=entry.errors.get("reason") if entry else None,
    )


def _initial_values(document: Document, language: str) -> dict[str, object]:
    """Return the values with which the form begins."""
    empty = dict.fromkeys(("title", "symbol", "kind", "reason"), "")
    current: dict[str, object] = {"access": document.access, "abstract": document.abstract, "topics": document.topics}
    return empty | current | {"language": language}


def _initial_proposals(
    session: ReadSession, document: Document, action_name: str, edition: Edition | None
) -> dict[str, object]:
    """Return the proposals that an edition lists now, for the form that corrects them."""
    if action_name != "relist" or edition is None:
        return {}
    listed = proposals.of_edition(document, edition, queries.in_force(session, document))
    return {"proposals": as_typed(proposals.kept(proposal) for proposal in listed)}


def _list_languages() -> list[tuple[str, str, str]]:
    """List the official languages as choices of a form."""
    return [(code, OWN_NAMES[code], code) for code in LANGUAGES]


def _list_missing_languages(
    session: ReadSession, document: Document, edition: Edition | None
) -> list[tuple[str, str, str]]:
    """List the languages in which the text is missing, as choices of a form."""
    edition = edition or queries.in_force(session, document)
    available = {version.language for version in queries.versions(session, edition)}
    languages = (edition.only_language,) if edition.only_language else LANGUAGES
    return [choice for choice in _list_languages() if choice[0] in languages and choice[0] not in available]
