"""Lists of what a State writes, is asked to sign or has to confirm, and of what the secretariat drafts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, exists, func, or_

from app.core.database.kept_plans import keep_plan
from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.bodies.models import REPRESENTATIVES, Capacity, Office
from app.domain.bodies.rules import DELEGATES
from app.domain.contributions.inputs import OwnContributionsFilter
from app.domain.contributions.models import (
    ClearanceRequirement,
    Contribution,
    ContributionStatus,
    Cosponsor,
    RefusedFile,
)
from app.domain.contributions.queries.confirmations import IS_WAITING_FOR_STATE
from app.domain.contributions.queries.contributions import build_own_state_condition, list_visible_contributions
from app.domain.contributions.queries.cosponsors import HAS_ACCEPTED_TEXT
from app.domain.contributions.rules.permissions import OPEN_STATUSES
from app.domain.documents.models import Document, Edition

ContributionRow = Row[*tuple[Any, ...]]
"""A row of `CONTRIBUTION_COLUMNS`, `QUEUE_COLUMNS` or `LATE_COLUMNS`; the first two with `awaits_state`, the first with
`is_returned_for_file`."""
CONTRIBUTION_COLUMNS = (
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
    Contribution.confirmation_declined_by,
    Contribution.submitted_at,
    Contribution.changed_at,
    Contribution.document_id,
    Document.symbol,
    Edition.symbol.label("edition_symbol"),
    Document.ended_as,
    Document.at_request,
)
IS_RETURNED_FOR_FILE = and_(
    Contribution.status == ContributionStatus.RETURNED,
    exists().where(RefusedFile.contribution_id == Contribution.id, RefusedFile.refused_at > Contribution.submitted_at),
)
"""SQL condition: it was returned because a file was refused after it was last submitted (as `Submission` says it)."""


def own_state_contributions(actor: Actor) -> Select[Contribution]:
    """Select what the actor's State writes or is asked to sign, the latest change first."""
    is_ours = and_(build_own_state_condition(actor), Contribution.body_id.in_(actor.bodies_with_role(*DELEGATES)))
    return list_visible_contributions(actor).where(is_ours).order_by(Contribution.changed_at.desc(), Contribution.id)


def own_state_documents(actor: Actor) -> Select[Contribution]:
    """Select what the actor's State writes, or co-sponsored and was submitted, the latest change first. Drafts that it
    is asked to co-sponsor are pending actions."""
    is_own = or_(Contribution.entity == actor.entity, Contribution.by_entity == actor.entity)
    return own_state_contributions(actor).where(or_(is_own, Contribution.status.not_in(OPEN_STATUSES)))


def drafts_to_cosponsor(actor: Actor) -> Select[Contribution]:
    """Select drafts of other States that the actor's State is asked to co-sponsor, or co-sponsors, the latest change
    first: what `own_state_documents` leaves out."""
    return own_state_contributions(actor).where(
        Contribution.entity != actor.entity,
        Contribution.by_entity != actor.entity,
        Contribution.status.in_(OPEN_STATUSES),
    )


def secretariat_drafts(actor: Actor) -> Select[Contribution]:
    """Select open drafts that the secretariat writes, the latest change first."""
    is_ours = and_(
        Contribution.by_entity == actor.entity, Contribution.body_id.in_(actor.bodies_with_role(Office.SECRETARY))
    )
    return (
        list_visible_contributions(actor)
        .where(is_ours, Contribution.status.in_(OPEN_STATUSES))
        .order_by(Contribution.changed_at.desc())
    )


def own_state_open_contributions(actor: Actor) -> Select[Contribution]:
    """Select contributions that wait for the actor's State: to be submitted, or to be signed or declined.

    What it declined waits for the secretariat. A State may sign what another one has submitted, until it is registered,
    and nothing before its text is there.
    """
    answered = exists().where(
        Cosponsor.contribution_id == Contribution.id, Cosponsor.entity == actor.entity, Cosponsor.signs.is_not(None)
    )
    to_submit = and_(
        Contribution.entity == actor.entity,
        Contribution.status.in_(OPEN_STATUSES),
        Contribution.confirmation_declined_by.is_(None),
    )
    to_sign = and_(
        Contribution.entity != actor.entity,
        Contribution.status != ContributionStatus.REGISTERED,
        HAS_ACCEPTED_TEXT,
        ~answered,
    )
    return own_state_contributions(actor).where(or_(to_submit, to_sign))


def contributions_to_confirm(actor: Actor) -> Select[Contribution]:
    """Select what the secretariat submitted in the name of the actor's State and the actor can confirm, as
    `may_confirm` tells."""
    is_ours = and_(
        Contribution.entity == actor.entity, Contribution.body_id.in_(actor.bodies_with_role(*REPRESENTATIVES))
    )
    is_head = Contribution.body_id.in_(actor.bodies_with_role(Capacity.HEAD_OF_DELEGATION))
    head_clears = exists().where(
        ClearanceRequirement.body_id == Contribution.body_id, ClearanceRequirement.entity == Contribution.entity
    )
    waiting = list_visible_contributions(actor).where(is_ours, IS_WAITING_FOR_STATE, or_(is_head, ~head_clears))
    return waiting.order_by(Contribution.submitted_at, Contribution.id)


def list_contributions(
    session: ReadSession, statement: Select[Contribution], *, limit: int, offset: int = 0
) -> Sequence[ContributionRow]:
    """Run one of these statements and return rows of `CONTRIBUTION_COLUMNS`."""
    return session.execute(_select_rows(statement).limit(limit).offset(offset)).all()


def list_latest_documents_of_state(session: ReadSession, actor: Actor, limit: int) -> Sequence[ContributionRow]:
    """List the latest of `own_state_documents` in rows of `CONTRIBUTION_COLUMNS`."""
    return session.execute(_select_latest_documents_of_state(actor, limit)).all()


@keep_statement
def _select_latest_documents_of_state(actor: Actor, limit: int) -> Select[*tuple[Any, ...]]:
    """Select the latest of `own_state_documents`."""
    return keep_plan(_select_rows(own_state_documents(actor)).limit(limit))


def _select_rows(statement: Select[Contribution]) -> Select[*tuple[Any, ...]]:
    """Select `CONTRIBUTION_COLUMNS` of what one of these statements selects."""
    registered = statement.outerjoin(Document, Document.id == Contribution.document_id)
    return registered.outerjoin(Edition, Edition.id == Contribution.edition_id).with_only_columns(
        *CONTRIBUTION_COLUMNS,
        IS_WAITING_FOR_STATE.label("awaits_state"),
        IS_RETURNED_FOR_FILE.label("is_returned_for_file"),
    )


def select_own_documents(actor: Actor, filters: OwnContributionsFilter) -> Select[Contribution]:
    """Select what the actor's State writes, or co-sponsored and was submitted, as far as it fits every filter; the
    latest change first, unless another order was asked for."""
    statement = own_state_documents(actor)
    if filters.title:
        in_title = Contribution.title.icontains(filters.title, autoescape=True)
        statement = statement.where(in_title)
    if filters.status:
        statement = statement.where(Contribution.status == filters.status)
    if filters.order:
        key = func.lower(Contribution.title) if filters.order == "title" else Contribution.status
        statement = statement.order_by(None).order_by(key, Contribution.changed_at.desc(), Contribution.id)
    return statement
