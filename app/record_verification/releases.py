"""Released texts that are not what was adopted, and withdrawals that one side alone knows."""

from collections.abc import Iterator

from sqlalchemy import select

from app.core import journal
from app.core.db import ReadSession
from app.core.storage import Store
from app.domain.outputs.events import WithdrawalDecidedAlone
from app.domain.outputs.models import (
    READABLE_STATUSES,
    Output,
    OutputStatus,
    OutputTranslation,
    ReleaseAddressee,
    Withdrawal,
    WithdrawalOutcome,
)
from app.domain.outputs.queries import translations
from app.domain.outputs.queries.outputs import compute_text_digest
from app.domain.outputs.rules.texts import is_releasable_translation
from app.domain.releases.models import ReleasedFile, ReleasedOutput, ReleasedWithdrawal
from app.domain.releases.queries.catalogue_entries import list_all_files, parse_tombstone_file
from app.record_verification.facts import select_fact
from app.record_verification.files import list_released_files


def find_released_text_mismatches(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each released text that is not, file by file, what was adopted, and for each output released
    on one side only."""
    outputs = {output.id: output for output in session.scalars(select(Output))}
    released_rows = select(ReleasedOutput.id, ReleasedOutput.symbol, ReleasedOutput.addressees)
    released_symbols, public = {}, set()
    for output_id, symbol, addressees in session.execute(released_rows):
        released_symbols[output_id] = symbol
        public |= {output_id} if ReleaseAddressee.PUBLIC in addressees else set()
    for output_id, symbol in released_symbols.items():
        source = outputs.get(output_id)
        if source is not None and source.for_addressees_only:
            yield f"{symbol} is released to all members, and was adopted for its addressees alone"
        elif source is None or source.status not in READABLE_STATUSES:
            yield f"{symbol} is released, but its release is not recorded here"
        elif not _is_as_adopted(session, source):
            yield f"{symbol} is not the text that was adopted"
        elif output_id in public and not source.for_public:
            yield f"{symbol} is released to everybody, and was not adopted for that"
        elif (fault := _language_fault(session, source)) is not None:
            yield f"{symbol} {fault}"
    for output in outputs.values():
        if output.for_addressees_only:
            if output.text_digest and compute_text_digest(session, output) != output.text_digest:
                yield f"{output.symbol} is not the text that was adopted"
        elif output.status in READABLE_STATUSES and output.id not in released_symbols:
            yield f"{output.symbol} counts as released, but is not in the catalogue"


def find_withdrawal_faults(session: ReadSession, release_store: Store) -> Iterator[str]:
    """Yield a fault for each withdrawal known on one side only, altered reason, and file that is still stored.

    Files of a withdrawn output are removed by a later job; until then they are reported too.
    """
    tombstones = {row.id: row for row in session.scalars(select(ReleasedWithdrawal))}
    outputs = {row.id: row for row in session.scalars(select(Output).where(Output.status == OutputStatus.WITHDRAWN))}
    confirmed = select(Withdrawal).where(Withdrawal.ended_how == WithdrawalOutcome.CONFIRMED)
    withdrawals = {row.output_id: row for row in session.scalars(confirmed)}
    sole_decisions = set(
        session.scalars(select_fact("withdrawal").where(journal.JournalLine.event == WithdrawalDecidedAlone.name))
    )
    published = {output_id for output_id, output in outputs.items() if not output.for_addressees_only}
    for output_id in sorted(published - tombstones.keys(), key=str):
        yield f"{outputs[output_id].symbol} counts as withdrawn, but has no tombstone"
    still_released = {sha256 for sha256, _ in list_released_files(session)}
    for output_id, tombstone in sorted(tombstones.items(), key=lambda pair: pair[1].symbol):
        withdrawal = withdrawals.get(output_id)
        if output_id not in outputs or withdrawal is None:
            yield f"{tombstone.symbol} has a tombstone, but was not withdrawn here"
        elif (tombstone.reason, tombstone.withdrawn_at) != (
            withdrawal.reason,
            outputs[output_id].withdrawn_at,
        ) or _hides_sole_decision(tombstone, withdrawal, sole_decisions):
            yield f"{tombstone.symbol} was not withdrawn as its tombstone says"
        files = list_all_files(map(parse_tombstone_file, tombstone.files))
        for sha256 in sorted({file.sha256 for file in files} - still_released):
            if release_store.exists(sha256):
                yield f"file {sha256} of {tombstone.symbol}, which was withdrawn, still lies in the store of releases"


def _hides_sole_decision(tombstone: ReleasedWithdrawal, withdrawal: Withdrawal, sole_decisions: set[str]) -> bool:
    """Return whether a decision that takes two people was made by one, without a journal line or a tombstone that
    says so."""
    return withdrawal.is_sole_decision != (len(tombstone.decided_by) == 1) or withdrawal.is_sole_decision != (
        str(withdrawal.id) in sole_decisions
    )


def _is_as_adopted(session: ReadSession, output: Output) -> bool:
    """Return whether the released files, with their PDF, are those adopted, and the others approved translations of
    that text."""
    texts = translations.list_released_texts(session, output)
    released_files = session.scalars(select(ReleasedFile).where(ReleasedFile.output_id == output.id)).all()
    adopted = {text.language: (text.sha256, text.pdf) for text in texts}
    are_same = adopted == {file.language: (file.sha256, file.pdf) for file in released_files}
    are_approved = all(is_releasable_translation(text, output) for text in texts if isinstance(text, OutputTranslation))
    return are_same and are_approved and compute_text_digest(session, output) == output.text_digest


def _language_fault(session: ReadSession, output: Output) -> str | None:
    """Return the fault if both sides disagree about an advance version: the promised languages, or its completion;
    None if they agree."""
    released = session.get_one(ReleasedOutput, output.id)
    released_languages = {text.language for text in translations.list_released_texts(session, output)}
    promised = set(translations.list_promised_languages(session, output))
    if set(released.still_to_come) != set(output.still_to_come) or released.completed_at != output.completed_at:
        return "is not released in the languages that are recorded here"
    if promised - released_languages != set(output.still_to_come):
        return "is marked as an advance version, or as complete, and is not"
    return None
