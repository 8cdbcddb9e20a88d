"""Register documents and their editions, take numbers, and change registered documents.

A number is taken in the transaction that registers, so numbers are unique and without gaps. A number stays taken.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest, Conflict, NotFound, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission
from app.core.validation import ReasonInput
from app.domain.documents import events, rules
from app.domain.documents.inputs import (
    AccessChangeInput,
    LanguageFile,
    NewDocument,
    NewEdition,
    ProposalListInput,
    RegisterCorrectionInput,
)
from app.domain.documents.models import (
    ActingSide,
    CorrectedField,
    Document,
    DocumentAccess,
    DocumentCorrection,
    DocumentEnding,
    DocumentRelation,
    DocumentSeries,
    Edition,
    EditionStep,
    LanguageVersion,
    RelationKind,
    RelationRevocation,
    SeriesCounter,
    Sponsor,
)
from app.domain.documents.queries import documents, proposals
from app.domain.topics import queries as subjects

EDITION_SUFFIXES = {EditionStep.REVISION: "Rev", EditionStep.ADDENDUM: "Add", EditionStep.CORRIGENDUM: "Corr"}


def register_document(session: WriteSession, actor: Actor, new: NewDocument) -> Document:
    """Register a document with its files under the next symbol of its series.

    Raises Forbidden.
    """
    rules.REGISTER.require(actor, new)
    series = documents.get_series(session, new.body_id, new.series)
    number = take_next_number(session, series, new.scope)
    document = Document(
        body_id=new.body_id,
        series_id=series.id,
        scope=new.scope,
        number=number,
        symbol=documents.format_symbol_in_series(session, series, new.scope, number),
        kind=new.kind,
        entity=new.entity,
        original=new.text.original,
        titles=new.text.titles,
        abstract=new.text.abstract,
        access=new.access,
        sealed=new.sealed,
        at_request=new.text.at_request or None,
        topics=list(new.text.topics),
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
        document.revision, document.original = number, new.text.original
        document.titles, document.abstract = new.text.titles, new.text.abstract
        document.topics, document.at_request = list(new.text.topics), new.text.at_request or None
    if (part := proposals.get_part_number_of_edition(edition)) is not None:
        document.proposals = proposals.replace_proposals_of_part(document, part, new.text.proposals)
    document.version += 1
    event = events.EditionRegistered(document.id, edition.id, edition.symbol)
    journal.record_event(session, actor, event, body=document.body_id)
    return edition


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
        cover=new.text.cover,
        topics=list(new.text.topics),
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
        raise BadRequest(_("This corrigendum concerns another language only."))
    if session.get(LanguageVersion, (edition.id, file.language)):
        raise Conflict(_("The text is there in this language. If it is wrong, a corrigendum puts it right."))
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


def add_relation(session: WriteSession, actor: Actor, document: Document, kind: RelationKind, other: Document) -> None:
    """Record what a document is to another one; recording it twice changes nothing. The caller checks access to both.

    The document is locked, so that two people who record the same relation create one. Raises Forbidden; BadRequest if
    both documents are the same; Conflict if the document has ended.
    """
    lock_row(session, document)
    rules.RELATE.require(actor, document)
    if document.id == other.id:
        raise BadRequest(_("A document does not relate to itself. Name another one."))
    if documents.has_relation(session, document, kind, other):
        return
    relation = DocumentRelation(
        document_id=document.id,
        kind=kind,
        other_id=other.id,
        side=rules.get_acting_side(actor, document),
        made_by=actor.person,
        made_at=clock.now(),
    )
    session.add(relation)
    event = events.DocumentRelated(document.id, kind, other.id)
    journal.record_event(session, actor, event, body=document.body_id)


def revoke_relation(
    session: WriteSession, actor: Actor, document: Document, relation: DocumentRelation, because: ReasonInput
) -> None:
    """Revoke a relation that this document states, with a reason; the relation itself stays on record.

    Raises Forbidden; Conflict if it was revoked before or the document has ended.
    """
    lock_row(session, document)
    rules.RELATE.require(actor, document)
    if session.get(RelationRevocation, relation.id) is not None:
        raise Conflict(_("This relation was taken back already."))
    revocation = RelationRevocation(
        relation_id=relation.id,
        because=because.reason,
        side=rules.get_acting_side(actor, document),
        taken_back_by=actor.person,
        taken_back_at=clock.now(),
    )
    session.add(revocation)
    event = events.RelationWithdrawn(document.id, relation.id)
    journal.record_event(session, actor, event, body=document.body_id)


def change_document_access(
    session: WriteSession, actor: Actor, document: Document, change: AccessChangeInput, *, version: int
) -> None:
    """Change who may read a document. Raises Forbidden, Conflict, Stale; BadRequest if nothing would change."""
    _lock_for_change(session, actor, document, rules.CHANGE_ACCESS, version)
    old = document.access
    if change.access == old:
        raise BadRequest(_("It is so already. Choose who may read it from now on."))
    document.access = change.access
    document.version += 1
    record = _record_change(session, actor, document, change, CorrectedField.ACCESS, old, change.access)
    event = events.AccessChanged(document.id, record.id, old, change.access)
    journal.record_event(session, actor, event, body=document.body_id)


def follow_access_of_source(
    session: WriteSession, document: Document, access: DocumentAccess, because: ReasonInput, *, decided_by: UUID
) -> None:
    """Give a sealed document the audience that its source has from now on, as an act of the system.

    `decided_by` is who decided what becomes of the source.
    """
    lock_row(session, document)
    old = document.access
    if document.ended_as is not None or access == old:
        return
    document.access = access
    document.version += 1
    record = DocumentCorrection(
        document_id=document.id,
        what=CorrectedField.ACCESS,
        old=old,
        new=access,
        because=because.reason,
        side=ActingSide.SECRETARIAT,
        corrected_by=decided_by,
        corrected_at=clock.now(),
    )
    session.add(record)
    session.flush()
    event = events.AccessChanged(document.id, record.id, old, access)
    journal.record_event(session, None, event, body=document.body_id)


def correct_register_entry(
    session: WriteSession, actor: Actor, document: Document, correction: RegisterCorrectionInput, *, version: int
) -> None:
    """Correct title (in one language), abstract or topics of a document on the register. Editions stay as registered.

    Raises Forbidden, Conflict, Stale; BadRequest if nothing would change.
    """
    _lock_for_change(session, actor, document, rules.CORRECT, version)
    records = []
    old = document.titles.get(correction.language, "")
    if correction.title and correction.title != old:
        document.titles = {**document.titles, correction.language: correction.title}
        records.append(
            _record_change(
                session, actor, document, correction, CorrectedField.TITLE, old, correction.title, correction.language
            )
        )
    if correction.abstract is not None and correction.abstract != document.abstract:
        records.append(
            _record_change(
                session, actor, document, correction, CorrectedField.ABSTRACT, document.abstract, correction.abstract
            )
        )
        document.abstract = correction.abstract
    if correction.topics is not None:
        before, topics = (
            document.topics,
            subjects.require_choosable_topics(session, correction.topics, already_chosen=document.topics),
        )
        if set(topics) != set(before):
            document.topics = topics
            records.append(
                _record_change(
                    session,
                    actor,
                    document,
                    correction,
                    CorrectedField.TOPICS,
                    " ".join(before),
                    " ".join(document.topics),
                )
            )
    if not records:
        raise BadRequest(_("Nothing is different from what is on the register."))
    document.version += 1
    for record in records:
        event = events.DocumentCorrected(document.id, record.id, record.what)
        journal.record_event(session, actor, event, body=document.body_id)


def correct_proposal_list(
    session: WriteSession,
    actor: Actor,
    document: Document,
    edition: Edition,
    correction: ProposalListInput,
    *,
    version: int,
) -> None:
    """Correct the list of proposals of the text in force or of an addendum. The edition stays as registered.

    Raises Forbidden, Conflict, Stale; NotFound for any other edition; BadRequest if nothing would change.
    """
    _lock_for_change(session, actor, document, rules.CORRECT_PROPOSALS, version)
    part, in_force = proposals.get_part_number_of_edition(edition), documents.get_edition_in_force(session, document)
    if part is None or (part == 0 and edition.id != in_force.id):
        raise NotFound()
    old = proposals.format_proposals(session, document, proposals.list_edition_proposals(document, edition, in_force))
    document.proposals = proposals.replace_proposals_of_part(document, part, correction.proposals)
    new = proposals.format_proposals(session, document, proposals.list_edition_proposals(document, edition, in_force))
    if new == old:
        raise BadRequest(_("Nothing is different from what is on the register."))
    document.version += 1
    record = _record_change(session, actor, document, correction, CorrectedField.PROPOSALS, old, new)
    event = events.DocumentCorrected(document.id, record.id, record.what)
    journal.record_event(session, actor, event, body=document.body_id)


def _record_change(
    session: WriteSession,
    actor: Actor,
    document: Document,
    because: ReasonInput,
    what: CorrectedField,
    old: str,
    new: str,
    language: str | None = None,
) -> DocumentCorrection:
    """Store a change with old and new value and its reason."""
    record = DocumentCorrection(
        document_id=document.id,
        what=what,
        language=language,
        old=old,
        new=new,
        because=because.reason,
        side=rules.get_acting_side(actor, document),
        corrected_by=actor.person,
        corrected_at=clock.now(),
    )
    session.add(record)
    session.flush()
    return record


def withdraw_document(
    session: WriteSession, actor: Actor, document: Document, because: ReasonInput, *, version: int
) -> None:
    """Withdraw a document. Its number stays, with a tombstone; its files are not given out any more.

    Raises Forbidden, Conflict, Stale.
    """
    _lock_for_change(session, actor, document, rules.WITHDRAW, version)
    _set_ending(actor, document, DocumentEnding.WITHDRAWN, because)
    journal.record_event(session, actor, events.DocumentWithdrawn(document.id), body=document.body_id)


def void_document_number(
    session: WriteSession, actor: Actor, document: Document, because: ReasonInput, *, version: int
) -> None:
    """Void the number of a document that was registered in error. The number is not given again.

    Raises Forbidden, Conflict, Stale.
    """
    _lock_for_change(session, actor, document, rules.VOID, version)
    _set_ending(actor, document, DocumentEnding.VOID, because)
    journal.record_event(session, actor, events.NumberVoided(document.id), body=document.body_id)


def _set_ending(actor: Actor, document: Document, how: DocumentEnding, because: ReasonInput) -> None:
    """Set how, when, by whom and why the document ended."""
    document.ended_as, document.ended_at, document.ended_by = how, clock.now(), actor.person
    document.ended_side, document.ended_because = rules.get_acting_side(actor, document), because.reason
    document.version += 1


def _lock_for_change(
    session: WriteSession, actor: Actor, document: Document, permission: Permission[Document], version: int
) -> None:
    """Lock the document and check permission and version. Raises Forbidden, Conflict, Stale."""
    lock_row(session, document)
    permission.require(actor, document)
    require_version(document.version, version)


def support_document(session: WriteSession, actor: Actor, document: Document) -> None:
    """Support the text in force for the actor's State. Signatures stay as they were registered.

    The document is locked, so that two delegates of one State support the text in force once. Raises Forbidden,
    Conflict.
    """
    lock_row(session, document)
    rules.SUPPORT.require(actor, document)
    edition = documents.get_edition_in_force(session, document)
    if session.get(Sponsor, (edition.id, actor.entity)) is not None:
        return
    session.add(
        Sponsor(edition_id=edition.id, entity=actor.entity, signed=False, person_id=actor.person, joined_at=clock.now())
    )
    journal.record_event(session, actor, events.DocumentSupported(document.id, edition.id), body=document.body_id)


def take_next_number(session: WriteSession, series: DocumentSeries, scope: str) -> int:
    """Take the next number of a series; its counter stays locked until the transaction ends."""
    statement = (
        insert(SeriesCounter)
        .values(series_id=series.id, scope=scope, last=1)
        .on_conflict_do_update(index_elements=["series_id", "scope"], set_={"last": SeriesCounter.last + 1})
        .returning(SeriesCounter.last)
    )
    return session.scalars(statement).one()
