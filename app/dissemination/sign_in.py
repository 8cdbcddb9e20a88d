"""Sign-in and sign-out of the read path. Nothing is stored: sign-ins under way and sessions are encrypted cookies.

Hence no back-channel logout (OpenID Connect Back-Channel Logout 1.0): to end the session that the provider names, we
would have to store who has which session. Sessions are short instead and expire. For the same reason the log states why
a sign-in was refused and never whose it was.
"""

import structlog
from anyio import from_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.errors import DomainError, Unauthenticated
from app.core.i18n import lazy_gettext as _
from app.dissemination.reader_sessions import OptionalReader, end_reader_session, start_reader_session
from app.dissemination.state import ReadPath, ReadPathState
from app.domain.identity.models.claims import read_claims
from app.http.csrf import verify_csrf
from app.http.error_pages import error_page
from app.http.oidc.flow import BROWSER_COOKIE, begin_sign_in, complete_sign_in, get_browser_id
from app.http.oidc.sealed_cookies import AttemptCookies
from app.http.route_guards import AllowAnyone

router = APIRouter()
log = structlog.get_logger(__name__)
BROWSER_COOKIE_SECONDS = 3600
# A separate name: on loopback both applications share the cookies of one host, whatever their ports.
READ_BROWSER_COOKIE = f"read-{BROWSER_COOKIE}"


def _callback_url(state: ReadPathState) -> str:
    return f"{state.settings.read_url}/sign-in/callback"


def _attempts(state: ReadPathState, request: Request) -> AttemptCookies:
    return AttemptCookies(state.attempt_sealer, state.replay_guard, request.cookies, secure=state.is_secure)


@router.get("/sign-in", dependencies=[Depends(AllowAnyone())])
async def start_sign_in(request: Request, state: ReadPath) -> Response:
    """Redirect to the identity provider; the attempt is kept in an encrypted cookie."""
    browser = get_browser_id(request.cookies.get(state.cookie_name(READ_BROWSER_COOKIE)))
    query = request.query_params
    url, attempt = await begin_sign_in(
        state.provider,
        _callback_url(state),
        query.get("next"),
        browser,
        login_hint=query.get("login_hint", ""),
        languages=state.templates.negotiate_language(request),
    )
    attempts = _attempts(state, request)
    attempts.store_attempt(attempt)
    response = RedirectResponse(url, 303)
    attempts.apply_to(response)
    response.set_cookie(
        state.cookie_name(READ_BROWSER_COOKIE),
        browser,
        max_age=BROWSER_COOKIE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=state.is_secure,
    )
    return response


@router.get("/sign-in/callback", dependencies=[Depends(AllowAnyone())])
async def finish_sign_in(request: Request, state: ReadPath) -> Response:
    """Verify the response of the provider and start the reader session."""
    attempts = _attempts(state, request)
    try:
        response = await _complete(request, state, attempts)
    except DomainError as error:
        log.warning("sign-in refused", cause=getattr(error, "cause", type(error).__name__))
        response = error_page(state.templates, request, error)
    attempts.apply_to(response)
    return response


async def _complete(request: Request, state: ReadPathState, attempts: AttemptCookies) -> Response:
    attempt = attempts.take_attempt(request.query_params.get("state", ""))
    browser = request.cookies.get(state.cookie_name(READ_BROWSER_COOKIE))
    provider, query = state.provider, request.query_params.multi_items()
    signed_in = await complete_sign_in(provider, _callback_url(state), query, attempt, browser)
    claims = read_claims(provider.issuer, signed_in.claims, signed_in.userinfo, state.claim_names)
    response = RedirectResponse(signed_in.next_path, 303)
    start_reader_session(state, response, claims)
    return response


async def require_sign_out_form(request: Request, state: ReadPath, reader: OptionalReader) -> None:
    """FastAPI dependency: a signed-in reader sent the sign-out form made for them.

    Raises Unauthenticated, Forbidden.
    """
    if reader is None:
        raise Unauthenticated(_("You are not signed in any more."))
    await verify_csrf(request, origin=state.settings.read_url, secret=state.session_secret, person=reader.id)


@router.post("/sign-out", dependencies=[Depends(AllowAnyone()), Depends(require_sign_out_form)])
def end_session(state: ReadPath) -> Response:
    """Delete the session cookie; then sign out at the provider too, if it offers that."""
    try:
        url = from_thread.run(state.provider.end_session_url, state.settings.read_url + "/")
    except DomainError:
        url = None
    response = RedirectResponse(url or "/", 303)
    end_reader_session(state, response)
    return response
