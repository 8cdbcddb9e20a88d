"""Completing an advance version: the worker adds the languages that were still to come, all in one transaction, and
signs what the output is now. That manifest names the one that it completes, which stays good.
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
    """Release what an advance version lacks, if it was let out. Run again, it does nothing; whether it did so now.

    The house acts here, so nobody is asked; what people decided is checked once more. Raises as `release` does.
    """
    due = _due(session, output)
    if due is None:
        return False
    found, plan = due
    copying.insist_on_adopted(session, found)
    adding = _insist_on_approved(session, found, plan)
    copying.insist_on_no_virus(session, found, adding)
    sealing.take_turn(session)  # before the copies: what was withdrawn is removed by turns too, perhaps the same bytes
    for audience in Audience:
        sealing.last_good(session, sign, audience)
    there = queries.everything(session, found.id)
    before = sealing.signed(there[0], queries.manifest_of(session, slug(found.symbol or "")), sign)
    copying.lay_before_readers(shelf, released, adding)
    moment = clock.now()
    for text in adding:
        session.add(copying.copy_of_file(found, text))
    session.flush()
    copying.note_released(adding, moment)
    every = translations.released(session, found)
    titles, languages = translations.titles(found, every), copying.translated(every)
    named = (before.number, manifests.of(before).hex())
    as_they_are = (literal(titles, JSONB), literal(languages, ARRAY(String)))
    session.execute(select(func.release.complete(found.id, moment, *as_they_are, *named)))
    carry_texts(session, found.id, sign=sign)
    number, manifest = sealing.seal(session, queries.everything(session, found.id)[0], sign)
    found.still_to_come, found.completed_at, plan.released_at = [], moment, moment
    found.version += 1
    receipt = attesting.of_release(session, found, moment, number=number, manifest=manifest, sign=sign)
    happened = events.OutputCompleted(found.id, plan.text, number, manifest, receipt.digest, named[1])
    journal.record(session, None, happened, body=found.body_id)
    make_public(session, found, sign)
    return True


def _due(session: WriteSession, output: UUID) -> tuple[Output, Completion] | None:
    """The output, held, and the plan whose instant has come, if it is out as an advance version."""
    found = session.scalars(select(Output).where(Output.id == output).with_for_update()).one()
    plan = translations.under_way(session, found)
    is_advance = found.status == Status.RELEASED and found.still_to_come
    return (found, plan) if is_advance and plan and plan.release_at <= clock.now() else None


def _insist_on_approved(session: WriteSession, output: Output, plan: Completion) -> Sequence[Translation]:
    """What it adds, if that is exactly what was let out and every language that was promised. Raises NotAsAdopted."""
    adding = translations.to_add(session, output)
    lacks = set(output.still_to_come) - {text.language for text in adding}
    if translations.digest_of_all(adding) != plan.text or lacks:
        raise NotAsAdopted(str(output.id))
    return adding


def due_at(session: ReadSession, output: UUID) -> datetime | None:
    """The instant for which a completion is set, or at which it was let out."""
    found = select(Completion.release_at).join(Output, Output.id == Completion.output_id)
    return session.scalar(found.where(Completion.output_id == output, *_waiting()))


def all_due(session: ReadSession) -> Sequence[UUID]:
    """Every output whose completion was set for an instant that has come."""
    due = select(Completion.output_id).join(Output, Output.id == Completion.output_id)
    due = due.where(Completion.release_at <= clock.now(), *_waiting())
    return session.scalars(due.order_by(Completion.release_at, Completion.output_id)).all()


def _waiting() -> tuple[ColumnElement[bool], ...]:
    ends = (Completion.called_back_at, Completion.failed_at, Completion.released_at)
    return (Output.status == Status.RELEASED, *(each.is_(None) for each in ends))


def fail(session: WriteSession, output: UUID, because: Failure) -> bool:
    """Note that it could not be completed, and why: it can then be let out again, and the advance version stays.

    What may pass by itself is a failure only once it has lasted for `PATIENCE`, as with a release.
    """
    due = _due(session, output)
    if due is None:
        return False
    found, plan = due
    if because == Failure.OUT_OF_REACH and clock.now() - plan.release_at < PATIENCE:
        return False
    plan.failed_because, plan.failed_at = because, clock.now()
    journal.record(session, None, events.CompletionFailed(found.id, because), body=found.body_id)
    return True
