"""Which contributions an actor may see. A draft exists for those alone who write it or are asked to sign it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict, Unknown
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.contributions import rules
from app.domain.contributions.models import Clearance, Contribution, ContributionFile, Cosponsor, Status
from app.domain.contributions.rules import OPEN
from app.domain.documents.models import Document, Step
from app.domain.documents.rules import stands
from app.domain.meetings.models import Meeting
from app.domain.scans import queries as scans


def visible(actor: Actor) -> Select[Contribution]:
    """What one's own State writes or is asked to sign; for the secretariat what was submitted or what it writes itself;
    for the chair what came late, until it is returned.

    What the virus scanner has not checked yet exists for its own delegation only.
    """
    has_left = and_(Contribution.status.not_in(OPEN), ~_is_held())
    return select(Contribution).where(
        or_(
            and_(_is_ours(actor), Contribution.body_id.in_(actor.bodies(*DELEGATES))),
            and_(Contribution.by_entity == actor.entity, Contribution.body_id.in_(actor.bodies(Office.SECRETARY))),
            and_(has_left, Contribution.body_id.in_(actor.bodies(Office.SECRETARY))),
            and_(has_left, Contribution.late, Contribution.body_id.in_(actor.bodies(*CHAIRS))),
        )
    )


def _is_ours(actor: Actor) -> ColumnElement[bool]:
    """Written by one's own State, or one's own State is asked to sign it."""
    asked, declined = Contribution.invited.contains([actor.entity]), Contribution.declined.contains([actor.entity])
    return or_(Contribution.entity == actor.entity, and_(asked, ~declined, ~_is_held()))


def _is_held() -> ColumnElement[bool]:
    """A file of it waits for the virus scanner, or something was found in one, and it is not in the register yet.

    A registered one stays in sight: the same bytes may be sent again while the scanner is down.
    """
    its_file = ContributionFile.contribution_id == Contribution.id
    return and_(
        Contribution.status != Status.REGISTERED, exists().where(its_file, scans.is_held(ContributionFile.sha256))
    )


def one_visible(session: ReadSession, actor: Actor, contribution: UUID, *, lock: bool = False) -> Contribution:
    """That contribution, or Unknown. With `lock`, as it is now, and nobody changes it until the transaction ends."""
    statement = visible(actor).where(Contribution.id == contribution)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(statement)
    if found is None:
        raise Unknown()
    return found


def several(
    session: ReadSession, actor: Actor, contributions: Collection[UUID], *, lock: bool = False
) -> Sequence[Contribution]:
    """Those of them that the actor sees as a secretary, in the order in which they came in."""
    theirs = Contribution.body_id.in_(actor.bodies(Office.SECRETARY))
    statement = visible(actor).where(Contribution.id.in_(contributions), theirs)
    statement = statement.order_by(Contribution.submitted_at, Contribution.id)
    if lock:
        statement = statement.with_for_update(of=Contribution).execution_options(populate_existing=True)
    return session.scalars(statement).all()


def one_with_receipts(session: ReadSession, actor: Actor, contribution: UUID) -> Contribution:
    """That contribution, if its receipts are for the actor: its own State's delegates and the secretariat. Or Unknown.

    A chair who sees what came late decides on the text; the receipt is between its State and the house.
    """
    found = one_visible(session, actor, contribution)
    if rules.SEE_RECEIPTS.who.against(actor, found):
        raise Unknown()
    return found


def files(session: ReadSession, contribution: Contribution) -> Sequence[ContributionFile]:
    """The files of a contribution that was found for the actor."""
    return session.scalars(
        select(ContributionFile)
        .where(ContributionFile.contribution_id == contribution.id)
        .order_by(ContributionFile.language)
    ).all()


def one_file(session: ReadSession, contribution: Contribution, language: str) -> ContributionFile:
    """The file in that language, or Unknown."""
    found = session.get(ContributionFile, (contribution.id, language))
    if found is None:
        raise Unknown()
    return found


def one_given(session: ReadSession, actor: Actor, contribution: UUID, language: str) -> ContributionFile:
    """A file that may be given to the actor. Raises Unknown; Conflict if a virus is in it or its document has ended."""
    found = one_visible(session, actor, contribution)
    file = one_file(session, found, language)
    document = session.get_one(Document, found.document_id) if found.document_id else None
    if document and (objection := stands.against(actor, document)):
        raise Conflict(objection)
    scans.insist_on_no_virus(session, [file.sha256])
    return file


def cosponsors(session: ReadSession, contribution: Contribution) -> Sequence[Cosponsor]:
    """The States that were asked to sign a contribution that was found for the actor."""
    return session.scalars(
        select(Cosponsor).where(Cosponsor.contribution_id == contribution.id).order_by(Cosponsor.entity)
    ).all()


def answers(session: ReadSession, actor: Actor, contribution: Contribution) -> Sequence[Cosponsor]:
    """What the States that were asked have answered, as far as the actor is told.

    Those who write it see all. To the others a State that declined, or is silent, is no news: they see who signs, and
    their own State.
    """
    asked = cosponsors(session, contribution)
    if rules.writes_it.against(actor, contribution) is None:
        return asked
    return [each for each in asked if each.signs or each.entity == actor.entity]


def access_of(session: ReadSession, contribution: Contribution) -> str:
    """Who may read it once it is registered: what follows a document is read by whoever reads that document."""
    if contribution.follows_id:
        return session.get_one(Document, contribution.follows_id).access
    return contribution.access


def one_cosponsor(session: ReadSession, contribution: Contribution, entity: str) -> Cosponsor:
    """That State's answer, or Unknown."""
    found = session.get(Cosponsor, (contribution.id, entity))
    if found is None:
        raise Unknown()
    return found


def needs_clearance(session: ReadSession, actor: Actor, contribution: Contribution) -> bool:
    """Whether the actor's State wants its head of delegation to clear what it sends."""
    own = actor.entity == contribution.entity
    return own and requires_clearance(session, contribution.body_id, contribution.entity)


def requires_clearance(session: ReadSession, body: UUID, entity: str) -> bool:
    """Whether a State has its contributions to this body cleared by its head of delegation."""
    return session.get(Clearance, (body, entity)) is not None


def topics_kept(session: ReadSession, contribution: Contribution) -> frozenset[str]:
    """Topics that a draft may go on to carry although they were retired: its own, and those of what it follows."""
    followed = session.get_one(Document, contribution.follows_id) if contribution.follows_id else None
    return frozenset(contribution.topics) | frozenset(followed.topics if followed else ())


def cover_of(session: ReadSession, actor: Actor, document: Document) -> dict[str, object]:
    """What a follow-up of a document begins with: its cover as it stands."""
    typed: dict[str, object] = {"title": document.titles.get(document.original, ""), "original": document.original}
    typed |= {"abstract": document.abstract, "access": document.access, "topics": document.topics}
    behind = of_document(session, actor, document.id)
    kept = ("purpose", "action", "refers_to", "contact", "regional_group")
    return typed | {name: (getattr(behind, name) or "") if behind else "" for name in kept} | {"item": ""}


Standing = Row[*tuple[Any, ...]]
"""One row of `COLUMNS`."""
COLUMNS = (
    Contribution.id,
    Contribution.meeting_id,
    Contribution.entity,
    Contribution.by_entity,
    Contribution.step,
    Contribution.title,
    Contribution.original,
    Contribution.status,
    Contribution.late,
    Contribution.late_accepted_by,
    Contribution.submitted_at,
    Contribution.changed_at,
    Contribution.document_id,
    Document.symbol,
    Document.ended_as,
)


def of_own_state(actor: Actor) -> Select[Contribution]:
    """What the actor's State writes or is asked to sign, the latest change first."""
    ours = and_(_is_ours(actor), Contribution.body_id.in_(actor.bodies(*DELEGATES)))
    return visible(actor).where(ours).order_by(Contribution.changed_at.desc(), Contribution.id)


def written_here(actor: Actor) -> Select[Contribution]:
    """What the secretariat itself writes and has not submitted yet, the latest change first."""
    ours = and_(Contribution.by_entity == actor.entity, Contribution.body_id.in_(actor.bodies(Office.SECRETARY)))
    return visible(actor).where(ours, Contribution.status.in_(OPEN)).order_by(Contribution.changed_at.desc())


def open_ones(actor: Actor) -> Select[Contribution]:
    """Those of them that wait for the actor's State: to be submitted, or to be signed and not answered yet.

    A State may sign what another one has submitted, until it is registered.
    """
    answered = exists().where(
        Cosponsor.contribution_id == Contribution.id, Cosponsor.entity == actor.entity, Cosponsor.signs.is_not(None)
    )
    to_submit = and_(Contribution.entity == actor.entity, Contribution.status.in_(OPEN))
    to_sign = and_(Contribution.entity != actor.entity, Contribution.status != Status.REGISTERED, ~answered)
    return of_own_state(actor).where(or_(to_submit, to_sign))


def held(actor: Actor) -> Select[Contribution]:
    """What the chair held and the secretariat has to take up."""
    waits = and_(Contribution.status == Status.HELD, Contribution.body_id.in_(actor.bodies(Office.SECRETARY)))
    return visible(actor).where(waits).order_by(Contribution.submitted_at, Contribution.id)


FOR_THE_CHAIR = and_(
    Contribution.status == Status.SUBMITTED, Contribution.late, Contribution.late_accepted_by.is_(None)
)
TO_REGISTER = and_(Contribution.status == Status.SUBMITTED, not_(FOR_THE_CHAIR))


def to_register(actor: Actor) -> Select[Contribution]:
    """What the secretariat can register, the earliest deposit first."""
    waits = and_(TO_REGISTER, Contribution.body_id.in_(actor.bodies(Office.SECRETARY)))
    return visible(actor).where(waits).order_by(Contribution.submitted_at, Contribution.id)


FOLLOWED = aliased(Document)
QUEUED = (
    Contribution.id,
    Contribution.version,
    Contribution.meeting_id,
    Contribution.entity,
    Contribution.step,
    Contribution.title,
    Contribution.original,
    Contribution.late,
    Contribution.submitted_at,
    FOLLOWED.symbol.label("follows"),
    FOLLOWED.ended_as,
)


def queue(session: ReadSession, actor: Actor, *, limit: int, offset: int = 0) -> Sequence[Standing]:
    """What the secretariat can register, as rows of `QUEUED`: what each would be, and on which version one decides."""
    rows = to_register(actor).outerjoin(FOLLOWED, FOLLOWED.id == Contribution.follows_id).with_only_columns(*QUEUED)
    return session.execute(rows.limit(limit).offset(offset)).all()


def files_of(session: ReadSession, contributions: Collection[UUID]) -> Mapping[UUID, Sequence[ContributionFile]]:
    """The files of contributions that were found for the actor, in one statement."""
    found: dict[UUID, list[ContributionFile]] = {}
    wanted = select(ContributionFile).where(ContributionFile.contribution_id.in_(contributions))
    for file in session.scalars(wanted.order_by(ContributionFile.language)):
        found.setdefault(file.contribution_id, []).append(file)
    return found


def late_ones(actor: Actor, *offices: Office) -> Select[Contribution]:
    """What came late and waits for the chair, in the bodies where the actor holds one of these offices."""
    waits = and_(FOR_THE_CHAIR, Contribution.body_id.in_(actor.bodies(*offices)))
    return visible(actor).where(waits).order_by(Contribution.submitted_at, Contribution.id)


def late_seen(actor: Actor) -> Select[Contribution]:
    """What came late and is not decided: for a secretary all, for a chair all but what is their own State's."""
    registers = Contribution.body_id.in_(actor.bodies(Office.SECRETARY))
    return late_ones(actor, *CHAIRS, Office.SECRETARY).where(or_(registers, not_(_is_ours(actor))))


LATE = (
    Contribution.id,
    Contribution.meeting_id,
    Contribution.entity,
    Contribution.title,
    Contribution.original,
    Contribution.status,
    Contribution.late_accepted_because,
    Contribution.held_because,
    Contribution.submitted_at,
    Contribution.document_id,
    Document.symbol,
    Document.ended_as,
)
KEPT = Contribution.status == Status.HELD
ACCEPTED = and_(Contribution.status != Status.HELD, Contribution.late_accepted_by.is_not(None))


def came_late(actor: Actor, how: ColumnElement[bool]) -> Select[Contribution]:
    """What came late to the bodies where the actor is chair or secretary, and stands so, the latest first."""
    theirs = Contribution.body_id.in_(actor.bodies(*CHAIRS, Office.SECRETARY))
    late = visible(actor).where(Contribution.status.not_in(OPEN), theirs, how)
    return late.order_by(Contribution.submitted_at.desc(), Contribution.id)


def listed_late(
    session: ReadSession, chosen: Select[Contribution], *, limit: int, offset: int = 0
) -> Sequence[Standing]:
    """One of these lists, as rows of `LATE`."""
    rows = chosen.outerjoin(Document, Document.id == Contribution.document_id).with_only_columns(*LATE)
    return session.execute(rows.limit(limit).offset(offset)).all()


def to_decide(actor: Actor) -> Select[Contribution]:
    """What came late and waits for this chair: not what their own State submits or signs."""
    return late_ones(actor, *CHAIRS).where(not_(_is_ours(actor)))


def listed(session: ReadSession, chosen: Select[Contribution], *, limit: int, offset: int = 0) -> Sequence[Standing]:
    """One of these lists, as rows of `COLUMNS`."""
    rows = chosen.outerjoin(Document, Document.id == Contribution.document_id).with_only_columns(*COLUMNS)
    return session.execute(rows.limit(limit).offset(offset)).all()


def how_many(session: ReadSession, chosen: Select[Contribution]) -> int:
    """How many contributions the same list would hold."""
    counted = chosen.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    return session.scalar(counted) or 0


def of_document(session: ReadSession, actor: Actor, document: UUID) -> Contribution | None:
    """The contribution behind the first text of a registered document, if the actor may see it."""
    return session.scalar(visible(actor).where(Contribution.document_id == document, Contribution.step == Step.TEXT))


def submitted_with(session: ReadSession, sha256: str) -> Sequence[Contribution]:
    """For the house: what waits with this file in it, locked."""
    its_file = exists().where(ContributionFile.contribution_id == Contribution.id, ContributionFile.sha256 == sha256)
    waiting = select(Contribution).where(Contribution.status.in_((Status.SUBMITTED, Status.HELD)), its_file)
    return session.scalars(waiting.with_for_update()).all()


def items_asked_for(session: ReadSession, meeting: Meeting) -> dict[UUID, UUID]:
    """Of the registered contributions to a meeting, by document: the agenda item that the delegation asked for."""
    rows = select(Contribution.document_id, Contribution.item_id).where(
        Contribution.meeting_id == meeting.id, Contribution.item_id.is_not(None), Contribution.step == Step.TEXT
    )
    return {document: item for document, item in session.execute(rows) if document and item}
