"""Schedule the completion of an advance version (its replacement by the version in all languages), or call it back.

The worker releases it (`app.domain.releases`). Both lock the row of the output, so that one act comes before the other.
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
    """Schedule the release of every approved translation that readers do not have yet; also again after a failure.

    Raises Conflict if `digest` is not that of exactly these translations, BadRequest if the instant cannot be set.
    """
    hold(session, output)
    COMPLETE.require(actor, translations.completing(session, output))
    translations_to_add = translations.to_add(session, output)
    if text != translations.digest_of_all(translations_to_add):
        raise Conflict(say("The translations are not those that you saw. Open the page again and read them."))
    at = releasing.insist_on_instant(session, output, moment)
    plan = Completion(
        output_id=output.id,
        number=len(translations.completions(session, output)) + 1,
        text=text,
        release_at=at or clock.now(),
        set_by=actor.person,
        set_at=clock.now(),
    )
    session.add(plan)
    if at:
        event: journal.Event = events.CompletionScheduled(output.id, text, instant(at))
    else:
        event = events.CompletionLetOut(output.id, text)
    journal.record(session, actor, event, body=output.body_id)


def call_back_completion(session: WriteSession, actor: Actor, output: Output, because: Because) -> None:
    """Cancel a scheduled completion before its instant. The advance version stays, and completion can be scheduled
    again."""
    hold(session, output)
    CALL_BACK_COMPLETION.require(actor, translations.completing(session, output))
    plan = translations.completions(session, output)[-1]
    plan.called_back_by, plan.called_back_at = actor.person, clock.now()
    plan.called_back_because = because.reason
    event = events.CompletionCalledBack(output.id, instant(plan.release_at))
    journal.record(session, actor, event, body=output.body_id)
