"""Sign-in and sign-out of the read path. Nothing is stored: sign-ins under way and sessions are encrypted cookies.

Hence no back-channel logout (OpenID Connect Back-Channel Logout 1.0): to end the session that the provider names, we
would have to store who has which session. Sessions are short instead and expire. For the same reason the log states why
a sign-in was refused and never whose it was.
"""

import structlog
from anyio import from_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.forms import genuine
from app.asgi.guards import Anyone
from app.asgi.oidc.flow import BROWSER_COOKIE, begin, complete, known_browser
from app.asgi.oidc.sealed import SealedAttempts
from app.asgi.refusals import refusal_page
from app.core.errors import Expired, Refusal
from app.core.i18n import say
from app.dissemination.library import Library, TheLibrary
from app.dissemination.readers import MaybeReader, admit, dismiss
from app.domain.identity.claims import read_claims

router = APIRouter()
log = structlog.get_logger(__name__)
BROWSER_SECONDS = 3600
# A separate name: on loopback both applications share the cookies of one host, whatever their ports.
BROWSER = f"read-{BROWSER_COOKIE}"


def _callback_url(state: Library) -> str:
    return f"{state.settings.read_url}/sign-in/callback"


def _attempts(state: Library, request: Request) -> SealedAttempts:
    return SealedAttempts(state.attempts, state.spent, request.cookies, secure=state.secure)


@router.get("/sign-in", name="sign-in", dependencies=[Depends(Anyone())])
async def sign_in(request: Request, library: TheLibrary) -> Response:
    """Redirect to the identity provider; the attempt is kept in an encrypted cookie."""
    browser = known_browser(request.cookies.get(library.cookie(BROWSER)))
    query = request.query_params
    url, attempt = await begin(
        library.provider,
        _callback_url(library),
        query.get("next"),
        browser,
        login_hint=query.get("login_hint", ""),
        languages=library.pages.language(request),
    )
    attempts = _attempts(library, request)
    attempts.keep(attempt)
    response = RedirectResponse(url, 303)
    attempts.apply(response)
    response.set_cookie(
        library.cookie(BROWSER),
        browser,
        max_age=BROWSER_SECONDS,
        httponly=True,
        samesite="lax",
        secure=library.secure,
    )
    return response


@router.get("/sign-in/callback", name="sign-in-callback", dependencies=[Depends(Anyone())])
async def callback(request: Request, library: TheLibrary) -> Response:
    """Verify the response of the provider and start the reader session."""
    attempts = _attempts(library, request)
    try:
        response = await _complete(request, library, attempts)
    except Refusal as error:
        log.warning("sign-in refused", cause=getattr(error, "cause", type(error).__name__))
        response = refusal_page(library.pages, request, error)
    attempts.apply(response)
    return response


async def _complete(request: Request, state: Library, attempts: SealedAttempts) -> Response:
    attempt = attempts.take(request.query_params.get("state", ""))
    browser = request.cookies.get(state.cookie(BROWSER))
    provider, query = state.provider, request.query_params.multi_items()
    signed_in = await complete(provider, _callback_url(state), query, attempt, browser)
    claims = read_claims(provider.issuer, signed_in.claims, signed_in.userinfo, state.claim_names)
    response = RedirectResponse(signed_in.next_path, 303)
    admit(state, response, claims)
    return response


async def leaving(request: Request, library: TheLibrary, reader: MaybeReader) -> None:
    """FastAPI dependency: a signed-in reader sent the sign-out form made for them.

    Raises Unauthenticated, Forbidden.
    """
    if reader is None:
        raise Expired(say("You are not signed in any more."))
    await genuine(request, origin=library.settings.read_url, secret=library.secret, person=reader.id)


@router.post("/sign-out", name="sign-out", dependencies=[Depends(Anyone()), Depends(leaving)])
def sign_out(library: TheLibrary) -> Response:
    """Delete the session cookie; then sign out at the provider too, if it offers that."""
    try:
        url = from_thread.run(library.provider.end_session_address, library.settings.read_url + "/")
    except Refusal:
        url = None
    response = RedirectResponse(url or "/", 303)
    dismiss(library, response)
    return response
