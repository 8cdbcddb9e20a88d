"""Draft, submit, return, recall and register contributions. Late ones are in `late_submissions`."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import RowLockStrength, WriteSession, add_row_lock, lock_row
from app.core.errors import BadRequest, Conflict, Stale, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.queries.bodies import is_state_admitted
from app.domain.contributions import events
from app.domain.contributions.actions import arrivals, confirmations, cosponsors, originals
from app.domain.contributions.actions import receipts as deposits
from app.domain.contributions.events import ASKED_AGAIN, NO_LONGER_ASKED
from app.domain.contributions.inputs import SECRETARIAT_ENTITY, ContributionCover, FollowUpTarget
from app.domain.contributions.models import (
    Contribution,
    ContributionFile,
    ContributionStatus,
    Cosponsor,
    FileVerdict,
)
from app.domain.contributions.queries import contributions as queries
from app.domain.contributions.queries import covers
from app.domain.contributions.queries.submissions import list_signers_in_force
from app.domain.contributions.rules import file_questions
from app.domain.contributions.rules import permissions as rules
from app.domain.contributions.rules import submissions as submission_rules
from app.domain.contributions.rules.submissions import Submission
from app.domain.documents import rules as follow_up
from app.domain.documents.inputs import LanguageFile
from app.domain.documents.models import EditionStep
from app.domain.files import queries as file_queries
from app.domain.meetings.models import Meeting
from app.domain.receipts import queries as receipts
from app.domain.receipts.models import Receipt, ReceiptKind

CONTRIBUTION_SERIES = "C"
COLLEAGUE_CHANGED_DRAFT = _(
    "A colleague changed this draft after you opened it. Both versions are shown below. Combine the text you "
    "need, then save."
)
YOU_CHANGED_DRAFT = _(
    "You saved this draft after opening this page, perhaps in another window. Both versions are shown below. "
    "Combine the text you need, then save."
)
DRAFT_CHANGED_SINCE_CHECK = _("The draft was changed after you checked it. Check it again, then submit it.")


def create_draft_contribution(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    cover: ContributionCover,
    *,
    key: UUID,
    entity: str | None = None,
    series: str = CONTRIBUTION_SERIES,
    following: FollowUpTarget | None = None,
    version: int | None = None,
) -> Contribution:
    """Create a draft contribution to a meeting: for the actor's own State, or by the secretariat for `entity`.

    `key` is generated with the form, so that sending the form twice creates one draft. Sent again with another text, it
    saves that text if the draft is still at `version`. The id is derived from person and key: the key of another
    person's draft creates a draft of one's own. Raises Forbidden, Conflict; Stale if the draft was changed or submitted
    meanwhile; BadRequest if the body does not admit the State, which is checked here because delegates have seats only
    where their State is admitted.
    """
    is_corrigendum = following is not None and following.step == EditionStep.CORRIGENDUM
    context = rules.build_new_contribution_rule_subject(meeting, entity or actor.entity, is_corrigendum=is_corrigendum)
    rules.DRAFT.require(actor, context)
    if following:
        follow_up.FOLLOW.require(actor, following.document)
    if context.entity not in (actor.entity, SECRETARIAT_ENTITY) and not is_state_admitted(
        session, meeting.body_id, context.entity
    ):
        raise BadRequest(_("This group does not admit that State. Select another State."))
    step = following.step if following else EditionStep.TEXT
    followed = following.document if following else None
    access, retained_topics = (followed.access, followed.topics) if followed else (None, ())
    values = covers.build_cover_columns(
        session,
        meeting,
        cover,
        step=step,
        inherited_access=access,
        retained_topics=retained_topics,
        retained_questions=(followed.questions if followed else None) or (),
    )
    ownership = {"entity": context.entity, "series": series}
    now, contribution_id = clock.now(), queries.build_draft_id(actor.person, key)
    if receipts.find_latest_receipt(session, contribution_id):  # of a contribution submitted and deleted later
        raise Stale()
    statement = insert(Contribution).values(
        id=contribution_id,
        body_id=meeting.body_id,
        meeting_id=meeting.id,
        by_entity=actor.entity,
        status=ContributionStatus.DRAFT,
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
    contribution = session.scalar(add_row_lock(select(Contribution).where(Contribution.id == contribution_id)))
    if contribution is None or contribution.meeting_id != meeting.id:
        raise Stale()
    if is_new:
        journal.record_event(session, actor, events.ContributionDrafted(contribution.id), body=contribution.body_id)
        if following and following.step is not EditionStep.CORRIGENDUM:
            _invite_signers_again(session, actor, contribution, following)
    elif any(getattr(contribution, name) != value for name, value in (values | ownership).items()):
        require_version(contribution.version, version)
        rules.EDIT.require(actor, contribution)
        if context.entity in contribution.invited:
            raise BadRequest(_("This State submits the contribution and does not need to be invited to co-sponsor."))
        _save_columns(session, actor, contribution, values | ownership)
    return contribution


def _invite_signers_again(
    session: WriteSession, actor: Actor, contribution: Contribution, following: FollowUpTarget
) -> None:
    """Invite the States that co-sponsor the text in force to co-sponsor what follows it, but for those that it is
    continued without.

    Not called for a corrigendum, which changes nothing that they signed.
    """
    signers = list_signers_in_force(session, following.document)
    contribution.invited = sorted(signers - following.without)
    for entity in contribution.invited:
        session.add(
            Cosponsor(
                contribution_id=contribution.id,
                entity=entity,
                invited_by=actor.person,
                invited_at=contribution.drafted_at,
            )
        )
    for entity in sorted(signers):
        if entity in contribution.invited:
            cosponsors.record_request_to_sign(session, actor, contribution, ASKED_AGAIN, entity)
        else:
            cosponsors.record_signature_change(session, actor, contribution, NO_LONGER_ASKED, entity)


def save_draft_cover(
    session: WriteSession, actor: Actor, contribution: Contribution, cover: ContributionCover, *, version: int
) -> None:
    """Save the cover of a draft. Values equal to the present ones are accepted at any version, for a client that sends
    again.

    Raises Forbidden; Stale if the draft is not at `version` any more.
    """
    rules.EDIT.require(actor, contribution)
    meeting = session.get_one(Meeting, contribution.meeting_id)
    access = contribution.access if contribution.follows_id else None
    retained_topics = queries.get_retained_topics(session, contribution)
    values = covers.build_cover_columns(
        session,
        meeting,
        cover,
        step=contribution.step,
        inherited_access=access,
        retained_topics=retained_topics,
        retained_questions=contribution.questions or (),
    )
    if contribution.version != version and all(getattr(contribution, name) == value for name, value in values.items()):
        return
    reason = YOU_CHANGED_DRAFT if contribution.changed_by == actor.person else COLLEAGUE_CHANGED_DRAFT
    require_version(contribution.version, version, reason)
    _save_columns(session, actor, contribution, values)


def _save_columns(
    session: WriteSession, actor: Actor, contribution: Contribution, values: Mapping[str, object]
) -> None:
    """Write columns of a draft. Values equal to the present ones are no change: nothing is recorded, signatures
    stay."""
    for name, value in values.items():
        setattr(contribution, name, value)
    if session.is_modified(contribution):
        count_change(session, actor, contribution)
        event = events.ContributionChanged(contribution.id, contribution.version)
        journal.record_event(session, actor, event, body=contribution.body_id)


def count_change(
    session: WriteSession, actor: Actor, contribution: Contribution, *, keeps_signatures: bool = False
) -> None:
    """Count a new version of the draft: the clearance of the version before is void. So are its signatures, and those
    States are asked again, unless the change `keeps_signatures`."""
    contribution.version += 1
    contribution.changed_at, contribution.changed_by = clock.now(), actor.person
    contribution.cleared_by = contribution.cleared_at = None
    if keeps_signatures:
        return
    session.flush()
    voided = session.scalars(
        update(Cosponsor)
        .where(Cosponsor.contribution_id == contribution.id, Cosponsor.signs.is_(True))
        .values(signs=None, answered_by=None, answered_at=None)
        .returning(Cosponsor.entity)
    ).all()
    for entity in sorted(voided):
        cosponsors.record_request_to_sign(session, actor, contribution, ASKED_AGAIN, entity)
    cosponsors.ask_once_text_is_there(session, actor, contribution)


def put_contribution_file(
    session: WriteSession,
    actor: Actor,
    contribution: Contribution,
    file: LanguageFile,
    *,
    began_at: datetime,
    received_at: datetime | None = None,
    is_inspected: bool = True,
) -> None:
    """Add the file of one language to a draft, or replace it; sending the present file again keeps its time of receipt.

    `began_at` is when its upload began, `received_at` when it was complete, if that was before now. Unless
    `is_inspected`, the worker inspects it afterwards. Raises Forbidden, Conflict.
    """
    rules.EDIT.require(actor, contribution)
    earlier = session.get(ContributionFile, (contribution.id, file.language))
    adds_translation = _is_translation_added(session, contribution, file.language, earlier)
    row = earlier or ContributionFile(contribution_id=contribution.id, language=file.language)
    values = {name: getattr(file, name) for name in LanguageFile.__slots__}
    if row.sha256 == file.sha256 and row.verdict != FileVerdict.REFUSED and not is_inspected:
        return
    if row.is_accepted and all(getattr(row, name) == value for name, value in values.items()):
        return
    for name, value in values.items():
        setattr(row, name, value)
    row.began_at, row.received_at = began_at, received_at or clock.now()
    row.verdict, row.examined_at = None if is_inspected else FileVerdict.WAITING, None
    row.answers = None
    session.add(row)
    originals.forget_originals(session, contribution, file.language)
    count_change(session, actor, contribution, keeps_signatures=adds_translation)
    facts = contribution.id, file.language, file.sha256
    event = (
        events.ContributionFileReceived(*facts, contribution.by_entity)
        if is_inspected
        else events.ContributionFileArrived(*facts)
    )
    journal.record_event(session, actor, event, body=contribution.body_id)
    arrivals.set_waiting(session, actor, contribution, row)


def _is_translation_added(
    session: WriteSession, contribution: Contribution, language: str, earlier: ContributionFile | None
) -> bool:
    """Return whether a file in this language only adds a translation of the original, which stays as it was signed.

    One that was refused was given to no one, so that what takes its place is added too.
    """
    is_new = earlier is None or earlier.verdict == FileVerdict.REFUSED
    is_original = language in (contribution.original, contribution.only_language)
    return is_new and not is_original and queries.has_original_file(session, contribution)


def remove_contribution_file(session: WriteSession, actor: Actor, contribution: Contribution, language: str) -> None:
    """Remove the file of one language from a draft. Raises Forbidden, Conflict; NotFound if there is none."""
    rules.EDIT.require(actor, contribution)
    session.delete(queries.get_contribution_file(session, contribution, language))
    count_change(session, actor, contribution)
    event = events.ContributionFileRemoved(contribution.id, language)
    journal.record_event(session, actor, event, body=contribution.body_id)


def delete_draft_contribution(session: WriteSession, actor: Actor, contribution: Contribution) -> None:
    """Delete a draft. The journal keeps that it existed, for its State only. Raises Forbidden, Conflict."""
    rules.DISCARD.require(actor, contribution)
    journal.record_event(session, actor, events.ContributionDiscarded(contribution.id), body=contribution.body_id)
    session.delete(contribution)


def submit_contribution(
    session: WriteSession,
    actor: Actor,
    submission: Submission,
    *,
    version: int,
    grace: timedelta,
    accepts_lateness: bool,
    answers: Collection[str] = (),
) -> Receipt:
    """Submit a contribution. The time that counts is now, since its files are stored already.

    `version` is the version shown on the check page. `accepts_lateness` says that the delegate knows the contribution
    is late and asks the chair; without it, a late contribution is refused and stays a draft. `answers` are the keys of
    the questions about the files to which the answer is that the file is registered as it is. Repeated by the same
    person (a second click, a lost answer), it changes nothing and returns the same receipt; not for a contribution that
    is a draft again, which would look submitted. Raises Forbidden; BadRequest if something is missing,
    AnswersMissing if that is an answer; Stale if the draft changed; Conflict if it is late or holds a virus.
    """
    contribution = submission.contribution
    earlier = receipts.find_receipt_of_act(
        session, contribution.id, ReceiptKind.DEPOSIT, version=version, person_id=actor.person
    )
    if earlier and contribution.status not in rules.OPEN_STATUSES:
        rules.SEE_RECEIPTS.require(actor, contribution)
        return earlier
    rules.SUBMIT.require(actor, contribution)
    require_version(contribution.version, version, DRAFT_CHANGED_SINCE_CHECK)
    if objection := submission_rules.find_submission_objection(actor, submission):
        raise BadRequest(objection)
    questions = file_questions.list_questions(contribution, submission.files)
    recorded_answers = file_questions.save_answers(questions, submission.files, answers)
    file_queries.lock_scan_results(session, submission.digests, contribution=contribution.id)
    file_queries.require_no_virus(session, submission.digests, contribution=contribution.id)
    # A change of the deadline waits, or is committed already.
    lock_row(session, submission.meeting, RowLockStrength.SHARE)
    in_time = submission_rules.is_in_time(submission, grace)
    if not in_time and not accepts_lateness:
        raise Conflict(
            _("The deadline has passed. Your draft is saved unchanged. You can ask the chair to accept it late.")
        )
    contribution.status, contribution.late = ContributionStatus.SUBMITTED, not in_time
    contribution.submitted_by, contribution.submitted_at = actor.person, clock.now()
    contribution.late_accepted_by = contribution.late_accepted_because = contribution.returned_because = None
    _set_confirmation(actor, contribution)
    contribution.version += 1
    originals.forget_originals(session, contribution)
    receipt = deposits.issue_deposit_receipt(session, actor, submission, version=version)
    digests = " ".join(f"{file.language}:{file.sha256}" for file in submission.files)
    event = events.ContributionSubmitted(
        contribution.id, digests, late=not in_time, receipt=receipt.digest, answers=recorded_answers
    )
    journal.record_event(session, actor, event, body=contribution.body_id)
    confirmations.request_confirmation(session, actor, contribution)
    return receipt


def _set_confirmation(actor: Actor, contribution: Contribution) -> None:
    """Note whether somebody of the State itself submits what the secretariat wrote in its name: that confirms it."""
    is_own_act = contribution.by_entity != contribution.entity == actor.entity
    confirmation = (contribution.submitted_by, contribution.submitted_at) if is_own_act else (None, None)
    contribution.confirmed_by, contribution.confirmed_at = confirmation
    contribution.confirmation_declined_by = None


def recall_contribution(session: WriteSession, actor: Actor, contribution: Contribution, *, version: int) -> None:
    """Recall a contribution for its State before it is registered; it is a draft again.

    A new submission counts from its own time. Receipts stay: they attest what was received when. Raises Forbidden,
    Conflict, Stale.
    """
    rules.RECALL.require(actor, contribution)
    require_version(contribution.version, version)
    contribution.status, contribution.held_because = ContributionStatus.DRAFT, None
    contribution.version += 1
    journal.record_event(session, actor, events.ContributionTakenBack(contribution.id), body=contribution.body_id)
