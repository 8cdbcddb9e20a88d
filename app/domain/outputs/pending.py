"""What is pending for outputs: acts of the four people of a release, withdrawals, translations, sole decisions."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, Select

from app.core.database.clock_parameters import build_moment_parameter
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource, Urgency
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.pending import CHAIR, CHAIR_AND_SECRETARIAT, SECRETARIAT
from app.domain.bodies.rules import CHAIRS
from app.domain.outputs import events
from app.domain.outputs.models import CompletionPlan, Output, OutputStatus, OutputTranslation
from app.domain.outputs.queries import translations
from app.domain.outputs.queries.pending_outputs import (
    build_subject_of_row,
    select_outputs_to_decide_on,
    select_sole_decisions,
)
from app.domain.outputs.queries.rule_facts import OutputFactsRow
from app.domain.outputs.rules import outputs as rules
from app.domain.outputs.rules import translations as completing
from app.domain.outputs.rules import withdrawals
from app.domain.outputs.rules.failures import RELEASE_FAILURE_TEXTS, WITHDRAWAL_FAILURE_TEXTS
from app.domain.outputs.rules.outputs import AWAITING_RELEASE, OutputRuleSubject
from app.domain.outputs.rules.translations import CompletionRuleSubject

ONE_MONTH = timedelta(days=30)
READ_AND_DECIDE = _("Read and decide")
READ_ALL_LANGUAGES = _("Read the text in all its languages, then decide.")
FOR_RECIPIENTS_ONLY = _(
    "Read the text in all its languages, then decide. It is delivered to its recipients and not published."
)
FAILED_RELEASE, FAILED_WITHDRAWAL = "output:release-failed", "output:withdrawal-failed"

COMPLETE_DRAFT = PendingActionKind(
    name="output:complete-draft",
    heading=_("A draft output has no text yet"),
    words=_("Add the title and the text in the original language."),
    button=_("Open the draft"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.CHANGE_OUTPUT,),
    statuses=(OutputStatus.DRAFT,),
    begun_by=(events.OutputDrafted.name, events.OutputFileRemoved.name),
)
ADOPT = PendingActionKind(
    name="output:adopt",
    heading=_("Record the adoption"),
    words=READ_ALL_LANGUAGES,
    button=READ_AND_DECIDE,
    waits_for=CHAIR,
    settled_by=(rules.ADOPT_OUTPUT, rules.CHANGE_OUTPUT),
    statuses=(OutputStatus.DRAFT,),
    begun_by=(events.OutputFileReceived.name,),
)
APPROVE = PendingActionKind(
    name="output:approve",
    heading=_("Approve the release"),
    words=READ_ALL_LANGUAGES,
    button=READ_AND_DECIDE,
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.APPROVE_RELEASE, rules.RELEASE_ALONE),
    statuses=(OutputStatus.ADOPTED,),
    begun_by=(events.OutputAdopted.name, events.ApprovalChecked.name),
)
RELEASE = PendingActionKind(
    name="output:release",
    heading=_("Release an approved text"),
    words=READ_ALL_LANGUAGES,
    button=READ_AND_DECIDE,
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.SCHEDULE_RELEASE, rules.RELEASE_ALONE),
    statuses=(OutputStatus.APPROVED,),
    begun_by=(events.OutputApproved.name, events.OutputCalledBack.name),
)
RELEASE_FAILED = PendingActionKind(
    name=FAILED_RELEASE,
    heading=_("The release of a text failed"),
    words=_("The page of the text says what to do."),
    button=READ_AND_DECIDE,
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.SCHEDULE_RELEASE, rules.APPROVE_RELEASE, rules.RELEASE_ALONE),
    statuses=(OutputStatus.FAILED,),
    begun_by=(FAILED_RELEASE,),
)
WITHDRAWAL_FAILED = PendingActionKind(
    name=FAILED_WITHDRAWAL,
    heading=_("The withdrawal of a text failed"),
    words=_("The page of the text says what to do."),
    button=READ_AND_DECIDE,
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(withdrawals.RETRY_WITHDRAWAL,),
    statuses=(OutputStatus.WITHDRAWING,),
    begun_by=(FAILED_WITHDRAWAL,),
)
CONFIRM_WITHDRAWAL = PendingActionKind(
    name="output:confirm-withdrawal",
    heading=_("Withdrawal of a released text has been proposed"),
    words=_("Read the reason, then confirm or decline."),
    button=READ_AND_DECIDE,
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(
        withdrawals.CONFIRM_WITHDRAWAL,
        withdrawals.DECLINE_WITHDRAWAL,
        withdrawals.RETRACT_WITHDRAWAL_PROPOSAL,
    ),
    statuses=(OutputStatus.RELEASED,),
    begun_by=(events.WithdrawalProposed.name,),
)
APPROVE_TRANSLATION = PendingActionKind(
    name="output:approve-translation",
    heading=_("A translation of an adopted text is awaiting approval by a second person"),
    words=_("Read the translation, then approve it."),
    button=READ_AND_DECIDE,
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(completing.APPROVE_TRANSLATION,),
    statuses=(OutputStatus.ADOPTED, OutputStatus.APPROVED, OutputStatus.FAILED, OutputStatus.RELEASED),
    begun_by=(events.OutputTranslated.name, events.TranslationApprovalChecked.name),
)
ADD_TRANSLATION = PendingActionKind(
    name="output:translate",
    heading=_("Translations of an advance version are missing"),
    words=_("Add the missing translations."),
    button=READ_AND_DECIDE,
    waits_for=SECRETARIAT,
    settled_by=(completing.ADD_TRANSLATION,),
    statuses=(OutputStatus.RELEASED,),
    begun_by=("output:released-in-advance",),
)
RELEASE_COMPLETED = PendingActionKind(
    name="output:release-completed",
    heading=_("An advance version can be released in all languages"),
    words=_("All language versions are available. Release the text in all languages."),
    button=READ_AND_DECIDE,
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(completing.SCHEDULE_COMPLETION,),
    statuses=(OutputStatus.RELEASED,),
    begun_by=(events.OutputTranslationApproved.name, events.CompletionCalledBack.name),
)
COMPLETION_FAILED = PendingActionKind(
    name="output:completion-failed",
    heading=_("The release of a text in all languages failed"),
    words=_("The page of the text says what to do."),
    button=READ_AND_DECIDE,
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(completing.SCHEDULE_COMPLETION, completing.APPROVE_TRANSLATION),
    statuses=(OutputStatus.RELEASED,),
    begun_by=("output:completion-failed",),
    hides=("output:release-completed",),
)
RELEASED_ALONE = PendingActionKind(
    name="output:released-alone",
    heading=_("A text was released by one person alone"),
    words=_("Read who did this and why. This notice remains here for 30 days."),
    button=_("Read the reason"),
    waits_for=CHAIR_AND_SECRETARIAT,
    begun_by=(events.OutputLetOutAlone.name,),
    urgency=Urgency.NEWS,
)
WITHDRAWN_ALONE = PendingActionKind(
    name="output:withdrawn-alone",
    heading=_("A text was withdrawn by one person alone"),
    words=_("Read who did this and why. This notice remains here for 30 days."),
    button=_("Read the reason"),
    waits_for=CHAIR_AND_SECRETARIAT,
    begun_by=(events.WithdrawalDecidedAlone.name,),
    urgency=Urgency.NEWS,
)
MOVES = {"adopt": ADOPT, "approve": APPROVE, "let-out": RELEASE}
RELEASE_MOVES = ("approve", "let-out")


def _build_action(
    kind: PendingActionKind,
    output: Output,
    page: str = "",
    *,
    since: datetime | None = None,
    words: LazyText | None = None,
    count: int = 1,
) -> PendingAction:
    """Build the action on an output. `page` is one below that of the output, or a part of it."""
    return PendingAction(
        kind=kind,
        subject=output.id,
        path=f"/outputs/{output.id}{page}",
        title=output.titles,
        original=output.original,
        since=since or output.adopted_at or output.drafted_at,
        words=words,
        count=count,
    )


def build_output_actions(session: ReadSession, actor: Actor, rows: Sequence[OutputFactsRow]) -> Iterator[PendingAction]:
    """Yield the acts on outputs that are open to the actor."""
    cases = [(row, build_subject_of_row(row, actor)) for row in rows]
    in_translation = [row.Output for row, case in cases if _accepts_translations(case)]
    languages = translations.index_languages_by_output(session, in_translation)
    for row, case in cases:
        yield from _list_acts(actor, row, case)
        if of_output := languages.get(row.Output.id):
            yield from _list_language_acts(actor, row.Output, case, of_output.translations, of_output.last_plan)


def _accepts_translations(case: OutputRuleSubject) -> bool:
    return case.status in AWAITING_RELEASE or (case.status == OutputStatus.RELEASED and bool(case.still_to_come))


def _list_acts(actor: Actor, row: OutputFactsRow, case: OutputRuleSubject) -> Iterator[PendingAction]:
    """Yield the act on an output that is next. A failed release concerns the chair too, although the secretariat
    releases."""
    output: Output = row.Output
    if output.failed_because and output.status == OutputStatus.WITHDRAWING:
        words = WITHDRAWAL_FAILURE_TEXTS[output.failed_because][1]
        yield _build_action(WITHDRAWAL_FAILED, output, since=output.failed_at, words=words)
    elif output.failed_because:
        words = RELEASE_FAILURE_TEXTS[output.failed_because][1]
        yield _build_action(RELEASE_FAILED, output, since=output.failed_at, words=words)
    elif withdrawals.CONFIRM_WITHDRAWAL.allows(actor, case):
        yield _build_action(CONFIRM_WITHDRAWAL, output, "/withdrawal", since=row.withdrawal_proposed_at)
    elif rules.CHANGE_OUTPUT.allows(actor, case) and not case.has_original_text:
        yield _build_action(COMPLETE_DRAFT, output)
    else:
        for name in rules.list_open_moves(actor, case):
            is_release_to_few = name in RELEASE_MOVES and output.for_addressees_only
            described = FOR_RECIPIENTS_ONLY if is_release_to_few else None
            yield _build_action(MOVES[name], output, f"/{name}", words=described)


def _list_language_acts(
    actor: Actor,
    output: Output,
    case: OutputRuleSubject,
    added: Sequence[OutputTranslation],
    last_plan: CompletionPlan | None,
) -> Iterator[PendingAction]:
    """Yield the acts on the languages of an output, each once."""
    subject = translations.build_completion_rule_subject(case, output, added, last_plan)
    if last_plan and last_plan.failed_because:
        words = RELEASE_FAILURE_TEXTS[last_plan.failed_because][1]
        yield _build_action(COMPLETION_FAILED, output, "#languages", since=last_plan.failed_at, words=words)
    if to_approve := _list_languages_to_approve(actor, subject, added):
        first = f"/translations/{to_approve[0]}/approve"
        yield _build_action(APPROVE_TRANSLATION, output, first, count=len(to_approve))
    if completing.SCHEDULE_COMPLETION.allows(actor, subject):
        yield _build_action(RELEASE_COMPLETED, output, "/complete")
    elif subject.missing_languages and completing.ADD_TRANSLATION.allows(actor, subject):
        count = len(subject.missing_languages)
        yield _build_action(ADD_TRANSLATION, output, "#languages", since=output.released_at, count=count)


def _list_languages_to_approve(
    actor: Actor, subject: CompletionRuleSubject, added: Sequence[OutputTranslation]
) -> list[str]:
    """List the languages of the translations that the actor may approve as the second person."""
    return [
        translation.language
        for translation in added
        if completing.APPROVE_TRANSLATION.allows(
            actor, translations.build_translation_rule_subject(subject, translation)
        )
    ]


def select_recent_sole_decisions(actor: Actor) -> Select[Output, bool]:
    """Select sole decisions of the last 30 days."""
    return select_sole_decisions(actor, build_moment_parameter(-ONE_MONTH))


def build_sole_decision_news(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[Output, bool]]
) -> Iterator[PendingAction]:
    """Yield sole decisions, for the colleagues who might have been the second person."""
    for output, is_withdrawn in rows:
        yield _build_action(WITHDRAWN_ALONE if is_withdrawn else RELEASED_ALONE, output)


SOURCES = (
    PendingActionSource(
        (
            COMPLETE_DRAFT,
            ADOPT,
            APPROVE,
            RELEASE,
            RELEASE_FAILED,
            WITHDRAWAL_FAILED,
            CONFIRM_WITHDRAWAL,
            APPROVE_TRANSLATION,
            ADD_TRANSLATION,
            RELEASE_COMPLETED,
            COMPLETION_FAILED,
        ),
        (*CHAIRS, Office.SECRETARY),
        select_outputs_to_decide_on,
        build_output_actions,
        full_list=("/outputs", _("All outputs")),
    ),
    PendingActionSource(
        (RELEASED_ALONE, WITHDRAWN_ALONE),
        (*CHAIRS, Office.SECRETARY),
        select_recent_sole_decisions,
        build_sole_decision_news,
    ),
)
