"""Copy what a released text cites, itself or by its sources, as it is named at the release: mandates with their
clauses, and action lines. Only confirmed names go along."""

from app.core.db import LocalizedText, WriteSession
from app.core.i18n import LANGUAGES
from app.domain.mandates.queries import CitableText, list_confirmed_texts, read_cited
from app.domain.mandates.rules import format_citation
from app.domain.outputs.models import Output
from app.domain.outputs.queries.forwarding import list_cited_codes
from app.domain.releases.models import ReleasedOutput


def copy_citations(session: WriteSession, output: Output, row: ReleasedOutput) -> None:
    """Copy what an output cites to its row in schema `release`, which is not stored yet."""
    texts, lines = read_cited(session, *list_cited_codes(session, output))
    names = {code: named for text in texts for code, named in _list_names(text).items()}
    row.mandates = [{"code": code, "names": named} for code, named in names.items()] or None
    row.action_lines = [
        {"code": line.code, "names": list_confirmed_texts(line.names, line.confirmed)} for line in lines
    ] or None


def _list_names(text: CitableText) -> dict[str, LocalizedText]:
    """Return the names of what is cited by code; before a clause its mandate, under which it is found."""
    named = {
        text.mandate.code: format_citation(text.mandate, None),
        text.code: format_citation(text.mandate, text.clause),
    }
    return {code: {language: name.translate(language) for language in LANGUAGES} for code, name in named.items()}
