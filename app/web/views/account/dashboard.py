"""The tasks on the dashboard of one person (drafts, decisions, offices), most urgent first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.agendas import queries as agendas
from app.domain.agendas.models import ItemProposal, ItemProposalState
from app.domain.agendas.rules.agendas import EDIT
from app.domain.bodies.models import Capacity, Office
from app.domain.bodies.queries.roster import list_offices_to_confirm
from app.domain.bodies.rules import (
    CHAIRS,
    CONFIRM_OFFICE,
    DELEGATES,
    EntityInBody,
    build_appointment_rule_subject,
    is_delegate,
)
from app.domain.circulations import queries as circulations
from app.domain.circulations.queries import CirculatedDraftRow
from app.domain.contributions.models import ContributionStatus
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.contributions import ContributionRow
from app.domain.contributions.queries.cosponsors import list_ended_invitations
from app.domain.contributions.queries.late_contributions import late_contributions_to_decide
from app.domain.contributions.queries.registration_queue import held_contributions
from app.domain.contributions.rules.permissions import OPEN_STATUSES
from app.domain.documents.models import Document, EditionStep
from app.domain.meetings.inputs import end_of_day
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output, OutputStatus
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.queries.outputs import OutputWithoutReleaseRow
from app.domain.outputs.rules.outputs import CONFIRM_WITHDRAWAL, OutputRuleSubject, list_open_moves
from app.domain.silence import queries as silence
from app.domain.silence.models import SilenceProcedure, SilenceStatus
from app.domain.silence.rules import INFORMED_CAPACITIES
from app.http.authentication import EntityName
from app.http.labels import ROLE_LABELS
from app.http.localization import Localizer
from app.web.views.contributions.status import (
    MeetingsById,
    TextPair,
    format_deadline_unless_corrigendum,
)
from app.web.views.documents.titles import get_original_language_if_foreign, localize_title
from app.web.views.outputs.languages import list_language_tasks
from app.web.views.outputs.outputs import RELEASE_FAILURE_TEXTS, WITHDRAWAL_FAILURE_TEXTS

MAX_TASKS_OF_A_KIND = 50  # tasks of one kind on the dashboard
ONE_MONTH, TWO_WEEKS = timedelta(days=30), timedelta(days=14)


@dataclass(frozen=True, slots=True)
class DashboardTask:
    """One task on the dashboard. Tasks are sorted by `at`; those without a date come last."""

    heading: LazyText
    title: str
    lang: str | None
    words: LazyText
    href: str
    action: LazyText
    due: TextPair | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PendingTasks:
    """The tasks of one person, and links to the full lists where there are more tasks than the dashboard shows."""

    tasks: list[DashboardTask]
    full_lists: list[tuple[str, LazyText]]


def list_pending_tasks(session: ReadSession, actor: Actor, convened: MeetingsById, formats: Localizer) -> PendingTasks:
    """Return everything that waits for the actor, most urgent first. The number of SQL statements is constant."""
    tasks: list[DashboardTask] = []
    rest: dict[str, LazyText] = {}
    if actor.bodies_with_role(*DELEGATES):
        drafts = contributions.list_contributions(
            session, contributions.own_state_open_contributions(actor), limit=MAX_TASKS_OF_A_KIND + 1
        )
        tasks += _draft_tasks(drafts[:MAX_TASKS_OF_A_KIND], actor, convened, formats)
        tasks += _answered_proposal_tasks(
            agendas.list_answered_item_proposals(session, actor, clock.now() - TWO_WEEKS, limit=MAX_TASKS_OF_A_KIND),
            formats,
        )
        rest |= _full_list_link(drafts, "/contributions", _("All contributions"))
        tasks += _version_tasks(
            circulations.list_drafts_to_comment_on(session, actor, clock.now() - TWO_WEEKS, limit=MAX_TASKS_OF_A_KIND),
            formats,
        )
        tasks += _ended_invitation_tasks(
            list_ended_invitations(session, actor, clock.now() - TWO_WEEKS, limit=MAX_TASKS_OF_A_KIND), formats
        )
    if actor.bodies_with_role(*INFORMED_CAPACITIES):
        running = silence.list_procedures_without_position(session, actor, limit=MAX_TASKS_OF_A_KIND + 1)
        tasks += _silence_tasks(running[:MAX_TASKS_OF_A_KIND], actor, formats)
        rest |= _full_list_link(running, "/silence", _("All silence procedures"))
    if actor.bodies_with_role(*Capacity):
        to_confirm = contributions.list_contributions(
            session, contributions.contributions_to_confirm(actor), limit=MAX_TASKS_OF_A_KIND
        )
        tasks += _confirmation_tasks(to_confirm, formats)
    if actor.bodies_with_role(*CHAIRS, Office.SECRETARY):
        tasks += _item_proposal_tasks(
            agendas.list_unanswered_item_proposals(session, actor, limit=MAX_TASKS_OF_A_KIND), actor, formats
        )
    if actor.bodies_with_role(*CHAIRS):
        late = contributions.list_contributions(
            session, late_contributions_to_decide(actor), limit=MAX_TASKS_OF_A_KIND + 1
        )
        tasks += _late_tasks(late[:MAX_TASKS_OF_A_KIND], formats)
        rest |= _full_list_link(late, "/contributions", _("All contributions"))
        tasks += _ended_silence_tasks(
            silence.list_procedures_ended_without_adoption(
                session, actor, clock.now() - TWO_WEEKS, limit=MAX_TASKS_OF_A_KIND
            ),
            formats,
        )
    if actor.bodies_with_role(*CHAIRS, Office.SECRETARY):
        texts = outputs.list_outputs_without_scheduled_release(session, actor, limit=MAX_TASKS_OF_A_KIND + 1)
        tasks += _output_tasks(texts[:MAX_TASKS_OF_A_KIND], actor, formats)
        rest |= _full_list_link(texts, "/outputs", _("All outputs"))
        tasks += _comment_tasks(
            circulations.list_drafts_with_open_comments(session, actor, limit=MAX_TASKS_OF_A_KIND), formats
        )
        tasks += _translation_tasks(
            translations.list_outputs_needing_translations(session, actor, limit=MAX_TASKS_OF_A_KIND),
            session,
            actor,
            formats,
        )
        tasks += _withdrawal_tasks(
            outputs.list_outputs_proposed_for_withdrawal(session, actor, limit=MAX_TASKS_OF_A_KIND), actor, formats
        )
        tasks += _sole_decision_tasks(
            outputs.list_sole_decisions(session, actor, clock.now() - ONE_MONTH, limit=MAX_TASKS_OF_A_KIND), formats
        )
    if actor.bodies_with_role(Office.SECRETARY):
        own_drafts = contributions.list_contributions(
            session, contributions.secretariat_drafts(actor), limit=MAX_TASKS_OF_A_KIND
        )
        tasks += _draft_tasks(own_drafts, actor, convened, formats)
        held = contributions.list_contributions(session, held_contributions(actor), limit=MAX_TASKS_OF_A_KIND + 1)
        tasks += _held_tasks(held[:MAX_TASKS_OF_A_KIND], formats)
        rest |= _full_list_link(held, "/late", _("Late contributions"))
        tasks += _office_tasks(session, actor)
    return PendingTasks(sorted(tasks, key=lambda task: (task.at is None, task.at or clock.now())), list(rest.items()))


def _full_list_link(rows: Sequence[object], href: str, words: LazyText) -> dict[str, LazyText]:
    """Return the link to the full list if the dashboard does not show all rows."""
    return {href: words} if len(rows) > MAX_TASKS_OF_A_KIND else {}


def _item_proposal_tasks(
    rows: Iterable[Row[ItemProposal, Meeting]], actor: Actor, formats: Localizer
) -> Iterator[DashboardTask]:
    """Yield agenda items proposed by delegations, for those who may edit that agenda."""
    for proposal, meeting in rows:
        if EDIT.allows(actor, meeting):
            yield DashboardTask(
                _("%(entity)s proposes an agenda item", entity=EntityName(proposal.entity)),
                proposal.title,
                get_original_language_if_foreign(proposal.lang, formats.language),
                _("Add it to the agenda, or answer the proposal."),
                f"/meetings/{meeting.id}/agenda/proposals",
                _("Review"),
            )


def _silence_tasks(
    rows: Iterable[Row[SilenceProcedure, str]], actor: Actor, formats: Localizer
) -> Iterator[DashboardTask]:
    """Yield open silence procedures in which the delegation has not taken a position. Notification e-mails may have
    been missed or be switched off. A focal point takes none, and may accredit somebody who does."""
    for row, zone in rows:
        may_answer = is_delegate.objection_to(actor, EntityInBody(row.body_id, actor.entity)) is None
        title, lang = localize_title(row.titles, formats.language, row.original)
        until = formats.format_instant(row.until, zone)
        yield DashboardTask(
            _("A silence procedure is open on a text"),
            title,
            lang,
            _("If your State takes no position by then, it is considered not to object to the text.")
            if may_answer
            else _(
                "If no delegate of your State takes a position by then, your State is considered not to "
                "object to the text. You can accredit a delegate."
            ),
            f"/silence/{row.id}",
            _("Read and decide") if may_answer else _("Read the text"),
            due=(until, formats.format_time_left(row.until)),
            at=row.until,
        )


def _version_tasks(rows: Iterable[CirculatedDraftRow], formats: Localizer) -> Iterator[DashboardTask]:
    """Yield circulated drafts. Their comment date is a wish; drafts without one come last."""
    for version, meeting, _ignored in rows:
        title, lang = localize_title(version.titles, formats.language, version.original)
        until = end_of_day(version.comments_by, meeting.zone) if version.comments_by else None
        yield DashboardTask(
            _("A draft has been circulated to the delegations: version %(number)s", number=version.number),
            title,
            lang,
            _("Read the draft, and comment if your State wishes."),
            f"/outputs/{version.output_id}/versions/{version.number}",
            _("Read the text"),
            due=(formats.format_day(version.comments_by), formats.format_time_left(until)) if until else None,
            at=until,
        )


def _comment_tasks(rows: Iterable[Row[Output, int]], formats: Localizer) -> Iterator[DashboardTask]:
    """Yield drafts with unanswered comments, for those who may answer."""
    for output, count in rows:
        title, lang = localize_title(output.titles, formats.language, output.original)
        yield DashboardTask(
            _("Comments from States awaiting an answer: %(count)s", count=formats.format_number(count)),
            title,
            lang,
            _("For each comment, say whether it is accepted, accepted in part or not accepted, and why."),
            f"/outputs/{output.id}/comments",
            _("Answer"),
        )


def _translation_tasks(
    rows: Iterable[Output], session: ReadSession, actor: Actor, formats: Localizer
) -> Iterator[DashboardTask]:
    """Yield translations that wait for a second person, and advance versions that can be completed or failed to be."""
    for output in rows:
        title, lang = localize_title(output.titles, formats.language, output.original)
        for heading, words in list_language_tasks(session, actor, output):
            yield DashboardTask(heading, title, lang, words, f"/outputs/{output.id}#languages", _("Read and decide"))


def _withdrawal_tasks(
    rows: Iterable[tuple[Output, OutputRuleSubject]], actor: Actor, formats: Localizer
) -> Iterator[DashboardTask]:
    """Yield withdrawals proposed by others, for those who may decide."""
    for output, case in rows:
        if CONFIRM_WITHDRAWAL.allows(actor, case):
            title, lang = localize_title(output.titles, formats.language, output.original)
            yield DashboardTask(
                _("Withdrawal of a released text has been proposed"),
                title,
                lang,
                _("Read the reason, then confirm or decline."),
                f"/outputs/{output.id}/withdrawal",
                _("Read and decide"),
            )


def _sole_decision_tasks(rows: Iterable[tuple[Output, bool]], formats: Localizer) -> Iterator[DashboardTask]:
    """Yield sole decisions of the last 30 days, for the colleagues who might have been the second person."""
    for output, is_withdrawn in rows:
        title, lang = localize_title(output.titles, formats.language, output.original)
        yield DashboardTask(
            _("A text was withdrawn by one person alone")
            if is_withdrawn
            else _("A text was released by one person alone"),
            title,
            lang,
            _("Read who did this and why. This notice remains here for 30 days."),
            f"/outputs/{output.id}",
            _("Read the reason"),
        )


def _ended_silence_tasks(rows: Iterable[SilenceProcedure], formats: Localizer) -> Iterator[DashboardTask]:
    """Yield silence procedures that were broken or became void, for the chair."""
    for row in rows:
        title, lang = localize_title(row.titles, formats.language, row.original)
        is_broken = row.course == SilenceStatus.BROKEN
        yield DashboardTask(
            _("Silence was broken on a text") if is_broken else _("A silence procedure is void"),
            title,
            lang,
            _("Change the text, or submit it to the States again."),
            f"/silence/{row.id}",
            _("View"),
        )


def _answered_proposal_tasks(rows: Iterable[Row[ItemProposal, Meeting]], formats: Localizer) -> Iterator[DashboardTask]:
    """Yield answers to the agenda items that the State proposed."""
    for proposal, meeting in rows:
        taken = proposal.state == ItemProposalState.TAKEN_UP
        yield DashboardTask(
            _("The item proposed by your State was added to the agenda")
            if taken
            else _("The chair answered your State’s proposal"),
            proposal.title,
            get_original_language_if_foreign(proposal.lang, formats.language),
            _("The item is in the draft agenda.") if taken else _("The reason is shown with the proposal."),
            f"/meetings/{meeting.id}/agenda/proposals",
            _("View"),
        )


def _ended_invitation_tasks(rows: Iterable[Document], formats: Localizer) -> Iterator[DashboardTask]:
    """Yield documents whose State continues its work without the actor's State as a co-sponsor."""
    for document in rows:
        title, lang = localize_title(document.titles, formats.language, document.original)
        yield DashboardTask(
            _(
                "%(entity)s continues its work on %(symbol)s without your State as a co-sponsor",
                entity=EntityName(document.entity),
                symbol=document.symbol,
            ),
            title,
            lang,
            _("Your State remains listed on the text it co-sponsored. This notice remains here for 14 days."),
            f"/documents/{document.id}",
            _("View"),
        )


def _draft_tasks(
    own: Sequence[ContributionRow], actor: Actor, convened: MeetingsById, formats: Localizer
) -> Iterator[DashboardTask]:
    """Yield open contributions of the actor's State, and those it is asked to cosponsor."""
    for row in own:
        meeting, _ignored = convened[row.meeting_id]
        ours, is_open = actor.entity in (row.entity, row.by_entity), row.status in OPEN_STATUSES
        heading, words = _describe_draft_request(row, ours=ours)
        yield DashboardTask(
            heading=heading,
            title=row.title,
            lang=get_original_language_if_foreign(row.original, formats.language),
            words=words,
            href=f"/contributions/{row.id}/{'edit' if ours else 'sponsors'}",
            action=_("Open the draft") if ours else _("Read and decide"),
            due=format_deadline_unless_corrigendum(row.step, meeting, formats) if is_open else None,
            at=meeting.contributions_due_at if is_open and row.step != EditionStep.CORRIGENDUM else None,
        )


def _describe_draft_request(row: ContributionRow, *, ours: bool) -> tuple[LazyText, LazyText]:
    """Return heading and text of what an open contribution asks of the actor's State."""
    if not ours and row.step == EditionStep.REVISION:
        heading = _("%(entity)s revised a document: your State is invited to co-sponsor", entity=EntityName(row.entity))
        return heading, _("Read the revision, then co-sponsor it or decline.")
    if not ours:
        heading = _("%(entity)s invites your State to co-sponsor a contribution", entity=EntityName(row.entity))
        return heading, _("Read the draft, then co-sponsor it or decline.")
    if row.confirmation_declined_by:
        heading = _("%(entity)s declined a contribution submitted on its behalf", entity=EntityName(row.entity))
        return heading, _("Read the reason, change the contribution and submit it again.")
    if row.is_returned_for_file:
        heading = _("A file was rejected after it was received")
        return heading, _("Read the reason, replace the file and submit the contribution again.")
    if row.status == ContributionStatus.RETURNED:
        heading = _("The secretariat returned your contribution")
        return heading, _("Read the reason, change the contribution and submit it again.")
    return _("A draft has not been submitted"), _("Complete, check and submit the draft.")


def _confirmation_tasks(rows: Sequence[ContributionRow], formats: Localizer) -> Iterator[DashboardTask]:
    """Yield what the secretariat submitted in the name of the actor's State."""
    for row in rows:
        yield DashboardTask(
            heading=_("The secretariat submitted a contribution on behalf of your State"),
            title=row.title,
            lang=get_original_language_if_foreign(row.original, formats.language),
            words=_("It cannot be registered until a member of your delegation confirms it."),
            href=f"/contributions/{row.id}",
            action=_("Read and decide"),
        )


def _held_tasks(rows: Sequence[ContributionRow], formats: Localizer) -> Iterator[DashboardTask]:
    """Yield contributions that the chair held for a later meeting."""
    for row in rows:
        yield DashboardTask(
            heading=_("A contribution from %(entity)s is held for a later meeting", entity=EntityName(row.entity)),
            title=row.title,
            lang=get_original_language_if_foreign(row.original, formats.language),
            words=_("Transfer the contribution to that meeting once it has been convened."),
            href=f"/contributions/{row.id}/take-up",
            action=_("Read and decide"),
        )


def _late_tasks(rows: Sequence[ContributionRow], formats: Localizer) -> Iterator[DashboardTask]:
    """Yield late contributions that the chair accepts or not."""
    for row in rows:
        yield DashboardTask(
            heading=_("A contribution from %(entity)s is late", entity=EntityName(row.entity)),
            title=row.title,
            lang=get_original_language_if_foreign(row.original, formats.language),
            words=_("It can be registered only if you accept it."),
            href=f"/contributions/{row.id}",
            action=_("Read and decide"),
        )


def _output_tasks(
    rows: Sequence[tuple[OutputWithoutReleaseRow, OutputRuleSubject]], actor: Actor, formats: Localizer
) -> Iterator[DashboardTask]:
    """Yield outputs that wait for a decision of the actor."""
    for row, case in rows:
        title, lang = localize_title(row.titles, formats.language, row.original)
        for heading, words in _describe_output_requests(actor, row.failed_because, case):
            yield DashboardTask(
                heading=heading,
                title=title,
                lang=lang,
                words=words,
                href=f"/outputs/{row.id}",
                action=_("Read and decide"),
            )


def _describe_output_requests(
    actor: Actor, failed_because: str | None, case: OutputRuleSubject
) -> Iterator[tuple[LazyText, LazyText]]:
    """Yield heading and text of each move open to the actor. A failed release concerns the chair too, although the
    secretariat releases."""
    if failed_because and case.status == OutputStatus.WITHDRAWING:
        yield _("The withdrawal of a text failed"), WITHDRAWAL_FAILURE_TEXTS[failed_because][1]
        return
    if failed_because:
        yield _("The release of a text failed"), RELEASE_FAILURE_TEXTS[failed_because][1]
        return
    for move in list_open_moves(actor, case).values():
        yield move.words, _("Read the text in all its languages, then decide.")


def _office_tasks(session: ReadSession, actor: Actor) -> Iterator[DashboardTask]:
    """Yield offices proposed by another secretary, to confirm."""
    for appointment, person in list_offices_to_confirm(session, actor):
        if CONFIRM_OFFICE.allows(actor, build_appointment_rule_subject(appointment, to_confirm=True)):
            yield DashboardTask(
                heading=_("Confirm the appointment: %(office)s", office=ROLE_LABELS[appointment.office]),
                title=person.name,
                lang=None,
                words=_("Another member of the secretariat proposed this. It takes effect once you confirm it."),
                href="/people",
                action=_("Review"),
            )
