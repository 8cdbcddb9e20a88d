"""Letting an approved text out, at once or at an instant that is set, and calling it back before that instant: in all
languages in which its body works, or, where it cannot wait, as an advance, unedited version.

Where no second person can be had, one may let it out alone, with a reason that everybody reads.

The worker releases it (`app.domain.releases`). Both hold the output, so of a call back and a release one comes first.
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
"""No release is set for a later instant: nobody would remember what was decided."""
AT_ONCE = Plan()


class NotForThePublic(Unacceptable):
    """What everybody may read is decided with the text, by the group, and approved by two people."""


def let_out(session: WriteSession, actor: Actor, output: Output, plan: Plan = AT_ONCE) -> None:
    """Let it out, or once more after a failure. The worker copies the text, all languages in one transaction.

    Raises Unacceptable for an instant that has passed or is more than a year away, NotOfThatForm, and NotForThePublic.
    """
    hold(session, output)
    rules.LET_OUT.require(actor, queries.case(session, output))
    _insist_on_form(session, output, plan.form)
    at = insist_on_instant(session, output, plan)
    if Addressee.PUBLIC in plan.addressees and not output.for_public:
        raise NotForThePublic(
            say("The group did not adopt this text for the public. Whoever lets a text out cannot decide that alone.")
        )
    wanted = {Addressee.MEMBERSHIP, *plan.addressees}
    addressees = [each for each in Addressee if each in wanted]
    _put_plan(session, actor, output, at or clock.now(), addressees=addressees)
    output.status = Status.SCHEDULED if at else Status.LEAVING
    happened = events.OutputScheduled(output.id, instant(at)) if at else events.OutputLetOut(output.id)
    journal.record(session, actor, happened, body=output.body_id)


class NotOfThatForm(Unacceptable):
    """A complete version lacks a language, or an advance one lacks none."""


def _insist_on_form(session: WriteSession, output: Output, form: Form) -> None:
    """The mark of an advance version stands where something is missing, and nowhere else. Raises NotOfThatForm."""
    missing = translations.missing(session, output)
    if missing and form == Form.COMPLETE:
        raise NotOfThatForm(
            say(
                "The text is missing in languages in which the group works: %(languages)s. Wait until their "
                "translations are added and approved, or let it out as an advance, unedited version.",
                languages=", ".join(OWN_NAMES[each] for each in missing),
            )
        )
    if not missing and form == Form.ADVANCE:
        raise NotOfThatForm(say("The text is there in every language in which the group works: let it out complete."))


def insist_on_instant(session: WriteSession, output: Output, moment: Moment) -> datetime | None:
    """The instant that is set, None for at once. Raises Unacceptable for one that cannot be set."""
    now, at = clock.now(), moment.instant(session.get_one(Meeting, output.meeting_id).zone)
    if at is not None and not now < at <= now + FARTHEST:
        raise Unacceptable(
            say("Choose an instant that is still to come, within a year. To release it at once, choose “Now”.")
        )
    return at


def let_out_alone(session: WriteSession, actor: Actor, output: Output, why: Alone, *, text: str) -> None:
    """Let it out at once, in the place of the approvals that are missing; as an advance version if languages are.

    Raises Conflict unless exactly this text is the adopted one.
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
    """The next plan of its release, of the languages that there are; what failed before is forgotten."""
    number, moment = len(queries.plans(session, output)) + 1, clock.now()
    made = ReleasePlan(output_id=output.id, number=number, release_at=at, set_by=actor.person, set_at=moment, **more)
    made.languages = translations.in_order(text.language for text in translations.texts(session, output))
    made.still_to_come = translations.missing(session, output)
    session.add(made)
    output.let_out_by, output.let_out_at, output.release_at = actor.person, moment, at
    output.failed_because = output.failed_at = None


def call_back(session: WriteSession, actor: Actor, output: Output, because: Because) -> None:
    """Before the instant of its release: it is approved again, and can be let out anew."""
    hold(session, output)
    rules.CALL_BACK.require(actor, queries.case(session, output))
    plan = queries.plans(session, output)[-1]
    plan.called_back_by, plan.called_back_at = actor.person, clock.now()
    plan.called_back_because = because.reason
    output.status = Status.APPROVED
    output.let_out_by = output.let_out_at = output.release_at = None
    happened = events.OutputCalledBack(output.id, instant(plan.release_at))
    journal.record(session, actor, happened, body=output.body_id)
