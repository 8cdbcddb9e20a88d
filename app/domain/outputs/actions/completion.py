"""Schedule the completion of an advance version (its replacement by the version in all languages), or call it back.

The worker releases it (`app.domain.releases`). Both lock the row of the output, so that one act comes before the other.
"""

from app.core import clock, journal
from app.core.canonical_json import format_instant
from app.core.db import WriteSession, lock_row
from app.core.errors import Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.outputs import events
from app.domain.outputs.actions import release
from app.domain.outputs.inputs import ReleaseInstant
from app.domain.outputs.models import CompletionPlan, Output
from app.domain.outputs.queries import translations
from app.domain.outputs.rules.texts import compute_digest_of_translations
from app.domain.outputs.rules.translations import CALL_BACK_COMPLETION, SCHEDULE_COMPLETION

COMPLETE_NOW = ReleaseInstant()


def schedule_completion(
    session: WriteSession, actor: Actor, output: Output, release_instant: ReleaseInstant = COMPLETE_NOW, *, digest: str
) -> None:
    """Schedule the release of every approved translation that readers do not have yet; also again after a failure.

    Raises Conflict if `digest` is not that of exactly these translations, BadRequest if the instant cannot be set.
    """
    lock_row(session, output)
    SCHEDULE_COMPLETION.require(actor, translations.get_completion_rule_subject(session, output))
    translations_to_add = translations.list_translations_to_release(session, output)
    if digest != compute_digest_of_translations(translations_to_add):
        raise Conflict(_("The translations are not those that you saw. Open the page again and read them."))
    at = release.get_valid_release_instant(session, output, release_instant)
    plan = CompletionPlan(
        output_id=output.id,
        number=len(translations.list_completion_plans(session, output)) + 1,
        text=digest,
        release_at=at or clock.now(),
        set_by=actor.person,
        set_at=clock.now(),
    )
    session.add(plan)
    if at:
        event: journal.Event = events.CompletionScheduled(output.id, digest, format_instant(at))
    else:
        event = events.CompletionLetOut(output.id, digest)
    journal.record_event(session, actor, event, body=output.body_id)


def cancel_scheduled_completion(session: WriteSession, actor: Actor, output: Output, because: ReasonInput) -> None:
    """Cancel a scheduled completion before its instant. The advance version stays, and completion can be scheduled
    again."""
    lock_row(session, output)
    CALL_BACK_COMPLETION.require(actor, translations.get_completion_rule_subject(session, output))
    plan = translations.list_completion_plans(session, output)[-1]
    plan.called_back_by, plan.called_back_at = actor.person, clock.now()
    plan.called_back_because = because.reason
    event = events.CompletionCalledBack(output.id, format_instant(plan.release_at))
    journal.record_event(session, actor, event, body=output.body_id)
