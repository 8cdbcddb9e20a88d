"""Which public keys the services of an installation accept, as far as they can be asked: their lists in the order in
which they are configured."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from app.core.db import ReadSession
from app.core.signing import PublicKey, SigningPurpose
from app.domain.ledger.rules.signed_notes import ledger_origin
from app.domain.monitoring.queries import MAX_NOTE_AGE, list_accepted_key_ids
from app.key_settings import parse_witness
from app.settings import Settings

ANSWER_TIMEOUT: Final = 5.0  # seconds
OWN_SETTINGS, PORTAL, READ_PATH, WORKER = "these settings", "portal", "read path", "worker"


@dataclass(frozen=True, slots=True)
class KeyAcceptance:
    """What one service accepts: the ids of keys in their order, or why that is not known. A witness has no order."""

    service: str
    key_ids: Sequence[str] = ()
    problem: str = ""
    is_ordered: bool = True

    def accepts_key(self, key: PublicKey) -> bool:
        """Return whether the key is in the list."""
        return key.id in self.key_ids

    def has_first(self, key: PublicKey) -> bool:
        """Return whether the key is first in the list, or in it where the order means nothing."""
        return key.id in (self.key_ids[:1] if self.is_ordered else self.key_ids)


def ask_services(session: ReadSession, settings: Settings, purpose: SigningPurpose) -> Iterator[KeyAcceptance]:
    """Yield what each service accepts for a purpose; the witnesses for the ledger only."""
    listed = settings.list_configured_keys(purpose)
    yield KeyAcceptance(OWN_SETTINGS, [key.id for key in listed])
    noted = list_accepted_key_ids(session, purpose)
    minutes = MAX_NOTE_AGE.total_seconds() / 60
    yield KeyAcceptance(WORKER, noted, "" if noted else f"it noted nothing in the last {minutes:.0f} minutes")
    with httpx2.Client(timeout=ANSWER_TIMEOUT) as client:
        for service, address in ((PORTAL, settings.portal_url), (READ_PATH, settings.read_url)):
            yield ask_for_keys(client, service, address, lambda entry: entry["purpose"] == purpose)
        origin = ledger_origin(settings.portal_url)
        for address, verifier in map(parse_witness, settings.witnesses) if purpose == SigningPurpose.LEDGER else ():
            yield ask_for_keys(
                client, verifier.name, address, lambda entry: entry["origin"] == origin, is_ordered=False
            )


def ask_for_keys(
    client: httpx2.Client,
    service: str,
    address: str,
    is_of_purpose: Callable[[dict[str, Any]], bool],
    *,
    is_ordered: bool = True,
) -> KeyAcceptance:
    """Ask a service for the public keys that it publishes at `/keys.json`."""
    try:
        answer = client.get(f"{address}/keys.json")
        answer.raise_for_status()
        ids = [PublicKey.parse(entry["public"]).id for entry in answer.json()["keys"] if is_of_purpose(entry)]
    except (httpx2.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
        return KeyAcceptance(service, problem=f"{address}/keys.json gives no keys ({type(error).__name__})")
    return KeyAcceptance(service, ids, is_ordered=is_ordered)
