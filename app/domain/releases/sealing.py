"""Signing the next manifest of the catalogue: by turns, each naming the one before, and on nothing that was altered."""

import json
from base64 import b64encode

from sqlalchemy import func, select

from app.core.canonical import canonical
from app.core.db import WriteSession
from app.core.signing import Signer
from app.domain.releases import manifests, queries
from app.domain.releases.models import Audience
from app.domain.releases.queries import Manifest, Released, Withdrawn

LOCK = 7_510_078
"""The advisory lock that orders the manifests: numbers without gaps, each naming the one before."""


class NotAsSigned(Exception):  # noqa: N818 - a fault that stops the release and is looked into by people
    """The last manifest of the catalogue is not what the house signed; nothing is added to it."""


def take_turn(session: WriteSession) -> None:
    """Until this transaction ends, nobody else adds to the catalogue or takes files out of it."""
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))


def last_good(session: WriteSession, sign: Signer, audience: Audience = Audience.MEMBERS) -> Manifest | None:
    """The last manifest of a catalogue, if there is one. Raises NotAsSigned where it is not what the house signed."""
    last = queries.last_manifest(session, audience)
    if last and not manifests.is_signed(last, sign.keys):
        raise NotAsSigned(str(last.number))
    return last


def signed(there: Released, manifest: Manifest | None, sign: Signer, audience: Audience = Audience.MEMBERS) -> Manifest:
    """The manifest of what is there, if that is what the tables say: to sign on top of it vouches for them.

    Raises NotAsSigned.
    """
    if manifest is None or not manifests.is_signed(manifest, sign.keys):
        raise NotAsSigned(there.symbol)
    said = json.loads(manifest.statement)
    before = {"number": manifest.number, "previous": said["previous"], "portal": said["portal"]}
    if canonical(manifests.statement(there, **before, audience=audience)).decode() != manifest.statement:
        raise NotAsSigned(there.symbol)
    return manifest


def seal(
    session: WriteSession, output: Released | Withdrawn, sign: Signer, audience: Audience = Audience.MEMBERS
) -> tuple[int, str]:
    """Sign that as the next manifest of a catalogue; its number and its name in the journal. Raises NotAsSigned."""
    take_turn(session)
    last = last_good(session, sign, audience)
    number, previous = (last.number + 1, manifests.of(last).hex()) if last else (1, manifests.FIRST)
    said = canonical(
        manifests.statement(output, number=number, previous=previous, portal=sign.portal, audience=audience)
    )
    made = Manifest(number, said.decode(), b64encode(sign.sign(said)).decode(), sign.public.text)
    table = queries.MANIFESTS[audience]
    session.add(table(number=number, statement=made.statement, signature=made.signature, public_key=made.public_key))
    session.flush()
    return number, manifests.named(made.statement)
