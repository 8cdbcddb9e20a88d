"""The nightly check of the whole record, as `python -m app verify` does it, but for reading every file."""

from collections.abc import Mapping
from typing import cast

import structlog

from app.core import clock
from app.core.db import transaction
from app.core.signing import PublicKey, Signer
from app.domain.ledger.auditing import Expected
from app.domain.ledger.notes import origin_of
from app.domain.preservation import actions as preservation
from app.jobs.disseminate import Desk
from app.jobs.witnessing import held
from app.settings import Settings, addressed
from app.verify import verify

log = structlog.get_logger(__name__)


def expected(settings: Settings) -> Expected:
    """Who should have signed the ledger, as the settings say. Raises ValueError where they name no key."""
    secret = settings.signing_key.get_secret_value()
    earlier = tuple(map(PublicKey.read, settings.previous_public_keys))
    keys = Signer.of(settings.portal_url, secret, settings.previous_public_keys).keys if secret else earlier
    witnesses = [verifier for _, verifier in map(addressed, settings.witnesses)]
    return Expected(origin_of(settings.portal_url), keys, witnesses)


def seen_by(settings: Settings) -> Mapping[str, str]:
    """What the witnesses that answer hold of this ledger."""
    return held(tuple(map(addressed, settings.witnesses)), origin_of(settings.portal_url))


def verify_all(desk: Desk, settings: Settings) -> bool:
    """Check the whole record as the portal's role and keep what was found; whether all was well.

    Files are looked for, not read: `check_fixity` reads them all in turn, and what it found damaged is named here.
    """
    began_at = clock.now()
    database, signers = cast("str", settings.database_url), expected(settings)
    found = verify(database, desk.store, desk.released, signers, seen_by(settings), read=False)
    with transaction(desk.write) as session:
        preservation.note_verification(
            session,
            began_at,
            found.faults,
            lines=found.lines,
            files=found.files,
            released=found.released,
            numbers=found.numbers,
        )
    for fault in found.faults:
        log.error("the record is not whole", what=fault)
    return not found.faults
