"""Register documents, their editions and translations, and take numbers.

A number is taken in the transaction that registers, so numbers are unique and without gaps. A number stays taken.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import LocalizedText, WriteSession, lock_row
from app.core.errors import BadRequest, Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.documents import events, rules
from app.domain.documents.inputs import (
    EditionContent,
    LanguageFile,
    NewDocument,
    NewEdition,
)
from app.domain.documents.models import (
    ActingSide,
    Document,
    DocumentSeries,
    Edition,
    EditionStep,
    LanguageVersion,
    SeriesCounter,
    Sponsor,
)
from app.domain.documents.queries import documents, proposals
from app.domain.documents.queries.series import format_symbol_in_series, get_series

EDITION_SUFFIXES = {EditionStep.REVISION: "Rev", EditionStep.ADDENDUM: "Add", EditionStep.CORRIGENDUM: "Corr"}


def register_document(session: WriteSession, actor: Actor, new: NewDocument) -> Document:
    """Register a document with its files under the next symbol of its series.

    Raises Forbidden.
    """
    rules.REGISTER.require(actor, new)
    series = get_series(session, new.body_id, new.series)
    number = take_next_number(session, series, new.scope)
    document = Document(
        body_id=new.body_id,
        series_id=series.id,
        scope=new.scope,
        number=number,
        symbol=format_symbol_in_series(session, series, new.scope, number),
        kind=new.kind,
        entity=new.entity,
        original=new.text.original,
        titles=new.text.titles,
        abstract=new.text.abstract,
        access=new.access,
        sealed=new.sealed,
        at_request=new.text.at_request or None,
        topics=list(new.text.topics),
        mandates=list(new.text.mandates),
        action_lines=list(new.text.action_lines),
        questions=list(new.text.questions) or None,
        proposals=proposals.build_numbered_proposal_rows(new.text.proposals, 0),
        registered_at=clock.now(),
    )
    session.add(document)
    session.flush()
    _store_edition(session, actor, document, NewEdition(step=EditionStep.TEXT, text=new.text), 0, document.symbol)
    journal.record_event(session, actor, events.DocumentRegistered(document.id, document.symbol), body=new.body_id)
    return document


def add_edition(session: WriteSession, actor: Actor, document: Document, new: NewEdition) -> Edition:
    """Register a revision, an addendum or a corrigendum: symbol `… (Rev.1)`, numbered within the document.

    A revision becomes the text in force. The document is locked, so that two editions get two numbers. Raises
    Forbidden; Conflict if the document was withdrawn or voided.
    """
    lock_row(session, document)
    rules.ADD_EDITION.require(actor, document)
    number = documents.last_edition_number(session, document, new.step) + 1
    edition = _store_edition(
        session, actor, document, new, number, f"{document.symbol} ({EDITION_SUFFIXES[new.step]}.{number})"
    )
    if new.step is EditionStep.REVISION:
        document.titles = _keep_titles_in_other_languages(document, new.text)
        document.revision, document.original = number, new.text.original
        document.abstract, document.questions = new.text.abstract, list(new.text.questions) or None
        document.topics, document.at_request = list(new.text.topics), new.text.at_request or None
        document.mandates, document.action_lines = list(new.text.mandates), list(new.text.action_lines)
    if (part := proposals.get_part_number_of_edition(edition)) is not None:
        document.proposals = proposals.replace_proposals_of_part(document, part, new.text.proposals)
    document.version += 1
    event = events.EditionRegistered(document.id, edition.id, edition.symbol)
    journal.record_event(session, actor, event, body=document.body_id)
    return edition


def _keep_titles_in_other_languages(document: Document, text: EditionContent) -> LocalizedText:
    """Return the titles of a revised document: those in other languages stay as long as they translate its title."""
    is_same = text.original == document.original and text.titles.items() <= document.titles.items()
    return document.titles | text.titles if is_same else text.titles


def _store_edition(
    session: WriteSession, actor: Actor, document: Document, new: NewEdition, number: int, symbol: str
) -> Edition:
    """Store an edition with its files and signatures."""
    edition = Edition(
        document_id=document.id,
        step=new.step,
        number=number,
        symbol=symbol,
        original=new.text.original,
        titles=new.text.titles,
        abstract=new.text.abstract,
        cover=new.text.cover | ({"questions": ", ".join(new.text.questions)} if new.text.questions else {}),
        topics=list(new.text.topics),
        mandates=list(new.text.mandates),
        action_lines=list(new.text.action_lines),
        note=new.note,
        only_language=new.only_language,
        registered_at=clock.now(),
        registered_by=actor.person,
        at_request=new.text.at_request or None,
    )
    edition.proposals = proposals.build_numbered_proposal_rows(
        new.text.proposals, proposals.get_part_number_of_edition(edition) or 0
    )
    session.add(edition)
    session.flush()
    for file in new.text.files:
        _store_file(session, actor.person, edition, file, ActingSide.SUBMITTER, edition.registered_at)
    for entity, person in new.text.signed_by:
        session.add(Sponsor(edition_id=edition.id, entity=entity, signed=True, person_id=person, joined_at=clock.now()))
    return edition


def _store_file(
    session: WriteSession,
    person: UUID,
    edition: Edition,
    file: LanguageFile,
    side: ActingSide,
    at: datetime,
    title: str | None = None,
) -> None:
    """Store the text of an edition in one language. `side` says in which capacity the person supplied it."""
    columns = {name: getattr(file, name) for name in file.__slots__}
    version = LanguageVersion(
        edition_id=edition.id, title=title, side=side, supplied_by=person, supplied_at=at, **columns
    )
    session.add(version)


def add_translation(
    session: WriteSession,
    actor: Actor,
    document: Document,
    edition: Edition,
    file: LanguageFile,
    *,
    title: str | None = None,
) -> None:
    """Add the text of an edition in one more language. A present text is never replaced: a corrigendum corrects it.

    The title is added to those of the document if it has none in that language and the edition is in force. Raises
    Forbidden; BadRequest for a corrigendum of another language; Conflict if the language is present or the document has
    ended.
    """
    lock_row(session, document)
    rules.TRANSLATE.require(actor, document)
    if edition.only_language not in (None, file.language):
        raise BadRequest(_("This corrigendum concerns only another language."))
    if session.get(LanguageVersion, (edition.id, file.language)):
        raise Conflict(_("A text in this language already exists. If it contains errors, submit a corrigendum."))
    _store_file(session, actor.person, edition, file, rules.get_acting_side(actor, document), clock.now(), title)
    if title and edition.id == documents.get_edition_in_force(session, document).id:
        titles = {file.language: title} | document.titles
        if titles != document.titles:  # a correction based on the titles before is stale now
            document.titles = titles
            document.version += 1
    event = events.TranslationAdded(document.id, edition.id, file.language, file.sha256)
    journal.record_event(session, actor, event, body=document.body_id)


def add_text_of_source(
    session: WriteSession, document: Document, file: LanguageFile, *, title: str | None, supplied_by: UUID
) -> None:
    """Add the text that the adopted source of a sealed document has in one more language, as an act of the system.

    `supplied_by` is who supplied it to the source. Nothing is done if the language is there, or the document has ended.
    """
    lock_row(session, document)
    edition = documents.get_edition(session, document, EditionStep.TEXT, 0)  # what was revised before a seal is not it
    is_present = session.get(LanguageVersion, (edition.id, file.language)) is not None
    if document.ended_as is not None or is_present:
        return
    _store_file(session, supplied_by, edition, file, ActingSide.SUBMITTER, clock.now(), title)
    if title:
        document.titles = {file.language: title} | document.titles
    document.version += 1
    event = events.TranslationAdded(document.id, edition.id, file.language, file.sha256)
    journal.record_event(session, None, event, body=document.body_id)


def take_next_number(session: WriteSession, series: DocumentSeries, scope: str) -> int:
    """Take the next number of a series; its counter stays locked until the transaction ends."""
    statement = (
        insert(SeriesCounter)
        .values(series_id=series.id, scope=scope, last=1)
        .on_conflict_do_update(index_elements=["series_id", "scope"], set_={"last": SeriesCounter.last + 1})
        .returning(SeriesCounter.last)
    )
    return session.scalars(statement).one()
