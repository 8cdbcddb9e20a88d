"""What is pending for contributions: for their authors, the invited co-sponsors, the head of delegation, the State in
whose name the secretariat writes, the chair, and the secretariat."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, func, select

from app.core.database.clock_parameters import build_moment_parameter
from app.core.db import ReadSession, count_rows
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource
from app.core.permissions import Actor
from app.domain.bodies.models import REPRESENTATIVES, Body, Capacity, Office
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.contributions.models import (
    ClearanceRequirement,
    Contribution,
    ContributionFile,
    ContributionStatus,
    Cosponsor,
    RefusedFile,
)
from app.domain.contributions.pending.kinds import (
    CLEAR,
    CONFIRM,
    COSPONSOR,
    COSPONSOR_AGAIN,
    COSPONSOR_REVISION,
    DECLINED,
    DRAFT,
    FILE_REFUSED,
    HELD,
    INVITATION_ENDED,
    INVITATION_WITHDRAWN,
    LATE,
    LATE_WITH_CHAIR,
    REGISTER,
    RETURNED,
)
from app.domain.contributions.queries import own_lists
from app.domain.contributions.queries.cosponsors import (
    HAS_SIGNED_BEFORE,
    list_documents_named_by,
    select_ended_invitations,
    select_withdrawn_invitations,
)
from app.domain.contributions.queries.late_contributions import (
    late_contributions_to_decide,
    undecided_late_contributions,
)
from app.domain.contributions.queries.own_lists import ContributionRow
from app.domain.contributions.queries.registration_queue import contributions_ready_to_register, held_contributions
from app.domain.contributions.rules import permissions as rules
from app.domain.documents.models import EditionStep
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import ENDED_LIVES, has_deadline_passed

TWO_WEEKS = timedelta(days=14)
ALL_CONTRIBUTIONS = ("/contributions", _("All contributions"))
DEADLINE_PASSED = _("The deadline has passed. You can ask the chair to accept it late.")
MEETING_ENDED = _("The meeting has ended and takes no more contributions. Delete the draft.")

HAS_FILE = exists().where(ContributionFile.contribution_id == Contribution.id)
REQUIRES_CLEARANCE = exists().where(
    ClearanceRequirement.body_id == Contribution.body_id, ClearanceRequirement.entity == Contribution.entity
)
REPLACEMENT_ENDS_AT = select(func.max(RefusedFile.until)).where(RefusedFile.contribution_id == Contribution.id)


def _select_pending(
    select_contributions: Callable[[Actor], Select[Contribution]], actor: Actor
) -> Select[*tuple[Any, ...]]:
    """Select what one of the statements on contributions finds, with the dates of the meeting and what makes it
    pending."""
    invited_at = select(Cosponsor.invited_at).where(
        Cosponsor.contribution_id == Contribution.id, Cosponsor.entity == actor.entity
    )
    facts = (
        HAS_FILE.label("has_file"),
        REQUIRES_CLEARANCE.label("requires_clearance"),
        own_lists.IS_RETURNED_FOR_FILE.label("is_returned_for_file"),
        REPLACEMENT_ENDS_AT.scalar_subquery().label("replacement_ends_at"),
        invited_at.scalar_subquery().label("invited_at"),
        invited_at.with_only_columns(HAS_SIGNED_BEFORE).scalar_subquery().label("has_signed_before"),
    )
    with_meetings = select_contributions(actor).join(Meeting, Meeting.id == Contribution.meeting_id)
    return with_meetings.with_only_columns(
        Contribution.id,
        Contribution.body_id,
        Contribution.entity,
        Contribution.by_entity,
        Contribution.step,
        Contribution.title,
        Contribution.original,
        Contribution.status,
        Contribution.cleared_by,
        Contribution.confirmation_declined_by,
        Contribution.submitted_at,
        Contribution.changed_at,
        Meeting.contributions_due_at,
        Meeting.posting_due_at,
        Meeting.zone,
        Meeting.life,
        *facts,
    )


def _build_action(
    kind: PendingActionKind,
    row: ContributionRow,
    page: str = "",
    *,
    due_at: datetime | None = None,
    since: datetime | None = None,
    words: LazyText | None = None,
) -> PendingAction:
    """Build the action on a contribution. `page` is one below that of the contribution."""
    return PendingAction(
        kind=kind,
        subject=row.id,
        path=f"/contributions/{row.id}{page}",
        title={row.original: row.title},
        original=row.original,
        due_at=due_at,
        zone=row.zone,
        since=since or row.submitted_at,
        values={"entity": row.entity},
        words=words,
    )


def _build_draft_action(kind: PendingActionKind, row: ContributionRow, page: str) -> PendingAction:
    """Build the action on a draft, which is due at the deadline of its meeting. A corrigendum has no deadline."""
    due_at, words = row.contributions_due_at, None
    if kind is FILE_REFUSED and row.replacement_ends_at:
        due_at = max(due_at, row.replacement_ends_at)
    if row.step == EditionStep.CORRIGENDUM:
        due_at = None
    elif row.life in ENDED_LIVES:
        due_at, words = None, MEETING_ENDED
    elif kind is DRAFT and has_deadline_passed(due_at):
        words = DEADLINE_PASSED
    return _build_action(kind, row, page, due_at=due_at, since=row.changed_at, words=words)


def _build_invitation_action(row: ContributionRow) -> PendingAction:
    """Build the action on a draft that the State is invited to co-sponsor, which is due with the draft."""
    kind = COSPONSOR_AGAIN if row.has_signed_before else COSPONSOR
    if row.step == EditionStep.REVISION:
        kind = COSPONSOR_REVISION
    due_at = row.contributions_due_at
    has_deadline = row.status in rules.OPEN_STATUSES and row.step != EditionStep.CORRIGENDUM
    if not has_deadline or row.life in ENDED_LIVES or has_deadline_passed(due_at):
        due_at = None
    return _build_action(kind, row, "/sponsors", due_at=due_at, since=row.invited_at)


def build_delegation_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[ContributionRow]
) -> Iterator[PendingAction]:
    """Yield the open contributions of the actor's State, and those that it is invited to co-sponsor."""
    for row in rows:
        if actor.entity not in (row.entity, row.by_entity):
            yield _build_invitation_action(row)
        elif _is_to_clear(actor, row):
            yield _build_draft_action(CLEAR, row, "")
        else:
            yield _build_draft_action(_get_kind_of_draft(row), row, "/edit")


def _is_to_clear(actor: Actor, row: ContributionRow) -> bool:
    """Whether the draft has all that the head of delegation clears, and the actor is the head."""
    is_ready = row.requires_clearance and row.has_file and row.cleared_by is None
    is_sent_back = row.status == ContributionStatus.RETURNED
    return is_ready and not is_sent_back and actor.has_role(row.body_id, Capacity.HEAD_OF_DELEGATION)


def _get_kind_of_draft(row: ContributionRow) -> PendingActionKind:
    if row.confirmation_declined_by:
        return DECLINED
    if row.is_returned_for_file:
        return FILE_REFUSED
    return RETURNED if row.status == ContributionStatus.RETURNED else DRAFT


def select_lines_of_ended_invitations(actor: Actor) -> Select[JournalLine]:
    """Select the invitations to follow a document that ended in the last two weeks."""
    return select_ended_invitations(actor, build_moment_parameter(-TWO_WEEKS))


def build_ended_invitation_news(
    session: ReadSession, actor: Actor, rows: Sequence[Row[JournalLine]]
) -> Iterator[PendingAction]:
    """Yield documents whose State continues its work without the actor's State as a co-sponsor."""
    for document in list_documents_named_by(session, actor, (row.JournalLine for row in rows)):
        yield PendingAction(
            kind=INVITATION_ENDED,
            subject=document.id,
            path=f"/documents/{document.id}",
            title=document.titles,
            original=document.original,
            values={"entity": document.entity, "symbol": document.symbol},
        )


def select_lines_of_withdrawn_invitations(actor: Actor) -> Select[JournalLine, Body]:
    """Select the invitations to co-sponsor a draft that were withdrawn in the last two weeks."""
    return select_withdrawn_invitations(actor, build_moment_parameter(-TWO_WEEKS))


def build_withdrawn_invitation_news(
    session: ReadSession, _actor: Actor, rows: Sequence[Row[JournalLine, Body]]
) -> Iterator[PendingAction]:
    """Yield drafts, by their meeting alone, whose State continues them without the actor's State as a co-sponsor."""
    for line, body in rows:
        meeting = session.get(Meeting, UUID(str(key))) if (key := line.facts.get("meeting")) else None
        name = _("%(group)s, meeting %(number)s", group=body.prefix, number=meeting.number) if meeting else None
        yield PendingAction(
            kind=INVITATION_WITHDRAWN,
            subject=UUID(str(line.facts["contribution"])),
            path=f"/meetings/{meeting.id}" if meeting else ALL_CONTRIBUTIONS[0],
            title={language: name.translate(language) for language in LANGUAGES} if name else body.names,
            original="en",
            since=line.at,
            values={"entity": line.facts["by_state"]},
        )


def build_actions(
    kind: PendingActionKind, page: str, _session: ReadSession, _actor: Actor, rows: Sequence[ContributionRow]
) -> Iterator[PendingAction]:
    """Yield one action of this kind for each contribution, on its page or on one below that."""
    for row in rows:
        yield _build_action(kind, row, page)


def build_secretariat_draft_actions(
    _session: ReadSession, _actor: Actor, rows: Sequence[ContributionRow]
) -> Iterator[PendingAction]:
    """Yield open drafts that the secretariat writes in the name of States."""
    for row in rows:
        yield _build_draft_action(_get_kind_of_draft(row), row, "/edit")


def build_registration_actions(
    _session: ReadSession, _actor: Actor, rows: Sequence[ContributionRow]
) -> Iterator[PendingAction]:
    """Yield contributions that the secretariat can register now. All documents are to be posted by a day."""
    for row in rows:
        yield _build_action(REGISTER, row, due_at=row.posting_due_at)


def select_late_with_chair(actor: Actor) -> Select[Contribution]:
    """Select the late contributions on which the chair has not decided, for the secretariat."""
    return undecided_late_contributions(actor, Office.SECRETARY)


def count_registration_actions(session: ReadSession, actor: Actor) -> int:
    """Count the contributions that the secretariat can register now."""
    return count_rows(session, contributions_ready_to_register(actor))


def count_late_news(session: ReadSession, actor: Actor) -> int:
    """Count the late contributions on which the chair has not decided, for the secretariat."""
    return count_rows(session, select_late_with_chair(actor))


SOURCES = (
    PendingActionSource(
        (DRAFT, RETURNED, FILE_REFUSED, CLEAR, COSPONSOR, COSPONSOR_AGAIN, COSPONSOR_REVISION),
        DELEGATES,
        partial(_select_pending, own_lists.own_state_open_contributions),
        build_delegation_actions,
        full_list=ALL_CONTRIBUTIONS,
    ),
    PendingActionSource((INVITATION_ENDED,), DELEGATES, select_lines_of_ended_invitations, build_ended_invitation_news),
    PendingActionSource(
        (INVITATION_WITHDRAWN,), DELEGATES, select_lines_of_withdrawn_invitations, build_withdrawn_invitation_news
    ),
    PendingActionSource(
        (CONFIRM,),
        REPRESENTATIVES,
        partial(_select_pending, own_lists.contributions_to_confirm),
        partial(build_actions, CONFIRM, ""),
        full_list=ALL_CONTRIBUTIONS,
    ),
    PendingActionSource(
        (LATE,),
        CHAIRS,
        partial(_select_pending, late_contributions_to_decide),
        partial(build_actions, LATE, ""),
        full_list=ALL_CONTRIBUTIONS,
    ),
    PendingActionSource(
        (LATE_WITH_CHAIR,),
        (Office.SECRETARY,),
        partial(_select_pending, select_late_with_chair),
        partial(build_actions, LATE_WITH_CHAIR, ""),
        count_late_news,
    ),
    PendingActionSource(
        (DRAFT, RETURNED, FILE_REFUSED, DECLINED),
        (Office.SECRETARY,),
        partial(_select_pending, own_lists.secretariat_drafts),
        build_secretariat_draft_actions,
        full_list=ALL_CONTRIBUTIONS,
    ),
    PendingActionSource(
        (HELD,),
        (Office.SECRETARY,),
        partial(_select_pending, held_contributions),
        partial(build_actions, HELD, "/take-up"),
        full_list=("/late", _("Late contributions")),
    ),
    PendingActionSource(
        (REGISTER,),
        (Office.SECRETARY,),
        partial(_select_pending, contributions_ready_to_register),
        build_registration_actions,
        count_registration_actions,
    ),
)
