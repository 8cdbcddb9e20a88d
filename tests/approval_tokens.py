"""ID tokens for approvals, as the identity provider of the tests signs them, and that provider's keys."""

import json
from functools import cache
from secrets import token_hex

import httpx2
from joserfc import jws
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.core import clock
from app.domain.identity.models.tables import Person
from app.domain.outputs.models import Output, OutputTranslation
from app.domain.outputs.rules.approvals import ApprovalProof, ApprovalStatement

PORTAL, CLIENT = "http://127.0.0.1:8000", "portal"


@cache
def provider_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "of-the-provider", "use": "sig"})


def state(
    output: Output, person: Person, translation: OutputTranslation | None = None, /, **changes: str
) -> ApprovalStatement:
    """What this person approves: the adopted text, or a translation of it."""
    facts = {
        "portal": PORTAL,
        "body": str(output.body_id),
        "output": str(output.id),
        "text": str(output.text_digest),
        "issuer": person.issuer,
        "subject": person.subject,
        "random": token_hex(16),
        "symbol": str(output.symbol),
        "adopted_on": str(output.adopted_on),
    }
    if translation:
        facts |= {
            "purpose": "translation-approval",
            "language": translation.language,
            "translation": translation.digest,
            "file": translation.sha256,
        }
    return ApprovalStatement(**facts | changes)


def sign(statement: ApprovalStatement, *, key: RSAKey | None = None, **changes: object) -> str:
    """The ID token of a sign-in of this moment for this statement; `changes` replace claims, None takes one out."""
    instant = int(clock.now().timestamp())
    claims = {
        "iss": statement.issuer,
        "aud": CLIENT,
        "sub": statement.subject,
        "nonce": statement.nonce,
        "iat": instant,
        "exp": instant + 300,
        "auth_time": instant,
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    header = {"alg": "RS256", "kid": "of-the-provider"}
    return jws.serialize_compact(header, json.dumps(claims).encode(), key or provider_key(), ["RS256"])


def prove(output: Output, person: Person, translation: OutputTranslation | None = None) -> ApprovalProof:
    """What a person's sign-in for an approval leaves."""
    statement = state(output, person, translation)
    return ApprovalProof(sign(statement), statement)


class ProviderOfKeys:
    """The provider as the worker sees it: its discovery document and its keys. It can be down, or answer otherwise."""

    def __init__(self, issuer: str) -> None:
        self.issuer, self.is_down = issuer, False
        self.answers: dict[str, Response] = {}

    def transport(self) -> httpx2.AsyncBaseTransport:
        paths = ("/provider/.well-known/openid-configuration", "/provider/jwks")
        return httpx2.ASGITransport(app=Starlette(routes=[Route(path, self.serve) for path in paths]))

    async def serve(self, request: Request) -> Response:
        if self.is_down:
            return Response(status_code=503)
        if answer := self.answers.get(request.url.path.rpartition("/")[2]):
            return answer
        if request.url.path.endswith("/jwks"):
            return JSONResponse({"keys": [provider_key().as_dict(private=False)]})
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
            }
        )
