"""Draft, submit, return, recall and register contributions. Late ones are in `late_submissions`."""

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
"""Kind of document by code of the series."""
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
    """Create a draft contribution to a meeting: for the actor's own State, or by the secretariat for `entity`.

    `key` is generated with the form, so that sending the form twice creates one draft. Sent again with another text, it
    saves that text if the draft is still at `version`. The id is derived from person and key: the key of another
    person's draft creates a draft of one's own. Raises Forbidden, Conflict; Stale if the draft was changed or submitted
    meanwhile; BadRequest if the body does not admit the State, which is checked here because delegates have seats only
    where their State is admitted.
    """
    is_corrigendum = following is not None and following.step == Step.CORRIGENDUM
    context = rules.to_meeting(meeting, entity or actor.entity, is_corrigendum=is_corrigendum)
    rules.DRAFT.require(actor, context)
    if following:
        follow_up.FOLLOW.require(actor, following.document)
    if context.entity not in (actor.entity, SECRETARIAT) and not bodies.admits(
        session, meeting.body_id, context.entity
    ):
        raise Unacceptable(say("This group does not admit that State. Choose another one."))
    step = following.step if following else Step.TEXT
    followed = following.document if following else None
    access, retained_topics = (followed.access, followed.topics) if followed else (None, ())
    values = covers.columns(session, meeting, cover, step=step, access=access, had=retained_topics)
    ownership = {"entity": context.entity, "series": series}
    now, contribution_id = clock.now(), uuid5(actor.person, str(key))
    if receipts.latest(session, contribution_id):  # the form of a contribution that was submitted and deleted later
        raise Stale()
    statement = insert(Contribution).values(
        id=contribution_id,
        body_id=meeting.body_id,
        meeting_id=meeting.id,
        by_entity=actor.entity,
        status=Status.DRAFT,
        version=1,
        drafted_by=actor.person,
        drafted_at=now,
        changed_at=now,
        changed_by=actor.person,
        late=False,
        invited=[],
        declined=[],
        step=step,
        follows_id=followed.id if followed else None,
        only_language=following.only_language if following else None,
        **ownership,
        **values,
    )
    is_new = session.scalar(statement.on_conflict_do_nothing().returning(Contribution.id)) is not None
    contribution = session.get(Contribution, contribution_id, populate_existing=True, with_for_update=True)
    if contribution is None or contribution.meeting_id != meeting.id:
        raise Stale()
    if is_new:
        journal.record(session, actor, events.ContributionDrafted(contribution.id), body=contribution.body_id)
        if following and following.step is not Step.CORRIGENDUM:
            _invite_signers_again(session, actor, contribution, following.document)
    elif any(getattr(contribution, name) != value for name, value in (values | ownership).items()):
        if contribution.version != version:
            raise Stale()
        rules.EDIT.require(actor, contribution)
        if context.entity in contribution.invited:
            raise Unacceptable(say("This State submits it; it need not be asked to sign."))
        _save_columns(session, actor, contribution, values | ownership)
    return contribution


def _invite_signers_again(session: WriteSession, actor: Actor, contribution: Contribution, document: Document) -> None:
    """Invite the States that signed the text in force to sign what follows it.

    Not called for a corrigendum, which changes nothing that they signed.
    """
    signers = [signer for signer in documents.sponsors(session, documents.in_force(session, document)) if signer.signed]
    contribution.invited = sorted(signer.entity for signer in signers)
    for signer in signers:
        session.add(
            Cosponsor(
                contribution_id=contribution.id,
                entity=signer.entity,
                invited_by=actor.person,
                invited_at=contribution.drafted_at,
            )
        )


def change(session: WriteSession, actor: Actor, contribution: Contribution, cover: Cover, *, version: int) -> None:
    """Save the cover of a draft. Values equal to the present ones are accepted at any version, for a client that sends
    again.

    Raises Forbidden; Conflict if the draft is not at `version` any more.
    """
    rules.EDIT.require(actor, contribution)
    meeting = session.get_one(Meeting, contribution.meeting_id)
    access = contribution.access if contribution.follows_id else None
    retained_topics = queries.topics_kept(session, contribution)
    values = covers.columns(session, meeting, cover, step=contribution.step, access=access, had=retained_topics)
    if contribution.version != version:
        if all(getattr(contribution, name) == value for name, value in values.items()):
            return
        raise Conflict(OWN_SAVE if contribution.changed_by == actor.person else SAVE_OF_A_COLLEAGUE)
    _save_columns(session, actor, contribution, values)


def _save_columns(
    session: WriteSession, actor: Actor, contribution: Contribution, values: Mapping[str, object]
) -> None:
    """Write columns of a draft. Values equal to the present ones are no change: nothing is recorded, signatures
    stay."""
    for name, value in values.items():
        setattr(contribution, name, value)
    if session.is_modified(contribution):
        _count_change(session, actor, contribution)
        event = events.ContributionChanged(contribution.id, contribution.version)
        journal.record(session, actor, event, body=contribution.body_id)


def _count_change(session: WriteSession, actor: Actor, contribution: Contribution) -> None:
    """Count a new version of the draft: clearance and signatures of the version before are void."""
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
    """Add the file of one language to a draft, or replace it; sending the present file again keeps its time of receipt.

    `began_at` is when its upload began, `received_at` when it was complete, if that was before now. Raises Forbidden,
    Conflict.
    """
    rules.EDIT.require(actor, contribution)
    row = session.get(ContributionFile, (contribution.id, file.language)) or ContributionFile(
        contribution_id=contribution.id, language=file.language
    )
    values = {name: getattr(file, name) for name in FileOf.__slots__}
    if all(getattr(row, name) == value for name, value in values.items()):
        return
    for name, value in values.items():
        setattr(row, name, value)
    row.began_at, row.received_at = began_at, received_at or clock.now()
    session.add(row)
    _count_change(session, actor, contribution)
    event = events.ContributionFileReceived(contribution.id, file.language, file.sha256)
    journal.record(session, actor, event, body=contribution.body_id)


def remove_file(session: WriteSession, actor: Actor, contribution: Contribution, language: str) -> None:
    """Remove the file of one language from a draft. Raises Forbidden, Conflict; NotFound if there is none."""
    rules.EDIT.require(actor, contribution)
    session.delete(queries.one_file(session, contribution, language))
    _count_change(session, actor, contribution)
    event = events.ContributionFileRemoved(contribution.id, language)
    journal.record(session, actor, event, body=contribution.body_id)


def discard(session: WriteSession, actor: Actor, contribution: Contribution) -> None:
    """Delete a draft. The journal keeps that it existed, for its State only. Raises Forbidden, Conflict."""
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
    """Submit a contribution. The time that counts is now, since its files are stored already.

    `version` is the version shown on the check page. `accepts_lateness` says that the delegate knows the contribution
    is late and asks the chair; without it, a late contribution is refused and stays a draft. Repeated by the same
    person (a second click, a lost answer), it changes nothing and returns the same receipt; not for a contribution that
    is a draft again, which would look submitted. Raises Forbidden; BadRequest if something is missing; Conflict if the
    draft changed, is late or holds a virus.
    """
    earlier = deposits.given_before(session, actor, contribution, version)
    if earlier and contribution.status not in rules.OPEN:
        rules.SEE_RECEIPTS.require(actor, contribution)
        return earlier
    rules.SUBMIT.require(actor, contribution)
    if contribution.version != version:
        raise Conflict(say("The draft was changed after you checked it. Look at it once more, then submit it."))
    if objection := missing(session, actor, contribution):
        raise Unacceptable(objection)
    files = queries.files(session, contribution)
    scans.wait_for_news(session, [file.sha256 for file in files])
    scans.insist_on_no_virus(session, [file.sha256 for file in files])
    meeting = session.get_one(Meeting, contribution.meeting_id)
    session.refresh(meeting, with_for_update={"read": True})  # a change of the deadline waits, or is committed already
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
    event = events.ContributionSubmitted(contribution.id, digests, late=not in_time, receipt=receipt.digest)
    journal.record(session, actor, event, body=contribution.body_id)
    return receipt


def missing(session: ReadSession, actor: Actor, contribution: Contribution) -> Words | None:
    """Return why this actor cannot submit the draft yet; None if it is complete."""
    followed = session.get_one(Document, contribution.follows_id) if contribution.follows_id else None
    if followed and followed.ended_as is not None:
        return say("The document that it follows was withdrawn, or its number is void.")
    if followed and not contribution.note:
        return say("Say in a sentence what is new in it.")
    meeting = session.get_one(Meeting, contribution.meeting_id)
    if contribution.step != Step.CORRIGENDUM and meeting.life not in TAKES_CONTRIBUTIONS:
        return NOT_OPEN if meeting.life == Life.CONVENED else NO_MORE
    languages = {file.language for file in queries.files(session, contribution)}
    required = contribution.only_language or contribution.original
    if required not in languages:
        return say("The file in the original language is missing. Add it, then submit.")
    if contribution.only_language and languages != {contribution.only_language}:
        return say("This corrigendum concerns one language. Remove the files in the others, then submit.")
    if contribution.cleared_by is None and queries.needs_clearance(session, actor, contribution):
        return say("The head of your delegation has to clear it first.")
    return None


def take_back(session: WriteSession, actor: Actor, contribution: Contribution, *, version: int) -> None:
    """Recall a contribution for its State before it is registered; it is a draft again.

    A new submission counts from its own time. Receipts stay: they attest what was received when. Raises Forbidden,
    Conflict, Stale.
    """
    rules.TAKE_BACK.require(actor, contribution)
    rules.insist_on(contribution, version)
    contribution.status, contribution.held_because = Status.DRAFT, None
    contribution.version += 1
    journal.record(session, actor, events.ContributionTakenBack(contribution.id), body=contribution.body_id)


def send_back(
    session: WriteSession, actor: Actor, contribution: Contribution, because: Because, *, version: int
) -> None:
    """Return a contribution to its State with a reason; it can be changed and submitted again.

    Raises Forbidden, Conflict, Stale.
    """
    rules.RETURN.require(actor, contribution)
    rules.insist_on(contribution, version)
    contribution.status, contribution.returned_because = Status.RETURNED, because.reason
    contribution.held_because = None
    contribution.version += 1
    journal.record(session, actor, events.ContributionReturned(contribution.id), body=contribution.body_id)


def send_back_infected(session: WriteSession, sha256: str, what: str) -> int:
    """Return every submitted contribution with this file, in which the virus scanner found something after submission.

    Called by the system, without an actor. Returns the number of contributions.
    """
    contributions = queries.submitted_with(session, sha256)
    reason = say("The virus scanner found %(name)s in a file. Replace that file, then submit it again.", name=what)
    for contribution in contributions:
        contribution.status, contribution.returned_because = Status.RETURNED, reason.into(contribution.original)
        contribution.version += 1
        journal.record(session, None, events.ContributionReturned(contribution.id), body=contribution.body_id)
    return len(contributions)


def register(
    session: WriteSession, actor: Actor, contribution: Contribution, *, version: int, sign: Signer
) -> Document:
    """Register a contribution under the next symbol of its series, or as an edition of the document that it follows.

    From then on every seat of the body sees it, and its State gets a second receipt, with the symbol. Raises what
    `require_ready_for_registration` raises.
    """
    insist_on_ready(session, actor, contribution, version=version)
    text = covers.text_of(session, contribution)
    if contribution.follows_id:
        document = session.get_one(Document, contribution.follows_id)
        edition_data = NewEdition(
            step=Step(contribution.step),
            text=text,
            note=contribution.note,
            only_language=contribution.only_language,
        )
        edition = register_of_documents.add_edition(session, actor, document, edition_data)
    else:
        document = register_of_documents.register(session, actor, _build_new_document(session, contribution, text))
        edition = documents.in_force(session, document)
    contribution.status, contribution.document_id, contribution.edition_id = Status.REGISTERED, document.id, edition.id
    contribution.version += 1
    files = queries.files(session, contribution)
    receipt = deposits.of_registration(session, actor, contribution, edition, files, version=version, sign=sign)
    event = events.ContributionRegistered(contribution.id, document.id, receipt.digest)
    journal.record(session, actor, event, body=contribution.body_id)
    return document


def insist_on_ready(session: ReadSession, actor: Actor, contribution: Contribution, *, version: int) -> None:
    """Check that a contribution can be registered as the actor saw it.

    Raises Forbidden; Stale; Conflict if its status forbids it or a file is not checked for viruses.
    """
    rules.REGISTER.require(actor, contribution)
    rules.insist_on(contribution, version)
    scans.insist_on_checked(session, [file.sha256 for file in queries.files(session, contribution)])
    if contribution.follows_id:
        follow_up.ADD_EDITION.require(actor, session.get_one(Document, contribution.follows_id))


def _build_new_document(session: WriteSession, contribution: Contribution, text: Text) -> NewDocument:
    """Build the document to be registered from a contribution."""
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
