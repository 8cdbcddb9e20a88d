"""Checking a receipt, for anybody: the portal's public keys, how it is done, and the program that does it."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from app.domain.ledger.rules.signed_notes import NoteVerifier, ledger_origin
from app.http.authentication import OptionalActor
from app.http.downloads import SANDBOX_POLICY, content_disposition
from app.http.portal_state import Portal
from app.http.route_guards import AllowAnyone

router = APIRouter(dependencies=[Depends(AllowAnyone())])

VERIFIER_PROGRAM = "verify_receipt.py"


@router.get("/verify")
def show_verification_help(_actor: OptionalActor, portal: Portal, request: Request) -> Response:
    """Show how to check a receipt."""
    return portal.templates.render_response(request, "web/receipts/verify.html", keys=portal.public_keys)


@router.get("/verify/receipt.py")
def download_verifier(portal: Portal, request: Request) -> Response:
    """Download the program that checks receipts, byte for byte as in the repository."""
    answer = portal.assets.asset_response(request, VERIFIER_PROGRAM)
    answer.headers["Content-Disposition"] = content_disposition("attachment", VERIFIER_PROGRAM)
    answer.headers["Content-Security-Policy"] = SANDBOX_POLICY
    return answer


@router.get("/keys")
def show_public_keys(_actor: OptionalActor, portal: Portal, request: Request) -> Response:
    """Show the portal's public keys."""
    keys_with_verifiers = [
        (key, NoteVerifier(ledger_origin(portal.signer.portal), key).vkey) for key in portal.public_keys
    ]
    return portal.templates.render_response(request, "web/receipts/keys.html", keys=keys_with_verifiers)


@router.get("/keys.json")
def get_public_keys_json(portal: Portal) -> Response:
    """Return the portal's public keys as JSON."""
    entries = [
        {
            "algorithm": "Ed25519",
            "id": key.id,
            "in_use": key == portal.signer.public_key,
            "public": key.text,
            "verifier": NoteVerifier(ledger_origin(portal.signer.portal), key).vkey,
        }
        for key in portal.public_keys
    ]
    return JSONResponse({"portal": portal.signer.portal, "keys": entries})
