"""Signing in and out of the read path. Nothing about it is stored: sign-ins under way and sessions are sealed cookies.

So there is no back-channel logout here (OpenID Connect Back-Channel Logout 1.0): to end a session that the provider
names, we would have to keep who holds which. Instead sessions are short and end by themselves. For the same reason
the log says why a sign-in was refused and never whose it was.
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
# A name of its own: on loopback both doors are one host to the browser's cookies, whatever their ports.
BROWSER = f"read-{BROWSER_COOKIE}"


def _callback(library: Library) -> str:
    return f"{library.settings.read_url}/sign-in/callback"


def _attempts(library: Library, request: Request) -> SealedAttempts:
    return SealedAttempts(library.attempts, library.spent, request.cookies, secure=library.secure)


@router.get("/sign-in", name="sign-in", dependencies=[Depends(Anyone())])
async def sign_in(request: Request, library: TheLibrary) -> Response:
    """To the identity provider; what was asked for waits in a sealed cookie."""
    browser = known_browser(request.cookies.get(library.cookie(BROWSER)))
    query = request.query_params
    address, attempt = await begin(
        library.provider,
        _callback(library),
        query.get("next"),
        browser,
        login_hint=query.get("login_hint", ""),
        languages=library.pages.language(request),
    )
    attempts = _attempts(library, request)
    attempts.keep(attempt)
    answer = RedirectResponse(address, 303)
    attempts.apply(answer)
    answer.set_cookie(
        library.cookie(BROWSER),
        browser,
        max_age=BROWSER_SECONDS,
        httponly=True,
        samesite="lax",
        secure=library.secure,
    )
    return answer


@router.get("/sign-in/callback", name="sign-in-callback", dependencies=[Depends(Anyone())])
async def callback(request: Request, library: TheLibrary) -> Response:
    """Back from the provider: verify, and give the reader a session to carry."""
    attempts = _attempts(library, request)
    try:
        answer = await _welcome(request, library, attempts)
    except Refusal as refusal:
        log.warning("sign-in refused", cause=getattr(refusal, "cause", type(refusal).__name__))
        answer = refusal_page(library.pages, request, refusal)
    attempts.apply(answer)
    return answer


async def _welcome(request: Request, library: Library, attempts: SealedAttempts) -> Response:
    attempt = attempts.take(request.query_params.get("state", ""))
    browser = request.cookies.get(library.cookie(BROWSER))
    provider, query = library.provider, request.query_params.multi_items()
    done = await complete(provider, _callback(library), query, attempt, browser)
    claims = read_claims(provider.issuer, done.claims, done.userinfo, library.claim_names)
    answer = RedirectResponse(done.next_path, 303)
    admit(library, answer, claims)
    return answer


async def leaving(request: Request, library: TheLibrary, reader: MaybeReader) -> None:
    """Somebody is signed in, and sent the form that was made for them. Raises Expired, Forbidden."""
    if reader is None:
        raise Expired(say("You are not signed in any more."))
    await genuine(request, origin=library.settings.read_url, secret=library.secret, person=reader.id)


@router.post("/sign-out", name="sign-out", dependencies=[Depends(Anyone()), Depends(leaving)])
def sign_out(library: TheLibrary) -> Response:
    """Take the cookie back; then sign out at the provider too, where it offers that."""
    try:
        address = from_thread.run(library.provider.end_session_address, library.settings.read_url + "/")
    except Refusal:
        address = None
    answer = RedirectResponse(address or "/", 303)
    dismiss(library, answer)
    return answer
