"""The ID token that tells the provider, at a sign-out, who signs out, so that it need not ask.

It waits in an encrypted cookie that the browser sends to the sign-out alone: nothing is stored, and no other request
becomes larger (OpenID Connect RP-Initiated Logout 1.0, `id_token_hint`).
"""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from app.http.oidc.sealed_cookies import MAX_COOKIE_BYTES
from app.http.server_state import ServerState

SIGN_OUT_PATH = "/sign-out"
MAX_HINT_LENGTH = MAX_COOKIE_BYTES * 3 // 4 - 200
"""Characters of an ID token that fit into the cookie: encryption and base64url add a third and a little more."""


def set_sign_out_hint(state: ServerState, response: Response, id_token: str, lifetime: timedelta) -> None:
    """Set the hint of this sign-in on a response, in place of an earlier one; none if the token is too long.

    Strict: a page of another site, which leads here, cannot sign the person out at the provider unasked.
    """
    if len(id_token) > MAX_HINT_LENGTH:
        delete_sign_out_hint(state, response)
        return
    response.set_cookie(
        _cookie_name(state),
        state.sign_in_sealers.sign_out_hints.seal({"id_token": id_token}, lifetime),
        max_age=int(lifetime.total_seconds()),
        path=SIGN_OUT_PATH,
        httponly=True,
        samesite="strict",
        secure=state.is_secure,
    )


def delete_sign_out_hint(state: ServerState, response: Response) -> None:
    """Delete the hint from the browser."""
    response.delete_cookie(
        _cookie_name(state), path=SIGN_OUT_PATH, httponly=True, samesite="strict", secure=state.is_secure
    )


def read_sign_out_hint(state: ServerState, request: Request) -> str:
    """Return the ID token of the last sign-in of this browser; empty if there is none."""
    content = state.sign_in_sealers.sign_out_hints.unseal(request.cookies.get(_cookie_name(state), ""))
    return str(content["id_token"]) if content else ""


def _cookie_name(state: ServerState) -> str:
    # Not `__Host-`, which is for cookies of every path (RFC 6265bis, 4.1.3.2).
    return f"__Secure-{state.sign_out_hint_cookie}" if state.is_secure else state.sign_out_hint_cookie
