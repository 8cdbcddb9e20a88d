"""Registering documents and taking numbers, and what happens to a document afterwards.

A number is taken in the registering transaction: unique and gapless. It stays taken, whatever happens.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.access import Actor, Permission
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Stale, Unacceptable, Unknown
from app.core.i18n import say
from app.domain.bodies.models import Body
from app.domain.documents import events, proposals, queries, rules
from app.domain.documents.inputs import (
    Because,
    Correction,
    FileOf,
    NewDocument,
    NewEdition,
    Opening,
    Relisting,
)
from app.domain.documents.models import (
    Changed,
    Counter,
    Document,
    DocumentCorrection,
    DocumentRelation,
    Edition,
    Ending,
    LanguageVersion,
    Relation,
    RelationTakenBack,
    Series,
    Side,
    Sponsor,
    Step,
)
from app.domain.subjects import queries as subjects

SUFFIXES = {Step.REVISION: "Rev", Step.ADDENDUM: "Add", Step.CORRIGENDUM: "Corr"}


def register(session: WriteSession, actor: Actor, new: NewDocument) -> Document:
    """Give a document the next symbol of its series and put it, with its files, on the register."""
    rules.REGISTER.require(actor, new)
    series = one_series(session, new.body_id, new.series)
    number = take_number(session, series, new.scope)
    made = Document(
        body_id=new.body_id,
        series_id=series.id,
        scope=new.scope,
        number=number,
        symbol=symbol(session, series, new.scope, number),
        kind=new.kind,
        entity=new.entity,
        original=new.text.original,
        titles=new.text.titles,
        abstract=new.text.abstract,
        access=new.access,
        topics=list(new.text.topics),
        proposals=proposals.numbered(new.text.proposals, 0),
        registered_at=clock.now(),
    )
    session.add(made)
    session.flush()
    _put_edition(session, actor, made, NewEdition(step=Step.TEXT, text=new.text), 0, made.symbol)
    journal.record(session, actor, events.DocumentRegistered(made.id, made.symbol), body=new.body_id)
    return made


def add_edition(session: WriteSession, actor: Actor, document: Document, new: NewEdition) -> Edition:
    """Put a revision, an addendum or a corrigendum on the register: `… (Rev.1)`, numbered within the document.

    A revision is the text in force from now on. The document is locked, so that two of them get two numbers.
    """
    session.refresh(document, with_for_update=True)
    rules.ADD_EDITION.require(actor, document)
    number = queries.last_number(session, document, new.step) + 1
    made = _put_edition(session, actor, document, new, number, f"{document.symbol} ({SUFFIXES[new.step]}.{number})")
    if new.step is Step.REVISION:
        document.revision, document.original = number, new.text.original
        document.titles, document.abstract = new.text.titles, new.text.abstract
        document.topics = list(new.text.topics)
    if (part := proposals.part_of(made)) is not None:
        document.proposals = proposals.replaced(document, part, new.text.proposals)
    document.version += 1
    happened = events.EditionRegistered(document.id, made.id, made.symbol)
    journal.record(session, actor, happened, body=document.body_id)
    return made


def _put_edition(
    session: WriteSession, actor: Actor, document: Document, new: NewEdition, number: int, symbol: str
) -> Edition:
    made = Edition(
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
    )
    made.proposals = proposals.numbered(new.text.proposals, proposals.part_of(made) or 0)
    session.add(made)
    session.flush()
    for file in new.text.files:
        _put_file(session, actor, made, file, Side.SUBMITTER, made.registered_at)
    for entity, person in new.text.signed_by:
        session.add(Sponsor(edition_id=made.id, entity=entity, signed=True, person_id=person, joined_at=clock.now()))
    return made


def _put_file(
    session: WriteSession,
    actor: Actor,
    edition: Edition,
    file: FileOf,
    side: Side,
    at: datetime,
    title: str | None = None,
) -> None:
    """The text of an edition in one language. `side` is whose text it is; the actor puts it on the register."""
    columns = {name: getattr(file, name) for name in file.__slots__}
    made = LanguageVersion(
        edition_id=edition.id, title=title, side=side, supplied_by=actor.person, supplied_at=at, **columns
    )
    session.add(made)


def translate(
    session: WriteSession, actor: Actor, document: Document, edition: Edition, file: FileOf, *, title: str | None = None
) -> None:
    """Add an edition's text in one more language. Never in one that is there: a corrigendum puts that right.

    A title that the document does not have in that language yet is taken over, if the edition is in force.
    """
    session.refresh(document, with_for_update=True)
    rules.TRANSLATE.require(actor, document)
    if edition.only_language not in (None, file.language):
        raise Unacceptable(say("This corrigendum concerns another language only."))
    if session.get(LanguageVersion, (edition.id, file.language)):
        raise Conflict(say("The text is there in this language. If it is wrong, a corrigendum puts it right."))
    _put_file(session, actor, edition, file, rules.side_of(actor, document), clock.now(), title)
    if title and edition.id == queries.in_force(session, document).id:
        titles = {file.language: title} | document.titles
        if titles != document.titles:  # whoever corrects what the register says looks at it again
            document.titles = titles
            document.version += 1
    happened = events.TranslationAdded(document.id, edition.id, file.language, file.sha256)
    journal.record(session, actor, happened, body=document.body_id)


def relate(session: WriteSession, actor: Actor, document: Document, kind: Relation, other: Document) -> None:
    """Put on record what a document is to another one. Both were found for the actor; saying it twice changes nothing.

    Raises Unacceptable if they are the same. The document is locked, so that two who say it say it once.
    """
    session.refresh(document, with_for_update=True)
    rules.RELATE.require(actor, document)
    if document.id == other.id:
        raise Unacceptable(say("A document does not relate to itself. Name another one."))
    if queries.holds(session, document, kind, other):
        return
    made = DocumentRelation(
        document_id=document.id,
        kind=kind,
        other_id=other.id,
        side=rules.side_of(actor, document),
        made_by=actor.person,
        made_at=clock.now(),
    )
    session.add(made)
    happened = events.DocumentRelated(document.id, kind, other.id)
    journal.record(session, actor, happened, body=document.body_id)


def take_back(
    session: WriteSession, actor: Actor, document: Document, relation: DocumentRelation, because: Because
) -> None:
    """Say that a relation which this document states does not hold any more, with a reason. It stays on record.

    Raises Conflict if somebody took it back before.
    """
    session.refresh(document, with_for_update=True)
    rules.RELATE.require(actor, document)
    if session.get(RelationTakenBack, relation.id) is not None:
        raise Conflict(say("This relation was taken back already."))
    made = RelationTakenBack(
        relation_id=relation.id,
        because=because.reason,
        side=rules.side_of(actor, document),
        taken_back_by=actor.person,
        taken_back_at=clock.now(),
    )
    session.add(made)
    happened = events.RelationWithdrawn(document.id, relation.id)
    journal.record(session, actor, happened, body=document.body_id)


def reclassify(session: WriteSession, actor: Actor, document: Document, opening: Opening, *, version: int) -> None:
    """Change who may read it. Raises Unacceptable if it is so already."""
    _take_turn(session, actor, document, rules.OPEN, version)
    old = document.access
    if opening.access == old:
        raise Unacceptable(say("It is so already. Choose who may read it from now on."))
    document.access = opening.access
    document.version += 1
    made = _on_record(session, actor, document, opening, Changed.ACCESS, old, opening.access)
    happened = events.AccessChanged(document.id, made.id, old, opening.access)
    journal.record(session, actor, happened, body=document.body_id)


def correct(session: WriteSession, actor: Actor, document: Document, correction: Correction, *, version: int) -> None:
    """Correct what the register says: a title in one language, the abstract, the topics. Editions stay as registered.

    Raises Unacceptable if nothing would be different.
    """
    _take_turn(session, actor, document, rules.CORRECT, version)
    made = []
    old = document.titles.get(correction.language, "")
    if correction.title and correction.title != old:
        document.titles = {**document.titles, correction.language: correction.title}
        made.append(
            _on_record(session, actor, document, correction, Changed.TITLE, old, correction.title, correction.language)
        )
    if correction.abstract is not None and correction.abstract != document.abstract:
        made.append(
            _on_record(session, actor, document, correction, Changed.ABSTRACT, document.abstract, correction.abstract)
        )
        document.abstract = correction.abstract
    if correction.topics is not None:
        before, topics = document.topics, subjects.chosen(session, correction.topics, beside=document.topics)
        if set(topics) != set(before):
            document.topics = topics
            made.append(
                _on_record(
                    session, actor, document, correction, Changed.TOPICS, " ".join(before), " ".join(document.topics)
                )
            )
    if not made:
        raise Unacceptable(say("Nothing is different from what is on the register."))
    document.version += 1
    for each in made:
        happened = events.DocumentCorrected(document.id, each.id, each.what)
        journal.record(session, actor, happened, body=document.body_id)


def relist(
    session: WriteSession, actor: Actor, document: Document, edition: Edition, relisting: Relisting, *, version: int
) -> None:
    """Correct the list of proposals of the text in force, or of an addendum. The edition stays as registered.

    Raises Unknown for any other text; Unacceptable if nothing would be different.
    """
    _take_turn(session, actor, document, rules.RELIST, version)
    part, in_force = proposals.part_of(edition), queries.in_force(session, document)
    if part is None or (part == 0 and edition.id != in_force.id):
        raise Unknown()
    old = proposals.written(session, document, proposals.of_edition(document, edition, in_force))
    document.proposals = proposals.replaced(document, part, relisting.proposals)
    new = proposals.written(session, document, proposals.of_edition(document, edition, in_force))
    if new == old:
        raise Unacceptable(say("Nothing is different from what is on the register."))
    document.version += 1
    made = _on_record(session, actor, document, relisting, Changed.PROPOSALS, old, new)
    happened = events.DocumentCorrected(document.id, made.id, made.what)
    journal.record(session, actor, happened, body=document.body_id)


def _on_record(
    session: WriteSession,
    actor: Actor,
    document: Document,
    because: Because,
    what: Changed,
    old: str,
    new: str,
    language: str | None = None,
) -> DocumentCorrection:
    made = DocumentCorrection(
        document_id=document.id,
        what=what,
        language=language,
        old=old,
        new=new,
        because=because.reason,
        side=rules.side_of(actor, document),
        corrected_by=actor.person,
        corrected_at=clock.now(),
    )
    session.add(made)
    session.flush()
    return made


def withdraw(session: WriteSession, actor: Actor, document: Document, because: Because, *, version: int) -> None:
    """Its submitter takes it back. The number stays, with a tombstone; nothing else of it is given out any more."""
    _take_turn(session, actor, document, rules.WITHDRAW, version)
    _end(actor, document, Ending.WITHDRAWN, because)
    journal.record(session, actor, events.DocumentWithdrawn(document.id), body=document.body_id)


def void(session: WriteSession, actor: Actor, document: Document, because: Because, *, version: int) -> None:
    """It was registered in error: its number counts as taken, and is never given again."""
    _take_turn(session, actor, document, rules.VOID, version)
    _end(actor, document, Ending.VOID, because)
    journal.record(session, actor, events.NumberVoided(document.id), body=document.body_id)


def _end(actor: Actor, document: Document, how: Ending, because: Because) -> None:
    document.ended_as, document.ended_at, document.ended_by = how, clock.now(), actor.person
    document.ended_side, document.ended_because = rules.side_of(actor, document), because.reason
    document.version += 1


def _take_turn(
    session: WriteSession, actor: Actor, document: Document, permission: Permission[Document], version: int
) -> None:
    """Hold the document, ask, and insist that what is decided on is what was read. Raises Stale."""
    session.refresh(document, with_for_update=True)
    permission.require(actor, document)
    if document.version != version:
        raise Stale()


def support(session: WriteSession, actor: Actor, document: Document) -> None:
    """Another State says that it supports the text in force. Who signed it stays as it was registered.

    The document is locked, so that two delegates of a State who say it say it once, and of the text that is in force.
    """
    session.refresh(document, with_for_update=True)
    rules.SUPPORT.require(actor, document)
    edition = queries.in_force(session, document)
    if session.get(Sponsor, (edition.id, actor.entity)) is not None:
        return
    session.add(
        Sponsor(edition_id=edition.id, entity=actor.entity, signed=False, person_id=actor.person, joined_at=clock.now())
    )
    journal.record(session, actor, events.DocumentSupported(document.id, edition.id), body=document.body_id)


def one_series(session: ReadSession, body: UUID, code: str) -> Series:
    """A series of a body, by its code. Every body is made with its series; a missing one is a fault."""
    return session.scalars(select(Series).where(Series.body_id == body, Series.code == code)).one()


def take_number(session: WriteSession, series: Series, scope: str) -> int:
    """The next number. Its counter is locked until the transaction ends; an abort gives it back."""
    next_one = (
        insert(Counter)
        .values(series_id=series.id, scope=scope, last=1)
        .on_conflict_do_update(index_elements=["series_id", "scope"], set_={"last": Counter.last + 1})
        .returning(Counter.last)
    )
    return session.scalars(next_one).one()


def symbol(session: ReadSession, series: Series, scope: str, number: int) -> str:
    """The symbol in the body's own format, such as `{prefix} {scope}/{number}`."""
    prefix = session.scalars(select(Body.prefix).where(Body.id == series.body_id)).one()
    return series.symbol.format(prefix=prefix, scope=scope, number=number)
