"""From a State's draft to the register."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict, Stale, Unacceptable
from app.core.i18n import say
from app.domain.bodies.rules import Place
from app.domain.contributions import events, queries, rules
from app.domain.contributions.inputs import Because, Cover
from app.domain.contributions.models import Contribution, ContributionFile, Status
from app.domain.documents import actions as register_of_documents
from app.domain.documents import queries as documents
from app.domain.documents.inputs import FileOf, NewDocument, NewEdition, Text
from app.domain.documents.models import Access, Document, Step
from app.domain.meetings import queries as meetings
from app.domain.meetings import rules as deadlines
from app.domain.meetings.models import Meeting
from app.domain.scans import queries as scans

SERIES = "C"


def draft(session: WriteSession, actor: Actor, meeting: Meeting, cover: Cover, *, key: UUID) -> Contribution:
    """Begin a contribution to a meeting, for the actor's own State.

    `key` is made with the form: sending the form twice gives one draft. Raises Stale if it is sent with another text.
    A body that does not admit the State's category has no delegates of it: admission is asked where seats are derived.
    """
    rules.DRAFT.require(actor, Place(meeting.body_id, actor.entity))
    values = _cover(session, meeting, cover)
    moment = clock.now()
    new = insert(Contribution).values(
        id=key,
        body_id=meeting.body_id,
        meeting_id=meeting.id,
        entity=actor.entity,
        status=Status.DRAFT,
        version=1,
        drafted_by=actor.person,
        drafted_at=moment,
        changed_at=moment,
        late=False,
        access=Access.GROUP,
        step=Step.TEXT,
        note="",
        **values,
    )
    is_new = session.scalar(new.on_conflict_do_nothing().returning(Contribution.id)) is not None
    made = session.get(Contribution, key, populate_existing=True)
    if made is None or not (is_new or _is_the_same(made, actor, meeting, values)):
        raise Stale()
    if not is_new:
        return made
    journal.record(session, actor, events.ContributionDrafted(made.id), body=made.body_id)
    return made


def change(session: WriteSession, actor: Actor, contribution: Contribution, cover: Cover, *, version: int) -> None:
    """Save the cover of a draft. A save that was made on an older version is refused."""
    rules.EDIT.require(actor, contribution)
    if contribution.version != version:
        raise Conflict(
            say("A colleague changed this draft meanwhile. Both texts are below: take what you need, and save.")
        )
    for name, value in _cover(session, session.get_one(Meeting, contribution.meeting_id), cover).items():
        setattr(contribution, name, value)
    if session.is_modified(contribution):
        _changed(contribution)
        happened = events.ContributionChanged(contribution.id, contribution.version)
        journal.record(session, actor, happened, body=contribution.body_id)


def _cover(session: WriteSession, meeting: Meeting, cover: Cover) -> dict[str, Any]:
    """The cover as columns. The item, if one is named, is one of the meeting."""
    if cover.item is not None:
        meetings.one_item(session, meeting, cover.item)
    return {
        "title": cover.title,
        "abstract": cover.abstract,
        "original": cover.original,
        "purpose": str(cover.purpose),
        "item_id": cover.item,
    }


def _is_the_same(made: Contribution, actor: Actor, meeting: Meeting, values: dict[str, Any]) -> bool:
    """Whether a form that was sent again is the one that made this draft."""
    mine = made.drafted_by == actor.person and made.meeting_id == meeting.id
    return mine and all(getattr(made, name) == value for name, value in values.items())


def _insist_on(contribution: Contribution, version: int) -> None:
    """What is decided on is what was read. Raises Stale."""
    if contribution.version != version:
        raise Stale()


def _changed(contribution: Contribution) -> None:
    contribution.version += 1
    contribution.changed_at = clock.now()


def put_file(
    session: WriteSession, actor: Actor, contribution: Contribution, file: FileOf, *, began_at: datetime
) -> None:
    """Add the file of one language to a draft, or replace it. `began_at` is when its upload began."""
    rules.EDIT.require(actor, contribution)
    there = session.get(ContributionFile, (contribution.id, file.language)) or ContributionFile(
        contribution_id=contribution.id, language=file.language
    )
    there.sha256, there.size, there.media = file.sha256, file.size, file.media
    there.name, there.findings = file.name, file.findings
    there.began_at, there.received_at = began_at, clock.now()
    session.add(there)
    _changed(contribution)
    happened = events.ContributionFileReceived(contribution.id, file.language, file.sha256)
    journal.record(session, actor, happened, body=contribution.body_id)


def remove_file(session: WriteSession, actor: Actor, contribution: Contribution, language: str) -> None:
    """Take the file of one language out of a draft."""
    rules.EDIT.require(actor, contribution)
    session.delete(queries.one_file(session, contribution, language))
    _changed(contribution)
    happened = events.ContributionFileRemoved(contribution.id, language)
    journal.record(session, actor, happened, body=contribution.body_id)


def discard(session: WriteSession, actor: Actor, contribution: Contribution) -> None:
    """Throw a draft away. That there was one stays in the journal, for its State only."""
    rules.DISCARD.require(actor, contribution)
    journal.record(session, actor, events.ContributionDiscarded(contribution.id), body=contribution.body_id)
    session.delete(contribution)


def submit(
    session: WriteSession, actor: Actor, contribution: Contribution, *, version: int, grace: timedelta, late: bool
) -> None:
    """Hand it in. The time that counts is now: its bytes are durable already.

    `version` is the one shown on the check page: what is submitted is what was checked. `late` says that the delegate
    knows it is late and asks the chair; without it, a late contribution is refused and stays a draft.
    """
    rules.SUBMIT.require(actor, contribution)
    if contribution.version != version:
        raise Conflict(say("The draft was changed after you checked it. Look at it once more, then submit it."))
    files = queries.files(session, contribution)
    if contribution.original not in {file.language for file in files}:
        raise Unacceptable(say("The file in the original language is missing. Add it, then submit."))
    scans.insist_on_no_virus(session, [file.sha256 for file in files])
    meeting = session.get_one(Meeting, contribution.meeting_id)
    in_time = deadlines.is_in_time(meeting, [(file.began_at, file.received_at) for file in files], grace)
    if not in_time and not late:
        raise Conflict(
            say("The deadline has passed. Your draft is saved as it was; you can ask the chair to accept it late.")
        )
    contribution.status, contribution.late = Status.SUBMITTED, not in_time
    contribution.submitted_by, contribution.submitted_at = actor.person, clock.now()
    contribution.late_accepted_by = contribution.late_accepted_because = contribution.returned_because = None
    _changed(contribution)
    digests = " ".join(f"{file.language}:{file.sha256}" for file in files)
    happened = events.ContributionSubmitted(contribution.id, digests, late=not in_time)
    journal.record(session, actor, happened, body=contribution.body_id)


def accept_late(
    session: WriteSession, actor: Actor, contribution: Contribution, because: Because, *, version: int
) -> None:
    """The chair accepts what came late, with a reason; not what their own State submitted."""
    rules.ACCEPT_LATE.require(actor, contribution)
    _insist_on(contribution, version)
    contribution.late_accepted_by, contribution.late_accepted_because = actor.person, because.reason
    journal.record(session, actor, events.LateContributionAccepted(contribution.id), body=contribution.body_id)


def send_back(
    session: WriteSession, actor: Actor, contribution: Contribution, because: Because, *, version: int
) -> None:
    """Return it to its State with the reason; it can be changed and submitted again."""
    rules.RETURN.require(actor, contribution)
    _insist_on(contribution, version)
    contribution.status, contribution.returned_because = Status.RETURNED, because.reason
    _changed(contribution)
    journal.record(session, actor, events.ContributionReturned(contribution.id), body=contribution.body_id)


def send_back_infected(session: WriteSession, sha256: str, what: str) -> int:
    """The house returns what was submitted unchecked, once the virus scanner has found something in a file of it.

    Returns how many there were.
    """
    found = queries.submitted_with(session, sha256)
    reason = say("The virus scanner found %(name)s in a file. Replace that file, then submit it again.", name=what)
    for contribution in found:
        contribution.status, contribution.returned_because = Status.RETURNED, str(reason)
        _changed(contribution)
        journal.record(session, None, events.ContributionReturned(contribution.id), body=contribution.body_id)
    return len(found)


def register(session: WriteSession, actor: Actor, contribution: Contribution, *, version: int) -> Document:
    """Give it the next symbol of the meeting's contributions, or the suffix of the document that it follows.

    From now on every seat of the body sees it.
    """
    rules.REGISTER.require(actor, contribution)
    _insist_on(contribution, version)
    text = _text_of(session, contribution)
    scans.insist_on_checked(session, [file.sha256 for file in text.files])
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
    _changed(contribution)
    journal.record(session, actor, events.ContributionRegistered(contribution.id, made.id), body=contribution.body_id)
    return made


def _new_document(session: WriteSession, contribution: Contribution, text: Text) -> NewDocument:
    meeting = session.get_one(Meeting, contribution.meeting_id)
    return NewDocument(
        body_id=contribution.body_id,
        series=SERIES,
        scope=str(meeting.number),
        kind="contribution",
        entity=contribution.entity,
        text=text,
        access=Access(contribution.access),
    )


def _text_of(session: WriteSession, contribution: Contribution) -> Text:
    names = FileOf.__slots__
    return Text(
        original=contribution.original,
        titles={contribution.original: contribution.title},
        abstract=contribution.abstract,
        files=tuple(
            FileOf(**{name: getattr(file, name) for name in names}) for file in queries.files(session, contribution)
        ),
    )
