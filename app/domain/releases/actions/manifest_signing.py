"""Sign the next manifest of a catalogue: one at a time, each naming the one before, and never after one that was
altered."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import NamedTuple

from app.core.canonical_json import to_canonical_json
from app.core.db import WriteSession
from app.core.locks import AdvisoryLock, lock_until_commit
from app.core.signing import SigningPurpose
from app.domain.releases.models import Audience
from app.domain.releases.queries import manifests, releases, stored_manifests
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, Manifest, WithdrawnEntry
from app.domain.releases.queries.releases import EntriesByAudience


class ManifestTampered(Exception):
    """A manifest of the catalogue is not what the portal signed; nothing is added."""


class SignedManifest(NamedTuple):
    """A manifest that was signed just now: its number, and the digest of its statement."""

    number: int
    digest: str


SignedManifests = Mapping[Audience, SignedManifest]
"""The manifest in the members' catalogue, and that in the public one, if the output is public."""


class LockedCatalogues:
    """Both catalogues under their lock, to sign the next manifests. The last ones are read once: no other transaction
    adds any until this one ends."""

    def __init__(self, session: WriteSession) -> None:
        """Wait for the lock, then read the last manifests."""
        lock_until_commit(session, AdvisoryLock.CATALOGUE)
        self._session = session
        self._last = {audience: stored_manifests.find_last_manifest(session, audience) for audience in Audience}

    def require_valid(self) -> None:
        """Raise ManifestTampered if the last manifest of either catalogue is not validly signed."""
        for audience in Audience:
            self._require_valid_last(audience)

    def _require_valid_last(self, audience: Audience) -> Manifest | None:
        """Return the last manifest of a catalogue; None if there is none. Raises ManifestTampered."""
        last = self._last[audience]
        keys = self._session.get_signer(SigningPurpose.RELEASES).public_keys
        if last and not manifests.has_valid_signature(last, keys):
            raise ManifestTampered(str(last.number))
        return last

    def sign_output(self, entries: EntriesByAudience) -> SignedManifests:
        """Sign the entries of an output, released or withdrawn, as the next manifests of the catalogues that it is in.
        Raises ManifestTampered."""
        return {audience: self.sign_entry_as_next_manifest(entry, audience) for audience, entry in entries.items()}

    def sign_entry_as_next_manifest(
        self, entry: CatalogueEntry | WithdrawnEntry, audience: Audience = Audience.MEMBERS
    ) -> SignedManifest:
        """Sign an entry as the next manifest of a catalogue. Raises ManifestTampered if the last one is not validly
        signed: to chain a new one to it would vouch for it."""
        signer, last = self._session.get_signer(SigningPurpose.RELEASES), self._require_valid_last(audience)
        number = last.number + 1 if last else 1
        previous = manifests.digest_of_manifest(last).hex() if last else manifests.NO_PREVIOUS_DIGEST
        content = to_canonical_json(
            manifests.build_manifest_statement(
                entry, number=number, previous=previous, portal=signer.portal, audience=audience
            )
        )
        signature = b64encode(signer.sign(content)).decode()
        manifest = Manifest(number, content.decode(), signature, signer.public_key.text)
        self._session.add(
            releases.MANIFEST_TABLES[audience](
                number=number, statement=manifest.statement, signature=signature, public_key=manifest.public_key
            )
        )
        self._session.flush()
        self._last[audience] = manifest
        return SignedManifest(number, manifests.compute_statement_digest(manifest.statement))


def require_signed_manifest(
    session: WriteSession, entry: CatalogueEntry, manifest: Manifest | None, audience: Audience = Audience.MEMBERS
) -> Manifest:
    """Return the manifest if it is validly signed and says exactly what the tables say of this entry.

    Raises ManifestTampered otherwise: to sign another manifest after it would vouch for it.
    """
    keys = session.get_signer(SigningPurpose.RELEASES).public_keys
    if manifest is None or not manifests.has_valid_signature(manifest, keys):
        raise ManifestTampered(entry.symbol)
    content = json.loads(manifest.statement)
    header = {"number": manifest.number, "previous": content["previous"], "portal": content["portal"]}
    if (
        to_canonical_json(manifests.build_manifest_statement(entry, **header, audience=audience)).decode()
        != manifest.statement
    ):
        raise ManifestTampered(entry.symbol)
    return manifest
