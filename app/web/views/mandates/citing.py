"""What a form offers to cite, how what was typed finds it, and what a page shows of what is cited."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Select

from app.core.database.combined_lists import read_statements_together
from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.documents.queries.citations import select_recent_mandates
from app.domain.mandates import queries
from app.domain.mandates.models import ActionLine
from app.domain.mandates.queries import CitableText
from app.domain.mandates.rules import format_citation
from app.web.views.mandates.words import CitedText, name_action_line, name_citation

RECENT_AT_MOST, FOUND_AT_MOST = 5, 12
NOT_FOUND = _("No mandate was found with these words. Enter its number, or a word of its title.")
SELECT_FOUND = _("Select what you mean from what was found, and save again.")
SEARCH_FIELD = "mandate_words"


@dataclass(frozen=True, slots=True)
class CitationChoices:
    """What a form offers: mandates as boxes (chosen, found, and the latest of the State), all of them for the
    field that finds, and the action lines."""

    mandates: Sequence[CitedText]
    offered: Sequence[tuple[str, LazyText | str]]
    action_lines: Sequence[CitedText]


@dataclass(frozen=True, slots=True)
class Citations:
    """What something cites, as a page shows it."""

    mandates: Sequence[CitedText] = ()
    action_lines: Sequence[CitedText] = ()

    @property
    def lines(self) -> list[tuple[str, LazyText | str, str, str | None, str]]:
        """Return each as (code, name, title, language of the title, address)."""
        every = [*self.mandates, *self.action_lines]
        return [(each.code, each.name, each.title, each.lang, each.href) for each in every]


def name_citations(session: ReadSession, mandates: Collection[str], lines: Collection[str], language: str) -> Citations:
    """Name what something cites; retired texts too."""
    return build_citations(*queries.read_cited(session, mandates, lines), language)


def build_citations(texts: Iterable[CitableText], lines: Iterable[ActionLine], language: str) -> Citations:
    """Build what a page shows of what was read."""
    return Citations(
        [name_citation(text, language) for text in texts], [name_action_line(line, language) for line in lines]
    )


def find_by_words(texts: Iterable[CitableText], words: str) -> list[CitableText]:
    """Find what can be cited by its code, or by words of its name and its title in any language, in the order of the
    register."""
    wanted = words.casefold().replace(",", " ").split()
    can_be_cited = [text for text in texts if not text.is_retired]
    exact = [text for text in can_be_cited if text.code == words.strip()]
    return exact or [text for text in can_be_cited if wanted and all(word in _list_words(text) for word in wanted)]


def _list_words(text: CitableText) -> str:
    """Return all words by which a mandate or a clause is found."""
    names = map(format_citation(text.mandate, text.clause).translate, LANGUAGES)
    return " ".join((text.code, *names, *text.titles.values())).casefold()


def resolve_typed_mandates(
    session: ReadSession, typed: Mapping[str, object]
) -> tuple[dict[str, object], LazyText | None]:
    """Put what the field that finds names to the chosen mandates, if it names one alone.

    Returns the fields, and the reason why it names none or several, which the form then offers.
    """
    words = str(typed.get(SEARCH_FIELD, "")).strip()
    rest = {name: value for name, value in typed.items() if name != SEARCH_FIELD}
    if not words:
        return rest, None
    found = find_by_words(queries.list_citable_texts(session), words)
    if len(found) != 1:
        return rest, SELECT_FOUND if found else NOT_FOUND
    chosen = typed.get("mandates", ())
    assert isinstance(chosen, (tuple, list))
    return rest | {"mandates": tuple(dict.fromkeys((*chosen, found[0].code)))}, None


def read_citation_choices(
    session: ReadSession, actor: Actor, typed: Mapping[str, object], language: str, entity: str
) -> CitationChoices:
    """Read what a form offers to cite to those who write for an entity, in one statement."""
    found = read_statements_together(session, select_citation_choices(actor, entity))
    return build_citation_choices(found, typed, language)


def select_citation_choices(actor: Actor, entity: str) -> Sequence[Select[*tuple[Any, ...]]]:
    """Select what a form offers to cite to those who write for an entity, by three statements."""
    return queries.select_citable_texts(), queries.select_action_lines(), select_recent_mandates(actor, entity)


def build_citation_choices(
    found: Sequence[Sequence[Any]], typed: Mapping[str, object], language: str
) -> CitationChoices:
    """Build what a form offers to cite from the rows of `select_citation_choices`."""
    rows, line_rows, recent_rows = found
    texts = queries.build_citable_texts(rows)
    chosen = typed.get("mandates", ())
    assert isinstance(chosen, (tuple, list))
    every = {text.code: text for text in chain(queries.build_citable_texts(rows, set(chosen)), texts)}
    recent = dict.fromkeys(code for (codes,) in recent_rows for code in codes or ())
    may_be_chosen = [code for code in recent if code in every and not every[code].is_retired][:RECENT_AT_MOST]
    words = str(typed.get(SEARCH_FIELD, ""))
    found = [text.code for text in find_by_words(texts, words)[:FOUND_AT_MOST]]
    shown = dict.fromkeys(code for code in (*chosen, *found, *may_be_chosen) if code in every)
    return CitationChoices(
        [name_citation(every[code], language) for code in shown],
        [(text.code, _describe(text, language)) for text in texts if not text.is_retired],
        [name_action_line(line, language) for (line,) in line_rows],
    )


def _describe(text: CitableText, language: str) -> str:
    """Describe what can be cited in one line, for an option, which cannot say that its title is in another language."""
    name = format_citation(text.mandate, text.clause).translate(language)
    return " – ".join(filter(None, (name, text.titles.get(language))))


def list_citation_filters(
    session: ReadSession, mandate: str | None, line: str | None, language: str
) -> tuple[list[tuple[str, LazyText | str]], list[tuple[str, LazyText | str]]]:
    """List the mandate and the action line by which a list is filtered, as options; the page of each leads to the list.

    All of them would make every page of the list half as long again.
    """
    chosen = name_citations(session, [mandate] if mandate else [], [line] if line else [], language)
    return [(each.code, each.name) for each in chosen.mandates], [
        (each.code, each.name) for each in chosen.action_lines
    ]
