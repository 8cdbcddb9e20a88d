"""Checking a receipt, for anybody: the portal's public keys, how it is done, and the program that does it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.signing import PublicKeysByPurpose, SigningPurpose
from app.domain.ledger.rules.signed_notes import list_portal_verifiers
from app.http.authentication import OptionalActor
from app.http.downloads import SANDBOX_POLICY, content_disposition
from app.http.portal_state import Portal
from app.http.route_guards import AllowAnyone

router = APIRouter(dependencies=[Depends(AllowAnyone())])

VERIFIER_PROGRAM = "verify_receipt.py"
LIAISON_VERIFIER = "verify_liaison.py"
PURPOSE_LABELS: Mapping[SigningPurpose, tuple[LazyText, LazyText]] = MappingProxyType(
    {
        SigningPurpose.RECEIPTS: (
            _("Receipts"),
            _("These keys sign the receipts for acts of people: submissions, registrations, adoptions and positions."),
        ),
        SigningPurpose.RELEASES: (
            _("Releases"),
            _(
                "These keys sign the manifests of releases and withdrawals, and the receipts for acts of the "
                "portal itself: releases and adoptions under the silence procedure."
            ),
        ),
        SigningPurpose.LEDGER: (
            _("Ledger"),
            _("These keys sign the heads of the ledger and copies of the complete record."),
        ),
    }
)
"""Name of a purpose, and what its keys sign."""


@router.get("/verify")
def show_verification_help(_actor: OptionalActor, portal: Portal, request: Request) -> Response:
    """Show how to check a receipt."""
    return portal.templates.render_response(request, "web/receipts/verify.html", keys=portal.public_keys)


@router.get("/verify/receipt.py")
def download_verifier(portal: Portal, request: Request) -> Response:
    """Download the program that checks receipts, byte for byte as in the repository."""
    return _send_program(portal, request, VERIFIER_PROGRAM)


@router.get("/verify/liaison.py")
def download_liaison_verifier(portal: Portal, request: Request) -> Response:
    """Download the program that checks liaison statements that were sent by machine, as in the repository."""
    return _send_program(portal, request, LIAISON_VERIFIER)


def _send_program(portal: Portal, request: Request, name: str) -> Response:
    answer = portal.assets.asset_response(request, name)
    answer.headers["Content-Disposition"] = content_disposition("attachment", name)
    answer.headers["Content-Security-Policy"] = SANDBOX_POLICY
    return answer


@router.get("/keys")
def show_public_keys(_actor: OptionalActor, portal: Portal, request: Request) -> Response:
    """Show the portal's public keys by purpose."""
    purposes = [
        (purpose.value, *PURPOSE_LABELS[purpose], portal.public_keys.list_keys(purpose)) for purpose in SigningPurpose
    ]
    verifiers = list_portal_verifiers(portal.settings.portal_url, portal.public_keys.ledger)
    return portal.templates.render_response(request, "web/receipts/keys.html", purposes=purposes, verifiers=verifiers)


@router.get("/keys.json")
def get_public_keys_json(portal: Portal) -> Response:
    """Return the portal's public keys as JSON: of each purpose the one that signs now first."""
    portal_url = portal.settings.portal_url
    return JSONResponse({"portal": portal_url, "keys": list(_describe_keys(portal_url, portal.public_keys))})


def _describe_keys(portal_url: str, keys: PublicKeysByPurpose) -> Iterator[dict[str, object]]:
    """Yield each key once for each purpose; those of the ledger with the verifier key that witnesses want."""
    verifiers = {verifier.key.text: verifier.vkey for verifier in list_portal_verifiers(portal_url, keys.ledger)}
    for entry in keys.describe_keys():
        is_of_ledger = entry["purpose"] == SigningPurpose.LEDGER
        yield entry | ({"verifier": verifiers[str(entry["public"])]} if is_of_ledger else {})
