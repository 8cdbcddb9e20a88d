"""The docket of an output, and of a silence procedure on one."""

from dataclasses import replace
from typing import Any

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission
from app.domain.meetings.models import MeetingLife
from app.domain.member_states import EntityName
from app.domain.outputs.models import Output, OutputStatus
from app.domain.outputs.rules.failures import RELEASE_FAILURE_TEXTS, WITHDRAWAL_FAILURE_TEXTS
from app.domain.outputs.rules.outputs import (
    ADOPT_OUTPUT,
    APPROVE_RELEASE,
    CHANGE_OUTPUT,
    SCHEDULE_RELEASE,
    OutputRuleSubject,
)
from app.domain.outputs.rules.translations import ADD_TRANSLATION, CompletionRuleSubject
from app.domain.outputs.rules.withdrawals import (
    CONFIRM_WITHDRAWAL,
    RETRACT_WITHDRAWAL_PROPOSAL,
    RETRY_WITHDRAWAL,
    SEE_WITHDRAWAL,
)
from app.domain.silence.models import SilenceStatus
from app.domain.silence.pending import CHANGE_FOR_CHAIR, SUBMIT_AGAIN
from app.domain.silence.rules import OPEN_PROCEDURE, TAKE_POSITION, SilenceRuleSubject
from app.http.labels import SILENCE_POSITION_LABELS
from app.web.views.dockets.addressees import word_for_addressees
from app.web.views.dockets.rows import NO_ACTION, Actors, Docket, DocketRow, Objection, TextPair, build_docket
from app.web.views.silence.silence import DEADLINE_REACHED

ADD_TEXT = _("Add the title and the text in the original language")
RECORD_ADOPTION = _("Record the adoption once the meeting has adopted the text")
BREAK_SILENCE = _("Break silence, or take no action if the State does not object")
CHANGE_TEXT = _("Change the text, or submit it to the States again")
APPROVE = _("Approve the release")
RELEASE = _("Release to all ITU members")
COMPLETE = _("Add and approve the missing translations, then release the text in all languages")
OWN_PROPOSAL = _("You made this proposal. A second person must decide.")
DECIDE_WITHDRAWAL = _("Read the reason, then confirm or decline.")
THEN_ADOPTION = _("Once the meeting has adopted the text, the chair records the adoption.")
THEN_SYMBOL = _("The text receives its symbol and can no longer be changed. Two other people approve the release.")
THEN_RELEASE = _("After the second approval, a person who did not approve the text can release it to all ITU members.")
THEN_ALL_LANGUAGES = _("All ITU members can see all language versions at the same time.")
THEN_WITHDRAWN = _("Until the withdrawal succeeds, all ITU members can read the text.")
THEN_COMPLETE = _(
    "All ITU members can read an advance, unedited version. The version in all languages will replace it."
)
THEN_ADOPTED_BY_SILENCE = _("If no Member State has broken silence by then, the text is adopted at that time.")
THEN_COUNTED = _("Positions received on time are being counted. The result will appear here shortly.")
THEN_DECIDED_AGAIN = _("The States decide on the text in another silence procedure, or the meeting adopts it.")
THEN_NOTHING = _("Nothing follows from this procedure. The positions and statements remain recorded here.")

OUTPUT_DOCKETS: tuple[DocketRow, ...] = (
    DocketRow("empty-draft", CHANGE_OUTPUT, ADD_TEXT, THEN_ADOPTION),
    DocketRow("empty-draft", None, ADD_TEXT, THEN_ADOPTION, actors=Actors.CHAIR_AND_SECRETARIAT),
    DocketRow("early-draft", None, NO_ACTION, THEN_ADOPTION),
    DocketRow("draft", ADOPT_OUTPUT, RECORD_ADOPTION, THEN_SYMBOL),
    DocketRow("draft", None, RECORD_ADOPTION, THEN_SYMBOL, actors=Actors.CHAIR),
    DocketRow("silence-open", TAKE_POSITION, BREAK_SILENCE, THEN_ADOPTED_BY_SILENCE, on_behalf=True),
    DocketRow("silence-open", None, BREAK_SILENCE, THEN_ADOPTED_BY_SILENCE, actors=Actors.MEMBER_STATES),
    DocketRow("silence-due", None, NO_ACTION, THEN_COUNTED),
    DocketRow("silence-broken", OPEN_PROCEDURE, CHANGE_TEXT, THEN_DECIDED_AGAIN),
    DocketRow("silence-broken", CHANGE_OUTPUT, CHANGE_FOR_CHAIR, THEN_DECIDED_AGAIN),
    DocketRow("silence-broken", None, CHANGE_TEXT, THEN_DECIDED_AGAIN, actors=Actors.CHAIR),
    DocketRow("silence-void", OPEN_PROCEDURE, CHANGE_TEXT, THEN_DECIDED_AGAIN),
    DocketRow("silence-void", None, CHANGE_TEXT, THEN_DECIDED_AGAIN, actors=Actors.CHAIR),
    DocketRow("silence-changed", OPEN_PROCEDURE, SUBMIT_AGAIN, THEN_DECIDED_AGAIN),
    DocketRow("silence-changed", None, SUBMIT_AGAIN, THEN_DECIDED_AGAIN, actors=Actors.CHAIR),
    DocketRow("silence-ended", None, NO_ACTION, THEN_NOTHING),
    DocketRow("adopted", APPROVE_RELEASE, APPROVE, THEN_RELEASE),
    DocketRow("adopted", None, APPROVE, THEN_RELEASE, actors=Actors.CHAIR_AND_SECRETARIAT),
    DocketRow("approved", SCHEDULE_RELEASE, RELEASE, THEN_ALL_LANGUAGES),
    DocketRow("approved", None, RELEASE, THEN_ALL_LANGUAGES, actors=Actors.CHAIR_AND_SECRETARIAT),
    DocketRow(
        "scheduled",
        None,
        NO_ACTION,
        _("At this time, all ITU members can see all language versions. Until then, the release can be cancelled."),
    ),
    DocketRow("leaving", None, NO_ACTION, THEN_ALL_LANGUAGES),
    DocketRow("failed", SCHEDULE_RELEASE, None, THEN_ALL_LANGUAGES),
    DocketRow("failed", None, None, THEN_ALL_LANGUAGES, actors=Actors.SECRETARIAT),
    DocketRow("withdrawal-failed", RETRY_WITHDRAWAL, None, THEN_WITHDRAWN),
    DocketRow("withdrawal-failed", None, None, THEN_WITHDRAWN, actors=Actors.CHAIR_AND_SECRETARIAT),
    DocketRow(
        "withdrawing",
        None,
        NO_ACTION,
        _("The text is withdrawn within seconds. Until then, all ITU members can read it."),
    ),
    DocketRow("withdrawal-proposed", CONFIRM_WITHDRAWAL, DECIDE_WITHDRAWAL, THEN_WITHDRAWN),
    DocketRow(
        "withdrawal-proposed", RETRACT_WITHDRAWAL_PROPOSAL, OWN_PROPOSAL, THEN_WITHDRAWN, actors=Actors.ANOTHER_PERSON
    ),
    DocketRow("withdrawal-proposed", None, DECIDE_WITHDRAWAL, THEN_WITHDRAWN, actors=Actors.CHAIR_AND_SECRETARIAT),
    DocketRow("advance", ADD_TRANSLATION, COMPLETE, THEN_COMPLETE),
    DocketRow("advance", None, COMPLETE, THEN_COMPLETE, actors=Actors.SECRETARIAT),
    DocketRow("released", None, NO_ACTION, _("All ITU members can read the text exactly as it was adopted.")),
    DocketRow(
        "withdrawn",
        None,
        NO_ACTION,
        _("All ITU members can see on the page of the text that it was withdrawn, and why."),
    ),
)
"""For each life of an output: offices, then States, then all other readers."""


def build_output_docket(
    actor: Actor,
    output: Output,
    on: SilenceRuleSubject,
    *,
    silence: str = "",
    release_instant: TextPair | None = None,
    silence_ends: TextPair | None = None,
) -> Docket:
    """Build the docket of an output. `silence` is the status of the latest silence procedure on it; `release_instant`
    is that of a scheduled release."""
    life = _name_life(actor, output, on, silence)
    request: LazyText | None = None
    if life == "failed" and output.failed_because:
        request = RELEASE_FAILURE_TEXTS[output.failed_because][1]
    if life == "withdrawal-failed" and output.failed_because:
        request = WITHDRAWAL_FAILURE_TEXTS[output.failed_because][1]
    by = release_instant if life == "scheduled" else silence_ends if life == "silence-open" else None
    docket = build_docket(OUTPUT_DOCKETS, life, actor, on.output.body_id, _build_objection(on), request=request, by=by)
    return word_for_addressees(docket) if output.for_addressees_only else docket


def build_silence_docket(
    actor: Actor,
    output: Output,
    on: SilenceRuleSubject,
    *,
    status: str,
    own_stance: str | None = None,
    ends: TextPair | None = None,
) -> Docket:
    """Build the docket of a silence procedure with this status; once it has adopted the text, that of the text.

    `own_stance` is the position of the actor's State, shown in place of what is asked; `ends` the deadline.
    """
    if status == SilenceStatus.ADOPTED:
        return build_output_docket(actor, output, on)
    is_settled = (
        output.status != OutputStatus.DRAFT or on.is_followed or on.output.meeting_life == MeetingLife.CANCELLED
    )
    has_ended = status in (SilenceStatus.BROKEN, SilenceStatus.VOID) and is_settled
    is_open = status == SilenceStatus.OPEN
    docket = build_docket(
        OUTPUT_DOCKETS,
        "silence-ended" if has_ended else _name_life_of_silence(on, status),
        actor,
        on.output.body_id,
        _build_objection(on),
        by=ends if is_open else None,
    )
    if own_stance is None or not is_open:
        return docket
    heading = _("Position of %(state)s", state=EntityName(actor.entity))
    return replace(docket, heading=heading, asked=SILENCE_POSITION_LABELS[own_stance][1])


def _build_objection(on: SilenceRuleSubject) -> Objection:
    """Return the function that says why somebody may not do something, with the subject of each permission."""

    def objection_to(who: Actor, permission: Permission[Any]) -> LazyText | None:
        if permission is ADD_TRANSLATION:
            return permission.objection_to(who, CompletionRuleSubject(on.output))
        return permission.objection_to(who, on if permission in (TAKE_POSITION, OPEN_PROCEDURE) else on.output)

    return objection_to


def _name_life_of_silence(on: SilenceRuleSubject, status: str) -> str:
    """Name the life of a draft whose latest silence procedure has this status, as the table has it."""
    is_over = status in (SilenceStatus.BROKEN, SilenceStatus.VOID)
    return "silence-changed" if is_over and on.is_text_changed else f"silence-{status}"


def _name_life(actor: Actor, output: Output, on: SilenceRuleSubject, silence: str) -> str:
    """Name the life of an output, as the table has it. A proposal to withdraw it is only for who may see that."""
    case: OutputRuleSubject = on.output
    if output.status == OutputStatus.DRAFT:
        if not case.has_original_text:
            return "empty-draft"
        if silence in (*SilenceStatus, DEADLINE_REACHED):
            return _name_life_of_silence(on, silence)
        return "draft" if case.is_first_day_reached else "early-draft"
    if output.status == OutputStatus.WITHDRAWING and output.failed_because:
        return "withdrawal-failed"
    if output.status == OutputStatus.RELEASED:
        if SEE_WITHDRAWAL.allows(actor, case):
            return "withdrawal-proposed"
        return "advance" if output.still_to_come else "released"
    return str(output.status)
