"""Complete advance versions: the worker adds the missing languages in one transaction and signs the output as it is
now.

The new manifest names the one that it completes, which stays valid.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, String, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from app.core import clock, journal
from app.core.db import ReadSession, WriteSession
from app.core.signing import Signer
from app.core.store import Store
from app.domain.outputs import attesting, translations
from app.domain.outputs.models import Completion, Failure, Output, Status, Translation
from app.domain.releases import copying, events, manifests, queries, sealing
from app.domain.releases.actions import PATIENCE, make_public
from app.domain.releases.carrying import carry_texts
from app.domain.releases.copying import NotAsAdopted, slug
from app.domain.releases.models import Audience


def complete(session: WriteSession, shelf: Store, released: Store, output: UUID, *, sign: Signer) -> bool:
    """Release the missing languages of an advance version whose completion is due. Idempotent; returns whether it did
    so now.

    The worker acts, so no permission is required; instead the decisions are checked again. Raises as `release_output`
    does.
    """
    due = _lock_due_plan(session, output)
    if due is None:
        return False
    row, plan = due
    copying.insist_on_adopted(session, row)
    added = _require_approved_translations(session, row, plan)
    copying.insist_on_no_virus(session, row, added)
    # Before the copies: files of withdrawn outputs are removed under the same lock, perhaps the same bytes.
    sealing.take_turn(session)
    for audience in Audience:
        sealing.last_good(session, sign, audience)
    entries = queries.everything(session, row.id)
    before = sealing.signed(entries[0], queries.manifest_of(session, slug(row.symbol or "")), sign)
    copying.lay_before_readers(shelf, released, added)
    moment = clock.now()
    for text in added:
        session.add(copying.copy_of_file(row, text))
    session.flush()
    copying.note_released(added, moment)
    texts = translations.released(session, row)
    titles, languages = translations.titles(row, texts), copying.translated(texts)
    previous = (before.number, manifests.of(before).hex())
    merged = (literal(titles, JSONB), literal(languages, ARRAY(String)))
    session.execute(select(func.release.complete(row.id, moment, *merged, *previous)))
    carry_texts(session, row.id, sign=sign)
    number, manifest = sealing.seal(session, queries.everything(session, row.id)[0], sign)
    row.still_to_come, row.completed_at, plan.released_at = [], moment, moment
    row.version += 1
    receipt = attesting.of_release(session, row, moment, number=number, manifest=manifest, sign=sign)
    event = events.OutputCompleted(row.id, plan.text, number, manifest, receipt.digest, previous[1])
    journal.record(session, None, event, body=row.body_id)
    make_public(session, row, sign)
    return True


def _lock_due_plan(session: WriteSession, output: UUID) -> tuple[Output, Completion] | None:
    """Lock the output; return it with its completion plan if it is an advance version and the instant has come."""
    row = session.scalars(select(Output).where(Output.id == output).with_for_update()).one()
    plan = translations.under_way(session, row)
    is_advance = row.status == Status.RELEASED and row.still_to_come
    return (row, plan) if is_advance and plan and plan.release_at <= clock.now() else None


def _require_approved_translations(session: WriteSession, output: Output, plan: Completion) -> Sequence[Translation]:
    """Return the translations to add. Raises TextMismatch unless they are exactly those of the plan and no language is
    missing."""
    added = translations.to_add(session, output)
    missing = set(output.still_to_come) - {text.language for text in added}
    if translations.digest_of_all(added) != plan.text or missing:
        raise NotAsAdopted(str(output.id))
    return added


def due_at(session: ReadSession, output: UUID) -> datetime | None:
    """Find the instant for which the completion of an output is scheduled."""
    statement = select(Completion.release_at).join(Output, Output.id == Completion.output_id)
    return session.scalar(statement.where(Completion.output_id == output, *_pending_conditions()))


def all_due(session: ReadSession) -> Sequence[UUID]:
    """List the outputs whose scheduled instant of completion has come."""
    statement = select(Completion.output_id).join(Output, Output.id == Completion.output_id)
    statement = statement.where(Completion.release_at <= clock.now(), *_pending_conditions())
    return session.scalars(statement.order_by(Completion.release_at, Completion.output_id)).all()


def _pending_conditions() -> tuple[ColumnElement[bool], ...]:
    """Conditions for a completion plan that is pending."""
    ends = (Completion.called_back_at, Completion.failed_at, Completion.released_at)
    return (Output.status == Status.RELEASED, *(end.is_(None) for end in ends))


def fail(session: WriteSession, output: UUID, because: Failure) -> bool:
    """Record that a completion failed and why, so that it can be scheduled again; the advance version stays. Returns
    whether it failed now.

    `STORE_UNREACHABLE` counts as a failure only once `RELEASE_RETRY_PERIOD` has passed, as with a release.
    """
    due = _lock_due_plan(session, output)
    if due is None:
        return False
    row, plan = due
    if because == Failure.OUT_OF_REACH and clock.now() - plan.release_at < PATIENCE:
        return False
    plan.failed_because, plan.failed_at = because, clock.now()
    journal.record(session, None, events.CompletionFailed(row.id, because), body=row.body_id)
    return True
