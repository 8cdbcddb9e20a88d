"""Schedule the release of an approved output, at once or at an instant, or call it back before that instant.

The release is complete, in all languages of the body, or an advance, unedited version. If no second person can be had,
one person may release the output alone, with a reason that everybody reads.

The worker releases it (`app.domain.releases`). Both lock the row of the output, so that one act comes before the other.
"""

from datetime import datetime, timedelta

from app.core import clock, journal
from app.core.canonical_json import format_instant
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest
from app.core.i18n import NATIVE_NAMES
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.meetings.models import Meeting
from app.domain.outputs import events
from app.domain.outputs.inputs import NewReleasePlan, ReleaseInstant, SoleDecision
from app.domain.outputs.models import Output, OutputStatus, ReleaseAddressee, ReleaseForm, ReleasePlan
from app.domain.outputs.queries import approvals, outputs, translations
from app.domain.outputs.rules import outputs as rules
from app.domain.outputs.rules.texts import list_readers_of_text, sort_languages

MAX_RELEASE_DELAY = timedelta(days=366)
"""The longest time ahead for which a release can be scheduled: later, no one would remember what was decided."""
RELEASE_NOW = NewReleasePlan()


class NotAdoptedForPublic(BadRequest):
    """The body did not adopt the text for the public, so it cannot be released to the public; or it adopted the text
    for its addressees alone."""


def schedule_release(session: WriteSession, actor: Actor, output: Output, plan: NewReleasePlan = RELEASE_NOW) -> None:
    """Schedule the release of an approved output; also again after a failure. The worker copies all languages in one
    transaction.

    Raises BadRequest if the instant is past or more than a year ahead, WrongReleaseForm, NotAdoptedForPublic.
    """
    lock_row(session, output)
    rules.SCHEDULE_RELEASE.require(actor, outputs.get_output_rule_subject(session, output))
    _require_form(session, output, plan.form)
    at = get_valid_release_instant(session, output, plan)
    if plan.addressees and output.for_addressees_only:
        raise NotAdoptedForPublic(_("The group adopted this text for its recipients only. No others can be added."))
    if ReleaseAddressee.PUBLIC in plan.addressees and not output.for_public:
        raise NotAdoptedForPublic(
            _("The group did not adopt this text for the public. The person who releases it cannot decide that alone.")
        )
    chosen = {*list_readers_of_text(output), *plan.addressees}
    addressees = [each for each in ReleaseAddressee if each in chosen]
    _put_plan(session, actor, output, at or clock.now(), addressees=addressees)
    output.status = OutputStatus.SCHEDULED if at else OutputStatus.RELEASING
    event = events.OutputScheduled(output.id, format_instant(at)) if at else events.OutputLetOut(output.id)
    journal.record_event(session, actor, event, body=output.body_id)


class WrongReleaseForm(BadRequest):
    """A complete release lacks a language, or an advance version lacks none."""


def _require_form(session: WriteSession, output: Output, form: ReleaseForm) -> None:
    """Raise WrongReleaseForm unless the form is advance exactly if a language is missing."""
    missing = translations.list_languages_to_follow(session, output)
    if missing and form == ReleaseForm.COMPLETE:
        raise WrongReleaseForm(
            _(
                "The text is not available in all working languages of the group. Missing: %(languages)s. Wait "
                "until these translations are added and approved, or release it as an advance, unedited "
                "version.",
                languages=", ".join(NATIVE_NAMES[language] for language in missing),
            )
        )
    if not missing and form == ReleaseForm.ADVANCE:
        raise WrongReleaseForm(
            _("The text is available in all working languages of the group: release the complete text.")
        )


def get_valid_release_instant(
    session: WriteSession, output: Output, release_instant: ReleaseInstant
) -> datetime | None:
    """Return the instant that is set, None for at once. Raises BadRequest if it is past or more than a year ahead."""
    now, at = clock.now(), release_instant.instant_in_zone(session.get_one(Meeting, output.meeting_id).zone)
    if at is not None and not now < at <= now + MAX_RELEASE_DELAY:
        raise BadRequest(_("Enter a future date and time, within one year. To release the text at once, select “Now”."))
    return at


def release_by_sole_decision(
    session: WriteSession, actor: Actor, output: Output, decision: SoleDecision, *, digest: str
) -> None:
    """Release an adopted output at once without the missing approvals; as an advance version if languages are missing.

    Raises Conflict if `digest` is not that of the adopted text.
    """
    lock_row(session, output)
    rules.RELEASE_ALONE.require(actor, outputs.get_output_rule_subject(session, output))
    outputs.require_adopted_digest(output, digest)
    _put_plan(
        session,
        actor,
        output,
        clock.now(),
        addressees=list_readers_of_text(output),
        alone_because=decision.reason,
        alone_language=decision.lang,
        alone_capacity=" ".join(actor.capacities_in(output.body_id)),
        alone_text=digest,
    )
    output.status = OutputStatus.RELEASING
    journal.record_event(session, actor, events.OutputLetOutAlone(output.id, digest), body=output.body_id)


def _put_plan(session: WriteSession, actor: Actor, output: Output, at: datetime, **more: object) -> None:
    """Store the next release plan, of all languages that there are, and clear an earlier failure."""
    number, moment = len(outputs.list_release_plans(session, output)) + 1, clock.now()
    plan = ReleasePlan(output_id=output.id, number=number, release_at=at, set_by=actor.person, set_at=moment, **more)
    plan.languages = sort_languages(text.language for text in translations.list_releasable_texts(session, output))
    plan.still_to_come = translations.list_languages_to_follow(session, output)
    session.add(plan)
    output.let_out_by, output.let_out_at, output.release_at = actor.person, moment, at
    output.failed_because = output.failed_at = None


def cancel_scheduled_release(session: WriteSession, actor: Actor, output: Output, because: ReasonInput) -> None:
    """Cancel a scheduled release before its instant. The output is approved again, and can be scheduled again; if an
    approval was refused meanwhile, it waits for approvals first."""
    lock_row(session, output)
    rules.CALL_BACK_RELEASE.require(actor, outputs.get_output_rule_subject(session, output))
    plan = outputs.list_release_plans(session, output)[-1]
    plan.called_back_by, plan.called_back_at = actor.person, clock.now()
    plan.called_back_because = because.reason
    output.status = approvals.get_status_before_release(session, output)
    output.let_out_by = output.let_out_at = output.release_at = None
    event = events.OutputCalledBack(output.id, format_instant(plan.release_at))
    journal.record_event(session, actor, event, body=output.body_id)
