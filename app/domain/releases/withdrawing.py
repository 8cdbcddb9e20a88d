"""Withdrawing a released text, once a second person confirms it: in one transaction it is gone and a tombstone stands.
Where no second person can be had, one may do it alone, with a reason that everybody reads.

Its files leave the store of releases afterwards (`clear`); the portal keeps its own.
"""

from uuid import UUID

from sqlalchemy import func, select

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession, hold
from app.core.errors import Conflict
from app.core.i18n import say
from app.core.signing import Signer
from app.core.store import Store
from app.domain.outputs import queries as outputs
from app.domain.outputs import rules, withdrawing
from app.domain.outputs.events import WithdrawalDecidedAlone
from app.domain.outputs.inputs import Alone
from app.domain.outputs.models import End, Output, Status, Withdrawal
from app.domain.releases import events, manifests, queries, sealing
from app.domain.releases.actions import seal, seal_publicly
from app.domain.releases.copying import slug
from app.domain.releases.models import Audience, ReleasedFile, ReleasedWithdrawal
from app.domain.releases.queries import Released


def confirm(session: WriteSession, actor: Actor, output: Output, *, seen: UUID, sign: Signer) -> None:
    """Withdraw it, as the second person, for the reason that was seen. It cannot be undone.

    Raises Conflict where the catalogue is not what the house signed, or what should take its place was withdrawn.
    """
    hold(session, output)
    rules.CONFIRM_WITHDRAWAL.require(actor, outputs.case(session, output))
    found = withdrawing.waiting(session, output, seen)
    _withdraw(session, actor, output, found, sign)


def withdraw_alone(session: WriteSession, actor: Actor, output: Output, why: Alone, *, text: str, sign: Signer) -> None:
    """Withdraw it at once, without a second person, for a reason that everybody reads. It cannot be undone.

    Raises Conflict unless exactly this text is the released one, or where the catalogue is not as it was signed.
    """
    hold(session, output)
    rules.WITHDRAW_ALONE.require(actor, outputs.case(session, output))
    outputs.insist_on_seen(output, text)
    found = Withdrawal(
        output_id=output.id,
        reason=why.reason,
        lang=why.lang,
        proposed_by=actor.person,
        capacity=" ".join(actor.capacities(output.body_id)),
        proposed_at=clock.now(),
    )
    session.add(found)
    session.flush()
    happened = WithdrawalDecidedAlone(output.id, found.id, text)
    journal.record(session, actor, happened, body=output.body_id)
    _withdraw(session, actor, output, found, sign)


def _withdraw(session: WriteSession, actor: Actor, output: Output, found: Withdrawal, sign: Signer) -> None:
    """A tombstone takes the place of all that was released, and is signed."""
    sealing.take_turn(session)
    instead = session.get_one(Output, found.replaced_by) if found.replaced_by else None
    if instead and instead.status != Status.RELEASED:
        raise Conflict(say("The text that should take its place was withdrawn. Decline this, and propose it anew."))
    withdrawing.end(actor, output, found, End.CONFIRMED)
    try:
        _bury(session, output, found, instead, sign)
        number, manifest = seal(session, output.id, sign)
        public = seal_publicly(session, output.id, sign)
    except sealing.NotAsSigned as fault:
        raise Conflict(
            say(
                "The catalogue of what was released is not as it was signed, so nothing can be withdrawn in it. "
                "Ask those who run the portal to find out who changed it."
            )
        ) from fault
    output.status, output.withdrawn_at = Status.WITHDRAWN, found.ended_at
    happened = events.OutputWithdrawn(output.id, found.id, number, manifest)
    journal.record(session, actor, happened, body=output.body_id)
    if public:
        told = events.PublicOutputWithdrawn(output.id, found.id, *public)
        journal.record(session, actor, told, body=output.body_id)


def _bury(session: WriteSession, output: Output, found: Withdrawal, instead: Output | None, sign: Signer) -> None:
    """Put the tombstone in the place of all its rows. Our role may not remove those; a function of the database does,
    and only where a tombstone stands."""
    there = queries.everything(session, output.id)
    release, public = (queries.manifest_of(session, slug(output.symbol or ""), audience) for audience in Audience)
    if len(there) != 1 or (public is not None) != there[0].is_public:
        raise sealing.NotAsSigned(str(output.symbol))
    release = sealing.signed(there[0], release, sign)
    if told := queries.told_publicly(there):
        sealing.signed(told[0], public, sign, Audience.PUBLIC)
    session.add(
        ReleasedWithdrawal(
            id=output.id,
            withdrawn_at=found.ended_at or clock.now(),
            reason=found.reason,
            language=found.lang,
            decided_by=[found.capacity] if found.is_alone else [found.capacity, found.ended_capacity],
            replaced_by=instead.symbol if instead else None,
            replaced_by_slug=slug(instead.symbol or "") if instead else None,
            manifest=release.number,
            manifest_digest=manifests.of(release).hex(),
            public_manifest=public.number if public else None,
            public_manifest_digest=manifests.of(public).hex() if public else None,
            replaced_publicly=bool(instead and _is_public(session, instead)),
            **what_it_was(there[0]),
        )
    )
    session.flush()
    session.execute(select(func.release.bury(output.id)))


def _is_public(session: ReadSession, output: Output) -> bool:
    return any(each.is_public for each in queries.everything(session, output.id))


WHAT_IT_WAS = (
    *("slug", "symbol", "kind", "body", "body_names", "meeting"),
    *("titles", "original", "adopted_on", "released_at"),
)


def what_it_was(there: Released) -> dict[str, object]:
    """What a tombstone keeps of it."""
    return {
        **{name: getattr(there, name) for name in WHAT_IT_WAS},
        "topics": [topic.code for topic in there.topics],
        "files": [{name: getattr(text, name) for name in manifests.TEXT} for text in there.texts],
    }


def _nowhere_else(session: ReadSession, files: set[str]) -> set[str]:
    """Those of these digests that nothing released has any more."""
    return files - set(session.scalars(select(ReleasedFile.sha256).where(ReleasedFile.sha256.in_(files))))


def clear(session: WriteSession, released: Store, output: UUID) -> int:
    """Take the files of a withdrawn output out of the store of releases, but for those that another one has too.

    The house acts here. Run again, it does nothing; returns how many files it looked after.
    """
    sealing.take_turn(session)
    found = session.get(ReleasedWithdrawal, output)
    if found is None:
        return 0
    gone = _nowhere_else(session, {str(file["sha256"]) for file in found.files})
    for sha256 in sorted(gone):
        released.remove(sha256)
    return len(gone)
