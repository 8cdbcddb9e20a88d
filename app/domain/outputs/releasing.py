"""Schedule the release of an approved output, at once or at an instant, or call it back before that instant.

The release is complete, in all languages of the body, or an advance, unedited version. If no second person can be had,
one person may release the output alone, with a reason that everybody reads.

The worker releases it (`app.domain.releases`). Both lock the row of the output, so that one act comes before the other.
"""

from datetime import datetime, timedelta

from app.core import clock, journal
from app.core.access import Actor
from app.core.canonical import instant
from app.core.db import WriteSession, hold
from app.core.errors import Unacceptable
from app.core.i18n import OWN_NAMES, say
from app.domain.meetings.models import Meeting
from app.domain.outputs import events, queries, rules, translations
from app.domain.outputs.inputs import Alone, Because, Moment, Plan
from app.domain.outputs.models import Addressee, Form, Output, ReleasePlan, Status

FARTHEST = timedelta(days=366)
"""The longest time ahead for which a release can be scheduled: later, nobody would remember what was decided."""
AT_ONCE = Plan()


class NotForThePublic(Unacceptable):
    """The body did not adopt the text for the public, so it cannot be released to the public."""


def let_out(session: WriteSession, actor: Actor, output: Output, plan: Plan = AT_ONCE) -> None:
    """Schedule the release of an approved output; also again after a failure. The worker copies all languages in one
    transaction.

    Raises BadRequest if the instant is past or more than a year ahead, WrongReleaseForm, NotAdoptedForPublic.
    """
    hold(session, output)
    rules.LET_OUT.require(actor, queries.case(session, output))
    _require_form(session, output, plan.form)
    at = insist_on_instant(session, output, plan)
    if Addressee.PUBLIC in plan.addressees and not output.for_public:
        raise NotForThePublic(
            say("The group did not adopt this text for the public. Whoever lets a text out cannot decide that alone.")
        )
    chosen = {Addressee.MEMBERSHIP, *plan.addressees}
    addressees = [each for each in Addressee if each in chosen]
    _put_plan(session, actor, output, at or clock.now(), addressees=addressees)
    output.status = Status.SCHEDULED if at else Status.LEAVING
    event = events.OutputScheduled(output.id, instant(at)) if at else events.OutputLetOut(output.id)
    journal.record(session, actor, event, body=output.body_id)


class NotOfThatForm(Unacceptable):
    """A complete release lacks a language, or an advance version lacks none."""


def _require_form(session: WriteSession, output: Output, form: Form) -> None:
    """Raise WrongReleaseForm unless the form is advance exactly if a language is missing."""
    missing = translations.missing(session, output)
    if missing and form == Form.COMPLETE:
        raise NotOfThatForm(
            say(
                "The text is missing in languages in which the group works: %(languages)s. Wait until their "
                "translations are added and approved, or let it out as an advance, unedited version.",
                languages=", ".join(OWN_NAMES[language] for language in missing),
            )
        )
    if not missing and form == Form.ADVANCE:
        raise NotOfThatForm(say("The text is there in every language in which the group works: let it out complete."))


def insist_on_instant(session: WriteSession, output: Output, moment: Moment) -> datetime | None:
    """Return the instant that is set, None for at once. Raises BadRequest if it is past or more than a year ahead."""
    now, at = clock.now(), moment.instant(session.get_one(Meeting, output.meeting_id).zone)
    if at is not None and not now < at <= now + FARTHEST:
        raise Unacceptable(
            say("Choose an instant that is still to come, within a year. To release it at once, choose “Now”.")
        )
    return at


def let_out_alone(session: WriteSession, actor: Actor, output: Output, why: Alone, *, text: str) -> None:
    """Release an adopted output at once without the missing approvals; as an advance version if languages are missing.

    Raises Conflict if `digest` is not that of the adopted text.
    """
    hold(session, output)
    rules.LET_OUT_ALONE.require(actor, queries.case(session, output))
    queries.insist_on_seen(output, text)
    _put_plan(
        session,
        actor,
        output,
        clock.now(),
        addressees=[Addressee.MEMBERSHIP],
        alone_because=why.reason,
        alone_language=why.lang,
        alone_capacity=" ".join(actor.capacities(output.body_id)),
        alone_text=text,
    )
    output.status = Status.LEAVING
    journal.record(session, actor, events.OutputLetOutAlone(output.id, text), body=output.body_id)


def _put_plan(session: WriteSession, actor: Actor, output: Output, at: datetime, **more: object) -> None:
    """Store the next release plan, of all languages that there are, and clear an earlier failure."""
    number, moment = len(queries.plans(session, output)) + 1, clock.now()
    plan = ReleasePlan(output_id=output.id, number=number, release_at=at, set_by=actor.person, set_at=moment, **more)
    plan.languages = translations.in_order(text.language for text in translations.texts(session, output))
    plan.still_to_come = translations.missing(session, output)
    session.add(plan)
    output.let_out_by, output.let_out_at, output.release_at = actor.person, moment, at
    output.failed_because = output.failed_at = None


def call_back(session: WriteSession, actor: Actor, output: Output, because: Because) -> None:
    """Cancel a scheduled release before its instant. The output is approved again, and can be scheduled again."""
    hold(session, output)
    rules.CALL_BACK.require(actor, queries.case(session, output))
    plan = queries.plans(session, output)[-1]
    plan.called_back_by, plan.called_back_at = actor.person, clock.now()
    plan.called_back_because = because.reason
    output.status = Status.APPROVED
    output.let_out_by = output.let_out_at = output.release_at = None
    event = events.OutputCalledBack(output.id, instant(plan.release_at))
    journal.record(session, actor, event, body=output.body_id)
