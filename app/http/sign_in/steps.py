"""Sign-in over OpenID Connect, as portal and read path share it: start at the provider, and come back from it."""

from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.core.errors import DomainError, Unauthenticated, Unavailable
from app.core.i18n import lazy_gettext as _
from app.domain.identity.models.claims import Claims, read_claims
from app.http.oidc.errors import SignInCancelled, SignInExpired
from app.http.oidc.flow import (
    CompletedSignIn,
    SignInAttempt,
    begin_sign_in,
    complete_sign_in,
    get_or_create_browser_id,
)
from app.http.recent_sign_in import get_own_path
from app.http.server_state import ServerState
from app.http.sign_in.refusals import (
    ACCOUNT_FIELD,
    ANOTHER_ACCOUNT,
    RefusedSignIn,
    SignInRefusal,
    redirect_to_refusal,
    render_refusal,
)

log = structlog.get_logger(__name__)
BROWSER_COOKIE_SECONDS = 3600  # age of the cookie that ties a sign-in to one browser

SessionStarter = Callable[[Response, CompletedSignIn, Claims], Awaitable[None]]
RefusedSignInNote = Callable[[], Awaitable[None]]


async def redirect_to_provider(
    state: ServerState,
    request: Request,
    *,
    next_path: str | None = None,
    max_age: int | None = None,
    acr: str = "",
    statement: str = "",
    nonce: str = "",
    login_hint: str = "",
) -> Response:
    """Redirect to the identity provider; the attempt and the requested page wait in an encrypted cookie.

    With `max_age` the person authenticates again unless they did within that many seconds; with `acr`, in that class;
    with `statement` and its `nonce`, the ID token is bound to it. `next_path` is the requested page, else that of the
    query, which may also say that the provider is to ask for another account. If the provider cannot be asked, the page
    that says so is the answer, and its button asks again.
    Raises Unauthenticated if another site leads here without a click of the person: a session begins with an act of
    theirs, also where the provider asks for nothing.
    """
    if is_led_by_another_site(request):
        raise Unauthenticated(
            _("Another site opened this page, and you did not ask to sign in. Sign in only if you want to.")
        )
    browser = get_or_create_browser_id(request.cookies.get(state.cookie_name(state.browser_cookie)))
    query = request.query_params
    try:
        url, attempt = await begin_sign_in(
            state.provider,
            state.callback_url,
            next_path or query.get("next"),
            browser,
            max_age=max_age,
            acr=acr,
            statement=statement,
            nonce=nonce,
            login_hint=login_hint or query.get("login_hint", ""),
            languages=state.templates.negotiate_language(request),
            prompt="login" if query.get(ACCOUNT_FIELD) == ANOTHER_ACCOUNT else "",
        )
    except DomainError as error:
        log.warning("sign-in not begun", cause=get_cause(error))
        request.state.sign_in_refusal = get_cause(error)
        return render_refusal(state, request, RefusedSignIn(SignInRefusal.UNAVAILABLE, get_own_path(request)))
    attempts = state.open_sign_in_attempts(request)
    attempts.store_attempt(attempt)
    response = RedirectResponse(url, 303)
    attempts.apply_to(response)
    response.set_cookie(
        state.cookie_name(state.browser_cookie),
        browser,
        max_age=BROWSER_COOKIE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=state.is_secure,
    )
    return response


async def finish_at_callback(
    state: ServerState, request: Request, start_session: SessionStarter, note_refusal: RefusedSignInNote | None = None
) -> Response:
    """Verify the answer of the provider and start the session on the response, or redirect to the page that says why
    not.

    The log states the cause and never the person. `note_refusal` is called where the answer was refused, not where the
    person cancelled or the provider did not answer, nor for a request of anybody that continues no sign-in.
    """
    attempts = state.open_sign_in_attempts(request)
    attempt = attempts.take_attempt(request.query_params.get("state", ""))
    try:
        response = await _verify_and_start(state, request, attempt, start_session)
    except DomainError as error:
        request.state.sign_in_refusal = get_cause(error)
        if isinstance(error, SignInCancelled):
            log.info("sign-in cancelled")
        else:
            log.warning("sign-in refused", cause=get_cause(error))
            if note_refusal and attempt and not isinstance(error, (Unavailable, SignInExpired)):
                await note_refusal()
        response = redirect_to_refusal(state, RefusedSignIn.from_error(error, attempt))
    attempts.apply_to(response)
    return response


def is_led_by_another_site(request: Request) -> bool:
    """Tell whether a browser came from another site without a click or a key of the person (Fetch Metadata, W3C)."""
    is_elsewhere = request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}
    return is_elsewhere and request.headers.get("Sec-Fetch-User") != "?1"


def get_cause(error: DomainError) -> str:
    """Return the cause of an error for log and metrics: one of a few short words, never received data."""
    return str(getattr(error, "cause", type(error).__name__))


async def _verify_and_start(
    state: ServerState, request: Request, attempt: SignInAttempt | None, start_session: SessionStarter
) -> Response:
    browser = request.cookies.get(state.cookie_name(state.browser_cookie))
    query = request.query_params.multi_items()
    signed_in = await complete_sign_in(state.provider, state.callback_url, query, attempt, browser)
    claims = read_claims(state.provider.issuer, signed_in.claims, signed_in.userinfo, state.claim_names)
    response = RedirectResponse(signed_in.next_path, 303)
    await start_session(response, signed_in, claims)
    return response
