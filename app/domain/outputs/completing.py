"""Letting the version in all languages take the place of an advance one, and calling it back before its instant.

The worker releases it (`app.domain.releases.completing`). Both hold the output, so one of the two comes first.
"""

from app.core import clock, journal
from app.core.access import Actor
from app.core.canonical import instant
from app.core.db import WriteSession, hold
from app.core.errors import Conflict
from app.core.i18n import say
from app.domain.outputs import events, releasing, translations
from app.domain.outputs.completing_rules import CALL_BACK_COMPLETION, COMPLETE
from app.domain.outputs.inputs import Because, Moment
from app.domain.outputs.models import Completion, Output

AT_ONCE = Moment()


def complete(session: WriteSession, actor: Actor, output: Output, moment: Moment = AT_ONCE, *, text: str) -> None:
    """Let it out, or once more after a failure: everything that is approved and that readers do not have.

    Raises Conflict where that is not exactly what was seen, Unacceptable for an instant that cannot be set.
    """
    hold(session, output)
    COMPLETE.require(actor, translations.completing(session, output))
    adding = translations.to_add(session, output)
    if text != translations.digest_of_all(adding):
        raise Conflict(say("The translations are not those that you saw. Open the page again and read them."))
    at = releasing.insist_on_instant(session, output, moment)
    made = Completion(
        output_id=output.id,
        number=len(translations.completions(session, output)) + 1,
        text=text,
        release_at=at or clock.now(),
        set_by=actor.person,
        set_at=clock.now(),
    )
    session.add(made)
    if at:
        happened: journal.Event = events.CompletionScheduled(output.id, text, instant(at))
    else:
        happened = events.CompletionLetOut(output.id, text)
    journal.record(session, actor, happened, body=output.body_id)


def call_back_completion(session: WriteSession, actor: Actor, output: Output, because: Because) -> None:
    """Before the instant of its release: the advance version stays, and it can be let out anew."""
    hold(session, output)
    CALL_BACK_COMPLETION.require(actor, translations.completing(session, output))
    plan = translations.completions(session, output)[-1]
    plan.called_back_by, plan.called_back_at = actor.person, clock.now()
    plan.called_back_because = because.reason
    happened = events.CompletionCalledBack(output.id, instant(plan.release_at))
    journal.record(session, actor, happened, body=output.body_id)
