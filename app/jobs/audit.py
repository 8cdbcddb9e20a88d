"""The nightly verification of the whole record: as `python -m app verify`, but without reading every file."""

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
    """Build the expected signers of the ledger from the settings. Raises ValueError if they name no key."""
    signing_key = settings.signing_key.get_secret_value()
    previous_keys = tuple(map(PublicKey.read, settings.previous_public_keys))
    keys = (
        Signer.of(settings.portal_url, signing_key, settings.previous_public_keys).keys
        if signing_key
        else previous_keys
    )
    witnesses = [verifier for _, verifier in map(addressed, settings.witnesses)]
    return Expected(origin_of(settings.portal_url), keys, witnesses)


def seen_by(settings: Settings) -> Mapping[str, str]:
    """Fetch the heads of this ledger that the available witnesses hold."""
    return held(tuple(map(addressed, settings.witnesses)), origin_of(settings.portal_url))


def verify_all(desk: Desk, settings: Settings) -> bool:
    """Verify the whole record under the portal's role and store the result; True if there are no faults.

    Files must exist but are not read: `check_fixity` reads them, and files that it found damaged are reported here.
    """
    began_at = clock.now()
    database, signers = cast("str", settings.database_url), expected(settings)
    result = verify(database, desk.store, desk.released, signers, seen_by(settings), read=False)
    with transaction(desk.write) as session:
        preservation.note_verification(
            session,
            began_at,
            result.faults,
            lines=result.lines,
            files=result.files,
            released=result.released,
            numbers=result.numbers,
        )
    for fault in result.faults:
        log.error("the record is not whole", what=fault)
    return not result.faults
