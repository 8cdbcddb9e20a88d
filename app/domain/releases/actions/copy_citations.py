"""Copy what a released text cites, itself or by its sources, as it is named at the release: mandates with their
clauses, and action lines; and the Questions of its sources. Only confirmed names go along."""

from sqlalchemy import Select, func, select

from app.core.db import LocalizedText, WriteSession
from app.core.i18n import LANGUAGES
from app.domain.documents.models import Document
from app.domain.mandates.queries import CitableText, list_confirmed_texts, read_cited
from app.domain.mandates.rules import format_citation
from app.domain.member_states import is_known_state
from app.domain.organizations.queries import index_names_of_parties
from app.domain.outputs.models import Output, OutputSourceDocument
from app.domain.outputs.queries.forwarding import list_cited_codes
from app.domain.questions.models import Question
from app.domain.questions.queries import list_confirmed_titles, select_questions
from app.domain.releases.models import ReleasedOutput


def copy_citations(session: WriteSession, output: Output, row: ReleasedOutput) -> None:
    """Copy what an output cites to its row in schema `release`, which is not stored yet."""
    texts, lines = read_cited(session, *list_cited_codes(session, output))
    names = {code: named for text in texts for code, named in _list_names(text).items()}
    row.mandates = [{"code": code, "names": named} for code, named in names.items()] or None
    row.action_lines = [
        {"code": line.code, "names": list_confirmed_texts(line.names, line.confirmed)} for line in lines
    ] or None
    row.questions = [
        {"code": question.code, "names": list_confirmed_titles(question)}
        for question in session.scalars(_select_questions(output))
    ] or None


def _select_questions(output: Output) -> Select[Question]:
    """Select the Questions of its body that the sources of an output name, in their order."""
    codes = (
        select(func.unnest(Document.questions))
        .join(OutputSourceDocument, OutputSourceDocument.document_id == Document.id)
        .where(OutputSourceDocument.output_id == output.id)
    )
    return select_questions(output.body_id).where(Question.code.in_(codes))


def find_party_names(session: WriteSession, code: str) -> LocalizedText | None:
    """Find the names of a party that is no State; None for a State, which everybody names by its code."""
    if is_known_state(code):
        return None
    return dict(index_names_of_parties(session).get(code, {})) or None


def _list_names(text: CitableText) -> dict[str, LocalizedText]:
    """Return the names of what is cited by code; before a clause its mandate, under which it is found."""
    named = {
        text.mandate.code: format_citation(text.mandate, None),
        text.code: format_citation(text.mandate, text.clause),
    }
    return {code: {language: name.translate(language) for language in LANGUAGES} for code, name in named.items()}
