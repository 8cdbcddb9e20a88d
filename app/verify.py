"""Checks what the house promised to keep: journal, ledger, receipts, manifests, files, what was released, numbers.

No draft is read: the database tells the digests of their files, which are checked too.
"""

import json
from base64 import b64decode
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import NullPool, Select, String, cast, create_engine, select

from app.core import journal
from app.core.db import ReadSession, readers, transaction
from app.core.errors import Refusal
from app.core.signing import PublicKey
from app.core.store import Damaged, Store
from app.domain.documents.events import DocumentRegistered
from app.domain.documents.models import Counter, Document, Series
from app.domain.ledger import auditing
from app.domain.ledger.auditing import Expected
from app.domain.ledger.models import LedgerHead
from app.domain.meetings.models import Meeting
from app.domain.outputs import translations
from app.domain.outputs.actions import SERIES as OUTPUTS
from app.domain.outputs.events import WithdrawalDecidedAlone
from app.domain.outputs.models import Addressee, End, Output, Status, Translation, Withdrawal
from app.domain.outputs.queries import text_digest
from app.domain.preservation import queries as preservation
from app.domain.preservation.queries import UNSTATED
from app.domain.receipts.models import Kind, Receipt
from app.domain.releases import manifests
from app.domain.releases import queries as releases
from app.domain.releases.chain import prove
from app.domain.releases.models import Audience, ReleasedFile, ReleasedOutput, ReleasedWithdrawal
from app.domain.silence import attesting

Files = set[tuple[str, int]]
"""Digest and length; two tables may disagree about the length of one file."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked at, and a line for each thing that is wrong. `explained` are numbers void or withdrawn."""

    lines: int
    heads: int
    files: int
    released: int
    numbers: int
    explained: int
    faults: tuple[str, ...]


def verify(
    address: str,
    store: Store,
    released: Store,
    expected: Expected | None = None,
    seen: Mapping[str, str] | None = None,
    *,
    read: bool = True,
) -> Found:
    """Look at everything, as it is at one instant: as the owner of the tables or as the portal's role, as both are told
    which files there are. `expected` is who signs the ledger; `seen` are the heads that witnesses hold (`auditing`).

    Without `read`, files are looked for and not read: the worker reads them all in turn, and what it found counts.
    """
    engine = create_engine(address, poolclass=NullPool, isolation_level="REPEATABLE READ")
    with transaction(readers(engine)) as session:
        kept, copies = preservation.named_lengths(session), _released_files(session)
        look = damaged if read else absent
        faults = [
            *(f"journal: {fault}" for fault in journal.faults(session)),
            *(f"ledger: {fault}" for fault in auditing.faults(session, expected, seen)),
            *(f"store: {fault}" for fault in look(store, kept)),
            *(f"release store: {fault}" for fault in look(released, copies)),
            *(f"fixity: {fault}" for fault in (() if read else _found_damaged(session))),
            *(f"release: {fault}" for fault in not_as_adopted(session)),
            *(f"withdrawal: {fault}" for fault in wrong_withdrawals(session, released)),
            *(f"register: {fault}" for fault in wrong_numbers(session)),
            *(f"register: {fault}" for fault in without_a_line(session)),
            *(f"receipts: {fault}" for fault in wrong_receipts(session)),
            *(f"catalogue: {fault}" for fault in wrong_manifests(session)),
        ]
        lines = session.query(journal.JournalLine).count()
        heads = session.query(LedgerHead).count()
        numbers = sum(session.scalars(select(Counter.last)))
        explained = session.query(Document).where(Document.ended_as.is_not(None)).count()
    engine.dispose()
    return Found(lines, heads, _count(kept), _count(copies), numbers, explained, tuple(faults))


def _released_files(session: ReadSession) -> Files:
    return {(sha256, size) for sha256, size in session.execute(select(ReleasedFile.sha256, ReleasedFile.size))}


def _count(files: Files) -> int:
    return len({sha256 for sha256, _ in files})


def damaged(store: Store, files: Files) -> Iterator[str]:
    """Files that are absent, altered, or of another length than was noted."""
    for sha256, size in sorted(files):
        try:
            length = sum(len(piece) for piece in store.pieces(sha256))
        except Damaged:
            yield f"file {sha256} was altered"
        except Refusal as refusal:
            yield f"file {sha256}: {refusal.reason}"
        else:
            if size not in (length, UNSTATED):
                yield f"file {sha256} has {length} bytes, not {size}"


def absent(store: Store, files: Files) -> Iterator[str]:
    """Files that are not there, or are of another length than was noted."""
    for sha256, size in sorted(files):
        try:
            length = store.size(sha256)
        except Refusal as refusal:
            yield f"file {sha256}: {refusal.reason}"
        else:
            if size not in (length, UNSTATED):
                yield f"file {sha256} has {length} bytes, not {size}"


def _found_damaged(session: ReadSession) -> Iterator[str]:
    for each in preservation.damaged(session):
        yield f"file {each.sha256} ({each.shelf}): {each.fault}"


def not_as_adopted(session: ReadSession) -> Iterator[str]:
    """Released texts that are not, file by file, what was adopted; and outputs on one side only."""
    outputs = {output.id: output for output in session.scalars(select(Output))}
    there = select(ReleasedOutput.id, ReleasedOutput.symbol, ReleasedOutput.addressees)
    out, public = {}, set()
    for id_, symbol, addressees in session.execute(there):
        out[id_] = symbol
        public |= {id_} if Addressee.PUBLIC in addressees else set()
    for id_, symbol in out.items():
        source = outputs.get(id_)
        if source is None or source.status != Status.RELEASED:
            yield f"{symbol} is out, but was not let out here"
        elif not _is_as_adopted(session, source):
            yield f"{symbol} is not the text that was adopted"
        elif id_ in public and not source.for_public:
            yield f"{symbol} is out for everybody, and was not adopted for that"
        elif (fault := _wrong_languages(session, source)) is not None:
            yield f"{symbol} {fault}"
    for output in outputs.values():
        if output.status == Status.RELEASED and output.id not in out:
            yield f"{output.symbol} counts as released, but is not out"


def wrong_withdrawals(session: ReadSession, released: Store) -> Iterator[str]:
    """Texts that count as withdrawn on one side only, reasons that were altered, and files that did not leave.

    Their files leave the store in a job after the act: while that waits, it is said here too.
    """
    tombs = {each.id: each for each in session.scalars(select(ReleasedWithdrawal))}
    outputs = {each.id: each for each in session.scalars(select(Output).where(Output.status == Status.WITHDRAWN))}
    confirmed = select(Withdrawal).where(Withdrawal.ended_how == End.CONFIRMED)
    acts = {each.output_id: each for each in session.scalars(confirmed)}
    alone = set(session.scalars(_facts("withdrawal").where(journal.JournalLine.event == WithdrawalDecidedAlone.name)))
    for id_ in sorted(outputs.keys() - tombs.keys(), key=str):
        yield f"{outputs[id_].symbol} counts as withdrawn, but has no tombstone"
    kept = {sha256 for sha256, _ in _released_files(session)}
    for id_, tomb in sorted(tombs.items(), key=lambda pair: pair[1].symbol):
        act = acts.get(id_)
        if id_ not in outputs or act is None:
            yield f"{tomb.symbol} has a tombstone, but was not withdrawn here"
        elif (tomb.reason, tomb.withdrawn_at) != (act.reason, act.ended_at) or _is_alone(tomb, act, alone):
            yield f"{tomb.symbol} was not withdrawn as its tombstone says"
        for sha256 in sorted({str(file["sha256"]) for file in tomb.files} - kept):
            if released.has(sha256):
                yield f"file {sha256} of {tomb.symbol}, which was withdrawn, still lies in the store of releases"


def _is_alone(tomb: ReleasedWithdrawal, act: Withdrawal, told: set[str]) -> bool:
    """Whether one person did what takes two: without a line in the journal that they did it alone, or without the
    tombstone saying so."""
    return act.is_alone != (len(tomb.decided_by) == 1) or act.is_alone != (str(act.id) in told)


def _is_as_adopted(session: ReadSession, output: Output) -> bool:
    """Every file that was adopted, and beside them only what a second person approved as a translation of that text."""
    texts = translations.released(session, output)
    copies = session.scalars(select(ReleasedFile).where(ReleasedFile.output_id == output.id)).all()
    same = {text.language: text.sha256 for text in texts} == {copy.language: copy.sha256 for copy in copies}
    are_approved = all(
        text.is_approved and translations.is_as_approved(text, output)
        for text in texts
        if isinstance(text, Translation)
    )
    return same and are_approved and text_digest(session, output) == output.text_digest


def _wrong_languages(session: ReadSession, output: Output) -> str | None:
    """What is wrong where both sides do not say the same of an advance version: which languages it promised, and
    whether all of them came."""
    out = session.get_one(ReleasedOutput, output.id)
    there = {text.language for text in translations.released(session, output)}
    promised = set(translations.promised(session, output))
    if set(out.still_to_come) != set(output.still_to_come) or out.completed_at != output.completed_at:
        return "is not out in the languages that are noted here"
    if promised - there != set(output.still_to_come):
        return "is marked as an advance version, or as complete, and is not"
    return None


def wrong_numbers(session: ReadSession) -> Iterator[str]:
    """Numbers that are missing, taken twice, or beyond the last one that was given.

    A void or withdrawn number is there, with its reason; the tables let none be without.
    """
    taken: dict[tuple[UUID, str], list[int]] = {}
    for series, scope, number in _taken(session):
        taken.setdefault((series, scope), []).append(number)
    codes = {row.id: row.code for row in session.execute(select(Series.id, Series.code))}
    last = {(row.series_id, row.scope): row.last for row in session.scalars(select(Counter))}
    for key in sorted(taken.keys() | last.keys(), key=str):
        yield from _unexplained(f"series {codes.get(key[0])} of {key[1]}", taken.get(key, []), last.get(key, 0))


def without_a_line(session: ReadSession) -> Iterator[str]:
    """Documents that somebody put into the table, and nobody registered."""
    registered = _facts("document").where(journal.JournalLine.event == DocumentRegistered.name)
    foreign = select(Document.symbol).where(cast(Document.id, String).not_in(registered)).order_by(Document.symbol)
    for symbol in session.scalars(foreign):
        yield f"{symbol} is in the register, and no line of the journal tells of it"


def wrong_receipts(session: ReadSession) -> Iterator[str]:
    """Receipts that are not as they were signed, and those that only one side knows: the journal, or the table."""
    told = set(session.scalars(_facts("receipt")))
    for receipt in session.scalars(select(Receipt).order_by(Receipt.at)).yield_per(1000):
        if not _is_as_signed(receipt):
            yield f"receipt {receipt.id} was altered"
        elif receipt.digest not in told:
            yield f"receipt {receipt.id} is not in the journal"
        told.discard(receipt.digest)
    for digest in sorted(told):
        yield f"the receipt with digest {digest} is missing"


def _is_as_signed(receipt: Receipt) -> bool:
    said = json.loads(receipt.statement)
    kept = (str(receipt.id), receipt.kind, receipt.version, receipt.subject)
    signed = PublicKey.read(receipt.public_key).holds(b64decode(receipt.signature), receipt.statement.encode())
    return signed and kept == (*(said.get(name) for name in ("receipt", "kind", "version")), _subject(said))


def _subject(said: Mapping[str, str]) -> UUID:
    """What a receipt says that it is about."""
    if said["kind"] == Kind.POSITION:
        return attesting.subject(UUID(said["procedure"]), said["entity"])
    return UUID(said["output"] if said["kind"] in (Kind.ADOPTION, Kind.RELEASE) else said["contribution"])


def wrong_manifests(session: ReadSession) -> Iterator[str]:
    """Manifests that are not as they were signed, not what was released, or that only one side knows."""
    told = set(session.scalars(_facts("manifest")))
    for audience in Audience:
        yield from _wrong_manifests_of(session, audience, told)
    for digest in sorted(told):
        yield f"the manifest with digest {digest} is missing"


def _wrong_manifests_of(session: ReadSession, audience: Audience, told: set[str]) -> Iterator[str]:
    """Those of one catalogue. What they are called is taken out of `told`, the names in the journal."""
    what = "public manifest" if audience == Audience.PUBLIC else "manifest"
    every, outputs = releases.manifests(session, audience), releases.everything(session)
    read = releases.told_publicly(outputs) if audience == Audience.PUBLIC else outputs
    keys = list(_readable(each.public_key for each in every))
    gone = releases.withdrawn(session, audience=audience)
    for fault in prove(read, gone, reversed(every), keys, audience=audience).faults:
        yield f"{what} {fault.number} {fault.symbol}: {fault.wrong}"
    for each in every:
        # Before there was a ledger, the journal named the whole manifest, signature included.
        names = {manifests.named(each.statement), manifests.of(each).hex()}
        if not manifests.is_signed(each, keys):
            yield f"{what} {each.number} was altered"
        elif not names & told:
            yield f"{what} {each.number} is not in the journal"
        told -= names


def _readable(keys: Iterable[str]) -> Iterator[PublicKey]:
    for key in sorted(set(keys)):
        with suppress(ValueError):
            yield PublicKey.read(key)


def _facts(name: str) -> Select[str]:
    fact = journal.JournalLine.facts[name].astext
    return select(fact).where(fact.is_not(None))


def _taken(session: ReadSession) -> Iterable[tuple[UUID, str, int]]:
    yield from session.execute(select(Document.series_id, Document.scope, Document.number))
    numbered = (
        select(Series.id, cast(Meeting.number, String), Output.number)
        .join(Meeting, Meeting.id == Output.meeting_id)
        .join(Series, (Series.body_id == Output.body_id) & (Series.code == OUTPUTS))
        .where(Output.number.is_not(None))
    )
    for series, scope, number in session.execute(numbered):
        yield series, scope, number or 0


def _unexplained(where: str, numbers: list[int], last: int) -> Iterator[str]:
    tally = Tally(numbers)
    for number in range(1, last + 1):
        if not tally[number]:
            yield f"{where}: number {number} is missing"
    for number, times in sorted(tally.items()):
        if times > 1:
            yield f"{where}: number {number} was given {times} times"
        if number > last:
            yield f"{where}: number {number} was never given out"
