"""Checking a receipt, for anybody: the portal's public keys, how it is done, and the program that does it."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from app.asgi.actors import MaybeSignedIn
from app.asgi.files import SANDBOX, disposition
from app.asgi.guards import Anyone
from app.asgi.house import TheHouse
from app.domain.ledger.notes import Verifier, origin_of

router = APIRouter(dependencies=[Depends(Anyone())])

PROGRAM = "verify_receipt.py"


@router.get("/verify", name="verify")
def verify(_actor: MaybeSignedIn, house: TheHouse, request: Request) -> Response:
    """Show how to check a receipt."""
    return house.pages.show(request, "web/receipts/verify.html", keys=house.keys)


@router.get("/verify/receipt.py", name="verifier")
def verifier(house: TheHouse, request: Request) -> Response:
    """Download the program that checks receipts, byte for byte as in the repository."""
    answer = house.assets.answer(request, PROGRAM)
    answer.headers["Content-Disposition"] = disposition("attachment", PROGRAM)
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer


@router.get("/keys", name="keys")
def keys(_actor: MaybeSignedIn, house: TheHouse, request: Request) -> Response:
    """Show the portal's public keys."""
    keys_with_verifiers = [(key, Verifier(origin_of(house.signer.portal), key).text) for key in house.keys]
    return house.pages.show(request, "web/receipts/keys.html", keys=keys_with_verifiers)


@router.get("/keys.json", name="keys-file")
def keys_file(house: TheHouse) -> Response:
    """Return the portal's public keys as JSON."""
    entries = [
        {
            "algorithm": "Ed25519",
            "id": key.id,
            "in_use": key == house.signer.public,
            "public": key.text,
            "verifier": Verifier(origin_of(house.signer.portal), key).text,
        }
        for key in house.keys
    ]
    return JSONResponse({"portal": house.signer.portal, "keys": entries})
