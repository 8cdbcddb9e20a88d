"""Search: symbols in any spelling first, then full text, over what the reader may see."""

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
LAST = 50  # pages; further results are not ranked
NOTHING = search.Found((), 0, more=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that matches, with the passages that match."""

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
    """Show the results for any text. Filters with values that do not exist (any more) find nothing."""
    typed = " ".join(q[:LONGEST].split())
    reader_language = house.pages.language(request)
    meeting_rows = meetings.listed(session, actor)
    chosen_meeting = next((meeting_row for meeting_row, _ in meeting_rows if str(meeting_row.id) == meeting), None)
    parsed_question = question(typed)
    topics = names(session, reader_language)
    filters = {"language": language, "meeting": meeting, "topic": topic}
    is_valid = language in ("", *LANGUAGES) and topic in ("", *topics) and not (meeting and chosen_meeting is None)
    results = (
        _search_documents(session, actor, parsed_question, reader_language, filters, chosen_meeting, number)
        if is_valid
        else NOTHING
    )
    parsed_symbol, parsed_proposal = symbols.spelled(typed), proposals.spelled(typed)
    return house.pages.show(
        request,
        "web/search.html",
        q=typed,
        language_chosen=language,
        meeting_chosen=meeting,
        topic_chosen=topic,
        topics=list(topics.items()),
        languages_offered=LANGUAGES,
        meetings=[(str(meeting_row.id), called(meeting_row, body), body.prefix) for meeting_row, body in meeting_rows],
        named=[_build_symbol_hit(row, reader_language) for row in symbols.named(session, actor, parsed_symbol)]
        if parsed_symbol
        else [],
        proposed=[line(row, reader_language) for row in proposals.named(session, actor, parsed_proposal)]
        if parsed_proposal
        else [],
        hits=[_build_hit(row, parsed_question, reader_language) for row in results.hits],
        page=Page(number, PAGE, min(results.total, LAST * PAGE), results.more),
        query=urlencode([(name, value) for name, value in ({"q": typed} | filters).items() if value]) + "&",
    )


def _search_documents(
    session: ReadSession,
    actor: Actor,
    parsed_question: Question,
    reader_language: str,
    filters: Mapping[str, str],
    chosen_meeting: Meeting | None,
    page: int,
) -> search.Found:
    """Run the full-text search; no results for a question without words."""
    tsquery = parsed_question.as_query()
    if tsquery is None:
        return NOTHING
    body, scope = (chosen_meeting.body_id, str(chosen_meeting.number)) if chosen_meeting else (None, None)
    search_query = search.Sought(tsquery, filters["language"] or None, body, scope, filters["topic"] or None)
    return search.search(session, actor, search_query, reader_language, limit=PAGE, offset=(page - 1) * PAGE)


def _build_symbol_hit(row: Row[*symbols.Named], reader_language: str) -> dict[str, object]:
    """Build the line of a document whose symbol was typed."""
    title, lang = in_language(row.titles, reader_language, row.original)
    return {
        "href": f"/documents/{row.id}",
        "symbol": row.symbol,
        "title": title,
        "lang": lang,
        "entity": EntityName(row.entity),
        "ended": row.ended_as,
    }


def _build_hit(row: Row[*search.Shown], parsed_question: Question, reader_language: str) -> Hit:
    """Build a result with matches marked in the title and in passages of the text, else of the abstract."""
    forms = parsed_question.forms()
    title, lang = in_language(row.titles, reader_language, row.original)
    texts: Sequence[tuple[Sequence[str], str]] = ((row.paragraphs or (), row.language), ([row.abstract], row.original))
    candidates = ((passages(text, Sought(text_language, forms)), text_language) for text, text_language in texts)
    matching, text_language = next((candidate for candidate in candidates if candidate[0]), ([], row.language))
    return Hit(
        href=f"/documents/{row.id}",
        symbol=row.symbol,
        title=marked(title, Sought(lang or reader_language, forms)),
        lang=lang,
        entity=EntityName(row.entity),
        kind=KINDS.get(row.kind, row.kind),
        scope=row.scope,
        language=text_language,
        passages=matching,
    )
