"""From a State's draft to the register. What came late is in `lateness`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Stale, Unacceptable
from app.core.i18n import Text as Words
from app.core.i18n import say
from app.core.signing import Signer
from app.domain.bodies import queries as bodies
from app.domain.contributions import covers, deposits, events, queries, rules
from app.domain.contributions.inputs import SECRETARIAT, Because, Cover, Following
from app.domain.contributions.models import Contribution, ContributionFile, Cosponsor, Status
from app.domain.documents import actions as register_of_documents
from app.domain.documents import queries as documents
from app.domain.documents import rules as follow_up
from app.domain.documents.inputs import FileOf, NewDocument, NewEdition, Text
from app.domain.documents.models import Access, Document, Step
from app.domain.meetings import rules as deadlines
from app.domain.meetings.models import Life, Meeting
from app.domain.receipts import queries as receipts
from app.domain.receipts.models import Receipt
from app.domain.scans import queries as scans

SERIES = "C"
KINDS = {
    "C": "contribution",
    "INF": "information",
    "ADM": "administrative",
    "DT": "temporary",
    "DL": "limited",
    "R": "report",
}
"""The kind of document that each series holds."""
SAVE_OF_A_COLLEAGUE = say(
    "A colleague changed this draft meanwhile. Both texts are below: take what you need, and save."
)
OWN_SAVE = say(
    "You saved this draft meanwhile, perhaps in another window. Both texts are below: take what you need, and save."
)

TAKES_CONTRIBUTIONS = (Life.OPEN, Life.IN_SESSION)
NOT_OPEN = say("The meeting is not open for contributions yet. Your draft is saved; submit it once it is.")
NO_MORE = say("The meeting is closed or was cancelled, and takes no more contributions.")


def draft(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    cover: Cover,
    *,
    key: UUID,
    entity: str | None = None,
    series: str = SERIES,
    following: Following | None = None,
    version: int | None = None,
) -> Contribution:
    """Begin a contribution to a meeting: for the actor's own State, or by the secretariat for `entity`.

    `key` is made with the form: sending the form twice gives one draft. Sent again with another text, it saves that
    text if nobody changed the draft since `version`, and raises Stale otherwise. It is a key of this person alone: who
    sends the key of somebody else's draft begins their own, as with any other key.
    A body that does not admit the State's category has no delegates of it: admission is asked where seats are derived.
    """
    corrects = following is not None and following.step == Step.CORRIGENDUM
    place = rules.to_meeting(meeting, entity or actor.entity, is_corrigendum=corrects)
    rules.DRAFT.require(actor, place)
    if following:
        follow_up.FOLLOW.require(actor, following.document)
    if place.entity not in (actor.entity, SECRETARIAT) and not bodies.admits(session, meeting.body_id, place.entity):
        raise Unacceptable(say("This group does not admit that State. Choose another one."))
    step = following.step if following else Step.TEXT
    followed = following.document if following else None
    access, had = (followed.access, followed.topics) if followed else (None, ())
    values = covers.columns(session, meeting, cover, step=step, access=access, had=had)
    whose = {"entity": place.entity, "series": series}
    moment, its_id = clock.now(), uuid5(actor.person, str(key))
    if receipts.latest(session, its_id):  # a form of a contribution that was submitted and later thrown away
        raise Stale()
    new = insert(Contribution).values(
        id=its_id,
        body_id=meeting.body_id,
        meeting_id=meeting.id,
        by_entity=actor.entity,
        status=Status.DRAFT,
        version=1,
        drafted_by=actor.person,
        drafted_at=moment,
        changed_at=moment,
        changed_by=actor.person,
        late=False,
        invited=[],
        declined=[],
        step=step,
        follows_id=followed.id if followed else None,
        only_language=following.only_language if following else None,
        **whose,
        **values,
    )
    is_new = session.scalar(new.on_conflict_do_nothing().returning(Contribution.id)) is not None
    made = session.get(Contribution, its_id, populate_existing=True, with_for_update=True)
    if made is None or made.meeting_id != meeting.id:
        raise Stale()
    if is_new:
        journal.record(session, actor, events.ContributionDrafted(made.id), body=made.body_id)
        if following and following.step is not Step.CORRIGENDUM:
            _ask_again(session, actor, made, following.document)
    elif any(getattr(made, name) != value for name, value in (values | whose).items()):
        if made.version != version:
            raise Stale()
        rules.EDIT.require(actor, made)
        if place.entity in made.invited:
            raise Unacceptable(say("This State submits it; it need not be asked to sign."))
        _save(session, actor, made, values | whose)
    return made


def _ask_again(session: WriteSession, actor: Actor, contribution: Contribution, document: Document) -> None:
    """Whoever signed the text in force is asked to sign what follows it. A corrigendum changes nothing they signed."""
    signed = [each for each in documents.sponsors(session, documents.in_force(session, document)) if each.signed]
    contribution.invited = sorted(each.entity for each in signed)
    for each in signed:
        session.add(
            Cosponsor(
                contribution_id=contribution.id,
                entity=each.entity,
                invited_by=actor.person,
                invited_at=contribution.drafted_at,
            )
        )


def change(session: WriteSession, actor: Actor, contribution: Contribution, cover: Cover, *, version: int) -> None:
    """Save the cover of a draft. A save that was made on an older version is refused, unless it says what is there:
    whoever lost the answer to a save sends it again."""
    rules.EDIT.require(actor, contribution)
    meeting = session.get_one(Meeting, contribution.meeting_id)
    access = contribution.access if contribution.follows_id else None
    had = queries.topics_kept(session, contribution)
    values = covers.columns(session, meeting, cover, step=contribution.step, access=access, had=had)
    if contribution.version != version:
        if all(getattr(contribution, name) == value for name, value in values.items()):
            return
        raise Conflict(OWN_SAVE if contribution.changed_by == actor.person else SAVE_OF_A_COLLEAGUE)
    _save(session, actor, contribution, values)


def _save(session: WriteSession, actor: Actor, contribution: Contribution, values: Mapping[str, object]) -> None:
    """Write these columns; what is the same as before is no change, and nobody is asked anew."""
    for name, value in values.items():
        setattr(contribution, name, value)
    if session.is_modified(contribution):
        _changed(session, actor, contribution)
        happened = events.ContributionChanged(contribution.id, contribution.version)
        journal.record(session, actor, happened, body=contribution.body_id)


def _changed(session: WriteSession, actor: Actor, contribution: Contribution) -> None:
    """Another text: whoever signed or cleared the one before is asked again."""
    contribution.version += 1
    contribution.changed_at, contribution.changed_by = clock.now(), actor.person
    contribution.cleared_by = contribution.cleared_at = None
    session.execute(
        update(Cosponsor)
        .where(Cosponsor.contribution_id == contribution.id, Cosponsor.signs.is_(True))
        .values(signs=None, answered_by=None, answered_at=None)
    )


def put_file(
    session: WriteSession,
    actor: Actor,
    contribution: Contribution,
    file: FileOf,
    *,
    began_at: datetime,
    received_at: datetime | None = None,
) -> None:
    """Add the file of one language to a draft, or replace it; what is there already came when it came.

    `began_at` is when its upload began, `received_at` when it was whole, if that was before now.
    """
    rules.EDIT.require(actor, contribution)
    there = session.get(ContributionFile, (contribution.id, file.language)) or ContributionFile(
        contribution_id=contribution.id, language=file.language
    )
    values = {name: getattr(file, name) for name in FileOf.__slots__}
    if all(getattr(there, name) == value for name, value in values.items()):
        return
    for name, value in values.items():
        setattr(there, name, value)
    there.began_at, there.received_at = began_at, received_at or clock.now()
    session.add(there)
    _changed(session, actor, contribution)
    happened = events.ContributionFileReceived(contribution.id, file.language, file.sha256)
    journal.record(session, actor, happened, body=contribution.body_id)


def remove_file(session: WriteSession, actor: Actor, contribution: Contribution, language: str) -> None:
    """Take the file of one language out of a draft."""
    rules.EDIT.require(actor, contribution)
    session.delete(queries.one_file(session, contribution, language))
    _changed(session, actor, contribution)
    happened = events.ContributionFileRemoved(contribution.id, language)
    journal.record(session, actor, happened, body=contribution.body_id)


def discard(session: WriteSession, actor: Actor, contribution: Contribution) -> None:
    """Throw a draft away. That there was one stays in the journal, for its State only."""
    rules.DISCARD.require(actor, contribution)
    journal.record(session, actor, events.ContributionDiscarded(contribution.id), body=contribution.body_id)
    session.delete(contribution)


def submit(
    session: WriteSession,
    actor: Actor,
    contribution: Contribution,
    *,
    version: int,
    grace: timedelta,
    late: bool,
    sign: Signer,
) -> Receipt:
    """Hand it in. The time that counts is now: its bytes are durable already.

    `version` is the one shown on the check page: what is submitted is what was checked. `late` says that the delegate
    knows it is late and asks the chair; without it, a late contribution is refused and stays a draft. Asked again by
    the same person (a second click, a lost answer), nothing happens and the same receipt is given; not of what is a
    draft again, since it would look as if it was submitted.
    """
    given = deposits.given_before(session, actor, contribution, version)
    if given and contribution.status not in rules.OPEN:
        rules.SEE_RECEIPTS.require(actor, contribution)
        return given
    rules.SUBMIT.require(actor, contribution)
    if contribution.version != version:
        raise Conflict(say("The draft was changed after you checked it. Look at it once more, then submit it."))
    if objection := missing(session, actor, contribution):
        raise Unacceptable(objection)
    files = queries.files(session, contribution)
    scans.wait_for_news(session, [file.sha256 for file in files])
    scans.insist_on_no_virus(session, [file.sha256 for file in files])
    meeting = session.get_one(Meeting, contribution.meeting_id)
    session.refresh(meeting, with_for_update={"read": True})  # who moves the deadline waits, or has moved it already
    in_time = contribution.step == Step.CORRIGENDUM or deadlines.is_in_time(
        meeting, [(file.began_at, file.received_at) for file in files], grace
    )
    if not in_time and not late:
        raise Conflict(
            say("The deadline has passed. Your draft is saved as it was; you can ask the chair to accept it late.")
        )
    contribution.status, contribution.late = Status.SUBMITTED, not in_time
    contribution.submitted_by, contribution.submitted_at = actor.person, clock.now()
    contribution.late_accepted_by = contribution.late_accepted_because = contribution.returned_because = None
    contribution.version += 1
    digests = " ".join(f"{file.language}:{file.sha256}" for file in files)
    receipt = deposits.of_deposit(session, actor, contribution, files, version=version, sign=sign)
    happened = events.ContributionSubmitted(contribution.id, digests, late=not in_time, receipt=receipt.digest)
    journal.record(session, actor, happened, body=contribution.body_id)
    return receipt


def missing(session: ReadSession, actor: Actor, contribution: Contribution) -> Words | None:
    """What a draft lacks before this actor can submit it; None if nothing does."""
    followed = session.get_one(Document, contribution.follows_id) if contribution.follows_id else None
    if followed and followed.ended_as is not None:
        return say("The document that it follows was withdrawn, or its number is void.")
    if followed and not contribution.note:
        return say("Say in a sentence what is new in it.")
    meeting = session.get_one(Meeting, contribution.meeting_id)
    if contribution.step != Step.CORRIGENDUM and meeting.life not in TAKES_CONTRIBUTIONS:
        return NOT_OPEN if meeting.life == Life.CONVENED else NO_MORE
    languages = {file.language for file in queries.files(session, contribution)}
    wanted = contribution.only_language or contribution.original
    if wanted not in languages:
        return say("The file in the original language is missing. Add it, then submit.")
    if contribution.only_language and languages != {contribution.only_language}:
        return say("This corrigendum concerns one language. Remove the files in the others, then submit.")
    if contribution.cleared_by is None and queries.needs_clearance(session, actor, contribution):
        return say("The head of your delegation has to clear it first.")
    return None


def take_back(session: WriteSession, actor: Actor, contribution: Contribution, *, version: int) -> None:
    """Its State takes it back before it is registered. It is a draft again; a new submission has a time of its own.

    Its receipts stay: they say what was received when.
    """
    rules.TAKE_BACK.require(actor, contribution)
    rules.insist_on(contribution, version)
    contribution.status, contribution.held_because = Status.DRAFT, None
    contribution.version += 1
    journal.record(session, actor, events.ContributionTakenBack(contribution.id), body=contribution.body_id)


def send_back(
    session: WriteSession, actor: Actor, contribution: Contribution, because: Because, *, version: int
) -> None:
    """Return it to its State with the reason; it can be changed and submitted again."""
    rules.RETURN.require(actor, contribution)
    rules.insist_on(contribution, version)
    contribution.status, contribution.returned_because = Status.RETURNED, because.reason
    contribution.held_because = None
    contribution.version += 1
    journal.record(session, actor, events.ContributionReturned(contribution.id), body=contribution.body_id)


def send_back_infected(session: WriteSession, sha256: str, what: str) -> int:
    """The house returns what was submitted unchecked, once the virus scanner has found something in a file of it.

    Returns how many there were.
    """
    found = queries.submitted_with(session, sha256)
    reason = say("The virus scanner found %(name)s in a file. Replace that file, then submit it again.", name=what)
    for contribution in found:
        contribution.status, contribution.returned_because = Status.RETURNED, reason.into(contribution.original)
        contribution.version += 1
        journal.record(session, None, events.ContributionReturned(contribution.id), body=contribution.body_id)
    return len(found)


def register(
    session: WriteSession, actor: Actor, contribution: Contribution, *, version: int, sign: Signer
) -> Document:
    """Give it the next symbol of the meeting's contributions, or the suffix of the document that it follows.

    From now on every seat of the body sees it, and its State has a second receipt, with the symbol.
    """
    insist_on_ready(session, actor, contribution, version=version)
    text = covers.text_of(session, contribution)
    if contribution.follows_id:
        made = session.get_one(Document, contribution.follows_id)
        new = NewEdition(
            step=Step(contribution.step),
            text=text,
            note=contribution.note,
            only_language=contribution.only_language,
        )
        edition = register_of_documents.add_edition(session, actor, made, new)
    else:
        made = register_of_documents.register(session, actor, _new_document(session, contribution, text))
        edition = documents.in_force(session, made)
    contribution.status, contribution.document_id, contribution.edition_id = Status.REGISTERED, made.id, edition.id
    contribution.version += 1
    files = queries.files(session, contribution)
    receipt = deposits.of_registration(session, actor, contribution, edition, files, version=version, sign=sign)
    happened = events.ContributionRegistered(contribution.id, made.id, receipt.digest)
    journal.record(session, actor, happened, body=contribution.body_id)
    return made


def insist_on_ready(session: ReadSession, actor: Actor, contribution: Contribution, *, version: int) -> None:
    """Pass if it can be registered as the actor saw it; otherwise raise what stands against it."""
    rules.REGISTER.require(actor, contribution)
    rules.insist_on(contribution, version)
    scans.insist_on_checked(session, [file.sha256 for file in queries.files(session, contribution)])
    if contribution.follows_id:
        follow_up.ADD_EDITION.require(actor, session.get_one(Document, contribution.follows_id))


def _new_document(session: WriteSession, contribution: Contribution, text: Text) -> NewDocument:
    meeting = session.get_one(Meeting, contribution.meeting_id)
    return NewDocument(
        body_id=contribution.body_id,
        series=contribution.series,
        scope=str(meeting.number),
        kind=KINDS[contribution.series],
        entity=contribution.entity,
        text=text,
        access=Access(contribution.access),
    )
