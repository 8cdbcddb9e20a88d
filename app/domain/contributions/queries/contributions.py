"""Read contributions as far as an actor may see them. Drafts are visible to their authors and invited co-sponsors
only."""

from collections.abc import Collection, Sequence
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession, add_row_lock
from app.core.errors import Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Capacity, Office
from app.domain.bodies.rules import CHAIRS, DELEGATES, is_head_of_delegation
from app.domain.contributions.inputs import RetainedChoices
from app.domain.contributions.models import Contribution, ContributionFile, ContributionStatus, Cosponsor, FileVerdict
from app.domain.contributions.queries.confirmations import is_awaiting_state
from app.domain.contributions.queries.submissions import has_clearance_requirement, list_cosponsors
from app.domain.contributions.rules import permissions as rules
from app.domain.contributions.rules import submissions as submission_rules
from app.domain.contributions.rules.permissions import OPEN_STATUSES
from app.domain.documents.models import Document
from app.domain.documents.rules import is_not_ended
from app.domain.files import queries as file_queries

_IS_QUARANTINED = and_(
    Contribution.status != ContributionStatus.REGISTERED,
    exists().where(
        ContributionFile.contribution_id == Contribution.id,
        or_(
            ContributionFile.verdict.in_((FileVerdict.WAITING, FileVerdict.REFUSED)),
            file_queries.build_quarantined_condition(ContributionFile.sha256, ContributionFile.contribution_id),
        ),
    ),
)
"""SQL condition: not registered, and a file is not inspected, waits for the virus scanner, or was refused by either.

Registered ones stay visible: the same bytes may be uploaded again while the scanner is down.
"""
NOT_GIVEN_OUT = _("This file was rejected and cannot be downloaded.")


@keep_statement
def list_visible_contributions(actor: Actor) -> Select[Contribution]:
    """Select what the actor may see: as delegate, what the own State writes or is asked to sign; as secretary, what was
    submitted or written by the secretariat; as chair, what came late, until it is returned; as focal point, what the
    secretariat submitted in the name of the own State.

    Contributions with a file that is not inspected or not checked for viruses are visible to their own delegation only.
    """
    has_left = and_(Contribution.status.not_in(OPEN_STATUSES), ~_IS_QUARANTINED)
    return select(Contribution).where(
        or_(
            and_(build_own_state_condition(actor), Contribution.body_id.in_(actor.bodies_with_role(*DELEGATES))),
            and_(
                Contribution.by_entity == actor.entity,
                Contribution.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
            ),
            and_(has_left, Contribution.body_id.in_(actor.bodies_with_role(Office.SECRETARY))),
            and_(has_left, Contribution.late, Contribution.body_id.in_(actor.bodies_with_role(*CHAIRS))),
            and_(
                has_left,
                Contribution.entity == actor.entity,
                Contribution.by_entity != Contribution.entity,
                Contribution.body_id.in_(actor.bodies_with_role(Capacity.FOCAL_POINT)),
            ),
        )
    )


def build_own_state_condition(actor: Actor) -> ColumnElement[bool]:
    """Condition: written by the actor's State, or that State is asked to sign it."""
    invited, declined = Contribution.invited.contains([actor.entity]), Contribution.declined.contains([actor.entity])
    return or_(Contribution.entity == actor.entity, and_(invited, ~declined, ~_IS_QUARANTINED))


def get_visible_contribution(
    session: ReadSession, actor: Actor, contribution_id: UUID, *, lock: bool = False
) -> Contribution:
    """Return a contribution that the actor may see. With `lock`, freshly read and locked until the transaction ends.

    Raises NotFound.
    """
    statement = list_visible_contributions(actor).where(Contribution.id == contribution_id)
    if lock:
        statement = add_row_lock(statement)
    row = session.scalar(statement)
    if row is None:
        raise NotFound()
    return row


def build_draft_id(person: UUID, key: UUID) -> UUID:
    """Build the id of the draft that a person creates with the key of a form."""
    return uuid5(person, str(key))


def find_draft_of_form(session: ReadSession, actor: Actor, key: UUID) -> Contribution | None:
    """Find the contribution that the actor created with the key of a form; None if there is none that they may see."""
    draft_id = build_draft_id(actor.person, key)
    return session.scalar(list_visible_contributions(actor).where(Contribution.id == draft_id))


def list_contributions_as_secretary(
    session: ReadSession, actor: Actor, contribution_ids: Collection[UUID], *, lock: bool = False
) -> Sequence[Contribution]:
    """List those contributions that the actor sees as secretary, in the order of submission; locked with `lock`."""
    as_secretary = Contribution.body_id.in_(actor.bodies_with_role(Office.SECRETARY))
    statement = list_visible_contributions(actor).where(Contribution.id.in_(contribution_ids), as_secretary)
    statement = statement.order_by(Contribution.submitted_at, Contribution.id)
    if lock:
        statement = add_row_lock(statement, only=Contribution)
    return session.scalars(statement).all()


def get_contribution_if_receipts_visible(session: ReadSession, actor: Actor, contribution_id: UUID) -> Contribution:
    """Return a contribution whose receipts the actor may see: a delegate of its State, or the secretariat.

    A chair who sees late contributions decides on the text; a receipt concerns its State and the secretariat only.
    Raises NotFound.
    """
    row = get_visible_contribution(session, actor, contribution_id)
    if rules.SEE_RECEIPTS.actor_rule.objection_to(actor, row):
        raise NotFound()
    return row


def get_contribution_file(session: ReadSession, contribution: Contribution, language: str) -> ContributionFile:
    """Return the file in that language. Raises NotFound."""
    file = session.get(ContributionFile, (contribution.id, language))
    if file is None:
        raise NotFound()
    return file


def get_downloadable_file(session: ReadSession, actor: Actor, contribution_id: UUID, language: str) -> ContributionFile:
    """Return a file that the actor may download.

    Raises NotFound; Conflict if it was not inspected yet or was refused, is infected, or if its document was withdrawn
    or voided.
    """
    row = get_visible_contribution(session, actor, contribution_id)
    file = get_contribution_file(session, row, language)
    if not file.is_accepted:
        raise Conflict(submission_rules.FILE_NOT_INSPECTED if file.verdict == FileVerdict.WAITING else NOT_GIVEN_OUT)
    document = session.get_one(Document, row.document_id) if row.document_id else None
    if document and (objection := is_not_ended.objection_to(actor, document)):
        raise Conflict(objection)
    file_queries.require_no_virus(session, [file.sha256], contribution=row.id)
    return file


def list_visible_cosponsors(session: ReadSession, actor: Actor, contribution: Contribution) -> Sequence[Cosponsor]:
    """List the answers of invited States that the actor may see.

    Authors see all of them; others see the States that sign, and their own State.
    """
    invited = list_cosponsors(session, contribution)
    if rules.is_author.objection_to(actor, contribution) is None:
        return invited
    return [cosponsor for cosponsor in invited if cosponsor.signs or cosponsor.entity == actor.entity]


def get_access_once_registered(session: ReadSession, contribution: Contribution) -> str:
    """Return the access that holds once it is registered: that of the followed document, or its own."""
    if contribution.follows_id:
        return session.get_one(Document, contribution.follows_id).access
    return contribution.access


def get_cosponsor(session: ReadSession, contribution: Contribution, entity: str) -> Cosponsor:
    """Return the invitation of that State with its answer. Raises NotFound."""
    cosponsor = session.get(Cosponsor, (contribution.id, entity))
    if cosponsor is None:
        raise NotFound()
    return cosponsor


def is_clearance_by_head_required(session: ReadSession, actor: Actor, contribution: Contribution) -> bool:
    """Return whether the head of delegation of the actor's State has to clear this contribution."""
    is_own_state = actor.entity == contribution.entity
    return is_own_state and has_clearance_requirement(session, contribution.body_id, contribution.entity)


def may_confirm(session: ReadSession, actor: Actor, contribution: Contribution) -> bool:
    """Return whether the actor can confirm it for their State.

    Where a State has its head of delegation clear what it submits, the head alone can.
    """
    if not (rules.CONFIRM.allows(actor, contribution) and is_awaiting_state(session, contribution)):
        return False
    is_head = is_head_of_delegation.objection_to(actor, contribution) is None
    return is_head or not is_clearance_by_head_required(session, actor, contribution)


def get_retained_choices(session: ReadSession, contribution: Contribution) -> RetainedChoices:
    """Return what a draft and the document that it follows have: it may keep that even if it was retired."""
    followed = session.get_one(Document, contribution.follows_id) if contribution.follows_id else None
    return RetainedChoices.of(contribution, *([followed] if followed else []))


def has_original_file(session: ReadSession, contribution: Contribution) -> bool:
    """Return whether a contribution has its file in the original language. Access is checked by the caller."""
    return session.get(ContributionFile, (contribution.id, contribution.original)) is not None


def lock_submitted_contributions_with_file(session: ReadSession, sha256: str) -> Sequence[Contribution]:
    """Return submitted and held contributions with this file, locked. For the system only: checks no access."""
    has_file = exists().where(ContributionFile.contribution_id == Contribution.id, ContributionFile.sha256 == sha256)
    waiting = select(Contribution).where(
        Contribution.status.in_((ContributionStatus.SUBMITTED, ContributionStatus.HELD)), has_file
    )
    return session.scalars(add_row_lock(waiting)).all()
