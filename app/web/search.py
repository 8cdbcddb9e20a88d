"""Search: a symbol in any spelling first, then texts, over what the reader may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Row

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import Reading, TheHouse
from app.asgi.paging import Page, PageNumber
from app.asgi.words import KINDS
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, Text
from app.core.search.passages import Passage, marked, passages
from app.core.search.question import LONGEST, Question, question
from app.core.search.words import Sought
from app.domain.documents import rules
from app.domain.finding import proposals, search, symbols
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web.proposals import line
from app.web.standing import called
from app.web.titles import in_language
from app.web.topic_names import names

router = APIRouter()

PAGE = 20
LAST = 50  # pages: as many as are ranked
NOTHING = search.Found((), 0, more=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found, with what was found in it."""

    href: str
    symbol: str
    title: Passage
    lang: str | None
    entity: Text
    kind: Text | str
    scope: str
    language: str
    passages: list[Passage]


@router.get("/search", name="search", dependencies=[Depends(Asks(rules.SEE))])
def find(
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    number: PageNumber,
    q: str = "",
    language: str = "",
    meeting: str = "",
    topic: str = "",
) -> Response:
    """Whatever is typed is a question. A filter that there is not (any more) finds nothing."""
    typed = " ".join(q[:LONGEST].split())
    reads = house.pages.language(request)
    there = meetings.listed(session, actor)
    chosen = next((each for each, _ in there if str(each.id) == meeting), None)
    asked = question(typed)
    topics = names(session, reads)
    filters = {"language": language, "meeting": meeting, "topic": topic}
    known = language in ("", *LANGUAGES) and topic in ("", *topics) and not (meeting and chosen is None)
    found = _found(session, actor, asked, reads, filters, chosen, number) if known else NOTHING
    spelled, proposal = symbols.spelled(typed), proposals.spelled(typed)
    return house.pages.show(
        request,
        "web/search.html",
        q=typed,
        language_chosen=language,
        meeting_chosen=meeting,
        topic_chosen=topic,
        topics=list(topics.items()),
        languages_offered=LANGUAGES,
        meetings=[(str(each.id), called(each, body), body.prefix) for each, body in there],
        named=[_named(row, reads) for row in symbols.named(session, actor, spelled)] if spelled else [],
        proposed=[line(row, reads) for row in proposals.named(session, actor, proposal)] if proposal else [],
        hits=[_hit(row, asked, reads) for row in found.hits],
        page=Page(number, PAGE, min(found.total, LAST * PAGE), found.more),
        query=urlencode([(name, value) for name, value in ({"q": typed} | filters).items() if value]) + "&",
    )


def _found(
    session: ReadSession,
    actor: Actor,
    asked: Question,
    reads: str,
    filters: Mapping[str, str],
    chosen: Meeting | None,
    page: int,
) -> search.Found:
    query = asked.as_query()
    if query is None:
        return NOTHING
    body, scope = (chosen.body_id, str(chosen.number)) if chosen else (None, None)
    sought = search.Sought(query, filters["language"] or None, body, scope, filters["topic"] or None)
    return search.search(session, actor, sought, reads, limit=PAGE, offset=(page - 1) * PAGE)


def _named(row: Row[*symbols.Named], reads: str) -> dict[str, object]:
    title, lang = in_language(row.titles, reads, row.original)
    return {
        "href": f"/documents/{row.id}",
        "symbol": row.symbol,
        "title": title,
        "lang": lang,
        "entity": EntityName(row.entity),
        "ended": row.ended_as,
    }


def _hit(row: Row[*search.Shown], asked: Question, reads: str) -> Hit:
    """Title and passages with what was asked for marked: from the text, else from the abstract."""
    forms = asked.forms()
    title, lang = in_language(row.titles, reads, row.original)
    texts: Sequence[tuple[Sequence[str], str]] = ((row.paragraphs or (), row.language), ([row.abstract], row.original))
    answers = ((passages(text, Sought(spoken, forms)), spoken) for text, spoken in texts)
    found, spoken = next((each for each in answers if each[0]), ([], row.language))
    return Hit(
        href=f"/documents/{row.id}",
        symbol=row.symbol,
        title=marked(title, Sought(lang or reads, forms)),
        lang=lang,
        entity=EntityName(row.entity),
        kind=KINDS.get(row.kind, row.kind),
        scope=row.scope,
        language=spoken,
        passages=found,
    )
